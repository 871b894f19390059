//! What follows the operand that an application meant, or the string that it opened.

use alloc::vec::Vec;

use super::lex::{Kind, Token};
use super::words::{Class, words};

/// The tokens of a continuation, with their text.
#[derive(Clone, Copy)]
struct Tail<'t> {
    tokens: &'t [Token],
    text: &'t [u8],
    anchor: Anchor,
}

/// What the continuation continues.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// A string that a quote of the text closed.
    Quoted,
    /// A number, a string of its own, a variable.
    Literal,
    /// A name, which prose begins with too.
    Name,
}

/// A text that begins with an operand and goes on.
pub(super) fn continues_operand(tokens: &[Token], text: &[u8]) -> bool {
    if is_behind_parenthesis(tokens) {
        return true;
    }
    let mut tokens = tokens;
    while let [Token { kind: Kind::Arithmetic | Kind::Prefix | Kind::Close, .. }, rest @ ..] =
        tokens
    {
        tokens = rest;
    }
    if is_fragment(tokens, text) {
        return true;
    }
    let Some((first, mut rest)) = tokens.split_first() else { return false };
    let anchor = match first.kind {
        Kind::Number | Kind::Text { is_closed: true } | Kind::Variable => Anchor::Literal,
        Kind::Word(Class::Literal) => Anchor::Literal,
        Kind::Word(Class::Name | Class::English | Class::CommonFunction) => Anchor::Name,
        // `|| 1=1`, `or 1=1`: there is always something before it.
        Kind::Logic | Kind::Word(Class::Logic | Class::Union | Class::Having) => {
            return Tail { tokens, text, anchor: Anchor::Name }.is_attack();
        }
        Kind::Word(Class::Function) => return calls(tokens) && ends_as_sql(tokens),
        Kind::Open => return opens(tokens, text),
        _ => return false,
    };
    // `a.b`
    while let [Token { kind: Kind::Dot, .. }, Token { kind: Kind::Word(_), .. }, more @ ..] = rest {
        rest = more;
    }
    if is_scientific(*first, rest, text) {
        return true;
    }
    // `sleep(5)` as all there is of a text.
    if matches!(first.kind, Kind::Word(Class::CommonFunction)) && delays(tokens, text) {
        return ends_as_sql(tokens);
    }
    Tail { tokens: rest, text, anchor }.is_attack()
}

/// What follows a quote: `prefix` stands before it, `text` behind.
pub(super) fn continues_string(tokens: &[Token], prefix: &[u8], text: &[u8]) -> bool {
    let Some(first) = tokens.first() else { return false };
    let is_one_word = prefix.len() <= 40 && !prefix.contains(&b' ');
    match first.kind {
        // `admin'--`: what is behind the comment is not read, so it is little.
        Kind::Comment => {
            let comment = first.text(text);
            let is_bare = !comment.iter().any(|b| matches!(b, b'\'' | b'"' | b'`'));
            let mark = comment
                .iter()
                .take_while(|b| matches!(b, b'-' | b'#' | b'/' | b'*' | b'!' | 0))
                .count();
            let words = comment[mark..].split(|b| *b == b' ').filter(|w| !w.is_empty()).count();
            let detached =
                mark == comment.len() || comment[mark].is_ascii_whitespace() || comment[0] != b'#';
            is_bare && detached && (words == 0 || (is_one_word && words <= 3))
        }
        // `BOOKMAR';[K]]`: what follows is a statement or nothing.
        Kind::Semicolon => {
            is_one_word
                && match tokens.get(1).map(|token| token.kind) {
                    None => true,
                    Some(kind) => matches!(
                        kind,
                        Kind::Comment
                            | Kind::Semicolon
                            | Kind::Conditional
                            | Kind::Word(
                                Class::Statement
                                    | Class::Select
                                    | Class::Set
                                    | Class::Function
                                    | Class::CommonFunction
                                    | Class::Case
                            )
                    ),
                }
        }
        // `1 as' from`: the quote closes the name that the query gives a column.
        Kind::Word(Class::From) => {
            let words: Vec<&[u8]> = words(prefix).collect();
            words.len() <= 2 && words.last().is_some_and(|word| word.eq_ignore_ascii_case(b"as"))
        }
        // `'!1`, `" union x`
        Kind::Prefix | Kind::Word(Class::Union | Class::Select)
            if prefix.trim_ascii().is_empty()
                && tokens.len() == 2
                && tokens[1].end - tokens[1].start <= 2 =>
        {
            true
        }
        Kind::Word(Class::Union) if prefix.trim_ascii().is_empty() && tokens.len() == 2 => {
            tokens[1].kind == Kind::Arithmetic
        }
        Kind::Word(Class::Compare)
            if prefix.trim_ascii().is_empty()
                && tokens.len() == 1
                && (first.text(text).eq_ignore_ascii_case(b"regexp")
                    || first.text(text).eq_ignore_ascii_case(b"rlike")) =>
        {
            true
        }
        _ => Tail { tokens, text, anchor: Anchor::Quoted }.is_attack(),
    }
}

