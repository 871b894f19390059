//! A bad definition: what is wrong, where, and what to do.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// Line, from 1; 0 where the object came from no document.
    pub line: u32,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// The definition is refused.
    Error,
    /// The definition is served; AWS ignores this too.
    Warning,
}

/// One mistake in a definition. All of them are reported at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionError {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub source: Source,
    /// What is wrong.
    pub message: String,
    /// What to do, if that is not plain from the message.
    pub help: Option<String>,
}

impl DefinitionError {
    /// A mistake for which the definition is refused.
    pub fn error(source: Source, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, source, message: message.into(), help: None }
    }
    /// Something that is served, but probably not meant.
    pub fn warning(source: Source, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, source, message: message.into(), help: None }
    }
    /// With what to do about it.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, "{severity}: {}", self.message)?;
        if !self.source.pointer.is_empty() || self.source.line > 0 {
            write!(f, " (line {}, {})", self.source.line, self.source.pointer)?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}
