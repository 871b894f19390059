use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use gateway_core::bucket::{BucketTake, Buckets, Limit};
use gateway_core::definition::{Quota, QuotaPeriod};
use gateway_core::effect::{EffectError, FindKey, KeySource, TakeTokens, Taken};
use gateway_core::jwt::{Jwk, KeyMaterial};
use gateway_core::limits::{
    ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT, JWKS_REFRESH_FLOOR_MS, JWKS_STALE_MS_MAX,
    JWKS_TTL_MS,
};
use gateway_core::message::Timestamp;
use gateway_core::usage::UsageTake;

use super::places::Places;
use super::{Away, Store, Swap, buckets, issuers, quotas};

const DAY_MS: u64 = 86_400_000;

type Rival = Box<dyn Fn(&Memory)>;

/// A store in memory.
#[derive(Default)]
struct Memory {
    values: RefCell<BTreeMap<String, (u64, Vec<u8>)>>,
    counts: RefCell<BTreeMap<String, u64>>,
    is_away: Cell<bool>,
    /// What another instance does whenever this one has looked at a key.
    rival: RefCell<Option<Rival>>,
}

impl Memory {
    fn answer(&self) -> Result<(), Away> {
        if self.is_away.get() { Err(Away("away".into())) } else { Ok(()) }
    }

    fn swaps(&self) -> u64 {
        self.values.borrow().values().map(|(version, _)| version).sum()
    }
}

impl Store for Memory {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Away> {
        self.answer()?;
        Ok(self.values.borrow().get(key).map(|(_, value)| value.clone()))
    }
    fn set(&self, key: &str, value: &[u8]) -> Result<(), Away> {
        self.answer()?;
        self.values.borrow_mut().insert(key.into(), (0, value.into()));
        Ok(())
    }
    fn delete(&self, key: &str) -> Result<(), Away> {
        self.answer()?;
        self.counts.borrow_mut().remove(key);
        Ok(())
    }
    fn add(&self, key: &str, more: u32) -> Result<u64, Away> {
        self.answer()?;
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry(key.into()).or_default();
        *count += u64::from(more);
        Ok(*count)
    }
}

impl Swap for Memory {
    type Seen = (String, u64);
    fn see(&self, key: &str) -> Result<(Self::Seen, Option<Vec<u8>>), Away> {
        self.answer()?;
        let seen = self.values.borrow().get(key).cloned();
        let rival = self.rival.take();
        if let Some(rival) = &rival {
            rival(self);
        }
        self.rival.replace(rival);
        let version = seen.as_ref().map_or(0, |(version, _)| *version);
        Ok(((key.into(), version), seen.map(|(_, value)| value)))
    }
    fn swap(&self, (key, version): Self::Seen, value: &[u8]) -> Result<bool, Away> {
        self.answer()?;
        let mut values = self.values.borrow_mut();
        let is_as_seen = values.get(&key).map_or(0, |(version, _)| *version) == version;
        if is_as_seen {
            values.insert(key, (version + 1, value.into()));
        }
        Ok(is_as_seen)
    }
}

fn bucket(key: &str, rate: f64, burst: u32) -> BucketTake {
    BucketTake { key: key.into(), limit: Limit::new(rate, burst), cost: 1 }
}

fn tokens(buckets: &[BucketTake]) -> TakeTokens {
    TakeTokens { buckets: buckets.to_vec(), usage: None }
}

fn with_quota(limit: u32) -> TakeTokens {
    let quota = Some(Quota { limit, offset: 0, period: QuotaPeriod::Day });
    TakeTokens { buckets: Vec::new(), usage: Some(UsageTake { key: "p/k".into(), quota }) }
}

fn all(_: &TakeTokens) -> Result<Taken, Away> {
    Ok(Taken::All)
}

/// As an instance that has answered nothing yet.
fn take(effect: &TakeTokens, now: u64, store: &Memory) -> Result<Taken, Away> {
    buckets::take(effect, Timestamp(now), store, &mut Buckets::default())
}

#[test]
fn a_quota_is_counted_for_all_instances_and_whole_again_in_the_next_period() {
    let store = Memory::default();
    for (now, taken) in [
        (DAY_MS, Taken::All),
        (DAY_MS + 1, Taken::All),
        (DAY_MS + 2, Taken::QuotaExceeded),
        (2 * DAY_MS - 1, Taken::QuotaExceeded),
        (2 * DAY_MS, Taken::All),
    ] {
        assert_eq!(quotas::take(&with_quota(2), Timestamp(now), &store, all), Ok(taken), "{now}");
    }
}

