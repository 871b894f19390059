//! What a process before this one has left: read at the start, while requests are served already.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

use gateway_core::effect::ResponseDigest;
use gateway_core::message::Timestamp;

use super::files::{Head, Kind, Named};
use super::index::{Entry, file_length, room_of};
use super::{Disk, Forgotten, State};
use crate::drive::now;

/// The files of a key.
#[derive(Default)]
struct Left {
    /// By their numbers.
    heads: BTreeMap<u64, (PathBuf, u64)>,
    contents: BTreeMap<u64, (PathBuf, u64)>,
}

impl Disk {
    /// Brings what is there into the index, and removes what is of no use. The writer's first work.
    pub(super) fn load(&self) {
        let mut removed = 0;
        for byte in 0..=u8::MAX {
            if self.state().is_stopping {
                // What was not read is read the next time; what was to be forgotten of it must not be then.
                let has_to = self.state().forgotten.as_ref().is_some_and(|all| !all.is_empty());
                if !has_to {
                    return;
                }
            }
            match self.files.list(byte) {
                Ok(files) => {
                    let mut keys: BTreeMap<ResponseDigest, Left> = BTreeMap::new();
                    for Named { digest, kind, number, length, path } in files {
                        let left = keys.entry(digest).or_default();
                        let files = match kind {
                            Kind::Head => &mut left.heads,
                            Kind::Content => &mut left.contents,
                        };
                        files.insert(number, (path, length));
                    }
                    removed +=
                        keys.iter().map(|(key, left)| self.load_key(key, left)).sum::<usize>();
                }
                Err(error) => {
                    self.counts.read_errors.fetch_add(1, Relaxed);
                    tracing::error!(%error, "cached responses cannot be read from disk");
                }
            }
        }
        let mut state = self.state();
        state.forgotten = None;
        state.index.order_by_turn();
        let (keys, bytes) = state.index.size();
        drop(state);
        if keys > 0 || removed > 0 {
            tracing::info!(keys, bytes, removed, "cached responses on disk are known again");
        }
    }

    /// How many files were of no use.
    fn load_key(&self, digest: &ResponseDigest, left: &Left) -> usize {
        // The last one that was written; one that is half written is none, and those before it are outdated.
        let newest = left.heads.last_key_value();
        let entry = newest.and_then(|(turn, (path, length))| {
            let head = Head::read(path, digest);
            if head.is_err() {
                self.counts.read_errors.fetch_add(1, Relaxed);
            }
            entry(*turn, *length, head.ok()?, left)
        });
        let (mut kept_turn, mut kept_files) = (None, Vec::new());
        if let Some(entry) = entry {
            let mut state = self.state();
            if !state.is_forgotten(digest, &entry) {
                (kept_turn, kept_files) = (Some(entry.turn), entry.files.clone());
                state.index.note(entry.bytes);
                state.index.insert(*digest, entry);
            }
        }
        let heads = left.heads.iter().filter(|(turn, _)| Some(**turn) != kept_turn);
        let contents = left.contents.iter().filter(|(file, _)| !kept_files.contains(file));
        let unused = heads.chain(contents).map(|(_, (path, _))| path);
        let removed = unused.filter(|path| std::fs::remove_file(path).is_ok()).count();
        if removed > 0 {
            self.state().removed_in.insert(digest.0[0]);
        }
        removed
    }
}

/// What the index has to know of a head, if all of it is there and of use.
fn entry(turn: u64, length: u64, head: Head, left: &Left) -> Option<Entry> {
    let at = now();
    let is_there = |file: u64, length: u64| {
        left.contents.get(&file).is_some_and(|(_, found)| *found == file_length(length))
    };
    let is_whole = head.objects.iter().all(|one| is_there(one.file, one.length));
    // With a clock that was set back nobody knows how old it is.
    let is_past = head.objects.iter().all(|one| one.stored.received_at().0 <= at.0);
    if !is_whole || !is_past || head.until <= at.0 {
        return None;
    }
    let contents = head.objects.iter().map(|one| room_of(file_length(one.length)));
    Some(Entry {
        bytes: room_of(length) + contents.sum::<u64>(),
        distribution: head.distribution,
        name: head.name,
        turn,
        files: head.objects.iter().map(|one| one.file).collect(),
        until: Timestamp(head.until),
        is_wanted: false,
    })
}

impl State {
    /// Whether it was forgotten before it was read.
    fn is_forgotten(&self, digest: &ResponseDigest, entry: &Entry) -> bool {
        self.forgotten.iter().flatten().any(|one| match one {
            Forgotten::All => true,
            Forgotten::Key(key) => key == digest,
            Forgotten::Object(distribution, name) => {
                *distribution == entry.distribution && *name == entry.name
            }
            Forgotten::Paths(distribution, paths) => {
                *distribution == entry.distribution && paths.names(&entry.name)
            }
        })
    }
}
