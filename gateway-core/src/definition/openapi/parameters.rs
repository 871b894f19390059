//! Declared request parameters.

use alloc::vec::Vec;

use super::super::document::At;
use super::super::{DefinitionError, RequestParameter};
use super::cache::is_of_method;
use super::ignored;
use super::paths::ResourcePath;
use super::reading::{Dialect, Reading};

/// The parameters of an operation: its own, and those of its path that it does not declare anew.
///
/// HTTP APIs do not look at them.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    item: &At<'d>,
    operation: &At<'d>,
    path: &ResourcePath,
    is_validated: bool,
) -> Vec<RequestParameter> {
    let mut read: Vec<RequestParameter> = Vec::new();
    if !reading.is_rest() {
        return read;
    }
    for declared in [operation, item].into_iter().filter_map(|at| at.get("parameters")) {
        for parameter in reading.array(&declared) {
            let Some(parameter) = parameter_of(reading, parameter, path, is_validated) else {
                continue;
            };
            let is_same = |p: &&RequestParameter| {
                p.location == parameter.location && p.name == parameter.name
            };
            if read.iter().find(is_same).is_none() {
                read.push(parameter);
            }
        }
    }
    read
}

/// Notes mappings from parameters, and cache keys of parameters, that the method does not declare:
/// there AWS refuses them.
pub(super) fn check_sources<'d>(
    reading: &Reading<'d>,
    integration: &At<'d>,
    declared: &[RequestParameter],
    path: &ResourcePath,
) {
    if !reading.is_rest() {
        return;
    }
    let mappings = integration.get("requestParameters");
    let mapped = mappings.iter().flat_map(At::members).map(|(_, source)| source);
    let keys = integration.get("cacheKeyParameters");
    // What is no place of a parameter is told as no expression.
    let is_place = |at: &At<'_>| {
        let source = at.as_str().and_then(|text| text.strip_prefix("method.request."));
        let place = source.and_then(|source| source.split('.').next()).unwrap_or_default();
        let location = place.strip_prefix("multivalue").unwrap_or(place);
        ["path", "querystring", "header"].contains(&location)
    };
    // AWS's words.
    let mapped = mapped
        .filter(is_place)
        .map(|source| (source, "Invalid mapping expression parameter specified"));
    let keys = keys
        .iter()
        .flat_map(At::items)
        .filter(is_of_method)
        .map(|at| (at, "Invalid cache key parameter specified"));
    for (source, words) in mapped.chain(keys) {
        let text = source.as_str().unwrap_or_default();
        let parts = text.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
        let Some((place, name)) = parts.filter(|(place, _)| *place != "body") else { continue };
        let location = place.strip_prefix("multivalue").unwrap_or(place);
        if declared.iter().any(|p| p.location == location && p.name == name) {
            continue;
        }
        let message = alloc::format!("{words}: {text}");
        let place = if location == "querystring" { "query" } else { location };
        let help =
            alloc::format!("declare `{name}` (`in: {place}`) under the operation's `parameters`");
        // A variable of the path is there all the same.
        let is_there = location == "path" && path.variables.iter().any(|known| known == name);
        reading.note(match is_there {
            true => DefinitionError::warning(source.source(), message).help(help),
            false => DefinitionError::error(source.source(), message).help(help),
        });
    }
}

fn parameter_of<'d>(
    reading: &Reading<'d>,
    at: At<'d>,
    path: &ResourcePath,
    is_validated: bool,
) -> Option<RequestParameter> {
    let at = reading.resolve(at).and_then(|at| reading.object(at))?;
    let place = reading.required(&at, "in");
    let locations = [
        ("path", Some("path")),
        ("query", Some("querystring")),
        ("header", Some("header")),
        // AWS does not look at these.
        ("cookie", None),
        ("body", None),
        ("formData", None),
    ];
    let location = place.as_ref().and_then(|at| reading.word(at, &locations));
    if location == Some(None) {
        ignored::warn_of_place(reading, &at, place?.as_str()?);
        return None;
    }
    ignored::warn_of_constraints(reading, &at, is_validated);
    if reading.dialect == Dialect::OpenApi3 {
        reading.members_ignored(&at, &MEMBERS);
    }
    let name = reading.required(&at, "name");
    let text = name.as_ref().and_then(|at| reading.string(at));
    let required = at.get("required").and_then(|at| reading.boolean(&at)).unwrap_or(false);
    let (location, name, text) = (location??, name?, text?);
    if location == "path" && !path.variables.iter().any(|variable| variable == text) {
        let message = alloc::format!("`{}` has no path variable `{text}`", path.text);
        reading.warning(&name, message);
    }
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b":._$-".contains(&b);
    if text.is_empty() || !text.bytes().all(is_name) {
        // AWS's words.
        let message = "AWS refuses this: Parameter name should match the following regular \
                       expression: ^[a-zA-Z0-9:._$-]+$";
        let help = "clients' parameters need no declaration: a proxy is given them all";
        reading.note(DefinitionError::refused(name.source(), message).help(help));
    }
    Some(RequestParameter { location: location.into(), name: text.into(), required })
}

/// Of a parameter in OpenAPI 3.0, where `type` and the like stand in its schema.
const MEMBERS: [&str; 14] = [
    "$ref",
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "example",
    "examples",
    "content",
];
