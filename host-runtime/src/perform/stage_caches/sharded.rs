//! A cache in shards, each behind a lock of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::effect::ResponseDigest;
use gateway_core::stage_cache::StageCache;
use tokio::sync::Semaphore;

use super::Stored;

/// What is waited on: its semaphore never has permits, and is closed when the flight has ended.
#[derive(Debug, Clone)]
pub(super) struct Landing(Arc<Semaphore>);

impl Default for Landing {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Landing {
    /// Waits until the flight has ended, which may be before.
    pub(super) async fn wait(&self) {
        self.0.acquire().await.map(drop).ok();
    }

    /// Wakes everybody who waits.
    pub(super) fn end(&self) {
        self.0.close();
    }
}

/// A part of a cache.
pub(super) type Shard = StageCache<Arc<Stored>, Landing>;

/// A cache.
#[derive(Debug)]
pub(super) struct Sharded {
    /// The most that it holds.
    pub(super) bytes: usize,
    shards: Box<[Mutex<Shard>]>,
}

/// As large as a shard must be for the largest response to be one of several.
const SHARD_BYTES_MIN: usize = 8 << 20;
const SHARDS_MAX: usize = 16;

impl Sharded {
    pub(super) fn new(bytes: usize) -> Self {
        let count = (bytes / SHARD_BYTES_MIN).clamp(1, SHARDS_MAX);
        let shard = |_| Mutex::new(StageCache::bounded(bytes / count));
        Self { bytes, shards: (0..count).map(shard).collect() }
    }

    /// The shard of a key, which nobody else looks at meanwhile.
    pub(super) fn shard(&self, digest: &ResponseDigest) -> MutexGuard<'_, Shard> {
        let number = usize::from(digest.0[0]) % self.shards.len();
        self.shards[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    pub(super) fn flush(&self) {
        for shard in &self.shards {
            let landings = shard.lock().unwrap_or_else(PoisonError::into_inner).flush();
            landings.iter().for_each(Landing::end);
        }
    }

    /// How many responses it holds, and how many bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        let size =
            |shard: &Mutex<Shard>| shard.lock().unwrap_or_else(PoisonError::into_inner).size();
        self.shards.iter().map(size).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }
}
