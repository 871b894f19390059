//! Behind a string: an expression that is whole up to where the rest of the query is cut off by a comment, or closed by
//! the query's own quote.
//!
//! What it asks for is not looked at. Functions, operators and columns are without end, and to whoever only wants the
//! condition to hold each is as good as `1=1`: `' or (id)-- `, `' or 1 operator(=) 1#`, `' or now() notnull and '1`.

use super::lex::{Kind, Token};
use super::operand::{is_open_word, is_short_open, skip_closed};
use super::words::Class;

/// Whether what is behind a string is an expression to its end, as no prose is: with marks in it that prose has not.
pub(super) fn completes_string(tokens: &[Token], text: &[u8]) -> bool {
    let closed = tokens.iter().take_while(|token| token.kind == Kind::Close).count();
    let tokens = &tokens[closed..];
    let Some(first) = tokens.first() else { return false };
    // `',(version()))-- `: the next value of a row.
    if first.kind == Kind::Comma {
        let row = Expression { depth: 1, ..Expression::new(tokens, text) };
        return matches!(row.read(), Some(End::Comment { marks: 1.., is_bare: true }));
    }
    // `' where true-- `, `' returning version()-- `: the next clause.
    if first.kind == Kind::Word(Class::Where) || is_one(first.text(text), &[b"returning"]) {
        let clause = Expression::new(&tokens[1..], text);
        let end = clause.read_from(Read::Operator);
        return matches!(end, Some(End::Comment { marks: 1.., is_bare: true }));
    }
    let Some(end) = Expression::new(tokens, text).read() else { return false };
    let is_logic = matches!(first.kind, Kind::Logic | Kind::Word(Class::Logic));
    let is_bitwise = is_bitwise(*first, text);
    match end {
        End::Comment { marks, is_bare: true } => {
            marks >= 1
                || matches!(
                    first.kind,
                    Kind::Logic
                        | Kind::Compare
                        | Kind::Arithmetic
                        | Kind::Cast
                        | Kind::Word(Class::Compare)
                )
        }
        End::Comment { marks, .. } => is_logic && marks >= 2,
        // Patterns and paths begin so within their quotes: `'%s and %s' …`, `r'/[a-z]*'`.
        End::Nothing { .. } => false,
        End::Text { .. } if first.kind == Kind::Arithmetic && !is_bitwise => false,
        End::Text { marks, is_short } => marks >= if is_short && is_logic { 1 } else { 2 },
    }
}

fn is_bitwise(operator: Token, text: &[u8]) -> bool {
    matches!(operator.text(text), b"|" | b"&" | b"^")
}

/// The same behind a number, where `or` and `and` stand in sentences too: with a comment that has nothing in it, or to the
/// end of the text where it asks something.
pub(super) fn completes_number(tokens: &[Token], text: &[u8]) -> bool {
    let Some(first) = tokens.first() else { return false };
    let is_logic = matches!(first.kind, Kind::Logic | Kind::Word(Class::Logic));
    let marks_min = match first.kind {
        Kind::Logic | Kind::Compare | Kind::Word(Class::Logic | Class::Compare) => 1,
        Kind::Arithmetic => 2,
        _ => return false,
    };
    match Expression::new(tokens, text).read() {
        Some(End::Comment { marks, is_bare: true }) => marks >= marks_min,
        Some(End::Nothing { asks }) => is_logic && asks >= 2,
        _ => false,
    }
}

/// What is behind the `from` of a list of what is selected: `id as a, s.*, count(*) over () from`. `None`: it is no such list.
pub(super) fn behind_list<'t>(tokens: &'t [Token], text: &'t [u8]) -> Option<&'t [Token]> {
    let mut list = Expression { depth: 1, ..Expression::new(tokens, text) };
    let mut last = Read::Operator;
    loop {
        let (token, rest) = list.tokens.split_first()?;
        let is_after = !matches!(last, Read::Operator | Read::Call | Read::Case);
        if token.kind == Kind::Word(Class::From) && list.depth == 1 && is_after {
            return Some(rest);
        }
        let ends =
            matches!(rest.first(), Some(Token { kind: Kind::Comma | Kind::Word(Class::From), .. }));
        list.tokens = rest;
        last = match token.kind {
            Kind::Close if list.depth == 1 && last != Read::Call => return None,
            Kind::Arithmetic if !is_after && ends => Read::Operand,
            // `id a`
            Kind::Word(Class::Name | Class::Object) | Kind::Text { is_closed: true }
                if is_after && ends =>
            {
                Read::Operand
            }
            Kind::Word(Class::English) if is_after && ends && token.end == token.start + 1 => {
                Read::Operand
            }
            _ if is_after => list.operator(*token, last)?,
            _ => list.operand(*token, last)?,
        };
    }
}

