//! What goes on behind an operand or a string: whether it is an attack.

use super::anywhere::{is_case, is_change, is_outfile};
use super::condition::{
    compared, compares_literals, compares_rows, is_called, is_close, is_compared, is_pattern,
    skip_is, skip_mode, skip_not,
};
use super::lex::{Kind, Token};
use super::operand::{
    calls, delays, is_direction, is_literal, is_member_of_this, is_open_word, is_scientific,
    is_short_open, orders, skip_operand, subselect,
};
use super::select::{is_cut_off, selects, unites, unites_table};
use super::titled::is_remark;
use super::words::Class;

/// The tokens of a continuation, with their text.
#[derive(Clone, Copy)]
pub(super) struct Tail<'t> {
    pub(super) tokens: &'t [Token],
    pub(super) text: &'t [u8],
    pub(super) anchor: Anchor,
}

/// What the continuation continues.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// A string that a quote of the text closed.
    Quoted,
    /// A number, a string of its own, a variable.
    Literal,
    /// A name, which prose begins with too.
    Name,
}

impl Tail<'_> {
    pub(super) fn is_attack(mut self) -> bool {
        let (mut is_ordered, mut is_calculated) = (false, false);
        // Every step takes a token, so this ends.
        loop {
            let all = self.tokens;
            let Some((first, rest)) = all.split_first() else { return false };
            self.tokens = rest;
            return match first.kind {
                Kind::Close => continue,
                // `' collate nocase or 1--`
                Kind::Word(Class::Collate)
                    if matches!(
                        rest.first(),
                        Some(Token { kind: Kind::Word(_) | Kind::Text { .. }, .. })
                    ) =>
                {
                    self.tokens = &rest[1..];
                    continue;
                }
                // `' not like 'x`
                Kind::Word(Class::Logic) if skip_not(all, self.text).is_some() => continue,
                Kind::Logic | Kind::Word(Class::Logic) => self.follows_logic(is_ordered),
                Kind::Compare | Kind::Word(Class::Compare) => match self.follows_compare(*first) {
                    Some(decided) => decided,
                    None => {
                        is_ordered = is_calculated || orders(*first, self.text);
                        continue;
                    }
                },
                Kind::Arithmetic => match self.follows_arithmetic() {
                    Some(decided) => decided,
                    None => {
                        is_calculated = true;
                        continue;
                    }
                },
                Kind::Word(Class::Union) => {
                    let is_behind_name = self.anchor == Anchor::Name;
                    unites(rest, self.text)
                        || !is_behind_name && (is_cut_off(rest) || unites_table(rest, self.text))
                }
                Kind::Word(Class::Having) => compared(skip_operand(rest), rest, self.text),
                // `id from users where 1=1`
                Kind::Word(Class::From) => matches!(
                    rest,
                    [Token { kind: Kind::Word(_), .. }, Token { kind: Kind::Word(Class::Where), .. }, asked @ ..]
                        if compares_literals(asked, self.text)
                ),
                // `') where 1=1`, `") as x where …`
                Kind::Word(Class::Where) => compares_literals(rest, self.text),
                Kind::Word(Class::As) => match rest {
                    [Token { kind: Kind::Word(_), .. }, more @ ..]
                        if more.first().is_some_and(|t| t.kind == Kind::Word(Class::Where)) =>
                    {
                        self.tokens = more;
                        continue;
                    }
                    _ => false,
                },
                Kind::Word(Class::Order) => self.orders(),
                Kind::Word(Class::Limit) => self.limits(),
                Kind::Word(Class::Case) => is_case(rest),
                Kind::Word(Class::Into) => is_outfile(rest, self.text),
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
                    is_change(*first, rest, self.text)
                }
                Kind::Conditional => true,
                Kind::Comma => self.follows_comma(all),
                _ => false,
            };
        }
    }

    /// `or 1=1`, `and sleep(5)`, `or true --`, `or 'a'='a`. `is_ordered`: what stands before is less or
    /// greater than something; who says that of two pairs of numbers does sums.
    fn follows_logic(&self, mut is_ordered: bool) -> bool {
        let mut all = self.tokens;
        loop {
            let (mut tokens, mut opened) = (all, 0);
            while let [
                Token {
                    kind: Kind::Prefix | Kind::Open | Kind::Logic | Kind::Word(Class::Logic),
                    ..
                },
                rest @ ..,
            ]
            | [Token { kind: Kind::Arithmetic, .. }, rest @ ..] = tokens
            {
                opened += usize::from(tokens[0].kind == Kind::Open);
                tokens = rest;
            }
            let Some((first, rest)) = tokens.split_first() else { return false };
            let is_quoted = self.anchor == Anchor::Quoted;
            match first.kind {
                Kind::Word(Class::Function) if calls(tokens) => return true,
                Kind::Word(Class::CommonFunction)
                    if delays(tokens, self.text) || subselect(tokens) =>
                {
                    return true;
                }
                Kind::Word(Class::Select) => return selects(rest, self.text),
                Kind::Word(Class::Case) => return is_case(rest),
                // `and like('a', …)`: SQLite's operator as a function.
                Kind::Word(Class::Compare) if is_called(tokens) => return true,
                Kind::Conditional => return true,
                Kind::Number if is_scientific(*first, rest, self.text) => return true,
                // `' || this.password.match(…)`: JavaScript that a document store runs.
                Kind::Word(Class::English) if is_quoted && is_member_of_this(tokens, self.text) => {
                    return true;
                }
                _ => {}
            }
            if opened > 0 && compares_rows(all, self.text, is_quoted) {
                return true;
            }
            let mut behind = skip_operand(tokens);
            if behind.len() == tokens.len() {
                return false;
            }
            let literal = is_literal(first.kind);
            // `or (1) = 1`
            while literal
                && opened > 0
                && let [Token { kind: Kind::Close, .. }, more @ ..] = behind
            {
                (behind, opened) = (more, opened - 1);
            }
            return match behind.first().map(|token| token.kind) {
                Some(Kind::Compare | Kind::Word(Class::Compare)) => {
                    let is_sum = is_ordered
                        && first.kind == Kind::Number
                        && (orders(behind[0], self.text)
                            || rest.first().is_some_and(|token| token.kind == Kind::Arithmetic))
                        && self.anchor == Anchor::Literal;
                    !is_sum && is_compared(behind, tokens, self.text, self.anchor)
                }
                // `or 1 --`, `or 1;--`
                Some(Kind::Comment) => {
                    (literal && self.anchor != Anchor::Name) || (is_quoted && behind.len() == 1)
                }
                Some(Kind::Semicolon) => {
                    literal && is_quoted && behind.get(1).is_none_or(|t| t.kind == Kind::Comment)
                }
                // One after the other: there may be thousands, and little room on the stack.
                Some(Kind::Logic | Kind::Word(Class::Logic)) => {
                    if literal
                        && is_quoted
                        && matches!(
                            behind.get(1),
                            Some(Token { kind: Kind::Text { is_closed: false }, .. })
                        )
                    {
                        return true;
                    }
                    (all, is_ordered) = (&behind[1..], false);
                    continue;
                }
                Some(Kind::Word(Class::Union)) => unites(&behind[1..], self.text),
                Some(Kind::Word(Class::Order | Class::Limit | Class::Having)) => {
                    Tail { tokens: behind, ..*self }.is_attack()
                }
                // `' or '1`: closed by what the application adds.
                None if is_quoted => {
                    first.kind == Kind::Word(Class::Literal)
                        || tokens.last().is_some_and(|last| is_short_open(*last, self.text))
                        // `' && 'a`: no prose joins by that.
                        || self.text[..first.start].trim_ascii_end().ends_with(b"&&")
                            && is_open_word(*first, self.text)
                }
                // `9 or /* x */ true`: what a comment parts from its operator is no prose.
                None => {
                    let before = self.text[..first.start].trim_ascii_end();
                    // `1 or !0`, `1 and not true`
                    let negates = before.ends_with(b"!")
                        || before.ends_with(b"~")
                        || first.kind == Kind::Word(Class::Literal)
                            && before.to_ascii_lowercase().ends_with(b" not");
                    let is_parted = negates || before.ends_with(b"*/");
                    literal && self.anchor == Anchor::Literal && is_parted
                }
                _ => false,
            };
        }
    }

    /// `'='`, `' like '%`, `' between 1 and 2`: decided, unless what follows decides.
    fn follows_compare(&mut self, compare: Token) -> Option<bool> {
        if let Some(behind) = skip_mode(self.tokens, self.text) {
            self.tokens = behind;
            return None;
        }
        self.tokens = skip_is(self.tokens, self.text);
        let behind = skip_operand(self.tokens);
        let first = self.tokens.first()?;
        if behind.len() == self.tokens.len() {
            return Some(false);
        }
        // `rlike !sleep(5)`
        if let [Token { kind: Kind::Prefix, .. }, operand @ ..] = self.tokens
            && (matches!(operand.first(), Some(Token { kind: Kind::Word(Class::Function), .. }))
                && calls(operand)
                || delays(operand, self.text))
        {
            return Some(true);
        }
        if self.anchor == Anchor::Name && !is_literal(first.kind) {
            self.tokens = behind;
            return None;
        }
        match first.kind {
            Kind::Open if subselect(self.tokens) => return Some(true),
            Kind::Word(Class::Function) if calls(self.tokens) => return Some(true),
            Kind::Word(Class::CommonFunction) if delays(self.tokens, self.text) => {
                return Some(true);
            }
            _ => {}
        }
        match behind.first().map(|token| token.kind) {
            // `'='`
            None => Some(
                self.anchor == Anchor::Quoted
                    && (is_short_open(*first, self.text)
                        || is_close(compare, *first) && is_open_word(*first, self.text)
                        || is_pattern(compare, self.text)
                            && matches!(first.kind, Kind::Text { is_closed: false })),
            ),
            Some(Kind::Comment) => {
                // `' in ('x')--`
                let is_listed = first.kind == Kind::Open
                    && self.tokens.get(1).is_some_and(|token| is_literal(token.kind));
                Some(
                    self.anchor == Anchor::Literal
                        && is_literal(first.kind)
                        && !is_remark(behind[0], self.text)
                        || self.anchor == Anchor::Quoted && (is_literal(first.kind) || is_listed),
                )
            }
            // `' between 'a' and 'z`: the application closes what is left open.
            Some(Kind::Word(Class::Logic))
                if self.anchor == Anchor::Quoted
                    && matches!(
                        behind[1..],
                        [Token { kind: Kind::Text { is_closed: false }, .. }]
                    )
                    && compare.text(self.text).eq_ignore_ascii_case(b"between") =>
            {
                Some(true)
            }
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
            Kind::Word(Class::Case) => return Some(is_case(&tokens[1..])),
            _ => {}
        }
        let behind = skip_operand(tokens);
        if behind.len() == tokens.len() {
            return Some(false);
        }
        // `'-0--`
        let ends = behind.first().is_some_and(|token| token.kind == Kind::Comment);
        if ends && self.anchor == Anchor::Quoted && is_literal(tokens[0].kind) {
            return Some(true);
        }
        // `'-'1`, `' div '1`: a quoted `-` alone is a text's.
        if behind.is_empty()
            && self.anchor == Anchor::Quoted
            && is_short_open(tokens[0], self.text)
            && is_open_word(tokens[0], self.text)
        {
            return Some(true);
        }
        self.tokens = behind;
        None
    }

    /// `order by 3`, `group by x having 1=1`
    fn orders(&self) -> bool {
        let [Token { kind: Kind::Word(Class::By), .. }, rest @ ..] = self.tokens else {
            return false;
        };
        let Some(first) = rest.first() else { return false };
        let behind = match skip_operand(rest) {
            [word, more @ ..] if is_direction(word.text(self.text)) => more,
            behind => behind,
        };
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
