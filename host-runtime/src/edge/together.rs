//! Those who want the same at once: one asks the origin, and the others wait for what it stores.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use distribution::Matched;
use gateway_core::effect::ResponseDigest;
use gateway_core::stage_cache::Lookup;
use http_cache::{Fields, Request, Stored, Unusable, Wish};
use tokio::time::{Instant, timeout_at};

use super::disk::NAME_BYTES;
use super::store::{Object, Objects};
use crate::drive::now;
use crate::perform::stage_caches::Flight;
use crate::perform::stage_caches::sharded::{Ended, Landing, Shard, Sharded};

/// Longest that a request waits for others that ask the origin for the same.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A place in the cache, and the request as it goes to the origin.
pub(super) struct Key<'m> {
    pub(super) cache: Arc<Sharded<Objects>>,
    pub(super) digest: ResponseDigest,
    pub(super) matched: &'m Matched<'m>,
    pub(super) method: String,
    pub(super) fields: Fields,
}

/// What there is under a key, in memory.
#[derive(Clone, Default)]
pub(super) struct There {
    pub(super) objects: Option<Arc<Objects>>,
    /// What `HEAD` was answered, for a request with it.
    pub(super) heads: Option<Arc<Objects>>,
}

/// What the origin is to be asked for.
pub(super) struct Missed {
    pub(super) why: Unusable,
    /// What is stored, and about which the origin is asked with these fields.
    pub(super) about: Option<(Arc<Object>, Fields)>,
}

/// Whose turn it is.
pub(super) enum Turn {
    /// This one's. It may ask for all who wait, who have conditions of their own.
    Ask(Flight<Objects>, ForAll),
    /// Another one's.
    Wait(Landing),
    /// Something else is stored now.
    Again,
}

/// Whether what is asked for is for others too, without this viewer's own conditions.
pub(super) type ForAll = bool;

/// How long a request waits for others, and how the last one ended that it waited for.
pub(super) struct Patience {
    until: Instant,
    pub(super) ended: Option<Ended>,
}

impl Patience {
    pub(super) fn begin() -> Self {
        Self { until: Instant::now() + WAIT_MAX, ended: None }
    }

    /// Whether it was there to wait for the end.
    pub(super) async fn wait(&mut self, landing: &Landing) -> bool {
        let ended = timeout_at(self.until, landing.wait()).await.ok();
        self.ended = ended.or(self.ended);
        ended.is_some()
    }

    /// Whether to wait for another one would be of no use.
    fn is_over(&self, why: Unusable) -> bool {
        match self.ended {
            None | Some(Ended::Lost) => false,
            // It came, and this one cannot use it: it is to be validated each time, or ends before it should.
            Some(Ended::Landed) => matches!(why, Unusable::Stale | Unusable::Partial),
            Some(Ended::Passed | Ended::Failed(_)) => true,
        }
    }
}

impl There {
    fn stored(&self) -> Vec<&Stored> {
        [&self.objects, &self.heads].into_iter().flatten().flat_map(|one| one.stored()).collect()
    }

    fn is(&self, other: &Self) -> bool {
        let is = |one: &Option<Arc<Objects>>, other: &Option<Arc<Objects>>| {
            one.as_ref().map(Arc::as_ptr) == other.as_ref().map(Arc::as_ptr)
        };
        is(&self.objects, &other.objects) && is(&self.heads, &other.heads)
    }
}

impl Key<'_> {
    pub(super) fn request(&self) -> Request<'_> {
        Request { method: &self.method, fields: &self.fields }
    }

    /// What answers to `HEAD` are stored under, which nobody has asked for the whole of.
    pub(super) fn heads(&self) -> ResponseDigest {
        self.named(b"heads")
    }

    /// Of what has this name under the key: in the same shard, and forgotten with the same object.
    fn named(&self, name: &[u8]) -> ResponseDigest {
        let mut context = Context::new(&SHA256);
        context.update(&self.digest.0);
        context.update(name);
        let mut digest = self.digest;
        digest.0[NAME_BYTES..].copy_from_slice(&context.finish().as_ref()[NAME_BYTES..]);
        digest
    }

    pub(super) fn there(&self) -> There {
        self.there_in(&mut self.cache.shard(&self.digest))
    }

    fn there_in(&self, shard: &mut Shard<Objects>) -> There {
        let heads = (self.method == "HEAD").then(|| shard.find(&self.heads(), now())).flatten();
        There { objects: shard.find(&self.digest, now()), heads }
    }

    /// Nobody waits for it, and it for nobody.
    pub(super) fn alone(&self) -> Flight<Objects> {
        let ticket = self.cache.shard(&self.digest).ask_alone();
        Flight::new(Arc::clone(&self.cache), self.digest, ticket)
    }

    /// Whose turn it is to ask for what is not `there`.
    pub(super) fn turn(&self, there: &There, missed: &Missed, patience: &Patience) -> Turn {
        let policy = self.matched.policy(200);
        let is_validated = missed.about.is_some();
        let wish = || Wish::of(&policy, &self.request(), &there.stored(), missed.why, is_validated);
        let Some(wish) = (!patience.is_over(missed.why)).then(wish).flatten() else {
            return Turn::Ask(self.alone(), false);
        };
        // Who has waited in vain asks for what does for all: their conditions would have them ask one after the other.
        let has_waited = patience.ended.is_some();
        let is_for_all = has_waited && wish.own != wish.shared;
        let own = (!has_waited).then_some(&wish.own);
        let flown = wish.whole.iter().chain([&wish.shared]).chain(own);
        let flown: Vec<ResponseDigest> = flown.map(|name| self.named(name)).collect();
        let mut shard = self.cache.shard(&self.digest);
        if !there.is(&self.there_in(&mut shard)) {
            return Turn::Again;
        }
        match (shard.join(&flown, now(), Landing::default), flown.last()) {
            (Lookup::Ask(ticket), Some(own)) => {
                let flight = Flight::new(Arc::clone(&self.cache), self.digest, ticket);
                Turn::Ask(flight.to(*own), is_for_all && ticket.leads())
            }
            (Lookup::Wait(landing), _) => Turn::Wait(landing),
            _ => Turn::Again, // nothing was looked up
        }
    }
}
