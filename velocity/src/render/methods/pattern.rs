//! The methods of `String` that take a regular expression.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Answer, failed, found};
use crate::regex::{Captures, Regex, Stopped};
use crate::render::{Machine, Outcome};
use crate::value::{List, Notation};
use crate::{RenderErrorKind, Value};

/// `matches`
pub(super) fn matches(machine: &mut Machine<'_>, text: &str, pattern: &str) -> Answer {
    let regex = match machine.regex(pattern)? {
        Ok(regex) => regex,
        Err(message) => return failed(message),
    };
    let is_match = machine.matching(|steps| regex.is_whole_match(text, steps))?;
    found(is_match)
}

/// `replaceAll`, `replaceFirst`
pub(super) fn replace(
    machine: &mut Machine<'_>,
    text: &str,
    pattern: &str,
    replacement: &str,
    all: bool,
) -> Answer {
    let regex = match machine.regex(pattern)? {
        Ok(regex) => regex,
        Err(message) => return failed(message),
    };
    let mut replaced = String::new();
    let mut copied = 0;
    let mut from = Some(0);
    while let Some(start) = from {
        let Some(captures) = machine.matching(|steps| regex.find_at(text, start, steps))? else {
            break;
        };
        let (begin, end) = whole(&captures);
        replaced.push_str(&text[copied..begin]);
        if let Err(message) = expand(replacement, text, &regex, &captures, &mut replaced) {
            return failed(message);
        }
        machine.budget.step(1 + replacement.len() as u64 / 16)?;
        if replaced.len() > machine.budget.bounds.output_bytes_max {
            return Err(RenderErrorKind::OutputTooLong.into());
        }
        copied = end;
        from = if all { next_start(text, begin, end) } else { None };
    }
    replaced.push_str(&text[copied..]);
    machine.budget.allocate(replaced.len())?;
    found(replaced)
}

/// `split`
pub(super) fn split(machine: &mut Machine<'_>, text: &str, pattern: &str, limit: i32) -> Answer {
    let regex = match machine.regex(pattern)? {
        Ok(regex) => regex,
        Err(message) => return failed(message),
    };
    let mut pieces: Vec<&str> = Vec::new();
    let (mut copied, mut from) = (0, Some(0));
    while let Some(start) = from {
        if limit > 0 && pieces.len() as i32 == limit - 1 {
            break;
        }
        let Some(captures) = machine.matching(|steps| regex.find_at(text, start, steps))? else {
            break;
        };
        let (begin, end) = whole(&captures);
        from = next_start(text, begin, end);
        // Nothing at the beginning splits nothing off.
        if end == 0 {
            continue;
        }
        machine.budget.allocate_values(1)?;
        pieces.push(&text[copied..begin]);
        copied = end;
    }
    pieces.push(&text[copied..]);
    if limit == 0 {
        while pieces.len() > 1 && pieces.last().is_some_and(|piece| piece.is_empty()) {
            pieces.pop();
        }
        if copied > 0 && pieces.len() == 1 && pieces[0].is_empty() {
            pieces.pop();
        }
    }
    machine.budget.allocate(text.len())?;
    let pieces = pieces.into_iter().map(Value::from).collect();
    found(List::new(pieces, Notation::Java))
}

impl Machine<'_> {
    fn regex(&mut self, pattern: &str) -> Outcome<Result<Regex, String>> {
        self.budget.step(1 + pattern.len() as u64)?;
        Ok(Regex::new(pattern))
    }

    fn matching<T>(&mut self, matching: impl FnOnce(&mut u64) -> Result<T, Stopped>) -> Outcome<T> {
        // Its steps are smaller than those of a rendering.
        let before = self.budget.left().saturating_mul(4);
        let mut left = before;
        let outcome = matching(&mut left);
        self.budget.step((before - left) / 4)?;
        outcome.map_err(|Stopped| RenderErrorKind::TooManySteps.into())
    }
}

fn whole(captures: &Captures) -> (usize, usize) {
    (captures[0].unwrap_or(0), captures[1].unwrap_or(0))
}

/// Where to look for the next match; after an empty one a character further on.
fn next_start(text: &str, begin: usize, end: usize) -> Option<usize> {
    if begin < end {
        return Some(end);
    }
    text[end..].chars().next().map(|c| end + c.len_utf8())
}

/// A replacement with `$1`, `${name}` and escapes.
fn expand(
    replacement: &str,
    text: &str,
    regex: &Regex,
    captures: &Captures,
    to: &mut String,
) -> Result<(), String> {
    let mut rest = replacement.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => to.push(rest.next().ok_or("character to be escaped is missing")?),
            '$' if rest.next_if_eq(&'{').is_some() => {
                let mut name = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => return Err("named capturing group is missing trailing '}'".into()),
                    }
                }
                let group = regex.group(&name).ok_or("no group with this name")?;
                to.push_str(group_text(text, captures, group));
            }
            '$' => {
                let digit = rest.next().and_then(|c| c.to_digit(10));
                let mut group = digit.ok_or("illegal group reference")? as usize;
                if group > regex.group_count() {
                    return Err(["no group ", &group.to_string()].concat());
                }
                // More digits as long as there is such a group.
                while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer > regex.group_count() {
                        break;
                    }
                    group = longer;
                    rest.next();
                }
                to.push_str(group_text(text, captures, group));
            }
            c => to.push(c),
        }
    }
    Ok(())
}

fn group_text<'t>(text: &'t str, captures: &Captures, group: usize) -> &'t str {
    match (captures[2 * group], captures[2 * group + 1]) {
        (Some(from), Some(to)) => &text[from..to],
        _ => "",
    }
}
