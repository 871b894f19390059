//! Buckets and counts in memory, which of them an object owns, and copies of those that it does not.
//!
//! A request asks one object, its home. The home owns the first of the request's buckets; of the
//! others (a method's for callers with a usage plan, the account's for everybody) it has copies. It
//! grants from its copies, and tells the owners at most some ten times a second what it has granted;
//! an owner takes that from its bucket, is owed what is not there, and answers with what is left.

use std::collections::BTreeMap;

use gateway_core::bucket::{Bucket, BucketStore, BucketTake};
use gateway_core::effect::TakeTokens;
use gateway_core::message::Timestamp;
use gateway_core::usage::Usage;

/// More buckets than this are swept of the full ones.
const BUCKETS_BEFORE_SWEEP: usize = 10_000;

/// The object that a request asks. A shard is one of many homes in place of one; a key's counts are
/// in one place whatever the shards.
pub(crate) fn home(take: &TakeTokens, shard: Option<u32>) -> String {
    let first = take.buckets.first().map_or("account", |take| owner(&take.key));
    match (&take.usage, shard) {
        (Some(usage), _) => ["plan/", &usage.key].concat(),
        (None, None) => first.to_owned(),
        (None, Some(shard)) => format!("{first}#{shard}"),
    }
}

/// The object whose bucket this is: all of a key's in one plan are together.
fn owner(key: &str) -> &str {
    if !key.starts_with("plan/") {
        return key;
    }
    key.match_indices('/').nth(2).map_or(key, |(end, _)| &key[..end])
}

/// Buckets in memory. A full one is forgotten: it is what an unknown one is.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    by_key: BTreeMap<String, Stored>,
    pub(crate) usage: BTreeMap<String, Usage>,
}

#[derive(Debug)]
struct Stored {
    bucket: Bucket,
    full_at: Option<Timestamp>,
}

impl BucketStore for Buckets {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.by_key.get(key).map(|stored| stored.bucket)
    }
    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        if self.by_key.len() >= BUCKETS_BEFORE_SWEEP {
            self.by_key.retain(|_, stored| stored.full_at.is_none_or(|at| at > bucket.at));
        }
        let full_at = bucket.full_at(take.limit);
        self.by_key.insert(take.key.clone(), Stored { bucket, full_at });
    }
    fn usage(&mut self, key: &str) -> &mut Usage {
        self.usage.entry(key.into()).or_default()
    }
}

/// What an object holds.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    /// The object's name, by which it knows what it owns.
    pub(crate) name: String,
    pub(crate) buckets: Buckets,
    /// What was granted from copies, and the owners do not know yet.
    untold: BTreeMap<String, BucketTake>,
}

impl BucketStore for Shard {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.buckets.load(key)
    }
    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        self.buckets.store(take, bucket);
        if owner(&take.key) != self.name {
            self.note(take);
        }
    }
    fn usage(&mut self, key: &str) -> &mut Usage {
        self.buckets.usage(key)
    }
}

impl Shard {
    fn note(&mut self, take: &BucketTake) {
        let untold = self
            .untold
            .entry(take.key.clone())
            .or_insert_with(|| BucketTake { cost: 0, ..take.clone() });
        untold.cost = untold.cost.saturating_add(take.cost);
        untold.limit = take.limit;
    }

    /// Whether owners are to be told something.
    pub(crate) fn owes(&self) -> bool {
        !self.untold.is_empty()
    }

    /// What is to be told, by owner.
    pub(crate) fn tell(&mut self) -> BTreeMap<String, Vec<BucketTake>> {
        let mut by_owner: BTreeMap<String, Vec<BucketTake>> = BTreeMap::new();
        for (key, take) in std::mem::take(&mut self.untold) {
            by_owner.entry(owner(&key).to_owned()).or_default().push(take);
        }
        by_owner
    }

    /// What an owner could not be told is told later.
    pub(crate) fn not_told(&mut self, takes: &[BucketTake]) {
        takes.iter().for_each(|take| self.note(take));
    }

    /// Makes copies of what an owner has answered, less what was granted meanwhile.
    pub(crate) fn told(&mut self, takes: &[BucketTake], left: &[Bucket], now: Timestamp) {
        for (take, bucket) in takes.iter().zip(left) {
            let meanwhile = self.untold.get(&take.key).map_or(0, |untold| untold.cost);
            self.buckets.store(take, bucket.charge(take.limit, now, meanwhile));
        }
    }

    /// As an owner: takes what others have granted, and tells what is left.
    pub(crate) fn settle(&mut self, takes: &[BucketTake], now: Timestamp) -> Vec<Bucket> {
        let settled = takes.iter().map(|take| {
            let bucket = self.buckets.load(&take.key);
            let bucket = bucket.unwrap_or_else(|| Bucket::full(take.limit, now));
            let bucket = bucket.charge(take.limit, now, take.cost);
            self.buckets.store(take, bucket);
            bucket
        });
        settled.collect()
    }
}

