//! Token buckets in integer arithmetic: deterministic, without drift.
//!
//! Levels are counted in millionths of a token, rates in millionths of a token per millisecond, so
//! that a rate as small as 0.001 requests a second is exact. The host runs [`take_all`] inside its
//! atomic store (a lock in memory, a Durable Object at the edge); the arithmetic is only here.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::effect::{TakeTokens, Taken};
use crate::message::Timestamp;
use crate::usage::{Usage, day_of};

const MICROTOKENS: u64 = 1_000_000;

/// AWS's `rateLimit` and `burstLimit` as exact integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Refill, millionths of a token per millisecond: `rateLimit` × 1000.
    pub rate_microtokens_per_ms: u64,
    /// Capacity, whole tokens: `burstLimit`.
    pub burst: u32,
}

impl Limit {
    /// AWS's -1: no limit, and no bucket. It is more than any account has.
    pub const NONE: Self = Self { rate_microtokens_per_ms: 1_000_000_000_000, burst: u32::MAX };

    /// From AWS's numbers. A rate that is negative or not a number is 0; it saturates at 10⁹ a second.
    pub fn new(rate_per_second: f64, burst: u32) -> Self {
        let rate = if rate_per_second > 0.0 { rate_per_second.min(1e9) } else { 0.0 };
        Self { rate_microtokens_per_ms: (rate * 1000.0 + 0.5) as u64, burst }
    }
    fn capacity(self) -> u64 {
        u64::from(self.burst) * MICROTOKENS
    }
}

/// What is left in a bucket, and when that was so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Millionths of a token.
    pub level_microtokens: u64,
    /// When the level was computed.
    pub at: Timestamp,
}

impl Bucket {
    /// A full bucket: what every bucket is that nobody has taken from.
    pub fn full(limit: Limit, now: Timestamp) -> Self {
        Self { level_microtokens: limit.capacity(), at: now }
    }

    /// The bucket at this time. A clock that runs backwards refills nothing and takes nothing away.
    pub fn refilled(self, limit: Limit, now: Timestamp) -> Self {
        let elapsed_ms = now.0.saturating_sub(self.at.0);
        let gain = limit.rate_microtokens_per_ms.saturating_mul(elapsed_ms);
        Self {
            level_microtokens: self.level_microtokens.saturating_add(gain).min(limit.capacity()),
            at: self.at.max(now),
        }
    }

    /// Takes `cost` tokens if they are there; the second value tells whether they were.
    pub fn take(self, limit: Limit, now: Timestamp, cost: u32) -> (Self, bool) {
        let bucket = self.refilled(limit, now);
        match bucket.level_microtokens.checked_sub(u64::from(cost) * MICROTOKENS) {
            Some(rest) => (Self { level_microtokens: rest, ..bucket }, true),
            None => (bucket, false),
        }
    }

    /// Takes tokens that somebody with a copy of this bucket has granted already. What is not there is
    /// owed: the bucket begins to refill so much later that the rate holds over time.
    pub fn charge(self, limit: Limit, now: Timestamp, cost: u32) -> Self {
        let bucket = self.refilled(limit, now);
        let wanted = u64::from(cost) * MICROTOKENS;
        let rate = limit.rate_microtokens_per_ms;
        match (bucket.level_microtokens.checked_sub(wanted), rate) {
            (Some(rest), _) => Self { level_microtokens: rest, ..bucket },
            (None, 0) => Self { level_microtokens: 0, ..bucket },
            (None, rate) => {
                let owed = wanted - bucket.level_microtokens;
                let owed_ms = owed.div_ceil(rate);
                // What the last of those milliseconds gives beyond the debt.
                let level_microtokens = (owed_ms.saturating_mul(rate) - owed).min(limit.capacity());
                Self { level_microtokens, at: Timestamp(bucket.at.0.saturating_add(owed_ms)) }
            }
        }
    }

