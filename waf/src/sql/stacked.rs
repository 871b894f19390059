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

/// Words between a statement's first and what it is about.
const MODIFIERS: [&[u8]; 10] = [
    b"delayed",
    b"fail",
    b"high_priority",
    b"ignore",
    b"into",
    b"low_priority",
    b"only",
    b"or",
    b"quick",
    b"replace",
];
/// As much of a statement as is read for its second word.
const STATEMENT_TOKENS_MAX: usize = 12;

/// `1;update users as a set x = 1`, `;insert users set x = 1`, `;with a as (delete …)`: a statement of any shape, right
/// behind a number or a string.
pub(super) fn is_stacked_change(
    before: &[Token],
    word: Token,
    rest: &[Token],
    text: &[u8],
) -> bool {
    matches!(
        before,
        [Token { kind: Kind::Semicolon, .. }]
            | [Token { kind: Kind::Number, .. }, Token { kind: Kind::Semicolon, .. }]
    ) && changes(word, rest, text)
}

fn changes(word: Token, rest: &[Token], text: &[u8]) -> bool {
    let is_any = |token: &Token, all: &[&str]| {
        all.iter().any(|known| token.text(text).eq_ignore_ascii_case(known.as_bytes()))
    };
    let is = |at: usize, known: &str| rest.get(at).is_some_and(|token| is_any(token, &[known]));
    let few = &rest[..rest.len().min(STATEMENT_TOKENS_MAX)];
    let is_modifier =
        |token: &&Token| MODIFIERS.iter().any(|known| token.text(text).eq_ignore_ascii_case(known));
    let modifiers = few.iter().take_while(is_modifier).count();
    let (begin, object) = few.split_at(modifiers);
    let is_name = |at: usize| {
        matches!(
            object.get(at).map(|token| token.kind),
            Some(Kind::Word(Class::Name | Class::Object) | Kind::Text { .. })
        )
    };
    let kind = |at: usize| object.get(at).map(|token| token.kind);
    // An article is an alias, too.
    let is_english =
        |token: &Token| token.kind == Kind::Word(Class::English) && token.end > token.start + 1;
    let ends = |at: usize| {
        object.get(at).is_none_or(|token| {
            matches!(token.kind, Kind::Comment | Kind::Semicolon | Kind::Word(Class::Where))
                || is_any(token, &["returning", "using"])
        })
    };
    let is_statement = |at: usize| {
        rest.get(at).is_some_and(|token| {
            matches!(token.kind, Kind::Word(Class::Statement | Class::Select))
                || is_any(token, &["replace"])
        })
    };
    match &word.text(text).to_ascii_lowercase()[..] {
        b"delete" if kind(0) == Some(Kind::Word(Class::From)) => {
            let name = 1 + object[1..].iter().take_while(is_modifier).count();
            is_name(name) && (ends(name + 1) || is_name(name + 1) && ends(name + 2))
        }
        // `delete a from t a`
        b"delete" => match object {
            [first, Token { kind: Kind::Word(Class::From), .. }, more @ ..] => more
                .iter()
                .take(3)
                .any(|token| token.text(text).eq_ignore_ascii_case(first.text(text))),
            _ => false,
        },
        b"update" => {
            let set = few.iter().position(|token| token.kind == Kind::Word(Class::Set));
            set.is_some_and(|at| {
                few[..at].iter().all(|token| !is_english(token))
                    && few.get(at + 2).is_some_and(|token| token.kind == Kind::Compare)
            })
        }
        b"insert" | b"replace" if is_name(0) => {
            let is_into = begin.iter().any(|token| is_any(token, &["into"]));
            match object.get(1) {
                Some(Token { kind: Kind::Open | Kind::Word(Class::Select), .. }) => is_into,
                Some(Token { kind: Kind::Word(Class::Set), .. }) => {
                    object.get(3).is_some_and(|token| token.kind == Kind::Compare)
                }
                Some(values) if is_any(values, &["values", "value"]) => kind(2) == Some(Kind::Open),
                Some(other) => is_into && is_any(other, &["table", "default"]),
                None => false,
            }
        }
        b"truncate" => modifiers > 0 && is_name(0) && ends(1),
        b"drop" => is(0, "tables") && rest.len() > 1,
        b"with" => {
            let named = few.iter().position(|token| token.kind == Kind::Word(Class::As));
            rest.first().is_some_and(|token| !is_english(token))
                && named
                    .is_some_and(|at| few.get(at + 1).is_some_and(|token| token.kind == Kind::Open))
        }
        b"explain" | b"analyze" => {
            let options = few.iter().take_while(|token| {
                matches!(token.kind, Kind::Open | Kind::Close) || is_any(token, &["analyze"])
            });
            is_statement(options.count())
        }
        b"create" => is(0, "rule") && is(2, "as"),
        b"prepare" => is(1, "as") && is_statement(2),
        b"begin" => is(0, "not") && is(1, "atomic"),
        b"if" | b"while" | b"for" => {
            (0..few.len()).any(|at| is_any(&few[at], &["do", "then"]) && is_statement(at + 1))
        }
        b"do" => {
            is(0, "language") && rest.get(2).is_some_and(|t| matches!(t.kind, Kind::Text { .. }))
                || rest.first().is_some_and(
                    |token| matches!(token.text(text), [b'$', tag @ ..] if tag.contains(&b'$')),
                )
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
