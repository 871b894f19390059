//! Requests counted by the rate-based rules of web ACLs: the store behind
//! [`crate::effect::CountRequest`], as both hosts have it.

use alloc::collections::BTreeMap;
use alloc::string::String;

pub use waf::Window;

use crate::effect::CountRequest;
use crate::limits::COUNTED_KEYS_MAX;
use crate::message::Timestamp;

/// A bounded store of windows. A window in which nothing is counted any more is none.
#[derive(Debug)]
pub struct CountedRequests {
    by_key: BTreeMap<String, (Window, u64)>,
    keys_max: usize,
    sweep_at: usize,
}

impl Default for CountedRequests {
    fn default() -> Self {
        Self::bounded(COUNTED_KEYS_MAX)
    }
}

impl CountedRequests {
    /// At most so many keys.
    pub fn bounded(keys_max: usize) -> Self {
        Self { by_key: BTreeMap::new(), keys_max, sweep_at: 1_024 }
    }

    /// Counts a request, and tells how many there were with it.
    pub fn count(&mut self, effect: &CountRequest, now: Timestamp) -> u32 {
        self.add(&effect.key, effect.window_ms, 1, now).1
    }

    /// Counts so many requests at once: the window with them, and how many there are in it.
    pub fn add(
        &mut self,
        key: &str,
        window_ms: u32,
        requests: u32,
        now: Timestamp,
    ) -> (Window, u32) {
        let window_ms = u64::from(window_ms);
        let stored = self.by_key.get_mut(key);
        let window = stored.as_ref().map_or(Window::default(), |(window, _)| *window);
        let (window, total) = window.add(requests, now.0, window_ms);
        if let Some(stored) = stored {
            *stored = (window, window_ms);
            return (window, total);
        }
        self.make_room(now);
        self.by_key.insert(key.into(), (window, window_ms));
        (window, total)
    }

    /// Takes over what another store has counted, which knows of what this one has; where it has forgotten some, this
    /// one remembers.
    pub fn take_over(&mut self, key: &str, window: Window, now: Timestamp) {
        if let Some((own, window_ms)) = self.by_key.get_mut(key) {
            let total = |window: Window| window.add(0, now.0, *window_ms).1;
            if total(window) > total(*own) {
                *own = window;
            }
        }
    }

    /// What was counted under a key, whatever of it a window still reaches.
    pub fn counted(&self, key: &str) -> u32 {
        self.by_key.get(key).map_or(0, |(window, _)| window.before.saturating_add(window.current))
    }

    /// All keys with their windows' lengths and what was counted, which are forgotten.
    pub fn take(&mut self) -> impl Iterator<Item = (String, u32, u32)> {
        core::mem::take(&mut self.by_key).into_iter().map(|(key, (window, window_ms))| {
            let requests = window.before.saturating_add(window.current);
            (key, u32::try_from(window_ms).unwrap_or(u32::MAX), requests)
        })
    }

    /// How many keys are kept.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.by_key.len() < self.sweep_at.min(self.keys_max) {
            return;
        }
        self.by_key.retain(|_, (window, window_ms)| window.over_at_ms(*window_ms) > now.0);
        // Whoever sends with keys without end empties the store of one in two, not of all.
        if self.by_key.len() >= self.keys_max {
            let mut is_odd = false;
            self.by_key.retain(|_, _| {
                is_odd = !is_odd;
                is_odd
            });
        }
        self.sweep_at = self.by_key.len() * 2 + 1_024;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(key: &str) -> CountRequest {
        CountRequest { key: key.into(), window_ms: 60_000 }
    }

    #[test]
    fn requests_are_counted_by_key_and_forgotten_when_their_window_is_over() {
        let mut counted = CountedRequests::default();
        let totals: alloc::vec::Vec<u32> =
            (0..3).map(|i| counted.count(&count("a"), Timestamp(i))).collect();
        assert_eq!(totals, [1, 2, 3]);
        assert_eq!(counted.count(&count("b"), Timestamp(3)), 1);
        assert_eq!(counted.count(&count("a"), Timestamp(200_000)), 1);
    }

    #[test]
    fn what_another_store_has_counted_is_taken_over_unless_it_has_forgotten() {
        let (mut own, mut other) = (CountedRequests::default(), CountedRequests::default());
        own.count(&count("a"), Timestamp(0));
        let (window, total) = other.add("a", 60_000, 5, Timestamp(1));
        own.take_over("a", window, Timestamp(2));
        assert_eq!((total, own.count(&count("a"), Timestamp(3))), (5, 6));
        own.take_over(
            "a",
            CountedRequests::default().add("a", 60_000, 1, Timestamp(4)).0,
            Timestamp(4),
        );
        assert_eq!(own.count(&count("a"), Timestamp(5)), 7);
        own.take_over("b", window, Timestamp(6));
        assert_eq!(own.len(), 1, "nobody here counts under it");
    }

    #[test]
    fn what_is_taken_is_counted_no_more() {
        let mut counted = CountedRequests::default();
        for (key, requests) in [("a", 2), ("b", 1), ("a", 3)] {
            counted.add(key, 60_000, requests, Timestamp(0));
        }
        assert_eq!((counted.counted("a"), counted.counted("c")), (5, 0));
        let taken: alloc::vec::Vec<_> = counted.take().collect();
        assert_eq!(taken, [("a".into(), 60_000, 5), ("b".into(), 60_000, 1)]);
        assert!(counted.is_empty());
    }

    #[test]
    fn keys_without_end_take_bounded_memory() {
        let mut counted = CountedRequests::bounded(100);
        for i in 0..10_000_u64 {
            counted.count(&count(&alloc::format!("{i}")), Timestamp(i));
        }
        assert!(counted.len() <= 100);
    }
}