/// `) like (`, `) as x from`: what goes on behind a parenthesis that the query opened.
fn is_behind_parenthesis(tokens: &[Token]) -> bool {
    let is_name = |kind: Kind| {
        matches!(
            kind,
            Kind::Text { .. }
                | Kind::Word(Class::Name | Class::Object | Class::CommonFunction | Class::Function)
        )
    };
    match tokens {
        [
            Token { kind: Kind::Close, .. },
            Token { kind: Kind::Word(Class::Compare), .. },
            Token { kind: Kind::Open, .. },
            ..,
        ] => true,
        [
            Token { kind: Kind::Close | Kind::Number, .. },
            Token { kind: Kind::Word(Class::As), .. },
            name,
            Token { kind: Kind::Word(Class::From), .. },
            ..,
        ] => is_name(name.kind),
        _ => false,
    }
}

/// Pieces of a query that are all of a text, or begin it: an attack that another argument completes.
fn is_fragment(tokens: &[Token], text: &[u8]) -> bool {
    let word = |index: usize| tokens.get(index).map_or(&b""[..], |token: &Token| token.text(text));
    let is = |index: usize, known: &[u8]| word(index).eq_ignore_ascii_case(known);
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    match tokens {
        // `union select`, `union all select`
        [first, rest @ ..] if first.kind == Kind::Word(Class::Union) => match rest {
            [Token { kind: Kind::Word(Class::Select), .. }] => true,
            [
                Token { kind: Kind::Word(Class::Quantity), .. },
                Token { kind: Kind::Word(Class::Select), .. },
            ] => true,
            [Token { kind: Kind::Word(Class::Select), .. }, .., last] => {
                rest.len() <= 8 && last.kind == Kind::Word(Class::From)
            }
            _ => false,
        },
        // `select pg_sleep`
        [first, second] if first.kind == Kind::Word(Class::Select) => {
            second.kind == Kind::Word(Class::Function) && second.text(text).contains(&b'_')
        }
        // `database(`, `current_user()`
        [first, _open] | [first, _open, Token { kind: Kind::Close, .. }]
            if kind(1) == Some(Kind::Open) =>
        {
            const TELLS: [&[u8]; 8] = [
                b"current_database",
                b"current_schema",
                b"current_user",
                b"database",
                b"schema",
                b"session_user",
                b"system_user",
                b"user",
            ];
            TELLS.iter().any(|known| first.text(text).eq_ignore_ascii_case(known))
        }
        // `procedure analyse(`
        [first, _, third, ..] if first.kind == Kind::Word(Class::Object) => {
            is(0, b"procedure") && is(1, b"analyse") && third.kind == Kind::Open
        }
        _ => false,
    }
}

/// `(select …`, `(sleep(5))`: parentheses that only SQL has.
fn opens(tokens: &[Token], text: &[u8]) -> bool {
    let inner = tokens.iter().position(|t| t.kind != Kind::Open).unwrap_or(tokens.len());
    let inside = &tokens[inner..];
    match inside.first().map(|token| token.kind) {
        Some(Kind::Word(Class::Select)) => selects(&inside[1..], text),
        Some(Kind::Word(Class::Function)) => calls(inside),
        Some(Kind::Word(Class::CommonFunction)) => delays(inside, text) || subselect(inside),
        Some(Kind::Number | Kind::Text { .. }) => {
            let anchor = Anchor::Literal;
            Tail { tokens: &inside[1..], text, anchor }.is_attack()
        }
        _ => false,
    }
}

