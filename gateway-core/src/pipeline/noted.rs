//! The stages, with what the record and the transcript take down of each: the story ([`super::respond`]) tells
//! what happens in which order, this what is remembered of it.
//!
//! Nothing is decided here. What few requests need stands in a box, so that the others' exchanges take no
//! memory for it, and apart, so that their first one waits for none of its code.

use alloc::boxed::Box;
use core::cell::OnceCell;

use super::authorize::{Authorized, MayNotInvalidate, authorize as ask_authorizer};
use super::cache::{Cached, Found, look_up as ask_cache};
use super::check_api_key::check_api_key;
use super::content_coding;
use super::inspect::{Guarded, Inspected, inspect as ask_web_acl};
use super::integrate::{EndpointAnswer, integrate as invoke};
use super::map_response::map_response as map;
use super::route::{Matched, route as find_method};
use super::throttle::{Admitted, throttle};
use super::trace;
use super::validate::{MethodRequest, validate as validate_request};
use crate::apart::Apart;
use crate::content_coding::Coding;
use crate::context::{Context, WafResponse};
use crate::definition::Authorization;
use crate::effect::CacheUse;
use crate::exchange::Io;
use crate::gateway::{Gateway, MethodOf, StageOf, WebAclPlan};
use crate::gateway_error::GatewayError;
use crate::message::{Arrival, Fields, Request, Response};
use crate::transcript::PipelineStage;

/// What a stage that may answer by itself makes of a request.
pub(super) enum Passed<'g> {
    /// The next stage sees this request.
    GoesOn(&'g Request),
    /// There is no next stage.
    Answered(Response),
}

/// Has the stage's web ACL decide, if there is one; the fields that it adds are in what goes on.
pub(super) async fn inspect<'g>(
    gateway: &'g Gateway,
    at: &StageOf<'g>,
    arrival: &'g Arrival,
    changed: &'g OnceCell<Box<Request>>,
    context: &mut Context<'g>,
    io: &Io,
) -> Result<Passed<'g>, GatewayError> {
    let request = &arrival.request;
    let Some(plan) = gateway.web_acl(at.stage) else { return Ok(Passed::GoesOn(request)) };
    io.enter(PipelineStage::Inspect);
    context.waf = Some(WafResponse::Block);
    let asked = Apart(Box::pin(ask_web_acl_and_note(*at, plan, arrival, context, io)));
    let passed = match asked.await? {
        Inspected::Answered(response) => return Ok(Passed::Answered(response)),
        Inspected::GoesOn(inserted) if inserted.is_empty() => request,
        Inspected::GoesOn(inserted) => insert(&inserted, request, changed),
    };
    context.waf = Some(WafResponse::Allow);
    Ok(Passed::GoesOn(passed))
}

async fn ask_web_acl_and_note(
    at: StageOf<'_>,
    plan: &WebAclPlan,
    arrival: &Arrival,
    context: &mut Context<'_>,
    io: &Io,
) -> Result<Inspected, GatewayError> {
    let begun = io.now();
    let inspected = ask_web_acl(Guarded::Stage(at), plan, arrival, context, io).await;
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

/// Finds the method.
pub(super) async fn route<'g>(
    at: StageOf<'g>,
    request: &Request,
    context: &mut Context<'g>,
    io: &Io,
) -> Result<Matched<'g>, GatewayError> {
    io.enter(PipelineStage::Route);
    let matched = find_method(at, request, context)?;
    note_method(&matched, context);
    trace::matched(matched.of, request, context, io);
    if io.is_recording() {
        Apart(Box::pin(trace::method_request(request, io))).await;
    }
    Ok(matched)
}

pub(super) fn note_method<'g>(matched: &Matched<'g>, context: &mut Context<'g>) {
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

/// Finds out who calls, and whether they may. Also a refused caller may be known by name.
pub(super) async fn authorize<'g>(
    matched: Matched<'g>,
    request: &Request,
    context: &mut Context<'g>,
    io: &Io,
) -> Result<Authorized<'g>, GatewayError> {
    io.enter(PipelineStage::Authorize);
    let decided = ask_authorizer(matched, request, context, io).await;
    (context.authorizer, context.authorizer_use) = (decided.identity, decided.cost);
    if matched.of.at.plan.access_log.is_some() {
        note_authorization(matched.of, decided.answer.as_ref().err(), context);
    }
    trace::authorized(context, io);
    decided.answer
}

