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
use names::{Name, Names};

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
/// takes from. It is held for a few looks at memory and some arithmetic, never across a wait.
#[derive(Debug, Default)]
pub struct Tokens {
    names: Names,
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
        let names = Names::default();
        let counts = Counts::new(counted, &names);
        Self { names, held: Mutex::new(Held { counts, ..Held::default() }), ..Self::default() }
    }

    /// Takes from every bucket and counts, or does nothing.
    pub fn take(&self, effect: &TakeTokens, now: Timestamp) -> Taken {
        let named = Named::new(effect, &self.names);
        let mut held = self.held();
        let taken = take_all(effect, now, &mut Taking { held: &mut held, named: &named });
        if let (Taken::All, Some(name)) = (&taken, named.usage) {
            held.counts.note(name, now);
        }
        held.buckets.forget_full(now);
        taken
    }

    /// What was counted under a key of a plan.
    pub(crate) fn used(&self, key: &str) -> Option<Usage> {
        self.held().counts.used(self.names.of(key)).cloned()
    }

    /// Some of what was counted since it was last written; nothing when all is written.
    pub(crate) fn unwritten(&self) -> Vec<Unwritten> {
        self.held().counts.unwritten()
    }

    /// These could not be written: they are unwritten still.
    pub(crate) fn not_written(&self, batch: &[Unwritten]) {
        self.held().counts.not_written(batch, &self.names);
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

/// The names of all that is taken from: found once, before anybody else has to wait.
struct Named<'e> {
    names: &'e Names,
    takes: &'e [BucketTake],
    /// Of each of these.
    buckets: Vec<Name>,
    usage: Option<Name>,
}

impl<'e> Named<'e> {
    fn new(effect: &'e TakeTokens, names: &'e Names) -> Self {
        Self {
            names,
            takes: &effect.buckets,
            buckets: effect.buckets.iter().map(|take| names.of(&take.key)).collect(),
            usage: effect.usage.as_ref().map(|take| names.of(&take.key)),
        }
    }

    fn bucket(&self, key: &str) -> Name {
        let place = self.takes.iter().position(|take| take.key == key);
        let name = place.and_then(|place| self.buckets.get(place).copied());
        name.unwrap_or_else(|| self.names.of(key))
    }
}

/// What is held, for a single take.
struct Taking<'t> {
    held: &'t mut Held,
    named: &'t Named<'t>,
}

impl BucketStore for Taking<'_> {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.held.buckets.load(self.named.bucket(key))
    }

    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        self.held.buckets.store(self.named.bucket(&take.key), take.limit, bucket);
    }

    fn usage(&mut self, key: &str) -> &mut Usage {
        let name = self.named.usage.unwrap_or_else(|| self.named.names.of(key));
        self.held.counts.usage(name, key)
    }
}

#[cfg(test)]
mod tests;
