//! When an issuer's keys are fetched, and what is answered meanwhile.
//!
//! Pure transitions over plain data: the host keeps one cache for all exchanges, asks
//! [`JwksCache::look_up`], fetches when told so, and hands the result to [`JwksCache::store`].
//! `docs/decisions/0005` tells why the state is the host's.

use alloc::{collections::BTreeMap, vec::Vec};

use super::Jwk;
use crate::effect::{EffectError, KeySource};
use crate::limits::{JWKS_REFRESH_FLOOR_MS, JWKS_STALE_MS_MAX, JWKS_TTL_MS};
use crate::message::Timestamp;

/// The keys of all issuers.
#[derive(Debug, Default)]
pub struct JwksCache {
    entries: BTreeMap<KeySource, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    keys: Option<Fetched>,
    /// When the last fetch began.
    attempted_at: Option<Timestamp>,
    fetching: bool,
    last_error: Option<EffectError>,
}

#[derive(Debug)]
struct Fetched {
    keys: Vec<Jwk>,
    at: Timestamp,
}

/// What the host does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// Answers the effect: the key, or that the issuer has none of this `kid`.
    Found(Option<Jwk>),
    /// Fetches the set, calls [`JwksCache::store`], wakes those who wait, and looks up again.
    Fetch,
    /// Waits until the fetch that is under way is stored, then looks up again.
    Wait,
    /// Answers the effect with this error: a fetch failed a moment ago and nothing older is kept.
    Failed(EffectError),
}

impl JwksCache {
    /// Looks a key up.
    ///
    /// - Fresh keys (two hours, as AWS keeps them) answer at once.
    /// - A `kid` that is not among them starts one fetch, unless one began within the floor: forged
    ///   `kid`s cannot make the gateway flood an issuer.
    /// - Old keys answer while a fetch is under way, and for a day while fetches fail.
    /// - Concurrent misses wait for one fetch.
    pub fn look_up(&mut self, source: &KeySource, kid: Option<&str>, now: Timestamp) -> Lookup {
        if !self.entries.contains_key(source) {
            self.entries.insert(source.clone(), Entry::default());
        }
        let entry = self.entries.get_mut(source).expect("inserted above");
        let usable = entry.keys.as_ref().filter(|f| age_ms(f.at, now) < JWKS_STALE_MS_MAX);
        let fresh = usable.is_some_and(|f| age_ms(f.at, now) < JWKS_TTL_MS);
        let key = usable.and_then(|f| f.keys.iter().find(|key| key.kid.as_deref() == kid));
        // Past the floor a fetch without a result was abandoned by its host: another takes its place.
        let fetching = entry.fetching && !entry.may_fetch(now);
        if let Some(key) = key
            && (fresh || fetching || !entry.may_fetch(now))
        {
            return Lookup::Found(Some(key.clone()));
        }
        if fetching {
            return Lookup::Wait;
        }
        if entry.may_fetch(now) {
            entry.fetching = true;
            entry.attempted_at = Some(now);
            return Lookup::Fetch;
        }
        match (usable, &entry.last_error) {
            (None, Some(error)) => Lookup::Failed(error.clone()),
            _ => Lookup::Found(None),
        }
    }

    /// Ends the fetch that [`Lookup::Fetch`] began. A failed one leaves the old keys in place; a
    /// cancelled one tells nothing about the issuer, so the next look-up fetches again.
    pub fn store(
        &mut self,
        source: &KeySource,
        fetched: Result<Vec<Jwk>, EffectError>,
        now: Timestamp,
    ) {
        let Some(entry) = self.entries.get_mut(source) else { return };
        entry.fetching = false;
        match fetched {
            Ok(keys) => (entry.keys, entry.last_error) = (Some(Fetched { keys, at: now }), None),
            Err(EffectError::Cancelled) => entry.attempted_at = None,
            Err(error) => entry.last_error = Some(error),
        }
    }

    /// The keys of a source that still serve, and when they were fetched: what another cache may [`Self::store`] as of then.
    pub fn keys(&self, source: &KeySource, now: Timestamp) -> Option<(&[Jwk], Timestamp)> {
        let keys = self.entries.get(source)?.keys.as_ref();
        let usable = keys.filter(|keys| age_ms(keys.at, now) < JWKS_STALE_MS_MAX)?;
        Some((&usable.keys, usable.at))
    }

