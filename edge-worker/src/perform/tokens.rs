//! `TakeTokens`: the buckets live in Durable Objects, where the core's own arithmetic takes from them.
//!
//! One call of one object for a request, whatever it takes from: `crate::buckets` says of which.

use std::cell::{Cell, RefCell};

use gateway_core::bucket::take_all;
use gateway_core::codec;
use gateway_core::effect::{EffectError, TakeTokens, Taken};
use js_sys::Uint8Array;
use serde::de::DeserializeOwned;
use worker::{Env, Method, Request, RequestInit};

use crate::bindings;
use crate::buckets::{Ask, Buckets, home};
use crate::convert::now;

/// More objects than this have nothing left to share.
const SHARDS_MAX: u32 = 256;

thread_local! {
    static LOCAL: RefCell<Buckets> = RefCell::default();
    /// By which this isolate chooses among shards.
    static CHOICE: Cell<Option<u32>> = const { Cell::new(None) };
}

/// What the variable `EDGEWAY_BUCKETS` says.
#[derive(Debug, PartialEq)]
enum Place {
    /// In the memory of each isolate.
    Isolate,
    /// In objects, so many in place of each.
    Objects(u32),
}

impl Place {
    fn of(variable: Option<&str>) -> Result<Self, EffectError> {
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

/// Takes from every bucket, or from none.
pub(crate) async fn take(take: TakeTokens, env: &Env) -> Result<Taken, EffectError> {
    let place = Place::of(bindings::text(env, "EDGEWAY_BUCKETS").as_deref());
    let place = place.inspect_err(|error| worker::console_error!("{error}"))?;
    // A quota is what somebody has paid for: it is counted in one place, or not at all.
    let has_quota = take.usage.as_ref().is_some_and(|usage| usage.quota.is_some());
    let shards = match place {
        Place::Isolate if !has_quota => {
            return Ok(LOCAL.with_borrow_mut(|buckets| take_all(&take, now(), buckets)));
        }
        Place::Isolate => 1,
        Place::Objects(shards) => shards,
    };
    let home = home(&take, (shards > 1).then(|| choice() % shards));
    let message = codec::encode(&Ask::Take { home: home.clone(), take });
    let taken = ask(&home, &message, env).await;
    taken.map_err(|error| EffectError::Unavailable(error.to_string()))
}

/// Sends a message to the object of that name.
pub(crate) async fn ask<T: DeserializeOwned>(
    name: &str,
    message: &[u8],
    env: &Env,
) -> worker::Result<T> {
    let stub = env.durable_object("BUCKETS")?.get_by_name(name)?;
    let body = Uint8Array::from(message);
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let request = Request::new_with_init("https://buckets/ask", &init)?;
    let mut answer = stub.fetch_with_request(request).await?;
    if answer.status_code() != 200 {
        return Err(worker::Error::RustError(answer.text().await?));
    }
    codec::decode(&answer.bytes().await?).map_err(worker::Error::RustError)
}

fn choice() -> u32 {
    CHOICE.get().unwrap_or_else(|| {
        let mut bytes = [0; 4];
        // Without randomness all isolates choose alike, and the first object does all the work.
        let _ = getrandom::fill(&mut bytes);
        let choice = u32::from_le_bytes(bytes);
        CHOICE.set(Some(choice));
        choice
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_one_object_or_in_many_or_in_the_isolate() {
        for (variable, place) in [
            (None, Some(Place::Objects(1))),
            (Some("local"), Some(Place::Isolate)),
            (Some("1"), Some(Place::Objects(1))),
            (Some("256"), Some(Place::Objects(256))),
            (Some("0"), None),
            (Some("257"), None),
            (Some("Local"), None),
        ] {
            assert_eq!(Place::of(variable).ok(), place, "{variable:?}");
        }
    }
}
