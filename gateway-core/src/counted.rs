//! Requests counted by the rate-based rules of web ACLs: the store behind
//! [`crate::effect::CountRequest`], as both hosts have it.

use alloc::collections::BTreeMap;
use alloc::string::String;

use waf::Window;

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
        let window_ms = u64::from(effect.window_ms);
        let stored = self.by_key.get_mut(&effect.key);
        let (window, total) = stored
            .as_ref()
            .map_or(Window::default(), |(window, _)| *window)
            .count(now.0, window_ms);
        if let Some(stored) = stored {
            *stored = (window, window_ms);
            return total;
        }
        self.make_room(now);
        self.by_key.insert(effect.key.clone(), (window, window_ms));
        total
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
    fn keys_without_end_take_bounded_memory() {
        let mut counted = CountedRequests::bounded(100);
        for i in 0..10_000_u64 {
            counted.count(&count(&alloc::format!("{i}")), Timestamp(i));
        }
        assert!(counted.len() <= 100);
    }
}
