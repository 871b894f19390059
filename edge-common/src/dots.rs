//! Segments of a path that the platform takes for steps.

/// Whether a URL's path has segments that `fetch` resolves: `.` and `..`, percent-encoded or not, between `/` or `\`, as
/// the URL Standard has them ("single-dot" and "double-dot URL path segment"). It would ask for another path than the one
/// that the definition's mappings made: `/orders/{id}` with `%2e%2e` in the place of `{id}` would be `/`.
pub fn are_in(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    rest[..end].split(['/', '\\']).skip(1).any(is_step)
}

fn is_step(segment: &str) -> bool {
    segment.len() <= "%2e%2e".len()
        && matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_url_standard_resolves_is_found_and_nothing_else() {
        for path in ["/.", "/..", "/a/%2e%2E/b", "/.%2e", "/%2e", "/a\\..\\b", "/../?x"] {
            assert!(are_in(&["https://h.example", path].concat()), "{path}");
        }
        for path in ["", "/", "/a.b/..c", "/...", "/%2e%2e%2e", "/a?x=/../", "/%252e", "/a#/.."] {
            assert!(!are_in(&["https://h.example", path].concat()), "{path}");
        }
    }
}
