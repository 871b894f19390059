//! Messages that the host sends, as changes to what it already holds.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Content, FieldLine, Fields};

/// One change to a header section. Names are compared without case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldEdit<'a> {
    /// Takes away every line of this name.
    Remove(&'a str),
    /// Gives every line of this name (first) the other name, in place.
    Rename(&'a str, &'a str),
    /// Makes this the only line of its name.
    Set(FieldLine<'a>),
    /// Adds a line at the end.
    Append(FieldLine<'a>),
}

/// Changes to a header section, in their order: two allocations, as [`Fields`] has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Encoded")]
pub struct FieldEdits {
    kinds: Vec<Kind>,
    /// What each change is about. A name alone has an empty value; the value of a renaming is the new name.
    operands: Fields,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Remove,
    Rename,
    Set,
    Append,
}

/// Changes as they cross, not yet found to be complete.
#[derive(Deserialize)]
struct Encoded {
    kinds: Vec<Kind>,
    operands: Fields,
}

impl TryFrom<Encoded> for FieldEdits {
    type Error = &'static str;

    fn try_from(Encoded { kinds, operands }: Encoded) -> Result<Self, Self::Error> {
        match kinds.len() == operands.len() {
            true => Ok(Self { kinds, operands }),
            false => Err("a change that is about nothing"),
        }
    }
}

impl FieldEdits {
    /// No changes.
    pub const fn new() -> Self {
        Self { kinds: Vec::new(), operands: Fields::new() }
    }

    /// No changes, with room for so many that have so many bytes together.
    pub fn with_capacity(edits: usize, bytes: usize) -> Self {
        Self { kinds: Vec::with_capacity(edits), operands: Fields::with_capacity(edits, bytes) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// [`FieldEdit::Remove`]
    pub fn remove(&mut self, name: impl AsRef<str>) {
        self.add(Kind::Remove, name.as_ref(), &[]);
    }

    /// [`FieldEdit::Rename`]
    pub fn rename(&mut self, from: impl AsRef<str>, to: impl AsRef<str>) {
        self.add(Kind::Rename, from.as_ref(), &[to.as_ref()]);
    }

    /// [`FieldEdit::Rename`] to a name of several texts, one after the other.
    pub fn rename_parts(&mut self, from: &str, to: &[&str]) {
        self.add(Kind::Rename, from, to);
    }

    /// [`FieldEdit::Set`]
    pub fn set(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        self.add(Kind::Set, name.as_ref(), &[value.as_ref()]);
    }

    /// [`FieldEdit::Set`] with a value of several texts, one after the other.
    pub fn set_parts(&mut self, name: &str, value: &[&str]) {
        self.add(Kind::Set, name, value);
    }

    /// [`FieldEdit::Append`]
    pub fn append(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        self.add(Kind::Append, name.as_ref(), &[value.as_ref()]);
    }

    /// Whether every line of this name is taken away by one of the changes.
    pub fn removes(&self, name: &str) -> bool {
        self.iter().any(|edit| matches!(edit, FieldEdit::Remove(n) if n.eq_ignore_ascii_case(name)))
    }

    /// The changes in their order.
    pub fn iter(&self) -> impl Iterator<Item = FieldEdit<'_>> {
        self.kinds.iter().zip(&self.operands).map(|(kind, line)| match kind {
            Kind::Remove => FieldEdit::Remove(line.name),
            Kind::Rename => FieldEdit::Rename(line.name, line.value),
            Kind::Set => FieldEdit::Set(line),
            Kind::Append => FieldEdit::Append(line),
        })
    }

    /// Makes all these changes.
    pub fn apply(&self, fields: &mut Fields) {
        self.iter().for_each(|edit| edit.apply(fields));
    }

    fn add(&mut self, kind: Kind, name: &str, value: &[&str]) {
        self.kinds.push(kind);
        self.operands.push_parts(name, value);
    }
}

impl<'a> Extend<FieldEdit<'a>> for FieldEdits {
    fn extend<I: IntoIterator<Item = FieldEdit<'a>>>(&mut self, edits: I) {
        for edit in edits {
            match edit {
                FieldEdit::Remove(name) => self.remove(name),
                FieldEdit::Rename(from, to) => self.rename(from, to),
                FieldEdit::Set(line) => self.set(line.name, line.value),
                FieldEdit::Append(line) => self.append(line.name, line.value),
            }
        }
    }
}

impl<'a> FromIterator<FieldEdit<'a>> for FieldEdits {
    fn from_iter<I: IntoIterator<Item = FieldEdit<'a>>>(edits: I) -> Self {
        let mut all = Self::new();
        all.extend(edits);
        all
    }
}

/// The header section of an outgoing message.
///
/// A proxied message keeps nearly all of its fields, so only the changes cross back to the host:
/// that costs half of what the whole section does (measured in `docs/decisions/0003`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum OutgoingFields {
    /// Exactly these lines.
    Complete(Fields),
    /// For a request: the arrival's lines. For a response: the last endpoint response's lines.
    /// With these changes, in this order.
    Edited(FieldEdits),
}

