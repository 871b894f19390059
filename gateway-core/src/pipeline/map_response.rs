//! From what the integration answered to the method response.
//!
//! A proxy's answer is the method response. Any other selects an integration response, which maps
//! it: fields, content handling, template. Refuses with API_CONFIGURATION_ERROR, DEFAULT_5XX
//! (content that is not the JSON it begins like), and what reading the content may fail with. Asks
//! for `ReadContent`.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::integrate::{EndpointAnswer, endpoint_failed, misconfigured};
use super::map_request::{made, refuse_oversized, set_all};
use super::render::Rendering;
use super::respond::field_value;
use super::trace;
use crate::content_handling::{self, Payload, is_binary};
use crate::context::Context;
use crate::definition::{Protocol, Source};
use crate::effect::{EffectError, ReadContent};
use crate::exchange::Io;
use crate::gateway::MethodOf;
use crate::gateway::expression::{Body, ResponseSources, Sources};
use crate::gateway::integration_response::{ResponsePlan, Responses, TooManySteps};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::message::integration_fields::{self, Answering, Fate, REMAPPED};
use crate::message::{Content, Fields, OutgoingFields, Request, Response};
use crate::template::{Inputs, Overrides};
use crate::transcript::Message;

/// What an endpoint answered to an integration that is no proxy.
pub(super) struct CustomAnswer<'g> {
    /// What selection patterns are matched with: a status code, or a function's `errorMessage`.
    pub(super) selector: String,
    pub(super) fields: Fields,
    pub(super) content: Content,
    pub(super) responses: &'g Responses,
    /// The trace that the client is told of; a mock has none.
    pub(super) trace: Option<String>,
    /// What the request's template set.
    pub(super) overrides: Overrides,
}

/// The method response.
pub(super) async fn map_response(
    answer: EndpointAnswer<'_>,
    of: MethodOf<'_>,
    request: &Request,
    context: &Context<'_>,
    io: &Io,
) -> Result<Response, GatewayError> {
    let mut answer = match answer {
        EndpointAnswer::Proxy(response) => return Ok(response),
        EndpointAnswer::Custom(answer) => answer,
    };
    let selected = answer.responses.select(&answer.selector);
    let selected =
        selected.map_err(|TooManySteps| misconfigured("a selection pattern is too slow"))?;
    let selected = selected.ok_or_else(|| {
        misconfigured(&alloc::format!(
            "No match for output mapping and no default endpoint mapping configured. Endpoint \
             Response Status Code: {}",
            answer.selector
        ))
    })?;
    if io.is_recording() {
        selected_rule(&answer, selected, of, io);
    }
    if !selected.has_method_response {
        return Err(misconfigured(&alloc::format!(
            "Output mapping refers to an invalid method response: {}",
            selected.status_code
        )));
    }
    let accept = request.fields.get("accept");
    let template = selected.template(accept);
    let binary_media_types = &of.at.deployment.binary_media_types;
    let is_binary_payload = is_binary(answer.fields.get("content-type"), binary_media_types);
    let accepts_binary = is_binary(accept, binary_media_types);
    let handling = selected.content_handling;
    let passes = template.is_none()
        && content_handling::passes_response(is_binary_payload, accepts_binary, handling);
    let bytes = match passes && !selected.maps_body() {
        true => None,
        false => Some(read(core::mem::take(&mut answer.content), io).await?),
    };
    let mut fields = map_fields(selected, &answer, bytes.as_deref(), request, context, io)?;
    let convert = |bytes: Vec<u8>| {
        content_handling::of_response(bytes, is_binary_payload, accepts_binary, handling)
            .map_err(|_| misconfigured("Unable to base64 decode the body."))
    };
    let content = match (template, bytes) {
        (None, None) => answer.content,
        (None, Some(bytes)) => made(convert(bytes)?.into_bytes()),
        (Some(template), bytes) => {
            let text = text(convert(bytes.unwrap_or_default())?)?;
            let (content, stage_variables, now) = (&*text, &of.at.stage.variables, io.now());
            let inputs = Inputs { content, request, context, stage_variables, now };
            let media_type = selected.media_type(accept);
            let source = || {
                let (source, _) = place(&answer, selected, of);
                trace::member(&source, &["responseTemplates", media_type])
            };
            let rendering = Rendering { message: Message::MethodResponse, media_type, source };
            made(rendering.render(template, &inputs, &answer.overrides, io)?.into_bytes())
        }
    };
    for (name, values) in answer.overrides.response_headers() {
        if let Some(name) = outgoing_name(&name) {
            set_all(&mut fields, &name, &values);
        }
    }
    if let Some(trace) = answer.trace {
        fields.set("X-Amzn-Trace-Id", trace);
    }
    refuse_oversized(&fields)?;
    let status = answer.overrides.response_status().unwrap_or(selected.status_code);
    if status < 200 {
        // RFC 9110 §15.2: no such response is a final one, and no host could send it.
        return Err(misconfigured(&alloc::format!("{status} is not the status of a response")));
    }
    Ok(Response { status, fields: OutgoingFields::Complete(fields), content })
}

