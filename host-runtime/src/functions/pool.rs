//! The processes of one function: as many as there are concurrent invocations, up to a limit.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::effect::FunctionAnswer;
use gateway_core::ids;
use gateway_core::message::{Seed, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::process::{Process, ProcessSpec};
use super::runtime_api::{Answer, Invocation};

/// Invocations that wait for a process; beyond it Lambda's answer is 429.
const QUEUE_MAX: usize = 1_000;
/// Events that wait or run are in memory, even when their clients have left: beyond so many bytes of
/// them Lambda's answer is 429, too.
pub(super) const QUEUED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// A function that keeps crashing is started again after this long, doubled with each crash.
const BACK_OFF: Duration = Duration::from_millis(100);
const BACK_OFF_DOUBLINGS_MAX: u32 = 6;
/// How long a process may take to ask for its first event: AWS's limit of the init phase.
const INIT_MAX: Duration = Duration::from_secs(10);
/// Processes that had nothing to do for so long are ended, all but one.
const IDLE_MAX: Duration = Duration::from_secs(10 * 60);

/// How a function is run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PoolSpec {
    pub(super) process: ProcessSpec,
    /// Longest that one event may take.
    pub(super) timeout: Duration,
    /// Most processes at a time.
    pub(super) processes_max: u32,
}

/// A place in the queue; dropped, it is free.
#[derive(Debug)]
pub(super) struct Place(
    #[expect(dead_code)] OwnedSemaphorePermit,
    #[expect(dead_code)] OwnedSemaphorePermit,
);

/// The processes of one function.
#[derive(Debug)]
pub(super) struct Pool {
    spec: PoolSpec,
    permits: Semaphore,
    places: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The one used last is at the end, and used next.
    idle: Vec<Idle>,
    /// Processes that ended, since the last one that answered.
    crashes: u32,
    started_at: Option<Instant>,
}

#[derive(Debug)]
struct Idle {
    process: Process,
    since: Instant,
}

/// One event for a function.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    /// JSON on one line, as a field's value.
    pub(super) client_context: Option<Vec<u8>>,
    pub(super) function_arn: String,
    pub(super) payload: Bytes,
    /// Where a streamed answer goes, part by part.
    pub(super) parts: Option<mpsc::Sender<Bytes>>,
}

impl Event {
    /// An event with ids of its own.
    pub(super) fn new(function_arn: String, payload: Bytes) -> Self {
        let mut seed = Seed([0; 32]);
        if let Err(error) = getrandom::fill(&mut seed.0) {
            tracing::error!(%error, "the system gives no random bytes");
        }
        let now = Timestamp(super::runtime_api::epoch_ms());
        let (root, parent) = (ids::trace_root(seed, now), ids::trace_parent(seed));
        let trace_id = format!("Root={root};Parent={parent};Sampled=0");
        Self {
            request_id: ids::request_id(seed),
            trace_id,
            client_context: None,
            function_arn,
            payload,
            parts: None,
        }
    }
}

impl Pool {
    pub(super) fn new(spec: PoolSpec) -> Arc<Self> {
        let processes_max =
            (spec.processes_max as usize).clamp(1, Semaphore::MAX_PERMITS - QUEUE_MAX);
        Arc::new(Self {
            spec,
            permits: Semaphore::new(processes_max),
            places: Arc::new(Semaphore::new(processes_max + QUEUE_MAX)),
            bytes: Arc::new(Semaphore::new(QUEUED_BYTES_MAX)),
            state: Mutex::default(),
        })
    }

    pub(super) fn spec(&self) -> &PoolSpec {
        &self.spec
    }

    /// A place in the queue for an event of this size, unless that is full.
    pub(super) fn place(&self, event_bytes: usize) -> Option<Place> {
        let bytes = u32::try_from(event_bytes).ok()?;
        let bytes = Arc::clone(&self.bytes).try_acquire_many_owned(bytes).ok()?;
        Some(Place(Arc::clone(&self.places).try_acquire_owned().ok()?, bytes))
    }

    /// Runs one event through a process that has no other meanwhile.
    pub(super) async fn invoke(self: Arc<Self>, _place: Place, event: Event) -> FunctionAnswer {
        let Ok(_permit) = self.permits.acquire().await else { return too_many_requests() };
        let answer = loop {
            let process = match self.process().await {
                Ok(process) => process,
                Err(error) => {
                    tracing::error!(function = self.name(), %error, "the function cannot be started");
                    break event.failed("Runtime.InvalidEntrypoint", &error.to_string());
                }
            };
            match self.run(process, &event).await {
                Ran::Answered(answer) => break answer,
                // Only a process that was used before leaves an event untouched: the loop ends.
                Ran::Untouched => continue,
            }
        };
        FunctionAnswer { request_id: Some(event.request_id), ..answer }
    }

    /// An idle process, or a new one.
    async fn process(&self) -> std::io::Result<Process> {
        let wait_until = {
            let mut state = self.state();
            while let Some(idle) = state.idle.pop() {
                if idle.process.is_running() {
                    return Ok(idle.process);
                }
                tracing::info!(function = self.name(), "an idle process of the function has ended");
            }
            state.back_off_until()
        };
        if let Some(instant) = wait_until {
            tokio::time::sleep_until(instant).await;
        }
        self.state().started_at = Some(Instant::now());
        Process::start(&self.spec.process).await.inspect_err(|_| self.state().crashes += 1)
    }

