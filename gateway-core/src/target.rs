//! Request targets (RFC 9112 §3.2): path, query, percent-encoding (RFC 3986 §2.1).
//!
//! Nothing here fails: what is not percent-encoding stays as it is, and bytes that are not UTF-8
//! become U+FFFD, as AWS shows them.

mod readings;

use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

pub(crate) use readings::{climbs_out, has_dot_segments, readings};

use crate::bytes::{find, position};

/// The path and the query of a request target. The path begins with `/`, except that of `OPTIONS *`.
pub fn split(target: &str) -> (&str, &str) {
    let origin_form = match target {
        target if target.starts_with('/') => target,
        // Absolute form: a proxy's, which every server must accept (RFC 9112 §3.2.2).
        target => match target.split_once("://") {
            Some((_, rest)) => rest.find(['/', '?']).map_or("/", |start| &rest[start..]),
            None => target,
        },
    };
    let (path, query) = split_once(origin_form, b'?').unwrap_or((origin_form, ""));
    (if path.is_empty() { "/" } else { path }, query)
}

/// What stands before and after the first of this ASCII character, as `str::split_once` has it. That
/// one is made for long texts: on those of a request's target it takes several times as long.
pub(crate) fn split_once(text: &str, character: u8) -> Option<(&str, &str)> {
    let at = find(text, character)?;
    Some((&text[..at], &text[at + 1..]))
}

/// What stands before the first of this ASCII character, and the rest with it.
pub(crate) fn split_before(text: &str, character: u8) -> (&str, &str) {
    text.split_at(find(text, character).unwrap_or(text.len()))
}

/// Text without percent-encoding; `+` stays.
pub fn decode(text: &str) -> Cow<'_, str> {
    if find(text, b'%').is_some() { Cow::Owned(unescape(text, false)) } else { Cow::Borrowed(text) }
}

/// Text of a query without percent-encoding; `+` is a space.
pub fn decode_query(text: &str) -> Cow<'_, str> {
    if position(text, |byte| matches!(byte, b'%' | b'+')).is_some() {
        Cow::Owned(unescape(text, true))
    } else {
        Cow::Borrowed(text)
    }
}

/// The parameters of a query in order, decoded. Empty pieces (`a&&b`) are left out, a name without
/// `=` has an empty value. All of them are read, however many: what is not seen here would be by an endpoint.
pub fn query_parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|piece| !piece.is_empty()).map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        (decode_query(name), decode_query(value))
    })
}

/// Appends text that may stand anywhere in a query: all but unreserved characters is encoded.
pub fn encode_query(text: &str, to: &mut String) {
    const STAYS: [bool; 256] = stays(b"-._~");
    encode_where(text, to, &STAYS);
}

/// Appends text that may stand in a path: `/` and what RFC 3986 §3.3 allows stay.
pub fn encode_path(text: &str, to: &mut String) {
    const STAYS: [bool; 256] = stays(b"-._~!$&'()*+,;=:@/");
    encode_where(text, to, &STAYS);
}

/// Appends text that is percent-encoded already; only what can never stand in a URL is encoded.
pub fn encode_rest(text: &str, to: &mut String) {
    const STAYS: [bool; 256] = stays(b"-._~!$&'()*+,;=:@/?%[]");
    encode_where(text, to, &STAYS);
}

/// Letters, digits and these characters.
const fn stays(others: &[u8]) -> [bool; 256] {
    let mut stays = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        stays[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        stays[others[at] as usize] = true;
        at += 1;
    }
    stays
}

fn encode_where(text: &str, to: &mut String, stays: &[bool; 256]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = text;
    while let Some(kept) = position(rest, |byte| !stays[usize::from(byte)]) {
        to.push_str(&rest[..kept]);
        // What does not stay is a character of one byte, or one of several that all do not.
        let mut chars = rest[kept..].chars();
        chars.next();
        let escaped = rest.len() - chars.as_str().len();
        for byte in &rest.as_bytes()[kept..escaped] {
            to.push('%');
            to.push(char::from(HEX[usize::from(byte >> 4)]));
            to.push(char::from(HEX[usize::from(byte & 15)]));
        }
        rest = chars.as_str();
    }
    to.push_str(rest);
}

fn unescape(text: &str, plus_is_space: bool) -> String {
    unescape_but(text, plus_is_space, |_| false)
}

/// Without the percent-encoding of other bytes than these.
fn unescape_but(text: &str, plus_is_space: bool, stays: impl Fn(u8) -> bool) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1).zip(bytes.get(at + 2));
        let escaped = escaped.and_then(|(&high, &low)| Some(hex(high)? << 4 | hex(low)?));
        let escaped = escaped.filter(|byte| !stays(*byte));
        match (bytes[at], escaped) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 2;
            }
            (b'+', _) if plus_is_space => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_path_and_a_query() {
        assert_eq!(split("/a%20b?x=1?2"), ("/a%20b", "x=1?2"));
        assert_eq!(split("?x"), ("/", "x"));
        assert_eq!(split("http://host:1/a?b"), ("/a", "b"));
        assert_eq!(split("http://host?b"), ("/", "b"));
        assert_eq!(split("/to/http://host/a"), ("/to/http://host/a", ""));
        assert_eq!(split("*"), ("*", ""));
    }

    #[test]
    fn what_is_not_percent_encoding_stays() {
        assert_eq!(decode("%zz%4%41%"), "%zz%4A%");
        assert_eq!(decode("a+b%2Fc"), "a+b/c");
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        assert_eq!(decode("%FFx%E2%98%95"), "\u{fffd}x\u{2615}");
    }

    #[test]
    fn query_parameters_are_decoded_in_order() {
        let got: Vec<_> = query_parameters("a=1&&b&a=x+y%2B&=v").collect();
        let got: Vec<_> = got.iter().map(|(n, v)| (n.as_ref(), v.as_ref())).collect();
        assert_eq!(got, [("a", "1"), ("b", ""), ("a", "x y+"), ("", "v")]);
    }

    #[test]
    fn encoded_text_survives_decoding() {
        let text = "\u{1f60a} a/b?c#d&e=f+g%";
        for encode in [encode_query, encode_path] {
            let mut encoded = String::new();
            encode(text, &mut encoded);
            assert!(encoded.is_ascii() && !encoded.contains([' ', '?', '#']));
            assert_eq!(decode(&encoded), text);
        }
    }
}
