//! Content of endpoints over HTTP/2: hyper's, told of where it breaks off.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::uri::Authority;
use hyper::body::{Body as _, Incoming, SizeHint};

use super::http::effect_error;
use super::unreachable::broken_off;
use crate::body::{BodyError, poll_data};

/// The content of a response.
#[derive(Debug)]
pub(crate) struct Content {
    incoming: Incoming,
    /// Whose content it is.
    authority: Authority,
}

impl Content {
    pub(super) fn new(incoming: Incoming, authority: &Authority) -> Self {
        Self { incoming, authority: authority.clone() }
    }

    /// The next part; `None` at the end.
    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        let part = ready!(poll_data(&mut self.incoming, cx));
        let broken = |error: hyper::Error| broken_off(&self.authority, effect_error(&error));
        Poll::Ready(part.map(|part| part.map_err(broken)))
    }

    pub(crate) fn is_end(&self) -> bool {
        self.incoming.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
