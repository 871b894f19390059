//! Multipart forms.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::boundary::{BOUNDARIES_MAX, boundaries};
use super::content::{Content, controls_max};
use super::{PARTS_MAX, Part, PartKind, pairs};
use crate::request::arguments;
use crate::statement::find;
use crate::text::{contains_small, starts_with};
use crate::transform::{Transformation, hex_pair};

/// Fields of a form with their names, and files' names, by every boundary that programs may take for its own.
pub(super) fn multipart(form: Content<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    let is_there = |boundary: &Vec<u8>| find(form.bytes, boundary).is_some();
    let found: Vec<_> = boundaries(form).into_iter().filter(is_there).collect();
    // Forms within forms are read once: few programs read them at all.
    let looked_at = if form.depth == 0 { BOUNDARIES_MAX } else { 1 };
    for boundary in found.iter().take(looked_at) {
        fields(form, boundary, &mut parts);
    }
    if parts.is_empty() || found.len() > looked_at {
        parts.push(Part::new(form.bytes.into(), PartKind::Plain));
    }
    parts
}

fn fields(form: Content<'_>, boundary: &[u8], parts: &mut Vec<Part>) {
    let mut rest = form.bytes;
    outside(form, &rest[..find(rest, boundary).unwrap_or(0)], parts);
    while let Some(at) = find(rest, boundary) {
        rest = &rest[at + boundary.len()..];
        let end = find(rest, boundary).unwrap_or(rest.len());
        // PHP goes on reading behind what is the last one to others.
        if let Some(behind) = rest[..end].strip_prefix(b"--") {
            outside(form, behind, parts);
            continue;
        }
        if parts.len() >= PARTS_MAX {
            parts.push(Part::new(rest.into(), PartKind::Plain));
            break;
        }
        field(Content { bytes: &rest[..end], ..form }, parts);
    }
}

/// What stands outside a form's parts nobody reads who takes it for a form; others read all of it.
fn outside(form: Content<'_>, text: &[u8], parts: &mut Vec<Part>) {
    if text.trim_ascii().is_empty() {
        return;
    }
    parts.extend(Content { bytes: text, media: "text/plain", ..form }.parts());
    if text.contains(&b'=') {
        parts.extend(pairs(arguments(&crate::pattern::as_text(text))));
    }
}

/// How many bytes content has near its start that no text has, and archives and pictures have.
pub(super) fn controls(content: &[u8]) -> usize {
    content.iter().take(512).filter(|b| **b < 9).count()
}

fn field(form: Content<'_>, parts: &mut Vec<Part>) {
    let text = form.bytes;
    let begins = |at: usize| matches!(text[at..], [b'\n', b'\n', ..] | [b'\n', b'\r', b'\n', ..]);
    // Lines end in CRLF, in LF, or in either: the head ends at the first empty line, for some at the first of the standard's.
    let Some(first) = (0..text.len()).find(|at| begins(*at)) else {
        parts.push(Part::new(text.into(), PartKind::Plain));
        return part(form, text, &[], parts);
    };
    let behind = |at: usize, empty: usize| text.get(at + empty..).unwrap_or_default();
    part(form, &text[..first], behind(first, 2 + usize::from(text[first + 1] == b'\r')), parts);
    if let Some(other) = find(text, b"\r\n\r\n").filter(|at| at + 1 != first) {
        part(form, &text[..other], behind(other, 4), parts);
    }
}

/// A part with its head.
fn part(form: Content<'_>, head: &[u8], content: &[u8], parts: &mut Vec<Part>) {
    let head = crate::pattern::as_text(head);
    for parameter in head.split([';', '\n']) {
        let Some((name, value)) = parameter.trim().split_once('=') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        let is_file = name.to_ascii_lowercase().starts_with("filename");
        let kind = if is_file { PartKind::FileName } else { PartKind::Plain };
        parts.push(Part::new(value.as_bytes().into(), kind));
        parts.extend(encoded_words(value).map(|text| Part::new(text.into(), kind)));
    }
    let content = content.strip_suffix(b"\r\n").unwrap_or(content);
    let media = header(&head, "content-type");
    // Without a type it is a field to formidable.
    let is_file = !media.is_empty() && is_file(&head);
    // A field's text is looked at whatever is in it.
    let is_looked_at = |content: &[u8]| !is_file || controls(content) <= controls_max(&media);
    let encoding = header(&head, "content-transfer-encoding");
    let is_of = |all: &str, kind: &str| contains_small(all.as_bytes(), kind.as_bytes());
    let is_base64 = is_of(&encoding, "base64");
    // Python passes over `-` and `_`, to others they are `+` and `/`.
    let is_url = |byte: &u8| matches!(byte, b'-' | b'_');
    let stripped = (is_base64 && content.iter().any(is_url)).then(|| {
        let kept: Vec<u8> = content.iter().copied().filter(|byte| !is_url(byte)).collect();
        base64(&kept).into()
    });
    let base64 = is_base64.then(|| base64(content).into());
    let quoted = is_of(&encoding, "quoted-printable").then(|| quoted_printable(content).into());
    // Servers hand on a field as text, whatever it says that it is.
    let is_markup = ["xml", "multipart/", "urlencoded"].iter().any(|kind| is_of(&media, kind));
    let is_also_text = is_markup && !is_file && is_of(form.media, "form-data");
    for bytes in [Some(Cow::Borrowed(content)), base64, stripped, quoted].into_iter().flatten() {
        if is_looked_at(&bytes) {
            if is_also_text {
                parts.push(Part::new(bytes.as_ref().into(), PartKind::Plain));
            }
            let part = Content { bytes: &bytes, media: &media, depth: form.depth + 1, ..form };
            parts.extend(part.parts());
        }
    }
}

