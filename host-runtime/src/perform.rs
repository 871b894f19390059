//! What the pipeline asks for, done: a file per family of effects.

pub mod access_keys;
pub mod access_log;
pub(crate) mod at_once;
pub mod authorizations;
mod connect;
pub(crate) mod content;
pub mod counted;
pub mod http;
pub(crate) mod http1;
pub(crate) mod http2;
pub mod keys;
pub mod metrics;
mod outgoing;
mod places;
pub(crate) mod pool;
mod received;
pub mod samples;
pub mod services;
pub mod signature;
pub mod stage_caches;
pub mod tokens;
pub mod trust;
pub(crate) mod unreachable;
pub(crate) mod unserved;
pub mod verified;
pub mod vpc_links;

use std::time::Duration;

use tokio::time::Instant;

use gateway_core::effect::{
    Connection, Effect, EffectError, FunctionAnswer, InvokeFunction, Outcome, ReadContent,
    SendRequest,
};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, EndpointResponse};

use crate::body::Body;
use crate::drive::{Held, now};
use crate::functions::Invoked;
use crate::perform::http::{Answer, HttpClient, body_error};
use crate::perform::vpc_links::Way;
use crate::settings::Settings;
use crate::sigv4::Scope;
use crate::worker::Worker;
use outgoing::OutgoingRequest;

/// Carries out one effect.
pub(crate) async fn perform(
    worker: &Worker,
    settings: &Settings,
    held: &mut Held,
    effect: Effect,
) -> Outcome {
    match effect {
        Effect::ReadContent(read) => {
            Outcome::ReadContent(held.contents.read(&read, &worker.shared.memory).await)
        }
        Effect::PeekContent(peek) => {
            Outcome::PeekContent(held.contents.peek(&peek, &worker.shared.memory).await)
        }
        Effect::CountRequest(count) => {
            Outcome::CountRequest(Ok(worker.shared.counted.count(&count, now())))
        }
        Effect::LocateAddress(locate) => {
            let address = locate.address.parse();
            let found = address.map(|address| settings.locations.find(address));
            Outcome::LocateAddress(Ok(found.ok().flatten().unwrap_or_default()))
        }
        Effect::SendRequest(send) => {
            Outcome::SendRequest(send_request(worker, settings, held, send).await)
        }
        Effect::InvokeFunction(invoke) => {
            Outcome::InvokeFunction(invoke_function(worker, settings, held, invoke).await)
        }
        Effect::TakeTokens(take) => {
            Outcome::TakeTokens(tokens::take(worker, settings, &take).await)
        }
        Effect::FindKey(find) => {
            let client = worker.client.borrow().clone();
            Outcome::FindKey(settings.keys.find(&find, now, &client).await)
        }
        Effect::RecallAuthorization(recall) => {
            Outcome::RecallAuthorization(Ok(settings.authorizations.recall(&recall.key, now())))
        }
        Effect::RecallResponse(recall) => {
            let (caches, memory) = (&worker.shared.stage_caches, &worker.shared.memory);
            let shared = worker.shared_caches.borrow().clone();
            Outcome::RecallResponse(match shared {
                Some(shared) => shared.recall(caches, recall, now, held, memory).await,
                None => caches.recall(recall, now, held).await,
            })
        }
        Effect::RememberResponse(remember) => {
            let (caches, memory) = (&worker.shared.stage_caches, &worker.shared.memory);
            let shared = worker.shared_caches.borrow().clone();
            Outcome::RememberResponse(match shared {
                // A cache that became shared, or no longer is, since this was asked for: not stored.
                Some(shared) => shared.remember(caches, remember, now, held, memory).await,
                None => caches.remember(remember, now, held, memory).await,
            })
        }
        Effect::VerifyRequestSignature(verify) => {
            Outcome::VerifyRequestSignature(Ok(settings.access_keys.verify(&verify)))
        }
        Effect::VerifySignature(verify) => {
            Outcome::VerifySignature(Ok(worker.shared.verified.verify(&verify, now())))
        }
    }
}

