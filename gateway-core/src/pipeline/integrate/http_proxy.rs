//! `HTTP_PROXY`: the endpoint sees the client's request, the client the endpoint's response.
//!
//! Only changes cross to the host: it holds the fields and the content of both messages, frames
//! them itself, and drops what `Connection` lists.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::forwarded::{TRANSLATED, forwarded};
use super::http_mapping::RequestSource;
use super::{MethodCall, is_signed, misconfigured, read_content, send};
use crate::apart::Apart;
use crate::content_handling::{self, is_binary};
use crate::context::{Context, IntegrationContext, METHOD_OVERRIDE};
use crate::definition::{ContentHandling, Protocol};
use crate::effect::SendRequest;
use crate::gateway::MethodOf;
use crate::gateway::expression::{Body, Sources};
use crate::gateway::http_proxy::HttpProxy;
use crate::gateway::request_parameters::Mapped;
use crate::gateway_error::GatewayError;
use crate::message::field_names::{HOP_BY_HOP, INVISIBLE_TO_REST, Names};
use crate::message::integration_fields::{self, Answering, Fate, REMAPPED};
use crate::message::{
    Content, EndpointResponse, FieldEdits, Fields, OutgoingFields, Request, Response,
};
use crate::pipeline::cors;
use crate::pipeline::map_request::{check_path, content_type, forbidden, invalid_json, made};
use crate::pipeline::respond::field_value;

/// The endpoint's response as the client is to see it.
#[derive(Debug)]
pub(super) struct Proxied {
    pub(super) response: Response,
    /// How much content it announced for this client.
    pub(super) content_length: Option<u64>,
    /// What the response's fields are edits of.
    pub(super) endpoint_fields: Fields,
}

