//! Whether the stage's cache has the response already; if not, the response is stored.
//!
//! After authorization, limits and validation: what is cached is still behind all of them. Refuses with
//! ACCESS_DENIED who asks to have a cached response replaced (`Cache-Control: max-age=0`) and may not,
//! where the method's settings say FAIL_WITH_403. Asks for `RecallResponse` and `RememberResponse`. A
//! cache that does not answer is an empty one.
//!
//! Whatever an integration answers is cached, errors too, as on AWS; a gateway response never is. What
//! an endpoint answers to a condition or for a range of content is for that client alone.

use alloc::string::String;

use super::authorize::MayNotInvalidate;
use super::integrate::{announces_too_much, cancelled, endpoint_failed, read_content};
use super::map_request::invalid_json;
use super::respond::field_value;
use super::trace;
use super::validate::MethodRequest;
use crate::content_coding::Coding;
use crate::context::Context;
use crate::definition::{Protocol, UnauthorizedCacheControlStrategy};
use crate::effect::{EffectError, RecallResponse, RecalledResponse, RememberResponse, ResponseKey};
use crate::exchange::Io;
use crate::gateway::expression::{Body, Sources};
use crate::gateway::{CachePlan, IntegrationPlan, MethodOf};
use crate::gateway_error::GatewayError;
use crate::limits::{INTEGRATION_MS_MAX, REST_INTEGRATION_MS_DEFAULT};
use crate::message::{Content, FieldEdits, OutgoingFields, Request, Response, Timestamp};

/// What the cache has for a request.
pub(super) enum Found {
    /// The response.
    Stored(Cached),
    /// Nothing: the integration is asked, and what it answers is stored.
    Nothing(Absent),
}

/// A response from the cache.
pub(super) struct Cached {
    pub(super) response: Response,
    pub(super) content_length: u64,
}

/// A response that is not cached yet.
pub(super) struct Absent {
    key: ResponseKey,
    ttl_ms: u64,
    warning: Option<String>,
}

/// Looks the response up; `None` for a request whose response is not cached.
pub(super) async fn look_up(
    method_request: &MethodRequest<'_, '_>,
    may_not_invalidate: MayNotInvalidate,
    coding: Option<Coding>,
    context: &Context<'_>,
    io: &Io,
) -> Result<Option<Found>, GatewayError> {
    let (of, request) = (method_request.of, &*method_request.request);
    let Some(plan) = plan_of(of, context).filter(|_| !announces_too_much(request)) else {
        return Ok(None);
    };
    // The response to a GET with content may be made from that: nobody else is to be answered with it.
    if context.http_method == "GET" && request.content != Content::Empty && !plan.reads_body() {
        return Ok(None);
    }
    let Some(key) = key(plan, request, coding, context, io).await? else { return Ok(None) };
    let asks = asks_to_replace(request);
    let warning = match (may_not_invalidate, plan.unauthorized) {
        (Some(refusal), Some(UnauthorizedCacheControlStrategy::FailWith403)) => {
            return Err(*refusal);
        }
        (Some(refusal), strategy) => Some((refusal, strategy)),
        (None, _) => None,
    };
    let replaces = asks && warning.is_none();
    let warning = warning.and_then(|(refusal, strategy)| warning_of(&refusal, strategy));
    let recall = RecallResponse { key: key.clone(), replaces, wait_ms_max: wait_ms_max(of) };
    match io.perform(recall).await {
        Ok(Some(stored)) => {
            trace::rule(&of.method.source, io, || "the response is cached".into());
            Ok(Some(Found::Stored(cached(stored, warning, of, context))))
        }
        Err(EffectError::Cancelled) => Err(cancelled()),
        Ok(None) | Err(_) => {
            trace::rule(&of.method.source, io, || "no response is cached".into());
            Ok(Some(Found::Nothing(Absent { key, ttl_ms: plan.ttl_ms, warning })))
        }
    }
}

