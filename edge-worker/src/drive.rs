//! The loop: what the exchange asks is performed, until it responds.

use std::pin::pin;
use std::rc::Rc;

use edge_common::{access_keys, failing};
use gateway_core::apart::Apart;
use gateway_core::effect::{Bytes, Effect, EffectError, Notice, Outcome};
use gateway_core::exchange::{Exchange, Misuse, Next};
use gateway_core::gateway::Gateway;
use gateway_core::message::{Arrival, Fields, Location, Response};
use worker::{Context, Env};

use crate::content::Contents;
use crate::{bindings, convert, perform};

/// Answers one request, whose content is held.
pub(crate) async fn drive(
    gateway: Rc<Gateway>,
    arrival: Arrival,
    mut held: HeldByHost,
    env: &Env,
    context: &Context,
) -> web_sys::Response {
    held.arrival_fields = arrival.request.fields.clone();
    let mut exchange = Exchange::begin(gateway, arrival);
    match run(&mut exchange, &mut held, env, context).await {
        Ok(response) => send(response, held),
        Err(misuse) => {
            worker::console_error!("the host broke the contract: {misuse:?}");
            convert::internal_server_error()
        }
    }
}

/// What outgoing messages refer to.
#[derive(Debug, Default)]
pub(crate) struct HeldByHost {
    pub(crate) contents: Contents,
    pub(crate) arrival_fields: Fields,
    /// Of the last endpoint response, or of the cached one.
    pub(crate) endpoint_fields: Fields,
    /// The response that it is on its way to store.
    pub(crate) asked: Option<edge_common::responses::Asked>,
}

/// Has the web ACL of a distribution decide ([`Inspection`](gateway_core::message::Inspection)). The contents are
/// still there afterwards.
pub(crate) async fn inspect(
    gateway: Rc<Gateway>,
    arrival: Arrival,
    held: &mut HeldByHost,
    env: &Env,
    context: &Context,
) -> Option<Response> {
    let mut exchange = Exchange::begin(gateway, arrival);
    let response = run(&mut exchange, held, env, context).await;
    response
        .map_err(|misuse| worker::console_error!("the host broke the contract: {misuse:?}"))
        .ok()
}

async fn run(
    exchange: &mut Exchange,
    held: &mut HeldByHost,
    env: &Env,
    context: &Context,
) -> Result<Response, Misuse> {
    loop {
        let turn = exchange.advance()?;
        turn.notices.into_iter().for_each(|notice| notify(notice, env, context));
        match turn.next {
            Next::Perform(effect) => {
                let outcome = perform(effect, held, env, context).await;
                exchange.resume(convert::now(), outcome)?;
            }
            Next::Respond(response) => return Ok(response),
        }
    }
}

async fn perform(effect: Effect, held: &mut HeldByHost, env: &Env, context: &Context) -> Outcome {
    match effect {
        Effect::ReadContent(read) => {
            let bytes = pin!(held.contents.read(read.content, read.bytes_max));
            let bytes = Apart(bytes).await;
            Outcome::ReadContent(bytes.map(Bytes))
        }
        Effect::PeekContent(peek) => {
            let bytes = pin!(held.contents.peek(peek.content, peek.bytes_max));
            let bytes = Apart(bytes).await;
            Outcome::PeekContent(bytes.map(Bytes))
        }
        Effect::CountRequest(count) => {
            Outcome::CountRequest(Ok(perform::counted::count(&count, env, context)))
        }
        // The platform tells where its clients are, and nobody else.
        Effect::LocateAddress(_) => Outcome::LocateAddress(Ok(Location::default())),
        Effect::SendRequest(send) => {
            Outcome::SendRequest(Apart(pin!(perform::http::send(send, held, env))).await)
        }
        Effect::InvokeFunction(invoke) => {
            Outcome::InvokeFunction(Apart(pin!(perform::function::invoke(invoke, held, env))).await)
        }
        Effect::TakeTokens(take) => {
            Outcome::TakeTokens(Apart(pin!(perform::tokens::take(take, env))).await)
        }
        Effect::FindKey(find) => {
            Outcome::FindKey(Apart(pin!(perform::keys::find(find, env, context))).await)
        }
        Effect::RecallAuthorization(recall) => {
            let recalled = Apart(pin!(perform::authorizations::recall(recall.key, env))).await;
            Outcome::RecallAuthorization(Ok(recalled))
        }
        Effect::RecallResponse(recall) => {
            let recalled = perform::responses::recall(&recall, held, convert::now());
            Outcome::RecallResponse(Ok(recalled))
        }
        Effect::RememberResponse(remember) => {
            let remembered = pin!(perform::responses::remember(remember, held, convert::now));
            let remembered = Apart(remembered).await;
            Outcome::RememberResponse(remembered)
        }
        Effect::VerifyRequestSignature(verify) => {
            let variables = bindings::variables(env);
            Outcome::VerifyRequestSignature(Ok(access_keys::verify(&verify, &variables)))
        }
        Effect::VerifySignature(verify) => {
            Outcome::VerifySignature(Apart(pin!(perform::signature::verify(verify))).await)
        }
    }
}

/// Logs go where the platform takes them: `wrangler tail`, Logpush. Metrics are its own.
fn notify(notice: Notice, env: &Env, context: &Context) {
    match notice {
        Notice::WriteAccessLog { line, .. } => worker::console_log!("{line}"),
        Notice::WriteExecutionLog { lines, .. } => {
            lines.iter().for_each(|line| worker::console_log!("{line}"));
        }
        Notice::ReportAuthorizer(failure) => {
            if let Some(line) = failing::authorizer(&failure, convert::now()) {
                worker::console_warn!("{line}");
            }
        }
        Notice::ReportIntegration(failure) => {
            if let Some(line) = failing::integration(&failure, convert::now()) {
                worker::console_warn!("{line}");
            }
        }
        // Arrivals here ask for no account, and nobody asks for samples.
        Notice::Explain(_)
        | Notice::KeepSample { .. }
        | Notice::RecordRequest(_)
        | Notice::RecordTrace(_) => {}
        Notice::RememberAuthorization { key, grant, until } => {
            perform::authorizations::remember(key, grant, until, env, context);
        }
    }
}

fn send(response: Response, mut held: HeldByHost) -> web_sys::Response {
    let fields = response.fields.resolve(&held.endpoint_fields);
    match held.contents.take(response.content) {
        Ok(body) => convert::response(response.status, &fields, body),
        Err(error) => {
            let error: EffectError = error;
            worker::console_error!("the response's content is gone: {error}");
            convert::internal_server_error()
        }
    }
}
