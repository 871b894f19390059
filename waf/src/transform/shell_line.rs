//! Command lines as the shells of one system read them (`CMD_LINE_UNIX`, `CMD_LINE_WIN`).

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// `\ " '` go; white space is one space and none at either end; letters are small.
pub(crate) fn unix(text: &[u8]) -> Cow<'_, [u8]> {
    let mut line = Line::with_capacity(text.len());
    text.iter()
        .filter(|byte| !matches!(byte, b'\\' | b'"' | b'\''))
        .for_each(|byte| line.push(*byte));
    line.unless(text)
}

/// `" ' ^` and the backtick go, a caret with the line break behind it; white space as for Unix; several
/// backslashes are one, so that paths stay.
pub(crate) fn windows(text: &[u8]) -> Cow<'_, [u8]> {
    let mut line = Line::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'^', [b'\r', b'\n', tail @ ..] | [b'\n', tail @ ..]) => tail,
            (b'"' | b'\'' | b'^' | b'`', tail) => tail,
            (b'\\', tail) if line.out.last() == Some(&b'\\') => tail,
            (byte, tail) => {
                line.push(*byte);
                tail
            }
        };
    }
    line.unless(text)
}

struct Line {
    out: Vec<u8>,
}

impl Line {
    fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    /// In small letters; white space only behind something else.
    fn push(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                if self.out.last().is_some_and(|last| *last != b' ') {
                    self.out.push(b' ');
                }
            }
            _ => self.out.push(byte.to_ascii_lowercase()),
        }
    }

    /// What there is, or `text` where that is the same.
    fn unless(mut self, text: &[u8]) -> Cow<'_, [u8]> {
        if self.out.last() == Some(&b' ') {
            self.out.pop();
        }
        if self.out == text { text.into() } else { self.out.into() }
    }
}
