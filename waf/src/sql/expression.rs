//! Expressions of SQL, in the union of the dialects that are attacked: how one ends, and how much of it only SQL has.

use super::lex::{Kind, Token};
use super::operand::{is_open_word, is_short_open, skip_closed};
use super::words::Class;

/// How an expression ends; `marks`: how much of it, behind its first operator, only SQL has.
pub(super) enum End {
    Comment {
        marks: usize,
        is_bare: bool,
    },
    /// `asks`: how much of it asks or calls something.
    Nothing {
        asks: usize,
    },
    /// A string that the query closes.
    Text {
        marks: usize,
        is_short: bool,
    },
}

/// What was read last, and so what may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// What is continued: a comment, an operator alone behind it is none of this module's.
    String,
    /// An operand.
    Operand,
    /// A name, which may be a function's.
    Name,
    /// A name of a function that databases have.
    Function,
    /// A name of a type, before a value of it or a call that makes one.
    Type,
    /// An operator: an operand follows.
    Operator,
    /// What opens arguments, of which there may be none.
    Call,
    /// `case`
    Case,
}

pub(super) struct Expression<'t> {
    pub(super) tokens: &'t [Token],
    pub(super) text: &'t [u8],
    pub(super) marks: usize,
    pub(super) asks: usize,
    /// Words where an operator is expected: units, and what grammars have that this one has not. Sentences are made of them.
    pub(super) strangers: usize,
    /// Whether there may be none: markup and patterns begin as comparisons do.
    pub(super) is_strict: bool,
    pub(super) depth: usize,
    pub(super) cases: usize,
}

impl<'t> Expression<'t> {
    pub(super) fn new(tokens: &'t [Token], text: &'t [u8]) -> Self {
        Self { tokens, text, marks: 0, asks: 0, strangers: 0, is_strict: false, depth: 0, cases: 0 }
    }

    pub(super) fn read(self) -> Option<End> {
        self.read_from(Read::String)
    }

    pub(super) fn read_from(mut self, mut last: Read) -> Option<End> {
        loop {
            let Some((token, rest)) = self.tokens.split_first() else {
                let is_whole = matches!(last, Read::Operand | Read::Name) && self.depth == 0;
                return is_whole.then_some(End::Nothing { asks: self.asks });
            };
            self.tokens = rest;
            if let Some(end) = self.end(*token, last) {
                return Some(end);
            }
            last = match last {
                Read::String
                    if matches!(token.kind, Kind::Dot | Kind::Other | Kind::Word(Class::Name))
                        && !is_one(token.text(self.text), &BEHIND) =>
                {
                    return None;
                }
                Read::String => {
                    let read = self.operator(*token, last)?;
                    (self.marks, self.asks) = (0, 0);
                    read
                }
                Read::Operand | Read::Name | Read::Function | Read::Type => {
                    self.operator(*token, last)?
                }
                Read::Operator | Read::Call | Read::Case => self.operand(*token, last)?,
            };
        }
    }

    fn end(&self, token: Token, last: Read) -> Option<End> {
        let marks = self.marks;
        let is_after = !matches!(last, Read::Operator | Read::Call | Read::Case);
        let next = self.tokens.first().map(|token| token.kind);
        if self.strangers > 0 && self.strangers >= marks {
            return None;
        }
        match token.kind {
            Kind::Comment if is_after && self.cases == 0 => {
                let comment = token.text(self.text);
                let is_told = comment.iter().any(|b| matches!(b, b'\'' | b'"' | b'`'));
                let is_bare = comment.len() <= COMMENT_BYTES_MAX;
                (!is_told).then_some(End::Comment { marks, is_bare })
            }
            Kind::Semicolon if is_after && last != Read::String => match next {
                None => Some(End::Comment { marks, is_bare: false }),
                Some(Kind::Comment) => Some(End::Comment { marks: marks + 1, is_bare: true }),
                Some(_) => None,
            },
            // `or id is id limit 1-- `, `or id in(id) order by 1#`
            Kind::Word(Class::Limit | Class::Order)
                if is_after
                    && last != Read::String
                    && self.depth == 0
                    && matches!(next, Some(Kind::Number | Kind::Word(Class::By))) =>
            {
                Some(End::Comment { marks, is_bare: true })
            }
            Kind::Text { is_closed: false } if !is_after => {
                let is_short = is_short_open(token, self.text);
                (is_short || is_open_word(token, self.text))
                    .then_some(End::Text { marks, is_short })
            }
            _ => None,
        }
    }

