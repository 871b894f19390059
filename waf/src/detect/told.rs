//! Whose value it is that was found: by its name, logs know what they must not tell.

use alloc::string::String;

use super::parts::{Part, decoded, hides_json};
use super::{Detector, Place};
use crate::json::{End, walk};
use crate::matched::{Found, tokens};
use crate::pattern::as_text;
use crate::request::{Request, arguments};
use crate::statement::find;
use crate::transform::is_word;

impl Detector {
    /// What is told of a part that was found.
    pub(super) fn tell(&self, request: &Request<'_>, part: &Part) -> Found {
        let condition = self.condition();
        Found {
            condition,
            location: self.location(),
            name: self.name_of(request, part.given()),
            data: tokens(condition, part.shown()),
            sensitivity: self.sensitivity(),
        }
    }

    fn name_of(&self, request: &Request<'_>, text: &[u8]) -> Option<String> {
        let is_it = |value: &str| holds(&decoded(value), text);
        let found = match self.place {
            Place::Query => return named(request.query, text),
            Place::Body => return member(request.body, text),
            Place::Cookies => request.cookies().find(|(_, value)| is_it(value)),
            Place::Headers => request.headers.iter().copied().find(|(_, value)| is_it(value)),
            Place::Path | Place::Request => None,
        };
        found.map(|(name, _)| name.into())
    }
}

/// The name of the argument that has this value.
fn named(query: &str, text: &[u8]) -> Option<String> {
    let (name, _) = arguments(query).find(|(_, value)| holds(&decoded(value), text))?;
    Some(as_text(&decoded(name)).into_owned())
}

/// Whether a value is a text, or is JSON that has it.
fn holds(value: &[u8], text: &[u8]) -> bool {
    value == text
        || hides_json(value) && walk(value, &mut |_, _, one| holds(one, text)) == End::Stopped
}

/// The name of a member of JSON, of a field of a form, or, where a text stands in content as it is, the word before it: so
/// it is in multipart forms.
fn member(body: &[u8], text: &[u8]) -> Option<String> {
    let is_it = |one: &[u8]| holds(one, text);
    in_json(body, &is_it).or_else(|| named(&as_text(body), text)).or_else(|| {
        let before = &body[..find(body, text)?];
        let end = before.iter().rposition(|b| is_word(*b))? + 1;
        let start = before[..end].iter().rposition(|b| !is_word(*b)).map_or(0, |at| at + 1);
        Some(as_text(&before[start..end]).into_owned())
    })
}

/// The name of a member of JSON by what it is or has; of an element of a list, the list's.
pub(crate) fn in_json(body: &[u8], is_it: &dyn Fn(&[u8]) -> bool) -> Option<String> {
    let mut name = None;
    walk(body, &mut |pointer, _, value| {
        let is_one = is_it(value);
        if is_one {
            let is_name = |one: &&str| one.bytes().any(|b| !b.is_ascii_digit());
            name = pointer.rsplit('/').find(is_name).map(String::from);
        }
        is_one
    });
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_under_their_names_in_every_kind_of_content() {
        let form = "--x\r\nContent-Disposition: form-data; name=\"pass\"\r\n\r\n<a>\r\n--x--";
        for (body, text, name) in [
            ("a=1&pass=%3Ca%3E", "<a>", "pass"),
            ("pass={\"x\":[\"\\u003ca>\"]}", "<a>", "pass"),
            ("{\"pass\": \"{\\\"x\\\":\\\"\\\\u003ca>\\\"}\"}", "<a>", "pass"),
            ("{\"a\": 1, \"user\": {\"pass\": [\"\\u003ca>\"]}}", "<a>", "pass"),
            (form, "<a>", "pass"),
            ("<pass>x</pass>", "x", "pass"),
        ] {
            assert_eq!(member(body.as_bytes(), text.as_bytes()).as_deref(), Some(name), "{body}");
        }
        assert_eq!(member(b"<a>", b"<a>"), None);
    }
}
