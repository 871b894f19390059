//! Heads of HTTP/1.1 messages: a request's is written, a response's is read.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use gateway_core::effect::EffectError;
use http::{Method, StatusCode};

use crate::perform::outgoing::OutgoingRequest;
use crate::perform::received::{self, FIELDS_MAX};
use crate::section::Section;

/// Room for the lines of nearly every response.
const LINES: usize = 100;

/// How a request's content is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, and nothing is said of it.
    None,
    /// So many bytes.
    Length(u64),
    /// As long as it comes.
    Chunked,
}

/// The head of a final response.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) section: Section,
    pub(super) length: Length,
    /// Whether the connection can be used after it.
    pub(super) is_persistent: bool,
}

/// How long a response's content is (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Exactly(u64),
    Chunked,
    UntilClose,
}

/// What the received bytes begin with.
#[derive(Debug)]
pub(super) enum Parsed {
    /// A part of a head. The bytes are given back.
    Partial(BytesMut),
    /// A final head, and what came after it.
    Final(Head, Bytes),
}

/// Writes the head of a request.
pub(super) fn write(out: &mut Vec<u8>, request: &OutgoingRequest<'_>, framing: Framing) {
    let method = request.method.as_str();
    out.reserve(512);
    for part in [method, " ", request.target.as_str(), " HTTP/1.1\r\nHost: "] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(request.host());
    out.extend_from_slice(b"\r\n");
    for (name, value) in &request.lines {
        if !name.eq_ignore_ascii_case("host") {
            write_name(out, name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
    }
    match framing {
        Framing::None => {}
        Framing::Length(length) => {
            out.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
        }
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
    out.extend_from_slice(b"\r\n");
}

/// `content-type` as `Content-Type`: the names that hyper gives are in lower case, and endpoints
/// that compare them with case expect this one.
fn write_name(out: &mut Vec<u8>, name: &str) {
    let start = out.len();
    out.extend_from_slice(name.as_bytes());
    let mut begins_word = true;
    for byte in &mut out[start..] {
        if begins_word {
            byte.make_ascii_uppercase();
        }
        begins_word = *byte == b'-';
    }
}

/// Reads the head of a response, passing over interim ones (RFC 9110 §15.2).
///
/// # Errors
/// [`EffectError::Malformed`] with what is no response to this method, and [`received::too_large`].
pub(super) fn parse(received: BytesMut, method: &Method) -> Result<Parsed, EffectError> {
    let malformed = EffectError::Malformed;
    let mut received = received.freeze();
    loop {
        let (mut lines, mut many) = ([const { MaybeUninit::uninit() }; LINES], Vec::new());
        let mut response = httparse::Response::new(&mut []);
        let parser = httparse::ParserConfig::default();
        let mut parsed =
            parser.parse_response_with_uninit_headers(&mut response, &received, &mut lines);
        if parsed == Err(httparse::Error::TooManyHeaders) {
            many.resize_with(FIELDS_MAX, MaybeUninit::uninit);
            response = httparse::Response::new(&mut []);
            parsed = parser.parse_response_with_uninit_headers(&mut response, &received, &mut many);
        }
        let parsed = parsed.map_err(|error| match error {
            httparse::Error::TooManyHeaders => received::too_large(),
            error => malformed(error.to_string()),
        });
        let end = match parsed? {
            httparse::Status::Partial => {
                // Nobody else has a part of it; if somebody had, a copy would do.
                let bytes = received.try_into_mut().unwrap_or_else(|shared| shared[..].into());
                return Ok(Parsed::Partial(bytes));
            }
            httparse::Status::Complete(end) => end,
        };
        match response.code {
            // Nobody asked to switch protocols.
            Some(101) | None => return Err(malformed("it switches protocols".into())),
            Some(100..200) => received = received.slice(end..),
            Some(_) => {
                let head = read(&response, received.slice(..end), method).map_err(malformed)?;
                received::check(&head.section)?;
                return Ok(Parsed::Final(head, received.slice(end..)));
            }
        }
    }
}

/// Whether there may be a whole head: an empty line ends it, of which the last bytes are new.
pub(super) fn may_be_whole(received: &[u8], new_from: usize) -> bool {
    let new = &received[new_from.saturating_sub(3)..];
    new.windows(2).any(|two| two == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
}

fn read(
    response: &httparse::Response<'_, '_>,
    received: Bytes,
    method: &Method,
) -> Result<Head, String> {
    let status = StatusCode::from_u16(response.code.unwrap_or_default());
    let status = status.map_err(|error| error.to_string())?;
    let section = Section::parsed(received, response.headers);
    let is_http11 = response.version == Some(1);
    let length = length(status, &section, method, is_http11)?;
    let is_persistent = length != Length::UntilClose && is_persistent(&section, is_http11);
    Ok(Head { status, section, length, is_persistent })
}

fn length(
    status: StatusCode,
    section: &Section,
    method: &Method,
    is_http11: bool,
) -> Result<Length, String> {
    if *method == Method::HEAD || matches!(status.as_u16(), 204 | 304) {
        return Ok(Length::Exactly(0));
    }
    if section.all("transfer-encoding").next().is_some() {
        // HTTP/1.0 has no such field: somebody on the way did not know it (RFC 9112 §6.1).
        if !is_http11 {
            return Err("Transfer-Encoding in HTTP/1.0".into());
        }
        // Any other coding would have to be undone before the content is passed on: its name is the connection's,
        // and whoever gets the content is not told of it. None was asked for either (`TE`, RFC 9110 §10.1.4).
        let mut codings = options(section, "transfer-encoding").filter(|coding| !coding.is_empty());
        let is_chunked = codings.next().is_some_and(|one| one.eq_ignore_ascii_case("chunked"));
        return match is_chunked && codings.next().is_none() {
            true => Ok(Length::Chunked),
            false => Err("Transfer-Encoding is another than `chunked`".into()),
        };
    }
    let mut lengths = options(section, "content-length").map(content_length);
    let Some(first) = lengths.next() else { return Ok(Length::UntilClose) };
    match first.filter(|first| lengths.all(|other| other == Some(*first))) {
        Some(length) => Ok(Length::Exactly(length)),
        None => Err("Content-Length is no length".into()),
    }
}

fn content_length(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn is_persistent(section: &Section, is_http11: bool) -> bool {
    let has =
        |option: &str| options(section, "connection").any(|one| one.eq_ignore_ascii_case(option));
    !has("close") && (is_http11 || has("keep-alive"))
}

/// The members of a field that is a list. One that is not text is no option that anybody knows.
fn options<'a>(section: &'a Section, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_text = |b: &u8| matches!(b, b'\t' | b' '..=b'~');
    let text = move |value: &'a [u8]| match value.iter().all(is_text) {
        true => std::str::from_utf8(value).unwrap_or("?"),
        false => "?",
    };
    section.all(name).map(text).flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::tests::headers;
    use gateway_core::message::{FieldEdits, OutgoingFields};

    fn read(text: &str, method: &Method) -> Result<Parsed, EffectError> {
        parse(text.as_bytes().into(), method)
    }
    fn head(fields: &str) -> Result<Head, EffectError> {
        match read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n"), &Method::GET)? {
            Parsed::Final(head, _) => Ok(head),
            Parsed::Partial(_) => Err(EffectError::TimedOut),
        }
    }
    fn length_of(fields: &str) -> Result<Length, EffectError> {
        head(fields).map(|head| head.length)
    }

    #[test]
    fn a_request_is_written_with_its_names_in_title_case() {
        let fields = OutgoingFields::Edited(FieldEdits::new());
        let client = headers(&[("x-forwarded-for", "a"), ("x-forwarded-for", "b")]);
        let url = "http://e:81/a?b".into();
        let request = OutgoingRequest::new("PUT", url, &fields, &client).unwrap();
        let mut out = Vec::new();
        write(&mut out, &request, Framing::Length(3));
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "PUT /a?b HTTP/1.1\r\nHost: e:81\r\nX-Forwarded-For: a\r\nX-Forwarded-For: b\r\nContent-Length: 3\r\n\r\n"
        );
    }

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let text = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nA: 1\r\nA: 2\r\n\r\nok";
        let end = text.len() - 2;
        for cut in 0..end {
            let Parsed::Partial(rest) = read(&text[..cut], &Method::GET).unwrap() else {
                panic!("whole at {cut}");
            };
            assert_eq!(rest, text[..cut]);
            assert!(!may_be_whole(&text.as_bytes()[..cut], cut.saturating_sub(1)), "{cut}");
        }
        assert!(may_be_whole(&text.as_bytes()[..end], end - 1));
        let Parsed::Final(head, rest) = read(text, &Method::GET).unwrap() else { panic!() };
        assert_eq!((head.status.as_u16(), &rest[..]), (404, &b"ok"[..]));
        assert_eq!(head.section.all("a").count(), 2);
        assert!(head.is_persistent);
    }

    #[test]
    fn interim_responses_are_passed_over() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        let Parsed::Final(head, _) = read(text, &Method::GET).unwrap() else { panic!() };
        assert_eq!((head.status.as_u16(), head.section.iter().len()), (204, 0));
        assert!(matches!(
            read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1", &Method::GET),
            Ok(Parsed::Partial(rest)) if rest == "HTTP/1"
        ));
        assert!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n", &Method::GET).is_err());
    }

    #[test]
    fn content_is_delimited_as_rfc_9112_says() {
        assert_eq!(length_of("Content-Length: 5\r\n"), Ok(Length::Exactly(5)));
        assert_eq!(
            length_of("Content-Length: 5, 5\r\nContent-Length: 5\r\n"),
            Ok(Length::Exactly(5))
        );
        assert_eq!(length_of("Transfer-Encoding: chunked\r\n"), Ok(Length::Chunked));
        assert_eq!(length_of("Transfer-Encoding: , Chunked,\r\n"), Ok(Length::Chunked));
        // Chunked wins, the length is a lie.
        let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
        assert_eq!(length_of(both), Ok(Length::Chunked));
        assert_eq!(length_of(""), Ok(Length::UntilClose));
        for wrong in ["+5", "-5", "5 5", "0x5", "", "5,6", "5,", "18446744073709551616"] {
            assert!(length_of(&format!("Content-Length: {wrong}\r\n")).is_err(), "{wrong}");
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        let Parsed::Final(head, _) = read(head, &Method::HEAD).unwrap() else { panic!() };
        assert_eq!(head.length, Length::Exactly(0));
        let old = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(read(old, &Method::GET).is_err());
    }

    #[test]
    fn a_transfer_coding_that_is_not_undone_is_no_response() {
        for codings in
            ["gzip, chunked", "chunked, gzip", "gzip", "chunked, chunked", "identity", "", "\u{e9}"]
        {
            for length in ["", "Content-Length: 5\r\n"] {
                let answer = length_of(&format!("Transfer-Encoding: {codings}\r\n{length}"));
                assert!(
                    matches!(answer, Err(EffectError::Malformed(_))),
                    "{codings:?}: {answer:?}"
                );
            }
        }
        let twice = "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n";
        assert!(length_of(twice).is_err());
        let empty = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n";
        assert!(read(empty, &Method::HEAD).is_ok(), "there is no content that lost it");
    }

    #[test]
    fn a_section_of_many_lines_is_read_up_to_a_bound() {
        let of = |lines: usize| head(&"a: 1\r\n".repeat(lines));
        for lines in [LINES, LINES + 1, FIELDS_MAX] {
            assert_eq!(of(lines).unwrap().section.iter().len(), lines);
        }
        let text = format!("HTTP/1.1 200 OK\r\n{}", "a: 1\r\n".repeat(LINES + 1));
        assert!(matches!(read(&text, &Method::GET), Ok(Parsed::Partial(rest)) if rest == text));
        let long = format!("a: {}\r\n", "v".repeat(received::HEAD_BYTES_MAX));
        for refused in [of(FIELDS_MAX + 1), head(&long)] {
            assert_eq!(refused.unwrap_err(), received::too_large());
        }
    }

    #[test]
    fn a_connection_is_kept_where_both_sides_do() {
        let kept = |text: &str| match read(text, &Method::GET).unwrap() {
            Parsed::Final(head, _) => head.is_persistent,
            Parsed::Partial(_) => panic!("{text}"),
        };
        assert!(kept("HTTP/1.1 204 No Content\r\n\r\n"));
        assert!(!kept("HTTP/1.1 204 No Content\r\nConnection: keep-alive, Close\r\n\r\n"));
        assert!(!kept("HTTP/1.0 204 No Content\r\n\r\n"));
        assert!(kept("HTTP/1.0 204 No Content\r\nConnection: Keep-Alive\r\n\r\n"));
        assert!(!kept("HTTP/1.1 200 OK\r\n\r\n"));
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for nonsense in [
            "I am no HTTP server\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 99999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        ] {
            let read = read(nonsense, &Method::GET);
            assert!(matches!(read, Err(EffectError::Malformed(_))), "{nonsense:?}");
        }
    }
}
