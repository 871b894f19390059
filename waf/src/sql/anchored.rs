//! What follows the operand that an application meant, or the string that it opened.

use alloc::vec::Vec;

use super::completed::{completes_number, completes_string};
use super::joined::joins_strings;
use super::lex::{Kind, Token};
use super::listed::{continues_list, sets_query};
use super::operand::{calls, delays, is_scientific, is_short_open, skip_operand, subselect};
use super::select::{lists_rows, selects};
use super::tail::{Anchor, Tail};
use super::titled::{is_measure, is_remark};
use super::words::{Class, words};

/// A text that begins with an operand and goes on.
pub(super) fn continues_operand(tokens: &[Token], text: &[u8]) -> bool {
    if is_behind_parenthesis(tokens) {
        return true;
    }
    let mut tokens = tokens;
    while let [Token { kind: Kind::Arithmetic | Kind::Prefix | Kind::Close, .. }, rest @ ..] =
        tokens
    {
        tokens = rest;
    }
    if is_fragment(tokens, text) {
        return true;
    }
    let Some((first, mut rest)) = tokens.split_first() else { return false };
    let anchor = match first.kind {
        Kind::Number | Kind::Text { is_closed: true } | Kind::Variable => Anchor::Literal,
        Kind::Word(Class::Literal) => Anchor::Literal,
        Kind::Word(Class::Name | Class::English | Class::CommonFunction) => Anchor::Name,
        // `|| 1=1`, `or 1=1`: there is always something before it.
        Kind::Logic | Kind::Word(Class::Logic | Class::Union | Class::Having) => {
            return Tail { tokens, text, anchor: Anchor::Name }.is_attack();
        }
        Kind::Word(Class::Function) => return calls(tokens) && ends_as_sql(tokens),
        Kind::Open => return opens(tokens, text),
        Kind::Comma => return sets_query(tokens, text),
        _ => return false,
    };
    // `a.b`
    while let [Token { kind: Kind::Dot, .. }, Token { kind: Kind::Word(_), .. }, more @ ..] = rest {
        rest = more;
    }
    if is_scientific(*first, rest, text) {
        return true;
    }
    // `sleep(5)` as all there is of a text.
    if matches!(first.kind, Kind::Word(Class::CommonFunction)) && delays(tokens, text) {
        return ends_as_sql(tokens);
    }
    Tail { tokens: rest, text, anchor }.is_attack()
        || matches!(first.kind, Kind::Number | Kind::Variable) && completes_number(rest, text)
}

/// What follows a quote: `prefix` stands before it, `text` behind.
pub(super) fn continues_string(tokens: &[Token], prefix: &[u8], text: &[u8], quote: u8) -> bool {
    breaks_out(tokens, prefix, text, quote)
        || !is_measure(prefix, quote) && completes_string(tokens, text)
}

