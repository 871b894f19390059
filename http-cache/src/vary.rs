//! `Vary` (RFC 9111 §4.1): which requests a stored response answers.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Fields;
use crate::list::{between_commas, lower, members, split, trim};

/// Most fields that `Vary` may list for a response to be stored.
pub const VARY_MAX: usize = 16;

/// What a request said in the fields that a response varies by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Selecting(Vec<(String, Option<Vec<u8>>)>);

impl Selecting {
    pub(crate) fn bytes(&self) -> usize {
        let of_one = |(name, value): &(String, Option<Vec<u8>>)| {
            name.len() + value.as_ref().map_or(0, Vec::len)
        };
        self.0.iter().map(of_one).sum()
    }

    /// The fields, in lower case.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }

    /// `None` where no request can match: `*`, what is no field name, or too many of them.
    pub(crate) fn new(request: &Fields, response: &Fields) -> Option<Self> {
        let mut names: Vec<String> = Vec::new();
        for member in members(response, "vary") {
            let name = lower(member).filter(|name| name != "*")?;
            if !names.contains(&name) {
                names.push(name);
            }
            if names.len() > VARY_MAX {
                return None;
            }
        }
        let valued = |name: String| {
            let value = normalise(request, &name);
            (name, value)
        };
        Some(Self(names.into_iter().map(valued).collect()))
    }

    pub(crate) fn matches(&self, request: &Fields) -> bool {
        self.0.iter().all(|(name, value)| normalise(request, name) == *value)
    }
}

/// A field as it is compared: its lines joined, white space around members gone, and where the field's
/// definition says that it does not matter, empty members, the order and case of members too. `None` where it is absent.
pub(crate) fn normalise(fields: &Fields, name: &str) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = fields.all(name).collect();
    // As one value first (RFC 9110 §5.3): a quotation may begin in one line and end in the next.
    let value = (!lines.is_empty()).then(|| lines.join(&b", "[..]))?;
    if !is_choice(name) {
        return Some(between_commas(&value).collect::<Vec<_>>().join(&b','));
    }
    let mut found: Vec<Vec<u8>> = split(&value).map(Vec::from).collect();
    for member in &mut found {
        *member = member.split(|b| *b == b';').map(trim).collect::<Vec<_>>().join(&b';');
        member.make_ascii_lowercase();
    }
    found.sort_unstable();
    found.dedup();
    Some(found.join(&b','))
}

/// Fields that list what a client takes: without weights, `a, b` is `b, a` (RFC 9110 §12.4.2 gives both the
/// same weight), and with them the order says nothing either. Names in them are of either case.
fn is_choice(name: &str) -> bool {
    ["accept-language", "accept-encoding", "accept-charset"]
        .iter()
        .any(|choice| choice.eq_ignore_ascii_case(name))
}
