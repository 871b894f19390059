//! Files, and what they held when they were read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gateway_core::limits::DEFINITION_BYTES_MAX;

/// The files that something is made of, each with a fingerprint of what it held. That is taken before a file is read: one
/// that is written meanwhile counts as changed, where it would be missed the other way round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilesRead(BTreeMap<PathBuf, u64>);

impl FilesRead {
    /// A file that is about to be read. Of one that is read twice the first time counts.
    pub(crate) fn add(&mut self, file: &Path) {
        if !self.0.contains_key(file) {
            self.0.insert(file.to_owned(), fingerprint(file));
        }
    }

    /// The files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// The same files as they are now.
    #[must_use]
    pub fn now(&self) -> Self {
        Self(self.0.keys().map(|file| (file.clone(), fingerprint(file))).collect())
    }
}

/// What a file holds, as far as it can be told without reading for long: of what is no regular file nothing, of a large
/// one how it begins, how long it is, and when it was changed.
fn fingerprint(file: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    beginning(file).ok().hash(&mut hasher);
    hasher.finish()
}

/// What is told of a file beyond what is read of it.
type Rest = (u64, SystemTime);

fn beginning(file: &Path) -> io::Result<(Vec<u8>, Option<Rest>)> {
    let found = fs::metadata(file)?;
    let mut bytes = Vec::new();
    if found.is_file() {
        File::open(file)?.take(DEFINITION_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    }
    let is_cut = bytes.len() >= DEFINITION_BYTES_MAX;
    let rest = if is_cut { Some((found.len(), found.modified()?)) } else { None };
    Ok((bytes, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(file: &Path) -> FilesRead {
        let mut files = FilesRead::default();
        files.add(file);
        files
    }

    #[test]
    fn a_change_of_a_file_of_any_size_is_noticed_and_files_without_end_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let absent = of(&file);
        fs::write(&file, "a").unwrap();
        let small = of(&file);
        fs::write(&file, "b").unwrap();
        assert!(small != absent && small.now() != small);
        // Sparse: to read it whole would take as much memory.
        let large = File::options().write(true).open(&file).unwrap();
        large.set_len(1 << 40).unwrap();
        let before = of(&file);
        large.set_len((1 << 40) + 1).unwrap();
        assert_ne!(before.now(), before);
        let endless = of(Path::new("/dev/zero"));
        assert_eq!(endless.now(), endless);
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        of(&pipe); // which nobody writes to
    }

    #[test]
    fn what_is_written_between_two_readings_of_a_file_counts_as_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "read").unwrap();
        let mut files = of(&file);
        fs::write(&file, "saved meanwhile").unwrap();
        files.add(&file);
        assert_ne!(files.now(), files);
    }
}
