//! Numbers, as Velocity's `MathUtils` treats Java's.

use alloc::string::ToString;

use super::Outcome;
use crate::ast::Operator;
use crate::{RenderErrorKind, Value};

/// -1, 0 or 1 for two numbers; NaN is greater than everything.
pub(super) fn compare(left: &Value, right: &Value) -> Option<i8> {
    let (less, equal) = match (left, right) {
        (Value::Integer(a), Value::Integer(b)) => (a < b, a == b),
        _ => {
            let (a, b) = (double(left)?, double(right)?);
            (a < b, a == b)
        }
    };
    Some(if less { -1 } else { i8::from(!equal) })
}

/// A number of two numbers; null for anything else, and for a division by zero.
pub(super) fn calculate(operator: Operator, left: &Value, right: &Value) -> Outcome<Value> {
    if let (Value::Integer(a), Value::Integer(b)) = (left, right) {
        return integers(operator, *a, *b);
    }
    let (Some(a), Some(b)) = (double(left), double(right)) else { return Ok(Value::Null) };
    Ok(Value::Decimal(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::Modulus if b == 0.0 => return Ok(Value::Null),
        Operator::Divide => a / b,
        Operator::Modulus => a % b,
        _ => return Ok(Value::Null),
    }))
}

fn integers(operator: Operator, a: i64, b: i64) -> Outcome<Value> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Modulus if b == 0 => return Ok(Value::Null),
        Operator::Divide => Some(a.wrapping_div(b)),
        Operator::Modulus => Some(a.wrapping_rem(b)),
        _ => return Ok(Value::Null),
    };
    let beyond =
        || RenderErrorKind::Unsupported("integers beyond 64 bits are not supported".to_string());
    Ok(Value::Integer(result.ok_or_else(beyond)?))
}

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Decimal(value) => Some(*value),
        _ => None,
    }
}
