//! XML: its texts, and the values of its attributes.

mod entities;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Gathered, Part, PartKind};
use crate::statement::find;
use crate::transform::Transformation;
use entities::Entities;

/// The parts of a document; what follows a `&` is an entity. It need not be well formed.
pub(super) fn xml(content: &[u8]) -> Vec<Part> {
    let mut document = Document {
        gathered: Gathered::default(),
        entities: Entities::of(content),
        is_declared: false,
        depth: 0,
        text: Text::default(),
    };
    let mut rest = content;
    while let Some(open) = rest.iter().position(|b| *b == b'<') {
        document.piece(&rest[..open]);
        rest = document.markup(&rest[open..]);
    }
    document.piece(rest);
    document.end_text();
    let mut parts = document.gathered.all();
    if document.entities.is_beyond {
        parts.push(Part::new(b"entities".into(), PartKind::Charset));
    }
    parts
}

struct Document {
    gathered: Gathered,
    entities: Entities,
    /// Within a declaration.
    is_declared: bool,
    /// Of elements.
    depth: usize,
    text: Text,
}

/// A text that is parted by what programs leave out where they ask for an element's text: comments, processing
/// instructions, limits of CDATA, and the tags of elements within.
#[derive(Default)]
struct Text {
    joined: Vec<u8>,
    pieces: usize,
    /// How deep the element is whose text it is.
    depth: usize,
}