impl Tail<'_> {
    fn is_attack(mut self) -> bool {
        // Every step takes a token, so this ends.
        loop {
            let all = self.tokens;
            let Some((first, rest)) = all.split_first() else { return false };
            self.tokens = rest;
            return match first.kind {
                Kind::Close => continue,
                Kind::Logic | Kind::Word(Class::Logic) => self.follows_logic(first.kind),
                Kind::Compare | Kind::Word(Class::Compare) => match self.follows_compare(*first) {
                    Some(decided) => decided,
                    None => continue,
                },
                Kind::Arithmetic => match self.follows_arithmetic() {
                    Some(decided) => decided,
                    None => continue,
                },
                Kind::Word(Class::Union) => unites(rest, self.text),
                Kind::Word(Class::Having) => compared(skip_operand(rest), rest, self.text),
                Kind::Word(Class::Order) => self.orders(),
                Kind::Word(Class::Limit) => self.limits(),
                Kind::Word(Class::Case) => super::anywhere::is_case(rest),
                Kind::Word(Class::Into) => super::anywhere::is_outfile(rest, self.text),
                Kind::Word(Class::Select) if self.anchor != Anchor::Name => {
                    selects(rest, self.text)
                }
                Kind::Word(Class::Function) if self.anchor == Anchor::Quoted => {
                    rest.first().is_some_and(|t| t.kind == Kind::Open)
                }
                Kind::Word(Class::CommonFunction) if self.anchor == Anchor::Quoted => {
                    let name = first.text(self.text);
                    name.eq_ignore_ascii_case(b"sleep") && delays(all, self.text)
                }
                // `procedure analyse(`
                Kind::Word(Class::Object) => {
                    matches!(
                        rest,
                        [
                            Token { kind: Kind::Word(Class::Name), .. },
                            Token { kind: Kind::Open, .. },
                            ..
                        ]
                    ) && first.text(self.text).eq_ignore_ascii_case(b"procedure")
                }
                Kind::Word(Class::Statement) if self.anchor == Anchor::Literal => {
                    super::anywhere::is_change(*first, rest, self.text)
                }
                Kind::Conditional => true,
                Kind::Comma if self.anchor == Anchor::Literal => self.follows_comma(),
                _ => false,
            };
        }
    }

    /// `or 1=1`, `and sleep(5)`, `or true --`, `or 'a'='a`
    fn follows_logic(&self, _logic: Kind) -> bool {
        let mut tokens = self.tokens;
        while let [
            Token {
                kind: Kind::Prefix | Kind::Open | Kind::Logic | Kind::Word(Class::Logic), ..
            },
            rest @ ..,
        ]
        | [Token { kind: Kind::Arithmetic, .. }, rest @ ..] = tokens
        {
            tokens = rest;
        }
        let Some((first, rest)) = tokens.split_first() else { return false };
        let is_quoted = self.anchor == Anchor::Quoted;
        match first.kind {
            Kind::Word(Class::Function) if calls(tokens) => return true,
            Kind::Word(Class::CommonFunction) if delays(tokens, self.text) || subselect(tokens) => {
                return true;
            }
            Kind::Word(Class::Select) => return selects(rest, self.text),
            Kind::Word(Class::Case) => return super::anywhere::is_case(rest),
            Kind::Conditional => return true,
            _ => {}
        }
        let behind = skip_operand(tokens);
        if behind.len() == tokens.len() {
            return false;
        }
        let literal = is_literal(first.kind);
        match behind.first().map(|token| token.kind) {
            Some(Kind::Compare | Kind::Word(Class::Compare)) => {
                is_compared(behind, tokens, self.text, self.anchor)
            }
            // `or 1 --`
            Some(Kind::Comment) => {
                (literal && self.anchor != Anchor::Name) || (is_quoted && behind.len() == 1)
            }
            Some(Kind::Logic | Kind::Word(Class::Logic)) if literal && is_quoted => {
                Tail { tokens: &behind[1..], ..*self }.follows_logic(Kind::Logic)
                    || matches!(
                        behind.get(1).map(|t| t.kind),
                        Some(Kind::Text { is_closed: false })
                    )
            }
            Some(Kind::Logic | Kind::Word(Class::Logic)) => {
                Tail { tokens: &behind[1..], ..*self }.follows_logic(Kind::Logic)
            }
            Some(Kind::Word(Class::Union)) => unites(&behind[1..], self.text),
            Some(Kind::Word(Class::Order | Class::Limit | Class::Having)) => {
                Tail { tokens: behind, ..*self }.is_attack()
            }
            // `' or '1`: closed by what the application adds.
            None => is_quoted && is_short_open(*first, self.text),
            _ => false,
        }
    }

    /// `'='`, `' like '%`, `' between 1 and 2`: decided, unless what follows decides.
    fn follows_compare(&mut self, _compare: Token) -> Option<bool> {
        let behind = skip_operand(self.tokens);
        let first = self.tokens.first()?;
        if behind.len() == self.tokens.len() {
            return Some(false);
        }
        if self.anchor == Anchor::Name && !is_literal(first.kind) {
            self.tokens = behind;
            return None;
        }
        match first.kind {
            Kind::Open if subselect(self.tokens) => return Some(true),
            Kind::Word(Class::Function) if calls(self.tokens) => return Some(true),
            _ => {}
        }
        match behind.first().map(|token| token.kind) {
            // `'='`
            None => Some(self.anchor == Anchor::Quoted && is_short_open(*first, self.text)),
            Some(Kind::Comment) => Some(self.anchor != Anchor::Name && is_literal(first.kind)),
            _ => {
                self.tokens = behind;
                None
            }
        }
    }

    /// `1-sleep(5)`, `'+(select 1)+'`: `None` where it is only a longer operand.
    fn follows_arithmetic(&mut self) -> Option<bool> {
        let mut tokens = self.tokens;
        while let [Token { kind: Kind::Prefix | Kind::Arithmetic | Kind::Open, .. }, rest @ ..] =
            tokens
        {
            tokens = rest;
        }
        match tokens.first()?.kind {
            Kind::Word(Class::Function) if calls(tokens) => return Some(true),
            Kind::Word(Class::CommonFunction) if delays(tokens, self.text) || subselect(tokens) => {
                return Some(true);
            }
            Kind::Word(Class::Select) => return Some(selects(&tokens[1..], self.text)),
            Kind::Word(Class::Case) => return Some(super::anywhere::is_case(&tokens[1..])),
            _ => {}
        }
        let behind = skip_operand(tokens);
        if behind.len() == tokens.len() {
            return Some(false);
        }
        self.tokens = behind;
        None
    }

    /// `1,(select …)`, `1,sleep(5)`
    fn follows_comma(&self) -> bool {
        match self.tokens.first().map(|token| token.kind) {
            Some(Kind::Open) => subselect(self.tokens),
            Some(Kind::Word(Class::Function)) => calls(self.tokens),
            Some(Kind::Word(Class::CommonFunction)) => {
                delays(self.tokens, self.text) || subselect(self.tokens)
            }
            _ => false,
        }
    }

    /// `order by 3`, `group by x having 1=1`
    fn orders(&self) -> bool {
        let [Token { kind: Kind::Word(Class::By), .. }, rest @ ..] = self.tokens else {
            return false;
        };
        let Some(first) = rest.first() else { return false };
        let behind = skip_operand(rest);
        let ends = match behind.first().map(|token| token.kind) {
            None => true,
            Some(kind) => matches!(
                kind,
                Kind::Comment
                    | Kind::Comma
                    | Kind::Semicolon
                    | Kind::Close
                    | Kind::Word(Class::Having | Class::Limit | Class::Union | Class::Statement)
            ),
        };
        match first.kind {
            Kind::Number | Kind::Text { .. } => ends && self.anchor != Anchor::Name,
            Kind::Open => subselect(rest),
            Kind::Word(Class::Function) => calls(rest),
            Kind::Word(Class::Name | Class::CommonFunction | Class::Object | Class::Literal) => {
                ends && (self.anchor == Anchor::Quoted
                    || behind.first().is_some_and(|t| t.kind == Kind::Word(Class::Having)))
            }
            _ => false,
        }
    }

    /// `limit 1,1 into`, `limit 0 union`
    fn limits(&self) -> bool {
        let Some((first, rest)) = self.tokens.split_first() else { return false };
        if first.kind != Kind::Number || self.anchor == Anchor::Name {
            return false;
        }
        match rest.first().map(|token| token.kind) {
            None => true,
            Some(kind) => matches!(
                kind,
                Kind::Comma
                    | Kind::Comment
                    | Kind::Word(Class::Limit | Class::Into | Class::Union | Class::Object)
            ),
        }
    }
}

