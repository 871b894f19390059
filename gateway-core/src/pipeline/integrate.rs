//! Has the method's integration answer.
//!
//! Refuses with REQUEST_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, API_CONFIGURATION_ERROR,
//! INTEGRATION_FAILURE and INTEGRATION_TIMEOUT. Asks for `SendRequest`, `InvokeFunction` and
//! `ReadContent`, depending on the integration's type: a file each.

mod forwarded;
mod http;
mod http_mapping;
mod http_proxy;
mod lambda;
mod lambda_proxy;
mod mock;
mod service;
mod service_proxy;

use alloc::string::{String, ToString};
use alloc::{boxed::Box, vec::Vec};
use core::pin::pin;

use super::map_response::CustomAnswer;
use super::trace;
use super::validate::MethodRequest;
use crate::apart::Apart;
use crate::context::{Context, IntegrationContext};
use crate::definition::{Integration, IntegrationType, Protocol, is_of_caller};
use crate::effect::{CALLER, EffectError, IntegrationFailure, Notice, ReadContent, SendRequest};
use crate::exchange::Io;
use crate::gateway::{IntegrationPlan, MethodOf};
use crate::gateway_error::{GatewayError, NETWORK_ERROR, ResponseType};
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::message::{Content, EndpointResponse, Fields, Request, Response};
use crate::transcript::shown_url;

/// What an integration answered.
pub(super) enum EndpointAnswer<'g> {
    /// A proxy's answer, which is the method response.
    Proxy(Response),
    /// What one of the integration responses is to be made of.
    Custom(CustomAnswer<'g>),
}

/// What an integration answered, and what was seen of it on the way.
pub(super) struct Integrated<'g> {
    pub(super) observed: Option<IntegrationContext>,
    pub(super) answer: Result<EndpointAnswer<'g>, GatewayError>,
    /// How much content the endpoint announced, where the host holds it.
    pub(super) response_length: Option<u64>,
}

/// A method request on its way to the integration: what every type of integration sees.
#[derive(Clone, Copy)]
pub(super) struct MethodCall<'a> {
    pub(super) of: MethodOf<'a>,
    pub(super) request: &'a Request,
    pub(super) context: &'a Context<'a>,
    pub(super) io: &'a Io,
}

/// Has the integration answer.
///
/// `region` is the gateway's own, which services are called in that no other is given for.
pub(super) async fn integrate<'g>(
    method_request: &MethodRequest<'g, '_>,
    region: &str,
    context: &Context<'_>,
    io: &Io,
) -> Integrated<'g> {
    let unsigned = without_signature(method_request, context);
    let request = unsigned.as_deref().unwrap_or(&*method_request.request);
    let unobserved = |answer| Integrated { observed: None, answer, response_length: None };
    if announces_too_much(request) {
        return unobserved(Err(too_large()));
    }
    let begun = io.now();
    let integration = &method_request.of.method.integration;
    trace::rule(&integration.source, io, || integration_rule(integration));
    if takes_mappings(integration.integration_type, method_request.of.at.api.protocol) {
        let mappings = &integration.request_parameters;
        trace::mappings(&integration.source, &["requestParameters"], mappings, io);
    }
    let of = method_request.of;
    let response_transfer_mode = integration.response_transfer_mode;
    let mut observed = IntegrationContext { begun, response_transfer_mode, ..Default::default() };
    let mut response_length = None;
    let mut endpoint_fields = Fields::new();
    let call = MethodCall { of, request, context, io };
    let mut answer = match &of.plan.integration {
        IntegrationPlan::Mock(mock) => {
            let answer = Apart(pin!(mock::mock(mock, call))).await;
            return unobserved(answer);
        }
        IntegrationPlan::Misconfigured(reason) => {
            report(of, reason, io);
            return unobserved(Err(misconfigured(reason)));
        }
        IntegrationPlan::Http(http) => Apart(pin!(http::http(http, call, &mut observed))).await,
        IntegrationPlan::HttpProxy(proxy) => {
            let answer = Apart(pin!(http_proxy::http_proxy(proxy, call, &mut observed))).await;
            answer.map(|answer| {
                response_length = answer.content_length;
                endpoint_fields = answer.endpoint_fields;
                EndpointAnswer::Proxy(answer.response)
            })
        }
        IntegrationPlan::Service(plan) => {
            Apart(pin!(service::service(plan, call, &mut observed))).await
        }
        IntegrationPlan::ServiceProxy(proxy) => {
            let answer = pin!(service_proxy::service_proxy(proxy, region, call, &mut observed));
            Apart(answer).await.map(|answer| {
                response_length = answer.content_length;
                endpoint_fields = answer.endpoint_fields;
                EndpointAnswer::Proxy(answer.response)
            })
        }
        IntegrationPlan::Lambda(lambda) => {
            Apart(pin!(lambda::lambda(lambda, call, &mut observed))).await
        }
        IntegrationPlan::LambdaProxy(proxy) => {
            let answer = pin!(lambda_proxy::lambda_proxy(proxy, call, &mut observed));
            Apart(answer).await.map(EndpointAnswer::Proxy)
        }
    };
    if let Ok(EndpointAnswer::Proxy(response)) = &mut answer {
        mappings_of_status(integration, response.status, io);
        let mappings = &of.plan.response_mappings;
        let mapped = Apart(pin!(http_mapping::map_response(
            mappings,
            response,
            &endpoint_fields,
            context,
            io
        )))
        .await;
        if let Err(error) = mapped {
            answer = Err(error);
        }
    }
    let latency_ms = io.now().0.saturating_sub(begun.0);
    observed.latency_ms = u32::try_from(latency_ms).unwrap_or(u32::MAX);
    if let Err(error) = &answer {
        observed.error = Some(error.integration_error());
    }
    observed.is_coded = endpoint_fields.contains("content-encoding");
    Integrated { observed: Some(observed), answer, response_length }
}

