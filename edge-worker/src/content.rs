//! Content that this host holds for one exchange.

use std::time::Duration;

use futures_util::TryStream;
use futures_util::future::{Either, select};
use gateway_core::effect::EffectError;
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, ContentId};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

use crate::perform::http::describe;

/// The contents of one exchange; number 0 is the arrival's.
#[derive(Debug, Default)]
pub(crate) struct Contents(Vec<Held>);

#[derive(Debug)]
enum Held {
    /// Not read yet: it can be sent on as it is, once.
    Stream(ReadableStream),
    /// Read by a stage: it can be sent as often as wanted.
    Bytes(Uint8Array),
    /// Sent on as a stream.
    Gone,
    /// It broke off, or is too large: who asks for it again is told the same, and never that it is empty.
    Broken(EffectError),
}

impl Contents {
    /// Holds a message's content, if it has any.
    pub(crate) fn hold(&mut self, stream: Option<ReadableStream>) -> Content {
        let Some(stream) = stream else {
            if self.0.is_empty() {
                self.0.push(Held::Gone); // number 0 stays the arrival's
            }
            return Content::Empty;
        };
        self.0.push(Held::Stream(stream));
        Content::Held(ContentId(self.0.len() as u32 - 1))
    }

    /// Holds content that is there whole.
    pub(crate) fn hold_bytes(&mut self, bytes: Uint8Array) -> Content {
        if bytes.length() == 0 {
            return self.hold(None);
        }
        self.0.push(Held::Bytes(bytes));
        Content::Held(ContentId(self.0.len() as u32 - 1))
    }

    /// Reads content whole, if it has at most `bytes_max`; else it goes on as it was.
    pub(crate) async fn buffer(
        &mut self,
        id: ContentId,
        bytes_max: u32,
    ) -> Result<Option<Uint8Array>, EffectError> {
        let held = self.0.get_mut(id.0 as usize).ok_or_else(|| gone(id))?;
        let stream = match std::mem::replace(held, Held::Gone) {
            Held::Gone => return Err(gone(id)),
            Held::Broken(error) => return held.break_off(error),
            Held::Bytes(bytes) => {
                *held = Held::Bytes(bytes.clone());
                return Ok(Some(bytes));
            }
            Held::Stream(stream) => stream,
        };
        match held.read(&stream, bytes_max as usize).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(EffectError::TooLarge) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads content whole. What is larger goes on as it was.
    pub(crate) async fn read(
        &mut self,
        id: ContentId,
        bytes_max: u32,
    ) -> Result<Vec<u8>, EffectError> {
        let held = self.0.get_mut(id.0 as usize).ok_or_else(|| gone(id))?;
        match std::mem::replace(held, Held::Gone) {
            Held::Gone => Err(gone(id)),
            Held::Broken(error) => held.break_off(error),
            Held::Bytes(bytes) => {
                let read = bytes.to_vec();
                *held = Held::Bytes(bytes);
                Ok(read)
            }
            Held::Stream(stream) => Ok(held.read(&stream, bytes_max as usize).await?.to_vec()),
        }
    }

    /// How content begins. A stream cannot be given back here, so it is read whole, and is then there to
    /// be sent as often as wanted.
    pub(crate) async fn peek(
        &mut self,
        id: ContentId,
        bytes_max: u32,
    ) -> Result<Vec<u8>, EffectError> {
        match self.read(id, PAYLOAD_BYTES_MAX).await {
            Ok(mut bytes) => {
                bytes.truncate(bytes_max as usize + 1);
                Ok(bytes)
            }
            // Nobody may send on what nobody has looked at.
            Err(error) => match self.0.get_mut(id.0 as usize) {
                Some(held) => held.break_off(error),
                None => Err(error),
            },
        }
    }

    /// What a message is sent with: `None` for no content.
    pub(crate) fn take(&mut self, content: Content) -> Result<Option<JsValue>, EffectError> {
        Ok(match content {
            Content::Empty => None,
            Content::Bytes(bytes) => Some(Uint8Array::from(&bytes[..]).into()),
            Content::Held(id) => {
                let held = self.0.get_mut(id.0 as usize).ok_or_else(|| gone(id))?;
                match std::mem::replace(held, Held::Gone) {
                    Held::Stream(stream) => Some(stream.into()),
                    Held::Bytes(bytes) => {
                        *held = Held::Bytes(bytes.clone());
                        Some(bytes.into())
                    }
                    Held::Gone => return Err(gone(id)),
                    Held::Broken(error) => return held.break_off(error),
                }
            }
        })
    }
}

impl Held {
    /// Reads a stream, and holds what was read of it. What one reads of it the other still has: it goes
    /// on if it is too large.
    async fn read(
        &mut self,
        stream: &ReadableStream,
        bytes_max: usize,
    ) -> Result<Uint8Array, EffectError> {
        let [read, rest] = match tee(stream) {
            Ok(both) => both,
            Err(error) => return self.break_off(error),
        };
        match read_stream(read, bytes_max).await {
            Ok(bytes) => {
                let _ = rest.cancel(); // nobody reads it
                let bytes = Uint8Array::from(&bytes[..]);
                *self = Self::Bytes(bytes.clone());
                Ok(bytes)
            }
            Err(EffectError::TooLarge) => {
                *self = Self::Stream(rest);
                Err(EffectError::TooLarge)
            }
            Err(error) => self.break_off(error),
        }
    }

