//! `TakeTokens`: all buckets of this process and what keys have used, in memory.

mod buckets;
mod counts;

use std::sync::{Mutex, MutexGuard, PoisonError};

use gateway_core::bucket::{Bucket, BucketStore, BucketTake, take_all};
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::message::Timestamp;
use gateway_core::usage::Usage;

use super::metrics::describe;
use buckets::Buckets;
use counts::Counts;
pub use counts::Unwritten;

/// The buckets and counts of all threads, behind one lock: a take is all or nothing over all that it
/// takes from. It is held for a few hundred nanoseconds of arithmetic, never across a wait.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    buckets: Buckets,
    counts: Counts,
    unwritable: u64,
}

impl Tokens {
    /// Full buckets, and what was counted before.
    pub fn new(counted: impl IntoIterator<Item = (String, Usage)>) -> Self {
        let counts = Counts::new(counted);
        Self(Mutex::new(Held { counts, ..Held::default() }))
    }

    /// Takes from every bucket and counts, or does nothing.
    pub fn take(&self, effect: &TakeTokens, now: Timestamp) -> Taken {
        let mut held = self.held();
        let taken = take_all(effect, now, &mut *held);
        if taken == Taken::All && effect.usage.is_some() {
            held.counts.note(now);
        }
        held.buckets.forget_full(now);
        taken
    }

    /// What was counted under a key of a plan.
    pub(crate) fn used(&self, key: &str) -> Option<Usage> {
        self.held().counts.used(key).cloned()
    }

    /// Some of what was counted since it was last written; nothing when all is written.
    pub(crate) fn unwritten(&self) -> Vec<Unwritten> {
        self.held().counts.unwritten()
    }

    /// These could not be written: they are unwritten still.
    pub(crate) fn not_written(&self, batch: &[Unwritten]) {
        self.held().counts.not_written(batch);
    }

    /// Counts could not be written.
    pub(crate) fn note_unwritable(&self) {
        self.held().unwritable += 1;
    }

    /// In Prometheus's text format.
    pub fn write_metrics(&self, text: &mut String) {
        use std::fmt::Write;
        let (kept, evicted, unwritable) = {
            let held = self.held();
            (held.buckets.len(), held.buckets.evicted(), held.unwritable)
        };
        describe(text, "token_buckets", "Token buckets that are not full.", "gauge");
        let _ = writeln!(text, "edgeway_token_buckets {kept}");
        let help = "Buckets that began full again because there were too many.";
        describe(text, "token_buckets_evicted_total", help, "counter");
        let _ = writeln!(text, "edgeway_token_buckets_evicted_total {evicted}");
        let help = "Times that counts of quotas could not be written to disk.";
        describe(text, "usage_write_errors_total", help, "counter");
        let _ = writeln!(text, "edgeway_usage_write_errors_total {unwritable}");
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BucketStore for Held {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.buckets.load(key)
    }

    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        self.buckets.store(take, bucket);
    }

    fn usage(&mut self, key: &str) -> &mut Usage {
        self.counts.usage(key)
    }
}

#[cfg(test)]
mod tests;
