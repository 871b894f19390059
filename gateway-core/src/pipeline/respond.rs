//! The final response: gateway responses for what was refused or failed, and the fields that the
//! gateway adds to every answer.

use alloc::string::String;

use super::{cors, trace};
use crate::apart::apart;
use crate::context::Context;
use crate::definition::Protocol;
use crate::exchange::Io;
use crate::gateway::expression::Sources;
use crate::gateway::response_template::quoted;
use crate::gateway::{GatewayResponsePlan, StageOf, media};
use crate::gateway_error::{GatewayError, Origin, OwnField, ResponseType};
use crate::message::{Content, Fields, OutgoingFields, Request, Response};
use crate::template::escape_java_script;

/// The response that the client is given.
pub(super) fn finish(
    protocol: Protocol,
    at: Option<StageOf<'_>>,
    answer: Result<Response, GatewayError>,
    request: &Request,
    context: &Context,
    io: &Io,
) -> Response {
    let mut response = match (answer, protocol) {
        (Ok(response), _) => response,
        (Err(error), Protocol::Rest) => {
            apart(|| gateway_response(at, &error, request, context, io))
        }
        (Err(error), Protocol::Http) => apart(|| http_error(&error)),
    };
    match protocol {
        Protocol::Rest => {
            response.fields.set("x-amzn-RequestId", &context.request_id);
            response.fields.set("x-amz-apigw-id", &context.extended_request_id);
            if let OutgoingFields::Complete(fields) = &mut response.fields
                && !fields.contains("content-type")
            {
                fields.push("Content-Type", "application/json");
            }
        }
        Protocol::Http => {
            response.fields.set("Apigw-Requestid", &context.extended_request_id);
        }
    }
    if let Some(at) = at {
        cors::apply(at, request, &mut response);
    }
    response
}

/// `$context.error.message`.
pub(super) fn message(protocol: Protocol, error: &GatewayError) -> Option<String> {
    match protocol {
        Protocol::Rest => error.message.clone(),
        Protocol::Http => Some(http_error_parts(error).1),
    }
}

/// The length of the content that the client is sent, where it is known.
pub(super) fn content_length(response: &Response) -> Option<u64> {
    match &response.content {
        Content::Empty => Some(0),
        Content::Bytes(bytes) => Some(bytes.len() as u64),
        Content::Held(_) => None,
    }
}

/// A field's value without what would end it.
pub(super) fn field_value(value: &str) -> String {
    value.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect()
}

/// A REST API's gateway response: the definition's own for this type, else its DEFAULT_4XX or
/// DEFAULT_5XX, else AWS's.
fn gateway_response(
    at: Option<StageOf<'_>>,
    error: &GatewayError,
    request: &Request,
    context: &Context,
    io: &Io,
) -> Response {
    let own = at.and_then(|at| find_gateway_response(at, error.response_type));
    trace::gateway_response(own.map(|own| own.response_type), error, io);
    let (fields, now) = (&request.fields, io.now());
    let sources = Sources { fields, context, now, body: None, response: None };
    let mut fields = Fields::new();
    let templates = own.map(|own| &own.templates[..]).unwrap_or_default();
    let offered = templates.iter().map(|(media, _)| media.as_str());
    let chosen = media::choose(request.fields.get("accept"), offered);
    let body = match templates.iter().find(|(media, _)| Some(media.as_str()) == chosen) {
        Some((media, template)) => {
            fields.push("Content-Type", field_value(media));
            template.render(&sources)
        }
        None => {
            fields.push("Content-Type", "application/json");
            default_body(error)
        }
    };
    let error_type = error.error_type.unwrap_or(error.response_type.error_type());
    fields.push("x-amzn-ErrorType", error_type);
    push_own_field(&mut fields, error);
    for (name, expression) in own.map(|own| &own.parameters[..]).unwrap_or_default() {
        for value in expression.values(&sources) {
            fields.set(name.clone(), field_value(&value));
        }
    }
    // An informational status is none of a final response, which no host could send.
    let own_status = own.and_then(|own| own.status_code).filter(|status| *status >= 200);
    let status = own_status.or(error.status);
    Response {
        status: status.unwrap_or_else(|| error.response_type.default_status()),
        fields: OutgoingFields::Complete(fields),
        content: content(body),
    }
}