/// How an expression ends; `marks`: how much of it, behind its first operator, only SQL has.
enum End {
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
enum Read {
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

struct Expression<'t> {
    tokens: &'t [Token],
    text: &'t [u8],
    marks: usize,
    asks: usize,
    depth: usize,
    cases: usize,
}

impl<'t> Expression<'t> {
    fn new(tokens: &'t [Token], text: &'t [u8]) -> Self {
        Self { tokens, text, marks: 0, asks: 0, depth: 0, cases: 0 }
    }

    fn read(self) -> Option<End> {
        self.read_from(Read::String)
    }

    fn read_from(mut self, mut last: Read) -> Option<End> {
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
        match token.kind {
            Kind::Comment if is_after && self.cases == 0 => {
                let comment = token.text(self.text);
                let is_told = comment.iter().any(|b| matches!(b, b'\'' | b'"' | b'`'));
                let is_bare = comment.len() <= COMMENT_BYTES_MAX;
                (!is_told).then_some(End::Comment { marks, is_bare })
            }
            Kind::Semicolon if is_after => match self.tokens.first().map(|token| token.kind) {
                None => Some(End::Comment { marks, is_bare: false }),
                Some(Kind::Comment) => Some(End::Comment { marks, is_bare: true }),
                Some(_) => None,
            },
            Kind::Text { is_closed: false } if !is_after => {
                let is_short = is_short_open(token, self.text);
                (is_short || is_open_word(token, self.text))
                    .then_some(End::Text { marks, is_short })
            }
            _ => None,
        }
    }

    /// An operator, or what else follows an operand.
    fn operator(&mut self, token: Token, last: Read) -> Option<Read> {
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
            // `date '2020-01-01'`
            Kind::Text { is_closed: true } if last == Read::Type => {
                self.marks += 1;
                return Some(Read::Operand);
            }
            // `a.b`, `(a).b`
            Kind::Dot => {
                let (_, rest) = self.tokens.split_first()?;
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
            // `row_number() over ()`
            Kind::Word(Class::Name) if word.eq_ignore_ascii_case(b"over") => {
                return Some(Read::Name);
            }
            // `operator(pg_catalog.=)`
            Kind::Word(Class::Name) if word.eq_ignore_ascii_case(b"operator") => {
                let end = self.tokens.iter().position(|token| token.kind == Kind::Close)?;
                self.tokens = &self.tokens[end + 1..];
                self.asks += 1;
            }
            Kind::Word(_) if is_one(word, &BEHIND) => {
                self.marks += 1;
                self.asks += 2;
                return Some(Read::Operand);
            }
            Kind::Word(Class::Name) if is_one(word, &BETWEEN) => self.skip(&COMPARING),
            _ => return None,
        }
        self.marks += 1;
        self.asks += 1;
        Some(Read::Operator)
    }

    fn operand(&mut self, token: Token, last: Read) -> Option<Read> {
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
            Kind::Word(_) if is_one(word, &TYPES) => Some(Read::Type),
            Kind::Other | Kind::Variable if is_sigil(word) => Some(Read::Operator),
            Kind::Word(Class::Name) if word.eq_ignore_ascii_case(b"binary") => Some(Read::Operator),
            // `(select …)`, `exists(table t)`
            Kind::Word(Class::Select | Class::Object | Class::English)
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

fn is_one(word: &[u8], known: &[&[u8]]) -> bool {
    known.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// Most of a comment that says nothing: `-- x`, `#`.
const COMMENT_BYTES_MAX: usize = 4;
/// Types that stand before their values.
const TYPES: [&[u8]; 6] = [b"bool", b"boolean", b"date", b"interval", b"time", b"timestamp"];
/// What begins a query within parentheses.
const QUERIES: [&[u8]; 3] = [b"select", b"table", b"with"];
/// What makes an operator of several words: `is not distinct from`, `sounds like`, `similar to`, `member of`.
const COMPARING: [&[u8]; 7] = [b"distinct", b"from", b"like", b"nfc", b"not", b"of", b"to"];
/// Operators behind an operand, and a type's brackets.
const BEHIND: [&[u8]; 2] = [b"isnull", b"notnull"];
/// Operators that are words of nothing else here.
const BETWEEN: [&[u8]; 6] = [b"against", b"escape", b"member", b"overlaps", b"passing", b"using"];