#[cfg(test)]
mod tests {
    use gateway_core::bucket::{Limit, take_all};
    use gateway_core::effect::Taken;
    use gateway_core::usage::UsageTake;

    use super::*;

    fn take(keys: &[(&str, f64, u32)], usage: Option<&str>) -> TakeTokens {
        let bucket = |&(key, rate, burst): &(&str, f64, u32)| BucketTake {
            key: key.into(),
            limit: Limit::new(rate, burst),
            cost: 1,
        };
        let usage = usage.map(|key| UsageTake { key: key.into(), quota: None });
        TakeTokens { buckets: keys.iter().map(bucket).collect(), usage }
    }
    fn shard(name: &str) -> Shard {
        Shard { name: name.into(), ..Shard::default() }
    }

    #[test]
    fn a_request_asks_the_object_of_its_key_or_of_its_method_or_of_the_account() {
        let (account, method) = (("account", 1.0, 1), ("stage/a/s/x/GET", 1.0, 1));
        let (plan, all) = (("plan/p/k/a/s/x/GET", 1.0, 1), ("plan/p/k", 1.0, 1));
        for (buckets, usage, shard, name) in [
            (&[account][..], None, None, "account"),
            (&[account], None, Some(3), "account#3"),
            (&[method, account], None, None, "stage/a/s/x/GET"),
            (&[method, account], None, Some(0), "stage/a/s/x/GET#0"),
            (&[plan, all, method, account], Some("p/k"), None, "plan/p/k"),
            (&[plan, all, method, account], Some("p/k"), Some(3), "plan/p/k"),
            (&[account], Some("p/k"), None, "plan/p/k"),
        ] {
            assert_eq!(home(&take(buckets, usage), shard), name);
        }
        assert_eq!([plan, all].map(|(key, ..)| owner(key)), ["plan/p/k"; 2]);
    }

    #[test]
    fn an_owner_hears_of_what_it_owns_and_of_nothing_else() {
        let mut home = shard("stage/a/s/x/GET");
        let both = take(&[("stage/a/s/x/GET", 1.0, 9), ("account", 1.0, 9)], None);
        (0..2).for_each(|_| assert_eq!(take_all(&both, Timestamp(0), &mut home), Taken::All));
        let told = home.tell();
        let [(owner, takes)] = &told.into_iter().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!(
            (owner.as_str(), takes[0].key.as_str(), takes[0].cost),
            ("account", "account", 2)
        );
        assert!(!home.owes());
        home.not_told(takes);
        assert!(home.owes(), "what an owner did not hear is told again");
    }

    #[test]
    fn many_homes_grant_together_what_the_account_has_over_time() {
        const HOMES: u64 = 5;
        let of = |home: u64| {
            take(&[(&format!("stage/{home}"), 1e6, 1_000_000), ("account", 100.0, 50)], None)
        };
        let mut homes: Vec<Shard> =
            (0..HOMES).map(|home| shard(&format!("stage/{home}"))).collect();
        let mut account = shard("account");
        let (mut granted, seconds) = (0_u64, 60_u64);
        for ms in 0..seconds * 1_000 {
            let now = Timestamp(ms);
            for (index, home) in homes.iter_mut().enumerate() {
                // Everybody always wants more, and settles every tenth of a second, in turns.
                let taken = take_all(&of(index as u64), now, home);
                granted += u64::from(taken == Taken::All);
                if ms % 100 == 20 * index as u64 {
                    for takes in home.tell().values() {
                        let left = account.settle(takes, now);
                        home.told(takes, &left, now);
                    }
                }
            }
        }
        let exact = 50 + 100 * seconds;
        // Each home once granted the whole burst before it knew of the others.
        assert!((exact..exact + 50 * HOMES).contains(&granted), "{granted} of {exact}");
    }

    #[test]
    fn what_was_granted_while_the_owner_answered_is_not_forgotten() {
        let (mut home, mut account) = (shard("stage/a"), shard("account"));
        let both = take(&[("stage/a", 0.0, 9), ("account", 0.0, 5)], None);
        let granted = |home: &mut Shard| take_all(&both, Timestamp(0), home) == Taken::All;
        assert!(granted(&mut home) && granted(&mut home));
        let told = home.tell();
        assert!(granted(&mut home), "while the message is on its way");
        let left = account.settle(&told["account"], Timestamp(0));
        home.told(&told["account"], &left, Timestamp(0));
        let more = (0..9).filter(|_| granted(&mut home)).count();
        assert_eq!(more, 2, "five together");
    }
}
