//! Natural numbers of any length: limbs of 32 bits, the least first, the last not 0.
//!
//! Everything is done as on paper. Numbers are short, and so is the code.

use alloc::{string::String, vec::Vec};
use core::cmp::Ordering;

pub(super) type Magnitude = Vec<u32>;

pub(super) fn of(mut number: u64) -> Magnitude {
    let mut limbs = Magnitude::new();
    while number > 0 {
        limbs.push(number as u32);
        number >>= 32;
    }
    limbs
}

/// Of decimal digits and nothing else.
pub(super) fn parse(digits: &str) -> Option<Magnitude> {
    let mut limbs = Magnitude::new();
    for chunk in digits.as_bytes().chunks(9) {
        let mut value = 0;
        for byte in chunk {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u32::from(byte - b'0');
        }
        times_plus(&mut limbs, 10_u32.pow(chunk.len() as u32), value);
    }
    Some(limbs)
}

/// In digits of a radix from 2 to 36.
pub(super) fn text(limbs: &[u32], radix: u32) -> String {
    // As many digits at once as a limb holds.
    let (mut chunk, mut width) = (radix, 1);
    while let Some(longer) = chunk.checked_mul(radix) {
        (chunk, width) = (longer, width + 1);
    }
    let mut rest = limbs.to_vec();
    let mut digits = Vec::new();
    while !rest.is_empty() {
        let mut value = divide_by(&mut rest, chunk);
        for _ in 0..width {
            digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(value % radix) as usize]);
            value /= radix;
        }
    }
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    if digits.is_empty() {
        digits.push(b'0');
    }
    digits.reverse();
    String::from_utf8(digits).unwrap_or_default()
}

pub(super) fn bits(limbs: &[u32]) -> usize {
    limbs.len() * 32 - limbs.last().map_or(0, |limb| limb.leading_zeros() as usize)
}

pub(super) fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

pub(super) fn add(a: &mut Magnitude, b: &[u32]) {
    a.resize(a.len().max(b.len()) + 1, 0);
    let mut carry = 0;
    for (at, limb) in a.iter_mut().enumerate() {
        carry += u64::from(*limb) + b.get(at).map_or(0, |limb| u64::from(*limb));
        *limb = carry as u32;
        carry >>= 32;
    }
    trim(a);
}

/// Takes off what is no greater.
pub(super) fn subtract(a: &mut Magnitude, b: &[u32]) {
    let mut borrowed = false;
    for (at, limb) in a.iter_mut().enumerate() {
        let (less, first) = limb.overflowing_sub(b.get(at).copied().unwrap_or(0));
        let (less, second) = less.overflowing_sub(u32::from(borrowed));
        (*limb, borrowed) = (less, first || second);
    }
    trim(a);
}

pub(super) fn multiply(a: &[u32], b: &[u32]) -> Magnitude {
    let mut product = Magnitude::new();
    for limb in b.iter().rev() {
        product.insert(0, 0);
        let mut part = a.to_vec();
        times_plus(&mut part, *limb, 0);
        add(&mut product, &part);
    }
    product
}

/// The quotient and the rest, bit by bit; the divisor is not 0.
pub(super) fn divide(a: &[u32], b: &[u32]) -> (Magnitude, Magnitude) {
    let mut quotient = Magnitude::new();
    let mut rest = Magnitude::new();
    for limb in a.iter().rev() {
        let mut quotient_limb = 0;
        for bit in (0..32).rev() {
            times_plus(&mut rest, 2, limb >> bit & 1);
            if compare(&rest, b).is_ge() {
                subtract(&mut rest, b);
                quotient_limb |= 1 << bit;
            }
        }
        quotient.insert(0, quotient_limb);
    }
    trim(&mut quotient);
    (quotient, rest)
}

pub(super) fn power(base: &[u32], mut exponent: u32) -> Magnitude {
    let (mut power, mut square) = (of(1), base.to_vec());
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = multiply(&power, &square);
        }
        exponent >>= 1;
        if exponent > 0 {
            square = multiply(&square, &square);
        }
    }
    power
}

fn times_plus(limbs: &mut Magnitude, factor: u32, addend: u32) {
    let mut carry = u64::from(addend);
    for limb in limbs.iter_mut() {
        carry += u64::from(*limb) * u64::from(factor);
        *limb = carry as u32;
        carry >>= 32;
    }
    limbs.push(carry as u32);
    trim(limbs);
}

/// Divides in place, and returns the rest.
fn divide_by(limbs: &mut Magnitude, divisor: u32) -> u32 {
    let mut rest = 0;
    for limb in limbs.iter_mut().rev() {
        let value = rest << 32 | u64::from(*limb);
        *limb = (value / u64::from(divisor)) as u32;
        rest = value % u64::from(divisor);
    }
    trim(limbs);
    rest as u32
}

fn trim(limbs: &mut Magnitude) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}
