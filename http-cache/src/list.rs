//! Lists in field values (RFC 9110 §5.6.1): members between commas, quoted strings as one.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Fields;

/// The members of a list-based field over all its lines. Empty ones are none.
pub fn members<'a>(fields: &'a Fields, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    fields.all(name).flat_map(split)
}

/// The members of one value.
pub(crate) fn split(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    between_commas(value).filter(|member| !member.is_empty())
}

/// The same with those that are empty: whoever does not read the field as a list sees them.
pub(crate) fn between_commas(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    between(b',', value)
}

/// What stands between separators that are in no quoted string.
pub(crate) fn between(separator: u8, value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    core::iter::from_fn(move || {
        let value = rest?;
        let (mut is_quoted, mut is_escaped) = (false, false);
        let end = value.iter().position(|byte| {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_quoted => is_escaped = true,
                b'"' => is_quoted = !is_quoted,
                byte if *byte == separator => return !is_quoted,
                _ => {}
            }
            false
        });
        let (member, after) = match end {
            Some(end) => (&value[..end], Some(&value[end + 1..])),
            None => (value, None),
        };
        rest = after;
        Some(trim(member))
    })
}

/// Without the white space around it (RFC 9110 §5.6.3: spaces and tabs).
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// What a quoted string says; `None` where it is none.
pub(crate) fn unquote(value: &[u8]) -> Option<Vec<u8>> {
    let [b'"', inner @ .., b'"'] = value else { return None };
    let (mut text, mut is_escaped) = (Vec::with_capacity(inner.len()), false);
    for byte in inner {
        match byte {
            b'\\' if !is_escaped => is_escaped = true,
            b'"' if !is_escaped => return None,
            _ => {
                is_escaped = false;
                text.push(*byte);
            }
        }
    }
    (!is_escaped).then_some(text)
}

/// Whether it is a token (RFC 9110 §5.6.2).
pub(crate) fn is_token(text: &[u8]) -> bool {
    let is_tchar = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    !text.is_empty() && text.iter().all(is_tchar)
}

/// A token in lower case.
pub(crate) fn lower(text: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(text).ok().filter(|text| is_token(text.as_bytes()))?;
    Some(text.to_ascii_lowercase())
}
