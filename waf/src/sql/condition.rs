//! What is asked behind `or`, `and`, `where` and `having`: whether anybody but an attacker would.

use super::lex::{Kind, Token};
use super::operand::{
    calls, is_document, is_literal, orders, skip_operand, skip_parentheses, subselect,
};
use super::tail::Anchor;
use super::titled::is_sentence;
use super::words::Class;

/// A comparison behind `or` or `and`: `operand` is what is compared, `behind` begins with how.
pub(super) fn is_compared(
    behind: &[Token],
    operand: &[Token],
    text: &[u8],
    anchor: Anchor,
) -> bool {
    let (compare, right) = (behind[0], &behind[1..]);
    let right = match right {
        [Token { kind: Kind::Word(Class::Logic | Class::Compare), .. }, rest @ ..] => rest,
        right => right,
    };
    let is_opening = |token: &&Token| matches!(token.kind, Kind::Open | Kind::Arithmetic);
    let Some(other) = right.iter().find(|token| !is_opening(token)) else { return false };
    let after = skip_operand(right);
    if after.len() == right.len() {
        return subselect(right);
    }
    let (left_literal, right_literal) = (is_literal(operand[0].kind), is_literal(other.kind));
    if matches!(other.kind, Kind::Word(Class::Function)) && calls(right) || subselect(right) {
        return true;
    }
    let is_symbol = compare.kind == Kind::Compare;
    if is_symbol && is_document(operand[0], text) {
        return true;
    }
    match anchor {
        Anchor::Quoted if is_symbol => left_literal || right_literal || is_plain_end(after, text),
        Anchor::Quoted => right_literal,
        Anchor::Literal if is_symbol => {
            let asks = after.first().is_some_and(|token| token.text(text) == b"?");
            (left_literal && right_literal && !orders(compare, text) && !asks)
                || is_plain_end(after, text)
        }
        Anchor::Literal => right_literal && is_plain_end(after, text),
        // `x or 1 between 1 and 1`
        Anchor::Name if compare.text(text).eq_ignore_ascii_case(b"between") => matches!(
            after,
            [Token { kind: Kind::Word(Class::Logic), .. }, last, rest @ ..]
                if left_literal && right_literal && is_literal(last.kind) && is_plain_end(rest, text)
        ),
        Anchor::Name => {
            is_symbol
                && left_literal
                && right_literal
                && compare.text(text) != b"->"
                && is_plain_end(after, text)
        }
    }
}

/// `1=1`, `'a' like 'b'`: what no condition of anybody's asks.
pub(super) fn compares_literals(tokens: &[Token], text: &[u8]) -> bool {
    let is_opening = |token: &&Token| matches!(token.kind, Kind::Open | Kind::Prefix);
    let mut all = tokens.iter().filter(|token| !is_opening(token));
    let (Some(left), Some(compare), Some(right)) = (all.next(), all.next(), all.next()) else {
        return false;
    };
    let compares = compare.kind == Kind::Compare && !matches!(compare.text(text), b"->" | b"=>")
        || compare.kind == Kind::Word(Class::Compare);
    is_literal(left.kind) && compares && is_literal(right.kind)
}

/// `(1,2)=(1,2)`: rows of literals, which is true or false without a table; behind a string, also of columns.
pub(super) fn compares_rows(tokens: &[Token], text: &[u8], is_quoted: bool) -> bool {
    let is_row = |tokens: &[Token]| {
        let begin = tokens.iter().take_while(|token| token.kind == Kind::Open).count();
        begin > 0
            && matches!(
                tokens[begin..],
                [first, Token { kind: Kind::Comma, .. }, ..]
                    if is_literal(first.kind) || is_quoted && matches!(first.kind, Kind::Word(_))
            )
    };
    let is_before = |token: &&Token| matches!(token.kind, Kind::Prefix | Kind::Word(Class::Logic));
    let left = &tokens[tokens.iter().take_while(is_before).count()..];
    let [compare, right @ ..] = skip_parentheses(left) else { return false };
    is_row(left)
        && is_row(right)
        && (compare.kind == Kind::Compare && !matches!(compare.text(text), b"->" | b"=>" | b"==")
            || compare.kind == Kind::Word(Class::Compare))
        && (is_quoted || is_plain_end(skip_parentheses(right), text))
}

