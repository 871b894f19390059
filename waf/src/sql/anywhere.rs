//! What is SQL wherever it stands.

use super::lex::{Kind, Token};
use super::operand::{delays, skip_operand};
use super::prose::has_sentence;
use super::select::{gives_nothing, is_whole_select, selects, unites};
use super::stacked::{is_bare_statement, is_rare_statement, is_stacked_change, is_stacked_query};
use super::titled::{
    calls_procedure, copies, grants, is_definition, is_explained, is_more_than_a_title,
    is_sentence, lists_columns,
};
use super::words::Class;
use crate::text::is_compact;

/// Statements behind a semicolon, unions, tautologies, calls that take time.
pub(super) fn is_statement(tokens: &[Token], text: &[u8]) -> bool {
    for (index, token) in tokens.iter().enumerate() {
        let rest = &tokens[index + 1..];
        let before = index.checked_sub(1).map(|index| tokens[index].kind);
        let found = match token.kind {
            Kind::Word(_)
                if before == Some(Kind::Semicolon)
                    && (is_bare_statement(&tokens[..index], *token, rest, text)
                        || is_stacked_change(&tokens[..index], *token, rest, text)) =>
            {
                true
            }
            Kind::Word(Class::Union) => unites(rest, text),
            Kind::Word(Class::Select) => {
                index == 0
                    && selects(rest, text)
                    && is_whole_select(rest)
                    && !gives_nothing(rest, text)
                    || before == Some(Kind::Semicolon)
                        && is_stacked_query(&tokens[..index], rest, text)
                    || before == Some(Kind::Open) && has_subject(rest) && selects(rest, text)
            }
            Kind::Word(Class::Statement) => match before {
                Some(Kind::Semicolon | Kind::Conditional) => {
                    is_change(*token, rest, text)
                        && !(is_definition(tokens[0], &tokens[1..], text)
                            && is_definition(*token, rest, text))
                }
                // `*/create table x`: no title begins with the end of a comment.
                None => {
                    is_change(*token, rest, text)
                        && (text[..token.start].ends_with(b"*/")
                            || is_more_than_a_title(*token, rest, text)
                                && !is_definition(*token, rest, text))
                }
                // Nor with an operator, and no bullet is that close.
                Some(Kind::Arithmetic) if tokens[index - 1].end == token.start => {
                    let is_first = tokens[..index].iter().all(|t| t.kind == Kind::Arithmetic);
                    is_first && is_change(*token, rest, text)
                }
                // `the exec said 'no'`
                Some(Kind::Word(Class::English)) => false,
                _ => is_waiting(*token, rest, text),
            },
            Kind::Word(Class::Set | Class::Name | Class::CommonFunction)
                if before == Some(Kind::Semicolon) =>
            {
                is_rare_statement(*token, rest, text)
            }
            Kind::Logic | Kind::Word(Class::Logic) => is_tautology(rest, text),
            Kind::Word(Class::CommonFunction) if is_operator(before) => {
                delays(&tokens[index..], text)
            }
            Kind::Word(Class::Case) => is_case(rest),
            Kind::Word(Class::Into) => is_outfile(rest, text),
            Kind::Word(Class::Having) => is_tautology(rest, text) || is_aggregate(rest),
            Kind::Conditional => matches!(
                rest.first(),
                Some(Token { kind: Kind::Word(class), start, .. })
                    if *class != Class::Name && *class != Class::English && (*start == token.end || token.end - token.start > 3)
            ),
            _ => false,
        };
        if found {
            // What follows a sentence is behind it for good.
            return !has_sentence(&tokens[..index], text);
        }
    }
    false
}

fn is_operator(before: Option<Kind>) -> bool {
    matches!(
        before,
        Some(
            Kind::Logic
                | Kind::Word(Class::Logic | Class::Select | Class::Having | Class::By)
                | Kind::Conditional
        )
    )
}

/// Whether there is something in a subselect that a parenthesis in prose has not.
fn has_subject(rest: &[Token]) -> bool {
    rest.iter().take(12).any(|token| {
        matches!(
            token.kind,
            Kind::Word(Class::From | Class::Function | Class::Case)
                | Kind::Open
                | Kind::Variable
                | Kind::Text { .. }
        )
    })
}

