//! Caches that several machines share, in Redis or Valkey.
//!
//! Nothing is kept here besides: what one machine flushes or replaces no other one answers with any
//! more. Concurrent misses of this process are one call all the same; those who wait are handed the
//! response. A server that does not answer has nothing cached.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use gateway_core::effect::{
    CacheName, EffectError, RecallResponse, RecalledResponse, RememberResponse, ResponseKey,
};
use gateway_core::message::{Content, Timestamp};
use gateway_core::stage_cache::Lookup;
use tokio::time::{Instant, timeout_at};

use super::seal::Sealing;
use super::{StageCaches, Stored, hold, read};
use crate::drive::Held;
use crate::memory::Memory;
use crate::perform::trust::Trust;
use crate::redis::{Command, Health, Redis, RedisConfig, RedisError, Reply, Script};

/// Of a generation, which is random: one that is evicted never comes again.
const GENERATION_BYTES: usize = 16;
/// What stands before what is sealed: when it was asked for, and the generation.
const STAMP_BYTES: usize = 16 + GENERATION_BYTES;
/// Longest wait for an answer to who flushes.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// How it goes with caches that are shared.
#[derive(Debug, Default)]
pub(crate) struct SharedHealth {
    pub(crate) redis: Arc<Health>,
    /// Times that the server did not answer: nothing was cached, or nothing was stored.
    pub(crate) unanswered: AtomicU64,
    /// Entries that could not be read: of another secret, or nobody's.
    pub(crate) unreadable: AtomicU64,
}

/// The caches of all machines that share a Redis, as one thread reaches them.
#[derive(Debug)]
pub(crate) struct SharedCaches {
    redis: Rc<Redis>,
    sealing: Sealing,
    recall: Script,
    remember: Script,
}

/// What the server has for a key.
struct Known {
    /// The server's time, and the cache's generation: what is stored now is stamped with them. `None`
    /// of a server that is away.
    stamp: Option<[u8; STAMP_BYTES]>,
    stored: Option<Arc<Stored>>,
}

impl SharedCaches {
    /// Those of this server, if it keeps any. Not connected yet.
    pub(crate) fn new(
        config: &Arc<RedisConfig>,
        trust: &Arc<Trust>,
        health: &SharedHealth,
    ) -> Option<Self> {
        let sealing = config.stage_caches.clone()?;
        let recall = Script::new(include_str!("recall.lua"));
        let remember = Script::new(include_str!("remember.lua"));
        // A connection of their own: tokens do not queue behind a megabyte.
        let redis = Redis::new(
            Arc::clone(config),
            Arc::clone(trust),
            Arc::clone(&health.redis),
            vec![recall.load(), remember.load()],
        );
        Some(Self { redis, sealing, recall, remember })
    }

    /// Connects, on a runtime for local tasks.
    pub(crate) fn start(&self) {
        self.redis.start();
    }

    /// What is cached, or nothing: then the exchange holds a flight that others may wait for.
    pub(crate) async fn recall(
        &self,
        caches: &StageCaches,
        recall: RecallResponse,
        now: impl Fn() -> Timestamp,
        held: &mut Held,
        memory: &Arc<Memory>,
    ) -> Result<Option<RecalledResponse>, EffectError> {
        let RecallResponse { key, replaces, wait_ms_max } = recall;
        let Some(cluster_bytes) = caches.cluster_bytes(&key.cache) else { return Ok(None) };
        let place = Place::new(self.redis.key_prefix(), &key, cluster_bytes);
        let patience = Instant::now() + Duration::from_millis(wait_ms_max.into());
        let flights = &caches.flights;
        let mut known = self.look_up(&place, !replaces, caches).await;
        let mut flight = loop {
            if let Some(stored) = known.stored.take() {
                held.contents.share(memory).note(stored.content.len());
                return Ok(Some(hold(&stored, held)));
            }
            // What is asked for after a flush is not what was asked for before.
            let digest = place.digest(known.generation());
            if replaces {
                break flights.alone(digest);
            }
            match flights.look_up(&digest, now()) {
                Lookup::Wait(landing) => match timeout_at(patience, landing.wait()).await {
                    Ok(Some(stored)) => return Ok(Some(hold(&stored, held))),
                    Ok(None) => known = self.look_up(&place, true, caches).await,
                    Err(_) => break flights.alone(digest),
                },
                Lookup::Ask(ticket) => {
                    let flight = flights.flight(digest, ticket);
                    if known.stamp.is_some() {
                        // Another flight may have landed since this one looked.
                        known = self.look_up(&place, true, caches).await;
                    }
                    match known.stored.take() {
                        Some(stored) => {
                            flight.land(now(), Some(Arc::clone(&stored)));
                            known.stored = Some(stored);
                        }
                        None => break flight,
                    }
                }
                Lookup::Found(()) => break flights.alone(digest),
            }
        };
        flight.store_at = known.stamp.map(|stamp| (place, stamp));
        held.shared_flight = Some(flight);
        Ok(None)
    }

    /// Stores a response, and goes on with its content.
    pub(crate) async fn remember(
        &self,
        caches: &StageCaches,
        remember: RememberResponse,
        now: impl Fn() -> Timestamp,
        held: &mut Held,
        memory: &Arc<Memory>,
    ) -> Result<Content, EffectError> {
        let until = remember.until;
        let Some(mut flight) = held.shared_flight.take() else { return Ok(remember.content) };
        let (content, stored) = match read(remember, held, memory).await {
            Ok(read) => read,
            Err(error) => {
                flight.answered(now());
                return Err(error);
            }
        };
        let Some(stored) = stored else {
            flight.answered(now());
            return Ok(content);
        };
        let ttl_ms = until.0.saturating_sub(now().0);
        if let Some((place, stamp)) = flight.store_at.take() {
            self.store(&place, &stamp, &stored, ttl_ms, caches).await;
        }
        flight.land(now(), Some(Arc::new(stored)));
        Ok(content)
    }