/// A comparison behind `or` or `and`: `operand` is what is compared, `behind` begins with how.
fn is_compared(behind: &[Token], operand: &[Token], text: &[u8], anchor: Anchor) -> bool {
    let (compare, right) = (behind[0], &behind[1..]);
    let right = match right {
        [Token { kind: Kind::Word(Class::Logic | Class::Compare), .. }, rest @ ..] => rest,
        right => right,
    };
    let Some(other) = right.first() else { return false };
    let after = skip_operand(right);
    if after.len() == right.len() {
        return subselect(right);
    }
    let (left_literal, right_literal) = (is_literal(operand[0].kind), is_literal(other.kind));
    if matches!(other.kind, Kind::Word(Class::Function)) && calls(right) || subselect(right) {
        return true;
    }
    let is_symbol = compare.kind == Kind::Compare;
    match anchor {
        Anchor::Quoted if is_symbol => left_literal || right_literal || is_plain_end(after),
        Anchor::Quoted => right_literal,
        Anchor::Literal if is_symbol => {
            // `5 and x = 3` is a sentence about x as long as a sentence follows; and so is what is
            // greater than what.
            let is_equal = !matches!(compare.text(text), b"<" | b">" | b"<=" | b">=");
            (left_literal && right_literal && is_equal) || is_plain_end(after)
        }
        Anchor::Literal => right_literal && is_plain_end(after),
        Anchor::Name => {
            is_symbol
                && left_literal
                && right_literal
                && compare.text(text) != b"->"
                && is_plain_end(after)
        }
    }
}

