//! Integrations of HTTP APIs with AWS services (`integrationSubtype`).

use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};

use super::super::DefinitionError;
use super::super::document::At;
use super::http_mapping::warn_of_unknown_variables;
use super::paths::ResourcePath;
use super::reading::Reading;
use crate::gateway::parameter_mapping::{MappingError, Side, Value};
use crate::gateway::service_proxy::Action;

/// Reads and checks the subtype of an integration.
pub(super) fn read<'d>(reading: &Reading<'d>, name: &At<'d>) -> Option<String> {
    if reading.is_rest() {
        reading.error(name, "a REST API has no `integrationSubtype`; use type `aws`");
        return None;
    }
    let text = reading.string(name)?;
    if Action::find(text).is_none() {
        let message = format!("there is no service integration `{text}`");
        let help = reading.suggest(text, Action::subtypes());
        reading.note(DefinitionError { help, ..DefinitionError::error(name.source(), message) });
        return None;
    }
    Some(text.into())
}

/// Reads the parameters of a subtype that is known, in their order.
pub(super) fn read_parameters<'d>(
    reading: &Reading<'d>,
    integration: &At<'d>,
    subtype: &str,
    path: &ResourcePath,
) -> Vec<(String, String)> {
    let Some(action) = Action::find(subtype) else { return Vec::new() };
    let given = integration.get("requestParameters");
    for name in action.required() {
        if given.as_ref().and_then(|at| at.get(name)).is_none() {
            let message = format!("`{subtype}` needs the required request parameter `{name}`");
            reading.error(given.as_ref().unwrap_or(integration), message);
        }
    }
    let Some(given) = given.and_then(|at| reading.object(at)) else { return Vec::new() };
    let mut read = Vec::new();
    for (name, at) in given.members() {
        if !action.parameters().any(|known| known == name) {
            let message = format!("`{subtype}` has no request parameter `{name}`");
            let help = reading.suggest(name, action.parameters());
            reading.note(DefinitionError { help, ..DefinitionError::error(at.source(), message) });
            continue;
        }
        let Some(text) = reading.text(&at) else { continue };
        match Value::parse(text, Side::Request, &BTreeMap::new()) {
            Ok(_) if text.is_empty() => reading.error(&at, format!("`{name}` is empty")),
            Ok(_) => read.push((name.into(), text.into())),
            Err(MappingError::Target(reason) | MappingError::Value(reason)) => {
                reading.error(&at, reason);
            }
        }
        warn_of_unknown_variables(reading, &at, text, path);
    }
    read
}
