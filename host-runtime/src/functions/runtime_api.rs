//! The Lambda Runtime API, served to one process of a function.
//!
//! AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", API version
//! 2018-06-01. A process asks for its next invocation, handles it, posts the response, and asks again.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use super::pool::Event;
use crate::descriptors::BackOff;

/// Largest response of a function: 6 MB (Lambda quota, "Invocation payload"), with room for a
/// streamed one's framing.
const RESPONSE_BYTES_MAX: usize = 6 * 1024 * 1024 + 1024;
/// Largest streamed response: 200 MB (Lambda quota, "Invocation payload").
const STREAMED_BYTES_MAX: usize = 200 * 1024 * 1024;
/// Connections of one process: clients use one, some two.
const CONNECTIONS_MAX: usize = 64;
/// Longest that what a process wrote may take to come after it has exited.
const LATE_MAX: Duration = Duration::from_secs(1);
const VERSION: &str = "/2018-06-01/runtime/";

/// One event on its way to a process.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) event: Event,
    /// From when the process takes it.
    pub(super) timeout: Duration,
    /// Dropped or sent when the process takes it.
    pub(super) taken: oneshot::Sender<()>,
    /// Dropped without an answer when the response breaks off.
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What a process made of an invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// `…/response`
    Response(Bytes),
    /// `…/error`: the error document.
    Error(Bytes),
}

/// The Runtime API of one process.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    to_process: mpsc::Sender<Invocation>,
    next: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    in_flight: Mutex<Option<InFlight>>,
    init_error: watch::Sender<Option<Bytes>>,
    /// How many connections the process has.
    connections: watch::Sender<usize>,
}

#[derive(Debug)]
struct InFlight {
    request_id: String,
    answer: oneshot::Sender<Answer>,
    parts: Option<mpsc::Sender<Bytes>>,
}

impl RuntimeApi {
    pub(super) fn new() -> Arc<Self> {
        let (to_process, next) = mpsc::channel(1);
        Arc::new(Self {
            to_process,
            next: tokio::sync::Mutex::new(next),
            in_flight: Mutex::default(),
            init_error: watch::Sender::new(None),
            connections: watch::Sender::new(0),
        })
    }

    /// Hands an invocation to the process, which takes it when it asks for its next one; false if
    /// it has not taken the one before.
    pub(super) fn invoke(&self, invocation: Invocation) -> bool {
        self.to_process.try_send(invocation).is_ok()
    }

    /// Waits for the error document that the process posts when it cannot begin.
    pub(super) async fn init_failed(&self) -> Bytes {
        let mut document = self.init_error.subscribe();
        // The sender lives as long as `self`: there is always a document in the end, or no end.
        let document = document.wait_for(Option::is_some).await;
        document.ok().and_then(|document| document.clone()).unwrap_or_default()
    }

    /// Waits until the process has no connection. What a process wrote before it exited may come
    /// later than that it has: it sends small parts without `TCP_NODELAY`. What it started in a session of
    /// their own may keep its connections open for as long as they like.
    pub(super) async fn disconnected(&self) {
        let mut connections = self.connections.subscribe();
        let disconnected = connections.wait_for(|&connections| connections == 0);
        let _ = tokio::time::timeout(LATE_MAX, disconnected).await;
    }