async fn invoke_function(
    worker: &Worker,
    settings: &Settings,
    held: &mut Held,
    mut effect: InvokeFunction,
) -> Result<FunctionAnswer, EffectError> {
    let place = places::of_function(&worker.shared.load, &mut effect).await?;
    let share = held.contents.share(&worker.shared.memory);
    if !share.take(effect.payload.0.len()) {
        return Err(EffectError::Overloaded);
    }
    let client = worker.client.borrow().clone();
    let Invoked { answer, content } = settings.functions.invoke(effect, &client).await?;
    // The function has run: its answer is not thrown away.
    share.note(answer.payload.0.len());
    let content = content.map(|content| held.contents.hold(content.holding(place)));
    Ok(FunctionAnswer { content, ..answer })
}

async fn send_request(
    worker: &Worker,
    settings: &Settings,
    held: &mut Held,
    mut effect: SendRequest,
) -> Result<EndpointResponse, EffectError> {
    let place = places::of_request(&worker.shared.load, &mut effect).await?;
    let whole = Duration::from_millis(effect.timeout_ms.into());
    let begun = Instant::now();
    let idle_max = effect.idle_ms.map(|ms| Duration::from_millis(ms.into()));
    let timeout = whole.min(idle_max.unwrap_or(whole));
    let client = worker.client.borrow().clone();
    let (answer, waited) = match &effect.connection {
        Connection::Service { .. } => {
            let calling = call_service(worker, settings, held, effect, timeout);
            let called = tokio::time::timeout(timeout, calling).await;
            (called.unwrap_or(Err(EffectError::TimedOut))?, Duration::ZERO)
        }
        Connection::Internet => ask_endpoint(&client, held, effect, timeout, None).await?,
        Connection::VpcLink { id, integration_uri, server_name } => {
            let uri = integration_uri.as_deref();
            let way = settings.vpc_links.way(id, uri, server_name.as_deref())?;
            ask_endpoint(&client, held, effect, timeout, Some(&way)).await?
        }
    };
    let ends_at = begun + whole + waited;
    let Answer { status, section, body } = answer;
    let fields = section.fields();
    held.endpoint = section;
    let body = match idle_max {
        Some(idle_max) => body.within(idle_max, ends_at),
        None => body.answer_by(ends_at),
    };
    let content = held.contents.hold(body.holding(place));
    Ok(EndpointResponse { status: status.as_u16(), fields, content })
}

/// The head of an answer, and how long was waited for the client's content meanwhile.
async fn ask_endpoint(
    client: &HttpClient,
    held: &mut Held,
    effect: SendRequest,
    timeout: Duration,
    way: Option<&Way>,
) -> Result<(Answer, Duration), EffectError> {
    let SendRequest { method, url, fields, content, insecure_skip_verification, .. } = effect;
    if held.contents.is_too_large(&content) {
        return Err(EffectError::TooLarge);
    }
    let body = held.contents.send(content)?;
    let pace = body.pace();
    let mut request = OutgoingRequest::new(&method, url, &fields, &held.client.headers)?;
    request.origin.any_authority = insecure_skip_verification;
    if let Some(way) = way {
        way.direct(&mut request)?;
    }
    let answer = client.send_outgoing(&request, body, timeout).await;
    if let Some(way) = way {
        way.ended(answer.as_ref().err());
    }
    Ok((answer?, pace.map_or(Duration::ZERO, |pace| pace.waited())))
}

/// A signature covers the content, so that it must be there whole.
async fn call_service(
    worker: &Worker,
    settings: &Settings,
    held: &mut Held,
    effect: SendRequest,
    timeout: Duration,
) -> Result<Answer, EffectError> {
    let SendRequest { method, url, connection, fields, content, .. } = effect;
    let Connection::Service { signing_name, region, credentials } = connection else {
        return Err(EffectError::Unavailable("this is no service".into()));
    };
    if let Content::Held(content) = content {
        let read = ReadContent { content, bytes_max: PAYLOAD_BYTES_MAX };
        held.contents.read(&read, &worker.shared.memory).await?;
    }
    let client = &worker.client.borrow().clone();
    let content = held.contents.send(content)?;
    let content = content.collect(PAYLOAD_BYTES_MAX as usize).await.map_err(body_error)?;
    let url = settings.services.url(&url, &signing_name);
    let request = OutgoingRequest::new(&method, url, &fields, &held.client.headers)?;
    let mut request = request.to_request(content)?;
    let scope = Scope { service: &signing_name, region: &region };
    settings.services.sign(&mut request, scope, credentials.as_deref(), client).await?;
    client.send_own(request.map(Body::from), timeout).await
}