    /// An operator, or what else follows an operand.
    pub(super) fn operator(&mut self, token: Token, last: Read) -> Option<Read> {
        let is_name = matches!(last, Read::Name | Read::Function | Read::Type);
        let word = token.text(self.text);
        match token.kind {
            Kind::Close => {
                self.depth = self.depth.saturating_sub(1);
                return Some(Read::Operand);
            }
            Kind::Open if is_name => {
                self.depth += 1;
                self.marks += 1;
                self.asks += if last == Read::Function { 2 } else { 1 };
                return Some(Read::Call);
            }
            // `date '2020-01-01'`, `inet '::1'`, `interval 1 day`: no list of strings in a program, `'a', 'b'`.
            Kind::Text { is_closed: true }
                if (last == Read::Type || is_name && !self.is_strict)
                    && word
                        .get(1)
                        .is_some_and(|b| b.is_ascii_alphanumeric() || b"{[<(-+:".contains(b)) =>
            {
                self.marks += 1;
                return Some(Read::Operand);
            }
            Kind::Number if last == Read::Type => {
                self.marks += 1;
                return Some(Read::Operand);
            }
            // `a.b`, `(a).b`
            Kind::Dot => {
                let (member, rest) = self.tokens.split_first()?;
                self.marks += usize::from(matches!(member.kind, Kind::Text { .. }));
                self.tokens = rest;
                return Some(Read::Name);
            }
            // `not like`
            Kind::Word(Class::Logic)
                if word.eq_ignore_ascii_case(b"not")
                    && self
                        .tokens
                        .first()
                        .is_some_and(|next| next.kind == Kind::Word(Class::Compare)) =>
            {
                return Some(last);
            }
            Kind::Logic | Kind::Word(Class::Logic) => return Some(Read::Operator),
            Kind::Comma | Kind::Word(Class::As | Class::From) if self.depth > 0 => {
                return Some(Read::Operator);
            }
            Kind::Word(Class::When | Class::Then) if self.cases > 0 => return Some(Read::Operator),
            Kind::Word(Class::Name) if self.cases > 0 && word.eq_ignore_ascii_case(b"else") => {
                return Some(Read::Operator);
            }
            Kind::Word(Class::Name) if self.cases > 0 && word.eq_ignore_ascii_case(b"end") => {
                self.cases -= 1;
                return Some(Read::Operand);
            }
            Kind::Other if word == b"]" => {
                self.depth = self.depth.saturating_sub(1);
                return Some(Read::Operand);
            }
            Kind::Other if word == b"[" => {
                self.depth += 1;
                self.marks += 1;
                return Some(Read::Call);
            }
            // Between words it is a hyphen or a slash.
            Kind::Arithmetic => return Some(Read::Operator),
            Kind::Compare | Kind::Cast | Kind::Word(Class::Divide | Class::Collate) => {}
            Kind::Word(Class::Compare) => self.skip(&COMPARING),
            Kind::Other | Kind::Variable if is_sigil(word) => {}
            // `now() at time zone 'utc'`
            Kind::Word(Class::English) if word.eq_ignore_ascii_case(b"at") => self.skip(&TYPED),
            // `operator(pg_catalog.=)`
            Kind::Word(Class::Name) if word.eq_ignore_ascii_case(b"operator") => {
                let end = self.tokens.iter().position(|token| token.kind == Kind::Close)?;
                self.tokens = &self.tokens[end + 1..];
                self.asks += 1;
            }
            Kind::Word(_) if is_one(word, &BEHIND) => {
                self.marks += 2;
                self.asks += 2;
                return Some(Read::Operand);
            }
            Kind::Word(Class::Name) if is_one(word, &BETWEEN) => self.skip(&COMPARING),
            Kind::Word(Class::English) if self.depth > 0 && word.eq_ignore_ascii_case(b"for") => {}
            Kind::Word(Class::Name | Class::CommonFunction) if !self.is_strict => {
                self.strangers += 1;
                return Some(Read::Name);
            }
            _ => return None,
        }
        self.marks += 1;
        self.asks += 1;
        Some(Read::Operator)
    }

