//! HTTP/1.1 with endpoints: a request and its response at a time on a connection.
//!
//! Most requests that the gateway serves end here, so it is lean: the head of a request is written
//! from where its fields stand, everything happens in the task that waits for it, and a response
//! that came in one piece is passed on in one. hyper's client, which this stands in for, costs a
//! task, two channels and four wake-ups a request (`docs/benchmarks.md`).

mod decoder;
mod head;
mod upload;

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use gateway_core::effect::EffectError;
use http::Method;
use http::uri::Authority;
use hyper::body::Body as _;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use super::connect::Connection;
use super::http::Answer;
use super::outgoing::OutgoingRequest;
use super::pool::Idle;
use super::received::{self, HEAD_BYTES_MAX};
use super::unreachable::broken_off;
use crate::body::{Body, BodyError};
use decoder::{Decoded, Decoder};
use head::{Framing, Head, Length, Parsed};
use upload::{Upload, UploadError};

/// Room for a read of a head, with the content that comes along.
const HEAD_READ: usize = 8 * 1024;
/// Most room for a read of content.
const CONTENT_READ: usize = 64 * 1024;

/// A connection between two exchanges.
pub(crate) struct Http1 {
    stream: Connection,
    /// Room for the next head.
    room: Vec<u8>,
}

/// Why a request has no response.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The connection ended before the first byte of an answer.
    pub(crate) lost: bool,
    pub(crate) error: EffectError,
}

impl Http1 {
    pub(super) fn new(stream: Connection) -> Self {
        Self { stream, room: Vec::new() }
    }

    /// Whether the endpoint has neither closed the connection nor said anything unasked.
    pub(crate) fn is_alive(&mut self) -> bool {
        let mut byte = [0];
        let mut context = Context::from_waker(Waker::noop());
        let read = Pin::new(&mut self.stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte));
        read.is_pending()
    }

    /// Sends a request, and waits for the head of its response. The connection goes back to `home` when
    /// the content has been read, and can be used again.
    pub(crate) async fn exchange(
        mut self,
        request: &OutgoingRequest<'_>,
        content: Body,
        home: &Rc<Idle>,
    ) -> Result<Answer, Failed> {
        let framing = match content.size_hint().exact() {
            None => Framing::Chunked,
            Some(0) if !request.expects_content() => Framing::None,
            Some(length) => Framing::Length(length),
        };
        head::write(&mut self.room, request, framing);
        let upload = Upload::new(std::mem::take(&mut self.room), content, framing);
        let received = BytesMut::new();
        let mut exchange = Exchange { stream: self.stream, received, is_answered: false, upload };
        let (head, rest) =
            std::future::poll_fn(|cx| exchange.poll_head(cx, &request.method)).await?;
        Ok(exchange.respond(head, rest, home, &request.origin.authority))
    }
}

/// A connection in use.
struct Exchange {
    stream: Connection,
    /// Received, and not read yet.
    received: BytesMut,
    /// Whether anything has been received at all.
    is_answered: bool,
    upload: Upload,
}

