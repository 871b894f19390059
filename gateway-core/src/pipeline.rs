//! The story of a request.
//!
//! ```text
//!                                                                               ┌────── a cached response ──────┐
//! arrival → find_stage → inspect → route → authorize → check_api_key → throttle → validate → look_up → integrate → map_response → remember → finish
//!               └───────────┴────────┴─────────┴──────────────┴──────────┴──────────┴──────────┴──────────┴─── GatewayError ──┘
//! ```
//!
//! Each stage takes the evidence of the one before it, so that none can be left out. What is known
//! of the request is written down here alone ([`Context`]); stages read it.

mod authorize;
mod break_off;
mod cache;
mod check_api_key;
mod content_coding;
mod cors;
mod inspect;
mod integrate;
mod map_request;
mod map_response;
mod noted;
mod record;
mod render;
mod respond;
mod route;
#[cfg(test)]
mod tests;
mod throttle;
mod trace;
mod validate;
#[cfg(test)]
pub(crate) mod world;

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::OnceCell;

pub(crate) use authorize::UserPool;
pub(crate) use break_off::break_off;
use cache::{Found, remember};
pub(crate) use inspect::inspect_alone;
use noted::{
    Passed, authorize, check_api_key_and_throttle, inspect, integrate, look_up, map_response,
    route, validate,
};
use record::record;
use route::{Addressed, check_fields, check_query, check_size, find_stage};

use crate::apart::{Apart, apart};
use crate::context::{ApiKeyContext, Context, ErrorContext};
use crate::definition::{Api, Protocol};
use crate::exchange::Io;
use crate::gateway::{Gateway, StageOf};
use crate::gateway_error::GatewayError;
use crate::message::{Arrival, Request, Response};
use crate::trace_context::continue_trace;
use crate::transcript::PipelineStage;

/// Answers a request. Whatever happens there is one response, one `RecordRequest` and, if the
/// stage logs, one `WriteAccessLog`.
pub(crate) async fn run(gateway: Rc<Gateway>, arrival: Rc<Arrival>, io: Io) -> Response {
    let arrival = arrival.without_connection_options();
    let changed = OnceCell::new();
    let mut context = Context::new(&arrival, &gateway.snapshot);
    let request = &arrival.request;
    trace::arrived(&arrival, &context, &io);
    let (api, addressed) = find_stage(&gateway, &context, &arrival);
    let protocol = note_api(api, &mut context);
    trace::addressed(api, addressed.as_ref(), &io);
    let addressed = addressed.map(|addressed| note_stage(addressed, request, &mut context));
    let at = addressed.as_ref().ok().copied();
    begin_trace(&gateway, at, &arrival, &mut context, &io);
    let answer = match addressed {
        Ok(at) => respond(&gateway, &at, &arrival, &changed, &mut context, &io).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &answer {
        context.error = Some(Box::new(ErrorContext {
            response_type: error.response_type,
            message: respond::message(protocol, error),
            validation_error: error.validation_error.clone(),
            reason: error.reason.clone(),
        }));
    }
    io.enter(PipelineStage::Respond);
    let error = answer.as_ref().err().cloned();
    let response = respond::finish(protocol, at, answer, request, &context, &io);
    trace::responded(at, error.as_ref(), &response, &context, &io);
    context.status = response.status;
    context.response_length = respond::content_length(&response).or(context.response_length);
    record(at, request, &context, &io);
    if let Some(tracer) = io.take_tracer() {
        apart(|| io.notify(tracer.finish(request, protocol, &context)));
    }
    response
}

/// A stage with `tracingEnabled` has its requests traced, or a share of them.
fn begin_trace<'g>(
    gateway: &'g Gateway,
    at: Option<StageOf<'g>>,
    arrival: &'g Arrival,
    context: &mut Context<'g>,
    io: &Io,
) {
    if let (Some(at), Some(sampler)) = (at, gateway.snapshot.tracing)
        && at.stage.tracing_enabled
        && let Some(tracer) =
            continue_trace(sampler, &arrival.request.fields, arrival.seed, context)
    {
        io.trace_spans(tracer);
    }
}

/// What is answered before an API is known is answered as by a REST API.
fn note_api<'g>(api: Option<&'g Api>, context: &mut Context<'g>) -> Protocol {
    let protocol = api.map_or(Protocol::Rest, |api| api.protocol);
    context.api_id = api.map(|api| api.id.as_str()).unwrap_or_default().into();
    if protocol == Protocol::Http {
        context.request_id.clone_from(&context.extended_request_id);
    }
    protocol
}

fn note_stage<'g>(
    addressed: Addressed<'g>,
    request: &'g Request,
    context: &mut Context<'g>,
) -> StageOf<'g> {
    context.is_test_invoke = addressed.at.stage.is_test_invoke;
    if addressed.at.api.protocol == Protocol::Rest {
        context.read_as_rest(request);
    }
    context.stage = addressed.at.stage.stage_name.as_str().into();
    context.deployment_id = addressed.at.deployment.id.as_str().into();
    context.endpoint_type = Some(addressed.at.deployment.endpoint_type);
    context.path = addressed.path;
    context.is_canary_request = addressed.at.is_canary;
    context.base_path_matched = addressed.base_path_matched;
    context.is_mutual_tls = addressed.is_mutual_tls;
    context.resource_request_path = addressed.resource_request_path;
    if context.is_test_invoke {
        note_test_invoke(context);
    }
    addressed.at
}

/// Recorded from the real service: what `TestInvokeMethod` has in place of a client.
fn note_test_invoke(context: &mut Context<'_>) {
    context.source_ip = "test-invoke-source-ip".into();
    (context.domain_prefix, context.domain_name) =
        ("testPrefix".into(), "testPrefix.testDomainName".into());
    let (id, value) = ("test-invoke-api-key-id".into(), "test-invoke-api-key".into());
    context.api_key = Some(Box::new(ApiKeyContext { id, value }));
    context.deployment_id = "".into();
}

/// The stages in their order. What is passed by reference takes its room once.
async fn respond<'g>(
    gateway: &'g Gateway,
    at: &StageOf<'g>,
    arrival: &'g Arrival,
    changed: &'g OnceCell<Box<Request>>,
    context: &mut Context<'g>,
    io: &Io,
) -> Result<Response, GatewayError> {
    check_size(&arrival.request, at.deployment.endpoint_type)?;
    check_fields(&arrival.request)?;
    let request = match inspect(gateway, at, arrival, changed, context, io).await? {
        Passed::GoesOn(request) => request,
        Passed::Answered(response) => return Ok(response),
    };
    check_query(*at, context)?;
    let matched = match route(*at, request, context, io).await {
        Err(_) if cors::is_preflight(*at, request) => return Ok(cors::preflight()),
        matched => matched?,
    };
    let authorized = authorize(matched, request, context, io).await?;
    let (admitted, may_not_invalidate) =
        check_api_key_and_throttle(authorized, gateway, request, context, io).await?;
    let method_request = validate(admitted, request, context, io).await?;
    let coding = content_coding::accepted(method_request.of, request);
    let absent = match look_up(&method_request, may_not_invalidate, coding, context, io).await? {
        Some(Found::Stored(cached)) => return Ok(cached.response),
        Some(Found::Nothing(absent)) => Some(Box::new(absent)),
        None => None,
    };
    let answer = integrate(&method_request, gateway, context, io).await?;
    let response = map_response(answer, method_request.of, request, coding, context, io).await?;
    match absent {
        Some(absent) => Apart(Box::pin(remember(*absent, response, io))).await,
        None => Ok(response),
    }
}
