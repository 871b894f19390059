//! Header sections as they were received: lines in their order, names as they are spelled, values as
//! they are, text or not.

mod lines;

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use gateway_core::message::{Fields, is_same_name};
use http::HeaderMap;

pub(crate) use lines::{
    Line, checked, edited, header_map, lines_of, remove, remove_connection_options,
};

/// A received header section. A clone shares its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Section {
    bytes: Bytes,
    lines: Vec<Place>,
}

/// Where in the bytes a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    name: Range<u32>,
    value: Range<u32>,
}

impl Section {
    /// The lines that a parser found in these bytes.
    ///
    /// # Panics
    /// If a line is not of these bytes.
    pub(crate) fn parsed(bytes: Bytes, lines: &[httparse::Header<'_>]) -> Self {
        let base = bytes.as_ptr() as usize;
        let place = |part: &[u8]| {
            let start = part.as_ptr() as usize - base;
            let end = start + part.len();
            assert!(end <= bytes.len(), "a parser finds what it was given");
            start as u32..end as u32
        };
        let lines = lines
            .iter()
            .map(|line| Place { name: place(line.name.as_bytes()), value: place(line.value) });
        let lines = lines.collect();
        Self { bytes, lines }
    }

    /// These lines, in bytes of their own.
    pub(crate) fn copied(lines: &[Line<'_>]) -> Self {
        let length = lines.iter().map(|(name, value)| name.len() + value.len()).sum();
        let mut bytes = Vec::with_capacity(length);
        let mut push = |part: &[u8]| {
            let start = bytes.len() as u32;
            bytes.extend_from_slice(part);
            start..bytes.len() as u32
        };
        let lines = lines.iter();
        let lines =
            lines.map(|(name, value)| Place { name: push(name.as_bytes()), value: push(value) });
        let lines = lines.collect();
        Self { bytes: bytes.into(), lines }
    }

    /// The lines in their order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Line<'_>> + Clone {
        self.lines.iter().map(|place| {
            let name = std::str::from_utf8(self.part(&place.name)).unwrap_or_default();
            (name, self.part(&place.value))
        })
    }

    /// The lines, with room for those that an edit adds.
    pub(crate) fn lines_with_room(&self) -> Vec<Line<'_>> {
        const ADDED: usize = 8;
        let mut lines = Vec::with_capacity(self.lines.len() + ADDED);
        lines.extend(self.iter());
        lines
    }

    /// The values of the lines of this name, in order.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let is_it = move |place: &&Place| is_same_name(self.part(&place.name), name.as_bytes());
        self.lines.iter().filter(is_it).map(|place| self.part(&place.value))
    }

    /// The lines as text.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = Fields::with_capacity(self.lines.len(), self.bytes.len());
        self.iter().for_each(|(name, value)| fields.push(name, text_of(value)));
        fields
    }

    fn part(&self, part: &Range<u32>) -> &[u8] {
        &self.bytes[part.start as usize..part.end as usize]
    }
}

impl From<&HeaderMap> for Section {
    fn from(headers: &HeaderMap) -> Self {
        Self::copied(&lines_of(headers))
    }
}

/// The field lines of a message that hyper parsed.
pub(crate) fn fields_of(headers: &HeaderMap) -> Fields {
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut fields = Fields::with_capacity(headers.len(), bytes);
    headers.iter().for_each(|(name, value)| fields.push(name, text_of(value.as_bytes())));
    fields
}

/// A field value as text: bytes that are not UTF-8 are ISO 8859-1 (RFC 9110 §5.5).
pub(crate) fn text_of(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(text: &'static [u8]) -> Section {
        let mut lines = [httparse::EMPTY_HEADER; 8];
        let (_, lines) = httparse::parse_headers(text, &mut lines).unwrap().unwrap();
        Section::parsed(Bytes::from_static(text), lines)
    }

    #[test]
    fn lines_are_as_they_were_received() {
        let section = received(b"Server: e\r\nX-AbC:1 \r\nX-B:\r\nx-abc: \xe9\r\n\r\n");
        let lines: Vec<_> = section.iter().collect();
        let expected: [Line<'_>; 4] =
            [("Server", b"e"), ("X-AbC", b"1"), ("X-B", b""), ("x-abc", b"\xe9")];
        assert_eq!(lines, expected);
        assert_eq!(section.all("x-ABC").collect::<Vec<_>>(), [&b"1"[..], b"\xe9"]);
        assert_eq!(section.fields().all("x-abc").collect::<Vec<_>>(), ["1", "\u{e9}"]);
        assert_eq!(Section::copied(&lines).iter().collect::<Vec<_>>(), lines);
    }
}
