//! Requests that the cache may answer.

use distribution::{Answer, CacheResult, Matched};
use http_cache::{
    CacheStatus, Decision, Fields, Policy, Received, Request, Response, Stored, Unusable, look_up,
    receive, respond, stale_on_error,
};
use js_sys::Uint8Array;

use super::Exchange;
use super::compressing::compressed;
use super::flights::{self, Digest, Flight};
use super::origin::{OriginAnswer, time};
use super::response::Outcome;
use super::store::{Entry, digest, new_id};
use super::{invalidations, keeping};
use crate::later::later;

/// A place in the cache, and the request as it goes to the origin.
struct Key<'m> {
    object: String,
    /// When it was asked for: what is forgotten later is not stored.
    moment: u64,
    digest: Digest,
    matched: &'m Matched<'m>,
    method: String,
    fields: Fields,
}

impl Key<'_> {
    fn request(&self) -> Request<'_> {
        Request { method: &self.method, fields: &self.fields }
    }

    /// Under which what others ask is known: those who ask for a part wait for nobody's whole, and nobody for
    /// their part but others like them.
    fn flight(&self) -> Digest {
        let mut digest = self.digest;
        digest[30] ^= u8::from(!self.request().is_plain());
        digest
    }
}

/// A request to the origin that is to be made.
struct Asking {
    flight: Option<Flight>,
    entries: Vec<Entry>,
    /// What is stored, and the fields with which the origin is asked about it.
    about: Option<(Entry, Fields)>,
    status: CacheStatus,
}

/// What is to be done about a request.
enum Next {
    Answer(Outcome),
    Ask(Unusable, Option<(Entry, Fields)>),
}

impl Exchange {
    /// Answers from the cache, or asks the origin and stores what it says.
    pub(super) async fn cached(&self, matched: &Matched<'_>) -> Outcome {
        let key = self.key(matched);
        let mut status = CacheStatus::default();
        let mut has_waited = false;
        loop {
            let ended = flights::ended();
            let entries = self.entries(&key).await;
            let (why, about) = match self.decide(&key, &entries, &status).await {
                Next::Answer(outcome) => return outcome,
                Next::Ask(why, about) => (why, about),
            };
            status.forwarded = Some(why);
            // Whoever has waited once asks: what came was not for all.
            if !has_waited && why != Unusable::Request {
                has_waited = true;
                let digests = [key.digest, key.flight()];
                if let Some(digest) = digests.iter().find(|digest| flights::is_asked(digest)) {
                    status.is_collapsed = true;
                    flights::wait(digest).await;
                    continue;
                }
                if flights::ended() != ended {
                    continue; // it may have come between reading and asking
                }
            }
            let flight = Flight::begin(key.flight());
            return self.fetch(&key, Asking { flight, entries, about, status }).await;
        }
    }

    fn key<'m>(&self, matched: &'m Matched<'m>) -> Key<'m> {
        Key {
            object: matched.object(),
            moment: flights::moment(),
            digest: digest(&matched.key()),
            matched,
            method: matched.cache_method().to_owned(),
            fields: matched.origin_request(matched.origins().0, &self.request_id).fields,
        }
    }

    async fn entries(&self, key: &Key<'_>) -> Vec<Entry> {
        let id = &*self.edge.distribution.id;
        invalidations::refresh(id, &self.env, &self.context).await;
        let mut entries = self.store.entries(&key.object).await;
        entries.retain(|entry| {
            entry.digest == key.digest
                && !invalidations::is_gone(id, &key.object, entry.stored.received_at())
        });
        entries
    }

    async fn decide(&self, key: &Key<'_>, entries: &[Entry], status: &CacheStatus) -> Next {
        let policy = key.matched.policy(200);
        match look_up(&policy, &key.request(), &stored(entries), time()) {
            Decision::Serve { index, .. } => match self.serve(key, &entries[index], status).await {
                Some(outcome) => Next::Answer(outcome),
                None => Next::Ask(Unusable::Miss, None), // the platform has forgotten its content
            },
            Decision::ServeAndRevalidate { index, fields, .. } => {
                let entry = &entries[index];
                let Some(outcome) = self.serve(key, entry, status).await else {
                    return Next::Ask(Unusable::Miss, None);
                };
                let mut digest = key.digest;
                digest[31] ^= 1; // nobody waits for it
                if let Some(flight) = Flight::begin(digest) {
                    self.revalidate(entry.clone(), fields, flight);
                }
                Next::Answer(outcome)
            }
            Decision::Unsatisfiable => {
                let refused = Answer::error(504, "Nothing that is stored answers the request.");
                Next::Answer(refused.into())
            }
            Decision::Validate { index, fields, why } => {
                Next::Ask(why, Some((entries[index].clone(), fields)))
            }
            Decision::Forward(why) => Next::Ask(why, None),
        }
    }

    async fn serve(&self, key: &Key<'_>, entry: &Entry, status: &CacheStatus) -> Option<Outcome> {
        let at = time();
        let served = respond(&entry.stored, &key.request(), entry.length, at);
        let content = self.store.content(entry, &served.content).await?;
        let status = status.clone().hit(&entry.stored, at);
        let result = CacheResult::of_stored(served.status);
        Some(Outcome::served(served, content, result).with_status(status))
    }

