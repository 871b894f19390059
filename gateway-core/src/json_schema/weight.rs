//! What matching a pattern takes at most: regex-lite looks at each state of its program for each
//! character of a text, and neither counts that nor tells how many states there are.

use alloc::{string::String, vec, vec::Vec};
use core::{iter::Peekable, str::Chars};

use crate::limits::PATTERN_BYTES_MAX;

/// Ranges of a class that are looked through in the time of one state.
const RANGES_A_STATE: u64 = 8;
/// States that [`PATTERN_BYTES_MAX`] has room for, for patterns that are not understood here.
const STATES_MAX: u64 = PATTERN_BYTES_MAX as u64 / 16;

/// A bound of what matching a pattern takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    states: u64,
    /// Characters that are looked at before there can be no match any more.
    longest: Option<u64>,
}

impl Weight {
    /// Of a pattern in the syntax of regex-lite.
    pub(super) fn of(pattern: &str) -> Self {
        let mut groups = Groups { open: vec![Group::default()], is_understood: true };
        groups.read(&mut pattern.chars().peekable());
        let is_anchored = is_anchored(pattern) && groups.open[0].before.is_none();
        while groups.open.len() > 1 {
            groups.close();
        }
        let whole = groups.open.pop().unwrap_or_default().whole();
        match groups.is_understood {
            true => Self {
                states: whole.states.saturating_add(3), // the whole match is a group, too
                longest: whole.longest.filter(|_| is_anchored),
            },
            false => Self { states: STATES_MAX, longest: None },
        }
    }

    /// Most steps that matching this text takes, of some nanoseconds each.
    pub(super) fn steps(&self, text: &str) -> u64 {
        let length = text.len() as u64;
        let looked_at = self.longest.map_or(length, |longest| longest.min(length));
        self.states.saturating_mul(looked_at.saturating_add(1))
    }
}

/// Whether the first alternative begins where the text does, and nowhere else.
fn is_anchored(pattern: &str) -> bool {
    let rest = pattern.strip_prefix('^');
    rest.is_some_and(|rest| !rest.starts_with(['*', '+', '?', '{']))
}

/// A part of a pattern: how many states it becomes, and how many characters it matches at most.
#[derive(Debug, Clone, Copy)]
struct Part {
    states: u64,
    longest: Option<u64>,
}

impl Part {
    const NOTHING: Self = Self { states: 0, longest: Some(0) };
    const POSITION: Self = Self { states: 1, longest: Some(0) };
    const CHARACTER: Self = Self { states: 1, longest: Some(1) };

    fn then(self, next: Self) -> Self {
        let longest = self.longest.zip(next.longest);
        Self {
            states: self.states.saturating_add(next.states),
            longest: longest.map(|(a, b)| a.saturating_add(b)),
        }
    }

    fn or(self, other: Self) -> Self {
        let longest = self.longest.zip(other.longest).map(|(a, b)| a.max(b));
        Self { longest, ..self.then(other).then(Self::POSITION).then(Self::POSITION) }
    }

    /// Repetitions are written out.
    fn times(self, min: u64, max: Option<u64>) -> Self {
        let copies = max.unwrap_or(min).max(1);
        let longest = self.longest.zip(max).map(|(longest, max)| longest.saturating_mul(max));
        let states = self.states.saturating_add(1).saturating_mul(copies).saturating_add(1);
        Self { states, longest }
    }
}

/// What is between two parentheses.
#[derive(Debug)]
struct Group {
    /// The alternatives before this one.
    before: Option<Part>,
    /// This alternative but for its last part, which may be repeated.
    sequence: Part,
    last: Part,
}

impl Default for Group {
    fn default() -> Self {
        Self { before: None, sequence: Part::NOTHING, last: Part::NOTHING }
    }
}

impl Group {
    fn push(&mut self, part: Part) {
        self.sequence = self.sequence.then(self.last);
        self.last = part;
    }

    fn whole(&self) -> Part {
        let alternative = self.sequence.then(self.last);
        self.before.map_or(alternative, |before| before.or(alternative))
    }

    fn alternate(&mut self) {
        *self = Self { before: Some(self.whole()), ..Self::default() };
    }
}

struct Groups {
    /// Never empty.
    open: Vec<Group>,
    is_understood: bool,
}

