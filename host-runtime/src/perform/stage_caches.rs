//! `RecallResponse` and `RememberResponse`: the caches of stages, in the memory of this process.
//!
//! Entries and flights are the core's ([`gateway_core::stage_cache::StageCache`]), in shards so that threads seldom meet; waiting is
//! done here. Nothing of a cache touches a disk.

pub(crate) mod flight;
pub(crate) mod sharded;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::effect::{
    CacheName, EffectError, RecallResponse, RecalledResponse, RememberResponse,
};
use gateway_core::limits::CACHED_CONTENT_BYTES_MAX;
use gateway_core::message::{Content, Timestamp};
use gateway_core::stage_cache::Lookup;
use http::{HeaderMap, HeaderValue};
use tokio::time::{Instant, timeout_at};

pub(crate) use flight::Flight;
use sharded::Sharded;

use crate::body::Body;
use crate::drive::Held;
use crate::framing;
use crate::memory::Memory;

/// The caches of all stages that have one, shared by all threads.
#[derive(Debug, Default)]
pub struct StageCaches(RwLock<BTreeMap<CacheName, Arc<Sharded<Stored>>>>);

/// A cache that a configuration has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCacheConfig {
    /// Whose it is.
    pub name: CacheName,
    /// The most that it holds.
    pub bytes: usize,
}

/// A response that is cached.
#[derive(Debug)]
pub(crate) struct Stored {
    status: u16,
    /// The header section as it goes out, but for what is each request's own.
    headers: HeaderMap,
    content: Bytes,
}

impl StageCaches {
    /// Has these caches from now on. One whose size has not changed keeps what it holds; on AWS too
    /// "all existing cached data is deleted" with another size.
    pub fn configure(&self, configured: &[StageCacheConfig]) {
        let mut caches = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_as_before = |config: &StageCacheConfig| {
            caches.get(&config.name).is_some_and(|cache| cache.bytes == config.bytes)
        };
        if configured.len() == caches.len() && configured.iter().all(is_as_before) {
            return;
        }
        let mut before = std::mem::take(&mut *caches);
        for StageCacheConfig { name, bytes } in configured {
            let kept = before.remove(name).filter(|cache| cache.bytes == *bytes);
            let cache = kept.unwrap_or_else(|| Arc::new(Sharded::new(*bytes)));
            caches.insert(name.clone(), cache);
        }
        drop(caches);
        // Nobody waits for what can no longer be found.
        before.values().for_each(|cache| cache.flush());
    }

    /// AWS's FlushStageCache: forgets every response of a stage, its canary's too. Whether the stage
    /// has a cache.
    pub fn flush(&self, api_id: &str, stage_name: &str) -> bool {
        let caches = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_stage = |name: &CacheName| {
            name.api_id.eq_ignore_ascii_case(api_id) && name.stage_name == stage_name
        };
        let flushed = caches.iter().filter(|(name, _)| of_stage(name));
        flushed.map(|(_, cache)| cache.flush()).count() > 0
    }

    /// How many responses each cache holds, and how many bytes.
    pub fn sizes(&self) -> Vec<(CacheName, usize, usize)> {
        let caches = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let size = |(name, cache): (&CacheName, &Arc<Sharded<Stored>>)| {
            let (responses, bytes) = cache.size();
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
        let RememberResponse { key: _, status, fields, content, until } = remember;
        // Until there is an answer to it, whoever leads a flight may still be lost.
        let Some(flight) = held.flight.take() else { return Ok(content) };
        let bytes_max = CACHED_CONTENT_BYTES_MAX as usize;
        let (content, bytes) = match content {
            Content::Empty => (Content::Empty, Some(Bytes::new())),
            Content::Bytes(bytes) if bytes.len() > bytes_max => (Content::Bytes(bytes), None),
            Content::Bytes(bytes) => {
                let bytes = Bytes::from(bytes.into_boxed_slice());
                (held.contents.hold(Body::from(bytes.clone())), Some(bytes))
            }
            Content::Held(id) => {
                let bytes = held.contents.buffer(id, bytes_max, memory).await;
                match bytes {
                    Ok(bytes) => (Content::Held(id), bytes),
                    Err(error) => {
                        flight.answered(now());
                        return Err(error);
                    }
                }
            }
        };
        let headers = framing::client_section(&fields, held.endpoint.clone());
        match (bytes, headers) {
            (Some(bytes), Ok(headers)) => {
                let stored = Stored::new(status, &headers, &bytes);
                let bytes = stored.bytes();
                flight.land(now(), |_| (stored, bytes, until));
            }
            // What cannot be sent is told of where it is sent.
            _ => flight.answered(now()),
        }
        Ok(content)
    }

    fn cache(&self, name: &CacheName) -> Option<Arc<Sharded<Stored>>> {
        let caches = self.0.read().unwrap_or_else(PoisonError::into_inner);
        caches.get(name).cloned()
    }
}

impl Stored {
    /// A copy of its own: what came from a connection keeps all of a larger buffer alive.
    fn new(status: u16, headers: &HeaderMap, content: &Bytes) -> Self {
        let copy = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes());
        let lines =
            headers.iter().filter_map(|(name, value)| Some((name.clone(), copy(value).ok()?)));
        let mut copied = HeaderMap::with_capacity(headers.len());
        lines.for_each(|(name, value)| {
            copied.append(name, value);
        });
        Self { status, headers: copied, content: Bytes::copy_from_slice(content) }
    }

    /// What it takes of a cache, roughly: each line stands in a table with its own bookkeeping.
    fn bytes(&self) -> usize {
        const LINE_BYTES: usize = 128;
        let lines = self.headers.iter();
        let lines: usize = lines.map(|(n, v)| n.as_str().len() + v.len() + LINE_BYTES).sum();
        self.content.len() + lines
    }
}

/// Has an exchange hold what is cached, as it holds an endpoint's response.
fn hold(stored: &Stored, held: &mut Held) -> RecalledResponse {
    held.endpoint = stored.headers.clone();
    RecalledResponse {
        status: stored.status,
        content: held.contents.hold(Body::from(stored.content.clone())),
        content_length: stored.content.len() as u64,
    }
}
