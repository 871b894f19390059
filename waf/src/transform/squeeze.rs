//! White space, case, comments, null bytes.

use alloc::borrow::Cow;
use alloc::vec::Vec;

pub(crate) fn lowercase(text: &[u8]) -> Cow<'_, [u8]> {
    match text.iter().any(u8::is_ascii_uppercase) {
        true => text.to_ascii_lowercase().into(),
        false => text.into(),
    }
}

pub(crate) fn uppercase(text: &[u8]) -> Cow<'_, [u8]> {
    match text.iter().any(u8::is_ascii_lowercase) {
        true => text.to_ascii_uppercase().into(),
        false => text.into(),
    }
}

pub(crate) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0xa0)
}

/// White space of any kind becomes a space, several become one.
pub(crate) fn compress_white_space(text: &[u8]) -> Cow<'_, [u8]> {
    let odd = text.windows(2).any(|pair| is_white(pair[0]) && is_white(pair[1]));
    if !odd && !text.iter().any(|&byte| is_white(byte) && byte != b' ') {
        return text.into();
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for &byte in text {
        match is_white(byte) {
            true if out.last() == Some(&b' ') => {}
            true => out.push(b' '),
            false => out.push(byte),
        }
    }
    out.into()
}

pub(crate) fn remove_whitespace(text: &[u8]) -> Cow<'_, [u8]> {
    match text.iter().any(|&byte| is_white(byte)) {
        true => text.iter().copied().filter(|&byte| !is_white(byte)).collect::<Vec<u8>>().into(),
        false => text.into(),
    }
}

pub(crate) fn trim_left(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_white(byte));
    &text[start.unwrap_or(text.len())..]
}

pub(crate) fn trim_right(text: &[u8]) -> &[u8] {
    let last = text.iter().rposition(|&byte| !is_white(byte));
    &text[..last.map_or(0, |last| last + 1)]
}

/// What a shell would not see: `\ " ' ^` go; `, ;` and white space are one space; none stands before
/// `/` or `(`; letters are small.
pub(crate) fn cmd_line(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'\\' | b'"' | b'\'' | b'^' => {}
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | b',' | b';' => {
                if out.last() != Some(&b' ') {
                    out.push(b' ');
                }
            }
            b'/' | b'(' => {
                if out.last() == Some(&b' ') {
                    out.pop();
                }
                out.push(byte);
            }
            _ => out.push(byte.to_ascii_lowercase()),
        }
    }
    match out == text {
        true => text.into(),
        false => out.into(),
    }
}

/// Each C-style comment becomes one space; one that does not end does too. A lone `*/` stays.
pub(crate) fn replace_comments(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = find(text, b"/*") else { return text.into() };
    let mut out = text[..first].to_vec();
    let mut rest = &text[first..];
    loop {
        out.push(b' ');
        let Some(end) = find(&rest[2..], b"*/") else { return out.into() };
        rest = &rest[2 + end + 2..];
        let Some(next) = find(rest, b"/*") else {
            out.extend_from_slice(rest);
            return out.into();
        };
        out.extend_from_slice(&rest[..next]);
        rest = &rest[next..];
    }
}

/// `/*`, `*/`, `--` and `#` go, and nothing between them.
pub(crate) fn remove_comments_char(text: &[u8]) -> Cow<'_, [u8]> {
    let is_mark = |pair: &[u8]| matches!(pair, b"/*" | b"*/" | b"--");
    if !text.contains(&b'#') && !text.windows(2).any(is_mark) {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let mark = rest.get(..2).is_some_and(is_mark);
        rest = if mark { &rest[2..] } else { tail };
        if !mark && *byte != b'#' {
            out.push(*byte);
        }
    }
    out.into()
}

pub(crate) fn remove_nulls(text: &[u8]) -> Cow<'_, [u8]> {
    match text.contains(&0) {
        true => text.iter().copied().filter(|&byte| byte != 0).collect::<Vec<u8>>().into(),
        false => text.into(),
    }
}

pub(crate) fn replace_nulls(text: &[u8]) -> Cow<'_, [u8]> {
    match text.contains(&0) {
        true => text.iter().map(|&b| if b == 0 { b' ' } else { b }).collect::<Vec<u8>>().into(),
        false => text.into(),
    }
}

/// Where a short text begins.
pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|window| window == needle)
}
