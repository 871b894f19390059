//! What API keys have used of their plans, and the periods that quotas are counted in.
//!
//! Requests are counted by day (UTC). A quota's period is some whole days, so its count is a sum of
//! days: a plan whose period changes loses nothing, and a clock that runs backwards finds the
//! counts of the days that it shows again.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use serde::{Deserialize, Serialize};

use crate::definition::{Quota, QuotaPeriod};
use crate::limits::USAGE_DAYS_MAX;
use crate::message::Timestamp;
use crate::time::day_of_month;

const DAY_MS: u64 = 86_400_000;

/// A day of UTC: days since 1970-01-01.
pub type Day = u32;

/// The day of a point in time.
pub fn day_of(at: Timestamp) -> Day {
    u32::try_from(at.0 / DAY_MS).unwrap_or(u32::MAX)
}

impl Quota {
    /// How long it is until the next period begins.
    pub fn next_period_in_ms(&self, now: Timestamp) -> u64 {
        (u64::from(self.period_of(day_of(now)).end) * DAY_MS).saturating_sub(now.0)
    }

    /// The days of the period that a day is in.
    pub fn period_of(&self, day: Day) -> Range<Day> {
        let offset = u32::from(self.offset.min(self.period.offset_max()));
        match self.period {
            QuotaPeriod::Day => day..day.saturating_add(1),
            QuotaPeriod::Week => {
                // 1970-01-01 was a Thursday, four days after a Sunday.
                let weekday = (u64::from(day) + 4) % 7;
                let since = day.saturating_sub((weekday as u32 + 7 - offset) % 7);
                since..since.saturating_add(7)
            }
            QuotaPeriod::Month => {
                let (first, dom) = (offset + 1, day_of_month(day));
                let since = match dom.checked_sub(first) {
                    Some(past) => day - past,
                    None => {
                        // In the month before, whose last day this is; every month has 28 days.
                        let last = day.saturating_sub(dom);
                        last.saturating_sub(day_of_month(last).saturating_sub(first))
                    }
                };
                // 31 days later it is the same day of the next month, or up to three days later.
                let later = since.saturating_add(31);
                since..later.saturating_sub(day_of_month(later).saturating_sub(day_of_month(since)))
            }
        }
    }
}

/// What a key has used of a plan, by day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Days and requests, in the order of days, the last [`USAGE_DAYS_MAX`] of those with requests.
    days: Vec<(Day, u32)>,
}

impl Usage {
    /// What was counted before, in any order.
    pub fn from_days(mut days: Vec<(Day, u32)>) -> Self {
        days.sort_unstable();
        days.dedup_by_key(|(day, _)| *day);
        let surplus = days.len().saturating_sub(USAGE_DAYS_MAX);
        days.drain(..surplus);
        Self { days }
    }

    /// Days and requests, in the order of days.
    pub fn days(&self) -> &[(Day, u32)] {
        &self.days
    }

    /// Requests on some days.
    pub fn used(&self, days: Range<Day>) -> u64 {
        let latest_first = self.days.iter().rev().skip_while(|(day, _)| *day >= days.end);
        let within = latest_first.take_while(|(day, _)| *day >= days.start);
        within.map(|(_, used)| u64::from(*used)).sum()
    }

    /// What is left of a quota at the end of a day.
    pub fn remaining(&self, quota: &Quota, day: Day) -> u64 {
        let since = quota.period_of(day).start;
        u64::from(quota.limit).saturating_sub(self.used(since..day.saturating_add(1)))
    }

    /// Whether one more request is within the quota.
    pub fn admits(&self, quota: &Quota, day: Day) -> bool {
        self.used(quota.period_of(day)) < u64::from(quota.limit)
    }

    /// Counts a request.
    pub fn count(&mut self, day: Day) {
        match self.days.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(place) => self.days[place].1 = self.days[place].1.saturating_add(1),
            // Older than all that is remembered.
            Err(0) if self.days.len() >= USAGE_DAYS_MAX => {}
            Err(place) => {
                self.days.insert(place, (day, 1));
                let surplus = self.days.len().saturating_sub(USAGE_DAYS_MAX);
                self.days.drain(..surplus);
            }
        }
    }
}

