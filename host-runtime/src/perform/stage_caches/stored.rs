//! A response that is cached.

use bytes::Bytes;

use crate::section::{Line, Section, header_map};

/// A response that is cached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(super) status: u16,
    /// The header section as it goes out, but for what is each request's own.
    pub(super) section: Section,
    pub(super) content: Bytes,
}

impl Stored {
    /// A copy of its own: what came from a connection keeps all of a larger buffer alive.
    pub(super) fn new(status: u16, lines: &[Line<'_>], content: &[u8]) -> Self {
        let section = Section::copied(lines);
        Self { status, section, content: Bytes::copy_from_slice(content) }
    }

    /// What it takes of a cache, roughly: each line stands in a table with its own bookkeeping.
    pub(super) fn bytes(&self) -> usize {
        const LINE_BYTES: usize = 128;
        let lines = self.section.iter();
        let lines: usize = lines.map(|(n, v)| n.len() + v.len() + LINE_BYTES).sum();
        self.content.len() + lines
    }

    /// As bytes: the status, how many lines, each with its lengths, the content.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes());
        bytes.extend(self.status.to_be_bytes());
        let lines = self.section.iter();
        bytes.extend((lines.len() as u32).to_be_bytes());
        for (name, value) in lines {
            for text in [name.as_bytes(), value] {
                bytes.extend((text.len() as u32).to_be_bytes());
                bytes.extend(text);
            }
        }
        bytes.extend_from_slice(&self.content);
        bytes
    }

    /// Of such bytes; `None` if they are none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (status, mut rest) = bytes.split_first_chunk()?;
        let count = number(&mut rest)?;
        let mut lines = Vec::new();
        for _ in 0..count {
            let name = std::str::from_utf8(text(&mut rest)?).ok()?;
            lines.push((name, text(&mut rest)?));
        }
        header_map(&lines).ok()?;
        Some(Self::new(u16::from_be_bytes(*status), &lines, rest))
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_be_bytes(*number))
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is_a_panic() {
        let lines = [("x-own", &b"1"[..]), ("X-Own", b"\xff")];
        for content in [&b""[..], b"hello"] {
            let stored = Stored::new(203, &lines, content);
            let bytes = stored.write();
            assert_eq!(Stored::read(&bytes).unwrap(), stored);
            let head = bytes.len() - content.len();
            assert!((0..head).all(|end| Stored::read(&bytes[..end]).is_none()));
        }
        assert!(Stored::read(&[0, 200, 255, 255, 255, 255, 255, 255, 255, 255]).is_none());
        assert!(Stored::read(&[0, 200, 0, 0, 0, 1, 0, 0, 0, 1, b' ', 0, 0, 0, 0]).is_none());
    }
}
