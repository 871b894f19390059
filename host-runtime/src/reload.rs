//! Notices that the files of a configuration have changed.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

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
        watch.files(files);
        watch
    }

    /// Watches these files from now on; what they hold now is what is known.
    pub fn files(&mut self, files: &[PathBuf]) {
        self.files = files.iter().cloned().collect();
        self.fingerprint = fingerprint(&self.files);
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
            let fingerprint = fingerprint(&self.files);
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

fn fingerprint(files: &BTreeSet<PathBuf>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).ok().hash(&mut hasher);
    }
    hasher.finish()
}
