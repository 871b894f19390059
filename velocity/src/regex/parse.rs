//! Expressions from text.

mod class;
mod escape;

use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::iter::Peekable;
use core::str::Chars;

use super::Assertion;
use super::class::{Class, Named};

/// Groups and classes within each other.
const DEPTH_MAX: usize = 32;
/// Quantifiers in a row.
const QUANTIFIERS_MAX: usize = 3;
/// Longest expression.
const BYTES_MAX: usize = 16 * 1024;

/// A part of an expression.
#[derive(Debug)]
pub(super) enum Node {
    Char(char, bool),
    Class(Class),
    Assert(Assertion),
    Group(Box<Node>, usize),
    Back(Reference, bool),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Repeat { node: Box<Node>, min: usize, max: usize, kind: Kind },
    Look { node: Box<Node>, behind: bool, negate: bool },
    Atomic(Box<Node>),
}

/// How a quantifier matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Greedy,
    Lazy,
    Possessive,
}

/// What a backreference names.
#[derive(Debug)]
pub(super) enum Reference {
    Number(usize),
    Name(String),
}

/// An expression with its groups.
pub(super) struct Parsed {
    pub(super) node: Node,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    dot_all: bool,
    lines: bool,
    comments: bool,
}

struct Parser<'p> {
    rest: Peekable<Chars<'p>>,
    flags: Flags,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
}

type Outcome<T> = Result<T, String>;

/// Reads an expression.
pub(super) fn parse(pattern: &str) -> Outcome<Parsed> {
    if pattern.len() > BYTES_MAX {
        return Err("the regular expression is too long".into());
    }
    let rest = pattern.chars().peekable();
    let mut parser =
        Parser { rest, flags: Flags::default(), groups: 1, names: Vec::new(), depth: 0 };
    let node = parser.either()?;
    if parser.rest.peek().is_some() {
        return Err("a `)` closes nothing".into());
    }
    Ok(Parsed { node, groups: parser.groups, names: parser.names })
}

