//! Field lines (RFC 9110 §5): ordered, repeats kept, spelling kept, compared without case.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

/// One field line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name, spelled as it came.
    pub name: String,
    /// The value, without surrounding white space. Bytes that are not UTF-8 are read as ISO 8859-1.
    pub value: String,
}

impl Field {
    /// A field line of this name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Whether a text is a field name (RFC 9110 §5.1): a token.
pub fn is_field_name(text: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_token)
}

/// A header section.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fields(pub Vec<Field>);

impl Fields {
    /// No field lines.
    pub const fn new() -> Self {
        Self(Vec::new())
    }
    /// The value of the first line of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }
    /// The value of the last line of this name.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }
    /// The values of all lines of this name, in order.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |f| f.name.eq_ignore_ascii_case(name)).map(|f| f.value.as_str())
    }
    /// Whether a line of this name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
    /// Adds a line at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push(Field::new(name, value));
    }
    /// Makes this the only line of its name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let field = Field::new(name, value);
        self.remove(&field.name);
        self.0.push(field);
    }
    /// Takes away every line of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|f| !f.name.eq_ignore_ascii_case(name));
    }
    /// The lines in order.
    pub fn iter(&self) -> core::slice::Iter<'_, Field> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = core::slice::Iter<'a, Field>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_repeats_are_kept() {
        let mut fields = Fields::new();
        fields.push("X-A", "1");
        fields.push("x-a", "2");
        assert_eq!(fields.get("x-A"), Some("1"));
        assert_eq!(fields.last("X-a"), Some("2"));
        fields.set("X-a", "3");
        assert_eq!(fields.0, [Field::new("X-a", "3")]);
    }
}
