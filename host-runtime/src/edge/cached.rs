//! Requests that the cache may answer.

use std::sync::Arc;
use std::sync::atomic::Ordering::AcqRel;
use std::sync::atomic::Ordering::Release;
use std::time::Duration;

use bytes::Bytes;
use distribution::{Answer, CacheResult, Matched};
use gateway_core::effect::ResponseDigest;
use gateway_core::stage_cache::{Lookup, Ticket};
use http_cache::{
    CacheStatus, Decision, Fields, Received, Request, Response, Unusable, look_up, receive,
    respond, stale_on_error,
};
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};

use super::keeping::{Keeping, Landing};
use super::origin::{OriginAnswer, time};
use super::response::Outcome;
use super::store::{Object, Objects, Tier};
use super::{Exchange, digest_of};
use crate::body::Body;
use crate::drive::now;
use crate::perform::stage_caches::Flight;
use crate::perform::stage_caches::sharded::Sharded;

/// Longest that a request waits for another one that asks the origin for the same.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Most content of an object, whatever the cache's size.
const OBJECT_BYTES_MAX: u64 = 64 << 20;

/// A place in the cache, and the request as it goes to the origin.
pub(super) struct Key<'m> {
    cache: Arc<Sharded<Objects>>,
    pub(super) digest: ResponseDigest,
    pub(super) matched: &'m Matched<'m>,
    method: String,
    fields: Fields,
}

impl Key<'_> {
    pub(super) fn request(&self) -> Request<'_> {
        Request { method: &self.method, fields: &self.fields }
    }

    fn flight(&self, ticket: Ticket) -> Flight<Objects> {
        Flight::new(Arc::clone(&self.cache), self.digest, ticket)
    }

    /// What is asked about together is asked about once; by another digest in the same shard.
    fn validation(&self) -> ResponseDigest {
        let mut digest = self.digest;
        digest.0[31] ^= 1;
        digest
    }
}

/// A request to the origin that is to be made.
struct Asking {
    flight: Flight<Objects>,
    guard: Option<Flight<Objects>>,
    /// What is stored, and which of it the origin is asked about with these fields.
    objects: Option<Arc<Objects>>,
    about: Option<(Arc<Object>, Fields)>,
    status: CacheStatus,
}

impl Exchange {
    /// Answers from the cache, or asks the origin and stores what it says.
    pub(super) async fn cached(&self, matched: &Matched<'_>) -> Outcome {
        let Some(cache) = self.worker.shared.edge_cache.get() else {
            return self.passed(matched).await;
        };
        let key = self.key(cache, matched);
        let patience = Instant::now() + WAIT_MAX;
        let mut status = CacheStatus::default();
        loop {
            let lookup = {
                let mut shard = key.cache.shard(&key.digest);
                match key.request().is_plain() {
                    true => shard.look_up(&key.digest, now(), Default::default),
                    false => match shard.find(&key.digest, now()) {
                        Some(found) => Lookup::Found(found),
                        None => Lookup::Ask(shard.ask_alone()),
                    },
                }
            };
            let found = match lookup {
                Lookup::Found(objects) => {
                    self.found(&key, objects, Tier::Memory, &mut status).await
                }
                Lookup::Ask(ticket) => {
                    let mut flight = key.flight(ticket);
                    match Box::pin(self.brought(&key, &mut flight)).await {
                        Some(objects) => self.found(&key, objects, Tier::Disk, &mut status).await,
                        None => {
                            status.forwarded = Some(Unusable::Miss);
                            let status = status.clone();
                            Found::Ask(Asking {
                                flight,
                                guard: None,
                                objects: None,
                                about: None,
                                status,
                            })
                        }
                    }
                }
                Lookup::Wait(landing) => Found::Wait(landing),
            };
            let asking = match found {
                Found::Answer(outcome) => return *outcome,
                Found::Ask(asking) => asking,
                Found::Wait(landing) => {
                    status.is_collapsed = true;
                    if timeout_at(patience, landing.wait()).await.is_ok() {
                        continue;
                    }
                    self.alone(&key, &status)
                }
            };
            self.worker.shared.edge_cache.count(Tier::None);
            return self.fetch(&key, asking).await;
        }
    }

    fn key<'m>(&self, cache: Arc<Sharded<Objects>>, matched: &'m Matched<'m>) -> Key<'m> {
        let digest = ResponseDigest(digest_of(&matched.object(), &matched.key()));
        let fields = matched.origin_request(matched.origins().0, &self.request_id).fields;
        Key { cache, digest, matched, method: matched.cache_method().to_owned(), fields }
    }

    async fn passed(&self, matched: &Matched<'_>) -> Outcome {
        match self.ask(matched, None, Body::Empty).await {
            Ok(answer) => Outcome::passed(answer),
            Err(error) => error.into(),
        }
    }

