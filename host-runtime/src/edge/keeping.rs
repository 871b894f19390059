//! Content on its way to a viewer, and into the cache when all of it has come. What memory does not take is written to
//! disk on its way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use gateway_core::effect::EffectError;
use gateway_core::stage_cache::Ending;
use http_cache::{ByteRange, Policy, Stored, join};
use hyper::body::{Body as _, SizeHint};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::disk::{Disk, Sink};
use super::store::{Contents, Object, Objects};
use crate::body::{Body, BodyError};
use crate::drive::now;
use crate::memory::{Memory, Share};
use crate::perform::stage_caches::Flight;

/// Longest that content waits for the disk; beyond, it is not stored.
const DISK_WAIT_MAX: Duration = Duration::from_secs(1);

/// Keeps what passes. Dropped before its end, nothing is stored, and one of those who wait takes over.
#[derive(Debug)]
pub(crate) struct Keeping {
    content: Body,
    parts: Vec<Bytes>,
    length: u64,
    /// `None` when it is done, one way or another.
    landing: Option<Landing>,
    /// Where it is written while it comes.
    sink: Option<Sink>,
    patience: Option<Pin<Box<tokio::time::Sleep>>>,
}

/// Content that is read by a task of its own.
#[derive(Debug)]
pub(crate) struct Pumped {
    received: UnboundedReceiver<Piece>,
    /// `None` where the origin does not say.
    remaining: Option<u64>,
    /// What is left to read at the viewer's pace.
    rest: Option<Box<Keeping>>,
    /// All of it, where its length is known.
    _share: Option<Share>,
}

#[derive(Debug)]
enum Piece {
    /// Counted until the viewer has it, where all of it is not.
    Part(Result<Bytes, BodyError>, Option<Share>),
    /// Memory has no room for more of it.
    Rest(Box<Keeping>),
    End,
}

impl Pumped {
    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            if let Some(rest) = &mut self.rest {
                return rest.poll_part(cx);
            }
            let part = match ready!(self.received.poll_recv(cx)) {
                Some(Piece::Part(part, _share)) => part,
                Some(Piece::Rest(rest)) => {
                    self.rest = Some(rest);
                    continue;
                }
                Some(Piece::End) => return Poll::Ready(None),
                // Whoever read it is gone: this is not all.
                None => Err(BodyError::Broken(EffectError::Unavailable("it broke off".into()))),
            };
            if let (Ok(part), Some(remaining)) = (&part, &mut self.remaining) {
                *remaining = remaining.saturating_sub(part.len() as u64);
            }
            return Poll::Ready(Some(part));
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.remaining == Some(0)
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.remaining.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Where content is stored.
#[derive(Debug)]
pub(super) struct Landing {
    pub(super) flight: Flight<Objects>,
    pub(super) stored: Stored,
    pub(super) policy: Policy,
    /// What is there of the key if nothing is: its distribution and target.
    pub(super) empty: Objects,
    /// The object that this one stands in for.
    pub(super) gone: Option<Arc<Object>>,
    pub(super) expected: Option<u64>,
    /// Most that memory takes.
    pub(super) bytes_max: u64,
    pub(super) disk: Option<Arc<Disk>>,
    /// What counts the content while it is kept; `None`: somebody else does.
    pub(super) share: Option<Share>,
}

impl Keeping {
    /// Content that memory does not take: past it onto the disk, if there is one. Nobody waits for it.
    pub(super) fn start_on_disk(content: Body, landing: Landing) -> Body {
        let mut keeping = Self::new(content, landing);
        keeping.spill();
        if keeping.sink.is_some() { Body::from_edge(keeping) } else { keeping.content }
    }

    fn new(content: Body, landing: Landing) -> Self {
        let (parts, landing) = (Vec::new(), Some(landing));
        Self { content, parts, length: 0, landing, sink: None, patience: None }
    }

    /// The same at the origin's pace, not the viewer's: those who wait for it wait for no slow viewer, and one
    /// that leaves takes nothing with it. All of it may have to wait here; `share` counts that.
    pub(super) fn pump(content: Body, length: u64, share: Share, landing: Landing) -> Body {
        Self::pumped(Self::new(content, landing), Some(length), Some(share), None)
    }

    /// The same of content of no known length, for as long as there is room in memory and in the cache.
    pub(super) fn pump_unmeasured(content: Body, memory: Arc<Memory>, landing: Landing) -> Body {
        let mut keeping = Self::new(content, landing);
        if keeping.content.is_end_stream() {
            keeping.finish();
            return keeping.content;
        }
        Self::pumped(keeping, None, None, Some(memory))
    }

