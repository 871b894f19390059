//! The thread that writes, and removes. What it cannot write is not stored, and no request is the worse for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;

use gateway_core::effect::ResponseDigest;
use gateway_core::limits::EDGE_DISK_HEAD_BYTES_MAX;
use gateway_core::message::Timestamp;

use super::files::{Head, HeadObject, Kind, Writing, create};
use super::index::{file_length, room_of};
use super::{Disk, Entry, Finished, Job, path_of};
use crate::drive::now;
use crate::edge::store::{Contents, Objects};

/// The thread. Dropped, it writes what is left and ends.
#[derive(Debug)]
pub(crate) struct DiskWriter {
    disk: Arc<Disk>,
    thread: Option<JoinHandle<()>>,
}

impl DiskWriter {
    pub(super) fn start(disk: Arc<Disk>, lock: File) -> io::Result<Self> {
        let own = Arc::clone(&disk);
        let thread = std::thread::Builder::new().name("edge-disk".into()).spawn(move || {
            let _lock = lock; // until there is nothing more to write
            own.load();
            Writer { disk: &own, open: BTreeMap::new(), is_failing: false }.run();
        })?;
        Ok(Self { disk, thread: Some(thread) })
    }
}

impl Drop for DiskWriter {
    fn drop(&mut self) {
        self.disk.state().is_stopping = true;
        self.disk.work.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes cached responses to disk panicked");
        }
    }
}

/// What was written for a key.
struct New {
    contents: Vec<(Arc<Contents>, u64)>,
    objects: Vec<HeadObject>,
    room: u64,
}

struct Writer<'d> {
    disk: &'d Disk,
    open: BTreeMap<u64, (ResponseDigest, Writing, u64)>,
    is_failing: bool,
}

