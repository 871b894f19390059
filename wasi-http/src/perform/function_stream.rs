//! Answers of functions that are streamed: read up to their content, which the client is then sent part by part.

use edge_common::function_stream::{Beginning, Begun, Next, Parts as Events};
use gateway_core::effect::{EffectError, FunctionAnswer};

use super::http::Answer;
use crate::content::{Contents, Parts, Reader};
use crate::log;

/// Reads an answer up to its content, which is held. `answer` is what is known of it already.
pub(super) fn begin(
    response: Answer,
    answer: FunctionAnswer,
    is_emulator: bool,
    contents: &mut Contents,
) -> Result<FunctionAnswer, EffectError> {
    let media_type = response.fields.get("content-type").unwrap_or_default();
    let events = Events::of(media_type, is_emulator)?;
    let reader = response.content.ok_or_else(|| EffectError::Malformed("no content".into()))?;
    let mut received = Received { reader, events };
    let mut beginning = Beginning::of(answer);
    loop {
        let Some(Begun { answer, content }) = beginning.take(received.next_part()?) else {
            continue;
        };
        let Some(first) = content else { return Ok(answer) };
        let content = Some(contents.hold(Reader::of(first, Box::new(received))));
        return Ok(FunctionAnswer { content, ..answer });
    }
}

/// What Lambda sends of an answer.
#[derive(Debug)]
struct Received {
    reader: Reader,
    events: Events,
}

impl Received {
    /// What comes next; it waits for that.
    fn next_part(&mut self) -> Result<Next, EffectError> {
        loop {
            match self.events.next_part()? {
                Next::More => self.events.push(self.reader.part()?.as_deref())?,
                next => return Ok(next),
            }
        }
    }
}

/// What breaks off here breaks the response off.
impl Parts for Received {
    fn next(&mut self) -> Result<Option<Vec<u8>>, EffectError> {
        match self.next_part()? {
            Next::Part(part) => Ok(Some(part)),
            Next::End | Next::More => Ok(None),
            Next::Failed { code, details } => {
                log::error(&format!("a function's answer broke off: {code}: {details}"));
                Err(EffectError::Unavailable(code))
            }
        }
    }
}
