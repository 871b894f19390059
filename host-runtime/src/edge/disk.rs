//! What distributions have stored, on disk: what memory has no room for, and what outlives the process.
//!
//! Everything that is stored in memory is written here as well, by a thread of its own, some moments later.
//! Requests read: those who find nothing in memory look into the index, and read in other threads than those that
//! serve. `docs/decisions/0014` says why it is made so.
//!
//! Locks: a shard of the memory first, then the state here. Nobody touches a file under either.

mod counts;
mod files;
mod index;
mod loading;
mod reading;
mod sink;
mod writer;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use distribution::Invalidation;
use gateway_core::effect::ResponseDigest;
use gateway_core::limits::{
    EDGE_DISK_JOBS_MAX, EDGE_DISK_QUEUE_BYTES_MAX, EDGE_DISK_READS_MAX, EDGE_DISK_WAIT_MS_MAX,
};
use gateway_core::message::Timestamp;
use http_cache::members;
use tokio::sync::Semaphore;

use super::store::{Contents, Objects};
use crate::config::DistributionsOnDisk;
use crate::drive::now;
use crate::folder_lock;
use counts::Counts;
use files::{Files, Kind};
use index::{Entry, Index};
pub(crate) use reading::DiskContent;
pub(super) use sink::Sink;
pub(crate) use writer::DiskWriter;

/// The digests of an object's keys have these first bytes in common: those of its name's.
pub(super) const NAME_BYTES: usize = size_of::<gateway_core::stage_cache::Beginning>();
/// Whoever has locked this file has the folder.
const LOCK: &str = "edge-cache.lock";
/// Most that is forgotten one by one while files are still read: beyond, all of them are.
const FORGOTTEN_MAX: usize = 10_000;
/// Longest that an invalidation waits for what is being written.
const INVALIDATION_WAIT: Duration = Duration::from_secs(10);

/// The store.
#[derive(Debug)]
pub(crate) struct Disk {
    files: Files,
    bytes_max: u64,
    state: Mutex<State>,
    /// There is something for the writer to do.
    work: Condvar,
    reads: Arc<Semaphore>,
    pub(super) counts: Counts,
}

#[derive(Debug)]
struct State {
    index: Index,
    /// What is to be written, by key.
    pending: BTreeMap<ResponseDigest, Pending>,
    /// Contents that are written, and of no key yet, with their room.
    loose: BTreeMap<u64, u64>,
    /// Keys whose content is written while it comes.
    sinks: BTreeSet<ResponseDigest>,
    jobs: VecDeque<Job>,
    queued_bytes: u64,
    /// Who waits for room in the queue.
    wakers: Vec<Waker>,
    /// What was forgotten while files are still read at the start; `None`: all are.
    forgotten: Option<Vec<Forgotten>>,
    /// Folders in which something was removed since the last time that they were synchronised.
    removed_in: BTreeSet<u8>,
    is_stopping: bool,
    number: u64,
}

#[derive(Debug)]
struct Pending {
    turn: u64,
    objects: Arc<Objects>,
    until: Timestamp,
    bytes: u64,
}

#[derive(Debug)]
enum Job {
    /// Writes what is pending under this key, if it still is with this turn.
    Store(ResponseDigest, u64),
    Begin(ResponseDigest, u64),
    Part(u64, Bytes),
    Finish(u64, Finished),
    Abandon(u64),
    /// Removes a content that no key has taken.
    Claim(ResponseDigest, u64),
    Remove(Vec<(ResponseDigest, Entry)>),
    /// Tells when everything before it is done.
    Tell(SyncSender<()>),
}

/// What is done when a content is written.
struct Finished(Box<dyn FnOnce(Arc<Contents>) + Send>);

impl std::fmt::Debug for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Finished")
    }
}

#[derive(Debug)]
enum Forgotten {
    All,
    Key(ResponseDigest),
    Object(String, String),
    Paths(String, Invalidation),
}

/// What there is under a key.
pub(super) enum Found {
    /// It is not written yet.
    Pending(u64, Arc<Objects>),
    /// In the head of this number.
    Filed(u64),
}

