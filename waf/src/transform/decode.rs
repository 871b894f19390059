//! Percent-encoding, Base64 and hexadecimal digits.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{hex, hex_pair};

/// `%41` and `+`; what is not well formed stays.
pub(crate) fn url_decode(text: &[u8]) -> Cow<'_, [u8]> {
    percent(text, None)
}

/// As `URL_DECODE`, with Microsoft's `%u0041` too.
pub(crate) fn url_decode_uni(text: &[u8], fold: Fold) -> Cow<'_, [u8]> {
    percent(text, Some(fold))
}

/// What becomes of a code unit, by its higher and lower byte.
pub(crate) type Fold = fn(u8, u8) -> u8;

fn percent(text: &[u8], fold: Option<Fold>) -> Cow<'_, [u8]> {
    let Some(first) = text.iter().position(|b| matches!(b, b'%' | b'+')) else {
        return text.into();
    };
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while let [byte, tail @ ..] = rest {
        let unicode = |fold: Fold| {
            let digits = tail.strip_prefix(b"u").or_else(|| tail.strip_prefix(b"U"))?;
            Some(fold(hex_pair(digits)?, hex_pair(digits.get(2..)?)?))
        };
        rest = match byte {
            b'+' => {
                out.push(b' ');
                tail
            }
            b'%' => match (hex_pair(tail), fold.and_then(unicode)) {
                (Some(decoded), _) => {
                    out.push(decoded);
                    &tail[2..]
                }
                (None, Some(decoded)) => {
                    out.push(decoded);
                    &tail[5..]
                }
                (None, None) => {
                    out.push(b'%');
                    tail
                }
            },
            _ => {
                let end = rest.iter().position(|b| matches!(b, b'%' | b'+')).unwrap_or(rest.len());
                out.extend_from_slice(&rest[..end]);
                &rest[end..]
            }
        };
    }
    out.into()
}

/// As AWS has it: "if the code is in the full-width ASCII code range of FF01 to FF5E, then the higher byte is used to
/// detect and adjust the lower byte. Otherwise, only the lower byte is used and the higher byte is zeroed."
pub(crate) fn lower(high: u8, low: u8) -> u8 {
    if high == 0xff && (0x01..=0x5e).contains(&low) { low + 0x20 } else { low }
}

/// As managed groups have it: what databases and file systems take for a character of ASCII is that one.
pub(crate) fn folded(high: u8, low: u8) -> u8 {
    match (high, low) {
        (0, 0xa0) => b' ',
        (0x20, 0x18 | 0x19 | 0x32) | (0x02, 0xb9 | 0xbc) => b'\'',
        (0x20, 0x1c | 0x1d | 0x33) => b'"',
        (0x20, 0x44) | (0x22, 0x15) => b'/',
        (0x22, 0x16) => b'\\',
        _ => lower(high, low),
    }
}

/// Base64 in the standard or the URL alphabet. The strict form gives nothing but what is well formed
/// up to the first foreign byte; the forgiving one passes over bytes that are not of the alphabet.
pub(crate) fn base64_decode(text: &[u8], forgives: bool) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ if forgives => continue,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out.into()
}

/// `48656c6c6f`; text with anything else in it stays.
pub(crate) fn hex_decode(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_empty() || text.len() % 2 == 1 {
        return text.into();
    }
    match text.chunks_exact(2).map(hex_pair).collect::<Option<Vec<u8>>>() {
        Some(decoded) => decoded.into(),
        None => text.into(),
    }
}

/// `0x414243` within a text.
pub(crate) fn sql_hex_decode(text: &[u8]) -> Cow<'_, [u8]> {
    let begins = |at: &[u8]| matches!(at, [b'0', b'x' | b'X', a, b, ..] if hex(*a).is_some() && hex(*b).is_some());
    let Some(first) = text.windows(4).position(begins) else { return text.into() };
    let mut out = text[..first].to_vec();
    let mut rest = &text[first..];
    while !rest.is_empty() {
        if begins(rest) {
            rest = &rest[2..];
            while let Some(decoded) = hex_pair(rest) {
                out.push(decoded);
                rest = &rest[2..];
            }
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
    }
    out.into()
}

/// Characters beyond ASCII as `%uXXXX`.
pub(crate) fn utf8_to_unicode(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len() * 2);
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_ascii() {
                out.push(character as u8);
                continue;
            }
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.extend_from_slice(alloc::format!("%u{unit:04x}").as_bytes());
            }
        }
        out.extend_from_slice(chunk.invalid());
    }
    out.into()
}
