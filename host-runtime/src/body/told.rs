//! Content on its way to a client, of which the access log tells when it has ended.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway_core::effect::{Came, Late};
use hyper::body::SizeHint;

use super::source::Source;
use super::{Body, BodyError, Stream};
use crate::drive::now;
use crate::perform::access_log::AccessLogBuffer;

/// An entry of an access log that is complete when the answer's content has ended. It is written when it is
/// dropped: whoever leaves before the end ends it.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(crate) log: AccessLogBuffer,
    pub(crate) destination: String,
    pub(crate) line: String,
    pub(crate) late: Vec<Late>,
    /// `ended` is not known yet.
    pub(crate) came: Came,
}

impl Unfinished {
    fn count(&mut self, bytes: u64) {
        if bytes > 0 {
            self.came.first.get_or_insert_with(now);
        }
        self.came.length += bytes;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let came = Came { ended: now(), ..self.came };
        self.log.write(&self.destination, &Late::complete(&self.line, &self.late, came));
    }
}

/// Content that an entry waits for.
#[derive(Debug)]
pub(crate) struct Told {
    source: Source,
    entry: Option<Unfinished>,
}

impl Body {
    /// The same content, with whose end the entry is written.
    pub(crate) fn telling(self, mut entry: Unfinished) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Whole(bytes) => {
                entry.count(bytes.len() as u64);
                Self::Whole(bytes)
            }
            Self::Stream(stream) => {
                let Stream { front, source, .. } = &*stream;
                entry.count(front.iter().map(|part| part.len() as u64).sum());
                let is_end = source.is_end();
                let stream = *stream;
                let entry = (!is_end).then_some(entry);
                let source = Source::Told(Box::new(Told { source: stream.source, entry }));
                Self::Stream(Box::new(Stream { source, ..stream }))
            }
        }
    }
}

impl Told {
    pub(super) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        let part = ready!(self.source.poll_part(cx));
        match (&part, &mut self.entry) {
            (Some(Ok(part)), Some(entry)) => entry.count(part.len() as u64),
            _ => self.entry = None,
        }
        // Whoever reads may know the length, and not ask for the end.
        if self.source.is_end() {
            self.entry = None;
        }
        Poll::Ready(part)
    }

    pub(super) fn is_end(&self) -> bool {
        self.source.is_end()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}
