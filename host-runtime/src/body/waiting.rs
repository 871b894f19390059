//! How long is waited for content: for its next part, for all of it, and for what is passed on as it comes.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gateway_core::limits::{INTEGRATION_MS_MAX, PAYLOAD_BYTES_MAX};
use tokio::time::{Instant, Sleep};

use super::BodyError;
use crate::pace::Pace;

/// Most time between two parts of an endpoint's content before the connection is given up.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// Longest wait for all parts of what AWS would not pass on at all: as long as for a stream.
const LARGE_MAX: Duration = Duration::from_millis(INTEGRATION_MS_MAX as u64);

/// How long one content is waited for.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The client's, if it comes from there.
    pace: Option<Rc<Pace>>,
    /// Longest wait for a part, unless the client sends it.
    idle_max: Duration,
    /// When it must have ended.
    ends_at: Option<Instant>,
    answer: Option<Answer>,
    /// Since when the next part is waited for.
    since: Option<Instant>,
    /// Made by the first wait: most content is there when it is asked for.
    timer: Option<Pin<Box<Sleep>>>,
}

/// Content of an integration's answer, whose time-out is on all of it.
#[derive(Debug)]
struct Answer {
    /// When it must have ended where it is read whole, before anything of it is sent on.
    read_by: Instant,
    /// How long its parts may be waited for where it is passed on. What the client takes to receive them does not
    /// count: AWS, which passes answers on when they are whole, does not count it either.
    left: Duration,
    waited: Duration,
    length: u64,
}

impl Default for Waiting {
    fn default() -> Self {
        let (ends_at, answer, since, timer) = (None, None, None, None);
        Self { pace: None, idle_max: IDLE_MAX, ends_at, answer, since, timer }
    }
}

impl Waiting {
    pub(super) fn at_pace(&mut self, pace: Pace) {
        self.pace = Some(Rc::new(pace));
    }

    pub(super) fn pace(&self) -> Option<Rc<Pace>> {
        self.pace.clone()
    }

    pub(super) fn within(&mut self, idle_max: Duration, ends_at: Instant) {
        (self.idle_max, self.ends_at) = (idle_max, Some(ends_at));
    }

    pub(super) fn answer_by(&mut self, at: Instant) {
        let left = at.saturating_duration_since(Instant::now());
        let (waited, length) = (Duration::ZERO, 0);
        self.answer = Some(Answer { read_by: at, left, waited, length });
    }

    /// It is read whole from here on; when it had to end otherwise.
    pub(super) fn read_whole(&mut self) -> Option<Instant> {
        let ends_at = self.ends_at;
        let read_by = self.answer.as_ref().map(|answer| answer.read_by);
        self.end_at([ends_at, read_by].into_iter().flatten().min());
        ends_at
    }

    pub(super) fn end_at(&mut self, ends_at: Option<Instant>) {
        (self.ends_at, self.timer) = (ends_at, None);
    }

    /// Nothing is there. Ready with why when it was waited for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let until = match &self.pace {
            Some(pace) => pace.waits(),
            None => self.until(since),
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        loop {
            // One that was set for an earlier part is set again when it fires.
            ready!(timer.as_mut().poll(cx));
            if until <= Instant::now() {
                let is_clients = self.pace.is_some();
                return Poll::Ready(if is_clients { BodyError::Stalled } else { BodyError::Idle });
            }
            timer.as_mut().reset(until);
        }
    }

    /// So many bytes came, or the end.
    ///
    /// # Errors
    /// When they came too late.
    pub(super) fn comes(&mut self, bytes: Option<usize>) -> Result<(), BodyError> {
        let waited = self.since.take().map(|since| since.elapsed());
        if self.pace.as_ref().is_some_and(|pace| !pace.comes()) {
            return Err(BodyError::Stalled);
        }
        if let Some(answer) = &mut self.answer {
            answer.waited += waited.unwrap_or_default();
            answer.length += bytes.unwrap_or(0) as u64;
        }
        // Parts that come one after the other without a wait take their time as well.
        let is_over = bytes.is_some() && self.ends_at.is_some_and(|at| Instant::now() >= at);
        if is_over { Err(BodyError::Idle) } else { Ok(()) }
    }

    /// Never earlier than for the part before.
    fn until(&self, since: Instant) -> Instant {
        let left = self.answer.as_ref().map(Answer::left);
        let until = since + left.map_or(self.idle_max, |left| left.min(self.idle_max));
        self.ends_at.map_or(until, |at| until.min(at))
    }
}

impl Answer {
    fn left(&self) -> Duration {
        let is_large = self.length > u64::from(PAYLOAD_BYTES_MAX);
        let most = if is_large { self.left.max(LARGE_MAX) } else { self.left };
        most.saturating_sub(self.waited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(test: impl AsyncFnOnce()) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(test());
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// An answer that has 29 seconds.
    fn answer() -> Waiting {
        let mut waiting = Waiting::default();
        waiting.answer_by(Instant::now() + seconds(29));
        waiting
    }

    /// Waits so long for a part of so many bytes; whether that is too long.
    async fn part(waiting: &mut Waiting, after: u64, bytes: usize) -> Result<(), BodyError> {
        let too_long = std::future::poll_fn(|cx| waiting.poll(cx));
        match tokio::time::timeout(seconds(after), too_long).await {
            Ok(error) => Err(error),
            Err(_) => waiting.comes(Some(bytes)),
        }
    }

    #[test]
    fn content_that_drips_has_the_time_of_the_integration_and_no_more() {
        paused(async || {
            let (mut waiting, begun) = (answer(), Instant::now());
            let mut parts = 0;
            while part(&mut waiting, 2, 1).await.is_ok() {
                parts += 1;
            }
            assert_eq!((parts, begun.elapsed()), (14, seconds(29)));
        });
    }

    #[test]
    fn the_time_that_a_client_takes_to_receive_is_not_the_endpoints() {
        paused(async || {
            let mut waiting = answer();
            for _ in 0..28 {
                part(&mut waiting, 1, 1_000).await.unwrap();
                tokio::time::advance(seconds(600)).await;
                waiting.comes(Some(1_000)).unwrap(); // it was there already
            }
            let begun = Instant::now();
            assert!(part(&mut waiting, 2, 1).await.is_err());
            assert_eq!(begun.elapsed(), seconds(1));
        });
    }

    #[test]
    fn what_aws_would_not_pass_on_has_the_time_of_a_stream() {
        paused(async || {
            let (mut waiting, begun) = (answer(), Instant::now());
            part(&mut waiting, 1, PAYLOAD_BYTES_MAX as usize).await.unwrap();
            part(&mut waiting, 1, 1).await.unwrap();
            while part(&mut waiting, 50, 1).await.is_ok() {}
            assert_eq!(begun.elapsed(), LARGE_MAX);
            let mut waiting = answer();
            waiting.comes(Some(2 * PAYLOAD_BYTES_MAX as usize)).unwrap();
            let begun = Instant::now();
            assert!(part(&mut waiting, 100, 1).await.is_err());
            assert_eq!(begun.elapsed(), IDLE_MAX, "and a part of it has its own");
        });
    }

    #[test]
    fn what_is_read_whole_has_to_have_come_by_then_whoever_takes_how_long() {
        paused(async || {
            let mut waiting = answer();
            assert_eq!(waiting.read_whole(), None);
            tokio::time::advance(seconds(29)).await;
            assert!(waiting.comes(Some(1)).is_err());
            waiting.end_at(None);
            assert!(waiting.comes(Some(1)).is_ok(), "it is passed on after all");
        });
    }
}
