//! Queries: `select` and what it selects.

use super::anywhere::is_case;
use super::completed::behind_list;
use super::lex::{Kind, Token};
use super::operand::{calls, skip_operand, subselect};
use super::words::{Class, class_of, words};

/// `union all select 1,2`: what is selected is not prose.
pub(super) fn unites(tokens: &[Token], text: &[u8]) -> bool {
    let mut rest = tokens;
    while let [
        Token {
            kind: Kind::Word(Class::Quantity) | Kind::Open | Kind::Conditional | Kind::Comment,
            ..
        },
        more @ ..,
    ] = rest
    {
        rest = more;
    }
    match rest.split_first() {
        Some((Token { kind: Kind::Word(Class::Select), .. }, rest)) => selects(rest, text),
        Some((word, [Token { kind: Kind::Open, .. }, ..])) => {
            word.text(text).eq_ignore_ascii_case(b"values")
        }
        // `union with a as (…`
        Some((
            with,
            [
                Token { kind: Kind::Word(_), .. },
                Token { kind: Kind::Word(Class::As), .. },
                Token { kind: Kind::Open, .. },
                ..,
            ],
        )) => with.text(text).eq_ignore_ascii_case(b"with"),
        _ => lists_rows(rest, text),
    }
}

/// `values row(1,2)`, as MySQL writes it.
pub(super) fn lists_rows(tokens: &[Token], text: &[u8]) -> bool {
    matches!(
        tokens,
        [values, row, Token { kind: Kind::Open, .. }, ..]
            if values.text(text).eq_ignore_ascii_case(b"values")
                && row.text(text).eq_ignore_ascii_case(b"row")
    )
}

/// `union table users`: to PostgreSQL and MySQL, `select * from users`.
pub(super) fn unites_table(tokens: &[Token], text: &[u8]) -> bool {
    let begins = |token: &&Token| matches!(token.kind, Kind::Word(Class::Quantity) | Kind::Open);
    let tokens = &tokens[tokens.iter().take_while(begins).count()..];
    let (object, named) = match tokens {
        [object, only, named @ ..] if only.text(text).eq_ignore_ascii_case(b"only") => {
            (object, named)
        }
        [object, named @ ..] => (object, named),
        [] => return false,
    };
    let [Token { kind: Kind::Word(_) | Kind::Text { .. }, .. }, behind @ ..] = named else {
        return false;
    };
    object.text(text).eq_ignore_ascii_case(b"table")
        && behind.first().is_none_or(|token| {
            matches!(
                token.kind,
                Kind::Comment
                    | Kind::Close
                    | Kind::Dot
                    | Kind::Semicolon
                    | Kind::Word(Class::Limit | Class::Order | Class::Into | Class::Union)
            )
        })
}

/// A `select` that is all of a text, to its end: not the beginning of a sentence.
pub(super) fn is_whole_select(rest: &[Token]) -> bool {
    let english = rest.iter().filter(|token| token.kind == Kind::Word(Class::English)).count();
    english <= 1 && rest.len() <= 200
}

/// Whether a `select` that begins a text gives nothing to anybody: it has only words of its own to tell, or stops where
/// an operand has to stand, and breaks out of nothing before.
pub(super) fn gives_nothing(rest: &[Token], text: &[u8]) -> bool {
    is_constant(rest, text) || is_unfinished(rest)
}

/// `select 'Save as'`, `select 2`. Words of a string are words for an application whose string it ends, too: none may join
/// or unite, but for `and`, which only narrows.
fn is_constant(rest: &[Token], text: &[u8]) -> bool {
    let ([first] | [first, Token { kind: Kind::Semicolon, .. }]) = rest else { return false };
    let is_plain = |word: &[u8]| {
        use Class::{As, English, Literal, Name, Object, Quantity};
        word.eq_ignore_ascii_case(b"and")
            || matches!(class_of(word), Name | English | Literal | Object | Quantity | As)
    };
    match (first.kind, first.text(text)) {
        (Kind::Number, digits) => digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit),
        (Kind::Text { is_closed: true }, [b'\'' | b'"', said @ .., _]) => {
            said.iter().all(|b| b.is_ascii_alphanumeric() || *b == b' ')
                && words(said).count() <= 4
                && words(said).all(is_plain)
        }
        _ => false,
    }
}

/// `select a from t where`, `select * from t where a = b and`: names alone.
fn is_unfinished(rest: &[Token]) -> bool {
    use Class::{As, By, Compare, English, From, Logic, Name, Object, Order, Quantity, Where};
    let is_plain = |token: &Token| match token.kind {
        Kind::Compare | Kind::Comma | Kind::Dot | Kind::Arithmetic => true,
        Kind::Word(class) => matches!(
            class,
            As | By | Compare | English | From | Logic | Name | Object | Order | Quantity | Where
        ),
        _ => false,
    };
    rest.last().is_some_and(|last| {
        matches!(last.kind, Kind::Compare | Kind::Word(By | Compare | Logic | Where))
    }) && rest.iter().all(is_plain)
}

