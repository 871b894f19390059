//! Java's regular expressions: what `matches`, `replaceAll`, `replaceFirst` and `split` take.
//!
//! A backtracking matcher, as Java's is, because templates use what only such a one has (look-around, backreferences,
//! possessive quantifiers). What it does is counted, so that no expression takes longer than a rendering may.

mod class;
mod compile;
mod matcher;
mod parse;

use alloc::{string::String, vec::Vec};

pub(crate) use matcher::{Captures, Stopped};

use class::Class;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Regex {
    program: Vec<Instruction>,
    classes: Vec<Class>,
    /// Groups, the whole match included.
    groups: usize,
    names: Vec<(String, usize)>,
    registers: usize,
}

/// One step of a program.
#[derive(Debug, Clone, PartialEq)]
enum Instruction {
    Char {
        c: char,
        fold: bool,
    },
    Class(usize),
    /// The first, and if that fails the second.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    Assert(Assertion),
    Back {
        group: usize,
        fold: bool,
    },
    /// A class again and again, without a step of the program for each.
    Repeat {
        class: usize,
        min: usize,
        max: usize,
        greedy: bool,
    },
    /// Notes where an iteration begins.
    Mark(usize),
    /// Leaves a loop whose iteration matched nothing.
    Progress {
        register: usize,
        exit: usize,
    },
    /// What follows, up to `End`, must (or must not) match here; then go on at `next`.
    Look {
        behind: Option<(usize, usize)>,
        negate: bool,
        next: usize,
    },
    /// What follows, up to `End`, matches once and for all.
    Atomic {
        next: usize,
    },
    End,
    Match,
}

/// Where something must be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Assertion {
    /// `\A`, `^`
    Start,
    /// `^` of lines
    LineStart,
    /// `\z`
    End,
    /// `\Z`, `$`
    EndOrLastLine,
    /// `$` of lines
    LineEnd,
    Boundary,
    NoBoundary,
}

impl Regex {
    /// Compiles an expression; the error says what is wrong with it or not supported.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        compile::compile(parse::parse(pattern)?)
    }

    /// The number of a named group.
    pub(crate) fn group(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, group)| *group)
    }

    /// How many groups there are, that of the whole match not counted.
    pub(crate) fn group_count(&self) -> usize {
        self.groups - 1
    }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
