//! The operator's side: health and metrics for everybody who reaches the listener, and calls that
//! tell of or change what is served, for those with the token, in the shapes of AWS's control plane.

pub(crate) mod answer;
mod caches;
mod calls;
mod connections;
mod explanations;
mod health;
mod invalidations;
mod samples;
pub(crate) mod stages;
pub mod token;
mod usage;

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gateway_core::definition::Snapshot;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::descriptors::{self, BackOff};
use crate::settings::Settings;
use crate::worker::Shared;
use answer::Answer;
use connections::Connections;
pub use invalidations::Kept as Invalidations;
use stages::Patch;

/// Longest that a request's head takes to arrive, and that a connection is idle.
const HEAD_MAX: Duration = Duration::from_secs(10);
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Longest that a call may take, the arrival of its content included.
const CALL_MAX: Duration = Duration::from_secs(60);

/// What the operator asks about.
#[derive(Debug, Clone)]
pub struct State {
    /// Metrics and logs.
    pub shared: Arc<Shared>,
    /// Whether requests are taken.
    pub ready: Arc<AtomicBool>,
    /// What is served now.
    pub current: Rc<RefCell<Current>>,
    /// Invalidations of distributions that were made.
    pub invalidations: Invalidations,
    /// Where changes are ordered; whoever reloads the configuration makes them too, one at a time.
    pub orders: mpsc::Sender<Order>,
}

/// What is served now, and what it was made of.
#[derive(Debug, Clone)]
pub struct Current {
    /// The configuration, as it was read.
    pub config: Arc<Config>,
    /// What the configuration brings besides its snapshot.
    pub settings: Arc<Settings>,
    /// The snapshot, with what the operator changed since.
    pub snapshot: Arc<Snapshot>,
}

/// A change of a stage, and who waits for it.
#[derive(Debug)]
pub struct Order {
    pub(crate) patch: Patch,
    pub(crate) done: oneshot::Sender<Answer>,
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

/// The next connection, by a descriptor of the operator's own where clients have the others.
async fn accept_one(listener: &TcpListener) -> Option<TcpStream> {
    let error = match listener.accept().await {
        Ok((stream, _)) => return Some(stream),
        Err(error) => error,
    };
    if !descriptors::are_used_up(&error) {
        return None;
    }
    let mut context = Context::from_waker(Waker::noop());
    match descriptors::with_reserve(|| listener.poll_accept(&mut context)) {
        Poll::Ready(Ok((stream, _))) => Some(stream),
        Poll::Ready(Err(_)) | Poll::Pending => None,
    }
}

async fn accept(listener: TcpListener, state: State) {
    let connections = Connections::at_most(descriptors::operators_connections_max());
    let mut back_off = BackOff::default();
    loop {
        let Some(stream) = accept_one(&listener).await else {
            back_off.wait().await;
            continue;
        };
        back_off.end();
        let Some(place) = connections.enter() else { continue };
        let state = state.clone();
        tokio::task::spawn_local(async move {
            let begin_call = place.calls();
            let service = service_fn(|request| {
                let (call, answer) = (begin_call(), calls::answer(&state, request));
                async move {
                    let answer = tokio::time::timeout(CALL_MAX, answer).await;
                    let answer = answer.unwrap_or_else(|_| Answer::unavailable("it took too long"));
                    drop(call);
                    Ok::<_, Infallible>(answer.into_response())
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_MAX)
                .max_buf_size(HEAD_BYTES_MAX)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // The operator's client left, or does not speak HTTP.
                served = connection => drop(served),
                () = place.given_up() => {}
            }
        });
    }
}