fn breaks_out(tokens: &[Token], prefix: &[u8], text: &[u8], quote: u8) -> bool {
    let Some(first) = tokens.first() else { return false };
    let is_one_word = prefix.len() <= 40 && !prefix.contains(&b' ');
    if is_one_word && joins_strings(tokens, prefix, text, quote) {
        return true;
    }
    match first.kind {
        // `admin'--`: what is behind the comment is not read, so it is little.
        Kind::Comment => {
            let comment = first.text(text);
            let is_bare = !comment.iter().any(|b| matches!(b, b'\'' | b'"' | b'`'));
            let mark = comment
                .iter()
                .take_while(|b| matches!(b, b'-' | b'#' | b'/' | b'*' | b'!' | 0))
                .count();
            let words = comment[mark..].split(|b| *b == b' ').filter(|w| !w.is_empty()).count();
            let detached =
                mark == comment.len() || comment[mark].is_ascii_whitespace() || comment[0] != b'#';
            // `5'9" -- 160 lbs`
            let is_dash = is_remark(*first, text) && is_measure(prefix, quote);
            is_bare && detached && !is_dash && (words == 0 || (is_one_word && words <= 3))
        }
        // `admin') --`
        Kind::Close if is_one_word && matches!(tokens, [_, Token { kind: Kind::Comment, .. }]) => {
            tokens[1].end - tokens[1].start <= 3
                || Tail { tokens, text, anchor: Anchor::Quoted }.is_attack()
        }
        // `BOOKMAR';[K]]`: what follows is a statement or nothing.
        Kind::Semicolon => {
            is_one_word
                && match tokens.get(1).map(|token| token.kind) {
                    None => true,
                    // `'; return true; var x='`: document stores run JavaScript.
                    _ if tokens.last().is_some_and(|last| is_short_open(*last, text)) => true,
                    Some(Kind::Word(Class::Name)) => {
                        tokens[1].text(text) == b"return" && tokens.len() <= 6
                    }
                    Some(kind) => matches!(
                        kind,
                        Kind::Comment
                            | Kind::Semicolon
                            | Kind::Conditional
                            | Kind::Word(
                                Class::Statement
                                    | Class::Select
                                    | Class::Set
                                    | Class::Function
                                    | Class::CommonFunction
                                    | Class::Case
                            )
                    ),
                }
        }
        Kind::Comma if is_one_word && continues_list(tokens, text) => true,
        // `16" - '4`: inches, and a mark of feet or of years.
        Kind::Arithmetic if is_measure(prefix, quote) && opens_other(&tokens[1..], text, quote) => {
            false
        }
        // `1 as' from`: the quote closes the name that the query gives a column.
        Kind::Word(Class::From) => {
            let words: Vec<&[u8]> = words(prefix).collect();
            words.len() <= 2 && words.last().is_some_and(|word| word.eq_ignore_ascii_case(b"as"))
        }
        // `'!1`, `" union x`
        Kind::Prefix | Kind::Word(Class::Union | Class::Select)
            if prefix.trim_ascii().is_empty()
                && tokens.len() == 2
                && !is_any(first.text(text), &[b"except", b"intersect", b"minus"])
                && tokens[1].end - tokens[1].start <= 2 =>
        {
            true
        }
        Kind::Word(Class::Union) if prefix.trim_ascii().is_empty() && tokens.len() <= 4 => {
            // `" union select`, `' union all select /`: nothing of a sentence follows.
            let follows = |token: &Token| {
                matches!(token.kind, Kind::Arithmetic | Kind::Word(Class::Quantity | Class::Select))
            };
            tokens.len() > 1 && tokens[1..].iter().all(follows)
                || Tail { tokens, text, anchor: Anchor::Quoted }.is_attack()
        }
        Kind::Word(Class::Compare)
            if prefix.trim_ascii().is_empty()
                && tokens.len() == 1
                && (first.text(text).eq_ignore_ascii_case(b"regexp")
                    || first.text(text).eq_ignore_ascii_case(b"rlike")) =>
        {
            true
        }
        _ => Tail { tokens, text, anchor: Anchor::Quoted }.is_attack(),
    }
}

