//! Parameter mappings of HTTP APIs: `overwrite:header.x-id: $request.path.id`.
//!
//! "Transform API requests and responses for HTTP APIs". All values are those of the message that
//! came, so that a mapping never sees what another one did.

mod body_path;
mod value;

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

pub(crate) use value::{Side, Source, Value};

use crate::message::is_field_name;

/// The request mappings of an integration.
#[derive(Debug, Default)]
pub(crate) struct RequestMappings {
    /// Removals, then what overwrites, then what is appended: whatever order they stand in.
    pub(crate) headers: Vec<(Change, String)>,
    pub(crate) query: Vec<(Change, String)>,
    /// `overwrite:path`
    pub(crate) path: Option<Value>,
}

/// The response mappings of an integration, by the endpoint's status.
#[derive(Debug, Default)]
pub(crate) struct ResponseMappings(Vec<(u16, StatusMappings)>);

/// The response mappings of one status.
#[derive(Debug, Default)]
pub(crate) struct StatusMappings {
    /// Removals, then what overwrites, then what is appended.
    pub(crate) headers: Vec<(Change, String)>,
    /// `overwrite:statuscode`
    pub(crate) status: Option<Value>,
}

/// What a mapping does to a header field or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Remove,
    Overwrite(Value),
    Append(Value),
}

/// Why a mapping cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MappingError {
    /// The target, with what is wrong with it.
    Target(String),
    /// The value, with what is wrong with it.
    Value(String),
}

impl MappingError {
    fn told_of(self, target: &str) -> String {
        match self {
            Self::Target(reason) => format!("`{target}`: {reason}"),
            Self::Value(reason) => reason,
        }
    }
}

impl RequestMappings {
    /// Adds one mapping.
    pub(crate) fn add(
        &mut self,
        target: &str,
        value: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), MappingError> {
        let (verb, place, name) =
            parse_target(target, Side::Request).map_err(MappingError::Target)?;
        let change = Change::parse(verb, value, Side::Request, variables)?;
        match (place, change) {
            (Place::Path, Change::Overwrite(value)) => self.path = Some(value),
            (Place::Header, change) => add(change, name, &mut self.headers),
            (_, change) => add(change, name, &mut self.query),
        }
        Ok(())
    }

    /// All mappings of an integration; the error says what is wrong with one of them.
    pub(crate) fn compile(
        mappings: &[(String, String)],
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let mut compiled = Self::default();
        for (target, value) in mappings {
            compiled.add(target, value, variables).map_err(|error| error.told_of(target))?;
        }
        Ok(compiled)
    }

    /// Whether nothing is mapped.
    pub(crate) fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && self.path.is_none()
    }

    /// Whether the request's content must be there.
    pub(crate) fn reads_body(&self) -> bool {
        let mut changes = self.headers.iter().chain(&self.query);
        changes.any(|(change, _)| change.reads_body())
            || self.path.as_ref().is_some_and(Value::reads_body)
    }
}

impl ResponseMappings {
    /// Adds one mapping for a status.
    pub(crate) fn add(
        &mut self,
        status: u16,
        target: &str,
        value: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), MappingError> {
        let (verb, place, name) =
            parse_target(target, Side::Response).map_err(MappingError::Target)?;
        let change = Change::parse(verb, value, Side::Response, variables)?;
        let at = self.0.iter().position(|(of, _)| *of == status).unwrap_or_else(|| {
            self.0.push((status, StatusMappings::default()));
            self.0.len() - 1
        });
        let mappings = &mut self.0[at].1;
        match (place, change) {
            (Place::StatusCode, Change::Overwrite(value)) => {
                if let Some(text) = value.as_constant()
                    && status_code(text).is_none()
                {
                    return Err(MappingError::Value(format!("`{text}` is no status code")));
                }
                mappings.status = Some(value);
            }
            (_, change) => add(change, name, &mut mappings.headers),
        }
        Ok(())
    }

    /// All mappings of an integration; the error says what is wrong with one of them.
    pub(crate) fn compile(
        mappings: &[(u16, Vec<(String, String)>)],
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let mut compiled = Self::default();
        for (status, mappings) in mappings {
            for (target, value) in mappings {
                let added = compiled.add(*status, target, value, variables);
                added.map_err(|error| error.told_of(target))?;
            }
        }
        Ok(compiled)
    }

    /// What is mapped for a status.
    pub(crate) fn of_status(&self, status: u16) -> Option<&StatusMappings> {
        self.0.iter().find(|(of, _)| *of == status).map(|(_, mappings)| mappings)
    }
}

