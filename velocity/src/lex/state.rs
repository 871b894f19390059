//! The lexical states, and what each token does to them.

use alloc::vec::Vec;

use super::tokens::Kind;

/// A lexical state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Text.
    Default,
    /// After `#`.
    PreDirective,
    /// Within a directive's parentheses.
    Directive,
    /// After `$`.
    Reference,
    /// After the dot of a reference.
    Modifier,
    /// Within a method's parentheses.
    Arguments,
    /// Within the brackets of a reference.
    Index,
    LineComment,
    FormalComment,
    BlockComment,
    TextBlock,
}

/// A state with the parentheses opened and closed in it.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opened: u32,
    closed: u32,
    state: State,
}

/// The current state and those that it came from.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) state: State,
    opened: u32,
    closed: u32,
    /// Within a comment nothing else begins.
    in_comment: bool,
    /// Within `#set`.
    pub(crate) in_set: bool,
    frames: Vec<Frame>,
}

impl Stack {
    pub(super) fn new() -> Self {
        let state = State::Default;
        Self { state, opened: 0, closed: 0, in_comment: false, in_set: false, frames: Vec::new() }
    }

    /// A token was read.
    pub(super) fn token(&mut self, kind: Kind) {
        match kind {
            Kind::IndexOpen => self.push(State::Index),
            Kind::ArgumentsClose => self.state = State::Reference,
            Kind::Open => {
                self.opened += 1;
                if self.state == State::Modifier {
                    self.state = State::Arguments;
                }
            }
            Kind::Close => self.close(),
            Kind::Set => {
                self.push(State::Directive);
                self.in_set = true;
                self.opened += 1;
            }
            Kind::LineCommentStart => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.in_comment = true;
                self.push(State::LineComment);
            }
            Kind::LineCommentEnd | Kind::FormalComment | Kind::BlockComment | Kind::TextBlock => {
                self.in_comment = false;
                self.pop();
            }
            Kind::StringLiteral
                if self.state == State::Directive && !self.in_set && self.opened == 0 =>
            {
                self.pop();
            }
            Kind::Integer
                if self.opened == 0
                    && !self.in_set
                    && !matches!(self.state, State::Arguments | State::Index) =>
            {
                self.pop();
            }
            Kind::Decimal if self.opened == 0 && !self.in_set && self.state != State::Arguments => {
                self.pop();
            }
            Kind::If | Kind::ElseIf => self.state = State::Directive,
            Kind::Dot => self.state = State::Modifier,
            Kind::IndexClose
            | Kind::End
            | Kind::Else
            | Kind::CurlyClose
            | Kind::ReferenceTerminator
            | Kind::DirectiveTerminator => {
                self.pop();
            }
            _ => {}
        }
    }

    /// Text was read that a later token takes along. Whether its last character is given back.
    pub(super) fn prefix(&mut self, kind: Kind) -> bool {
        if self.in_comment {
            return false;
        }
        match kind {
            Kind::Dollar => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.push(State::Reference);
            }
            Kind::Hash => {
                if matches!(self.state, State::Reference | State::Modifier) {
                    self.pop();
                }
                self.push(State::PreDirective);
            }
            Kind::TextBlock => self.comment(State::TextBlock),
            Kind::BlockComment => self.comment(State::BlockComment),
            Kind::FormalComment => {
                self.comment(State::FormalComment);
                return true;
            }
            _ => {}
        }
        false
    }

    /// Back to the state before, or to text.
    pub(crate) fn pop(&mut self) -> bool {
        match self.frames.pop() {
            Some(frame) => {
                (self.opened, self.closed, self.state) = (frame.opened, frame.closed, frame.state);
                true
            }
            None => {
                self.opened = 0;
                self.state = State::Default;
                false
            }
        }
    }

    fn push(&mut self, state: State) {
        self.frames.push(Frame { opened: self.opened, closed: self.closed, state: self.state });
        self.opened = 0;
        self.state = state;
    }

    fn comment(&mut self, state: State) {
        self.in_comment = true;
        self.push(state);
    }

    /// A parenthesis closes the innermost state that has one open, and every state within.
    fn close(&mut self) {
        if self.in_comment {
            return;
        }
        loop {
            if self.opened > 0 {
                if self.opened == self.closed + 1 {
                    self.pop();
                } else {
                    self.closed += 1;
                }
                return;
            }
            if !self.pop() {
                return;
            }
        }
    }
}
