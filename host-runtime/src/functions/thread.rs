//! The thread that runs functions' processes, whichever thread asks for them.

use std::io;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use gateway_core::effect::{EffectError, FunctionAnswer, InvocationType};
use serde::de::IgnoredAny;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};

use super::invocations::Invocations;
use super::pool::{Event, Pool, too_many_requests};
use super::stream::{self, Invoked, Parts};

/// Parts of a streamed answer that wait for a slow client.
const PARTS_MAX: usize = 2;

/// Runs pools, from the first event on. Dropped, it ends their processes and waits for that.
#[derive(Debug, Default)]
pub(super) struct FunctionsThread {
    running: OnceLock<Result<Running, String>>,
    pub(super) invocations: Arc<Invocations>,
}

#[derive(Debug)]
struct Running {
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FunctionsThread {
    /// Runs one invocation to its end, even if the caller leaves: so does Lambda.
    pub(super) async fn invoke(
        &self,
        pool: &Arc<Pool>,
        mut event: Event,
        invocation: InvocationType,
    ) -> Result<Invoked, EffectError> {
        let running = self.running.get_or_init(|| Running::start().map_err(|e| e.to_string()));
        let runtime = match running {
            Ok(running) => &running.runtime,
            Err(reason) => {
                return Err(EffectError::Unavailable(format!("the functions' thread: {reason}")));
            }
        };
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(&event.payload) {
            return Ok(not_json(event.request_id, &error).into());
        }
        let Some(place) = pool.place(event.payload.len()) else {
            return Ok(too_many_requests().into());
        };
        let request_id = Some(event.request_id.clone());
        let answer = |status| FunctionAnswer {
            status,
            function_error: None,
            payload: Vec::new().into(),
            request_id,
            trace: None,
            content: None,
        };
        let mut streamed = None;
        if matches!(invocation, InvocationType::ResponseStream { .. }) {
            let (sender, parts) = mpsc::channel(PARTS_MAX);
            event.parts = Some(sender);
            streamed = Some(parts);
        }
        let under_way = self.invocations.begin(pool.name(), &event.request_id);
        let running = Arc::clone(pool).invoke(place, event);
        let completion = runtime.spawn(async move {
            let answer = running.await;
            drop(under_way);
            answer
        });
        if invocation == InvocationType::Event {
            return Ok(answer(202).into());
        }
        if let Some(parts) = streamed {
            return stream::begin(Parts::Program { parts, completion }, answer(200)).await;
        }
        completion.await.map(Invoked::from).map_err(|error| {
            tracing::error!(%error, "an invocation broke off");
            EffectError::Unavailable("functions are stopping".into())
        })
    }
}

/// What Lambda answers to an event that is not JSON: no function sees it (`InvalidRequestContentException`).
fn not_json(request_id: String, error: &serde_json::Error) -> FunctionAnswer {
    let message = format!(
        "Could not parse request body into json: Could not parse payload into json: {error}"
    );
    let document = serde_json::json!({"Type": "User", "message": message});
    FunctionAnswer {
        status: 400,
        function_error: None,
        payload: document.to_string().into_bytes().into(),
        request_id: Some(request_id),
        trace: None,
        content: None,
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("functions".into()).spawn(move || {
            let _ = runtime.block_on(stopped); // an error is a stop, too
        })?;
        Ok(Self { runtime: handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the functions' thread panicked");
        }
    }
}
