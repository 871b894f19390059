//! Header fields.

use alloc::vec::Vec;

use super::{Part, PartKind, cookies, decoded, pairs};
use crate::request::{Request, arguments};
use crate::text::starts_with;

/// Fields whose syntax is their own.
const STRUCTURED: [&str; 41] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "cdn-loop",
    "cf-ray",
    "cf-visitor",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "dnt",
    "expect",
    "forwarded",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "proxy-authorization",
    "range",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "via",
    "x-api-key",
    "x-amzn-trace-id",
];

pub(super) fn headers(request: &Request<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (name, value) in request.headers.iter().take(256) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("cookie") {
            continue;
        }
        let structured = STRUCTURED.iter().any(|known| is(known))
            || ["sec-", "x-amz-", "x-forwarded-", "cf-", "cloudfront-"]
                .iter()
                .any(|prefix| starts_with(name.as_bytes(), prefix.as_bytes()));
        if structured {
            parts.push(Part::new(value.as_bytes().into(), PartKind::Structured));
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
    }
    parts.extend(cookies(request));
    parts
}
