//! What is done to a query before it is taken apart into arguments (`PreParseTextTransformations`).

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::pattern::as_text;
use crate::request::arguments;
use crate::transform::Transformation;

/// A transformation of a whole query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreParse {
    UrlDecode,
    UrlDecodeUni,
    CombineDuplicates,
    ReplaceSemicolons,
}

impl PreParse {
    /// The query after several, in order.
    pub(crate) fn apply_all(all: &[Self], query: &str) -> String {
        all.iter().fold(query.into(), |query: String, one| one.apply(&query).into_owned())
    }

    fn apply(self, query: &str) -> Cow<'_, str> {
        let decoded = |transformation: Transformation| {
            Cow::Owned(as_text(&transformation.apply(query.as_bytes())).into_owned())
        };
        match self {
            Self::UrlDecode => decoded(Transformation::UrlDecode),
            Self::UrlDecodeUni => decoded(Transformation::UrlDecodeUni),
            Self::CombineDuplicates => combined(query).into(),
            Self::ReplaceSemicolons => query.replace(';', "&").into(),
        }
    }
}

/// "Merges all values for duplicate query parameter keys into a single comma-separated string at the first
/// occurrence position": `a=1&b=2&a=3` becomes `a=1,3&b=2`.
fn combined(query: &str) -> String {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut merged: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, value) in arguments(query) {
        let at = *known.entry(name).or_insert(merged.len());
        match merged.get_mut(at) {
            Some((_, values)) => values.push(value),
            None => merged.push((name, [value].into())),
        }
    }
    let one = |(name, values): &(&str, Vec<&str>)| alloc::format!("{name}={}", values.join(","));
    merged.iter().map(one).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::PreParse::*;
    use super::*;

    #[test]
    fn queries_are_transformed_as_aws_documents() {
        let rows: [(&[PreParse], &str, &str); 7] = [
            (&[], "a=%31", "a=%31"),
            (&[UrlDecode], "a=1%26b%3D2", "a=1&b=2"),
            (&[UrlDecodeUni], "a%uff1d1", "a=1"),
            (&[CombineDuplicates], "a=1&b=2&a=3", "a=1,3&b=2"),
            (&[ReplaceSemicolons], "a=1;b=2", "a=1&b=2"),
            (&[ReplaceSemicolons, CombineDuplicates], "a=sel;a=ect", "a=sel,ect"),
            (&[UrlDecode], "a=%ff", "a=\u{ff}"),
        ];
        for (all, query, expected) in rows {
            assert_eq!(PreParse::apply_all(all, query), expected, "{all:?} of {query}");
        }
    }
}
