//! The methods of Java's classes that templates call.
//!
//! As by reflection, the number and the types of the arguments choose the method; none that fits makes the call null.
//! A method that throws in Java fails here, and with it the rendering.

mod big;
mod character;
mod equality;
mod format;
mod integer;
mod list;
mod map;
mod number;
mod pattern;
mod string;
mod views;

use alloc::{string::String, vec::Vec};

use super::{Machine, Outcome};
use crate::value::{Class, List, Map, Narrow, Notation};
use crate::{CallError, Value};

/// What a method answers; the outer failure is one of bounds.
type Answer = Outcome<Result<Value, CallError>>;

/// Calls a method of a value.
pub(super) fn call(
    machine: &mut Machine<'_>,
    target: &Value,
    name: &str,
    arguments: &[Value],
) -> Answer {
    let answer = own(machine, target, name, arguments)?;
    if arguments.is_empty() || !matches!(answer, Err(CallError::NoSuchMethod)) {
        return Ok(answer);
    }
    let answer = with_ints(machine, target, name, arguments)?;
    if !matches!(answer, Err(CallError::NoSuchMethod)) {
        return Ok(answer);
    }
    if takes_null(machine, target, name, arguments)? {
        return failed("an argument is null (NullPointerException)");
    }
    // Velocity 1.7 takes a method without parameters for one that fits, and Java throws.
    if own(machine, target, name, &[])?.is_ok() {
        return failed("wrong number of arguments");
    }
    Ok(answer)
}

/// What takes an `int` takes a `Byte` and a `Short` too, wherever among the arguments.
fn with_ints(machine: &mut Machine<'_>, target: &Value, name: &str, arguments: &[Value]) -> Answer {
    let mut arguments = arguments.to_vec();
    for at in 0..arguments.len() {
        let Some((Class::Byte | Class::Short, number)) = Class::of(&arguments[at]) else {
            continue;
        };
        arguments[at] = Class::Integer.made(number);
        let answer = own(machine, target, name, &arguments)?;
        if !matches!(answer, Err(CallError::NoSuchMethod)) {
            return Ok(answer);
        }
    }
    none()
}

/// Whether there is a method for what is null among the arguments: null fits every class, and what takes it throws, but for the methods
/// that know it. Something else is called in its place; what that changes is gone with the rendering.
fn takes_null(
    machine: &mut Machine<'_>,
    target: &Value,
    name: &str,
    arguments: &[Value],
) -> Outcome<bool> {
    if !arguments.iter().any(Value::is_null) {
        return Ok(false);
    }
    let other = match target {
        Value::List(_) => List::new([].into(), Notation::Java).into(),
        Value::Map(_) => Map::new().into(),
        Value::Big(_) => target.clone(),
        _ => machine.empty.clone(),
    };
    let arguments =
        arguments.iter().map(|argument| if argument.is_null() { &other } else { argument });
    let arguments: Vec<Value> = arguments.cloned().collect();
    let is_there = |answer| !matches!(answer, Err(CallError::NoSuchMethod));
    Ok(is_there(own(machine, target, name, &arguments)?)
        || is_there(with_ints(machine, target, name, &arguments)?))
}

/// A method for arguments of just these classes.
fn own(machine: &mut Machine<'_>, target: &Value, name: &str, arguments: &[Value]) -> Answer {
    let answer = match target {
        Value::String(text) => string::call(machine, text, name, arguments)?,
        Value::List(list) => list::call(machine, list, name, arguments)?,
        Value::Map(map) => map::call(machine, map, name, arguments)?,
        Value::Integer(number) => Class::Integer.call((*number).into(), name, arguments)?,
        Value::Long(number) => Class::Long.call(*number, name, arguments)?,
        Value::Narrow(Narrow::Byte(number)) => {
            Class::Byte.call((*number).into(), name, arguments)?
        }
        Value::Narrow(Narrow::Short(number)) => {
            Class::Short.call((*number).into(), name, arguments)?
        }
        Value::Narrow(Narrow::Float(number)) => {
            number::call_decimal((*number).into(), true, name, arguments)?
        }
        Value::Narrow(Narrow::Character(unit)) => character::call(*unit, name, arguments)?,
        Value::Decimal(number) => number::call_decimal(*number, false, name, arguments)?,
        Value::Big(number) => big::call(machine, number, name, arguments)?,
        Value::Bool(value) => number::call_bool(*value, name, arguments)?,
        Value::Null | Value::Object(_) | Value::Block(_) => Err(CallError::NoSuchMethod),
    };
    match answer {
        Err(CallError::NoSuchMethod) => common(machine, target, name, arguments),
        answer => Ok(answer),
    }
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