/// `union all select concat`: cut off at what it selects. Behind a literal, with its quantity, it is no title.
pub(super) fn is_cut_off(tokens: &[Token]) -> bool {
    matches!(
        tokens,
        [
            Token { kind: Kind::Word(Class::Quantity), .. },
            Token { kind: Kind::Word(Class::Select), .. },
            Token { kind: Kind::Word(_), .. },
        ]
    )
}

/// A list of what is selected, or something that only SQL selects.
pub(super) fn selects(tokens: &[Token], text: &[u8]) -> bool {
    selects_plainly(tokens, text)
        || behind_list(tokens, text).is_some_and(|from| names_table(from, text))
}

fn selects_plainly(tokens: &[Token], text: &[u8]) -> bool {
    let mut rest = tokens;
    while let [
        Token {
            kind: Kind::Word(Class::Quantity) | Kind::Conditional | Kind::Prefix | Kind::Comment,
            ..
        },
        more @ ..,
    ] = rest
    {
        rest = more;
    }
    let Some(first) = rest.first() else { return false };
    if first.kind == Kind::Arithmetic && first.text(text) == b"*" {
        return match rest.get(1).map(|token| token.kind) {
            Some(Kind::Word(Class::From)) => names_table(&rest[2..], text),
            Some(Kind::Comma) => true,
            kind => kind.is_none_or(|kind| kind == Kind::Comment),
        };
    }
    match first.kind {
        Kind::Variable | Kind::Text { .. } => return true,
        Kind::Word(Class::Function) if calls(rest) => return true,
        Kind::Word(Class::CommonFunction | Class::Object) if calls(rest) => return true,
        // `select like('a', …)`
        Kind::Word(Class::Compare) if calls(rest) && rest.len() > 4 => return true,
        Kind::Word(Class::Case) => return is_case(&rest[1..]),
        Kind::Open => return subselect(rest) || rest.len() > 2,
        // `select version()`
        Kind::Word(Class::Name) if rest.len() <= 4 => {
            let is_call = matches!(
                rest[1..],
                [Token { kind: Kind::Open, .. }, Token { kind: Kind::Close, .. }, ..]
            );
            if is_call {
                return rest[1].start == first.end;
            }
        }
        _ => {}
    }
    let behind = skip_operand(rest);
    if behind.len() == rest.len() {
        return false;
    }
    let is_number = matches!(first.kind, Kind::Number | Kind::Word(Class::Literal));
    match behind.first().map(|token| token.kind) {
        None => is_number,
        Some(Kind::Comma) => {
            let next = skip_operand(&behind[1..]);
            next.len() < behind.len() - 1
                && match next.first().map(|token| token.kind) {
                    None => true,
                    Some(Kind::Word(Class::From)) => names_table(&next[1..], text),
                    Some(kind) => {
                        matches!(
                            kind,
                            Kind::Comma
                                | Kind::Comment
                                | Kind::Close
                                | Kind::Semicolon
                                | Kind::Word(Class::Union | Class::Into)
                        ) && (is_number || kind != Kind::Comma || next.len() > 1)
                    }
                }
        }
        Some(Kind::Word(Class::From)) => names_table(&behind[1..], text),
        Some(Kind::Comment | Kind::Close | Kind::Semicolon) => is_number,
        // `select current_user()`
        Some(Kind::Open) => is_number && behind[0].start == first.end,
        Some(
            Kind::Logic
            | Kind::Compare
            | Kind::Word(Class::Into | Class::Where | Class::Union | Class::Limit),
        ) => is_number,
        _ => false,
    }
}

/// Whether what stands behind `from` is a table, and not what prose has there.
fn names_table(from: &[Token], text: &[u8]) -> bool {
    match from.first().map(|token| token.kind) {
        Some(Kind::Word(Class::Name | Class::Object | Class::Function | Class::CommonFunction)) => {
            // `from members of the club` has a word that no table is followed by, `from orders is slow` too;
            // `from dual connect by level<9` goes on.
            let is = |at: usize, known: &[u8]| {
                from.get(at).is_some_and(|t: &Token| t.text(text).eq_ignore_ascii_case(known))
            };
            let is_tree = is(1, b"connect") && is(2, b"by") || is(1, b"start") && is(2, b"with");
            match from.get(1).map(|token| token.kind) {
                Some(Kind::Word(Class::English | Class::Name)) => {
                    from.len() <= 3 || is_tree || is(1, b"window") || ends_table(&from[2..])
                }
                kind => kind != Some(Kind::Word(Class::Compare)),
            }
        }
        Some(Kind::Text { .. } | Kind::Open | Kind::Variable | Kind::Conditional) => true,
        _ => false,
    }
}

/// What is behind a table's alias.
fn ends_table(tokens: &[Token]) -> bool {
    match tokens.first().map(|token| token.kind) {
        Some(Kind::Semicolon) => {
            matches!(tokens.get(1), None | Some(Token { kind: Kind::Comment, .. }))
        }
        Some(kind) => matches!(
            kind,
            Kind::Comment | Kind::Close | Kind::Word(Class::Where | Class::Limit | Class::Union)
        ),
        None => true,
    }
}
