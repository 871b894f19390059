//! Behind a string: an expression that is whole up to where the rest of the query is cut off by a comment, or closed by
//! the query's own quote.
//!
//! What it asks for is not looked at. Functions, operators and columns are without end, and to whoever only wants the
//! condition to hold each is as good as `1=1`: `' or (id)-- `, `' or 1 operator(=) 1#`, `' or now() notnull and '1`.

use super::expression::{End, Expression, Read, is_one};
use super::lex::{Kind, Token};
use super::words::Class;

/// Whether what is behind a string is an expression to its end, as no prose is: with marks in it that prose has not.
pub(super) fn completes_string(tokens: &[Token], text: &[u8]) -> bool {
    let closed = tokens.iter().take_while(|token| token.kind == Kind::Close).count();
    let tokens = &tokens[closed..];
    let Some(first) = tokens.first() else { return false };
    // `',(version()))-- `: the next value of a row.
    if first.kind == Kind::Comma {
        let row = Expression { depth: 1, ..Expression::new(tokens, text) };
        return matches!(row.read(), Some(End::Comment { marks: 1.., is_bare: true }));
    }
    // `' where true-- `, `' returning version()-- `: the next clause.
    if first.kind == Kind::Word(Class::Where) || is_one(first.text(text), &[b"returning"]) {
        let clause = Expression::new(&tokens[1..], text);
        let end = clause.read_from(Read::Operator);
        return matches!(end, Some(End::Comment { marks: 1.., is_bare: true }));
    }
    let is_logic = matches!(first.kind, Kind::Logic | Kind::Word(Class::Logic));
    let expression = Expression { is_strict: !is_logic, ..Expression::new(tokens, text) };
    let Some(end) = expression.read() else { return false };
    let is_bitwise = is_bitwise(*first, text);
    match end {
        End::Comment { marks, is_bare: true } => {
            marks >= 1
                || matches!(
                    first.kind,
                    Kind::Logic
                        | Kind::Compare
                        | Kind::Arithmetic
                        | Kind::Cast
                        | Kind::Word(Class::Compare)
                )
        }
        End::Comment { marks, .. } => is_logic && marks >= 2,
        // Patterns and paths begin so within their quotes: `'%s and %s' …`, `r'/[a-z]*'`.
        End::Nothing { .. } => false,
        End::Text { .. } if first.kind == Kind::Arithmetic && !is_bitwise => false,
        End::Text { marks, is_short } => marks >= if is_short && is_logic { 1 } else { 2 },
    }
}

fn is_bitwise(operator: Token, text: &[u8]) -> bool {
    matches!(operator.text(text), b"|" | b"&" | b"^")
}

/// The same behind a number, where `or` and `and` stand in sentences too: with a comment that has nothing in it, or to the
/// end of the text where it asks something.
pub(super) fn completes_number(tokens: &[Token], text: &[u8]) -> bool {
    let Some(first) = tokens.first() else { return false };
    let is_logic = matches!(first.kind, Kind::Logic | Kind::Word(Class::Logic));
    let marks_min = match first.kind {
        Kind::Logic | Kind::Compare | Kind::Word(Class::Logic | Class::Compare) => 1,
        Kind::Arithmetic => 2,
        _ => return false,
    };
    match Expression::new(tokens, text).read() {
        Some(End::Comment { marks, is_bare: true }) => marks >= marks_min,
        Some(End::Nothing { asks }) => is_logic && asks >= 2,
        _ => false,
    }
}

/// What is behind the `from` of a list of what is selected: `id as a, s.*, count(*) over () from`. `None`: it is no such list.
pub(super) fn behind_list<'t>(tokens: &'t [Token], text: &'t [u8]) -> Option<&'t [Token]> {
    let mut list = Expression { depth: 1, ..Expression::new(tokens, text) };
    let mut last = Read::Operator;
    loop {
        let (token, rest) = list.tokens.split_first()?;
        let is_after = !matches!(last, Read::Operator | Read::Call | Read::Case);
        if token.kind == Kind::Word(Class::From) && list.depth == 1 && is_after {
            return Some(rest);
        }
        let ends =
            matches!(rest.first(), Some(Token { kind: Kind::Comma | Kind::Word(Class::From), .. }));
        list.tokens = rest;
        last = match token.kind {
            Kind::Close if list.depth == 1 && last != Read::Call => return None,
            Kind::Arithmetic if !is_after && ends => Read::Operand,
            // `id a`
            Kind::Word(Class::Name | Class::Object) | Kind::Text { is_closed: true }
                if is_after && ends =>
            {
                Read::Operand
            }
            Kind::Word(Class::English) if is_after && ends && token.end == token.start + 1 => {
                Read::Operand
            }
            _ if is_after => list.operator(*token, last)?,
            _ => list.operand(*token, last)?,
        };
    }
}
