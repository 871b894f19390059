//! Requests that the cache may answer.

use distribution::{Answer, CacheResult, Matched};
use http_cache::{
    CacheStatus, Decision, Fields, Policy, Received, Response, Stored, Unusable, look_up, receive,
    respond, respond_to_head, stale_on_error, unconditional, would_be_stored,
};
use js_sys::Uint8Array;

use super::Exchange;
use super::compressing::compressed;
use super::flights::{self, Ended, Flight, Turn};
use super::origin::{OriginAnswer, time};
use super::response::Outcome;
use super::store::{Entry, digest, new_id};
use super::together::{Key, Missed, There, is_of_no_use, turn};
use super::{invalidations, keeping};
use crate::convert::now;
use crate::later::later;

/// A request to the origin that is to be made.
struct Asking {
    flight: Option<Flight>,
    /// Whether it is for others too, without this viewer's own conditions.
    is_for_all: bool,
    entries: Vec<Entry>,
    missed: Missed,
    status: CacheStatus,
}

/// What is to be done about a request.
enum Next {
    Answer(Box<Outcome>),
    Ask(Box<Missed>),
}

impl Exchange {
    /// Answers from the cache, or asks the origin and stores what it says.
    pub(super) async fn cached(&self, matched: &Matched<'_>) -> Outcome {
        let key = self.key(matched);
        let mut status = CacheStatus::default();
        let until_ms = now().0 + flights::WAIT_MAX_MS;
        let (mut waited, mut has_read_again) = (None, false);
        loop {
            let ended = flights::ended();
            let there = self.there(&key).await;
            if let Some(Ended::Failed(answered)) = waited
                && let Some(index) = stand_in(&key, &there.entries, answered)
                && let Some(outcome) = self.serve(&key, &there.entries[index], &status).await
            {
                return outcome;
            }
            let missed = match self.decide(&key, &there, &status).await {
                Next::Answer(outcome) => return *outcome,
                Next::Ask(missed) => *missed,
            };
            let is_over = now().0 >= until_ms || is_of_no_use(waited, missed.why);
            if !is_over && !has_read_again && flights::ended() != ended {
                has_read_again = true; // it may have come between reading and asking
                continue;
            }
            let (turn, is_for_all) = match is_over {
                true => (Turn::Ask(None), false),
                false => turn(&key, &there, &missed, waited.is_some()),
            };
            let flight = match turn {
                Turn::Ask(flight) => flight,
                Turn::Wait(other) => {
                    status.wait(missed.why);
                    (waited, has_read_again) = (Some(other.wait().await), false);
                    continue;
                }
            };
            status.forwarded = Some(missed.why);
            let entries = there.entries;
            return self.fetch(&key, Asking { flight, is_for_all, entries, missed, status }).await;
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

    async fn there(&self, key: &Key<'_>) -> There {
        let id = &*self.edge.distribution.id;
        invalidations::refresh(id, &self.env, &self.context).await;
        let mut entries = self.store.entries(&key.object).await;
        let is_gone =
            |entry: &Entry| invalidations::is_gone(id, &key.object, entry.stored.received_at());
        entries.retain(|entry| !is_gone(entry));
        let heads = (key.method == "HEAD").then(|| key.heads());
        let mut there = There::default();
        for entry in entries {
            if entry.digest == key.digest {
                there.entries.push(entry);
            } else if Some(entry.digest) == heads {
                there.heads.push(entry);
            }
        }
        there
    }

    async fn decide(&self, key: &Key<'_>, there: &There, status: &CacheStatus) -> Next {
        let (policy, entries) = (key.matched.policy(200), &there.entries);
        let (index, fields) = match look_up(&policy, &key.request(), &stored(entries), time()) {
            Decision::Serve { index, .. } => (index, None),
            Decision::ServeAndRevalidate { index, fields, .. } => (index, Some(fields)),
            decision => match still_stands_in(key, entries, &decision) {
                Some(index) => (index, None),
                None => return not_served(key, there, decision, status),
            },
        };
        let entry = &entries[index];
        let Some(outcome) = self.serve(key, entry, status).await else {
            // The platform has forgotten its content.
            return Next::Ask(Box::new(Missed { why: Unusable::Miss, about: None }));
        };
        if let Some(fields) = fields.filter(|_| !flights::stands_in(&entry.id)) {
            // Nobody waits for it, and it has a variant of its own.
            if let Turn::Ask(Some(flight)) = flights::join(&[key.named(&entry.id)]) {
                self.revalidate(entry.clone(), fields, flight);
            }
        }
        Next::Answer(Box::new(outcome))
    }

    async fn serve(&self, key: &Key<'_>, entry: &Entry, status: &CacheStatus) -> Option<Outcome> {
        let at = time();
        let served = respond(&entry.stored, &key.request(), entry.length, at);
        let content = self.store.content(entry, &served.content).await?;
        let status = status.clone().stored(&entry.stored, at);
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
                let asking = Asking {
                    flight: Some(flight),
                    is_for_all: false,
                    entries: exchange.there(&key).await.entries,
                    missed: Missed { why: Unusable::Stale, about: Some((entry, fields)) },
                    status: CacheStatus::default(),
                };
                exchange.fetch(&key, asking).await;
            }
        });
    }

    async fn fetch(&self, key: &Key<'_>, asking: Asking) -> Outcome {
        let Asking { flight, is_for_all, entries, missed: Missed { about, .. }, mut status } =
            asking;
        status.ask();
        let requested_at = time();
        let whole = (is_for_all && about.is_none()).then(|| unconditional(&key.fields));
        let fields = about.as_ref().map(|(_, fields)| fields).or(whole.as_ref());
        let answer = self.ask(key.matched, fields, None).await;
        let answered = answer.as_ref().ok().map(|answer| answer.status);
        if let Some(index) = stand_in(key, &entries, answered) {
            let status = CacheStatus { forward_status: answered, ..status.clone() };
            let failed = answer.as_ref().map_or_else(|failed| failed.status, |told| told.status);
            let until = key.matched.error_kept_until(failed, time());
            flights::stand_in(entries[index].id, until.0);
            if let Some(outcome) = self.serve(key, &entries[index], &status).await {
                end(flight, Ended::Failed(answered));
                return outcome;
            }
        }
        let answer = answer.unwrap_or_else(|failed| OriginAnswer::in_place(failed, requested_at));
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
        let validated = about.as_ref().map(|(entry, _)| &entry.stored);
        let policy = key.matched.policy_about(answer.status, validated.map(|stored| stored.status));
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
                let ended = if is_kept { Ended::Landed } else { Ended::Passed };
                self.change(key, policy, new, Some(gone), (flight, ended));
                outcome.with_status(status)
            }
            (Received::Refreshed(stored), Some(entry)) => {
                let gone = entry.id;
                let new = Some(Entry { stored, ..entry });
                self.change(key, policy, new, Some(gone), (flight, Ended::Landed));
                Outcome::passed(answer).with_status(status)
            }
            (Received::Repeat, _) => {
                end(flight, Ended::Passed);
                self.passed(key.matched).await.with_status(status)
            }
            (Received::Store(stored), entry) => {
                status.is_stored = true;
                let gone = entry.map(|entry| entry.id);
                // What a viewer is told whose own conditions the origin was not sent, where they hold.
                let own = whole.is_some().then(|| respond(&stored, &key.request(), 0, time()));
                let own = own.filter(|served| served.status == 304);
                let outcome = self.keep(key, policy, stored, answer, gone, flight);
                let own = own.map(|served| Outcome::served(served, None, CacheResult::Miss));
                own.unwrap_or(outcome).with_status(status)
            }
            (Received::Head(stored), _) => {
                status.is_stored = true;
                let head = Entry { digest: key.heads(), stored, id: new_id(), length: 0 };
                self.change(key, policy, Some(head), None, (flight, Ended::Landed));
                Outcome::passed(answer).with_status(status)
            }
            (Received::Outdated(_), Some(entry)) => {
                self.change(key, policy, None, Some(entry.id), (flight, Ended::Lost));
                Outcome::passed(answer).with_status(status)
            }
            _ => {
                // Its own condition holds, which says nothing to others: one of them asks for what does.
                let policy = key.matched.policy(200);
                let is_own = whole.is_none() && would_be_stored(&policy, &key.request(), &response);
                end(flight, if is_own { Ended::Lost } else { Ended::Passed });
                Outcome::passed(answer).with_status(status)
            }
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
        (flight, ended): (Option<Flight>, Ended),
    ) {
        let (store, object, moment) = (self.store.clone(), key.object.clone(), key.moment);
        later(&self.context, async move {
            store.change(&object, &policy, new, gone, moment).await;
            end(flight, ended);
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
                    end(flight, Ended::Passed);
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
            let mut ended = Ended::Passed;
            if let Some(bytes) = bytes {
                let (id, length) = (new_id(), bytes.length().into());
                let kept_ms = stored.worth_keeping_until(&policy).since(time());
                if store.set_content(&id, &bytes, kept_ms).await {
                    let new = Entry { digest, stored, id, length };
                    store.change(&object, &policy, Some(new), gone, moment).await;
                    ended = Ended::Landed;
                }
            }
            end(flight, ended);
        });
        Outcome::passed(answer)
    }
}

