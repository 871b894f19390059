//! Strings that an application's own quotes complete.

use super::lex::{Kind, Token};
use super::titled::is_measure;
use super::words::Class;

/// Tokens that are looked at, at most.
const TOKENS_MAX: usize = 24;

/// Whether what follows a quote is operators and literals alone, up to a string that the application's own quote closes:
/// `'isnull or'1`, `x'or not'x`, `'-0-'`, `')or(id)or('`. A quoted operator (`'+'`, `'==='`), a phrase in double
/// quotes (`"is not"`) and measures (`5' - 6'`) are none. Where the string is opened in other quotes (`'-"a`) the next field
/// of the same query may close it: `where a=''-"a' and b='"=0-''`.
pub(super) fn joins_strings(tokens: &[Token], prefix: &[u8], text: &[u8], quote: u8) -> bool {
    let Some((last, between)) = tokens.split_last() else { return false };
    // Names are what stands in backticks.
    if quote == b'`' || text[last.start] == b'`' {
        return false;
    }
    let is_word = |token: &Token| matches!(token.kind, Kind::Word(_));
    let is_sign = |token: &Token| matches!(token.kind, Kind::Arithmetic | Kind::Prefix);
    let is_operator =
        |token: &Token| is_sign(token) || matches!(token.kind, Kind::Compare | Kind::Logic);
    let is_left_open = last.kind == Kind::Text { is_closed: false };
    let joins = |token: &Token| is_word(token) || is_operator(token);
    if !is_left_open
        || !between.iter().any(joins)
        || between.len() > TOKENS_MAX
        || !is_expression(between, text)
    {
        return false;
    }
    if text[last.start] != quote {
        return !is_measure(prefix, quote);
    }
    let is_measured = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'/');
    let is_measure = !prefix.is_empty() && prefix.iter().all(is_measured);
    // What stands first or behind a mark in double quotes is quoted, if it is no condition: `"like" stamps`, `q="<3"&p=2`.
    let is_quoted = quote == b'"' && !prefix.last().is_some_and(u8::is_ascii_alphanumeric);
    let is_condition =
        |token: &Token| token.kind == Kind::Word(Class::Logic) || is_test_of_null(*token, text);
    match between {
        [one] => one.kind == Kind::Word(Class::Compare) && !is_quoted,
        [first, rest @ ..] if between.iter().all(is_operator) => {
            first.kind == Kind::Compare && rest.iter().all(is_sign) && !is_quoted
        }
        _ if is_quoted => last.end - last.start > 1 && between.iter().any(is_condition),
        _ => !is_measure || between.iter().any(is_word),
    }
}

/// Whether tokens are no words but those of operators and literals, casts, and a name within parentheses.
fn is_expression(tokens: &[Token], text: &[u8]) -> bool {
    let mut rest = tokens;
    while let Some(first) = rest.first() {
        let taken = match (first.kind, rest.get(1).map(|token| token.kind)) {
            (Kind::Cast, Some(Kind::Word(_))) => 2,
            (Kind::Open, Some(Kind::Word(Class::Name | Class::CommonFunction)))
                if matches!(rest.get(2), Some(Token { kind: Kind::Close, .. })) =>
            {
                3
            }
            (
                Kind::Logic
                | Kind::Compare
                | Kind::Arithmetic
                | Kind::Prefix
                | Kind::Number
                | Kind::Open
                | Kind::Close
                | Kind::Word(Class::Logic | Class::Compare | Class::Divide | Class::Literal),
                _,
            ) => 1,
            _ if is_test_of_null(*first, text) => 1,
            _ => return false,
        };
        rest = &rest[taken..];
    }
    true
}

/// `isnull`, `notnull` behind an operand, as SQLite and PostgreSQL have them.
fn is_test_of_null(token: Token, text: &[u8]) -> bool {
    let word = token.text(text);
    word.eq_ignore_ascii_case(b"isnull") || word.eq_ignore_ascii_case(b"notnull")
}
