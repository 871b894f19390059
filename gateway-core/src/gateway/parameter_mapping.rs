//! Parameter mappings of HTTP APIs: `overwrite:header.x-id: $request.path.id`.
//!
//! "Transform API requests and responses for HTTP APIs". All values are those of the client's
//! request, so that a mapping never sees what another one did.

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

use crate::context::{Context, NAMES, Variable};
use crate::message::{Fields, Timestamp, is_field_name};
use crate::target;

/// The request mappings of an integration.
#[derive(Debug, Default)]
pub(crate) struct RequestMappings {
    /// Removals, then what overwrites, then what is appended: whatever order they stand in.
    pub(crate) headers: Vec<(Change, String)>,
    pub(crate) query: Vec<(Change, String)>,
    /// `overwrite:path`
    pub(crate) path: Option<Value>,
}

/// What a mapping does to a header field or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Remove,
    Overwrite(Value),
    Append(Value),
}

/// A value with references in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A constant, or a stage variable, which is known when a stage is compiled.
    Text(String),
    /// A stage variable that this stage does not have.
    Missing,
    Header(String),
    Query(String),
    Path,
    PathVariable(String),
    Context(Variable),
}

/// Why a mapping cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MappingError {
    /// `$request.body`, which is not supported yet.
    Body,
    /// The target, with what is wrong with it.
    Target(String),
    /// The value, with what is wrong with it.
    Value(String),
}

/// What mappings take their values from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'r> {
    pub(crate) fields: &'r Fields,
    pub(crate) context: &'r Context,
    /// Path variables as they came, percent-encoded.
    pub(crate) path_parameters: &'r [(&'r str, &'r str)],
    pub(crate) now: Timestamp,
}

impl RequestMappings {
    /// Adds one mapping.
    pub(crate) fn add(
        &mut self,
        target: &str,
        value: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), MappingError> {
        let (verb, place, name) = parse_target(target).map_err(MappingError::Target)?;
        let value = match verb {
            Verb::Remove => None,
            Verb::Overwrite | Verb::Append => Some(Value::parse(value, variables)?),
        };
        let changes = match place {
            Place::Path => {
                self.path = value;
                return Ok(());
            }
            Place::Header => &mut self.headers,
            Place::Query => &mut self.query,
        };
        let change = match (verb, value) {
            (Verb::Append, Some(value)) => Change::Append(value),
            (Verb::Overwrite, Some(value)) => Change::Overwrite(value),
            (_, _) => Change::Remove,
        };
        let after = changes.iter().position(|(other, _)| other.order() > change.order());
        changes.insert(after.unwrap_or(changes.len()), (change, name.into()));
        Ok(())
    }
}

impl Change {
    fn order(&self) -> u8 {
        match self {
            Self::Remove => 0,
            Self::Overwrite(_) => 1,
            Self::Append(_) => 2,
        }
    }
}

impl Value {
    fn parse(text: &str, variables: &BTreeMap<String, String>) -> Result<Self, MappingError> {
        if let Some(name) = text.strip_prefix('$').filter(|rest| !rest.starts_with('{'))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Ok(Self(alloc::vec![reference(name, text, variables)?]));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            constant(before, text, &mut parts)?;
            let Some((name, after)) = after.split_once('}') else {
                return Err(invalid(text, "`${` without `}`"));
            };
            parts.push(reference(name, text, variables)?);
            rest = after;
        }
        constant(rest, text, &mut parts)?;
        Ok(Self(parts))
    }

    /// The value as text; `None` where it is one reference to something that is not there.
    pub(crate) fn text(&self, source: Source<'_>) -> Option<String> {
        if let [one] = &self.0[..] {
            return one.text(source);
        }
        Some(self.0.iter().filter_map(|part| part.text(source)).collect())
    }

    /// The value as a path, percent-encoded once: what came encoded stays, and nothing ends the
    /// path. `None` as with [`Value::text`].
    pub(crate) fn path(&self, source: Source<'_>) -> Option<String> {
        if let [one] = &self.0[..] {
            one.text(source)?;
        }
        let mut path = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => encode_given(text, &mut path),
                Part::Path => encode_given(&source.context.resource_request_path, &mut path),
                Part::PathVariable(name) => {
                    encode_given(source.path_parameter(name).unwrap_or_default(), &mut path);
                }
                other => target::encode_path(&other.text(source).unwrap_or_default(), &mut path),
            }
        }
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        Some(path)
    }
}

