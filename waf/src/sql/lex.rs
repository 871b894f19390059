//! SQL's tokens, in the union of the dialects that are attacked.

use alloc::vec::Vec;

use super::words::{Class, class_of};
use crate::text::{near, starts_with};
use crate::transform::is_word;

/// Where the text begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// As it stands.
    Plain,
    /// Right behind a quote that closed a string: others of its kind open one.
    Behind(u8),
}

/// A token and where its text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    /// Whether it ends within the text.
    Text {
        is_closed: bool,
    },
    Word(Class),
    /// `@x`, `@@version`, `:x`
    Variable,
    /// `=`, `<`, `>=`, `<>`, `!=`, `<=>`, `@>`, `~` …
    Compare,
    /// `&&`, `||`
    Logic,
    /// `+ - * / % | & ^ << >>`
    Arithmetic,
    /// `!`, `~` before an operand.
    Prefix,
    Comma,
    Open,
    Close,
    Semicolon,
    /// `--`, `#`, to the end of the line; `/*` that does not end.
    Comment,
    /// `/*!50000`, which MySQL runs.
    Conditional,
    Dot,
    /// `::`
    Cast,
    Other,
}

impl Token {
    pub(super) fn text(self, text: &[u8]) -> &[u8] {
        &text[self.start..self.end]
    }

    pub(super) fn is_statement_word(self) -> bool {
        matches!(
            self.kind,
            Kind::Word(
                Class::Select
                    | Class::Union
                    | Class::Statement
                    | Class::Having
                    | Class::Order
                    | Class::Logic
            )
        )
    }

    pub(super) fn is_mark(self) -> bool {
        matches!(
            self.kind,
            Kind::Comment
                | Kind::Text { .. }
                | Kind::Compare
                | Kind::Semicolon
                | Kind::Open
                | Kind::Variable
        )
    }
}

/// Most tokens that are looked at; an attack does not begin behind so many.
const TOKENS_MAX: usize = 4_096;

/// The tokens of a text.
pub(super) fn lex(text: &[u8], start: Start) -> Vec<Token> {
    let closed = (start != Start::Plain).then_some(Kind::Text { is_closed: true });
    let mut tokens = Vec::with_capacity((text.len() / 4).min(TOKENS_MAX));
    let (mut at, mut escapes) = (0, 0_u32);
    while at < text.len() && tokens.len() < TOKENS_MAX {
        let rest = &text[at..];
        let before = tokens.last().map(|token: &Token| token.kind).or(closed);
        let (kind, length) = match rest[0] {
            b'{' if let Some(length) = escape(rest, before) => {
                escapes += 1;
                (Some(Kind::Open), length)
            }
            b'}' if escapes > 0 => {
                escapes -= 1;
                (Some(Kind::Close), 1)
            }
            _ => next(rest, before),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, start: at, end: at + length });
        }
        at += length;
    }
    tokens
}

