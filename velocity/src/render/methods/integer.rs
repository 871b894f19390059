//! `Byte`, `Short`, `Integer` and `Long`: the same methods, each for numbers of its own width, with the static ones that can be called on
//! an instance.
//!
//! What takes an `int` takes no `Long`; what takes a `long` takes an `Integer` too, as by reflection.

use alloc::string::ToString;

use super::number::another_class;
use super::{Answer, failed, found, none};
use crate::value::{Class, Narrow};
use crate::{Big, Value, java};

impl Class {
    /// Calls a method of a number.
    pub(super) fn call(self, number: i64, name: &str, arguments: &[Value]) -> Answer {
        match arguments {
            [] => converted(number, name).map_or_else(none, found),
            [other] if name == "compareTo" => match Self::of(other) {
                Some((class, other)) if class == self => found(self.compared(number, other)),
                _ => another_class(),
            },
            [Value::String(text)] if name == "decode" => self.read(decoded(text)),
            [Value::String(text)] => self.parse(name, text, 10),
            [Value::String(text), Value::Integer(radix)] => self.parse(name, text, *radix),
            [a] => match self.parameter(a) {
                Some(a) => self.of_one(name, a).map_or_else(none, found),
                None => none(),
            },
            [a, b] => match self.parameter(a).zip(Self::of(b)) {
                Some((a, (class, b))) if class <= self.max(Self::Integer) => {
                    self.of_two(name, a, b, class)
                }
                _ => none(),
            },
            _ => none(),
        }
    }

    /// What a parameter of the class's primitive type takes.
    fn parameter(self, value: &Value) -> Option<i64> {
        Self::of(value).filter(|(class, _)| *class <= self).map(|(_, number)| number)
    }
    /// The same bits without a sign.
    pub(super) fn unsigned(self, number: i64) -> u64 {
        (number as u64) << self.unused() >> self.unused()
    }
    /// Narrow ones are subtracted.
    fn compared(self, a: i64, b: i64) -> i32 {
        if self < Self::Integer { (a - b) as i32 } else { a.cmp(&b) as i32 }
    }

    /// `valueOf`, `parseInt`, `parseLong`.
    fn parse(self, name: &str, text: &str, radix: i32) -> Answer {
        let is_unsigned = match (self, name) {
            (_, "valueOf")
            | (Self::Byte, "parseByte")
            | (Self::Short, "parseShort")
            | (Self::Integer, "parseInt")
            | (Self::Long, "parseLong") => false,
            (Self::Integer, "parseUnsignedInt") | (Self::Long, "parseUnsignedLong") => true,
            _ => return none(),
        };
        let Some(radix) = u32::try_from(radix).ok().filter(|radix| RADIXES.contains(radix)) else {
            return failed(["no radix: ", &radix.to_string()].concat());
        };
        if !is_unsigned {
            return self.read(i64::from_str_radix(text, radix).ok());
        }
        let bits = u64::from_str_radix(text, radix).ok().map(|bits| bits as i64);
        match bits.filter(|bits| self.unsigned(*bits) as i64 == *bits) {
            Some(bits) => found(self.made(bits)),
            None => self.read(None),
        }
    }

    /// What was read, if it fits; else `NumberFormatException`.
    fn read(self, number: Option<i64>) -> Answer {
        match number.filter(|number| self.holds(*number)) {
            Some(number) => found(self.made(number)),
            // What it is instead is the data's, which is nobody's business in a log.
            _ => failed("the text is no integer"),
        }
    }

