//! The parameter mappings of REST APIs: `integration.request.path.id: method.request.path.id`.
//!
//! "API Gateway request and response data mapping reference".

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::cors::is_field_name;
use super::reading::Reading;
use crate::json_path::JsonPath;

/// `requestParameters` of an integration, in their order.
pub(super) fn read_request<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    read(reading, at, "integration.request.", &["header", "path", "querystring"], |source, text| {
        match source_of(text) {
            Some(Source::RequestBody) => check_path(reading, source, text, "method.request.body"),
            Some(Source::Response | Source::ResponseBody) | None => refuse(reading, source, text),
            Some(_) => {}
        }
    })
}

/// `responseParameters` of an integration response, in their order.
pub(super) fn read_response<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    read(reading, at, "method.response.", &["header"], |source, text| match source_of(text) {
        Some(Source::ResponseBody) => {
            check_path(reading, source, text, "integration.response.body");
        }
        Some(Source::Request | Source::RequestBody) | None => refuse(reading, source, text),
        Some(_) => {}
    })
}

/// `responseParameters` of a gateway response.
pub(super) fn read_gateway_response<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
) -> Vec<(String, String)> {
    read(reading, at, "gatewayresponse.", &["header"], |source, text| match source_of(text) {
        Some(Source::RequestBody) => {
            let help = "map from path, query string or header";
            let message = "a gateway response's parameter cannot take the request's body";
            reading.error_with(source, message, help);
        }
        Some(Source::Response | Source::ResponseBody) | None => refuse(reading, source, text),
        Some(_) => {}
    })
}

/// Notes what follows a body and is no JSONPath.
fn check_path<'d>(reading: &Reading<'d>, at: &At<'d>, text: &str, body: &str) {
    let Some(path) = text.strip_prefix(body).filter(|path| !path.is_empty()) else { return };
    if let Err(error) = JsonPath::parse(&format!("${path}")) {
        let message = format!("Invalid mapping expression specified: {text}");
        reading.error_with(at, message, format!("`{}` is no JSONPath: {error}", &path[1..]));
    }
}

fn read<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    prefix: &str,
    places: &[&str],
    check: impl Fn(&At<'d>, &str),
) -> Vec<(String, String)> {
    let Some(mappings) = reading.object(at.clone()) else { return Vec::new() };
    let mut read = Vec::new();
    for (target, source) in mappings.members() {
        if target.starts_with("gatewayresponse.path.")
            || target.starts_with("gatewayresponse.querystring.")
        {
            // "param-position can be header, path, or querystring", says the reference.
            reading.warning(&source, "it has no effect: a response has nothing but header fields");
            continue;
        }
        let place = target.strip_prefix(prefix).and_then(|rest| rest.split_once('.'));
        let fits = |(place, name): (&str, &str)| {
            places.contains(&place) && is_name(name) && (place != "header" || is_field_name(name))
        };
        if !place.is_some_and(fits) {
            let help = format!("it has the form `{prefix}{}.NAME`", places.join("|"));
            let message = format!("Invalid mapping expression parameter specified: {target}");
            reading.error_with(&source, message, help);
            continue;
        }
        if let Some(text) = reading.string(&source) {
            check(&source, text);
            read.push((target.into(), text.into()));
        }
    }
    read
}

fn refuse<'d>(reading: &Reading<'d>, at: &At<'d>, text: &str) {
    let help = match text.starts_with(|c: char| c.is_ascii_alphanumeric()) && !text.contains('.') {
        true => format!("a literal stands in single quotes: `'{text}'`"),
        false => "it is a literal in single quotes, `context.NAME`, `stageVariables.NAME`, or \
                  `method.request.header|querystring|path.NAME` in a request, \
                  `integration.response.header.NAME` in a response"
            .into(),
    };
    reading.error_with(at, format!("Invalid mapping expression specified: {text}"), help);
}

/// Where a mapping's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// A literal, `$context` or a stage variable.
    Anywhere,
    Request,
    RequestBody,
    Response,
    ResponseBody,
}

fn source_of(text: &str) -> Option<Source> {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.ends_with('\'').then_some(Source::Anywhere);
    }
    if let Some(name) = text.strip_prefix("stageVariables.") {
        return is_variable(name).then_some(Source::Anywhere);
    }
    if let Some(name) = text.strip_prefix("context.") {
        return name.split('.').all(|part| !part.is_empty()).then_some(Source::Anywhere);
    }
    let (rest, plain, body) = match text.strip_prefix("method.request.") {
        Some(rest) => (rest, Source::Request, Source::RequestBody),
        None => {
            (text.strip_prefix("integration.response.")?, Source::Response, Source::ResponseBody)
        }
    };
    match rest.split_once('.') {
        None => (rest == "body").then_some(body),
        Some(("body", path)) => (!path.is_empty()).then_some(body),
        Some(("header" | "multivalueheader", name)) => is_name(name).then_some(plain),
        Some(("path" | "querystring" | "multivaluequerystring", name)) => {
            (plain == Source::Request && is_name(name)).then_some(plain)
        }
        Some(_) => None,
    }
}

/// The name of a parameter: AWS takes letters, digits and the signs that field names have.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\'' | b'"'))
}

/// The name of a stage variable.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart() {
        for (text, source) in [
            ("'literal, with 'quotes' and .'", Source::Anywhere),
            ("''", Source::Anywhere),
            ("context.authorizer.claims.sub", Source::Anywhere),
            ("stageVariables.host", Source::Anywhere),
            ("method.request.path.id", Source::Request),
            ("method.request.multivaluequerystring.q", Source::Request),
            ("method.request.body", Source::RequestBody),
            ("method.request.body.a[0].b", Source::RequestBody),
            ("integration.response.header.Location", Source::Response),
            ("integration.response.body.x", Source::ResponseBody),
        ] {
            assert_eq!(source_of(text), Some(source), "{text}");
        }
        for text in [
            "",
            "literal",
            "'",
            "'half",
            "context.",
            "context..x",
            "stageVariables.a-b",
            "method.request.path",
            "method.request.path.",
            "method.request.cookie.x",
            "integration.response.path.x",
            "method.request.header.a b",
        ] {
            assert_eq!(source_of(text), None, "{text}");
        }
    }
}
