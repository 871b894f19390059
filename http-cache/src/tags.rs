//! Entity tags (RFC 9110 §8.8.3) and the fields that list them.

use crate::Fields;
use crate::list::{split, trim};

/// Most entity tags of a request that are looked at: one that lists more matches none of the others.
const TAGS_MAX: usize = 64;

/// The opaque part with its quotes, and whether it is weak. What is not quoted is taken as it stands, since
/// that is how origins compare it that send it.
fn parts(tag: &[u8]) -> (&[u8], bool) {
    match tag.strip_prefix(b"W/") {
        Some(opaque) => (opaque, true),
        None => (tag, false),
    }
}

/// Whether both are the same to the byte (§8.8.3.2).
pub(crate) fn is_strong_match(one: &[u8], other: &[u8]) -> bool {
    one == other && is_strong(one)
}

/// Whether it says so.
pub(crate) fn is_strong(tag: &[u8]) -> bool {
    !parts(tag).1 && tag.len() > 2 && tag.starts_with(b"\"") && tag.ends_with(b"\"")
}

/// Whether they are the same, weak or not.
pub(crate) fn is_weak_match(one: &[u8], other: &[u8]) -> bool {
    parts(one).0 == parts(other).0
}

/// Whether `If-None-Match` names this tag, or anything at all.
pub(crate) fn is_named(fields: &Fields, name: &str, tag: Option<&[u8]>) -> bool {
    let named = fields.all(name).flat_map(split).take(TAGS_MAX);
    let is_any = fields.get(name).is_some_and(|value| trim(value) == b"*");
    is_any || tag.is_some_and(|tag| named.into_iter().any(|one| is_weak_match(one, tag)))
}
