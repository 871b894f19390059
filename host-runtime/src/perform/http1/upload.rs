//! A request on its way: its head and its content, written as fast as the endpoint takes them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use gateway_core::effect::EffectError;
use hyper::body::Body as _;
use tokio::io::AsyncWrite;

use super::head::Framing;
use crate::body::{Body, BodyError};

/// What has not been written yet of a request.
#[derive(Debug)]
pub(super) struct Upload {
    /// The head, later a chunk's size: written before `part`.
    before: Vec<u8>,
    written_before: usize,
    part: Bytes,
    /// Written after `part`.
    after: &'static [u8],
    /// Where further parts come from.
    content: Body,
    framing: Framing,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// More content may come.
    Open,
    /// Everything is in the buffers.
    Ended,
    /// Everything has been written, or there is no use in it.
    Done { whole: bool },
}

/// Why a request cannot be sent.
#[derive(Debug)]
pub(super) enum UploadError {
    /// Its content broke off.
    Content(BodyError),
    /// The connection takes nothing any more; it may still have an answer.
    Connection(io::Error),
}

impl Upload {
    /// `before` is the head.
    pub(super) fn new(before: Vec<u8>, content: Body, framing: Framing) -> Self {
        let (part, after) = (Bytes::new(), &b""[..]);
        Self { before, written_before: 0, part, after, content, framing, state: State::Open }
    }

    /// Whether the whole request has been written.
    pub(super) fn is_whole(&self) -> bool {
        self.state == State::Done { whole: true }
    }

    /// The room that the head took, for the next one.
    pub(super) fn into_room(self) -> Vec<u8> {
        let mut room = self.before;
        room.clear();
        room
    }

    /// Writes what can be written. Ready when nothing more will be, and after that.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut stream: Pin<&mut (impl AsyncWrite + ?Sized)>,
    ) -> Poll<Result<(), UploadError>> {
        if let State::Done { .. } = self.state {
            return Poll::Ready(Ok(()));
        }
        let polled = self.poll_open(cx, stream.as_mut());
        if let Poll::Ready(result) = &polled {
            self.state = State::Done { whole: result.is_ok() };
            self.content = Body::Empty;
        }
        polled
    }

    fn poll_open(
        &mut self,
        cx: &mut Context<'_>,
        mut stream: Pin<&mut (impl AsyncWrite + ?Sized)>,
    ) -> Poll<Result<(), UploadError>> {
        loop {
            if self.part.is_empty() && self.after.is_empty() && self.state == State::Open {
                self.poll_content(cx)?;
            }
            let before = &self.before[self.written_before..];
            if before.is_empty() && self.part.is_empty() && self.after.is_empty() {
                let flushed = stream.as_mut().poll_flush(cx).map_err(UploadError::Connection)?;
                return if self.state == State::Ended { flushed.map(Ok) } else { Poll::Pending };
            }
            let parts = [before, &self.part, self.after].map(IoSlice::new);
            // One part by far the most often: what has no content is its head.
            let written = match parts[1].is_empty() && parts[2].is_empty() {
                true => stream.as_mut().poll_write(cx, before),
                false => stream.as_mut().poll_write_vectored(cx, &parts),
            };
            match ready!(written).map_err(UploadError::Connection)? {
                0 => {
                    let error = io::ErrorKind::WriteZero.into();
                    return Poll::Ready(Err(UploadError::Connection(error)));
                }
                length => self.advance(length),
            }
        }
    }

    /// Takes the next part of the content, if it is there, and frames it.
    fn poll_content(&mut self, cx: &mut Context<'_>) -> Result<(), UploadError> {
        while self.part.is_empty() && self.state == State::Open {
            if self.content.is_end_stream() {
                return self.end();
            }
            let Poll::Ready(frame) = Pin::new(&mut self.content).poll_frame(cx) else {
                return Ok(());
            };
            match frame {
                None => return self.end(),
                Some(frame) => {
                    let frame = frame.map_err(UploadError::Content)?;
                    // An empty chunk would be the last one.
                    self.part = frame.into_data().unwrap_or_default();
                }
            }
        }
        self.frame()
    }

    fn frame(&mut self) -> Result<(), UploadError> {
        match &mut self.framing {
            Framing::None => Err(not_as_announced()),
            Framing::Length(remaining) => {
                let rest = remaining.checked_sub(self.part.len() as u64);
                *remaining = rest.ok_or_else(not_as_announced)?;
                Ok(())
            }
            Framing::Chunked => {
                if self.written_before == self.before.len() {
                    self.before.clear();
                    self.written_before = 0;
                }
                self.before.extend_from_slice(format!("{:x}\r\n", self.part.len()).as_bytes());
                self.after = b"\r\n";
                Ok(())
            }
        }
    }

    fn end(&mut self) -> Result<(), UploadError> {
        self.state = State::Ended;
        match self.framing {
            Framing::None | Framing::Length(0) => {}
            Framing::Length(_) => return Err(not_as_announced()),
            Framing::Chunked => self.after = b"0\r\n\r\n",
        }
        Ok(())
    }

    fn advance(&mut self, mut length: usize) {
        let before = length.min(self.before.len() - self.written_before);
        self.written_before += before;
        length -= before;
        let part = length.min(self.part.len());
        self.part.advance(part);
        self.after = &self.after[length - part..];
    }
}

fn not_as_announced() -> UploadError {
    let reason = "content is not as long as it was announced".into();
    UploadError::Content(BodyError::Broken(EffectError::Malformed(reason)))
}