/// Sends the request on and the response back.
pub(super) async fn http_proxy(
    proxy: &HttpProxy,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<Proxied, GatewayError> {
    let MethodCall { of, request, context, .. } = call;
    let protocol = of.at.api.protocol;
    let (url, fields) = match protocol {
        Protocol::Rest => {
            let mapped = map(proxy, call).await?;
            check_path(&mapped.path)?;
            let url = rest_url(proxy, context, &mapped);
            (url, rest_request_fields(mapped, request, context))
        }
        Protocol::Http => {
            let mappings = &proxy.request_mappings;
            let reads_body = mappings.reads_body();
            let source = RequestSource::read(reads_body, call).await?;
            source.check_path(mappings)?;
            let mut edits = http_request_fields(request, context);
            if let Some(host) = request.fields.get("host").filter(|_| proxy.keeps_host) {
                edits.set("Host", host);
            }
            edits.extend(source.field_edits(mappings).iter());
            (http_url(proxy, of, context, &source), edits)
        }
    };
    let content = match proxy.content_handling {
        None => request.content.clone(),
        // In a box, as all that few requests need.
        Some(handling) => Apart(Box::pin(converted(handling, call))).await?,
    };
    let operation = SendRequest {
        method: proxy.http_method.as_ref().map_or(&*context.http_method, String::as_str).into(),
        url,
        connection: proxy.connection.clone(),
        fields: OutgoingFields::Edited(fields),
        content,
        timeout_ms: proxy.timeout_ms,
        insecure_skip_verification: proxy.insecure_skip_verification,
        idle_ms: proxy.idle_ms,
    };
    let endpoint = send(operation, call, observed).await?;
    let edits = match protocol {
        Protocol::Rest => rest_response_fields(&endpoint),
        Protocol::Http => http_response_fields(&endpoint.fields, of),
    };
    let content_length = match &*context.http_method {
        "HEAD" => Some(0),
        _ => endpoint.fields.get("content-length").and_then(|length| length.trim().parse().ok()),
    };
    let response = Response {
        status: endpoint.status,
        fields: OutgoingFields::Edited(edits),
        content: endpoint.content,
    };
    Ok(Proxied { response, content_length, endpoint_fields: endpoint.fields })
}

/// The client's content after `contentHandling`.
async fn converted(
    handling: ContentHandling,
    call: MethodCall<'_>,
) -> Result<Content, GatewayError> {
    let MethodCall { of, request, context, io } = call;
    let bytes = read_content(request, io).await?;
    let is_binary = is_binary(content_type(request, context), &of.at.deployment.binary_media_types);
    let payload = content_handling::of_request(bytes, is_binary, Some(handling))
        .map_err(|_| misconfigured("Unable to base64 decode the body."))?;
    Ok(made(payload.into_bytes()))
}

/// What a REST API maps.
async fn map(proxy: &HttpProxy, call: MethodCall<'_>) -> Result<Mapped, GatewayError> {
    let MethodCall { request, context, io, .. } = call;
    let Some(parameters) = &proxy.parameters else { return Ok(Mapped::default()) };
    let body = match parameters.reads_body() {
        true => {
            let content = read_content(request, io).await?;
            Some(Body::read(&content).map_err(|_| invalid_json())?)
        }
        false => None,
    };
    let (fields, body) = (&request.fields, body.as_ref());
    let sources = Sources { fields, context, now: io.now(), body, response: None };
    parameters.map(&sources).map_err(forbidden)
}

fn rest_url(proxy: &HttpProxy, context: &Context, mapped: &Mapped) -> String {
    let parameter = |name: &str| {
        let mapped = mapped.path.iter().find(|(n, _)| n == name);
        mapped.map(|(_, value)| value.as_str())
    };
    proxy.uri.expand(parameter, "", &context.raw_query, &mapped.query)
}

fn http_url(
    proxy: &HttpProxy,
    of: MethodOf<'_>,
    context: &Context,
    source: &RequestSource<'_>,
) -> String {
    let path = &context.resource_request_path;
    let below = if proxy.appends_path { &**path } else { "" };
    let parameter = |name: &str| of.path_parameters(path).find(|(n, _)| *n == name);
    let parameter = |name: &str| parameter(name).map(|(_, value)| value);
    let url = proxy.uri.expand(parameter, below, &context.raw_query, &[]);
    let mappings = &proxy.request_mappings;
    if mappings.path.is_none() && mappings.query.is_empty() {
        return url;
    }
    let (before, query) = url.split_once('?').unwrap_or((&url, ""));
    let mut mapped = match source.path(mappings) {
        Some(path) => alloc::format!("{}{path}", proxy.uri.origin()),
        None => before.into(),
    };
    let query = source.query(query, mappings);
    if !query.is_empty() {
        mapped.push('?');
        mapped.push_str(&query);
    }
    mapped
}

/// Changes to the client's fields for the endpoint of a REST API.
fn rest_request_fields(mapped: Mapped, request: &Request, context: &Context) -> FieldEdits {
    let is_signed = is_signed(request, context);
    let dropped = |name: &str| {
        INVISIBLE_TO_REST.contains(name)
            || is_signed && name.eq_ignore_ascii_case("authorization")
            || context.ends_trace_state && name.eq_ignore_ascii_case("tracestate")
            || NEVER_SENT_BY_REST.contains(name)
    };
    let mut edits = removals(&request.fields, dropped);
    set_inserted(&mut edits, request, context);
    for (name, value) in context.forwarding_fields(&request.fields) {
        edits.set(name, value);
    }
    edits.set("X-Amzn-Apigateway-Api-Id", &context.api_id);
    edits.set_parts("X-Amzn-Trace-Id", &context.trace.parts());
    if let Some(traceparent) = context.traceparent() {
        edits.set("traceparent", traceparent);
    }
    if !request.fields.contains("accept") {
        edits.set("Accept", "application/json");
    }
    if !request.fields.contains("user-agent") {
        edits.set_parts("User-Agent", &["AmazonAPIGateway_", &context.api_id]);
    }
    for (name, value) in &mapped.headers {
        edits.set(name, field_value(value));
    }
    edits
}

const NEVER_SENT_BY_REST: Names =
    Names::of(&["host", "content-encoding", "via", "keep-alive", METHOD_OVERRIDE]);

/// Changes to the client's fields for the endpoint of an HTTP API.
fn http_request_fields(request: &Request, context: &Context) -> FieldEdits {
    let mut edits = removals(&request.fields, |name| {
        HOP_BY_HOP.contains(name)
            || NEVER_SENT_BY_HTTP.contains(name)
            || TRANSLATED.contains(name)
            || context.ends_trace_state && name.eq_ignore_ascii_case("tracestate")
    });
    set_inserted(&mut edits, request, context);
    let earlier = |name: &str| {
        let values: Vec<&str> = request.fields.all(name).collect();
        if values.is_empty() { String::new() } else { values.join(", ") + ", " }
    };
    let via = alloc::format!("{}{} AmazonAPIGateway", earlier("via"), context.protocol.as_str());
    edits.set("Forwarded", forwarded(request, context));
    edits.set("Via", via);
    edits.set_parts("X-Amzn-Trace-Id", &context.trace.parts());
    if let Some(traceparent) = context.traceparent() {
        edits.set("traceparent", traceparent);
    }
    edits
}

/// The host holds the fields as the client sent them: what the web ACL added is a change too. What the
/// client itself sent by such a name stays as it is: setting it changes nothing.
fn set_inserted(edits: &mut FieldEdits, request: &Request, context: &Context) {
    if context.waf.is_none() {
        return;
    }
    let is_of_acl = |name: &str| {
        let prefix = name.get(..INSERTED_PREFIX.len());
        prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(INSERTED_PREFIX))
    };
    for line in request.fields.iter().filter(|line| is_of_acl(line.name)) {
        if request.fields.all(line.name).count() == 1 {
            edits.set(line.name, line.value);
        }
    }
}

