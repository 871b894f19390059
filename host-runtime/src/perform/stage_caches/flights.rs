//! Who waits for whom at caches that are shared: as at those of this process, but that responses are
//! handed over and not kept.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use gateway_core::effect::ResponseDigest;
use gateway_core::message::Timestamp;
use gateway_core::stage_cache::{Ending, Lookup, StageCache, Ticket};

use super::Stored;
use super::sharded::{Ended, Landing};
use super::shared::Place;
use crate::drive;

type Book = StageCache<(), Handover>;

/// The flights of this process. The digests are those of keys and generations of all caches.
#[derive(Debug, Clone)]
pub(crate) struct Flights(Arc<Mutex<Book>>);

/// What is waited on, and what those who wait are handed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handover {
    landing: Landing,
    handed: Arc<OnceLock<Arc<Stored>>>,
}

/// An exchange that is on its way to store a response.
#[derive(Debug)]
pub(crate) struct SharedFlight {
    flights: Flights,
    digest: ResponseDigest,
    ticket: Option<Ticket>,
    /// Where the response is stored, and its stamp.
    pub(super) store_at: Option<(Place, [u8; 32])>,
}

impl Default for Flights {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(StageCache::bounded(0))))
    }
}

impl Flights {
    pub(super) fn look_up(&self, digest: &ResponseDigest, now: Timestamp) -> Lookup<(), Handover> {
        self.book().look_up(digest, now, Handover::default)
    }

    /// A flight that nobody waits for.
    pub(super) fn alone(&self, digest: ResponseDigest) -> SharedFlight {
        let ticket = self.book().ask_alone();
        self.flight(digest, ticket)
    }

    pub(super) fn flight(&self, digest: ResponseDigest, ticket: Ticket) -> SharedFlight {
        SharedFlight { flights: self.clone(), digest, ticket: Some(ticket), store_at: None }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handover {
    /// Waits until the flight has ended: with a response, or without.
    pub(super) async fn wait(&self) -> Option<Arc<Stored>> {
        self.landing.wait().await;
        self.handed.get().cloned()
    }
}

impl SharedFlight {
    /// Hands a response to those who wait.
    pub(super) fn land(mut self, now: Timestamp, stored: Option<Arc<Stored>>) {
        let Some(ticket) = self.ticket.take() else { return };
        let ended = self.flights.book().store(&self.digest, ticket, (), 0, now, now);
        if let Some(handover) = ended {
            stored.into_iter().for_each(|stored| {
                handover.handed.set(stored).ok(); // nobody else leads this flight
            });
            handover.landing.end(Ended::Landed);
        }
    }

    /// There was an answer, and it is not stored.
    pub(crate) fn answered(mut self, now: Timestamp) {
        self.end(Ending::Answered, now);
    }

    fn end(&mut self, ending: Ending, now: Timestamp) {
        let Some(ticket) = self.ticket.take() else { return };
        if let Some(handover) = self.flights.book().end(&self.digest, ticket, ending, now) {
            handover.landing.end(Ended::of(ending));
        }
    }
}

impl Drop for SharedFlight {
    fn drop(&mut self) {
        self.end(Ending::Lost, drive::now());
    }
}
