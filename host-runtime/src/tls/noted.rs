//! A stream whose beginning is noted, for as long as somebody needs it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use waf::CLIENT_HELLO_BYTES_MAX;

/// A stream, and what was read from it first.
#[derive(Debug)]
pub(crate) struct Noted<S> {
    stream: S,
    noted: Option<Vec<u8>>,
}

impl<S> Noted<S> {
    /// Notes what is read from the stream from now on, if that is wanted.
    pub(super) fn new(stream: S, is_wanted: bool) -> Self {
        Self { stream, noted: is_wanted.then(Vec::new) }
    }

    /// What was read so far; no more is noted.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        self.noted.take()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if let Some(noted) = &mut self.noted {
            let bytes = &into.filled()[before..];
            let room = CLIENT_HELLO_BYTES_MAX - noted.len();
            noted.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
