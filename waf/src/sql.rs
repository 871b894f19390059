//! SQL injection.
//!
//! An injection is text that ends what it was meant to be (a number, a quoted string) and goes on as
//! SQL. So a text is read as SQL from three beginnings: as it stands, behind a `'`, and behind a `"`
//! or a backtick; and what follows is an injection if it is a continuation in SQL's grammar, which
//! prose is not: in prose words follow words, in SQL operators stand between operands. The idea of
//! reading from several beginnings is libinjection's; deciding by the grammar of the continuation,
//! not by a list of fingerprints, is ours.

mod anchored;
mod anywhere;
mod completed;
mod condition;
mod cut_off;
mod expression;
mod joined;
mod lex;
mod listed;
mod number;
mod operand;
mod prose;
mod select;
mod stacked;
mod tail;
mod titled;
mod traces;
mod whole;
mod words;

use alloc::vec::Vec;

use crate::marks::Marks;
use crate::text::near;
use lex::{Start, lex};

/// Whether a text is an injection. `is_high`: the sensitivity at which weaker evidence is enough.
pub(crate) fn is_injection(text: &[u8], is_high: bool) -> bool {
    let marks = Marks::of(text);
    is_plain_injection(text, marks) || is_extended(text, marks) || (is_high && is_suspicious(text))
}

/// What continues a number or a string as SQL.
pub(crate) fn is_plain_injection(text: &[u8], marks: Marks) -> bool {
    const NAME: Marks = Marks::WORD.with(Marks::any_of(b"."));
    const DIGIT: Marks = Marks::any_of(b"0");
    const OPEN: Marks = Marks::any_of(b"(");
    // Words, numbers, dots and hyphens alone are no continuation of anything.
    if marks.is_within(NAME) {
        return marks.has(DIGIT)
            && (traces::is_machine_limit(text) || traces::is_scientific_name(text));
    }
    if marks.has(OPEN) && cut_off::is_call(text) {
        return true;
    }
    if !is_worth_reading(text, marks) {
        return marks.has(DIGIT) && number::is_between_doubles(text);
    }
    const COMMENT: Marks = Marks::any_of(b"-#");
    const LINE: Marks = Marks::any_of(b"\n");
    continues(text, marks)
        || marks.has(COMMENT)
            && marks.has(LINE)
            && without_line_comments(text).is_some_and(|text| continues(&text, Marks::of(&text)))
}

/// Whether a text is what continues an operand or a string.
fn continues(text: &[u8], marks: Marks) -> bool {
    let tokens = lex(text, Start::Plain);
    if anchored::continues_operand(&tokens, text)
        || anywhere::is_statement(&tokens, text)
        || whole::is_whole(&tokens, text)
    {
        return true;
    }
    const QUOTE: Marks = Marks::any_of(b"'\"`");
    marks.has(QUOTE)
        && [b'\'', b'"', b'`'].into_iter().any(|quote| {
            let Some(at) = breaking_out(text, quote) else { return false };
            if is_quoted_word(text)
                || quote == b'`' && (is_shown(text, at) || prose::is_fence_behind_prose(text, at))
            {
                return false;
            }
            let tokens = lex(&text[at + 1..], Start::Behind(quote));
            anchored::continues_string(&tokens, &text[..at], &text[at + 1..], quote)
                || anywhere::is_statement(&tokens, &text[at + 1..])
        })
}

/// A text without `--x` and `#x` before ends of lines, which evasions put between words: to a database
/// they are white space.
fn without_line_comments(text: &[u8]) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|b| *b == b'\n') {
        let end = at + next;
        let line = &text[at..end];
        let word = line.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
        let before = &line[..line.len() - word];
        let mark = match before {
            [.., b'-', b'-'] => 2,
            [.., b'#'] => 1,
            _ => 0,
        };
        if mark > 0 {
            out.extend_from_slice(&text[kept..end - word - mark]);
            out.push(b' ');
            kept = end + 1;
        }
        at = end + 1;
    }
    (kept > 0).then(|| {
        out.extend_from_slice(&text[kept..]);
        out
    })
}

/// Whether a word of a text tells that SQL begins there or goes on.
pub(crate) fn tells(word: &[u8]) -> bool {
    use words::Class;
    matches!(
        words::class_of(word),
        Class::Select
            | Class::Union
            | Class::Statement
            | Class::Having
            | Class::Logic
            | Class::Function
    )
}

