//! `responses` of an integration: which of them answers, and with what.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{DefinitionError, IntegrationResponse};
use super::integration::CONTENT_HANDLINGS;
use super::reading::Reading;
use super::{mapping, method_responses, template};
use crate::gateway::integration_response::selection_pattern as compile_pattern;

/// Reads the integration responses in their order, which is that of selection.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    operation: &At<'d>,
) -> Vec<IntegrationResponse> {
    let Some(at) = reading.object(at.clone()) else { return Vec::new() };
    at.members().filter_map(|(pattern, at)| response(reading, pattern, at, operation)).collect()
}

fn response<'d>(
    reading: &Reading<'d>,
    pattern: &str,
    at: At<'d>,
    operation: &At<'d>,
) -> Option<IntegrationResponse> {
    let at = reading.object(at)?;
    reading.members_ignored(&at, &MEMBERS);
    let selection_pattern = (pattern != "default" && !pattern.is_empty()).then(|| pattern.into());
    if selection_pattern.is_some()
        && let Err(reason) = compile_pattern(pattern)
    {
        reading.error(&at, reason);
    }
    let status = reading.required(&at, "statusCode");
    let status_code = status.as_ref().and_then(|at| reading.integer(at, 100..=599));
    let status_code: Option<u16> = status_code.and_then(|code| code.try_into().ok());
    let has_method_response = status_code
        .is_some_and(|code| method_responses::of_status(reading, operation, code).is_some());
    if let (Some(status), Some(status_code), false) = (&status, status_code, has_method_response) {
        // AWS's words.
        let message = "AWS refuses this: Invalid response status code specified; requests that \
                       select this response are answered 500";
        let help = format!("declare `{status_code}` under the operation's `responses`");
        let refused = DefinitionError::refused(status.source(), message);
        reading.note(refused.help(help));
    }
    let response_parameters = at
        .get("responseParameters")
        .map(|at| {
            let read = mapping::read_response(reading, &at);
            if let Some(status_code) = status_code {
                check_declared(reading, &at, operation, status_code, &read);
            }
            read
        })
        .unwrap_or_default();
    let response_templates =
        at.get("responseTemplates").map(|at| template::read_rendered(reading, &at));
    let content_handling =
        at.get("contentHandling").and_then(|at| reading.word(&at, &CONTENT_HANDLINGS));
    Some(IntegrationResponse {
        selection_pattern,
        status_code: status_code?,
        response_parameters,
        response_templates: response_templates.unwrap_or_default(),
        content_handling,
        has_method_response,
    })
}

/// A field can be mapped only if the method response of that status declares it.
fn check_declared<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    operation: &At<'d>,
    status_code: u16,
    mappings: &[(String, String)],
) {
    let status = format!("{status_code}");
    let declared = method_responses::of_status(reading, operation, status_code);
    let headers = declared.and_then(|at| at.get("headers"));
    for (target, _) in mappings {
        let Some(name) = target.strip_prefix("method.response.header.") else { continue };
        let place = at.get(target).unwrap_or_else(|| at.clone());
        if name.eq_ignore_ascii_case("transfer-encoding") {
            reading.warning(&place, format!("`{name}` is left out of the response"));
        }
        let is_declared = headers.as_ref().is_some_and(|headers| {
            headers.members().any(|(declared, _)| declared.eq_ignore_ascii_case(name))
        });
        if !is_declared {
            // AWS's words.
            let message = format!("Invalid mapping expression parameter specified: {target}");
            let help =
                format!("declare `{name}` under the operation's `responses.{status}.headers`");
            reading.error_with(&place, message, help);
        }
    }
}

const MEMBERS: [&str; 4] =
    ["statusCode", "responseParameters", "responseTemplates", "contentHandling"];
