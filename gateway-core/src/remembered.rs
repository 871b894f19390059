//! Results of Lambda authorizers that a host remembers: the store behind
//! [`crate::effect::RecallAuthorization`], as both hosts have it.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::codec;
use crate::effect::{AuthorizationKey, Bytes, VerifySignature};
use crate::limits::{AUTHORIZER_RESULTS_BYTES_MAX, AUTHORIZER_RESULTS_MAX};
use crate::message::Timestamp;

/// A bounded store: when it is full, the oldest result goes.
#[derive(Debug)]
pub struct RememberedAuthorizations {
    by_key: BTreeMap<AuthorizationKey, Remembered>,
    /// Keys in the order of their arrival, each with the number of the arrival.
    order: VecDeque<(AuthorizationKey, u64)>,
    arrivals: u64,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Remembered {
    grant: Bytes,
    until: Timestamp,
    arrival: u64,
}

/// What an entry costs beside its bytes, roughly.
const ENTRY_BYTES: usize = 128;

impl Default for RememberedAuthorizations {
    fn default() -> Self {
        Self::bounded(AUTHORIZER_RESULTS_MAX, AUTHORIZER_RESULTS_BYTES_MAX)
    }
}

impl RememberedAuthorizations {
    /// At most so many results, and so many bytes of them.
    pub fn bounded(count_max: usize, bytes_max: usize) -> Self {
        Self {
            by_key: BTreeMap::new(),
            order: VecDeque::new(),
            arrivals: 0,
            bytes: 0,
            count_max,
            bytes_max,
        }
    }

    /// What was remembered by this key, unless its time is over.
    pub fn recall(&mut self, key: &AuthorizationKey, now: Timestamp) -> Option<Bytes> {
        self.recall_until(key, now).map(|(grant, _)| grant)
    }

    /// The same, and until when: what another store may remember.
    pub fn recall_until(
        &mut self,
        key: &AuthorizationKey,
        now: Timestamp,
    ) -> Option<(Bytes, Timestamp)> {
        let remembered = self.by_key.get(key)?;
        if remembered.until <= now {
            self.forget(key);
            return None;
        }
        Some((remembered.grant.clone(), remembered.until))
    }

    /// Remembers a result, in the place of an older one.
    pub fn remember(
        &mut self,
        key: AuthorizationKey,
        grant: Bytes,
        until: Timestamp,
        now: Timestamp,
    ) {
        self.forget(&key);
        let bytes = grant.0.len() + ENTRY_BYTES;
        if until <= now || bytes > self.bytes_max || self.count_max == 0 {
            return;
        }
        self.arrivals += 1;
        self.order.push_back((key, self.arrivals));
        self.by_key.insert(key, Remembered { grant, until, arrival: self.arrivals });
        self.bytes += bytes;
        // Keys that were forgotten leave their places behind: no more of these than of the others.
        while self.by_key.len() > self.count_max
            || self.bytes > self.bytes_max
            || self.order.len() > 2 * self.by_key.len().max(16)
        {
            let Some((oldest, arrival)) = self.order.pop_front() else { return };
            match self.by_key.get(&oldest) {
                Some(remembered) if remembered.arrival == arrival => self.forget(&oldest),
                _ => {}
            }
        }
    }

    /// Forgets the results of a stage.
    pub fn forget_stage(&mut self, api_id: &str, stage_name: &str) {
        let (mut first, mut last) = (AuthorizationKey::new(api_id, stage_name, &[]), [0xff; 32]);
        let stage = &first.0[..AuthorizationKey::STAGE_BYTES];
        last[..AuthorizationKey::STAGE_BYTES].copy_from_slice(stage);
        first.0[AuthorizationKey::STAGE_BYTES..].fill(0);
        let keys = self.by_key.range(first..=AuthorizationKey(last)).map(|(key, _)| *key);
        keys.collect::<Vec<_>>().iter().for_each(|key| self.forget(key));
    }

    fn forget(&mut self, key: &AuthorizationKey) {
        if let Some(forgotten) = self.by_key.remove(key) {
            self.bytes -= forgotten.grant.0.len() + ENTRY_BYTES;
        }
    }
}

impl AuthorizationKey {
    /// How many bytes at its beginning are the stage's: the results of a stage are forgotten together.
    pub(crate) const STAGE_BYTES: usize = 8;

