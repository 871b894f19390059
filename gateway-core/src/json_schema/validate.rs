//! Validates values.
//!
//! What is right is found right without a word; what is wrong is looked at a second time, to tell
//! what is wrong with it.

use alloc::{string::String, vec, vec::Vec};

use super::message::{message, missing_dependencies};
use super::pattern::Pattern;
use super::{Dependencies, Invalid, Items, Keyword, Limit, Schema, Schemas, Types, canonical};
use crate::json::decimal::{self, Decimal};
use crate::json::{Json, Number, Object};
use crate::limits::{
    SCHEMA_DEPTH_MAX, SCHEMA_PATTERN_STEPS_MAX, SCHEMA_STEPS_MAX, VALIDATION_MESSAGES_MAX,
};

/// Whether a value satisfies the schema of a model.
pub(super) fn validate(schemas: &Schemas, model: usize, value: &Json) -> Result<(), Invalid> {
    let refused = |message: &str| Err(Invalid { messages: vec![message.into()] });
    let Some(root) = schemas.models.get(model) else { return refused("there is no such model") };
    let mut run = Run {
        schemas: &schemas.schemas,
        steps: SCHEMA_STEPS_MAX,
        pattern_steps: SCHEMA_PATTERN_STEPS_MAX,
    };
    let mut messages = Vec::new();
    let told = run.holds(*root, value, 0).and_then(|holds| {
        if !holds {
            run.steps = SCHEMA_STEPS_MAX;
            run.tell(*root, value, 0, &mut messages)?;
        }
        Ok(holds)
    });
    match told {
        Ok(true) => Ok(()),
        Ok(false) => Err(Invalid { messages }),
        Err(TooMuch) => refused("the instance takes too many steps to validate"),
    }
}

/// More steps, or schemas within schemas, than are taken.
pub(super) struct TooMuch;

pub(super) struct Run<'s> {
    schemas: &'s [Schema],
    steps: usize,
    /// Those of patterns: of both times together.
    pattern_steps: u64,
}

impl<'s> Run<'s> {
    /// Whether a value satisfies a schema.
    pub(super) fn holds(&mut self, at: usize, value: &Json, depth: usize) -> Result<bool, TooMuch> {
        let schema = self.enter(at, depth)?;
        for keyword in &schema.keywords {
            if !self.keyword_holds(keyword, schema, value, depth)? {
                return Ok(false);
            }
        }
        match value {
            Json::Object(object) if schema.has_members() => {
                for (name, value) in object.iter() {
                    self.spend(1)?;
                    let mut children = Children::of(schema, name);
                    while let Some(child) = children.next(self)? {
                        if !self.holds(child, value, depth + 1)? {
                            return Ok(false);
                        }
                    }
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let Some(child) = schema.item(index) else { break };
                    if !self.holds(child, item, depth + 1)? {
                        return Ok(false);
                    }
                }
            }
            _ => {}
        }
        Ok(true)
    }