    fn pumped(
        mut self,
        remaining: Option<u64>,
        share: Option<Share>,
        memory: Option<Arc<Memory>>,
    ) -> Body {
        let (parts, received) = unbounded_channel();
        tokio::task::spawn_local(async move {
            while let Some(part) = std::future::poll_fn(|cx| self.poll_part(cx)).await {
                let (is_broken, length) = (part.is_err(), part.as_ref().map_or(0, Bytes::len));
                let mut share = memory.as_ref().map(Memory::share);
                let has_room = share.as_mut().is_none_or(|share| share.take(length));
                parts.send(Piece::Part(part, share)).ok(); // the viewer may have left
                if is_broken {
                    return;
                }
                if memory.is_some() && !(has_room && self.is_kept_in_memory()) {
                    parts.send(Piece::Rest(Box::new(self))).ok();
                    return;
                }
            }
            parts.send(Piece::End).ok();
        });
        Body::from_edge(Pumped { received, remaining, rest: None, _share: share })
    }

    /// Or nothing is left to keep.
    fn is_kept_in_memory(&self) -> bool {
        self.sink.is_none() && (self.landing.is_some() || self.content.is_end_stream())
    }

    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        ready!(self.poll_disk(cx));
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.content).poll_frame(cx)) else {
                self.finish();
                return Poll::Ready(None);
            };
            let part = match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(part)) => part,
                Ok(Err(_trailers)) => continue,
                Err(error) => {
                    (self.landing, self.sink) = (None, None);
                    return Poll::Ready(Some(Err(error)));
                }
            };
            self.keep(&part);
            // Whoever reads may know the length, and not ask for the end.
            if self.content.is_end_stream() || self.is_all() {
                self.finish();
            }
            return Poll::Ready(Some(Ok(part)));
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.content.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }

    /// Ready when the disk takes more, or is not waited for any longer.
    fn poll_disk(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(sink) = &self.sink else { return Poll::Ready(()) };
        if sink.poll_room(cx).is_ready() {
            self.patience = None;
            return Poll::Ready(());
        }
        let sleep = || Box::pin(tokio::time::sleep(DISK_WAIT_MAX));
        ready!(self.patience.get_or_insert_with(sleep).as_mut().poll(cx));
        (self.landing, self.sink) = (None, None);
        Poll::Ready(())
    }

    fn keep(&mut self, part: &Bytes) {
        let Some(landing) = &mut self.landing else { return };
        self.length += part.len() as u64;
        if let Some(sink) = &mut self.sink {
            if !sink.write(part.clone()) {
                (self.landing, self.sink) = (None, None);
            }
            return;
        }
        let share = &mut landing.share;
        let has_room = share.as_mut().is_none_or(|share| share.take(part.len()));
        self.parts.push(part.clone());
        if self.length > landing.bytes_max || !has_room {
            self.spill();
        }
    }

    /// On to the disk with what has come, and with what comes; or nothing is kept any longer.
    fn spill(&mut self) {
        let parts = std::mem::take(&mut self.parts);
        let Some(mut landing) = self.landing.take() else { return };
        landing.flight.let_go(now());
        landing.share = None;
        let digest = landing.flight.digest();
        let sink = landing.disk.as_ref().and_then(|disk| Sink::begin(disk, digest));
        let Some(mut sink) = sink else { return landing.flight.answered(now()) };
        if parts.into_iter().all(|part| sink.write(part)) {
            (self.landing, self.sink) = (Some(landing), Some(sink));
        }
    }

    fn is_all(&self) -> bool {
        self.landing.as_ref().is_some_and(|landing| landing.expected == Some(self.length))
    }

    fn finish(&mut self) {
        let (sink, length) = (self.sink.take(), self.length);
        let Some(landing) = self.landing.take() else { return };
        if landing.expected.is_some_and(|expected| expected != length) {
            return landing.flight.answered(now());
        }
        if let Some(sink) = sink {
            return sink.finish(|contents| landing.land(contents));
        }
        let mut content = Vec::with_capacity(length as usize);
        self.parts.drain(..).for_each(|part| content.extend_from_slice(&part));
        landing.land(Arc::new(Bytes::from(content).into()));
    }
}

impl Landing {
    pub(super) fn land(self, content: Arc<Contents>) {
        let Self { flight, stored, policy, empty, gone, disk, .. } = self;
        flight.merge(
            now(),
            Ending::Answered,
            |before, asked| {
                let before = before.as_deref().unwrap_or(&empty);
                let (stored, content) = joined(before, stored, content);
                let objects = before.with(Some(Object::new(stored, content, asked)), gone.as_ref());
                let (bytes, until) = objects.weight(&policy);
                (objects, bytes, until)
            },
            |digest, objects, until| {
                disk.iter().for_each(|disk| disk.store(digest, objects, until));
            },
        );
    }
}

/// A part with what there is of the same representation. What is not in memory stays as it is.
fn joined(before: &Objects, stored: Stored, content: Arc<Contents>) -> (Stored, Arc<Contents>) {
    let Some(bytes) = content.memory() else { return (stored, content) };
    let found = before
        .objects
        .iter()
        .find_map(|one| Some((one.content.memory()?, join(&one.stored, &stored)?)));
    let Some((one, (joined, first, last))) = found else { return (stored, content) };
    let of = |range: Option<ByteRange>| {
        range.map_or(Bytes::new(), |r| one.slice(r.first as usize..=r.last as usize))
    };
    let whole = [of(first).as_ref(), bytes, of(last).as_ref()].concat();
    (joined, Arc::new(Bytes::from(whole).into()))
}
