//! What Java does with numbers, hash codes and equality.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{Display, LowerExp, Write};

use crate::Value;

/// `Object.hashCode()`; of lists and maps it is not needed, since they are no keys.
pub(crate) fn hash_code(value: &Value) -> i32 {
    match value {
        Value::Bool(value) => {
            if *value {
                1231
            } else {
                1237
            }
        }
        Value::Integer(value) => *value,
        Value::Long(value) => (*value ^ (*value >> 32)) as i32,
        Value::Decimal(value) => {
            let bits = value.to_bits();
            (bits ^ (bits >> 32)) as i32
        }
        Value::Narrow(value) => value.hash_code(),
        Value::Big(value) => value.hash_code(),
        Value::String(text) => text
            .encode_utf16()
            .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit))),
        _ => 0,
    }
}

/// `equals` of what is no list and no map.
pub(crate) fn scalar_equals(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Long(a), Value::Long(b)) => a == b,
        // As `Double.equals`: NaN is itself, and 0.0 is not -0.0.
        (Value::Decimal(a), Value::Decimal(b)) => a.to_bits() == b.to_bits(),
        (Value::Narrow(a), Value::Narrow(b)) => a.is(*b),
        (Value::Big(a), Value::Big(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Block(a), Value::Block(b)) => a == b,
        (Value::Object(a), Value::Object(b)) => core::ptr::addr_eq(&raw const **a, &raw const **b),
        _ => false,
    }
}

/// `Double.toString`, `Float.toString`: plain from 10^-3 up to 10^7, else with an exponent; always a fraction.
///
/// The digits are the fewest that tell the number from its neighbours, as since Java 19. Before (JDK-4511638) a few numbers have more:
/// Java 17 prints 2e23 as `1.9999999999999998E23`. Which Java API Gateway runs on AWS does not say.
pub(crate) fn decimal_text<T: Copy + Into<f64> + Display + LowerExp>(value: T) -> String {
    let double: f64 = value.into();
    if double.is_nan() {
        return "NaN".into();
    }
    if double.is_infinite() {
        return if double > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let size = double.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

/// A string in quotes, with `/` escaped as json-smart does.
pub(crate) fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '/' => json.push_str("\\/"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => {
                let _ = write!(json, "\\u{:04X}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_printed_as_java_prints_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (2.0, "2.0"),
            (0.05, "0.05"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (1.5e300, "1.5E300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (2e23, "2.0E23"),
        ] {
            assert_eq!(decimal_text(value), text);
        }
    }

    #[test]
    fn hash_codes_are_javas() {
        for (value, hash) in [
            (Value::from("hello"), 99_162_322),
            (Value::from(""), 0),
            (Value::from("polygenelubricants"), i32::MIN),
            (Value::Integer(42), 42),
            (Value::Integer(-1), -1),
            (Value::Long(1 << 32), 1),
            (Value::Long(42), 42),
            (Value::Long(-1), 0),
            (Value::Long(i64::MIN), i32::MIN),
            (Value::Decimal(1.0), 1_072_693_248),
            (Value::Bool(true), 1231),
        ] {
            assert_eq!(hash_code(&value), hash, "{value:?}");
        }
    }
}