impl OutgoingFields {
    /// The lines, given the section that edits refer to.
    pub fn resolve(self, base: &Fields) -> Fields {
        match self {
            Self::Complete(fields) => fields,
            Self::Edited(edits) => {
                let mut fields = base.clone();
                edits.apply(&mut fields);
                fields
            }
        }
    }

    /// Makes this the only line of its name.
    pub fn set(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        match self {
            Self::Complete(fields) => fields.set(name, value),
            Self::Edited(edits) => edits.set(name, value),
        }
    }

    /// Adds a line at the end.
    pub fn append(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        match self {
            Self::Complete(fields) => fields.push(name, value),
            Self::Edited(edits) => edits.append(name, value),
        }
    }

    /// Takes away every line of this name.
    pub fn remove(&mut self, name: &str) {
        match self {
            Self::Complete(fields) => fields.remove(name),
            Self::Edited(edits) => edits.remove(name),
        }
    }
}

impl FieldEdit<'_> {
    /// Makes this change.
    pub fn apply(self, fields: &mut Fields) {
        match self {
            Self::Remove(name) => fields.remove(name),
            Self::Rename(from, to) => fields.rename(from, to),
            Self::Set(line) => fields.set(line.name, line.value),
            Self::Append(line) => fields.push(line.name, line.value),
        }
    }
}

/// What an HTTP endpoint answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointResponse {
    /// The final status code (1xx are the host's affair).
    pub status: u16,
    /// The header section.
    pub fields: Fields,
    /// The content, held by the host.
    pub content: Content,
}

/// What the client is answered.
///
/// The host frames it: it adds `Content-Length` or chunked coding, `Date` where the core gave
/// none, and leaves the content out for HEAD, 204 and 304.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The status code, 100–999 after what functions may ask for; the host answers 502 to what HTTP cannot carry.
    pub status: u16,
    /// The header section.
    pub fields: OutgoingFields,
    /// The content.
    pub content: Content,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    fn edits() -> FieldEdits {
        let mut edits = FieldEdits::new();
        edits.rename("date", "x-amzn-remapped-date");
        edits.remove("via");
        edits.set("a", "2");
        edits.append("a", "3");
        edits.set_parts("B", &["4", "5"]);
        edits
    }

    #[test]
    fn edits_apply_in_order() {
        let mut base = Fields::new();
        for (name, value) in [("Date", "d"), ("Via", "v"), ("A", "1"), ("b", "1")] {
            base.push(name, value);
        }
        let got = OutgoingFields::Edited(edits()).resolve(&base);
        let got: Vec<_> = got.iter().map(|line| (line.name, line.value)).collect();
        assert_eq!(got, [("x-amzn-remapped-date", "d"), ("a", "2"), ("a", "3"), ("B", "45")]);
    }

    #[test]
    fn edits_cross_unchanged_and_incomplete_ones_are_refused() {
        assert_eq!(decode(&encode(&edits())), Ok(edits()));
        assert_eq!(edits().iter().collect::<FieldEdits>(), edits());
        assert!(edits().removes("VIA") && !edits().removes("a"));
        let fewer = (&edits().kinds[1..], &edits().operands);
        assert!(decode::<FieldEdits>(&encode(&fewer)).is_err());
    }
}
