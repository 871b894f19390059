//! `SendRequest`: a pooled HTTP client, streaming both ways.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gateway_core::effect::EffectError;
use http::uri::Authority;
use http::{Request, Response, StatusCode, Uri, Version, header};
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;

use super::connect::connect;
use super::keys::FetchDocument;
use super::outgoing::OutgoingRequest;
use super::pool::{Idle, Pool, Sender};
use super::received;
use super::trust::Trust;
use super::unreachable;
use super::{http1, http2};
use crate::body::{Body, BodyError};
use crate::section::{Section, header_map};

/// Sends requests from one thread, over connections of its own. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct HttpClient {
    pool: Rc<Pool>,
}

/// What an endpoint answered. Over HTTP/2 names are in lower case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) section: Section,
    pub(crate) body: Body,
}

impl Answer {
    /// As hyper has responses.
    fn into_response(self) -> Result<Response<Body>, EffectError> {
        let lines: Vec<_> = self.section.iter().collect();
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = header_map(&lines).map_err(EffectError::Malformed)?;
        Ok(response)
    }

    fn of_http2(response: Response<Incoming>, authority: &Authority) -> Result<Self, EffectError> {
        let (head, body) = response.into_parts();
        let section = Section::from(&head.headers);
        received::check(&section)?;
        let body = Body::from_http2(http2::Content::new(body, authority));
        Ok(Self { status: head.status, section, body })
    }
}

impl HttpClient {
    /// A client without connections, which trusts these certificate authorities.
    pub fn new(trust: &Arc<Trust>) -> Self {
        Self { pool: Rc::new(Pool::new(Arc::clone(trust))) }
    }

    /// Sends a request of the host's own; see `send_outgoing`.
    ///
    /// Framing fields are the client's own: `Content-Length` and the like are replaced by what the
    /// content is.
    ///
    /// # Errors
    /// As [`EffectError`] says. Dropping the future ends the request.
    pub async fn send(
        &self,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Response<Body>, EffectError> {
        self.send_own(request, timeout).await?.into_response()
    }

    /// As [`Self::send`], with the lines of the answer as they came.
    pub(crate) async fn send_own(
        &self,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Answer, EffectError> {
        let (head, content) = request.into_parts();
        let head = Request::from_parts(head, ());
        self.send_outgoing(&OutgoingRequest::own(&head)?, content, timeout).await
    }

    /// As [`Self::send`], where whoever asks tells itself of what goes wrong.
    pub(crate) async fn send_quietly(
        &self,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Response<Body>, EffectError> {
        let (head, content) = request.into_parts();
        let head = Request::from_parts(head, ());
        self.send_within(&OutgoingRequest::own(&head)?, content, timeout).await?.into_response()
    }

    /// Sends a request and waits for the final response's header section.
    ///
    /// If its content is still there, a request that a reused connection lost is sent once more
    /// (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
    ///
    /// # Errors
    /// As [`EffectError`] says. Dropping the future ends the request.
    pub(crate) async fn send_outgoing(
        &self,
        request: &OutgoingRequest<'_>,
        content: Body,
        timeout: Duration,
    ) -> Result<Answer, EffectError> {
        let answer = self.send_within(request, content, timeout).await;
        answer.inspect_err(|error| unreachable::tell(&request.origin.authority, error))
    }

    async fn send_within(
        &self,
        request: &OutgoingRequest<'_>,
        content: Body,
        timeout: Duration,
    ) -> Result<Answer, EffectError> {
        let pace = content.pace();
        let sending = self.send_or_retry(request, content);
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
        request: &OutgoingRequest<'_>,
        mut content: Body,
    ) -> Result<Answer, EffectError> {
        let again = match &content {
            Body::Empty => Some(Body::Empty),
            Body::Whole(bytes) => Some(Body::Whole(bytes.clone())),
            Body::Stream(_) => None,
        };
        // An answer that never came may have been acted upon: only what may be repeated is.
        let again = again.filter(|_| request.method.is_idempotent());
        let home = self.pool.of(&request.origin);
        while let Some(sender) = home.take() {
            match send_on(sender, &home, request, content).await {
                Ok(response) => return Ok(response),
                Err(Failed { unsent: Some(back), .. }) => content = back,
                Err(failed) => match again.filter(|_| failed.lost) {
                    Some(again) => {
                        content = again;
                        break;
                    }
                    None => return Err(failed.error),
                },
            }
        }
        let sender = connect(&request.origin, self.pool.trust()).await?;
        if let Sender::Http2(sender) = &sender {
            home.share(sender);
        }
        send_on(sender, &home, request, content).await.map_err(|failed| failed.error)
    }
}

struct Failed {
    /// The content, if not a byte of the request was sent.
    unsent: Option<Body>,
    /// The connection ended before the first byte of an answer.
    lost: bool,
    error: EffectError,
}

async fn send_on(
    sender: Sender,
    home: &Rc<Idle>,
    request: &OutgoingRequest<'_>,
    content: Body,
) -> Result<Answer, Failed> {
    let mut sender = match sender {
        Sender::Http1(connection) => {
            let answered = connection.exchange(request, content, home).await;
            return answered.map_err(|http1::Failed { lost, error }| Failed {
                unsent: None,
                lost,
                error,
            });
        }
        Sender::Http2(sender) => sender,
    };
    let authority = &request.origin.authority;
    let request = http2_request(request, content);
    let request = request.map_err(|error| Failed { unsent: None, lost: false, error })?;
    match sender.try_send_request(request).await {
        Ok(response) => Answer::of_http2(response, authority).map_err(|error| Failed {
            unsent: None,
            lost: false,
            error,
        }),
        Err(mut error) => {
            let unsent = error.take_message().map(Request::into_body);
            let error = error.into_error();
            let lost = error.is_incomplete_message() || error.is_closed() || is_reset(&error);
            Err(Failed { unsent, lost, error: effect_error(&error) })
        }
    }
}

/// `Host` becomes `:authority` (RFC 9113 §8.3.1), and content frames itself.
fn http2_request(
    request: &OutgoingRequest<'_>,
    content: Body,
) -> Result<Request<Body>, EffectError> {
    let mut sent = request.to_request(content)?;
    *sent.version_mut() = Version::HTTP_2;
    sent.headers_mut().remove(header::HOST);
    if let Ok(host) = Authority::try_from(request.host()) {
        let mut parts = std::mem::take(sent.uri_mut()).into_parts();
        parts.authority = Some(host);
        *sent.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
    match sent.body().size_hint().exact() {
        Some(length) if length > 0 || request.expects_content() => {
            sent.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        _ => {}
    }
    Ok(sent)
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
                .body(())
                .map_err(|e| EffectError::Unavailable(format!("{url}: {e}")))?;
            let head = OutgoingRequest::own(&request)?;
            let answer = self.send_or_retry(&head, Body::Empty).await?;
            if answer.status != StatusCode::OK {
                return Err(EffectError::Unavailable(format!("{url}: {}", answer.status)));
            }
            let content = answer.body.collect(bytes_max).await.map_err(body_error)?;
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
        BodyError::Broken(error) => error,
    }
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

/// What a failure of hyper's means to the pipeline.
pub(crate) fn effect_error(error: &hyper::Error) -> EffectError {
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
