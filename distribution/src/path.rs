//! Paths as behaviours are chosen by them, and as origins see them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A path without dot segments and with unreserved characters decoded (RFC 3986 §6.2.2). `None` for one that
/// hides dot segments or separators: `%2e`, `%2f` or `\` that would make another path of it for an
/// origin that decodes them. Behaviours and the cache would know it by one name, and the origin by another.
pub(crate) fn normal(path: &str) -> Option<String> {
    if !path.starts_with('/') {
        return None;
    }
    if is_ambiguous(path) {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => _ = kept.pop(),
            segment => kept.push(segment),
        }
    }
    let is_folder = path.ends_with("/.") || path.ends_with("/..");
    let end = if is_folder && !kept.is_empty() { "/" } else { "" };
    Some(unreserved(&["/", &kept.join("/"), end].concat()))
}

/// Whether segments of a path mean others.
pub(crate) fn has_dot_segments(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// A path as behaviours are chosen by it: with runs of `/` as one, which many an origin takes them for. "CloudFront
/// normalizes URI paths" before it chooses, and sends them as they are.
pub(crate) fn with_single_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut single = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !single.ends_with('/') {
            single.push(character);
        }
    }
    Cow::Owned(single)
}

/// What origins may take a path for, beside what it is: they undo percent-encoding once or twice, servlets take `;` and
/// what follows away from segments, Windows has `\` for `/` and takes dots and blanks off the
/// ends of names. None for a path that all read alike.
pub(crate) fn readings(path: &str) -> Vec<String> {
    const ENDS: [char; 2] = ['.', ' '];
    if !path.contains(['%', ';', '\\']) && !path.ends_with(ENDS) {
        return Vec::new();
    }
    let (separated, plain) = (decode_separators(path), decoded(path));
    let twice = decoded(&plain);
    let mut all = Vec::from([decode_separators(&separated), twice, plain, separated, path.into()]);
    // Before parameters are taken away: they end at a `\` as well.
    let with_slashes = |read: &String| read.contains('\\').then(|| read.replace('\\', "/"));
    all.extend(all.iter().filter_map(with_slashes).collect::<Vec<_>>());
    all.extend(all.iter().map(|read| without_parameters(read)).collect::<Vec<_>>());
    let is_cut = |read: &&String| read.trim_end_matches(ENDS).len() < read.len();
    let cut = all.iter().filter(is_cut).map(|read| read.trim_end_matches(ENDS).into());
    all.extend(cut.collect::<Vec<_>>());
    all
}

fn without_parameters(path: &str) -> String {
    let segments = path.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    segments.collect::<Vec<_>>().join("/")
}

/// With all percent-encoding undone once.
fn decoded(path: &str) -> String {
    let mut pieces = path.split('%');
    let mut bytes = Vec::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        match piece.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether what is decoded once or twice has dot segments that do not stand there in the open.
fn is_ambiguous(path: &str) -> bool {
    let plain_dots = path.split('/').filter(|segment| matches!(*segment, "." | "..")).count();
    let climbs = path.split('/').any(|segment| segment == "..");
    // `..` takes away `x%2fy`, `;` or nothing, or what stands before: origins differ in what they take for a segment.
    if climbs && (path.contains("//") || path.contains("/;")) {
        return true;
    }
    let mut decoded = String::from(path);
    for _ in 0..2 {
        decoded = decode_separators(&decoded);
        let segments = decoded.split(['/', '\\']);
        // `..;x` is a dot segment to servers that take parameters of segments away.
        let names = segments.map(|segment| segment.split(';').next().unwrap_or_default());
        if names.filter(|name| matches!(*name, "." | "..")).count() > plain_dots {
            return true;
        }
        if climbs && decoded.matches(['/', '\\']).count() > path.matches('/').count() {
            return true;
        }
    }
    path.contains('\\') || path.bytes().any(|b| b < 0x21 || b == 0x7f) || has_control(path)
}

/// With `%25`, `%2e`, `%2f`, `%3b` and `%5c` decoded.
fn decode_separators(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).map(str::to_ascii_lowercase);
        let character = match code.as_deref() {
            Some("25") => Some('%'),
            Some("2e") => Some('.'),
            Some("2f") => Some('/'),
            Some("5c") => Some('\\'),
            Some("3b") => Some(';'),
            _ => None,
        };
        match character {
            Some(character) => {
                decoded.push(character);
                rest = &rest[at + 3..];
            }
            None => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// `%00`, `%0a` and their like are in no path that anybody needs.
fn has_control(path: &str) -> bool {
    codes(path).any(|byte| byte < 0x20 || byte == 0x7f)
}

fn codes(path: &str) -> impl Iterator<Item = u8> {
    path.split('%').skip(1).filter_map(|rest| u8::from_str_radix(rest.get(..2)?, 16).ok())
}

fn unreserved(path: &str) -> String {
    let mut written = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        written.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3);
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match (byte, code) {
            (Some(byte), _) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                written.push(char::from(byte));
            }
            (Some(_), Some(code)) => {
                written.push('%');
                written.push_str(&code.to_ascii_uppercase());
            }
            _ => {
                written.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    written.push_str(rest);
    written
}
