//! A function whose response is streamed, on AWS's own client of the Lambda Runtime API (`lambda_http`),
//! and as Lambda itself sends it.

use crate::functions::rust_function;
use crate::kit::*;

const DEFINITION: &str = "
openapi: 3.0.1
info: {title: countdown, version: '1'}
paths:
  /countdown/{from}:
    get:
      parameters: [{name: from, in: path, required: true, schema: {type: integer}}]
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:000000000000:function:countdown/response-streaming-invocations
        responseTransferMode: STREAM
";

fn served(function: &str) -> Served {
    let folder = Folder::new();
    folder.write("api.yaml", DEFINITION);
    let format = "$context.status $context.integration.responseTransferMode $context.responseLength \
                  $context.integration.timeToFirstContent $context.integration.latency";
    let config = folder.write(
        "edgeway.yaml",
        &format!(
            "listen: 127.0.0.1:0
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages: [{{stageName: prod, accessLogSettings: {{format: '{format}', destination: access.log}}}}]
functions: {{countdown: {function}}}
"
        ),
    );
    Served::start_configured(folder, config, 1)
}

fn count(client: &mut Client, path: &str) -> String {
    client.send(format!("GET /prod/countdown/{path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
    client.head().unwrap().to_lowercase()
}

fn chunks(client: &mut Client) -> String {
    let chunks = std::iter::from_fn(|| client.chunk());
    chunks.map(|chunk| String::from_utf8(chunk).unwrap()).collect()
}

#[test]
fn a_rust_function_is_streamed_and_used_again() {
    let program = rust_function("streaming-function", "examples/streaming/function/src");
    let served = served(&format!("{{command: {:?}}}", [program]));
    let mut client = served.client();
    for _ in 0..2 {
        let head = count(&mut client, "3?pauseMillis=20");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        for line in ["content-type: text/plain", "set-cookie: from=3", "transfer-encoding: chunked"]
        {
            assert!(head.contains(line), "{head}");
        }
        assert_eq!(client.chunk().unwrap(), b"3\n");
        assert_eq!(chunks(&mut client), "2\n1\n0\n");
    }
    let head = count(&mut client, "none");
    assert!(head.starts_with("http/1.1 400"), "{head}");
    assert_eq!(chunks(&mut client), "no number to count from\n");
    drop(client);
    let log = served.drained_log();
    let mut told = Vec::new();
    for line in log.lines() {
        let (end, times) = line.match_indices(' ').nth(2).map(|(at, _)| line.split_at(at)).unwrap();
        let times = times.split_ascii_whitespace().map(|ms| ms.parse::<u64>().unwrap());
        let [first, all] = times.collect::<Vec<_>>()[..] else { panic!("{line}") };
        // Pauses of 20 ms lie between the first line and the last.
        assert!(all >= first + if end.starts_with("200") { 20 } else { 0 }, "{line}");
        told.push(end);
    }
    assert_eq!(told, ["200 STREAMED 8", "200 STREAMED 8", "400 STREAMED 24"]);
}

#[test]
fn what_breaks_off_ends_the_connection_without_an_end() {
    let program = rust_function("streaming-function", "examples/streaming/function/src");
    let served = served(&format!("{{command: {:?}}}", [program]));
    let mut client = served.client();
    let head = count(&mut client, "3?pauseMillis=1&failAt=1");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let mut read = String::new();
    let ended = std::io::Read::read_to_string(&mut client.reader, &mut read);
    let is_cut = read.contains("3\n") && !read.contains("\r\n0\r\n");
    assert!(is_cut, "{ended:?} {read:?}");
    let mut client = served.client();
    count(&mut client, "1?pauseMillis=1");
    assert_eq!(chunks(&mut client), "1\n0\n");
}

#[test]
fn a_client_that_does_not_read_holds_the_function_back() {
    use std::io::{ErrorKind, Write};
    use std::sync::mpsc::channel;
    const OFFERED: usize = 256 << 20;
    let (sent, accepted) = channel::<usize>();
    let lambda = endpoint(move |mut connection| {
        connection.head();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n\r\n";
        connection.send(head.as_bytes());
        connection.send(&payload(b"{}\0\0\0\0\0\0\0\0"));
        connection.stream.set_write_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
        let chunk = payload(&[b'x'; 1 << 16]);
        let mut total = 0;
        while total < OFFERED {
            match connection.stream.write(&chunk) {
                Ok(length) => total += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        sent.send(total).unwrap();
    });
    let served = served(&format!("{{url: 'http://{lambda}'}}"));
    let mut client = served.client();
    let head = count(&mut client, "1");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let accepted = accepted.recv_timeout(PATIENCE).unwrap();
    assert!(accepted < OFFERED / 4, "{accepted} bytes are on their way to nobody");
}

/// A `PayloadChunk` of Lambda's event stream.
fn payload(content: &[u8]) -> Vec<u8> {
    let headers = b"\x0b:event-type\x07\0\x0cPayloadChunk\x0d:message-type\x07\0\x05event";
    let mut message = ((16 + headers.len() + content.len()) as u32).to_be_bytes().to_vec();
    message.extend((headers.len() as u32).to_be_bytes());
    message.extend(crc32(&message).to_be_bytes());
    message.extend(headers);
    message.extend(content);
    message.extend(crc32(&message).to_be_bytes());
    message
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    })
}
