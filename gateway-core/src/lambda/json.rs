//! Writes JSON as it goes: members stay in the order in which they are written, no tree is built.

use alloc::{string::String, string::ToString, vec::Vec};

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

use crate::limits::EVENT_BYTES_MAX;

/// A JSON text in the making. Commas come by themselves; nesting is the caller's.
#[derive(Debug, Default)]
pub(super) struct JsonWriter(Vec<u8>);

impl JsonWriter {
    /// With room for a text of this size.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }
    /// The text.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
    /// An object whose members `write` writes.
    pub(super) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push(b'{');
        write(self);
        self.0.push(b'}');
    }
    /// An array whose items `write` writes.
    pub(super) fn array(&mut self, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push(b'[');
        write(self);
        self.0.push(b']');
    }
    /// The name of the member that is written next.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.string(name);
        self.0.push(b':');
        self
    }
    /// `null`
    pub(super) fn null(&mut self) {
        self.literal("null");
    }
    /// `true` or `false`
    pub(super) fn boolean(&mut self, value: bool) {
        self.literal(if value { "true" } else { "false" });
    }
    /// A number.
    pub(super) fn number(&mut self, value: u64) {
        self.literal(&value.to_string());
    }
    /// A string, or `null`.
    pub(super) fn string_or_null(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.string(value),
            None => self.null(),
        }
    }
    /// A string.
    pub(super) fn string(&mut self, value: &str) {
        self.separate();
        self.0.push(b'"');
        self.escaped(value);
        self.0.push(b'"');
    }
    /// A string that is joined from pieces.
    pub(super) fn joined<'a>(&mut self, pieces: impl Iterator<Item = &'a str>, separator: &str) {
        self.separate();
        self.0.push(b'"');
        for (index, piece) in pieces.enumerate() {
            if index > 0 {
                self.escaped(separator);
            }
            self.escaped(piece);
        }
        self.0.push(b'"');
    }
    /// Bytes as text; those that are not UTF-8 become U+FFFD.
    pub(super) fn text(&mut self, bytes: &[u8]) {
        self.string(&String::from_utf8_lossy(bytes));
    }
    /// Bytes in base64.
    pub(super) fn base64(&mut self, bytes: &[u8]) {
        self.separate();
        self.0.push(b'"');
        let start = self.0.len();
        // 10 MB at most: four thirds of that does not overflow.
        self.0.resize(start + bytes.len().div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(bytes, &mut self.0[start..]).unwrap_or_default();
        self.0.truncate(start + written);
        self.0.push(b'"');
    }

    /// A value that is JSON already.
    pub(super) fn json(&mut self, json: &str) {
        self.literal(json);
    }

    fn literal(&mut self, text: &str) {
        self.separate();
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A comma, unless this is the first of its object or array, or follows a name. The last byte
    /// tells: a value never ends in one of these.
    fn separate(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }

    /// Escapes take up to six times the room: nothing is escaped beyond what any function takes.
    /// Whoever sends the text looks at its size first.
    fn escaped(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let bytes = text.as_bytes();
        let mut plain = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let short = match byte {
                b'"' | b'\\' => byte,
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                8 => b'b',
                12 => b'f',
                0..0x20 => 0,
                _ => continue,
            };
            if self.0.len() >= EVENT_BYTES_MAX {
                return;
            }
            self.0.extend_from_slice(&bytes[plain..at]);
            plain = at + 1;
            match short {
                0 => {
                    let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                    self.0.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
                }
                short => self.0.extend_from_slice(&[b'\\', short]),
            }
        }
        self.0.extend_from_slice(&bytes[plain..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_stand_between_values_and_nowhere_else() {
        let mut w = JsonWriter::default();
        w.object(|w| {
            w.name("a").array(|w| {
                w.number(1);
                w.object(|_| {});
                w.array(|_| {});
                w.null();
            });
            w.name("{[:").string("{[:");
            w.name("b").boolean(true);
            w.name("c").joined(["x", "y"].into_iter(), ",");
            w.name("d").base64(b"hello");
            w.name("e").base64(b"");
        });
        assert_eq!(
            String::from_utf8(w.into_bytes()).unwrap(),
            r#"{"a":[1,{},[],null],"{[:":"{[:","b":true,"c":"x,y","d":"aGVsbG8=","e":""}"#
        );
    }

    #[test]
    fn every_character_survives() {
        let text: String = (0..0x3000).filter_map(char::from_u32).collect();
        let mut w = JsonWriter::default();
        w.string(&text);
        let bytes = w.into_bytes();
        assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), text);
        assert!(!bytes.iter().any(|b| *b < 0x20));
    }

    #[test]
    fn escapes_end_where_no_function_takes_the_text() {
        let mut w = JsonWriter::default();
        w.string(&"\u{1}".repeat(2 * EVENT_BYTES_MAX));
        let size = w.into_bytes().len();
        assert!((EVENT_BYTES_MAX..EVENT_BYTES_MAX + 16).contains(&size), "{size}");
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        let mut w = JsonWriter::default();
        w.text(b"a\xff\xfeb");
        assert_eq!(w.into_bytes(), "\"a\u{fffd}\u{fffd}b\"".as_bytes());
    }
}
