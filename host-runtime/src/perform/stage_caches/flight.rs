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

    /// Stores what was asked for: made of what is stored now, with its bytes and its end.
    pub(crate) fn land(
        mut self,
        now: Timestamp,
        make: impl FnOnce(Option<Arc<R>>) -> (R, usize, Timestamp),
    ) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut shard = self.cache.shard(&self.digest);
        let (stored, bytes, until) = make(shard.find(&self.digest, now));
        wake(shard.store(&self.digest, ticket, Arc::new(stored), bytes, until, now));
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
