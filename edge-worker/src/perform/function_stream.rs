//! Answers of functions that are streamed: read up to their content, which the client is then sent
//! part by part.

use std::time::Duration;

use edge_common::function_stream::{Beginning, Begun, Next, Parts as Events};
use futures_util::future::{Either, select};
use futures_util::stream::try_unfold;
use gateway_core::effect::{EffectError, FunctionAnswer, InvocationType};
use wasm_bindgen::JsCast;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::content::{Contents, read_part, stream_of};

/// How long an answer may take.
pub(super) struct Bounds {
    idle_ms: u32,
    /// By the clock, which moves with each part.
    ends_at_ms: f64,
}

impl Bounds {
    pub(super) fn new(invocation: InvocationType, timeout_ms: u32) -> Self {
        let idle_ms = match invocation {
            InvocationType::ResponseStream { idle_ms } => idle_ms,
            InvocationType::RequestResponse | InvocationType::Event => timeout_ms,
        };
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
    is_emulator: bool,
    contents: &mut Contents,
) -> Result<FunctionAnswer, EffectError> {
    let media_type = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let events = Events::of(&media_type, is_emulator)?;
    let body = response.body().ok_or_else(|| EffectError::Malformed("no content".into()))?;
    let reader = body.get_reader().unchecked_into();
    let mut parts = Parts { reader, events, bounds };
    let mut beginning = Beginning::of(answer);
    loop {
        let Some(Begun { answer, content }) = beginning.take(parts.next().await?) else { continue };
        let Some(first) = content else { return Ok(answer) };
        let content = Some(contents.hold(Some(parts.into_content(first)?)));
        return Ok(FunctionAnswer { content, ..answer });
    }
}

/// What Lambda sends of an answer.
struct Parts {
    reader: ReadableStreamDefaultReader,
    events: Events,
    bounds: Bounds,
}

impl Parts {
    /// What comes next; it waits for that.
    async fn next(&mut self) -> Result<Next, EffectError> {
        loop {
            match self.events.next_part()? {
                Next::More => self.events.push(self.receive().await?.as_deref())?,
                next => return Ok(next),
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
                Ok(Next::End | Next::More) => Ok(None),
                Ok(Next::Failed { code, details }) => broken(format!("{code}: {details}")),
                Err(error) => broken(error.to_string()),
            }
        });
        stream_of(content)
    }
}

/// The client has left, or the answer has ended: nobody reads on.
impl Drop for Parts {
    fn drop(&mut self) {
        let _ = self.reader.cancel();
    }
}
