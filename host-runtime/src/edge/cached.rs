//! Requests that the cache may answer.

use std::sync::Arc;
use std::sync::atomic::Ordering::AcqRel;
use std::sync::atomic::Ordering::Release;

use bytes::Bytes;
use distribution::{Answer, CacheResult, Matched};
use gateway_core::effect::ResponseDigest;
use gateway_core::stage_cache::Ending;
use http_cache::{
    CacheStatus, Decision, Fields, Received, Response, Stored, Unusable, look_up, receive, respond,
    respond_to_head, unconditional, would_be_stored,
};
use hyper::body::Body as _;

use super::keeping::{Keeping, Landing};
use super::origin::{OriginAnswer, time};
use super::response::Outcome;
use super::standing_in::{stand_in, still_stands_in};
use super::store::{Contents, Object, Objects, Tier};
use super::together::{ForAll, Key, Missed, Patience, There, Turn};
use super::{Exchange, digest_of};
use crate::body::Body;
use crate::drive::now;
use crate::perform::stage_caches::Flight;
use crate::perform::stage_caches::sharded::{Ended, Sharded};

/// Most content of an object, whatever the cache's size.
const OBJECT_BYTES_MAX: u64 = 64 << 20;

/// A request to the origin that is to be made.
struct Asking {
    flight: Flight<Objects>,
    is_for_all: ForAll,
    /// What is stored.
    objects: Option<Arc<Objects>>,
    missed: Missed,
    status: CacheStatus,
}

/// What is to be done about a request.
enum Next {
    Answer(Box<Outcome>),
    Ask(Missed),
    /// What was stored is not there any more.
    Again,
    /// The viewer wants nothing that is not stored.
    Refuse,
}

