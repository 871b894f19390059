//! Field lines (RFC 9110 §5): ordered, repeats kept, spelling kept, compared without case.

use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field_names::{digest, is_same_name};

/// One field line on its own.
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

/// A field line of a header section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldLine<'a> {
    /// As [`Field::name`].
    pub name: &'a str,
    /// As [`Field::value`].
    pub value: &'a str,
}

/// Whether a text is a field name (RFC 9110 §5.1): a token.
pub fn is_field_name(text: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_token)
}

/// A header section.
///
/// All names and values stand in one text, one after the other: a section is made, moved between
/// host and component, and given back as two allocations, whatever the number of its lines. With a
/// string for each name and each value that was half of what a proxied request cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    text: String,
    lines: Vec<Ends>,
    /// The digests of all names: most names that are looked up are not there.
    digests: u64,
}

/// Where a line's name and its value end in the text. The name begins where the line before ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    name: u32,
    value: u32,
}

/// A header section as it crosses. The ends are one run of bytes: serde's way of a number at a time
/// took longer than all the text.
#[derive(Serialize, Deserialize)]
struct Encoded<'a> {
    text: &'a str,
    #[serde(borrow, with = "serde_bytes")]
    lines: Cow<'a, [u8]>,
}

/// Two numbers of four bytes, the lowest first.
const ENDS_BYTES: usize = 8;

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lines = Vec::with_capacity(self.lines.len() * ENDS_BYTES);
        for ends in &self.lines {
            lines.extend_from_slice(&ends.name.to_le_bytes());
            lines.extend_from_slice(&ends.value.to_le_bytes());
        }
        Encoded { text: &self.text, lines: lines.into() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Encoded { text, lines } = Encoded::deserialize(deserializer)?;
        Self::decode(text, &lines).map_err(D::Error::custom)
    }
}

impl Fields {
    fn decode(text: &str, lines: &[u8]) -> Result<Self, &'static str> {
        let (encoded, []) = lines.as_chunks::<ENDS_BYTES>() else {
            return Err("half a field line");
        };
        let mut lines = Vec::with_capacity(encoded.len());
        let (mut start, mut digests) = (0, 0);
        for [a, b, c, d, e, f, g, h] in encoded.iter().copied() {
            let ends = Ends {
                name: u32::from_le_bytes([a, b, c, d]),
                value: u32::from_le_bytes([e, f, g, h]),
            };
            let (name, value) = (ends.name as usize, ends.value as usize);
            let in_order = start <= name && name <= value;
            if !(in_order && text.is_char_boundary(name) && text.is_char_boundary(value)) {
                return Err("a field line ends where none can");
            }
            digests |= digest(&text[start..name]);
            start = value;
            lines.push(ends);
        }
        if start == text.len() {
            Ok(Self { text: text.into(), lines, digests })
        } else {
            Err("text without a line")
        }
    }

    /// No field lines.
    pub const fn new() -> Self {
        Self { text: String::new(), lines: Vec::new(), digests: 0 }
    }

    /// No field lines, with room for so many that have so many bytes together.
    pub fn with_capacity(lines: usize, bytes: usize) -> Self {
        let (text, lines) = (String::with_capacity(bytes), Vec::with_capacity(lines));
        Self { text, lines, digests: 0 }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
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
        let mut start = 0;
        let may_be_there = self.digests & digest(name) != 0;
        let lines = if may_be_there { self.lines.as_slice() } else { &[] };
        lines.iter().filter_map(move |ends| {
            let (from, to) =
                (core::mem::replace(&mut start, ends.value as usize), ends.name as usize);
            // Most names differ in length already.
            let is_of_name = to - from == name.len()
                && is_same_name(&self.text.as_bytes()[from..to], name.as_bytes());
            is_of_name.then(|| &self.text[to..ends.value as usize])
        })
    }

    /// Whether a line of this name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        self.push_parts(name.as_ref(), &[value.as_ref()]);
    }

    /// Adds a line at the end whose value is these texts, one after the other.
    pub fn push_parts(&mut self, name: &str, value: &[&str]) {
        self.digests |= digest(name);
        self.text.push_str(name);
        let name = end(&self.text);
        value.iter().for_each(|part| self.text.push_str(part));
        self.lines.push(Ends { name, value: end(&self.text) });
    }

    /// Makes this the only line of its name.
    pub fn set(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) {
        self.remove(name.as_ref());
        self.push(name, value);
    }

    /// Takes away every line of this name.
    pub fn remove(&mut self, name: &str) {
        if self.contains(name) {
            self.retain(|line| !line.name.eq_ignore_ascii_case(name));
        }
    }

    /// Gives every line of this name the other name, in place.
    pub fn rename(&mut self, from: &str, to: &str) {
        if self.contains(from) {
            let renamed = |line: FieldLine<'_>| line.name.eq_ignore_ascii_case(from);
            *self = self.iter().fold(
                Self::with_capacity(self.len(), self.text.len() + to.len()),
                |mut fields, line| {
                    fields.push(if renamed(line) { to } else { line.name }, line.value);
                    fields
                },
            );
        }
    }

    /// Keeps the lines that this is true of.
    pub fn retain(&mut self, mut keeps: impl FnMut(FieldLine<'_>) -> bool) {
        let mut kept = Self::with_capacity(self.len(), self.text.len());
        self.iter().filter(|line| keeps(*line)).for_each(|line| kept.push(line.name, line.value));
        *self = kept;
    }

    /// The lines in order.
    pub fn iter(&self) -> FieldLines<'_> {
        FieldLines { rest: &self.text, start: 0, lines: &self.lines }
    }
}