/// Traces of SQL that no other text has: names of catalogues, functions that only attacks call.
pub(crate) fn is_extended(text: &[u8], marks: Marks) -> bool {
    text.len() >= 3 && traces::has_traces(text, marks)
}

/// A word within its quotes: `"desc"`.
fn is_quoted_word(text: &[u8]) -> bool {
    match text.trim_ascii() {
        [first @ (b'\'' | b'"' | b'`'), inner @ .., last] => {
            first == last && !inner.is_empty() && inner.iter().all(u8::is_ascii_alphanumeric)
        }
        _ => false,
    }
}

/// Whether a backtick begins a word that prose shows: `` `or` binds less than `and` ``.
fn is_shown(text: &[u8], at: usize) -> bool {
    let rest = near(&text[at + 1..]);
    let word = rest.iter().take_while(|b| crate::transform::is_word(**b)).count();
    let apart =
        |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace() || b",.:?!()".contains(b));
    word > 0
        && rest.get(word) == Some(&b'`')
        && apart(rest.get(word + 1))
        && apart(at.checked_sub(1).map(|before| &text[before]))
}

/// Quotes, comments or SQL's words where nothing else follows.
fn is_suspicious(text: &[u8]) -> bool {
    let tokens = lex(text, Start::Plain);
    let keywords = tokens.iter().filter(|token| token.is_statement_word()).count();
    let marks = tokens.iter().filter(|token| token.is_mark()).count();
    keywords >= 1 && marks >= 2
}

/// Whether there is a byte or a word without which nothing continues anything.
fn is_worth_reading(text: &[u8], marks: Marks) -> bool {
    const TELLING: Marks = Marks::any_of(b"'\"`;=<>(#|*@&!%^");
    const CLOSE: Marks = Marks::any_of(b")");
    const PAIRED: Marks = Marks::any_of(b"-:");
    marks.has(TELLING)
        || marks.has(CLOSE) && text.trim_ascii_start().starts_with(b")")
        || marks.has(PAIRED) && text.windows(2).any(|pair| pair == b"--" || pair == b"::")
        || words::has_statement_word(text)
}

/// Where a text may end the string that it was put into: at its first quote of this kind, unless that opens a quotation.
/// What is quoted is no SQL behind a string (`'the 'first' …`) unless it begins as an operator: then a later quote may
/// end the string, as in `x 'or' ' or 1=1 --`.
fn breaking_out(text: &[u8], quote: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].iter().position(|byte| *byte == quote)?;
        let Some(end) = quotation_end(text, at) else { return Some(at) };
        if !goes_on(&text[at + 1..end]) {
            return None;
        }
        from = end + 1;
    }
}

/// Whether a text begins with a word that may stand behind a string.
fn goes_on(text: &[u8]) -> bool {
    use words::Class;
    let word = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    matches!(
        words::class_of(&text[..word]),
        Class::Logic
            | Class::Divide
            | Class::Compare
            | Class::Union
            | Class::Having
            | Class::Order
            | Class::Limit
            | Class::Into
            | Class::Collate
    )
}

/// Whether a quote opens a quotation.
fn is_opening(text: &[u8], at: usize) -> bool {
    quotation_end(text, at).is_some()
}

/// Where the quotation ends that a quote opens. As in prose it stands behind white space and before a letter; the next one
/// closes it, behind a word or a mark and before what stands between words. A quote at the very start may close what
/// an application opened, and so may one that nothing closes (`x 'union select 1,'2`). A comment within would hide
/// the end from a database: `x 'union select 1,2 -- '`.
fn quotation_end(text: &[u8], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|index| text[index])?;
    let quoted = &text[at + 1..];
    if !matches!(before, b' ' | b'\n' | b'(') || !quoted.first()?.is_ascii_alphanumeric() {
        return None;
    }
    let end = quoted.iter().position(|byte| *byte == text[at])?;
    let (inner, rest) = (&quoted[..end], &quoted[end + 1..]);
    let is_apart = match rest {
        [] => true,
        [b',' | b'.' | b':' | b';' | b'?' | b'!' | b')' | b']' | b'}', next @ ..] => {
            !next.first().is_some_and(u8::is_ascii_alphanumeric)
        }
        [first, ..] => first.is_ascii_whitespace(),
    };
    let hides = |pair: &[u8]| pair == b"--" || pair == b"/*";
    let is_quotation = is_apart
        && !inner.last().is_some_and(u8::is_ascii_whitespace)
        && !inner.contains(&b'#')
        && !inner.windows(2).any(hides);
    is_quotation.then_some(at + 1 + end)
}

#[cfg(test)]
mod tests;