/// The count of one key in one plan, as a part of a `TakeTokens` effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageTake {
    /// `{usagePlanId}/{apiKeyId}`
    pub key: String,
    /// The plan's quota. Without one the request is counted all the same, for reports.
    pub quota: Option<Quota>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_iso8601;

    fn day(text: &str) -> Day {
        day_of(from_iso8601(text).unwrap())
    }
    fn period(period: QuotaPeriod, offset: u8, of: &str) -> Range<Day> {
        Quota { limit: 1, offset, period }.period_of(day(of))
    }

    #[test]
    fn periods_begin_at_their_offset_and_have_no_gap() {
        use QuotaPeriod::{Day, Month, Week};
        for (kind, offset, of, from, to) in [
            (Day, 0, "2026-11-21", "2026-11-21", "2026-11-22"),
            // A Saturday; weeks begin on Sunday, or as many days later.
            (Week, 0, "2026-11-21", "2026-11-15", "2026-11-22"),
            (Week, 0, "2026-11-22", "2026-11-22", "2026-11-29"),
            (Week, 1, "2026-11-22", "2026-11-16", "2026-11-23"),
            (Week, 6, "2026-11-21", "2026-11-21", "2026-11-28"),
            (Month, 0, "2026-11-21", "2026-11-01", "2026-12-01"),
            (Month, 0, "2024-02-29", "2024-02-01", "2024-03-01"),
            (Month, 14, "2026-11-14", "2026-10-15", "2026-11-15"),
            (Month, 14, "2026-11-15", "2026-11-15", "2026-12-15"),
            (Month, 27, "2026-03-01", "2026-02-28", "2026-03-28"),
            (Month, 27, "2027-01-01", "2026-12-28", "2027-01-28"),
        ] {
            assert_eq!(period(kind, offset, of), day(from)..day(to), "{kind:?} {offset} {of}");
        }
        for (kind, offset) in [(Day, 0), (Week, 0), (Week, 3), (Month, 0), (Month, 9), (Month, 27)]
        {
            let quota = Quota { limit: 1, offset, period: kind };
            let (mut at, end) = (quota.period_of(day("2023-06-15")), day("2029-01-01"));
            while at.end < end {
                let next = quota.period_of(at.end);
                assert_eq!(next.start, at.end, "{kind:?} {offset}");
                assert!(at.clone().all(|day| quota.period_of(day) == at), "{kind:?} {offset}");
                at = next;
            }
        }
    }

    #[test]
    fn the_first_and_the_last_days_have_periods_too() {
        for kind in [QuotaPeriod::Day, QuotaPeriod::Week, QuotaPeriod::Month] {
            for day in [0, 1, u32::MAX - 1, u32::MAX] {
                let quota = Quota { limit: 1, offset: kind.offset_max(), period: kind };
                assert!(quota.period_of(day).start <= day);
            }
        }
    }

    #[test]
    fn a_quota_is_used_up_within_its_period_and_whole_in_the_next() {
        let quota = Quota { limit: 2, offset: 0, period: QuotaPeriod::Week };
        let mut usage = Usage::default();
        for text in ["2026-11-15", "2026-11-21"] {
            assert!(usage.admits(&quota, day(text)));
            usage.count(day(text));
        }
        assert!(!usage.admits(&quota, day("2026-11-21")));
        assert!(usage.admits(&quota, day("2026-11-22")));
        assert_eq!(usage.remaining(&quota, day("2026-11-20")), 1);
        assert_eq!(usage.remaining(&quota, day("2026-11-21")), 0);
        let month = Quota { period: QuotaPeriod::Month, ..quota };
        assert!(!usage.admits(&month, day("2026-11-22")), "a longer period counts what was before");
    }

    #[test]
    fn the_next_period_begins_at_a_midnight_of_utc() {
        let now = from_iso8601("2026-11-21T23:59:58Z").unwrap();
        for (period, ms) in [
            (QuotaPeriod::Day, 2_000),
            (QuotaPeriod::Week, 2_000),
            (QuotaPeriod::Month, 2_000 + 9 * DAY_MS),
        ] {
            assert_eq!(Quota { limit: 1, offset: 0, period }.next_period_in_ms(now), ms);
        }
    }

    #[test]
    fn a_clock_that_runs_backwards_grants_nothing() {
        let quota = Quota { limit: 1, offset: 0, period: QuotaPeriod::Day };
        let mut usage = Usage::default();
        usage.count(day("2026-11-21"));
        usage.count(day("2026-11-22"));
        assert!(!usage.admits(&quota, day("2026-11-21")));
    }

    #[test]
    fn as_many_days_are_remembered_as_reports_have() {
        let mut usage = Usage::default();
        (0..1_000).for_each(|day| usage.count(day));
        assert_eq!(usage.days.len(), USAGE_DAYS_MAX);
        assert_eq!(usage.used(0..2_000), USAGE_DAYS_MAX as u64);
        usage.count(5);
        assert_eq!(usage.used(0..2_000), USAGE_DAYS_MAX as u64, "what is forgotten stays so");
    }
}
