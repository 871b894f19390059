//! Quotas of usage plans, counted by a store for all instances: exactly, since it adds and tells the sum at once.
//!
//! A count is one key for each period (`edgeway.usage.{first day}.{day after}.{digest of usagePlanId/apiKeyId}`, days
//! since 1970-01-01 in UTC), and not one for each day as elsewhere: a plan whose period changes begins anew.

use gateway_core::definition::Quota;
use gateway_core::effect::{EffectError, TakeTokens, Taken};
use gateway_core::message::Timestamp;
use gateway_core::usage::{Day, day_of};

use super::{Away, Store, digest};

/// Takes from the buckets by `take_buckets`, and counts the request in its quota.
///
/// The count is looked at first, so that who has used all up takes nobody's tokens; and the request is counted last, so
/// that who is throttled has not used anything. Of requests at the same time that find one left, one is counted as the
/// last, and the others have taken their tokens for nothing.
///
/// # Errors
/// When the store does not answer. The buckets have granted the request then.
pub fn take(
    effect: &TakeTokens,
    now: Timestamp,
    store: &dyn Store,
    take_buckets: impl FnOnce(&TakeTokens) -> Result<Taken, Away>,
) -> Result<Taken, EffectError> {
    let usage = effect.usage.as_ref();
    let counted = usage.and_then(|usage| Some(Counted::of(&usage.key, usage.quota?, day_of(now))));
    let looked = counted.as_ref().map_or(Ok(false), |counted| counted.is_used_up(store));
    if looked == Ok(true) {
        return Ok(Taken::QuotaExceeded);
    }
    let buckets = TakeTokens { buckets: effect.buckets.clone(), usage: None };
    let taken = take_buckets(&buckets)?;
    looked?;
    match counted {
        Some(counted) if taken == Taken::All && !counted.count(store)? => Ok(Taken::QuotaExceeded),
        _ => Ok(taken),
    }
}

/// What one API key uses of one plan in one period.
struct Counted<'k> {
    key: &'k str,
    quota: Quota,
    today: Day,
}

impl<'k> Counted<'k> {
    fn of(key: &'k str, quota: Quota, today: Day) -> Self {
        Self { key, quota, today }
    }

    fn name(&self, day: Day) -> String {
        let period = self.quota.period_of(day);
        format!("edgeway.usage.{}.{}.{}", period.start, period.end, digest(self.key))
    }

    fn is_used_up(&self, store: &dyn Store) -> Result<bool, Away> {
        Ok(store.add(&self.name(self.today), 0)? >= u64::from(self.quota.limit))
    }

    /// Counts a request, and tells whether it is within the quota.
    fn count(&self, store: &dyn Store) -> Result<bool, Away> {
        let used = store.add(&self.name(self.today), 1)?;
        if used == 1 {
            self.forget_before_last(store);
        }
        Ok(used <= u64::from(self.quota.limit))
    }

    /// The last period's stays: a clock that is behind still counts in it. A count that was missed stays for ever, and
    /// is never read again.
    fn forget_before_last(&self, store: &dyn Store) {
        let start = |day| self.quota.period_of(day).start;
        let last = start(self.today).checked_sub(1).map(start);
        if let Some(before_last) = last.and_then(|last| last.checked_sub(1)) {
            let _ = store.delete(&self.name(before_last)); // a store that is away has it still
        }
    }
}