impl Exchange {
    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        method: &Method,
    ) -> Poll<Result<(Head, Bytes), Failed>> {
        let failed = |error| Failed { lost: false, error };
        self.poll_upload(cx).map_err(|error| failed(content_error(error)))?;
        loop {
            let before = self.received.len();
            self.received.reserve(HEAD_READ);
            let read = ready!(self.poll_read(cx));
            let ended = !matches!(read, Ok(1..));
            self.is_answered |= !ended;
            if ended || before == 0 || head::may_be_whole(&self.received, before) {
                let received = std::mem::take(&mut self.received);
                match head::parse(received, method) {
                    Ok(Parsed::Final(head, rest)) => return Poll::Ready(Ok((head, rest))),
                    Ok(Parsed::Partial(bytes)) => self.received = bytes,
                    Err(error) => return Poll::Ready(Err(failed(error))),
                }
            }
            if ended {
                let lost = !self.is_answered;
                return Poll::Ready(Err(Failed {
                    lost,
                    error: end_before("the response", read.err()),
                }));
            }
            if self.received.len() > HEAD_BYTES_MAX {
                return Poll::Ready(Err(failed(received::too_large())));
            }
        }
    }

    /// Sends on what there is to send. A connection that takes no more may still have an answer.
    fn poll_upload(&mut self, cx: &mut Context<'_>) -> Result<(), BodyError> {
        match self.upload.poll(cx, Pin::new(&mut self.stream)) {
            Poll::Ready(Err(UploadError::Content(error))) => Err(error),
            Poll::Ready(Err(UploadError::Connection(error))) => {
                tracing::debug!(%error, "an endpoint takes no more of a request");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        pin!(self.stream.read_buf(&mut self.received)).poll(cx)
    }

    /// `rest`: what came after the head.
    fn respond(
        self,
        head: Head,
        mut rest: Bytes,
        home: &Rc<Idle>,
        authority: &Authority,
    ) -> Answer {
        let is_persistent = head.is_persistent;
        let body = match head.length {
            Length::Exactly(length) if length <= rest.len() as u64 => {
                let content = rest.split_to(length as usize);
                self.end(is_persistent && rest.is_empty(), home);
                content.into()
            }
            length => {
                let decoder = Decoder::new(length);
                // What was read with the head is content, or makes the connection useless.
                let exchange = Self { received: BytesMut::from(rest), ..self };
                let (exchange, home) = (Some(exchange), Rc::clone(home));
                let authority = authority.clone();
                Body::from_http1(Content { exchange, decoder, is_persistent, home, authority })
            }
        };
        Answer { status: head.status, section: head.section, body }
    }

    /// Gives the connection back, if another request can be sent on it.
    fn end(self, is_persistent: bool, home: &Rc<Idle>) {
        if is_persistent && self.upload.is_whole() && self.received.is_empty() {
            home.put(Http1 { stream: self.stream, room: self.upload.into_room() });
        }
    }
}

/// The content of a response that comes part by part. Dropped before its end, it closes the
/// connection.
pub(crate) struct Content {
    /// `None` at the end.
    exchange: Option<Exchange>,
    decoder: Decoder,
    is_persistent: bool,
    home: Rc<Idle>,
    /// Whose content it is.
    authority: Authority,
}

impl Content {
    /// The next part; `None` at the end.
    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(exchange) = &mut self.exchange else { return Poll::Ready(None) };
        exchange.poll_upload(cx)?;
        loop {
            let decoded = self.decoder.decode(&mut exchange.received);
            match decoded.map_err(|reason| {
                broken_off(&self.authority, EffectError::Malformed(reason.into()))
            })? {
                Decoded::Part(part) => {
                    if self.decoder.remaining() == Some(0) {
                        self.end();
                    }
                    return Poll::Ready(Some(Ok(part)));
                }
                Decoded::End => {
                    self.end();
                    return Poll::Ready(None);
                }
                Decoded::More => {}
            }
            let most = self.decoder.remaining().map_or(CONTENT_READ, |remaining| {
                usize::try_from(remaining)
                    .map_or(CONTENT_READ, |n| n.clamp(HEAD_READ, CONTENT_READ))
            });
            exchange.received.reserve(most);
            match ready!(exchange.poll_read(cx)) {
                Ok(1..) => {}
                Ok(0) if self.decoder.ends_with_connection() => {
                    self.exchange = None;
                    return Poll::Ready(None);
                }
                read => {
                    let error = end_before("its content was whole", read.err());
                    let error = broken_off(&self.authority, error);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.exchange.is_none()
    }

    /// How much is to come, if that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.decoder.remaining()
    }

    fn end(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.end(self.is_persistent, &self.home);
        }
    }
}

impl fmt::Debug for Http1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1").finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("decoder", &self.decoder).finish_non_exhaustive()
    }
}

/// The client's content broke off: to the endpoint, the client has left.
fn content_error(error: BodyError) -> EffectError {
    match error {
        BodyError::TooLarge => EffectError::TooLarge,
        BodyError::Idle => EffectError::TimedOut,
        BodyError::Stalled => EffectError::Stalled,
        BodyError::Overloaded => EffectError::Overloaded,
        BodyError::Broken(_) => EffectError::Cancelled,
    }
}

/// A connection ended too early.
fn end_before(what: &str, error: Option<io::Error>) -> EffectError {
    let reason = error.map_or_else(|| "it was closed".into(), |error| error.to_string());
    EffectError::Unavailable(format!("the connection ended before {what}: {reason}"))
}
