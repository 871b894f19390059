//! The operator's side: `/healthz`, `/readyz`, `/metrics`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::worker::Shared;

/// Most connections at a time.
const CONNECTIONS_MAX: usize = 64;
const HEAD_MAX: Duration = Duration::from_secs(10);

/// What the operator asks about.
#[derive(Debug, Clone)]
pub struct State {
    /// Metrics and logs.
    pub shared: Arc<Shared>,
    /// Whether requests are taken.
    pub ready: Arc<AtomicBool>,
}

/// A listener for the operator; it ends when this is dropped.
#[derive(Debug)]
pub struct Admin {
    /// Where it is.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Admin {
    /// Serves the operator at this address, on the current thread.
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub async fn start(address: SocketAddr, state: State) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            std::io::Error::new(error.kind(), format!("listening at {address} (admin): {error}"))
        })?;
        let address = listener.local_addr()?;
        Ok(Self { address, task: tokio::task::spawn_local(accept(listener, state)) })
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, state: State) {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let state = state.clone();
        tokio::task::spawn_local(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let response = answer(&state, &request);
                async move { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_MAX)
                .serve_connection(TokioIo::new(stream), service);
            connection.await.ok(); // the operator's client left, or does not speak HTTP
        });
    }
}

fn answer(state: &State, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/healthz") => (StatusCode::OK, "ok\n".into()),
        (&Method::GET | &Method::HEAD, "/readyz") => match state.ready.load(Relaxed) {
            true => (StatusCode::OK, "ready\n".into()),
            false => (StatusCode::SERVICE_UNAVAILABLE, "going down\n".into()),
        },
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let dropped_lines = state.shared.access_log.dropped_lines();
            let content_bytes = state.shared.memory.held();
            (StatusCode::OK, state.shared.metrics.to_text(dropped_lines, content_bytes))
        }
        (_, "/healthz" | "/readyz" | "/metrics") => {
            (StatusCode::METHOD_NOT_ALLOWED, "GET it\n".into())
        }
        _ => (StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics\n".into()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