/// `; drop table x`, `; exec xp_cmdshell …`, `; shutdown`: a statement by its own grammar.
pub(super) fn is_change(word: Token, rest: &[Token], text: &[u8]) -> bool {
    let name = word.text(text).to_ascii_lowercase();
    let first = rest.first().map(|token| token.kind);
    let second = rest.get(1).map(|token| token.kind);
    let is_name = |kind: Option<Kind>| {
        matches!(
            kind,
            Some(
                Kind::Word(Class::Name | Class::Object | Class::CommonFunction | Class::Function)
                    | Kind::Text { .. }
                    | Kind::Variable
            )
        )
    };
    let word_at = |index: usize| rest.get(index).map_or(&b""[..], |token| token.text(text));
    let is_word = |index: usize, known: &[u8]| word_at(index).eq_ignore_ascii_case(known);
    match &name[..] {
        b"drop" | b"alter" | b"create" => {
            let object = rest.iter().take(4).position(|t| t.kind == Kind::Word(Class::Object));
            // `drop the table off`
            let is_prose =
                |at: usize| rest[..at].iter().any(|token| token.kind == Kind::Word(Class::English));
            object.filter(|at| !is_prose(*at)).is_some_and(|at| {
                let named = rest.get(at + 1).map(|token| token.kind);
                is_name(named) && (name == b"create" || !is_explained(&rest[at + 1..]))
            })
        }
        b"delete" => {
            first == Some(Kind::Word(Class::From)) && is_name(second) && ends_statement(&rest[2..])
        }
        b"insert" => {
            first == Some(Kind::Word(Class::Into))
                && is_name(second)
                && (is_word(2, b"values")
                    || matches!(
                        rest.get(2).map(|t| t.kind),
                        Some(Kind::Word(Class::Select) | Kind::Dot)
                    )
                    || lists_columns(&rest[2..], text))
        }
        b"update" => {
            is_name(first)
                && second == Some(Kind::Word(Class::Set))
                && rest.iter().take(8).any(|token| token.kind == Kind::Compare)
        }
        b"truncate" => {
            first == Some(Kind::Word(Class::Object)) && is_name(second)
                || is_name(first) && ends_statement(&rest[1..])
                // `truncate[x`: as SQL Server quotes names.
                || rest.first().is_some_and(|t| t.start == word.end && t.text(text) == b"[")
        }
        b"exec" | b"execute" => {
            is_word(0, b"immediate")
                || matches!(first, Some(Kind::Open | Kind::Variable | Kind::Word(Class::Function)))
                || (matches!(first, Some(Kind::Word(_)))
                    && is_word(1, b"using")
                    && rest.get(2).is_some_and(|t| t.kind == Kind::Variable))
                || (is_name(first)
                    && matches!(
                        second,
                        Some(Kind::Dot | Kind::Text { .. } | Kind::Variable | Kind::Compare)
                    ))
                || word_at(0).get(..3).is_some_and(|prefix| {
                    prefix.eq_ignore_ascii_case(b"xp_") || prefix.eq_ignore_ascii_case(b"sp_")
                })
        }
        b"declare" => {
            matches!(first, Some(Kind::Variable)) || (is_name(first) && is_word(1, b"cursor"))
        }
        b"waitfor" => {
            (is_word(0, b"delay") || is_word(0, b"time"))
                && matches!(second, Some(Kind::Text { .. } | Kind::Variable | Kind::Number))
        }
        b"shutdown" => ends_statement(rest) || is_word(1, b"nowait") || is_word(0, b"abort"),
        b"merge" => {
            first == Some(Kind::Word(Class::Into))
                && rest.iter().take(8).any(|token| token.text(text).eq_ignore_ascii_case(b"using"))
        }
        b"call" => calls_procedure(rest),
        b"copy" => (is_name(first) || first == Some(Kind::Open)) && copies(rest, text),
        b"grant" | b"revoke" => grants(rest, text),
        b"rename" | b"backup" => first == Some(Kind::Word(Class::Object)) && is_name(second),
        b"desc" | b"describe" => is_name(first) && ends_statement(&rest[1..]),
        b"kill" => first == Some(Kind::Number) && ends_statement(&rest[1..]),
        b"attach" => first == Some(Kind::Word(Class::Object)) && is_name(second),
        b"explain" => first == Some(Kind::Word(Class::Select)) && selects(&rest[1..], text),
        b"show" => {
            let all = [&b"databases"[..], b"grants", b"processlist", b"tables", b"variables"];
            all.iter().any(|known| is_word(0, known)) && ends_statement(&rest[1..])
        }
        b"prepare" => {
            let is_hex = |t: &Token| t.kind == Kind::Number && t.text(text).starts_with(b"0x");
            matches!(first, Some(Kind::Word(_)))
                && second == Some(Kind::Word(Class::From))
                && rest.get(2).is_some_and(|t| {
                    matches!(t.kind, Kind::Variable | Kind::Text { .. }) || is_hex(t)
                })
        }
        b"handler" => is_name(first) && is_word(1, b"open"),
        b"begin" => matches!(first, Some(Kind::Word(Class::Statement))),
        _ => false,
    }
}

