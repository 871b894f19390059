//! From the method request to the integration request of an integration that is no proxy.
//!
//! Refuses with UNSUPPORTED_MEDIA_TYPE, DEFAULT_4XX (content that is not the JSON it begins like),
//! API_CONFIGURATION_ERROR, and what reading the content may fail with. Asks for `ReadContent`.

use alloc::{string::String, vec::Vec};

use super::integrate::{MethodCall, misconfigured, read_content};
use super::render::Rendering;
use super::respond::field_value;
use super::trace;
use crate::content_handling::{self, Payload, is_binary};
use crate::context::Context;
use crate::definition::ContentHandling;
use crate::gateway::expression::{Body, Sources};
use crate::gateway::field_rules::FieldRules;
use crate::gateway::integration_request::{ContentPlan, RequestPlan};
use crate::gateway::request_parameters::{Forbidden, Mapped};
use crate::gateway::request_templates::Choice;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::limits::FIELDS_BYTES_MAX;
use crate::message::{Content, Fields, Request, is_field_name};
use crate::target;
use crate::template::{Inputs, Overrides};
use crate::transcript::Message;

/// What is sent to an endpoint, but for its URL.
pub(super) struct IntegrationRequest {
    pub(super) http_method: String,
    /// Values of the URI's placeholders, percent-encoded.
    pub(super) path: Vec<(String, String)>,
    /// Query parameters in order, decoded.
    pub(super) query: Vec<(String, String)>,
    /// The gateway's own fields, and what is mapped.
    pub(super) fields: Fields,
    pub(super) content: Content,
    /// What the template set, for the response's template.
    pub(super) overrides: Overrides,
}

/// Makes the integration request: mappings, then the template, whose overrides win.
pub(super) async fn map_request(
    plan: &RequestPlan,
    call: MethodCall<'_>,
) -> Result<IntegrationRequest, GatewayError> {
    let MethodCall { request, context, io, .. } = call;
    let bytes = match plan.parameters.reads_body() {
        true => Some(read_content(request, io).await?),
        false => None,
    };
    let body = bytes.as_deref().map(|bytes| Body::read(bytes).map_err(|_| invalid_json()));
    let body = body.transpose()?;
    let (fields, body) = (&request.fields, body.as_ref());
    let sources = Sources { fields, context, now: io.now(), body, response: None };
    let mapped = plan.parameters.map(&sources).map_err(forbidden)?;
    let overrides = context.overrides.get_or_init(Overrides::default).clone();
    let content = map_content(&plan.content, bytes, call, &overrides).await?;
    let Mapped { headers, query, path } = mapped;
    let mut mapped = IntegrationRequest {
        http_method: plan.http_method.as_ref().map_or(&*context.http_method, String::as_str).into(),
        path,
        query,
        fields: own_fields(request, context),
        content,
        overrides,
    };
    for (name, value) in headers {
        mapped.fields.set(name, field_value(&value));
    }
    mapped.apply_overrides(plan.parameters.rules())?;
    check_path(&mapped.path)?;
    refuse_oversized(&mapped.fields)?;
    Ok(mapped)
}

/// Makes the integration request's content; `bytes` are the client's, if they were read already.
pub(super) async fn map_content(
    plan: &ContentPlan,
    bytes: Option<Vec<u8>>,
    call: MethodCall<'_>,
    overrides: &Overrides,
) -> Result<Content, GatewayError> {
    let MethodCall { of, request, context, io } = call;
    let content_type = content_type(request, context);
    let handling = plan.content_handling;
    let is_binary = is_binary(content_type, &of.at.deployment.binary_media_types);
    let choice = plan.templates.choose(content_type);
    if matches!(choice, Choice::Passthrough) {
        let integration = &of.method.integration;
        trace::rule(&integration.source, io, || {
            let behavior = integration.passthrough_behavior.name();
            alloc::format!("the content has no template: it passes through ({behavior})")
        });
    }
    let is_read = match choice {
        Choice::Unsupported => return Err(unsupported(content_type)),
        Choice::Passthrough => !is_binary || handling == Some(ContentHandling::ConvertToText),
        // What a template does not ask for need not be read, unless reading could fail.
        Choice::Template(template) => {
            let asks = template.as_ref().is_ok_and(|template| template.reads_content());
            asks || is_binary || handling.is_some()
        }
    };
    let bytes = match bytes {
        None if is_read => Some(read_content(request, io).await?),
        read => read,
    };
    let template = match (choice, bytes.is_none()) {
        (Choice::Template(template), _) => Some(template),
        (_, true) => return Ok(request.content.clone()),
        (_, false) => None,
    };
    let payload = content_handling::of_request(bytes.unwrap_or_default(), is_binary, handling)
        .map_err(|_| misconfigured("Unable to base64 decode the body."))?;
    Ok(made(match template {
        None => payload.into_bytes(),
        Some(template) => {
            let (text, stage_variables) = (text(payload)?, &of.at.stage.variables);
            let (content, now) = (text.as_str(), io.now());
            let inputs = Inputs { content, request, context, stage_variables, now };
            let media_type = plan.templates.media_type(content_type);
            let at = &of.method.integration.source;
            let source = || trace::member(at, &["requestTemplates", media_type]);
            let rendering = Rendering { message: Message::EndpointRequest, media_type, source };
            rendering.render(template, &inputs, overrides, io)?.into_bytes()
        }
    }))
}

