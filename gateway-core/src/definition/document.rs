//! A JSON or YAML document with the place of each value. Readers of text live with the hosts.

use alloc::{string::String, vec::Vec};

use super::Source;

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
        self.members().find(|(n, _)| *n == name).map(|(_, at)| at)
    }
    /// All members of an object, none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (&'d str, At<'d>)> + use<'d> {
        let members =
            if let Value::Object(members) = &self.node.value { &members[..] } else { &[] };
        let parent = self.pointer.clone();
        members.iter().map(move |(name, node)| {
            let name_escaped = name.replace('~', "~0").replace('/', "~1");
            (name.as_str(), At { node, pointer: alloc::format!("{parent}/{name_escaped}") })
        })
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
    /// Its place, for a diagnostic.
    pub fn source(&self) -> Source {
        Source { pointer: self.pointer.clone(), line: self.node.line }
    }
}
