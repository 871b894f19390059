//! What is wrong with documents that are read together, as `waf` and `distribution` read what `aws` prints: everything
//! is told at once, with the document and the place in it.
//!
//! `D` says which of the documents, `U` which name nothing has and what could stand there: each reader has its own.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;

/// Most problems that are told.
const PROBLEMS_MAX: usize = 200;

/// A mistake, or something that the reader does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem<D, U> {
    /// Which document it is in.
    pub document: D,
    /// JSON pointer (RFC 6901) within the document.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Whether what is read works all the same.
    pub is_warning: bool,
    /// The name that is not known, where that is what is wrong.
    pub unknown: Option<U>,
    /// At how many more places the same is to be said.
    pub more: usize,
}

impl<D, U> Problem<D, U> {
    /// A mistake.
    pub fn error(document: D, pointer: &str, message: String) -> Self {
        let (pointer, is_warning) = (pointer.into(), false);
        Self { document, pointer, message, is_warning, unknown: None, more: 0 }
    }

    /// The message, with at how many more places it is to be said.
    pub fn sentence(&self) -> String {
        match self.more {
            0 => self.message.clone(),
            1 => format!("{} (and at 1 more place)", self.message),
            more => format!("{} (and at {more} more places)", self.message),
        }
    }
}

impl<D: fmt::Display, U> fmt::Display for Problem<D, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}: {}", self.document, self.pointer, self.sentence())
    }
}

/// What one reading of documents has found wrong.
#[derive(Debug)]
pub struct Reading<D: Copy, U> {
    document: Cell<D>,
    problems: RefCell<Vec<Problem<D, U>>>,
}

impl<D: Copy + PartialEq, U> Reading<D, U> {
    /// Nothing yet, in a reading that begins with this document.
    pub fn new(document: D) -> Self {
        Self { document: Cell::new(document), problems: RefCell::new(Vec::new()) }
    }

    /// Everything, in the order in which it was found.
    pub fn into_problems(self) -> Vec<Problem<D, U>> {
        self.problems.into_inner()
    }

    /// What `read` finds wrong is told of another document.
    pub fn within<T>(&self, document: D, read: impl FnOnce() -> T) -> T {
        let outer = self.document.replace(document);
        let result = read();
        self.document.set(outer);
        result
    }

    /// A mistake is told where it is, each time; the same warning once, with how often there is reason for it. What is
    /// read for several purposes is told of once.
    pub fn tell(&self, pointer: &str, message: String, is_warning: bool, unknown: Option<U>) {
        let mut problems = self.problems.borrow_mut();
        let document = self.document.get();
        let is_here = |told: &Problem<D, U>| told.document == document && told.pointer == pointer;
        if problems.iter().any(|told| told.message == message && is_here(told)) {
            return;
        }
        let same = problems.iter_mut().find(|told| told.is_warning && told.message == message);
        if let Some(told) = same.filter(|_| is_warning) {
            told.more += 1;
        } else if problems.len() < PROBLEMS_MAX {
            let pointer = pointer.into();
            problems.push(Problem { document, pointer, message, is_warning, unknown, more: 0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_mistake_is_told_at_each_place_and_a_warning_once_with_their_number() {
        let reading: Reading<&str, ()> = Reading::new("a");
        let tell = |pointer: &str, message: &str, is_warning| {
            reading.tell(pointer, message.into(), is_warning, None);
        };
        for pointer in ["/x", "/x", "/y", "/z"] {
            tell(pointer, "wrong", false);
            tell(pointer, "odd", true);
        }
        reading.within("b", || tell("/x", "wrong", false));
        tell("/x", "odder", true);
        let told = reading.into_problems();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "a#/x: wrong",
                "a#/x: odd (and at 2 more places)",
                "a#/y: wrong",
                "a#/z: wrong",
                "b#/x: wrong",
                "a#/x: odder",
            ]
        );
    }

    #[test]
    fn no_more_is_told_than_anybody_reads() {
        let reading: Reading<u8, ()> = Reading::new(0);
        for place in 0..10 * PROBLEMS_MAX {
            reading.tell(&format!("/{place}"), "wrong".into(), false, None);
        }
        assert_eq!(reading.into_problems().len(), PROBLEMS_MAX);
    }
}
