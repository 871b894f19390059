//! `TakeTokens`, by the core's own arithmetic: buckets in the memory of this instance, or where a store compares and
//! swaps in that; counts of quotas in a store alone.

use std::cell::RefCell;

use edge_common::shared::{buckets, quotas};
use gateway_core::bucket::{Buckets, take_all};
use gateway_core::effect::{EffectError, TakeTokens, Taken};

use crate::clock::now;
use crate::keyvalue::{self, Opened};
use crate::log;

thread_local! {
    static BUCKETS: RefCell<Buckets> = RefCell::default();
}

/// Takes from every bucket, or from none. Throttling fails open, quotas with it, as it does natively: an error lets the
/// request through.
pub(crate) fn take(take: &TakeTokens) -> Result<Taken, EffectError> {
    let now = now();
    BUCKETS.with_borrow_mut(|own| {
        let Some(opened) = keyvalue::opened() else { return Ok(take_all(take, now, own)) };
        let taken = quotas::take(take, now, opened.store(), |takes| match &opened {
            Opened::Draft2(store) => buckets::take(takes, now, &**store, own),
            Opened::Draft(_) | Opened::Away(_) => Ok(take_all(takes, now, own)),
        });
        taken.inspect_err(|error| log::error(&format!("tokens cannot be taken: {error}")))
    })
}
