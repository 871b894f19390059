//! The client's content on its way to an endpoint: no more of it than a payload may have.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::stream::try_unfold;
use gateway_core::effect::EffectError;
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;

use crate::content::{read_part, stream_of};

/// Content that is sent, and whether it was found to be too large on the way.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) body: Option<JsValue>,
    is_too_large: Rc<Cell<bool>>,
}

impl Upload {
    /// Of content that the client has announced to be so long, if it has: workerd holds it to that, and streams it
    /// with its length.
    pub(super) fn of(body: Option<JsValue>, announced: Option<&str>) -> Result<Self, EffectError> {
        let mut upload = Self { body, is_too_large: Rc::default() };
        let stream = upload.body.as_ref().and_then(|body| body.dyn_ref::<ReadableStream>());
        let Some(stream) = stream else { return Ok(upload) };
        match announced.and_then(|length| length.trim().parse::<u64>().ok()) {
            Some(length) if length > PAYLOAD_BYTES_MAX.into() => Err(EffectError::TooLarge),
            Some(_) => Ok(upload),
            None => {
                upload.body = Some(counted(stream, &upload.is_too_large)?.into());
                Ok(upload)
            }
        }
    }

    /// What came of sending it.
    pub(super) fn sent<T>(&self, sent: Result<T, EffectError>) -> Result<T, EffectError> {
        if self.is_too_large.get() { Err(EffectError::TooLarge) } else { sent }
    }
}

/// The same content, which breaks off where it becomes too large.
fn counted(
    stream: &ReadableStream,
    is_too_large: &Rc<Cell<bool>>,
) -> Result<ReadableStream, EffectError> {
    let reader: web_sys::ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let start = (reader, PAYLOAD_BYTES_MAX, Rc::clone(is_too_large));
    stream_of(try_unfold(start, |(reader, left, is_too_large)| async move {
        let part = read_part(&reader).await;
        let broken = |error: EffectError| worker::Error::RustError(error.to_string());
        let Some(part) = part.map_err(broken)? else { return Ok(None) };
        let Some(left) = left.checked_sub(part.length()) else {
            is_too_large.set(true);
            let _ = reader.cancel();
            return Err(broken(EffectError::TooLarge));
        };
        Ok(Some((part.to_vec(), (reader, left, is_too_large))))
    }))
}
