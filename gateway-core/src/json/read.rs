//! Reads JSON, strictly and within bounds.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{Json, Number, Object};
use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX, PAYLOAD_BYTES_MAX};

/// Why a text is not read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub reason: &'static str,
    /// The byte where that is, from 0.
    pub at: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.at)
    }
}

impl core::error::Error for JsonError {}

/// Reads one JSON value (RFC 8259) with nothing but white space around it.
///
/// No more than [`PAYLOAD_BYTES_MAX`] bytes, [`JSON_DEPTH_MAX`] values within each other and
/// [`JSON_VALUES_MAX`] in all. Half of a surrogate pair, which UTF-8 does not have, becomes U+FFFD.
pub fn read(text: &str) -> Result<Json, JsonError> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, values: 0 };
    if text.len() > PAYLOAD_BYTES_MAX as usize {
        return Err(reader.error("more bytes than are read"));
    }
    reader.skip_white_space();
    let value = reader.value(0)?;
    reader.skip_white_space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.error("something after the value")),
    }
}

/// Reads bytes that should be JSON in UTF-8.
pub fn read_bytes(bytes: &[u8]) -> Result<Json, JsonError> {
    let text = core::str::from_utf8(bytes)
        .map_err(|e| JsonError { reason: "bytes that are not UTF-8", at: e.valid_up_to() })?;
    read(text)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Always at a character's start.
    at: usize,
    values: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        if depth >= JSON_DEPTH_MAX {
            return Err(self.error("too many values within each other"));
        }
        self.values += 1;
        if self.values > JSON_VALUES_MAX {
            return Err(self.error("too many values"));
        }
        match self.peek() {
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.error("no value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut members = Vec::new();
        self.at += 1;
        self.skip_white_space();
        if self.take(b'}') {
            return Ok(Json::Object(Object::default()));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error("no member's name in double quotes"));
            }
            let name = self.string()?;
            self.skip_white_space();
            if !self.take(b':') {
                return Err(self.error("no `:` after a name"));
            }
            self.skip_white_space();
            members.push((name, self.value(depth + 1)?));
            self.skip_white_space();
            if self.take(b'}') {
                // Most are small and many: room for members that do not come is most of what they would take.
                members.shrink_to_fit();
                return Ok(Json::Object(Object::new(members)));
            }
            if !self.take(b',') {
                return Err(self.error("no `,` or `}` after a member"));
            }
            self.skip_white_space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_white_space();
        if self.take(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_white_space();
            if self.take(b']') {
                items.shrink_to_fit();
                return Ok(Json::Array(items));
            }
            if !self.take(b',') {
                return Err(self.error("no `,` or `]` after an item"));
            }
            self.skip_white_space();
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let start = self.at;
        self.skip_plain();
        if self.peek() == Some(b'"') {
            let string = self.text[start..self.at].into();
            self.at += 1;
            return Ok(string);
        }
        let mut string = String::from(&self.text[start..self.at]);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                None => return Err(self.error("a string without its closing quote")),
                Some(_) => return Err(self.error("a control character in a string")),
            }
            let start = self.at;
            self.skip_plain();
            string.push_str(&self.text[start..self.at]);
        }
    }

    /// Up to a quote, a backslash or a control character: all of them ASCII.
    fn skip_plain(&mut self) {
        let rest = &self.bytes[self.at..];
        let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20));
        self.at += plain.unwrap_or(rest.len());
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let escaped = self.bytes.get(self.at + 1);
        let character = match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error("an escape that JSON does not have")),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first =
            self.four_digits(self.at).ok_or_else(|| self.error("`\\u` without four digits"))?;
        self.at += 6;
        let scalar = match first {
            0xd800..=0xdbff => match self.four_digits(self.at) {
                Some(second @ 0xdc00..=0xdfff) => {
                    self.at += 6;
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                }
                _ => first,
            },
            _ => first,
        };
        Ok(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The digits of the `\u` at this place.
    fn four_digits(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits
            .iter()
            .try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let length = number_length(&self.bytes[self.at..])
            .ok_or_else(|| self.error("a malformed number"))?;
        let number = Number::from_checked(&self.text[self.at..self.at + length]);
        self.at += length;
        // What follows is no part of it: `01` is a zero and then something else.
        Ok(Json::Number(number))
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("no value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn error(&self, reason: &'static str) -> JsonError {
        JsonError { reason, at: self.at }
    }
}

/// How many bytes at the beginning are a number (RFC 8259 §6).
pub(super) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits_from = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match bytes.get(at)? {
        b'0' => 1,
        b'1'..=b'9' => digits_from(at),
        _ => return None,
    };
    if bytes.get(at) == Some(&b'.') {
        let digits = digits_from(at + 1);
        if digits == 0 {
            return None;
        }
        at += 1 + digits;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        let digits = digits_from(at);
        if digits == 0 {
            return None;
        }
        at += digits;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "null",
            "true",
            "false",
            "-1.5",
            "\"a\"",
            "[]",
            "{}",
            r#"{"b":[1,{"a":null}],"a":"é😀"}"#,
        ] {
            assert_eq!(read(text).unwrap().to_text(), text);
            assert_eq!(read(&format!(" \n\t\r{text} ")).unwrap().to_text(), text);
        }
    }

    #[test]
    fn escapes_and_surrogate_pairs_are_characters() {
        let read = |text: &str| read(text).unwrap();
        let text = r#""x\"\\\/\b\f\n\r\t\u00e9\uD83d\ude00é""#;
        assert_eq!(read(text).as_str(), Some("x\"\\/\u{8}\u{c}\n\r\té😀é"));
        assert_eq!(read(r#""\ud800""#).as_str(), Some("\u{fffd}"));
        assert_eq!(read(r#""\ud800\u0041""#).as_str(), Some("\u{fffd}A"));
        assert_eq!(read(r#""\ud800\ud83d\ude00""#).as_str(), Some("\u{fffd}😀"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "{'a':1}",
            "{a:1}",
            "{\"a\":1,}",
            "[1,]",
            "{\"a\" 1}",
            "[1 2]",
            "{,}",
            "\"\u{1}\"",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12",
            "\"\\u+123\"",
            "\"\\",
            "01",
            "1.",
            "-",
            "1e+",
            ".5",
            "+1",
            "nul",
            "nulll",
            "True",
            "{} {}",
            "NaN",
            "\u{feff}{}",
            "/**/1",
            "\u{a0}1",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("[1, x]").unwrap_err(), JsonError { reason: "no value", at: 4 });
        assert_eq!(read_bytes(b"\"\xff\"").unwrap_err().at, 1);
    }

    #[test]
    fn depth_values_and_bytes_are_bounded() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&nested(JSON_DEPTH_MAX)).is_ok());
        assert!(read(&nested(JSON_DEPTH_MAX + 1)).is_err());
        assert!(read(&"[".repeat(1_000_000)).is_err());
        let many = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(read(&many(JSON_VALUES_MAX - 1)).is_ok());
        assert!(read(&many(JSON_VALUES_MAX)).is_err());
        assert!(read(&" ".repeat(PAYLOAD_BYTES_MAX as usize + 1)).is_err());
    }
}
