//! Content in flight: received from the client, received from an endpoint, or made here.

mod client;
mod error;
mod source;
mod told;
mod waiting;

use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

pub use client::ClientContent;
pub use error::BodyError;
pub(crate) use source::Source;
pub(crate) use source::poll_data;
pub(crate) use told::Unfinished;

use crate::functions;
use crate::load::Place;
use crate::pace::Pace;
use crate::perform::{http1, http2};
use waiting::Waiting;

/// Content on its way, streamed or whole. Trailers are left out: AWS forwards none.
#[derive(Debug, Default)]
pub enum Body {
    /// None at all.
    #[default]
    Empty,
    /// Whole, in memory.
    Whole(Bytes),
    /// From a connection, part by part, as fast as the receiver takes it.
    Stream(Box<Stream>),
}

/// Content that comes from a connection.
#[derive(Debug)]
pub struct Stream {
    /// What was received already, and is still to be handed on.
    front: VecDeque<Bytes>,
    source: Source,
    remaining: u64,
    waiting: Waiting,
    /// Told with the next poll.
    broken: Option<BodyError>,
    /// That of the request that it answers, which has ended with it.
    place: Option<Place>,
}

impl Body {
    /// The client's content; beyond `bytes_max` it ends in [`BodyError::TooLarge`], and in
    /// [`BodyError::Stalled`] if a part of it does not come within `part_max`.
    pub fn from_client(content: ClientContent, bytes_max: u64, part_max: Duration) -> Self {
        if content.is_end() {
            return Self::Empty;
        }
        let mut body = Self::stream(Source::Client(content), bytes_max);
        if let Self::Stream(stream) = &mut body {
            stream.waiting.at_pace(Pace::new(part_max));
        }
        body
    }

    /// An endpoint's content over HTTP/2.
    pub(crate) fn from_http2(content: http2::Content) -> Self {
        match content.is_end() {
            true => Self::Empty,
            false => Self::stream(Source::Http2(content), u64::MAX),
        }
    }

    /// An endpoint's content over HTTP/1.1.
    pub(crate) fn from_http1(content: http1::Content) -> Self {
        Self::stream(Source::Http1(content), u64::MAX)
    }

    /// A function's content.
    pub(crate) fn from_function(content: functions::Content) -> Self {
        Self::stream(Source::Function(content), u64::MAX)
    }

    /// Content of a distribution: pumped, kept or counted on its way, or from its disk.
    pub(crate) fn from_edge(content: impl Into<Source>) -> Self {
        Self::stream(content.into(), u64::MAX)
    }

    /// The same content, which breaks off where a part of it takes longer, or all of it.
    #[must_use]
    pub(crate) fn within(mut self, idle_max: Duration, ends_at: Instant) -> Self {
        if let Self::Stream(stream) = &mut self {
            stream.waiting.within(idle_max, ends_at);
        }
        self
    }

    /// The same content, which has to have come by then if it is read whole. Where it is passed on as it comes it
    /// may be waited for as long, however long its receiver takes.
    #[must_use]
    pub(crate) fn answer_by(mut self, at: Instant) -> Self {
        if let Self::Stream(stream) = &mut self {
            stream.waiting.answer_by(at);
        }
        self
    }

    /// The same content, of which no more than this is taken: beyond, it ends in [`BodyError::TooLarge`].
    #[must_use]
    pub(crate) fn at_most(mut self, bytes_max: u64) -> Self {
        if let Self::Stream(stream) = &mut self {
            let read: u64 = stream.front.iter().map(|part| part.len() as u64).sum();
            stream.remaining = stream.remaining.min(bytes_max.saturating_sub(read));
        }
        self
    }

    fn stream(source: Source, remaining: u64) -> Self {
        Self::Stream(Box::new(Stream {
            front: VecDeque::new(),
            source,
            remaining,
            waiting: Waiting::default(),
            broken: None,
            place: None,
        }))
    }

    /// Keeps the place of the request that it answers until all of it has come.
    pub(crate) fn holding(mut self, place: Place) -> Self {
        if let Self::Stream(stream) = &mut self {
            stream.place = Some(place);
        }
        self
    }

    /// How the client sends it, if it does.
    pub(crate) fn pace(&self) -> Option<Rc<Pace>> {
        match self {
            Self::Stream(stream) => stream.waiting.pace(),
            _ => None,
        }
    }

    /// The same, whole if that is at most `bytes_max` and `take` allows every part of it.
    ///
    /// # Errors
    /// When it breaks off.
    pub(crate) async fn buffer(
        self,
        bytes_max: usize,
        mut take: impl FnMut(usize) -> bool,
    ) -> Result<Self, BodyError> {
        let announced = self.size_hint().lower();
        let Self::Stream(mut stream) = self else { return Ok(self) };
        if announced > bytes_max as u64 {
            return Ok(Self::Stream(stream));
        }
        let (mut parts, mut length) = (VecDeque::new(), 0);
        let ends_at = stream.waiting.read_whole();
        while let Some(frame) = std::future::poll_fn(|cx| stream.poll_frame(cx)).await {
            let Ok(part) = frame?.into_data() else { continue };
            length += part.len();
            let is_taken = take(part.len());
            parts.push_back(part);
            if length > bytes_max || !is_taken {
                stream.front = parts;
                stream.waiting.end_at(ends_at);
                return Ok(Self::Stream(stream));
            }
        }
        Ok(match parts.len() {
            1 => parts.remove(0).unwrap_or_default().into(),
            _ => {
                let mut whole = Vec::with_capacity(length);
                parts.iter().for_each(|part| whole.extend_from_slice(part));
                whole.into()
            }
        })
    }

