//! Small questions about texts.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::marks::Marks;

/// Whether a text has no more words, between white space, than this. What is injected into a number,
/// a name, a file's name is short; where somebody writes about it there are words around it.
pub(crate) fn is_compact(text: &[u8], words_max: usize) -> bool {
    let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.take(words_max + 1).count() <= words_max
}

/// As much of what surrounds a place as is looked at. There may be as many places as bytes: what is
/// done at each must not depend on how long a text is.
const NEAR_BYTES: usize = 256;

/// The beginning of what follows a place.
pub(crate) fn near(text: &[u8]) -> &[u8] {
    &text[..text.len().min(NEAR_BYTES)]
}

/// The end of what stands before a place.
pub(crate) fn near_end(text: &[u8]) -> &[u8] {
    &text[text.len().saturating_sub(NEAR_BYTES)..]
}

/// How many words there are between white space.
pub(crate) fn words(text: &[u8]) -> usize {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count()
}

/// Whether a text begins so, whatever its case.
pub(crate) fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether one of several texts in small letters is in a text, whatever its case there: read once for all of them that
/// its marks are enough for.
pub(crate) fn contains_any_small(text: &[u8], marks: Marks, all: &[&str]) -> bool {
    let may_have = |one: &&[u8]| marks.may_have(one);
    let all: Vec<&[u8]> = all.iter().map(|one| one.as_bytes()).filter(may_have).collect();
    if all.is_empty() {
        return false;
    }
    let mut begins = [0_u64; 4];
    for first in all.iter().filter_map(|one| one.first()) {
        for byte in [*first, first.to_ascii_uppercase()] {
            begins[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }
    text.iter().enumerate().any(|(at, byte)| {
        begins[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
            && all.iter().any(|one| starts_with(&text[at..], one))
    })
}

/// Whether small letters are in a text, whatever its case there.
pub(crate) fn contains_small(text: &[u8], small: &[u8]) -> bool {
    let Some((first, rest)) = small.split_first() else { return true };
    let (low, high) = (*first, first.to_ascii_uppercase());
    text.iter()
        .enumerate()
        .any(|(at, byte)| (*byte == low || *byte == high) && starts_with(&text[at + 1..], rest))
}

/// Whether one of these words is in a text, between what are no letters and no digits, whatever its case.
pub(crate) fn contains_word(text: &[u8], all: &[&str]) -> bool {
    let mut words = text.split(|b| !b.is_ascii_alphanumeric());
    words.any(|word| all.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes())))
}

/// No line that is a fence is longer: its blanks, its marks, and the name of a language.
const FENCE_BYTES_MAX: usize = 48;

/// Whether the line that a place is on is a fence of Markdown, which code stands between: three backticks or more,
/// and behind them the name of a language at most.
pub(crate) fn is_on_fence(text: &[u8], at: usize) -> bool {
    let is_end = |b: &u8| *b == b'\n';
    let first = at.saturating_sub(FENCE_BYTES_MAX);
    let start = text[first..at].iter().rposition(is_end).map_or(first, |end| first + end + 1);
    let line = &text[start..text.len().min(start + FENCE_BYTES_MAX)];
    let line = line[..line.iter().position(is_end).unwrap_or(line.len())].trim_ascii();
    let marks = line.iter().take_while(|b| **b == b'`').count();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"+#._-".contains(b);
    marks >= 3 && line[marks..].iter().all(is_name)
}

/// `name;date;time;type`, `Date | Time | Place`: a list of names, as a first line of values has it.
pub(crate) fn is_columns(text: &[u8]) -> bool {
    let line = text.trim_ascii();
    [b';', b'|'].into_iter().any(|mark| {
        let is_name = |name: &[u8]| {
            let name = name.trim_ascii();
            !name.is_empty() && name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_')
        };
        let marks = line.iter().filter(|b| **b == mark).count();
        let is_apart = || line.windows(3).filter(|w| *w == [b' ', mark, b' ']).count() == marks;
        (marks >= 3 || marks == 2 && is_apart()) && line.split(|b| *b == mark).all(is_name)
    })
}

/// Whether a word is in a sorted list of words between blanks: found by halves, a word at a time.
pub(crate) fn has(all: &str, name: &[u8]) -> bool {
    let mut rest = all.as_bytes();
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest[..middle].iter().rposition(|b| *b == b' ').map_or(0, |at| at + 1);
        let length = rest[start..].iter().position(|b| *b == b' ').unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        match word.cmp(name) {
            Ordering::Equal => return true,
            Ordering::Less => rest = rest.get(start + length + 1..).unwrap_or(&[]),
            Ordering::Greater => rest = &rest[..start.saturating_sub(1)],
        }
    }
    false
}

/// Whether words between blanks are sorted, so that [`has`] finds each.
pub(crate) const fn is_sorted(all: &str) -> bool {
    let bytes = all.as_bytes();
    let (mut first, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b' ' {
            let (next, mut index) = (at + 1, 0);
            loop {
                let one = if first + index < at { bytes[first + index] } else { 0 };
                let ends = next + index == bytes.len() || bytes[next + index] == b' ';
                let other = if ends { 0 } else { bytes[next + index] };
                if one < other {
                    break;
                }
                if one > other || one == 0 {
                    return false;
                }
                index += 1;
            }
            first = next;
        }
        at += 1;
    }
    true
}
