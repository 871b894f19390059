//! JSON as requests and answers carry it: what templates, JSONPaths, models and mappings work on.
//!
//! API Gateway reads content with Java's json-smart, and its text shows: objects keep the order of
//! their members, of two members with one name the last counts (in the place of the first), numbers
//! are Java numbers once they are printed (see [`Number`]), and U+2000 to U+20FF are escaped.

pub(crate) mod decimal;
mod number;
mod read;
mod write;

use alloc::{borrow::ToOwned, string::String, vec::Vec};

pub use number::Number;
pub use read::{JsonError, read, read_bytes};
pub use write::{Slashes, write, write_string};

/// A JSON value (RFC 8259).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Json {
    /// null
    #[default]
    Null,
    /// true or false
    Bool(bool),
    /// A number, as it is written.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

impl Json {
    /// The member of this name, if this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.as_object()?.get(name)
    }
    /// The item at this index, if this is an array that has one.
    pub fn at(&self, index: usize) -> Option<&Json> {
        self.as_array()?.get(index)
    }
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }
    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }
    /// A number.
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }
    /// The items of an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }
    /// An object.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
    /// How much it is to go through all of it: one for each value, and one more for every 64 bytes of text.
    pub(crate) fn weight(&self) -> u64 {
        let text = |text: &str| text.len() as u64 / 64;
        1 + match self {
            Self::Null | Self::Bool(_) => 0,
            Self::Number(number) => number.length() as u64 / 64,
            Self::String(value) => text(value),
            Self::Array(items) => items.iter().map(Self::weight).sum(),
            Self::Object(object) => object.iter().map(|(n, v)| text(n) + v.weight()).sum(),
        }
    }
    /// Compact JSON text, as `$input.json` gives it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        write(self, Slashes::Plain, &mut text);
        text
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

/// The members of an object, in their order, each name once.
#[derive(Debug, Clone, Default)]
pub struct Object {
    members: Vec<(String, Json)>,
    /// Positions in the order of names, where there are too many to look at one by one.
    by_name: Vec<u32>,
}

/// Up to so many names are searched one by one.
const SEARCHED_MAX: usize = 16;

impl Object {
    /// Of members with the same name the last counts, in the place of the first.
    pub fn new(mut members: Vec<(String, Json)>) -> Self {
        if members.len() <= SEARCHED_MAX {
            drop_repeated_among_few(&mut members);
            return Self { members, by_name: Vec::new() };
        }
        let mut by_name = sorted(&members);
        if by_name.windows(2).any(|pair| name_at(&members, pair[0]) == name_at(&members, pair[1])) {
            drop_repeated(&mut members, &by_name);
            by_name = sorted(&members);
        }
        Self { members, by_name }
    }
    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        if self.by_name.is_empty() {
            return self.members.iter().find(|(n, _)| n == name).map(|(_, value)| value);
        }
        let found = self.by_name.binary_search_by(|at| name_at(&self.members, *at).cmp(name));
        Some(&self.members[self.by_name[found.ok()?] as usize].1)
    }
    /// The members in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }
    /// The members' values in their order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Json> {
        self.members.iter().map(|(_, value)| value)
    }
    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
    /// The members, owned.
    pub fn into_members(self) -> Vec<(String, Json)> {
        self.members
    }
}

impl FromIterator<(String, Json)> for Object {
    fn from_iter<I: IntoIterator<Item = (String, Json)>>(members: I) -> Self {
        Self::new(members.into_iter().collect())
    }
}

/// The order of members does not matter (as in Java's `Map.equals`).
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

fn drop_repeated_among_few(members: &mut Vec<(String, Json)>) {
    let mut at = 1;
    while at < members.len() {
        match members[..at].iter().position(|(name, _)| *name == members[at].0) {
            None => at += 1,
            Some(first) => members[first].1 = members.remove(at).1,
        }
    }
}

fn drop_repeated(members: &mut Vec<(String, Json)>, by_name: &[u32]) {
    let mut is_dropped = alloc::vec![false; members.len()];
    for group in
        by_name.chunk_by(|a, b| name_at(members, *a) == name_at(members, *b)).collect::<Vec<_>>()
    {
        let (first, last) = (group[0] as usize, group[group.len() - 1] as usize);
        if first != last {
            members[first].1 = core::mem::take(&mut members[last].1);
            group[1..].iter().for_each(|at| is_dropped[*at as usize] = true);
        }
    }
    let mut dropped = is_dropped.iter();
    members.retain(|_| !dropped.next().copied().unwrap_or_default());
}

fn sorted(members: &[(String, Json)]) -> Vec<u32> {
    // A text of 10 MB has fewer members than a u32 counts.
    let mut by_name: Vec<u32> = (0..).take(members.len()).collect();
    by_name.sort_by(|a, b| name_at(members, *a).cmp(name_at(members, *b)));
    by_name
}

fn name_at(members: &[(String, Json)], at: u32) -> &str {
    &members[at as usize].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    fn object(names: &[&str]) -> Object {
        names
            .iter()
            .enumerate()
            .map(|(i, name)| (name.to_string(), Json::from(&*i.to_string())))
            .collect()
    }

    #[test]
    fn of_members_with_one_name_the_last_counts_in_the_place_of_the_first() {
        for more in [0, 1, SEARCHED_MAX, 5_000] {
            let more: Vec<String> = (0..more).map(|i| format!("m{i}")).collect();
            let mut names = alloc::vec!["b", "a", "c", "a", "b", "a"];
            names.extend(more.iter().map(String::as_str));
            let found = object(&names);
            let order: Vec<&str> = found.iter().map(|(name, _)| name).collect();
            assert_eq!(order[..3], ["b", "a", "c"]);
            assert_eq!(order.len(), 3 + more.len());
            for (name, at) in [("a", "5"), ("b", "4"), ("c", "2")] {
                assert_eq!(found.get(name).and_then(Json::as_str), Some(at));
            }
            for (i, name) in more.iter().enumerate() {
                assert_eq!(found.get(name).and_then(Json::as_str), Some(&*(6 + i).to_string()));
            }
            assert_eq!(found.get("z"), None);
        }
    }

    #[test]
    fn objects_are_equal_whatever_the_order_of_their_members() {
        let [a, b, c] =
            [r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, r#"{"a":1}"#].map(|t| read(t).unwrap());
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}
