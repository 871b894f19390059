//! A client that sends exactly what it is told and shows exactly what came back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::wire::{self, Fields, Otherwise};

/// AWS's integration timeout is 29 s; a gateway that needs longer than this has lost the request.
const ANSWER_MS_MAX: u64 = 40_000;

/// A request as it is to be on the wire: nothing is added, encoded or put into another order.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// All fields, framing included.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub content: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The fields, in order.
    pub fields: Fields,
    /// The content, chunks put together.
    pub content: Vec<u8>,
}

/// Sends one request on a connection of its own and reads the final response.
pub async fn send(address: SocketAddr, request: &Request) -> io::Result<Response> {
    let exchange = async {
        let mut stream = BufReader::new(TcpStream::connect(address).await?);
        stream.get_ref().set_nodelay(true)?;
        // A gateway may answer and close before it has read everything, so a failure to write is
        // reported only when there is no answer either.
        let written = stream.write_all(&on_the_wire(request)).await;
        match receive(&mut stream, &request.method).await {
            Ok(response) => Ok(response),
            Err(error) => Err(written.err().unwrap_or(error)),
        }
    };
    let late =
        || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {ANSWER_MS_MAX} ms"));
    tokio::time::timeout(Duration::from_millis(ANSWER_MS_MAX), exchange)
        .await
        .map_err(|_| late())?
}

fn on_the_wire(request: &Request) -> Vec<u8> {
    let mut bytes =
        wire::string_to_latin1(&format!("{} {} HTTP/1.1\r\n", request.method, request.target));
    for (name, value) in &request.fields {
        bytes.extend(wire::string_to_latin1(&format!("{name}: {value}\r\n")));
    }
    bytes.extend(b"\r\n");
    bytes.extend(&request.content);
    bytes
}

async fn receive(stream: &mut BufReader<TcpStream>, method: &str) -> io::Result<Response> {
    loop {
        let gone = || {
            io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the connection was closed without an answer",
            )
        };
        let head = wire::read_head(stream).await?.ok_or_else(gone)?;
        let status =
            head.start.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status: u16 = status.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("not a status line: {:?}", head.start),
            )
        })?;
        // RFC 9110 section 15.2: interim responses come before the final one.
        if (100..200).contains(&status) && status != 101 {
            continue;
        }
        // RFC 9112 section 6.3: these never have content, whatever their fields say.
        let content = if method == "HEAD" || matches!(status, 101 | 204 | 304) {
            Vec::new()
        } else {
            wire::read_content(stream, &head.fields, Otherwise::UntilClosed).await?
        };
        return Ok(Response { status, fields: head.fields, content });
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    fn request(method: &str) -> Request {
        Request {
            method: method.to_owned(),
            target: "/a/../b//%7b[x]?q=é".to_owned(),
            fields: [("hOsT", "x"), ("X-B", "2"), ("x-a", "1"), ("x-b", " 3 ")]
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .into(),
            content: b"abc".to_vec(),
        }
    }

    /// Sends `request` to a server that answers `answer` and closes; returns what the server received.
    async fn exchange(method: &str, answer: &'static [u8]) -> (Vec<u8>, io::Result<Response>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut received = vec![0; 4096];
            let length = stream.read(&mut received).await.unwrap();
            stream.write_all(answer).await.unwrap();
            received.truncate(length);
            received
        });
        let response = send(address, &request(method)).await;
        (server.await.unwrap(), response)
    }

    #[tokio::test]
    async fn a_request_is_sent_byte_for_byte() {
        let (received, _) = exchange("PURGE", b"HTTP/1.1 204 No Content\r\n\r\n").await;
        let expected = b"PURGE /a/../b//%7b[x]?q=\xe9 HTTP/1.1\r\nhOsT: x\r\nX-B: 2\r\nx-a: 1\r\nx-b:  3 \r\n\r\nabc";
        assert_eq!(received, expected);
    }

    #[tokio::test]
    async fn the_fields_of_a_response_keep_case_order_and_repetition() {
        let (_, response) = exchange("GET", b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nx: 1\r\nset-cookie: b\r\ncontent-length: 2\r\n\r\nok").await;
        let response = response.unwrap();
        let fields: Vec<_> =
            response.fields.0.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            fields,
            [("Set-Cookie", "a"), ("x", "1"), ("set-cookie", "b"), ("content-length", "2")]
        );
        assert_eq!(response.fields.joined("SET-COOKIE").as_deref(), Some("a, b"));
    }

    #[tokio::test]
    async fn content_ends_by_length_by_chunks_by_closing_or_is_not_there() {
        let cases: [(&str, &'static [u8], u16, &[u8]); 6] = [
            ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", 200, b"abc"),
            ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n", 200, b"abc"),
            ("GET", b"HTTP/1.1 502 Bad\r\n\r\nabc", 502, b"abc"),
            ("GET", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", 201, b"x"),
            ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 200, b""),
            ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, b""),
        ];
        for (method, answer, status, content) in cases {
            let response = exchange(method, answer).await.1.unwrap();
            assert_eq!(
                (response.status, response.content.as_slice()),
                (status, content),
                "{}",
                answer.escape_ascii()
            );
        }
    }

    #[tokio::test]
    async fn a_cut_off_response_is_an_error() {
        for answer in [
            &b""[..],
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            b"nonsense\r\n\r\n",
        ] {
            assert!(exchange("GET", answer).await.1.is_err(), "{}", answer.escape_ascii());
        }
    }
}