/// What is compared behind `is`: `not null`, `not distinct from 1`.
pub(super) fn skip_is<'t>(tokens: &'t [Token], text: &[u8]) -> &'t [Token] {
    let behind = match tokens {
        [not, rest @ ..] if not.text(text).eq_ignore_ascii_case(b"not") => rest,
        all => all,
    };
    match behind {
        [distinct, Token { kind: Kind::Word(Class::From), .. }, rest @ ..]
            if distinct.text(text).eq_ignore_ascii_case(b"distinct") =>
        {
            rest
        }
        [Token { kind: Kind::Word(Class::Literal), .. }, ..] => behind,
        _ => tokens,
    }
}

/// `not` before `like`, `in`, `between`: what is behind it.
pub(super) fn skip_not<'t>(tokens: &'t [Token], text: &[u8]) -> Option<&'t [Token]> {
    match tokens {
        [not, rest @ ..]
            if not.text(text).eq_ignore_ascii_case(b"not")
                && matches!(rest.first(), Some(Token { kind: Kind::Word(Class::Compare), .. })) =>
        {
            Some(rest)
        }
        _ => None,
    }
}

/// `like('a', …)`
pub(super) fn is_called(tokens: &[Token]) -> bool {
    matches!(
        tokens,
        [
            _,
            Token { kind: Kind::Open, .. },
            Token { kind: Kind::Text { .. } | Kind::Number, .. },
            Token { kind: Kind::Comma, .. },
            ..
        ]
    )
}

/// What is behind `boolean mode`, as `in` begins it where a text is searched.
pub(super) fn skip_mode<'t>(tokens: &'t [Token], text: &[u8]) -> Option<&'t [Token]> {
    let word = |index: usize, known: &[u8]| {
        tokens.get(index).is_some_and(|t: &Token| t.text(text).eq_ignore_ascii_case(known))
    };
    if word(0, b"boolean") && word(1, b"mode") {
        return Some(&tokens[2..]);
    }
    let is_natural = word(0, b"natural") && word(1, b"language") && word(2, b"mode");
    is_natural.then(|| &tokens[3..])
}

/// `<'z`: right behind the string and the operator.
pub(super) fn is_close(compare: Token, operand: Token) -> bool {
    compare.start == 0 && compare.kind == Kind::Compare && operand.start == compare.end
}

/// `rlike`, `regexp`
pub(super) fn is_pattern(compare: Token, text: &[u8]) -> bool {
    let word = compare.text(text);
    word.eq_ignore_ascii_case(b"rlike") || word.eq_ignore_ascii_case(b"regexp")
}

fn is_plain_end(after: &[Token], text: &[u8]) -> bool {
    if is_sentence(after, text) {
        return false;
    }
    match after.first().map(|token| token.kind) {
        None => true,
        Some(kind) => matches!(
            kind,
            Kind::Comment
                | Kind::Semicolon
                | Kind::Close
                | Kind::Logic
                | Kind::Compare
                | Kind::Arithmetic
                | Kind::Word(
                    Class::Logic
                        | Class::Union
                        | Class::Order
                        | Class::Limit
                        | Class::Having
                        | Class::Compare
                )
        ),
    }
}

pub(super) fn compared(behind: &[Token], operand: &[Token], text: &[u8]) -> bool {
    behind.len() < operand.len()
        && matches!(
            behind.first(),
            Some(Token { kind: Kind::Compare | Kind::Word(Class::Compare), .. })
        )
        && is_compared(behind, operand, text, Anchor::Literal)
}