fn is_plain_end(after: &[Token]) -> bool {
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

fn compared(behind: &[Token], operand: &[Token], text: &[u8]) -> bool {
    behind.len() < operand.len()
        && matches!(
            behind.first(),
            Some(Token { kind: Kind::Compare | Kind::Word(Class::Compare), .. })
        )
        && is_compared(behind, operand, text, Anchor::Literal)
}

/// A string that the text leaves open, with a number or nothing in it.
fn is_short_open(token: Token, text: &[u8]) -> bool {
    let content = &token.text(text)[1.min(token.end - token.start)..];
    matches!(token.kind, Kind::Text { is_closed: false })
        && content.len() <= 8
        && content.iter().all(|b| b.is_ascii_digit() || *b == b'%')
}

fn is_literal(kind: Kind) -> bool {
    matches!(kind, Kind::Number | Kind::Text { .. } | Kind::Variable | Kind::Word(Class::Literal))
}

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
            while let [
                Token { kind: Kind::Dot, .. },
                Token { kind: Kind::Word(_), .. },
                after @ ..,
            ] = more
            {
                more = after;
            }
            if more.first().is_some_and(|token| token.kind == Kind::Open) {
                more = skip_parentheses(more);
            }
        }
        Kind::Open => more = skip_parentheses(rest),
        _ => return tokens,
    }
    // Casts, and arithmetic that makes the operand longer.
    loop {
        more = match more {
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

/// What is behind a pair of parentheses; nothing where they are not closed.
fn skip_parentheses(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_u32;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => {
                depth -= 1;
                if depth == 0 {
                    return &tokens[index + 1..];
                }
            }
            _ => {}
        }
    }
    &[]
}

