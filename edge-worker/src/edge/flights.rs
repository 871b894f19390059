//! Requests for the same object at once: one asks, the others of this isolate wait for what it stores.
//!
//! workerd lets no request wait for a promise of another's, so those who wait look again and again. A request
//! whose client leaves ends without a word; nobody waits for it longer than [`WAIT_MAX_MS`].

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use gateway_core::limits::CACHE_PASS_MS;
use worker::Delay;

use crate::convert::now;

/// What is asked for: the digest of a key.
pub(super) type Digest = [u8; 32];

const POLL: Duration = Duration::from_millis(5);
/// Longest that somebody waits, and longest that a request counts as under way.
pub(super) const WAIT_MAX_MS: u64 = 10_000;
/// Longest that one change of a list waits for another one.
const CHANGE_MAX_MS: u64 = 1_000;
/// Most that are known of; beyond, everybody asks.
const COUNT_MAX: usize = 10_000;
/// Most objects that are remembered to be forgotten.
const FORGOTTEN_MAX: usize = 10_000;

thread_local! {
    /// Those that are under way, and those whose answer was not stored.
    static FLIGHTS: RefCell<HashMap<Digest, Other>> = RefCell::default();
    /// How many ended.
    static ENDED: Cell<u64> = const { Cell::new(0) };
    /// Lists that are read to be written anew.
    static CHANGING: RefCell<HashMap<String, u64>> = RefCell::default();
    /// When objects were forgotten, in the order of all of them: what was asked before is not stored.
    static FORGOTTEN: RefCell<HashMap<String, u64>> = RefCell::default();
    static FORGETTING: Cell<u64> = const { Cell::new(0) };
    /// Until when an entry stands in for an origin that failed, which is not asked meanwhile.
    static STANDING_IN: RefCell<HashMap<[u8; 16], u64>> = RefCell::default();
    /// All objects count as forgotten then, of which nothing is remembered any more.
    static FORGOTTEN_BEFORE: Cell<u64> = const { Cell::new(0) };
}

/// How a flight ended; `None` while it has not.
type Landing = Rc<Cell<Option<Ended>>>;

/// How a flight ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// What came is stored.
    Landed,
    /// Who asked is gone: somebody else is to ask.
    Lost,
    /// What came is not stored, and the next answer will hardly be.
    Passed,
    /// The origin failed: it answered so, or nothing.
    Failed(Option<u16>),
}

/// Whose turn it is to ask.
pub(super) enum Turn {
    /// This one's; where nobody waits for it, without a flight.
    Ask(Option<Flight>),
    /// Another one's.
    Wait(Other),
}

/// A request on its way to the origin; it is lost when dropped.
#[derive(Debug)]
pub(super) struct Flight {
    digest: Digest,
    landing: Landing,
}

/// Somebody else's.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// When it began, or passed.
    at_ms: u64,
    landing: Landing,
}

impl Other {
    fn is_under_way(&self, now_ms: u64) -> bool {
        self.landing.get().is_none() && now_ms.saturating_sub(self.at_ms) < WAIT_MAX_MS
    }

    /// For a while nobody waits for the same: the next answer will hardly be stored either.
    fn is_passed(&self, now_ms: u64) -> bool {
        let is_recent = now_ms.saturating_sub(self.at_ms) < CACHE_PASS_MS;
        self.landing.get() == Some(Ended::Passed) && is_recent
    }

    /// Until it ends, or takes too long.
    pub(super) async fn wait(&self) -> Ended {
        while self.is_under_way(now().0) {
            Delay::from(POLL).await;
        }
        self.landing.get().unwrap_or(Ended::Lost)
    }
}

/// Begins a flight to the last of these, or joins one to any of them.
pub(super) fn join(flown: &[Digest]) -> Turn {
    let now_ms = now().0;
    FLIGHTS.with_borrow_mut(|flights| {
        let others = || flown.iter().filter_map(|digest| flights.get(digest));
        if others().any(|other| other.is_passed(now_ms)) {
            return Turn::Ask(None);
        }
        if let Some(other) = others().find(|other| other.is_under_way(now_ms)) {
            return Turn::Wait(other.clone());
        }
        if flights.len() >= COUNT_MAX {
            flights.retain(|_, other| other.is_under_way(now_ms));
        }
        let own = flown.last().filter(|_| flights.len() < COUNT_MAX);
        Turn::Ask(own.map(|own| {
            let landing = Landing::default();
            flights.insert(*own, Other { at_ms: now_ms, landing: Rc::clone(&landing) });
            Flight { digest: *own, landing }
        }))
    })
}

impl Flight {
    pub(super) fn end(self, ended: Ended) {
        self.landing.set(Some(ended));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        ENDED.set(ENDED.get() + 1);
        let ended = self.landing.get().unwrap_or(Ended::Lost);
        self.landing.set(Some(ended));
        FLIGHTS.with_borrow_mut(|flights| {
            // Another one may have taken over.
            let own = flights.get_mut(&self.digest);
            match own.filter(|own| Rc::ptr_eq(&own.landing, &self.landing)) {
                Some(own) if ended == Ended::Passed => own.at_ms = now().0,
                Some(_) => _ = flights.remove(&self.digest),
                None => {}
            }
        });
    }
}

/// The turn of one request to change a list; the next one's when it is dropped.
#[derive(Debug)]
pub(super) struct Change(String);

impl Change {
    /// One after the other: what another one adds between reading and writing would be lost.
    pub(super) async fn begin(list: &str) -> Self {
        let until_ms = now().0 + CHANGE_MAX_MS;
        while now().0 < until_ms && CHANGING.with_borrow(|all| all.contains_key(list)) {
            Delay::from(POLL).await;
        }
        CHANGING.with_borrow_mut(|changing| changing.insert(list.into(), until_ms));
        Self(list.into())
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        CHANGING.with_borrow_mut(|changing| changing.remove(&self.0));
    }
}

/// What has this id stands in for an origin that failed, until then.
pub(super) fn stand_in(id: [u8; 16], until_ms: u64) {
    let now_ms = now().0;
    STANDING_IN.with_borrow_mut(|standing| {
        if standing.len() >= COUNT_MAX {
            standing.retain(|_, until_ms| *until_ms > now_ms);
        }
        if standing.len() < COUNT_MAX {
            standing.insert(id, until_ms);
        }
    });
}

/// Whether it still does.
pub(super) fn stands_in(id: &[u8; 16]) -> bool {
    STANDING_IN.with_borrow(|standing| standing.get(id).is_some_and(|until_ms| now().0 < *until_ms))
}

/// How many have ended: when it is another number, what was stored may have changed.
pub(super) fn ended() -> u64 {
    ENDED.get()
}

/// A moment that [`is_forgotten_since`] knows.
pub(super) fn moment() -> u64 {
    FORGETTING.get()
}

/// What is on its way to be stored of this object is not stored.
pub(super) fn forget(object: &str) {
    FORGETTING.set(FORGETTING.get() + 1);
    FORGOTTEN.with_borrow_mut(|forgotten| {
        if forgotten.len() >= FORGOTTEN_MAX {
            forgotten.clear();
            FORGOTTEN_BEFORE.set(FORGETTING.get());
        }
        forgotten.insert(object.into(), FORGETTING.get());
    });
}

/// Whether an object was forgotten after that moment.
pub(super) fn is_forgotten_since(object: &str, moment: u64) -> bool {
    let own = FORGOTTEN.with_borrow(|forgotten| forgotten.get(object).copied());
    own.unwrap_or_else(|| FORGOTTEN_BEFORE.get()) > moment
}