/// Whether every program takes a part for a file: `Content-Disposition` is what browsers write (RFC 7578, section 4.2),
/// `form-data` with `name` and `filename`, each a string or a plain token, on one line. Programs differ in all that is
/// written otherwise, and what one of them makes a field of is looked at: `filename*`, which PHP does not know, `filename ="x"`, no
/// `;` before it, no end, a line that is folded, controls, brackets or quotes in a token (`x=a'b`).
fn is_file(head: &str) -> bool {
    // It ends before the last line's end.
    let head = head.strip_suffix('\r').unwrap_or(head);
    let mut fields = head.split("\r\n").flat_map(|line| line.split('\n'));
    let is_disposition =
        |line: &&str| starts_with(line.trim_start().as_bytes(), b"content-disposition");
    let is_plain = fields.clone().all(|line| {
        !line.starts_with([' ', '\t']) && !line.contains(|c: char| c < ' ' && c != '\t')
    });
    if !is_plain || fields.clone().filter(is_disposition).count() != 1 {
        return false;
    }
    let disposition = fields.find(is_disposition).and_then(|line| line.split_once(':'));
    let Some((name, value)) = disposition else { return false };
    let Some((kind, mut rest)) = value.split_once(';') else { return false };
    if name.len() != "content-disposition".len() || !kind.trim().eq_ignore_ascii_case("form-data") {
        return false;
    }
    let (mut is_named, mut is_filed) = (false, false);
    loop {
        let Some((name, after)) = rest.trim_start_matches(' ').split_once('=') else {
            return false;
        };
        let Some((value, more)) = parameter_value(after) else { return false };
        let is_said = match name {
            "name" => &mut is_named,
            // Of a name without a letter or digit some make none: `filename="/"`.
            "filename" if value.contains(char::is_alphanumeric) => &mut is_filed,
            "filename*" => {
                rest = match more {
                    Some(more) => more,
                    None => return is_filed,
                };
                continue;
            }
            _ => return false,
        };
        if core::mem::replace(is_said, true) {
            return false;
        }
        match more {
            Some(more) => rest = more,
            None => return is_filed,
        }
    }
}

/// A parameter's value, a token or a string, and what follows its `;`. `None`: programs differ in where it ends.
fn parameter_value(text: &str) -> Option<(&str, Option<&str>)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, more) = match text.split_once(';') {
            Some((value, more)) => (value, Some(more)),
            None => (text, None),
        };
        let is_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        // `UTF-8''a%20b` of `filename*`
        let is_extended = value.split_once("''").is_some_and(|(charset, name)| {
            charset.bytes().all(is_token) && name.bytes().all(|b| is_token(b) || b == b'%')
        });
        return (value.bytes().all(is_token) || is_extended).then_some((value, more));
    };
    let (value, after) = quoted.split_once('"')?;
    if value.ends_with('\\') {
        return None;
    }
    match after {
        "" => Some((value, None)),
        after => Some((value, Some(after.strip_prefix(';')?))),
    }
}

/// A field of a part's head, with the lines that go on with it. Where there are several, programs differ in which they
/// take: all of them.
fn header(head: &str, name: &str) -> String {
    let mut all = String::new();
    let mut is_within = false;
    for line in head.lines() {
        if line.starts_with([' ', '\t']) {
            if is_within {
                all.push_str(line);
            }
            continue;
        }
        let own = line.split_once(':').filter(|(own, _)| own.trim().eq_ignore_ascii_case(name));
        is_within = own.is_some();
        if let Some((_, value)) = own {
            all.push_str(if all.is_empty() { "" } else { ", " });
            all.push_str(value.trim());
        }
    }
    all
}

/// A part's content as it was before it was encoded for its transfer: RFC 7578 (section 4.7) deprecates that, but
/// Undertow, Django, aiohttp and others decode it.
fn base64(text: &[u8]) -> Vec<u8> {
    Transformation::Base64DecodeExt.apply(text).into_owned()
}

/// `=?utf-8?B?…?=`, `=?utf-8?Q?…?=` (RFC 2047), one after the other, which JavaMail and others read in names.
fn encoded_words(value: &str) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for word in value.split("=?").skip(1) {
        // What follows padding (`==?=`) looks like another, and is none.
        let mut pieces = word.splitn(4, '?').skip(1);
        let (Some(encoding), Some(text)) = (pieces.next(), pieces.next()) else { continue };
        let text = text.as_bytes();
        all.extend(match encoding {
            "B" | "b" => base64(text),
            _ => quoted_printable(
                &text.iter().map(|b| if *b == b'_' { b' ' } else { *b }).collect::<Vec<_>>(),
            ),
        });
    }
    (!all.is_empty()).then_some(all)
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