impl Document {
    /// What is behind the tag, comment or other markup that this begins with.
    fn markup<'t>(&mut self, markup: &'t [u8]) -> &'t [u8] {
        let until = |start: &[u8], end: &[u8]| {
            let data = markup.strip_prefix(start)?;
            let length = find(data, end).unwrap_or(data.len());
            Some((&data[..length], data.get(length + end.len()..).unwrap_or(&[])))
        };
        if let Some((data, behind)) = until(b"<![CDATA[", b"]]>") {
            self.piece(data);
            return behind;
        }
        if let Some((data, behind)) = until(b"<!--", b"-->") {
            self.add(data);
            return behind;
        }
        if let Some((data, behind)) = until(b"<?", b"?>") {
            self.values(data);
            return behind;
        }
        // What a declaration says is put in where it is asked for.
        self.is_declared = markup.starts_with(b"<!");
        let behind = self.values(&markup[1..]);
        self.is_declared = false;
        let tag = &markup[..markup.len() - behind.len()];
        match tag.get(1) {
            Some(b'!') => {}
            Some(b'/') => self.depth = self.depth.saturating_sub(1),
            _ => {
                if self.depth < self.text.depth {
                    self.end_text();
                }
                self.depth += usize::from(!tag.ends_with(b"/>"));
            }
        }
        behind
    }

    /// Text, or a part of one, by itself and with what it is joined to.
    fn piece(&mut self, text: &[u8]) {
        let is_blank = text.trim_ascii().is_empty();
        self.add(text);
        if self.depth == 0 || is_blank && self.text.pieces == 0 {
            return;
        }
        self.text.joined.extend_from_slice(text);
        if !is_blank {
            self.text.pieces += 1;
            self.text.depth = match self.text.pieces {
                1 => self.depth,
                _ => self.depth.min(self.text.depth),
            };
        }
    }

    fn end_text(&mut self) {
        let Text { joined, pieces, .. } = core::mem::take(&mut self.text);
        if pieces > 1 {
            self.add(&joined);
        }
    }

    fn add(&mut self, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            return;
        }
        let text = if self.is_declared { text.into() } else { self.entities.expand(text) };
        let decoded = match Transformation::HtmlEntityDecode.reveal(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(decoded) => decoded.into(),
        };
        self.gathered.add(decoded, false);
    }

    /// Adds the values within a tag, in quotes of either kind, where a `>` ends nothing. What is behind it.
    fn values<'t>(&mut self, tag: &'t [u8]) -> &'t [u8] {
        let mut rest = tag;
        while let Some(at) = rest.iter().position(|b| matches!(b, b'>' | b'"' | b'\'')) {
            let (mark, behind) = (rest[at], &rest[at + 1..]);
            if mark == b'>' {
                return behind;
            }
            let end = behind.iter().position(|b| *b == mark).unwrap_or(behind.len());
            self.add(&behind[..end]);
            rest = behind.get(end + 1..).unwrap_or(&[]);
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<alloc::string::String> {
        let parts = xml(text.as_bytes());
        let texts = parts.iter().map(|part| alloc::string::String::from_utf8_lossy(&part.text));
        texts.map(|text| text.into_owned()).collect()
    }

    #[test]
    fn values_of_attributes_are_found_in_either_quotes_and_behind_what_ends_no_tag() {
        assert_eq!(parts("<a b='1 or 2' c=\"it's\">x &lt; y</a>"), ["1 or 2", "it's", "x < y"]);
        assert_eq!(parts("<a b='x > y' c=\"<z>\"/>"), ["x > y", "<z>"]);
        assert_eq!(parts("<![CDATA[a<b]]><!-- c 'd -->e"), ["a<b", " c 'd ", "e"]);
        assert_eq!(parts("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///x'>]>"), ["file:///x", "]>"]);
        assert_eq!(parts("<a b=\"unclosed"), ["unclosed"]);
        assert_eq!(parts("<a"), [""; 0]);
        assert_eq!(parts("<?x 'y>z' ?>"), ["y>z"]);
    }

    #[test]
    fn the_text_of_an_element_is_whole_whatever_parts_it() {
        for text in [
            "<a>un<![CDATA[ion]]></a>",
            "<a>un<!---->ion</a>",
            "<a>un<?x '?>ion</a>",
            "<a>un<b/>ion</a>",
            "<a>un<b><c></c></b>ion</a>",
            "<a><b><c>un</c></b>ion</a>",
            "<r>\n<x>1</x><a><b>un</b>ion</a><x>2</x></r>",
        ] {
            assert!(parts(text).contains(&"union".into()), "{text} {:?}", parts(text));
        }
        assert!(parts("<a>un<b>io</b>n<c>!</c></a><d>x</d>").contains(&"union!".into()));
    }

    #[test]
    fn texts_of_different_elements_are_not_joined() {
        let document = "<r>\n <a>x</a><b>y</b>\n <c><d>z</d></c> <e f='g'>h</e></r>";
        assert_eq!(parts(document), ["x", "y", "z", "g", "h"]);
    }

    #[test]
    fn entities_that_a_document_declares_are_what_they_stand_for() {
        let last = |declared: &str, content: &str| {
            let parts = parts(&alloc::format!("<!DOCTYPE a [{declared}]><a>{content}</a>"));
            parts.last().cloned().unwrap_or_default()
        };
        assert_eq!(
            last("<!ENTITY u 'union'><!ENTITY v \"select\">", "&u; &v; 1"),
            "union select 1"
        );
        assert_eq!(last("<!ENTITY u 'un&w;'><!ENTITY w 'i&#111;n'>", "&u;"), "union");
        assert_eq!(last("<!ENTITY u 'x'><!ENTITY u 'y'>", "&u; &v; &lt;"), "x &v; <");
        assert_eq!(last("<!ENTITY e SYSTEM 'file:///x'>", "&e;"), "&e;");
        assert!(
            parts("<!DOCTYPE a [<!ENTITY u '1 or'>]><a b='&u; 1=1'/>").contains(&"1 or 1=1".into())
        );
    }

    #[test]
    fn entities_grow_no_document_beyond_what_is_inspected() {
        let mut document = alloc::string::String::from("<!DOCTYPE a [<!ENTITY e0 'ha'>");
        for n in 0..60 {
            let ten = alloc::format!("&e{n};").repeat(10);
            document += &alloc::format!("<!ENTITY e{} '{ten}'>", n + 1);
        }
        document += "]><a>&e3;&e60;</a><b>&e60;</b>";
        let bytes: usize = xml(document.as_bytes()).iter().map(|part| part.text.len()).sum();
        assert!(bytes < 100_000, "{bytes}");
        assert!(xml(document.as_bytes()).iter().any(Part::is_unreadable));
        let quiet = b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>";
        assert!(!xml(quiet).iter().any(Part::is_unreadable));
    }
}
