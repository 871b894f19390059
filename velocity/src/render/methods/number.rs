//! `Double`, `Float`, `Boolean`, with the static methods that can be called on an instance.

use super::{Answer, failed, found, none};
use crate::render::arithmetic::{double, float};
use crate::value::Narrow;
use crate::{Value, java};

/// Calls a method of a `Double`, or of a `Float`.
pub(super) fn call_decimal(number: f64, is_float: bool, name: &str, arguments: &[Value]) -> Answer {
    let own = |number: f64| match is_float {
        true => Narrow::Float(number as f32).into(),
        false => Value::Decimal(number),
    };
    // A parameter of the type `double` takes a `Float` too, and both take integers.
    let parameter = |value| if is_float { float(value).map(f64::from) } else { double(value) };
    match (name, arguments) {
        // Casts as Java's: to the nearest of the type, NaN to 0.
        ("intValue", []) => found(number as i32),
        ("longValue", []) => found(number as i64),
        ("shortValue", []) => found(Narrow::Short(number as i32 as i16)),
        ("byteValue", []) => found(Narrow::Byte(number as i32 as i8)),
        ("doubleValue", []) => found(number),
        ("floatValue", []) => found(Narrow::Float(number as f32)),
        ("isNaN", []) => found(number.is_nan()),
        ("isInfinite", []) => found(number.is_infinite()),
        ("valueOf", [Value::String(text)]) => parse(text, is_float).map_or_else(no_number, found),
        ("parseDouble", [Value::String(text)]) if !is_float => {
            parse(text, false).map_or_else(no_number, found)
        }
        ("parseFloat", [Value::String(text)]) if is_float => {
            parse(text, true).map_or_else(no_number, found)
        }
        ("compareTo", [other @ Value::Decimal(_)]) if !is_float => compare(number, double(other)),
        ("compareTo", [other @ Value::Narrow(Narrow::Float(_))]) if is_float => {
            compare(number, double(other))
        }
        ("compareTo", [_]) => another_class(),
        (_, [a]) => match (name, parameter(a).map(own)) {
            ("valueOf", Some(a)) => found(a),
            ("hashCode", Some(a)) => found(java::hash_code(&a)),
            ("toString", Some(a)) => found(crate::value::scalar_text(&a)),
            ("isNaN", Some(a)) => found(double(&a).is_some_and(f64::is_nan)),
            ("isInfinite", Some(a)) => found(double(&a).is_some_and(f64::is_infinite)),
            _ => none(),
        },
        (_, [a, b]) => match (name, parameter(a).zip(parameter(b))) {
            ("compare", Some((a, b))) => compare(a, Some(b)),
            ("max", Some((a, b))) => found(own(a.max(b))),
            ("min", Some((a, b))) => found(own(a.min(b))),
            ("sum", Some((a, b))) => found(own(a + b)),
            _ => none(),
        },
        _ => none(),
    }
}

fn compare(a: f64, b: Option<f64>) -> Answer {
    b.map_or_else(none, |b| found(a.total_cmp(&b) as i32))
}

/// A number as Java writes and reads it: perhaps with the letter of its type behind it.
fn parse(text: &str, is_float: bool) -> Option<Value> {
    let text = text.trim_matches(|c| c <= ' ');
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let unsigned = text.trim_start_matches(['+', '-']);
    let text = match unsigned {
        // Rust reads other spellings of these too.
        "NaN" | "Infinity" => text,
        _ if digits.ends_with(|c: char| c.is_ascii_digit() || c == '.') => digits,
        _ => return None,
    };
    match is_float {
        true => text.parse().ok().map(|number| Narrow::Float(number).into()),
        false => text.parse().ok().map(Value::Decimal),
    }
}

fn no_number() -> Answer {
    failed("the text is no number")
}

pub(super) fn call_bool(value: bool, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("booleanValue", []) => found(value),
        ("parseBoolean" | "valueOf", [Value::String(text)]) => {
            found(text.eq_ignore_ascii_case("true"))
        }
        ("parseBoolean" | "valueOf", [Value::Null]) => found(false),
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