/// A header section is bounded by what a message may hold, far below this.
fn end(text: &str) -> u32 {
    u32::try_from(text.len()).expect("a header section is smaller than 4 GiB")
}

/// The lines of a header section in order.
#[derive(Debug, Clone)]
pub struct FieldLines<'a> {
    /// The text of these lines, and where it begins in the section's.
    rest: &'a str,
    start: u32,
    lines: &'a [Ends],
}

impl<'a> Iterator for FieldLines<'a> {
    type Item = FieldLine<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (ends, lines) = self.lines.split_first()?;
        let (line, rest) = self.rest.split_at((ends.value - self.start) as usize);
        let (name, value) = line.split_at((ends.name - self.start) as usize);
        (self.rest, self.start, self.lines) = (rest, ends.value, lines);
        Some(FieldLine { name, value })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.lines.len(), Some(self.lines.len()))
    }
}

impl DoubleEndedIterator for FieldLines<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let (ends, lines) = self.lines.split_last()?;
        let start = lines.last().map_or(self.start, |before| before.value);
        let (rest, line) = self.rest.split_at((start - self.start) as usize);
        let (name, value) = line.split_at((ends.name - start) as usize);
        (self.rest, self.lines) = (rest, lines);
        Some(FieldLine { name, value })
    }
}

impl ExactSizeIterator for FieldLines<'_> {}

impl<'a> IntoIterator for &'a Fields {
    type Item = FieldLine<'a>;
    type IntoIter = FieldLines<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Field> for Fields {
    fn extend<I: IntoIterator<Item = Field>>(&mut self, lines: I) {
        lines.into_iter().for_each(|line| self.push(line.name, line.value));
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(lines: I) -> Self {
        let mut fields = Self::new();
        fields.extend(lines);
        fields
    }
}

impl<'a> Extend<FieldLine<'a>> for Fields {
    fn extend<I: IntoIterator<Item = FieldLine<'a>>>(&mut self, lines: I) {
        lines.into_iter().for_each(|line| self.push(line.name, line.value));
    }
}

impl<'a> FromIterator<FieldLine<'a>> for Fields {
    fn from_iter<I: IntoIterator<Item = FieldLine<'a>>>(lines: I) -> Self {
        let mut fields = Self::new();
        fields.extend(lines);
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    fn lines(fields: &Fields) -> Vec<(&str, &str)> {
        fields.iter().map(|line| (line.name, line.value)).collect()
    }

    #[test]
    fn names_are_compared_without_case_and_repeats_are_kept() {
        let mut fields = Fields::new();
        fields.push("X-A", "1");
        fields.push("x-a", "2");
        assert_eq!(fields.get("x-A"), Some("1"));
        assert_eq!(fields.last("X-a"), Some("2"));
        fields.set("X-a", "3");
        assert_eq!(lines(&fields), [("X-a", "3")]);
    }

    #[test]
    fn lines_stay_in_order_when_others_go_or_are_renamed() {
        let mut fields = Fields::new();
        for (name, value) in [("a", "1"), ("B", ""), ("c", "gr\u{fc}n"), ("b", "2"), ("d", "3")] {
            fields.push(name, value);
        }
        fields.remove("b");
        assert_eq!(lines(&fields), [("a", "1"), ("c", "gr\u{fc}n"), ("d", "3")]);
        fields.rename("C", "longer");
        assert_eq!(lines(&fields), [("a", "1"), ("longer", "gr\u{fc}n"), ("d", "3")]);
        fields.retain(|line| line.value != "3");
        assert_eq!(fields.len(), 2);
        assert_eq!(fields, lines(&fields).iter().map(|(n, v)| Field::new(*n, *v)).collect());
    }

    #[test]
    fn what_crosses_is_a_header_section_or_refused() {
        let mut fields = Fields::new();
        fields.push("a", "gr\u{fc}n");
        fields.push_parts("b", &["1", "", "2"]);
        let bytes = encode(&fields);
        assert_eq!(decode::<Fields>(&bytes).as_ref(), Ok(&fields));
        for lines in [
            &[(1_u32, 6_u32)][..], // text behind the last line
            &[(6, 1), (7, 9)],     // a name that ends behind its value
            &[(1, 6), (5, 9)],     // a line that begins before the last ended
            &[(1, 4), (7, 9)],     // within a character
            &[(1, 6), (7, 10)],    // beyond the text
            &[(1, 6), (7, u32::MAX)],
            &[],
        ] {
            let ends = lines.iter().flat_map(|(name, value)| [*name, *value]);
            let ends: Vec<u8> = ends.flat_map(u32::to_le_bytes).collect();
            let bytes = encode(&("agr\u{fc}nb12", &ends));
            assert!(decode::<Fields>(&bytes).is_err(), "{lines:?}");
        }
        let half = encode(&("", &[0_u8; 4][..]));
        assert!(decode::<Fields>(&half).is_err());
    }
}