    async fn look_up(&self, place: &Place, is_wanted: bool, caches: &StageCaches) -> Known {
        let health = &caches.health;
        let asked = self.asked(place, is_wanted).await;
        let Some((stamp, stored)) = asked else {
            health.unanswered.fetch_add(1, Relaxed);
            return Known { stamp: None, stored: None };
        };
        // Of a generation before: flushed.
        let stored = stored.filter(|stored| stored.get(16..STAMP_BYTES) == Some(&stamp[16..]));
        let stored = stored.and_then(|stored| {
            let (stamp, sealed) = stored.split_at(STAMP_BYTES);
            let opened = self.sealing.open(&place.bound_to(stamp), sealed);
            let read = opened.and_then(|bytes| Stored::read(&bytes));
            if read.is_none() {
                health.unreadable.fetch_add(1, Relaxed);
            }
            read.map(Arc::new)
        });
        Known { stamp: Some(stamp), stored }
    }

    async fn asked(
        &self,
        place: &Place,
        is_wanted: bool,
    ) -> Option<([u8; STAMP_BYTES], Option<Vec<u8>>)> {
        let arguments = [&generation()?[..], if is_wanted { b"1" } else { b"0" }];
        let answer = self.recall.run(&self.redis, &place.keys(), &arguments).await;
        let Reply::Array(Some(answer)) = self.answered(answer)? else { return None };
        let Ok([Reply::Bulk(Some(time)), Reply::Bulk(Some(generation)), Reply::Bulk(stored)]) =
            <[Reply; 3]>::try_from(answer)
        else {
            return None;
        };
        Some(([time, generation].concat().try_into().ok()?, stored))
    }

    async fn store(
        &self,
        place: &Place,
        stamp: &[u8; STAMP_BYTES],
        stored: &Stored,
        ttl_ms: u64,
        caches: &StageCaches,
    ) {
        let sealed = self.sealing.seal(&place.bound_to(stamp), stored.write());
        let (Some(sealed), true) = (sealed, ttl_ms > 0) else { return };
        let (asked, generation) = stamp.split_at(16);
        let ttl_ms = ttl_ms.to_string();
        let arguments = [asked, generation, &sealed, ttl_ms.as_bytes()];
        let answer = self.remember.run(&self.redis, &place.keys(), &arguments).await;
        if self.answered(answer).is_none() {
            caches.health.unanswered.fetch_add(1, Relaxed);
        }
    }

    fn answered(&self, answer: Result<Reply, RedisError>) -> Option<Reply> {
        if let Err(RedisError::Refused(words)) = &answer {
            // One that is full still tells what it has. One that is loading, or a replica, is away.
            match words.starts_with("OOM") {
                true => tracing::warn!(reason = words, "Redis takes no more responses"),
                false => self.redis.hang_up(words),
            }
        }
        answer.ok()
    }
}

/// Forgets every response of a stage's cache, on all machines.
///
/// # Errors
/// When the server does not answer; in words.
pub(crate) async fn flush(
    config: &Arc<RedisConfig>,
    trust: &Arc<Trust>,
    name: &CacheName,
    cluster_bytes: u64,
) -> Result<(), String> {
    let patient = RedisConfig { timeout: FLUSH_MAX, ..(**config).clone() };
    let redis = Redis::new(Arc::new(patient), Arc::clone(trust), Arc::default(), Vec::new());
    redis.start();
    let generation = generation().ok_or("the system gives no random bytes")?;
    let key = [&*folder(redis.key_prefix(), name, cluster_bytes), "generation"].concat();
    let command = Command::new([b"SET", key.as_bytes(), &generation]);
    let answer = redis.ask(command).await.map_err(|error| format!("{config:?}: {error}"))?;
    match answer {
        Reply::Status(_) => Ok(()),
        other => Err(format!("{config:?}: {other:?}")),
    }
}

/// Where a response is.
#[derive(Debug)]
pub(super) struct Place {
    generation: String,
    entry: String,
}

impl Place {
    fn new(prefix: &str, key: &ResponseKey, cluster_bytes: u64) -> Self {
        let folder = folder(prefix, &key.cache, cluster_bytes);
        let entry = crate::redis::script::hexadecimal(&key.digest.0);
        Self { generation: [&*folder, "generation"].concat(), entry: [folder, entry].concat() }
    }

    fn keys(&self) -> [&str; 2] {
        [&self.generation, &self.entry]
    }

    /// What an entry is sealed to.
    fn bound_to(&self, stamp: &[u8]) -> Vec<u8> {
        [self.entry.as_bytes(), b"\0", stamp].concat()
    }

    fn digest(&self, generation: &[u8]) -> gateway_core::effect::ResponseDigest {
        let text = [self.entry.as_bytes(), b"\0", generation].concat();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
        let digest = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
        gateway_core::effect::ResponseDigest(digest)
    }
}

impl Known {
    fn generation(&self) -> &[u8] {
        self.stamp.as_ref().map_or(&[], |stamp| &stamp[16..])
    }
}

/// Neither APIs nor stages have a `/` in their names. A cache of another size is another one.
fn folder(prefix: &str, name: &CacheName, cluster_bytes: u64) -> String {
    let CacheName { api_id, stage_name } = name;
    format!("{prefix}stage-cache/{api_id}/{stage_name}/{cluster_bytes}/")
}

fn generation() -> Option<[u8; GENERATION_BYTES]> {
    let mut bytes = [0; GENERATION_BYTES];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
