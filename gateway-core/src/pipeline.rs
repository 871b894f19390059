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
use authorize::authorize;
pub(crate) use break_off::break_off;
use cache::{Cached, Found, look_up, remember};
use check_api_key::check_api_key;
pub(crate) use inspect::inspect_alone;
use inspect::{Guarded, Inspected, inspect};
use integrate::integrate;
use map_response::map_response;
use record::record;
use route::{Addressed, Matched, find_stage, route};
use throttle::throttle;
use validate::validate;

use crate::context::{ApiKeyContext, Context, ErrorContext, WafResponse};
use crate::definition::{Api, Authorization, Protocol};
use crate::effect::CacheUse;
use crate::exchange::Io;
use crate::gateway::{Gateway, MethodOf, StageOf, WebAclPlan};
use crate::gateway_error::GatewayError;
use crate::message::{Arrival, Fields, Request, Response};
use crate::trace_context::continue_trace;
use crate::transcript::PipelineStage;

/// Answers a request. Whatever happens there is one response, one `RecordRequest` and, if the
/// stage logs, one `WriteAccessLog`.
pub(crate) async fn run(gateway: Rc<Gateway>, arrival: Rc<Arrival>, io: Io) -> Response {
    let changed = OnceCell::new();
    let mut context = Context::new(&arrival, &gateway.snapshot);
    let request = &arrival.request;
    trace::arrived(&arrival, &context, &io);
    let (api, addressed) = find_stage(&gateway, &context, &arrival);
    let protocol = note_api(api, &mut context);
    trace::addressed(api, addressed.as_ref().ok(), &io);
    let addressed = addressed.map(|addressed| note_stage(addressed, &mut context));
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
    record(at, &context, &io);
    if let Some(tracer) = io.take_tracer() {
        io.notify(tracer.finish(request, protocol, &context));
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

fn note_stage<'g>(addressed: Addressed<'g>, context: &mut Context<'g>) -> StageOf<'g> {
    context.stage = addressed.at.stage.stage_name.as_str().into();
    context.deployment_id = addressed.at.deployment.id.as_str().into();
    context.path = addressed.path;
    context.is_canary_request = addressed.at.is_canary;
    context.base_path_matched = addressed.base_path_matched;
    context.is_mutual_tls = addressed.is_mutual_tls;
    context.resource_request_path = addressed.resource_request_path;
    if addressed.at.stage.is_test_invoke {
        note_test_invoke(context);
    }
    addressed.at
}

/// Recorded from the real service: what `TestInvokeMethod` has in place of a client.
fn note_test_invoke(context: &mut Context<'_>) {
    context.is_test_invoke = true;
    context.source_ip = "test-invoke-source-ip".into();
    (context.domain_prefix, context.domain_name) =
        ("testPrefix".into(), "testPrefix.testDomainName".into());
    let (id, value) = ("test-invoke-api-key-id".into(), "test-invoke-api-key".into());
    context.api_key = Some(Box::new(ApiKeyContext { id, value }));
    context.deployment_id = "".into();
}

fn note_method<'g>(matched: &Matched<'g>, context: &mut Context<'g>) {
    context.resource_id = matched.of.method.resource_id.as_str().into();
    context.operation_name = matched.of.method.operation_name.as_deref().map(Into::into);
    context.resource_path = matched.of.method.resource_path.as_str().into();
    context.route_key = matched.of.plan.route_key.as_str().into();
    context.has_method_metrics = matched.of.plan.has_metrics;
    context.path_parameters = matched.path_parameters(context);
    if context.is_test_invoke {
        context.path = context.resource_path.clone();
    }
}

/// What there was to ask, for the access log.
fn note_authorization(of: MethodOf<'_>, error: Option<&GatewayError>, context: &mut Context<'_>) {
    let has_policy = of.policy().is_some() || of.endpoint_policy(context).is_some();
    if has_policy || of.method.authorization != Authorization::None {
        let latency_ms = context.authorizer_use.map_or(0, |cost| cost.latency_ms);
        context.note_authorization(&of.method.authorization, has_policy, latency_ms, error);
    }
}

async fn inspect_and_note(
    at: StageOf<'_>,
    plan: &WebAclPlan,
    arrival: &Arrival,
    context: &mut Context<'_>,
    io: &Io,
) -> Result<Inspected, GatewayError> {
    let begun = io.now();
    let inspected = inspect(Guarded::Stage(at), plan, arrival, context, io).await;
    let latency_ms = io.now().0.saturating_sub(begun.0);
    context.note_web_acl(plan.acl.arn(), latency_ms, inspected.as_ref().err());
    inspected
}

/// The request with the fields that its web ACL added, kept in `changed`. One of the same name that the
/// client sent is overwritten.
fn insert<'g>(
    inserted: &Fields,
    request: &Request,
    changed: &'g OnceCell<Box<Request>>,
) -> &'g Request {
    changed.get_or_init(|| {
        let mut request = Box::new(request.clone());
        inserted.iter().for_each(|line| request.fields.set(line.name, line.value));
        request
    })
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
    let mut request = &arrival.request;
    route::check_fields(request)?;
    if let Some(plan) = gateway.web_acl(at.stage) {
        io.enter(PipelineStage::Inspect);
        // In a box, so that exchanges without a web ACL take no memory for it.
        context.waf = Some(WafResponse::Block);
        match Box::pin(inspect_and_note(*at, plan, arrival, context, io)).await? {
            Inspected::Answered(response) => return Ok(response),
            Inspected::GoesOn(inserted) if inserted.is_empty() => {}
            Inspected::GoesOn(inserted) => request = insert(&inserted, request, changed),
        }
        context.waf = Some(WafResponse::Allow);
    }
    io.enter(PipelineStage::Route);
    let matched = match route(*at, request, context) {
        Err(_) if cors::is_preflight(*at, request) => return Ok(cors::preflight()),
        matched => matched?,
    };
    note_method(&matched, context);
    trace::matched(matched.of, request, context, io);
    if io.is_recording() {
        // In a box, so that exchanges without a transcript take no memory for it.
        Box::pin(trace::method_request(request, io)).await;
    }
    io.enter(PipelineStage::Authorize);
    let decided = authorize(matched, request, context, io).await;
    (context.authorizer, context.authorizer_use) = (decided.identity, decided.cost);
    if at.plan.access_log.is_some() {
        note_authorization(matched.of, decided.answer.as_ref().err(), context);
    }
    trace::authorized(context, io);
    io.enter(PipelineStage::Throttle);
    let (admitted, may_not_invalidate) = {
        // What is dropped here takes no room in the stages that follow.
        let authorized = decided.answer?;
        let checked = check_api_key(&authorized, gateway, request, context);
        trace::api_key(authorized.of(), checked.as_ref().err(), request, context, io);
        let (identified, api_key) = checked?;
        context.api_key = api_key.or(context.api_key.take());
        let may_not_invalidate = authorized.into_may_not_invalidate();
        (throttle(&identified, gateway, io).await?, may_not_invalidate)
    };
    io.enter(PipelineStage::Validate);
    let method_request = validate(admitted, request, context, io).await?;
    let coding = content_coding::accepted(method_request.of, request);
    let mut absent = None;
    if method_request.of.plan.cache.is_some() {
        io.enter(PipelineStage::Cache);
        // In a box, as all that few methods need.
        let found = look_up(&method_request, may_not_invalidate, coding, context, io);
        match Box::pin(found).await? {
            Some(Found::Stored(Cached { response, content_length })) => {
                context.cache = Some(CacheUse::Hit);
                context.response_length = Some(content_length);
                return Ok(response);
            }
            Some(Found::Nothing(nothing)) => {
                context.cache = Some(CacheUse::Miss);
                absent = Some(Box::new(nothing));
            }
            None => {}
        }
    }
    io.enter(PipelineStage::Integrate);
    let integrated = integrate(&method_request, &gateway.snapshot.region, context, io).await;
    context.integration = integrated.observed;
    context.response_length = integrated.response_length;
    io.enter(PipelineStage::MapResponse);
    let response = match coding {
        // In a box, as all that few requests need.
        Some(coding) => {
            let (answer, of) = (integrated.answer?, method_request.of);
            let coded = content_coding::respond(coding, answer, of, request, context, io);
            Box::pin(coded).await?
        }
        None => map_response(integrated.answer?, method_request.of, request, context, io).await?,
    };
    match absent {
        Some(absent) => Box::pin(remember(*absent, response, io)).await,
        None => Ok(response),
    }
}
