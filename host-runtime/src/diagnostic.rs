//! Mistakes in files, shown as a compiler shows them.

use std::fmt;
use std::path::{Path, PathBuf};

use gateway_core::definition::document::{Node, Value};
use gateway_core::definition::{DefinitionError, Severity};

/// A mistake, and the file that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// The column of the value that is wrong, from 1; 0 if that is not known.
    pub column: u32,
    /// The mistake.
    pub error: DefinitionError,
}

impl Diagnostic {
    /// A mistake in a document that was read.
    pub fn new(file: &Path, document: Option<&Node>, error: DefinitionError) -> Self {
        let node = document.and_then(|root| find(root, &error.source.pointer));
        let column = node.filter(|node| node.line == error.source.line).map_or(0, |n| n.column);
        Self { file: file.to_owned(), column, error }
    }

    /// As `edgeway check` sees it, which refuses what AWS does.
    #[must_use]
    pub fn as_on_aws(mut self) -> Self {
        if self.error.severity == Severity::Refused {
            self.error.severity = Severity::Error;
        }
        self
    }

    /// Whether the file is refused for it.
    pub fn is_error(&self) -> bool {
        self.error.severity == Severity::Error
    }
}

/// `{:#}` leaves out how bad it is, for logs that say so themselves.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error: " } else { "warning: " };
        let severity = if f.alternate() { "" } else { severity };
        let message = Printable(cut(&self.error.message));
        write!(f, "{severity}{message}\n  --> {}", self.file.display())?;
        let source = &self.error.source;
        if source.line > 0 {
            write!(f, ":{}", source.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        if !source.pointer.is_empty() {
            write!(f, "  {}", Printable(cut(&source.pointer)))?;
        }
        if let Some(help) = &self.error.help {
            write!(f, "\n  help: {}", Printable(cut(help)))?;
        }
        Ok(())
    }
}

/// Most of a text that is shown: names that it quotes are as long as their file.
const SHOWN_BYTES_MAX: usize = 4 * 1024;

/// As much of a text as is shown.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_BYTES_MAX)]
}

/// Text that may quote somebody: whatever a terminal takes for a command is escaped.
pub(crate) struct Printable<'t>(pub(crate) &'t str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        self.0.chars().try_for_each(|c| match c.is_control() {
            true => write!(f, "{}", c.escape_default()),
            false => f.write_char(c),
        })
    }
}

/// The value that a JSON pointer names (RFC 6901).
fn find<'d>(root: &'d Node, pointer: &str) -> Option<&'d Node> {
    pointer.split('/').skip(1).try_fold(root, |node, part| {
        let part = part.replace("~1", "/").replace("~0", "~");
        match &node.value {
            Value::Object(members) => members.iter().find(|(n, _)| *n == part).map(|(_, n)| n),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_core::definition::Source;

    #[test]
    fn a_mistake_is_shown_with_its_place() {
        let document = crate::document::read("a:\n  - b/c: 1\n").unwrap();
        let source = Source { pointer: "/a/0/b~1c".into(), line: 2 };
        let error = DefinitionError::error(source, "`1` is wrong").help("write 2");
        let diagnostic = Diagnostic::new(Path::new("x.yaml"), Some(&document), error);
        let shown = "`1` is wrong\n  --> x.yaml:2:10  /a/0/b~1c\n  help: write 2";
        assert_eq!(diagnostic.to_string(), format!("error: {shown}"));
        assert_eq!(format!("{diagnostic:#}"), shown, "a log says how bad it is");
    }

    #[test]
    fn a_name_that_is_as_long_as_its_file_is_cut() {
        let name = "ä".repeat(1_000_000);
        let source = Source { pointer: format!("/{name}"), line: 1 };
        let error = DefinitionError::error(source, format!("`{name}` is not known")).help(name);
        let shown = Diagnostic::new(Path::new("x.yaml"), None, error).to_string();
        assert!(shown.len() < 4 * SHOWN_BYTES_MAX, "{}", shown.len());
    }

    #[test]
    fn a_file_cannot_command_the_terminal() {
        let source = Source { pointer: "/\u{1b}[2J".into(), line: 1 };
        let error = DefinitionError::error(source, "`a\r\nerror: b` is not known");
        assert_eq!(
            Diagnostic::new(Path::new("x.yaml"), None, error).to_string(),
            r"error: `a\r\nerror: b` is not known
  --> x.yaml:1  /\u{1b}[2J"
        );
    }
}
