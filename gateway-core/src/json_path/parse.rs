//! Reads paths.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use super::filter;
use super::function::{self, Function};
use super::{JsonPath, JsonPathError, Parameter, Token};
use crate::json;
use crate::limits::{JSON_PATH_BYTES_MAX, JSON_PATH_DEPTH_MAX};

/// A path with nothing but white space around it.
pub(super) fn path(text: &str) -> Result<JsonPath, JsonPathError> {
    if text.len() > JSON_PATH_BYTES_MAX {
        let reason = format!("a path of more than {JSON_PATH_BYTES_MAX} bytes");
        return Err(JsonPathError { reason, at: 0 });
    }
    let text = text.trim();
    match text.starts_with(['$', '@']) {
        true => whole(text, 0),
        false => whole(&format!("$.{text}"), 0),
    }
}

/// All of a text as a path, `depth` filters and functions deep.
fn whole(text: &str, depth: usize) -> Result<JsonPath, JsonPathError> {
    let mut cursor = Cursor { text, at: 0, depth };
    let path = cursor.path(|_| false)?;
    match cursor.peek() {
        None => Ok(path),
        Some(_) => Err(cursor.error("something after the path")),
    }
}

/// Where reading is. Filters are read with it too.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    /// Always at a character's start.
    pub(super) at: usize,
    /// Filters and functions around this place.
    pub(super) depth: usize,
}

impl<'t> Cursor<'t> {
    /// A path from here on, up to its end or to a character that ends it.
    pub(super) fn path(&mut self, ends: impl Fn(char) -> bool) -> Result<JsonPath, JsonPathError> {
        let starts_at_root = match self.next() {
            Some('$') => true,
            Some('@') => false,
            _ => return Err(self.error("a path starts with `$`")),
        };
        let mut tokens = Vec::new();
        while let Some(c) = self.peek().filter(|c| !ends(*c)) {
            match c {
                '.' => {
                    self.next();
                    if self.take('.') {
                        tokens.push(Token::Scan);
                    }
                    match self.peek().filter(|c| !ends(*c)) {
                        None => return Err(self.error("a path does not end with `.`")),
                        Some('.') => return Err(self.error("a `.` too many")),
                        Some('[') => {}
                        Some('*') => {
                            self.next();
                            tokens.push(Token::Wildcard);
                        }
                        Some(_) => tokens.push(self.name_or_function(&ends)?),
                    }
                }
                '[' => tokens.push(self.bracket()?),
                _ => return Err(self.error("expected `.` or `[`")),
            }
        }
        Ok(JsonPath::new(starts_at_root, functions_first(tokens)))
    }

    fn name_or_function(&mut self, ends: &impl Fn(char) -> bool) -> Result<Token, JsonPathError> {
        let rest = self.rest();
        let length =
            rest.find(|c| matches!(c, '.' | '[' | '(' | ' ') || ends(c)).unwrap_or(rest.len());
        let name = &rest[..length];
        match rest[length..].chars().next() {
            Some('(') => {
                let unknown = format!("there is no function `{name}`");
                let function = Function::named(name).ok_or_else(|| self.error(&unknown))?;
                self.at += length + 1;
                let mut parameters = self.parameters()?;
                function::prepare(function, &mut parameters);
                Ok(Token::Function(function, parameters))
            }
            Some(' ') if !ends(' ') => {
                Err(self.error("a name with blanks stands in brackets and quotes: `['my name']`"))
            }
            _ if name.is_empty() => Err(self.error("expected a name")),
            _ => {
                self.at += length;
                Ok(Token::Properties(vec![name.to_string()]))
            }
        }
    }

