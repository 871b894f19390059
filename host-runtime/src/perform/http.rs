//! `SendRequest`: a pooled HTTP client, streaming both ways.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::effect::EffectError;
use http::{HeaderValue, Method, Request, Response, Uri, Version, header};
use hyper::body::Body as _;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::connect::connect;
use super::keys::FetchDocument;
use super::pool::{Origin, Pool, Sender};
use super::trust::Trust;
use crate::body::{Body, BodyError};

/// Sends requests from one thread, over connections of its own. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct HttpClient {
    pool: Rc<Pool>,
}

/// An extension of requests whose endpoint's certificate anybody may have issued.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnyAuthority;

impl HttpClient {
    /// A client without connections, which trusts these certificate authorities.
    pub fn new(trust: &Arc<Trust>) -> Self {
        Self { pool: Rc::new(Pool::new(Arc::clone(trust))) }
    }

    /// Sends a request with an absolute URI and waits for the final response's header section.
    ///
    /// Framing fields are the client's own: `Content-Length` and the like are replaced by what the
    /// content is. `rebuild` makes the same request again if its content is still there; with it, a
    /// request that a reused connection lost is sent once more (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
    ///
    /// # Errors
    /// As [`EffectError`] says. Dropping the future ends the request.
    pub async fn send(
        &self,
        request: Request<Body>,
        rebuild: Option<&dyn Fn() -> Option<Request<Body>>>,
        timeout: Duration,
    ) -> Result<Response<Body>, EffectError> {
        let pace = request.body().pace();
        let sending = self.send_or_retry(request, rebuild);
        let Some(pace) = pace else {
            let sent = tokio::time::timeout(timeout, sending).await;
            return sent.unwrap_or(Err(EffectError::TimedOut));
        };
        // AWS asks an endpoint when it has all content: the time that the client takes is its own.
        let begun = Instant::now();
        let mut sending = pin!(sending);
        loop {
            let deadline = begun + timeout + pace.waited();
            match tokio::time::timeout_at(deadline, sending.as_mut()).await {
                Ok(sent) => return sent,
                Err(_) if begun + timeout + pace.waited() <= Instant::now() => {
                    return Err(EffectError::TimedOut);
                }
                Err(_) => {}
            }
        }
    }

    async fn send_or_retry(
        &self,
        request: Request<Body>,
        rebuild: Option<&dyn Fn() -> Option<Request<Body>>>,
    ) -> Result<Response<Body>, EffectError> {
        let origin = origin_of(&request)?;
        let mut request = ready_to_send(request)?;
        while let Some(sender) = self.pool.take(&origin) {
            // An answer that never came may have been acted upon: only what may be repeated is.
            let repeatable = request.method().is_idempotent();
            match self.send_on(sender, &origin, request).await {
                Ok(response) => return Ok(response),
                Err(Failed { unsent: Some(back), .. }) => request = *back,
                Err(failed) => {
                    let again = rebuild.filter(|_| repeatable && failed.lost).and_then(|f| f());
                    let Some(again) = again else { return Err(failed.error) };
                    request = ready_to_send(again)?;
                    break;
                }
            }
        }
        let sender = connect(&origin, self.pool.trust()).await?;
        if let Sender::Http2(sender) = &sender {
            self.pool.share(&origin, sender);
        }
        self.send_on(sender, &origin, request).await.map_err(|failed| failed.error)
    }

    async fn send_on(
        &self,
        mut sender: Sender,
        origin: &Origin,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Failed> {
        let sent = match &mut sender {
            Sender::Http1(sender) => {
                to_origin_form(&mut request);
                sender.try_send_request(request).await
            }
            Sender::Http2(sender) => {
                to_http2(&mut request);
                sender.try_send_request(request).await
            }
        };
        match sent {
            Ok(response) => Ok(self.received(response, sender, origin)),
            Err(mut error) => {
                let unsent = error.take_message().map(|mut request| {
                    restore_uri(&mut request, origin);
                    Box::new(request)
                });
                let error = error.into_error();
                let lost = error.is_incomplete_message() || error.is_closed() || is_reset(&error);
                Err(Failed { unsent, lost, error: effect_error(&error) })
            }
        }
    }

    fn received(
        &self,
        response: Response<Incoming>,
        sender: Sender,
        origin: &Origin,
    ) -> Response<Body> {
        let lease = self.pool.lease(origin.clone(), sender);
        response.map(|incoming| Body::from_endpoint(incoming, lease))
    }
}

struct Failed {
    /// The request, if not a byte of it was sent.
    unsent: Option<Box<Request<Body>>>,
    /// The connection ended before the first byte of an answer.
    lost: bool,
    error: EffectError,
}

impl FetchDocument for HttpClient {
    async fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        timeout_ms: u32,
    ) -> Result<Vec<u8>, EffectError> {
        let fetching = async {
            let request = Request::get(url)
                .header(header::ACCEPT, "application/json")
                .body(Body::Empty)
                .map_err(|e| EffectError::Unavailable(format!("{url}: {e}")))?;
            let response = self.send_or_retry(request, None).await?;
            if response.status() != http::StatusCode::OK {
                return Err(EffectError::Unavailable(format!("{url}: {}", response.status())));
            }
            let content = response.into_body().collect(bytes_max).await.map_err(body_error)?;
            Ok(content.into())
        };
        let timeout = Duration::from_millis(timeout_ms.into());
        tokio::time::timeout(timeout, fetching).await.unwrap_or(Err(EffectError::TimedOut))
    }
}

