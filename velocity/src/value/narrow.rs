//! Java's classes that no literal and no JSON has, and those of integers by their width.

use alloc::string::{String, ToString};

use super::Value;
use crate::java;

/// What `byteValue()`, `shortValue()`, `floatValue()` and `charAt(0)` return.
#[derive(Debug, Clone, Copy)]
pub enum Narrow {
    /// A `Byte`.
    Byte(i8),
    /// A `Short`.
    Short(i16),
    /// A `Float`.
    Float(f32),
    /// A `Character`: a unit of UTF-16.
    Character(u16),
}

impl Narrow {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Byte(number) => number.to_string(),
            Self::Short(number) => number.to_string(),
            Self::Float(number) => java::decimal_text(number),
            // So half of a pair is printed.
            Self::Character(unit) => char::from_u32(unit.into()).unwrap_or('?').into(),
        }
    }

    /// `hashCode`; with the class it tells one from all others.
    pub(crate) fn hash_code(self) -> i32 {
        match self {
            Self::Byte(number) => number.into(),
            Self::Short(number) => number.into(),
            Self::Float(number) => number.to_bits() as i32,
            Self::Character(unit) => unit.into(),
        }
    }

    /// `equals`
    pub(crate) fn is(self, other: Self) -> bool {
        core::mem::discriminant(&self) == core::mem::discriminant(&other)
            && self.hash_code() == other.hash_code()
    }
}

impl From<Narrow> for Value {
    fn from(value: Narrow) -> Self {
        Self::Narrow(value)
    }
}

/// A class of integers, from the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Byte,
    Short,
    Integer,
    Long,
}

impl Class {
    /// The class and the number of an integer.
    pub(crate) fn of(value: &Value) -> Option<(Self, i64)> {
        Some(match value {
            Value::Narrow(Narrow::Byte(number)) => (Self::Byte, (*number).into()),
            Value::Narrow(Narrow::Short(number)) => (Self::Short, (*number).into()),
            Value::Integer(number) => (Self::Integer, (*number).into()),
            Value::Long(number) => (Self::Long, *number),
            _ => return None,
        })
    }
    /// What a parameter of the type `int` takes.
    pub(crate) fn int_of(value: &Value) -> Option<i32> {
        Self::of(value).filter(|(class, _)| *class <= Self::Integer).map(|(_, int)| int as i32)
    }
    /// How many bits of 64 it does not have.
    pub(crate) fn unused(self) -> u32 {
        64 - (8 << self as u32)
    }
    /// The lowest bits, as a number of this class.
    pub(crate) fn made(self, bits: i64) -> Value {
        match self {
            Self::Byte => Narrow::Byte(bits as i8).into(),
            Self::Short => Narrow::Short(bits as i16).into(),
            Self::Integer => Value::Integer(bits as i32),
            Self::Long => Value::Long(bits),
        }
    }
    /// Whether it has this number.
    pub(crate) fn holds(self, number: i64) -> bool {
        number << self.unused() >> self.unused() == number
    }
    /// The number in this class, or in the next that holds it.
    pub(crate) fn holding(self, number: i64) -> Value {
        let wider = [Self::Byte, Self::Short, Self::Integer].into_iter();
        let class = wider.filter(|class| *class >= self).find(|class| class.holds(number));
        class.unwrap_or(Self::Long).made(number)
    }
}