    /// For how long the bucket, as it is now, has too little for `cost`. `None`: for ever.
    pub fn short_for_ms(self, limit: Limit, cost: u32) -> Option<u64> {
        let wanted = u64::from(cost) * MICROTOKENS;
        let missing = wanted.saturating_sub(self.level_microtokens);
        match (missing, limit.rate_microtokens_per_ms) {
            (0, _) => Some(0),
            (_, 0) => None,
            _ if cost > limit.burst => None,
            (missing, rate) => Some(missing.div_ceil(rate)),
        }
    }

    /// When the bucket will be full again, if nobody takes from it: a store may forget it then.
    /// `None` for a bucket that is not full and never refills.
    pub fn full_at(self, limit: Limit) -> Option<Timestamp> {
        let missing = limit.capacity().saturating_sub(self.level_microtokens);
        match (missing, limit.rate_microtokens_per_ms) {
            (0, _) => Some(self.at),
            (_, 0) => None,
            (missing, rate) => Some(Timestamp(self.at.0.saturating_add(missing.div_ceil(rate)))),
        }
    }
}

/// One bucket of a `TakeTokens` effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BucketTake {
    /// Its name: the same name is the same bucket, on every thread and machine that share a store.
    pub key: String,
    /// Its limit. A changed limit applies from the next take on.
    pub limit: Limit,
    /// Tokens to take.
    pub cost: u32,
}

/// Where a host keeps buckets. Called only while it holds them all (or runs single-threaded).
pub trait BucketStore {
    /// The stored bucket; `None` is a full one.
    fn load(&self, key: &str) -> Option<Bucket>;
    /// Stores a bucket.
    fn store(&mut self, take: &BucketTake, bucket: Bucket);
    /// What was counted under this key; nothing under a new one.
    fn usage(&mut self, key: &str) -> &mut Usage;
}

/// Takes from every bucket and counts the request, or does nothing.
pub fn take_all(effect: &TakeTokens, now: Timestamp, store: &mut impl BucketStore) -> Taken {
    let TakeTokens { buckets: takes, usage } = effect;
    let mut after: Vec<Bucket> = Vec::with_capacity(takes.len());
    for (index, take) in takes.iter().enumerate() {
        // Two takes from one key in one request see each other.
        let earlier = (0..index).rev().find(|&i| takes[i].key == take.key).map(|i| after[i]);
        let bucket = earlier
            .or_else(|| store.load(&take.key))
            .unwrap_or_else(|| Bucket::full(take.limit, now));
        let (bucket, taken) = bucket.take(take.limit, now, take.cost);
        if !taken {
            // A bucket that owes begins to refill later.
            let later_ms = bucket.at.0.saturating_sub(now.0);
            let short_for_ms = bucket.short_for_ms(take.limit, take.cost);
            let retry_after_ms = short_for_ms.map(|ms| ms.saturating_add(later_ms));
            return Taken::None { empty: index as u32, retry_after_ms };
        }
        after.push(bucket);
    }
    if let Some(take) = usage {
        let (usage, today) = (store.usage(&take.key), day_of(now));
        if take.quota.is_some_and(|quota| !usage.admits(&quota, today)) {
            return Taken::QuotaExceeded;
        }
        usage.count(today);
    }
    for (take, bucket) in takes.iter().zip(after) {
        store.store(take, bucket);
    }
    Taken::All
}

/// The plainest store: everything that was ever taken from. Hosts that run for long forget what is
/// full; this is for tests, and to compare other stores with.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    /// By the bucket's key.
    pub by_key: BTreeMap<String, Bucket>,
    /// Of quotas, by their key.
    pub usage: BTreeMap<String, Usage>,
}

