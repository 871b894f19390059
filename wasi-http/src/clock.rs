//! Time, and waiting for it.

use gateway_core::message::Timestamp;
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::io::poll::{Pollable, poll};

const NS_OF_MS: u64 = 1_000_000;

/// The time of day.
pub(crate) fn now() -> Timestamp {
    let now = wall_clock::now();
    Timestamp(now.seconds * 1_000 + u64::from(now.nanoseconds) / NS_OF_MS)
}

/// The time in ISO 8601's basic format: `20150830T123600Z`.
pub(crate) fn basic_date_time() -> String {
    let seconds = wall_clock::now().seconds;
    let (year, month, day) = date(seconds / 86_400);
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Year, month and day of a day since 1970, by the proleptic Gregorian calendar. Years are counted from March, so that
/// the day that some of them have more is their last.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let leap_days = day_of_era / 1_460 + day_of_era / (DAYS_OF_400_YEARS - 1);
    let year_of_era = (day_of_era + day_of_era / 36_524 - leap_days) / 365;
    let day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day_of_month)
}

/// A moment after which nobody waits any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(u64);

impl Deadline {
    /// So long after now.
    pub(crate) fn after_ms(ms: u32) -> Self {
        Self(monotonic_clock::now().saturating_add(u64::from(ms) * NS_OF_MS))
    }

    /// Waits until something is ready, and tells whether it is so before the moment.
    pub(crate) fn waits_for(self, pollable: &Pollable) -> bool {
        if pollable.ready() {
            return true;
        }
        let timer = monotonic_clock::subscribe_instant(self.0);
        poll(&[pollable, &timer]).contains(&0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (16_677, (2015, 8, 30)),
            (19_722, (2023, 12, 31)),
            (19_782, (2024, 2, 29)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }
}
