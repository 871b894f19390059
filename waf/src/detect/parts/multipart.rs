//! Multipart forms.

use alloc::vec::Vec;

use super::{PARTS_MAX, Part, PartKind};
use crate::statement::find;

/// Fields of a form with their names, and files' names.
pub(super) fn multipart(content: &[u8], media: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let boundary = media.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    });
    let boundary = alloc::format!("--{}", boundary.unwrap_or("-"));
    let mut rest = content;
    while let Some(at) = find(rest, boundary.as_bytes()) {
        rest = &rest[at + boundary.len()..];
        let end = find(rest, boundary.as_bytes()).unwrap_or(rest.len());
        if rest.starts_with(b"--") {
            break;
        }
        if parts.len() >= PARTS_MAX {
            parts.push(Part::new(rest.into(), PartKind::Plain));
            break;
        }
        field(&rest[..end], &mut parts);
    }
    if parts.is_empty() {
        parts.push(Part::new(content.into(), PartKind::Plain));
    }
    parts
}

/// Whether content is no text: archives and pictures have such bytes near their start.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content.iter().take(512).any(|b| *b < 9)
}

fn field(text: &[u8], parts: &mut Vec<Part>) {
    let (head, content) = match find(text, b"\r\n\r\n") {
        Some(at) => (&text[..at], &text[at + 4..]),
        None => match find(text, b"\n\n") {
            Some(at) => (&text[..at], &text[at + 2..]),
            None => (text, &text[text.len()..]),
        },
    };
    let head_text = crate::pattern::as_text(head);
    let mut is_any_file = false;
    for parameter in head_text.split([';', '\n']) {
        let Some((name, value)) = parameter.trim().split_once('=') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        let is_file = name.to_ascii_lowercase().starts_with("filename");
        is_any_file |= is_file;
        let kind = if is_file { PartKind::FileName } else { PartKind::Plain };
        parts.push(Part::new(value.as_bytes().into(), kind));
    }
    // A field's text is looked at whatever is in it.
    if !(is_any_file && is_binary(content)) {
        let content = content.strip_suffix(b"\r\n").unwrap_or(content);
        parts.push(Part::new(content.into(), PartKind::Plain));
    }
}
