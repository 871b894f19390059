//! Traces of SQL that no other text has.

use core::cell::LazyCell;

use super::lex::{Kind, Start, Token, lex};
use super::operand::skip_operand;
use super::prose::is_behind_sentences;
use super::words::{Class, class_of, words};
use crate::marks::Marks;
use crate::statement::{contains, find};
use crate::text::{has, is_compact, is_sorted, near, near_end, starts_with};

/// Names of catalogues, and of procedures that run programs. Sorted.
const CATALOGUES: &str = "\
    all_tables dba_users dbms_lock dbms_pipe dbms_xmlgen information_schema innodb_table_stats msdb \
    msysaccessobjects msysaces msysobjects msysqueries openrowset pg_catalog pg_shadow pg_sleep \
    pg_toast pg_user schema_name sp_executesql sp_oacreate sqlite_master sqlite_schema \
    sqlite_temp_master syscolumns sysmaster sysobjects tempdb user_lock user_tables utl_http \
    utl_inaddr xp_cmdshell xp_dirtree xp_regread";
const _: () = assert!(is_sorted(CATALOGUES));

/// Names of catalogues in one text whose beginning is read.
const LOOKED_MAX: usize = 8;

/// Traces that need no reading from the start.
pub(super) fn has_traces(text: &[u8], marks: Marks) -> bool {
    const MONGO: [Marks; 2] = [Marks::any_of(b"$"), Marks::any_of(b"db.")];
    const LOADS: Marks = Marks::any_of(b"loaddata");
    const OPEN: Marks = Marks::any_of(b"(");
    const VARIABLE: Marks = Marks::any_of(b"@");
    if may_name_catalogue(marks) && names_catalogue(text) {
        return true;
    }
    !marks.is_within(Marks::WORD)
        && (MONGO.iter().any(|all| marks.has_all(*all)) && has_operator_of_mongo(text)
            || marks.has_all(LOADS) && loads(text)
            || (marks.has(OPEN) || marks.has(VARIABLE) && contains(text, b"@@"))
                && calls_function(text))
}

/// Whether a text with these marks may have the name of a catalogue: one of several words, or one word, which has all of
/// some letters.
fn may_name_catalogue(marks: Marks) -> bool {
    const JOINED: Marks = Marks::any_of(b"_");
    const LETTERS: [Marks; 3] =
        [Marks::any_of(b"sy"), Marks::any_of(b"mdb"), Marks::any_of(b"openrowset")];
    marks.has(JOINED) || LETTERS.iter().any(|all| marks.has_all(*all))
}

/// A catalogue's name where SQL has names: behind `from`, before `.` or `(`, or next to what is SQL's.
fn names_catalogue(text: &[u8]) -> bool {
    if is_grant_table(text.trim_ascii()) {
        return true;
    }
    let mut offset = 0;
    let mut looked = 0;
    // Told once, and looked for backwards: there may be as many names as words.
    let is_alone = LazyCell::new(|| words(text).nth(1).is_none());
    let before = |offset: usize| {
        let mut words = text[..offset].rsplit(|b| !crate::transform::is_word(*b));
        words.find(|word| !word.is_empty()).map(class_of)
    };
    for word in text.split(|b| !crate::transform::is_word(*b)) {
        let end = offset + word.len();
        let begins = || {
            matches!(
                [word[0] | 0x20, word[1] | 0x20],
                [b'm', b's'] | [b's', b'y'] | [b'o', b'p'] | [b't', b'e']
            )
        };
        let is_one = (4..=20).contains(&word.len())
            && (begins() || word.contains(&b'_'))
            && (starts_with(word, b"dbms_") || starts_with(word, b"utl_") || is_catalogue(word));
        if is_one {
            let next = text[end..].iter().find(|b| !b.is_ascii_whitespace()).copied();
            let joined = matches!(next, Some(b'.' | b'(' | b'`' | b'"' | b'['))
                // `pg_catalog.~`: its operator.
                && text.get(end + 1).is_some_and(|b| !b.is_ascii_whitespace() && *b != b'~');
            let is_named = joined
                || *is_alone
                || matches!(before(offset), Some(Class::From | Class::Statement | Class::Into));
            looked += usize::from(is_named);
            if is_named && !(looked <= LOOKED_MAX && is_behind_sentences(text, offset)) {
                return true;
            }
        }
        offset = end + 1;
    }
    false
}

/// Whether a word of at most 20 bytes is one of them, whatever its case.
fn is_catalogue(word: &[u8]) -> bool {
    let mut small = [0; 20];
    let Some(small) = small.get_mut(..word.len()) else { return false };
    small.copy_from_slice(word);
    small.make_ascii_lowercase();
    has(CATALOGUES, small)
}