impl BucketStore for Buckets {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.by_key.get(key).copied()
    }
    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        self.by_key.insert(take.key.clone(), bucket);
    }
    fn usage(&mut self, key: &str) -> &mut Usage {
        self.usage.entry(key.into()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Quota, QuotaPeriod};
    use crate::usage::UsageTake;
    use alloc::vec;

    fn take_from(takes: &[BucketTake], now: u64, store: &mut Buckets) -> Taken {
        take_all(&TakeTokens { buckets: takes.to_vec(), usage: None }, Timestamp(now), store)
    }
    fn take(key: &str, rate: f64, burst: u32) -> BucketTake {
        BucketTake { key: key.into(), limit: Limit::new(rate, burst), cost: 1 }
    }

    /// For ever.
    fn empty(index: u32) -> Taken {
        Taken::None { empty: index, retry_after_ms: None }
    }

    #[test]
    fn what_is_refused_is_granted_when_it_was_told_to_come_again_and_no_sooner() {
        for (rate, burst) in [(1.0, 1), (0.001, 3), (1_000.0, 5), (7.0, 2), (0.333, 1)] {
            let (mut store, takes) = (Buckets::default(), [take("a", rate, burst)]);
            let mut now = 1_000;
            (0..burst).for_each(|_| assert_eq!(take_from(&takes, now, &mut store), Taken::All));
            for _ in 0..20 {
                let Taken::None { empty: 0, retry_after_ms: Some(wait) } =
                    take_from(&takes, now, &mut store)
                else {
                    panic!("{rate} {burst}");
                };
                assert!(wait > 0);
                assert_ne!(take_from(&takes, now + wait - 1, &mut store), Taken::All);
                now += wait;
                assert_eq!(take_from(&takes, now, &mut store), Taken::All, "{rate} {burst}");
            }
        }
    }

    #[test]
    fn a_year_of_random_moments_grants_what_rate_and_burst_say() {
        let year_ms = 365 * 24 * 3_600_000_u64;
        // A bucket of one token is full, and loses time, while nobody looks.
        for (rate, burst) in [(0.001, 2), (0.5, 3), (0.017, 40)] {
            let limit = Limit::new(rate, burst);
            let (mut bucket, mut now, mut granted) =
                (Bucket::full(limit, Timestamp(0)), 0_u64, 0_u64);
            let mut random = 0x9e37_79b9_7f4a_7c15_u64;
            // Somebody always wants more, at moments that divide nothing.
            while now < year_ms {
                while let (after, true) = bucket.take(limit, Timestamp(now), 1) {
                    (bucket, granted) = (after, granted + 1);
                }
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                now += random % 997 + 1;
            }
            let refilled = limit.rate_microtokens_per_ms * (now - now.min(997));
            let exact = u64::from(burst) + refilled / MICROTOKENS;
            assert!(granted.abs_diff(exact) <= 1, "{rate}: {granted} of {exact}");
        }
    }

    #[test]
    fn what_copies_granted_too_much_is_paid_back_before_anything_is_granted() {
        for (rate, burst) in [(1.0, 2), (7.0, 3), (1_500.0, 4), (0.3, 1)] {
            let limit = Limit::new(rate, burst);
            let (mut bucket, mut granted, mut now) = (Bucket::full(limit, Timestamp(0)), 0_u64, 0);
            for round in 0..50 {
                // Three copies grant what each of them believes to be there.
                bucket = bucket.charge(limit, Timestamp(now), 3);
                granted += 3;
                now += 100 + round;
            }
            // Then somebody asks the bucket itself, every millisecond.
            let until = now + 1_000_000;
            while now < until {
                let (after, taken) = bucket.take(limit, Timestamp(now), 1);
                (bucket, granted, now) = (after, granted + u64::from(taken), now + 1);
            }
            let exact = u64::from(burst) + limit.rate_microtokens_per_ms * now / MICROTOKENS;
            assert!(
                granted <= exact + 150 && granted + 2 >= exact.min(1_000_000),
                "{rate}: {granted} of {exact}"
            );
        }
    }

    #[test]
    fn an_owing_bucket_says_when_it_will_have_paid() {
        let limit = Limit::new(2.0, 5);
        let mut store = Buckets::default();
        // 5 are there, 4 are owed: two seconds to pay, half a second for the next token.
        let owing = Bucket::full(limit, Timestamp(0)).charge(limit, Timestamp(0), 9);
        store.by_key.insert("a".into(), owing);
        let takes = [take("a", 2.0, 5)];
        let refused = Taken::None { empty: 0, retry_after_ms: Some(2_500) };
        assert_eq!(take_from(&takes, 0, &mut store), refused);
        assert_ne!(take_from(&takes, 2_499, &mut store), Taken::All);
        assert_eq!(take_from(&takes, 2_500, &mut store), Taken::All);
        // Without a rate nothing is ever paid back, and nothing granted.
        let never = Limit::new(0.0, 1);
        let bucket = Bucket::full(never, Timestamp(0)).charge(never, Timestamp(0), 9);
        assert_eq!((bucket.level_microtokens, bucket.at), (0, Timestamp(0)));
    }

    #[test]
    fn a_burst_is_granted_at_once_and_not_one_more() {
        let mut store = Buckets::default();
        let takes = [take("a", 1.0, 3)];
        let granted = (0..5).filter(|_| take_from(&takes, 0, &mut store) == Taken::All).count();
        assert_eq!(granted, 3);
    }

    #[test]
    fn an_empty_bucket_takes_from_no_other() {
        let mut store = Buckets::default();
        let takes = [take("full", 1.0, 9), take("empty", 0.0, 0)];
        assert_eq!(take_from(&takes, 0, &mut store), empty(1));
        assert!(store.by_key.is_empty());
    }

    #[test]
    fn a_year_of_odd_milliseconds_does_not_drift() {
        let limit = Limit::new(0.1, 1);
        let (mut bucket, mut now, mut granted) = (Bucket::full(limit, Timestamp(0)), 0_u64, 0_u64);
        let year_ms = 365 * 24 * 3_600_000_u64;
        while now < year_ms {
            let (after, taken) = bucket.take(limit, Timestamp(now), 1);
            (bucket, granted) = (after, granted + u64::from(taken));
            now += 1_250; // divides the 10 s that one token takes
        }
        assert_eq!(granted, year_ms / 10_000);
    }

    #[test]
    fn a_clock_that_runs_backwards_grants_nothing() {
        let limit = Limit::new(1000.0, 1);
        let (bucket, _) = Bucket::full(limit, Timestamp(5_000)).take(limit, Timestamp(5_000), 1);
        let (bucket, taken) = bucket.take(limit, Timestamp(1_000), 1);
        assert!(!taken);
        assert!(!bucket.take(limit, Timestamp(5_000), 1).1, "the past is not granted twice");
    }

    #[test]
    fn the_same_bucket_named_twice_is_taken_from_twice() {
        let mut store = Buckets::default();
        let takes = [take("a", 0.0, 1), take("a", 0.0, 1)];
        assert_eq!(take_from(&takes, 0, &mut store), empty(1));
    }

    #[test]
    fn a_request_counts_and_takes_or_does_neither() {
        const DAY: u64 = 86_400_000;
        let quota = |limit| Quota { limit, offset: 0, period: QuotaPeriod::Day };
        let effect = |limit, burst| TakeTokens {
            buckets: vec![take("a", 0.0, burst)],
            usage: Some(UsageTake { key: "p/k".into(), quota: Some(quota(limit)) }),
        };
        let mut store = Buckets::default();
        assert_eq!(take_all(&effect(2, 9), Timestamp(DAY), &mut store), Taken::All);
        assert_eq!(take_all(&effect(2, 0), Timestamp(DAY), &mut store), empty(0));
        assert_eq!(store.usage["p/k"].used(0..9), 1, "what finds no token does not count");
        assert_eq!(take_all(&effect(2, 9), Timestamp(2 * DAY - 1), &mut store), Taken::All);
        let left = store.by_key["a"];
        let exceeded = take_all(&effect(2, 9), Timestamp(2 * DAY - 1), &mut store);
        assert_eq!((exceeded, store.by_key["a"]), (Taken::QuotaExceeded, left));
        assert_eq!(take_all(&effect(2, 9), Timestamp(2 * DAY), &mut store), Taken::All);
        assert_eq!(take_all(&effect(0, 9), Timestamp(9 * DAY), &mut store), Taken::QuotaExceeded);
    }
}
