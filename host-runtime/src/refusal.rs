//! hyper's own answers to what it cannot parse, in the shape of AWS's gateway responses.
//!
//! hyper answers 400, 414 and 431 by itself, without content, and ends the connection. Such a head is
//! known by its bytes, and by its time: content of a response may have the same bytes, but hyper reads
//! no head before the response to the last request is over, and writes the one before it parses the next.

use std::io;
use std::task::{Poll, ready};

use crate::spelling::Heads;

/// What is written in place of hyper's answer, if one was met.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    left: Vec<u8>,
    /// Bytes of hyper's that it stands for.
    replaced: usize,
}

impl Refusal {
    /// Writes, with hyper's own answer replaced where `between_responses`.
    pub(crate) fn write(
        &mut self,
        bytes: &[u8],
        heads: &Heads,
        between_responses: bool,
        mut write: impl FnMut(&[u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.left.is_empty() {
            let Some(status) = status(bytes).filter(|_| between_responses) else {
                return write(bytes);
            };
            self.left = answer(told(status, heads));
            self.replaced = bytes.len();
        }
        while !self.left.is_empty() {
            let written = ready!(write(&self.left))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.left.drain(..written);
        }
        Poll::Ready(Ok(self.replaced.min(bytes.len())))
    }
}

/// The status that says what is wrong with the head, which hyper's own does not always.
fn told(status: u16, heads: &Heads) -> u16 {
    if heads.is_long_line() {
        414
    } else if heads.announces_too_much() {
        413
    } else {
        status
    }
}

/// The status of hyper's answer, if these are the bytes of one: it is all that is written then.
fn status(bytes: &[u8]) -> Option<u16> {
    const BEFORE_DATE: &[u8] = b"\r\nconnection: close\r\ncontent-length: 0\r\ndate: ";
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
    let before_date = bytes.len().checked_sub(DATE.len())?;
    let line = bytes[..before_date].strip_suffix(BEFORE_DATE)?;
    if line.contains(&b'\r') {
        return None; // fields that hyper's has not
    }
    let status = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?;
    let status = std::str::from_utf8(status.get(..3)?).ok()?.parse().ok()?;
    matches!(status, 400 | 414 | 431).then_some(status)
}

fn answer(status: u16) -> Vec<u8> {
    let (reason, error_type, message) = match status {
        413 => ("Content Too Large", "RequestTooLargeException", "Request Too Long"),
        414 => ("URI Too Long", "RequestUriTooLongException", "Request URI too long"),
        431 => (
            "Request Header Fields Too Large",
            "RequestHeaderFieldsTooLargeException",
            "Request Header Fields Too Large",
        ),
        _ => ("Bad Request", "BadRequestException", "Bad Request"),
    };
    let content = format!(r#"{{"message":"{message}"}}"#);
    format!(
        "HTTP/1.1 {status} {reason}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         x-amzn-errortype: {error_type}\r\ncontent-length: {}\r\n\r\n{content}",
        content.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPERS: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                          content-length: 0\r\ndate: Sat, 21 Nov 2026 08:00:00 GMT\r\n\r\n";

    /// Writes all of it, a few bytes at a time.
    fn written(bytes: &[u8], at_once: usize, between_responses: bool) -> Vec<u8> {
        let (mut refusal, heads) = (Refusal::default(), Heads::default());
        let (mut out, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let polled = refusal.write(&bytes[at..], &heads, between_responses, |bytes| {
                let length = bytes.len().min(at_once);
                out.extend_from_slice(&bytes[..length]);
                Poll::Ready(Ok(length))
            });
            let Poll::Ready(Ok(length)) = polled else { panic!("{polled:?}") };
            at += length;
        }
        out
    }

    #[test]
    fn hypers_answer_is_replaced_by_one_that_says_why() {
        for at_once in [7, 10_000] {
            assert_eq!(written(HYPERS.as_bytes(), at_once, true), answer(431));
        }
    }

    #[test]
    fn its_bytes_within_a_response_are_content() {
        for at_once in [7, 10_000] {
            assert_eq!(written(HYPERS.as_bytes(), at_once, false), HYPERS.as_bytes());
        }
        let content = [b"0123456789", HYPERS.as_bytes()].concat();
        assert_eq!(written(&content, 10_000, true), content);
    }

    #[test]
    fn answers_of_the_gateway_are_left_alone() {
        for head in [
            "HTTP/1.1 400 Bad Request\r\nx-amzn-requestid: 1\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sat, 21 Nov 2026 08:00:00 GMT\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sat, 21 Nov 2026 08:00:00 GMT\r\n\r\n",
            "short",
            "",
        ] {
            assert_eq!(written(head.as_bytes(), 10_000, true), head.as_bytes());
        }
    }
}