impl Groups {
    fn read(&mut self, characters: &mut Peekable<Chars<'_>>) {
        while let Some(c) = characters.next() {
            match c {
                '(' => self.open(characters),
                ')' => self.close(),
                '|' => self.last().alternate(),
                '*' => self.repeat(0, None),
                '+' => self.repeat(1, None),
                '?' => self.repeat(0, Some(1)),
                '{' => match bounds(characters) {
                    Some((min, max)) => self.repeat(min, max),
                    None => self.last().push(Part::CHARACTER),
                },
                '[' => {
                    let states = 1 + class(characters) / RANGES_A_STATE;
                    self.last().push(Part { states, ..Part::CHARACTER });
                }
                '\\' => {
                    escape(characters);
                    self.last().push(Part::CHARACTER);
                }
                '^' | '$' => self.last().push(Part::POSITION),
                _ => self.last().push(Part::CHARACTER),
            }
        }
    }

    fn last(&mut self) -> &mut Group {
        self.open.last_mut().expect("the outermost is never closed")
    }

    fn repeat(&mut self, min: u64, max: Option<u64>) {
        let group = self.last();
        group.last = group.last.times(min, max);
    }

    fn open(&mut self, characters: &mut Peekable<Chars<'_>>) {
        if characters.next_if_eq(&'?').is_none() {
            return self.open.push(Group::default());
        }
        let mut head = String::new();
        for c in characters.by_ref() {
            match c {
                ')' => break,
                ':' | '>' => {
                    self.open.push(Group::default());
                    break;
                }
                _ => head.push(c),
            }
        }
        // With `x`, there are comments, in which parentheses are none.
        self.is_understood &= head.contains('<') || !head.contains('x');
    }

    fn close(&mut self) {
        if self.open.len() > 1
            && let Some(group) = self.open.pop()
        {
            let captures = Part { states: 2, ..Part::NOTHING };
            self.last().push(group.whole().then(captures));
        }
    }
}

/// The bounds of a repetition, behind its `{`.
fn bounds(characters: &mut Peekable<Chars<'_>>) -> Option<(u64, Option<u64>)> {
    let inside: String = characters.clone().take_while(|c| *c != '}').collect();
    let (min, max) = match inside.split_once(',') {
        None => (inside.parse().ok()?, Some(inside.parse().ok()?)),
        Some((min, "")) => (min.parse().ok()?, None),
        Some((min, max)) => (min.parse().ok()?, Some(max.parse().ok()?)),
    };
    characters.by_ref().find(|c| *c == '}');
    Some((min, max))
}

/// How many ranges a class has at most, behind its `[`.
fn class(characters: &mut Peekable<Chars<'_>>) -> u64 {
    let mut ranges = 0;
    while let Some(c) = characters.next() {
        match c {
            ']' => break,
            '\\' => {
                escape(characters);
                ranges += 4; // as many as `\w` has
            }
            _ => ranges += 1,
        }
    }
    ranges
}

/// Passes over an escape, behind its `\`.
fn escape(characters: &mut Peekable<Chars<'_>>) {
    let digits = match characters.next() {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => return,
    };
    match characters.next_if_eq(&'{') {
        Some(_) => characters.find(|c| *c == '}'),
        None => characters.nth(digits - 1),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_as_many_steps_for_a_character_as_it_has_states() {
        // As many states as regex-lite makes of it at least, and not many more.
        for (pattern, states) in [
            ("abc", 6..7),
            ("^[a-z]+$", 7..10),
            ("(a|b|c)*", 10..20),
            ("a{50}", 53..120),
            ("(?:ab){2,20}", 60..120),
            ("((a{10}){10}){10}", 1_000..3_000),
            (r"\x41{9}\u{42}{9}\[{9}[\]]{9}", 36..90),
            ("(?i)a{9}", 12..30),
            ("(?P<x>a){9}", 30..50),
            ("(?x)a # )\n", STATES_MAX..STATES_MAX + 1),
            ("a{", 2..9),
            (")(((", 3..12),
        ] {
            let weight = Weight::of(pattern);
            assert!(states.contains(&weight.states), "{pattern}: {weight:?}");
        }
    }

    #[test]
    fn what_begins_at_the_start_and_ends_somewhere_is_not_looked_for_beyond() {
        let text = "a".repeat(100_000);
        for (pattern, looked_at) in [
            ("^a{5}$", 6),
            ("^(?:a|bc{1,3})$", 5),
            ("^a+$", 100_001),
            ("a{5}", 100_001),
            ("^a|b", 100_001),
            ("^?a", 100_001),
        ] {
            let weight = Weight::of(pattern);
            assert_eq!(weight.steps(&text) / weight.states, looked_at, "{pattern}");
        }
    }
}
