//! Tokens, by the lexical states of Velocity 1.7.
//!
//! What white space a directive swallows, where a reference ends, what a backslash escapes: in Velocity all of that
//! follows from which tokens there are in which state, the longest of them winning. So this is the same machine: states
//! on a stack, text that a later token takes along (`$` of `$name`), and tokens that give their last character back.

mod state;
mod tokens;

use alloc::{string::String, vec::Vec};

use state::Stack;
pub(crate) use state::State;
pub(crate) use tokens::Kind;
use tokens::{Match, longest};

/// A token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Its first byte, that of the text it takes along included.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
    /// Signs before it that turned out to begin nothing: `$` of `$ 5`.
    pub(crate) stray: String,
}

/// Reads tokens on demand: what follows may depend on what the parser made of the token before.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    pub(crate) stack: Stack,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, stack: Stack::new() }
    }

    /// The next token, or where there is none.
    pub(crate) fn next(&mut self) -> Result<Token, usize> {
        let mut stray = String::new();
        'token: loop {
            let start = self.at;
            if start == self.text.len() {
                return Ok(Token { kind: Kind::Eof, start, end: start, stray });
            }
            loop {
                let rest = &self.text.as_bytes()[self.at..];
                // What a later token should have taken along, and none came.
                if rest.is_empty() {
                    return Err(self.at);
                }
                let Some((found, length)) = longest(self.stack.state, rest) else {
                    return Err(self.at);
                };
                let end = self.at + length;
                match found {
                    Match::Token(kind) => {
                        // What the token gives back.
                        let end = match kind {
                            Kind::Dot => end - 1,
                            Kind::Integer if rest[..length].ends_with(b"..") => end - 2,
                            _ => end,
                        };
                        self.at = end;
                        self.stack.token(kind);
                        return Ok(Token { kind, start, end, stray });
                    }
                    Match::Prefix(kind) => {
                        self.at = if self.stack.prefix(kind) { end - 1 } else { end };
                    }
                    Match::Skip => {
                        self.at += self.char_length();
                        continue 'token;
                    }
                    Match::SkipWithin => self.at += self.char_length(),
                    Match::Terminator(kind) => {
                        push_stray(&mut stray, &self.text[start..self.at]);
                        self.stack.token(kind);
                        continue 'token;
                    }
                }
            }
        }
    }

    /// Whether a parenthesis opens here, after white space or at once.
    pub(crate) fn parenthesis_follows(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\n', '\r']);
        rest.starts_with('(')
    }

    fn char_length(&self) -> usize {
        self.text[self.at..].chars().next().map_or(1, char::len_utf8)
    }
}

/// What is left of text that was taken along by nothing: signs, and the backslashes before a `$`.
fn push_stray(stray: &mut String, text: &str) {
    let mut backslashes = 0;
    for c in text.chars() {
        match c {
            '\\' => backslashes += 1,
            '$' => {
                stray.extend(core::iter::repeat_n('\\', backslashes));
                stray.push('$');
                backslashes = 0;
            }
            '#' => {
                stray.push('#');
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
    }
}

/// So many bytes of a text are counted at once when a position is asked for.
const COUNTED: usize = 256;

/// Where each line of a text begins, and how many characters there are: a position is found in a time that does
/// not depend on how long its line is.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// How many characters begin before each [`COUNTED`]th byte.
    counts: Vec<u32>,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let mut count = 0;
        let counts = text.as_bytes().chunks(COUNTED).map(|chunk| {
            let before = count;
            count += characters(chunk);
            before
        });
        let counts = counts.collect();
        Self { text, starts: core::iter::once(0).chain(ends).collect(), counts }
    }
    pub(crate) fn position(&self, at: usize) -> crate::Position {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[line - 1];
        let column =
            if self.text.is_char_boundary(at) { self.before(at) - self.before(start) } else { 0 };
        crate::Position { line: line as u32, column: column + 1 }
    }

    /// How many characters there are before this byte.
    fn before(&self, at: usize) -> u32 {
        let chunk = (at / COUNTED).min(self.counts.len().saturating_sub(1));
        let rest = self.text.as_bytes().get(chunk * COUNTED..at).unwrap_or_default();
        self.counts.get(chunk).copied().unwrap_or(0) + characters(rest)
    }
}

/// Every byte but those that go on with a character begins one.
fn characters(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u32
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn columns_count_characters_wherever_the_line_is_and_however_long() {
        let long = "aü€😀".repeat(500);
        let text = format!("{long}\n\n{long}x");
        let lines = Lines::new(&text);
        for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before: Vec<&str> = text[..at].split('\n').collect();
            let column = before[before.len() - 1].chars().count() as u32 + 1;
            let expected = crate::Position { line: before.len() as u32, column };
            assert_eq!(lines.position(at), expected, "{at}");
        }
        assert_eq!(Lines::new("").position(0), crate::Position { line: 1, column: 1 });
    }
}
