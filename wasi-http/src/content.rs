//! Content that this host holds for one exchange.

use gateway_core::effect::EffectError;
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, ContentId};
use wasip2::http::types::{IncomingBody, OutgoingBody};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::clock::Deadline;

/// Read of a stream at a time.
const PART_BYTES: u64 = 64 * 1024;
/// Longest wait for the next part of what a client sends, and for it to take the next part of what it is sent.
const CLIENT_MS: u32 = 30_000;

/// The contents of one exchange; number 0 is the arrival's.
#[derive(Debug, Default)]
pub(crate) struct Contents(Vec<Held>);

#[derive(Debug)]
enum Held {
    /// Not read to its end yet: it can be sent on once.
    Stream(Reader),
    /// Read by a stage: it can be sent as often as wanted.
    Bytes(Vec<u8>),
    /// Sent on as a stream.
    Gone,
    /// It broke off, or is too large: who asks for it again is told the same, and never that it is empty.
    Broken(EffectError),
}

impl Contents {
    /// Holds the arrival's content. Hosts take out what says that there is some without a length, so that is found out
    /// by reading.
    pub(crate) fn hold_arrival(&mut self, reader: Option<Reader>) -> Content {
        let Some(mut reader) = reader.filter(|reader| reader.length != Some(0)) else {
            self.0.push(Held::Gone);
            return Content::Empty;
        };
        let held = match reader.length {
            Some(_) => Held::Stream(reader),
            None => match reader.fill(0) {
                Ok(true) => Held::Gone,
                Ok(false) => Held::Stream(reader),
                // There is content, and whoever needs it is told what became of it.
                Err(error) => Held::Broken(error),
            },
        };
        let is_empty = matches!(held, Held::Gone);
        self.0.push(held);
        if is_empty { Content::Empty } else { Content::Held(ContentId(0)) }
    }

    /// Holds a message's content.
    pub(crate) fn hold(&mut self, reader: Reader) -> Content {
        self.push(Held::Stream(reader))
    }

    /// Holds content that is there whole.
    pub(crate) fn hold_bytes(&mut self, bytes: Vec<u8>) -> Content {
        if bytes.is_empty() { Content::Empty } else { self.push(Held::Bytes(bytes)) }
    }

    fn push(&mut self, held: Held) -> Content {
        self.0.push(held);
        Content::Held(ContentId(self.0.len() as u32 - 1))
    }

    /// Reads content whole. What is larger goes on as it was.
    pub(crate) fn read(&mut self, id: ContentId, bytes_max: u32) -> Result<Vec<u8>, EffectError> {
        let held = self.0.get_mut(id.0 as usize).ok_or_else(|| gone(id))?;
        match held {
            Held::Gone => return Err(gone(id)),
            Held::Broken(error) => return Err(error.clone()),
            Held::Bytes(bytes) if bytes.len() > bytes_max as usize => {
                return Err(EffectError::TooLarge);
            }
            Held::Bytes(bytes) => return Ok(bytes.clone()),
            Held::Stream(reader) => match reader.fill(bytes_max as usize) {
                Ok(true) => {}
                Ok(false) => return Err(EffectError::TooLarge),
                Err(error) => {
                    *held = Held::Broken(error.clone());
                    return Err(error);
                }
            },
        }
        let Held::Stream(reader) = std::mem::replace(held, Held::Gone) else {
            return Err(gone(id));
        };
        let bytes = reader.into_ahead();
        *held = Held::Bytes(bytes.clone());
        Ok(bytes)
    }

    /// How content begins. It is all still there.
    pub(crate) fn peek(&mut self, id: ContentId, bytes_max: u32) -> Result<Vec<u8>, EffectError> {
        let held = self.0.get_mut(id.0 as usize).ok_or_else(|| gone(id))?;
        let end = (bytes_max as usize).saturating_add(1);
        let ahead = match held {
            Held::Gone => return Err(gone(id)),
            Held::Broken(error) => return Err(error.clone()),
            Held::Bytes(bytes) => &bytes[..],
            Held::Stream(reader) => match reader.fill(bytes_max as usize) {
                Ok(_) => &reader.ahead[..],
                Err(error) => {
                    // Nobody may send on what nobody has looked at.
                    *held = Held::Broken(error.clone());
                    return Err(error);
                }
            },
        };
        Ok(ahead[..ahead.len().min(end)].to_vec())
    }

