//! `application/vnd.amazon.eventstream`, as `InvokeWithResponseStream` answers with it.
//!
//! Smithy, "Amazon Event Stream Specification": a message is its length and the length of its headers
//! with a checksum, headers, a payload, and a checksum of it all. AWS Lambda API Reference,
//! "InvokeWithResponseStream": `PayloadChunk`, and `InvokeComplete` at the end.

use alloc::{string::String, vec::Vec};

use crate::json;
use crate::limits::EVENT_MESSAGE_BYTES_MAX;

/// Two lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
/// What is around headers and payload.
const FRAME_BYTES: usize = PRELUDE_BYTES + 4;

/// A message of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What the function wrote next.
    Payload(Vec<u8>),
    /// The function has ended.
    Complete,
    /// The function, or Lambda, failed.
    Failed {
        /// `ErrorCode`
        code: String,
        /// `ErrorDetails`
        details: String,
    },
}

/// Reads messages from what comes of them.
#[derive(Debug, Default)]
pub struct EventStream {
    received: Vec<u8>,
    /// Of that, what has been read.
    read: usize,
}

impl EventStream {
    /// Takes bytes as they come. Each [`Self::next`] takes one message of them.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.received.drain(..self.read);
            self.read = 0;
        }
        self.received.extend_from_slice(bytes);
    }

    /// The next message; `None` before it is whole.
    ///
    /// # Errors
    /// What is no such message. Nothing behind it can be read.
    #[expect(clippy::should_implement_trait, reason = "there may be more after `None`")]
    pub fn next(&mut self) -> Result<Option<Event>, &'static str> {
        loop {
            let received = &self.received[self.read..];
            let Some(length) = message_length(received)? else { return Ok(None) };
            let Some(message) = received.get(..length) else { return Ok(None) };
            let event = read(message)?;
            self.read += length;
            // Events that are added to the API one day are passed over, as AWS's clients do.
            if event.is_some() {
                return Ok(event);
            }
        }
    }
}

/// The length of the message that begins here, once its prelude is there.
fn message_length(received: &[u8]) -> Result<Option<usize>, &'static str> {
    let Some(prelude) = received.get(..PRELUDE_BYTES) else { return Ok(None) };
    if crc32(&prelude[..8]) != number(&prelude[8..]) {
        return Err("an event's lengths do not match their checksum");
    }
    let (total, headers) = (number(prelude) as usize, number(&prelude[4..]) as usize);
    match total {
        FRAME_BYTES..=EVENT_MESSAGE_BYTES_MAX if headers <= total - FRAME_BYTES => Ok(Some(total)),
        _ => Err("an event is longer than one may be"),
    }
}

fn read(message: &[u8]) -> Result<Option<Event>, &'static str> {
    let (message, checksum) = message.split_at(message.len() - 4);
    if crc32(message) != number(checksum) {
        return Err("an event does not match its checksum");
    }
    let headers_end = PRELUDE_BYTES + number(&message[4..]) as usize;
    let headers = Headers::read(&message[PRELUDE_BYTES..headers_end]);
    let headers = headers.ok_or("an event's headers are not what they should be")?;
    let payload = &message[headers_end..];
    Ok(match headers.message_type {
        "event" => match headers.event_type {
            "PayloadChunk" => Some(Event::Payload(payload.into())),
            "InvokeComplete" => Some(completed(payload)),
            _ => None,
        },
        "exception" => Some(Event::Failed {
            code: headers.exception_type.into(),
            details: String::from_utf8_lossy(payload).into_owned(),
        }),
        _ => Some(Event::Failed {
            code: headers.error_code.into(),
            details: headers.error_message.into(),
        }),
    })
}

fn completed(payload: &[u8]) -> Event {
    let document = json::read_bytes(payload).unwrap_or_default();
    let member = |name| document.get(name).and_then(|member| member.as_str());
    match member("ErrorCode") {
        None | Some("") => Event::Complete,
        Some(code) => Event::Failed {
            code: code.into(),
            details: member("ErrorDetails").unwrap_or_default().into(),
        },
    }
}

/// The headers that say what a message is.
#[derive(Default)]
struct Headers<'m> {
    message_type: &'m str,
    event_type: &'m str,
    exception_type: &'m str,
    error_code: &'m str,
    error_message: &'m str,
}

impl<'m> Headers<'m> {
    fn read(mut rest: &'m [u8]) -> Option<Self> {
        let mut headers = Self::default();
        while !rest.is_empty() {
            let name = take_short(&mut rest)?;
            let (kind, after) = rest.split_first()?;
            rest = after;
            // Booleans, integers of 1 to 8 bytes, bytes, text, a time, a UUID.
            let length = match kind {
                0 | 1 => 0,
                2 => 1,
                3 => 2,
                4 => 4,
                5 | 8 => 8,
                6 | 7 => {
                    let (length, after) = rest.split_at_checked(2)?;
                    rest = after;
                    usize::from(length[0]) << 8 | usize::from(length[1])
                }
                9 => 16,
                _ => return None,
            };
            let (value, after) = rest.split_at_checked(length)?;
            rest = after;
            let place = match name {
                b":message-type" => &mut headers.message_type,
                b":event-type" => &mut headers.event_type,
                b":exception-type" => &mut headers.exception_type,
                b":error-code" => &mut headers.error_code,
                b":error-message" => &mut headers.error_message,
                _ => continue,
            };
            if *kind == 7 {
                *place = core::str::from_utf8(value).ok()?;
            }
        }
        Some(headers)
    }
}