impl Part {
    fn text(&self, source: Source<'_>) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Missing => None,
            // "API Gateway combines multiple values with commas."
            Self::Header(name) => joined(source.fields.all(name)),
            Self::Query(name) => {
                let of_name = target::query_parameters(&source.context.raw_query)
                    .filter(|(n, _)| n == name)
                    .map(|(_, value)| value);
                joined(of_name)
            }
            Self::Path => Some(target::decode(&source.context.resource_request_path).into_owned()),
            Self::PathVariable(name) => {
                source.path_parameter(name).map(|value| target::decode(value).into_owned())
            }
            Self::Context(variable) => {
                variable.value(source.context, source.now).map(|value| value.into_owned())
            }
        }
    }
}

impl<'r> Source<'r> {
    fn path_parameter(&self, name: &str) -> Option<&'r str> {
        self.path_parameters.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }
}

fn joined<T: AsRef<str>>(values: impl Iterator<Item = T>) -> Option<String> {
    values.fold(None, |joined, value| {
        let mut text = joined.map_or_else(String::new, |text: String| text + ",");
        text.push_str(value.as_ref());
        Some(text)
    })
}

/// Text of the path of a URL that may be encoded already.
fn encode_given(text: &str, to: &mut String) {
    for (i, piece) in text.split('?').enumerate() {
        to.push_str(if i > 0 { "%3F" } else { "" });
        target::encode_rest(piece, to);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Append,
    Overwrite,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Path,
}

fn parse_target(target: &str) -> Result<(Verb, Place, &str), String> {
    const FORM: &str =
        "it has the form `append|overwrite|remove:header|querystring.NAME` or `overwrite:path`";
    let (verb, place) = target.split_once(':').ok_or(FORM)?;
    let verb = match verb {
        "append" => Verb::Append,
        "overwrite" => Verb::Overwrite,
        "remove" => Verb::Remove,
        _ => return Err(FORM.into()),
    };
    match (verb, place.split_once('.').unwrap_or((place, ""))) {
        (Verb::Overwrite, ("path", "")) => Ok((verb, Place::Path, "")),
        (_, ("path", "")) => Err("the path can only be overwritten".into()),
        (_, ("header", name)) if is_reserved(name) => {
            Err(format!("the header `{name}` is reserved"))
        }
        (Verb::Append, ("header", name)) if name.eq_ignore_ascii_case("host") => {
            Err("a request has one `Host`; it can be overwritten".into())
        }
        (_, ("header", name)) if is_field_name(name) => Ok((verb, Place::Header, name)),
        (_, ("querystring", name)) if !name.is_empty() => Ok((verb, Place::Query, name)),
        _ => Err(FORM.into()),
    }
}

/// "Reserved headers", and those of a connection, which the host alone writes.
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["access-control-", "apigw-", "x-amz-", "x-amzn-"].iter().any(|p| name.starts_with(p))
        || RESERVED.contains(&name.as_str())
        || ["expect", "proxy-connection", "trailer"].contains(&name.as_str())
}

const RESERVED: [&str; 18] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// Text between references. What looks like one without braces cannot be meant.
fn constant(part: &str, text: &str, parts: &mut Vec<Part>) -> Result<(), MappingError> {
    if ["$request.", "$context.", "$stageVariables."].iter().any(|open| part.contains(open)) {
        return Err(invalid(text, "a reference beside other text stands in braces: `${NAME}`"));
    }
    if !part.is_empty() || text.is_empty() {
        parts.push(Part::Text(part.into()));
    }
    Ok(())
}

/// `request.header.x`, of this value.
fn reference(
    name: &str,
    text: &str,
    variables: &BTreeMap<String, String>,
) -> Result<Part, MappingError> {
    let is_name = |name: &str| {
        !name.is_empty() && !name.contains(|c: char| c == '$' || c.is_ascii_whitespace())
    };
    let (root, rest) = name.split_once('.').unwrap_or((name, ""));
    match root {
        "stageVariables" if is_name(rest) => {
            Ok(variables.get(rest).map_or(Part::Missing, |value| Part::Text(value.clone())))
        }
        "context" => match Variable::parse(rest) {
            Some(variable) if is_name(rest) => Ok(Part::Context(variable)),
            _ => {
                let near = NAMES.iter().find(|known| known.eq_ignore_ascii_case(rest));
                Err(invalid(
                    text,
                    &near.map_or_else(
                        || format!("there is no `$context.{rest}`"),
                        |known| format!("did you mean `$context.{known}`?"),
                    ),
                ))
            }
        },
        "request" => match rest.split_once('.').unwrap_or((rest, "")) {
            ("header", name) if is_field_name(name) => Ok(Part::Header(name.into())),
            ("querystring", name) if is_name(name) => Ok(Part::Query(name.into())),
            ("path", "") if rest == "path" => Ok(Part::Path),
            ("path", name) if is_name(name) => Ok(Part::PathVariable(name.into())),
            ("body", _) => Err(MappingError::Body),
            _ => Err(invalid(text, FORMS)),
        },
        _ => Err(invalid(text, FORMS)),
    }
}