/// What is done where nothing that is stored may be served.
fn not_served(key: &Key<'_>, there: &There, decision: Decision, status: &CacheStatus) -> Next {
    if let Decision::Validate { index, fields, why } = decision {
        let about = Some((there.entries[index].clone(), fields));
        return Next::Ask(Box::new(Missed { why, about }));
    }
    match (as_another_head(key, there, status), decision) {
        (Some(outcome), _) => Next::Answer(Box::new(outcome)),
        (None, Decision::Forward(why)) => Next::Ask(Box::new(Missed { why, about: None })),
        (None, _) => {
            let text = "Nothing that is stored answers the request.";
            Next::Answer(Box::new(Answer::error(504, text).into()))
        }
    }
}

/// Which of them is stale in the place of an origin that answered so, or not at all.
fn stand_in(key: &Key<'_>, entries: &[Entry], answered: Option<u16>) -> Option<usize> {
    let policy = key.matched.policy(200);
    stale_on_error(&policy, &key.request(), &stored(entries), answered, time())
}

/// Which of them is stale, and stood in for an origin that failed so lately that it is not asked again: CloudFront
/// serves what is in its cache as long as it would keep the error ("error caching minimum TTL").
fn still_stands_in(key: &Key<'_>, entries: &[Entry], decision: &Decision) -> Option<usize> {
    let (Decision::Validate { why, .. } | Decision::Forward(why)) = decision else { return None };
    let found = || stand_in(key, entries, None);
    let index = (*why == Unusable::Stale).then(found).flatten()?;
    flights::stands_in(&entries[index].id).then_some(index)
}

/// What another `HEAD` was answered, where that is fresh.
fn as_another_head(key: &Key<'_>, there: &There, status: &CacheStatus) -> Option<Outcome> {
    let (heads, at) = (stored(&there.heads), time());
    let decision = look_up(&key.matched.policy(200), &key.request(), &heads, at);
    let Decision::Serve { index, .. } = decision else { return None };
    let served = respond_to_head(heads[index], &key.request(), at);
    let result = CacheResult::of_stored(served.status);
    let status = status.clone().stored(heads[index], at);
    Some(Outcome::served(served, None, result).with_status(status))
}

fn end(flight: Option<Flight>, ended: Ended) {
    if let Some(flight) = flight {
        flight.end(ended);
    }
}

fn stored(entries: &[Entry]) -> Vec<&Stored> {
    entries.iter().map(|entry| &entry.stored).collect()
}
