//! `BigDecimal`: digits, some of them behind the point.

use alloc::string::{String, ToString};

use super::magnitude::Magnitude;
use super::{Big, magnitude};

impl Big {
    /// `new BigDecimal(double)`, which has every digit of the binary fraction; nothing for what is not finite.
    pub(crate) fn of_double(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let bits = value.to_bits();
        let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7ff) as i32);
        // Numbers whose exponent is 0 have no leading 1, and count as if it were 1.
        let significand = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        if significand == 0 {
            return Some(Self::new(false, Magnitude::new(), Some(0)));
        }
        let zeros = significand.trailing_zeros();
        let significand = magnitude::of(significand >> zeros);
        let exponent = exponent.max(1) - 1075 + zeros as i32;
        // n / 2^e is n * 5^e / 10^e.
        let factor = magnitude::power(&[if exponent < 0 { 5 } else { 2 }], exponent.unsigned_abs());
        let scale = exponent.min(0).unsigned_abs();
        Some(Self::new(value < 0.0, magnitude::multiply(&significand, &factor), Some(scale)))
    }

    /// The same number as a `BigDecimal`.
    pub(crate) fn to_decimal(&self) -> Self {
        Self { scale: self.scale.or(Some(0)), ..self.clone() }
    }
    /// The digits, as if there were no point.
    pub(crate) fn unscaled(&self) -> Self {
        Self { scale: None, ..self.clone() }
    }
    /// Without the fraction.
    pub(crate) fn to_integer(&self) -> Self {
        let unit = magnitude::power(&[10], self.scale.unwrap_or(0));
        let (whole, _) = magnitude::divide(&self.magnitude, &unit);
        Self::new(self.is_negative, whole, None)
    }

    /// With as many digits behind the point as before, and half of the last one rounded down
    /// (`BigDecimal.ROUND_HALF_DOWN`), by what is not 0.
    pub(crate) fn divided_to_scale(&self, by: &Self) -> Self {
        let unit = magnitude::power(&[10], by.scale.unwrap_or(0));
        let scaled = magnitude::multiply(&self.magnitude, &unit);
        let (mut quotient, mut rest) = magnitude::divide(&scaled, &by.magnitude);
        rest = magnitude::multiply(&rest, &[2]);
        if magnitude::compare(&rest, &by.magnitude).is_gt() {
            magnitude::add(&mut quotient, &[1]);
        }
        Self::new(self.is_negative != by.is_negative, quotient, self.scale)
    }

    /// Its digits with so many behind the point, which are no fewer than it has.
    pub(super) fn magnitude_at(&self, scale: Option<u32>) -> Magnitude {
        match scale.unwrap_or(0).saturating_sub(self.scale.unwrap_or(0)) {
            0 => self.magnitude.clone(),
            more => magnitude::multiply(&self.magnitude, &magnitude::power(&[10], more)),
        }
    }

    /// `toString`: with an exponent where more than five zeros follow the point.
    pub(crate) fn text(&self) -> String {
        let digits = magnitude::text(&self.magnitude, 10);
        let scale = self.scale.unwrap_or(0) as usize;
        if scale < digits.len() + 6 {
            return self.plain_text();
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if self.is_negative { "-" } else { "" };
        let exponent = (scale + 1 - digits.len()).to_string();
        [sign, first, point, rest, "E-", &exponent].concat()
    }

    /// `toPlainString`: without an exponent.
    pub(crate) fn plain_text(&self) -> String {
        let digits = magnitude::text(&self.magnitude, 10);
        let scale = self.scale.unwrap_or(0) as usize;
        let zeros = "0".repeat((scale + 1).saturating_sub(digits.len()));
        let digits = [&*zeros, &digits].concat();
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        let sign = if self.is_negative { "-" } else { "" };
        [sign, whole, point, fraction].concat()
    }
}
