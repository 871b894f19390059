//! `CountRequest`: what the rate-based rules of web ACLs count, in the memory of this process.

use std::sync::{Mutex, PoisonError};

use gateway_core::counted::CountedRequests;
use gateway_core::effect::CountRequest;
use gateway_core::message::Timestamp;

/// The counts of all threads, behind one lock that is held for a look-up.
#[derive(Debug, Default)]
pub struct Counted(Mutex<CountedRequests>);

impl Counted {
    /// Counts a request, and tells how many there were in its window.
    pub fn count(&self, effect: &CountRequest, now: Timestamp) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count(effect, now)
    }
}
