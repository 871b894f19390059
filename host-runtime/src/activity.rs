//! How long a client may be silent, or let content lie: one timer for each connection.
//!
//! hyper's own timer for heads is made and dropped with every request. This one is set again only
//! when it fires, which a busy connection never sees.

mod sending;
mod written;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::body::Body;
use crate::load::InFlight;
use crate::memory::Memory;

pub(crate) use sending::Sending;
pub(crate) use written::Written;

/// Longest wait for a request, and for its whole head.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Longest wait for a client to take the next part of a response. More than endpoints have for
/// giving it, so that their silence is not held against the client.
const LYING_MAX: Duration = Duration::from_secs(90);
/// What is shorter is HTTP/2's own affair: acknowledgements, pings.
const RESPONSE_BYTES_MIN: usize = 64;

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
    /// The requests, if there may be several at a time: HTTP/2's.
    streams: Option<RefCell<Vec<Rc<Stream>>>>,
}

/// A request of an HTTP/2 connection.
#[derive(Debug)]
struct Stream {
    /// Since when its response is sent, and the client last took some of it.
    since: Cell<Option<Instant>>,
    /// The task that serves it.
    task: RefCell<Option<AbortHandle>>,
}

impl Activity {
    /// Of a connection that has just been opened.
    pub(crate) fn new(http2: bool) -> Self {
        let state = State {
            requests: Cell::new(0),
            waiting: Cell::new(0),
            since: Cell::new(Instant::now()),
            unwritten: Cell::new(false),
            streams: http2.then(RefCell::default),
        };
        Self(Rc::new(state))
    }

    /// A request has come.
    pub(crate) fn request(&self) -> Request {
        self.0.requests.set(self.0.requests.get() + 1);
        self.0.waiting.set(self.0.waiting.get() + 1);
        let stream = self.0.streams.as_ref().map(|streams| {
            let stream = Rc::new(Stream { since: Cell::default(), task: RefCell::default() });
            streams.borrow_mut().push(Rc::clone(&stream));
            stream
        });
        Request { activity: self.clone(), stream, responding: false, in_flight: None }
    }

    /// The request that came last is served by this task: hyper starts it as soon as it has the request.
    pub(crate) fn served_by(&self, task: AbortHandle) {
        if let Some(stream) = self.0.streams.as_ref().and_then(|all| all.borrow().last().cloned()) {
            stream.task.borrow_mut().get_or_insert(task);
        }
    }

    /// Waits until the client has been waited for too long. Streams that lie are reset meanwhile, whatever
    /// others of their connection do: each may hold the place of another client's request.
    pub(crate) async fn too_long(&self) {
        loop {
            let state = &self.0;
            let allowed = if self.is_between_responses() { SILENCE_MAX } else { LYING_MAX };
            let deadline = match state.waiting.get() {
                0 => state.since.get() + allowed,
                _ => Instant::now() + SILENCE_MAX,
            };
            if deadline <= Instant::now() {
                return;
            }
            let next = self.end_streams_that_lie();
            tokio::time::sleep_until(next.map_or(deadline, |next| next.min(deadline))).await;
        }
    }

    /// Answers when the next one will have lain for too long.
    fn end_streams_that_lie(&self) -> Option<Instant> {
        let streams = self.0.streams.as_ref()?;
        let deadline = |stream: &Rc<Stream>| Some(stream.since.get()? + LYING_MAX);
        let now = Instant::now();
        let lies = |stream: &&Rc<Stream>| deadline(stream).is_some_and(|at| at <= now);
        for stream in streams.borrow().iter().filter(lies) {
            // Dropped by its task, it is reset (RFC 9113 §8.7: CANCEL).
            if let Some(task) = stream.task.take() {
                task.abort();
            }
        }
        streams.borrow().iter().filter_map(deadline).filter(|at| *at > now).min()
    }

    /// Whether nothing of any response is left to be written: what is written now is hyper's own.
    pub(crate) fn is_between_responses(&self) -> bool {
        self.0.requests.get() == 0 && !self.0.unwritten.get()
    }

    /// All that was given to hyper until now has been written.
    pub(crate) fn written(&self) {
        self.0.unwritten.set(false);
    }

    /// So many bytes were written.
    fn wrote(&self, bytes: usize) {
        if bytes >= RESPONSE_BYTES_MIN {
            self.progress();
        }
    }

    fn progress(&self) -> Instant {
        let now = Instant::now();
        self.0.since.set(now);
        now
    }
}

