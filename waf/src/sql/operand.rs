//! Operands: where one ends, and calls that only SQL has.

use super::lex::{Kind, Token};
use super::words::Class;

/// What is behind an operand; all of it where there is none.
pub(super) fn skip_operand(tokens: &[Token]) -> &[Token] {
    let mut rest = tokens;
    while let [
        Token { kind: Kind::Prefix | Kind::Arithmetic | Kind::Word(Class::Quantity), .. },
        more @ ..,
    ] = rest
    {
        rest = more;
    }
    let Some((first, mut more)) = rest.split_first() else { return tokens };
    match first.kind {
        Kind::Number | Kind::Text { .. } | Kind::Variable | Kind::Word(Class::Literal) => {}
        Kind::Word(Class::Name | Class::Function | Class::CommonFunction | Class::Object) => {
            more = skip_members(more);
            if more.first().is_some_and(|token| token.kind == Kind::Open) {
                more = skip_parentheses(more);
            }
        }
        // `(a).b`
        Kind::Open => more = skip_members(skip_parentheses(rest)),
        _ => return tokens,
    }
    // Casts, collations, and arithmetic that makes the operand longer.
    loop {
        more = match more {
            [
                Token { kind: Kind::Word(Class::Collate), .. },
                Token { kind: Kind::Word(_) | Kind::Text { .. }, .. },
                after @ ..,
            ] => after,
            [Token { kind: Kind::Cast, .. }, Token { kind: Kind::Word(_), .. }, after @ ..] => {
                after
            }
            [Token { kind: Kind::Arithmetic, .. }, Token { kind, .. }, after @ ..]
                if is_literal(*kind) || matches!(kind, Kind::Word(Class::Name)) =>
            {
                after
            }
            _ => return more,
        };
    }
}

/// What is behind `.b`, `.b.c`, `.*`.
fn skip_members(tokens: &[Token]) -> &[Token] {
    let mut rest = tokens;
    while let [
        Token { kind: Kind::Dot, .. },
        Token { kind: Kind::Word(_) | Kind::Arithmetic, .. },
        after @ ..,
    ] = rest
    {
        rest = after;
    }
    rest
}

/// What is behind a pair of parentheses; nothing where they are not closed.
pub(super) fn skip_parentheses(tokens: &[Token]) -> &[Token] {
    tokens.split_first().map_or(&[], |(_open, inside)| skip_closed(inside))
}

pub(super) fn is_literal(kind: Kind) -> bool {
    matches!(kind, Kind::Number | Kind::Text { .. } | Kind::Variable | Kind::Word(Class::Literal))
}

/// A call of a function that databases alone have.
pub(super) fn calls(tokens: &[Token]) -> bool {
    tokens.get(1).is_some_and(|token| token.kind == Kind::Open)
}

/// `sleep(5)`, `char(65,66)`, `if(1=1,…`, `concat(0x41`: common names with what SQL gives them.
pub(super) fn delays(tokens: &[Token], text: &[u8]) -> bool {
    let [name, Token { kind: Kind::Open, .. }, rest @ ..] = tokens else { return false };
    let Some(argument) = rest.first() else { return false };
    let name = name.text(text);
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    let behind = skip_operand(rest);
    if is(b"sleep") || is(b"char") || is(b"chr") {
        // `sleep (8 hours)`
        let is_prose = rest.get(1).is_some_and(|token| {
            let is_word =
                matches!(token.kind, Kind::Word(Class::Name | Class::English | Class::Object));
            is_word && token.start > argument.end
        });
        let is_told = matches!(argument.kind, Kind::Number | Kind::Word(Class::Literal));
        return is_told && !is_prose || subselect(tokens);
    }
    if is(b"if") {
        let compares = matches!(
            behind.first(),
            Some(Token { kind: Kind::Compare | Kind::Word(Class::Compare | Class::Logic), .. })
        );
        let commas = || rest.iter().take(32).filter(|token| token.kind == Kind::Comma).count();
        return compares && commas() >= 2 || waits_within(rest, text);
    }
    if is(b"cast") || is(b"convert") {
        return behind.first().is_some_and(|t| {
            matches!(t.kind, Kind::Word(Class::As) | Kind::Comma)
                || t.text(text).eq_ignore_ascii_case(b"using")
        });
    }
    let first = argument.text(text);
    matches!(argument.kind, Kind::Word(Class::Function | Class::Select) | Kind::Variable)
        || (argument.kind == Kind::Number && first.starts_with(b"0x") && first.len() > 3)
        || (matches!(argument.kind, Kind::Word(Class::CommonFunction))
            && delays(&rest[..rest.len().min(64)], text))
        || (is(b"exists") && subselect(tokens))
        || waits_within(rest, text)
}

