//! Templates from text.

mod expression;
mod image;
mod literal;
mod reference;
mod statement;

use alloc::{boxed::Box, collections::VecDeque, format, string::String, sync::Arc, vec::Vec};

use crate::ast::{Names, Node, Nodes};
use crate::lex::{Kind, Lexer, Lines, Token};
use crate::template::ForeachSlots;
use crate::{Dialect, Position, SyntaxError, Template};
use image::Edit;

/// Most blocks, parentheses, lists and strings within each other.
const DEPTH_MAX: usize = 64;
/// Longest template: API Gateway takes 300 KB.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most backslashes in a row: each is looked at from each before it.
const BACKSLASHES_MAX: usize = 1_000;

/// Reads a template.
pub(crate) fn template(text: &str, dialect: Dialect) -> Result<Template, SyntaxError> {
    if let Some(at) = too_much(text) {
        let message = "a template has at most 4 MiB, and 1,000 backslashes in a row".into();
        return Err(SyntaxError { position: Lines::new(text).position(at), message });
    }
    let mut shared = Shared {
        dialect,
        names: Names::default(),
        blocks: Vec::new(),
        calls: Vec::new(),
        depth: 0,
    };
    // Nothing but text begins otherwise: whoever has no other templates does without a parser.
    let nodes = match text.bytes().any(|b| matches!(b, b'$' | b'#')) {
        true => parsed(text, &mut shared)?,
        false if text.is_empty() => Nodes::new(),
        false => Nodes::from([Node::Text(text.into())]),
    };
    let Shared { names, blocks, calls, .. } = shared;
    let foreach = ForeachSlots {
        scope: names.find("foreach"),
        count: names.find("velocityCount"),
        has_next: names.find("velocityHasNext"),
    };
    Ok(Template { dialect, nodes, blocks, calls, names, foreach })
}

#[inline(never)] // see above
fn parsed(text: &str, shared: &mut Shared) -> Result<Nodes, SyntaxError> {
    let origin = Origin { lines: &Lines::new(text), offset: 0 };
    Parser::new(text, origin, shared).document()
}

fn too_much(text: &str) -> Option<usize> {
    if text.len() > BYTES_MAX {
        return Some(0);
    }
    let mut run = 0;
    text.bytes().position(|b| {
        run = if b == b'\\' { run + 1 } else { 0 };
        run > BACKSLASHES_MAX
    })
}

/// What a template and the strings within it share.
struct Shared {
    dialect: Dialect,
    names: Names,
    blocks: Vec<Nodes>,
    calls: Vec<(Box<str>, Arc<str>)>,
    depth: usize,
}

/// Where a text stands in the template.
#[derive(Clone, Copy)]
struct Origin<'o> {
    lines: &'o Lines<'o>,
    offset: usize,
}

/// A parser of a template, or of a string within one.
struct Parser<'t, 's> {
    text: &'t str,
    origin: Origin<'t>,
    lexer: Lexer<'t>,
    /// Tokens that were looked at.
    ahead: VecDeque<Token>,
    /// Where the token that was taken last ended.
    end: usize,
    /// Where what is shown of a reference or an operand is not as it is written.
    edits: Vec<Edit>,
    shared: &'s mut Shared,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'t, 's> Parser<'t, 's> {
    fn new(text: &'t str, origin: Origin<'t>, shared: &'s mut Shared) -> Self {
        let (lexer, ahead) = (Lexer::new(text), VecDeque::new());
        Self { text, origin, lexer, ahead, end: 0, edits: Vec::new(), shared }
    }

    /// All of the text.
    fn document(mut self) -> Parsed<Nodes> {
        let nodes = self.statements()?;
        let last = self.next()?;
        if last.kind == Kind::Eof { Ok(nodes) } else { Err(self.unexpected(&last)) }
    }

    fn next(&mut self) -> Parsed<Token> {
        let token = match self.ahead.pop_front() {
            Some(token) => token,
            None => self.read()?,
        };
        self.end = token.end;
        Ok(token)
    }

    fn read(&mut self) -> Parsed<Token> {
        let before = self.ahead.back().map_or(self.end, |token| token.end);
        let token = self.lexer.next().map_err(|at| match self.text[at..].chars().next() {
            Some(c) => self.error(at, format!("`{}` cannot stand here", c.escape_debug())),
            None => self.error(at, "the template ends within a reference, directive or string"),
        })?;
        self.edit_read(before, &token);
        Ok(token)
    }

    /// The kind of the nth token from here.
    fn peek(&mut self, n: usize) -> Parsed<Kind> {
        while self.ahead.len() <= n {
            let token = self.read()?;
            self.ahead.push_back(token);
        }
        Ok(self.ahead[n].kind)
    }

    /// The next token if it is of this kind.
    fn take(&mut self, kind: Kind) -> Parsed<Option<Token>> {
        if self.peek(0)? == kind { self.next().map(Some) } else { Ok(None) }
    }

    fn expect(&mut self, kind: Kind, what: &str) -> Parsed<Token> {
        let token = self.next()?;
        if token.kind == kind {
            return Ok(token);
        }
        let message = match token.kind {
            Kind::Eof => format!("the template ends where {what} is expected"),
            _ => format!("{} where {what} is expected", self.shown(&token)),
        };
        Err(self.error(token.start, message))
    }

    fn skip_white_space(&mut self) -> Parsed<()> {
        self.take(Kind::WhiteSpace).map(drop)
    }

    /// Goes a level deeper for as long as something is read.
    fn deeper<T>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.shared.depth == DEPTH_MAX {
            return Err(self.error(at, "too much is within each other here"));
        }
        self.shared.depth += 1;
        let read = read(self);
        self.shared.depth -= 1;
        read
    }

    fn position(&self, at: usize) -> Position {
        self.origin.lines.position(self.origin.offset + at)
    }

    fn error(&self, at: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError { position: self.position(at), message: message.into() }
    }

    fn unexpected(&self, token: &Token) -> SyntaxError {
        match token.kind {
            Kind::Eof => self.error(token.start, "the template ends too early: `#end` is missing"),
            Kind::End | Kind::Else | Kind::ElseIf => {
                let message = format!("{} without `#if` or another block", self.shown(token));
                self.error(token.start, message)
            }
            _ => self.error(token.start, format!("{} cannot stand here", self.shown(token))),
        }
    }

    fn shown(&self, token: &Token) -> String {
        let image = self.image(token).trim_end();
        let cut = image.char_indices().nth(40).map_or(image.len(), |(at, _)| at);
        format!("`{}`", image[..cut].escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_references_and_directives_is_what_the_parser_makes_of_it() {
        let characters = || ('\0'..='\u{a0}').chain(['é', '\u{2028}', '😀']);
        let texts = characters().flat_map(|a| characters().map(move |b| String::from_iter([a, b])));
        let longer = ["", "{\"statusCode\": 200}", "a\\b\\\\\r\n", "]]* /* \n\n", "{!a} *"];
        let longer = longer.into_iter().map(String::from);
        for text in texts.chain(longer).filter(|text| !text.contains(['$', '#'])) {
            let read = template(&text, Dialect::ApiGateway).map(|template| template.nodes);
            let (names, blocks, calls) = (Names::default(), Vec::new(), Vec::new());
            let dialect = Dialect::ApiGateway;
            let parsed = parsed(&text, &mut Shared { dialect, names, blocks, calls, depth: 0 });
            assert_eq!(format!("{read:?}"), format!("{parsed:?}"), "{text:?}");
            assert!(read.is_ok(), "{text:?}");
        }
    }
}
