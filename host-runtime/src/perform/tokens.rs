//! `TakeTokens`: all buckets of this process and what keys have used, in memory.

mod buckets;
mod counts;
mod names;
pub mod shared;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::bucket::{Bucket, BucketStore, BucketTake, take_all};
use gateway_core::definition::WhenAway;
use gateway_core::effect::{EffectError, TakeTokens, Taken};
use gateway_core::message::Timestamp;
use gateway_core::usage::Usage;

use super::metrics::describe;
use crate::drive::now;
use crate::redis::Health;
use crate::settings::Settings;
use crate::worker::Worker;
use buckets::Buckets;
use counts::Counts;
pub use counts::Unwritten;

/// Takes what a request takes: from what all machines share, or from what this one has.
pub(crate) async fn take(
    worker: &Worker,
    settings: &Settings,
    effect: &TakeTokens,
) -> Result<Taken, EffectError> {
    let shared = worker.shared_tokens.borrow().clone();
    let Some(shared) = shared else { return Ok(worker.shared.tokens.take(effect, now())) };
    let error = match shared.take(effect, now(), None).await {
        Ok(taken) => return Ok(taken),
        Err(error) => error,
    };
    worker.shared.tokens.alone.fetch_add(1, Relaxed);
    match settings.when_away {
        // This machine's own limits still protect what is behind it.
        WhenAway::Open => Ok(worker.shared.tokens.take(effect, now())),
        WhenAway::Closed => Err(EffectError::Unavailable(format!("Redis: {error}"))),
    }
}

/// The buckets and counts of all threads, behind one lock: a take is all or nothing over all that it
/// takes from. It is held for a few hundred nanoseconds of arithmetic, never across a wait.
#[derive(Debug, Default)]
pub struct Tokens {
    held: Mutex<Held>,
    redis: Arc<Health>,
    /// Takes that Redis did not answer.
    alone: AtomicU64,
}

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
        Self { held: Mutex::new(Held { counts, ..Held::default() }), ..Self::default() }
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

    /// How it goes with Redis, for those who connect to it.
    pub(crate) fn redis_health(&self) -> Arc<Health> {
        Arc::clone(&self.redis)
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
        let connections = self.redis.connections.load(Relaxed);
        describe(text, "redis_connections", "Open connections to Redis.", "gauge");
        let _ = writeln!(text, "edgeway_redis_connections {connections}");
        let failures = self.redis.failures.load(Relaxed);
        let help = "Connections to Redis that broke, and attempts that failed.";
        describe(text, "redis_failures_total", help, "counter");
        let _ = writeln!(text, "edgeway_redis_failures_total {failures}");
        let alone = self.alone.load(Relaxed);
        let help = "Requests that Redis did not answer: limited by this machine alone, or refused.";
        describe(text, "redis_unanswered_total", help, "counter");
        let _ = writeln!(text, "edgeway_redis_unanswered_total {alone}");
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
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
