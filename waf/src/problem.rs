//! What is wrong with a web ACL's JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A mistake, or something that this crate does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which document it is in.
    pub document: Document,
    /// JSON pointer (RFC 6901) within the document.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Whether the ACL works all the same.
    pub is_warning: bool,
    /// The name that is not known, where that is what is wrong.
    pub unknown: Option<Unknown>,
    /// At how many more places the same is to be said.
    pub more: usize,
}

/// Which of the documents that are read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// The web ACL itself.
    WebAcl,
    /// What it refers to, by its index.
    Reference(usize),
    /// What is logged.
    LoggingConfiguration,
}

/// A name that nothing has, and the names that there are: one of them may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// As it is written.
    pub name: String,
    /// What could stand there.
    pub known: Vec<String>,
}

impl Problem {
    /// A mistake.
    pub fn error(document: Document, pointer: &str, message: String) -> Self {
        let (pointer, is_warning) = (pointer.into(), false);
        Self { document, pointer, message, is_warning, unknown: None, more: 0 }
    }

    /// The message, with at how many more places it is to be said.
    pub fn sentence(&self) -> String {
        match self.more {
            0 => self.message.clone(),
            1 => alloc::format!("{} (and at 1 more place)", self.message),
            more => alloc::format!("{} (and at {more} more places)", self.message),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}: {}", self.document, self.pointer, self.sentence())
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebAcl => f.write_str("webAcl"),
            Self::Reference(index) => write!(f, "references/{index}"),
            Self::LoggingConfiguration => f.write_str("loggingConfiguration"),
        }
    }
}
