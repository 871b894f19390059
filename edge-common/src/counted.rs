//! `CountRequest`: what the rate-based rules of web ACLs count, in the memory of this instance.
//!
//! AWS counts by estimate, too. Hosts of `wasi:http` have nowhere else to count; the Worker's isolates settle what they
//! count in objects of theirs.

use std::cell::RefCell;

use gateway_core::counted::CountedRequests;
use gateway_core::effect::CountRequest;
use gateway_core::message::Timestamp;

thread_local! {
    static COUNTED: RefCell<CountedRequests> = RefCell::default();
}

/// Counts a request, and tells how many there were in its window.
pub fn count(effect: &CountRequest, now: Timestamp) -> u32 {
    COUNTED.with_borrow_mut(|counted| counted.count(effect, now))
}
