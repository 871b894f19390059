//! Partial content (RFC 9111 §3.3, §3.4): what a part answers, and two parts as one.

use crate::conditions::range_asked;
use crate::ranges::Asked;
use crate::respond::resolved;
use crate::{ByteRange, ContentRange, Request, Stored, Timestamp};

/// Which part of a representation a stored response is.
pub type Part = ContentRange;

/// Whether what is stored holds what is asked for. Everything holds what there is none of: that is 416.
pub(crate) fn holds(stored: &Stored, request: &Request<'_>, now: Timestamp) -> bool {
    let Some(part) = stored.part else { return true };
    match range_asked(request.fields, stored, now) {
        _ if request.method != "GET" => false,
        Asked::All => false,
        Asked::Ranges(specs) => resolved(&specs, part.complete_length)
            .is_some_and(|range| part.range.first <= range.first && range.last <= part.range.last),
    }
}

/// Two stored parts of the same representation as one, and where its content comes from: these bytes of the
/// first content, all of the second, these bytes of the first again.
///
/// `None` where nothing shows that they are of the same representation (a strong entity tag, and the same
/// length), where there is a gap between them, or where the second is all there is.
pub fn join(
    first: &Stored,
    second: &Stored,
) -> Option<(Stored, Option<ByteRange>, Option<ByteRange>)> {
    let (one, other) = (first.part?, second.part?);
    let is_same = first.strong_tag().is_some()
        && first.strong_tag() == second.strong_tag()
        && one.complete_length == other.complete_length
        && first.selecting == second.selecting;
    let (a, b) = (one.range, other.range);
    let touches = a.first <= b.last.saturating_add(1) && b.first <= a.last.saturating_add(1);
    if !is_same || !touches || b.first <= a.first && a.last <= b.last {
        return None;
    }
    // Positions within the first content.
    let before = (a.first < b.first).then(|| ByteRange { first: 0, last: b.first - a.first - 1 });
    let after = (a.last > b.last)
        .then(|| ByteRange { first: b.last + 1 - a.first, last: a.last - a.first });
    let range = ByteRange { first: a.first.min(b.first), last: a.last.max(b.last) };
    let mut joined = second.clone();
    let part = ContentRange { range, complete_length: one.complete_length };
    joined.fields.remove("content-length");
    if Some(range.length()) == part.complete_length {
        joined.fields.remove("content-range");
        (joined.part, joined.status) = (None, 200);
    } else {
        joined.fields.set("Content-Range", part.to_value());
        joined.part = Some(part);
    }
    Some((joined, before, after))
}