/// `mysql.user`: who may do what in MySQL.
fn is_grant_table(text: &[u8]) -> bool {
    const TABLES: [&[u8]; 7] =
        [b"columns_priv", b"db", b"func", b"global_priv", b"procs_priv", b"tables_priv", b"user"];
    let (schema, table) = text.split_at(text.len().min(6));
    schema.eq_ignore_ascii_case(b"mysql.")
        && TABLES.iter().any(|known| known.eq_ignore_ascii_case(table))
}

/// A call of a function that only databases have, where a call is all there is or an operator joins it.
fn calls_function(text: &[u8]) -> bool {
    if !may_call(text) {
        return false;
    }
    let tokens = lex(text, Start::Plain);
    tokens.iter().enumerate().any(|(index, token)| match token.kind {
        Kind::Word(Class::Function) => {
            let opens = tokens.get(index + 1).is_some_and(|next| next.kind == Kind::Open);
            let before = index.checked_sub(1).map(|index| tokens[index].kind);
            let is_joined = match before {
                None => {
                    let behind = skip_operand(&tokens);
                    let is_word =
                        |t: &Token| matches!(t.kind, Kind::Word(Class::Name | Class::English));
                    behind.len() <= 2 && !behind.iter().any(is_word)
                }
                Some(kind) => {
                    matches!(
                        kind,
                        Kind::Compare
                            | Kind::Logic
                            | Kind::Number
                            | Kind::Comma
                            | Kind::Conditional
                            | Kind::Word(Class::Logic | Class::Select | Class::By | Class::Compare)
                    ) && is_sql_before(&tokens[..index])
                }
            };
            opens && is_joined
        }
        // `@@version`
        Kind::Variable => {
            let name = token.text(text);
            let server: [&[u8]; 7] = [
                b"@@version",
                b"@@datadir",
                b"@@hostname",
                b"@@servername",
                b"@@basedir",
                b"@@global",
                b"@@innodb_version",
            ];
            server.iter().any(|known| name.eq_ignore_ascii_case(known))
        }
        Kind::Word(Class::CommonFunction) if token.text(text).eq_ignore_ascii_case(b"match") => {
            // `match(a) against ('b')`
            let rest = &tokens[index + 1..];
            rest.first().is_some_and(|next| next.kind == Kind::Open)
                && rest.windows(2).take(24).any(|pair| {
                    pair[0].text(text).eq_ignore_ascii_case(b"against")
                        && pair[1].kind == Kind::Open
                })
        }
        _ => false,
    })
}

/// Whether there may be a call of such a function, or a variable of a server: `x (`, where no other
/// text has to be taken apart.
fn may_call(text: &[u8]) -> bool {
    let opens = |at: usize| {
        let before = near_end(&text[..at]).trim_ascii_end();
        let length = before.iter().rev().take_while(|b| crate::transform::is_word(**b)).count();
        let (rest, word) = before.split_at(before.len() - length);
        match (word, rest.last()) {
            ([], last) => last.is_some_and(|b| *b == b'/' || *b < b' ' || *b >= 0x80),
            // `elt 1.e (`
            (b"e" | b"E", Some(b'.')) => true,
            _ => matches!(class_of(word), Class::Function) || word.eq_ignore_ascii_case(b"match"),
        }
    };
    text.contains(&b'@')
        || text.contains(&b'(')
            && (text.contains(&b'\n')
                || text.iter().enumerate().any(|(at, byte)| *byte == b'(' && opens(at)))
}

/// Whether what stands before a call is not the code of another language: no assignment, no member.
fn is_sql_before(before: &[Token]) -> bool {
    !before.iter().any(|token| matches!(token.kind, Kind::Other | Kind::Dot))
        && before.len() < 64
        && before
            .first()
            .is_some_and(|t| !matches!(t.kind, Kind::Word(Class::Name | Class::English)))
}

/// `load data infile '…'`
fn loads(text: &[u8]) -> bool {
    let mut near = words(text);
    let mut last: [&[u8]; 2] = [b"", b""];
    near.any(|word| {
        let is = last[0].eq_ignore_ascii_case(b"load")
            && last[1].eq_ignore_ascii_case(b"data")
            && (word.eq_ignore_ascii_case(b"infile") || word.eq_ignore_ascii_case(b"local"));
        last = [last[1], word];
        is
    })
}

