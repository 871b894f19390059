//! Numbers that no `long` and no `double` holds.

mod decimal;
mod magnitude;
#[cfg(test)]
mod tests;

use alloc::string::String;
use core::cmp::Ordering;

use crate::Bounds;
use magnitude::Magnitude;

/// Java's `BigInteger`; with a scale its `BigDecimal`, which is what Velocity makes of one and a `Double`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Big {
    /// Never of 0.
    is_negative: bool,
    magnitude: Magnitude,
    /// How many of the digits stand behind the point.
    scale: Option<u32>,
}

impl Big {
    fn new(is_negative: bool, magnitude: Magnitude, scale: Option<u32>) -> Self {
        Self { is_negative: is_negative && !magnitude.is_empty(), magnitude, scale }
    }

    /// A number as it is written: digits, perhaps with a sign before and a fraction behind them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        if whole.is_empty() || fraction == Some("") || digits.len() > Bounds::DIGITS_MAX {
            return None;
        }
        let scale = fraction.map(|fraction| fraction.len() as u32);
        let digits = [whole, fraction.unwrap_or_default()].concat();
        Some(Self::new(text.starts_with('-'), magnitude::parse(&digits)?, scale))
    }

    pub(crate) fn scale(&self) -> Option<u32> {
        self.scale
    }
    pub(crate) fn is_decimal(&self) -> bool {
        self.scale.is_some()
    }
    pub(crate) fn is_zero(&self) -> bool {
        self.magnitude.is_empty()
    }
    pub(crate) fn signum(&self) -> i32 {
        if self.is_negative { -1 } else { i32::from(!self.is_zero()) }
    }
    /// What it takes to calculate with it, in limbs.
    pub(crate) fn size(&self) -> usize {
        1 + self.magnitude.len() + self.scale.unwrap_or(0) as usize / 8
    }
    /// Whether it has so many digits that nothing can be calculated with it.
    pub(crate) fn is_too_long(&self) -> bool {
        // 1233 / 4096 is the logarithm of 2.
        let digits = magnitude::bits(&self.magnitude) * 1233 / 4096;
        digits.max(self.scale.unwrap_or(0) as usize) > Bounds::DIGITS_MAX
    }

    pub(crate) fn negated(&self) -> Self {
        Self::new(!self.is_negative, self.magnitude.clone(), self.scale)
    }
    pub(crate) fn absolute(&self) -> Self {
        Self::new(false, self.magnitude.clone(), self.scale)
    }
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let scale = self.scale.max(other.scale);
        let (mut sum, mut part) = (self.magnitude_at(scale), other.magnitude_at(scale));
        let mut is_negative = self.is_negative;
        if is_negative == other.is_negative {
            magnitude::add(&mut sum, &part);
        } else {
            if magnitude::compare(&sum, &part).is_lt() {
                core::mem::swap(&mut sum, &mut part);
                is_negative = !is_negative;
            }
            magnitude::subtract(&mut sum, &part);
        }
        Self::new(is_negative, sum, scale)
    }
    pub(crate) fn times(&self, other: &Self) -> Self {
        let scale = match (self.scale, other.scale) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        };
        let product = magnitude::multiply(&self.magnitude, &other.magnitude);
        Self::new(self.is_negative != other.is_negative, product, scale)
    }
    /// The quotient of integers and the rest, which has the sign of what is divided; by what is not 0.
    pub(crate) fn divided(&self, by: &Self) -> (Self, Self) {
        let (quotient, rest) = magnitude::divide(&self.magnitude, &by.magnitude);
        let is_negative = self.is_negative != by.is_negative;
        (Self::new(is_negative, quotient, None), Self::new(self.is_negative, rest, None))
    }
    /// `BigInteger.mod`, which is never negative; nothing where the modulus is not positive.
    pub(crate) fn modulo(&self, by: &Self) -> Option<Self> {
        if by.signum() < 1 {
            return None;
        }
        let (_, rest) = self.divided(by);
        Some(if rest.is_negative { rest.plus(by) } else { rest })
    }
    /// An integer's; nothing where it would be too long.
    pub(crate) fn power(&self, exponent: u32) -> Option<Self> {
        let bits = magnitude::bits(&self.magnitude).saturating_sub(1) as u64;
        // Half of the bits of a power's last square are spare.
        (bits * u64::from(exponent) <= Bounds::DIGITS_MAX as u64 * 4).then(|| {
            let power = magnitude::power(&self.magnitude, exponent);
            Self::new(self.is_negative && exponent & 1 == 1, power, None)
        })
    }

    /// `compareTo`: by value.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let by_sign = self.signum().cmp(&other.signum());
        if by_sign.is_ne() {
            return by_sign;
        }
        let by_size = magnitude::compare(&self.magnitude_at(scale), &other.magnitude_at(scale));
        if self.is_negative { by_size.reverse() } else { by_size }
    }

    /// `longValue`: the lowest bits, as of a number in two's complement.
    pub(crate) fn low(&self) -> i64 {
        let limb = |at| u64::from(self.magnitude.get(at).copied().unwrap_or(0));
        let low = (limb(1) << 32 | limb(0)) as i64;
        if self.is_negative { low.wrapping_neg() } else { low }
    }
    /// `bitLength`: of a number in two's complement, without the sign.
    pub(crate) fn bits(&self) -> usize {
        let bits = magnitude::bits(&self.magnitude);
        let ones: u32 = self.magnitude.iter().map(|limb| limb.count_ones()).sum();
        bits - usize::from(self.is_negative && ones == 1)
    }
    /// `bitCount`: the bits of a number in two's complement that are not as its sign.
    pub(crate) fn bit_count(&self) -> u32 {
        let ones = self.magnitude.iter().map(|limb| limb.count_ones()).sum::<u32>();
        if !self.is_negative {
            return ones;
        }
        let zeros = self.magnitude.iter().take_while(|limb| **limb == 0).count();
        let last = self.magnitude.get(zeros).map_or(0, |limb| limb.trailing_zeros());
        ones + zeros as u32 * 32 + last - 1
    }
    /// `hashCode`.
    pub(crate) fn hash_code(&self) -> i32 {
        let limbs = self.magnitude.iter().rev();
        let hash = limbs.fold(0_i32, |hash, limb| hash.wrapping_mul(31).wrapping_add(*limb as i32));
        let hash = if self.is_negative { hash.wrapping_neg() } else { hash };
        match self.scale {
            Some(scale) => hash.wrapping_mul(31).wrapping_add(scale as i32),
            None => hash,
        }
    }

    /// An integer in digits of a radix from 2 to 36.
    pub(crate) fn in_radix(&self, radix: u32) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        [sign, &magnitude::text(&self.magnitude, radix)].concat()
    }
}

impl From<u64> for Big {
    fn from(value: u64) -> Self {
        Self::new(false, magnitude::of(value), None)
    }
}

impl From<i64> for Big {
    fn from(value: i64) -> Self {
        Self::new(value < 0, magnitude::of(value.unsigned_abs()), None)
    }
}
