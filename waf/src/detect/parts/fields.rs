//! Header fields. Those with a syntax of their own are nobody's free text: what stays within it (a list of addresses, of
//! languages, a token) is not looked at for what texts may have, so that no valid field is stopped. What does not is as
//! good as any text: applications that log or look up such a field take it as it comes.

use alloc::vec::Vec;

use super::{Gathered, Part, PartKind, decoded, hides_json, pairs};
use crate::marks::Marks;
use crate::request::{Request, arguments};
use crate::statement::find;
use crate::text::starts_with;

/// A field's own syntax, as far as it tells the field from a text.
#[derive(Clone, Copy)]
enum Syntax {
    /// Words between commas and semicolons, of nothing but these bytes (and blanks around them).
    Words(Marks),
    /// Dates, schemes with parameters, comments: whatever has no byte of `FOREIGN`.
    Sentence,
    /// Any byte, made up by a server.
    Opaque,
}

const ADDRESSES: Syntax = Syntax::Words(Marks::WORD.with(Marks::any_of(b".:,-[]\"%/ ")));
const RANGES: Syntax = Syntax::Words(Marks::WORD.with(Marks::any_of(b"-*,;=.: ")));
const TOKENS: Syntax = Syntax::Words(Marks::WORD.with(Marks::any_of(b"-.~*,;=\":/+%!#$&^?@[] ")));
/// What no token, parameter or date has.
const FOREIGN: Marks = Marks::any_of(b"<>'`|\\{}()");

/// Fields whose syntax is their own.
const STRUCTURED: [(&str, Syntax); 46] = [
    ("accept", TOKENS),
    ("accept-charset", RANGES),
    ("accept-encoding", RANGES),
    ("accept-language", RANGES),
    ("authorization", Syntax::Sentence),
    ("cache-control", TOKENS),
    ("cdn-loop", Syntax::Sentence),
    ("cf-ray", TOKENS),
    ("cf-visitor", Syntax::Opaque),
    ("connection", TOKENS),
    ("content-encoding", TOKENS),
    ("content-length", TOKENS),
    ("content-type", Syntax::Sentence),
    ("date", Syntax::Sentence),
    ("dnt", TOKENS),
    ("expect", TOKENS),
    ("forwarded", TOKENS),
    ("from", Syntax::Opaque),
    ("host", ADDRESSES),
    ("if-match", Syntax::Opaque),
    ("if-modified-since", Syntax::Sentence),
    ("if-none-match", Syntax::Opaque),
    ("if-range", Syntax::Opaque),
    ("if-unmodified-since", Syntax::Sentence),
    ("keep-alive", TOKENS),
    ("max-forwards", TOKENS),
    ("origin", ADDRESSES),
    ("pragma", TOKENS),
    ("priority", TOKENS),
    ("proxy-authorization", Syntax::Sentence),
    ("range", TOKENS),
    ("te", TOKENS),
    ("traceparent", TOKENS),
    ("tracestate", Syntax::Opaque),
    ("trailer", TOKENS),
    ("transfer-encoding", TOKENS),
    ("upgrade", TOKENS),
    ("upgrade-insecure-requests", TOKENS),
    ("via", Syntax::Opaque),
    ("x-amzn-trace-id", TOKENS),
    ("x-api-key", Syntax::Opaque),
    ("x-forwarded-for", ADDRESSES),
    ("x-forwarded-host", ADDRESSES),
    ("x-forwarded-port", ADDRESSES),
    ("x-forwarded-proto", ADDRESSES),
    ("x-forwarded-server", ADDRESSES),
];
/// Others', by how they begin.
const FAMILIES: [&str; 5] = ["sec-", "x-amz-", "x-forwarded-", "cf-", "cloudfront-"];

fn syntax(name: &str) -> Option<Syntax> {
    let known = STRUCTURED.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
    let begins = |family: &&str| starts_with(name.as_bytes(), family.as_bytes());
    known
        .map(|(_, syntax)| *syntax)
        .or_else(|| FAMILIES.iter().any(begins).then_some(Syntax::Sentence))
}

/// All but cookies, which are a place of their own.
pub(super) fn headers(request: &Request<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (name, value) in request.headers.iter().take(256) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("cookie") {
            continue;
        }
        if let Some(syntax) = syntax(name) {
            structured(value.as_bytes(), syntax, &mut parts);
            continue;
        }
        if is("referer")
            && let Some((before, query)) = value.split_once('?')
        {
            parts.push(Part::new(decoded(before), PartKind::Plain));
            parts.extend(pairs(arguments(query)));
            continue;
        }
        let names_file = ["x-filename", "x_filename", "x-file-name"].iter().any(|known| is(known));
        let kind = if names_file { PartKind::FileName } else { PartKind::Plain };
        parts.push(Part::new(value.as_bytes().into(), kind));
        if hides_json(value.as_bytes()) {
            let mut gathered = Gathered::default();
            gathered.add(value.as_bytes().into(), true);
            parts.extend(gathered.all());
        }
    }
    parts
}

/// A value as what it is: its own syntax, with texts in quotes, or no such thing.
fn structured(value: &[u8], syntax: Syntax, parts: &mut Vec<Part>) {
    let whole = Part::new(value.into(), PartKind::Structured);
    if is_within(value, whole.marks(), syntax) {
        parts.push(whole);
        return;
    }
    let mut outside = Vec::with_capacity(value.len());
    let mut within = Vec::new();
    for (index, piece) in value.split(|b| *b == b'"').enumerate() {
        if index % 2 == 0 { outside.extend_from_slice(piece) } else { within.push(piece) }
    }
    let is_quoted = within.len() * 2 == value.iter().filter(|b| **b == b'"').count();
    if !is_quoted || !is_within(&outside, Marks::of(&outside), syntax) {
        parts.push(Part { kind: PartKind::Plain, ..whole });
        return;
    }
    parts.push(whole);
    let is_foreign = |text: &&[u8]| Marks::of(text).has(FOREIGN);
    let texts = within.into_iter().filter(is_foreign).take(64);
    parts.extend(texts.map(|text| Part::new(text.into(), PartKind::Plain)));
}

fn is_within(value: &[u8], marks: Marks, syntax: Syntax) -> bool {
    const DOT: Marks = Marks::any_of(b".");
    const SLASH: Marks = Marks::any_of(b"/");
    let climbs = || marks.has(DOT) && marks.has(SLASH) && find(value, b"../").is_some();
    match syntax {
        Syntax::Opaque => true,
        Syntax::Sentence => !marks.has(FOREIGN) && !climbs(),
        Syntax::Words(own) => marks.is_within(own) && has_only_words(value) && !climbs(),
    }
}

/// Whether no blank is between two words that no comma or semicolon parts.
fn has_only_words(value: &[u8]) -> bool {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
    let mut items = value.split(|b| matches!(b, b',' | b';'));
    !value.iter().any(is_blank) || items.all(|item| !item.trim_ascii().iter().any(is_blank))
}