/// What there was to ask, for the access log.
fn note_authorization(of: MethodOf<'_>, error: Option<&GatewayError>, context: &mut Context<'_>) {
    let has_policy = of.policy().is_some() || of.endpoint_policy(context).is_some();
    if has_policy || of.method.authorization != Authorization::None {
        let latency_ms = context.authorizer_use.map_or(0, |cost| cost.latency_ms);
        context.note_authorization(&of.method.authorization, has_policy, latency_ms, error);
    }
}

/// Looks the caller's key up, and takes the tokens of every limit that the request counts for. What else
/// authorization found is handed on.
pub(super) async fn check_api_key_and_throttle<'g>(
    authorized: Authorized<'g>,
    gateway: &'g Gateway,
    request: &'g Request,
    context: &mut Context<'g>,
    io: &Io,
) -> Result<(Admitted<'g>, MayNotInvalidate), GatewayError> {
    let is_key_required = authorized.of().method.api_key_required;
    io.enter(if is_key_required { PipelineStage::CheckApiKey } else { PipelineStage::Throttle });
    let checked = check_api_key(&authorized, gateway, request, context);
    trace::api_key(authorized.of(), checked.as_ref().err(), request, context, io);
    let (identified, api_key) = checked?;
    context.api_key = api_key.or(context.api_key.take());
    let may_not_invalidate = authorized.into_may_not_invalidate();
    io.enter(PipelineStage::Throttle);
    Ok((throttle(&identified, gateway, io).await?, may_not_invalidate))
}

/// Validates the request.
pub(super) async fn validate<'g, 'r>(
    admitted: Admitted<'g>,
    request: &'r Request,
    context: &Context<'_>,
    io: &Io,
) -> Result<MethodRequest<'g, 'r>, GatewayError> {
    io.enter(PipelineStage::Validate);
    validate_request(admitted, request, context, io).await
}

/// Looks the response up, if the method's responses are cached.
pub(super) async fn look_up(
    method_request: &MethodRequest<'_, '_>,
    may_not_invalidate: MayNotInvalidate,
    coding: Option<Coding>,
    context: &mut Context<'_>,
    io: &Io,
) -> Result<Option<Found>, GatewayError> {
    if method_request.of.plan.cache.is_none() {
        return Ok(None);
    }
    io.enter(PipelineStage::Cache);
    let asked = ask_cache(method_request, may_not_invalidate, coding, context, io);
    let found = Apart(Box::pin(asked)).await?;
    match &found {
        Some(Found::Stored(Cached { content_length, .. })) => {
            context.cache = Some(CacheUse::Hit);
            context.response_length = Some(*content_length);
        }
        Some(Found::Nothing(_)) => context.cache = Some(CacheUse::Miss),
        None => {}
    }
    Ok(found)
}

/// Has the endpoint answer.
pub(super) async fn integrate<'g>(
    method_request: &MethodRequest<'g, '_>,
    gateway: &'g Gateway,
    context: &mut Context<'g>,
    io: &Io,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    io.enter(PipelineStage::Integrate);
    let integrated = invoke(method_request, &gateway.snapshot.region, context, io).await;
    context.integration = integrated.observed;
    context.response_length = integrated.response_length;
    integrated.answer
}

/// Makes the method response, in the coding that the client accepts if the API compresses.
pub(super) async fn map_response(
    answer: EndpointAnswer<'_>,
    of: MethodOf<'_>,
    request: &Request,
    coding: Option<Coding>,
    context: &Context<'_>,
    io: &Io,
) -> Result<Response, GatewayError> {
    io.enter(PipelineStage::MapResponse);
    match coding {
        Some(coding) => {
            Apart(Box::pin(content_coding::respond(coding, answer, of, request, context, io))).await
        }
        None => map(answer, of, request, context, io).await,
    }
}
