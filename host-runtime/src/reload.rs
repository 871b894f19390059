//! Notices that the files of a configuration have changed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gateway_core::limits::DEFINITION_BYTES_MAX;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, oneshot};

/// How long files must be quiet: editors and deployments write in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// A watch over files. Their folders are watched, since editors replace files by others.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    events: mpsc::Receiver<()>,
    folders: BTreeSet<PathBuf>,
    files: BTreeSet<PathBuf>,
    fingerprint: u64,
}

impl Watch {
    /// Watches these files. Where the system cannot, changes are taken over by SIGHUP alone.
    pub fn start(files: &[PathBuf]) -> Self {
        // One place: whether anything happened is all that matters.
        let (happened, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |_| {
            happened.try_send(()).ok(); // full: it is known already
        });
        let watcher = watcher.map_err(|error| {
            tracing::warn!(%error, "changed files are not noticed: send SIGHUP instead");
        });
        let mut watch = Self {
            watcher: watcher.ok(),
            events,
            folders: BTreeSet::new(),
            files: BTreeSet::new(),
            fingerprint: 0,
        };
        watch.files(files, fingerprint(files));
        watch
    }

    /// Watches these files from now on; what they held when this was their `fingerprint` is what is known.
    pub fn files(&mut self, files: &[PathBuf], fingerprint: u64) {
        self.files = files.iter().cloned().collect();
        self.fingerprint = fingerprint;
        let folders: BTreeSet<PathBuf> = self.files.iter().map(|file| folder(file)).collect();
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.folders.difference(&folders) {
            watcher.unwatch(gone).ok(); // it may have been deleted
        }
        for new in folders.difference(&self.folders) {
            if let Err(error) = watcher.watch(new, RecursiveMode::NonRecursive) {
                tracing::warn!(folder = %new.display(), %error, "changes here are not noticed");
            }
        }
        self.folders = folders;
    }

    /// Waits until what the files hold has changed, and they are quiet. Safe to be dropped.
    pub async fn changed(&mut self) {
        loop {
            if self.events.recv().await.is_none() {
                return std::future::pending().await;
            }
            while let Ok(Some(())) = tokio::time::timeout(QUIET, self.events.recv()).await {}
            let files: Vec<PathBuf> = self.files.iter().cloned().collect();
            let Some(fingerprint) = elsewhere(move || fingerprint(&files)).await else { continue };
            if fingerprint != self.fingerprint {
                self.fingerprint = fingerprint;
                return;
            }
        }
    }
}

fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// On a thread of its own, which nobody waits for when the process ends: what reads files may wait for them for ever,
/// and signals are heeded meanwhile. `None` where there is no thread.
pub(crate) async fn elsewhere<T: Send + 'static>(
    act: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = oneshot::channel();
    // As much as the main thread has.
    let thread = std::thread::Builder::new().name("edgeway-files".into()).stack_size(8 << 20);
    let act = move || drop(done.send(act()));
    if let Err(error) = thread.spawn(act) {
        tracing::error!(%error, "no thread to read files on");
        return None;
    }
    result.await.ok()
}

/// What files hold, as far as it can be told without reading for long: of what is no regular file nothing, of large
/// ones how they begin, how long they are, and when they were changed.
pub(crate) fn fingerprint(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files.iter().collect::<BTreeSet<_>>() {
        beginning(file).ok().hash(&mut hasher);
    }
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

    #[test]
    fn a_change_of_a_file_of_any_size_is_noticed_and_files_without_end_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let of = |file: &Path| fingerprint(&[file.to_owned()]);
        let absent = of(&file);
        fs::write(&file, "a").unwrap();
        let small = of(&file);
        fs::write(&file, "b").unwrap();
        assert!(small != absent && of(&file) != small);
        // Sparse: to read it whole would take as much memory.
        let large = File::options().write(true).open(&file).unwrap();
        large.set_len(1 << 40).unwrap();
        let before = of(&file);
        large.set_len((1 << 40) + 1).unwrap();
        assert_ne!(of(&file), before);
        assert_eq!(of(Path::new("/dev/zero")), of(Path::new("/dev/zero")));
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        of(&pipe); // which nobody writes to
    }
}
