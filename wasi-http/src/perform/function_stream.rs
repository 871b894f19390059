//! Answers of functions that are streamed: read up to their content, which the client is then sent part by part.

use edge_common::function::EVENT_STREAM;
use gateway_core::effect::{EffectError, FunctionAnswer};
use gateway_core::response_stream::{Event, EventStream, Found, Preamble};

use super::http::Answer;
use crate::content::{Contents, Parts, Reader};
use crate::log;

/// Reads an answer up to its content, which is held. `answer` is what is known of it already.
pub(super) fn begin(
    response: Answer,
    answer: FunctionAnswer,
    contents: &mut Contents,
) -> Result<FunctionAnswer, EffectError> {
    let media_type = response.fields.get("content-type").unwrap_or_default();
    let content = response.content.filter(|_| media_type.starts_with(EVENT_STREAM));
    let Some(reader) = content else {
        return Err(EffectError::Malformed(format!("`{media_type}` in place of an event stream")));
    };
    let mut events = Events { reader, events: EventStream::default() };
    let mut preamble = Preamble::default();
    loop {
        let part = match events.next_event()? {
            Next::Part(part) => part,
            Next::Failed { code, details } => {
                let payload = details.into_bytes().into();
                return Ok(FunctionAnswer { function_error: Some(code), payload, ..answer });
            }
            Next::End => Vec::new(),
        };
        let content = match preamble.take(&part) {
            Found::More if !part.is_empty() => continue,
            Found::Content(at) => {
                Some(contents.hold(Reader::of(part[at..].into(), Box::new(events))))
            }
            Found::More | Found::TooLong => None,
        };
        let payload = preamble.into_metadata().into();
        return Ok(FunctionAnswer { payload, content, ..answer });
    }
}

/// What Lambda sends of an answer.
#[derive(Debug)]
struct Events {
    reader: Reader,
    events: EventStream,
}

enum Next {
    Part(Vec<u8>),
    End,
    Failed { code: String, details: String },
}

impl Events {
    /// What comes next; empty parts are passed over.
    fn next_event(&mut self) -> Result<Next, EffectError> {
        loop {
            let malformed =
                |reason: &str| EffectError::Malformed(format!("a streamed answer: {reason}"));
            match self.events.next().map_err(malformed)? {
                Some(Event::Payload(part)) if part.is_empty() => {}
                Some(Event::Payload(part)) => return Ok(Next::Part(part)),
                Some(Event::Complete) => return Ok(Next::End),
                Some(Event::Failed { code, details }) => return Ok(Next::Failed { code, details }),
                None => match self.reader.part()? {
                    Some(bytes) => self.events.push(&bytes),
                    None => return Err(malformed("an answer without its end")),
                },
            }
        }
    }
}

/// What breaks off here breaks the response off.
impl Parts for Events {
    fn next(&mut self) -> Result<Option<Vec<u8>>, EffectError> {
        match self.next_event()? {
            Next::Part(part) => Ok(Some(part)),
            Next::End => Ok(None),
            Next::Failed { code, details } => {
                log::error(&format!("a function's answer broke off: {code}: {details}"));
                Err(EffectError::Unavailable(code))
            }
        }
    }
}
