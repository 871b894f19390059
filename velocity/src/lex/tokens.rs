//! Which tokens each state has.

mod length;

use length::{
    blank_line_end, bracketed_word, count, dot, empty_index, escaped_directive, exponent,
    identifier, line_end, set, string_literal, white_space, word,
};

use super::State;

/// What a token is, in the order in which equally long ones win.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    IndexOpen,
    IndexClose,
    BracketOpen,
    BracketClose,
    Comma,
    DoubleDot,
    Colon,
    MapOpen,
    MapClose,
    Open,
    Close,
    ArgumentsClose,
    EscapedDirective,
    Set,
    Dollar,
    Hash,
    LineCommentStart,
    DoubleEscape,
    Escape,
    Text,
    LineCommentEnd,
    FormalComment,
    BlockComment,
    TextBlock,
    WhiteSpace,
    StringLiteral,
    True,
    False,
    Minus,
    Plus,
    Multiply,
    Divide,
    Modulus,
    And,
    Or,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Not,
    Assign,
    End,
    If,
    ElseIf,
    Else,
    Integer,
    Decimal,
    Word,
    BracketedWord,
    Identifier,
    Dot,
    CurlyOpen,
    CurlyClose,
    ReferenceTerminator,
    DirectiveTerminator,
    EmptyIndex,
    Eof,
}

/// What the longest match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Token(Kind),
    /// Part of the token that follows.
    Prefix(Kind),
    /// A character of a comment.
    Skip,
    /// A character of a text block, part of the token that follows.
    SkipWithin,
    /// A character that ends a state and stays where it is.
    Terminator(Kind),
}

/// The longest match at the beginning of a text; of equally long ones the first.
pub(super) fn longest(state: State, text: &[u8]) -> Option<(Match, usize)> {
    let mut best = Best(None);
    match state {
        State::Default => default(&mut best, text),
        State::PreDirective => pre_directive(&mut best, text),
        State::Directive => directive(&mut best, text),
        State::Reference | State::Modifier => reference(&mut best, text, state),
        State::Arguments => arguments(&mut best, text),
        State::Index => index(&mut best, text),
        State::LineComment | State::FormalComment | State::BlockComment | State::TextBlock => {
            comment(&mut best, text, state);
        }
    }
    best.0
}

struct Best(Option<(Match, usize)>);

impl Best {
    fn offer(&mut self, found: Match, length: usize) {
        if length > self.0.map_or(0, |(_, best)| best) {
            self.0 = Some((found, length));
        }
    }
    fn token(&mut self, kind: Kind, length: usize) {
        self.offer(Match::Token(kind), length);
    }
    fn words(&mut self, text: &[u8], words: &[(&str, Kind)]) {
        for (word, kind) in words {
            if text.starts_with(word.as_bytes()) {
                self.token(*kind, word.len());
            }
        }
    }
}

fn default(best: &mut Best, text: &[u8]) {
    best.token(Kind::EscapedDirective, escaped_directive(text));
    best.token(Kind::Set, set(text));
    prefixes(best, text);
    best.words(
        text,
        &[("##", Kind::LineCommentStart), ("\\\\", Kind::DoubleEscape), ("\\", Kind::Escape)],
    );
    best.token(Kind::Text, count(text, |b| !matches!(b, b'$' | b'#' | b'\\')));
    best.token(Kind::EmptyIndex, empty_index(text));
}

fn pre_directive(best: &mut Best, text: &[u8]) {
    prefixes(best, text);
    best.words(text, &[("##", Kind::LineCommentStart)]);
    for (word, kind) in
        [("end", Kind::End), ("{end}", Kind::End), ("else", Kind::Else), ("{else}", Kind::Else)]
    {
        if text.starts_with(word.as_bytes()) {
            best.token(kind, word.len() + blank_line_end(&text[word.len()..]));
        }
    }
    best.words(
        text,
        &[
            ("if", Kind::If),
            ("{if}", Kind::If),
            ("elseif", Kind::ElseIf),
            ("{elseif}", Kind::ElseIf),
        ],
    );
    numbers(best, text);
    best.token(Kind::Word, word(text));
    best.token(Kind::BracketedWord, bracketed_word(text));
    best.offer(Match::Terminator(Kind::DirectiveTerminator), 1);
}

fn directive(best: &mut Best, text: &[u8]) {
    best.words(text, LISTS);
    best.words(text, &[("(", Kind::Open)]);
    if text.starts_with(b")") {
        best.token(Kind::Close, 1 + blank_line_end(&text[1..]));
    }
    prefixes(best, text);
    best.words(text, &[("##", Kind::LineCommentStart)]);
    best.token(Kind::WhiteSpace, white_space(text));
    best.token(Kind::StringLiteral, string_literal(text));
    best.words(text, BOOLEANS);
    best.words(text, OPERATORS);
    numbers(best, text);
    best.token(Kind::Word, word(text));
    best.token(Kind::BracketedWord, bracketed_word(text));
}

