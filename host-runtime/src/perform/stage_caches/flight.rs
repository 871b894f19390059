//! An exchange that is on its way to store a response.

use std::sync::Arc;

use gateway_core::effect::ResponseDigest;
use gateway_core::message::Timestamp;
use gateway_core::stage_cache::{Ending, Ticket};

use super::Stored;
use super::sharded::{Landing, Sharded};
use crate::drive;

/// The exchange's part in a cache. Dropped before there is an answer (the client left, the engine
/// broke), one of those who wait takes its place; they are woken in any case.
#[derive(Debug)]
pub(crate) struct Flight {
    cache: Arc<Sharded>,
    digest: ResponseDigest,
    ticket: Option<Ticket>,
}

impl Flight {
    pub(super) fn new(cache: Arc<Sharded>, digest: ResponseDigest, ticket: Ticket) -> Self {
        Self { cache, digest, ticket: Some(ticket) }
    }

    /// Stores what was asked for.
    pub(super) fn land(mut self, stored: Stored, until: Timestamp, now: Timestamp) {
        let Some(ticket) = self.ticket.take() else { return };
        let bytes = stored.bytes();
        let mut shard = self.cache.shard(&self.digest);
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

impl Drop for Flight {
    fn drop(&mut self) {
        self.end(Ending::Lost, drive::now());
    }
}

fn wake(landing: Option<Landing>) {
    if let Some(landing) = landing {
        landing.end();
    }
}
