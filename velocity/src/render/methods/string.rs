//! `java.lang.String`. Places in it are counted in UTF-16 units, as in Java.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use super::number::another_class;
use super::{Answer, failed, format, found, none, pattern};
use crate::Value;
use crate::render::Machine;
use crate::value::{List, Narrow, Notation};

pub(super) fn call(
    machine: &mut Machine<'_>,
    text: &str,
    name: &str,
    arguments: &[Value],
) -> Answer {
    machine.budget.look_at(text.len())?;
    match (name, arguments) {
        ("length", []) => found(length(text)),
        ("isEmpty", []) => found(text.is_empty()),
        ("isBlank", []) => found(text.trim().is_empty()),
        ("trim", []) => made(machine, text.trim_matches(|c| c <= ' ')),
        ("strip", []) => made(machine, text.trim()),
        ("toLowerCase", []) => made(machine, text.to_lowercase()),
        ("toUpperCase", []) => made(machine, text.to_uppercase()),
        ("intern" | "toString", []) => made(machine, text),
        ("concat", [Value::String(other)]) => {
            machine.budget.allocate(text.len() + other.len())?;
            found([text, other].concat())
        }
        ("repeat", [Value::Integer(times)]) => match usize::try_from(*times) {
            Ok(times) => {
                machine.budget.allocate(text.len().saturating_mul(times))?;
                found(text.repeat(times))
            }
            Err(_) => failed(format!("count is negative: {times}")),
        },
        ("equalsIgnoreCase", [Value::String(other)]) => {
            found(text == &**other || text.to_lowercase() == other.to_lowercase())
        }
        ("equalsIgnoreCase", [Value::Null]) => found(false),
        ("compareTo", [Value::String(other)]) => found(compare(text, other)),
        ("compareTo", [_]) => another_class(),
        ("compareToIgnoreCase", [Value::String(other)]) => {
            found(compare(&text.to_lowercase(), &other.to_lowercase()))
        }
        ("startsWith", [Value::String(start)]) => found(text.starts_with(&**start)),
        ("startsWith", [Value::String(start), Value::Integer(from)]) => {
            found(suffix(text, *from).is_some_and(|rest| rest.starts_with(&**start)))
        }
        ("endsWith", [Value::String(end)]) => found(text.ends_with(&**end)),
        ("contains", [Value::String(part)]) => found(text.contains(&**part)),
        ("indexOf" | "lastIndexOf", [part, from @ ..]) => index_of(text, name, part, from),
        ("substring", [Value::Integer(from)]) => substring(machine, text, *from, None),
        ("substring" | "subSequence", [Value::Integer(from), Value::Integer(to)]) => {
            substring(machine, text, *from, Some(*to))
        }
        ("charAt", [Value::Integer(at)]) => match unit_at(text, *at) {
            Some(unit) => found(Narrow::Character(unit)),
            None => failed(format!("index {at}, length {}", length(text))),
        },
        ("codePointAt", [Value::Integer(at)]) => {
            match suffix(text, *at).and_then(|t| t.chars().next()) {
                Some(c) => found(u32::from(c) as i32),
                None => failed(format!("index {at}, length {}", length(text))),
            }
        }
        ("replace", [Value::String(old), Value::String(new)]) => replace(machine, text, old, new),
        (
            "replace",
            [Value::Narrow(old @ Narrow::Character(_)), Value::Narrow(new @ Narrow::Character(_))],
        ) => replace(machine, text, &old.text(), &new.text()),
        ("matches", [Value::String(pattern)]) => pattern::matches(machine, text, pattern),
        ("replaceAll", [Value::String(pattern), Value::String(new)]) => {
            pattern::replace(machine, text, pattern, new, true)
        }
        // Null is a fault if something is replaced, and so is a lone backslash.
        ("replaceAll", [Value::String(pattern), Value::Null]) => {
            pattern::replace(machine, text, pattern, "\\", true)
        }
        ("replaceFirst", [Value::String(pattern), Value::String(new)]) => {
            pattern::replace(machine, text, pattern, new, false)
        }
        ("split", [Value::String(pattern)]) => pattern::split(machine, text, pattern, 0),
        ("split", [Value::String(pattern), Value::Integer(limit)]) => {
            pattern::split(machine, text, pattern, *limit)
        }
        ("toCharArray", []) => {
            machine.budget.allocate_values(text.len())?;
            let units = text.encode_utf16().map(|unit| Narrow::Character(unit).into());
            found(List::new(units.collect(), Notation::Java))
        }
        ("valueOf", [value]) => {
            let text = machine.text_of(value)?;
            found(text)
        }
        // Null is no `Locale`, and that is one too.
        ("format", [Value::String(text), arguments @ ..])
        | ("format", [Value::Null, Value::String(text), arguments @ ..]) => {
            format::format(machine, text, arguments)
        }
        _ => none(),
    }
}

