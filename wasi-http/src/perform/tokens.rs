//! `TakeTokens`: buckets and counts in the memory of this instance, by the core's own arithmetic.

use std::cell::RefCell;

use gateway_core::bucket::{Buckets, take_all};
use gateway_core::effect::{TakeTokens, Taken};

use crate::clock::now;

thread_local! {
    static BUCKETS: RefCell<Buckets> = RefCell::default();
}

/// Takes from every bucket, or from none.
pub(crate) fn take(take: &TakeTokens) -> Taken {
    BUCKETS.with_borrow_mut(|buckets| take_all(take, now(), buckets))
}
