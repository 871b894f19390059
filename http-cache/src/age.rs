//! Time, and how old a response is (RFC 9111 §4.2.3).

use crate::list::members;
use crate::{Fields, parse_date};

/// A moment: milliseconds since the beginning of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Milliseconds from an earlier moment; 0 where that is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The largest number of seconds that is told apart (RFC 9111 §1.2.2: "2147483648 (2^31)").
pub(crate) const SECONDS_MAX: u64 = 1 << 31;

/// Seconds as RFC 9111 §1.2.2 has them; more than can be told apart is the most that can.
pub(crate) fn delta_seconds(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let digits = text.iter().map(|digit| u64::from(digit - b'0'));
    is_number.then(|| digits.fold(0, |sum: u64, digit| (sum * 10 + digit).min(SECONDS_MAX)))
}

/// `corrected_initial_age`, milliseconds.
pub(crate) fn initial_age_ms(
    fields: &Fields,
    requested_at: Timestamp,
    received_at: Timestamp,
) -> u64 {
    let apparent = date(fields, received_at).map_or(0, |date| received_at.since(date));
    let delay = received_at.since(requested_at);
    apparent.max(age_s(fields) * 1000 + delay)
}

/// When the origin made the response, as far as it says so.
pub(crate) fn date(fields: &Fields, received_at: Timestamp) -> Option<Timestamp> {
    // Whole seconds: what was made in this second is not a fraction of one old.
    let rounded = |date: Timestamp| {
        let is_this_second = date.0 / 1000 == received_at.0 / 1000;
        if is_this_second { received_at } else { date }
    };
    fields.get("date").and_then(|value| parse_date(value, received_at)).map(rounded)
}

/// The value of `Age`. RFC 9111 §5.1: the first member where it is a list, and nothing where that is no
/// number of seconds.
pub(crate) fn age_s(fields: &Fields) -> u64 {
    members(fields, "age").next().and_then(delta_seconds).unwrap_or(0)
}
