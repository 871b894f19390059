//! What is wrong with a web ACL's JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A mistake, or something that this crate does not do.
pub type Problem = problems::Problem<Document, Unknown>;

/// What a reading has found wrong.
pub(crate) type Reading = problems::Reading<Document, Unknown>;

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

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebAcl => f.write_str("webAcl"),
            Self::Reference(index) => write!(f, "references/{index}"),
            Self::LoggingConfiguration => f.write_str("loggingConfiguration"),
        }
    }
}
