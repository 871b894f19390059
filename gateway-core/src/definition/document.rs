//! A JSON or YAML document with the place of each value.
//!
//! [`super::json`] reads JSON; the reader of YAML, which needs a parser of its own, lives with the host.

use alloc::{string::String, vec::Vec};

use super::Source;
use crate::json::{Json, Number};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Line of its first character, from 1.
    pub line: u32,
    /// Column of its first character, from 1.
    pub column: u32,
}

/// What a document is made of. Members keep their order: AWS selects responses in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// null
    Null,
    /// true or false
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object; the readers refuse duplicate names.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The value without its places. A number that JSON does not have becomes null.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => Number::from_text(text)
                .or_else(|| text.parse().ok().and_then(Number::from_f64))
                .map_or(Json::Null, Json::Number),
            Value::String(text) => Json::String(text.clone()),
            Value::Array(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Object(members) => {
                let members = members.iter().map(|(name, node)| (name.clone(), node.to_json()));
                Json::Object(members.collect())
            }
        }
    }
}

/// A node together with its JSON pointer: what the importer walks with.
#[derive(Debug, Clone)]
pub struct At<'d> {
    /// The node.
    pub node: &'d Node,
    /// Its JSON pointer (RFC 6901).
    pub pointer: String,
}

impl<'d> At<'d> {
    /// The whole document.
    pub fn root(node: &'d Node) -> Self {
        Self { node, pointer: String::new() }
    }
    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<At<'d>> {
        let Value::Object(members) = &self.node.value else { return None };
        let (name, node) = members.iter().find(|(n, _)| n == name)?;
        Some(At { node, pointer: join(&self.pointer, name) })
    }
    /// All members of an object, none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (&'d str, At<'d>)> + use<'d> {
        let members =
            if let Value::Object(members) = &self.node.value { &members[..] } else { &[] };
        let parent = self.pointer.clone();
        members
            .iter()
            .map(move |(name, node)| (name.as_str(), At { node, pointer: join(&parent, name) }))
    }
    /// All items of an array, none of anything else.
    pub fn items(&self) -> impl Iterator<Item = At<'d>> + use<'d> {
        let items = if let Value::Array(items) = &self.node.value { &items[..] } else { &[] };
        let parent = self.pointer.clone();
        items
            .iter()
            .enumerate()
            .map(move |(i, node)| At { node, pointer: alloc::format!("{parent}/{i}") })
    }
    /// The text of a string.
    pub fn as_str(&self) -> Option<&'d str> {
        if let Value::String(text) = &self.node.value { Some(text) } else { None }
    }
    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = &self.node.value { Some(*value) } else { None }
    }
    /// The text of a string, or of a number as it is written: AWS takes `"200"` for `200`.
    pub fn as_text(&self) -> Option<&'d str> {
        match &self.node.value {
            Value::String(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }
    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.node.value, Value::Null)
    }
    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.node.value, Value::Object(_))
    }
    /// Whether it is an array.
    pub fn is_array(&self) -> bool {
        matches!(self.node.value, Value::Array(_))
    }
    /// What it is, for a diagnostic: `a string`.
    pub fn kind(&self) -> &'static str {
        match self.node.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
    /// The value that a JSON pointer names, from this one on.
    pub fn find(&self, pointer: &str) -> Option<At<'d>> {
        if pointer.is_empty() {
            return Some(self.clone());
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self.clone(), |at, step| {
            let name = step.replace("~1", "/").replace("~0", "~");
            match at.node.value {
                Value::Array(_) => at.items().nth(name.parse().ok()?),
                _ => at.get(&name),
            }
        })
    }
    /// Its place, for a diagnostic.
    pub fn source(&self) -> Source {
        Source { pointer: self.pointer.clone(), line: self.node.line }
    }
}

/// A JSON pointer with one more step.
fn join(parent: &str, name: &str) -> String {
    if name.contains(['~', '/']) {
        let name_escaped = name.replace('~', "~0").replace('/', "~1");
        alloc::format!("{parent}/{name_escaped}")
    } else {
        alloc::format!("{parent}/{name}")
    }
}
