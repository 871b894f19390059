//! Multipart forms.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::content::Content;
use super::{PARTS_MAX, Part, PartKind};
use crate::statement::find;
use crate::transform::{Transformation, hex_pair};

/// Fields of a form with their names, and files' names.
pub(super) fn multipart(form: Content<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    let boundary = form.media.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    });
    let boundary = alloc::format!("--{}", boundary.unwrap_or("-"));
    let mut rest = form.bytes;
    while let Some(at) = find(rest, boundary.as_bytes()) {
        rest = &rest[at + boundary.len()..];
        let end = find(rest, boundary.as_bytes()).unwrap_or(rest.len());
        // PHP goes on reading behind what is the last one to others.
        if rest.starts_with(b"--") {
            continue;
        }
        if parts.len() >= PARTS_MAX {
            parts.push(Part::new(rest.into(), PartKind::Plain));
            break;
        }
        field(Content { bytes: &rest[..end], ..form }, &mut parts);
    }
    if parts.is_empty() {
        parts.push(Part::new(form.bytes.into(), PartKind::Plain));
    }
    parts
}

/// Whether content is no text: archives and pictures have such bytes near their start.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content.iter().take(512).any(|b| *b < 9)
}

fn field(form: Content<'_>, parts: &mut Vec<Part>) {
    let text = form.bytes;
    let (head, content) = match find(text, b"\r\n\r\n") {
        Some(at) => (&text[..at], &text[at + 4..]),
        None => match find(text, b"\n\n") {
            Some(at) => (&text[..at], &text[at + 2..]),
            None => (text, &text[text.len()..]),
        },
    };
    let head = crate::pattern::as_text(head);
    let mut is_any_file = false;
    for parameter in head.split([';', '\n']) {
        let Some((name, value)) = parameter.trim().split_once('=') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        let is_file = name.to_ascii_lowercase().starts_with("filename");
        is_any_file |= is_file;
        let kind = if is_file { PartKind::FileName } else { PartKind::Plain };
        parts.push(Part::new(value.as_bytes().into(), kind));
    }
    let content = content.strip_suffix(b"\r\n").unwrap_or(content);
    let media = header(&head, "content-type");
    // A field's text is looked at whatever is in it.
    let is_looked_at = |content: &[u8]| !(is_any_file && is_binary(content));
    for bytes in [Some(Cow::Borrowed(content)), transferred(&head, content)].into_iter().flatten() {
        if is_looked_at(&bytes) {
            let part = Content { bytes: &bytes, media: &media, depth: form.depth + 1, ..form };
            parts.extend(part.parts());
        }
    }
}

/// A field of a part's head, with the lines that go on with it.
fn header(head: &str, name: &str) -> String {
    let mut lines = head.lines();
    let is_it = |line: &str| {
        line.split_once(':').is_some_and(|(own, _)| own.trim().eq_ignore_ascii_case(name))
    };
    let Some(first) = lines.find(|line| is_it(line)) else { return String::new() };
    let mut value: String = first.split_once(':').map_or("", |(_, value)| value.trim()).into();
    for more in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push_str(more);
    }
    value
}

/// A part's content as it was before it was encoded for its transfer: RFC 7578 (section 4.7) deprecates that, but
/// Undertow, Django, aiohttp and others decode it.
fn transferred(head: &str, content: &[u8]) -> Option<Cow<'static, [u8]>> {
    let encoding = header(head, "content-transfer-encoding");
    if encoding.eq_ignore_ascii_case("base64") {
        Some(Transformation::Base64DecodeExt.apply(content).into_owned().into())
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        Some(quoted_printable(content).into())
    } else {
        None
    }
}

/// `=3C` is a byte, a `=` at the end of a line joins it to the next (RFC 2045 section 6.7); anything else stays.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, more @ ..] = rest {
        rest = match (byte, more) {
            (b'=', [b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..]) => behind,
            (b'=', more) if let Some(decoded) = hex_pair(more) => {
                out.push(decoded);
                &more[2..]
            }
            _ => {
                out.push(*byte);
                more
            }
        };
    }
    out
}
