//! `Character`: the static methods that can be called on an instance, for a `char` and most of them for an `int` too.

use alloc::string::String;

use super::number::another_class;
use super::{Answer, found, none};
use crate::Value;
use crate::value::{Class, Narrow};

pub(super) fn call(unit: u16, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("charValue", []) => found(Narrow::Character(unit)),
        ("compareTo", [Value::Narrow(Narrow::Character(other))]) => found(compare(unit, *other)),
        ("compareTo", [_]) => another_class(),
        (
            "compare",
            [Value::Narrow(Narrow::Character(unit)), Value::Narrow(Narrow::Character(other))],
        ) => found(compare(*unit, *other)),
        (_, [Value::Narrow(Narrow::Character(unit))]) => {
            let made = of_char(name, *unit).or_else(|| of_code(name, (*unit).into(), true));
            made.map_or_else(none, found)
        }
        (_, [code]) => {
            let made = Class::int_of(code).and_then(|code| of_code(name, code as u32, false));
            made.map_or_else(none, found)
        }
        _ => none(),
    }
}

fn compare(unit: u16, other: u16) -> i32 {
    i32::from(unit) - i32::from(other)
}

fn of_char(name: &str, unit: u16) -> Option<Value> {
    match name {
        "valueOf" => Some(Narrow::Character(unit).into()),
        "reverseBytes" => Some(Narrow::Character(unit.swap_bytes()).into()),
        "hashCode" => Some(Value::Integer(unit.into())),
        "toString" => Some(Narrow::Character(unit).text().into()),
        _ => None,
    }
}

/// What both kinds of parameters have. Of what is no character nothing is true.
fn of_code(name: &str, code: u32, is_char: bool) -> Option<Value> {
    let c = char::from_u32(code).unwrap_or('\0');
    let made = |other: char| {
        let code = if other == c { code } else { other.into() };
        match is_char {
            true => Value::from(Narrow::Character(code as u16)),
            false => Value::Integer(code as i32),
        }
    };
    Some(match name {
        "isDigit" => is_digit(c).into(),
        "isLetter" => c.is_alphabetic().into(),
        "isLetterOrDigit" => (c.is_alphabetic() || is_digit(c)).into(),
        "isAlphabetic" if !is_char => c.is_alphabetic().into(),
        "isUpperCase" => c.is_uppercase().into(),
        "isLowerCase" => c.is_lowercase().into(),
        "isWhitespace" => is_white_space(c).into(),
        "toUpperCase" => made(single(c, c.to_uppercase())),
        "toLowerCase" => made(single(c, c.to_lowercase())),
        "toString" if !is_char => Value::from(String::from(char::from_u32(code)?)),
        "getNumericValue" => Value::Integer(c.to_digit(36).map_or(-1, |digit| digit as i32)),
        _ => return None,
    })
}

/// A character that becomes several stays as it is.
fn single(c: char, mut changed: impl ExactSizeIterator<Item = char>) -> char {
    if changed.len() == 1 { changed.next().unwrap_or(c) } else { c }
}

/// Beyond Latin-1, where only fractions and powers are numbers, all numbers are taken for digits.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || c > '\u{ff}' && c.is_numeric()
}

/// Those that break no line stay away, and separators of files and records come in.
fn is_white_space(c: char) -> bool {
    let breaks = !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}');
    matches!(c, '\u{1c}'..='\u{1f}') || c.is_whitespace() && breaks
}