    fn alone(&self, key: &Key<'_>, status: &CacheStatus) -> Asking {
        let ticket = key.cache.shard(&key.digest).ask_alone();
        let objects = key.cache.shard(&key.digest).find(&key.digest, now());
        let status = CacheStatus { forwarded: Some(Unusable::Miss), ..status.clone() };
        Asking { flight: key.flight(ticket), guard: None, objects, about: None, status }
    }

    async fn found(
        &self,
        key: &Key<'_>,
        objects: Arc<Objects>,
        tier: Tier,
        status: &mut CacheStatus,
    ) -> Found {
        let policy = key.matched.policy(200);
        let at = time();
        let decision = look_up(&policy, &key.request(), &objects.stored(), at);
        let (why, about) = match decision {
            Decision::Serve { index, .. } => {
                let object = &objects.objects[index];
                return match self.serve(key, (object, tier), status).await {
                    Some(outcome) => Found::answer(outcome),
                    None => Found::Ask(self.lost(key, object, status)),
                };
            }
            Decision::ServeAndRevalidate { index, fields, .. } => {
                let object = &objects.objects[index];
                let Some(outcome) = self.serve(key, (object, tier), status).await else {
                    return Found::Ask(self.lost(key, object, status));
                };
                if !object.is_asked.swap(true, AcqRel) {
                    self.revalidate(Arc::clone(object), fields);
                }
                return Found::answer(outcome);
            }
            Decision::Unsatisfiable => {
                let refused = Answer::error(504, "Nothing that is stored answers the request.");
                return Found::answer(refused.into());
            }
            Decision::Validate { index, fields, why } => {
                (why, Some((Arc::clone(&objects.objects[index]), fields)))
            }
            Decision::Forward(why) => (why, None),
        };
        status.forwarded = Some(why);
        let guard = match key.request().is_plain() && why == Unusable::Stale {
            true => {
                let digest = key.validation();
                let lookup = key.cache.shard(&digest).look_up(&digest, now(), Default::default);
                match lookup {
                    Lookup::Wait(landing) => return Found::Wait(landing),
                    Lookup::Ask(ticket) => {
                        Some(Flight::new(Arc::clone(&key.cache), digest, ticket))
                    }
                    Lookup::Found(_) => None, // nothing is ever stored there
                }
            }
            false => None,
        };
        let ticket = key.cache.shard(&key.digest).ask_alone();
        let flight = key.flight(ticket);
        let status = status.clone();
        Found::Ask(Asking { flight, guard, objects: Some(objects), about, status })
    }

    /// Asks for what was stored, and whose content is not there any more.
    fn lost(&self, key: &Key<'_>, object: &Arc<Object>, status: &CacheStatus) -> Asking {
        let ticket = key.cache.shard(&key.digest).ask_alone();
        self.replace(key, key.flight(ticket), None, object);
        self.alone(key, status)
    }

    /// Asks in the background about what is served stale meanwhile.
    fn revalidate(&self, object: Arc<Object>, fields: Fields) {
        let exchange = self.clone();
        tokio::task::spawn_local(async move {
            let cache = exchange.worker.shared.edge_cache.get();
            if let (Ok(matched), Some(cache)) = (exchange.matched(), cache) {
                let matched = matched.of_whole();
                let key = Key { fields: fields.clone(), ..exchange.key(cache, &matched) };
                let ticket = key.cache.shard(&key.digest).ask_alone();
                let objects = key.cache.shard(&key.digest).find(&key.digest, now());
                let about = Some((Arc::clone(&object), fields));
                let (flight, status) = (key.flight(ticket), CacheStatus::default());
                let asking = Asking { flight, guard: None, objects, about, status };
                let outcome = exchange.fetch(&key, asking).await;
                // To its end, so that it is stored.
                outcome.content.collect(OBJECT_BYTES_MAX as usize).await.ok();
            }
            object.is_asked.store(false, Release);
        });
    }

