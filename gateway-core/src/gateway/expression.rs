//! Mapping expressions of REST APIs: `method.request.path.id`, `'text'`, `stageVariables.x`.
//!
//! "API Gateway request and response data mapping reference". Names are case-sensitive, field names
//! too where their spelling is known (`Spelling`); a source that is missing skips its mapping.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use crate::context::{Context, Variable};
use crate::json::{self, Json};
use crate::json_path::JsonPath;
use crate::message::field_names::INVISIBLE_TO_REST;
use crate::message::{Fields, Timestamp, is_field_name, spelling};
use crate::target;

/// What expressions take their values from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'r> {
    /// The client's fields.
    pub(crate) fields: &'r Fields,
    pub(crate) context: &'r Context<'r>,
    pub(crate) now: Timestamp,
    /// The client's content, where an expression reads it.
    pub(crate) body: Option<&'r Body>,
    /// The endpoint's response, once it is there.
    pub(crate) response: Option<ResponseSources<'r>>,
}

/// The endpoint's part of [`Sources`].
#[derive(Clone, Copy)]
pub(crate) struct ResponseSources<'r> {
    pub(crate) fields: &'r Fields,
    /// Its content, where an expression reads it.
    pub(crate) body: Option<&'r Body>,
}

/// Content that expressions read.
#[derive(Debug)]
pub(crate) struct Body {
    text: String,
    /// What the content is as JSON, if it begins like that.
    json: Option<Json>,
}

/// Content that begins like JSON and is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidJson;

impl Body {
    /// Reads content: none is `{}`, and only what begins like JSON is taken for it.
    pub(crate) fn read(content: &[u8]) -> Result<Self, InvalidJson> {
        let text = String::from_utf8_lossy(content).into_owned();
        if text.is_empty() {
            return Ok(Self { text: "{}".into(), json: None });
        }
        let json = match text.trim_start().starts_with(['{', '[', '\'', '"']) {
            true => Some(json::read(&text).map_err(|_| InvalidJson)?),
            false => None,
        };
        Ok(Self { text, json })
    }

    fn value(&self, path: &BodyPath) -> Option<Cow<'_, str>> {
        match path {
            BodyPath::Whole => Some(Cow::Borrowed(&self.text)),
            BodyPath::At(path) => match path.evaluate(self.json.as_ref()?).into_json()? {
                Json::Null => None,
                Json::String(text) => Some(Cow::Owned(text)),
                other => Some(Cow::Owned(other.to_text())),
            },
        }
    }
}

/// What of a content an expression stands for.
#[derive(Debug)]
pub(crate) enum BodyPath {
    Whole,
    /// What a JSONPath finds: a string's text, or JSON.
    At(JsonPath),
}

/// Where a mapping takes its values from.
#[derive(Debug)]
pub(crate) enum Expression {
    /// `'text'`, and stage variables, which are known when a stage is compiled.
    Text(String),
    /// A source that this request or stage does not have.
    Missing,
    Header(String),
    MultiValueHeader(String),
    Query(String),
    MultiValueQuery(String),
    Path(String),
    Context(Variable),
    Body(BodyPath),
    ResponseHeader(String),
    MultiValueResponseHeader(String),
    ResponseBody(BodyPath),
}

