//! A response that is cached.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// A response that is cached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(super) status: u16,
    /// The header section as it goes out, but for what is each request's own.
    pub(super) headers: HeaderMap,
    pub(super) content: Bytes,
}

impl Stored {
    /// A copy of its own: what came from a connection keeps all of a larger buffer alive.
    pub(super) fn new(status: u16, headers: &HeaderMap, content: &Bytes) -> Self {
        let copy = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes());
        let lines =
            headers.iter().filter_map(|(name, value)| Some((name.clone(), copy(value).ok()?)));
        let mut copied = HeaderMap::with_capacity(headers.len());
        lines.for_each(|(name, value)| {
            copied.append(name, value);
        });
        Self { status, headers: copied, content: Bytes::copy_from_slice(content) }
    }

    /// What it takes of a cache, roughly: each line stands in a table with its own bookkeeping.
    pub(super) fn bytes(&self) -> usize {
        const LINE_BYTES: usize = 128;
        let lines = self.headers.iter();
        let lines: usize = lines.map(|(n, v)| n.as_str().len() + v.len() + LINE_BYTES).sum();
        self.content.len() + lines
    }

    /// As bytes: the status, how many lines, each with its lengths, the content.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bytes());
        bytes.extend(self.status.to_be_bytes());
        bytes.extend((self.headers.len() as u32).to_be_bytes());
        for (name, value) in &self.headers {
            for text in [name.as_str().as_bytes(), value.as_bytes()] {
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
        let lines = number(&mut rest)?;
        let mut headers = HeaderMap::new();
        for _ in 0..lines {
            let name = HeaderName::from_bytes(text(&mut rest)?).ok()?;
            let value = HeaderValue::from_bytes(text(&mut rest)?).ok()?;
            headers.try_append(name, value).ok()?;
        }
        let content = Bytes::copy_from_slice(rest);
        Some(Self { status: u16::from_be_bytes(*status), headers, content })
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
        let mut headers = HeaderMap::new();
        headers.append("x-own", HeaderValue::from_static("1"));
        headers.append("x-own", HeaderValue::from_bytes(b"\xff").unwrap());
        for content in [&b""[..], b"hello"] {
            let stored = Stored::new(203, &headers, &Bytes::from_static(content));
            let bytes = stored.write();
            assert_eq!(Stored::read(&bytes).unwrap(), stored);
            let head = bytes.len() - content.len();
            assert!((0..head).all(|end| Stored::read(&bytes[..end]).is_none()));
        }
        assert!(Stored::read(&[0, 200, 255, 255, 255, 255, 255, 255, 255, 255]).is_none());
        assert!(Stored::read(&[0, 200, 0, 0, 0, 1, 0, 0, 0, 1, b' ', 0, 0, 0, 0]).is_none());
    }
}
