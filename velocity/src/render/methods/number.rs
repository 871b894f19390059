//! `Integer`, `Long`, `Double`, `Boolean`, with the static methods that can be called on an instance.

use alloc::format;

use super::{Answer, failed, found, none};
use crate::Value;
use crate::render::Machine;

pub(super) fn call_integer(
    _machine: &mut Machine<'_>,
    number: i64,
    name: &str,
    arguments: &[Value],
) -> Answer {
    match (name, arguments) {
        ("intValue", []) => found(i64::from(number as i32)),
        ("longValue", []) => found(number),
        ("shortValue", []) => found(i64::from(number as i16)),
        ("byteValue", []) => found(i64::from(number as i8)),
        ("doubleValue" | "floatValue", []) => found(number as f64),
        ("parseInt" | "parseLong" | "valueOf" | "decode", [Value::String(text)]) => {
            parsed(text, 10)
        }
        ("parseInt" | "parseLong" | "valueOf", [Value::String(text), Value::Integer(radix)]) => {
            match u32::try_from(*radix) {
                Ok(radix @ 2..=36) => parsed(text, radix),
                _ => failed(format!("{radix} is no radix")),
            }
        }
        ("valueOf", [Value::Integer(other)]) => found(*other),
        ("toString", [Value::Integer(other)]) => found(format!("{other}")),
        ("toHexString", [Value::Integer(other)]) => found(match i32::try_from(*other) {
            Ok(other) => format!("{other:x}"),
            Err(_) => format!("{other:x}"),
        }),
        ("toBinaryString", [Value::Integer(other)]) => found(match i32::try_from(*other) {
            Ok(other) => format!("{other:b}"),
            Err(_) => format!("{other:b}"),
        }),
        ("toOctalString", [Value::Integer(other)]) => found(match i32::try_from(*other) {
            Ok(other) => format!("{other:o}"),
            Err(_) => format!("{other:o}"),
        }),
        ("compareTo", [Value::Integer(other)]) => found(number.cmp(other) as i64),
        ("compareTo", [_]) => another_class(),
        ("compare", [Value::Integer(a), Value::Integer(b)]) => found(a.cmp(b) as i64),
        ("max", [Value::Integer(a), Value::Integer(b)]) => found(*a.max(b)),
        ("min", [Value::Integer(a), Value::Integer(b)]) => found(*a.min(b)),
        ("sum", [Value::Integer(a), Value::Integer(b)]) => found(a.wrapping_add(*b)),
        ("signum", [Value::Integer(a)]) => found(a.signum()),
        _ => none(),
    }
}

pub(super) fn call_decimal(
    _machine: &mut Machine<'_>,
    number: f64,
    name: &str,
    arguments: &[Value],
) -> Answer {
    match (name, arguments) {
        // Casts as Java's: to the nearest of the type, NaN to 0.
        ("intValue", []) => found(i64::from(number as i32)),
        ("longValue", []) => found(number as i64),
        ("doubleValue" | "floatValue", []) => found(number),
        ("isNaN", []) => found(number.is_nan()),
        ("isInfinite", []) => found(number.is_infinite()),
        ("parseDouble" | "valueOf", [Value::String(text)]) => match text.trim().parse::<f64>() {
            Ok(number) => found(number),
            Err(_) => failed("the text is no number"),
        },
        ("compareTo", [Value::Decimal(other)]) => found(number.total_cmp(other) as i64),
        ("compareTo", [_]) => another_class(),
        ("compare", [Value::Decimal(a), Value::Decimal(b)]) => found(a.total_cmp(b) as i64),
        ("max", [Value::Decimal(a), Value::Decimal(b)]) => found(a.max(*b)),
        ("min", [Value::Decimal(a), Value::Decimal(b)]) => found(a.min(*b)),
        _ => none(),
    }
}

pub(super) fn call_bool(
    _machine: &mut Machine<'_>,
    value: bool,
    name: &str,
    arguments: &[Value],
) -> Answer {
    match (name, arguments) {
        ("booleanValue", []) => found(value),
        ("parseBoolean" | "valueOf", [Value::String(text)]) => {
            found(text.eq_ignore_ascii_case("true"))
        }
        ("valueOf", [Value::Bool(other)]) => found(*other),
        ("compareTo", [Value::Bool(other)]) => found(value.cmp(other) as i64),
        ("compareTo", [_]) => another_class(),
        _ => none(),
    }
}

/// `ClassCastException`; of null `NullPointerException`.
pub(super) fn another_class() -> Answer {
    failed("the argument is of another class")
}

fn parsed(text: &str, radix: u32) -> Answer {
    match i64::from_str_radix(text, radix) {
        Ok(number) => found(number),
        // What it is instead is the data's, which is nobody's business in a log.
        Err(_) => failed("the text is no integer"),
    }
}
