//! Content of clients: hyper's, read on for a moment where its request is answered before its end.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Version};
use hyper::body::{Body as _, Incoming, SizeHint};

use super::{BodyError, poll_data};
use crate::perform::http::effect_error;
use crate::server::LINGER_MAX;

/// The content of a request.
///
/// Dropped before its end over HTTP/2 it is read on, and thrown away, for as long as clients of HTTP/1.1 are listened to
/// after such an answer: hyper resets the stream when nobody reads it, which clients are to take for "send no more"
/// (RFC 9113 §8.1), but some (curl up to 7.88) for an error in place of the answer that they have.
#[derive(Debug)]
pub struct ClientContent {
    /// `None` once it is dropped.
    incoming: Option<Incoming>,
    is_http2: bool,
}

impl ClientContent {
    /// A request's, apart from its head.
    pub fn of(request: Request<Incoming>) -> (Parts, Self) {
        let (head, incoming) = request.into_parts();
        let is_http2 = head.version == Version::HTTP_2;
        (head, Self { incoming: Some(incoming), is_http2 })
    }

    /// The next part; `None` at the end.
    pub(super) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let broken = |error: hyper::Error| BodyError::Broken(effect_error(&error));
        poll_data(incoming, cx).map(|part| part.map(|part| part.map_err(broken)))
    }

    pub(super) fn is_end(&self) -> bool {
        self.incoming.as_ref().is_none_or(Incoming::is_end_stream)
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(SizeHint::default, Incoming::size_hint)
    }
}

impl Drop for ClientContent {
    fn drop(&mut self) {
        let is_begun = self.is_http2 && !self.is_end();
        if let Some(incoming) = self.incoming.take().filter(|_| is_begun) {
            tokio::task::spawn_local(linger(incoming));
        }
    }
}

async fn linger(mut incoming: Incoming) {
    let reading =
        async { while let Some(Ok(_)) = poll_fn(|cx| poll_data(&mut incoming, cx)).await {} };
    tokio::time::timeout(LINGER_MAX, reading).await.ok();
}
