//! Answers of functions that are streamed: read up to their content, which the client is then sent
//! part by part, no faster than it takes them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gateway_core::effect::{EffectError, FunctionAnswer};
use gateway_core::response_stream::{Event, EventStream, Found, Preamble};
use hyper::body::Body as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::body::{Body, BodyError};

/// A function's answer.
#[derive(Debug)]
pub struct Invoked {
    /// What was answered, or stands ahead of the content.
    pub answer: FunctionAnswer,
    /// The content, where an answer that is streamed has come to it.
    pub content: Option<Body>,
}

impl From<FunctionAnswer> for Invoked {
    fn from(answer: FunctionAnswer) -> Self {
        Self { answer, content: None }
    }
}

/// The content of an answer that is streamed. Dropped before its end, it leaves the function to run
/// on by itself, as Lambda does.
#[derive(Debug)]
pub(crate) struct Content {
    /// What came with the metadata.
    first: Bytes,
    parts: Parts,
    is_end: bool,
}

/// Where the parts of an answer come from.
pub(super) enum Parts {
    /// Lambda's `InvokeWithResponseStream`.
    Events { body: Body, events: EventStream },
    /// An emulator that passes on what the function writes.
    Plain(Body),
    /// A program, run by another thread.
    Program { parts: mpsc::Receiver<Bytes>, completion: JoinHandle<FunctionAnswer> },
}

/// What comes next of an answer.
enum Next {
    Part(Bytes),
    End,
    /// The function failed, or was never run: its answer without content.
    Failed(FunctionAnswer),
}

/// Reads an answer up to its content. `answer` is what is known of it already.
///
/// # Errors
/// As [`EffectError`] says. An answer that has no content, because the function failed or did not end
/// its metadata, is no error.
pub(super) async fn begin(
    mut parts: Parts,
    answer: FunctionAnswer,
) -> Result<Invoked, EffectError> {
    let mut preamble = Preamble::default();
    loop {
        let part = match std::future::poll_fn(|cx| parts.poll_next(cx)).await? {
            Next::Part(part) => part,
            Next::Failed(failed) => {
                let request_id = failed.request_id.or(answer.request_id);
                return Ok(FunctionAnswer { request_id, ..failed }.into());
            }
            Next::End => Bytes::new(),
        };
        let found = preamble.take(&part);
        let payload = match found {
            Found::More if !part.is_empty() => continue,
            _ => std::mem::take(&mut preamble).into_metadata().into(),
        };
        let content = match found {
            Found::Content(at) => {
                let content = Content { first: part.slice(at..), parts, is_end: false };
                Some(Body::from_function(content))
            }
            Found::More | Found::TooLong => None,
        };
        return Ok(Invoked { answer: FunctionAnswer { payload, ..answer }, content });
    }
}

impl Content {
    /// The next part; `None` at the end.
    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.first))));
        }
        if self.is_end {
            return Poll::Ready(None);
        }
        let next = ready!(self.parts.poll_next(cx));
        self.is_end = !matches!(next, Ok(Next::Part(_)));
        Poll::Ready(match next {
            Ok(Next::Part(part)) => Some(Ok(part)),
            Ok(Next::End) => None,
            Ok(Next::Failed(failed)) => {
                let reason = String::from_utf8_lossy(&failed.payload.0).into_owned();
                tracing::warn!(reason, "a function failed in the middle of its answer");
                Some(Err(BodyError::Broken(EffectError::Unavailable(reason))))
            }
            Err(error) => {
                tracing::warn!(%error, "the answer of a function broke off");
                Some(Err(BodyError::Broken(error)))
            }
        })
    }

    pub(crate) fn is_end(&self) -> bool {
        self.is_end && self.first.is_empty()
    }
}

