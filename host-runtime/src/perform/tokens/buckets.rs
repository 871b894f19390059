//! Millions of buckets in bounded memory, at a cost for each take that does not depend on how many
//! there are.

use gateway_core::bucket::{Bucket, Limit};
use gateway_core::message::Timestamp;

use super::names::{ByName, Name};

/// Maps that grow and are swept one at a time: what a single take waits for is a small one.
const SHARDS: usize = 1024;
/// Most buckets of a map: half of what a table of 32,768 places of 41 bytes holds, so that it never
/// grows beyond that. All maps together hold 14,680,064 buckets in at most 1.4 GB, less while they
/// are few.
const SHARD_BUCKETS_MAX: usize = 14_336;
/// So many takes at least sweep one map.
const TAKES_A_SWEEP_MIN: usize = 64;
/// So many buckets are looked at for each take, on average, however many there are: once all of them in
/// as many takes as a sixteenth of their number.
const SWEPT_A_TAKE: usize = 16;
/// What never refills.
const NEVER: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Buckets {
    shards: Vec<Shard>,
    kept: usize,
    /// The map that is swept next, and in how many takes.
    sweep: usize,
    sweep_in: usize,
    evicted: u64,
}

type Shard = ByName<Stored>;

#[derive(Debug)]
struct Stored {
    bucket: Bucket,
    full_at: u64,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            kept: 0,
            sweep: 0,
            sweep_in: TAKES_A_SWEEP_MIN,
            evicted: 0,
        }
    }
}

impl Buckets {
    pub(super) fn load(&self, name: Name) -> Option<Bucket> {
        self.shards[shard_of(name)].get(&name).map(|stored| stored.bucket)
    }

    /// Stores a bucket of this limit.
    pub(super) fn store(&mut self, name: Name, limit: Limit, bucket: Bucket) {
        let full_at = bucket.full_at(limit).map_or(NEVER, |at| at.0);
        let stored = Stored { bucket, full_at };
        let shard = &mut self.shards[shard_of(name)];
        if let Some(before) = shard.get_mut(&name) {
            *before = stored;
            return;
        }
        if shard.len() < SHARD_BUCKETS_MAX {
            self.kept += 1;
        } else if let Some(other) = shard.keys().next().copied() {
            // Any other: it starts full again, which errs by at most its burst.
            shard.remove(&other);
            self.evicted += 1;
            if self.evicted.is_power_of_two() {
                let (kept, evicted) = (self.kept, self.evicted);
                tracing::warn!(kept, evicted, "too many token buckets: some start full again");
            }
        }
        shard.insert(name, stored);
    }

    /// Once for each take. An absent bucket is a full one, so forgetting a full one changes nothing.
    pub(super) fn forget_full(&mut self, now: Timestamp) {
        self.sweep_in -= 1;
        if self.sweep_in > 0 {
            return;
        }
        self.sweep = (self.sweep + 1) % SHARDS;
        let shard = &mut self.shards[self.sweep];
        let before = shard.len();
        self.sweep_in = TAKES_A_SWEEP_MIN.max(before / SWEPT_A_TAKE);
        shard.retain(|_, stored| stored.full_at > now.0);
        self.kept -= before - shard.len();
        if shard.capacity() > 4 * shard.len().max(16) {
            shard.shrink_to(2 * shard.len());
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.kept
    }

    /// How many were forgotten that were not full.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }
}

fn shard_of(name: Name) -> usize {
    (name.other % SHARDS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left after one take.
    fn store(buckets: &mut Buckets, name: Name, rate: f64, now: u64) {
        let limit = Limit::new(rate, 2);
        let (bucket, _) = Bucket::full(limit, Timestamp(now)).take(limit, Timestamp(now), 1);
        buckets.store(name, limit, bucket);
    }

    /// A name that looks like a hash.
    fn name(number: u64) -> Name {
        let place = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Name { place, other: place.rotate_left(32) }
    }

    fn sweep_all(buckets: &mut Buckets, now: u64) {
        (0..SHARDS * TAKES_A_SWEEP_MIN).for_each(|_| buckets.forget_full(Timestamp(now)));
    }

    #[test]
    fn a_bucket_is_kept_until_it_is_full_again() {
        let mut buckets = Buckets::default();
        let (second, never) = (name(1), name(2));
        store(&mut buckets, second, 1.0, 1_000);
        store(&mut buckets, never, 0.0, 1_000);
        sweep_all(&mut buckets, 1_999);
        assert_eq!(buckets.len(), 2);
        sweep_all(&mut buckets, 2_000);
        assert_eq!((buckets.load(second), buckets.len()), (None, 1));
        assert!(buckets.load(never).is_some());
        sweep_all(&mut buckets, u64::MAX - 1);
        assert_eq!(buckets.len(), 1);
    }

    #[test]
    fn memory_that_a_rush_needed_is_given_back() {
        let mut buckets = Buckets::default();
        (0..200_000).for_each(|i| store(&mut buckets, name(i), 1.0, 0));
        let places = |buckets: &Buckets| buckets.shards.iter().map(Shard::capacity).sum::<usize>();
        assert!(places(&buckets) >= 200_000);
        sweep_all(&mut buckets, 5_000);
        assert_eq!(buckets.len(), 0);
        let left = places(&buckets);
        assert!(left < 16 * SHARDS, "{left} places are left");
    }

    #[test]
    fn beyond_the_bound_another_bucket_starts_full_again() {
        let mut buckets = Buckets::default();
        let shard = 7;
        let of_shard = |number| Name { other: shard as u64, ..name(number) };
        let full = SHARD_BUCKETS_MAX as u64;
        (0..full).for_each(|i| store(&mut buckets, of_shard(i), 0.0, 0));
        assert_eq!((buckets.len(), buckets.evicted()), (SHARD_BUCKETS_MAX, 0));
        store(&mut buckets, of_shard(full), 0.0, 0);
        assert_eq!((buckets.len(), buckets.evicted()), (SHARD_BUCKETS_MAX, 1));
        assert!(buckets.load(of_shard(full)).is_some());
        let table = buckets.shards[shard].capacity();
        assert!(table <= 2 * SHARD_BUCKETS_MAX, "the table has {table} places");
    }

    #[test]
    fn a_bucket_takes_the_room_that_the_bound_counts_on() {
        assert_eq!(size_of::<(Name, Stored)>(), 40);
    }
}
