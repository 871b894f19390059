//! Statements behind a semicolon that begin with words of other texts.

use super::condition::compares_literals;
use super::lex::{Kind, Token};
use super::operand::{calls, delays, is_literal};
use super::select::{is_whole_select, selects};
use super::words::Class;

/// `1; select count(*) from x`: not `open the menu; select items from it`.
pub(super) fn is_stacked_query(before: &[Token], rest: &[Token], text: &[u8]) -> bool {
    let calls = rest.iter().take(12).any(|token| token.kind == Kind::Open);
    let is_query = rest.iter().take(24).any(|token| token.kind == Kind::Word(Class::From)) || calls;
    (calls || before.len() <= 3) && is_query && selects(rest, text) && is_whole_select(rest)
        || selects_literals(before, rest)
}

/// `1;select 1`, `'; select null, 'a'--`: nothing of a sentence before or behind.
fn selects_literals(before: &[Token], rest: &[Token]) -> bool {
    let is_start = match before {
        [_semicolon] => true,
        [operand, _semicolon] => is_literal(operand.kind),
        _ => false,
    };
    let ends = |token: &&Token| matches!(token.kind, Kind::Comment | Kind::Semicolon);
    let end = rest.iter().position(|token| ends(&token)).unwrap_or(rest.len());
    let mut listed = rest[..end].chunks(2);
    is_start
        && end % 2 == 1
        && listed.all(|pair| match pair {
            [value] => is_literal(value.kind),
            [value, comma] => is_literal(value.kind) && comma.kind == Kind::Comma,
            _ => false,
        })
}

/// `1;exec x`, `1;use master`: a statement of a word or two behind a number, with nothing before or behind.
pub(super) fn is_bare_statement(
    before: &[Token],
    word: Token,
    rest: &[Token],
    text: &[u8],
) -> bool {
    let is = |token: &Token, known: &[u8]| token.text(text).eq_ignore_ascii_case(known);
    let is_behind_number =
        matches!(before, [Token { kind: Kind::Number, .. }, Token { kind: Kind::Semicolon, .. }]);
    let ends = |token: &Token| matches!(token.kind, Kind::Comment | Kind::Semicolon);
    let end = rest.iter().position(ends).unwrap_or(rest.len());
    let is_name = |token: &Token| {
        matches!(token.kind, Kind::Word(Class::Name | Class::Object | Class::CommonFunction))
    };
    is_behind_number
        && match &rest[..end] {
            [one] if is(&word, b"exec") || is(&word, b"execute") || is(&word, b"use") => {
                is_name(one)
            }
            [one] if is(&word, b"do") => is_literal(one.kind),
            [one] if is(&word, b"discard") => {
                ["all", "plans", "sequences", "temp"].iter().any(|known| is(one, known.as_bytes()))
            }
            [role, name] if is(&word, b"set") => is(role, b"role") && is_name(name),
            [file, join, name] if is(&word, b"attach") => {
                matches!(file.kind, Kind::Text { .. }) && is(join, b"as") && is_name(name)
            }
            _ => false,
        }
}

/// Statements whose first two words no list of tasks has.
const PAIRS: [(&[u8], &[u8]); 12] = [
    (b"bulk", b"insert"),
    (b"deny", b"select"),
    (b"detach", b"database"),
    (b"flush", b"logs"),
    (b"flush", b"privileges"),
    (b"flush", b"tables"),
    (b"install", b"plugin"),
    (b"lock", b"tables"),
    (b"reset", b"master"),
    (b"restore", b"database"),
    (b"uninstall", b"plugin"),
    (b"unlock", b"tables"),
];

/// `; do sleep(5)`, `; set global x = 1`, `; pragma x = 1`, `; vacuum into 'x'`: what `first` begins.
pub(super) fn is_rare_statement(first: Token, rest: &[Token], text: &[u8]) -> bool {
    let is = |token: &Token, known: &[u8]| token.text(text).eq_ignore_ascii_case(known);
    let is_any = |token: &Token, all: &[&[u8]]| all.iter().any(|known| is(token, known));
    let Some((second, more)) = rest.split_first() else { return false };
    let is_assigned = |tokens: &[Token]| {
        matches!(
            tokens,
            [Token { kind: Kind::Word(_) | Kind::Variable, .. }, compare, ..] if is(compare, b"=") || is(compare, b":=")
        )
    };
    match first.kind {
        Kind::Word(Class::Set) => {
            is_assigned(rest) && second.kind == Kind::Variable
                || is_any(second, &[b"global", b"session", b"local", b"persist", b"@@global"])
                    && is_assigned(more)
        }
        Kind::Word(Class::Name) if is(&first, b"do") => match second.kind {
            Kind::Word(Class::Function) => calls(rest),
            Kind::Word(Class::CommonFunction) => delays(rest, text),
            // `do $$begin … end$$`
            Kind::Text { is_closed: true } => second.text(text).starts_with(b"$"),
            _ => false,
        },
        Kind::Word(Class::CommonFunction) if is(&first, b"if") => {
            compares_literals(rest, text) && rest.iter().take(4).any(|token| is(token, b"="))
        }
        Kind::Word(Class::Name) if is(&first, b"pragma") => is_assigned(rest),
        Kind::Word(Class::Name) if is(&first, b"vacuum") => {
            is_any(second, &[b"full", b"freeze"]) && more.len() <= 2
                || second.kind == Kind::Word(Class::Into)
                    && more.first().is_some_and(|file| matches!(file.kind, Kind::Text { .. }))
        }
        _ => PAIRS.iter().any(|pair| is(&first, pair.0) && is(second, pair.1)),
    }
}