fn reference(best: &mut Best, text: &[u8], state: State) {
    best.words(text, &[("[", Kind::IndexOpen)]);
    if state == State::Modifier {
        best.words(text, &[("(", Kind::Open)]);
    }
    best.token(Kind::Set, set(text));
    prefixes(best, text);
    if state == State::Reference {
        best.words(text, &[("##", Kind::LineCommentStart)]);
    }
    best.words(text, BOOLEANS);
    best.token(Kind::Identifier, identifier(text));
    best.token(Kind::Dot, dot(text));
    best.words(text, &[("{", Kind::CurlyOpen), ("}", Kind::CurlyClose)]);
    best.offer(Match::Terminator(Kind::ReferenceTerminator), 1);
    if state == State::Reference {
        best.token(Kind::EmptyIndex, empty_index(text));
    }
}

fn arguments(best: &mut Best, text: &[u8]) {
    best.words(text, LISTS);
    best.words(text, &[(")", Kind::ArgumentsClose)]);
    best.token(Kind::Set, set(text));
    prefixes(best, text);
    best.token(Kind::WhiteSpace, white_space(text));
    best.token(Kind::StringLiteral, string_literal(text));
    best.words(text, BOOLEANS);
    numbers(best, text);
    best.token(Kind::Identifier, identifier(text));
    best.token(Kind::Dot, dot(text));
}

fn index(best: &mut Best, text: &[u8]) {
    best.words(text, &[("]", Kind::IndexClose)]);
    prefixes(best, text);
    best.token(Kind::WhiteSpace, white_space(text));
    best.token(Kind::StringLiteral, string_literal(text));
    best.words(text, BOOLEANS);
    numbers(best, text);
}

fn comment(best: &mut Best, text: &[u8], state: State) {
    prefixes(best, text);
    match state {
        State::LineComment => best.token(Kind::LineCommentEnd, line_end(text)),
        State::FormalComment => best.words(text, &[("*#", Kind::FormalComment)]),
        State::BlockComment => best.words(text, &[("*#", Kind::BlockComment)]),
        _ => best.words(text, &[("]]#", Kind::TextBlock)]),
    }
    let any = if state == State::TextBlock { Match::SkipWithin } else { Match::Skip };
    best.offer(any, 1);
}

const BOOLEANS: &[(&str, Kind)] = &[("true", Kind::True), ("false", Kind::False)];

const LISTS: &[(&str, Kind)] = &[
    ("[", Kind::BracketOpen),
    ("]", Kind::BracketClose),
    (",", Kind::Comma),
    ("..", Kind::DoubleDot),
    (":", Kind::Colon),
    ("{", Kind::MapOpen),
    ("}", Kind::MapClose),
];

const OPERATORS: &[(&str, Kind)] = &[
    ("-", Kind::Minus),
    ("+", Kind::Plus),
    ("*", Kind::Multiply),
    ("/", Kind::Divide),
    ("%", Kind::Modulus),
    ("&&", Kind::And),
    ("and", Kind::And),
    ("||", Kind::Or),
    ("or", Kind::Or),
    ("<", Kind::Less),
    ("lt", Kind::Less),
    ("<=", Kind::LessOrEqual),
    ("le", Kind::LessOrEqual),
    (">", Kind::Greater),
    ("gt", Kind::Greater),
    (">=", Kind::GreaterOrEqual),
    ("ge", Kind::GreaterOrEqual),
    ("==", Kind::Equal),
    ("eq", Kind::Equal),
    ("!=", Kind::NotEqual),
    ("ne", Kind::NotEqual),
    ("!", Kind::Not),
    ("not", Kind::Not),
    ("=", Kind::Assign),
];

/// What every state has.
fn prefixes(best: &mut Best, text: &[u8]) {
    let backslashes = count(text, |b| b == b'\\');
    if text.get(backslashes) == Some(&b'$') {
        let dollar = backslashes + 1;
        best.offer(Match::Prefix(Kind::Dollar), dollar);
        let more = count(&text[dollar..], |b| b == b'\\');
        if text.get(dollar + more) == Some(&b'!') {
            best.offer(Match::Prefix(Kind::Dollar), dollar + more + 1);
        }
    }
    if text.starts_with(b"#[[") {
        best.offer(Match::Prefix(Kind::TextBlock), 3);
    }
    if text.starts_with(b"#**") && text.get(3).is_some_and(|b| *b != b'#') {
        best.offer(Match::Prefix(Kind::FormalComment), 4);
    }
    if text.starts_with(b"#*") {
        best.offer(Match::Prefix(Kind::BlockComment), 2);
    }
    if text.starts_with(b"#") {
        best.offer(Match::Prefix(Kind::Hash), 1);
    }
}

fn numbers(best: &mut Best, text: &[u8]) {
    let sign = usize::from(text.starts_with(b"-"));
    let digits = count(&text[sign..], |b| b.is_ascii_digit());
    let whole = sign + digits;
    let rest = &text[whole..];
    if digits > 0 {
        best.token(Kind::Integer, if rest.starts_with(b"..") { whole + 2 } else { whole });
        best.token(
            Kind::Decimal,
            match exponent(rest) {
                0 => 0,
                exponent => whole + exponent,
            },
        );
    }
    if rest.starts_with(b".") {
        let fraction = count(&rest[1..], |b| b.is_ascii_digit());
        if digits > 0 || fraction > 0 {
            let end = whole + 1 + fraction;
            best.token(Kind::Decimal, end + exponent(&text[end..]));
        }
    }
}
