//! The keywords of one schema.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::Compiler;
use crate::json::decimal::{self, Decimal};
use crate::json::{Json, Number, Object};
use crate::json_schema::canonical::Set;
use crate::json_schema::reference::{Place, escaped};
use crate::json_schema::{Dependencies, Items, Keyword, Limit, Schema, Types, pattern};

/// Reads the keywords of one schema.
pub(super) struct Reader<'c, 'm> {
    pub(super) compiler: &'c mut Compiler<'m>,
    pub(super) place: Place,
}

impl<'m> Reader<'_, 'm> {
    pub(super) fn read(mut self) -> Schema {
        let mut schema = Schema::default();
        let value = self.compiler.references.value(&self.place);
        let Some(object) = value.and_then(Json::as_object) else {
            self.refuse("", "a schema is an object");
            return schema;
        };
        if let Some(reference) = object.get("$ref").and_then(Json::as_str) {
            match self.compiler.references.resolve(&self.place, reference) {
                Some(place) => schema.reference = Some(self.compiler.schema(place)),
                None => self.refuse("/$ref", format!("`{reference}` leads nowhere")),
            }
            return schema;
        }
        self.children(object, &mut schema);
        // In the order of the keywords' names, in which the real service goes through them.
        self.additional(object, &mut schema.keywords);
        self.schemas(object, "allOf", Keyword::AllOf, &mut schema.keywords);
        self.schemas(object, "anyOf", Keyword::AnyOf, &mut schema.keywords);
        self.dependencies(object, &mut schema.keywords);
        self.one_of_values(object, &mut schema.keywords);
        self.size(object, "maxItems", Keyword::MaxItems, &mut schema.keywords);
        self.size(object, "maxLength", Keyword::MaxLength, &mut schema.keywords);
        self.size(object, "maxProperties", Keyword::MaxProperties, &mut schema.keywords);
        self.limit(object, ("maximum", "exclusiveMaximum"), Keyword::Maximum, &mut schema.keywords);
        self.size(object, "minItems", Keyword::MinItems, &mut schema.keywords);
        self.size(object, "minLength", Keyword::MinLength, &mut schema.keywords);
        self.size(object, "minProperties", Keyword::MinProperties, &mut schema.keywords);
        self.limit(object, ("minimum", "exclusiveMinimum"), Keyword::Minimum, &mut schema.keywords);
        self.multiple_of(object, &mut schema.keywords);
        if object.get("not").is_some() {
            schema.keywords.push(Keyword::Not(self.child("/not")));
        }
        self.schemas(object, "oneOf", Keyword::OneOf, &mut schema.keywords);
        self.pattern(object, &mut schema.keywords);
        self.required(object, &mut schema.keywords);
        self.types(object, &mut schema.keywords);
        if self.boolean(object, "uniqueItems") == Some(true) {
            schema.keywords.push(Keyword::UniqueItems);
        }
        schema
    }

    /// What members and items must satisfy.
    fn children(&mut self, object: &Object, schema: &mut Schema) {
        for name in self.names(object, "properties") {
            let at = self.child(&format!("/properties/{}", escaped(name)));
            schema.properties.push((name.to_owned(), at));
        }
        schema.properties.sort();
        for source in self.names(object, "patternProperties") {
            let pointer = format!("/patternProperties/{}", escaped(source));
            match pattern::anywhere(source) {
                Ok(pattern) => schema.patterns.push((pattern, self.child(&pointer))),
                Err(refused) => self.refuse_pattern(&pointer, source, &refused),
            }
        }
        // Schemas that only references lead to must be right as well.
        for name in self.names(object, "definitions") {
            self.child(&format!("/definitions/{}", escaped(name)));
        }
        match object.get("additionalProperties") {
            Some(Json::Object(_)) => {
                schema.additional_properties = Some(self.child("/additionalProperties"));
            }
            None | Some(Json::Bool(_)) => {}
            Some(_) => self.refuse("/additionalProperties", "expected a boolean or a schema"),
        }
        match object.get("additionalItems") {
            Some(Json::Object(_)) => schema.additional_items = Some(self.child("/additionalItems")),
            None | Some(Json::Bool(_)) => {}
            Some(_) => self.refuse("/additionalItems", "expected a boolean or a schema"),
        }
        schema.items = match object.get("items") {
            None => Items::Any,
            Some(Json::Object(_)) => Items::Each(self.child("/items")),
            Some(Json::Array(items)) => Items::ByIndex(
                (0..items.len()).map(|i| self.child(&format!("/items/{i}"))).collect(),
            ),
            Some(_) => {
                self.refuse("/items", "expected a schema or an array of schemas");
                Items::Any
            }
        };
    }

    fn additional(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        let is_refused = |name| object.get(name) == Some(&Json::Bool(false));
        if let Some(Json::Array(items)) =
            object.get("items").filter(|_| is_refused("additionalItems"))
        {
            keywords.push(Keyword::AdditionalItems(items.len()));
        }
        if is_refused("additionalProperties") {
            keywords.push(Keyword::AdditionalProperties);
        }
    }

    fn schemas(
        &mut self,
        object: &Object,
        name: &str,
        keyword: fn(Vec<usize>) -> Keyword,
        keywords: &mut Vec<Keyword>,
    ) {
        match object.get(name) {
            None => {}
            Some(Json::Array(schemas)) if !schemas.is_empty() => {
                let schemas = (0..schemas.len()).map(|i| self.child(&format!("/{name}/{i}")));
                let schemas = schemas.collect();
                keywords.push(keyword(schemas));
            }
            Some(_) => {
                self.refuse(&format!("/{name}"), "expected an array of schemas, at least one")
            }
        }
    }

    fn dependencies(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        let mut read = Dependencies::default();
        for name in self.names(object, "dependencies") {
            let pointer = format!("/dependencies/{}", escaped(name));
            match object.get("dependencies").and_then(|at| at.get(name)) {
                Some(Json::Object(_)) => read.schemas.push((name.to_owned(), self.child(&pointer))),
                Some(Json::Array(names)) => match strings(names) {
                    Some(mut names) => {
                        names.sort();
                        read.members.push((name.to_owned(), names));
                    }
                    None => self.refuse(&pointer, "expected names"),
                },
                _ => self.refuse(&pointer, "expected a schema or an array of names"),
            }
        }
        if !read.members.is_empty() || !read.schemas.is_empty() {
            keywords.push(Keyword::Dependencies(read));
        }
    }

    fn one_of_values(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        match object.get("enum") {
            None => {}
            Some(Json::Array(values)) if !values.is_empty() => {
                keywords.push(Keyword::Enum(values.clone(), Set::of(values)));
            }
            Some(_) => self.refuse("/enum", "expected an array of values, at least one"),
        }
    }

    fn size(
        &mut self,
        object: &Object,
        name: &str,
        keyword: fn(u64) -> Keyword,
        keywords: &mut Vec<Keyword>,
    ) {
        let Some(value) = object.get(name) else { return };
        let number = value.as_number().filter(|number| number.is_integer());
        match number.filter(|number| decimal::compare(number, &Number::from(0)).is_ge()) {
            // A number beyond 64 bits is beyond any length.
            Some(number) => keywords.push(keyword(number.text().parse().unwrap_or(u64::MAX))),
            None => self.refuse(&format!("/{name}"), "expected an integer, 0 or more"),
        }
    }

    fn limit(
        &mut self,
        object: &Object,
        (name, exclusive): (&str, &str),
        keyword: fn(Limit) -> Keyword,
        keywords: &mut Vec<Keyword>,
    ) {
        let is_exclusive = self.boolean(object, exclusive);
        match object.get(name) {
            Some(Json::Number(number)) => {
                let is_exclusive = is_exclusive.unwrap_or(false);
                keywords.push(keyword(Limit { number: number.clone(), is_exclusive }));
            }
            Some(_) => self.refuse(&format!("/{name}"), "expected a number"),
            None if is_exclusive.is_some() => {
                self.refuse(&format!("/{exclusive}"), format!("it needs `{name}` beside it"));
            }
            None => {}
        }
    }

    fn multiple_of(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        let Some(value) = object.get("multipleOf") else { return };
        let number = value.as_number().filter(|n| decimal::compare(n, &Number::from(0)).is_gt());
        match number.map(|number| (number, Decimal::new(number).as_scaled())) {
            Some((number, Some((divisor, power)))) => {
                keywords.push(Keyword::MultipleOf(number.clone(), divisor, power));
            }
            Some((_, None)) => {
                self.refuse("/multipleOf", "a number of more than 18 digits is not supported");
                self.note_unsupported(true);
            }
            None => self.refuse("/multipleOf", "expected a number greater than 0"),
        }
    }

    fn pattern(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        match object.get("pattern") {
            None => {}
            Some(Json::String(source)) => match pattern::anywhere(source) {
                Ok(pattern) => keywords.push(Keyword::Pattern(source.as_str().into(), pattern)),
                Err(refused) => self.refuse_pattern("/pattern", source, &refused),
            },
            Some(_) => self.refuse("/pattern", "expected a string"),
        }
    }

    fn required(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        let Some(value) = object.get("required") else { return };
        let names = value.as_array().filter(|names| !names.is_empty()).and_then(strings);
        match names {
            Some(mut names) => {
                names.sort();
                names.dedup();
                keywords.push(Keyword::Required(names));
            }
            None => self.refuse("/required", "expected an array of names, at least one"),
        }
    }

    fn types(&mut self, object: &Object, keywords: &mut Vec<Keyword>) {
        let Some(value) = object.get("type") else { return };
        let names = match value {
            Json::Array(names) => names.as_slice(),
            name => core::slice::from_ref(name),
        };
        let mut types = Types::default();
        for name in names {
            match name.as_str().and_then(Types::named) {
                Some(named) => types = types.union(named),
                None => {
                    let known = crate::json_schema::TYPES.join("`, `");
                    self.refuse("/type", format!("expected one of `{known}`"));
                    return;
                }
            }
        }
        match names.is_empty() {
            false => keywords.push(Keyword::Type(types)),
            true => self.refuse("/type", "expected a type"),
        }
    }

    fn boolean(&mut self, object: &Object, name: &str) -> Option<bool> {
        let value = object.get(name)?;
        if value.as_bool().is_none() {
            self.refuse(&format!("/{name}"), "expected a boolean");
        }
        value.as_bool()
    }

    /// The names of the members of an object that holds schemas.
    fn names<'o>(&mut self, object: &'o Object, name: &str) -> Vec<&'o str> {
        match object.get(name) {
            None => Vec::new(),
            Some(Json::Object(members)) => members.iter().map(|(name, _)| name).collect(),
            Some(_) => {
                self.refuse(&format!("/{name}"), "expected an object");
                Vec::new()
            }
        }
    }

    fn child(&mut self, pointer: &str) -> usize {
        let pointer = format!("{}{pointer}", self.place.pointer);
        self.compiler.schema(Place { model: self.place.model, pointer })
    }

    fn refuse_pattern(&mut self, pointer: &str, source: &str, refused: &pattern::Refused) {
        // As long as it may be, it would hide what is wrong with it.
        let shown = &source[..source.floor_char_boundary(PATTERN_BYTES_SHOWN_MAX)];
        let end = if shown.len() < source.len() { "…" } else { "" };
        self.refuse(pointer, format!("the pattern `{shown}{end}`: {}", refused.reason));
        self.note_unsupported(refused.is_unsupported);
    }

    /// Of the mistake that was noted last.
    fn note_unsupported(&mut self, is_unsupported: bool) {
        if let Some(error) = self.compiler.errors.last_mut() {
            error.is_unsupported = is_unsupported;
        }
    }

    fn refuse(&mut self, pointer: &str, reason: impl Into<String>) {
        let place =
            Place { model: self.place.model, pointer: format!("{}{pointer}", self.place.pointer) };
        self.compiler.refuse(&place, reason);
    }
}

/// How much of a pattern is told with what is wrong with it.
const PATTERN_BYTES_SHOWN_MAX: usize = 200;

fn strings(values: &[Json]) -> Option<Vec<String>> {
    values.iter().map(|value| value.as_str().map(ToString::to_string)).collect()
}