/// A call of a function that databases alone have.
fn calls(tokens: &[Token]) -> bool {
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
        return argument.kind == Kind::Number || subselect(tokens);
    }
    if is(b"if") {
        let compares = matches!(
            behind.first(),
            Some(Token { kind: Kind::Compare | Kind::Word(Class::Compare | Class::Logic), .. })
        );
        return compares
            && rest.iter().take(32).filter(|token| token.kind == Kind::Comma).count() >= 2;
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
}

/// A `(select` within the next few tokens.
fn subselect(tokens: &[Token]) -> bool {
    let near = &tokens[..tokens.len().min(16)];
    near.windows(2).any(|pair| {
        pair[0].kind == Kind::Open
            && matches!(pair[1].kind, Kind::Word(Class::Select | Class::Case))
    })
}

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
        _ => false,
    }
}

/// A list of what is selected, or something that only SQL selects.
pub(super) fn selects(tokens: &[Token], text: &[u8]) -> bool {
    let mut rest = tokens;
    while let [
        Token { kind: Kind::Word(Class::Quantity) | Kind::Conditional | Kind::Prefix, .. },
        more @ ..,
    ] = rest
    {
        rest = more;
    }
    let Some(first) = rest.first() else { return false };
    let names_table = |from: &[Token]| match from.first().map(|token| token.kind) {
        Some(Kind::Word(Class::Name | Class::Object | Class::Function | Class::CommonFunction)) => {
            // `from members of the club` has a word that no table is followed by.
            !matches!(from.get(1).map(|t| t.kind), Some(Kind::Word(Class::English | Class::Name)) if from.len() > 3)
        }
        Some(Kind::Text { .. } | Kind::Open | Kind::Variable | Kind::Conditional) => true,
        _ => false,
    };
    if first.kind == Kind::Arithmetic && first.text(text) == b"*" {
        return match rest.get(1).map(|token| token.kind) {
            Some(Kind::Word(Class::From)) => names_table(&rest[2..]),
            Some(Kind::Comma) => true,
            kind => kind.is_none_or(|kind| kind == Kind::Comment),
        };
    }
    match first.kind {
        Kind::Variable | Kind::Text { .. } => return true,
        Kind::Word(Class::Function) if calls(rest) => return true,
        Kind::Word(Class::CommonFunction | Class::Object) if calls(rest) => return true,
        Kind::Word(Class::Case) => return super::anywhere::is_case(&rest[1..]),
        Kind::Open => return subselect(rest) || rest.len() > 2,
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
                    Some(Kind::Word(Class::From)) => names_table(&next[1..]),
                    Some(kind) => {
                        matches!(
                            kind,
                            Kind::Comma
                                | Kind::Comment
                                | Kind::Close
                                | Kind::Word(Class::Union | Class::Into)
                        ) && (is_number || kind != Kind::Comma || next.len() > 1)
                    }
                }
        }
        Some(Kind::Word(Class::From)) => names_table(&behind[1..]),
        Some(Kind::Comment | Kind::Close | Kind::Semicolon) => is_number,
        Some(
            Kind::Logic
            | Kind::Compare
            | Kind::Word(Class::Into | Class::Where | Class::Union | Class::Limit),
        ) => is_number,
        _ => false,
    }
}

/// `1.e(`: a number with an exponent that is none, which hides what follows from other readers.
fn is_scientific(first: Token, rest: &[Token], text: &[u8]) -> bool {
    first.kind == Kind::Number
        && first.text(text).to_ascii_lowercase().ends_with(b".e")
        && rest.first().is_some_and(|token| token.start == first.end)
}

/// A call that is the whole text, or is followed as a call in SQL is.
fn ends_as_sql(tokens: &[Token]) -> bool {
    let behind = skip_operand(tokens);
    behind.len() < tokens.len()
        && match behind.first().map(|token| token.kind) {
            None => true,
            Some(kind) => matches!(
                kind,
                Kind::Comment
                    | Kind::Compare
                    | Kind::Logic
                    | Kind::Close
                    | Kind::Comma
                    | Kind::Arithmetic
                    | Kind::Word(Class::Logic | Class::From | Class::Union | Class::Compare)
            ),
        }
}
