//! JSONPaths of HTTP APIs: what follows `$request.body`.
//!
//! "Recursive descent and filter expressions aren't supported", and the content is cut at 100 KB
//! before the path is applied: beyond that there is no JSON to select from.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::json::{self, Json};
use crate::limits::MAPPED_BODY_BYTES_MAX;

/// Where a value stands in content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

impl BodyPath {
    /// Parses `.name[0]['other name']`; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('[') {
                Some(inside) => bracket(inside)?,
                None => member(rest.strip_prefix('.').ok_or("a path begins with a dot")?)?,
            };
            steps.push(step);
            rest = after;
        }
        match steps.is_empty() {
            true => Err("the path is empty".into()),
            false => Ok(Self(steps)),
        }
    }

    /// The value as text: a string as it is, anything else as JSON. `None` if it is not there.
    pub(crate) fn text(&self, body: &[u8]) -> Option<String> {
        if body.len() > MAPPED_BODY_BYTES_MAX {
            return None;
        }
        let json = json::read_bytes(body).ok()?;
        let found = self.0.iter().try_fold(&json, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Item(index) => value.at(*index),
        })?;
        match found {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_text()),
        }
    }
}

fn member(rest: &str) -> Result<(Step, &str), String> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let is_plain = |c: char| c.is_alphanumeric() || "_-$@:".contains(c);
    match name {
        "" if after.starts_with('.') => Err("recursive descent (`..`) is not supported".into()),
        "" => Err("a name is missing".into()),
        _ if name.chars().all(is_plain) => Ok((Step::Member(name.into()), after)),
        _ => Err(alloc::format!("`{name}` is not a name: write `['{name}']`")),
    }
}

fn bracket(inside: &str) -> Result<(Step, &str), String> {
    if inside.starts_with('?') {
        return Err("filter expressions are not supported".to_string());
    }
    for quote in ["'", "\""] {
        if let Some(rest) = inside.strip_prefix(quote) {
            let end = alloc::format!("{quote}]");
            let (name, after) = rest.split_once(&end).ok_or("a quote without its other half")?;
            return Ok((Step::Member(name.into()), after));
        }
    }
    let (index, after) = inside.split_once(']').ok_or("`[` without `]`")?;
    let is_index = !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit());
    let index = index.parse().ok().filter(|_| is_index);
    Ok((Step::Item(index.ok_or("only an index or a quoted name stands in brackets")?), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"pet":{"name":"Rex","ages":[3,{"x y":true}],"none":null},"n":1.50}"#;

    #[test]
    fn strings_are_plain_and_other_values_json_text() {
        for (path, text) in [
            (".pet.name", Some("Rex")),
            (".pet.ages[0]", Some("3")),
            (".pet.ages[1]['x y']", Some("true")),
            ("['pet'][\"ages\"]", Some(r#"[3,{"x y":true}]"#)),
            (".pet.none", None),
            (".pet.other", None),
            (".pet.ages[2]", None),
            (".n.x", None),
        ] {
            assert_eq!(BodyPath::parse(path).unwrap().text(BODY).as_deref(), text, "{path}");
        }
        assert_eq!(BodyPath::parse(".a").unwrap().text(b"no json"), None);
    }

    #[test]
    fn content_beyond_the_limit_has_no_values() {
        let body = |size: usize| {
            let mut body = br#"{"a":"b"}"#.to_vec();
            body.resize(size, b' ');
            body
        };
        let path = BodyPath::parse(".a").unwrap();
        assert_eq!(path.text(&body(MAPPED_BODY_BYTES_MAX)).as_deref(), Some("b"));
        assert_eq!(path.text(&body(MAPPED_BODY_BYTES_MAX + 1)), None);
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for path in ["", ".", "..a", ".a..b", ".a[?(@.b)]", ".a[*]", ".a[-1]", ".a[", ".a['b", "a"]
        {
            assert!(BodyPath::parse(path).is_err(), "{path}");
        }
    }
}