impl Writer<'_> {
    fn run(&mut self) {
        self.reserve(0); // the last process may have had more room
        while let Some(job) = self.next() {
            match job {
                Job::Store(digest, turn) => self.store(&digest, turn),
                Job::Begin(digest, number) => {
                    let writing =
                        Writing::begin(&path_of(&self.disk.files, &digest, number), number);
                    if let Some(writing) = self.noted(writing) {
                        self.open.insert(number, (digest, writing, 0));
                    }
                }
                Job::Part(number, part) => self.part(number, &part),
                Job::Finish(number, finished) => self.finish(number, finished),
                Job::Abandon(number) => self.abandon(number),
                Job::Claim(digest, number) => self.claim(&digest, number),
                Job::Remove(all) => all.iter().for_each(|(digest, one)| self.remove(digest, one)),
                Job::Tell(tell) => drop(tell.send(())),
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.disk.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.is_stopping {
                return None;
            }
            state = self.disk.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Room on the disk, for which others go.
    fn reserve(&self, room: u64) -> bool {
        loop {
            let victim = {
                let mut state = self.disk.state();
                if !state.index.is_too_much() && state.index.take(room) {
                    return true;
                }
                state.index.victim(now())
            };
            let Some((digest, entry)) = victim else { return false };
            self.remove(&digest, &entry);
        }
    }

    fn store(&mut self, digest: &ResponseDigest, turn: u64) {
        let Some((objects, until, kept)) = self.pending(digest, turn) else { return };
        let mut new = New { contents: Vec::new(), objects: Vec::new(), room: 0 };
        let done = self.contents(digest, &objects, &kept, &mut new);
        let done = done.and_then(|()| self.head(digest, turn, until, &objects, &mut new));
        let is_written = self.noted(done) == Some(true);
        let before = self.take_over(digest, turn, &objects, until, new, is_written);
        if let Some(before) = before {
            self.remove(digest, &before);
        }
    }

    /// What is to be written, until when, and which of its contents are there already.
    fn pending(
        &self,
        digest: &ResponseDigest,
        turn: u64,
    ) -> Option<(Arc<Objects>, Timestamp, Vec<bool>)> {
        let state = self.disk.state();
        let pending = state.pending.get(digest).filter(|one| one.turn == turn)?;
        let files = pending.objects.objects.iter().map(|one| one.content.file());
        let is_there = |file: Option<u64>| file.is_some_and(|file| state.has_file(digest, file));
        let kept = files.map(is_there).collect();
        Some((Arc::clone(&pending.objects), pending.until, kept))
    }

    fn contents(
        &self,
        digest: &ResponseDigest,
        objects: &Objects,
        kept: &[bool],
        new: &mut New,
    ) -> io::Result<()> {
        for (object, is_kept) in objects.objects.iter().zip(kept) {
            let contents = &object.content;
            let (length, stored) = (contents.length, object.stored.clone());
            let file = match (contents.file(), contents.memory()) {
                (Some(file), _) if *is_kept => file,
                (_, Some(bytes)) => {
                    let needed = room_of(file_length(length));
                    if length > self.disk.object_bytes_max() || !self.reserve(needed) {
                        self.disk.counts.unwritten.fetch_add(1, Relaxed);
                        continue;
                    }
                    let file = self.disk.state().next();
                    new.room += needed;
                    new.contents.push((Arc::clone(contents), file));
                    let mut writing =
                        Writing::begin(&path_of(&self.disk.files, digest, file), file)?;
                    writing.write(bytes)?;
                    writing.finish()?;
                    file
                }
                (_, None) => continue, // it went to make room
            };
            new.objects.push(HeadObject { stored, file, length });
        }
        Ok(())
    }

    /// Whether there was something to write, and room for it.
    fn head(
        &self,
        digest: &ResponseDigest,
        turn: u64,
        until: Timestamp,
        objects: &Objects,
        new: &mut New,
    ) -> io::Result<bool> {
        let head = Head {
            digest: digest.0,
            distribution: objects.distribution.clone(),
            name: objects.name.clone(),
            until: until.0,
            objects: std::mem::take(&mut new.objects),
        };
        let bytes = head.to_bytes();
        new.objects = head.objects;
        let needed = room_of(bytes.len() as u64);
        let fits = bytes.len() <= EDGE_DISK_HEAD_BYTES_MAX && !new.objects.is_empty();
        if !fits || !self.reserve(needed) {
            return Ok(false);
        }
        new.room += needed;
        let mut file = create(&self.disk.files.path(digest, Kind::Head, turn))?;
        io::Write::write_all(&mut file, &bytes)?;
        Ok(true)
    }

    /// Puts what was written in the place of what was there; what is to be removed then.
    fn take_over(
        &self,
        digest: &ResponseDigest,
        turn: u64,
        objects: &Objects,
        until: Timestamp,
        new: New,
        is_written: bool,
    ) -> Option<Entry> {
        let mut state = self.disk.state();
        let state = &mut *state;
        let unused = |new: &New| {
            let files = new.contents.iter().map(|(_, file)| *file).collect();
            let (distribution, name) = (String::new(), String::new());
            Entry { distribution, name, turn, files, bytes: new.room, until, is_wanted: false }
        };
        if state.pending.get(digest).is_none_or(|one| one.turn != turn) {
            // It was forgotten meanwhile, or is to be written anew: nobody may find this one.
            return Some(unused(&new));
        }
        let pending = state.pending.remove(digest);
        state.queued_bytes -= pending.map_or(0, |pending| pending.bytes);
        state.wake();
        let is_own = |file: u64| new.contents.iter().any(|(_, own)| *own == file);
        let files: Vec<u64> = new.objects.iter().map(|one| one.file).collect();
        // What was to be used on may have gone to make room for the rest.
        let is_whole = files.iter().all(|file| is_own(*file) || state.has_file(digest, *file));
        if !is_written || !is_whole {
            state.remove(vec![*digest]); // what is there is outdated
            return Some(unused(&new));
        }
        for (contents, file) in &new.contents {
            contents.set_file(*file);
        }
        let mut before = state.index.remove(digest);
        let mut bytes = new.room;
        for one in new.objects.iter().filter(|one| !is_own(one.file)) {
            let room = room_of(file_length(one.length));
            bytes += room;
            if state.loose.remove(&one.file).is_none()
                && let Some(before) = &mut before
            {
                before.files.retain(|file| *file != one.file);
                before.bytes -= room;
            }
        }
        let (distribution, name) = (objects.distribution.clone(), objects.name.clone());
        let entry = Entry { distribution, name, turn, files, bytes, until, is_wanted: false };
        state.index.insert(*digest, entry);
        before
    }

    fn part(&mut self, number: u64, part: &[u8]) {
        if let Some((digest, mut writing, before)) = self.open.remove(&number) {
            let room = room_of(file_length(writing.length + part.len() as u64)).max(before);
            if !self.reserve(room - before) {
                self.disk.counts.unwritten.fetch_add(1, Relaxed);
                self.unlink(&digest, Kind::Content, number, before);
            } else if self.noted(writing.write(part)).is_some() {
                self.open.insert(number, (digest, writing, room));
            } else {
                self.unlink(&digest, Kind::Content, number, room);
            }
        }
        let mut state = self.disk.state();
        state.queued_bytes -= part.len() as u64;
        state.wake();
    }

    fn finish(&mut self, number: u64, finished: Finished) {
        let Some((digest, mut writing, room)) = self.open.remove(&number) else { return };
        let done = writing.finish();
        if self.noted(done).is_none() {
            return self.unlink(&digest, Kind::Content, number, room);
        }
        {
            let mut state = self.disk.state();
            state.loose.insert(number, room);
        }
        (finished.0)(Arc::new(Contents::on_disk(writing.length, number)));
        self.disk.state().jobs.push_back(Job::Claim(digest, number));
    }

    /// Removes a content that no key has taken, and none is about to.
    fn claim(&self, digest: &ResponseDigest, number: u64) {
        let room = {
            let mut state = self.disk.state();
            if state.is_to_be_used(digest, number) {
                return state.jobs.push_back(Job::Claim(*digest, number));
            }
            state.loose.remove(&number)
        };
        if let Some(room) = room {
            self.unlink(digest, Kind::Content, number, room);
        }
    }

    fn abandon(&mut self, number: u64) {
        if let Some((digest, _, room)) = self.open.remove(&number) {
            self.unlink(&digest, Kind::Content, number, room);
        }
    }

    fn remove(&self, digest: &ResponseDigest, entry: &Entry) {
        // The head first: without it nothing finds the contents.
        self.unlink(digest, Kind::Head, entry.turn, entry.bytes);
        for file in &entry.files {
            self.unlink(digest, Kind::Content, *file, 0);
        }
    }

    fn unlink(&self, digest: &ResponseDigest, kind: Kind, number: u64, room: u64) {
        let path = self.disk.files.path(digest, kind, number);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            self.disk.counts.write_errors.fetch_add(1, Relaxed);
            tracing::error!(%error, path = %path.display(), "a cached response stays on disk");
        }
        let mut state = self.disk.state();
        state.index.give_back(room);
        state.removed_in.insert(digest.0[0]);
    }

    /// What went well; what did not is told once for each time that it begins.
    fn noted<T>(&mut self, done: io::Result<T>) -> Option<T> {
        match done {
            Ok(done) => {
                self.is_failing = false;
                Some(done)
            }
            Err(error) => {
                self.disk.counts.write_errors.fetch_add(1, Relaxed);
                if !self.is_failing {
                    tracing::error!(%error, "cached responses cannot be written to disk");
                }
                self.is_failing = true;
                None
            }
        }
    }
}
