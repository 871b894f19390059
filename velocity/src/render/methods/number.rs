//! `Double`, `Boolean`, with the static methods that can be called on an instance.

use super::{Answer, failed, found, none};
use crate::render::arithmetic::double;
use crate::{Value, java};

pub(super) fn call_decimal(number: f64, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        // Casts as Java's: to the nearest of the type, NaN to 0.
        ("intValue", []) => found(number as i32),
        ("longValue", []) => found(number as i64),
        ("shortValue", []) => found(i32::from(number as i32 as i16)),
        ("byteValue", []) => found(i32::from(number as i32 as i8)),
        ("doubleValue" | "floatValue", []) => found(number),
        ("isNaN", []) => found(number.is_nan()),
        ("isInfinite", []) => found(number.is_infinite()),
        ("parseDouble" | "valueOf", [Value::String(text)]) => match text.trim().parse::<f64>() {
            Ok(number) => found(number),
            Err(_) => failed("the text is no number"),
        },
        ("compareTo", [Value::Decimal(other)]) => found(number.total_cmp(other) as i32),
        ("compareTo", [_]) => another_class(),
        // A parameter of the type `double` takes integers too.
        (_, [a]) => double(a).map_or_else(none, |a| of_one(name, a)),
        (_, [a, b]) => double(a).zip(double(b)).map_or_else(none, |(a, b)| of_two(name, a, b)),
        _ => none(),
    }
}

fn of_one(name: &str, a: f64) -> Answer {
    match name {
        "valueOf" => found(a),
        "toString" => found(java::double_text(a)),
        "hashCode" => found(java::hash_code(&a.into())),
        "isNaN" => found(a.is_nan()),
        "isInfinite" => found(a.is_infinite()),
        _ => none(),
    }
}

fn of_two(name: &str, a: f64, b: f64) -> Answer {
    match name {
        "compare" => found(a.total_cmp(&b) as i32),
        "max" => found(a.max(b)),
        "min" => found(a.min(b)),
        "sum" => found(a + b),
        _ => none(),
    }
}

pub(super) fn call_bool(value: bool, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("booleanValue", []) => found(value),
        ("parseBoolean" | "valueOf", [Value::String(text)]) => {
            found(text.eq_ignore_ascii_case("true"))
        }
        ("valueOf", [Value::Bool(other)]) => found(*other),
        ("toString", [Value::Bool(other)]) => found(if *other { "true" } else { "false" }),
        ("hashCode", [other @ Value::Bool(_)]) => found(java::hash_code(other)),
        ("compareTo", [Value::Bool(other)]) => found(value.cmp(other) as i32),
        ("compareTo", [_]) => another_class(),
        _ => none(),
    }
}

/// `ClassCastException`; of null `NullPointerException`.
pub(super) fn another_class() -> Answer {
    failed("the argument is of another class")
}
