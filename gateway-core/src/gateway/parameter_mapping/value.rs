//! The values of parameter mappings: `$request.header.x`, `${context.stage}-${request.path.id}`.

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

use super::MappingError;
use super::body_path::BodyPath;
use crate::context::{Context, NAMES, Variable};
use crate::message::{Fields, Timestamp, is_field_name};
use crate::target;

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
    /// The content; `None` is all of it.
    Body(Option<BodyPath>),
}

/// The message that a mapping reads and changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// What mappings take their values from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'r> {
    /// The message's fields.
    pub(crate) fields: &'r Fields,
    /// The message's content, where [`Value::reads_body`] says that it is needed.
    pub(crate) body: &'r [u8],
    pub(crate) context: &'r Context<'r>,
    /// Path variables as they came, percent-encoded.
    pub(crate) path_parameters: &'r [(&'r str, &'r str)],
    pub(crate) now: Timestamp,
}

impl Value {
    pub(crate) fn parse(
        text: &str,
        side: Side,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, MappingError> {
        let reference = |name| reference(name, text, side, variables);
        if let Some(name) = text.strip_prefix('$').filter(|rest| !rest.starts_with('{'))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Ok(Self(alloc::vec![reference(name)?]));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            constant(before, text, &mut parts)?;
            let Some((name, after)) = after.split_once('}') else {
                return Err(invalid(text, "`${` without `}`"));
            };
            parts.push(reference(name)?);
            rest = after;
        }
        constant(rest, text, &mut parts)?;
        Ok(Self(parts))
    }

    /// Whether the message's content must be there.
    pub(crate) fn reads_body(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Body(_)))
    }

    /// The text, if there is no reference in it.
    pub(crate) fn as_constant(&self) -> Option<&str> {
        match &self.0[..] {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The value as text; `None` where it is one reference to something that is not there.
    pub(crate) fn text(&self, source: Source<'_>) -> Option<String> {
        if let [one] = &self.0[..] {
            return one.text(source);
        }
        Some(self.0.iter().filter_map(|part| part.text(source)).collect())
    }

    /// Whether what a request brings leads out of the place in the path that the value gives it: `../admin` in
    /// `/pub/${request.querystring.f}`. The request's own path and its variables are looked at where they are routed.
    pub(crate) fn climbs_out(&self, source: Source<'_>) -> bool {
        self.0.iter().any(|part| match part {
            Part::Text(_) | Part::Path | Part::PathVariable(_) => false,
            brought => brought.text(source).is_some_and(|text| target::climbs_out(&text)),
        })
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
            Self::Body(None) => {
                (!source.body.is_empty()).then(|| String::from_utf8_lossy(source.body).into_owned())
            }
            Self::Body(Some(path)) => path.text(source.body),
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

/// Text between references. What looks like one without braces cannot be meant.
fn constant(part: &str, text: &str, parts: &mut Vec<Part>) -> Result<(), MappingError> {
    if ["$request.", "$response.", "$context.", "$stageVariables."]
        .iter()
        .any(|open| part.contains(open))
    {
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
    side: Side,
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
        "request" | "response" if root == side.root() => {
            match rest.split_once('.').unwrap_or((rest, "")) {
                ("header", name) if is_field_name(name) => Ok(Part::Header(name.into())),
                ("body", "") if rest == "body" => Ok(Part::Body(None)),
                _ if rest.starts_with("body") => {
                    let path = BodyPath::parse(&rest["body".len()..]);
                    path.map(|path| Part::Body(Some(path))).map_err(|why| invalid(text, &why))
                }
                _ if side == Side::Response => Err(invalid(text, side.forms())),
                ("querystring", name) if is_name(name) => Ok(Part::Query(name.into())),
                ("path", "") if rest == "path" => Ok(Part::Path),
                ("path", name) if is_name(name) => Ok(Part::PathVariable(name.into())),
                _ => Err(invalid(text, side.forms())),
            }
        }
        _ => Err(invalid(text, side.forms())),
    }
}

fn invalid(text: &str, why: &str) -> MappingError {
    MappingError::Value(format!("Invalid mapping expression specified: {text}: {why}"))
}

impl Side {
    fn root(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    fn forms(self) -> &'static str {
        match self {
            Self::Request => {
                "references are `$request.header|querystring|path.NAME`, `$request.path`, \
                 `$request.body`, `$request.body.PATH`, `$context.NAME` and `$stageVariables.NAME`"
            }
            Self::Response => {
                "references are `$response.header.NAME`, `$response.body`, `$response.body.PATH`, \
                 `$context.NAME` and `$stageVariables.NAME`"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::example;
    use crate::message::Field;

    fn value(text: &str) -> Result<Value, MappingError> {
        Value::parse(text, Side::Request, &BTreeMap::from([("env".into(), "blue".into())]))
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
            body: br#"{"a":{"b":[1.0,"two"]}}"#,
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
            ("$request.body", Some(r#"{"a":{"b":[1.0,"two"]}}"#)),
            ("$request.body.a.b[1]", Some("two")),
            ("<${request.body.a}>", Some(r#"<{"b":[1.0,"two"]}>"#)),
            ("$request.body.none", None),
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
            "$response.body",
            "$request.body.",
            "$request.body..a",
            "$request.body.a[?(@.b)]",
            "$request.bodyx",
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
    }

    #[test]
    fn a_response_is_mapped_from_itself_and_not_from_the_request() {
        let parse = |text| Value::parse(text, Side::Response, &BTreeMap::new());
        for text in
            ["$response.header.a", "$response.body", "${response.body.a[0].b}!", "$context.stage"]
        {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in ["$request.header.a", "$response.path", "$response.querystring.a", "$response"]
        {
            assert!(matches!(parse(text), Err(MappingError::Value(_))), "{text}");
        }
        assert!(parse("$response.body").unwrap().reads_body());
    }
}