    /// All of it, if that is at most `bytes_max`.
    ///
    /// # Errors
    /// When it is more, or breaks off.
    pub async fn collect(mut self, bytes_max: usize) -> Result<Bytes, BodyError> {
        self.collect_counted(bytes_max, |_| true).await
    }

    /// How it begins: all of it, or more than `bytes_max` where there is more. It is still there whole.
    ///
    /// # Errors
    /// When it breaks off, or `take` does not allow a part of it.
    pub(crate) async fn peek(
        &mut self,
        bytes_max: usize,
        mut take: impl FnMut(usize) -> bool,
    ) -> Result<Bytes, BodyError> {
        let stream = match self {
            Self::Empty => return Ok(Bytes::new()),
            Self::Whole(bytes) => return Ok(bytes.clone()),
            Self::Stream(stream) => stream,
        };
        let mut first = Vec::new();
        while first.len() <= bytes_max {
            let part = std::future::poll_fn(|cx| stream.poll_frame(cx)).await.transpose()?;
            let Some(part) = part.map(Frame::into_data) else {
                let whole = Bytes::from(first);
                *self = whole.clone().into();
                return Ok(whole);
            };
            let Ok(part) = part else { continue };
            if !take(part.len()) {
                return Err(BodyError::Overloaded);
            }
            first.extend_from_slice(&part);
        }
        let first = Bytes::from(first);
        stream.front.push_front(first.clone());
        Ok(first)
    }

    /// All of it, if that is at most `bytes_max` and `take` allows every part of it. Nothing is left of
    /// it then; else it is still there as it came, and breaks off where it broke off.
    ///
    /// # Errors
    /// When it is more, or breaks off.
    pub(crate) async fn collect_counted(
        &mut self,
        bytes_max: usize,
        mut take: impl FnMut(usize) -> bool,
    ) -> Result<Bytes, BodyError> {
        if self.size_hint().lower() > bytes_max as u64 {
            return Err(BodyError::TooLarge);
        }
        let ends_at = match self {
            Self::Stream(stream) => stream.waiting.read_whole(),
            Self::Empty | Self::Whole(_) => None,
        };
        let mut first = Bytes::new();
        let mut rest = Vec::new();
        let (error, part) = loop {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await;
            let part = match frame.map(|frame| frame.map(Frame::into_data)) {
                None => return Ok(if rest.is_empty() { first } else { rest.into() }),
                Some(Err(error)) => break (error, None),
                Some(Ok(Err(_trailers))) => continue,
                Some(Ok(Ok(part))) => part,
            };
            if first.len() + rest.len() + part.len() > bytes_max {
                break (BodyError::TooLarge, Some(part));
            }
            if !take(part.len()) {
                break (BodyError::Overloaded, Some(part));
            }
            if first.is_empty() && rest.is_empty() {
                first = part;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&std::mem::take(&mut first));
                }
                rest.extend_from_slice(&part);
            }
        };
        let read = if rest.is_empty() { first } else { rest.into() };
        if let Self::Stream(stream) = self {
            stream.waiting.end_at(ends_at);
        }
        self.give_back(read, part, &error);
        Err(error)
    }

    /// Puts back what was read before an error: that of a part that was too much, or its own.
    fn give_back(&mut self, read: Bytes, part: Option<Bytes>, error: &BodyError) {
        match (self, part) {
            (Self::Stream(stream), part) => {
                if part.is_none() {
                    stream.broken = Some(error.clone());
                }
                let parts = [Some(read), part].into_iter().flatten().filter(|p| !p.is_empty());
                parts.rev().for_each(|part| stream.front.push_front(part));
            }
            (body, Some(part)) => *body = part.into(),
            (_, None) => {}
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Whole(bytes) }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stream(stream) => stream.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(_) => false,
            Self::Stream(stream) => stream.front.is_empty() && stream.source.is_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

impl Stream {
    fn size_hint(&self) -> SizeHint {
        let front: u64 = self.front.iter().map(|part| part.len() as u64).sum();
        let rest = self.source.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(front + rest.lower());
        if let Some(upper) = rest.upper() {
            hint.set_upper(front.saturating_add(upper));
        }
        hint
    }

    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(part) = self.front.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let Poll::Ready(part) = self.source.poll_part(cx) else {
            return self.waiting.poll(cx).map(|error| Some(Err(error)));
        };
        let bytes = part.as_ref().map(|part| part.as_ref().map_or(0, Bytes::len));
        if let Err(error) = self.waiting.comes(bytes) {
            return Poll::Ready(Some(Err(error)));
        }
        if let Some(Err(error)) = part {
            // hyper drops what it has not sent yet when content breaks off: what came before goes
            // first.
            self.broken = Some(error);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(part.map(|part| {
            let part = part?;
            let remaining = self.remaining.checked_sub(part.len() as u64);
            self.remaining = remaining.ok_or(BodyError::TooLarge)?;
            Ok(Frame::data(part))
        }))
    }
}
