//! `HTTP_PROXY`: the endpoint sees the client's request, the client the endpoint's response.
//!
//! Only changes cross to the host: it holds the fields and the content of both messages, frames
//! them itself, and drops what `Connection` lists.

use alloc::borrow::Cow;
use alloc::{string::String, vec::Vec};

use super::{endpoint_failed, http_mapping};
use crate::context::{Context, IntegrationContext};
use crate::definition::Protocol;
use crate::effect::SendRequest;
use crate::exchange::Io;
use crate::gateway::MethodOf;
use crate::gateway::http::HttpProxy;
use crate::gateway_error::GatewayError;
use crate::message::field_names::{HOP_BY_HOP, INVISIBLE_TO_REST, is_one_of};
use crate::message::{
    EndpointResponse, Field, FieldEdit, Fields, OutgoingFields, Request, Response, Scheme,
};
use crate::pipeline::cors;
use crate::pipeline::respond::field_value;
use crate::target;

/// The endpoint's response as the client is to see it.
#[derive(Debug)]
pub(super) struct Proxied {
    pub(super) response: Response,
    /// How much content it announced for this client.
    pub(super) content_length: Option<u64>,
}

/// Sends the request on and the response back.
pub(super) async fn http_proxy(
    proxy: &HttpProxy,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context,
    observed: &mut IntegrationContext,
    io: &Io,
) -> Result<Proxied, GatewayError> {
    let protocol = of.at.api.protocol;
    let fields = match protocol {
        Protocol::Rest => rest_request_fields(proxy, request, context, io),
        Protocol::Http => {
            let mut edits = http_request_fields(request, context);
            http_mapping::map_fields(proxy, of, request, context, io, &mut edits);
            edits
        }
    };
    let operation = SendRequest {
        method: proxy.http_method.as_ref().unwrap_or(&request.method).clone(),
        url: url(proxy, of, request, context, io),
        fields: OutgoingFields::Edited(fields),
        content: request.content.clone(),
        timeout_ms: proxy.timeout_ms,
        insecure_skip_verification: proxy.insecure_skip_verification,
    };
    let endpoint = io.perform(operation).await.map_err(|e| endpoint_failed(e, protocol))?;
    observed.integration_status = Some(endpoint.status);
    observed.status = Some(endpoint.status);
    observed.request_id = endpoint.fields.get("x-amzn-requestid").map(Into::into);
    let edits = match protocol {
        Protocol::Rest => rest_response_fields(&endpoint),
        Protocol::Http => http_response_fields(&endpoint.fields, of),
    };
    let content_length = match request.method.as_str() {
        "HEAD" => Some(0),
        _ => endpoint.fields.get("content-length").and_then(|length| length.trim().parse().ok()),
    };
    let response = Response {
        status: endpoint.status,
        fields: OutgoingFields::Edited(edits),
        content: endpoint.content,
    };
    Ok(Proxied { response, content_length })
}

fn url(
    proxy: &HttpProxy,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context,
    io: &Io,
) -> String {
    let path = &context.resource_request_path;
    let below = if proxy.appends_path { path.as_str() } else { "" };
    if of.at.api.protocol == Protocol::Http {
        let parameter = |name: &str| of.path_parameters(path).find(|(n, _)| *n == name);
        let parameter = |name: &str| parameter(name).map(|(_, value)| value);
        let url = proxy.uri.expand(parameter, below, &context.raw_query, &[]);
        return http_mapping::map_url(url, proxy, of, request, context, io);
    }
    let mut mapped_path: Vec<(&str, String)> = Vec::with_capacity(proxy.path_mappings.len());
    for (name, expression) in &proxy.path_mappings {
        for value in expression.values(&request.fields, context, io.now()) {
            mapped_path.push((name, encoded_path(expression.is_encoded(), value)));
        }
    }
    let mut mapped_query: Vec<(&str, String)> = Vec::with_capacity(proxy.query_mappings.len());
    for (name, expression) in &proxy.query_mappings {
        for value in expression.values(&request.fields, context, io.now()) {
            // Encoded when it is appended, so that what comes encoded is decoded before.
            let value =
                if expression.is_encoded() { target::decode(&value) } else { value.clone() };
            mapped_query.push((name, value.into_owned()));
        }
    }
    let parameter = |name: &str| {
        let mapped = mapped_path.iter().find(|(n, _)| *n == name);
        mapped.map(|(_, value)| value.as_str())
    };
    proxy.uri.expand(parameter, below, &context.raw_query, &mapped_query)
}

fn encoded_path(is_encoded: bool, value: Cow<'_, str>) -> String {
    if is_encoded {
        return value.into_owned();
    }
    let mut encoded = String::with_capacity(value.len());
    target::encode_path(&value, &mut encoded);
    encoded
}