    /// Takes over keys that were fetched at some time, where there are none.
    pub fn restore(&mut self, source: &KeySource, keys: Vec<Jwk>, at: Timestamp) {
        let entry = self.entries.entry(source.clone()).or_default();
        entry.keys.get_or_insert(Fetched { keys, at });
    }
}

impl Entry {
    fn may_fetch(&self, now: Timestamp) -> bool {
        self.attempted_at.is_none_or(|at| age_ms(at, now) >= JWKS_REFRESH_FLOOR_MS)
    }
}

/// A clock that was set back by so much makes as old: else a failure would be remembered, and keys be fresh, until it
/// shows that time again.
fn age_ms(at: Timestamp, now: Timestamp) -> u64 {
    now.0.abs_diff(at.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::KeyMaterial;

    fn key(kid: &str) -> Jwk {
        let material = KeyMaterial::Ed25519 { x: alloc::vec![1; 32] };
        Jwk { kid: Some(kid.into()), algorithm: None, material }
    }
    fn issuer() -> KeySource {
        KeySource::Issuer("https://i".into())
    }
    fn filled(at: u64) -> JwksCache {
        let mut cache = JwksCache::default();
        assert_eq!(cache.look_up(&issuer(), Some("a"), Timestamp(at)), Lookup::Fetch);
        cache.store(&issuer(), Ok(alloc::vec![key("a")]), Timestamp(at));
        cache
    }
    fn ask(cache: &mut JwksCache, kid: &str, now: u64) -> Lookup {
        cache.look_up(&issuer(), Some(kid), Timestamp(now))
    }

    #[test]
    fn concurrent_misses_wait_for_one_fetch() {
        let mut cache = JwksCache::default();
        assert_eq!(ask(&mut cache, "a", 0), Lookup::Fetch);
        assert_eq!(ask(&mut cache, "a", 1), Lookup::Wait);
        assert_eq!(ask(&mut cache, "b", 2), Lookup::Wait);
        cache.store(&issuer(), Ok(alloc::vec![key("a")]), Timestamp(3));
        assert_eq!(ask(&mut cache, "a", 4), Lookup::Found(Some(key("a"))));
        assert_eq!(ask(&mut cache, "b", 4), Lookup::Found(None));
    }

    #[test]
    fn an_unknown_kid_refreshes_once_within_the_floor() {
        let mut cache = filled(0);
        let later = JWKS_REFRESH_FLOOR_MS;
        assert_eq!(ask(&mut cache, "new", later - 1), Lookup::Found(None));
        assert_eq!(ask(&mut cache, "new", later), Lookup::Fetch);
        assert_eq!(
            ask(&mut cache, "a", later),
            Lookup::Found(Some(key("a"))),
            "others are not held up"
        );
        cache.store(&issuer(), Ok(alloc::vec![key("a"), key("new")]), Timestamp(later));
        assert_eq!(ask(&mut cache, "new", later + 1), Lookup::Found(Some(key("new"))));
        assert_eq!(ask(&mut cache, "forged", later + 2), Lookup::Found(None));
    }

    #[test]
    fn old_keys_serve_while_the_issuer_is_down_but_not_for_ever() {
        let mut cache = filled(0);
        assert_eq!(ask(&mut cache, "a", JWKS_TTL_MS - 1), Lookup::Found(Some(key("a"))));
        assert_eq!(ask(&mut cache, "a", JWKS_TTL_MS), Lookup::Fetch);
        assert_eq!(ask(&mut cache, "a", JWKS_TTL_MS), Lookup::Found(Some(key("a"))));
        cache.store(&issuer(), Err(EffectError::TimedOut), Timestamp(JWKS_TTL_MS));
        assert_eq!(ask(&mut cache, "a", JWKS_TTL_MS + 1), Lookup::Found(Some(key("a"))));
        assert_eq!(ask(&mut cache, "a", JWKS_STALE_MS_MAX), Lookup::Fetch);
        cache.store(&issuer(), Err(EffectError::TimedOut), Timestamp(JWKS_STALE_MS_MAX));
        let failed = Lookup::Failed(EffectError::TimedOut);
        assert_eq!(ask(&mut cache, "a", JWKS_STALE_MS_MAX + 1), failed);
    }

    #[test]
    fn a_dead_issuer_is_not_asked_again_within_the_floor() {
        let mut cache = JwksCache::default();
        assert_eq!(ask(&mut cache, "a", 0), Lookup::Fetch);
        cache.store(&issuer(), Err(EffectError::TimedOut), Timestamp(0));
        assert_eq!(ask(&mut cache, "a", 1), Lookup::Failed(EffectError::TimedOut));
        assert_eq!(ask(&mut cache, "a", JWKS_REFRESH_FLOOR_MS), Lookup::Fetch);
    }

    #[test]
    fn a_clock_that_was_set_back_lengthens_no_failure_and_keeps_no_keys() {
        let day = 24 * 3_600_000;
        let mut cache = JwksCache::default();
        assert_eq!(ask(&mut cache, "a", day), Lookup::Fetch);
        cache.store(&issuer(), Err(EffectError::TimedOut), Timestamp(day));
        // Clocks of threads are read one after the other.
        assert_eq!(ask(&mut cache, "a", day - 1), Lookup::Failed(EffectError::TimedOut));
        assert_eq!(ask(&mut cache, "a", day - JWKS_REFRESH_FLOOR_MS), Lookup::Fetch);
        let mut cache = filled(2 * day);
        assert_eq!(ask(&mut cache, "a", 2 * day - JWKS_TTL_MS + 1), Lookup::Found(Some(key("a"))));
        assert_eq!(ask(&mut cache, "a", 2 * day - JWKS_TTL_MS), Lookup::Fetch);
    }

    #[test]
    fn an_abandoned_fetch_does_not_block_for_ever() {
        let mut cache = JwksCache::default();
        assert_eq!(ask(&mut cache, "a", 0), Lookup::Fetch);
        assert_eq!(ask(&mut cache, "a", JWKS_REFRESH_FLOOR_MS - 1), Lookup::Wait);
        assert_eq!(ask(&mut cache, "a", JWKS_REFRESH_FLOOR_MS), Lookup::Fetch);
    }

    #[test]
    fn a_cancelled_fetch_says_nothing_about_the_issuer() {
        let mut cache = JwksCache::default();
        assert_eq!(ask(&mut cache, "a", 0), Lookup::Fetch);
        cache.store(&issuer(), Err(EffectError::Cancelled), Timestamp(1));
        assert_eq!(ask(&mut cache, "a", 1), Lookup::Fetch);
    }

    #[test]
    fn keys_of_another_cache_are_as_old_as_they_are_there() {
        let other = filled(0);
        let (keys, at) = other.keys(&issuer(), Timestamp(1)).unwrap();
        let later = JWKS_TTL_MS - 1;
        let mut cache = JwksCache::default();
        assert_eq!(ask(&mut cache, "a", later), Lookup::Fetch);
        cache.store(&issuer(), Ok(keys.to_vec()), at);
        assert_eq!(ask(&mut cache, "a", later), Lookup::Found(Some(key("a"))));
        assert_eq!(ask(&mut cache, "a", later + JWKS_REFRESH_FLOOR_MS), Lookup::Fetch);
        assert_eq!(other.keys(&issuer(), Timestamp(JWKS_STALE_MS_MAX)), None);
    }

    #[test]
    fn keys_that_were_kept_serve_at_once_and_hold_up_no_new_one() {
        let mut cache = JwksCache::default();
        cache.restore(&issuer(), alloc::vec![key("a")], Timestamp(5));
        assert_eq!(ask(&mut cache, "a", 6), Lookup::Found(Some(key("a"))));
        assert_eq!(ask(&mut cache, "new", 6), Lookup::Fetch);
        cache.store(&issuer(), Ok(alloc::vec![key("new")]), Timestamp(7));
        cache.restore(&issuer(), alloc::vec![key("a")], Timestamp(5));
        assert_eq!(ask(&mut cache, "a", 8), Lookup::Found(None), "what is there is newer");
    }

    #[test]
    fn a_rotated_key_is_no_longer_accepted() {
        let mut cache = filled(0);
        assert_eq!(ask(&mut cache, "a", JWKS_TTL_MS), Lookup::Fetch);
        cache.store(&issuer(), Ok(alloc::vec![key("b")]), Timestamp(JWKS_TTL_MS));
        assert_eq!(ask(&mut cache, "a", JWKS_TTL_MS + 1), Lookup::Found(None));
    }
}
