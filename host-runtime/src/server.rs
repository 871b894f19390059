//! Clients' connections: HTTP/1.1 and HTTP/2 (by ALPN, or with prior
//! knowledge), bounded in every direction.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::activity::{self, Activity, Sending, Written};
use crate::arrival::{Peer, arrive};
use crate::body::{Body, ClientContent};
use crate::descriptors::{BackOff, Refusals};
use crate::drive::drive;
use crate::edge;
use crate::explained::{self, Explained};
use crate::framing::own_response;
use crate::host::Place;
use crate::local::StreamExecutor;
use crate::spelling::{Heads, Left, Noted};
use crate::worker::{Connections, OpenConnection, Worker};

/// Most connections on one thread; beyond it, the next ones wait in the listener's queue.
const CONNECTIONS_MAX: usize = 16_384;
/// Longest wait for a client's first bytes, and between two signs of life of an HTTP/2 connection.
const FIRST_BYTES_MAX: Duration = Duration::from_secs(60);
/// When the host goes down: longest wait for the rest of a head, and for an HTTP/2 client to have heard of it.
const LAST_HEAD_MAX: Duration = Duration::from_secs(1);
/// Longest that a client is listened to after its answer.
pub(crate) const LINGER_MAX: Duration = Duration::from_secs(2);
/// Largest head that is parsed at all; what AWS allows is less, and answered in AWS's way.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// The same over HTTP/2, where each field counts 32 bytes more (RFC 9113 §6.5.2). Of a larger one nobody here hears: h2
/// answers 431 by itself, without content, and ends the connection at four times as much. As large as leaves each
/// `:path` one that `http` takes: h2 would reset the stream of a longer one without any answer.
const HEADER_LIST_MAX: u32 = 64 * 1024;
/// Most requests at a time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;

/// A listener, and what it is.
pub(crate) struct Listener {
    pub(crate) listener: TcpListener,
    pub(crate) place: Place,
}

/// Accepts connections until it is stopped; those that wait in the queue then are taken too.
pub(crate) async fn accept(
    worker: Rc<Worker>,
    listener: Listener,
    mut stop: watch::Receiver<bool>,
    ended: watch::Receiver<bool>,
) {
    let Listener { listener, place } = listener;
    let place = Rc::new(place);
    let port = listener.local_addr().map_or(0, |address| address.port());
    let start = |(stream, address)| {
        let peer = Peer::new(address, port, place.vpc_endpoint_id.clone());
        let peer = peer.of_distribution(place.distribution_id.clone());
        let (worker, place, ended) = (Rc::clone(&worker), Rc::clone(&place), ended.clone());
        tokio::task::spawn_local(serve(worker, place, stream, peer, ended));
    };
    let (mut refusals, mut back_off) = (Refusals::default(), BackOff::default());
    loop {
        while worker.connections.count() >= CONNECTIONS_MAX {
            worker.connections.one_closed().await;
        }
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    back_off.end();
                    if let Some(stream) = refusals.unless_reserved(stream).await {
                        start((stream, address));
                    }
                }
                Err(error) => accept_failed(&error, &mut refusals, &mut back_off, &listener).await,
            },
            _ = stop.changed() => break,
        }
    }
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Ok(accepted)) = listener.poll_accept(&mut context) {
        start(accepted);
    }
}

/// A connection that was reset before it was accepted is nothing; one for which there is no file
/// descriptor is told so.
async fn accept_failed(
    error: &io::Error,
    refusals: &mut Refusals,
    back_off: &mut BackOff,
    listener: &TcpListener,
) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        return;
    }
    if refusals.refuse_one(error, listener).await {
        return;
    }
    tracing::warn!(%error, "a connection cannot be accepted");
    back_off.wait().await;
}

/// A connection from its first byte on: in clear text, or after a handshake.
async fn serve(
    worker: Rc<Worker>,
    place: Rc<Place>,
    stream: TcpStream,
    peer: Peer,
    mut ended: watch::Receiver<bool>,
) {
    let open = Connections::open(&worker);
    stream.set_nodelay(true).ok(); // slower answers, not wrong ones
    if !place.is_tls {
        let Some(http2) = first_bytes(&stream, &mut ended).await else { return };
        return serve_http(worker, open, stream, http2, peer, ended).await;
    }
    let tls = || Arc::clone(&worker.settings.borrow().tls);
    let shaken = tokio::select! {
        shaken = worker.handshakes.shake(tls, &place, peer.address(), stream) => shaken,
        _ = ended.wait_for(|ended| *ended) => return,
    };
    let Some((stream, session)) = shaken else { return };
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let peer = peer.with_session(Some(session));
    // In a box: connections in clear text take no memory for it.
    Box::pin(serve_http(Rc::clone(&worker), open, stream, http2, peer, ended)).await;
}

/// Waits for a client to begin: whether with HTTP/2. `None` if it has sent nothing in time, or until the host goes down.
async fn first_bytes(stream: &TcpStream, ended: &mut watch::Receiver<bool>) -> Option<bool> {
    let mut begun = pin!(tokio::time::timeout(FIRST_BYTES_MAX, begins_http2(stream)));
    let begun = tokio::select! {
        biased;
        begun = begun.as_mut() => begun,
        _ = ended.wait_for(|ended| *ended) => {
            stream.peek(&mut [0]).now_or_never()?.ok()?;
            begun.await
        }
    };
    begun.ok()
}

