//! What is wrong with a web ACL's JSON.

use alloc::string::String;
use core::fmt;

/// A mistake, or something that this crate does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which document: `webAcl`, or the ARN of what it refers to.
    pub document: String,
    /// JSON pointer (RFC 6901) within the document.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Whether the ACL works all the same.
    pub is_warning: bool,
    /// At how many more places the same is to be said.
    pub more: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, pointer, message, more, .. } = self;
        write!(f, "{document}#{pointer}: {message}")?;
        match more {
            0 => Ok(()),
            1 => write!(f, " (and at 1 more place)"),
            _ => write!(f, " (and at {more} more places)"),
        }
    }
}
