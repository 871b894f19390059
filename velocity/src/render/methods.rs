//! The methods of Java's classes that templates call.
//!
//! As by reflection, the number and the types of the arguments choose the method; none that fits makes the call null.
//! A method that throws in Java fails here, and with it the rendering.

mod big;
mod equality;
mod format;
mod integer;
mod list;
mod map;
mod number;
mod pattern;
mod string;
mod views;

use alloc::string::String;

use super::{Machine, Outcome};
use crate::{CallError, Value};
use integer::Class;

/// What a method answers; the outer failure is one of bounds.
type Answer = Outcome<Result<Value, CallError>>;

/// Calls a method of a value.
pub(super) fn call(
    machine: &mut Machine<'_>,
    target: &Value,
    name: &str,
    arguments: &[Value],
) -> Answer {
    let answer = match target {
        Value::String(text) => string::call(machine, text, name, arguments)?,
        Value::List(list) => list::call(machine, list, name, arguments)?,
        Value::Map(map) => map::call(machine, map, name, arguments)?,
        Value::Integer(number) => Class::Integer.call((*number).into(), name, arguments)?,
        Value::Long(number) => Class::Long.call(*number, name, arguments)?,
        Value::Decimal(number) => number::call_decimal(*number, name, arguments)?,
        Value::Big(number) => big::call(machine, number, name, arguments)?,
        Value::Bool(value) => number::call_bool(*value, name, arguments)?,
        Value::Null | Value::Object(_) | Value::Block(_) => Err(CallError::NoSuchMethod),
    };
    let answer = match answer {
        Err(CallError::NoSuchMethod) => common(machine, target, name, arguments)?,
        answer => answer,
    };
    // Velocity 1.7 takes a method without parameters for one that fits, and Java throws.
    if !arguments.is_empty()
        && matches!(answer, Err(CallError::NoSuchMethod))
        && call(machine, target, name, &[])?.is_ok()
    {
        return failed("wrong number of arguments");
    }
    Ok(answer)
}

/// What every object has.
fn common(machine: &mut Machine<'_>, target: &Value, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("toString", []) => found(machine.own_text(target)?.map_or(Value::Null, Value::from)),
        ("equals", [other]) => found(machine.java_equals(target, other, 0)?),
        ("hashCode", []) => found(machine.java_hash(target, 0)?),
        _ => Ok(Err(CallError::NoSuchMethod)),
    }
}

fn found(value: impl Into<Value>) -> Answer {
    Ok(Ok(value.into()))
}

/// Of a method that returns nothing.
fn done() -> Answer {
    found("")
}

fn none() -> Answer {
    Ok(Err(CallError::NoSuchMethod))
}

fn failed(message: impl Into<String>) -> Answer {
    Ok(Err(CallError::Failed(message.into())))
}
