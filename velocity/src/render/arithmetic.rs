//! Numbers, as Velocity's `MathUtils` treats Java's.

use alloc::string::ToString;
use core::cmp::Ordering;

use super::{End, Machine, Outcome};
use crate::ast::Operator;
use crate::value::{Class, Narrow};
use crate::{Big, RenderErrorKind, Value};

impl Machine<'_> {
    /// How two numbers are ordered; NaN is greater than everything.
    pub(super) fn compare(&mut self, left: &Value, right: &Value) -> Outcome<Option<Ordering>> {
        if let (Some(a), Some(b)) = (left.as_long(), right.as_long()) {
            return Ok(Some(a.cmp(&b)));
        }
        if let Some((a, b)) = self.bigs(left, right)? {
            return Ok(Some(a.compare(&b)));
        }
        let Some((a, b, _)) = decimals(left, right) else { return Ok(None) };
        Ok(Some(a.partial_cmp(&b).unwrap_or(Ordering::Greater)))
    }

    /// A number of two numbers; null for anything else, and for a division by zero.
    pub(super) fn calculate(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
    ) -> Outcome<Value> {
        if let (Some((class, a)), Some((other, b))) = (Class::of(left), Class::of(right)) {
            return Ok(integers(operator, a, b, class.max(other)));
        }
        if let Some((a, b)) = self.bigs(left, right)? {
            let value = bigs(operator, &a, &b)?;
            return value.map_or(Ok(Value::Null), |value| self.big(value));
        }
        let Some((a, b, are_floats)) = decimals(left, right) else { return Ok(Value::Null) };
        let number = match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide | Operator::Modulus if b == 0.0 => return Ok(Value::Null),
            Operator::Divide => a / b,
            Operator::Modulus => a % b,
            _ => return Ok(Value::Null),
        };
        // A `double` has so many more digits that rounding twice is rounding once.
        Ok(if are_floats { Narrow::Float(number as f32).into() } else { Value::Decimal(number) })
    }

    /// What was calculated, if that is not too long.
    pub(super) fn big(&mut self, value: Big) -> Outcome<Value> {
        if value.is_too_long() {
            return Err(RenderErrorKind::TooManyDigits.into());
        }
        self.budget.allocate(4 * value.size())?;
        Ok(value.into())
    }

    /// Both numbers, where one of them is a `BigInteger` or a `BigDecimal`. With a double among them both are
    /// decimals, of which `toBigDecimal` makes other integers by way of doubles.
    fn bigs(&mut self, left: &Value, right: &Value) -> Outcome<Option<(Big, Big)>> {
        let is_big = |value: &Value| match value {
            Value::Big(_) => true,
            Value::Object(object) => object.is_number(),
            _ => false,
        };
        let is_number = |value| is_big(value) || double(value).is_some();
        if !(is_big(left) && is_number(right) || is_number(left) && is_big(right)) {
            return Ok(None);
        }
        let is_decimal = |value: &Value| match value {
            Value::Big(value) => value.is_decimal(),
            value => matches!(value, Value::Decimal(_) | Value::Narrow(Narrow::Float(_))),
        };
        let are_decimals = is_decimal(left) || is_decimal(right);
        let (left, right) = (big(left, are_decimals)?, big(right, are_decimals)?);
        self.budget.calculate(left.size(), right.size())?;
        Ok(Some((left, right)))
    }
}

fn big(value: &Value, is_decimal: bool) -> Outcome<Big> {
    let double = match value {
        Value::Big(value) if is_decimal => return Ok(value.to_decimal()),
        Value::Big(value) => return Ok(Big::clone(value)),
        value => match value.as_long() {
            Some(value) if !is_decimal => return Ok(value.into()),
            _ => double(value).ok_or(RenderErrorKind::TooManyDigits)?,
        },
    };
    Big::of_double(double).ok_or_else(|| failed("BigDecimal", "the number is infinite, or none"))
}

fn bigs(operator: Operator, a: &Big, b: &Big) -> Outcome<Option<Big>> {
    Ok(Some(match operator {
        Operator::Add => a.plus(b),
        Operator::Subtract => a.plus(&b.negated()),
        Operator::Multiply => a.times(b),
        Operator::Divide | Operator::Modulus if b.is_zero() => return Ok(None),
        Operator::Divide if a.is_decimal() => a.divided_to_scale(b),
        Operator::Divide => a.divided(b).0,
        Operator::Modulus if a.is_decimal() => {
            return Err(failed("%", "a BigDecimal has no modulo"));
        }
        Operator::Modulus => {
            a.modulo(b).ok_or_else(|| failed("%", "the modulus of a BigInteger is not positive"))?
        }
        _ => return Ok(None),
    }))
}

/// Velocity calculates with `long`s, and makes the wider class of both of it, or the next one that holds it.
fn integers(operator: Operator, a: i64, b: i64, class: Class) -> Value {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        // Velocity divides to see whether a product fits, and Java divides the least of all by -1 without a word.
        Operator::Multiply if (a, b) == (i64::MIN, -1) => Some(a),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Modulus if b == 0 => return Value::Null,
        Operator::Divide => Some(a.wrapping_div(b)),
        Operator::Modulus => Some(a.wrapping_rem(b)),
        _ => return Value::Null,
    };
    match result {
        Some(result) => class.holding(result),
        None => bigs(operator, &a.into(), &b.into()).ok().flatten().map_or(Value::Null, Into::into),
    }
}

/// Both numbers, and whether they are calculated with as `float`s: so they are where a `Float` meets no `Double`.
fn decimals(left: &Value, right: &Value) -> Option<(f64, f64, bool)> {
    match float(left).zip(float(right)) {
        Some((a, b)) => Some((a.into(), b.into(), true)),
        None => Some((double(left)?, double(right)?, false)),
    }
}

/// What a parameter of the type `double` takes.
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Decimal(value) => Some(*value),
        Value::Narrow(Narrow::Float(value)) => Some((*value).into()),
        _ => value.as_long().map(|value| value as f64),
    }
}

/// What a parameter of the type `float` takes.
pub(super) fn float(value: &Value) -> Option<f32> {
    match value {
        Value::Narrow(Narrow::Float(value)) => Some(*value),
        _ => value.as_long().map(|value| value as f32),
    }
}

/// Java's `ArithmeticException`, or `NumberFormatException`.
pub(super) fn failed(name: &str, message: &str) -> End {
    RenderErrorKind::Method { name: name.to_string(), message: message.to_string() }.into()
}
