//! Header names as the client spelled them.
//!
//! hyper gives names in lower case and in an order of its own; AWS hands them to Lambda functions
//! as they were sent. So the connection's bytes are looked at in passing, and when a request has
//! been parsed its head is found again in them. This is cosmetic: names must agree without case and
//! values are always hyper's, so what is found here can change no decision.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use gateway_core::limits::FIELDS_BYTES_MAX;
use gateway_core::message::{Fields, is_same_name};
use http::{HeaderMap, Method};
use memchr::memchr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::activity::Activity;
use crate::refusal::Refusal;
use crate::section::{fields_of, text_of};

/// Most bytes kept of a connection: the largest head that is served, and some content before it.
const KEPT_BYTES_MAX: usize = 32 * 1024;

/// The bytes that a connection brought and no request has claimed yet.
#[derive(Debug, Clone, Default)]
pub struct Heads(Rc<RefCell<Received>>);

#[derive(Debug, Default)]
struct Received {
    bytes: Vec<u8>,
    /// Content of the last request that is still to come, or to be passed over.
    skip: u64,
    /// Whether a line has ended in what was dropped since the last request.
    dropped_line: bool,
}

/// A connection whose received bytes are noted on the way.
pub struct Noted<S> {
    /// `None` once it is dropped.
    stream: Option<S>,
    heads: Heads,
    activity: Activity,
    refusal: Refusal,
    left: Left<S>,
    /// Whether the other end sends no more.
    ended: bool,
}

/// Where a stream is put whose connection is over although the other end may still send.
pub(crate) type Left<S> = Rc<Cell<Option<S>>>;

impl<S> Noted<S> {
    /// Notes what this stream receives.
    pub(crate) fn new(stream: S, heads: Heads, activity: Activity, left: Left<S>) -> Self {
        let refusal = Refusal::default();
        Self { stream: Some(stream), heads, activity, refusal, left, ended: false }
    }

    fn stream(&mut self) -> &mut S {
        self.stream.as_mut().expect("only `drop` takes it")
    }
}

impl<S> Drop for Noted<S> {
    fn drop(&mut self) {
        if !self.ended {
            self.left.set(self.stream.take());
        }
    }
}

impl Heads {
    /// Whether some of a request has come that was not parsed yet.
    pub(crate) fn are_begun(&self) -> bool {
        !self.0.borrow().bytes.is_empty()
    }

    /// Whether what came last is a request line without an end.
    pub(crate) fn is_long_line(&self) -> bool {
        let received = self.0.borrow();
        let lines = received.dropped_line || received.bytes.contains(&b'\n');
        received.bytes.len() > FIELDS_BYTES_MAX && !lines
    }

    /// Whether the head that came last announces more content than hyper can count: any number of digits
    /// is a length (RFC 9110 §8.6), so that it is too much and neither a wrong nor a large field.
    pub(crate) fn announces_too_much(&self) -> bool {
        let received = self.0.borrow();
        let lines = received.bytes.split(|byte| *byte == b'\n').skip(1);
        let mut lengths =
            lines.take_while(|line| !matches!(**line, [] | [b'\r'])).filter_map(length_of);
        let Some(first) = lengths.next() else { return false };
        let is_digits = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
        is_digits && counted(first).is_none() && lengths.all(|other| other == first)
    }

    /// The field lines of the request that was just parsed: names and order as sent where its head
    /// is found, else as hyper has them.
    pub fn fields(&self, method: &Method, headers: &HeaderMap) -> Fields {
        let spelled = self.0.borrow_mut().claim(method, headers);
        spelled.unwrap_or_else(|| fields_of(headers))
    }
}

impl Received {
    fn note(&mut self, received: &[u8]) {
        let skipped = self.skip.min(received.len() as u64);
        self.skip -= skipped;
        self.bytes.extend_from_slice(&received[skipped as usize..]);
        if let Some(surplus) = self.bytes.len().checked_sub(KEPT_BYTES_MAX) {
            self.dropped_line |= self.bytes.drain(..surplus).any(|byte| byte == b'\n');
        }
    }

    /// Finds the head, forgets everything up to its end, and arranges to pass over its content.
    fn claim(&mut self, method: &Method, headers: &HeaderMap) -> Option<Fields> {
        let start = self.find(method)?;
        let (fields, end) = spell(&self.bytes[start..], headers)?;
        self.forget(start + end, headers);
        Some(fields)
    }

