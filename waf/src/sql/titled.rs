//! Statements whose first words titles and sentences have too: `Call John (he knows)`, `Drop table reservations`.

use super::lex::{Kind, Token};
use super::operand::{delays, skip_parentheses, subselect};
use super::words::Class;
use crate::text::{has, is_sorted, near, starts_with};

/// A statement that is a whole text is one only if it says more than a button would.
pub(super) fn is_more_than_a_title(word: Token, rest: &[Token], text: &[u8]) -> bool {
    let is = |all: &[&[u8]]| all.iter().any(|known| word.text(text).eq_ignore_ascii_case(known));
    if is(&[b"call"]) {
        return calls_database(rest, text);
    }
    let says_more = |(at, token): (usize, &Token)| match token.kind {
        // `delete from the list; then retry`
        Kind::Semicolon => rest.get(at + 1).is_none_or(|next| {
            matches!(next.kind, Kind::Comment | Kind::Word(Class::Statement | Class::Select))
        }),
        Kind::Comment
        | Kind::Open
        | Kind::Compare
        | Kind::Variable
        | Kind::Text { .. }
        | Kind::Word(Class::Where | Class::Select | Class::Function) => true,
        _ => false,
    };
    // `Drop Table Records`: a name, as titles are written.
    let is_title = |token: &Token| match token.text(text) {
        [first, more @ ..] => first.is_ascii_uppercase() && more.iter().all(u8::is_ascii_lowercase),
        [] => false,
    };
    rest.iter().enumerate().any(says_more)
        || rest.len() == 2
            && !(is_title(&word) && rest.iter().all(is_title))
            && is(&[b"declare", b"drop", b"exec", b"execute", b"shutdown", b"truncate"])
}

/// As much of a definition as is read.
const DEFINITION_TOKENS_MAX: usize = 48;

/// `alter function f(int) stable`, `create index i on t (a)`, `grant execute on function f() to x`: where a text begins so,
/// nothing runs it that was meant to get a value. SQL Server, which needs no semicolon before a statement, takes none of
/// routines and views there, has no such grants, and loses nothing by what is new.
pub(super) fn is_definition(word: Token, rest: &[Token], text: &[u8]) -> bool {
    // What a routine does, who may log in, what is lost or changed. Sorted.
    const MORE: &str = "alter begin character database disable drop exec execute nocheck rename return schema soname switch user";
    const _: () = assert!(is_sorted(MORE));
    if word.kind != Kind::Word(Class::Statement) {
        return false;
    }
    let few = &rest[..rest.len().min(DEFINITION_TOKENS_MAX)];
    let end = few.iter().position(|token| token.kind == Kind::Semicolon).unwrap_or(few.len());
    let statement = &few[..end];
    // `create table x (a int); select pass from users`
    if few.get(end + 1).is_some_and(|next| next.kind == Kind::Word(Class::Select)) {
        return false;
    }
    // A text may have as many statements as it likes, and each asks for the first.
    let small = |token: &Token| near(token.text(text)).to_ascii_lowercase();
    let does_more = |token: &Token| match token.kind {
        Kind::Word(Class::Select) | Kind::Variable => true,
        // What is behind it would be the rest of somebody's query.
        Kind::Comment => token.end == text.len(),
        // `as '/lib/libc.so.6'`
        Kind::Text { .. } => near(token.text(text)).contains(&b'/'),
        _ => has(MORE, &small(token)),
    };
    match &small(&word)[..] {
        // `on schema::x` is SQL Server's.
        b"grant" | b"revoke" => statement.windows(3).any(|three| {
            small(&three[0]) == b"on"
                && three[1].kind == Kind::Word(Class::Object)
                && three[2].kind != Kind::Cast
        }),
        b"alter" | b"create" => !statement.iter().any(does_more),
        _ => false,
    }
}

/// `call p(1)`, and nothing of a sentence behind it: not `call support (24/7)`, `call reset() on the form`.
pub(super) fn calls_procedure(rest: &[Token]) -> bool {
    let Some(open) = called(rest) else { return false };
    let behind = skip_parentheses(&rest[open..]);
    let is_close = rest[open - 1].end == rest[open].start;
    match behind.first().map(|token| token.kind) {
        None | Some(Kind::Semicolon) => {
            is_close || rest[open - 1].kind == Kind::Word(Class::Function)
        }
        kind => kind == Some(Kind::Comment),
    }
}

/// `call dbms_java.f(1)`, `call f((select …))`: as all of a text it has to say that it is a database's. Others are
/// code that somebody talks about: `Call init()`.
fn calls_database(rest: &[Token], text: &[u8]) -> bool {
    const PACKAGES: [&[u8]; 5] = [b"dbms_", b"sp_", b"sys.", b"utl_", b"xp_"];
    let Some((name, open)) = rest.first().zip(called(rest)) else { return false };
    name.kind == Kind::Word(Class::Function)
        || delays(rest, text)
        || PACKAGES.iter().any(|known| starts_with(&text[name.start..], known))
        || subselect(&rest[open..])
}