impl IntegrationRequest {
    /// `$context.requestOverride` comes before what is mapped.
    fn apply_overrides(&mut self, rules: FieldRules) -> Result<(), GatewayError> {
        for (name, value) in self.overrides.request_path() {
            self.path.retain(|(n, _)| *n != name);
            let mut encoded = String::with_capacity(value.len());
            // A template has path parameters as they came, and whatever else: both must do.
            target::encode_rest(&value, &mut encoded);
            self.path.push((name, encoded));
        }
        for (name, values) in self.overrides.request_query() {
            self.query.retain(|(n, _)| *n != name);
            self.query.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        for (name, values) in self.overrides.request_headers() {
            if rules.forbids(&name) {
                return Err(forbidden(Forbidden(name)));
            }
            if !rules.drops(&name) {
                set_all(&mut self.fields, &name, &values);
            }
        }
        Ok(())
    }
}

/// Makes these values the only lines of their name. What is no field name is left out.
pub(super) fn set_all(fields: &mut Fields, name: &str, values: &[String]) {
    if !is_field_name(name) {
        return;
    }
    fields.remove(name);
    values.iter().for_each(|value| fields.push(name, field_value(value)));
}

/// Mappings can copy all of a content, several times over: no endpoint and no client takes that.
pub(super) fn refuse_oversized(fields: &Fields) -> Result<(), GatewayError> {
    let bytes: usize = fields.iter().map(|line| line.name.len() + line.value.len()).sum();
    match bytes > FIELDS_BYTES_MAX {
        true => Err(misconfigured(&alloc::format!("{bytes} bytes of header fields are mapped"))),
        false => Ok(()),
    }
}

/// What the gateway itself tells an endpoint (recorded from the real service).
fn own_fields(request: &Request, context: &Context) -> Fields {
    let mut fields = Fields::new();
    fields.push("Accept", "application/json");
    fields.push("User-Agent", alloc::format!("AmazonAPIGateway_{}", context.api_id));
    fields.push("X-Amzn-Apigateway-Api-Id", context.api_id.clone());
    fields.push("X-Amzn-Trace-Id", context.trace.to_field());
    if let Some(traceparent) = context.traceparent() {
        fields.push("traceparent", traceparent);
        if !context.ends_trace_state {
            request.fields.all("tracestate").for_each(|state| fields.push("tracestate", state));
        }
    }
    if !matches!(&*context.http_method, "GET" | "HEAD" | "OPTIONS")
        && let Some(content_type) = request.fields.get("content-type")
    {
        fields.push("Content-Type", content_type);
    }
    fields
}

/// The type that decides what becomes of the client's content. "The test invocation of a method uses the default content
/// type of `application/json` and ignores specifications of any other content types" (AWS's important notes).
pub(super) fn content_type<'r>(request: &'r Request, context: &Context) -> Option<&'r str> {
    request.fields.get("content-type").filter(|_| !context.is_test_invoke)
}

/// What a template takes. To AWS a payload is binary by its type alone, whatever is in it: with `*/*` among
/// `binaryMediaTypes` a preflight without content fails, too (aws/serverless-application-model#553).
fn text(payload: Payload) -> Result<String, GatewayError> {
    match payload {
        Payload::Text(text) => Ok(text),
        Payload::Binary(_) => Err(misconfigured("Unable to transform request")),
    }
}

/// Content that the core made.
pub(super) fn made(bytes: Vec<u8>) -> Content {
    if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) }
}

/// The bytes of a mapped content, which may be the client's own.
pub(super) async fn mapped_bytes(
    content: Content,
    call: MethodCall<'_>,
) -> Result<Vec<u8>, GatewayError> {
    match content {
        Content::Empty => Ok(Vec::new()),
        Content::Bytes(bytes) => Ok(bytes),
        Content::Held(_) => read_content(call.request, call.io).await,
    }
}

/// What a client is told whose content's type no template takes.
fn unsupported(content_type: Option<&str>) -> GatewayError {
    let content_type = content_type.unwrap_or("application/json");
    let reason = alloc::format!("Unsupported media type: {content_type}");
    GatewayError::new(ResponseType::UnsupportedMediaType, reason)
}

/// Refuses values of a URI's placeholders that lead out of where the URI has them: `../../admin` in `/files/{f}`.
/// The method's own path variables are looked at where they are routed; these may come from anywhere.
pub(super) fn check_path(path: &[(String, String)]) -> Result<(), GatewayError> {
    let climbing = path.iter().find(|(_, value)| target::climbs_out(value));
    climbing.map_or(Ok(()), |(name, _)| Err(leads_out(name)))
}

/// A request that would lead out of the path that a mapping makes.
pub(super) fn leads_out(mapping: &str) -> GatewayError {
    let reason = alloc::format!("the value that is mapped to `{mapping}` leads out of its path");
    let error = GatewayError::new(ResponseType::Default4xx, reason);
    error.with_status(400).with_message("Bad Request").with_error_type("BadRequestException")
}

/// A mapping that sets a field which is the gateway's own.
pub(super) fn forbidden(Forbidden(name): Forbidden) -> GatewayError {
    misconfigured(&alloc::format!("{name} header already present"))
}

pub(super) fn invalid_json() -> GatewayError {
    let message = "Invalid JSON in request body";
    GatewayError::new(ResponseType::Default4xx, message).with_message(message)
}
