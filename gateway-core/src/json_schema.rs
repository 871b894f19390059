//! JSON Schema draft-4, as API Gateway's models have it.
//!
//! The models of an API are compiled together, once: they refer to each other. `format` is not
//! enforced, and members that draft-4 does not know are ignored, both as the real service does. What
//! does not satisfy a schema is told in the words of the real service, which validates with the Java
//! library json-schema-validator (`$context.error.validationErrorString`).

mod canonical;
mod compile;
mod message;
pub(crate) mod pattern;
mod reference;
mod validate;
mod weight;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use crate::json::{Json, Number};

use pattern::Pattern;

/// The compiled schemas of an API's models.
#[derive(Debug)]
pub struct Schemas {
    schemas: Vec<Schema>,
    /// Where the schema of each model is, in the order of the models.
    models: Vec<usize>,
}

/// A schema that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// Index of the model.
    pub model: usize,
    /// JSON pointer within the model's schema.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
    /// Whether draft-4 allows it, and only Edgeway cannot do it.
    pub is_unsupported: bool,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at `{}`)", self.reason, self.pointer)
    }
}

impl core::error::Error for SchemaError {}

impl Schemas {
    /// Compiles models, each with its name and its schema.
    ///
    /// `$ref` names a place in the same schema (`#`, `#/definitions/Pet`), or another model as
    /// OpenAPI and API Gateway do (`#/definitions/Pet`, `#/components/schemas/Pet`,
    /// `https://apigateway.amazonaws.com/restapis/API/models/Pet`).
    ///
    /// Fails with all mistakes: keywords of the wrong form, patterns that cannot be matched here,
    /// references that lead nowhere or in a circle.
    pub fn compile(models: &[(&str, &Json)]) -> Result<Self, Vec<SchemaError>> {
        compile::compile(models)
    }

    /// Whether a value satisfies the schema of a model; what is wrong if not.
    pub fn validate(&self, model: usize, value: &Json) -> Result<(), Invalid> {
        validate::validate(self, model, value)
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// In the order in which the real service finds it: children only where their parents are right.
    pub messages: Vec<String>,
}

impl fmt::Display for Invalid {
    /// `[object has missing required properties (["name"])]`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.messages.join(", "))
    }
}

impl core::error::Error for Invalid {}

/// One schema; others it refers to by index.
#[derive(Debug, Default)]
struct Schema {
    /// `$ref`: nothing else counts then.
    reference: Option<usize>,
    /// What the value itself must satisfy, in the order of the keywords' names.
    keywords: Vec<Keyword>,
    /// `properties`, by name.
    properties: Vec<(String, usize)>,
    /// `patternProperties`
    patterns: Vec<(Pattern, usize)>,
    /// `additionalProperties`, where it is a schema.
    additional_properties: Option<usize>,
    items: Items,
    /// `additionalItems`, where it is a schema.
    additional_items: Option<usize>,
}

#[derive(Debug, Default)]
enum Items {
    #[default]
    Any,
    Each(usize),
    ByIndex(Vec<usize>),
}

#[derive(Debug)]
enum Keyword {
    /// `additionalItems: false`, with the number of items.
    AdditionalItems(usize),
    /// `additionalProperties: false`
    AdditionalProperties,
    AllOf(Vec<usize>),
    AnyOf(Vec<usize>),
    Dependencies(Dependencies),
    Enum(Vec<Json>, canonical::Set),
    MaxItems(u64),
    MaxLength(u64),
    MaxProperties(u64),
    Maximum(Limit),
    MinItems(u64),
    MinLength(u64),
    MinProperties(u64),
    Minimum(Limit),
    MultipleOf(Number, u64, i64),
    Not(usize),
    OneOf(Vec<usize>),
    Pattern(Box<str>, Pattern),
    Required(Vec<String>),
    Type(Types),
    UniqueItems,
}

#[derive(Debug, Default)]
struct Dependencies {
    /// What else must be there where a member is.
    members: Vec<(String, Vec<String>)>,
    /// What else the object must satisfy where a member is.
    schemas: Vec<(String, usize)>,
}

#[derive(Debug)]
struct Limit {
    number: Number,
    is_exclusive: bool,
}

/// Primitive types, as bits in the order of [`TYPES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Types(u8);

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

impl Types {
    fn named(name: &str) -> Option<Self> {
        // An integer is a number.
        let integer = if name == "number" { 1 << 2 } else { 0 };
        TYPES.iter().position(|known| *known == name).map(|at| Self(1 << at | integer))
    }
    /// The one type of a value. `1.0` is no integer: draft-4 goes by the text.
    fn of(value: &Json) -> Self {
        Self(match value {
            Json::Array(_) => 1,
            Json::Bool(_) => 1 << 1,
            Json::Number(number) if number.is_integer() => 1 << 2,
            Json::Null => 1 << 3,
            Json::Number(_) => 1 << 4,
            Json::Object(_) => 1 << 5,
            Json::String(_) => 1 << 6,
        })
    }
    fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
    fn names(self) -> impl Iterator<Item = &'static str> {
        TYPES.iter().enumerate().filter(move |(at, _)| self.0 & 1 << at != 0).map(|(_, name)| *name)
    }
}

#[cfg(test)]
mod tests;