/// The next token and its length; white space and whole comments are none.
fn next(rest: &[u8], before: Option<Kind>) -> (Option<Kind>, usize) {
    let second = rest.get(1).copied().unwrap_or(0);
    let one = |kind| (Some(kind), 1);
    let two = |kind| (Some(kind), 2);
    match rest[0] {
        // SQL Server takes every control for white space.
        0x01..=0x20 | 0xa0 => (None, 1),
        // A null byte ends a text for many databases.
        0 => (Some(Kind::Comment), rest.len()),
        b'\'' | b'"' | b'`' => quoted(rest),
        b'$' if second == b'$' => dollars(rest),
        b'0'..=b'9' => {
            let length = number(rest);
            // `LIKE 1.e('a')`: MySQL passes over it.
            let is_passed = rest[..length].ends_with(b".e") && may_pass(before);
            ((!is_passed).then_some(Kind::Number), length)
        }
        b'.' if second.is_ascii_digit() => (Some(Kind::Number), number(rest)),
        b'.' => one(Kind::Dot),
        b'@' if second == b'>' => two(Kind::Compare),
        b'@' => {
            let sigils = rest.iter().take(2).take_while(|b| **b == b'@').count();
            let name = rest[sigils..].iter().take_while(|b| is_word(**b) || **b == b'$').count();
            match name {
                0 if !matches!(rest.get(sigils), Some(b'`' | b'\'' | b'"')) => {
                    (Some(Kind::Other), sigils)
                }
                name => (Some(Kind::Variable), sigils + name),
            }
        }
        b':' if second == b':' => two(Kind::Cast),
        b':' if second == b'=' => two(Kind::Compare),
        b',' => one(Kind::Comma),
        b'(' => one(Kind::Open),
        b')' => one(Kind::Close),
        b';' => one(Kind::Semicolon),
        b'#' if second == b'>' || second == b'-' && rest.get(2) != Some(&b'-') => {
            (Some(Kind::Compare), 2 + usize::from(rest.get(2) == Some(&b'>')))
        }
        // PostgreSQL's operators of JSON, between operands.
        b'?' if is_value(before) => {
            let length = 1 + usize::from(matches!(second, b'|' | b'&'));
            let operand = rest[length..].trim_ascii_start();
            let is_operator = operand.starts_with(b"'") || starts_with(operand, b"array[");
            (Some(if is_operator { Kind::Compare } else { Kind::Other }), length)
        }
        b'#' => (Some(Kind::Comment), line(rest)),
        b'-' if second == b'-' => (Some(Kind::Comment), line(rest)),
        b'-' if second == b'>' => {
            (Some(Kind::Compare), 2 + usize::from(rest.get(2) == Some(&b'>')))
        }
        b'/' if second == b'*' => comment(rest),
        b'*' if second == b'/' => (None, 2),
        b'&' if second == b'&' => two(Kind::Logic),
        b'|' if second == b'|' => two(Kind::Logic),
        b'=' => (Some(Kind::Compare), 1 + usize::from(matches!(second, b'=' | b'>' | b'<'))),
        b'<' if second == b'<' => two(Kind::Arithmetic),
        b'<' => match rest {
            [_, b'=', b'>', ..] => (Some(Kind::Compare), 3),
            [_, b'=' | b'>' | b'@', ..] => two(Kind::Compare),
            _ => one(Kind::Compare),
        },
        b'>' if second == b'>' => two(Kind::Arithmetic),
        b'>' => (Some(Kind::Compare), 1 + usize::from(second == b'=')),
        b'!' if matches!(second, b'=' | b'<' | b'>' | b'~') => two(Kind::Compare),
        b'!' => one(Kind::Prefix),
        b'~' => one(
            if is_operand(before)
                && !matches!(
                    before,
                    Some(Kind::Word(Class::Logic | Class::Select | Class::Quantity))
                )
            {
                Kind::Compare
            } else {
                Kind::Prefix
            },
        ),
        b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'&' | b'^' => one(Kind::Arithmetic),
        b'[' => bracketed(rest),
        byte if is_word(byte) || byte >= 0x80 || byte == b'$' => match word(rest) {
            (Some(Kind::Word(Class::Divide)), length) if is_operand(before) => {
                (Some(Kind::Arithmetic), length)
            }
            word => word,
        },
        _ => one(Kind::Other),
    }
}

/// The length of `{x `, with which ODBC's escapes begin where an operand is expected: to MySQL, `{x 1=1}` is
/// `(1=1)`, whatever the name.
fn escape(rest: &[u8], before: Option<Kind>) -> Option<usize> {
    let may_begin = matches!(
        before,
        Some(
            Kind::Logic
                | Kind::Prefix
                | Kind::Arithmetic
                | Kind::Compare
                | Kind::Open
                | Kind::Word(
                    Class::Logic | Class::Select | Class::From | Class::Compare | Class::Where
                )
        )
    );
    let blank =
        |from: usize| near(&rest[from..]).iter().take_while(|b| b.is_ascii_whitespace()).count();
    let name = 1 + blank(1);
    let quoted = usize::from(rest.get(name) == Some(&b'`'));
    let end = name + near(&rest[name..]).iter().skip(quoted).take_while(|b| is_word(**b)).count();
    let end = end + if rest.get(end + quoted) == Some(&b'`') { 2 * quoted } else { 0 };
    let opens = matches!(rest.get(end), Some(b'(' | b'\'' | b'"' | b'`' | b'@' | b'-' | b'!'));
    (may_begin && end > name && !rest[name].is_ascii_digit() && (opens || blank(end) > 0))
        .then_some(end)
}

/// Whether a number without its exponent says nothing behind this.
fn may_pass(before: Option<Kind>) -> bool {
    matches!(
        before,
        Some(
            Kind::Number
                | Kind::Text { .. }
                | Kind::Close
                | Kind::Word(
                    Class::Name | Class::Function | Class::CommonFunction | Class::Compare
                )
        )
    )
}

/// A string, or what one was cast to.
fn is_value(kind: Option<Kind>) -> bool {
    matches!(kind, Some(Kind::Text { is_closed: true } | Kind::Close | Kind::Word(_)))
}

fn is_operand(kind: Option<Kind>) -> bool {
    matches!(
        kind,
        Some(Kind::Number | Kind::Text { .. } | Kind::Variable | Kind::Close | Kind::Word(_))
    )
}