impl Exchange {
    /// Answers from the cache, or asks the origin and stores what it says.
    pub(super) async fn cached(&self, matched: &Matched<'_>) -> Outcome {
        let Some(cache) = self.worker.shared.edge_cache.get() else {
            return self.passed(matched).await;
        };
        let key = self.key(cache, matched);
        let mut patience = Patience::begin();
        let mut status = CacheStatus::default();
        let mut may_be_on_disk = self.worker.shared.edge_cache.disk().is_some();
        let mut brought = None;
        loop {
            let (there, tier) = match brought.take() {
                Some(objects) => (There { objects: Some(objects), ..key.there() }, Tier::Disk),
                None => (key.there(), Tier::Memory),
            };
            if let (Some(Ended::Failed(answered)), Some(objects)) = (patience.ended, &there.objects)
                && let Some(index) = stand_in(&key, objects, answered)
                && let object = (&*objects.objects[index], Tier::Memory)
                && let Some(outcome) = self.serve(&key, object, &status).await
            {
                return outcome;
            }
            may_be_on_disk &= there.objects.is_none();
            let next = self.decide(&key, &there, tier, &status).await;
            let is_refused = matches!(next, Next::Refuse);
            let missed = match next {
                Next::Answer(outcome) => return *outcome,
                Next::Ask(missed) => missed,
                Next::Again => continue,
                Next::Refuse if may_be_on_disk => Missed { why: Unusable::Miss, about: None },
                Next::Refuse => return refused(),
            };
            let (mut flight, is_for_all) = match key.turn(&there, &missed, &patience) {
                Turn::Ask(flight, is_for_all) => (flight, is_for_all),
                Turn::Again => continue,
                Turn::Wait(landing) => {
                    status.wait(missed.why);
                    if patience.wait(&landing).await {
                        continue;
                    }
                    (key.alone(), false)
                }
            };
            if std::mem::take(&mut may_be_on_disk) {
                brought = Box::pin(self.brought(&key, &mut flight)).await;
                if brought.is_some() {
                    continue;
                }
            }
            if is_refused {
                return refused();
            }
            self.worker.shared.edge_cache.count(Tier::None);
            status.forwarded = Some(missed.why);
            let asking = Asking { flight, is_for_all, objects: there.objects, missed, status };
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

    async fn decide(&self, key: &Key<'_>, there: &There, tier: Tier, status: &CacheStatus) -> Next {
        let policy = key.matched.policy(200);
        let objects = there.objects.as_ref().map_or(&[][..], |there| &there.objects);
        let stored: Vec<&Stored> = objects.iter().map(|object| &object.stored).collect();
        let (index, fields) = match look_up(&policy, &key.request(), &stored, time()) {
            Decision::Serve { index, .. } => (index, None),
            Decision::ServeAndRevalidate { index, fields, .. } => (index, Some(fields)),
            decision => match still_stands_in(key, there, &decision) {
                Some(index) => (index, None),
                None => return self.not_served(key, there, decision, status),
            },
        };
        let object = &objects[index];
        let Some(outcome) = self.serve(key, (object, tier), status).await else {
            self.replace(key, key.alone(), None, object);
            return Next::Again;
        };
        let is_due = |_: &_| !object.stands_in(time()) && !object.is_asked.swap(true, AcqRel);
        if let Some(fields) = fields.filter(is_due) {
            self.revalidate(Arc::clone(object), fields);
        }
        Next::Answer(Box::new(outcome))
    }

    /// What is done where nothing that is stored may be served.
    fn not_served(
        &self,
        key: &Key<'_>,
        there: &There,
        decision: Decision,
        status: &CacheStatus,
    ) -> Next {
        if let Decision::Validate { index, fields, why } = decision {
            let object = there.objects.as_ref().map(|there| Arc::clone(&there.objects[index]));
            return Next::Ask(Missed { why, about: object.zip(Some(fields)) });
        }
        match (self.as_another_head(key, there, status), decision) {
            (Some(outcome), _) => Next::Answer(Box::new(outcome)),
            (None, Decision::Forward(why)) => Next::Ask(Missed { why, about: None }),
            (None, _) => Next::Refuse,
        }
    }

    /// What another `HEAD` was answered, where that is fresh.
    fn as_another_head(
        &self,
        key: &Key<'_>,
        there: &There,
        status: &CacheStatus,
    ) -> Option<Outcome> {
        let (heads, at) = (there.heads.as_ref()?, time());
        let decision = look_up(&key.matched.policy(200), &key.request(), &heads.stored(), at);
        let Decision::Serve { index, .. } = decision else { return None };
        let stored = &heads.objects[index].stored;
        let served = respond_to_head(stored, &key.request(), at);
        self.worker.shared.edge_cache.count(Tier::Memory);
        let (status, result) =
            (status.clone().stored(stored, at), CacheResult::of_stored(served.status));
        Some(Outcome::served(served, Body::Empty, result).with_status(status))
    }

    /// Asks in the background about what is served stale meanwhile.
    fn revalidate(&self, object: Arc<Object>, fields: Fields) {
        let exchange = self.clone();
        tokio::task::spawn_local(async move {
            let cache = exchange.worker.shared.edge_cache.get();
            if let (Ok(matched), Some(cache)) = (exchange.matched(), cache) {
                let matched = matched.of_whole();
                let key = Key { fields: fields.clone(), ..exchange.key(cache, &matched) };
                let about = Some((Arc::clone(&object), fields));
                let asking = Asking {
                    flight: key.alone(),
                    is_for_all: false,
                    objects: key.there().objects,
                    missed: Missed { why: Unusable::Stale, about },
                    status: CacheStatus::default(),
                };
                let outcome = exchange.fetch(&key, asking).await;
                // To its end, so that it is stored.
                outcome.content.collect(OBJECT_BYTES_MAX as usize).await.ok();
            }
            object.is_asked.store(false, Release);
        });
    }

    async fn fetch(&self, key: &Key<'_>, asking: Asking) -> Outcome {
        let Asking { mut flight, is_for_all, objects, missed: Missed { about, .. }, mut status } =
            asking;
        status.ask();
        let requested_at = time();
        let whole = (is_for_all && about.is_none()).then(|| unconditional(&key.fields));
        let fields = about.as_ref().map(|(_, fields)| fields).or(whole.as_ref());
        let answer = self.ask(key.matched, fields, Body::Empty).await;
        let answered = answer.as_ref().ok().map(|answer| answer.status);
        if let Some(objects) = &objects
            && let Some(index) = stand_in(key, objects, answered)
        {
            let object = &objects.objects[index];
            let status = CacheStatus { forward_status: answered, ..status.clone() };
            let failed = answer.as_ref().map_or_else(|failed| failed.status, |told| told.status);
            object.stand_in(key.matched.error_kept_until(failed, time()));
            if let Some(outcome) = self.serve(key, (object, Tier::Memory), &status).await {
                flight.failed(answered, now());
                return outcome;
            }
        }
        let answer = answer.unwrap_or_else(|failed| OriginAnswer::in_place(failed, requested_at));
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
        let validated = about.as_ref().map(|(object, _)| &object.stored);
        let policy = key.matched.policy_about(answer.status, validated.map(|stored| stored.status));
        let received = receive(&policy, &key.request(), validated, &response);
        let object = about.map(|(object, _)| object);
        match (received, object) {
            (Received::Validated { stored, is_kept }, Some(object)) => {
                status.forward_status = Some(304);
                status.is_stored = is_kept;
                let served = respond(&stored, &key.request(), object.content.length, time());
                let content = self.content(key, &object.content, &served, Tier::Memory).await;
                let Some((content, _)) = content else {
                    self.replace(key, flight, None, &object);
                    return self.passed(key.matched).await.with_status(status);
                };
                let outcome = Outcome::served(served, content, CacheResult::RefreshHit);
                if !is_kept {
                    flight.let_go(now());
                }
                self.replace(key, flight, is_kept.then_some(stored), &object);
                outcome.with_status(status)
            }
            (Received::Refreshed(stored), Some(object)) => {
                self.replace(key, flight, Some(stored), &object);
                Outcome::passed(answer).with_status(status)
            }
            (Received::Repeat, _) => {
                flight.answered(now());
                self.passed(key.matched).await.with_status(status)
            }
            (Received::Store(stored), object) => {
                status.is_stored = true;
                let own = self.own_condition(key, &stored, whole.is_some());
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
                };
                let outcome = self.keep(answer, landing);
                own.unwrap_or(outcome).with_status(status)
            }
            (Received::Head(stored), _) => {
                status.is_stored = true;
                self.keep_head(key, flight, stored);
                Outcome::passed(answer).with_status(status)
            }
            (Received::Outdated(_), Some(object)) => {
                self.replace(key, flight, None, &object);
                Outcome::passed(answer).with_status(status)
            }
            _ => {
                // Its own condition holds, which says nothing to others: one of them asks for what does.
                let policy = key.matched.policy(200);
                let is_own = whole.is_none() && would_be_stored(&policy, &key.request(), &response);
                if !is_own {
                    flight.answered(now());
                }
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

    /// What a viewer is told whose own conditions the origin was not sent, where they hold.
    fn own_condition(&self, key: &Key<'_>, stored: &Stored, is_for_all: bool) -> Option<Outcome> {
        let served = is_for_all.then(|| respond(stored, &key.request(), 0, time()))?;
        let is_not_modified = served.status == 304;
        is_not_modified.then(|| Outcome::served(served, Body::Empty, CacheResult::Miss))
    }

    /// Stores what a `HEAD` was answered, in memory alone.
    fn keep_head(&self, key: &Key<'_>, flight: Flight<Objects>, stored: Stored) {
        let (policy, empty) = (key.matched.policy(200), self.empty(key.matched));
        flight.stored_under(key.heads()).merge(
            now(),
            Ending::Answered,
            |before, asked| {
                let content = Arc::new(Contents::from(Bytes::new()));
                let head = Object::new(stored, content, asked);
                let objects = before.as_deref().unwrap_or(&empty).with(Some(head), None);
                let (bytes, until) = objects.weight(&policy);
                (objects, bytes, until)
            },
            |_, _, _| {},
        );
    }

    /// The same content with another head in the place of what is stored, or nothing.
    fn replace(
        &self,
        key: &Key<'_>,
        flight: Flight<Objects>,
        new: Option<Stored>,
        old: &Arc<Object>,
    ) {
        let (policy, empty) = (key.matched.policy(200), self.empty(key.matched));
        let disk = self.worker.shared.edge_cache.disk();
        flight.merge(
            now(),
            Ending::Lost,
            |before, asked| {
                let new = new.map(|stored| Object::new(stored, Arc::clone(&old.content), asked));
                let objects = before.as_deref().unwrap_or(&empty).with(new, Some(old));
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

fn refused() -> Outcome {
    Answer::error(504, "Nothing that is stored answers the request.").into()
}
