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
    let mut text = String::with_capacity(26);
    push_two(&mut text, t.day);
    text.push('/');
    text.push_str(t.month_name());
    text.push('/');
    push_two(&mut text, t.year / 100);
    for (separator, number) in
        ["", ":", ":", ":"].into_iter().zip([t.year % 100, t.hour, t.minute, t.second])
    {
        text.push_str(separator);
        push_two(&mut text, number);
    }
    text.push_str(" +0000");
    text
}

/// Appends a number below 100 in two digits. Logs have a time in every line: `format!` is slow.
fn push_two(text: &mut String, number: u64) {
    let digit = |number: u64| char::from(b'0' + (number % 10) as u8);
    text.push(digit(number / 10));
    text.push(digit(number));
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

/// ISO 8601 without fraction, as `aws:CurrentTime` has it: `2026-11-21T05:08:09Z`.
pub fn iso8601_seconds(at: Timestamp) -> String {
    let text = iso8601(at);
    // The fraction is the last five characters: `.120Z`.
    format!("{}Z", &text[..text.len() - 5])
}

/// The basic form that signatures have: `20261121T050809Z`.
pub fn iso8601_basic(at: Timestamp) -> String {
    iso8601_seconds(at).chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// Reads ISO 8601 as W3C's note on date and time formats has it: a day, or a day and a time with
/// seconds and a fraction if need be, and `Z` or an offset. `None` for anything else, and for
/// times before 1970.
pub fn from_iso8601(text: &str) -> Option<Timestamp> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let [Some(year), Some(month), Some(day), None] = core::array::from_fn(|_| parts.next()) else {
        return None;
    };
    let day = day_number(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?)?;
    let ms = match time {
        Some(time) => day_ms(time)?,
        None => 0,
    };
    u64::try_from(i64::try_from(day * DAY_MS).ok()? + ms).ok().map(Timestamp)
}

/// Reads the basic form: `20261121T050809Z`.
pub fn from_iso8601_basic(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 || !text.is_ascii() {
        return None;
    }
    let day = day_number(digits(&date[..4], 4)?, digits(&date[4..6], 2)?, digits(&date[6..], 2)?)?;
    let seconds = seconds(digits(&time[..2], 2)?, digits(&time[2..4], 2)?, digits(&time[4..], 2)?)?;
    Some(Timestamp(day * DAY_MS + seconds * 1000))
}

/// Milliseconds of `05:08`, `05:08:09` or `05:08:09.12` with `Z` or an offset, in UTC.
fn day_ms(time: &str) -> Option<i64> {
    let (clock, offset_minutes) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let (clock, offset) = time.split_at_checked(time.len().checked_sub(6)?)?;
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
            match (offset.as_bytes()[0], i64::try_from(minutes).ok()?) {
                (_, 1_440..) => return None,
                (b'+', minutes) => (clock, minutes),
                (b'-', minutes) => (clock, -minutes),
                _ => return None,
            }
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let [Some(hour), Some(minute), second, None] = core::array::from_fn(|_| parts.next()) else {
        return None;
    };
    let seconds =
        seconds(digits(hour, 2)?, digits(minute, 2)?, digits(second.unwrap_or("00"), 2)?)?;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let ms = fraction
        .bytes()
        .chain([b'0'; 3])
        .take(3)
        .fold(0, |ms, digit| ms * 10 + u64::from(digit - b'0'));
    i64::try_from(seconds * 1000 + ms).ok().map(|ms| ms - offset_minutes * 60_000)
}

fn digits(text: &str, count: usize) -> Option<u64> {
    let is_number = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn seconds(hour: u64, minute: u64, second: u64) -> Option<u64> {
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// The day of the month, from 1, of a day since 1970-01-01.
pub(crate) fn day_of_month(day: u32) -> u32 {
    Civil::from(Timestamp(u64::from(day) * DAY_MS)).day as u32
}

/// Days since 1970-01-01, by the same calendar as [`Civil`].
fn day_number(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > length {
        return None;
    }
    let year = if month > 2 { year } else { year - 1 };
    let month_from_march = (month + 9) % 12;
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
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
    fn every_day_that_is_written_is_read_again() {
        for n in (0..200_000).chain([DAY_MAX]) {
            let at = Timestamp(n * DAY_MS + (n * 7_919_000) % DAY_MS);
            assert_eq!(from_iso8601(&iso8601(at)), Some(at));
            assert_eq!(from_iso8601(&iso8601_seconds(at)), Some(at));
            assert_eq!(from_iso8601_basic(&iso8601_basic(at)), Some(at));
        }
    }

    #[test]
    fn forms_of_iso_8601_are_read_and_others_are_not() {
        let noon = Some(Timestamp(1_440_936_000_000));
        for text in [
            "2015-08-30T12:00:00Z",
            "2015-08-30T12:00Z",
            "2015-08-30T14:00:00+02:00",
            "2015-08-30T10:30:00.000000-01:30",
        ] {
            assert_eq!(from_iso8601(text), noon, "{text}");
        }
        assert_eq!(from_iso8601("2015-08-30"), Some(Timestamp(1_440_892_800_000)));
        for text in [
            "",
            "2015",
            "2015-8-30",
            "2015-02-29",
            "2015-13-01",
            "2015-00-01",
            "2015-01-00",
            "2015-08-30T12:00:00",
            "2015-08-30T24:00:00Z",
            "2015-08-30T12:60Z",
            "2015-08-30T12Z",
            "2015-08-30T12:00:00.Z",
            "2015-08-30T12:00:00+24:00",
            "2015-08-30T12:00:00é00000",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "+015-08-30",
            "2015-08-30T1é",
        ] {
            assert_eq!(from_iso8601(text), None, "{text}");
        }
        for text in ["20150830T123600", "2015083T0123600Z", "20150830T1236000Z", "é0150830T12360Z"]
        {
            assert_eq!(from_iso8601_basic(text), None, "{text}");
        }
    }

    #[test]
    fn the_end_of_time_is_the_last_day_that_can_be_written() {
        assert_eq!(iso8601(Timestamp(u64::MAX)).len(), 24);
        assert!(clf(Timestamp(u64::MAX)).starts_with("31/Dec/9999:"));
    }
}
