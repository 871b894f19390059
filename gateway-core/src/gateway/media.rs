//! Media types (RFC 9110 §8.3.1, §12.5.1), as far as the choice of a template needs them.

/// A media type without its parameters.
pub(crate) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Of the offered media types, the one that `Accept` names first, else `application/json`, else
/// the first one.
pub(crate) fn choose<'a>(
    accept: Option<&str>,
    offered: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let find = |wanted: &str| offered.clone().find(|o| o.eq_ignore_ascii_case(wanted));
    accept
        .unwrap_or_default()
        .split(',')
        .find_map(|wanted| find(essence(wanted)))
        .or_else(|| find("application/json"))
        .or_else(|| offered.clone().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_decides_then_json_then_order() {
        let offered = || ["text/html", "application/json", "text/xml"].into_iter();
        assert_eq!(choose(Some("a/b, Text/XML;q=0.9"), offered()), Some("text/xml"));
        assert_eq!(choose(Some("*/*"), offered()), Some("application/json"));
        assert_eq!(choose(None, offered().take(1)), Some("text/html"));
        assert_eq!(choose(None, offered().take(0)), None);
    }
}