impl StatusMappings {
    /// Whether the response's content must be there.
    pub(crate) fn reads_body(&self) -> bool {
        self.headers.iter().any(|(change, _)| change.reads_body())
            || self.status.as_ref().is_some_and(Value::reads_body)
    }
}

/// A status code that a response may be given.
pub(crate) fn status_code(text: &str) -> Option<u16> {
    let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|status| digits && (200..=599).contains(status))
}

impl Change {
    fn parse(
        verb: Verb,
        value: &str,
        side: Side,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, MappingError> {
        match verb {
            Verb::Remove => Ok(Self::Remove),
            Verb::Overwrite => Value::parse(value, side, variables).map(Self::Overwrite),
            Verb::Append => Value::parse(value, side, variables).map(Self::Append),
        }
    }

    fn reads_body(&self) -> bool {
        match self {
            Self::Remove => false,
            Self::Overwrite(value) | Self::Append(value) => value.reads_body(),
        }
    }

    fn order(&self) -> u8 {
        match self {
            Self::Remove => 0,
            Self::Overwrite(_) => 1,
            Self::Append(_) => 2,
        }
    }
}

fn add(change: Change, name: &str, changes: &mut Vec<(Change, String)>) {
    let after = changes.iter().position(|(other, _)| other.order() > change.order());
    changes.insert(after.unwrap_or(changes.len()), (change, name.into()));
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
    StatusCode,
}

fn parse_target(target: &str, side: Side) -> Result<(Verb, Place, &str), String> {
    let form = match side {
        Side::Request => {
            "it has the form `append|overwrite|remove:header|querystring.NAME` or `overwrite:path`"
        }
        Side::Response => {
            "it has the form `append|overwrite|remove:header.NAME` or `overwrite:statuscode`"
        }
    };
    let (verb, place) = target.split_once(':').ok_or(form)?;
    let verb = match verb {
        "append" => Verb::Append,
        "overwrite" => Verb::Overwrite,
        "remove" => Verb::Remove,
        _ => return Err(form.into()),
    };
    let (place, name) = place.split_once('.').unwrap_or((place, ""));
    match (place, side) {
        ("header", _) if is_reserved(name) => Err(format!("the header `{name}` is reserved")),
        ("header", Side::Request) if verb == Verb::Append && name.eq_ignore_ascii_case("host") => {
            Err("a request has one `Host`; it can be overwritten".into())
        }
        ("header", _) if is_field_name(name) => Ok((verb, Place::Header, name)),
        ("querystring", Side::Request) if !name.is_empty() => Ok((verb, Place::Query, name)),
        ("path", Side::Request) if name.is_empty() && !target.ends_with('.') => match verb {
            Verb::Overwrite => Ok((verb, Place::Path, "")),
            _ => Err("the path can only be overwritten".into()),
        },
        ("statuscode", Side::Response) if name.is_empty() && !target.ends_with('.') => match verb {
            Verb::Overwrite => Ok((verb, Place::StatusCode, "")),
            _ => Err("the status code can only be overwritten".into()),
        },
        _ => Err(form.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_headers_query_parameters_and_the_path() {
        for target in [
            "append:header.x",
            "overwrite:header.Host",
            "remove:header.x.y",
            "append:querystring.a b",
            "overwrite:path",
        ] {
            assert!(parse_target(target, Side::Request).is_ok(), "{target}");
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
            assert!(parse_target(target, Side::Request).is_err(), "{target}");
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

    #[test]
    fn a_response_has_headers_and_a_status_code() {
        let add = |status, target, value| {
            ResponseMappings::default().add(status, target, value, &BTreeMap::new())
        };
        for (target, value) in [
            ("append:header.x", "1"),
            ("remove:header.content-type", "''"),
            ("overwrite:statuscode", "404"),
            ("overwrite:statuscode", "$response.body.status"),
        ] {
            assert!(add(200, target, value).is_ok(), "{target} {value}");
        }
        for (target, value) in [
            ("append:statuscode", "404"),
            ("remove:statuscode", "''"),
            ("overwrite:statuscode", "abc"),
            ("overwrite:statuscode", "199"),
            ("overwrite:statuscode", "600"),
            ("overwrite:statuscode.x", "404"),
            ("overwrite:path", "/"),
            ("append:querystring.q", "1"),
            ("overwrite:header.Access-Control-Allow-Origin", "*"),
            ("append:header.x-amzn-requestid", "1"),
            ("append:header.x", "$request.header.x"),
        ] {
            assert!(add(200, target, value).is_err(), "{target} {value}");
        }
    }
}
