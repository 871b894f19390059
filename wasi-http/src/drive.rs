//! The loop: what the exchange asks is performed, until it responds.

use std::rc::Rc;

use edge_common::responses::Asked;
use edge_common::{access_keys, counted};
use gateway_core::effect::{Bytes, Effect, EffectError, Notice, Outcome};
use gateway_core::exchange::{Exchange, Misuse, Next};
use gateway_core::gateway::Gateway;
use gateway_core::limits::STEPS_MAX;
use gateway_core::message::{Fields, Location, Response};
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

use crate::clock::now;
use crate::content::Contents;
use crate::{convert, environment, log, perform};

/// Answers one request.
pub(crate) fn drive(gateway: Rc<Gateway>, request: IncomingRequest, out: ResponseOutparam) {
    let mut held = HeldByHost::default();
    let arrival = convert::arrival(&request, &mut held.contents);
    let is_head = arrival.request.method == "HEAD";
    held.arrival_fields = arrival.request.fields.clone();
    let mut exchange = Exchange::begin(gateway, arrival);
    match run(&mut exchange, &mut held) {
        Ok(Some(response)) => {
            convert::respond(out, response, &held.endpoint_fields, &mut held.contents, is_head);
        }
        Ok(None) => {
            log::error("a pipeline did not end and is given up");
            convert::respond_internal_server_error(out);
        }
        Err(misuse) => {
            log::error(&format!("the host broke the contract: {misuse:?}"));
            convert::respond_internal_server_error(out);
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
    pub(crate) asked: Option<Asked>,
}

fn run(exchange: &mut Exchange, held: &mut HeldByHost) -> Result<Option<Response>, Misuse> {
    for _ in 0..STEPS_MAX {
        let turn = exchange.advance()?;
        turn.notices.into_iter().for_each(notify);
        match turn.next {
            Next::Perform(effect) => {
                let outcome = perform(effect, held);
                exchange.resume(now(), outcome)?;
            }
            Next::Respond(response) => return Ok(Some(response)),
        }
    }
    Ok(None)
}

fn perform(effect: Effect, held: &mut HeldByHost) -> Outcome {
    match effect {
        Effect::ReadContent(read) => {
            Outcome::ReadContent(held.contents.read(read.content, read.bytes_max).map(Bytes))
        }
        Effect::PeekContent(peek) => {
            Outcome::PeekContent(held.contents.peek(peek.content, peek.bytes_max).map(Bytes))
        }
        Effect::CountRequest(count) => Outcome::CountRequest(Ok(counted::count(&count, now()))),
        // There is no database of addresses here.
        Effect::LocateAddress(_) => Outcome::LocateAddress(Ok(Location::default())),
        Effect::SendRequest(send) => Outcome::SendRequest(perform::http::send(send, held)),
        Effect::InvokeFunction(invoke) => {
            Outcome::InvokeFunction(perform::function::invoke(invoke, held))
        }
        Effect::TakeTokens(take) => Outcome::TakeTokens(perform::tokens::take(&take)),
        Effect::FindKey(find) => Outcome::FindKey(perform::keys::find(&find)),
        Effect::RecallAuthorization(recall) => {
            Outcome::RecallAuthorization(Ok(perform::authorizations::recall(&recall.key)))
        }
        Effect::RecallResponse(recall) => {
            Outcome::RecallResponse(Ok(perform::responses::recall(&recall, held, now())))
        }
        Effect::RememberResponse(remember) => {
            Outcome::RememberResponse(perform::responses::remember(remember, held))
        }
        Effect::VerifyRequestSignature(verify) => {
            let verified = access_keys::verify(&verify, &environment::text);
            Outcome::VerifyRequestSignature(Ok(verified))
        }
        Effect::VerifySignature(verify) => {
            let verified: Result<bool, EffectError> = Ok(perform::signature::verify(&verify));
            Outcome::VerifySignature(verified)
        }
    }
}

fn notify(notice: Notice) {
    match notice {
        Notice::RememberAuthorization { key, grant, until } => {
            perform::authorizations::remember(key, grant, until);
        }
        other => log::notify(&other),
    }
}