/// Whether mappings of the request have an effect.
fn takes_mappings(integration_type: IntegrationType, protocol: Protocol) -> bool {
    match integration_type {
        IntegrationType::Mock => false,
        IntegrationType::AwsProxy => protocol == Protocol::Http,
        _ => true,
    }
}

/// Writes down the mappings of an endpoint's status (HTTP APIs).
fn mappings_of_status(integration: &Integration, status: u16, io: &Io) {
    if !io.is_explaining() {
        return;
    }
    let of_status = integration.response_parameters.iter().find(|(of, _)| *of == status);
    if let Some((_, mappings)) = of_status {
        let at = ["responseParameters", &*status.to_string()];
        trace::mappings(&integration.source, &at, mappings, io);
    }
}

/// The request as the integrations of a REST API see it, where that is another one.
///
/// "Important notes": `Authorization` goes no further if it is a signature, or if the method asks for
/// one. Whoever has it could send the request to the gateway again, as the client, for five minutes.
fn without_signature(
    method_request: &MethodRequest<'_, '_>,
    context: &Context<'_>,
) -> Option<Box<Request>> {
    let MethodRequest { of, request, .. } = method_request;
    // An HTTP proxy edits what the host holds: it leaves the field out by itself.
    let edits = matches!(of.plan.integration, IntegrationPlan::HttpProxy(_));
    if of.at.api.protocol != Protocol::Rest || edits || !is_signed(request, context) {
        return None;
    }
    let mut unsigned = Box::new(Request::clone(request));
    unsigned.fields.remove("authorization");
    Some(unsigned)
}

/// Whether a request proves by `Authorization` who signed it.
fn is_signed(request: &Request, context: &Context<'_>) -> bool {
    let mut values = request.fields.all("authorization");
    match context.authorizer.iam() {
        Some(_) => values.next().is_some(),
        None => values.any(|value| value.starts_with("AWS4-HMAC-SHA256")),
    }
}

/// Whose call it is: the role's, or the caller's of the method.
fn credentials(
    configured: Option<&String>,
    context: &Context<'_>,
) -> Result<Option<String>, GatewayError> {
    match (configured, context.authorizer.iam()) {
        (Some(text), Some(iam)) if is_of_caller(text) => {
            Ok(Some(alloc::format!("{CALLER}{}", iam.access_key)))
        }
        (Some(text), None) if is_of_caller(text) => {
            Err(misconfigured("the caller has no credentials to call with"))
        }
        (role, _) => Ok(role.cloned()),
    }
}

