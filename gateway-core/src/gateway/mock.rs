//! What a `MOCK` integration answers by: the `statusCode` of its request templates.

use alloc::{string::String, vec::Vec};

use super::media;
use super::responses::Responses;
use crate::definition::PassthroughBehavior;

/// A compiled `MOCK` integration.
#[derive(Debug)]
pub(crate) struct Mock {
    pub(crate) request_templates: RequestTemplates,
    pub(crate) responses: Responses,
}

/// Literal request templates: each is known to select a response, or to fail.
#[derive(Debug)]
pub(crate) struct RequestTemplates {
    pub(crate) passthrough_behavior: PassthroughBehavior,
    templates: Vec<(String, Option<i64>)>,
}

/// What becomes of a request's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rendered {
    /// A template's `statusCode`; `None` where it has none.
    Template(Option<i64>),
    /// The content goes through as it is.
    Passthrough,
    /// 415.
    Unsupported,
}

impl RequestTemplates {
    pub(crate) fn new(
        templates: &[(String, String)],
        passthrough_behavior: PassthroughBehavior,
    ) -> Self {
        let templates =
            templates.iter().map(|(media, text)| (media.clone(), status_code(text))).collect();
        Self { passthrough_behavior, templates }
    }

    /// Chooses by the request's `Content-Type`; a request without one is `application/json`.
    pub(crate) fn render(&self, content_type: Option<&str>) -> Rendered {
        let wanted = media::essence(content_type.unwrap_or("application/json"));
        let template =
            |name: &str| self.templates.iter().find(|(t, _)| t.eq_ignore_ascii_case(name));
        match template(wanted).or_else(|| template("$default")) {
            Some((_, status_code)) => Rendered::Template(*status_code),
            None => match self.passthrough_behavior {
                PassthroughBehavior::WhenNoMatch => Rendered::Passthrough,
                PassthroughBehavior::WhenNoTemplates if self.templates.is_empty() => {
                    Rendered::Passthrough
                }
                PassthroughBehavior::WhenNoTemplates | PassthroughBehavior::Never => {
                    Rendered::Unsupported
                }
            },
        }
    }
}

/// The integer `statusCode` of an object.
///
/// The real service's parser takes more than JSON: names without quotes or in single ones, empty
/// members, anything as another member's value. It refuses text that is not in braces, and names
/// that begin like an object or an array or whose quotes do not match.
pub(crate) fn status_code(text: &str) -> Option<i64> {
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        return value.get("statusCode")?.as_i64();
    }
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut found = None;
    for member in inner.split(',') {
        let Some((name, value)) = member.split_once(':') else { continue };
        if unquoted(name.trim())? == "statusCode" && found.is_none() {
            found = Some(value.trim());
        }
    }
    found?.parse().ok()
}

/// A member's name without its quotes, if they match and it is a name at all.
fn unquoted(name: &str) -> Option<&str> {
    let quote = |c: char| c == '"' || c == '\'';
    let (first, last) = (name.chars().next()?, name.chars().next_back()?);
    match (quote(first), quote(last)) {
        (true, true) => (first == last && name.len() >= 2).then(|| &name[1..name.len() - 1]),
        (false, false) => (first != '{' && first != '[').then_some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_objects_are_accepted_as_aws_does() {
        for text in [
            "{\"statusCode\": 200}",
            "{ statusCode: 200 }",
            "{\n  \"statusCode\": 200,\n}\n",
            "{statusCode: 200,mega{ q}ux: [le t]}",
            "{statusCode: 200, \"word\": 'goog'}",
            "{statusCode: 200, foo}: [ba r]}",
            "{statusCode: 200, foo'}: [ba r]}",
            "{statusCode: 200, }foo: [ba r]}",
            "{statusCode: 200, }foo: ''}",
            "{statusCode: 200, \" \": \" \"}",
            "{statusCode: 200, \"\": \"\"}",
            "{'statusCode': 200, '': ''}",
            "{\"statusCode\": 200 ,, }",
            "{\"statusCode\": 200 , null: null }",
            "{\"a\": \"x,y\", \"statusCode\": 200}",
        ] {
            assert_eq!(status_code(text), Some(200), "{text}");
        }
        assert_eq!(status_code("{\"statusCode\": -1000}"), Some(-1000));
    }

    #[test]
    fn what_is_not_an_object_with_an_integer_status_is_refused() {
        for text in [
            "",
            "nonsense",
            "200",
            "[]",
            "{}",
            "\"statusCode\": 200",
            "{\"statusCode\": \"200\"}",
            "{\"statusCode\": 200.5}",
            "{statusCode: '200'}",
            "{\"statusCode': 200}",
            "{statusCode\": 200}",
            "{{statusCode: 200}}",
            "{statusCode: 200, [a: 1}",
            "{statusCode: 200",
            "{\": 200}",
        ] {
            assert_eq!(status_code(text), None, "{text}");
        }
    }

    #[test]
    fn a_template_is_chosen_by_content_type_then_default() {
        use Rendered::*;
        let templates = [
            ("application/json".into(), "{\"statusCode\": 1}".into()),
            ("$default".into(), "{\"statusCode\": 2}".into()),
        ];
        let both = RequestTemplates::new(&templates, PassthroughBehavior::Never);
        assert_eq!(both.render(None), Template(Some(1)));
        assert_eq!(both.render(Some("Application/JSON; charset=utf-8")), Template(Some(1)));
        assert_eq!(both.render(Some("text/plain")), Template(Some(2)));
        let one =
            |behavior| RequestTemplates::new(&templates[..1], behavior).render(Some("text/plain"));
        assert_eq!(one(PassthroughBehavior::Never), Unsupported);
        assert_eq!(one(PassthroughBehavior::WhenNoTemplates), Unsupported);
        assert_eq!(one(PassthroughBehavior::WhenNoMatch), Passthrough);
        let none = RequestTemplates::new(&[], PassthroughBehavior::WhenNoTemplates);
        assert_eq!(none.render(None), Passthrough);
    }
}