    /// Remembers why there is no content.
    fn break_off<T>(&mut self, error: EffectError) -> Result<T, EffectError> {
        *self = Self::Broken(error.clone());
        Err(error)
    }
}

/// The same content twice.
pub(crate) fn tee(stream: &ReadableStream) -> Result<[ReadableStream; 2], EffectError> {
    let no_stream = |_: JsValue| EffectError::Unavailable("the content is no stream".into());
    let both = stream.tee();
    let branch = |index| both.get(index).dyn_into().map_err(no_stream);
    Ok([branch(0)?, branch(1)?])
}

fn gone(id: ContentId) -> EffectError {
    EffectError::Unavailable(format!("content {} is not held", id.0))
}

/// Reads a stream to its end, or until it is longer than allowed.
pub(crate) async fn read_stream(
    stream: ReadableStream,
    bytes_max: usize,
) -> Result<Vec<u8>, EffectError> {
    read_all(&stream.get_reader().unchecked_into(), bytes_max).await
}

/// The same, if it has ended in so long.
pub(crate) async fn read_stream_within(
    stream: ReadableStream,
    bytes_max: usize,
    timeout_ms: u32,
) -> Result<Vec<u8>, EffectError> {
    let reader = stream.get_reader().unchecked_into();
    let timeout = worker::Delay::from(Duration::from_millis(timeout_ms.into()));
    match select(std::pin::pin!(read_all(&reader, bytes_max)), timeout).await {
        Either::Left((read, _)) => read,
        Either::Right(((), _)) => {
            let _ = reader.cancel();
            Err(EffectError::TimedOut)
        }
    }
}

async fn read_all(
    reader: &ReadableStreamDefaultReader,
    bytes_max: usize,
) -> Result<Vec<u8>, EffectError> {
    let mut read = Vec::new();
    loop {
        let Some(bytes) = read_part(reader).await? else { return Ok(read) };
        if read.len() + bytes.length() as usize > bytes_max {
            let _ = reader.cancel();
            return Err(EffectError::TooLarge);
        }
        let start = read.len();
        read.resize(start + bytes.length() as usize, 0);
        bytes.copy_to(&mut read[start..]);
    }
}

/// What Rust makes, as workerd streams it: no faster than it is taken.
pub(crate) fn stream_of(
    parts: impl TryStream<Ok = Vec<u8>, Error = worker::Error> + 'static,
) -> Result<ReadableStream, EffectError> {
    let response = worker::Response::from_stream(parts);
    let response = response.map_err(|error| EffectError::Unavailable(error.to_string()))?;
    let body = web_sys::Response::from(response).body();
    body.ok_or_else(|| EffectError::Unavailable("workerd made no stream".into()))
}

/// The next part of a stream; `None` at its end.
pub(crate) async fn read_part(
    reader: &ReadableStreamDefaultReader,
) -> Result<Option<Uint8Array>, EffectError> {
    let broken = |error: JsValue| {
        EffectError::Unavailable(format!("the content broke off: {}", describe(&error)))
    };
    let chunk = JsFuture::from(reader.read()).await.map_err(broken)?;
    if Reflect::get(&chunk, &"done".into()).map_err(broken)?.is_truthy() {
        return Ok(None);
    }
    let value = Reflect::get(&chunk, &"value".into()).map_err(broken)?;
    value.dyn_into().map(Some).map_err(broken)
}
