//! `Range` and `Content-Range` in bytes (RFC 9110 §14).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Fields;
use crate::list::{split, trim};

/// Most ranges of a request that are looked at. One that asks for more is given everything (RFC 9110 §14.2
/// allows it, and §17.15 says why: "many small ranges" cost more than the whole).
pub const RANGES_MAX: usize = 16;

/// Bytes from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ByteRange {
    /// The first byte's position.
    pub first: u64,
    /// The last byte's position.
    pub last: u64,
}

impl ByteRange {
    /// How many bytes these are.
    pub fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Everything, or what is answered so.
    All,
    /// One part, or several.
    Ranges(Vec<Spec>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spec {
    /// `5-` and `5-9`
    From(u64, Option<u64>),
    /// `-5`
    Last(u64),
}

/// What `Range` asks for. What cannot be read is as if it were not there (§14.2).
pub(crate) fn asked(fields: &Fields) -> Asked {
    let mut lines = fields.all("range");
    let (Some(value), None) = (lines.next(), lines.next()) else { return Asked::All };
    let Some((unit, set)) = value.iter().position(|b| *b == b'=').map(|at| value.split_at(at))
    else {
        return Asked::All;
    };
    if !unit.eq_ignore_ascii_case(b"bytes") {
        return Asked::All;
    }
    let specs: Option<Vec<Spec>> = split(&set[1..]).take(RANGES_MAX + 1).map(spec).collect();
    match specs {
        Some(specs) if (1..=RANGES_MAX).contains(&specs.len()) => Asked::Ranges(specs),
        _ => Asked::All,
    }
}

/// Takes `Range` and `If-Range` away where nobody can read them, or where they ask for more ranges than are
/// looked at: an origin may not be as patient.
pub fn bound_range(fields: &mut Fields) {
    if fields.contains("range") && asked(fields) == Asked::All {
        fields.remove("range");
        fields.remove("if-range");
    }
}

fn spec(text: &[u8]) -> Option<Spec> {
    let at = text.iter().position(|b| *b == b'-')?;
    let (first, last) = (trim(&text[..at]), trim(&text[at + 1..]));
    match (first.is_empty(), last.is_empty()) {
        (true, _) => Some(Spec::Last(position(last)?)),
        (false, true) => Some(Spec::From(position(first)?, None)),
        (false, false) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then_some(Spec::From(first, Some(last)))
        }
    }
}

/// A position; beyond what is counted here there are no bytes.
fn position(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.len() <= 18 && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

impl Spec {
    /// The bytes of a content of this length; `None` where it has none of them.
    pub(crate) fn resolve(self, length: u64) -> Option<ByteRange> {
        let end = length.checked_sub(1)?;
        match self {
            Self::From(first, last) => {
                let last = last.unwrap_or(end).min(end);
                (first <= end).then_some(ByteRange { first, last })
            }
            Self::Last(0) => None,
            Self::Last(count) => Some(ByteRange { first: length.saturating_sub(count), last: end }),
        }
    }

    /// The same where the length is not known.
    pub(crate) fn exact(self) -> Option<ByteRange> {
        match self {
            Self::From(first, Some(last)) => Some(ByteRange { first, last }),
            _ => None,
        }
    }
}

/// The value of `Content-Range`: which bytes these are, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ContentRange {
    /// Which.
    pub range: ByteRange,
    /// Of how many; `None` where the origin does not know.
    pub complete_length: Option<u64>,
}

impl ContentRange {
    /// What a response says; `None` where that is nothing, or cannot be.
    pub fn read(fields: &Fields) -> Option<Self> {
        let mut lines = fields.all("content-range");
        let (Some(value), None) = (lines.next(), lines.next()) else { return None };
        let rest = value.strip_prefix(b"bytes ")?;
        let slash = rest.iter().position(|b| *b == b'/')?;
        let (range, length) = (&rest[..slash], &rest[slash + 1..]);
        let range = spec(range).and_then(Spec::exact)?;
        let complete_length = match length {
            b"*" => None,
            length => Some(position(length)?),
        };
        let fits = complete_length.is_none_or(|length| range.last < length);
        fits.then_some(Self { range, complete_length })
    }

    /// As a field value.
    pub fn to_value(self) -> String {
        let Self { range: ByteRange { first, last }, complete_length } = self;
        match complete_length {
            Some(length) => format!("bytes {first}-{last}/{length}"),
            None => format!("bytes {first}-{last}/*"),
        }
    }
}