/// A string: a backslash escapes, and a doubled quote is one.
fn quoted(rest: &[u8]) -> (Option<Kind>, usize) {
    let quote = rest[0];
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        if byte == b'\\' && quote != b'`' {
            at += 2;
        } else if byte == quote {
            if rest.get(at + 1) != Some(&quote) {
                return (Some(Kind::Text { is_closed: true }), at + 1);
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    (Some(Kind::Text { is_closed: false }), rest.len())
}

/// `$$text$$`, as PostgreSQL quotes; one pair that nothing closes ends what an application opened.
fn dollars(rest: &[u8]) -> (Option<Kind>, usize) {
    match crate::statement::find(&rest[2..], b"$$") {
        Some(end) => (Some(Kind::Text { is_closed: true }), end + 4),
        None => (None, 2),
    }
}

/// The length of `q'[text]'`, as Oracle quotes, behind the `q`.
fn quoted_as_chosen(rest: &[u8]) -> Option<usize> {
    let [b'\'', opens, inner @ ..] = rest else { return None };
    let closes = match opens {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        b'<' => b'>',
        mark if mark.is_ascii_punctuation() => *mark,
        _ => return None,
    };
    near(inner).windows(2).position(|pair| pair == [closes, b'\'']).map(|end| end + 4)
}

fn number(rest: &[u8]) -> usize {
    let digits =
        |from: usize, is: fn(&u8) -> bool| rest[from..].iter().take_while(|b| is(b)).count();
    if let [b'0', b'x' | b'X', first, ..] = rest
        && first.is_ascii_hexdigit()
    {
        return 2 + digits(2, u8::is_ascii_hexdigit);
    }
    if let [b'0', b'b', b'0' | b'1', ..] = rest {
        return 2 + digits(2, |byte| matches!(byte, b'0' | b'1'));
    }
    let mut at = digits(0, u8::is_ascii_digit);
    if rest.get(at) == Some(&b'.') {
        at += 1;
        at += digits(at, u8::is_ascii_digit);
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign, u8::is_ascii_digit);
        if exponent > 0 {
            at += 1 + sign + exponent;
        } else if rest.get(at.wrapping_sub(1)) == Some(&b'.') {
            // `1.e`, which MySQL takes for a number without an exponent.
            at += 1;
        }
    }
    at
}

fn line(rest: &[u8]) -> usize {
    rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |end| end + 1)
}

/// A whole comment is white space; one that MySQL runs opens what is in it.
fn comment(rest: &[u8]) -> (Option<Kind>, usize) {
    // MariaDB runs `/*M!` too.
    let mark = 2 + usize::from(matches!(rest.get(2), Some(b'M')));
    if matches!(rest.get(mark), Some(b'!')) {
        let digits = rest[mark + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        return (Some(Kind::Conditional), mark + 1 + digits);
    }
    let mut at = 2;
    while at + 1 < rest.len() {
        if &rest[at..at + 2] == b"*/" {
            return (None, at + 2);
        }
        at += 1;
    }
    (Some(Kind::Comment), rest.len())
}

/// `[name]`, as SQL Server quotes names.
fn bracketed(rest: &[u8]) -> (Option<Kind>, usize) {
    let name = rest[1..].iter().take(64).take_while(|b| is_word(**b) || **b == b' ').count();
    if name > 0 && rest.get(1 + name) == Some(&b']') && !rest[1].is_ascii_digit() {
        return (Some(Kind::Word(Class::Name)), name + 2);
    }
    (Some(Kind::Other), 1)
}

fn word(rest: &[u8]) -> (Option<Kind>, usize) {
    let length =
        rest.iter().take_while(|b| is_word(**b) || **b >= 0x80 || **b == b'$').count().max(1);
    // `N'text'`, `x'4142'`, `_utf8'text'`
    if matches!(rest.get(length), Some(b'\'')) && (length == 1 || rest[0] == b'_') {
        let introduces = rest[0] == b'_'
            || matches!(rest[0], b'n' | b'N' | b'x' | b'X' | b'b' | b'B' | b'e' | b'E');
        if introduces {
            let (kind, more) = quoted(&rest[length..]);
            return (kind, length + more);
        }
    }
    let word = &rest[..length];
    if length == 1
        && matches!(word, b"q" | b"Q")
        && let Some(more) = quoted_as_chosen(&rest[1..])
    {
        return (Some(Kind::Text { is_closed: true }), 1 + more);
    }
    // `binary 1`: an operator before its operand.
    if word.eq_ignore_ascii_case(b"binary") {
        let operand = near(&rest[length..]).trim_ascii_start().first();
        if operand.is_some_and(|b| b.is_ascii_digit() || matches!(b, b'\'' | b'"' | b'(')) {
            return (Some(Kind::Prefix), length);
        }
    }
    (Some(Kind::Word(class_of(word))), length)
}