    /// What a message is sent with.
    pub(crate) fn take(&mut self, content: Content) -> Result<Outgoing, EffectError> {
        let id = match content {
            Content::Empty => return Ok(Outgoing::Empty),
            Content::Bytes(bytes) => return Ok(Outgoing::Bytes(bytes)),
            Content::Held(id) => id,
        };
        let held = self.0.get_mut(id.0 as usize).ok_or_else(|| gone(id))?;
        match std::mem::replace(held, Held::Gone) {
            Held::Stream(reader) => Ok(Outgoing::Stream(reader)),
            Held::Bytes(bytes) => {
                *held = Held::Bytes(bytes.clone());
                Ok(Outgoing::Bytes(bytes))
            }
            Held::Gone => Err(gone(id)),
            Held::Broken(error) => {
                *held = Held::Broken(error.clone());
                Err(error)
            }
        }
    }
}

fn gone(id: ContentId) -> EffectError {
    EffectError::Unavailable(format!("there is no content {} any more", id.0))
}

/// Content on its way from the other side.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Read, and not taken yet.
    ahead: Vec<u8>,
    /// How much there is in all, if the other side has said so.
    length: Option<u64>,
    parts: Box<dyn Parts>,
}

/// Where content comes from.
pub(crate) trait Parts: std::fmt::Debug {
    /// The next part; `None` at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>, EffectError>;
}

impl Reader {
    /// A client's content. `length` is what its `Content-Length` says.
    pub(crate) fn of_client(body: IncomingBody, length: Option<&str>) -> Self {
        let bytes_left = PAYLOAD_BYTES_MAX as usize;
        let parts = Body::new(body, CLIENT_MS, None);
        let parts = Body { if_late: EffectError::Stalled, bytes_left, ..parts };
        Self { length: number(length), ..Self::of(Vec::new(), Box::new(parts)) }
    }

    /// An endpoint's, of which each part may take so long, and all of it until then.
    pub(crate) fn new(
        body: IncomingBody,
        length: Option<&str>,
        part_ms: u32,
        ends_at: Option<Deadline>,
    ) -> Self {
        let parts = Body::new(body, part_ms, ends_at);
        Self { length: number(length), ..Self::of(Vec::new(), Box::new(parts)) }
    }

    /// Content of which this much is there.
    pub(crate) fn of(ahead: Vec<u8>, parts: Box<dyn Parts>) -> Self {
        Self { ahead, length: None, parts }
    }

    /// The next part; `None` at the end.
    pub(crate) fn part(&mut self) -> Result<Option<Vec<u8>>, EffectError> {
        match self.ahead.is_empty() {
            true => self.parts.next(),
            false => Ok(Some(std::mem::take(&mut self.ahead))),
        }
    }

    /// Reads ahead to the end, or until more than `bytes_max` is there. Tells whether it is the end.
    fn fill(&mut self, bytes_max: usize) -> Result<bool, EffectError> {
        let mut ahead = std::mem::take(&mut self.ahead);
        let filled = loop {
            if ahead.len() > bytes_max {
                break Ok(false);
            }
            match self.part() {
                Ok(Some(part)) => ahead.extend_from_slice(&part),
                Ok(None) => break Ok(true),
                Err(error) => break Err(error),
            }
        };
        self.ahead = ahead;
        filled
    }

    fn into_ahead(mut self) -> Vec<u8> {
        std::mem::take(&mut self.ahead)
    }

    /// Reads all that is left.
    pub(crate) fn read(mut self, bytes_max: usize) -> Result<Vec<u8>, EffectError> {
        match self.fill(bytes_max)? {
            true => Ok(self.into_ahead()),
            false => Err(EffectError::TooLarge),
        }
    }
}

fn number(length: Option<&str>) -> Option<u64> {
    length.and_then(|length| length.trim().parse().ok())
}

