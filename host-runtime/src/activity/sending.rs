//! The content of a response, on its way to the client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::Request;
use crate::body::{Body, BodyError};
use crate::memory::{Memory, Share};

/// Whole content below this is not worth counting.
const COUNTED_BYTES_MIN: usize = 64 * 1024;
/// Most that hyper is given at once. It takes any content in one piece, and asks for more when that is
/// written: asked for nothing more, one would not know whether the client takes any of it.
const PART_BYTES_MAX: usize = 64 * 1024;
/// The same for HTTP/2, where it is all that tells of a stream: as much as one frame has.
const STREAM_PART_BYTES_MAX: usize = 16 * 1024;

pub(super) fn part_bytes_max(request: &Request) -> usize {
    match request.stream {
        Some(_) => STREAM_PART_BYTES_MAX,
        None => PART_BYTES_MAX,
    }
}

/// The content of a response, on its way to the client.
#[derive(Debug)]
pub(crate) struct Sending {
    body: Body,
    /// What hyper gets next of a larger part.
    rest: Bytes,
    request: Request,
    /// What a client that takes its time keeps in memory.
    _share: Option<Share>,
}

impl Sending {
    pub(super) fn new(body: Body, request: Request, memory: &Arc<Memory>) -> Self {
        let share = match &body {
            Body::Whole(bytes) if bytes.len() >= COUNTED_BYTES_MIN => {
                let mut share = memory.share();
                share.note(bytes.len());
                Some(share)
            }
            _ => None,
        };
        Self { body, rest: Bytes::new(), request, _share: share }
    }

    /// Of a part, what hyper is given now.
    fn cut(&mut self, mut part: Bytes) -> Bytes {
        self.rest = part.split_off(part_bytes_max(&self.request).min(part.len()));
        part
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // Asked for more: what was given before has been taken.
        if !self.rest.is_empty() || matches!(self.body, Body::Stream(_)) {
            self.request.progress();
        }
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(Frame::data(self.cut(rest)))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(part) => Frame::data(self.cut(part)),
                Err(other) => other,
            })
        }))
    }
    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}
