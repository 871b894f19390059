//! Conditions: those of clients that a cache answers (RFC 9111 §4.3.2), and those that it makes (§4.3.1).

use crate::ranges::{Asked, asked};
use crate::tags::{is_named, is_strong_match};
use crate::{Fields, Stored, Timestamp, parse_date};

/// What a client asks that a cache leaves to the origin: "not applicable to a cache" (§4.3.2).
pub(crate) const FOR_ORIGIN: [&str; 2] = ["if-match", "if-unmodified-since"];
/// What a cache puts its own in place of.
pub(crate) const REPLACED: [&str; 5] =
    ["if-none-match", "if-modified-since", "if-range", "range", "if-match"];

/// Whether the client has what is stored.
pub(crate) fn is_not_modified(request: &Fields, stored: &Stored, now: Timestamp) -> bool {
    // RFC 9110 §13.2.1: conditions are about what would be a 2xx.
    if !matches!(stored.status, 200 | 203 | 206) {
        return false;
    }
    if request.contains("if-none-match") {
        return is_named(request, "if-none-match", stored.fields.get("etag"));
    }
    let since = request.get("if-modified-since").and_then(|value| parse_date(value, now));
    since.is_some_and(|since| stored.modified_at(now) <= since)
}

/// The range that is to be sent, where that is a part.
pub(crate) fn range_asked(request: &Fields, stored: &Stored, now: Timestamp) -> Asked {
    let range = asked(request);
    match request.get("if-range") {
        Some(validator) if !is_same(validator, stored, now) => Asked::All,
        _ => range,
    }
}

/// RFC 9110 §13.1.5: strong validators only, and a date exactly.
fn is_same(validator: &[u8], stored: &Stored, now: Timestamp) -> bool {
    if validator.starts_with(b"\"") || validator.starts_with(b"W/") {
        return stored.fields.get("etag").is_some_and(|tag| is_strong_match(validator, tag));
    }
    let last_modified = stored.fields.get("last-modified");
    let date = |value| parse_date(value, now);
    // A date is strong where the origin's clock was past it (RFC 9110 §8.8.2.2).
    let is_strong = |modified: Timestamp| {
        stored.fields.get("date").and_then(date).is_some_and(|at| at.since(modified) >= 1000)
    };
    last_modified == Some(validator) && last_modified.and_then(date).is_some_and(is_strong)
}

/// The conditions that ask the origin whether a stored response still holds, in place of the client's own.
pub(crate) fn validate(request: &Fields, stored: &Stored) -> Fields {
    let mut fields = request.clone();
    fields.retain(|name| !REPLACED.iter().any(|one| one.eq_ignore_ascii_case(name)));
    if let Some(tag) = stored.fields.get("etag") {
        fields.push("If-None-Match", tag);
    }
    if let Some(date) = stored.fields.get("last-modified") {
        fields.push("If-Modified-Since", date);
    }
    fields
}