fn is_any(word: &[u8], known: &[&[u8]]) -> bool {
    known.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// Whether there is only a string that the text leaves open, in other quotes than these.
fn opens_other(tokens: &[Token], text: &[u8], quote: u8) -> bool {
    matches!(tokens, [Token { kind: Kind::Text { is_closed: false }, start, .. }]
        if text[*start].is_ascii_punctuation() && text[*start] != quote)
}

/// `) like (`, `) as x from`: what goes on behind a parenthesis that the query opened.
fn is_behind_parenthesis(tokens: &[Token]) -> bool {
    let is_name = |kind: Kind| {
        matches!(
            kind,
            Kind::Text { .. }
                | Kind::Word(Class::Name | Class::Object | Class::CommonFunction | Class::Function)
        )
    };
    match tokens {
        [
            Token { kind: Kind::Close, .. },
            Token { kind: Kind::Word(Class::Compare), .. },
            Token { kind: Kind::Open, .. },
            ..,
        ] => true,
        [
            Token { kind: Kind::Close | Kind::Number, .. },
            Token { kind: Kind::Word(Class::As), .. },
            name,
            Token { kind: Kind::Word(Class::From), .. },
            ..,
        ] => is_name(name.kind),
        _ => false,
    }
}

/// Pieces of a query that are all of a text, or begin it: an attack that another argument completes.
fn is_fragment(tokens: &[Token], text: &[u8]) -> bool {
    let word = |index: usize| tokens.get(index).map_or(&b""[..], |token: &Token| token.text(text));
    let is = |index: usize, known: &[u8]| word(index).eq_ignore_ascii_case(known);
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    match tokens {
        // `union select`, `union all select`
        [first, rest @ ..] if first.kind == Kind::Word(Class::Union) => match rest {
            [Token { kind: Kind::Word(Class::Select), .. }] => true,
            [
                Token { kind: Kind::Word(Class::Quantity), .. },
                Token { kind: Kind::Word(Class::Select), .. },
            ] => true,
            [Token { kind: Kind::Word(Class::Select), .. }, .., last] => {
                rest.len() <= 8 && last.kind == Kind::Word(Class::From)
            }
            _ => false,
        },
        // `select pg_sleep`
        [first, second] if first.kind == Kind::Word(Class::Select) => {
            second.kind == Kind::Word(Class::Function) && second.text(text).contains(&b'_')
        }
        // `database(`, `current_user()`
        [first, _open] | [first, _open, Token { kind: Kind::Close, .. }]
            if kind(1) == Some(Kind::Open) =>
        {
            // Programs have functions of these names, too: `user()`.
            let is_common = || first.start == 0 && (is(0, b"schema") || is(0, b"user"));
            const TELLS: [&[u8]; 8] = [
                b"current_database",
                b"current_schema",
                b"current_user",
                b"database",
                b"schema",
                b"session_user",
                b"system_user",
                b"user",
            ];
            TELLS.iter().any(|known| is(0, known)) && !(tokens.len() == 3 && is_common())
        }
        // `x user(`: cut off right behind what opens the call.
        [_, name, Token { kind: Kind::Open, start, .. }] if name.end == *start => {
            [&b"database"[..], b"user", b"current_user", b"schema"]
                .iter()
                .any(|known| name.text(text).eq_ignore_ascii_case(known))
        }
        // `procedure analyse(`
        [first, _, third, ..] if first.kind == Kind::Word(Class::Object) => {
            is(0, b"procedure") && is(1, b"analyse") && third.kind == Kind::Open
        }
        _ => false,
    }
}

/// `(select …`, `(sleep(5))`: parentheses that only SQL has.
fn opens(tokens: &[Token], text: &[u8]) -> bool {
    let inner = tokens.iter().position(|t| t.kind != Kind::Open).unwrap_or(tokens.len());
    let inside = &tokens[inner..];
    match inside.first().map(|token| token.kind) {
        Some(Kind::Word(Class::Select)) => selects(&inside[1..], text),
        Some(Kind::Word(Class::Function)) => calls(inside),
        Some(Kind::Word(Class::CommonFunction)) => delays(inside, text) || subselect(inside),
        // `(values row(1))`
        Some(Kind::Word(Class::Name)) => lists_rows(inside, text),
        // `(1=2)*3`: a question in the place of a number.
        Some(Kind::Number)
            if matches!(
                inside,
                [
                    _,
                    Token { kind: Kind::Compare | Kind::Word(Class::Compare), .. },
                    Token { kind: Kind::Number, .. },
                    Token { kind: Kind::Close, .. },
                    Token { kind: Kind::Arithmetic, .. },
                    ..
                ]
            ) =>
        {
            true
        }
        Some(Kind::Number | Kind::Text { .. }) => {
            let anchor = Anchor::Literal;
            Tail { tokens: &inside[1..], text, anchor }.is_attack()
        }
        _ => false,
    }
}

/// A call that is the whole text, or is followed as a call in SQL is.
fn ends_as_sql(tokens: &[Token]) -> bool {
    let behind = skip_operand(tokens);
    behind.len() < tokens.len()
        && match behind.first().map(|token| token.kind) {
            None => true,
            Some(kind) => matches!(
                kind,
                Kind::Comment
                    | Kind::Compare
                    | Kind::Logic
                    | Kind::Close
                    | Kind::Comma
                    | Kind::Arithmetic
                    | Kind::Word(Class::Logic | Class::From | Class::Union | Class::Compare)
            ),
        }
}
