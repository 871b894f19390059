//! Files that `aws` printed: their text, and where in them each value stands.

use std::path::{Path, PathBuf};

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::{DefinitionError, Source, json};
use problems::Problem;

use super::{Building, read_text};

/// A file of JSON.
pub(super) struct Printed {
    pub(super) file: PathBuf,
    pub(super) text: String,
    root: Node,
}

impl Printed {
    /// All of it.
    pub(super) fn root(&self) -> At<'_> {
        At::root(&self.root)
    }

    /// Where a pointer leads, or the nearest that is there.
    pub(super) fn source(&self, pointer: &str) -> Source {
        let mut pointer = pointer;
        loop {
            match (self.root().find(pointer), pointer.rfind('/')) {
                (Some(at), _) => return at.source(),
                (None, Some(above)) => pointer = &pointer[..above],
                (None, None) => return self.root().source(),
            }
        }
    }
}

/// What is wrong, at this place, as it is told of any file.
pub(super) fn as_error<D, U>(source: Source, problem: &Problem<D, U>) -> DefinitionError {
    match problem.is_warning {
        true => DefinitionError::warning(source, problem.sentence()),
        false => DefinitionError::error(source, problem.sentence()),
    }
}

impl Building {
    /// Reads such a file. What keeps it from being read is told at `named`, where the configuration names it;
    /// what is wrong in it, there.
    pub(super) fn printed(&mut self, file: &Path, named: Source) -> Option<Printed> {
        self.files.add(file);
        let text = match read_text(file) {
            // PowerShell writes the mark.
            Ok(text) => text.strip_prefix('\u{feff}').map(Into::into).unwrap_or(text),
            Err(reason) => {
                let error = DefinitionError::error(named, format!("{}: {reason}", file.display()));
                let help =
                    format!("paths are relative to the folder of {}", self.config_file.display());
                self.note_of_config(error.help(help));
                return None;
            }
        };
        match json::read(&text) {
            Ok(root) => Some(Printed { file: file.to_owned(), text, root }),
            Err(error) => {
                let is_json = text.trim_start().starts_with('{');
                let help = "`aws … --output json` prints it as it is read here";
                self.note(file, None, [if is_json { error } else { error.help(help) }]);
                None
            }
        }
    }

    /// What is wrong in such a file.
    pub(super) fn note_in(
        &mut self,
        printed: &Printed,
        errors: impl IntoIterator<Item = DefinitionError>,
    ) {
        self.note(&printed.file, Some(&printed.root), errors);
    }

    /// What is wrong in the configuration.
    pub(super) fn note_of_config(&mut self, error: DefinitionError) {
        let (file, document) = (self.config_file.clone(), self.document.clone());
        self.note(&file, document.as_deref(), [error]);
    }

    /// Where the configuration has this member of what stands there.
    pub(super) fn place(&self, of: &Source, member: &str) -> Source {
        let pointer = format!("{}/{member}", of.pointer);
        let found = self.document.as_deref().and_then(|root| At::root(root).find(&pointer));
        found.map_or_else(|| of.clone(), |at| at.source())
    }
}
