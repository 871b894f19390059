//! Which media types a REST API takes for binary.

use alloc::string::String;

/// Whether the first media type of a `Content-Type` or `Accept` is among `binaryMediaTypes`.
///
/// Recorded from the real service: only the first entry of a list counts, parameters do not, and
/// an entry `type/*` covers its subtypes, while `*/subtype` covers nothing. `*/*` is documented as
/// everything, even a message without media type.
pub(crate) fn is_binary(media_types: Option<&str>, binary_media_types: &[String]) -> bool {
    if binary_media_types.iter().any(|b| b == "*/*") {
        return true;
    }
    let first = media_types.unwrap_or_default().split(',').next().unwrap_or_default();
    let essence = first.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    binary_media_types.iter().filter_map(|b| b.split_once('/')).any(|(k, s)| {
        k != "*" && k.eq_ignore_ascii_case(kind) && (s == "*" || s.eq_ignore_ascii_case(subtype))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(media_types: &str, binary: &[&str]) -> bool {
        let binary: alloc::vec::Vec<String> = binary.iter().map(|b| String::from(*b)).collect();
        is_binary(Some(media_types), &binary)
    }

    #[test]
    fn only_the_first_entry_counts_and_wildcards_only_on_the_right() {
        let png = ["image/png", "*/test"];
        assert!(check("image/png,image/*,*/*;q=0.8", &png));
        assert!(check("Image/PNG;q=1", &png));
        for accept in ["image/webp,image/png", "*/test", "random/test", "image/*", "*/*", ""] {
            assert!(!check(accept, &png), "{accept}");
        }
        let application = ["application/*"];
        assert!(check("application/*", &application) && check("application/pdf", &application));
        assert!(!check("application", &application));
    }

    #[test]
    fn everything_is_binary_where_the_api_says_so() {
        assert!(is_binary(None, &["*/*".into()]));
        assert!(!is_binary(None, &["image/png".into()]));
        assert!(!is_binary(Some("image/png"), &[]));
    }
}
