//! Points in time as text: access logs, `Date` fields, ISO 8601. UTC alone, integers alone.

use alloc::{format, string::String};

use crate::message::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]; // 1970-01-01 was a Thursday
const DAY_MS: u64 = 86_400_000;
/// 9999-12-31: later than that, none of the forms has room for the year.
const DAY_MAX: u64 = 2_932_896;

/// The Common Log Format's time, as `$context.requestTime` has it: `21/Nov/2026:05:08:09 +0000`.
pub fn clf(at: Timestamp) -> String {
    let t = Civil::from(at);
    let (month, year) = (t.month_name(), t.year);
    format!("{:02}/{month}/{year:04}:{:02}:{:02}:{:02} +0000", t.day, t.hour, t.minute, t.second)
}

/// An HTTP date (IMF-fixdate, RFC 9110 §5.6.7): `Sat, 21 Nov 2026 05:08:09 GMT`.
pub fn http_date(at: Timestamp) -> String {
    let t = Civil::from(at);
    let (weekday, month, year) = (t.weekday, t.month_name(), t.year);
    format!(
        "{weekday}, {:02} {month} {year:04} {:02}:{:02}:{:02} GMT",
        t.day, t.hour, t.minute, t.second
    )
}

/// ISO 8601 with milliseconds (RFC 3339): `2026-11-21T05:08:09.120Z`.
pub fn iso8601(at: Timestamp) -> String {
    let t = Civil::from(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        t.year,
        t.month,
        t.day,
        t.hour,
        t.minute,
        t.second,
        at.0 % 1000
    )
}

/// As Java prints a date, and Cognito authorizers `exp` and `iat`: `Tue Jan 16 18:43:22 UTC 2018`.
pub fn java_date(at: Timestamp) -> String {
    let t = Civil::from(at);
    let (weekday, month, year) = (t.weekday, t.month_name(), t.year);
    format!(
        "{weekday} {month} {:02} {:02}:{:02}:{:02} UTC {year}",
        t.day, t.hour, t.minute, t.second
    )
}

/// A date and time of the proleptic Gregorian calendar.
struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    weekday: &'static str,
}

impl Civil {
    fn month_name(&self) -> &'static str {
        MONTHS[(self.month - 1) as usize]
    }
}

impl From<Timestamp> for Civil {
    fn from(at: Timestamp) -> Self {
        let (day, ms) = ((at.0 / DAY_MS).min(DAY_MAX), at.0 % DAY_MS);
        // A year that begins in March has its leap day at its end, so that a month's length does
        // not depend on the year; 719,468 days lie between 0000-03-01 and 1970-01-01.
        let days = day + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: ms / 3_600_000,
            minute: ms / 60_000 % 60,
            second: ms / 1_000 % 60,
            weekday: DAYS[(day % 7) as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_show_the_same_moment() {
        let at = Timestamp(1_795_237_689_120);
        assert_eq!(clf(at), "21/Nov/2026:05:08:09 +0000");
        assert_eq!(http_date(at), "Sat, 21 Nov 2026 05:08:09 GMT");
        assert_eq!(iso8601(at), "2026-11-21T05:08:09.120Z");
        assert_eq!(http_date(Timestamp(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
        // RFC 9110 §5.6.7's own example.
        assert_eq!(http_date(Timestamp(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn every_day_until_2500_follows_the_one_before() {
        let is_leap =
            |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for n in 0..193_600 {
            let t = Civil::from(Timestamp(n * DAY_MS + DAY_MS - 1));
            assert_eq!((t.year, t.month, t.day), (year, month, day), "day {n}");
            assert_eq!((t.hour, t.minute, t.second), (23, 59, 59));
            let length = match month {
                2 => 28 + u64::from(is_leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day == length) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn the_end_of_time_is_the_last_day_that_can_be_written() {
        assert_eq!(iso8601(Timestamp(u64::MAX)).len(), 24);
        assert!(clf(Timestamp(u64::MAX)).starts_with("31/Dec/9999:"));
    }
}