/// Where the parenthesis is that opens behind a name, `a.b` too.
fn called(rest: &[Token]) -> Option<usize> {
    let is_word = |token: &Token| {
        matches!(
            token.kind,
            Kind::Word(Class::Name | Class::Object | Class::CommonFunction | Class::Function)
        )
    };
    let mut at = rest.first().filter(|token| is_word(token)).map(|_| 1)?;
    while let [Token { kind: Kind::Dot, .. }, Token { kind: Kind::Word(_), .. }, ..] = rest[at..] {
        at += 2;
    }
    (rest.get(at)?.kind == Kind::Open).then_some(at)
}

/// `drop table reservations (6 people)`: what stands in parentheses behind a name and a blank.
pub(super) fn is_explained(rest: &[Token]) -> bool {
    matches!(rest, [name, Token { kind: Kind::Open, start, .. }, ..] if name.end < *start)
}

/// `insert into x (a, b)`, `insert into x(a) values`: columns, not what `insert into slot (left side)` tells.
pub(super) fn lists_columns(tokens: &[Token], text: &[u8]) -> bool {
    let [Token { kind: Kind::Open, .. }, first, rest @ ..] = tokens else { return false };
    match rest.first().map(|token| token.kind) {
        None | Some(Kind::Comma | Kind::Dot) => true,
        Some(Kind::Close) => rest.get(1).is_none_or(|next| {
            next.kind == Kind::Word(Class::Select)
                || next.text(text).eq_ignore_ascii_case(b"values")
        }),
        _ => first.kind == Kind::Word(Class::Select),
    }
}

/// `copy x from '/a'`, `copy (select 1) to program 'id'`
pub(super) fn copies(rest: &[Token], text: &[u8]) -> bool {
    const ENDS: [&[u8]; 3] = [b"program", b"stdin", b"stdout"];
    rest[..rest.len().min(24)].windows(2).any(|pair| {
        let joins = pair[0].kind == Kind::Word(Class::From)
            || pair[0].text(text).eq_ignore_ascii_case(b"to");
        let name = pair[1].text(text);
        let is_string =
            matches!(pair[1].kind, Kind::Text { .. }) && matches!(name.first(), Some(b'\'' | b'$'));
        joins && (is_string || ENDS.iter().any(|known| name.eq_ignore_ascii_case(known)))
    })
}

/// `grant all on …`, `revoke select on …`: what is granted is something to do.
pub(super) fn grants(rest: &[Token], text: &[u8]) -> bool {
    const MORE: [&[u8]; 8] =
        [b"connect", b"file", b"process", b"proxy", b"references", b"reload", b"super", b"usage"];
    let is = |at: usize, known: &[u8]| {
        rest.get(at).is_some_and(|token| token.text(text).eq_ignore_ascii_case(known))
    };
    let is_privilege = match rest.first().map(|token| token.kind) {
        Some(Kind::Word(Class::Select | Class::Statement)) => true,
        Some(Kind::Word(Class::Quantity)) => is(1, b"on") || is(1, b"privileges"),
        _ => MORE.iter().any(|known| is(0, known)),
    };
    is_privilege && rest.len() > 3 && (1..6).any(|at| is(at, b"on"))
}

/// Words behind a comparison that no query has there: `1=1 is always true`, `2>1 holds`.
pub(super) fn is_sentence(after: &[Token], text: &[u8]) -> bool {
    // What begins another clause, or ends an expression's.
    const CLAUSES: [&[u8]; 16] = [
        b"asc",
        b"desc",
        b"else",
        b"end",
        b"escape",
        b"except",
        b"fetch",
        b"for",
        b"intersect",
        b"lock",
        b"minus",
        b"offset",
        b"on",
        b"qualify",
        b"then",
        b"window",
    ];
    let is_word = |token: Option<&Token>| {
        token.is_some_and(|token| {
            matches!(token.kind, Kind::Word(Class::Name | Class::English))
                && !CLAUSES.iter().any(|known| token.text(text).eq_ignore_ascii_case(known))
        })
    };
    let Some(first) = after.first() else { return false };
    match first.kind {
        Kind::Word(Class::Name | Class::English) => is_word(Some(first)),
        // `is null`, `in (1)`, `as x` go on; `is always true`, `in the text`, `as a trick` do not.
        Kind::Word(Class::Compare) => {
            let small = first.text(text);
            (small.eq_ignore_ascii_case(b"is") || small.eq_ignore_ascii_case(b"in"))
                && is_word(after.get(1))
        }
        Kind::Word(Class::As) | Kind::Comma => {
            matches!(after.get(1), Some(Token { kind: Kind::Word(Class::English), .. }))
        }
        _ => false,
    }
}

