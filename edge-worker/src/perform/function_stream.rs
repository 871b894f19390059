//! Answers of functions that are streamed: read up to their content, which the client is then sent
//! part by part.

use std::time::Duration;

use edge_common::function::EVENT_STREAM;
use futures_util::future::{Either, select};
use futures_util::stream::try_unfold;
use gateway_core::effect::{EffectError, FunctionAnswer};
use gateway_core::response_stream::{Event, EventStream, Found, Preamble};
use wasm_bindgen::JsCast;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::content::{Contents, read_part};

/// How long an answer may take.
pub(super) struct Bounds {
    idle_ms: u32,
    /// By the clock, which moves with each part.
    ends_at_ms: f64,
}

impl Bounds {
    pub(super) fn new(idle_ms: u32, timeout_ms: u32) -> Self {
        Self { idle_ms, ends_at_ms: js_sys::Date::now() + f64::from(timeout_ms) }
    }

    /// How long the next part may take.
    pub(super) fn wait_ms(&self) -> u32 {
        let left_ms = (self.ends_at_ms - js_sys::Date::now()).max(0.0) as u32;
        left_ms.min(self.idle_ms)
    }
}

/// Reads an answer up to its content, which is held. `answer` is what is known of it already.
pub(super) async fn begin(
    response: &Response,
    bounds: Bounds,
    answer: FunctionAnswer,
    contents: &mut Contents,
) -> Result<FunctionAnswer, EffectError> {
    let media_type = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let body = response.body().filter(|_| media_type.starts_with(EVENT_STREAM));
    let Some(body) = body else {
        return Err(EffectError::Malformed(format!("`{media_type}` in place of an event stream")));
    };
    let reader = body.get_reader().unchecked_into();
    let mut parts = Parts { reader, events: EventStream::default(), bounds };
    let mut preamble = Preamble::default();
    loop {
        let part = match parts.next().await? {
            Next::Part(part) => part,
            Next::Failed { code, details } => {
                let payload = details.into_bytes().into();
                return Ok(FunctionAnswer { function_error: Some(code), payload, ..answer });
            }
            Next::End => Vec::new(),
        };
        let content = match preamble.take(&part) {
            Found::More if !part.is_empty() => continue,
            Found::Content(at) => Some(contents.hold(Some(parts.into_content(part[at..].into())?))),
            Found::More | Found::TooLong => None,
        };
        let payload = preamble.into_metadata().into();
        return Ok(FunctionAnswer { payload, content, ..answer });
    }
}

/// What Lambda sends of an answer.
struct Parts {
    reader: ReadableStreamDefaultReader,
    events: EventStream,
    bounds: Bounds,
}

enum Next {
    Part(Vec<u8>),
    End,
    Failed { code: String, details: String },
}

impl Parts {
    /// What comes next; empty parts are passed over.
    async fn next(&mut self) -> Result<Next, EffectError> {
        loop {
            let malformed =
                |reason: &str| EffectError::Malformed(format!("a streamed answer: {reason}"));
            match self.events.next().map_err(malformed)? {
                Some(Event::Payload(part)) if part.is_empty() => {}
                Some(Event::Payload(part)) => return Ok(Next::Part(part)),
                Some(Event::Complete) => return Ok(Next::End),
                Some(Event::Failed { code, details }) => return Ok(Next::Failed { code, details }),
                None => match self.receive().await? {
                    Some(bytes) => self.events.push(&bytes),
                    None => return Err(malformed("an answer without its end")),
                },
            }
        }
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, EffectError> {
        let timeout = worker::Delay::from(Duration::from_millis(self.bounds.wait_ms().into()));
        let reading = std::pin::pin!(read_part(&self.reader));
        match select(reading, timeout).await {
            Either::Left((part, _)) => Ok(part?.map(|part| part.to_vec())),
            Either::Right(((), _)) => {
                let _ = self.reader.cancel();
                Err(EffectError::TimedOut)
            }
        }
    }

    /// The content as workerd streams it, no faster than the client takes it. What breaks off here
    /// breaks the response off.
    fn into_content(self, first: Vec<u8>) -> Result<web_sys::ReadableStream, EffectError> {
        let first = Some(first).filter(|first| !first.is_empty());
        let content = try_unfold((self, first), |(mut parts, first)| async move {
            if let Some(first) = first {
                return Ok(Some((first, (parts, None))));
            }
            let broken = |reason: String| {
                worker::console_warn!("a function's answer broke off: {reason}");
                Err(worker::Error::RustError(reason))
            };
            match parts.next().await {
                Ok(Next::Part(part)) => Ok(Some((part, (parts, None)))),
                Ok(Next::End) => Ok(None),
                Ok(Next::Failed { code, details }) => broken(format!("{code}: {details}")),
                Err(error) => broken(format!("{error:?}")),
            }
        });
        let response = worker::Response::from_stream(content);
        let response = response.map_err(|error| EffectError::Unavailable(error.to_string()))?;
        let body = Response::from(response).body();
        body.ok_or_else(|| EffectError::Unavailable("workerd made no stream".into()))
    }
}

/// The client has left, or the answer has ended: nobody reads on.
impl Drop for Parts {
    fn drop(&mut self) {
        let _ = self.reader.cancel();
    }
}
