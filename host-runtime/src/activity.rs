//! How long a client may be silent, or let content lie: one timer for each connection.
//!
//! hyper's own timer for heads is made and dropped with every request. This one is set again only
//! when it fires, which a busy connection never sees.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use crate::body::{Body, BodyError};
use crate::load::InFlight;
use crate::memory::{Memory, Share};

/// Longest wait for a request, and for its whole head.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Longest wait for a client to take the next part of a response. More than endpoints have for
/// giving it, so that their silence is not held against the client.
const LYING_MAX: Duration = Duration::from_secs(90);
/// Whole content below this is not worth counting.
const COUNTED_BYTES_MIN: usize = 64 * 1024;

/// What a connection is doing.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Rc<State>);

#[derive(Debug)]
struct State {
    /// Requests whose responses have not been sent completely.
    requests: Cell<usize>,
    /// Of them, those that still wait for their response to begin: the gateway's affair.
    waiting: Cell<usize>,
    /// When the client was last waited for anew.
    since: Cell<Instant>,
    /// Whether some of a response that has ended may not be written yet.
    unwritten: Cell<bool>,
}

impl Activity {
    /// Of a connection that has just been opened.
    pub(crate) fn new() -> Self {
        let state = State {
            requests: Cell::new(0),
            waiting: Cell::new(0),
            since: Cell::new(Instant::now()),
            unwritten: Cell::new(false),
        };
        Self(Rc::new(state))
    }

    /// A request has come.
    pub(crate) fn request(&self) -> Request {
        self.0.requests.set(self.0.requests.get() + 1);
        self.0.waiting.set(self.0.waiting.get() + 1);
        Request { activity: self.clone(), responding: false, in_flight: None }
    }

    /// Waits until the client has been waited for too long.
    pub(crate) async fn too_long(&self) {
        loop {
            let state = &self.0;
            let allowed = if state.requests.get() == 0 { SILENCE_MAX } else { LYING_MAX };
            let deadline = state.since.get() + allowed;
            if state.waiting.get() > 0 {
                tokio::time::sleep(SILENCE_MAX).await;
            } else if deadline <= Instant::now() {
                return;
            } else {
                tokio::time::sleep_until(deadline).await;
            }
        }
    }

    /// Whether nothing of any response is left to be written: what is written now is hyper's own.
    pub(crate) fn is_between_responses(&self) -> bool {
        self.0.requests.get() == 0 && !self.0.unwritten.get()
    }

    /// All that was given to hyper until now has been written.
    pub(crate) fn written(&self) {
        self.0.unwritten.set(false);
    }

    fn progress(&self) {
        self.0.since.set(Instant::now());
    }
}

/// A request of a connection, until its response has been sent.
#[derive(Debug)]
pub(crate) struct Request {
    activity: Activity,
    responding: bool,
    /// Counted until then.
    in_flight: Option<InFlight>,
}

impl Request {
    /// Counted among all that are under way, until its response has been sent.
    pub(crate) fn counted(mut self, in_flight: InFlight) -> Self {
        self.in_flight = Some(in_flight);
        self
    }

    /// The response begins.
    pub(crate) fn respond(mut self, body: Body, memory: &Arc<Memory>) -> Sending {
        self.stop_waiting();
        let share = match &body {
            Body::Whole(bytes) if bytes.len() >= COUNTED_BYTES_MIN => {
                let mut share = memory.share();
                share.note(bytes.len());
                Some(share)
            }
            _ => None,
        };
        Sending { body, request: self, _share: share }
    }

    fn stop_waiting(&mut self) {
        if !std::mem::replace(&mut self.responding, true) {
            let state = &self.activity.0;
            state.waiting.set(state.waiting.get() - 1);
            self.activity.progress();
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.stop_waiting();
        self.in_flight = None;
        let state = &self.activity.0;
        state.requests.set(state.requests.get() - 1);
        state.unwritten.set(true);
        self.activity.progress();
    }
}

/// The content of a response, on its way to the client.
#[derive(Debug)]
pub(crate) struct Sending {
    body: Body,
    request: Request,
    /// What a client that takes its time keeps in memory.
    _share: Option<Share>,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // Asked for more: what was given before has been taken.
        if let Body::Stream(_) = self.body {
            self.request.activity.progress();
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    /// Time that passes when it is told to.
    fn paused(test: impl AsyncFnOnce()) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(test());
    }
    async fn after(activity: &Activity, seconds: u64) -> bool {
        tokio::time::timeout(Duration::from_secs(seconds), activity.too_long()).await.is_ok()
    }

    #[test]
    fn a_silent_client_is_given_up_after_a_minute() {
        paused(async || {
            let activity = Activity::new();
            assert!(!after(&activity, 59).await);
            assert!(after(&activity, 2).await);
        });
    }

    #[test]
    fn a_slow_endpoint_is_not_held_against_the_client() {
        paused(async || {
            let activity = Activity::new();
            let request = activity.request();
            assert!(!after(&activity, 3_600).await);
            drop(request.respond(Body::Empty, &Arc::default()));
            assert!(!after(&activity, 59).await);
            assert!(after(&activity, 2).await);
        });
    }

    #[test]
    fn a_response_is_over_when_its_last_byte_is_written() {
        paused(async || {
            let activity = Activity::new();
            assert!(activity.is_between_responses());
            let sending = activity.request().respond(Body::Empty, &Arc::default());
            activity.written();
            assert!(!activity.is_between_responses());
            drop(sending);
            assert!(!activity.is_between_responses());
            activity.written();
            assert!(activity.is_between_responses());
        });
    }

    #[test]
    fn a_client_that_lets_content_lie_is_given_up() {
        paused(async || {
            let activity = Activity::new();
            let sending = activity.request().respond(b"x".to_vec().into(), &Arc::default());
            assert!(!after(&activity, 89).await);
            assert!(after(&activity, 2).await);
            drop(sending);
            assert!(activity.too_long().now_or_never().is_none());
        });
    }
}