    /// Serves the process's connections until the task is dropped.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = tokio::task::JoinSet::new();
        let mut back_off = BackOff::default();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                back_off.wait().await;
                continue;
            };
            back_off.end();
            while connections.try_join_next().is_some() {}
            if connections.len() == CONNECTIONS_MAX {
                connections.join_next().await;
            }
            self.connections.send_modify(|connections| *connections += 1);
            let (api, of) = (Arc::clone(&self), Arc::clone(&self));
            let service = service_fn(move |request| {
                let api = Arc::clone(&api);
                async move { Ok::<_, Infallible>(api.answer(request).await) }
            });
            connections.spawn(async move {
                let connection = hyper::server::conn::http1::Builder::new();
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                of.connections.send_modify(|connections| *connections -= 1);
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let Some(rest) = path.strip_prefix(VERSION) else {
            return error(StatusCode::NOT_FOUND, "ResourceNotFound", "no such resource");
        };
        match (request.method(), rest) {
            (&Method::GET, "invocation/next") => self.next().await,
            (&Method::POST, "init/error") => match read(request).await {
                Ok(Answer::Response(document) | Answer::Error(document)) => {
                    self.init_error.send_replace(Some(document));
                    accepted()
                }
                Err(refused) => refused.response(),
            },
            (&Method::POST, rest) => self.completed(rest, request).await,
            (&Method::GET, _) => {
                error(StatusCode::NOT_FOUND, "ResourceNotFound", "no such resource")
            }
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "no such method"),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(Invocation { event, timeout, taken, answer }) =
            self.next.lock().await.recv().await
        else {
            return error(StatusCode::GONE, "Shutdown", "no more invocations");
        };
        let deadline_ms =
            epoch_ms().saturating_add(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        let mut response = Response::builder();
        if let Some(client_context) = &event.client_context {
            response = response.header("Lambda-Runtime-Client-Context", client_context.as_slice());
        }
        let response = response
            .header(header::CONTENT_TYPE, "application/json")
            .header("Lambda-Runtime-Aws-Request-Id", &event.request_id)
            .header("Lambda-Runtime-Deadline-Ms", deadline_ms)
            .header("Lambda-Runtime-Invoked-Function-Arn", &event.function_arn)
            .header("Lambda-Runtime-Trace-Id", &event.trace_id)
            .body(Full::new(event.payload));
        let Event { request_id, parts, .. } = event;
        *lock(&self.in_flight) = Some(InFlight { request_id, answer, parts });
        let _ = taken.send(()); // nobody waits any more after a timeout
        response.unwrap_or_else(|_| {
            // A function's name with characters that no field value has.
            lock(&self.in_flight).take();
            error(StatusCode::INTERNAL_SERVER_ERROR, "InvalidInvocation", "no valid header fields")
        })
    }

    /// `invocation/{id}/response` and `invocation/{id}/error`.
    async fn completed(&self, rest: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let parts = rest.strip_prefix("invocation/").and_then(|rest| rest.split_once('/'));
        let Some((request_id, outcome @ ("response" | "error"))) = parts else {
            return error(StatusCode::NOT_FOUND, "ResourceNotFound", "no such resource");
        };
        let content = match self.take_parts(request_id).filter(|_| outcome == "response") {
            Some(parts) => pass_on(request, &parts).await,
            None => read(request).await,
        };
        let Some(in_flight) = self.take_in_flight(request_id) else {
            return error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
        };
        let (answer, status) = match content {
            Ok(Answer::Response(content)) if outcome == "error" => {
                (Answer::Error(content), accepted())
            }
            Ok(answer) => (answer, accepted()),
            Err(Refused::TooLarge) => {
                (Answer::Error(TOO_LARGE.into()), Refused::TooLarge.response())
            }
            Err(Refused::BrokenOff) => return Refused::BrokenOff.response(),
        };
        let _ = in_flight.answer.send(answer); // nobody listens any more after a timeout
        status
    }

    /// Where the response to a streaming invocation goes: to one of two that a runtime may send.
    fn take_parts(&self, request_id: &str) -> Option<mpsc::Sender<Bytes>> {
        let mut in_flight = lock(&self.in_flight);
        in_flight.as_mut().filter(|in_flight| in_flight.request_id == request_id)?.parts.take()
    }

    fn take_in_flight(&self, request_id: &str) -> Option<InFlight> {
        lock(&self.in_flight).take_if(|in_flight| in_flight.request_id == request_id)
    }
}

/// Why content of a process was not taken.
enum Refused {
    TooLarge,
    BrokenOff,
}

impl Refused {
    fn response(self) -> Response<Full<Bytes>> {
        const TOO_LARGE: &str = "Exceeded maximum allowed payload size (6291556 bytes).";
        match self {
            Self::TooLarge => {
                error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", TOO_LARGE)
            }
            Self::BrokenOff => {
                error(StatusCode::BAD_REQUEST, "TruncatedResponse", "the content broke off")
            }
        }
    }
}

/// Milliseconds since 1970.
pub(super) fn epoch_ms() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis() as u64)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads content whole, a streamed response too, if the gateway's integration waits for all of it.
async fn read(request: Request<Incoming>) -> Result<Answer, Refused> {
    let content = Limited::new(request.into_body(), RESPONSE_BYTES_MAX).collect().await;
    let content = content.map_err(|error| match error.is::<LengthLimitError>() {
        true => Refused::TooLarge,
        false => Refused::BrokenOff,
    })?;
    let failed = content.trailers().and_then(failure);
    Ok(failed.unwrap_or_else(|| Answer::Response(content.to_bytes())))
}

/// Passes content on part by part, no faster than it is taken. Where nobody takes it any more the
/// function runs on, as Lambda's do.
async fn pass_on(
    request: Request<Incoming>,
    parts: &mpsc::Sender<Bytes>,
) -> Result<Answer, Refused> {
    let is_streamed = request
        .headers()
        .get("lambda-runtime-function-response-mode")
        .is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"));
    let bytes_max = if is_streamed { STREAMED_BYTES_MAX } else { RESPONSE_BYTES_MAX };
    let mut content = Limited::new(request.into_body(), bytes_max);
    while let Some(frame) = content.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => Refused::TooLarge,
            false => Refused::BrokenOff,
        })?;
        match frame.into_data() {
            Ok(part) => {
                let _ = parts.send(part).await; // the client may have left
            }
            Err(frame) => {
                if let Some(failed) = frame.trailers_ref().and_then(failure) {
                    return Ok(failed);
                }
            }
        }
    }
    Ok(Answer::Response(Bytes::new()))
}

/// A stream that fails midway says so in its trailers ("Response streaming", custom runtimes).
fn failure(trailers: &header::HeaderMap) -> Option<Answer> {
    let error_type = trailers.get("lambda-runtime-function-error-type")?;
    let document = trailers
        .get("lambda-runtime-function-error-body")
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let document = document.unwrap_or_else(|| {
        let error_type = String::from_utf8_lossy(error_type.as_bytes());
        serde_json::json!({"errorType": error_type}).to_string().into()
    });
    Some(Answer::Error(document.into()))
}

const TOO_LARGE: &str = r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#;

fn accepted() -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.into())
}

fn error(status: StatusCode, error_type: &str, message: &str) -> Response<Full<Bytes>> {
    json(status, format!(r#"{{"errorType":"{error_type}","errorMessage":"{message}"}}"#))
}

fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_outlives_its_process_is_not_waited_for_for_long() {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (api, begun) = (RuntimeApi::new(), tokio::time::Instant::now());
            api.disconnected().await;
            assert_eq!(begun.elapsed(), Duration::ZERO);
            api.connections.send_replace(1);
            let waits = tokio::time::timeout(10 * LATE_MAX, api.disconnected()).await;
            assert_eq!((waits, begun.elapsed()), (Ok(()), LATE_MAX));
        });
    }
}