/// What a failure of content means to the pipeline.
pub(crate) fn body_error(error: BodyError) -> EffectError {
    match error {
        BodyError::TooLarge => EffectError::TooLarge,
        BodyError::Idle => EffectError::TimedOut,
        BodyError::Stalled => EffectError::Stalled,
        BodyError::Overloaded => EffectError::Overloaded,
        BodyError::Broken(error) => effect_error(&error),
    }
}

fn origin_of(request: &Request<Body>) -> Result<Origin, EffectError> {
    let uri = request.uri();
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(EffectError::Unavailable(format!("{uri} is no http or https URL"))),
    };
    let authority = uri.authority().filter(|a| !a.host().is_empty()).cloned();
    let authority = authority.ok_or_else(|| EffectError::Unavailable(format!("{uri}: no host")))?;
    let any_authority = request.extensions().get::<AnyAuthority>().is_some();
    Ok(Origin { tls, any_authority, authority })
}

/// `Host` where the request sets none, and only the framing that its content has.
fn ready_to_send(mut request: Request<Body>) -> Result<Request<Body>, EffectError> {
    let authority = request.uri().authority().map(|a| {
        // User information is not part of `Host` (RFC 9110 §7.2).
        a.as_str().rsplit_once('@').map_or(a.as_str(), |(_, host)| host).to_owned()
    });
    if !request.headers().contains_key(header::HOST) {
        let value = HeaderValue::try_from(authority.unwrap_or_default())
            .map_err(|e| EffectError::Unavailable(format!("{}: {e}", request.uri())))?;
        request.headers_mut().insert(header::HOST, value);
    }
    request.headers_mut().remove(header::CONTENT_LENGTH);
    request.headers_mut().remove(header::TRANSFER_ENCODING);
    if let (Some(length), true) = (request.body().size_hint().exact(), expects_content(&request)) {
        request.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    } else if request.body().size_hint().exact().is_none() {
        // Said in so many words: hyper leaves the content of a GET out otherwise.
        let chunked = HeaderValue::from_static("chunked");
        request.headers_mut().insert(header::TRANSFER_ENCODING, chunked);
    }
    Ok(request)
}

/// Whether a `Content-Length` belongs there, be it 0 (RFC 9110 §8.6).
fn expects_content(request: &Request<Body>) -> bool {
    !request.body().is_end_stream()
        || matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
}

fn to_origin_form(request: &mut Request<Body>) {
    *request.version_mut() = Version::HTTP_11;
    let target = request.uri().path_and_query().cloned();
    *request.uri_mut() = target.map_or_else(Uri::default, Uri::from);
}

/// `Host` becomes `:authority` (RFC 9113 §8.3.1); fields of the connection are no more.
fn to_http2(request: &mut Request<Body>) {
    *request.version_mut() = Version::HTTP_2;
    let host = request.headers_mut().remove(header::HOST);
    let authority = host.and_then(|h| http::uri::Authority::try_from(h.as_bytes()).ok());
    if let Some(authority) = authority {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.authority = Some(authority);
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
    for name in [header::CONNECTION, header::TE, header::TRANSFER_ENCODING, header::UPGRADE] {
        request.headers_mut().remove(name);
    }
}

/// Undoes [`to_origin_form`] for a request that came back unsent.
fn restore_uri(request: &mut Request<Body>, origin: &Origin) {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    let scheme = if origin.tls { http::uri::Scheme::HTTPS } else { http::uri::Scheme::HTTP };
    parts.scheme = Some(scheme);
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    }
    match (request.version(), &parts.authority) {
        (Version::HTTP_2, Some(host)) => {
            if let Ok(host) = HeaderValue::from_str(host.as_str()) {
                request.headers_mut().insert(header::HOST, host);
            }
        }
        _ => parts.authority = Some(origin.authority.clone()),
    }
    parts.authority = Some(origin.authority.clone());
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
}

fn is_reset(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    io_error(error).is_some_and(|kind| {
        matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
    })
}

fn io_error(error: &hyper::Error) -> Option<std::io::ErrorKind> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = error.source();
    }
    None
}

fn effect_error(error: &hyper::Error) -> EffectError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        match cause.downcast_ref::<BodyError>() {
            Some(BodyError::TooLarge) => return EffectError::TooLarge,
            Some(BodyError::Idle) => return EffectError::TimedOut,
            Some(BodyError::Stalled) => return EffectError::Stalled,
            Some(BodyError::Overloaded) => return EffectError::Overloaded,
            Some(BodyError::Broken(_)) => return EffectError::Cancelled,
            None => source = cause.source(),
        }
    }
    let mut reason = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        reason = format!("{reason}: {cause}");
    }
    if error.is_parse() || error.is_parse_status() {
        EffectError::Malformed(reason)
    } else {
        EffectError::Unavailable(reason)
    }
}
