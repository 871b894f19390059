//! From what the integration answered to the method response.
//!
//! A proxy's answer is the method response. Other answers select an integration response by
//! their status; refuses with API_CONFIGURATION_ERROR if none is selected. Asks for nothing.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::integrate::EndpointAnswer;
use super::respond::field_value;
use crate::context::Context;
use crate::exchange::Io;
use crate::gateway::media;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::{Content, Fields, OutgoingFields, Request, Response};

/// The method response.
pub(super) fn map_response(
    answer: EndpointAnswer<'_>,
    request: &Request,
    context: &Context,
    io: &Io,
) -> Result<Response, GatewayError> {
    let (status, responses) = match answer {
        EndpointAnswer::Proxy(response) => return Ok(response),
        EndpointAnswer::Status(status, responses) => (status, responses),
    };
    let selected = responses.select(&status.to_string()).ok_or_else(|| {
        let reason = alloc::format!(
            "No match for output mapping and no default endpoint mapping configured: {status}"
        );
        GatewayError::new(ResponseType::ApiConfigurationError, reason)
    })?;
    let mut fields = Fields::new();
    for (name, expression) in &selected.parameters {
        for value in expression.values(&request.fields, context, io.now()) {
            match mapped_name(name) {
                Some(name) => fields.set(name, field_value(&value)),
                None => continue,
            }
        }
    }
    let offered = selected.templates.iter().map(|(media, _)| media.as_str());
    let chosen = media::choose(request.fields.get("accept"), offered);
    let template = selected.templates.iter().find(|(media, _)| Some(media.as_str()) == chosen);
    let content: Vec<u8> = template.map(|(_, text)| text.clone().into_bytes()).unwrap_or_default();
    Ok(Response {
        status: selected.status_code,
        fields: OutgoingFields::Complete(fields),
        content: if content.is_empty() { Content::Empty } else { Content::Bytes(content) },
    })
}

/// The name under which a mapped field goes out; `None` for one that does not.
fn mapped_name(name: &str) -> Option<alloc::string::String> {
    if name.eq_ignore_ascii_case("transfer-encoding") {
        return None;
    }
    let remapped = REMAPPED.iter().any(|r| r.eq_ignore_ascii_case(name));
    Some(if remapped { alloc::format!("x-amzn-Remapped-{name}") } else { name.into() })
}

/// Recorded from the real service for responses that are not a proxy's.
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];