#[test]
fn who_is_refused_by_a_quota_takes_no_tokens_and_who_is_throttled_uses_nothing() {
    let store = Memory::default();
    let refused = Taken::None { empty: 0, retry_after_ms: None };
    let empty = |_: &TakeTokens| Ok(refused);
    let at = Timestamp(DAY_MS);
    for _ in 0..9 {
        assert_eq!(quotas::take(&with_quota(1), at, &store, empty), Ok(refused));
    }
    assert_eq!(quotas::take(&with_quota(1), at, &store, all), Ok(Taken::All));
    let nobody = |_: &TakeTokens| panic!("tokens are taken");
    assert_eq!(quotas::take(&with_quota(1), at, &store, nobody), Ok(Taken::QuotaExceeded));
}

#[test]
fn requests_at_the_same_time_that_find_one_left_are_not_all_let_through() {
    let store = Memory::default();
    let at = Timestamp(DAY_MS);
    // Another instance counts its request after this one has looked.
    let meanwhile = |_: &TakeTokens| {
        assert_eq!(quotas::take(&with_quota(1), at, &store, all), Ok(Taken::All));
        Ok(Taken::All)
    };
    assert_eq!(quotas::take(&with_quota(1), at, &store, meanwhile), Ok(Taken::QuotaExceeded));
}

#[test]
fn counts_of_periods_before_the_last_are_removed() {
    let store = Memory::default();
    for day in 10..20 {
        assert_eq!(
            quotas::take(&with_quota(5), Timestamp(day * DAY_MS), &store, all),
            Ok(Taken::All)
        );
    }
    let counts = store.counts.borrow();
    let days: Vec<&str> = counts.keys().map(|key| key.split('.').nth(2).unwrap()).collect();
    assert_eq!(days, ["18", "19"]);
}

#[test]
fn a_store_that_is_away_counts_nothing_and_the_buckets_are_asked_all_the_same() {
    let store = Memory::default();
    store.is_away.set(true);
    let is_asked = Cell::new(false);
    let taken = quotas::take(&with_quota(0), Timestamp(0), &store, |_| {
        is_asked.set(true);
        Ok(Taken::All)
    });
    assert_eq!(taken, Err(EffectError::Unavailable("away".into())));
    assert!(is_asked.get());
}

#[test]
fn instances_that_know_nothing_of_each_other_take_from_one_bucket() {
    let store = Memory::default();
    let effect = tokens(&[bucket("a", 1.0, 3), bucket("b", 1.0, 2)]);
    for taken in [Taken::All, Taken::All, Taken::None { empty: 1, retry_after_ms: Some(1_000) }] {
        assert_eq!(take(&effect, 0, &store), Ok(taken));
    }
    assert_eq!(take(&effect, 1_000, &store), Ok(Taken::All));
    assert_eq!(store.swaps(), 6, "what is refused swaps nothing");
}

#[test]
fn what_another_instance_takes_meanwhile_is_seen() {
    let store = Memory::default();
    let effect = tokens(&[bucket("a", 0.0, 1)]);
    let others = effect.clone();
    store.rival.replace(Some(Box::new(move |store| {
        assert!(take(&others, 0, store).is_ok());
    })));
    assert_eq!(take(&effect, 0, &store), Ok(Taken::None { empty: 0, retry_after_ms: None }));
}

#[test]
fn no_more_is_granted_than_there_is_whoever_comes_between() {
    let store = Memory::default();
    let effect = tokens(&[bucket("a", 0.0, 10), bucket("b", 0.0, 12)]);
    let granted = std::rc::Rc::new(Cell::new(0));
    let (others, counted) = (effect.clone(), granted.clone());
    store.rival.replace(Some(Box::new(move |store| {
        let taken = take(&others, 0, store);
        counted.set(counted.get() + u32::from(taken == Ok(Taken::All)));
    })));
    for _ in 0..30 {
        let taken = take(&effect, 0, &store);
        granted.set(granted.get() + u32::from(taken == Ok(Taken::All)));
    }
    assert_eq!(granted.get(), 10);
}

#[test]
fn who_is_slower_than_others_each_time_says_so() {
    let store = Memory::default();
    let effect = tokens(&[bucket("a", 0.0, 1_000)]);
    let others = effect.clone();
    store.rival.replace(Some(Box::new(move |store| {
        let _ = take(&others, 0, store);
    })));
    assert!(take(&effect, 0, &store).unwrap_err().0.contains("each time"));
}

#[test]
fn the_limit_of_an_account_that_nobody_has_set_is_each_instances() {
    let store = Memory::default();
    let default = bucket("account", ACCOUNT_RATE_DEFAULT, ACCOUNT_BURST_DEFAULT);
    let mut own = Buckets::default();
    let effect = tokens(&[default, bucket("a", 1.0, 1)]);
    assert_eq!(buckets::take(&effect, Timestamp(0), &store, &mut own), Ok(Taken::All));
    assert_eq!((own.by_key.len(), store.swaps()), (1, 1));
    let set = tokens(&[bucket("account", 5.0, 1)]);
    assert_eq!(take(&set, 0, &store), Ok(Taken::All));
    assert_eq!(store.swaps(), 2);
}