    pub(super) fn operand(&mut self, token: Token, last: Read) -> Option<Read> {
        let next = self.tokens.first().map(|token| token.kind);
        let word = token.text(self.text);
        match token.kind {
            Kind::Word(Class::Logic) if word.eq_ignore_ascii_case(b"not") => Some(Read::Operator),
            Kind::Word(Class::When) if last == Read::Case => Some(Read::Operator),
            // `now()`, `count(*)`, `'{}'::int[]`
            Kind::Close if last == Read::Call => {
                self.depth = self.depth.saturating_sub(1);
                Some(Read::Operand)
            }
            Kind::Other if last == Read::Call && word == b"]" => {
                self.depth = self.depth.saturating_sub(1);
                Some(Read::Operand)
            }
            Kind::Arithmetic if word == b"*" && next == Some(Kind::Close) => Some(Read::Operand),
            Kind::Arithmetic | Kind::Word(Class::Quantity) => Some(Read::Operator),
            Kind::Prefix => {
                self.marks += 1;
                Some(Read::Operator)
            }
            Kind::Word(_) if is_one(word, &TYPES) => {
                self.skip(&TYPED);
                Some(Read::Type)
            }
            // `over (order by id)`, `filter (where true)`
            Kind::Word(Class::Where) if last == Read::Call => Some(Read::Operator),
            Kind::Word(Class::Order)
                if last == Read::Call && next == Some(Kind::Word(Class::By)) =>
            {
                self.tokens = &self.tokens[1..];
                Some(Read::Operator)
            }
            Kind::Other | Kind::Variable if is_sigil(word) => Some(Read::Operator),
            Kind::Word(Class::Name) if word.eq_ignore_ascii_case(b"binary") => Some(Read::Operator),
            // `(select …)`, `exists(table t)`
            Kind::Word(Class::Select | Class::Object | Class::English | Class::Name)
                if self.depth > 0 && is_one(word, &QUERIES) =>
            {
                self.tokens = skip_closed(self.tokens);
                self.depth -= 1;
                self.marks += 2;
                self.asks += 2;
                Some(Read::Operand)
            }
            Kind::Open => {
                self.depth += 1;
                self.marks += 1;
                Some(Read::Operator)
            }
            Kind::Word(Class::Literal | Class::Statement) if next == Some(Kind::Open) => {
                Some(Read::Name)
            }
            Kind::Number
            | Kind::Text { is_closed: true }
            | Kind::Variable
            | Kind::Word(Class::Literal) => {
                self.marks += 1;
                Some(Read::Operand)
            }
            Kind::Word(Class::Case) => {
                (self.cases, self.marks) = (self.cases + 1, self.marks + 1);
                Some(Read::Case)
            }
            // An article is an alias, too.
            Kind::Word(Class::English) if word.len() == 1 => Some(Read::Name),
            Kind::Word(Class::English | Class::Compare | Class::Divide)
                if next != Some(Kind::Open) =>
            {
                None
            }
            Kind::Word(
                Class::Name | Class::Object | Class::English | Class::Compare | Class::Divide,
            ) => Some(Read::Name),
            Kind::Word(Class::Function | Class::CommonFunction) => Some(Read::Function),
            _ => None,
        }
    }

    fn skip(&mut self, words: &[&[u8]]) {
        while let Some((first, rest)) = self.tokens.split_first()
            && is_one(first.text(self.text), words)
        {
            self.tokens = rest;
        }
    }
}

/// PostgreSQL's `@@`, and `^@` whose first half is another token.
fn is_sigil(word: &[u8]) -> bool {
    word.iter().all(|byte| *byte == b'@')
}

pub(super) fn is_one(word: &[u8], known: &[&[u8]]) -> bool {
    known.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// Most of a comment that says nothing: `-- x`, `#`.
const COMMENT_BYTES_MAX: usize = 4;
/// Types that stand before their values, and that have several words.
const TYPES: [&[u8]; 8] =
    [b"bit", b"bool", b"boolean", b"date", b"double", b"interval", b"time", b"timestamp"];
/// What else their names have.
const TYPED: [&[u8]; 6] = [b"precision", b"time", b"varying", b"with", b"without", b"zone"];
/// What begins a query within parentheses.
const QUERIES: [&[u8]; 4] = [b"select", b"table", b"values", b"with"];
/// What makes an operator of several words: `is not distinct from`, `sounds like`, `similar to`, `member of`.
const COMPARING: [&[u8]; 8] =
    [b"distinct", b"from", b"like", b"nfc", b"not", b"of", b"symmetric", b"to"];
/// Operators behind an operand.
const BEHIND: [&[u8]; 2] = [b"isnull", b"notnull"];
/// Operators that are words of nothing else here.
const BETWEEN: [&[u8]; 8] =
    [b"against", b"escape", b"member", b"overlaps", b"passing", b"placing", b"uescape", b"using"];
