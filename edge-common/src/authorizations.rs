//! `RecallAuthorization` and its notice: results of Lambda authorizers, and signatures of tokens that
//! were found right, in the memory of this instance.
//!
//! Not in the platform's cache: that is shared by all Workers of a zone, is asked over the network,
//! and would keep policies where anybody who may write to it could replace them. An instance that is
//! new asks the function again, which is what a host may always do, or (the Worker) an object that only
//! its own isolates reach.

use std::cell::RefCell;

use gateway_core::effect::{AuthorizationKey, Bytes};
use gateway_core::message::Timestamp;
use gateway_core::remembered::RememberedAuthorizations;

/// An isolate of Cloudflare's has 128 MB for everything.
const COUNT_MAX: usize = 8_192;
const BYTES_MAX: usize = 8 * 1024 * 1024;

thread_local! {
    static REMEMBERED: RefCell<RememberedAuthorizations> =
        RefCell::new(RememberedAuthorizations::bounded(COUNT_MAX, BYTES_MAX));
}

/// What was remembered by this key, unless its time is over.
pub fn recall(key: &AuthorizationKey, now: Timestamp) -> Option<Bytes> {
    REMEMBERED.with_borrow_mut(|remembered| remembered.recall(key, now))
}

/// Remembers a result.
pub fn remember(key: AuthorizationKey, grant: Bytes, until: Timestamp, now: Timestamp) {
    REMEMBERED.with_borrow_mut(|remembered| remembered.remember(key, grant, until, now));
}
