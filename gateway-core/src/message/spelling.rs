//! Whether a field is the one that a definition names.

use super::Fields;

/// How names of a header section are spelled.
///
/// Names in mappings of REST APIs are case-sensitive. Over HTTP/2 all names are in lower case (RFC 9113
/// §8.2.1), and `fetch` tells a Worker no others: what a client or an endpoint wrote is not known then,
/// and a mapping of `X-Tenant` means `x-tenant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As it was written: some name has a capital.
    Known,
    /// Lost on the way.
    Lost,
}

impl Spelling {
    pub(crate) fn of(fields: &Fields) -> Self {
        let is_known =
            fields.iter().any(|field| field.name.bytes().any(|b| b.is_ascii_uppercase()));
        if is_known { Self::Known } else { Self::Lost }
    }

    /// Whether the name of a field is that of a definition.
    pub(crate) fn is(self, told: &str, wanted: &str) -> bool {
        told == wanted || self == Self::Lost && told.eq_ignore_ascii_case(wanted)
    }
}

/// All lines of a name as a definition spells it.
pub(crate) fn lines<'f>(
    fields: &'f Fields,
    wanted: &str,
) -> impl DoubleEndedIterator<Item = &'f str> {
    let spelling = Spelling::of(fields);
    fields.iter().filter(move |field| spelling.is(field.name, wanted)).map(|field| field.value)
}