/// Writes down which integration response was selected.
fn selected_rule(answer: &CustomAnswer<'_>, selected: &ResponsePlan, of: MethodOf<'_>, io: &Io) {
    let (source, name) = place(answer, selected, of);
    trace::rule(&source, io, || {
        let (selector, status) = (&answer.selector, selected.status_code);
        alloc::format!("`{selector}` selects the integration response `{name}`: status {status}")
    });
    let index = answer.responses.index(selected);
    if let Some(response) = index.and_then(|at| of.method.integration.responses.get(at)) {
        trace::mappings(&source, &["responseParameters"], &response.response_parameters, io);
    }
}

/// The place of an integration response in the definition, and its name there.
fn place<'g>(
    answer: &CustomAnswer<'_>,
    selected: &ResponsePlan,
    of: MethodOf<'g>,
) -> (Source, &'g str) {
    let integration = &of.method.integration;
    let response = answer.responses.index(selected);
    let response = response.and_then(|index| integration.responses.get(index));
    let pattern = response.and_then(|response| response.selection_pattern.as_deref());
    let name = pattern.filter(|pattern| !pattern.is_empty()).unwrap_or("default");
    (trace::member(&integration.source, &["responses", name]), name)
}

/// The endpoint's content, whole.
pub(super) async fn read(content: Content, io: &Io) -> Result<Vec<u8>, GatewayError> {
    let held = match content {
        Content::Empty => return Ok(Vec::new()),
        Content::Bytes(bytes) => return Ok(bytes),
        Content::Held(held) => held,
    };
    match io.perform(ReadContent { content: held, bytes_max: PAYLOAD_BYTES_MAX }).await {
        Ok(bytes) => Ok(bytes.0),
        Err(EffectError::TooLarge) => Err(misconfigured(&alloc::format!(
            "Integration response is larger than allowed maximum of {PAYLOAD_BYTES_MAX} bytes."
        ))),
        Err(error) => Err(endpoint_failed(error, Protocol::Rest)),
    }
}

/// The fields that the integration response maps. None of the endpoint's own cross by themselves.
fn map_fields(
    selected: &ResponsePlan,
    answer: &CustomAnswer<'_>,
    content: Option<&[u8]>,
    request: &Request,
    context: &Context<'_>,
    io: &Io,
) -> Result<Fields, GatewayError> {
    let body = match content {
        Some(content) if selected.maps_body() => {
            Some(Body::read(content).map_err(|_| invalid_json())?)
        }
        _ => None,
    };
    let sources = Sources {
        fields: &request.fields,
        context,
        now: io.now(),
        body: None,
        response: Some(ResponseSources { fields: &answer.fields, body: body.as_ref() }),
    };
    let mut fields = Fields::new();
    for (name, expression) in &selected.parameters {
        let Some(name) = outgoing_name(name) else { continue };
        for value in expression.values(&sources) {
            fields.set(name.clone(), field_value(&value));
        }
    }
    Ok(fields)
}

/// The name by which a mapped field goes out; `None` for one that does not.
fn outgoing_name(name: &str) -> Option<Cow<'_, str>> {
    match integration_fields::fate(name, Answering::Mapped).0 {
        Fate::Keep => Some(Cow::Borrowed(name)),
        Fate::Remap => Some(Cow::Owned(alloc::format!("{REMAPPED}{name}"))),
        Fate::Drop => None,
    }
}

/// What a template takes. Bytes are none of it, whatever they are (recorded from the real service).
fn text(payload: Payload) -> Result<String, GatewayError> {
    match payload {
        Payload::Text(text) => Ok(text),
        Payload::Binary(bytes) if bytes.is_empty() => Ok(String::new()),
        Payload::Binary(_) => Err(misconfigured("Unable to transform response")),
    }
}

fn invalid_json() -> GatewayError {
    GatewayError::new(ResponseType::Default5xx, "Invalid JSON in response body")
}
