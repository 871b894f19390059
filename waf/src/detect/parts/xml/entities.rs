//! Entities that a document of XML declares itself, which parsers put in (XML section 4.4). Those of files and of other
//! places are told by where they are.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::statement::find;
use crate::text::near;
use crate::transform::Transformation;

const ENTITIES_MAX: usize = 128;
/// How deep entities within entities are put in.
const DEPTH_MAX: usize = 4;
/// Most bytes that entities stand for, in all texts of a document together.
const BYTES_MAX: usize = 32 * 1024;

pub(super) struct Entities {
    /// Names and what they stand for.
    all: Vec<(Vec<u8>, Vec<u8>)>,
    bytes_left: usize,
    /// There are more of them than are put in: nobody can say what they stand for.
    pub(super) is_beyond: bool,
}

impl Entities {
    pub(super) fn of(document: &[u8]) -> Self {
        const DECLARATION: &[u8] = b"<!ENTITY";
        let mut all: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut rest = document;
        while let Some(at) = find(rest, DECLARATION) {
            if all.len() == ENTITIES_MAX {
                return Self { all, bytes_left: 0, is_beyond: true };
            }
            rest = &rest[at + DECLARATION.len()..];
            if let Some((name, value)) = declared(rest)
                && all.iter().all(|(known, _)| *known != name)
            {
                all.push((
                    name.into(),
                    Transformation::HtmlEntityDecode.reveal(value).into_owned(),
                ));
            }
        }
        Self { all, bytes_left: BYTES_MAX, is_beyond: false }
    }

    /// A text with what its entities stand for.
    pub(super) fn expand<'t>(&mut self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut text = Cow::Borrowed(text);
        if self.all.is_empty() {
            return text;
        }
        for _ in 0..DEPTH_MAX {
            match self.expand_once(&text) {
                Some(expanded) => text = expanded.into(),
                None => return text,
            }
        }
        self.is_beyond = true;
        text
    }

    fn expand_once(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let (mut rest, mut has_any) = (text, false);
        while let Some(at) = rest.iter().position(|b| *b == b'&') {
            let name = near(&rest[at + 1..]).split(|b| *b == b';').next().unwrap_or_default();
            let found = self.all.iter().find(|(known, _)| known == name);
            self.is_beyond |= found.is_some_and(|(_, value)| value.len() > self.bytes_left);
            let found = found.filter(|(_, value)| value.len() <= self.bytes_left);
            let Some((_, value)) = found else {
                out.extend_from_slice(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            };
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(value);
            self.bytes_left -= value.len();
            has_any = true;
            rest = rest.get(at + name.len() + 2..).unwrap_or(&[]);
        }
        out.extend_from_slice(rest);
        has_any.then_some(out)
    }
}

/// `u 'union'`: the name and the value of an entity that stands for a text.
fn declared(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let end = near(text).iter().position(u8::is_ascii_whitespace)?;
    let (name, value) = (&text[..end], text[end..].trim_ascii_start());
    let (quote, value) = value.split_first()?;
    let end = value.iter().position(|b| b == quote).filter(|_| matches!(quote, b'"' | b'\''))?;
    Some((name, &value[..end]))
}