impl Expression {
    /// Parses an expression; the error says what is wrong or not supported.
    pub(crate) fn parse(text: &str, variables: &BTreeMap<String, String>) -> Result<Self, String> {
        if let Some(literal) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Ok(Self::Text(literal.into()));
        }
        if let Some(name) = text.strip_prefix("stageVariables.") {
            return Ok(variables.get(name).map_or(Self::Missing, |v| Self::Text(v.clone())));
        }
        if let Some(name) = text.strip_prefix("context.") {
            return Ok(Variable::parse(name).map_or(Self::Missing, Self::Context));
        }
        let found = match text.strip_prefix("method.request.") {
            Some(source) => Self::of_request(source)?,
            None => match text.strip_prefix("integration.response.") {
                Some(source) => Self::of_response(source)?,
                None => None,
            },
        };
        found.ok_or_else(|| alloc::format!("`{text}` is not the source of a mapping"))
    }

    fn of_request(source: &str) -> Result<Option<Self>, String> {
        if let Some(path) = BodyPath::parse(source)? {
            return Ok(Some(Self::Body(path)));
        }
        let (place, name) = source.split_once('.').unwrap_or((source, ""));
        let of: fn(String) -> Self = match place {
            "header" => Self::Header,
            "multivalueheader" => Self::MultiValueHeader,
            "querystring" => Self::Query,
            "multivaluequerystring" => Self::MultiValueQuery,
            "path" => Self::Path,
            _ => return Ok(None),
        };
        Ok((!name.is_empty()).then(|| of(name.into())))
    }

    fn of_response(source: &str) -> Result<Option<Self>, String> {
        if let Some(path) = BodyPath::parse(source)? {
            return Ok(Some(Self::ResponseBody(path)));
        }
        let (place, name) = source.split_once('.').unwrap_or((source, ""));
        let of: fn(String) -> Self = match place {
            "header" => Self::ResponseHeader,
            "multivalueheader" => Self::MultiValueResponseHeader,
            _ => return Ok(None),
        };
        Ok((!name.is_empty()).then(|| of(name.into())))
    }

    /// Whether the client's content is read.
    pub(crate) fn reads_request_body(&self) -> bool {
        matches!(self, Self::Body(_))
    }

    /// Whether the endpoint's content is read.
    pub(crate) fn reads_response_body(&self) -> bool {
        matches!(self, Self::ResponseBody(_))
    }

    /// Whether values come percent-encoded.
    pub(crate) fn is_encoded(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    /// What the expression stands for: nothing if the source is missing, several values only for
    /// a multi-value query parameter.
    pub(crate) fn values<'r>(&'r self, sources: &Sources<'r>) -> Vec<Cow<'r, str>> {
        let context = sources.context;
        let one = |value: Option<Cow<'r, str>>| value.into_iter().collect();
        match self {
            Self::Text(text) => alloc::vec![Cow::Borrowed(text.as_str())],
            Self::Missing => Vec::new(),
            Self::Header(name) if INVISIBLE_TO_REST.contains(name) => Vec::new(),
            Self::MultiValueHeader(name) if INVISIBLE_TO_REST.contains(name) => Vec::new(),
            Self::Header(name) | Self::MultiValueHeader(name) if context.adds(name) => {
                one(context.added_field(name, sources.fields))
            }
            Self::Header(name) => one(last(sources.fields, name)),
            Self::MultiValueHeader(name) => one(joined(sources.fields, name)),
            Self::Query(name) => one(query_values(&context.raw_query, name).last()),
            Self::MultiValueQuery(name) => query_values(&context.raw_query, name).collect(),
            Self::Path(name) => {
                let parameter = context.path_parameters.iter().find(|(n, _)| n == name);
                one(parameter.map(|(_, value)| Cow::Borrowed(value.as_str())))
            }
            Self::Context(variable) => one(variable.value(context, sources.now)),
            Self::Body(path) => one(sources.body.and_then(|body| body.value(path))),
            Self::ResponseHeader(name) => one(sources.response.and_then(|r| last(r.fields, name))),
            Self::MultiValueResponseHeader(name) => {
                one(sources.response.and_then(|r| joined(r.fields, name)))
            }
            Self::ResponseBody(path) => {
                one(sources.response.and_then(|r| r.body).and_then(|body| body.value(path)))
            }
        }
    }
}

impl BodyPath {
    /// `body` or `body.PATH`; `None` for another source.
    fn parse(source: &str) -> Result<Option<Self>, String> {
        if source == "body" {
            return Ok(Some(Self::Whole));
        }
        let Some(path) = source.strip_prefix("body.") else { return Ok(None) };
        let parsed = JsonPath::parse(&alloc::format!("$.{path}"));
        parsed.map(|path| Some(Self::At(path))).map_err(|error| {
            alloc::format!("Invalid mapping expression specified: {source}: {error}")
        })
    }
}

/// The last line of a name.
fn last<'r>(fields: &'r Fields, name: &str) -> Option<Cow<'r, str>> {
    spelling::lines(fields, name).next_back().map(Cow::Borrowed)
}

/// All lines of a name as one.
fn joined<'r>(fields: &'r Fields, name: &str) -> Option<Cow<'r, str>> {
    let mut lines = spelling::lines(fields, name);
    let first = lines.next()?;
    let rest: Vec<&str> = lines.collect();
    match rest.is_empty() {
        true => Some(Cow::Borrowed(first)),
        false => Some(Cow::Owned(alloc::format!("{first},{}", rest.join(",")))),
    }
}

fn query_values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
    target::query_parameters(query).filter(move |(n, _)| n == name).map(|(_, value)| value)
}

/// The field name of a mapping's target, as `method.response.header.NAME` after this prefix.
pub(crate) fn field_name<'a>(target: &'a str, prefix: &str) -> Result<&'a str, String> {
    let name = target.strip_prefix(prefix).filter(|name| is_field_name(name));
    name.ok_or_else(|| alloc::format!("`{target}` is not `{prefix}` and a field name"))
}