fn unit_at(text: &str, at: i32) -> Option<u16> {
    let at = usize::try_from(at).ok()?;
    if text.is_ascii() {
        text.as_bytes().get(at).copied().map(u16::from)
    } else {
        text.encode_utf16().nth(at)
    }
}

/// The first UTF-16 units of a text, if it has more.
pub(super) fn substring_of(text: &str, units: usize) -> Option<String> {
    let all = text.encode_utf16();
    (all.clone().count() > units)
        .then(|| char::decode_utf16(all.take(units)).map(|c| c.unwrap_or('?')).collect())
}

fn made<'m>(machine: &mut Machine<'_>, text: impl Into<Cow<'m, str>>) -> Answer {
    let text = text.into();
    machine.budget.allocate(text.len())?;
    found(Value::from(&*text))
}

fn replace(machine: &mut Machine<'_>, text: &str, old: &str, new: &str) -> Answer {
    let count = text.matches(old).count();
    machine.budget.allocate(text.len().saturating_add(count.saturating_mul(new.len())))?;
    found(text.replace(old, new))
}

fn index_of(text: &str, name: &str, part: &Value, from: &[Value]) -> Answer {
    let part: Cow<'_, str> = match part {
        Value::String(part) => Cow::Borrowed(part),
        // A character by its number.
        Value::Integer(code) => match u32::try_from(*code).ok().and_then(char::from_u32) {
            Some(c) => String::from(c).into(),
            None if matches!(from, [] | [Value::Integer(_)]) => return found(-1),
            None => return none(),
        },
        _ => return none(),
    };
    let last = name == "lastIndexOf";
    let at = match (from, last) {
        ([], false) => text.find(&*part),
        ([], true) => text.rfind(&*part),
        ([Value::Integer(from)], false) => {
            let start = offset(text, (*from).max(0)).unwrap_or(text.len());
            text[start..].find(&*part).map(|at| start + at)
        }
        ([Value::Integer(from)], true) => match offset(text, *from) {
            _ if *from < 0 => None,
            // A match may begin at this place and go on.
            Some(start) => {
                let end = (start + part.len()).min(text.len());
                let end = (end..=text.len()).find(|end| text.is_char_boundary(*end));
                text[..end.unwrap_or(text.len())].rfind(&*part)
            }
            None => text.rfind(&*part),
        },
        _ => return none(),
    };
    found(at.map_or(-1, |at| length(&text[..at])))
}

fn substring(machine: &mut Machine<'_>, text: &str, from: i32, to: Option<i32>) -> Answer {
    let length = length(text);
    let to = to.unwrap_or(length);
    if from < 0 || from > to || to > length {
        return failed(format!("begin {from}, end {to}, length {length}"));
    }
    if let (Some(from), Some(to)) = (offset(text, from), offset(text, to)) {
        return made(machine, &text[from..to]);
    }
    // Within a surrogate pair.
    let units: Vec<u16> = text.encode_utf16().collect();
    made(machine, String::from_utf16_lossy(&units[from as usize..to as usize]))
}

/// Java's length: UTF-16 units.
pub(super) fn length(text: &str) -> i32 {
    if text.is_ascii() { text.len() as i32 } else { text.encode_utf16().count() as i32 }
}

/// The byte where a UTF-16 unit begins, if a character does.
fn offset(text: &str, unit: i32) -> Option<usize> {
    let unit = usize::try_from(unit).ok()?;
    if text.is_ascii() {
        return (unit <= text.len()).then_some(unit);
    }
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= unit {
            return (units == unit).then_some(at);
        }
        units += c.len_utf16();
    }
    (units == unit).then_some(text.len())
}

fn suffix(text: &str, from: i32) -> Option<&str> {
    offset(text, from).map(|at| &text[at..])
}

/// `String.compareTo`: by UTF-16 units, then by length.
fn compare(a: &str, b: &str) -> i32 {
    let differing = a.encode_utf16().zip(b.encode_utf16()).find(|(a, b)| a != b);
    match differing {
        Some((a, b)) => i32::from(a) - i32::from(b),
        None => length(a).wrapping_sub(length(b)),
    }
}
