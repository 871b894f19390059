//! `RecallResponse` and `RememberResponse`: the caches of stages, in the memory of this process, or
//! shared with other machines.
//!
//! Entries and flights are the core's ([`gateway_core::stage_cache::StageCache`]), in shards so that threads seldom meet; waiting is
//! done here. Nothing of a cache in memory touches a disk.

pub(crate) mod flight;
mod flights;
pub mod seal;
pub(crate) mod sharded;
pub(crate) mod shared;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::effect::{
    CacheName, EffectError, RecallResponse, RecalledResponse, RememberResponse,
};
use gateway_core::limits::CACHED_CONTENT_BYTES_MAX;
use gateway_core::message::{Content, Timestamp};
use gateway_core::stage_cache::Lookup;
use tokio::time::{Instant, timeout_at};

pub(crate) use flight::Flight;
use flights::Flights;
pub(crate) use flights::SharedFlight;
use sharded::Sharded;
use shared::SharedHealth;
use stored::Stored;

use crate::body::Body;
use crate::drive::Held;
use crate::framing;
use crate::memory::Memory;
use crate::perform::metrics::describe;

/// The caches of all stages that have one, shared by all threads.
#[derive(Debug, Default)]
pub struct StageCaches {
    caches: RwLock<BTreeMap<CacheName, Cache>>,
    /// Of caches that machines share.
    flights: Flights,
    pub(crate) health: SharedHealth,
}

#[derive(Debug)]
struct Cache {
    cluster_bytes: u64,
    here: Arc<Sharded<Stored>>,
}

/// A cache that a configuration has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCacheConfig {
    /// Whose it is.
    pub name: CacheName,
    /// AWS's size of it.
    pub cluster_bytes: u64,
    /// The most that it holds in memory.
    pub bytes: usize,
}

impl StageCaches {
    /// Has these caches from now on. One whose size has not changed keeps what it holds; on AWS too
    /// "all existing cached data is deleted" with another size.
    pub fn configure(&self, configured: &[StageCacheConfig]) {
        let mut caches = self.caches.write().unwrap_or_else(PoisonError::into_inner);
        let is_as = |config: &StageCacheConfig, cache: &Cache| {
            cache.here.bytes == config.bytes && cache.cluster_bytes == config.cluster_bytes
        };
        let is_as_before = |config: &StageCacheConfig| {
            caches.get(&config.name).is_some_and(|cache| is_as(config, cache))
        };
        if configured.len() == caches.len() && configured.iter().all(is_as_before) {
            return;
        }
        let mut before = std::mem::take(&mut *caches);
        for config in configured {
            let kept = before.remove(&config.name).filter(|cache| is_as(config, cache));
            let cache = kept.unwrap_or_else(|| Cache {
                cluster_bytes: config.cluster_bytes,
                here: Arc::new(Sharded::new(config.bytes)),
            });
            caches.insert(config.name.clone(), cache);
        }
        drop(caches);
        // Nobody waits for what can no longer be found.
        before.values().for_each(|cache| cache.here.flush());
    }

    /// AWS's FlushStageCache: forgets every response of a stage, its canary's too. Whether the stage
    /// has a cache.
    pub fn flush(&self, api_id: &str, stage_name: &str) -> bool {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        let of_stage = |name: &CacheName| {
            name.api_id.eq_ignore_ascii_case(api_id) && name.stage_name == stage_name
        };
        let flushed = caches.iter().filter(|(name, _)| of_stage(name));
        flushed.map(|(_, cache)| cache.here.flush()).count() > 0
    }

