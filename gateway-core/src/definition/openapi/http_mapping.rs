//! The parameter mappings of HTTP APIs: `overwrite:header.x-id: $request.path.id`.
//!
//! "Transform API requests and responses for HTTP APIs".

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::paths::ResourcePath;
use super::reading::Reading;
use super::unsupported::Feature;
use crate::gateway::parameter_mapping::{MappingError, RequestMappings};

/// `requestParameters` of an integration, in their order.
///
/// AWS maps for Lambda functions too (`is_applied` is false there): that is not supported yet.
pub(super) fn read_request<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    path: &ResourcePath,
    is_applied: bool,
) -> Vec<(String, String)> {
    let Some(mappings) = reading.object(at.clone()) else { return Vec::new() };
    let mut read = Vec::new();
    for (target, value) in mappings.members() {
        let Some(text) = reading.string(&value) else { continue };
        // What a stage's variables are does not matter to whether a mapping is right.
        match RequestMappings::default().add(target, text, &BTreeMap::new()) {
            Ok(()) => read.push((target.into(), text.into())),
            Err(MappingError::Target(reason)) => {
                reading.error(&value, format!("invalid mapping `{target}`: {reason}"));
            }
            Err(MappingError::Value(reason)) => reading.error(&value, reason),
            Err(MappingError::Body) => reading.unsupported(&value, Feature::HttpBodyMappings),
        }
        if target.starts_with("remove:") && !matches!(text, "" | "''") {
            reading.warning(&value, "a removal has the value `''`; this one has no effect");
        }
        warn_of_unknown_variables(reading, &value, text, path);
    }
    if !is_applied && mappings.members().next().is_some() {
        reading.unsupported(at, Feature::HttpFunctionMappings);
        return Vec::new();
    }
    read
}

/// A reference to a path variable that the route does not have is never filled.
fn warn_of_unknown_variables<'d>(
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