/// Bytes behind their length, which is one byte.
fn take_short<'m>(rest: &mut &'m [u8]) -> Option<&'m [u8]> {
    let (length, after) = rest.split_first()?;
    let (taken, after) = after.split_at_checked(usize::from(*length))?;
    *rest = after;
    Some(taken)
}

/// The number that the first four bytes are.
fn number(bytes: &[u8]) -> u32 {
    let bytes = bytes.first_chunk().expect("callers give four bytes and more");
    u32::from_be_bytes(*bytes)
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8);
    !bytes.iter().fold(!0, step)
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut crc, mut bit) = (index as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
        let mut encoded = Vec::new();
        for (name, value) in headers {
            encoded.push(name.len() as u8);
            encoded.extend(name.bytes());
            encoded.push(7);
            encoded.extend((value.len() as u16).to_be_bytes());
            encoded.extend(value.bytes());
        }
        framed(&encoded, payload)
    }

    fn framed(headers: &[u8], payload: &[u8]) -> Vec<u8> {
        let total = FRAME_BYTES + headers.len() + payload.len();
        let mut message = Vec::new();
        message.extend((total as u32).to_be_bytes());
        message.extend((headers.len() as u32).to_be_bytes());
        message.extend(crc32(&message).to_be_bytes());
        message.extend(headers);
        message.extend(payload);
        message.extend(crc32(&message).to_be_bytes());
        message
    }

    fn event(name: &str, payload: &[u8]) -> Vec<u8> {
        message(&[(":message-type", "event"), (":event-type", name)], payload)
    }

    fn all(bytes: &[u8], part: usize) -> Result<Vec<Event>, &'static str> {
        let (mut stream, mut events) = (EventStream::default(), Vec::new());
        for part in bytes.chunks(part) {
            stream.push(part);
            while let Some(event) = stream.next()? {
                events.push(event);
            }
        }
        Ok(events)
    }

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // The specification's first example: an empty message.
        let empty = [0, 0, 0, 16, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
        assert_eq!(framed(b"", b""), empty);
    }

    #[test]
    fn events_are_read_in_parts_of_any_size() {
        let mut bytes = event("PayloadChunk", b"first");
        bytes.extend(event("SomethingNew", b"?"));
        bytes.extend(event("PayloadChunk", b""));
        bytes.extend(event("InvokeComplete", b"{\"LogResult\":null}"));
        let expected =
            [Event::Payload(b"first".into()), Event::Payload(Vec::new()), Event::Complete];
        for part in [1, 2, 3, 7, 50, bytes.len()] {
            assert_eq!(all(&bytes, part).unwrap(), expected, "{part}");
        }
    }

    #[test]
    fn failures_say_what_failed() {
        let failed = |code: &str, details: &str| {
            Ok(alloc::vec![Event::Failed { code: code.into(), details: details.into() }])
        };
        let complete = br#"{"ErrorCode":"Unhandled","ErrorDetails":"{\"errorType\":\"E\"}"}"#;
        let complete = event("InvokeComplete", complete);
        assert_eq!(all(&complete, 99), failed("Unhandled", r#"{"errorType":"E"}"#));
        let headers = [(":message-type", "exception"), (":exception-type", "TooManyRequests")];
        assert_eq!(all(&message(&headers, b"{}"), 99), failed("TooManyRequests", "{}"));
        let headers = [(":message-type", "error"), (":error-code", "C"), (":error-message", "M")];
        assert_eq!(all(&message(&headers, b""), 99), failed("C", "M"));
    }

    #[test]
    fn headers_of_other_types_are_passed_over() {
        let mut headers = Vec::new();
        for (kind, length) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (8, 8), (9, 16)] {
            headers.extend([1, b'x', kind]);
            headers.resize(headers.len() + length, 0xff);
        }
        headers.extend([1, b'x', 6, 0, 2, 0xff, 0xff]);
        headers
            .extend(b"\x0d:message-type\x07\x00\x05event\x0b:event-type\x07\x00\x0cPayloadChunk");
        let read = all(&framed(&headers, b"a"), 99);
        assert_eq!(read, Ok(alloc::vec![Event::Payload(b"a".into())]));
        assert!(all(&framed(&[1, b'x', 10], b""), 99).is_err());
        assert!(all(&framed(&[9, b'x'], b""), 99).is_err());
    }

    #[test]
    fn a_byte_that_is_not_what_was_sent_is_an_error() {
        let whole = event("PayloadChunk", b"content");
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            assert!(all(&bytes, 99).is_err(), "{place}");
        }
    }

    #[test]
    fn no_more_is_waited_for_than_a_message_may_have() {
        let with = |total: u32, headers: u32| {
            let mut prelude: Vec<u8> = total.to_be_bytes().into();
            prelude.extend(headers.to_be_bytes());
            prelude.extend(crc32(&prelude).to_be_bytes());
            all(&prelude, 99)
        };
        let max = EVENT_MESSAGE_BYTES_MAX as u32;
        assert_eq!(with(max, 0), Ok(Vec::new()));
        for (total, headers) in [(max + 1, 0), (u32::MAX, 0), (15, 0), (0, 0), (16, 1)] {
            assert!(with(total, headers).is_err(), "{total} {headers}");
        }
    }
}