/// Changes to the client's fields for the endpoint of a REST API.
fn rest_request_fields(
    proxy: &HttpProxy,
    request: &Request,
    context: &Context,
    io: &Io,
) -> Vec<FieldEdit> {
    let dropped = |name: &str| {
        is_one_of(name, INVISIBLE_TO_REST)
            || is_one_of(name, &["host", "content-encoding", "via", "keep-alive"])
    };
    let mut edits = removals(&request.fields, dropped);
    let mut set = |name: &str, value: String| edits.push(FieldEdit::Set(Field::new(name, value)));
    set("X-Amzn-Apigateway-Api-Id", context.api_id.clone());
    set("X-Amzn-Trace-Id", context.trace.to_field());
    if !request.fields.contains("accept") {
        set("Accept", "application/json".into());
    }
    if !request.fields.contains("user-agent") {
        set("User-Agent", alloc::format!("AmazonAPIGateway_{}", context.api_id));
    }
    for (name, expression) in &proxy.header_mappings {
        for value in expression.values(&request.fields, context, io.now()) {
            set(name, field_value(&value));
        }
    }
    edits
}

/// Changes to the client's fields for the endpoint of an HTTP API.
fn http_request_fields(request: &Request, context: &Context) -> Vec<FieldEdit> {
    let mut edits = removals(&request.fields, |name| {
        is_one_of(name, HOP_BY_HOP) || is_one_of(name, &["host", "content-length", "expect"])
    });
    let earlier = |name: &str| {
        let values: Vec<&str> = request.fields.all(name).collect();
        if values.is_empty() { String::new() } else { values.join(", ") + ", " }
    };
    let scheme = match context.scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    // RFC 7239: what is not a token is quoted, and an IPv6 address is in brackets.
    let source = match context.source_ip.contains(':') {
        true => alloc::format!("\"[{}]\"", context.source_ip),
        false => context.source_ip.clone(),
    };
    let forwarded = alloc::format!(
        "{}by=_gateway;for={source};host={};proto={scheme}",
        earlier("forwarded"),
        forwarded_host(request.fields.get("host").unwrap_or_default()),
    );
    let via = alloc::format!("{}{} AmazonAPIGateway", earlier("via"), context.protocol.as_str());
    edits.push(FieldEdit::Set(Field::new("Forwarded", forwarded)));
    edits.push(FieldEdit::Set(Field::new("Via", via)));
    edits.push(FieldEdit::Set(Field::new("X-Amzn-Trace-Id", context.trace.to_field())));
    edits
}

/// A `Host` as a value of `Forwarded`.
fn forwarded_host(host: &str) -> String {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !host.is_empty() && host.bytes().all(is_token) {
        return host.into();
    }
    alloc::format!("\"{}\"", host.replace(['"', '\\'], ""))
}

/// Changes to the endpoint's fields for the client of a REST API: some are renamed, some lost.
///
/// `Content-Encoding` stays, although one report says that it is lost: the content is streamed
/// as it is, and would be unreadable without.
fn rest_response_fields(endpoint: &EndpointResponse) -> Vec<FieldEdit> {
    let mut edits = removals(&endpoint.fields, |name| {
        is_one_of(name, &["transfer-encoding", "via", "keep-alive", "trailer", "upgrade"])
    });
    for (name, renamed) in REMAPPED {
        if endpoint.fields.contains(name) {
            edits.push(FieldEdit::Rename(name.into(), renamed.into()));
        }
    }
    if !endpoint.fields.contains("content-type") {
        edits.push(FieldEdit::Append(Field::new("Content-Type", "application/json")));
    }
    edits
}

/// Recorded from the real service for proxies.
const REMAPPED: [(&str, &str); 5] = [
    ("connection", "x-amzn-Remapped-Connection"),
    ("content-length", "x-amzn-Remapped-Content-Length"),
    ("date", "x-amzn-Remapped-Date"),
    ("server", "x-amzn-Remapped-Server"),
    ("x-amzn-requestid", "x-amzn-Remapped-x-amzn-RequestId"),
];

/// Changes to the endpoint's fields for the client of an HTTP API: what concerns one connection
/// alone is lost, and what the API's CORS settings replace.
fn http_response_fields(fields: &Fields, of: MethodOf<'_>) -> Vec<FieldEdit> {
    removals(fields, |name| {
        is_one_of(name, HOP_BY_HOP)
            || name.eq_ignore_ascii_case("content-length")
            || cors::replaces(of.at, name)
    })
}

/// One removal for each name that is there and to be dropped.
fn removals(fields: &Fields, dropped: impl Fn(&str) -> bool) -> Vec<FieldEdit> {
    let mut edits: Vec<FieldEdit> = Vec::new();
    for field in fields.iter().filter(|field| dropped(&field.name)) {
        let again = edits.iter().any(
            |edit| matches!(edit, FieldEdit::Remove(name) if name.eq_ignore_ascii_case(&field.name)),
        );
        if !again {
            edits.push(FieldEdit::Remove(field.name.clone()));
        }
    }
    edits
}
