//! Pieces of SQL that are all of a text: what another piece completes, or what an argument computes.

use super::lex::{Kind, Token};
use super::operand::skip_operand;
use super::words::Class;

/// Types of PostgreSQL that are no words of other languages: `std::string`, `crate::text`.
const TYPES: [&[u8]; 18] = [
    b"bigint",
    b"boolean",
    b"bytea",
    b"float4",
    b"float8",
    b"int",
    b"int2",
    b"int4",
    b"int8",
    b"integer",
    b"jsonb",
    b"numeric",
    b"regclass",
    b"smallint",
    b"timestamptz",
    b"tsvector",
    b"uuid",
    b"varchar",
];
/// Those that are.
const COMMON_TYPES: [&[u8]; 10] = [
    b"bit",
    b"bool",
    b"char",
    b"date",
    b"double",
    b"json",
    b"real",
    b"text",
    b"time",
    b"timestamp",
];
/// Most tokens of such a text.
const TOKENS_MAX: usize = 48;

/// Whether a text is one of them.
pub(super) fn is_whole(tokens: &[Token], text: &[u8]) -> bool {
    tokens.len() <= TOKENS_MAX
        && (casts(tokens, text)
            || divides(tokens, text)
            || compares_first(tokens, text)
            || sleeps(tokens, text)
            || decides(tokens))
}

/// `password::int`, `f(x)::text`, `(…)::double precision`
fn casts(tokens: &[Token], text: &[u8]) -> bool {
    let named = |all: &[&[u8]], token: &Token| {
        all.iter().any(|known| token.text(text).eq_ignore_ascii_case(known))
    };
    let end = tokens.len();
    let at = match tokens {
        [.., Token { kind: Kind::Cast, .. }, _] => end - 2,
        [.., Token { kind: Kind::Cast, .. }, first, second]
            if named(&[b"double"], first) && named(&[b"precision"], second) =>
        {
            end - 3
        }
        _ => return false,
    };
    let (before, name) = (&tokens[..at], &tokens[at + 1]);
    match before {
        [.., Token { kind: Kind::Close, .. }] => named(&TYPES, name) || named(&COMMON_TYPES, name),
        [Token { kind: Kind::Word(_) | Kind::Text { .. } | Kind::Number, .. }] => {
            named(&TYPES, name)
        }
        _ => false,
    }
}

/// `div(23,-2)`: PostgreSQL's function, of two numbers.
fn divides(tokens: &[Token], text: &[u8]) -> bool {
    let [name, Token { kind: Kind::Open, .. }, first, Token { kind: Kind::Comma, .. }, ..] = tokens
    else {
        return false;
    };
    name.text(text).eq_ignore_ascii_case(b"div")
        && first.kind == Kind::Number
        && skip_operand(&tokens[4..]).first().is_some_and(|token| token.kind == Kind::Close)
}

/// `if(2=`: cut off where the value stands that is asked for.
fn compares_first(tokens: &[Token], text: &[u8]) -> bool {
    matches!(
        tokens,
        [
            _,
            Token { kind: Kind::Open, .. },
            Token { kind: Kind::Number, .. },
            Token { kind: Kind::Compare, .. }
        ]
    ) && tokens[0].text(text).eq_ignore_ascii_case(b"if")
}

/// `; sleep(0)`, `1; sleep(0)`
fn sleeps(tokens: &[Token], text: &[u8]) -> bool {
    let tokens = match tokens {
        [Token { kind: Kind::Number, .. }, rest @ ..] => rest,
        all => all,
    };
    matches!(
        tokens,
        [
            Token { kind: Kind::Semicolon, .. },
            _,
            Token { kind: Kind::Open, .. },
            Token { kind: Kind::Number, .. },
            Token { kind: Kind::Close, .. },
            ..
        ]
    ) && tokens[1].text(text).eq_ignore_ascii_case(b"sleep")
}

/// `case when x then y`
fn decides(tokens: &[Token]) -> bool {
    let is_operand = |kind: Kind| {
        matches!(kind, Kind::Word(Class::Name | Class::Literal) | Kind::Number | Kind::Text { .. })
    };
    matches!(
        tokens,
        [
            Token { kind: Kind::Word(Class::Case), .. },
            Token { kind: Kind::Word(Class::When), .. },
            condition,
            Token { kind: Kind::Word(Class::Then), .. },
            result,
        ] if is_operand(condition.kind) && is_operand(result.kind)
    )
}

#[cfg(test)]
mod tests {
    use super::super::lex::{Start, lex};
    use super::*;

    #[test]
    fn pieces_of_queries_are_told_from_code_and_prose() {
        let is = |text: &str| is_whole(&lex(text.as_bytes(), Start::Plain), text.as_bytes());
        for text in [
            "password::int",
            "f(x)::text",
            "f(x)::double precision",
            "(a)::jsonb",
            "div(23,-2)",
            "div (23.5 , 2)",
            "if(2=",
            "; sleep(0)",
            "case when admin then pass",
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "std::string",
            "crate::text",
            "use core::char",
            "fe80::1",
            "div(class)",
            "div(1)",
            "if(a=",
            "x(); sleep(5)",
            "in case when it rains then stay at home",
        ] {
            assert!(!is(text), "{text}");
        }
    }
}