    /// Tells what is wrong, in the order of the real service: all keywords of a schema, then, unless
    /// anything was wrong so far, members by name and items.
    fn tell(
        &mut self,
        at: usize,
        value: &Json,
        depth: usize,
        messages: &mut Vec<String>,
    ) -> Result<(), TooMuch> {
        let schema = self.enter(at, depth)?;
        for keyword in &schema.keywords {
            if messages.len() >= VALIDATION_MESSAGES_MAX {
                return Ok(());
            }
            match (keyword, value) {
                (Keyword::Dependencies(dependencies), Json::Object(object)) => {
                    self.tell_dependencies(dependencies, object, value, depth, messages)?;
                }
                _ if self.keyword_holds(keyword, schema, value, depth)? => {}
                _ => {
                    let matched = self.matched(keyword, value, depth)?;
                    let additional = match value {
                        Json::Object(object) => self.additional(schema, object)?,
                        _ => Vec::new(),
                    };
                    messages.push(message(keyword, value, matched, &additional));
                }
            }
        }
        if !messages.is_empty() {
            return Ok(());
        }
        match value {
            Json::Object(object) => {
                self.spend(object.len() + canonical::steps_to_sort(object.len()))?;
                let mut members: Vec<(&str, &Json)> = object.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                for (name, value) in members {
                    let mut children = Children::of(schema, name);
                    while let Some(child) = children.next(self)? {
                        self.tell(child, value, depth + 1, messages)?;
                    }
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(child) = schema.item(index) {
                        self.tell(child, item, depth + 1, messages)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn tell_dependencies(
        &mut self,
        dependencies: &Dependencies,
        object: &Object,
        value: &Json,
        depth: usize,
        messages: &mut Vec<String>,
    ) -> Result<(), TooMuch> {
        for (name, needed) in &dependencies.members {
            let missing: Vec<&String> =
                needed.iter().filter(|name| object.get(name).is_none()).collect();
            if object.get(name).is_some() && !missing.is_empty() {
                messages.push(missing_dependencies(name, needed, &missing));
            }
        }
        for (name, schema) in &dependencies.schemas {
            if object.get(name).is_some() {
                self.tell(*schema, value, depth + 1, messages)?;
            }
        }
        Ok(())
    }

    /// The schema at an index, its references followed.
    fn enter(&mut self, at: usize, depth: usize) -> Result<&'s Schema, TooMuch> {
        if depth > SCHEMA_DEPTH_MAX {
            return Err(TooMuch);
        }
        self.spend(1)?;
        let mut schema = &self.schemas[at];
        while let Some(next) = schema.reference {
            self.spend(1)?;
            schema = &self.schemas[next];
        }
        Ok(schema)
    }

    fn spend(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.steps = self.steps.checked_sub(steps).ok_or(TooMuch)?;
        Ok(())
    }

    fn matches(&mut self, pattern: &Pattern, text: &str) -> Result<bool, TooMuch> {
        self.pattern_steps = self.pattern_steps.checked_sub(pattern.steps(text)).ok_or(TooMuch)?;
        Ok(pattern.is_match(text))
    }

    fn keyword_holds(
        &mut self,
        keyword: &Keyword,
        schema: &Schema,
        value: &Json,
        depth: usize,
    ) -> Result<bool, TooMuch> {
        // Any keyword but these holds for a value of a type that it does not speak of.
        Ok(match (keyword, value) {
            (Keyword::Type(types), _) => types.contains(Types::of(value)),
            (Keyword::Enum(_, values), _) => {
                self.spend(canonical::weight(value) + values.steps())?;
                values.has(value)
            }
            (Keyword::AllOf(schemas), _) => {
                for schema in schemas {
                    if !self.holds(*schema, value, depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Keyword::AnyOf(schemas), _) => {
                for schema in schemas {
                    if self.holds(*schema, value, depth + 1)? {
                        return Ok(true);
                    }
                }
                false
            }
            (Keyword::OneOf(_), _) => self.matched(keyword, value, depth)? == 1,
            (Keyword::Not(schema), _) => !self.holds(*schema, value, depth + 1)?,
            (Keyword::Required(names), Json::Object(object)) => self.has_all(names, object)?,
            (Keyword::AdditionalProperties, Json::Object(object)) => {
                self.additional(schema, object)?.is_empty()
            }
            (Keyword::Dependencies(dependencies), Json::Object(object)) => {
                self.dependencies_hold(dependencies, object, value, depth)?
            }
            (Keyword::MaxProperties(most), Json::Object(object)) => object.len() as u64 <= *most,
            (Keyword::MinProperties(least), Json::Object(object)) => object.len() as u64 >= *least,
            (Keyword::AdditionalItems(most), Json::Array(items)) => items.len() <= *most,
            (Keyword::MaxItems(most), Json::Array(items)) => items.len() as u64 <= *most,
            (Keyword::MinItems(least), Json::Array(items)) => items.len() as u64 >= *least,
            (Keyword::UniqueItems, Json::Array(items)) => {
                self.spend(canonical::weight(value) + canonical::steps_to_sort(items.len()))?;
                canonical::all_differ(items)
            }
            (Keyword::MaxLength(most), Json::String(text)) => self.length(text)? <= *most,
            (Keyword::MinLength(least), Json::String(text)) => self.length(text)? >= *least,
            (Keyword::Pattern(_, pattern), Json::String(text)) => self.matches(pattern, text)?,
            (Keyword::Maximum(Limit { number: most, is_exclusive }), Json::Number(number)) => {
                self.calculate(number)?;
                let order = decimal::compare(number, most);
                order.is_lt() || order.is_eq() && !is_exclusive
            }
            (Keyword::Minimum(Limit { number: least, is_exclusive }), Json::Number(number)) => {
                self.calculate(number)?;
                let order = decimal::compare(number, least);
                order.is_gt() || order.is_eq() && !is_exclusive
            }
            (Keyword::MultipleOf(_, divisor, power), Json::Number(number)) => {
                // A division for each digit, and for each bit of the exponent.
                self.calculate(number)?;
                self.spend(number.length())?;
                Decimal::new(number).is_multiple_of(*divisor, *power)
            }
            _ => true,
        })
    }

    fn has_all(&mut self, names: &[String], object: &Object) -> Result<bool, TooMuch> {
        for name in names {
            self.spend(1)?;
            if object.get(name).is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Counts characters.
    fn length(&mut self, text: &str) -> Result<u64, TooMuch> {
        self.spend(text.len() / 64)?;
        Ok(text.chars().count() as u64)
    }

    /// For reading a number's digits.
    fn calculate(&mut self, number: &Number) -> Result<(), TooMuch> {
        self.spend(number.length() / canonical::TEXT_BYTES_A_STEP)
    }

    fn dependencies_hold(
        &mut self,
        dependencies: &Dependencies,
        object: &Object,
        value: &Json,
        depth: usize,
    ) -> Result<bool, TooMuch> {
        for (name, needed) in &dependencies.members {
            self.spend(1)?;
            if object.get(name).is_some() && !self.has_all(needed, object)? {
                return Ok(false);
            }
        }
        for (name, schema) in &dependencies.schemas {
            self.spend(1)?;
            if object.get(name).is_some() && !self.holds(*schema, value, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many of several schemas a value satisfies.
    fn matched(&mut self, keyword: &Keyword, value: &Json, depth: usize) -> Result<usize, TooMuch> {
        let (Keyword::AllOf(schemas) | Keyword::AnyOf(schemas) | Keyword::OneOf(schemas)) = keyword
        else {
            return Ok(0);
        };
        let mut matched = 0;
        for schema in schemas {
            matched += usize::from(self.holds(*schema, value, depth + 1)?);
        }
        Ok(matched)
    }

    /// Members that no name and no pattern allows, by name.
    fn additional<'v>(
        &mut self,
        schema: &Schema,
        object: &'v Object,
    ) -> Result<Vec<&'v str>, TooMuch> {
        let mut additional = Vec::new();
        for (name, _) in object.iter() {
            self.spend(1 + schema.patterns.len())?;
            let mut is_known = schema.property(name).is_some();
            for (pattern, _) in &schema.patterns {
                is_known = is_known || self.matches(pattern, name)?;
            }
            if !is_known {
                additional.push(name);
            }
        }
        additional.sort_unstable();
        Ok(additional)
    }
}

impl Schema {
    fn property(&self, name: &str) -> Option<usize> {
        let found = self.properties.binary_search_by(|(known, _)| known.as_str().cmp(name));
        found.ok().map(|at| self.properties[at].1)
    }

    fn has_members(&self) -> bool {
        !self.properties.is_empty()
            || !self.patterns.is_empty()
            || self.additional_properties.is_some()
    }

    fn item(&self, index: usize) -> Option<usize> {
        match &self.items {
            Items::Any => None,
            Items::Each(schema) => Some(*schema),
            Items::ByIndex(schemas) => schemas.get(index).copied().or(self.additional_items),
        }
    }
}

/// The schemas for a member: by its name, by each pattern that matches, else the one for others.
struct Children<'s, 'n> {
    schema: &'s Schema,
    name: &'n str,
    property: Option<usize>,
    is_known: bool,
    patterns: usize,
    is_done: bool,
}

impl<'s, 'n> Children<'s, 'n> {
    fn of(schema: &'s Schema, name: &'n str) -> Self {
        let property = schema.property(name);
        Self { schema, name, property, is_known: property.is_some(), patterns: 0, is_done: false }
    }

    fn next(&mut self, run: &mut Run<'_>) -> Result<Option<usize>, TooMuch> {
        if let Some(property) = self.property.take() {
            return Ok(Some(property));
        }
        while let Some((pattern, schema)) = self.schema.patterns.get(self.patterns) {
            self.patterns += 1;
            run.spend(1)?;
            if run.matches(pattern, self.name)? {
                self.is_known = true;
                return Ok(Some(*schema));
            }
        }
        let others = self.schema.additional_properties.filter(|_| !self.is_known && !self.is_done);
        self.is_done = true;
        Ok(others)
    }
}
