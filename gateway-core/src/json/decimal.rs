//! Numbers by their exact value: Java compares `BigDecimal`s where JSON is filtered and validated.

use alloc::{string::ToString, vec::Vec};
use core::cmp::Ordering;

use super::Number;

/// 0.`digits` times ten to the `exponent`; no zeros around the digits, none at all for zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

/// Exponents beyond this are as good as this: no text that is read has so many digits.
const EXPONENT_MAX: i64 = 1_000_000_000_000_000;

impl Decimal {
    pub(crate) fn new(number: &Number) -> Self {
        match number.as_i64() {
            Some(value) => Self::from_text(&value.to_string()),
            None => Self::from_text(&number.text()),
        }
    }

    /// From the text of a JSON number.
    fn from_text(text: &str) -> Self {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let is_small = exponent.starts_with('-');
        let exponent = exponent.trim_start_matches(['+', '-']).parse().unwrap_or(EXPONENT_MAX);
        let exponent = exponent.min(EXPONENT_MAX);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> =
            whole.bytes().chain(fraction.bytes()).map(|b| b.wrapping_sub(b'0')).collect();
        let zeros = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..zeros);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Self { is_negative: false, digits, exponent: 0 };
        }
        let point = i64::try_from(whole.len()).unwrap_or(EXPONENT_MAX)
            - i64::try_from(zeros).unwrap_or(EXPONENT_MAX);
        let exponent = point + if is_small { -exponent } else { exponent };
        Self { is_negative, digits, exponent }
    }

    /// Its digits as an integer, and the power of ten that it is multiplied with.
    /// `None` with more than 18 digits.
    pub(crate) fn as_scaled(&self) -> Option<(u64, i64)> {
        let digits = (self.digits.len() <= 18).then_some(&self.digits)?;
        let integer = digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit));
        Some((integer, self.exponent - i64::try_from(digits.len()).ok()?))
    }

    /// Its value, where that is an integer whose magnitude is below `max`, which 18 digits hold.
    pub(crate) fn as_integer_below(&self, max: u64) -> Option<i64> {
        let (digits, power) = self.as_scaled()?;
        let tens = u32::try_from(power).ok()?;
        let magnitude = digits.checked_mul(10_u64.checked_pow(tens)?).filter(|m| *m < max)?;
        let magnitude = i64::try_from(magnitude).ok()?;
        Some(if self.is_negative { -magnitude } else { magnitude })
    }

    /// Writes bytes that only numbers of the same value have; its digits' are all below 0xff.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        // Most exponents are small: one byte for them leaves more digits to the first bytes.
        match i8::try_from(self.exponent).ok().filter(|e| (-60..60).contains(e)) {
            Some(exponent) => bytes.push(100_u8.saturating_add_signed(exponent)),
            None => {
                bytes.push(0);
                bytes.extend_from_slice(&self.exponent.to_be_bytes());
            }
        }
        // Two digits a byte; there are no zeros at the end, so that one more makes no difference.
        let pairs = self.digits.chunks(2);
        bytes.push(u8::from(self.is_negative));
        bytes.extend(pairs.map(|pair| pair[0] * 10 + pair.get(1).copied().unwrap_or(0)));
    }

    /// Whether it is a whole multiple of `divisor` times ten to the `power`; `divisor` is no multiple
    /// of ten, has no more than 18 digits, and is not zero.
    pub(crate) fn is_multiple_of(&self, divisor: u64, power: i64) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        let own = self.exponent - i64::try_from(self.digits.len()).unwrap_or(EXPONENT_MAX);
        // The last digit is not zero: this is no multiple of a higher power of ten.
        let Ok(shift) = u64::try_from(own - power) else { return false };
        // Ten times what 18 digits hold is no more than 64 bits hold.
        let remainder =
            self.digits.iter().fold(0, |r, digit| (r * 10 + u64::from(*digit)) % divisor);
        let (remainder, divisor) = (u128::from(remainder), u128::from(divisor));
        (remainder * power_modulo(10 % divisor, shift, divisor)).is_multiple_of(divisor)
    }
}

fn power_modulo(mut base: u128, mut exponent: u64, divisor: u128) -> u128 {
    let mut power = 1 % divisor;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power * base % divisor;
        }
        base = base * base % divisor;
        exponent >>= 1;
    }
    power
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |d: &Self| match (d.digits.is_empty(), d.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude =
                self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.is_negative { magnitude.reverse() } else { magnitude }
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares by value: `1` and `1.0` are equal.
pub(crate) fn compare(a: &Number, b: &Number) -> Ordering {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => Decimal::new(a).cmp(&Decimal::new(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::new(&Number::from_text(text).unwrap())
    }

    #[test]
    fn values_are_compared_not_texts() {
        for same in [&["1", "1.0", "10e-1", "0.1E1"][..], &["0", "-0", "0.0", "0e5"]] {
            for a in same {
                for b in same {
                    assert_eq!(decimal(a).cmp(&decimal(b)), Ordering::Equal, "{a} {b}");
                }
            }
        }
        let ascending = [
            "-1e999999999999999999999",
            "-10.5",
            "-10",
            "-0.001",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "1",
            "9007199254740993",
            "9007199254740993.5",
            "18446744073709551616",
            "1e400",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(decimal(pair[0]).cmp(&decimal(pair[1])), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (value, divisor, is_multiple) in [
            ("0", "0.01", true),
            ("4.02", "0.01", true),
            ("4.025", "0.01", false),
            ("0.0075", "0.0001", true),
            ("35", "1.5", false),
            ("4.5", "1.5", true),
            ("1e308", "7", false),
            ("7e308", "7", true),
            ("1e999999999999", "8", true),
            ("10", "20", false),
            ("123456789012345678901234567890", "10", true),
            ("-9", "3", true),
        ] {
            let (digits, power) = decimal(divisor).as_scaled().unwrap();
            assert_eq!(
                decimal(value).is_multiple_of(digits, power),
                is_multiple,
                "{value} {divisor}"
            );
        }
    }
}