/// The content of a message that the host receives.
#[derive(Debug)]
struct Body {
    /// Dropped before the body that it belongs to.
    stream: Option<InputStream>,
    _body: IncomingBody,
    part_ms: u32,
    ends_at: Option<Deadline>,
    if_late: EffectError,
    bytes_left: usize,
}

impl Body {
    fn new(body: IncomingBody, part_ms: u32, ends_at: Option<Deadline>) -> Self {
        let stream = body.stream().ok();
        let (if_late, bytes_left) = (EffectError::TimedOut, usize::MAX);
        Self { stream, _body: body, part_ms, ends_at, if_late, bytes_left }
    }
}

impl Parts for Body {
    fn next(&mut self) -> Result<Option<Vec<u8>>, EffectError> {
        let Some(stream) = &self.stream else { return Ok(None) };
        loop {
            match stream.read(PART_BYTES) {
                Ok(bytes) if bytes.is_empty() => {
                    let deadline = Deadline::after_ms(self.part_ms);
                    let deadline = self.ends_at.map_or(deadline, |end| end.min(deadline));
                    if !deadline.waits_for(&stream.subscribe()) {
                        return Err(self.if_late.clone());
                    }
                }
                Ok(bytes) => {
                    self.bytes_left =
                        self.bytes_left.checked_sub(bytes.len()).ok_or(EffectError::TooLarge)?;
                    return Ok(Some(bytes));
                }
                Err(StreamError::Closed) => return Ok(None),
                Err(StreamError::LastOperationFailed(error)) => {
                    let reason = error.to_debug_string();
                    return Err(EffectError::Unavailable(format!(
                        "the content broke off: {reason}"
                    )));
                }
            }
        }
    }
}

/// Content on its way to the other side.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// None.
    Empty,
    /// There whole.
    Bytes(Vec<u8>),
    /// Passed on part by part.
    Stream(Reader),
}

impl Outgoing {
    /// How much it is, if that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(reader) => reader.length,
        }
    }

    /// Writes all of it, and ends the message; one that fails is broken off. Without a deadline it goes as slowly as
    /// the client takes it.
    pub(crate) fn write(
        self,
        body: OutgoingBody,
        deadline: Option<Deadline>,
    ) -> Result<(), EffectError> {
        let unavailable = |what: &str| EffectError::Unavailable(what.into());
        if !matches!(self, Self::Empty) {
            let stream = body.write().map_err(|()| unavailable("a body is written once"))?;
            let writer = Writer { stream, deadline };
            match self {
                Self::Empty => {}
                Self::Bytes(bytes) => writer.write(&bytes)?,
                Self::Stream(mut reader) => {
                    while let Some(part) = reader.part()? {
                        writer.write(&part)?;
                    }
                }
            }
            writer.flush()?;
        }
        let finished = OutgoingBody::finish(body, None);
        finished.map_err(|error| EffectError::Unavailable(format!("{error:?}")))
    }
}

struct Writer {
    stream: OutputStream,
    deadline: Option<Deadline>,
}

impl Writer {
    fn write(&self, mut bytes: &[u8]) -> Result<(), EffectError> {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at(bytes.len().min(self.room()?));
            self.stream.write(part).map_err(|error| broken(&error))?;
            bytes = rest;
        }
        Ok(())
    }

    /// One who has taken as much as was announced takes no more, and has all.
    fn flush(&self) -> Result<(), EffectError> {
        match self.stream.flush() {
            Ok(()) | Err(StreamError::Closed) => Ok(()),
            Err(error) => Err(broken(&error)),
        }
    }

    /// How much is taken now, once something is.
    fn room(&self) -> Result<usize, EffectError> {
        loop {
            match self.stream.check_write().map_err(|error| broken(&error))? {
                0 => {
                    let deadline = self.deadline.unwrap_or_else(|| Deadline::after_ms(CLIENT_MS));
                    if !deadline.waits_for(&self.stream.subscribe()) {
                        return Err(EffectError::TimedOut);
                    }
                }
                room => return Ok(usize::try_from(room).unwrap_or(usize::MAX)),
            }
        }
    }
}

fn broken(error: &StreamError) -> EffectError {
    EffectError::Unavailable(match error {
        StreamError::Closed => "the other side takes no more".into(),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    })
}
