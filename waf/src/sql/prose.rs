//! Sentences before SQL. A database reads a text from where it was put, and stops at the first place that is no SQL:
//! what stands behind three words in a row never runs. In a string of its own, or in a comment, they are no words.

use super::is_opening;
use super::lex::{Kind, Start, Token, lex};
use super::words::Class;
use crate::text::is_on_fence;

/// Words in a row that no SQL has.
const WORDS_MIN: usize = 3;

/// Words that no table says to be SQL's, and that stand beside names in queries: `a natural join b`.
const GRAMMAR: [&[u8]; 12] = [
    b"cross", b"for", b"full", b"inner", b"join", b"left", b"natural", b"on", b"outer", b"right",
    b"time", b"with",
];

/// Whether there is a sentence among tokens, so that a database would not come to what is behind them.
pub(super) fn has_sentence(tokens: &[Token], text: &[u8]) -> bool {
    let (mut words, mut last) = (0, 0);
    tokens.iter().any(|token| {
        let is_word = matches!(token.kind, Kind::Word(Class::Name | Class::English))
            && text[token.start].is_ascii_alphabetic()
            && !GRAMMAR.iter().any(|known| token.text(text).eq_ignore_ascii_case(known));
        let is_next = text[last..token.start].iter().all(u8::is_ascii_whitespace);
        words = if !is_word {
            0
        } else if is_next {
            words + 1
        } else {
            1
        };
        last = token.end;
        words == WORDS_MIN
    })
}

/// Whether a backtick begins a fence of Markdown behind a sentence: no column has a sentence for its name.
pub(super) fn is_fence_behind_prose(text: &[u8], at: usize) -> bool {
    is_on_fence(text, at) && has_sentence(&lex(&text[..at], Start::Plain), &text[..at])
}

/// Whether a place is behind a sentence, from whichever beginning a database reads the text: where it was put, or where
/// a quote ends the string that it was put into.
pub(super) fn is_behind_sentences(text: &[u8], at: usize) -> bool {
    [0, b'\'', b'"', b'`'].into_iter().all(|quote| {
        let from = match (quote, text[..at].iter().position(|byte| *byte == quote)) {
            (0, _) => 0,
            (_, None) => return true,
            (_, Some(begin))
                if is_opening(text, begin)
                    || quote == b'`' && is_fence_behind_prose(text, begin) =>
            {
                return true;
            }
            (_, Some(begin)) => begin + 1,
        };
        let start = if quote == 0 { Start::Plain } else { Start::Behind(quote) };
        let rest = &text[from..at];
        has_sentence(&lex(rest, start), rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_from_names_in_a_query() {
        let has = |text: &str| has_sentence(&lex(text.as_bytes(), Start::Plain), text.as_bytes());
        for text in [
            "my report shows nothing",
            "1; then the server restarts",
            "x = 1, but nobody told me",
            "# comment\nour tests break",
        ] {
            assert!(has(text), "{text}");
        }
        for text in [
            "1 from a natural join b",
            "1 from users u join rights r on u.id",
            "'some words in a row'",
            "1 /* some words in a row */",
            "1 -- some words in a row",
            "a/**/b/**/c/**/d",
            "now() at time zone utc",
            "1, a, b, c",
            "x y",
        ] {
            assert!(!has(text), "{text}");
        }
    }

    #[test]
    fn a_quote_begins_anew() {
        let text = b"my report shows nothing' or x";
        assert!(is_behind_sentences(text, 20));
        assert!(!is_behind_sentences(text, text.len()));
        assert!(is_fence_behind_prose(b"my report shows nothing\n```\na", 24));
        assert!(!is_fence_behind_prose(b"x\n```\na", 2));
        assert!(!is_fence_behind_prose(b"my report shows nothing``` x", 23));
    }
}