    /// How many responses each cache holds, and how many bytes.
    pub fn sizes(&self) -> Vec<(CacheName, usize, usize)> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        let size = |(name, cache): (&CacheName, &Cache)| {
            let (responses, bytes) = cache.here.size();
            (name.clone(), responses, bytes)
        };
        caches.iter().map(size).collect()
    }

    /// What is cached, or nothing: then the exchange holds a [`Flight`] that others may wait for.
    pub(crate) async fn recall(
        &self,
        recall: RecallResponse,
        now: impl Fn() -> Timestamp,
        held: &mut Held,
    ) -> Result<Option<RecalledResponse>, EffectError> {
        let RecallResponse { key, replaces, wait_ms_max } = recall;
        let Some(cache) = self.cache(&key.cache) else { return Ok(None) };
        let patience = Instant::now() + Duration::from_millis(wait_ms_max.into());
        let ticket = loop {
            if replaces {
                break cache.shard(&key.digest).ask_alone();
            }
            let lookup = cache.shard(&key.digest).look_up(&key.digest, now(), Default::default);
            match lookup {
                Lookup::Found(stored) => return Ok(Some(hold(&stored, held))),
                Lookup::Ask(ticket) => break ticket,
                Lookup::Wait(landing) => {
                    if timeout_at(patience, landing.wait()).await.is_err() {
                        break cache.shard(&key.digest).ask_alone();
                    }
                }
            }
        };
        held.flight = Some(Flight::new(cache, key.digest, ticket));
        Ok(None)
    }

    /// Stores a response, and goes on with its content.
    pub(crate) async fn remember(
        &self,
        remember: RememberResponse,
        now: impl Fn() -> Timestamp,
        held: &mut Held,
        memory: &Arc<Memory>,
    ) -> Result<Content, EffectError> {
        let until = remember.until;
        // Until there is an answer to it, whoever leads a flight may still be lost.
        let Some(flight) = held.flight.take() else { return Ok(remember.content) };
        let (content, stored) = match read(remember, held, memory).await {
            Ok(read) => read,
            Err(error) => {
                flight.answered(now());
                return Err(error);
            }
        };
        match stored {
            Some(stored) => {
                let bytes = stored.bytes();
                flight.land(now(), stored, bytes, until);
            }
            None => flight.answered(now()),
        }
        Ok(content)
    }

    fn cache(&self, name: &CacheName) -> Option<Arc<Sharded<Stored>>> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        caches.get(name).map(|cache| Arc::clone(&cache.here))
    }

    /// AWS's size of a cache, if the stage has one.
    fn cluster_bytes(&self, name: &CacheName) -> Option<u64> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        caches.get(name).map(|cache| cache.cluster_bytes)
    }

    /// Of caches that machines share, in Prometheus's text format.
    pub(crate) fn write_metrics(&self, text: &mut String) {
        let SharedHealth { redis, unanswered, unreadable } = &self.health;
        let count = |name: &str, help: &str, kind: &str, value: i64, text: &mut String| {
            describe(text, name, help, kind);
            let _ = writeln!(text, "edgeway_{name} {value}");
        };
        let help = "Open connections to the Redis that keeps the caches of stages.";
        let connections = redis.connections.load(Relaxed);
        count("stage_cache_redis_connections", help, "gauge", connections, text);
        for (name, help, counted) in [
            (
                "stage_cache_redis_failures_total",
                "Connections to that Redis that broke, and attempts that failed.",
                &redis.failures,
            ),
            (
                "stage_cache_redis_unanswered_total",
                "Times that it did not answer: nothing was cached, or could be stored.",
                unanswered,
            ),
            (
                "stage_cache_unreadable_total",
                "Cached responses that did not open, of another key or forged.",
                unreadable,
            ),
        ] {
            count(name, help, "counter", counted.load(Relaxed) as i64, text);
        }
    }
}

/// A response as it is to be stored, if it can be, and the content that the exchange goes on with.
async fn read(
    remember: RememberResponse,
    held: &mut Held,
    memory: &Arc<Memory>,
) -> Result<(Content, Option<Stored>), EffectError> {
    let RememberResponse { key: _, status, fields, content, until: _ } = remember;
    let (content, bytes) = whole(content, held, memory).await?;
    // What cannot be sent is told of where it is sent.
    let lines = framing::client_section(&fields, &held.endpoint).ok();
    let stored = bytes.zip(lines).map(|(bytes, lines)| Stored::new(status, &lines, &bytes));
    Ok((content, stored))
}

/// All of a content that is not too large to be cached, and what the exchange goes on with.
async fn whole(
    content: Content,
    held: &mut Held,
    memory: &Arc<Memory>,
) -> Result<(Content, Option<Bytes>), EffectError> {
    let bytes_max = CACHED_CONTENT_BYTES_MAX as usize;
    Ok(match content {
        Content::Empty => (Content::Empty, Some(Bytes::new())),
        Content::Bytes(bytes) if bytes.len() > bytes_max => (Content::Bytes(bytes), None),
        Content::Bytes(bytes) => {
            let bytes = Bytes::from(bytes.into_boxed_slice());
            (held.contents.hold(Body::from(bytes.clone())), Some(bytes))
        }
        Content::Held(id) => {
            (Content::Held(id), held.contents.buffer(id, bytes_max, memory).await?)
        }
    })
}

/// Has an exchange hold what is cached, as it holds an endpoint's response.
fn hold(stored: &Stored, held: &mut Held) -> RecalledResponse {
    held.endpoint = stored.section.clone();
    RecalledResponse {
        status: stored.status,
        content: held.contents.hold(Body::from(stored.content.clone())),
        content_length: stored.content.len() as u64,
    }
}