    async fn fetch(&self, key: &Key<'_>, asking: Asking) -> Outcome {
        let Asking { flight, guard, objects, about, mut status } = asking;
        let fields = about.as_ref().map(|(_, fields)| fields);
        let answer = self.ask(key.matched, fields, Body::Empty).await;
        let answered = answer.as_ref().ok().map(|answer| answer.status);
        if let Some(objects) = &objects {
            let (policy, stored) = (key.matched.policy(200), objects.stored());
            let found = stale_on_error(&policy, &key.request(), &stored, answered, time());
            if let Some(object) = found.map(|index| &*objects.objects[index]) {
                let status = CacheStatus { forward_status: answered, ..status.clone() };
                if let Some(outcome) = self.serve(key, (object, Tier::Memory), &status).await {
                    return outcome;
                }
            }
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                flight.answered(now());
                return Outcome::from(error).with_status(status);
            }
        };
        let about = about.filter(|_| answer.is_to_given);
        let mut answer = self.compressed(key.matched, answer).await;
        if let Some((object, _)) = &about {
            key.matched.validated(&object.stored.fields, &mut answer.fields);
        }
        let response = Response {
            status: answer.status,
            fields: &answer.fields,
            requested_at: answer.requested_at,
            received_at: answer.received_at,
        };
        let policy = key.matched.policy(answer.status);
        let validated = about.as_ref().map(|(object, _)| &object.stored);
        let received = receive(&policy, &key.request(), validated, &response);
        let object = about.map(|(object, _)| object);
        match (received, object) {
            (Received::Validated { stored, is_kept }, Some(object)) => {
                status.forward_status = Some(304);
                status.is_stored = is_kept;
                let new = Object::new(stored, Arc::clone(&object.content));
                let served = respond(&new.stored, &key.request(), new.content.length, time());
                let content = self.content(key, &new.content, &served, Tier::Memory).await;
                let Some((content, _)) = content else {
                    self.replace(key, flight, None, &object);
                    return self.passed(key.matched).await.with_status(status);
                };
                let outcome = Outcome::served(served, content, CacheResult::RefreshHit);
                self.replace(key, flight, is_kept.then_some(new), &object);
                drop(guard);
                outcome.with_status(status)
            }
            (Received::Refreshed(stored), Some(object)) => {
                let new = Object::new(stored, Arc::clone(&object.content));
                self.replace(key, flight, Some(new), &object);
                Outcome::passed(answer).with_status(status)
            }
            (Received::Repeat, _) => {
                flight.answered(now());
                self.passed(key.matched).await.with_status(status)
            }
            (Received::Store(stored), object) => {
                status.is_stored = true;
                let landing = Landing {
                    expected: stored.content_length(&answer.fields),
                    stored,
                    policy,
                    empty: self.empty(key.matched),
                    gone: object,
                    bytes_max: OBJECT_BYTES_MAX.min(key.cache.shard_bytes() as u64 / 2),
                    share: Some(self.worker.shared.memory.share()),
                    disk: self.worker.shared.edge_cache.disk().cloned(),
                    flight,
                    guard,
                };
                self.keep(answer, landing).with_status(status)
            }
            (Received::Outdated(_), Some(object)) => {
                self.replace(key, flight, None, &object);
                Outcome::passed(answer).with_status(status)
            }
            _ => {
                flight.answered(now());
                Outcome::passed(answer).with_status(status)
            }
        }
    }

    fn keep(&self, mut answer: OriginAnswer, landing: Landing) -> Outcome {
        let announced = answer.content.size_hint().exact().or(landing.expected);
        if announced.is_some_and(|length| length > landing.bytes_max) {
            answer.content = Keeping::start_on_disk(answer.content, landing);
            return Outcome::passed(answer);
        }
        answer.content = match answer.content {
            Body::Whole(bytes) if landing.expected.is_none_or(|l| l == bytes.len() as u64) => {
                landing.land(Arc::new(Bytes::copy_from_slice(&bytes).into()));
                Body::Whole(bytes)
            }
            content => match content.size_hint().exact().filter(|length| *length > 0) {
                Some(length) => {
                    let mut share = self.worker.shared.memory.share();
                    match share.take(length as usize) {
                        true => {
                            let landing = Landing { share: None, ..landing };
                            Keeping::pump(content, length, share, landing)
                        }
                        // There is no room: it passes, and nobody waits for it.
                        false => Keeping::start_on_disk(content, landing),
                    }
                }
                None => {
                    let memory = Arc::clone(&self.worker.shared.memory);
                    Keeping::pump_unmeasured(content, memory, landing)
                }
            },
        };
        Outcome::passed(answer)
    }

    /// Another object in the place of one that is stored, or none.
    fn replace(
        &self,
        key: &Key<'_>,
        flight: Flight<Objects>,
        new: Option<Object>,
        old: &Arc<Object>,
    ) {
        let policy = key.matched.policy(200);
        let empty = self.empty(key.matched);
        let disk = self.worker.shared.edge_cache.disk();
        flight.land(
            now(),
            |before| {
                let before = before.as_deref().unwrap_or(&empty);
                let objects = before.with(new, Some(old));
                let (bytes, until) = objects.weight(&policy);
                (objects, bytes, until)
            },
            |digest, objects, until| {
                disk.iter().for_each(|disk| disk.store(digest, objects, until));
            },
        );
    }

    fn empty(&self, matched: &Matched<'_>) -> Objects {
        let distribution = self.edge.id().to_owned();
        Objects { distribution, name: matched.object(), objects: Vec::new() }
    }
}

enum Found {
    Answer(Box<Outcome>),
    Ask(Asking),
    Wait(crate::perform::stage_caches::sharded::Landing),
}

impl Found {
    fn answer(outcome: Outcome) -> Self {
        Self::Answer(Box::new(outcome))
    }
}