async fn serve_http<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    worker: Rc<Worker>,
    open: OpenConnection,
    stream: S,
    http2: bool,
    peer: Peer,
    mut ended: watch::Receiver<bool>,
) {
    let left = Left::default();
    let heads = (!http2).then(Heads::default);
    let address = peer.address();
    let peer = Rc::new(peer.with_heads(heads.clone()));
    let activity = Activity::new(http2);
    let stream = Written::new(stream, activity.clone());
    let service = {
        let (worker, activity) = (Rc::clone(&worker), activity.clone());
        service_fn(move |request| {
            answer(Rc::clone(&worker), Rc::clone(&peer), activity.request(), request)
        })
    };
    let mut too_long = pin!(activity.too_long());
    let served = match heads {
        Some(heads) => {
            let begun = heads.clone();
            let mut connection =
                pin!(http1::Builder::new().max_buf_size(HEAD_BYTES_MAX).serve_connection(
                    TokioIo::new(Noted::new(stream, heads, activity.clone(), Rc::clone(&left))),
                    service
                ));
            tokio::select! {
                biased;
                served = connection.as_mut() => served,
                () = too_long.as_mut() => return,
                _ = ended.wait_for(|ended| *ended) => {
                    // hyper would close a connection that was used before, half a head or not. The answer ends it.
                    if !begun.are_begun() {
                        connection.as_mut().graceful_shutdown();
                    }
                    tokio::select! {
                        biased;
                        served = connection => served,
                        () = too_long => return,
                        () = between_requests(&activity) => Ok(()),
                    }
                }
            }
        }
        None => {
            let mut connection = pin!(
                http2::Builder::new(StreamExecutor(activity.clone()))
                    .timer(TokioTimer::new())
                    .max_concurrent_streams(STREAMS_MAX)
                    .max_header_list_size(HEADER_LIST_MAX)
                    .keep_alive_interval(FIRST_BYTES_MAX)
                    .serve_connection(TokioIo::new(stream), service)
            );
            tokio::select! {
                biased;
                served = connection.as_mut() => served,
                () = too_long.as_mut() => return,
                _ = ended.wait_for(|ended| *ended) => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        biased;
                        served = connection => served,
                        () = too_long => return,
                        () = between_requests(&activity) => Ok(()),
                    }
                }
            }
        }
    };
    if let Err(error) = served {
        // The client's affair: it left, was silent, or sent what is not HTTP (and was answered so).
        tracing::debug!(%address, %error, "a connection ended");
    }
    drop(open);
    if let Some(stream) = left.take() {
        linger(stream).await;
    }
}

/// Waits until a connection that takes no more requests has none under way. hyper itself waits without end: for the
/// rest of a head, and for HTTP/2 clients to acknowledge that they were told (RFC 9113 §6.8).
async fn between_requests(activity: &Activity) {
    loop {
        tokio::time::sleep(LAST_HEAD_MAX).await;
        if activity.is_between_responses() {
            return;
        }
    }
}

/// Reads what a client still sends that was answered before its end. Closed with bytes unread, a
/// connection is reset, and the client may lose the answer (RFC 9112 §9.6).
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let reading = async {
        stream.shutdown().await?;
        let mut waste = vec![0; 16 * 1024];
        while stream.read(&mut waste).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::time::timeout(LINGER_MAX, reading).await.ok();
}

/// Whether the client begins with HTTP/2's preface (RFC 9113 §3.4): no method begins so.
///
/// What was seen is seen again until more comes, so the waits grow and end: a client that sends one
/// letter and no more costs a few looks, and is HTTP/1.1's affair then.
async fn begins_http2(stream: &TcpStream) -> bool {
    let mut start = [0; 4];
    let mut wait = Duration::from_millis(5);
    loop {
        match stream.peek(&mut start).await {
            Ok(length @ 1..4)
                if start[..length] == b"PRI "[..length] && wait < Duration::from_secs(1) =>
            {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            Ok(length) => return start[..length] == *b"PRI ",
            Err(_) => return false, // whoever reads next finds the same error
        }
    }
}

async fn answer(
    worker: Rc<Worker>,
    peer: Rc<Peer>,
    activity: activity::Request,
    request: Request<Incoming>,
) -> Result<Response<Sending>, Infallible> {
    let version = request.version();
    let is_reused = peer.asks_again();
    let Some(in_flight) = worker.shared.load.enter() else {
        drop(ClientContent::of(request));
        let full = own_response(503, "ServiceUnavailableException", "Service Unavailable");
        return Ok(full.map(|body| activity.respond(body, &worker.shared.memory)));
    };
    let activity = activity.counted(in_flight);
    let edge = edge::find(&worker.settings.borrow().distributions, &peer, &request);
    if let Some(edge) = edge {
        // In a box: requests for APIs take no memory for it.
        let mut response =
            Box::pin(edge::answer(&worker, (&peer, is_reused), &edge, request)).await;
        keep_account(&worker, &mut response);
        close_with_the_host(&worker, version, &mut response);
        return Ok(response.map(|body| activity.respond(body, &worker.shared.memory)));
    }
    let mut response = match arrive(&worker, &peer, request) {
        Ok((arrival, client, contents)) => drive(&worker, arrival, client, contents).await,
        Err(refused) => {
            worker.shared.metrics.refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            *refused
        }
    };
    keep_account(&worker, &mut response);
    close_with_the_host(&worker, version, &mut response);
    Ok(response.map(|body| activity.respond(body, &worker.shared.memory)))
}

/// The account that the operator asked for, if they did: kept, with its id in the response.
fn keep_account(worker: &Worker, response: &mut Response<Body>) {
    let Some(explained) = response.extensions_mut().remove::<Explained>() else { return };
    if let Ok(id) = HeaderValue::from_str(explained.id()) {
        response.headers_mut().insert(explained::RESPONSE_FIELD, id);
    }
    worker.shared.explanations.keep(explained);
}

fn close_with_the_host(worker: &Worker, version: http::Version, response: &mut Response<Body>) {
    if worker.connections.closing.get() && version < http::Version::HTTP_2 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}
