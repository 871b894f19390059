//! How much memory the instances of the component may have grown by, all together.
//!
//! Memory of Wasm never shrinks, and an instance that is worn out lives as long as the slowest of its
//! exchanges: without a bound over all of them, requests that wait for a slow endpoint would keep an
//! instance each.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gateway_core::content_coding::stands_for;

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

/// What an instance may grow by when it is handed content with this `Content-Encoding`: values of JSON that take two
/// bytes of text take some sixty each, more than once. Deflate makes up to 1,032 bytes of one, and mostly four: what it
/// makes is counted, since few would have room for what it may.
pub(crate) fn room_for(content: &[u8], content_encoding: &[String]) -> usize {
    let as_read = |bytes: usize| bytes.saturating_mul(TIMES).min(ROOM_MAX);
    if content_encoding.is_empty() {
        return as_read(content.len());
    }
    match stands_for(content_encoding.iter().map(String::as_str), content) {
        Ok(bytes) => as_read(content.len() + bytes),
        // What an endpoint answered may be in no coding, and is read.
        Err(bytes) => as_read(content.len()).max((content.len() + bytes) * TIMES_UNREAD),
    }
}

/// Growth for a byte of content: `{}` and a comma take 67 times as much.
const TIMES: usize = 80;
/// The same for what is decoded and refused then: a buffer that doubles.
const TIMES_UNREAD: usize = 4;

/// A million values, which are the most that are read of a content, take up to 200 MB in a template.
const ROOM_MAX: usize = 256 << 20;

/// What an instance may have grown by and still begins exchanges.
pub(crate) const GROWTH_OF_ONE_MAX: usize = 64 << 20;

/// The least that lets any request be answered, whatever those before have left behind: the instances of all threads
/// have grown as far as they may and still begin exchanges, one is handed as much as there may be, and there is as much
/// as for another instance beside.
pub(crate) const fn least(threads: usize) -> usize {
    ROOM_MAX.saturating_add(GROWTH_OF_ONE_MAX.saturating_mul(threads.saturating_add(1)))
}

/// How many threads this process serves by, or would: as many as there are processors, unless it is told.
pub(crate) fn threads() -> usize {
    match THREADS.load(Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        told => told,
    }
}

/// It serves by so many.
pub(crate) fn serve_by(threads: usize) {
    THREADS.store(threads, Relaxed);
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// A quarter of the memory that this process may use, and the least that its threads need.
pub(crate) fn default_max() -> usize {
    crate::memory::quarter().max(least(threads()))
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
    fn room_goes_by_what_content_stands_for() {
        let of = |content: &[u8], codings: &[&str]| {
            let codings: Vec<String> = codings.iter().map(ToString::to_string).collect();
            room_for(content, &codings)
        };
        assert_eq!(of(&[0; 100], &[]), 8_000);
        assert_eq!(of(&[0; 5 << 20], &[]), ROOM_MAX);
        assert!((8_000..=16_000).contains(&of(&[b'x'; 100], &["identity"])));
        let coded = gateway_core::content_coding::gzip(&[0; 100_000]);
        let room = of(&coded, &["gzip"]);
        assert!((8_000_000..8_100_000).contains(&room), "{room}");
        // What stands for more than is taken is refused before it is read.
        let endless = gateway_core::content_coding::gzip(&vec![0; 11 << 20]);
        let room = of(&endless, &["gzip"]);
        assert!((40 << 20..48 << 20).contains(&room), "{room}");
        assert_eq!(of(&[b'x'; 1_000], &["gzip"]), 80_000, "an endpoint's answer to such a request");
    }

    #[test]
    fn instances_that_may_begin_exchanges_leave_room_for_any_content() {
        for threads in [1, 2, 64] {
            assert!(least(threads) >= threads * GROWTH_OF_ONE_MAX + ROOM_MAX);
        }
        assert!(default_max() >= least(threads()));
    }
}
