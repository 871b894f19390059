//! Mapping expressions of REST APIs: `method.request.path.id`, `'text'`, `stageVariables.x`.
//!
//! "API Gateway request and response data mapping reference". Names are case-sensitive, field names
//! too; a source that is missing skips its mapping.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use crate::context::Context;
use crate::message::field_names::{INVISIBLE_TO_REST, is_one_of};
use crate::message::{Fields, Timestamp, is_field_name};
use crate::target;

/// Where a mapping takes its values from.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Context(String),
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
            return Ok(Self::Context(name.into()));
        }
        // Only custom integrations have something to map from; a proxy's answer goes as it is.
        if text.starts_with("integration.response.") {
            return Ok(Self::Missing);
        }
        let source = text.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        Ok(match source {
            Some(("header", name)) => Self::Header(name.into()),
            Some(("multivalueheader", name)) => Self::MultiValueHeader(name.into()),
            Some(("querystring", name)) => Self::Query(name.into()),
            Some(("multivaluequerystring", name)) => Self::MultiValueQuery(name.into()),
            Some(("path", name)) => Self::Path(name.into()),
            _ => {
                return Err(alloc::format!("`{text}` is not supported as the source of a mapping"));
            }
        })
    }

    /// Whether values come percent-encoded.
    pub(crate) fn is_encoded(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    /// What the expression stands for: nothing if the source is missing, several values only for
    /// a multi-value query parameter.
    pub(crate) fn values<'a>(
        &'a self,
        fields: &'a Fields,
        context: &'a Context,
        now: Timestamp,
    ) -> Vec<Cow<'a, str>> {
        let visible = |name: &str| !is_one_of(name, INVISIBLE_TO_REST);
        let fields_of = |name: &'a str| {
            fields.iter().filter(move |f| f.name == name && visible(name)).map(|f| f.value.as_str())
        };
        match self {
            Self::Text(text) => alloc::vec![Cow::Borrowed(text.as_str())],
            Self::Missing => Vec::new(),
            Self::Header(name) => {
                fields_of(name).next_back().map(Cow::Borrowed).into_iter().collect()
            }
            Self::MultiValueHeader(name) => {
                let values: Vec<&str> = fields_of(name).collect();
                if values.is_empty() { Vec::new() } else { alloc::vec![values.join(",").into()] }
            }
            Self::Query(name) => {
                query_values(&context.raw_query, name).last().into_iter().collect()
            }
            Self::MultiValueQuery(name) => query_values(&context.raw_query, name).collect(),
            Self::Path(name) => {
                let parameter = context.path_parameters.iter().find(|(n, _)| n == name);
                parameter.map(|(_, value)| Cow::Borrowed(value.as_str())).into_iter().collect()
            }
            Self::Context(name) => context.lookup(name, now).into_iter().collect(),
        }
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
