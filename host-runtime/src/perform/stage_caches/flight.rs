//! An exchange that is on its way to store a response.

use std::sync::Arc;

use gateway_core::effect::ResponseDigest;
use gateway_core::message::Timestamp;
use gateway_core::stage_cache::{Ending, Merged, Ticket};

use super::sharded::{Ended, Landing, Shard, Sharded};
use crate::drive;

/// The exchange's part in a cache. Dropped before there is an answer (the client left, the engine
/// broke), one of those who wait takes its place; they are woken in any case.
#[derive(Debug)]
pub(crate) struct Flight<R = super::Stored> {
    cache: Arc<Sharded<R>>,
    /// What it is stored under.
    digest: ResponseDigest,
    /// What those wait for who wait for it: the same, or one of several things that are stored together.
    flown: ResponseDigest,
    ticket: Option<Ticket>,
}

impl<R> Flight<R> {
    pub(crate) fn new(cache: Arc<Sharded<R>>, digest: ResponseDigest, ticket: Ticket) -> Self {
        Self { cache, digest, flown: digest, ticket: Some(ticket) }
    }

    /// The same for those who wait for something else in the same shard.
    pub(crate) fn to(self, flown: ResponseDigest) -> Self {
        self.with(|flight| flight.flown = flown)
    }

    /// The same, stored under another digest of the same shard.
    pub(crate) fn stored_under(self, digest: ResponseDigest) -> Self {
        self.with(|flight| flight.digest = digest)
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Stores what was asked for, in the place of what is stored.
    pub(crate) fn land(mut self, now: Timestamp, stored: R, bytes: usize, until: Timestamp) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut shard = self.cache.shard(&self.digest);
        let landing = shard.store(&self.digest, ticket, Arc::new(stored), bytes, until, now);
        wake(landing, Ended::Landed);
    }

    /// Stores what was asked for beside what is stored, or takes something away: made of what is stored now and the
    /// number of the request, with its bytes and its end. If it is stored then, `landed` is told before anybody else can find
    /// it. Who waited for what is not stored is told `else_ended`.
    pub(crate) fn merge(
        mut self,
        now: Timestamp,
        else_ended: Ending,
        make: impl FnOnce(Option<Arc<R>>, u64) -> (R, usize, Timestamp),
        landed: impl FnOnce(ResponseDigest, &Arc<R>, Timestamp),
    ) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut shard = self.cache.shard(&self.digest);
        let (stored, bytes, until) = make(shard.find(&self.digest, now), ticket.asked());
        let stored = Arc::new(stored);
        let merged = self.merged(&mut shard, ticket, &stored, (bytes, until), now);
        let is_held = || shard.holds(&self.digest).is_some_and(|held| Arc::ptr_eq(held, &stored));
        if merged == Merged::Removed || is_held() {
            landed(self.digest, &stored, until);
        }
        let (ending, ended) = match merged {
            Merged::Stored => (Ending::Lost, Ended::Landed),
            Merged::Forgotten => (Ending::Lost, Ended::Lost),
            Merged::Removed | Merged::Refused => (else_ended, Ended::of(else_ended)),
        };
        wake(shard.end(&self.flown, ticket, ending, now), ended);
    }

    /// Stores what was found elsewhere, unless something is stored now; `is_current` says at the end whether it may
    /// be. What is to be used now; the flight goes on where that is `None`.
    pub(crate) fn bring(
        &mut self,
        now: Timestamp,
        found: Arc<R>,
        (bytes, until): (usize, Timestamp),
        is_current: impl FnOnce() -> bool,
    ) -> Option<Arc<R>> {
        let mut shard = self.cache.shard(&self.digest);
        let stored = shard.find(&self.digest, now);
        if stored.is_none() && !is_current() {
            return None;
        }
        let ticket = self.ticket.take()?;
        let found = stored.unwrap_or_else(|| {
            self.merged(&mut shard, ticket, &found, (bytes, until), now);
            found
        });
        wake(shard.end(&self.flown, ticket, Ending::Lost, now), Ended::Lost);
        Some(found)
    }

    fn merged(
        &self,
        shard: &mut Shard<R>,
        ticket: Ticket,
        stored: &Arc<R>,
        weight: (usize, Timestamp),
        now: Timestamp,
    ) -> Merged {
        let stored = Arc::clone(stored);
        shard.merge(&self.digest, &self.flown, ticket, stored, weight, now)
    }

    /// Nobody waits any longer, and what comes may be stored all the same.
    pub(crate) fn let_go(&mut self, now: Timestamp) {
        let Some(ticket) = self.ticket else { return };
        let landing =
            self.cache.shard(&self.digest).end(&self.flown, ticket, Ending::Answered, now);
        wake(landing, Ended::Passed);
    }

    /// What it is stored under.
    pub(crate) fn digest(&self) -> ResponseDigest {
        self.digest
    }

    /// There was an answer, and it is not stored.
    pub(crate) fn answered(mut self, now: Timestamp) {
        self.end(Ending::Answered, Ended::Passed, now);
    }

    /// The origin failed, and something that is stored stands in: those who wait need not ask.
    pub(crate) fn failed(mut self, status: Option<u16>, now: Timestamp) {
        self.end(Ending::Lost, Ended::Failed(status), now);
    }

    fn end(&mut self, ending: Ending, ended: Ended, now: Timestamp) {
        let Some(ticket) = self.ticket.take() else { return };
        wake(self.cache.shard(&self.digest).end(&self.flown, ticket, ending, now), ended);
    }
}

impl<R> Drop for Flight<R> {
    fn drop(&mut self) {
        self.end(Ending::Lost, Ended::Lost, drive::now());
    }
}

fn wake(landing: Option<Landing>, ended: Ended) {
    if let Some(landing) = landing {
        landing.end(ended);
    }
}