/// Whether a call is among the arguments that takes time: `coalesce(null, sleep(5))`.
fn waits_within(arguments: &[Token], text: &[u8]) -> bool {
    const WAIT: [&[u8]; 5] = [b"benchmark", b"get_lock", b"pg_sleep", b"randomblob", b"sleep"];
    let near = &arguments[..arguments.len().min(64)];
    let within = &near[..near.len() - skip_closed(near).len()];
    within.windows(3).any(|call| {
        call[1].kind == Kind::Open
            && is_literal(call[2].kind)
            && WAIT.iter().any(|known| call[0].text(text).eq_ignore_ascii_case(known))
    })
}

/// What is behind the parenthesis that closes what is open before; nothing where none does.
pub(super) fn skip_closed(tokens: &[Token]) -> &[Token] {
    let mut depth = 1_u32;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[index + 1..];
        }
    }
    &[]
}

/// A `(select` within the next few tokens.
pub(super) fn subselect(tokens: &[Token]) -> bool {
    let near = &tokens[..tokens.len().min(16)];
    near.windows(2).any(|pair| {
        pair[0].kind == Kind::Open
            && matches!(pair[1].kind, Kind::Word(Class::Select | Class::Case))
    })
}

/// `1.e(`: a number with an exponent that is none, which hides what follows from other readers.
pub(super) fn is_scientific(first: Token, rest: &[Token], text: &[u8]) -> bool {
    first.kind == Kind::Number
        && first.text(text).to_ascii_lowercase().ends_with(b".e")
        && rest.first().is_some_and(|token| token.start == first.end)
}

/// A string of JSON, as queries compare it: `'{"a":1}' @> …`, `'[1]'::json ->> 0`.
pub(super) fn is_document(token: Token, text: &[u8]) -> bool {
    matches!(token.kind, Kind::Text { is_closed: true })
        && matches!(
            token.text(text),
            [b'\'', b'{', .., b'}', b'\''] | [b'\'', b'[', .., b']', b'\'']
        )
}

/// Whether it says which of two is greater.
pub(super) fn orders(compare: Token, text: &[u8]) -> bool {
    matches!(compare.text(text), b"<" | b">" | b"<=" | b">=")
}

/// `asc`, `desc`
pub(super) fn is_direction(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"asc") || word.eq_ignore_ascii_case(b"desc")
}

/// `this.x`
pub(super) fn is_member_of_this(tokens: &[Token], text: &[u8]) -> bool {
    matches!(tokens, [_, Token { kind: Kind::Dot, .. }, ..]) && tokens[0].text(text) == b"this"
}

/// A string that the text leaves open, with a number or nothing in it.
pub(super) fn is_short_open(token: Token, text: &[u8]) -> bool {
    let content = &token.text(text)[1.min(token.end - token.start)..];
    matches!(token.kind, Kind::Text { is_closed: false })
        && content.len() <= 8
        && content.iter().all(|b| b.is_ascii_digit() || *b == b'%')
}

/// A string that the text leaves open, with one word in it.
pub(super) fn is_open_word(token: Token, text: &[u8]) -> bool {
    let content = &token.text(text)[1.min(token.end - token.start)..];
    matches!(token.kind, Kind::Text { is_closed: false })
        && (1..=32).contains(&content.len())
        && content.iter().all(|b| crate::transform::is_word(*b))
}
