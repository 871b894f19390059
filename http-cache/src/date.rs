//! HTTP's dates (RFC 9110 §5.6.7): all three forms are read, the first is written.

use alloc::format;
use alloc::string::String;

use crate::Timestamp;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_S: u64 = 86_400;

/// A date, `None` for what is none: an unknown zone, another shape, a day that no month has, a year before 1970.
///
/// Two digits of a year are in RFC 850's form alone, and "more than 50 years in the future" is the last
/// year with the same digits: hence `now`. Letters are of either case, as many readers have them.
pub fn parse_date(text: &[u8], now: Timestamp) -> Option<Timestamp> {
    let text = core::str::from_utf8(text).ok().filter(|text| text.is_ascii())?;
    let (year, month, day, time) = match text.split_once(", ") {
        Some((name, rest)) if rest.as_bytes().get(2) == Some(&b'-') => rfc850(name, rest, now)?,
        Some((name, rest)) => fixed(name, rest)?,
        None => asctime(text)?,
    };
    let days = days_before(year, month) + u64::from(day) - 1;
    Some(Timestamp((days * DAY_S + seconds(time)?) * 1000))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
pub fn format_date(at: Timestamp) -> String {
    let seconds = at.0 / 1000;
    let (days, second) = (seconds / DAY_S, seconds % DAY_S);
    let (year, month, day) = civil(days);
    let (name, month) = (DAYS[(days % 7) as usize], MONTHS[month as usize]);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{name}, {day:02} {month} {year:04} {h:02}:{m:02}:{s:02} GMT")
}

/// Year, month and day, both from 1.
pub fn civil_date(at: Timestamp) -> (u64, u32, u32) {
    let (year, month, day) = civil(at.0 / 1000 / DAY_S);
    (year, month + 1, day)
}

type Parsed<'a> = (u64, u32, u32, &'a str);

/// `06 Nov 1994 08:49:37 GMT`
fn fixed<'a>(name: &str, rest: &'a str) -> Option<Parsed<'a>> {
    let parts = split::<5>(rest, ' ')?;
    let [day, month, year, time, zone] = parts;
    (is_one_of(name, &DAYS) && day.len() == 2 && year.len() == 4 && is_gmt(zone)).then_some(())?;
    checked(number(year)?, month_of(month)?, number(day)? as u32, time)
}

/// `06-Nov-94 08:49:37 GMT`, the day's name in full.
fn rfc850<'a>(name: &str, rest: &'a str, now: Timestamp) -> Option<Parsed<'a>> {
    let [date, time, zone] = split::<3>(rest, ' ')?;
    let [day, month, year] = split::<3>(date, '-')?;
    (name.len() > 3 && day.len() == 2 && year.len() == 2 && is_gmt(zone)).then_some(())?;
    let this = civil(now.0 / 1000 / DAY_S).0;
    let mut full = this / 100 * 100 + number(year)?;
    if full > this + 50 {
        full -= 100;
    } else if full + 50 <= this {
        full += 100;
    }
    checked(full, month_of(month)?, number(day)? as u32, time)
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(text: &str) -> Option<Parsed<'_>> {
    let (name, rest) = text.split_once(' ')?;
    let (month, rest) = rest.split_once(' ')?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let [day, time, year] = split::<3>(rest, ' ')?;
    (is_one_of(name, &DAYS) && year.len() == 4).then_some(())?;
    checked(number(year)?, month_of(month)?, number(day)? as u32, time)
}

fn checked(year: u64, month: u32, day: u32, time: &str) -> Option<Parsed<'_>> {
    let days = days_before(year, month + 1) - days_before(year, month);
    (year >= 1970 && day >= 1 && u64::from(day) <= days).then_some((year, month, day, time))
}

fn seconds(time: &str) -> Option<u64> {
    let [hour, minute, second] = split::<3>(time, ':')?;
    let two = |text: &str, max| number(text).filter(|n| text.len() == 2 && *n <= max);
    // A leap second is the last of its minute here.
    Some(two(hour, 23)? * 3600 + two(minute, 59)? * 60 + two(second, 60)?.min(59))
}

fn split<const N: usize>(text: &str, by: char) -> Option<[&str; N]> {
    let mut parts = text.split(by);
    let mut found = [""; N];
    for part in &mut found {
        *part = parts.next()?;
    }
    parts.next().is_none().then_some(found)
}

fn number(text: &str) -> Option<u64> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn is_gmt(zone: &str) -> bool {
    zone.eq_ignore_ascii_case("GMT")
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn month_of(name: &str) -> Option<u32> {
    MONTHS.iter().position(|one| one.eq_ignore_ascii_case(name)).map(|index| index as u32)
}

/// Days from 1970 to the first of a month; `month` counts from 0, and 12 is the next year's first.
fn days_before(year: u64, month: u32) -> u64 {
    const BEFORE: [u64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let year = year.max(1970);
    let in_years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    in_years + BEFORE[month as usize] + u64::from(month > 1 && is_leap(year))
}

/// The year, the month from 0, and the day of a day since 1970.
fn civil(days: u64) -> (u64, u32, u32) {
    let mut year = 1970 + days / 366;
    while days_before(year, 12) <= days {
        year += 1;
    }
    let month = (0..12).rev().find(|m| days_before(year, *m) <= days).unwrap_or(0);
    (year, month, (days - days_before(year, month) + 1) as u32)
}
