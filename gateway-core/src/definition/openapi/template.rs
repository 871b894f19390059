//! Mapping templates: which of them are literal text, and what those of gateway responses refer to.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::reading::Reading;
use super::unsupported::Feature;

/// Media type → template, of which each must be literal text.
pub(super) fn read_literal<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    read(reading, at, |template, text| {
        if !is_literal(text) {
            reading.unsupported(template, Feature::Templates);
        }
    })
}

/// Media type → template of a gateway response, in which variables are replaced and nothing else.
pub(super) fn read_substituted<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    read(reading, at, |template, text| {
        for name in references(text) {
            if !matches!(name, "context" | "stageVariables" | "method") {
                let help = "it may refer to $context, $stageVariables and $method.request";
                let message = format!("a gateway response's template cannot refer to `${name}`");
                reading.error_with(template, message, help);
            }
        }
    })
}

fn read<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    check: impl Fn(&At<'d>, &str),
) -> Vec<(String, String)> {
    let Some(templates) = reading.object(at.clone()) else { return Vec::new() };
    let mut read = Vec::new();
    for (media_type, template) in templates.members() {
        if media_type != "$default" && !media_type.contains('/') {
            reading.error(&template, format!("`{media_type}` is not a media type"));
        }
        if let Some(text) = reading.string(&template) {
            check(&template, text);
            read.push((media_type.into(), text.into()));
        }
    }
    read
}

/// Whether the template language would render it as it stands: no reference, directive or comment.
fn is_literal(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(['$', '#']) {
        let sign = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        let next = rest.bytes().next();
        let begins = match sign {
            // A `$` at the very end is a parse error on the real service.
            b'$' => next.is_none_or(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'{' | b'!')),
            _ => next.is_some_and(|b| {
                b.is_ascii_alphabetic() || matches!(b, b'{' | b'#' | b'*' | b'[' | b'@')
            }),
        };
        if begins {
            return false;
        }
    }
    true
}

/// The names that references begin with.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('!').unwrap_or(rest);
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic());
        is_name.then(|| &rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_references_directives_and_comments_is_literal() {
        for text in ["", "{\"statusCode\": 200}", "costs $5 or 10 $ each", "#1", "a # b", "&#39;"] {
            assert!(is_literal(text), "{text}");
        }
        for text in
            ["$input.body", "${x}", "$!x", "#set($a = 1)", "## c", "#* c *#", "#{else}", "a$"]
        {
            assert!(!is_literal(text), "{text}");
        }
    }

    #[test]
    fn references_are_told_by_their_first_name() {
        let text = "$context.error.messageString ${stageVariables.a} $!input.body $5 $";
        let names: Vec<&str> = references(text).collect();
        assert_eq!(names, ["context", "stageVariables", "input"]);
    }
}