/// `waitfor delay '0:0:5'` and calls of SQL Server's own procedures need no semicolon.
fn is_waiting(word: Token, rest: &[Token], text: &[u8]) -> bool {
    let name = word.text(text);
    let waits = [&b"waitfor"[..], b"exec", b"execute", b"declare"];
    if !waits.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return false;
    }
    // `exec foo(…)` stands in code of many languages.
    let is_exec = name.len() <= 7 && !name.eq_ignore_ascii_case(b"waitfor");
    let opens = rest.first().is_some_and(|token| token.kind == Kind::Open);
    !(is_exec && opens) && is_change(word, rest, text)
}

fn ends_statement(rest: &[Token]) -> bool {
    match rest.first().map(|token| token.kind) {
        None => true,
        Some(kind) => matches!(
            kind,
            Kind::Semicolon
                | Kind::Comment
                | Kind::Dot
                | Kind::Comma
                | Kind::Word(Class::Where | Class::Limit | Class::Order)
        ),
    }
}

/// `1=1`, `'a'='a`, `2>1` behind `or`: two literals compared.
fn is_tautology(rest: &[Token], text: &[u8]) -> bool {
    let mut rest = rest;
    while let [
        Token { kind: Kind::Prefix | Kind::Open | Kind::Word(Class::Logic), .. },
        more @ ..,
    ] = rest
    {
        rest = more;
    }
    let [left, compare, right, after @ ..] = rest else { return false };
    if compare.kind != Kind::Compare || matches!(compare.text(text), b"->" | b"==" | b"=>") {
        return false;
    }
    let ends = !matches!(after.first().map(|t| t.kind), Some(Kind::Arithmetic | Kind::Dot));
    let literal = |token: &Token| matches!(token.kind, Kind::Number | Kind::Text { .. });
    // A string between two quotations is the text between them: `'a' or 'b' = 'c'`.
    // Numbers are greater than others in prose, too.
    let is_equal = !matches!(compare.text(text), b"<" | b">" | b"<=" | b">=");
    literal(left)
        && literal(right)
        && ends
        && !is_sentence(after, text)
        && (is_equal || is_compact(text, 5))
        && (left.kind == Kind::Number || left.end - left.start <= 12)
}

/// `having count(x) > 1`
fn is_aggregate(rest: &[Token]) -> bool {
    matches!(
        rest,
        [
            Token { kind: Kind::Word(Class::CommonFunction | Class::Function), .. },
            Token { kind: Kind::Open, .. },
            ..
        ]
    ) && matches!(
        skip_operand(rest),
        [
            Token { kind: Kind::Compare, .. },
            Token { kind: Kind::Number | Kind::Text { .. }, .. },
            ..
        ]
    )
}

/// `case when 1=1 then …`
pub(super) fn is_case(rest: &[Token]) -> bool {
    let when = rest.iter().take(8).position(|token| token.kind == Kind::Word(Class::When));
    let Some(when) = when else { return false };
    let tail = &rest[when + 1..];
    let then = tail.iter().take(40).position(|token| token.kind == Kind::Word(Class::Then));
    then.is_some_and(|then| {
        tail[..then].iter().any(|token| {
            matches!(
                token.kind,
                Kind::Compare
                    | Kind::Open
                    | Kind::Logic
                    | Kind::Number
                    | Kind::Word(Class::Literal)
            )
        })
    })
}

/// `into outfile '/…'`
pub(super) fn is_outfile(rest: &[Token], text: &[u8]) -> bool {
    let Some(first) = rest.first() else { return false };
    let name = first.text(text);
    let is_file = name.eq_ignore_ascii_case(b"outfile") || name.eq_ignore_ascii_case(b"dumpfile");
    // `into @a, @b`
    first.kind == Kind::Variable && first.end - first.start > 1
        || is_file
            && matches!(
                rest.get(1).map(|t| t.kind),
                Some(Kind::Text { .. } | Kind::Number | Kind::Open | Kind::Variable)
            )
}