/// Operators of MongoDB.
const OPERATORS: [&[u8]; 28] = [
    b"all",
    b"and",
    b"between",
    b"div",
    b"elemmatch",
    b"eq",
    b"exists",
    b"expr",
    b"gt",
    b"gte",
    b"in",
    b"jsonschema",
    b"like",
    b"lt",
    b"lte",
    b"mod",
    b"ne",
    b"nin",
    b"nor",
    b"not",
    b"or",
    b"regex",
    b"size",
    b"slice",
    b"text",
    b"type",
    b"where",
    b"xor",
];

/// `[$ne]`, `[$where]`: how a query's arguments become operators of MongoDB.
fn has_operator_of_mongo(text: &[u8]) -> bool {
    // JSON within a text; what it runs has no other use.
    if is_call_of_mongo(text) {
        return true;
    }
    if !text.contains(&b'$') {
        return false;
    }
    if find(text, b"\"$where\"").is_some() || is_document_of_mongo(text) {
        return true;
    }
    // As a member's name in JSON. Some formats have `$type` and `$size` of their own.
    if let Some(name) = text.strip_prefix(b"$") {
        return is_operator_of_mongo(name) && !matches!(name, b"type" | b"size" | b"all");
    }
    let mut rest = text;
    while let Some(at) = find(rest, b"[$") {
        rest = &rest[at + 2..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let name = &rest[..length];
        let closes = rest.get(length) == Some(&b']');
        if closes && is_operator_of_mongo(name) {
            return true;
        }
    }
    false
}

fn is_operator_of_mongo(name: &[u8]) -> bool {
    OPERATORS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// `{"$ne": null}`, `', $where: '1 == 1`: a document with an operator as all of a text, or the rest of one.
fn is_document_of_mongo(text: &[u8]) -> bool {
    let bare = text.trim_ascii();
    let begins = |b: &u8| matches!(b, b'{' | b'[' | b',' | b'\'' | b'"' | b'}' | b'$');
    let has_operator = || {
        bare.iter().enumerate().filter(|(_, b)| **b == b'$').any(|(at, _)| {
            let before = at.checked_sub(1).map(|index| bare[index]);
            let place = before.is_none_or(|b| b" {,'\"".contains(&b));
            let rest = near(&bare[at + 1..]);
            let length = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
            let (name, rest) = rest.split_at(length);
            let rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"'")).unwrap_or(rest);
            place
                && rest.trim_ascii_start().starts_with(b":")
                && is_operator_of_mongo(name)
                && !matches!(name, b"type" | b"size" | b"all" | b"text")
        })
    };
    // `true, $where: …`: what ends an operand before it.
    let continues = || bare.iter().take(8).any(|b| *b == b',');
    bare.contains(&b'$')
        && (bare.first().is_some_and(begins) || continues())
        && is_compact(bare, 12)
        && has_operator()
}

/// `db.users.find(`: a call of MongoDB's shell that begins a text.
fn is_call_of_mongo(text: &[u8]) -> bool {
    const METHODS: [&[u8]; 12] = [
        b"aggregate",
        b"deletemany",
        b"drop",
        b"find",
        b"findone",
        b"getcollection",
        b"insert",
        b"insertone",
        b"mapreduce",
        b"remove",
        b"save",
        b"update",
    ];
    let Some(rest) = near(text).strip_prefix(b"db.") else { return false };
    let mut parts = rest.split(|b| *b == b'.').skip(1).take(2);
    parts.any(|part| {
        let open = part.iter().position(|b| *b == b'(').unwrap_or(0);
        METHODS.iter().any(|known| known.eq_ignore_ascii_case(&part[..open]))
            // `db.users.find({ name: 'x' })` asks, and does no more.
            && !(starts_with(part, b"find")
                && matches!(part[open..], [b'(', b'{' | b')', ..])
                && !rest.contains(&b'$')
                && find(rest, b"db.").is_none())
    }) && is_compact(text, 8)
}

/// `1.e.tables`: a number with an exponent that is none, before a table's name.
pub(super) fn is_scientific_name(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = &text[digits..];
    digits > 0
        && text.len() <= 80
        && rest.get(..3).is_some_and(|mark| mark.eq_ignore_ascii_case(b".e."))
        && rest.len() >= 7
        && rest[3..].iter().all(|b| b.is_ascii_alphabetic() || *b == b'_')
}

/// A number at the edge of what machines count with: what overflows a column or a cast.
pub(super) fn is_machine_limit(text: &[u8]) -> bool {
    if text.len() < 10 || text.len() > 40 {
        return false;
    }
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let edges: [&[u8]; 8] = [
        b"2147483648",
        b"4294967296",
        b"9223372036854775807",
        b"9223372036854775808",
        b"18446744073709551615",
        b"18446744073709551616",
        b"0x7fffffff",
        b"0xffffffff",
    ];
    edges.iter().any(|edge| edge.eq_ignore_ascii_case(digits))
}
