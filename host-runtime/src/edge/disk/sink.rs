//! Contents on their way to the disk, for which memory has no room.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_core::effect::ResponseDigest;
use gateway_core::limits::{EDGE_DISK_QUEUE_BYTES_MAX, EDGE_DISK_SINKS_MAX};

use super::{Disk, Finished, Job};
use crate::edge::store::Contents;

/// A content that is written while it comes. Dropped before its end, nothing is left of it.
#[derive(Debug)]
pub(in crate::edge) struct Sink {
    disk: Arc<Disk>,
    digest: ResponseDigest,
    number: u64,
    length: u64,
    is_finished: bool,
}

impl Sink {
    /// Writes what comes for this key from now on, unless somebody does already.
    pub(in crate::edge) fn begin(disk: &Arc<Disk>, digest: ResponseDigest) -> Option<Self> {
        let mut state = disk.state();
        let has_room = state.sinks.len() < EDGE_DISK_SINKS_MAX && !state.is_stopping;
        if !has_room || !state.sinks.insert(digest) {
            return None;
        }
        let number = state.next();
        state.jobs.push_back(Job::Begin(digest, number));
        disk.work.notify_one();
        Some(Self { disk: Arc::clone(disk), digest, number, length: 0, is_finished: false })
    }

    /// Ready when the writer is not too far behind.
    pub(in crate::edge) fn poll_room(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.disk.state();
        if state.queued_bytes < EDGE_DISK_QUEUE_BYTES_MAX {
            return Poll::Ready(());
        }
        state.wakers.retain(|waker| !waker.will_wake(cx.waker()));
        state.wakers.push(cx.waker().clone());
        Poll::Pending
    }

    /// The next part of it. Whether it goes on: not beyond what an object may have.
    pub(in crate::edge) fn write(&mut self, part: Bytes) -> bool {
        self.length += part.len() as u64;
        if self.length > self.disk.object_bytes_max() {
            return false;
        }
        let mut state = self.disk.state();
        state.queued_bytes += part.len() as u64;
        state.jobs.push_back(Job::Part(self.number, part));
        self.disk.work.notify_one();
        true
    }

    /// That was all. `finished` is called when it can be read, if ever.
    pub(in crate::edge) fn finish(mut self, finished: impl FnOnce(Arc<Contents>) + Send + 'static) {
        self.is_finished = true;
        let finished = Finished(Box::new(finished));
        self.disk.state().jobs.push_back(Job::Finish(self.number, finished));
        self.disk.work.notify_one();
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        state.sinks.remove(&self.digest);
        if !self.is_finished {
            state.jobs.push_back(Job::Abandon(self.number));
            self.disk.work.notify_one();
        }
    }
}
