//! Notices that the files of a configuration have changed.

mod on_the_way;
mod read;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::on_the_way::Entries;
pub use self::read::FilesRead;

/// How long files must be quiet: editors and deployments write in several steps.
const QUIET: Duration = Duration::from_millis(150);
/// How long that is waited for: some files are never quiet.
const QUIET_WITHIN: Duration = Duration::from_secs(2);
/// How often folders are looked up again that were exchanged meanwhile. Whoever goes on exchanging them is noticed.
const LOOK_UPS_MAX: usize = 4;

/// A watch over files. The folders on their way are watched, since editors replace files by others and deployments
/// folders.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    happened: mpsc::Sender<()>,
    events: mpsc::Receiver<()>,
    files: FilesRead,
    /// Since when it is to be looked whether anything has changed.
    due: Option<Instant>,
    /// The folders of which it was said that they are not watched.
    told_of: BTreeSet<PathBuf>,
}

impl Watch {
    /// Watches these files. Where the system cannot, changes are taken over by SIGHUP alone.
    pub fn start(files: FilesRead) -> Self {
        // One place: whether anything happened is all that matters.
        let (happened, events) = mpsc::channel(1);
        let (watcher, told_of) = Default::default();
        Self { watcher, happened, events, files, due: Some(Instant::now()), told_of }
    }

    /// Watches these files from now on. What has changed since they were read is noticed too.
    pub fn files(&mut self, files: FilesRead) {
        self.files = files;
        self.due = Some(Instant::now());
    }

    /// Waits until what the files hold has changed, and they are quiet. Safe to be dropped.
    pub async fn changed(&mut self) {
        while !self.has_changed().await {}
    }

    /// Waits until something happens, or has; whether the files hold something else then.
    async fn has_changed(&mut self) -> bool {
        let since = match self.due {
            Some(since) => since,
            None => {
                let _ = self.events.recv().await; // there is a sender: this one's own
                *self.due.insert(Instant::now())
            }
        };
        quiet(&mut self.events, since).await;
        let (files, happened) = (self.files.clone(), self.happened.clone());
        let looked = elsewhere(move || look(&files, &happened)).await;
        let Some(Looked { watcher, now }) = looked else {
            self.due = Some(Instant::now());
            return false;
        };
        self.due = None;
        self.take_over(watcher);
        let has_changed = now != self.files;
        self.files = now;
        has_changed
    }

    /// The watcher before is gone once there is another.
    fn take_over(&mut self, watching: notify::Result<Watching>) {
        match watching {
            Ok(Watching { watcher, failed }) => {
                self.watcher = Some(watcher);
                for (folder, error) in failed {
                    if self.told_of.insert(folder.clone()) {
                        tracing::warn!(folder = %folder.display(), %error, "changes here are not noticed");
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "changed files are not noticed: send SIGHUP instead");
            }
        }
    }
}

/// Waits until nothing happens any more, or has happened for long enough.
async fn quiet(events: &mut mpsc::Receiver<()>, since: Instant) {
    let latest = since + QUIET_WITHIN;
    loop {
        let until = (Instant::now() + QUIET).min(latest);
        let event = tokio::time::timeout_at(until, events.recv()).await;
        if !matches!(event, Ok(Some(()))) || Instant::now() >= latest {
            return;
        }
    }
}

/// What is found of files.
struct Looked {
    watcher: notify::Result<Watching>,
    now: FilesRead,
}

struct Watching {
    watcher: RecommendedWatcher,
    /// Folders of files and of links that cannot be watched.
    failed: Vec<(PathBuf, notify::Error)>,
}

/// Watches the folders that files are in now, and reads the files after that: nothing is missed in between.
fn look(files: &FilesRead, happened: &mpsc::Sender<()>) -> Looked {
    let mut entries = Entries::of(files.paths());
    let mut watcher = watch(&entries, happened);
    for _ in 0..LOOK_UPS_MAX {
        let again = Entries::of(files.paths());
        if again == entries {
            break;
        }
        watcher = watch(&again, happened);
        entries = again;
    }
    Looked { watcher, now: files.now() }
}

/// A watcher of its own each time: one that knows a folder by its path goes on with the one that was there before.
fn watch(entries: &Entries, happened: &mpsc::Sender<()>) -> notify::Result<Watching> {
    let (paths, happened) = (entries.paths(), happened.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.map_or(true, |event| concerns(&event, &paths)) {
            happened.try_send(()).ok(); // full: it is known already
        }
    })?;
    let mut failed = Vec::new();
    for (folder, is_near) in entries.folders() {
        // Where there is no folder, the one above tells when there is.
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive)
            && is_near
            && folder.exists()
        {
            failed.push((folder.to_owned(), error));
        }
    }
    Ok(Watching { watcher, failed })
}

/// Whether an event is one of these files and folders, other than that somebody reads them. Beside them logs are written.
fn concerns(event: &Event, paths: &BTreeSet<PathBuf>) -> bool {
    let is_read = matches!(event.kind, EventKind::Access(kind) if kind != WRITTEN);
    !is_read && (event.need_rescan() || event.paths.iter().any(|path| paths.contains(path)))
}

const WRITTEN: AccessKind = AccessKind::Close(AccessMode::Write);

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

#[cfg(test)]
mod tests;
