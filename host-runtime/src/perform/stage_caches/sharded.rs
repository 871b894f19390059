//! A cache in shards, each behind a lock of its own.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use gateway_core::effect::ResponseDigest;
use gateway_core::stage_cache::{Ending, StageCache};
use tokio::sync::Semaphore;

/// What is waited on: its semaphore never has permits, and is closed when the flight has ended.
#[derive(Debug, Clone)]
pub(crate) struct Landing(Arc<(Semaphore, OnceLock<Ended>)>);

/// How a flight ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// What came is stored.
    Landed,
    /// Who asked is gone, or what came was forgotten on its way: somebody else is to ask.
    Lost,
    /// What came is not stored, and the next answer will hardly be.
    Passed,
    /// The origin failed: it answered so, or nothing.
    Failed(Option<u16>),
}

impl Ended {
    /// Of what is not stored.
    pub(crate) fn of(ending: Ending) -> Self {
        match ending {
            Ending::Answered => Self::Passed,
            Ending::Lost => Self::Lost,
        }
    }
}

impl Default for Landing {
    fn default() -> Self {
        Self(Arc::new((Semaphore::new(0), OnceLock::new())))
    }
}

impl Landing {
    /// Waits until the flight has ended, which may be before.
    pub(crate) async fn wait(&self) -> Ended {
        let (semaphore, ended) = &*self.0;
        semaphore.acquire().await.map(drop).ok();
        ended.get().copied().unwrap_or(Ended::Lost)
    }

    /// Wakes everybody who waits.
    pub(crate) fn end(&self, ended: Ended) {
        self.0.1.get_or_init(|| ended);
        self.0.0.close();
    }
}

/// A part of a cache.
pub(crate) type Shard<R> = StageCache<Arc<R>, Landing>;

/// A cache of what is shared by all threads.
#[derive(Debug)]
pub(crate) struct Sharded<R> {
    /// The most that it holds.
    pub(crate) bytes: usize,
    shards: Box<[Mutex<Shard<R>>]>,
}

/// As large as a shard must be for the largest response to be one of several.
const SHARD_BYTES_MIN: usize = 8 << 20;
const SHARDS_MAX: usize = 16;

impl<R> Sharded<R> {
    pub(crate) fn new(bytes: usize) -> Self {
        let count = (bytes / SHARD_BYTES_MIN).clamp(1, SHARDS_MAX);
        let shard = |_| Mutex::new(StageCache::bounded(bytes / count));
        Self { bytes, shards: (0..count).map(shard).collect() }
    }

    /// The shard of a key, which nobody else looks at meanwhile.
    pub(crate) fn shard(&self, digest: &ResponseDigest) -> MutexGuard<'_, Shard<R>> {
        let number = usize::from(digest.0[0]) % self.shards.len();
        self.shards[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    pub(crate) fn flush(&self) {
        for shard in &self.shards {
            let landings = shard.lock().unwrap_or_else(PoisonError::into_inner).flush();
            landings.iter().for_each(|landing| landing.end(Ended::Lost));
        }
    }

    /// All of them, one after the other.
    pub(crate) fn each(&self, mut act: impl FnMut(&mut Shard<R>)) {
        for shard in &self.shards {
            act(&mut shard.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// How many bytes one of them may have.
    pub(crate) fn shard_bytes(&self) -> usize {
        self.bytes / self.shards.len()
    }

    /// How many responses it holds, and how many bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        let size =
            |shard: &Mutex<Shard<R>>| shard.lock().unwrap_or_else(PoisonError::into_inner).size();
        self.shards.iter().map(size).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }
}