    async fn run(&self, mut process: Process, event: &Event) -> Ran {
        let (taken, mut is_taken) = oneshot::channel();
        let (answer, mut answered) = oneshot::channel();
        let (timeout, event_for_it) = (self.spec.timeout, event.clone());
        let invocation = Invocation { event: event_for_it, timeout, taken, answer };
        if !process.invoke(invocation) {
            // It was handed one that it has not taken: it cannot have been idle.
            return Ran::Answered(event.failed("Runtime.ExitError", "Runtime took no event"));
        }
        // Starting takes its own time; the function's begins with the event.
        let ended = tokio::select! {
            biased;
            _ = &mut is_taken => None,
            end = process.ended() => Some(end),
            () = tokio::time::sleep(INIT_MAX + self.spec.timeout) => {
                return Ran::Answered(self.timed_out(process, event));
            }
        };
        if let Some(end) = ended {
            if process.has_answered {
                tracing::info!(
                    function = self.name(),
                    reason = end.reason,
                    "an idle process ended"
                );
                return Ran::Untouched;
            }
            if end.init_error.is_none() {
                tracing::error!(
                    function = self.name(),
                    "it ended without asking for an event: a handler alone is no program; a Lambda runtime \
                     client (awslambdaric, aws-lambda-ric, lambda_http, …) asks for events and calls it"
                );
            }
            return Ran::Answered(self.crashed(process, event, end));
        }
        let answer = tokio::select! {
            biased;
            answer = &mut answered => answer.ok(),
            end = process.ended() => return Ran::Answered(self.crashed(process, event, end)),
            () = tokio::time::sleep(self.spec.timeout) => {
                return Ran::Answered(self.timed_out(process, event));
            }
        };
        let Some(answer) = answer else {
            // The response broke off: that it is about to end explains most such cases.
            return Ran::Answered(event.failed(
                "Runtime.TruncatedResponse",
                "the runtime did not send its whole response",
            ));
        };
        process.has_answered = true;
        self.state().put(process);
        Ran::Answered(answer.into())
    }

    fn crashed(&self, process: Process, event: &Event, end: End) -> FunctionAnswer {
        drop(process);
        self.state().crashes += 1;
        let function = self.name();
        tracing::error!(function, reason = end.reason, "a process of the function ended");
        match end.init_error {
            Some(document) => error_answer(document),
            None => event.failed("Runtime.ExitError", &end.reason),
        }
    }

    fn timed_out(&self, process: Process, event: &Event) -> FunctionAnswer {
        drop(process);
        let seconds = self.spec.timeout.as_secs_f64();
        tracing::error!(function = self.name(), seconds, "the function timed out");
        event.failed("Sandbox.Timedout", &format!("Task timed out after {seconds:.2} seconds"))
    }

    pub(super) fn name(&self) -> &str {
        &self.spec.process.name
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Ran {
    Answered(FunctionAnswer),
    /// The process had ended before it took the event.
    Untouched,
}

/// How a process ended, or that it could not begin.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// In AWS's words.
    pub(super) reason: String,
    /// What it posted to `init/error`.
    pub(super) init_error: Option<Bytes>,
}

impl State {
    fn put(&mut self, process: Process) {
        self.crashes = 0;
        self.idle.retain(|idle| idle.since.elapsed() < IDLE_MAX);
        self.idle.push(Idle { process, since: Instant::now() });
    }

    fn back_off_until(&self) -> Option<Instant> {
        let doublings = self.crashes.checked_sub(1)?.min(BACK_OFF_DOUBLINGS_MAX);
        Some(self.started_at? + BACK_OFF * 2_u32.pow(doublings))
    }
}

impl Event {
    fn failed(&self, error_type: &str, reason: &str) -> FunctionAnswer {
        let message = format!("RequestId: {} Error: {reason}", self.request_id);
        let document = serde_json::json!({"errorType": error_type, "errorMessage": message});
        error_answer(document.to_string().into())
    }
}

impl From<Answer> for FunctionAnswer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Response(payload) => {
                let payload = Vec::from(payload).into();
                Self {
                    status: 200,
                    function_error: None,
                    payload,
                    request_id: None,
                    trace: None,
                    content: None,
                }
            }
            Answer::Error(document) => error_answer(document),
        }
    }
}

/// Lambda calls every error of a function `Unhandled`.
fn error_answer(document: Bytes) -> FunctionAnswer {
    let function_error = Some("Unhandled".into());
    let payload = Vec::from(document).into();
    FunctionAnswer {
        status: 200,
        function_error,
        payload,
        request_id: None,
        trace: None,
        content: None,
    }
}

/// What Lambda says at its limit of concurrent invocations.
pub(super) fn too_many_requests() -> FunctionAnswer {
    let payload = br#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#;
    let payload = payload.to_vec().into();
    FunctionAnswer {
        status: 429,
        function_error: None,
        payload,
        request_id: None,
        trace: None,
        content: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_function_that_keeps_crashing_is_started_ever_later_up_to_a_limit() {
        let started_at = Instant::now();
        let after = |crashes| {
            let state = State { idle: Vec::new(), crashes, started_at: Some(started_at) };
            state.back_off_until().map(|until| (until - started_at).as_millis())
        };
        assert_eq!(after(0), None);
        assert_eq!(
            [1, 2, 3, 7, 8, 1_000].map(after),
            [100, 200, 400, 6_400, 6_400, 6_400].map(Some)
        );
    }
}