/// What the error itself has to say.
fn push_own_field(fields: &mut Fields, error: &GatewayError) {
    match &error.field {
        Some(OwnField::WwwAuthenticate(challenge)) => {
            fields.push("WWW-Authenticate", challenge.clone());
        }
        Some(OwnField::RetryAfter(seconds)) => {
            fields.push("Retry-After", alloc::format!("{seconds}"));
        }
        None => {}
    }
}

fn find_gateway_response(
    at: StageOf<'_>,
    response_type: ResponseType,
) -> Option<&GatewayResponsePlan> {
    let of_type = |t: ResponseType| at.plan.gateway_responses.iter().find(|r| r.response_type == t);
    let default = match response_type.is_client_error() {
        true => ResponseType::Default4xx,
        false => ResponseType::Default5xx,
    };
    // "Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't currently supported."
    let own = of_type(response_type).filter(|_| response_type != ResponseType::RequestTooLarge);
    own.or_else(|| of_type(default))
}

/// AWS's default template, and where the service is recorded to deviate from it.
fn default_body(error: &GatewayError) -> String {
    if let Some(message) = error.message.as_deref().filter(|_| error.origin == Origin::Endpoint) {
        return alloc::format!("{{\"message\": \"{}\"}}", escape_java_script(message));
    }
    let message = quoted(error.message.as_deref());
    match error.response_type {
        ResponseType::AccessDenied => alloc::format!("{{\"Message\":{message}}}"),
        ResponseType::ApiConfigurationError
        | ResponseType::IntegrationFailure
        | ResponseType::IntegrationTimeout
        | ResponseType::Default5xx => alloc::format!("{{\"message\": {message}}}"),
        _ => alloc::format!("{{\"message\":{message}}}"),
    }
}

/// An HTTP API's answer to what was refused or failed.
fn http_error(error: &GatewayError) -> Response {
    let (status, message) = http_error_parts(error);
    let mut fields = Fields::new();
    fields.push("Content-Type", "application/json");
    push_own_field(&mut fields, error);
    Response {
        status,
        fields: OutgoingFields::Complete(fields),
        content: content(alloc::format!("{{\"message\":{}}}", quoted(Some(&message)))),
    }
}

/// Status and message of an HTTP API. Words and status that a pipeline stage chose come before these.
fn http_error_parts(error: &GatewayError) -> (u16, String) {
    use ResponseType::*;
    let (status, message) = match error.response_type {
        Unauthorized | ExpiredToken => (401, "Unauthorized"),
        AccessDenied | InvalidApiKey | InvalidSignature | WafFiltered => (403, "Forbidden"),
        MissingAuthenticationToken | ResourceNotFound => (404, "Not Found"),
        RequestTooLarge => (413, "Request Entity Too Large"),
        UnsupportedMediaType => (415, "Unsupported Media Type"),
        Throttled | QuotaExceeded => (429, "Too Many Requests"),
        BadRequestBody | BadRequestParameters | Default4xx => (400, "Bad Request"),
        IntegrationTimeout => (503, "Service Unavailable"),
        ApiConfigurationError
        | AuthorizerConfigurationError
        | AuthorizerFailure
        | Default5xx
        | IntegrationFailure => (500, "Internal Server Error"),
    };
    let own_words = error.message.as_deref();
    let own_words = own_words.filter(|m| Some(*m) != error.response_type.default_message());
    (error.status.unwrap_or(status), own_words.unwrap_or(message).into())
}

fn content(body: String) -> Content {
    if body.is_empty() { Content::Empty } else { Content::Bytes(body.into_bytes()) }
}