    fn find(&self, method: &Method) -> Option<usize> {
        let blank = self.bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if begins_request(&self.bytes[blank..], method) {
            return Some(blank);
        }
        // After chunked content the next head stands behind bytes of unknown length: the last line
        // that begins like this request is it, or else the spelling is not known.
        let lines = self.bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
        lines.map(|(at, _)| at + 1).find(|&at| begins_request(&self.bytes[at..], method))
    }

    fn forget(&mut self, end: usize, headers: &HeaderMap) {
        let length = headers.get(http::header::CONTENT_LENGTH);
        let length: u64 = length.and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(0);
        let there = (self.bytes.len() - end) as u64;
        let passed = length.min(there);
        self.skip = length - passed;
        self.dropped_line = false;
        self.bytes.drain(..end + passed as usize);
    }
}

/// The value of a line that is `Content-Length`.
fn length_of(line: &[u8]) -> Option<&[u8]> {
    let (name, value) = line.split_at_checked(b"content-length".len())?;
    let value = value.strip_prefix(b":")?;
    name.eq_ignore_ascii_case(b"content-length").then(|| value.trim_ascii())
}

/// The largest numbers stand for other framings with hyper.
fn counted(digits: &[u8]) -> Option<u64> {
    let length: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (length < u64::MAX - 1).then_some(length)
}

fn begins_request(bytes: &[u8], method: &Method) -> bool {
    let line = memchr(b'\n', bytes).map_or(bytes, |end| &bytes[..end]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.strip_prefix(method.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b" "))
        && line.len() > 9
        && line[line.len() - 9..].starts_with(b" HTTP/1.")
}

/// The field lines of the head at the start of `bytes`, and where it ends, if they are the lines of
/// `headers` in another spelling.
fn spell(bytes: &[u8], headers: &HeaderMap) -> Option<(Fields, usize)> {
    let mut next = headers.iter();
    let mut in_order = true;
    // Looked at once for all lines. What is not UTF-8 is decoded value by value.
    let text = std::str::from_utf8(bytes).ok();
    let mut fields = Fields::with_capacity(headers.len(), bytes.len());
    let mut at = memchr(b'\n', bytes)? + 1;
    loop {
        let expected = if in_order { next.next() } else { None };
        if let (Some(text), Some((known, value))) = (text, expected)
            && let Some(line) = as_expected(&bytes[at..], known.as_str(), value.as_bytes())
        {
            let value = at + line.value..at + line.value + value.len();
            fields.push(text.get(at..at + known.as_str().len())?, text.get(value)?);
            at += line.end;
            continue;
        }
        let end = at + memchr(b'\n', &bytes[at..])?;
        let line = bytes[at..end].strip_suffix(b"\r").unwrap_or(&bytes[at..end]);
        at = end + 1;
        if line.is_empty() {
            break;
        }
        let name = std::str::from_utf8(&line[..memchr(b':', line)?]).ok()?;
        let value = match expected {
            Some((known, value)) if known.as_str().eq_ignore_ascii_case(name) => value,
            // Repeated names stand together in hyper's map: from here on, count.
            _ => {
                in_order = false;
                let earlier = fields.iter().filter(|f| f.name.eq_ignore_ascii_case(name)).count();
                headers.get_all(name).iter().nth(earlier)?
            }
        };
        fields.push(name, text_of(value.as_bytes()));
    }
    (fields.len() == headers.len()).then_some((fields, at))
}

/// Where in a line its value begins, and where the line ends.
struct Line {
    value: usize,
    end: usize,
}

/// The line at the start of `bytes`, if it has this name in some spelling and this value: most have,
/// and to compare them is quicker than to search for where they end.
fn as_expected(bytes: &[u8], name: &str, value: &[u8]) -> Option<Line> {
    let (sent, rest) = bytes.split_at_checked(name.len())?;
    let rest = rest.strip_prefix(b":")?;
    if !is_same_name(sent, name.as_bytes()) {
        return None;
    }
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let end = rest.strip_prefix(value)?.strip_prefix(b"\r\n")?;
    Some(Line { value: bytes.len() - rest.len(), end: bytes.len() - end.len() })
}

