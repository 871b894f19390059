//! From the method request to the integration request of an integration that is no proxy.
//!
//! Refuses with UNSUPPORTED_MEDIA_TYPE, DEFAULT_4XX (content that is not the JSON it begins like),
//! API_CONFIGURATION_ERROR, and what reading the content may fail with. Asks for `ReadContent`.

use alloc::{string::String, vec::Vec};

use super::integrate::{misconfigured, read_content};
use super::respond::field_value;
use crate::content_handling::{self, Payload, is_binary};
use crate::context::Context;
use crate::definition::ContentHandling;
use crate::exchange::Io;
use crate::gateway::MethodOf;
use crate::gateway::expression::{Body, Sources};
use crate::gateway::integration_request::RequestPlan;
use crate::gateway::request_parameters::{Forbidden, Mapped};
use crate::gateway::request_templates::Choice;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::{Content, Fields, Request};

/// What is sent to an endpoint, but for its URL.
#[derive(Debug)]
pub(super) struct IntegrationRequest {
    pub(super) http_method: String,
    /// Values of the URI's placeholders, percent-encoded.
    pub(super) path: Vec<(String, String)>,
    /// Query parameters in order, decoded.
    pub(super) query: Vec<(String, String)>,
    /// The gateway's own fields, and what is mapped.
    pub(super) fields: Fields,
    pub(super) content: Content,
}

/// Makes the integration request.
pub(super) async fn map_request(
    plan: &RequestPlan,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context,
    io: &Io,
) -> Result<IntegrationRequest, GatewayError> {
    let content_type = request.fields.get("content-type");
    let choice = plan.templates.choose(content_type);
    let is_binary = is_binary(content_type, &of.at.deployment.binary_media_types);
    let reads_body = plan.parameters.reads_body();
    let passes = choice == Choice::Passthrough
        && is_binary
        && plan.content_handling != Some(ContentHandling::ConvertToText);
    let bytes = match passes && !reads_body {
        true => None,
        false => Some(read_content(request, io).await?),
    };
    let body = match &bytes {
        Some(bytes) if reads_body => Some(Body::read(bytes).map_err(|_| invalid_json())?),
        _ => None,
    };
    let sources = Sources {
        fields: &request.fields,
        context,
        now: io.now(),
        body: body.as_ref(),
        response: None,
    };
    let Mapped { headers, query, path } = plan.parameters.map(&sources).map_err(forbidden)?;
    let content = match (choice, bytes) {
        (Choice::Unsupported, _) => return Err(unsupported(content_type)),
        (Choice::Passthrough, None) => request.content.clone(),
        (Choice::Passthrough, Some(bytes)) => {
            let payload = content_handling::of_request(bytes, is_binary, plan.content_handling);
            content(payload.map_err(|_| not_base64())?.into_bytes())
        }
        (Choice::Template(template), bytes) => {
            let bytes = bytes.unwrap_or_default();
            let payload = content_handling::of_request(bytes, is_binary, plan.content_handling);
            let _text = text(payload.map_err(|_| not_base64())?)?;
            content(template.as_bytes().to_vec())
        }
    };
    let mut fields = own_fields(request, context);
    for (name, value) in headers {
        fields.set(name, field_value(&value));
    }
    let http_method = plan.http_method.as_ref().unwrap_or(&request.method).clone();
    Ok(IntegrationRequest { http_method, path, query, fields, content })
}

/// What the gateway itself tells an endpoint (recorded from the real service).
fn own_fields(request: &Request, context: &Context) -> Fields {
    let mut fields = Fields::new();
    fields.push("Accept", "application/json");
    fields.push("User-Agent", alloc::format!("AmazonAPIGateway_{}", context.api_id));
    fields.push("X-Amzn-Apigateway-Api-Id", context.api_id.clone());
    fields.push("X-Amzn-Trace-Id", context.trace.to_field());
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS")
        && let Some(content_type) = request.fields.get("content-type")
    {
        fields.push("Content-Type", content_type);
    }
    fields
}

/// What a template takes: text, or bytes that are.
pub(super) fn text(payload: Payload) -> Result<String, GatewayError> {
    match payload {
        Payload::Text(text) => Ok(text),
        Payload::Binary(bytes) => {
            String::from_utf8(bytes).map_err(|_| misconfigured("Unable to transform request"))
        }
    }
}

pub(super) fn content(bytes: Vec<u8>) -> Content {
    if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) }
}

/// What a client is told whose content's type no template takes.
pub(super) fn unsupported(content_type: Option<&str>) -> GatewayError {
    let content_type = content_type.unwrap_or("application/json");
    let reason = alloc::format!("Unsupported media type: {content_type}");
    GatewayError::new(ResponseType::UnsupportedMediaType, reason)
}

/// A mapping that sets a field which is the gateway's own.
pub(super) fn forbidden(Forbidden(name): Forbidden) -> GatewayError {
    misconfigured(&alloc::format!("{name} header already present"))
}

fn not_base64() -> GatewayError {
    misconfigured("Unable to base64 decode the body.")
}

pub(super) fn invalid_json() -> GatewayError {
    let message = "Invalid JSON in request body";
    GatewayError::new(ResponseType::Default4xx, message).with_message(message)
}