impl Disk {
    /// The store in a folder, and the thread that writes there.
    ///
    /// # Errors
    /// When the folder is no use, or another process has it.
    pub(crate) fn open(config: &DistributionsOnDisk) -> std::io::Result<(Arc<Self>, DiskWriter)> {
        let directory = &config.directory;
        let said = |error: &dyn std::fmt::Display| {
            std::io::Error::other(format!("{}: {error}", directory.display()))
        };
        let files = Files::open(directory).map_err(|error| said(&error))?;
        let lock = locked(&directory.join(LOCK)).map_err(|error| said(&error))?;
        folder_lock::lock(&lock)
            .map_err(|_| said(&"another edgeway keeps what it has cached here"))?;
        let state = State {
            index: Index::bounded(config.bytes),
            pending: BTreeMap::new(),
            loose: BTreeMap::new(),
            sinks: BTreeSet::new(),
            jobs: VecDeque::new(),
            queued_bytes: 0,
            wakers: Vec::new(),
            forgotten: Some(Vec::new()),
            removed_in: BTreeSet::new(),
            is_stopping: false,
            // Numbers rise from one process to the next one.
            number: now().0.saturating_mul(1000),
        };
        let disk = Arc::new(Self {
            files,
            bytes_max: config.bytes,
            state: Mutex::new(state),
            work: Condvar::new(),
            reads: Arc::new(Semaphore::new(EDGE_DISK_READS_MAX)),
            counts: Counts::default(),
        });
        let writer = DiskWriter::start(Arc::clone(&disk), lock)?;
        Ok((disk, writer))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Most content of an object here.
    pub(super) fn object_bytes_max(&self) -> u64 {
        self.bytes_max / 4
    }

    /// What there is under a key.
    pub(super) fn find(&self, digest: &ResponseDigest, now: Timestamp) -> Option<Found> {
        let mut state = self.state();
        if let Some(pending) = state.pending.get(digest).filter(|pending| now < pending.until) {
            return Some(Found::Pending(pending.turn, Arc::clone(&pending.objects)));
        }
        state.index.find(digest, now).map(Found::Filed)
    }

    /// Whether what was found is still what there is.
    pub(super) fn is_current(&self, digest: &ResponseDigest, turn: u64) -> bool {
        let state = self.state();
        match state.pending.get(digest) {
            Some(pending) => pending.turn == turn,
            None => state.index.get(digest).is_some_and(|entry| entry.turn == turn),
        }
    }

    /// Writes this in the place of what there is under a key, some time later. What cannot be, since the disk is too
    /// far behind, is forgotten: it is outdated.
    pub(super) fn store(&self, digest: ResponseDigest, objects: &Arc<Objects>, until: Timestamp) {
        let bytes = objects.objects.iter().map(|one| one.content.unwritten_bytes()).sum::<u64>();
        let is_kept = !objects.objects.is_empty() && !tells_secrets(objects);
        let mut state = self.state();
        let state = &mut *state;
        let before = state.pending.remove(&digest);
        state.queued_bytes -= before.map_or(0, |before| before.bytes);
        let has_room = state.queued_bytes + bytes <= EDGE_DISK_QUEUE_BYTES_MAX
            && state.jobs.len() < EDGE_DISK_JOBS_MAX;
        if is_kept && has_room && !state.is_stopping {
            let turn = state.next();
            let pending = Pending { turn, objects: Arc::clone(objects), until, bytes };
            state.queued_bytes += bytes;
            state.pending.insert(digest, pending);
            state.jobs.push_back(Job::Store(digest, turn));
        } else {
            if is_kept {
                self.counts.unwritten.fetch_add(1, Relaxed);
            }
            state.note_forgotten(Forgotten::Key(digest));
            state.remove(vec![digest]);
        }
        self.work.notify_one();
    }

    /// Forgets what is under a key, if it is still this.
    pub(super) fn forget(&self, digest: &ResponseDigest, turn: u64) {
        let mut state = self.state();
        if state.index.get(digest).is_some_and(|entry| entry.turn == turn) {
            state.remove(vec![*digest]);
            self.work.notify_one();
        }
    }

    /// Forgets what is under a key, if this content is of it.
    fn forget_file(&self, digest: &ResponseDigest, file: u64) {
        let mut state = self.state();
        if state.index.get(digest).is_some_and(|entry| entry.files.contains(&file)) {
            state.remove(vec![*digest]);
            self.work.notify_one();
        }
    }

    /// Forgets all keys of an object, whose name has this digest.
    pub(super) fn forget_object(&self, first: &ResponseDigest, distribution: &str, name: &str) {
        let mut state = self.state();
        let state = &mut *state;
        let is = |objects: &Objects| objects.distribution == distribution && objects.name == name;
        state.forget_pending(is);
        let keys = state.index.of_object(first, distribution, name);
        state.note_forgotten(Forgotten::Object(distribution.into(), name.into()));
        state.remove(keys);
        self.work.notify_one();
    }

    /// Forgets what an invalidation names; how many keys these were.
    pub(super) fn invalidate(&self, distribution: &str, invalidation: &Invalidation) -> usize {
        let is = |of: &str, name: &str| of == distribution && invalidation.names(name);
        {
            let mut state = self.state();
            state.forget_pending(|objects| is(&objects.distribution, &objects.name));
            let forgotten = Forgotten::Paths(distribution.into(), invalidation.clone());
            state.note_forgotten(forgotten);
        }
        // Some at a time: requests look into the index meanwhile.
        (0..=u8::MAX)
            .map(|byte| {
                let mut state = self.state();
                let keys = state.index.among(byte, |one| is(&one.distribution, &one.name));
                let count = keys.len();
                state.remove(keys);
                self.work.notify_one();
                count
            })
            .sum()
    }

    /// Waits until what was forgotten is gone from the disk as well, whatever happens to the machine then.
    pub(super) fn settle(&self) {
        let (tell, told) = sync_channel(1);
        self.state().jobs.push_back(Job::Tell(tell));
        self.work.notify_one();
        let is_settled = told.recv_timeout(INVALIDATION_WAIT).is_ok();
        let folders = std::mem::take(&mut self.state().removed_in);
        if !is_settled || self.files.synchronise(folders.into_iter()).is_err() {
            tracing::error!("invalidated objects may still be on disk after a restart");
        }
    }

    /// How many keys there are, and how much room they take.
    pub(super) fn size(&self) -> (usize, u64) {
        self.state().index.size()
    }

    fn wait_max(&self) -> Duration {
        Duration::from_millis(EDGE_DISK_WAIT_MS_MAX)
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// While files are read that this may be about.
    fn note_forgotten(&mut self, forgotten: Forgotten) {
        match &mut self.forgotten {
            Some(all) if all.len() < FORGOTTEN_MAX => all.push(forgotten),
            Some(all) => *all = vec![Forgotten::All],
            None => {}
        }
    }

    /// Whether this content is that key's, or will be.
    fn has_file(&self, digest: &ResponseDigest, file: u64) -> bool {
        let entry = self.index.get(digest);
        entry.is_some_and(|one| one.files.contains(&file)) || self.loose.contains_key(&file)
    }

    fn is_to_be_used(&self, digest: &ResponseDigest, file: u64) -> bool {
        let mut objects =
            self.pending.get(digest).into_iter().flat_map(|one| one.objects.objects.iter());
        objects.any(|one| one.content.file() == Some(file))
    }

    fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }

    fn forget_pending(&mut self, is: impl Fn(&Objects) -> bool) {
        let queued = &mut self.queued_bytes;
        self.pending.retain(|_, pending| {
            let is_gone = is(&pending.objects);
            *queued -= if is_gone { pending.bytes } else { 0 };
            !is_gone
        });
    }

    fn remove(&mut self, keys: Vec<ResponseDigest>) {
        let removed = keys.into_iter().filter_map(|key| Some((key, self.index.remove(&key)?)));
        let removed: Vec<_> = removed.collect();
        if !removed.is_empty() {
            self.jobs.push_back(Job::Remove(removed));
        }
    }
}

/// Not cut: whoever has it locked may have written there.
fn locked(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether it is stored with what a viewer said that nobody else may know.
fn tells_secrets(objects: &Objects) -> bool {
    const SECRET: [&[u8]; 3] = [b"authorization", b"cookie", b"proxy-authorization"];
    let is_secret = |name: &[u8]| SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret));
    objects.objects.iter().any(|one| members(&one.stored.fields, "vary").any(is_secret))
}

fn path_of(files: &Files, digest: &ResponseDigest, number: u64) -> PathBuf {
    files.path(digest, Kind::Content, number)
}
