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
    /// The definition is served here, and AWS would refuse it: `edgeway check` does too.
    Refused,
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
        Self { severity: Severity::Error, source, message: cut(message.into()), help: None }
    }
    /// Something that is served, but probably not meant.
    pub fn warning(source: Source, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, source, message: cut(message.into()), help: None }
    }
    /// Something that is served although AWS refuses it.
    pub fn refused(source: Source, message: impl Into<String>) -> Self {
        Self { severity: Severity::Refused, ..Self::warning(source, message) }
    }
    /// With what to do about it.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Longest text of a mistake: texts of the definition that stand in it may be as long as it is.
const TEXT_BYTES_MAX: usize = 2_000;

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, "{severity}: {}", self.message)?;
        if !self.source.pointer.is_empty() || self.source.line > 0 {
            let pointer = cut(self.source.pointer.clone());
            write!(f, " (line {}, {pointer})", self.source.line)?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_definition_is_told_at_any_length() {
        let source = Source { pointer: "/é".repeat(1_000_000), line: 1 };
        let error = DefinitionError::error(source, "é".repeat(1_000_000));
        assert!(error.message.len() <= TEXT_BYTES_MAX + "…".len());
        assert!(alloc::format!("{error}").len() < 3 * TEXT_BYTES_MAX);
    }
}
