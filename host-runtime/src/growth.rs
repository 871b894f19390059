//! How much memory the instances of the component may have grown by, all together.
//!
//! Memory of Wasm never shrinks, and an instance that is worn out lives as long as the slowest of its
//! exchanges: without a bound over all of them, requests that wait for a slow endpoint would keep an
//! instance each.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gateway_core::limits::PAYLOAD_BYTES_MAX;

/// What instances have grown by since each loaded its snapshot, and may.
#[derive(Debug)]
pub(crate) struct Growth {
    held: AtomicUsize,
    max: AtomicUsize,
}

impl Growth {
    pub(crate) const fn new(max: usize) -> Self {
        Self { held: AtomicUsize::new(0), max: AtomicUsize::new(max) }
    }

    /// That of this process, whose program all instances run.
    pub(crate) fn of_process() -> &'static Self {
        static OF_PROCESS: Growth = Growth::new(usize::MAX);
        &OF_PROCESS
    }

    /// At most this from now on. What is held already stays.
    pub(crate) fn limit(&self, max: usize) {
        self.max.store(max, Relaxed);
    }

    /// How much is held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Relaxed)
    }

    /// Takes so much, or nothing where that would be too much.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let max = self.max.load(Relaxed);
        let more = |held: usize| held.checked_add(bytes).filter(|held| *held <= max);
        bytes == 0 || self.held.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// Gives back what was taken.
    pub(crate) fn give(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Relaxed);
    }
}

/// What an instance may grow by when it is handed content: values of JSON that take two bytes of text
/// take some sixty each, more than once, and deflate makes 1,032 bytes of one.
pub(crate) fn room_for(content_bytes: usize, is_encoded: bool) -> usize {
    let times = if is_encoded { 1_032 } else { 1 };
    let bytes = content_bytes.saturating_mul(times).min(PAYLOAD_BYTES_MAX as usize);
    bytes.saturating_mul(TIMES).min(ROOM_MAX)
}

/// Growth for a byte of content: `{}` and a comma take 67 times as much.
const TIMES: usize = 80;

/// A million values, which are the most that are read of a content, take up to 200 MB in a template.
const ROOM_MAX: usize = 256 << 20;

/// What an instance may have grown by and still begins exchanges.
pub(crate) const GROWTH_OF_ONE_MAX: usize = 64 << 20;

/// The least that lets any request be answered: an instance of a thread has room to grow once more.
pub(crate) const LEAST: usize = ROOM_MAX + GROWTH_OF_ONE_MAX;

/// A quarter of the memory that this process may use, and as much at least as its threads' own instances take beside the
/// least.
pub(crate) fn default_max() -> usize {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    crate::memory::quarter().max(LEAST + threads * GROWTH_OF_ONE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_up_to_the_limit_and_given_back() {
        let growth = Growth::new(10);
        assert!(growth.take(6) && growth.take(4) && !growth.take(1) && growth.take(0));
        growth.give(6);
        assert!(!growth.take(7) && growth.take(6));
        growth.limit(5);
        assert!(!growth.take(1) && growth.take(0));
        assert_eq!(growth.held(), 10);
    }

    #[test]
    fn room_goes_by_what_content_may_stand_for() {
        assert_eq!(room_for(100, false), 8_000);
        assert_eq!(room_for(100, true), 100 * 1_032 * 80);
        assert_eq!(room_for(4_100, true), ROOM_MAX);
        assert_eq!(room_for(usize::MAX, true), ROOM_MAX);
    }
}
