//! What an unsafe request makes unusable (RFC 9111 §4.4).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::Fields;

/// The targets (path and query) under the request's own origin whose stored responses go.
pub type Invalidated = Vec<String>;

/// Methods that change nothing (RFC 9110 §9.2.1). One that nobody knows may change anything.
pub fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// What is invalidated by a response: the target of the request, and what `Location` and
/// `Content-Location` name on the same origin. Others' are not: that would be a way to empty their cache.
pub fn invalidated(
    method: &str,
    authority: &str,
    target: &str,
    status: u16,
    fields: &Fields,
) -> Invalidated {
    let mut targets = Vec::new();
    if is_safe(method) || !(200..400).contains(&status) {
        return targets;
    }
    targets.push(target.to_string());
    for name in ["location", "content-location"] {
        let named = fields.text(name).and_then(|value| resolve(authority, target, value.trim()));
        if let Some(named) = named.filter(|named| !targets.contains(named)) {
            targets.push(named);
        }
    }
    targets
}

/// A reference on the same origin, as path and query (RFC 3986 §5.2); `None` for another origin.
fn resolve(authority: &str, base: &str, reference: &str) -> Option<String> {
    let reference = reference.split('#').next().unwrap_or_default();
    let path = split(base).0;
    if let Some(rest) = ["http:", "https:"].iter().find_map(|s| strip(reference, s)) {
        return on_same(authority, rest.strip_prefix("//")?);
    }
    if let Some(rest) = reference.strip_prefix("//") {
        return on_same(authority, rest);
    }
    if reference.starts_with('/') {
        return Some(normal(reference));
    }
    if reference.is_empty() {
        return Some(base.to_string());
    }
    if reference.starts_with('?') {
        return Some([path, reference].concat());
    }
    // Before the first slash a colon is the end of another scheme.
    if split(reference).0.split('/').next().is_some_and(|first| first.contains(':')) {
        return None;
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(normal(&[folder, "/", reference].concat()))
}

fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn on_same(authority: &str, rest: &str) -> Option<String> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    if !rest[..end].eq_ignore_ascii_case(authority) {
        return None;
    }
    let target = &rest[end..];
    let slash = if target.starts_with('/') { "" } else { "/" };
    Some(normal(&[slash, target].concat()))
}

fn split(target: &str) -> (&str, &str) {
    target.find('?').map_or((target, ""), |at| target.split_at(at))
}

/// Without `.` and `..` (RFC 3986 §5.2.4).
fn normal(target: &str) -> String {
    let (path, query) = split(target);
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => _ = kept.pop(),
            segment => kept.push(segment),
        }
    }
    let is_folder = path.ends_with("/.") || path.ends_with("/..");
    let end = if is_folder { "/" } else { "" };
    let path = ["/", &kept.join("/"), end].concat();
    [if path == "//" { "/" } else { &path }, query].concat()
}