impl Parser<'_> {
    fn either(&mut self) -> Outcome<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("too many groups within each other".into());
        }
        let flags = self.flags;
        let mut choices = alloc::vec![self.sequence()?];
        while self.eat('|') {
            choices.push(self.sequence()?);
        }
        self.flags = flags;
        self.depth -= 1;
        Ok(if choices.len() == 1 { choices.remove(0) } else { Node::Either(choices) })
    }

    fn sequence(&mut self) -> Outcome<Node> {
        let mut nodes = Vec::new();
        while let Some(&c) = self.rest.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            self.rest.next();
            if self.flags.comments && (c.is_ascii_whitespace() || c == '#') {
                if c == '#' {
                    while self.rest.next_if(|c| *c != '\n').is_some() {}
                }
                continue;
            }
            if c == '\\' && self.eat('Q') {
                self.quoted(&mut nodes);
                continue;
            }
            if let Some(node) = self.atom(c)? {
                let node = self.quantified(node)?;
                nodes.push(node);
            }
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Sequence(nodes) })
    }

    /// `\Q…\E`
    fn quoted(&mut self, nodes: &mut Vec<Node>) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.eat('E') {
                return;
            }
            nodes.push(Node::Char(c, self.flags.fold));
        }
    }

    fn atom(&mut self, c: char) -> Outcome<Option<Node>> {
        Ok(Some(match c {
            '.' => {
                let named = if self.flags.dot_all { Named::Any } else { Named::NoLineEnd };
                Node::Class(Class::named(named, false))
            }
            '^' => Node::Assert(match self.flags.lines {
                true => Assertion::LineStart,
                false => Assertion::Start,
            }),
            '$' => Node::Assert(match self.flags.lines {
                true => Assertion::LineEnd,
                false => Assertion::EndOrLastLine,
            }),
            '[' => Node::Class(self.class()?),
            '(' => return self.group(),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return Err(format!("`{c}` repeats nothing")),
            c => Node::Char(c, self.flags.fold),
        }))
    }

    fn group(&mut self) -> Outcome<Option<Node>> {
        if !self.eat('?') {
            let group = self.groups;
            self.groups += 1;
            return self.closed().map(|node| Some(Node::Group(Box::new(node), group)));
        }
        match self.rest.next() {
            Some(':') => self.closed().map(Some),
            Some('>') => Ok(Some(Node::Atomic(Box::new(self.closed()?)))),
            Some('=') => self.look(false, false),
            Some('!') => self.look(false, true),
            Some('<') if self.eat('=') => self.look(true, false),
            Some('<') if self.eat('!') => self.look(true, true),
            Some('<') => {
                let name = self.until('>')?;
                let group = self.groups;
                self.groups += 1;
                self.names.push((name, group));
                self.closed().map(|node| Some(Node::Group(Box::new(node), group)))
            }
            Some(first) => self.inline_flags(first),
            None => Err("a group is not closed".into()),
        }
    }

    /// `(?i)` to the end of the group, `(?i:…)` within it.
    fn inline_flags(&mut self, first: char) -> Outcome<Option<Node>> {
        let before = self.flags;
        let (mut flags, mut on, mut next) = (before, true, Some(first));
        loop {
            match next {
                Some('-') => on = false,
                Some('i') => flags.fold = on,
                Some('s') => flags.dot_all = on,
                Some('m') => flags.lines = on,
                Some('x') => flags.comments = on,
                Some('u' | 'd' | 'U') => {}
                Some(')') => {
                    self.flags = flags;
                    return Ok(None);
                }
                Some(':') => {
                    self.flags = flags;
                    let node = self.closed();
                    self.flags = before;
                    return node.map(Some);
                }
                _ => return Err("a group begins with an unknown `?`".into()),
            }
            next = self.rest.next();
        }
    }

    fn look(&mut self, behind: bool, negate: bool) -> Outcome<Option<Node>> {
        let node = Box::new(self.closed()?);
        Ok(Some(Node::Look { node, behind, negate }))
    }

    fn closed(&mut self) -> Outcome<Node> {
        let node = self.either()?;
        if self.eat(')') { Ok(node) } else { Err("a group is not closed".into()) }
    }

    fn quantified(&mut self, mut node: Node) -> Outcome<Node> {
        let mut quantifiers = 0;
        loop {
            let (min, max) = match self.rest.peek() {
                Some('*') => (0, usize::MAX),
                Some('+') => (1, usize::MAX),
                Some('?') => (0, 1),
                Some('{') => {
                    self.rest.next();
                    let bounds = self.until('}')?;
                    node = self.repeated(node, bounds_of(&bounds)?)?;
                    quantifiers += 1;
                    if quantifiers > QUANTIFIERS_MAX {
                        return Err("too many quantifiers in a row".into());
                    }
                    continue;
                }
                _ => return Ok(node),
            };
            self.rest.next();
            node = self.repeated(node, (min, max))?;
            quantifiers += 1;
            if quantifiers > QUANTIFIERS_MAX {
                return Err("too many quantifiers in a row".into());
            }
        }
    }

    fn repeated(&mut self, node: Node, (min, max): (usize, usize)) -> Outcome<Node> {
        let kind = match self.rest.peek() {
            Some('?') => Kind::Lazy,
            Some('+') => Kind::Possessive,
            _ => Kind::Greedy,
        };
        if kind != Kind::Greedy {
            self.rest.next();
        }
        Ok(Node::Repeat { node: Box::new(node), min, max, kind })
    }

    fn until(&mut self, end: char) -> Outcome<String> {
        let mut text = String::new();
        for c in self.rest.by_ref() {
            if c == end {
                return Ok(text);
            }
            text.push(c);
        }
        Err(format!("a `{end}` is missing"))
    }

    fn eat(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }
}

/// `3`, `3,`, `3,5`
fn bounds_of(text: &str) -> Outcome<(usize, usize)> {
    let number = |text: &str| {
        let number = text.parse::<usize>().ok().filter(|n| *n <= 1_000_000);
        number.ok_or_else(|| format!("`{{{text}}}` is no number of repetitions"))
    };
    let (min, max) = match text.split_once(',') {
        None => (number(text)?, number(text)?),
        Some((min, "")) => (number(min)?, usize::MAX),
        Some((min, max)) => (number(min)?, number(max)?),
    };
    if min <= max { Ok((min, max)) } else { Err(format!("`{{{text}}}` ends before it begins")) }
}