    /// What a function takes, and the parenthesis after it.
    fn parameters(&mut self) -> Result<Vec<Parameter>, JsonPathError> {
        let mut parameters = Vec::new();
        self.enter()?;
        self.skip_blanks();
        if !self.take(')') {
            loop {
                self.skip_blanks();
                parameters.push(match self.peek() {
                    Some('$' | '@') => {
                        Parameter::Path(self.path(|c| matches!(c, ',' | ')' | ' '))?)
                    }
                    _ => Parameter::Value(self.json_literal()?),
                });
                self.skip_blanks();
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return Err(self.error("expected `,` or `)`"));
                }
            }
        }
        self.depth -= 1;
        Ok(parameters)
    }

    fn bracket(&mut self) -> Result<Token, JsonPathError> {
        self.next();
        self.skip_blanks();
        let token = match self.peek() {
            Some('\'' | '"') => {
                let mut names = vec![self.quoted()?];
                self.skip_blanks();
                while self.take(',') {
                    self.skip_blanks();
                    names.push(self.quoted()?);
                    self.skip_blanks();
                }
                Token::Properties(names)
            }
            Some('*') => {
                self.next();
                Token::Wildcard
            }
            Some('?') => {
                self.next();
                self.skip_blanks();
                self.enter()?;
                let filter = filter::read(self)?;
                self.depth -= 1;
                Token::Filter(filter)
            }
            Some('0'..='9' | '-' | ':') => self.indices()?,
            _ => return Err(self.error("expected a name in quotes, an index, `*` or `?(`")),
        };
        self.skip_blanks();
        if !self.take(']') {
            return Err(self.error("expected `]`"));
        }
        Ok(token)
    }

    fn indices(&mut self) -> Result<Token, JsonPathError> {
        let length = self.rest().find(']').ok_or_else(|| self.error("expected `]`"))?;
        let expression = &self.rest()[..length];
        let refused = self.error("indices are `0`, `-1`, `0,2`; slices `1:2`, `1:`, `:2`, `-2:`");
        let integer = |text: &str| text.trim().parse::<i32>().map(i64::from).ok();
        let token = match expression.split_once(':') {
            Some((from, to)) => {
                let end = |text: &str| match text.trim() {
                    "" => Ok(None),
                    text => integer(text).map(Some).ok_or(()),
                };
                match (end(from), end(to)) {
                    (Ok(None), Ok(None)) | (Err(()), _) | (_, Err(())) => return Err(refused),
                    (Ok(from), Ok(to)) => Token::Slice { from, to },
                }
            }
            None => Token::Indices(
                expression.split(',').map(integer).collect::<Option<_>>().ok_or(refused)?,
            ),
        };
        self.at += length;
        Ok(token)
    }

    /// A string in single or double quotes, with Java's escapes.
    pub(super) fn quoted(&mut self) -> Result<String, JsonPathError> {
        let Some(quote @ ('\'' | '"')) = self.peek() else {
            return Err(self.error("expected a string in quotes"));
        };
        let unclosed = self.error("a string without its closing quote");
        self.next();
        let mut string = String::new();
        loop {
            match self.next().ok_or_else(|| unclosed.clone())? {
                c if c == quote => return Ok(string),
                '\\' => match self.next().ok_or_else(|| unclosed.clone())? {
                    'n' => string.push('\n'),
                    'r' => string.push('\r'),
                    't' => string.push('\t'),
                    'b' => string.push('\u{8}'),
                    'f' => string.push('\u{c}'),
                    'u' => {
                        let digits =
                            self.rest().get(..4).and_then(|d| u32::from_str_radix(d, 16).ok());
                        let scalar =
                            digits.ok_or_else(|| self.error("`\\u` without four digits"))?;
                        string.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
                        self.at += 4;
                    }
                    c => string.push(c),
                },
                c => string.push(c),
            }
        }
    }

    /// A JSON value, which ends where its brackets and quotes do.
    pub(super) fn json_literal(&mut self) -> Result<json::Json, JsonPathError> {
        let (mut depth, mut in_string, mut length) = (0_usize, false, 0);
        let mut characters = self.rest().char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' if in_string => {
                    characters.next();
                }
                '"' => in_string = !in_string,
                _ if in_string => {}
                '[' | '{' => depth += 1,
                ']' | '}' if depth > 0 => depth -= 1,
                ',' | ')' | ']' | '}' | ' ' | '&' | '|' if depth == 0 => break,
                _ => {}
            }
            length = at + c.len_utf8();
        }
        let value = json::read(&self.rest()[..length])
            .map_err(|e| JsonPathError { reason: e.reason.into(), at: self.at + e.at })?;
        self.at += length;
        Ok(value)
    }

    pub(super) fn enter(&mut self) -> Result<(), JsonPathError> {
        self.depth += 1;
        match self.depth <= JSON_PATH_DEPTH_MAX {
            true => Ok(()),
            false => Err(self.error("too many filters and functions within each other")),
        }
    }
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }
    pub(super) fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }
    pub(super) fn error(&self, reason: &str) -> JsonPathError {
        JsonPathError { reason: reason.into(), at: self.at }
    }
}

/// A function at the end of a path that begins with `..` takes all that is found at once, not each:
/// `$..price.sum()` is `$.sum($..price)`.
fn functions_first(mut tokens: Vec<Token>) -> Vec<Token> {
    let function = tokens.iter().position(|token| matches!(token, Token::Function(..)));
    let (Some(Token::Scan), Some(at)) = (tokens.first(), function) else { return tokens };
    let mut after = tokens.split_off(at);
    if let Some(Token::Function(function, parameters)) = after.first_mut() {
        *parameters = vec![Parameter::Path(JsonPath::new(true, tokens))];
        function::prepare(*function, parameters);
    }
    after
}
