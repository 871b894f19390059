//! JSONPath as API Gateway has it: the semantics of Java's Jayway library (not those of RFC 9535).
//!
//! A path is definite when it can name one value only; then it finds that value or nothing. Any
//! other (`..`, `*`, slices, several indices, filters) finds a list, which may be empty. Where the
//! definite beginning of such a path is missing, it finds nothing at all:
//!
//! ```
//! use gateway_core::json::read;
//! use gateway_core::json_path::{Found, JsonPath};
//!
//! let content = read(r#"{"pets": [{"id": 1, "type": "dog"}, {"id": 2, "type": "cat"}]}"#).unwrap();
//! let found = |path| JsonPath::parse(path).unwrap().evaluate(&content).into_json();
//! assert_eq!(found("$.pets[1].id").unwrap().to_text(), "2");
//! assert_eq!(found("$.pets[?(@.type == 'dog')].id").unwrap().to_text(), "[1]");
//! assert_eq!(found("$.pets.length()").unwrap().to_text(), "2");
//! assert_eq!(found("$..name").unwrap().to_text(), "[]");
//! assert_eq!(found("$.owners[*]"), None);
//! # assert!(matches!(JsonPath::parse("$.a").unwrap().evaluate(&content), Found::Missing));
//! ```

mod compare;
mod evaluate;
mod filter;
mod function;
mod parse;

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use crate::json::Json;
use filter::Filter;
use function::Function;

/// A compiled path.
#[derive(Debug)]
pub struct JsonPath {
    /// `$` rather than `@`.
    starts_at_root: bool,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    token: Token,
    /// Whether the steps before this one lead to one value at most.
    is_upstream_definite: bool,
    /// Whether this one does.
    is_definite: bool,
}

#[derive(Debug)]
enum Token {
    /// `.a`, `['a']`, `['a','b']`
    Properties(Vec<String>),
    /// `.*`, `[*]`
    Wildcard,
    /// `[0]`, `[-1]`, `[0,2]`
    Indices(Vec<i64>),
    /// `[1:]`, `[:2]`, `[1:2]`, `[-2:]`
    Slice { from: Option<i64>, to: Option<i64> },
    /// `..`
    Scan,
    /// `[?(…)]`
    Filter(Filter),
    /// `.length()`
    Function(Function, Vec<Parameter>),
}

/// What a function takes.
#[derive(Debug)]
enum Parameter {
    Value(Json),
    Path(JsonPath),
}

/// What a path finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'j> {
    /// Nothing: what is definite of the path is not there.
    Missing,
    /// The one value of a definite path.
    One(Cow<'j, Json>),
    /// The values of an indefinite path.
    List(Vec<Cow<'j, Json>>),
    /// More than the bounds allow: too many steps, or values that contain each other and would make
    /// a text that is larger than any content.
    TooMuch,
}

impl Found<'_> {
    /// The value, or an array of the values.
    pub fn into_json(self) -> Option<Json> {
        match self {
            Self::Missing | Self::TooMuch => None,
            Self::One(value) => Some(value.into_owned()),
            Self::List(values) => {
                Some(Json::Array(values.into_iter().map(Cow::into_owned).collect()))
            }
        }
    }
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPathError {
    /// What is wrong.
    pub reason: String,
    /// The byte where that is, from 0.
    pub at: usize,
}

impl fmt::Display for JsonPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (character {})", self.reason, self.at + 1)
    }
}

impl core::error::Error for JsonPathError {}

impl JsonPath {
    /// Compiles a path. Without `$` in front, `$.` is meant.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        parse::path(text)
    }

    /// Whether it names one value at most.
    pub fn is_definite(&self) -> bool {
        self.steps.last().is_none_or(|step| step.is_upstream_definite && step.is_definite)
    }

    /// What it finds in a value.
    pub fn evaluate<'j>(&self, root: &'j Json) -> Found<'j> {
        self.evaluate_counting(root).0
    }

    /// The same, and how many steps it took.
    pub(crate) fn evaluate_counting<'j>(&self, root: &'j Json) -> (Found<'j>, u64) {
        evaluate::evaluate(self, root)
    }

    fn new(starts_at_root: bool, tokens: Vec<Token>) -> Self {
        let (mut steps, count, mut is_upstream_definite) = (Vec::new(), tokens.len(), true);
        for (index, token) in tokens.into_iter().enumerate() {
            let is_definite = match &token {
                // Several names at the end make one object.
                Token::Properties(names) => names.len() == 1 || index + 1 == count,
                Token::Indices(indices) => indices.len() == 1,
                Token::Function(..) => true,
                Token::Wildcard | Token::Slice { .. } | Token::Scan | Token::Filter(_) => false,
            };
            steps.push(Step { token, is_upstream_definite, is_definite });
            is_upstream_definite &= is_definite;
        }
        Self { starts_at_root, steps }
    }

    fn has_function(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.token, Token::Function(..)))
    }
}

#[cfg(test)]
mod tests;
