//! The content that one exchange holds, and `ReadContent`.

use std::sync::Arc;

use bytes::Bytes;
use gateway_core::effect::{self, EffectError, PeekContent, ReadContent};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, ContentId};

use super::http::body_error;
use crate::body::Body;
use crate::memory::{Memory, Share};

/// Content by number: 0 is the client's, the others are endpoints'.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    held: Vec<Held>,
    /// Of the host's memory, for what is held whole.
    share: Option<Share>,
}

#[derive(Debug)]
enum Held {
    Body(Body),
    /// Streamed on to somewhere else: it passed by and is not kept.
    Gone,
}

impl Contents {
    /// Holds content from now on. The client's comes first.
    pub(crate) fn hold(&mut self, body: Body) -> Content {
        let empty = matches!(body, Body::Empty);
        if empty && !self.held.is_empty() {
            return Content::Empty;
        }
        self.held.push(Held::Body(body));
        if empty {
            return Content::Empty;
        }
        Content::Held(ContentId(self.held.len() as u32 - 1))
    }

    /// Carries out the effect.
    pub(crate) async fn read(
        &mut self,
        read: &ReadContent,
        memory: &Arc<Memory>,
    ) -> Result<effect::Bytes, EffectError> {
        let held = self.held(read.content)?;
        let Held::Body(mut body) = std::mem::replace(held, Held::Gone) else { return Err(gone()) };
        let is_whole = matches!(body, Body::Whole(_));
        let share = self.share(memory);
        let take = |bytes| is_whole || share.take(bytes);
        let bytes = match body.collect_counted(read.bytes_max as usize, take).await {
            Ok(bytes) => bytes,
            Err(error) => {
                // Whoever asks next, or sends it on, finds it as if this had not asked.
                *self.held(read.content)? = Held::Body(body);
                return Err(body_error(error));
            }
        };
        let copy = effect::Bytes(bytes.to_vec());
        // Read, it is still there to be sent on.
        *self.held(read.content)? = Held::Body(bytes.into());
        Ok(copy)
    }

    /// Carries out the effect: content that was peeked at can still be read, and sent on as a stream.
    pub(crate) async fn peek(
        &mut self,
        peek: &PeekContent,
        memory: &Arc<Memory>,
    ) -> Result<effect::Bytes, EffectError> {
        let held = self.held(peek.content)?;
        let Held::Body(mut body) = std::mem::replace(held, Held::Gone) else { return Err(gone()) };
        let share = self.share(memory);
        let bytes_max = peek.bytes_max as usize;
        let peeked = body.peek(bytes_max, |bytes| share.take(bytes)).await;
        *self.held(peek.content)? = Held::Body(body);
        let bytes = peeked.map_err(body_error)?;
        Ok(bytes[..bytes.len().min(bytes_max + 1)].to_vec().into())
    }

    /// Reads content whole, if it has at most `bytes_max` and the memory for it is there; else it goes on
    /// as it was.
    pub(crate) async fn buffer(
        &mut self,
        content: ContentId,
        bytes_max: usize,
        memory: &Arc<Memory>,
    ) -> Result<Option<Bytes>, EffectError> {
        let held = self.held(content)?;
        let Held::Body(body) = std::mem::replace(held, Held::Gone) else { return Err(gone()) };
        let share = self.share(memory);
        let body = body.buffer(bytes_max, |bytes| share.take(bytes)).await.map_err(body_error)?;
        let bytes = match &body {
            Body::Empty => Some(Bytes::new()),
            Body::Whole(bytes) => Some(bytes.clone()).filter(|bytes| bytes.len() <= bytes_max),
            Body::Stream(_) => None,
        };
        *self.held(content)? = Held::Body(body);
        Ok(bytes)
    }

    /// The body of a message with this content: whole content as often as it is asked for, streamed
    /// content once.
    pub(crate) fn send(&mut self, content: Content) -> Result<Body, EffectError> {
        match content {
            Content::Empty => Ok(Body::Empty),
            Content::Bytes(bytes) => Ok(bytes.into()),
            Content::Held(id) => match self.held(id)? {
                Held::Body(Body::Whole(bytes)) => Ok(Body::Whole(Bytes::clone(bytes))),
                held => match std::mem::replace(held, Held::Gone) {
                    Held::Body(body) => Ok(body),
                    Held::Gone => Err(gone()),
                },
            },
        }
    }

    /// Whether the content is known to be larger than a gateway takes.
    pub(crate) fn is_too_large(&self, content: &Content) -> bool {
        use hyper::body::Body as _;
        match content {
            Content::Held(ContentId(id)) => match self.held.get(*id as usize) {
                Some(Held::Body(body)) => body.size_hint().lower() > u64::from(PAYLOAD_BYTES_MAX),
                _ => false,
            },
            _ => false,
        }
    }

    /// What the exchange may count as held until it ends.
    pub(crate) fn share(&mut self, memory: &Arc<Memory>) -> &mut Share {
        self.share.get_or_insert_with(|| memory.share())
    }

    fn held(&mut self, ContentId(id): ContentId) -> Result<&mut Held, EffectError> {
        let nothing = || EffectError::Unavailable(format!("there is no content {id}"));
        self.held.get_mut(id as usize).ok_or_else(nothing)
    }
}

fn gone() -> EffectError {
    EffectError::Unavailable("the content was already sent on".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes_max: u32) -> ReadContent {
        ReadContent { content: ContentId(0), bytes_max }
    }
    fn memory(max: usize) -> Arc<Memory> {
        let memory = Arc::<Memory>::default();
        memory.limit(max);
        memory
    }

    #[tokio::test]
    async fn content_that_was_read_can_be_sent_on() {
        let mut contents = Contents::default();
        let content = contents.hold(b"hello".to_vec().into());
        assert_eq!(contents.read(&read(5), &memory(5)).await.unwrap().0, b"hello");
        assert_eq!(contents.read(&read(5), &memory(5)).await.unwrap().0, b"hello");
        let sent = contents.send(content).unwrap().collect(5).await.unwrap();
        assert_eq!(&sent[..], b"hello");
    }

    #[tokio::test]
    async fn content_that_was_peeked_at_is_still_whole() {
        let mut contents = Contents::default();
        let content = contents.hold(b"hello".to_vec().into());
        let peek = |bytes_max| PeekContent { content: ContentId(0), bytes_max };
        assert_eq!(contents.peek(&peek(3), &memory(9)).await.unwrap().0, b"hell");
        assert_eq!(contents.peek(&peek(5), &memory(9)).await.unwrap().0, b"hello");
        let sent = contents.send(content).unwrap().collect(5).await.unwrap();
        assert_eq!(&sent[..], b"hello");
    }

    #[tokio::test]
    async fn content_beyond_the_limit_is_too_large() {
        let mut contents = Contents::default();
        contents.hold(b"hello".to_vec().into());
        assert_eq!(contents.read(&read(4), &memory(5)).await, Err(EffectError::TooLarge));
    }

    #[test]
    fn content_that_is_not_there_is_an_error() {
        let mut contents = Contents::default();
        assert!(contents.send(Content::Held(ContentId(7))).is_err());
    }
}
