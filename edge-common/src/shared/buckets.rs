//! Token buckets that instances share, by comparing and swapping what the core's own arithmetic makes of them.
//!
//! One key for each bucket (`edgeway.bucket.{digest}`), so as many as the definitions have limits, times the API keys of
//! plans. The account's limit that nobody has set is left to each instance: all requests would swap one value for it.

use gateway_core::bucket::{Bucket, BucketStore, BucketTake, Buckets, Limit, take_all};
use gateway_core::codec;
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::limits::{ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT};
use gateway_core::message::Timestamp;

use super::{Away, Swap, digest};

/// How often others may be quicker. Each time one of them has taken a token: an empty bucket is not swapped any more.
const ATTEMPTS: usize = 16;

/// Takes from every bucket, or from none; `own` has those of this instance alone.
///
/// A request that finds a bucket empty which had a token a moment ago has taken from those before it: no store swaps two
/// values at once.
///
/// # Errors
/// When the store does not answer, or others were quicker each time.
pub fn take(
    effect: &TakeTokens,
    now: Timestamp,
    store: &impl Swap,
    own: &mut Buckets,
) -> Result<Taken, Away> {
    let mut taken_already = Vec::new();
    for _ in 0..ATTEMPTS {
        let left = effect.buckets.iter().filter(|take| !taken_already.contains(&take.key));
        let left = TakeTokens { buckets: left.cloned().collect(), usage: None };
        let (seen, mut buckets) = see(&left.buckets, store, own)?;
        let taken = take_all(&left, now, &mut buckets);
        if let Taken::None { empty, retry_after_ms } = taken {
            let empty = place(effect, &left.buckets[empty as usize]);
            return Ok(Taken::None { empty, retry_after_ms });
        }
        if swap_all(seen, &buckets, store, &mut taken_already)? {
            own.by_key
                .extend(buckets.by_key.into_iter().filter(|(key, _)| is_own_key(effect, key)));
            return Ok(Taken::All);
        }
    }
    Err(Away("other instances took from the same bucket each time".into()))
}

type Seen<S> = Vec<(String, <S as Swap>::Seen)>;

fn see<S: Swap>(
    takes: &[BucketTake],
    store: &S,
    own: &Buckets,
) -> Result<(Seen<S>, Buckets), Away> {
    let (mut seen, mut buckets) = (Vec::new(), Buckets::default());
    for take in takes {
        if is_own(take) {
            buckets.by_key.extend(own.load(&take.key).map(|bucket| (take.key.clone(), bucket)));
        } else if seen.iter().all(|(key, _)| *key != take.key) {
            let (handle, value) = store.see(&name(&take.key))?;
            seen.push((take.key.clone(), handle));
            // What is no bucket is as good as none: a full one.
            let bucket = value.and_then(|value| codec::decode::<Bucket>(&value).ok());
            buckets.by_key.extend(bucket.map(|bucket| (take.key.clone(), bucket)));
        }
    }
    Ok((seen, buckets))
}

/// Tells whether nobody was quicker; those that were swapped are not taken from again.
fn swap_all<S: Swap>(
    seen: Seen<S>,
    buckets: &Buckets,
    store: &S,
    taken_already: &mut Vec<String>,
) -> Result<bool, Away> {
    for (key, handle) in seen {
        let Some(bucket) = buckets.by_key.get(&key) else { continue };
        if !store.swap(handle, &codec::encode(bucket))? {
            return Ok(false);
        }
        taken_already.push(key);
    }
    Ok(true)
}

/// Whether each instance grants all of it: the account's limit, where nobody has set another.
fn is_own(take: &BucketTake) -> bool {
    take.key == "account" && take.limit == Limit::new(ACCOUNT_RATE_DEFAULT, ACCOUNT_BURST_DEFAULT)
}

fn is_own_key(effect: &TakeTokens, key: &str) -> bool {
    effect.buckets.iter().any(|take| take.key == key && is_own(take))
}

fn place(effect: &TakeTokens, wanted: &BucketTake) -> u32 {
    effect.buckets.iter().position(|take| take == wanted).unwrap_or_default() as u32
}

fn name(key: &str) -> String {
    format!("edgeway.bucket.{}", digest(key))
}
