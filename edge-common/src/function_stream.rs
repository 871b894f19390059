//! Answers of functions that are streamed: what has come of one, up to its content and part by part from there. Each
//! host receives in its own way.

use gateway_core::effect::{EffectError, FunctionAnswer};
use gateway_core::response_stream::{Event, EventStream, Found, Preamble};

use crate::function::EVENT_STREAM;

/// What is sent of an answer.
#[derive(Debug)]
pub enum Parts {
    /// Lambda's `InvokeWithResponseStream`.
    Events(EventStream),
    /// An emulator that passes on what the function writes.
    Plain {
        /// What was received.
        received: Vec<u8>,
        /// Whether that was all.
        is_end: bool,
    },
}

/// What comes next of an answer.
#[derive(Debug)]
pub enum Next {
    /// Nothing before more is received.
    More,
    /// A part of what the function wrote; none is empty.
    Part(Vec<u8>),
    /// That was all.
    End,
    /// The function failed.
    Failed {
        /// What kind of error it is.
        code: String,
        /// What it says.
        details: String,
    },
}

/// An answer up to its content.
#[derive(Debug)]
pub struct Beginning {
    preamble: Preamble,
    answer: FunctionAnswer,
}

/// An answer whose beginning has come.
#[derive(Debug)]
pub struct Begun {
    /// The answer; the host adds content.
    pub answer: FunctionAnswer,
    /// How the content begins. None has an answer whose function failed, or did not end its metadata.
    pub content: Option<Vec<u8>>,
}

impl Parts {
    /// Of an answer of this media type.
    ///
    /// # Errors
    /// [`EffectError::Malformed`] where Lambda sends no event stream.
    pub fn of(media_type: &str, is_emulator: bool) -> Result<Self, EffectError> {
        match media_type.starts_with(EVENT_STREAM) {
            true => Ok(Self::Events(EventStream::default())),
            false if is_emulator => Ok(Self::Plain { received: Vec::new(), is_end: false }),
            false => {
                Err(EffectError::Malformed(format!("`{media_type}` in place of an event stream")))
            }
        }
    }

    /// Takes what was received; `None`: the connection has nothing more.
    ///
    /// # Errors
    /// [`EffectError::Malformed`] where that is not the end of the answer.
    pub fn push(&mut self, received: Option<&[u8]>) -> Result<(), EffectError> {
        match (self, received) {
            (Self::Events(events), Some(bytes)) => events.push(bytes),
            (Self::Events(_), None) => return Err(malformed("an answer without its end")),
            (Self::Plain { received, .. }, Some(bytes)) => received.extend_from_slice(bytes),
            (Self::Plain { is_end, .. }, None) => *is_end = true,
        }
        Ok(())
    }

    /// What comes next; empty parts are passed over.
    ///
    /// # Errors
    /// [`EffectError::Malformed`] where it is no event.
    pub fn next_part(&mut self) -> Result<Next, EffectError> {
        let events = match self {
            Self::Events(events) => events,
            Self::Plain { received, .. } if !received.is_empty() => {
                return Ok(Next::Part(std::mem::take(received)));
            }
            Self::Plain { is_end, .. } => return Ok(if *is_end { Next::End } else { Next::More }),
        };
        loop {
            return Ok(match events.next().map_err(malformed)? {
                Some(Event::Payload(part)) if part.is_empty() => continue,
                Some(Event::Payload(part)) => Next::Part(part),
                Some(Event::Complete) => Next::End,
                Some(Event::Failed { code, details }) => Next::Failed { code, details },
                None => Next::More,
            });
        }
    }
}

fn malformed(reason: &str) -> EffectError {
    EffectError::Malformed(format!("a streamed answer: {reason}"))
}

impl Beginning {
    /// Of an answer of which this is known already.
    pub fn of(answer: FunctionAnswer) -> Self {
        Self { preamble: Preamble::default(), answer }
    }

    /// The answer, when this is where its content begins, or nothing more comes; `None`: it goes on.
    pub fn take(&mut self, next: Next) -> Option<Begun> {
        let answer = self.answer.clone();
        let part = match next {
            Next::More => return None,
            Next::Part(part) => part,
            Next::End => Vec::new(),
            Next::Failed { code, details } => {
                let (function_error, payload) = (Some(code), details.into_bytes().into());
                let answer = FunctionAnswer { function_error, payload, ..answer };
                return Some(Begun { answer, content: None });
            }
        };
        let content = match self.preamble.take(&part) {
            Found::More if !part.is_empty() => return None,
            Found::Content(at) => Some(part[at..].to_vec()),
            Found::More | Found::TooLong => None,
        };
        let payload = std::mem::take(&mut self.preamble).into_metadata().into();
        Some(Begun { answer: FunctionAnswer { payload, ..answer }, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: FunctionAnswer = FunctionAnswer {
        status: 200,
        function_error: None,
        payload: gateway_core::effect::Bytes(Vec::new()),
        request_id: None,
        trace: None,
        content: None,
    };

    fn begun(parts: &[&[u8]], last: Next) -> Begun {
        let mut beginning = Beginning::of(ANSWER);
        for part in parts {
            if let Some(begun) = beginning.take(Next::Part(part.to_vec())) {
                return begun;
            }
        }
        beginning.take(last).expect("it has ended")
    }

    #[test]
    fn content_begins_behind_the_metadata_wherever_parts_end() {
        let whole = b"{\"a\":1}\0\0\0\0\0\0\0\0content";
        for at in 1..whole.len() {
            let (one, other) = whole.split_at(at);
            let Begun { answer, content } = begun(&[one, other], Next::End);
            assert_eq!(answer.payload.0, b"{\"a\":1}");
            assert!(b"content".starts_with(&content.expect("it begins")[..]), "{at}");
        }
    }

    #[test]
    fn what_fails_or_ends_before_its_content_has_none() {
        let failed = Next::Failed { code: "Unhandled".into(), details: "why".into() };
        let Begun { answer, content } = begun(&[b"{"], failed);
        assert_eq!(
            (answer.function_error.as_deref(), &answer.payload.0[..]),
            (Some("Unhandled"), &b"why"[..])
        );
        assert_eq!(content, None);
        let Begun { answer, content } = begun(&[b"{}"], Next::End);
        assert_eq!((&answer.payload.0[..], content), (&b"{}"[..], None));
    }

    #[test]
    fn what_is_no_stream_of_events_is_malformed() {
        let refused = Parts::of("application/json", false);
        assert!(matches!(refused, Err(EffectError::Malformed(_))), "{refused:?}");
        let mut parts = Parts::of("application/vnd.amazon.eventstream", false).unwrap();
        assert!(matches!(parts.next_part(), Ok(Next::More)));
        assert!(matches!(parts.push(None), Err(EffectError::Malformed(_))));
        parts.push(Some(&[0xff; 64])).unwrap();
        assert!(matches!(parts.next_part(), Err(EffectError::Malformed(_))));
    }

    #[test]
    fn an_emulator_passes_on_what_the_function_writes() {
        let mut parts = Parts::of("application/json", true).unwrap();
        assert!(matches!(parts.next_part(), Ok(Next::More)));
        parts.push(Some(b"written")).unwrap();
        assert!(matches!(parts.next_part(), Ok(Next::Part(part)) if part == b"written"));
        parts.push(None).unwrap();
        assert!(matches!(parts.next_part(), Ok(Next::End)));
    }
}
