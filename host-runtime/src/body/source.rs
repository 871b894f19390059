//! Where content comes from, part by part.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as _, Incoming, SizeHint};

use super::told::Told;
use super::{BodyError, ClientContent};
use crate::edge;
use crate::functions;
use crate::perform::{http1, http2};

/// Where content comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A client.
    Client(ClientContent),
    /// An endpoint over HTTP/1.1.
    Http1(http1::Content),
    /// An endpoint over HTTP/2.
    Http2(http2::Content),
    /// A function.
    Function(functions::Content),
    /// What a distribution reads for its viewer.
    Pumped(Box<edge::Pumped>),
    /// What is kept on its way, by a distribution.
    Kept(Box<edge::Keeping>),
    /// What a distribution has on disk.
    Disk(Box<edge::DiskContent>),
    /// What an access log tells of when it has ended.
    Told(Box<Told>),
    /// What is counted on its way, for a distribution's log.
    Logged(Box<edge::Logged>),
}

impl Source {
    pub(super) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        match self {
            Self::Client(content) => content.poll_part(cx),
            Self::Http1(content) => content.poll_part(cx),
            Self::Http2(content) => content.poll_part(cx),
            Self::Function(content) => content.poll_part(cx),
            Self::Kept(keeping) => keeping.poll_part(cx),
            Self::Logged(logged) => logged.poll_part(cx),
            Self::Told(told) => told.poll_part(cx),
            Self::Pumped(pumped) => pumped.poll_part(cx),
            Self::Disk(content) => content.poll_part(cx),
        }
    }

    pub(super) fn is_end(&self) -> bool {
        match self {
            Self::Client(content) => content.is_end(),
            Self::Http1(content) => content.is_end(),
            Self::Http2(content) => content.is_end(),
            Self::Function(content) => content.is_end(),
            Self::Kept(keeping) => keeping.is_end(),
            Self::Logged(logged) => logged.is_end(),
            Self::Told(told) => told.is_end(),
            Self::Pumped(pumped) => pumped.is_end(),
            Self::Disk(content) => content.remaining() == 0,
        }
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Client(content) => content.size_hint(),
            Self::Http2(content) => content.size_hint(),
            Self::Function(_) => SizeHint::default(),
            Self::Kept(keeping) => keeping.size_hint(),
            Self::Logged(logged) => logged.size_hint(),
            Self::Told(told) => told.size_hint(),
            Self::Pumped(pumped) => pumped.size_hint(),
            Self::Disk(content) => SizeHint::with_exact(content.remaining()),
            Self::Http1(content) => {
                content.remaining().map_or_else(SizeHint::default, SizeHint::with_exact)
            }
        }
    }
}

/// The next part of hyper's content, trailers left out.
pub(crate) fn poll_data(
    incoming: &mut Incoming,
    cx: &mut Context<'_>,
) -> Poll<Option<hyper::Result<Bytes>>> {
    loop {
        return Poll::Ready(match ready!(Pin::new(&mut *incoming).poll_frame(cx)) {
            None => None,
            Some(Err(error)) => Some(Err(error)),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(part) => Some(Ok(part)),
                Err(_trailers) => continue,
            },
        });
    }
}

impl From<edge::Pumped> for Source {
    fn from(content: edge::Pumped) -> Self {
        Self::Pumped(Box::new(content))
    }
}

impl From<edge::Keeping> for Source {
    fn from(content: edge::Keeping) -> Self {
        Self::Kept(Box::new(content))
    }
}

impl From<edge::Logged> for Source {
    fn from(content: edge::Logged) -> Self {
        Self::Logged(Box::new(content))
    }
}

impl From<edge::DiskContent> for Source {
    fn from(content: edge::DiskContent) -> Self {
        Self::Disk(Box::new(content))
    }
}