    /// The key of a signature: a digest of everything that makes it right or wrong.
    pub fn of_signature(verify: &VerifySignature) -> Self {
        let VerifySignature { algorithm, key, message, signature, until: _ } = verify;
        let material = codec::encode(&key.material);
        let mut digest = Sha256::new();
        digest.update([*algorithm as u8]);
        for part in [&material, &message.0, &signature.0] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// The key of what depends on these parts at a stage. Lengths keep parts apart.
    pub(crate) fn new(api_id: &str, stage_name: &str, parts: &[&str]) -> Self {
        let digest = |parts: &mut dyn Iterator<Item = &&str>| -> [u8; 32] {
            let mut digest = Sha256::new();
            for part in parts {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part.as_bytes());
            }
            digest.finalize().into()
        };
        let stage = [api_id, stage_name];
        let mut key = digest(&mut stage.iter().chain(parts));
        key[..Self::STAGE_BYTES].copy_from_slice(&digest(&mut stage.iter())[..Self::STAGE_BYTES]);
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> AuthorizationKey {
        AuthorizationKey([n; 32])
    }

    fn grant(bytes: usize) -> Bytes {
        alloc::vec![7; bytes].into()
    }

    const LATER: Timestamp = Timestamp(1_000);

    #[test]
    fn a_result_is_there_until_its_time_and_not_at_it() {
        let mut store = RememberedAuthorizations::default();
        store.remember(key(1), grant(3), LATER, Timestamp(0));
        assert_eq!(store.recall(&key(1), Timestamp(999)), Some(grant(3)));
        assert_eq!(store.recall_until(&key(1), Timestamp(0)), Some((grant(3), LATER)));
        assert_eq!(store.recall(&key(2), Timestamp(0)), None);
        assert_eq!(store.recall(&key(1), LATER), None);
        assert_eq!((store.by_key.len(), store.bytes), (0, 0));
        store.remember(key(1), grant(3), LATER, LATER);
        assert_eq!(store.recall(&key(1), Timestamp(0)), None);
    }

    #[test]
    fn a_stage_is_forgotten_and_no_other() {
        let mut store = RememberedAuthorizations::default();
        let places = [("a", "prod"), ("a", "prod2"), ("ap", "rod")];
        let keys = places.map(|(api, stage)| {
            ["", "x", "y"].map(|part| AuthorizationKey::new(api, stage, &[part]))
        });
        for key in keys.iter().flatten() {
            store.remember(*key, grant(1), LATER, Timestamp(0));
        }
        store.forget_stage("a", "prod");
        let there = keys.map(|keys| keys.map(|key| store.recall(&key, Timestamp(0)).is_some()));
        assert_eq!(there, [[false; 3], [true; 3], [true; 3]]);
    }

    #[test]
    fn when_it_is_full_the_oldest_goes() {
        let mut store = RememberedAuthorizations::bounded(2, 10_000);
        for n in 1..=3 {
            store.remember(key(n), grant(1), LATER, Timestamp(0));
        }
        let there = [1, 2, 3].map(|n| store.recall(&key(n), Timestamp(0)).is_some());
        assert_eq!(there, [false, true, true]);
        // Remembered anew, a result is young again.
        store.remember(key(2), grant(1), LATER, Timestamp(0));
        store.remember(key(4), grant(1), LATER, Timestamp(0));
        let there = [2, 3, 4].map(|n| store.recall(&key(n), Timestamp(0)).is_some());
        assert_eq!(there, [true, false, true]);
    }

    #[test]
    fn bytes_are_bounded_and_so_are_places_of_what_is_forgotten() {
        let mut store = RememberedAuthorizations::bounded(1_000, 4 * ENTRY_BYTES);
        for n in 0..200 {
            store.remember(key(n), grant(usize::from(n) % 100), LATER, Timestamp(0));
            assert!(store.bytes <= 4 * ENTRY_BYTES && store.order.len() <= 32);
        }
        store.remember(key(1), grant(4 * ENTRY_BYTES), LATER, Timestamp(0));
        assert_eq!(store.recall(&key(1), Timestamp(0)), None);
        for _ in 0..1_000 {
            store.remember(key(9), grant(1), LATER, Timestamp(0));
        }
        assert!(store.order.len() <= 32, "{}", store.order.len());
    }
}
