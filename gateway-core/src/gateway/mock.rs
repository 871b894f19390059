//! What a `MOCK` integration answers by: the `statusCode` of its request templates.

use super::integration_request::ContentPlan;
use super::integration_response::Responses;

/// A compiled `MOCK` integration.
#[derive(Debug)]
pub(crate) struct Mock {
    pub(crate) request: ContentPlan,
    pub(crate) responses: Responses,
}

/// The integer `statusCode` of an object.
///
/// The real service's parser takes more than JSON: names without quotes or in single ones, empty
/// members, anything as another member's value. It refuses text that is not in braces, and names
/// that begin like an object or an array or whose quotes do not match.
pub(crate) fn status_code(text: &str) -> Option<i64> {
    if let Some(status) = alone(text) {
        return Some(status);
    }
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

/// `{"statusCode": 200}`, which nearly all have.
fn alone(text: &str) -> Option<i64> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let value =
        inner.trim().strip_prefix("\"statusCode\"")?.trim_start().strip_prefix(':')?.trim_start();
    let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    if is_number { value.parse().ok() } else { None }
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
        assert_eq!(status_code(" {\t\"statusCode\"\n:404 } "), Some(404));
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
}