impl<S: AsyncRead + Unpin> AsyncRead for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(self.stream()).poll_read(cx, buffer);
        if let Poll::Ready(Ok(())) = polled {
            let received = &buffer.filled()[before..];
            self.ended = received.is_empty();
            self.heads.0.borrow_mut().note(received);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, heads, activity, refusal, .. } = &mut *self;
        let stream = stream.as_mut().expect("only `drop` takes it");
        refusal.write(bytes, heads, activity.is_between_responses(), |bytes| {
            Pin::new(&mut *stream).poll_write(cx, bytes)
        })
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [part] = parts {
            return self.poll_write(cx, part);
        }
        Pin::new(self.stream()).poll_write_vectored(cx, parts)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(S::is_write_vectored)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream()).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream()).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::tests::headers;
    use http::HeaderValue;

    fn noted(parts: &[&str]) -> Heads {
        let heads = Heads::default();
        parts.iter().for_each(|part| heads.0.borrow_mut().note(part.as_bytes()));
        heads
    }
    fn names(fields: &Fields) -> Vec<(&str, &str)> {
        fields.iter().map(|f| (f.name, f.value)).collect()
    }

    #[test]
    fn names_are_spelled_as_sent() {
        let heads = noted(&["GET / HTTP/1.1\r\nHOST: h\r\nX-Ab", "c: 1\r\n\r\n"]);
        let fields = heads.fields(&Method::GET, &headers(&[("host", "h"), ("x-abc", "1")]));
        assert_eq!(names(&fields), [("HOST", "h"), ("X-Abc", "1")]);
    }

    #[test]
    fn white_space_and_bytes_that_are_no_text_change_no_spelling() {
        let line = b"GET / HTTP/1.1\r\nHOST:h\r\nX-A: \t 1 \t\r\nX-B: \xe9\r\nX-C:\nX-D: 2\n\r\n";
        let heads = Heads::default();
        heads.0.borrow_mut().note(line);
        let mut parsed = headers(&[("host", "h"), ("x-a", "1"), ("x-c", ""), ("x-d", "2")]);
        parsed.append("x-b", HeaderValue::from_bytes(b"\xe9").unwrap());
        let fields = heads.fields(&Method::GET, &parsed);
        let expected = [("HOST", "h"), ("X-A", "1"), ("X-B", "é"), ("X-C", ""), ("X-D", "2")];
        assert_eq!(names(&fields), expected);
    }

    #[test]
    fn repeated_names_keep_their_places() {
        let heads = noted(&["GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\nC: 4\r\n\r\n"]);
        let parsed = headers(&[("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")]);
        let fields = heads.fields(&Method::GET, &parsed);
        assert_eq!(names(&fields), [("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")]);
    }

    #[test]
    fn content_between_two_requests_is_passed_over() {
        let heads = noted(&["POST / HTTP/1.1\r\nContent-Length: 22\r\n\r\nGET / HTTP/1.1"]);
        let first = heads.fields(&Method::POST, &headers(&[("content-length", "22")]));
        assert_eq!(names(&first), [("Content-Length", "22")]);
        heads.0.borrow_mut().note(b"\r\nX: \r\n\r\nGET /b HTTP/1.1\r\nY: 1\r\n\r\n");
        assert_eq!(names(&heads.fields(&Method::GET, &headers(&[("y", "1")]))), [("Y", "1")]);
    }

    #[test]
    fn the_next_head_is_found_behind_chunked_content() {
        let heads = noted(&["PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"]);
        heads.fields(&Method::PUT, &headers(&[("transfer-encoding", "chunked")]));
        let chunk = format!("10000\r\n{}\r\n0\r\n\r\n", "x".repeat(0x10000));
        heads.0.borrow_mut().note(chunk.as_bytes());
        heads.0.borrow_mut().note(b"GET / HTTP/1.1\r\nHoSt: h\r\n\r\n");
        assert_eq!(names(&heads.fields(&Method::GET, &headers(&[("host", "h")]))), [("HoSt", "h")]);
    }

    #[test]
    fn a_head_that_does_not_match_changes_nothing() {
        let heads = noted(&["GET / HTTP/1.1\r\nHost: evil\r\nX-Admin: 1\r\n\r\n"]);
        let fields = heads.fields(&Method::GET, &headers(&[("host", "h")]));
        assert_eq!(names(&fields), [("host", "h")]);
    }

    #[test]
    fn any_bytes_are_survived_and_bounded() {
        let heads = Heads::default();
        let mut state = 1_u64;
        for _ in 0..2_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let part: Vec<u8> =
                state.to_le_bytes().iter().map(|b| b"GET /\r\n: "[*b as usize % 9]).collect();
            heads.0.borrow_mut().note(&part.repeat(9));
            heads.fields(&Method::GET, &headers(&[("host", "h")]));
        }
        assert!(heads.0.borrow().bytes.len() <= KEPT_BYTES_MAX);
    }
}