/// Sends a request to an endpoint, and writes down what is seen of the answer.
async fn send(
    request: SendRequest,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<EndpointResponse, GatewayError> {
    let protocol = call.of.at.api.protocol;
    let answer = call.io.perform(request).await;
    let endpoint = answer.map_err(|error| endpoint_failed(error, protocol))?;
    observed.integration_status = Some(endpoint.status);
    observed.status = Some(endpoint.status);
    note_request_ids(&endpoint, observed);
    Ok(endpoint)
}

/// How an endpoint of AWS names its answer.
fn note_request_ids(endpoint: &EndpointResponse, observed: &mut IntegrationContext) {
    // Both are names of it: S3 has the latter, and a second id.
    let request_id = endpoint.fields.get("x-amzn-requestid");
    observed.request_id =
        request_id.or_else(|| endpoint.fields.get("x-amz-request-id")).map(Into::into);
    observed.extended_request_id = endpoint.fields.get("x-amz-id-2").map(Into::into);
}

/// What answers, for a transcript.
fn integration_rule(integration: &Integration) -> String {
    let integration_type = match integration.integration_type {
        IntegrationType::Mock => "MOCK",
        IntegrationType::Http => "HTTP",
        IntegrationType::HttpProxy => "HTTP_PROXY",
        IntegrationType::Aws => "AWS",
        IntegrationType::AwsProxy => "AWS_PROXY",
    };
    match &integration.uri {
        Some(uri) => alloc::format!("integration {integration_type} with {}", shown_url(uri)),
        None => alloc::format!("integration {integration_type}"),
    }
}

/// The request's content, whole.
pub(super) async fn read_content(request: &Request, io: &Io) -> Result<Vec<u8>, GatewayError> {
    let content = match &request.content {
        Content::Empty => return Ok(Vec::new()),
        Content::Bytes(bytes) => return Ok(bytes.clone()),
        Content::Held(content) => *content,
    };
    match io.perform(ReadContent { content, bytes_max: PAYLOAD_BYTES_MAX }).await {
        Ok(bytes) => Ok(bytes.0),
        Err(EffectError::TooLarge) => Err(too_large()),
        Err(EffectError::Cancelled) => Err(cancelled()),
        Err(EffectError::Stalled) => Err(stalled()),
        Err(EffectError::Overloaded) => Err(overloaded()),
        Err(error) => {
            let reason = alloc::format!("reading the request's content: {error}");
            Err(GatewayError::new(ResponseType::BadRequestBody, reason))
        }
    }
}

/// What the client is told when an endpoint gave no answer. HTTP APIs answer 503 for both.
pub(super) fn endpoint_failed(error: EffectError, protocol: Protocol) -> GatewayError {
    let unavailable = |error: GatewayError| match protocol {
        Protocol::Rest => error,
        Protocol::Http => error.with_status(503).with_message("Service Unavailable"),
    };
    match error {
        EffectError::Cancelled => cancelled(),
        EffectError::TooLarge => too_large(),
        EffectError::Stalled => stalled(),
        EffectError::Overloaded => overloaded(),
        EffectError::TimedOut => unavailable(GatewayError::new(
            ResponseType::IntegrationTimeout,
            "Execution failed due to a timeout error",
        )),
        EffectError::Unavailable(reason) | EffectError::Malformed(reason) => unavailable(
            GatewayError::new(ResponseType::IntegrationFailure, reason)
                .with_message(NETWORK_ERROR)
                .of_host(),
        ),
        // Recorded from the real service for certificates and for names that nobody has.
        EffectError::Misconfigured(reason) => unavailable(misconfigured(&reason).of_host()),
    }
}

/// Has the operator told of an integration that its stage cannot call: its callers read nothing but 500.
fn report(of: MethodOf<'_>, reason: &str, io: &Io) {
    io.notify(Notice::ReportIntegration(IntegrationFailure {
        api_id: of.at.api.id.clone(),
        stage: of.at.stage.stage_name.clone(),
        route_key: of.plan.route_key.clone(),
        reason: reason.into(),
    }));
}

/// A mistake in the definition that shows only now.
pub(super) fn misconfigured(reason: &str) -> GatewayError {
    let reason = alloc::format!("Execution failed due to configuration error: {reason}");
    GatewayError::new(ResponseType::ApiConfigurationError, reason)
}

/// The client left: nobody reads the answer, and metrics should not count it as the API's fault.
pub(super) fn cancelled() -> GatewayError {
    GatewayError::new(ResponseType::Default4xx, "the client left").with_status(499)
}

/// RFC 9110 §15.5.9: not the endpoint's fault, as 504 would say.
fn stalled() -> GatewayError {
    GatewayError::new(ResponseType::Default4xx, "the request's content did not come in time")
        .with_status(408)
        .with_message("Request Timeout")
}

/// RFC 9110 §15.6.4: the client may try again.
pub(super) fn overloaded() -> GatewayError {
    GatewayError::new(ResponseType::Default5xx, "the host has as much to do as it may")
        .with_status(503)
        .with_message("Service Unavailable")
}

pub(super) fn too_large() -> GatewayError {
    GatewayError::new(ResponseType::RequestTooLarge, "more than 10 MB of content")
}

/// Whether a request announces more content than any integration takes (payload size quota).
/// The host stops content that comes without a length at the same size.
pub(super) fn announces_too_much(request: &Request) -> bool {
    let length = request.fields.get("content-length").and_then(|v| v.trim().parse::<u64>().ok());
    length.is_some_and(|length| length > u64::from(PAYLOAD_BYTES_MAX))
}