/// A request of a connection, until its response has been sent.
#[derive(Debug)]
pub(crate) struct Request {
    activity: Activity,
    stream: Option<Rc<Stream>>,
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
        Sending::new(body, self, memory)
    }

    /// The client took what it was given.
    fn progress(&self) {
        let now = self.activity.progress();
        if let Some(stream) = &self.stream {
            stream.since.set(Some(now));
        }
    }

    fn stop_waiting(&mut self) {
        if !std::mem::replace(&mut self.responding, true) {
            let state = &self.activity.0;
            state.waiting.set(state.waiting.get() - 1);
            self.progress();
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
        if let (Some(stream), Some(streams)) = (&self.stream, &state.streams) {
            streams.borrow_mut().retain(|other| !Rc::ptr_eq(other, stream));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use http_body_util::BodyExt;
    use hyper::body::Body as _;

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
            let activity = Activity::new(false);
            assert!(!after(&activity, 59).await);
            assert!(after(&activity, 2).await);
        });
    }

    #[test]
    fn a_slow_endpoint_is_not_held_against_the_client() {
        paused(async || {
            let activity = Activity::new(false);
            let request = activity.request();
            assert!(!after(&activity, 3_600).await);
            drop(request.respond(Body::Empty, &Arc::default()));
            activity.written();
            assert!(!after(&activity, 59).await);
            assert!(after(&activity, 2).await);
        });
    }

    /// The content of a response of two parts, of which the first has been taken.
    async fn half_taken(request: Request) -> Sending {
        let most = sending::part_bytes_max(&request);
        let content = vec![0; 2 * most];
        let mut sending = request.respond(content.into(), &Arc::default());
        let part = sending.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((part.len(), sending.is_end_stream()), (most, false));
        sending
    }

    #[test]
    fn whole_content_is_over_when_its_last_part_is_asked_for() {
        paused(async || {
            let activity = Activity::new(false);
            let mut sending = half_taken(activity.request()).await;
            assert_eq!(sending.size_hint().exact(), Some(64 * 1024));
            for _ in 0..10 {
                assert!(!after(&activity, 60).await);
                activity.wrote(1_000);
            }
            assert!(!after(&activity, 89).await);
            sending.frame().await.unwrap().unwrap();
            assert!(sending.is_end_stream() && sending.frame().await.is_none());
            drop(sending);
            assert!(!after(&activity, 89).await, "what is not written yet is not silence");
            activity.written();
            assert!(after(&activity, 2).await);
        });
    }

    #[test]
    fn what_http_2_writes_for_itself_is_no_progress() {
        paused(async || {
            let activity = Activity::new(true);
            for _ in 0..6 {
                activity.wrote(17); // a ping: RFC 9113 §6.7
                tokio::time::advance(Duration::from_secs(10)).await;
            }
            assert!(activity.too_long().now_or_never().is_some());
        });
    }

    #[test]
    fn a_stream_that_lies_is_ended_whatever_others_do() {
        paused(async || {
            tokio::task::LocalSet::new().run_until(streams_that_lie()).await;
        });
    }

    async fn streams_that_lie() {
        let activity = Activity::new(true);
        let lying = activity.request();
        let task = tokio::task::spawn_local(async {
            let _sending = half_taken(lying).await;
            std::future::pending::<()>().await;
        });
        activity.served_by(task.abort_handle());
        let waiting = activity.request();
        let endpoint = tokio::task::spawn_local(async {
            let _waiting = waiting;
            std::future::pending::<()>().await;
        });
        activity.served_by(endpoint.abort_handle());
        for _ in 0..8 {
            assert!(!after(&activity, 11).await);
            drop(activity.request().respond(Body::Empty, &Arc::default()));
        }
        assert!(!task.is_finished());
        assert!(!after(&activity, 3).await);
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(activity.0.requests.get(), 1, "the other waits for its endpoint");
        assert!(!after(&activity, 1_000).await);
        assert!(!endpoint.is_finished());
    }

    #[test]
    fn a_response_is_over_when_its_last_byte_is_written() {
        paused(async || {
            let activity = Activity::new(false);
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
            let activity = Activity::new(false);
            let sending = activity.request().respond(b"x".to_vec().into(), &Arc::default());
            assert!(!after(&activity, 89).await);
            assert!(after(&activity, 2).await);
            drop(sending);
            assert!(activity.too_long().now_or_never().is_none());
        });
    }
}
