//! The parameter mappings of HTTP APIs: `overwrite:header.x-id: $request.path.id`.
//!
//! "Transform API requests and responses for HTTP APIs".

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::paths::ResourcePath;
use super::reading::Reading;
use crate::gateway::parameter_mapping::{
    MappingError, RequestMappings, ResponseMappings, status_code,
};

/// `requestParameters` of an integration, in their order.
pub(super) fn read_request<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    path: &ResourcePath,
) -> Vec<(String, String)> {
    read(reading, at, |target, text| {
        // What a stage's variables are does not matter to whether a mapping is right.
        RequestMappings::default().add(target, text, &BTreeMap::new())
    })
    .into_iter()
    .map(|(target, text, value)| {
        warn_of_unknown_variables(reading, &value, &text, path);
        (target, text)
    })
    .collect()
}

/// `responseParameters` of an integration: by status, in their order.
pub(super) fn read_response<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
) -> Vec<(u16, Vec<(String, String)>)> {
    let Some(statuses) = reading.object(at.clone()) else { return Vec::new() };
    let mut all = Vec::new();
    for (status, mappings) in statuses.members() {
        let Some(status) = status_code(status) else {
            let message = format!("`{status}` is no status code");
            reading.error_with(&mappings, message, "mappings stand under a status, 200 to 599");
            continue;
        };
        let read = read(reading, &mappings, |target, text| {
            ResponseMappings::default().add(status, target, text, &BTreeMap::new())
        });
        all.push((status, read.into_iter().map(|(target, text, _)| (target, text)).collect()));
    }
    all
}

/// Target, text, and where the text stands.
type Read<'d> = (String, String, At<'d>);

fn read<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    check: impl Fn(&str, &str) -> Result<(), MappingError>,
) -> Vec<Read<'d>> {
    let Some(mappings) = reading.object(at.clone()) else { return Vec::new() };
    let mut read = Vec::new();
    for (target, value) in mappings.members() {
        // Status codes and other constants may be written as numbers.
        let Some(text) = reading.text(&value) else { continue };
        match check(target, text) {
            Ok(()) => read.push((target.into(), text.into(), value.clone())),
            Err(MappingError::Target(reason)) => {
                reading.error(&value, format!("invalid mapping `{target}`: {reason}"));
            }
            Err(MappingError::Value(reason)) => reading.error(&value, reason),
        }
        if target.starts_with("remove:") && !matches!(text, "" | "''") {
            reading.warning(&value, "a removal has the value `''`; this one has no effect");
        }
    }
    read
}

/// A reference to a path variable that the route does not have is never filled.
pub(super) fn warn_of_unknown_variables<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    text: &str,
    path: &ResourcePath,
) {
    const OPEN: &str = "request.path.";
    let references = text.match_indices(OPEN).map(|(start, _)| &text[start + OPEN.len()..]);
    for rest in references {
        let name = rest.split('}').next().unwrap_or(rest);
        if !path.variables.iter().any(|variable| variable == name) {
            let message = format!("`{}` has no variable `{name}`: there is no value", path.text);
            reading.warning(at, message);
        }
    }
}
