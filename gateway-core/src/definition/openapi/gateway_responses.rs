//! Gateway responses of REST APIs (`x-amazon-apigateway-gateway-responses`).

use alloc::{format, vec::Vec};

use super::super::document::At;
use super::super::{DefinitionError, GatewayResponse};
use super::reading::Reading;
use super::{mapping, template};
use crate::gateway_error::ResponseType;

/// Reads them in their order.
pub(super) fn read(reading: &Reading<'_>) -> Vec<GatewayResponse> {
    let at = reading.root.get("x-amazon-apigateway-gateway-responses");
    let Some(at) = at.filter(|_| reading.is_rest()).and_then(|at| reading.object(at)) else {
        return Vec::new();
    };
    at.members().filter_map(|(name, at)| response(reading, name, at)).collect()
}

fn response<'d>(reading: &Reading<'d>, name: &str, at: At<'d>) -> Option<GatewayResponse> {
    let response_type = ResponseType::ALL.into_iter().find(|t| t.name() == name);
    if response_type.is_none() {
        let message = format!("there is no gateway response `{name}`");
        let help = reading.suggest(name, ResponseType::ALL.into_iter().map(ResponseType::name));
        reading.note(DefinitionError { help, ..DefinitionError::error(at.source(), message) });
    }
    let at = reading.object(at)?;
    reading.members_ignored(&at, &MEMBERS);
    let is_default = at.get("defaultResponse").is_some_and(|at| at.as_bool() == Some(true));
    if response_type == Some(ResponseType::RequestTooLarge) && !is_default {
        let message =
            "AWS has no gateway response of one's own for `REQUEST_TOO_LARGE`: this has no effect";
        let warning = DefinitionError::warning(at.source(), message);
        reading.note(warning.help("`DEFAULT_4XX` stands in for it"));
    }
    let status_code = at.get("statusCode").and_then(|at| reading.integer(&at, 100..=599));
    let response_parameters =
        at.get("responseParameters").map(|at| mapping::read_gateway_response(reading, &at));
    let response_templates =
        at.get("responseTemplates").map(|at| template::read_substituted(reading, &at));
    Some(GatewayResponse {
        response_type: response_type?,
        status_code: status_code.and_then(|status| status.try_into().ok()),
        response_parameters: response_parameters.unwrap_or_default(),
        response_templates: response_templates.unwrap_or_default(),
    })
}

const MEMBERS: [&str; 4] =
    ["statusCode", "responseParameters", "responseTemplates", "defaultResponse"];