    fn of_one(self, name: &str, a: i64) -> Option<Value> {
        let unsigned = self.unsigned(a);
        let digits = |radix| Some(Big::from(unsigned).in_radix(radix).into());
        let count = |bits: u32| Some(Value::Integer(bits as i32));
        match name {
            "valueOf" => Some(self.made(a)),
            "hashCode" => Some(java::hash_code(&self.made(a)).into()),
            "toString" => Some(a.to_string().into()),
            "toUnsignedInt" if self < Self::Integer => Some(Value::Integer(unsigned as i32)),
            "toUnsignedLong" if self < Self::Long => Some(Value::Long(unsigned as i64)),
            "reverseBytes" if self > Self::Byte => {
                Some(self.made((unsigned.swap_bytes() >> self.unused()) as i64))
            }
            _ if self < Self::Integer => None,
            "toUnsignedString" => digits(10),
            "toHexString" => digits(16),
            "toOctalString" => digits(8),
            "toBinaryString" => digits(2),
            "signum" => Some(Value::Integer(a.signum() as i32)),
            "bitCount" => count(unsigned.count_ones()),
            "numberOfLeadingZeros" => count(unsigned.leading_zeros() - self.unused()),
            "numberOfTrailingZeros" => count(unsigned.trailing_zeros().min(64 - self.unused())),
            "highestOneBit" => {
                Some(self.made(unsigned.checked_ilog2().map_or(0, |bit| 1_i64 << bit)))
            }
            "lowestOneBit" => Some(self.made(a & a.wrapping_neg())),
            "reverse" => Some(self.made((unsigned.reverse_bits() >> self.unused()) as i64)),
            _ => None,
        }
    }

    fn of_two(self, name: &str, a: i64, b: i64, class: Self) -> Answer {
        let (left, right) = (self.unsigned(a), self.unsigned(b));
        let is_int = class <= Self::Integer;
        found(match name {
            _ if self < Self::Integer && class > self => return none(),
            "compare" => Value::Integer(self.compared(a, b)),
            "compareUnsigned" if self < Self::Integer => {
                Value::Integer(self.compared(left as i64, right as i64))
            }
            "compareUnsigned" => Value::Integer(left.cmp(&right) as i32),
            _ if self < Self::Integer => return none(),
            "max" => self.made(a.max(b)),
            "min" => self.made(a.min(b)),
            "sum" => self.made(a.wrapping_add(b)),
            "divideUnsigned" | "remainderUnsigned" if right == 0 => return failed("/ by zero"),
            "divideUnsigned" => self.made((left / right) as i64),
            "remainderUnsigned" => self.made((left % right) as i64),
            // A radix, and by how many bits: `int`s.
            "toString" if is_int => Big::from(a).in_radix(radix(b as i32)).into(),
            "toUnsignedString" if is_int => Big::from(left).in_radix(radix(b as i32)).into(),
            "rotateLeft" if is_int => self.rotated(a, b as u32),
            "rotateRight" if is_int => self.rotated(a, (b as u32).wrapping_neg()),
            _ => return none(),
        })
    }

    fn rotated(self, number: i64, by: u32) -> Value {
        match self {
            Self::Long => Value::Long(number.rotate_left(by % 64)),
            _ => Value::Integer((number as i32).rotate_left(by % 32)),
        }
    }
}

const RADIXES: core::ops::RangeInclusive<u32> = 2..=36;

/// Where numbers are printed Java takes every radix that is none for ten.
pub(super) fn radix(radix: i32) -> u32 {
    u32::try_from(radix).ok().filter(|radix| RADIXES.contains(radix)).unwrap_or(10)
}

/// What every `Number` has: the lowest bits.
fn converted(number: i64, name: &str) -> Option<Value> {
    Some(match name {
        "intValue" => Value::Integer(number as i32),
        "longValue" => Value::Long(number),
        "shortValue" => Narrow::Short(number as i16).into(),
        "byteValue" => Narrow::Byte(number as i8).into(),
        "doubleValue" => Value::Decimal(number as f64),
        "floatValue" => Narrow::Float(number as f32).into(),
        _ => return None,
    })
}

/// `decode`: decimal, hexadecimal after `0x` or `#`, octal after `0`.
fn decoded(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = ["0x", "0X", "#"].iter().find_map(|prefix| digits.strip_prefix(prefix));
    let octal = digits.strip_prefix('0').filter(|digits| !digits.is_empty());
    let (digits, radix) = match (hexadecimal, octal) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(&[sign, digits].concat(), radix).ok()
}
