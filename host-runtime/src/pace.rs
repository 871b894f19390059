//! How a client's content comes: the time that it takes is the client's, not the endpoint's.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// All of a client's content may take this many times as long as one part of it.
const WHOLE: u32 = 10;

/// The pace of one request's content.
#[derive(Debug)]
pub(crate) struct Pace {
    part_max: Duration,
    begun: Instant,
    waited: Cell<Duration>,
    since: Cell<Option<Instant>>,
}

impl Pace {
    /// Of content that begins to come now. `part_max` is the longest wait for the next part.
    pub(crate) fn new(part_max: Duration) -> Self {
        let (waited, since) = (Cell::default(), Cell::default());
        Self { part_max, begun: Instant::now(), waited, since }
    }

    /// Nothing is there. Answers how long more may be waited for.
    pub(crate) fn waits(&self) -> Instant {
        let now = Instant::now();
        let since = self.since.get().unwrap_or(now);
        self.since.set(Some(since));
        (since + self.part_max).min(self.end())
    }

    /// Something came, or the end. Answers whether it came in time.
    pub(crate) fn comes(&self) -> bool {
        self.waited.set(self.waited());
        let waited = self.since.take().is_some();
        !waited || Instant::now() <= self.end()
    }

    /// How long was waited for the client so far.
    pub(crate) fn waited(&self) -> Duration {
        self.waited.get() + self.since.get().map(|since| since.elapsed()).unwrap_or_default()
    }

    fn end(&self) -> Instant {
        self.begun + self.part_max * WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(test: impl AsyncFnOnce()) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(test());
    }
    async fn seconds(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[test]
    fn only_waiting_counts() {
        paused(async || {
            let pace = Pace::new(Duration::from_secs(30));
            seconds(5).await; // the endpoint's
            pace.waits();
            seconds(10).await;
            assert_eq!(pace.waited(), Duration::from_secs(10));
            assert!(pace.comes());
            seconds(5).await;
            pace.waits();
            seconds(1).await;
            pace.waits();
            assert_eq!(pace.waited(), Duration::from_secs(11));
        });
    }

    #[test]
    fn a_part_has_its_time_and_all_of_them_have_theirs() {
        paused(async || {
            let pace = Pace::new(Duration::from_secs(30));
            let begun = Instant::now();
            assert_eq!(pace.waits(), begun + Duration::from_secs(30));
            for _ in 0..10 {
                pace.waits();
                seconds(29).await;
                assert!(pace.comes());
            }
            assert_eq!(pace.waits(), begun + Duration::from_secs(300));
            seconds(11).await;
            assert!(!pace.comes());
        });
    }
}
