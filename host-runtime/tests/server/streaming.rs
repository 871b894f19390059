//! Content passes through as it comes, and no faster than its receiver takes it.

use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::kit::*;

#[test]
fn a_response_passes_through_before_it_has_ended() {
    let (go_on, wait) = channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let endpoint = endpoint(move |mut connection| {
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        connection.send(b"4\r\nlast\r\n0\r\n\r\n");
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head().unwrap();
    assert_eq!(client.chunk().unwrap(), b"first");
    go_on.send(()).unwrap();
    assert_eq!(client.chunk().unwrap(), b"last");
    assert_eq!(client.chunk(), None);
}

#[test]
fn a_request_passes_through_before_it_has_ended() {
    let (arrived, wait) = channel::<()>();
    let endpoint = endpoint(move |mut connection| {
        let head = connection.head().unwrap();
        assert!(head.to_lowercase().contains("transfer-encoding: chunked"), "{head}");
        assert_eq!(connection.chunk().unwrap(), b"first");
        arrived.send(()).unwrap();
        assert_eq!(connection.chunk().unwrap(), b"last");
        assert_eq!(connection.chunk(), None);
        connection.send(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(
        b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
    );
    wait.recv_timeout(PATIENCE).unwrap();
    client.send(b"4\r\nlast\r\n0\r\n\r\n");
    assert_eq!(client.answer().status, 201);
}

#[test]
fn content_of_a_get_is_passed_on_whatever_its_framing() {
    let endpoint = endpoint(|mut connection| {
        let head = connection.head().unwrap();
        assert!(head.contains("Transfer-Encoding: chunked\r\n"), "{head}");
        assert_eq!(connection.chunk().as_deref(), Some(&b"abc"[..]));
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_client_that_does_not_read_holds_the_endpoint_back() {
    const OFFERED: usize = 256 << 20;
    let (sent, accepted) = channel::<usize>();
    let endpoint = endpoint(move |mut connection| {
        connection.head();
        connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {OFFERED}\r\n\r\n").as_bytes());
        connection.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut total = 0;
        while total < OFFERED {
            match connection.stream.write(&[0; 1 << 16]) {
                Ok(length) => total += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        sent.send(total).unwrap();
        connection.wait_for_close();
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    let total = accepted.recv_timeout(PATIENCE).unwrap();
    assert!(total < OFFERED / 4, "{total} bytes were taken though nobody read them");
}

#[test]
fn large_content_arrives_whole_both_ways() {
    let endpoint = echo();
    let served = Served::start(endpoint);
    let content: Vec<u8> =
        (0..9_000_000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut client = served.client();
    let mut sender = client.stream.try_clone().unwrap();
    let head =
        format!("PUT /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", content.len());
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            sender.write_all(head.as_bytes()).unwrap();
            sender.write_all(&content).unwrap();
        });
        client.answer()
    });
    assert!(answer.content.ends_with(&content));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let served = Served::start(echo());
    let mut client = served.client();
    let requests: String = (0..5)
        .map(|i| format!("POST /prod/to/{i} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"))
        .collect();
    client.send(requests.as_bytes());
    for i in 0..5 {
        let answer = client.answer().text();
        assert!(answer.starts_with(&format!("POST /{i} ")) && answer.ends_with("abc"), "{answer}");
    }
}

#[test]
fn functions_see_field_names_as_the_client_spelled_them() {
    let (events, seen) = channel::<String>();
    let endpoint = endpoint(move |mut connection| {
        let head = connection.head().unwrap();
        let mut event = vec![0; content_length(&head)];
        connection.reader.read_exact(&mut event).unwrap();
        events.send(String::from_utf8(event).unwrap()).unwrap();
        let answer = r#"{"statusCode": 200, "body": "ok"}"#;
        connection.send(
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len())
                .as_bytes(),
        );
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/function HTTP/1.1\r\nhOST: h\r\nX-CuStOm: 1\r\nx-custom: 2\r\n\r\n");
    assert_eq!(client.answer().text(), "ok");
    let event = seen.recv_timeout(PATIENCE).unwrap();
    assert!(event.contains(r#""X-CuStOm":"#), "{event}");
}

#[test]
fn http_2_is_served_with_prior_knowledge() {
    use http_body_util::{BodyExt, Full};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let served = Served::start(echo());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(served.host.address()).await.unwrap();
        let handshake =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let ask = |i: u32| {
            let mut sender = sender.clone();
            async move {
                let request = http::Request::post(format!("http://h/prod/to/{i}"))
                    .header("cookie", "a=1")
                    .header("cookie", "b=2")
                    .body(Full::new(bytes::Bytes::from(i.to_string())))
                    .unwrap();
                let response = sender.send_request(request).await.unwrap();
                assert_eq!(response.status(), 200);
                String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into())
                    .unwrap()
            }
        };
        for (i, text) in
            futures_util::future::join_all((0..20).map(ask)).await.into_iter().enumerate()
        {
            assert!(
                text.starts_with(&format!("POST /{i} HTTP/1.1")) && text.ends_with(&i.to_string()),
                "{text}"
            );
            assert!(text.to_lowercase().contains("content-length: "), "{text}");
        }
    });
}