    /// Asks in the background about what is served stale meanwhile.
    fn revalidate(&self, entry: Entry, fields: Fields, flight: Flight) {
        let exchange = self.clone();
        later(&self.context, async move {
            if let Ok(matched) = exchange.matched() {
                let matched = matched.of_whole();
                let key = Key { fields: fields.clone(), ..exchange.key(&matched) };
                let entries = exchange.entries(&key).await;
                let about = Some((entry, fields));
                let status = CacheStatus::default();
                let asking = Asking { flight: Some(flight), entries, about, status };
                exchange.fetch(&key, asking).await;
            }
        });
    }

    async fn fetch(&self, key: &Key<'_>, asking: Asking) -> Outcome {
        let Asking { flight, entries, about, mut status } = asking;
        let fields = about.as_ref().map(|(_, fields)| fields);
        let answer = self.ask(key.matched, fields, None).await;
        let answered = answer.as_ref().ok().map(|answer| answer.status);
        let policy = key.matched.policy(200);
        let found = stale_on_error(&policy, &key.request(), &stored(&entries), answered, time());
        if let Some(index) = found {
            status.forward_status = answered;
            if let Some(outcome) = self.serve(key, &entries[index], &status).await {
                return outcome;
            }
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Outcome::from(error).with_status(status),
        };
        let about = about.filter(|_| answer.is_to_given);
        let mut answer = compressed(key.matched, answer);
        if let Some((entry, _)) = &about {
            key.matched.validated(&entry.stored.fields, &mut answer.fields);
        }
        let response = Response {
            status: answer.status,
            fields: &answer.fields,
            requested_at: answer.requested_at,
            received_at: answer.received_at,
        };
        let policy = key.matched.policy(answer.status);
        let validated = about.as_ref().map(|(entry, _)| &entry.stored);
        let received = receive(&policy, &key.request(), validated, &response);
        let entry = about.map(|(entry, _)| entry);
        match (received, entry) {
            (Received::Validated { stored, is_kept }, Some(entry)) => {
                status.forward_status = Some(304);
                status.is_stored = is_kept;
                let served = respond(&stored, &key.request(), entry.length, time());
                let Some(content) = self.store.content(&entry, &served.content).await else {
                    return self.passed(key.matched).await.with_status(status);
                };
                let outcome = Outcome::served(served, content, CacheResult::RefreshHit);
                let gone = entry.id;
                let new = is_kept.then_some(Entry { stored, ..entry });
                self.change(key, policy, new, Some(gone), flight);
                outcome.with_status(status)
            }
            (Received::Refreshed(stored), Some(entry)) => {
                let gone = entry.id;
                let new = Some(Entry { stored, ..entry });
                self.change(key, policy, new, Some(gone), flight);
                Outcome::passed(answer).with_status(status)
            }
            (Received::Repeat, _) => self.passed(key.matched).await.with_status(status),
            (Received::Store(stored), entry) => {
                status.is_stored = true;
                let gone = entry.map(|entry| entry.id);
                self.keep(key, policy, stored, answer, gone, flight).with_status(status)
            }
            (Received::Outdated(_), Some(entry)) => {
                self.change(key, policy, None, Some(entry.id), flight);
                Outcome::passed(answer).with_status(status)
            }
            _ => Outcome::passed(answer).with_status(status),
        }
    }

    async fn passed(&self, matched: &Matched<'_>) -> Outcome {
        match self.ask(matched, None, None).await {
            Ok(answer) => Outcome::passed(answer),
            Err(error) => error.into(),
        }
    }

    /// Another response in the place of one that is stored, or none.
    fn change(
        &self,
        key: &Key<'_>,
        policy: Policy,
        new: Option<Entry>,
        gone: Option<[u8; 16]>,
        flight: Option<Flight>,
    ) {
        let (store, object, moment) = (self.store.clone(), key.object.clone(), key.moment);
        later(&self.context, async move {
            store.change(&object, &policy, new, gone, moment).await;
            drop(flight);
        });
    }

    /// Lets content pass, and stores it when all of it has come.
    fn keep(
        &self,
        key: &Key<'_>,
        policy: Policy,
        stored: Stored,
        mut answer: OriginAnswer,
        gone: Option<[u8; 16]>,
        flight: Option<Flight>,
    ) -> Outcome {
        let expected = stored.content_length(&answer.fields);
        let content = match answer.content.take() {
            Some(content) => match keeping::split(&content, expected) {
                Some([passed, kept]) => {
                    answer.content = Some(passed);
                    Some(kept)
                }
                None => {
                    answer.content = Some(content);
                    return Outcome::passed(answer);
                }
            },
            None => None,
        };
        let (store, object, digest) = (self.store.clone(), key.object.clone(), key.digest);
        let moment = key.moment;
        later(&self.context, async move {
            let bytes = match content {
                Some(content) => keeping::read(content, expected).await,
                None => Some(Uint8Array::new_with_length(0)),
            };
            if let Some(bytes) = bytes {
                let (id, length) = (new_id(), bytes.length().into());
                let kept_ms = stored.worth_keeping_until(&policy).since(time());
                if store.set_content(&id, &bytes, kept_ms).await {
                    let new = Entry { digest, stored, id, length };
                    store.change(&object, &policy, Some(new), gone, moment).await;
                }
            }
            drop(flight);
        });
        Outcome::passed(answer)
    }
}

fn stored(entries: &[Entry]) -> Vec<&Stored> {
    entries.iter().map(|entry| &entry.stored).collect()
}