/// What AWS WAF puts before the names of fields that it adds.
const INSERTED_PREFIX: &str = "x-amzn-waf-";

const NEVER_SENT_BY_HTTP: Names = Names::of(&["host", "content-length", "expect"]);

/// Changes to the endpoint's fields for the client of a REST API: some are renamed, some lost.
fn rest_response_fields(endpoint: &EndpointResponse) -> FieldEdits {
    let mut edits = FieldEdits::with_capacity(EDITS, EDITS_BYTES);
    for field in &endpoint.fields {
        match integration_fields::fate(field.name, Answering::HttpProxy) {
            (Fate::Keep, _) => {}
            (Fate::Remap, name) => edits.rename_parts(name, &[REMAPPED, name]),
            (Fate::Drop, name) if edits.removes(name) => {}
            (Fate::Drop, name) => edits.remove(name),
        }
    }
    if !endpoint.fields.contains("content-type") {
        edits.append("Content-Type", "application/json");
    }
    edits
}

/// Changes to the endpoint's fields for the client of an HTTP API: what concerns one connection
/// alone is lost, and what the API's CORS settings replace.
pub(super) fn http_response_fields(fields: &Fields, of: MethodOf<'_>) -> FieldEdits {
    removals(fields, |name| {
        HOP_BY_HOP.contains(name)
            || name.eq_ignore_ascii_case("content-length")
            || cors::replaces(of.at, name)
    })
}

/// As many changes as a proxied message usually needs, and their bytes: room made once.
const EDITS: usize = 13;
const EDITS_BYTES: usize = 448;

/// One removal for each name that is there and to be dropped.
fn removals(fields: &Fields, dropped: impl Fn(&str) -> bool) -> FieldEdits {
    let mut edits = FieldEdits::with_capacity(EDITS, EDITS_BYTES);
    for field in fields.iter().filter(|field| dropped(field.name)) {
        if !edits.removes(field.name) {
            edits.remove(field.name);
        }
    }
    edits
}
