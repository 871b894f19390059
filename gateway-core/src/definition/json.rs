//! Reads JSON (RFC 8259) into a [`Node`], so that each mistake in a definition can be told with its line.

use alloc::collections::BTreeSet;
use alloc::{format, string::String, vec::Vec};

use super::document::{Node, Value};
use super::{DefinitionError, Source};
use crate::limits::{DEFINITION_BYTES_MAX, DEFINITION_DEPTH_MAX};

/// Reads one JSON value with nothing but white space around it.
///
/// Strict, with two rules that RFC 8259 leaves open: names within an object are unique (§4), and
/// size and depth are bounded (§9), by [`DEFINITION_BYTES_MAX`] and [`DEFINITION_DEPTH_MAX`].
pub fn read(text: &str) -> Result<Node, DefinitionError> {
    let mut reader = Reader { text, at: 0, line: 1, counted: (0, 1) };
    if text.len() > DEFINITION_BYTES_MAX {
        return Err(reader.error(format!(
            "the document has {} bytes; at most {DEFINITION_BYTES_MAX} are read",
            text.len()
        )));
    }
    reader.skip_white_space();
    let node = reader.value(0)?;
    reader.skip_white_space();
    match reader.peek() {
        None => Ok(node),
        Some(c) => Err(reader.error(format!("expected the end of the document, found {c:?}"))),
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Byte offset, always at a character's start.
    at: usize,
    line: u32,
    /// An offset on this line and its column: each character is counted once.
    counted: (usize, u32),
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, DefinitionError> {
        if depth >= DEFINITION_DEPTH_MAX {
            return Err(
                self.error(format!("more than {DEFINITION_DEPTH_MAX} values in each other"))
            );
        }
        let (line, column) = (self.line, self.column());
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Value::String(self.string()?),
            Some('-' | '0'..='9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { value, line, column })
    }

    fn object(&mut self, depth: usize) -> Result<Value, DefinitionError> {
        let mut names = BTreeSet::new();
        let mut members = Vec::new();
        self.step();
        self.skip_white_space();
        if self.take('}') {
            return Ok(Value::Object(members));
        }
        loop {
            if self.peek() != Some('"') {
                return Err(self.expected("a member's name in double quotes"));
            }
            let repeated = self.error("");
            let name = self.string()?;
            if !names.insert(name.clone()) {
                return Err(DefinitionError {
                    message: format!("the name {name:?} stands twice in the same object"),
                    ..repeated
                });
            }
            self.skip_white_space();
            if !self.take(':') {
                return Err(self.expected("`:`"));
            }
            self.skip_white_space();
            members.push((name, self.value(depth + 1)?));
            self.skip_white_space();
            if self.take('}') {
                return Ok(Value::Object(members));
            }
            if !self.take(',') {
                return Err(self.expected("`,` or `}`"));
            }
            self.skip_white_space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, DefinitionError> {
        let mut items = Vec::new();
        self.step();
        self.skip_white_space();
        if self.take(']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_white_space();
            if self.take(']') {
                return Ok(Value::Array(items));
            }
            if !self.take(',') {
                return Err(self.expected("`,` or `]`"));
            }
            self.skip_white_space();
        }
    }

    fn string(&mut self) -> Result<String, DefinitionError> {
        let mut string = String::new();
        self.step();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            string.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some('"') => {
                    self.step();
                    return Ok(string);
                }
                Some('\\') => string.push(self.escape()?),
                None => return Err(self.error("a string without its closing quote")),
                Some(control) => {
                    let message = format!("{control:?} stands in a string; it must be escaped");
                    return Err(self.error(message));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, DefinitionError> {
        let start = self.error("");
        let refuse = |message: &str| DefinitionError { message: message.into(), ..start.clone() };
        self.step();
        let escaped = self.peek();
        self.step();
        Ok(match escaped {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let four = |reader: &mut Self| {
                    let digits = reader.text.get(reader.at..reader.at + 4)?;
                    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
                    reader.at += 4;
                    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
                };
                let refused = || refuse("`\\u` needs four hexadecimal digits");
                let first = four(self).ok_or_else(refused)?;
                let scalar = match first {
                    0xd800..=0xdbff if self.text[self.at..].starts_with("\\u") => {
                        self.at += 2;
                        match four(self).ok_or_else(refused)? {
                            second @ 0xdc00..=0xdfff => {
                                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                            }
                            _ => first,
                        }
                    }
                    _ => first,
                };
                char::from_u32(scalar).ok_or_else(|| refuse("half of a surrogate pair"))?
            }
            _ => return Err(refuse("an escape that JSON does not have")),
        })
    }

    /// A number, as it is written (RFC 8259 §6).
    fn number(&mut self) -> Result<String, DefinitionError> {
        let start = self.at;
        self.take('-');
        let leading_zero = self.peek() == Some('0');
        let integer_digits = self.digits();
        let malformed = integer_digits == 0 || leading_zero && integer_digits > 1;
        if malformed || self.take('.') && self.digits() == 0 {
            return Err(self.error("a malformed number"));
        }
        if self.take('e') || self.take('E') {
            let _ = self.take('+') || self.take('-');
            if self.digits() == 0 {
                return Err(self.error("a malformed number"));
            }
        }
        Ok(self.text[start..self.at].into())
    }

    fn digits(&mut self) -> usize {
        let count = self.text[self.at..].bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        count
    }

    fn word(&mut self) -> Result<Value, DefinitionError> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn step(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.step();
        }
        found
    }

    fn skip_white_space(&mut self) {
        while let Some(c @ (' ' | '\t' | '\r' | '\n')) = self.peek() {
            self.at += 1;
            if c == '\n' {
                self.line += 1;
                self.counted = (self.at, 1);
            }
        }
    }

    fn column(&mut self) -> u32 {
        let (offset, column) = self.counted;
        let characters = self.text[offset..self.at].chars().count();
        let column = column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.counted = (self.at, column);
        column
    }

    fn expected(&self, what: &str) -> DefinitionError {
        match self.peek() {
            Some(c) => self.error(format!("expected {what}, found {c:?}")),
            None => self.error(format!("expected {what}, found the end of the document")),
        }
    }

    fn error(&self, message: impl Into<String>) -> DefinitionError {
        let source = Source { pointer: String::new(), line: self.line };
        DefinitionError::error(source, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec};

    #[test]
    fn each_value_knows_its_line_and_column() {
        let node = read("{\n  \"a\": [1,\n    true]\n}").unwrap();
        let place = |value, line, column| Node { value, line, column };
        let one = place(Value::Number("1".into()), 2, 9);
        let yes = place(Value::Bool(true), 3, 5);
        let array = place(Value::Array(vec![one, yes]), 2, 8);
        assert_eq!(node, place(Value::Object(vec![("a".into(), array)]), 1, 1));
    }

    #[test]
    fn escapes_and_surrogate_pairs_are_characters() {
        let node = read(r#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#).unwrap();
        assert_eq!(node.value, Value::String("a\"\\/\u{8}\u{c}\n\r\té😀é".into()));
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        for number in ["0", "-0", "10", "1.50", "1e9", "-1.5E-3", "123456789012345678901234567890"]
        {
            assert_eq!(read(number).unwrap().value, Value::Number(number.into()));
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_line() {
        for (text, line, message) in [
            ("", 1, "expected a value, found the end"),
            ("{\n'a': 1}", 2, "a member's name in double quotes"),
            ("{\"a\": 1,\n}", 2, "a member's name"),
            ("{\"a\" 1}", 1, "expected `:`"),
            ("[1,\n2\n3]", 3, "expected `,` or `]`"),
            ("{\"a\": 1,\n\"a\": 2}", 2, "the name \"a\" stands twice"),
            ("\"\u{1}\"", 1, "must be escaped"),
            ("\"abc", 1, "without its closing quote"),
            ("\"\\x\"", 1, "an escape that JSON does not have"),
            ("\"\\u12g4\"", 1, "four hexadecimal digits"),
            ("\"\\u12", 1, "four hexadecimal digits"),
            ("\"\\ud800\"", 1, "half of a surrogate pair"),
            ("\"\\ud800\\u0041\"", 1, "half of a surrogate pair"),
            ("\"\\", 1, "an escape"),
            ("01", 1, "a malformed number"),
            ("1.", 1, "a malformed number"),
            ("-", 1, "a malformed number"),
            ("1e+", 1, "a malformed number"),
            ("nul", 1, "expected a value"),
            ("{}\n{}", 2, "expected the end of the document"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(error.source.line, line, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&nested(DEFINITION_DEPTH_MAX)).is_ok());
        assert!(read(&nested(DEFINITION_DEPTH_MAX + 1)).is_err());
        assert!(read(&"[".repeat(1_000_000)).unwrap_err().to_string().contains("in each other"));
        assert!(read(&" ".repeat(DEFINITION_BYTES_MAX + 1)).is_err());
    }
}