fn invalid(text: &str, why: &str) -> MappingError {
    MappingError::Value(format!("Invalid mapping expression specified: {text}: {why}"))
}

const FORMS: &str = "references are `$request.header|querystring|path.NAME`, `$request.path`, \
     `$context.NAME` and `$stageVariables.NAME`";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::example;
    use crate::message::Field;

    fn value(text: &str) -> Result<Value, MappingError> {
        Value::parse(text, &BTreeMap::from([("env".into(), "blue".into())]))
    }

    fn with_source<T>(then: impl FnOnce(Source<'_>) -> T) -> T {
        let mut context = example();
        context.raw_query = "q=1&Q=3&q=2+3".into();
        context.resource_request_path = "/pets/a%2Fb".into();
        let fields: Fields =
            [Field::new("X-M", "v1"), Field::new("x-m", "v2")].into_iter().collect();
        let path_parameters = [("id", "a%2Fb")];
        then(Source {
            fields: &fields,
            context: &context,
            path_parameters: &path_parameters,
            now: context.request_time,
        })
    }

    #[test]
    fn values_are_constants_references_and_both_in_one() {
        for (text, wanted) in [
            ("fixed", Some("fixed")),
            ("'quoted' $5", Some("'quoted' $5")),
            ("", Some("")),
            ("$request.header.x-M", Some("v1,v2")),
            ("$request.querystring.q", Some("1,2 3")),
            ("$request.path", Some("/pets/a/b")),
            ("$request.path.id", Some("a/b")),
            ("$context.stage", Some("test")),
            ("$stageVariables.env", Some("blue")),
            ("${request.path.id}-${stageVariables.env}!", Some("a/b-blue!")),
            ("${request.header.none}.${stageVariables.none}", Some(".")),
            ("$request.header.none", None),
            ("${request.querystring.none}", None),
            ("$stageVariables.none", None),
            ("$context.authorizer.claims.sub", None),
        ] {
            let got = with_source(|source| value(text).unwrap().text(source));
            assert_eq!(got.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_path_is_encoded_once_and_begins_with_a_slash() {
        for (text, wanted) in [
            ("$request.path", Some("/pets/a%2Fb")),
            ("/v2/${request.path.id}", Some("/v2/a%2Fb")),
            ("a b%20c?d#e", Some("/a%20b%20c%3Fd%23e")),
            ("/x/${request.querystring.q}?", Some("/x/1,2%203%3F")),
            ("$request.header.none", None),
        ] {
            let got = with_source(|source| value(text).unwrap().path(source));
            assert_eq!(got.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "$request.cookie.a",
            "$request.header.",
            "$request.path.",
            "$response.header.a",
            "$context.requestid",
            "$context.",
            "$stageVariables",
            "$request.header.a $request.header.b",
            "Bearer $request.header.a",
            "${request.header.a",
            "${nothing}",
        ] {
            assert!(matches!(value(text), Err(MappingError::Value(_))), "{text}");
        }
        for text in ["$request.body", "$request.body.name", "a ${request.body.a[0]}"] {
            assert_eq!(value(text), Err(MappingError::Body), "{text}");
        }
    }

    #[test]
    fn targets_are_headers_query_parameters_and_the_path() {
        for target in [
            "append:header.x",
            "overwrite:header.Host",
            "remove:header.x.y",
            "append:querystring.a b",
            "overwrite:path",
        ] {
            assert!(parse_target(target).is_ok(), "{target}");
        }
        for target in [
            "header.x",
            "set:header.x",
            "append:path",
            "remove:path",
            "overwrite:path.x",
            "overwrite:header",
            "overwrite:header.a b",
            "overwrite:querystring",
            "append:header.host",
            "overwrite:statuscode",
            "overwrite:header.Connection",
            "remove:header.X-Amzn-Trace-Id",
            "append:header.Access-Control-Allow-Origin",
        ] {
            assert!(parse_target(target).is_err(), "{target}");
        }
    }

    #[test]
    fn removals_come_first_and_what_is_appended_last() {
        let mut mappings = RequestMappings::default();
        for target in ["append:header.a", "remove:header.b", "overwrite:header.c"] {
            mappings.add(target, "1", &BTreeMap::new()).unwrap();
        }
        let names: Vec<&str> = mappings.headers.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["b", "c", "a"]);
    }
}
