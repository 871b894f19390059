//! How much content all requests together may hold in memory.
//!
//! Content that streams through is bounded by each connection's windows. What a stage reads whole is
//! not: a thousand uploads of 10 MB are 10 GB. So whoever holds content whole takes a share first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The bytes that may be held, shared by all threads.
#[derive(Debug, Default)]
pub struct Memory {
    held: AtomicUsize,
    max: AtomicUsize,
}

/// Bytes of one holder, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Memory {
    /// At most this from now on. What is held already stays.
    pub(crate) fn limit(&self, max: usize) {
        self.max.store(max, Relaxed);
    }

    /// How much is held.
    pub fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// A share of nothing yet.
    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share { memory: Arc::clone(self), bytes: 0 }
    }
}

impl Share {
    /// Takes more, or nothing where that would be too much.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let taken = self.memory.held.fetch_add(bytes, Relaxed) + bytes;
        if taken > self.memory.max.load(Relaxed) {
            self.memory.held.fetch_sub(bytes, Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// Counts what is there anyhow: it is held against those who ask next.
    pub(crate) fn note(&mut self, bytes: usize) {
        self.memory.held.fetch_add(bytes, Relaxed);
        self.bytes += bytes;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.held.fetch_sub(self.bytes, Relaxed);
    }
}

/// An eighth of the memory that this process may use: what is made of content on its way takes
/// several times its size.
pub(crate) fn default_max() -> usize {
    usize::try_from((available() / 8).max(LEAST)).unwrap_or(usize::MAX)
}

/// A quarter of it, for what the caches of stages hold.
pub(crate) fn default_max_of_caches() -> u64 {
    (available() / 4).max(LEAST)
}

/// A quarter of it.
pub(crate) fn quarter() -> usize {
    usize::try_from(available() / 4).unwrap_or(usize::MAX)
}

const LEAST: u64 = 64 << 20;

/// The memory of the machine, or of its container.
fn available() -> u64 {
    let machine = memory_total(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default());
    // A container's own limit; without one the file says `max`, or is not there.
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(container).min().unwrap_or(0)
}

fn memory_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_taken_up_to_the_limit_and_given_back() {
        let memory = Arc::new(Memory::default());
        memory.limit(10);
        let (mut one, mut other) = (memory.share(), memory.share());
        assert!(one.take(6) && other.take(4) && !other.take(1));
        drop(one);
        assert!(other.take(6) && !other.take(1));
        assert_eq!(memory.held(), 10);
        drop(other);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn what_is_there_anyhow_is_held_against_those_who_come_next() {
        let memory = Arc::new(Memory::default());
        memory.limit(10);
        let mut one = memory.share();
        one.note(11);
        assert!(!memory.share().take(1));
        drop(one);
        assert!(memory.share().take(10));
    }

    #[test]
    fn the_default_is_an_eighth_of_the_machine() {
        assert_eq!(memory_total("MemFree: 1 kB\nMemTotal:       8 kB\n"), Some(8192));
        assert_eq!(memory_total("nonsense"), None);
        assert!(default_max() >= 64 << 20);
    }
}
