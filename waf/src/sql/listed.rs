//! Lists that an application was in the middle of: what is set in an `update`, rows of an `insert`.

use super::lex::{Kind, Token};
use super::operand::{calls, delays, is_literal, is_open_word, skip_operand, subselect};
use super::tail::{Anchor, Tail};
use super::words::Class;

/// `', role='admin`, `', role=1 where id=5--`, `','x')#`, `',1),('a','b`: the comma stands right behind the string.
pub(super) fn continues_list(tokens: &[Token], text: &[u8]) -> bool {
    sets(tokens, text) && ends_string(tokens, text) || inserts(tokens)
}

/// Whether it leaves open what the application closes, or what follows is commented out.
fn ends_string(tokens: &[Token], text: &[u8]) -> bool {
    tokens.last().is_some_and(|last| last.kind == Kind::Comment || is_open_word(*last, text))
}

/// `, name = value`, and what may follow that.
fn sets(tokens: &[Token], text: &[u8]) -> bool {
    let Some(value) = assigned(tokens, text) else { return false };
    let behind = skip_operand(value);
    behind.len() < value.len()
        && behind.first().is_none_or(|token| {
            matches!(token.kind, Kind::Comma | Kind::Comment | Kind::Word(Class::Where))
        })
}

/// `, role=1 where id=5--`
fn sets_where(tokens: &[Token], text: &[u8]) -> bool {
    sets(tokens, text)
        && tokens.iter().take(32).any(|token| token.kind == Kind::Word(Class::Where))
        && tokens.last().is_some_and(|last| last.kind == Kind::Comment)
}

/// `, password=(select …`: what is set is a query, whatever stands before.
pub(super) fn sets_query(tokens: &[Token], text: &[u8]) -> bool {
    assigned(tokens, text).is_some_and(|value| {
        value.first().is_some_and(|t| t.kind == Kind::Open)
            && subselect(&value[..value.len().min(3)])
    })
}

/// What is behind `, name =`.
fn assigned<'t>(tokens: &'t [Token], text: &[u8]) -> Option<&'t [Token]> {
    match tokens {
        [
            Token { kind: Kind::Comma, .. },
            Token { kind: Kind::Word(_) | Kind::Text { is_closed: true }, .. },
            compare,
            value @ ..,
        ] if compare.text(text) == b"=" => Some(value),
        _ => None,
    }
}

/// `, 1) --`, `, now()) --`, `, 1), ('a'`
fn inserts(tokens: &[Token]) -> bool {
    let mut rest = tokens;
    while let [Token { kind: Kind::Comma, .. }, value @ ..] = rest
        && matches!(value, [first, ..] if is_literal(first.kind) || calls(value))
    {
        let behind = skip_operand(value);
        if behind.len() == value.len() {
            return false;
        }
        rest = behind;
    }
    let is_row = |token: &Token| is_literal(token.kind);
    rest.len() < tokens.len()
        && match rest {
            [Token { kind: Kind::Close, .. }, Token { kind: Kind::Comment, .. }] => true,
            [
                Token { kind: Kind::Close, .. },
                Token { kind: Kind::Comma, .. },
                Token { kind: Kind::Open, .. },
                first,
                ..,
            ] => is_row(first),
            _ => false,
        }
}

impl Tail<'_> {
    /// `1,(select …)`, `1,sleep(5)`
    pub(super) fn follows_comma(&self, all: &[Token]) -> bool {
        if sets_query(all, self.text)
            || self.anchor == Anchor::Literal && sets_where(all, self.text)
        {
            return true;
        }
        if self.anchor == Anchor::Name {
            // `a, b` is a list: only a database's own function, and no blank behind it.
            let [name, open, ..] = self.tokens else { return false };
            return open.kind == Kind::Open
                && open.start == name.end
                && (name.kind == Kind::Word(Class::Function)
                    || is_conditional_or_wait(name.text(self.text))
                        && self.text[..name.start].ends_with(b",")
                        && delays(self.tokens, self.text));
        }
        match self.tokens.first().map(|token| token.kind) {
            Some(Kind::Open) => subselect(self.tokens),
            Some(Kind::Word(Class::Function)) => calls(self.tokens),
            Some(Kind::Word(Class::CommonFunction)) => {
                delays(self.tokens, self.text) || subselect(self.tokens)
            }
            _ => false,
        }
    }
}

fn is_conditional_or_wait(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"if") || name.eq_ignore_ascii_case(b"sleep")
}
