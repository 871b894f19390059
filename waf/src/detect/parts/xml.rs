//! XML: its texts, and the values of its attributes.

use alloc::vec::Vec;

use super::{Gathered, Part};
use crate::statement::find;
use crate::transform::Transformation;

/// The parts of a document; what follows a `&` is an entity. It need not be well formed.
pub(super) fn xml(content: &[u8]) -> Vec<Part> {
    let mut gathered = Gathered::default();
    let mut add = |text: &[u8]| {
        if !text.trim_ascii().is_empty() {
            gathered.add(Transformation::HtmlEntityDecode.apply(text), false);
        }
    };
    let mut rest = content;
    while let Some(open) = rest.iter().position(|b| *b == b'<') {
        add(&rest[..open]);
        rest = &rest[open..];
        let literal = |start: &[u8]| rest.strip_prefix(start);
        let (data, end) = match (literal(b"<![CDATA["), literal(b"<!--")) {
            (Some(data), _) => (data, &b"]]>"[..]),
            (None, Some(data)) => (data, &b"-->"[..]),
            (None, None) => {
                rest = values(&rest[1..], &mut add);
                continue;
            }
        };
        let length = find(data, end).unwrap_or(data.len());
        add(&data[..length]);
        rest = data.get(length + end.len()..).unwrap_or(&[]);
    }
    add(rest);
    gathered.all()
}

/// Adds the values within a tag, in quotes of either kind, where a `>` ends nothing. What is behind it.
fn values<'t>(tag: &'t [u8], add: &mut impl FnMut(&[u8])) -> &'t [u8] {
    let mut rest = tag;
    while let Some(at) = rest.iter().position(|b| matches!(b, b'>' | b'"' | b'\'')) {
        let (mark, behind) = (rest[at], &rest[at + 1..]);
        if mark == b'>' {
            return behind;
        }
        let end = behind.iter().position(|b| *b == mark).unwrap_or(behind.len());
        add(&behind[..end]);
        rest = behind.get(end + 1..).unwrap_or(&[]);
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_attributes_are_found_in_either_quotes_and_behind_what_ends_no_tag() {
        let parts = |text: &str| -> Vec<alloc::string::String> {
            let parts = xml(text.as_bytes());
            let texts = parts.iter().map(|part| alloc::string::String::from_utf8_lossy(&part.text));
            texts.map(|text| text.into_owned()).collect()
        };
        assert_eq!(parts("<a b='1 or 2' c=\"it's\">x &lt; y</a>"), ["1 or 2", "it's", "x < y"]);
        assert_eq!(parts("<a b='x > y' c=\"<z>\"/>"), ["x > y", "<z>"]);
        assert_eq!(parts("<![CDATA[a<b]]><!-- c 'd -->e"), ["a<b", " c 'd ", "e"]);
        assert_eq!(parts("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///x'>]>"), ["file:///x", "]>"]);
        assert_eq!(parts("<a b=\"unclosed"), ["unclosed"]);
        assert_eq!(parts("<a"), [""; 0]);
    }
}
