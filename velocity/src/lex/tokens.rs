//! Which tokens each state has.

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

fn exponent(text: &[u8]) -> usize {
    if !matches!(text.first(), Some(b'e' | b'E')) {
        return 0;
    }
    let sign = usize::from(matches!(text.get(1), Some(b'+' | b'-')));
    match count(&text[1 + sign..], |b| b.is_ascii_digit()) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// `"` doubled is part of a string, and so is a backslash: it escapes nothing.
fn string_literal(text: &[u8]) -> usize {
    let Some(quote @ (b'"' | b'\'')) = text.first() else { return 0 };
    let mut at = 1;
    // The longest string: where quotes are odd in the end, the last one that closes.
    let mut closed = 0;
    while at < text.len() {
        if text[at] == *quote {
            if text.get(at + 1) == Some(quote) {
                closed = at + 1;
                at += 2;
                continue;
            }
            return at + 1;
        }
        at += 1;
    }
    closed
}

fn identifier(text: &[u8]) -> usize {
    match text.first() {
        Some(b) if b.is_ascii_alphabetic() || *b == b'_' => {
            count(text, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        }
        _ => 0,
    }
}

fn word(text: &[u8]) -> usize {
    match text.first() {
        Some(b) if b.is_ascii_alphabetic() || matches!(b, b'_' | b'@') => {
            count(text, is_directive_char)
        }
        _ => 0,
    }
}

fn bracketed_word(text: &[u8]) -> usize {
    match text {
        [b'{', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let end = 1 + count(&text[1..], is_directive_char);
            if text.get(end) == Some(&b'}') { end + 1 } else { 0 }
        }
        _ => 0,
    }
}

fn is_directive_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@')
}

/// An even number of backslashes, one more, and something like a directive.
fn escaped_directive(text: &[u8]) -> usize {
    let backslashes = count(text, |b| b == b'\\');
    if backslashes % 2 == 0 || text.get(backslashes) != Some(&b'#') {
        return 0;
    }
    let name = &text[backslashes + 1..];
    match word(name).max(bracketed_word(name)) {
        0 => 0,
        length => backslashes + 1 + length,
    }
}

/// `#set (` with the blanks before it.
fn set(text: &[u8]) -> usize {
    let mut at = blanks(text);
    let word = ["#set", "#{set}"].into_iter().find(|word| text[at..].starts_with(word.as_bytes()));
    let Some(word) = word else { return 0 };
    at += word.len();
    at += blanks(&text[at..]);
    if text.get(at) == Some(&b'(') { at + 1 } else { 0 }
}

fn empty_index(text: &[u8]) -> usize {
    let found = ["$![", "$\\![", "$[", "$."].into_iter().find(|t| text.starts_with(t.as_bytes()));
    found.map_or(0, str::len)
}

fn dot(text: &[u8]) -> usize {
    match text {
        [b'.', letter, ..] if letter.is_ascii_alphabetic() => 2,
        _ => 0,
    }
}

fn blanks(text: &[u8]) -> usize {
    count(text, |b| matches!(b, b' ' | b'\t'))
}

fn white_space(text: &[u8]) -> usize {
    count(text, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

fn line_end(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// Blanks up to the end of the line and that end, if there is nothing else.
fn blank_line_end(text: &[u8]) -> usize {
    let blanks = blanks(text);
    match line_end(&text[blanks..]) {
        0 => 0,
        end => blanks + end,
    }
}

fn count(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|b| is(**b)).count()
}
