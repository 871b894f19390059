//! A stored response as a client gets it: by its conditions and ranges, with its age.

use alloc::format;
use alloc::string::ToString;

use crate::conditions::{is_not_modified, range_asked};
use crate::ranges::{Asked, Spec};
use crate::{ByteRange, ContentRange, Fields, Request, Stored, Timestamp};

/// What a client is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// 304 and 416 beside what is stored; 206 for a part.
    pub status: u16,
    /// The header section, with `Age`, and with `Content-Length` where content is sent or was asked for.
    pub fields: Fields,
    /// What is sent of the stored content.
    pub content: Content,
}

/// What is sent of a stored content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    None,
    /// All of it.
    Whole,
    /// These bytes; positions within what is stored.
    Bytes(ByteRange),
}

/// The stored response for this client. `length` is how much content is stored with it.
pub fn respond(stored: &Stored, request: &Request<'_>, length: u64, now: Timestamp) -> Served {
    let mut fields = stored.fields.clone();
    fields.push("Age", (stored.age_ms(now) / 1000).to_string());
    if is_not_modified(request.fields, stored, now) {
        return not_modified(fields);
    }
    let is_head = request.method == "HEAD";
    let complete = stored.part.map_or(Some(length), |part| part.complete_length);
    // RFC 9110 §14.2: ranges are of GET, and of what would be a 200.
    let asked = match (is_head, stored.status) {
        (false, 200 | 206) => range_asked(request.fields, stored, now),
        _ => Asked::All,
    };
    let Asked::Ranges(specs) = asked else { return whole(stored.status, fields, length, is_head) };
    if specs.iter().all(|spec| complete.is_some_and(|length| spec.resolve(length).is_none())) {
        return unsatisfiable(fields, complete);
    }
    let Some(range) = resolved(&specs, complete) else {
        return whole(stored.status, fields, length, is_head);
    };
    let start = stored.part.map_or(0, |part| part.range.first);
    let content_range = ContentRange { range, complete_length: complete };
    fields.set("Content-Range", content_range.to_value());
    fields.set("Content-Length", range.length().to_string());
    let within = ByteRange { first: range.first - start, last: range.last - start };
    Served { status: 206, fields, content: Content::Bytes(within) }
}

/// What a `HEAD` was answered, for another one.
pub fn respond_to_head(stored: &Stored, request: &Request<'_>, now: Timestamp) -> Served {
    let mut fields = stored.fields.clone();
    fields.push("Age", (stored.age_ms(now) / 1000).to_string());
    match is_not_modified(request.fields, stored, now) {
        true => not_modified(fields),
        false => Served { status: stored.status, fields, content: Content::None },
    }
}

/// The one range that all of them make, or `None`: then everything is sent instead of several parts.
pub(crate) fn resolved(specs: &[Spec], complete: Option<u64>) -> Option<ByteRange> {
    let resolve = |spec: &Spec| match complete {
        Some(length) => spec.resolve(length),
        None => spec.exact(),
    };
    let mut ranges = specs.iter().filter_map(resolve);
    let first = ranges.next()?;
    ranges.try_fold(first, |sum, range| {
        let touches = range.first <= sum.last + 1 && sum.first <= range.last + 1;
        let joined =
            ByteRange { first: sum.first.min(range.first), last: sum.last.max(range.last) };
        touches.then_some(joined)
    })
}

fn whole(status: u16, mut fields: Fields, length: u64, is_head: bool) -> Served {
    if status != 204 {
        fields.set("Content-Length", length.to_string());
    }
    let content = if is_head { Content::None } else { Content::Whole };
    Served { status, fields, content }
}

/// RFC 9110 §15.4.5: without what is about a representation that is not sent.
fn not_modified(mut fields: Fields) -> Served {
    const OF_CONTENT: [&str; 6] = [
        "content-encoding",
        "content-language",
        "content-length",
        "content-md5",
        "content-range",
        "content-type",
    ];
    fields.retain(|name| !OF_CONTENT.iter().any(|one| one.eq_ignore_ascii_case(name)));
    Served { status: 304, fields, content: Content::None }
}

fn unsatisfiable(stored: Fields, complete: Option<u64>) -> Served {
    let mut fields = Fields::new();
    for name in ["date", "age", "etag", "last-modified", "vary"] {
        if let Some(value) = stored.get(name) {
            fields.push(name, value);
        }
    }
    fields.push("Content-Range", format!("bytes */{}", complete.unwrap_or(0)));
    fields.push("Content-Length", "0");
    Served { status: 416, fields, content: Content::None }
}