impl Parts {
    /// What comes next; empty parts are passed over.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, EffectError>> {
        loop {
            let next = match self {
                Self::Program { parts, completion } => match ready!(parts.poll_recv(cx)) {
                    Some(part) => Next::Part(part),
                    None => completed(ready!(Pin::new(completion).poll(cx))),
                },
                Self::Plain(body) => match ready!(poll_body(body, cx)) {
                    Some(part) => Next::Part(part?),
                    None => Next::End,
                },
                Self::Events { body, events } => match events.next().map_err(malformed)? {
                    Some(Event::Payload(part)) => Next::Part(part.into()),
                    Some(Event::Complete) => Next::End,
                    Some(Event::Failed { code, details }) => Next::Failed(failed(code, details)),
                    None => match ready!(poll_body(body, cx)) {
                        Some(bytes) => {
                            events.push(&bytes?);
                            continue;
                        }
                        None => return Poll::Ready(Err(malformed("an answer without its end"))),
                    },
                },
            };
            if !matches!(&next, Next::Part(part) if part.is_empty()) {
                return Poll::Ready(Ok(next));
            }
        }
    }
}

fn completed(completed: Result<FunctionAnswer, tokio::task::JoinError>) -> Next {
    match completed {
        Ok(answer) if answer.status == 200 && answer.function_error.is_none() => Next::End,
        Ok(answer) => Next::Failed(answer),
        Err(error) => {
            tracing::error!(%error, "an invocation broke off");
            Next::Failed(failed("Runtime.Unknown".into(), "functions are stopping".into()))
        }
    }
}

fn poll_body(body: &mut Body, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, EffectError>>> {
    let frame = ready!(Pin::new(body).poll_frame(cx));
    Poll::Ready(frame.map(|frame| {
        let frame = frame.map_err(crate::perform::http::body_error)?;
        Ok(frame.into_data().unwrap_or_default())
    }))
}

/// `ErrorDetails` is the function's own error document where it has one.
fn failed(code: String, details: String) -> FunctionAnswer {
    let payload = match details.is_empty() {
        true => code.clone().into_bytes(),
        false => details.into_bytes(),
    };
    FunctionAnswer {
        status: 200,
        function_error: Some(code),
        payload: payload.into(),
        request_id: None,
        trace: None,
        content: None,
    }
}

fn malformed(reason: &'static str) -> EffectError {
    EffectError::Malformed(format!("a streamed answer: {reason}"))
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events { .. } => "Events",
            Self::Plain(_) => "Plain",
            Self::Program { .. } => "Program",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt as _;
    use tokio::time::Instant;

    use super::*;

    const PREAMBLE: &[u8] = b"{}\0\0\0\0\0\0\0\0";

    fn answer() -> FunctionAnswer {
        FunctionAnswer {
            status: 200,
            function_error: None,
            payload: Vec::new().into(),
            request_id: None,
            trace: None,
            content: None,
        }
    }

    /// Content that a part comes of every so many seconds.
    async fn every(seconds: u64) -> Body {
        let (sender, parts) = mpsc::channel(1);
        let completion = tokio::spawn(async move {
            sender.send(PREAMBLE.into()).await.unwrap();
            while sender.send(Bytes::from_static(b"part")).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            answer()
        });
        begin(Parts::Program { parts, completion }, answer()).await.unwrap().content.unwrap()
    }

    /// How many parts come within these bounds, and how long that takes.
    async fn read(seconds: u64, idle_s: u64, timeout_s: u64) -> (usize, u64) {
        let begun = Instant::now();
        let ends_at = begun + Duration::from_secs(timeout_s);
        let mut content = every(seconds).await.within(Duration::from_secs(idle_s), ends_at);
        let mut parts = 0;
        loop {
            match content.frame().await {
                Some(Ok(_)) => parts += 1,
                Some(Err(BodyError::Idle)) => return (parts, begun.elapsed().as_secs()),
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_may_take_so_long_and_all_of_them_so_long() {
        assert_eq!(read(31, 30, 900).await, (1, 30));
        assert_eq!(read(29, 30, 900).await, (32, 900));
        assert_eq!(read(29, 300, 29).await, (1, 29));
    }
}
