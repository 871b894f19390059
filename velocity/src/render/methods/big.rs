//! `BigInteger`, `BigDecimal`.

use super::integer::radix;
use super::number::another_class;
use super::{Answer, failed, found, none};
use crate::render::Machine;
use crate::value::Narrow;
use crate::{Big, RenderErrorKind, Value};

pub(super) fn call(
    machine: &mut Machine<'_>,
    number: &Big,
    name: &str,
    arguments: &[Value],
) -> Answer {
    machine.budget.calculate(number.size(), number.size())?;
    let made = match arguments {
        [] => match integer(number, name) {
            Some(integer) => return found(integer),
            None => number_of(number, name),
        },
        // As by Java's types: one class is not converted into the other.
        [Value::Big(other)] if number.is_decimal() == other.is_decimal() => {
            machine.budget.calculate(number.size(), other.size())?;
            if name == "compareTo" {
                return found(number.compare(other) as i32);
            }
            let is_division = matches!(name, "divide" | "remainder" | "mod");
            if is_division && (other.is_zero() || name == "mod" && other.signum() < 0) {
                return failed("the divisor is 0, or a modulus that is negative");
            }
            of_two(number, name, other)
        }
        [_] if name == "compareTo" => return another_class(),
        [other] if name == "valueOf" && !number.is_decimal() => other.as_long().map(Big::from),
        [Value::Integer(other)] if !number.is_decimal() => match (name, u32::try_from(*other)) {
            ("toString", _) => return found(number.in_radix(radix(*other))),
            ("pow", Ok(exponent)) => {
                Some(number.power(exponent).ok_or(RenderErrorKind::TooManyDigits)?)
            }
            ("pow", Err(_)) => return failed("the exponent is negative"),
            _ => None,
        },
        _ => None,
    };
    let Some(made) = made else {
        return match (name, arguments) {
            ("doubleValue", []) => found(number.text().parse::<f64>().unwrap_or(f64::NAN)),
            ("floatValue", []) => found(Narrow::Float(number.text().parse().unwrap_or(f32::NAN))),
            ("toPlainString", []) if number.is_decimal() => found(number.plain_text()),
            _ => none(),
        };
    };
    machine.budget.calculate(made.size(), made.size())?;
    Ok(Ok(machine.big(made)?))
}

fn integer(number: &Big, name: &str) -> Option<Value> {
    let low = || number.to_integer().low();
    Some(match name {
        "intValue" => Value::Integer(low() as i32),
        "longValue" => Value::Long(low()),
        "shortValue" => Narrow::Short(low() as i16).into(),
        "byteValue" => Narrow::Byte(low() as i8).into(),
        "signum" => Value::Integer(number.signum()),
        "scale" => Value::Integer(number.scale()? as i32),
        "bitCount" if !number.is_decimal() => Value::Integer(number.bit_count() as i32),
        "bitLength" if !number.is_decimal() => Value::Integer(number.bits() as i32),
        _ => return None,
    })
}

fn number_of(number: &Big, name: &str) -> Option<Big> {
    Some(match name {
        "abs" => number.absolute(),
        "negate" => number.negated(),
        "unscaledValue" if number.is_decimal() => number.unscaled(),
        "toBigInteger" if number.is_decimal() => number.to_integer(),
        _ => return None,
    })
}

fn of_two(number: &Big, name: &str, other: &Big) -> Option<Big> {
    Some(match name {
        "add" => number.plus(other),
        "subtract" => number.plus(&other.negated()),
        "multiply" => number.times(other),
        "max" if number.compare(other).is_lt() => other.clone(),
        "min" if number.compare(other).is_gt() => other.clone(),
        "max" | "min" => number.clone(),
        "divide" if !number.is_decimal() => number.divided(other).0,
        "remainder" if !number.is_decimal() => number.divided(other).1,
        "mod" if !number.is_decimal() => number.modulo(other)?,
        _ => return None,
    })
}
