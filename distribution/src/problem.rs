//! What is wrong with a distribution's JSON.

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
    /// The distribution itself.
    Distribution,
    /// What it refers to, by its index.
    Reference(usize),
}

/// A name that nothing has, and the names that there are: one of them may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// As it is written.
    pub name: String,
    /// Of what it is the name.
    pub what: Named,
    /// What could stand there.
    pub known: Vec<String>,
}

/// What has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A member of an object, or one of several words.
    Word,
    /// Something within the distribution: an origin, an origin group.
    Within,
    /// A cache policy.
    CachePolicy,
    /// An origin request policy.
    OriginRequestPolicy,
    /// A response headers policy.
    ResponseHeadersPolicy,
    /// A key group, a key, an access control, a real-time log configuration: nothing that AWS has for everybody.
    Referred,
}

impl Named {
    /// Whether it is in a document that the distribution refers to.
    pub fn is_referred_to(self) -> bool {
        !matches!(self, Self::Word | Self::Within)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distribution => f.write_str("distribution"),
            Self::Reference(index) => write!(f, "references/{index}"),
        }
    }
}
