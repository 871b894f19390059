//! Backslash escapes: C, CSS, JavaScript.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::decode::Fold;
use super::{hex, hex_pair};

/// ANSI C: `\a \b \f \n \r \t \v \\ \? \' \" \xHH \0OOO`. What is no escape stays.
pub(crate) fn escape_seq_decode(text: &[u8]) -> Cow<'_, [u8]> {
    unescape(text, |escape, out| {
        let plain = |byte| Some((byte, 1));
        let (byte, used) = match *escape.first()? {
            b'a' => plain(7),
            b'b' => plain(8),
            b'f' => plain(12),
            b'n' => plain(b'\n'),
            b'r' => plain(b'\r'),
            b't' => plain(b'\t'),
            b'v' => plain(11),
            byte @ (b'\\' | b'?' | b'\'' | b'"') => plain(byte),
            b'x' | b'X' => hex_pair(&escape[1..]).map(|byte| (byte, 3)),
            b'0'..=b'7' => Some(octal(escape)),
            _ => None,
        }?;
        out.push(byte);
        Some(used)
    })
}

/// JavaScript: `\xHH`, `\uHHHH` (the lower byte; full-width ASCII as ASCII), `\u{H…}`, octal, and the
/// letters of C. Any other byte after a backslash stands for itself.
pub(crate) fn js_decode(text: &[u8], fold: Fold) -> Cow<'_, [u8]> {
    unescape(text, |escape, out| {
        let (byte, used) = match *escape.first()? {
            b'x' => match hex_pair(&escape[1..]) {
                Some(byte) => (byte, 3),
                None => (b'x', 1),
            },
            b'u' => js_unicode(escape, fold).unwrap_or((b'u', 1)),
            b'0'..=b'7' => octal(escape),
            b'a' => (7, 1),
            b'b' => (8, 1),
            b'f' => (12, 1),
            b'n' => (b'\n', 1),
            b'r' => (b'\r', 1),
            b't' => (b'\t', 1),
            b'v' => (11, 1),
            byte => (byte, 1),
        };
        out.push(byte);
        Some(used)
    })
}

/// As [`js_decode`], but paths of Windows stay as they are: of the single letters only `\\ \/ \' \"`
/// lose their backslash.
pub(crate) fn js_decode_ext(text: &[u8], fold: Fold) -> Cow<'_, [u8]> {
    unescape(text, |escape, out| {
        let (byte, used) = match *escape.first()? {
            b'x' => (hex_pair(&escape[1..])?, 3),
            b'u' => js_unicode(escape, fold)?,
            b'0'..=b'7' => octal(escape),
            byte @ (b'\\' | b'/' | b'\'' | b'"') => (byte, 1),
            _ => return None,
        };
        out.push(byte);
        Some(used)
    })
}

fn js_unicode(escape: &[u8], fold: Fold) -> Option<(u8, usize)> {
    if escape.get(1) == Some(&b'{') {
        let digits = escape[2..].iter().take(8).take_while(|b| hex(**b).is_some()).count();
        let closed = digits > 0 && escape.get(2 + digits) == Some(&b'}');
        let value = escape[2..2 + digits]
            .iter()
            .fold(0_u32, |v, d| v << 4 | u32::from(hex(*d).unwrap_or(0)));
        return closed.then(|| (fold((value >> 8) as u8, value as u8), 3 + digits));
    }
    let (high, low) = (hex_pair(escape.get(1..)?)?, hex_pair(escape.get(3..)?)?);
    Some((fold(high, low), 5))
}

/// CSS: one to six hexadecimal digits and one white space; a line break after a backslash goes; any
/// other byte stands for itself.
pub(crate) fn css_decode(text: &[u8], fold: Fold) -> Cow<'_, [u8]> {
    unescape(text, |escape, out| {
        let digits = escape.iter().take(6).take_while(|b| hex(**b).is_some()).count();
        if digits == 0 {
            return match *escape.first()? {
                b'\n' => Some(1),
                byte => {
                    out.push(byte);
                    Some(1)
                }
            };
        }
        let value =
            escape[..digits].iter().fold(0_u32, |v, d| v << 4 | u32::from(hex(*d).unwrap_or(0)));
        out.push(fold((value >> 8) as u8, value as u8));
        let white = matches!(escape.get(digits), Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0c));
        Some(digits + usize::from(white))
    })
}

/// Up to three octal digits.
fn octal(escape: &[u8]) -> (u8, usize) {
    let digits = escape.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    let value = escape[..digits].iter().fold(0_u32, |v, d| v * 8 + u32::from(d - b'0'));
    (value as u8, digits)
}

/// `one` is given what follows a backslash, writes what it stands for, and tells how long it was.
fn unescape(text: &[u8], one: impl Fn(&[u8], &mut Vec<u8>) -> Option<usize>) -> Cow<'_, [u8]> {
    let Some(first) = text.iter().position(|byte| *byte == b'\\') else { return text.into() };
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        match one(tail, &mut out) {
            Some(used) => rest = &tail[used..],
            None => out.push(b'\\'),
        }
    }
    out.into()
}