/// Whether a comment is a dash between words: `10 > 5 -- obviously`. What ends a query has nothing to say, or
/// no blanks around its mark.
pub(super) fn is_remark(comment: Token, text: &[u8]) -> bool {
    let before = comment.start.checked_sub(1).map(|at| text[at]);
    let said = match comment.text(text) {
        [b'-', b'-', said @ ..] | [b'#', said @ ..] => said,
        _ => return false,
    };
    let mut words = said.split(|b| !b.is_ascii_alphanumeric() && *b < 0x80);
    before.is_none_or(|b| b.is_ascii_whitespace())
        && said.first().is_some_and(u8::is_ascii_whitespace)
        && words.any(|word| word.len() > 1)
}

/// `5'9`, `12'-6`, `45°30'15`, and any number before a double quote: what a quote ends there are inches, or seconds.
pub(super) fn is_measure(prefix: &[u8], quote: u8) -> bool {
    let is_part = |b: &u8| b.is_ascii_digit() || *b >= 0x80 || b"'./-".contains(b);
    let digits = prefix.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    (1..prefix.len() + 1).contains(&digits)
        && prefix.iter().all(is_part)
        && (quote == b'"' || digits < prefix.len())
}

#[cfg(test)]
mod tests {
    use super::super::lex::{Start, lex};
    use super::*;
    use crate::marks::Marks;

    #[test]
    fn statements_are_told_from_titles_that_begin_with_their_words() {
        let is = |text: &str| {
            super::super::is_plain_injection(text.as_bytes(), Marks::of(text.as_bytes()))
        };
        for text in [
            "1;call p(1)",
            "'; call p (1)--",
            "call dbms_lock.sleep(5)",
            "call p((select a from b))",
            "insert into t(a) values(1)",
            "1;grant select on t to x",
            "drop table x",
            "or 1=1 is not null",
            "or 1=1 for update",
            "10 > 5 --",
            "admin' -- why not",
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "Call John (he knows)",
            "wait; call support (24/7)",
            "Drop table reservations (6 people)",
            "Insert into slot (left side)",
            "delete from cart; then retry",
            "grant application on climate; due Friday",
            "copy paste from \"old doc\"",
            "10 > 5 -- obviously",
            "and 1=1 is always true",
            "5'9\" -- 160 lbs",
            "user()",
        ] {
            assert!(!is(text), "{text}");
        }
    }

    #[test]
    fn definitions_that_begin_a_text_are_told_from_what_takes_reads_or_runs() {
        let is = |text: &str| super::super::is_injection(text.as_bytes(), false);
        for text in [
            "CREATE INDEX i ON t (a, b);",
            "CREATE TABLE orders (\n  id int PRIMARY KEY,\n  total int DEFAULT 0\n);",
            "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX ON orders (note);",
            "ALTER FUNCTION sum_all(int, int) PARALLEL SAFE;\nALTER FUNCTION least_of(int) STABLE;",
            "CREATE FUNCTION sum_all(internal)\nRETURNS internal\nAS 'MODULE'\nLANGUAGE C STRICT;",
            "GRANT EXECUTE ON FUNCTION sum_all(int) TO readers;",
            "REVOKE ALL ON TABLE orders FROM public;",
            "CREATE TABLE orders (\n  id int, -- by the shop\n  total int\n)",
        ] {
            assert!(!is(text), "{text}");
        }
        for text in [
            "1; create table x (a int)",
            "'; create index i on t (a) --",
            "; alter table t add x int",
            "*/create table x (a int)",
            "create table x (a int) --",
            "create table x (a int); drop table orders",
            "create table x (a int); insert into x(a) values (1)",
            "create table x (a int); select pass from users",
            "create table x as select pass from users where 1=1",
            "create function f(a int) returns int return (a)",
            "create function f(a int) returns int soname 'x.so'",
            "create function f(a text) returns int as '/lib/libc.so.6' language c",
            "create user x identified by 'y'",
            "alter table t drop column (c)",
            "alter table t nocheck constraint (c)",
            "grant select on schema::dbo to public where",
            "drop view v",
            "grant all privileges on *.* to 'x'@'%'",
            "create index i on t (a); copy t from '/etc/passwd'",
            "select 1 from pg_catalog.pg_user",
            "create index i on t (a); table pg_catalog.pg_user",
        ] {
            assert!(is(text), "{text}");
        }
    }

    #[test]
    fn a_dash_is_told_from_a_comment_and_inches_from_a_string() {
        let remark = |text: &str| {
            let tokens = lex(text.as_bytes(), Start::Plain);
            is_remark(*tokens.last().expect("a token"), text.as_bytes())
        };
        assert!(remark("5 -- obviously") && remark("5 # same"));
        assert!(!remark("5 --") && !remark("5 -- -") && !remark("5--yes") && !remark("5 --yes"));
        assert!(is_measure(b"5'9", b'"') && is_measure(b"27", b'"') && is_measure(b"5'9", b'\''));
        assert!(!is_measure(b"1", b'\'') && !is_measure(b"", b'"') && !is_measure(b"a1", b'"'));
    }
}