#[test]
fn values_are_found_by_their_digest_for_their_time() {
    let store = Memory::default();
    let places = Places { kind: "k", count: 1, bytes_max: 3 };
    let (one, other) = ([1; 32], [2; 32]);
    let times = (Timestamp(5), Timestamp(9));
    places.keep(&one, vec![7; 3].into(), times, &store).unwrap();
    let find = |digest, now| places.find(digest, Timestamp(now), &store).unwrap();
    assert_eq!(find(&one, 8).map(|found| found.value), Some(vec![7; 3].into()));
    assert_eq!((find(&one, 9), find(&one, 4), find(&other, 8)), (None, None, None));
    places.keep(&one, vec![8; 4].into(), times, &store).unwrap();
    assert_eq!(find(&one, 8).map(|found| found.value), Some(vec![7; 3].into()), "too large");
    places.keep(&other, vec![9].into(), times, &store).unwrap();
    assert_eq!((find(&one, 8), store.values.borrow().len()), (None, 1), "places are bounded");
    store.set("edgeway.k.0", b"what nobody here has written").unwrap();
    assert_eq!(find(&other, 8), None);
}

fn keys(kids: &[&str]) -> Vec<Jwk> {
    let material = KeyMaterial::Ed25519 { x: vec![1; 32] };
    let key =
        |kid: &&str| Jwk { kid: Some((*kid).into()), algorithm: None, material: material.clone() };
    kids.iter().map(key).collect()
}

/// The keys that an instance has in the end, and whether it asked the issuer, who has the key `new` or is away.
fn fetch(kid: &str, now: u64, is_up: bool, store: &Memory) -> (Option<Vec<Jwk>>, bool) {
    let source = KeySource::Issuer("https://i".into());
    let find = FindKey { source, kid: Some(kid.into()) };
    let is_asked = Cell::new(false);
    let fetched = issuers::fetch(&find, None, Timestamp(now), store, || {
        is_asked.set(true);
        if is_up { Ok(keys(&["new"])) } else { Err(EffectError::TimedOut) }
    });
    (fetched.ok().map(|fetched| fetched.keys), is_asked.get())
}

#[test]
fn an_issuer_is_asked_once_for_all_instances() {
    let store = Memory::default();
    let new = || Some(keys(&["new"]));
    assert_eq!(fetch("new", 0, true, &store), (new(), true));
    assert_eq!(fetch("new", JWKS_TTL_MS - 1, true, &store), (new(), false));
    assert_eq!(fetch("new", JWKS_TTL_MS, true, &store), (new(), true));
    let now = JWKS_TTL_MS;
    assert_eq!(fetch("forged", now + JWKS_REFRESH_FLOOR_MS - 1, true, &store), (new(), false));
    assert_eq!(fetch("forged", now + JWKS_REFRESH_FLOOR_MS, true, &store), (new(), true));
}

#[test]
fn keys_of_yesterday_do_while_an_issuer_is_away_and_a_store_that_is_away_is_a_fetch() {
    let store = Memory::default();
    let new = || Some(keys(&["new"]));
    assert_eq!(fetch("new", 0, true, &store), (new(), true));
    assert_eq!(fetch("new", JWKS_STALE_MS_MAX - 1, false, &store), (new(), true));
    assert_eq!(fetch("new", JWKS_STALE_MS_MAX, false, &store), (None, true));
    store.is_away.set(true);
    assert_eq!(fetch("new", 1, true, &store), (new(), true));
}

#[test]
fn no_key_of_a_store_has_a_character_that_stores_refuse_or_tells_who_it_is_for() {
    let store = Memory::default();
    let effect = tokens(&[bucket("plan/p/secret{id}+ ~1é", 1.0, 3)]);
    take(&effect, 0, &store).unwrap();
    quotas::take(&with_quota(1), Timestamp(0), &store, all).unwrap();
    fetch("new", 0, true, &store);
    let (values, counts) = (store.values.borrow(), store.counts.borrow());
    for key in values.keys().chain(counts.keys()) {
        assert!(key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'), "{key}");
        assert!(!key.contains("secret") && key.len() < 128, "{key}");
    }
    // As `printf p/k | sha256sum` tells.
    let count =
        "edgeway.usage.0.1.bbe4c5636278682d2b3f60fd7a97a08bd9df9434659b3146e9c7c382bd57aec0";
    assert!(counts.contains_key(count), "{counts:?}");
}

#[test]
fn what_one_stage_keeps_has_all_places() {
    let store = Memory::default();
    let places = Places { kind: "k", count: 4_096, bytes_max: 9 };
    for n in 0..50 {
        let mut digest = [7; 32];
        digest[31] = n;
        let times = (Timestamp(0), Timestamp(9));
        places.keep(&digest, vec![n].into(), times, &store).unwrap();
    }
    assert_eq!(store.values.borrow().len(), 50);
}
