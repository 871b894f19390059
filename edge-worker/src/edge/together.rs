//! Those who want the same at once: one asks the origin, and the others wait for what it stores.

use distribution::Matched;
use http_cache::{Fields, Request, Stored, Unusable, Wish};
use sha2::{Digest as _, Sha256};

use super::flights::{self, Digest, Ended, Turn};
use super::store::Entry;

/// A place in the cache, and the request as it goes to the origin.
pub(super) struct Key<'m> {
    pub(super) object: String,
    /// When it was asked for: what is forgotten later is not stored.
    pub(super) moment: u64,
    pub(super) digest: Digest,
    pub(super) matched: &'m Matched<'m>,
    pub(super) method: String,
    pub(super) fields: Fields,
}

impl Key<'_> {
    pub(super) fn request(&self) -> Request<'_> {
        Request { method: &self.method, fields: &self.fields }
    }

    /// Of what has this name under the key.
    pub(super) fn named(&self, name: &[u8]) -> Digest {
        Sha256::new().chain_update(self.digest).chain_update(name).finalize().into()
    }

    /// What answers to `HEAD` are stored under.
    pub(super) fn heads(&self) -> Digest {
        self.named(b"heads")
    }
}

/// What is stored under a key.
#[derive(Default)]
pub(super) struct There {
    pub(super) entries: Vec<Entry>,
    /// What `HEAD` was answered, for a request with it.
    pub(super) heads: Vec<Entry>,
}

/// What the origin is to be asked for.
pub(super) struct Missed {
    pub(super) why: Unusable,
    /// What is stored, and the fields with which the origin is asked about it.
    pub(super) about: Option<(Entry, Fields)>,
}

/// Whose turn it is to ask for what is not `there`, and whether it is to be asked for others too.
pub(super) fn turn(
    key: &Key<'_>,
    there: &There,
    missed: &Missed,
    has_waited: bool,
) -> (Turn, bool) {
    let (policy, is_validated) = (key.matched.policy(200), missed.about.is_some());
    let all: Vec<&Stored> =
        there.entries.iter().chain(&there.heads).map(|entry| &entry.stored).collect();
    let Some(wish) = Wish::of(&policy, &key.request(), &all, missed.why, is_validated) else {
        return (Turn::Ask(None), false);
    };
    // Who has waited in vain asks for what does for all: their conditions would have them ask one after the other.
    let own = (!has_waited).then_some(&wish.own);
    let flown = wish.whole.iter().chain([&wish.shared]).chain(own);
    let flown: Vec<Digest> = flown.map(|name| key.named(name)).collect();
    let turn = flights::join(&flown);
    let leads = matches!(turn, Turn::Ask(Some(_)));
    (turn, leads && has_waited && wish.own != wish.shared)
}

/// Whether to wait for another one would be of no use.
pub(super) fn is_of_no_use(waited: Option<Ended>, why: Unusable) -> bool {
    match waited {
        None | Some(Ended::Lost) => false,
        // It came, and this one cannot use it: it is to be validated each time, or ends before it should.
        Some(Ended::Landed) => matches!(why, Unusable::Stale | Unusable::Partial),
        Some(Ended::Passed | Ended::Failed(_)) => true,
    }
}