/// Stores the response that the integration gave, and goes on with it.
pub(super) async fn remember(
    absent: Absent,
    mut response: Response,
    io: &Io,
) -> Result<Response, GatewayError> {
    if is_for_all(response.status) {
        // What `respond` would say of it, it says of what is stored.
        if let OutgoingFields::Complete(fields) = &mut response.fields
            && !fields.contains("content-type")
        {
            fields.push("Content-Type", "application/json");
        }
        let remember = RememberResponse {
            key: absent.key,
            status: response.status,
            fields: response.fields.clone(),
            content: core::mem::take(&mut response.content),
            until: Timestamp(io.now().0.saturating_add(absent.ttl_ms)),
        };
        let content = io.perform(remember).await;
        response.content = content.map_err(|error| endpoint_failed(error, Protocol::Rest))?;
    }
    if let Some(warning) = &absent.warning {
        response.fields.append("Warning", warning);
    }
    Ok(response)
}

/// Whether a request asks for what needs a permission at this stage.
pub(super) fn needs_permission(of: MethodOf<'_>, request: &Request, context: &Context<'_>) -> bool {
    let plan = plan_of(of, context);
    plan.is_some_and(|plan| plan.unauthorized.is_some()) && asks_to_replace(request)
}

fn plan_of<'g>(of: MethodOf<'g>, context: &Context<'_>) -> Option<&'g CachePlan> {
    of.plan.cache.as_deref().filter(|plan| plan.takes(&context.http_method))
}

/// `Cache-Control: max-age=0`, which AWS names alone: `no-cache` asks for nothing.
fn asks_to_replace(request: &Request) -> bool {
    let directives = request.fields.all("cache-control").flat_map(|value| value.split(','));
    directives.filter_map(|directive| directive.split_once('=')).any(|(name, value)| {
        // RFC 9111 §5.2: the value may stand in quotes.
        let seconds = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("max-age") && seconds.parse::<u64>() == Ok(0)
    })
}

async fn key(
    plan: &CachePlan,
    request: &Request,
    coding: Option<Coding>,
    context: &Context<'_>,
    io: &Io,
) -> Result<Option<ResponseKey>, GatewayError> {
    let body = match plan.reads_body() {
        true => {
            let content = read_content(request, io).await?;
            Some(Body::read(&content).map_err(|_| invalid_json())?)
        }
        false => None,
    };
    let (fields, body) = (&request.fields, body.as_ref());
    let sources = Sources { fields, context, now: io.now(), body, response: None };
    Ok(plan.key(&sources, coding))
}

/// A request that waits for another one's response waits no longer than its own could take.
fn wait_ms_max(of: MethodOf<'_>) -> u32 {
    let own = of.method.integration.timeout_ms.unwrap_or(REST_INTEGRATION_MS_DEFAULT);
    own.clamp(1, INTEGRATION_MS_MAX)
}

/// RFC 7234 §5.5: 199 is a miscellaneous warning.
fn warning_of(
    refusal: &GatewayError,
    strategy: Option<UnauthorizedCacheControlStrategy>,
) -> Option<String> {
    let warns = strategy == Some(UnauthorizedCacheControlStrategy::SucceedWithResponseHeader);
    let text = refusal.message.as_deref().filter(|_| warns)?;
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    Some(field_value(&alloc::format!("199 - \"{text}\"")))
}

/// What is stored for all is completed with what is this request's own.
fn cached(
    stored: RecalledResponse,
    warning: Option<String>,
    of: MethodOf<'_>,
    context: &Context<'_>,
) -> Cached {
    let mut edits = FieldEdits::new();
    if tells_trace(of) {
        edits.set_parts("X-Amzn-Trace-Id", &context.trace.parts());
    }
    if let Some(warning) = &warning {
        edits.append("Warning", warning);
    }
    let RecalledResponse { status, content, content_length } = stored;
    let response = Response { status, fields: OutgoingFields::Edited(edits), content };
    Cached { response, content_length }
}

/// Whether clients are told the trace of their request with this integration's answers.
fn tells_trace(of: MethodOf<'_>) -> bool {
    match of.plan.integration {
        IntegrationPlan::Http(_)
        | IntegrationPlan::Lambda(_)
        | IntegrationPlan::LambdaProxy(_)
        | IntegrationPlan::Service(_) => true,
        IntegrationPlan::Mock(_)
        | IntegrationPlan::HttpProxy(_)
        | IntegrationPlan::ServiceProxy(_)
        | IntegrationPlan::Misconfigured(_) => false,
    }
}

/// Partial content, and answers to conditions, are for the client that asked for them.
fn is_for_all(status: u16) -> bool {
    !matches!(status, 206 | 304 | 412 | 416)
}
