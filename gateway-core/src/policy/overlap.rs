//! Whether a pattern describes some of the texts that another one stands for.

use alloc::{string::String, vec::Vec};

use super::pattern::{MANY, ONE};

/// Any text.
pub(super) const MANY_TEXT: &str = "\0";
/// Any segment of a path: [`NOT_SLASH`] and [`NOT_SLASHES`], which patterns of policies have not.
pub(super) const SEGMENT_TEXT: &str = "\u{2}\u{3}";
/// One character of a segment.
const NOT_SLASH: char = '\u{2}';
/// Any number of characters of a segment.
const NOT_SLASHES: char = '\u{3}';

/// Whether a pattern describes one of these texts. What is kept is how much of the texts may have been read where so much
/// of the pattern has been.
pub(super) fn overlap(pattern: &str, texts: &str) -> bool {
    let (pattern, texts) = without_common_beginning(pattern, texts);
    let texts: Vec<char> = texts.chars().collect();
    let nothing = || alloc::vec![false; texts.len() + 1];
    let mut read = nothing();
    read[0] = true;
    skip_repeated(&texts, &mut read);
    for token in pattern.chars() {
        let mut next = nothing();
        let Some(first) = read.iter().position(|is_read| *is_read) else { return false };
        match token == char::from(MANY) {
            true => next[first..].fill(true),
            false => {
                for at in first..texts.len() {
                    let facing = texts[at];
                    if read[at] && meets(token, facing) {
                        next[at + usize::from(!is_repeated(facing))] = true;
                    }
                }
            }
        }
        skip_repeated(&texts, &mut next);
        read = next;
    }
    read[texts.len()]
}

/// Most texts are told apart by how they begin, and there may be ten thousands of them.
fn without_common_beginning<'t>(pattern: &'t str, texts: &'t str) -> (&'t str, &'t str) {
    let is_literal = |of: char| !is_repeated(of) && of != char::from(ONE) && of != NOT_SLASH;
    let common = pattern.chars().zip(texts.chars());
    let common = common.take_while(|(one, other)| one == other && is_literal(*one));
    let bytes: usize = common.map(|(one, _)| one.len_utf8()).sum();
    (&pattern[bytes..], &texts[bytes..])
}

/// What may stand for any number of characters may stand for none.
fn skip_repeated(texts: &[char], read: &mut [bool]) {
    for at in 0..texts.len() {
        read[at + 1] |= read[at] && is_repeated(texts[at]);
    }
}

fn is_repeated(facing: char) -> bool {
    facing == char::from(MANY) || facing == NOT_SLASHES
}

/// Whether one character may be described by both.
fn meets(token: char, facing: char) -> bool {
    let is_any = |of: char| of == char::from(MANY) || of == char::from(ONE);
    match facing {
        NOT_SLASH | NOT_SLASHES => token != '/',
        facing => is_any(token) || is_any(facing) || token == facing,
    }
}

/// A pattern in which anything stands for what is percent-encoded.
pub(super) fn without_escapes(pattern: &str) -> String {
    let mut pieces = pattern.split('%');
    let mut loose: String = pieces.next().unwrap_or_default().into();
    for piece in pieces {
        loose.push_str(MANY_TEXT);
        loose.extend(piece.chars().skip(2));
    }
    loose
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::super::pattern::{Pattern, glob};
    use super::*;

    fn fixed(pattern: &str) -> String {
        match Pattern::parse(pattern, false) {
            Some(Pattern::Fixed(fixed)) => fixed,
            other => panic!("{other:?}"),
        }
    }

    /// As requests are matched.
    fn is(pattern: &str, text: &str) -> bool {
        glob(fixed(pattern).as_bytes(), text.as_bytes())
    }

    #[test]
    fn two_patterns_overlap_where_some_text_is_described_by_both() {
        const LETTERS: [char; 4] = ['a', 'b', '*', '?'];
        let words = |letters: &[char], longest: usize| {
            let mut words = alloc::vec![String::new()];
            let mut last = words.clone();
            for _ in 0..longest {
                last = last
                    .iter()
                    .flat_map(|w| letters.iter().map(move |c| format!("{w}{c}")))
                    .collect();
                words.extend(last.clone());
            }
            words
        };
        // A text that both describe is no longer than both together.
        let texts = words(&['a', 'b'], 6);
        let patterns = words(&LETTERS, 3);
        for one in &patterns {
            let described: Vec<&String> = texts.iter().filter(|text| is(one, text)).collect();
            for other in &patterns {
                let share = described.iter().any(|text| is(other, text));
                assert_eq!(overlap(&fixed(one), &fixed(other)), share, "{one} {other}");
            }
        }
    }

    #[test]
    fn a_segment_is_not_empty_and_has_no_slash() {
        let text = format!("a/{SEGMENT_TEXT}/b/{SEGMENT_TEXT}");
        for (pattern, may_be) in [
            ("a/x/b/yz", true),
            ("a/*", true),
            ("*/b/?", true),
            ("a/?*/b*", true),
            ("a/x/y/b/z", false),
            ("a//b/z", false),
            ("a/*/b/", false),
            ("a/*/c/*", false),
            ("a/x/b", false),
        ] {
            assert_eq!(overlap(&fixed(pattern), &text), may_be, "{pattern}");
        }
    }
}
