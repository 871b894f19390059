//! An exchange that is on its way to store a response.

use std::sync::Arc;

use gateway_core::effect::ResponseDigest;
use gateway_core::message::Timestamp;
use gateway_core::stage_cache::{Ending, Ticket};

use super::sharded::{Landing, Sharded};
use crate::drive;

/// The exchange's part in a cache. Dropped before there is an answer (the client left, the engine
/// broke), one of those who wait takes its place; they are woken in any case.
#[derive(Debug)]
pub(crate) struct Flight<R = super::Stored> {
    cache: Arc<Sharded<R>>,
    digest: ResponseDigest,
    ticket: Option<Ticket>,
}

impl<R> Flight<R> {
    pub(crate) fn new(cache: Arc<Sharded<R>>, digest: ResponseDigest, ticket: Ticket) -> Self {
        Self { cache, digest, ticket: Some(ticket) }
    }

    /// Stores what was asked for: made of what is stored now, with its bytes and its end. If it is stored then,
    /// `landed` is told before anybody else can find it.
    pub(crate) fn land(
        mut self,
        now: Timestamp,
        make: impl FnOnce(Option<Arc<R>>) -> (R, usize, Timestamp),
        landed: impl FnOnce(ResponseDigest, &Arc<R>, Timestamp),
    ) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut shard = self.cache.shard(&self.digest);
        let (stored, bytes, until) = make(shard.find(&self.digest, now));
        let stored = Arc::new(stored);
        wake(shard.store(&self.digest, ticket, Arc::clone(&stored), bytes, until, now));
        if shard.holds(&self.digest).is_some_and(|held| Arc::ptr_eq(held, &stored)) {
            landed(self.digest, &stored, until);
        }
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
        if let Some(stored) = stored {
            wake(shard.end(&self.digest, ticket, Ending::Lost, now));
            return Some(stored);
        }
        wake(shard.store(&self.digest, ticket, Arc::clone(&found), bytes, until, now));
        Some(found)
    }

    /// Nobody waits any longer, and what comes may be stored all the same.
    pub(crate) fn let_go(&mut self, now: Timestamp) {
        let Some(ticket) = self.ticket else { return };
        wake(self.cache.shard(&self.digest).end(&self.digest, ticket, Ending::Answered, now));
    }

    /// Of what is asked for.
    pub(crate) fn digest(&self) -> ResponseDigest {
        self.digest
    }

    /// There was an answer, and it is not stored.
    pub(crate) fn answered(mut self, now: Timestamp) {
        self.end(Ending::Answered, now);
    }

    fn end(&mut self, ending: Ending, now: Timestamp) {
        let Some(ticket) = self.ticket.take() else { return };
        wake(self.cache.shard(&self.digest).end(&self.digest, ticket, ending, now));
    }
}

impl<R> Drop for Flight<R> {
    fn drop(&mut self) {
        self.end(Ending::Lost, drive::now());
    }
}

fn wake(landing: Option<Landing>) {
    if let Some(landing) = landing {
        landing.end();
    }
}
