//! Durable Objects, which all isolates share: what they are asked, and how they are reached.
//!
//! One class serves all that isolates share, under names that begin alike for what is alike. Only this Worker's
//! bindings lead to its objects, so what they say is believed. Where there are none, or none answers, an isolate
//! does by itself what it can.

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::future::{Either, select};
use gateway_core::bucket::BucketTake;
use gateway_core::codec;
use gateway_core::effect::{AuthorizationKey, Bytes, EffectError, TakeTokens};
use gateway_core::message::Timestamp;
use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};
use worker::{Delay, Env};

use crate::bindings::{self, Service};

/// More objects than this in place of one have nothing left to share.
const SHARDS_MAX: u32 = 256;

/// What objects are asked. Versions of the Worker that are served side by side share them: what is new stands at the
/// end, and an object that does not know it refuses.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// By a Worker, whose answer is a `Taken`.
    Take { home: String, take: TakeTokens },
    /// By an object that has granted these tokens from its copies; the answer is what is left: a
    /// `Vec<Bucket>` in the same order.
    Settle(Vec<BucketTake>),
    /// The keys at this address, or of this issuer whose configuration is there; one of this `kid` among them if there is
    /// any: the set as `Kept`, and when it was fetched.
    FindKeys { url: String, issuer: Option<String>, kid: Option<String> },
    /// What was remembered: as `Kept`, and until when.
    RecallAuthorization(AuthorizationKey),
    /// Nothing is answered.
    RememberAuthorization { key: AuthorizationKey, grant: Bytes, until: Timestamp },
    /// Requests that rate-based rules have counted, and what everybody has: both as [`crate::counts`] writes them.
    CountRequests(Bytes),
}

/// What an object keeps, if it does, with a time.
pub(crate) type Kept = Option<(Bytes, Timestamp)>;

/// Where the variable `EDGEWAY_BUCKETS` has what isolates could share.
#[derive(Debug, PartialEq)]
pub(crate) enum Place {
    /// In the memory of each isolate.
    Isolate,
    /// In objects, so many in place of each.
    Objects(u32),
}

impl Place {
    pub(crate) fn of(env: &Env) -> Result<Self, EffectError> {
        Self::read(bindings::text(env, "EDGEWAY_BUCKETS").as_deref())
    }

    fn read(variable: Option<&str>) -> Result<Self, EffectError> {
        let shards = match variable {
            None => return Ok(Self::Objects(1)),
            Some("local") => return Ok(Self::Isolate),
            Some(text) => text.parse().ok().filter(|shards| (1..=SHARDS_MAX).contains(shards)),
        };
        shards.map(Self::Objects).ok_or_else(|| {
            let reason =
                format!("EDGEWAY_BUCKETS is neither `local` nor a number up to {SHARDS_MAX}");
            EffectError::Misconfigured(reason)
        })
    }
}

/// How many objects there are in place of each; none where isolates share nothing.
pub(crate) fn shards(env: &Env) -> Option<u32> {
    match Place::of(env) {
        Ok(Place::Objects(shards)) => are_bound(env).then_some(shards),
        _ => None,
    }
}

/// Whether this Worker has objects at all.
pub(crate) fn are_bound(env: &Env) -> bool {
    env.durable_object("BUCKETS").is_ok()
}

/// Sends a message to the object of that name, which a request cannot do without.
pub(crate) async fn ask<T: DeserializeOwned>(
    name: &str,
    ask: &Ask,
    env: &Env,
) -> worker::Result<T> {
    let answer = send(name, &codec::encode(ask), env).await?;
    codec::decode(&answer).map_err(worker::Error::RustError)
}

/// The same of an object that others can do without: it is waited for so long, and its silence is no error.
pub(crate) async fn ask_within(
    wait: Duration,
    name: &str,
    ask: &Ask,
    env: &Env,
) -> Option<Vec<u8>> {
    let message = codec::encode(ask);
    let answer = match select(Box::pin(send(name, &message, env)), Delay::from(wait)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(worker::Error::RustError("no answer in time".into())),
    };
    answer.inspect_err(|error| worker::console_warn!("{name} cannot be asked: {error}")).ok()
}

/// The same of what it keeps.
pub(crate) async fn ask_for(wait: Duration, name: &str, ask: &Ask, env: &Env) -> Option<Kept> {
    codec::decode(&ask_within(wait, name, ask, env).await?).ok()
}

/// With the platform's own types, of which every answer that is waited for has code that V8 compiles once.
async fn send(name: &str, message: &[u8], env: &Env) -> worker::Result<Vec<u8>> {
    let object: Service = env.durable_object("BUCKETS")?.get_by_name(name)?.into_rpc();
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&Uint8Array::from(message));
    let answer = JsFuture::from(object.fetch("https://buckets/ask", &init)?).await?;
    let answer: Response = answer.dyn_into()?;
    let content = JsFuture::from(answer.array_buffer()?).await?;
    let content = Uint8Array::new(&content).to_vec();
    match answer.status() {
        200 => Ok(content),
        _ => Err(worker::Error::RustError(String::from_utf8_lossy(&content).into_owned())),
    }
}

/// A digest for names and keys: what objects are called, and what they keep, is nobody's secret.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|at| digest[at])
}

/// A digest as a name has it.
pub(crate) fn hex(digest: &[u8]) -> String {
    let mut text = String::with_capacity(2 * digest.len());
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_in_one_object_or_in_many_or_in_the_isolate() {
        for (variable, place) in [
            (None, Some(Place::Objects(1))),
            (Some("local"), Some(Place::Isolate)),
            (Some("1"), Some(Place::Objects(1))),
            (Some("256"), Some(Place::Objects(256))),
            (Some("0"), None),
            (Some("257"), None),
            (Some("Local"), None),
        ] {
            assert_eq!(Place::read(variable).ok(), place, "{variable:?}");
        }
    }
}
