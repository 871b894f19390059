//! `TakeTokens`: the buckets live in Durable Objects, where the core's own arithmetic takes from them.
//!
//! One call of one object for a request, whatever it takes from: `crate::buckets` says of which.

use std::cell::{Cell, RefCell};

use gateway_core::bucket::take_all;
use gateway_core::effect::{EffectError, TakeTokens, Taken};
use worker::Env;

use crate::buckets::{Buckets, home};
use crate::convert::now;
use crate::objects::{Ask, Place, are_bound, ask};

thread_local! {
    static LOCAL: RefCell<Buckets> = RefCell::default();
    /// By which this isolate chooses among shards.
    static CHOICE: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Takes from every bucket, or from none.
pub(crate) async fn take(take: TakeTokens, env: &Env) -> Result<Taken, EffectError> {
    let place = Place::of(env).inspect_err(|error| worker::console_error!("{error}"))?;
    // A quota is what somebody has paid for: it is counted in one place, if there is one.
    let has_quota = take.usage.as_ref().is_some_and(|usage| usage.quota.is_some());
    let shards = match place {
        Place::Objects(shards) if are_bound(env) => shards,
        Place::Isolate if has_quota && are_bound(env) => 1,
        Place::Isolate | Place::Objects(_) => {
            return Ok(LOCAL.with_borrow_mut(|buckets| take_all(&take, now(), buckets)));
        }
    };
    let home = home(&take, (shards > 1).then(|| choice() % shards));
    let taken = ask(&home, &Ask::Take { home: home.clone(), take }, env).await;
    taken.map_err(|error| EffectError::Unavailable(error.to_string()))
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
