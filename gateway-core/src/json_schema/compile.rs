//! Compiles schemas and refuses those that are wrong.

mod keywords;

use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    vec,
    vec::Vec,
};

use super::reference::{Place, References};
use super::{Keyword, Schema, SchemaError, Schemas};
use crate::json::Json;
use keywords::Reader;

/// Compiles models together.
pub(super) fn compile(models: &[(&str, &Json)]) -> Result<Schemas, Vec<SchemaError>> {
    let mut compiler = Compiler {
        references: References::new(models),
        known: BTreeMap::new(),
        waiting: VecDeque::new(),
        schemas: Vec::new(),
        errors: Vec::new(),
    };
    let roots = (0..models.len()).map(|model| Place { model, pointer: String::new() });
    let models = roots.map(|place| compiler.schema(place)).collect();
    while let Some((at, place)) = compiler.waiting.pop_front() {
        let schema = Reader { compiler: &mut compiler, place }.read();
        compiler.schemas[at].1 = schema;
    }
    compiler.refuse_circles();
    if !compiler.errors.is_empty() {
        return Err(compiler.errors);
    }
    let schemas = compiler.schemas.into_iter().map(|(_, schema)| schema).collect();
    Ok(Schemas { schemas, models })
}

struct Compiler<'m> {
    references: References<'m>,
    /// Schemas that have an index already: references may lead in circles.
    known: BTreeMap<Place, usize>,
    waiting: VecDeque<(usize, Place)>,
    schemas: Vec<(Place, Schema)>,
    errors: Vec<SchemaError>,
}

impl Compiler<'_> {
    /// The index of the schema at a place, which is read later.
    fn schema(&mut self, place: Place) -> usize {
        if let Some(at) = self.known.get(&place) {
            return *at;
        }
        let at = self.schemas.len();
        self.known.insert(place.clone(), at);
        self.schemas.push((place.clone(), Schema::default()));
        self.waiting.push_back((at, place));
        at
    }

    fn refuse(&mut self, place: &Place, reason: impl Into<String>) {
        let Place { model, pointer } = place.clone();
        let reason = reason.into();
        self.errors.push(SchemaError { model, pointer, reason, is_unsupported: false });
    }

    /// Refuses schemas that would have the same value validated against themselves without end.
    fn refuse_circles(&mut self) {
        // 0: not seen; 1: being looked at; 2: done.
        let mut seen = vec![0_u8; self.schemas.len()];
        for start in 0..self.schemas.len() {
            if seen[start] != 0 {
                continue;
            }
            seen[start] = 1;
            let mut path = vec![(start, same_value(&self.schemas[start].1))];
            while let Some((at, next)) = path.last_mut() {
                match next.pop() {
                    Some(next) if seen[next] == 0 => {
                        seen[next] = 1;
                        path.push((next, same_value(&self.schemas[next].1)));
                    }
                    Some(next) if seen[next] == 1 => {
                        let place = self.schemas[*at].0.clone();
                        let reason = "this schema refers to itself for the same value: validating it would not end";
                        self.refuse(&place, reason);
                    }
                    Some(_) => {}
                    None => {
                        seen[*at] = 2;
                        path.pop();
                    }
                }
            }
        }
    }
}

/// The schemas that a schema has the same value validated against.
fn same_value(schema: &Schema) -> Vec<usize> {
    let mut next: Vec<usize> = schema.reference.into_iter().collect();
    for keyword in &schema.keywords {
        match keyword {
            Keyword::AllOf(schemas) | Keyword::AnyOf(schemas) | Keyword::OneOf(schemas) => {
                next.extend(schemas);
            }
            Keyword::Not(schema) => next.push(*schema),
            Keyword::Dependencies(dependencies) => {
                next.extend(dependencies.schemas.iter().map(|(_, schema)| schema));
            }
            _ => {}
        }
    }
    next
}
