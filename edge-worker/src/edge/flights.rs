//! Requests for the same object at once: one asks, the others of this isolate wait for what it stores.
//!
//! workerd lets no request wait for a promise of another's, so those who wait look again and again. A request
//! whose client leaves ends without a word; nobody waits for it longer than [`WAIT_MAX_MS`].

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use worker::Delay;

use crate::convert::now;

/// What is asked for: the digest of a key.
pub(super) type Digest = [u8; 32];

const POLL: Duration = Duration::from_millis(5);
/// Longest that somebody waits, and longest that a request counts as under way.
const WAIT_MAX_MS: u64 = 10_000;
/// Most that are known of; beyond, everybody asks.
const COUNT_MAX: usize = 10_000;
/// Most objects that are remembered to be forgotten.
const FORGOTTEN_MAX: usize = 10_000;

thread_local! {
    /// When each began.
    static FLIGHTS: RefCell<HashMap<Digest, u64>> = RefCell::default();
    /// How many ended.
    static ENDED: Cell<u64> = const { Cell::new(0) };
    /// When objects were forgotten, in the order of all of them: what was asked before is not stored.
    static FORGOTTEN: RefCell<HashMap<String, u64>> = RefCell::default();
    static FORGETTING: Cell<u64> = const { Cell::new(0) };
    /// All objects count as forgotten then, of which nothing is remembered any more.
    static FORGOTTEN_BEFORE: Cell<u64> = const { Cell::new(0) };
}

/// A request on its way to the origin; it ends when dropped.
#[derive(Debug)]
pub(super) struct Flight {
    digest: Digest,
    began_ms: u64,
}

impl Flight {
    /// `None` where another one asks for the same.
    pub(super) fn begin(digest: Digest) -> Option<Self> {
        let began_ms = now().0;
        FLIGHTS.with_borrow_mut(|flights| {
            let other = flights.get(&digest);
            if other.is_some_and(|other| began_ms.saturating_sub(*other) < WAIT_MAX_MS) {
                return None;
            }
            if flights.len() >= COUNT_MAX {
                flights.retain(|_, began| began_ms.saturating_sub(*began) < WAIT_MAX_MS);
            }
            if flights.len() < COUNT_MAX {
                flights.insert(digest, began_ms);
            }
            Some(Self { digest, began_ms })
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        ENDED.set(ENDED.get() + 1);
        FLIGHTS.with_borrow_mut(|flights| {
            // Another one may have taken over.
            if flights.get(&self.digest) == Some(&self.began_ms) {
                flights.remove(&self.digest);
            }
        });
    }
}

/// How many have ended: when it is another number, what was stored may have changed.
pub(super) fn ended() -> u64 {
    ENDED.get()
}

/// Whether somebody asks for this.
pub(super) fn is_asked(digest: &Digest) -> bool {
    FLIGHTS.with_borrow(|flights| flights.contains_key(digest))
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

/// Until nobody asks for this any more, or has done so for too long.
pub(super) async fn wait(digest: &Digest) {
    let until = now().0 + WAIT_MAX_MS;
    while now().0 < until && is_asked(digest) {
        Delay::from(POLL).await;
    }
}
