//! Endpoints and clients that fail: one request suffers, and is told so.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;

use crate::kit::*;
use crate::program::{LOG, Program};

fn check_failing(serve: impl Fn(Connection) + Send + Sync + 'static, status: u16) {
    let served = Served::start(endpoint(serve));
    let mut client = served.client();
    for _ in 0..3 {
        let answer = client.get("/prod/to/a");
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(client.get("/prod/mock").status, 200);
    let log = served.drained_log();
    assert_eq!(log, format!("/prod/to/a {status}\n").repeat(3) + "/prod/mock 200\n");
}

#[test]
fn an_endpoint_that_breaks_off_in_its_content_is_told_on_the_log() {
    let broken = endpoint(|mut connection| {
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    });
    let folder = Folder::new();
    configuration(&folder, broken);
    let program = Program::start(&folder);
    let mut client = Client::connect(program.listen);
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    client.wait_for_close();
    let line = "an endpoint breaks off in the middle of its content";
    program.wait_until(|_| folder.read(LOG).contains(line));
    let log = folder.read(LOG);
    assert!(log.contains(&broken.to_string()), "{log}");
    assert!(log.contains("the connection ended before its content was whole"), "{log}");
}

#[test]
fn an_endpoint_that_answers_nonsense() {
    check_failing(
        |mut connection| {
            connection.head();
            connection.send(b"I am no HTTP server\r\n\r\n");
        },
        504,
    );
}

/// Who gets the content is not told of a coding that was the connection's (RFC 9112 §6.1).
#[test]
fn an_endpoint_that_answers_in_a_transfer_coding_that_nobody_undoes() {
    for codings in ["gzip, chunked", "gzip"] {
        let answer =
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {codings}\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
        let serve = move |mut connection: Connection| {
            connection.head();
            connection.send(answer.as_bytes());
        };
        check_failing(serve, 504);
    }
}

#[test]
fn an_endpoint_that_hangs_up_without_an_answer() {
    check_failing(
        |mut connection| {
            connection.head();
        },
        504,
    );
}

#[test]
fn an_endpoint_that_resets_the_connection() {
    check_failing(
        |connection| {
            // Closed with unread bytes in its buffer, a socket is reset.
            let mut byte = [0; 1];
            connection.stream.peek(&mut byte).unwrap();
        },
        504,
    );
}

#[test]
fn an_endpoint_that_refuses_connections() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let served = Served::start(closed);
    assert_eq!(served.client().get("/prod/to/a").status, 504);
}

#[test]
fn an_endpoint_that_says_nothing_is_timed_out() {
    let endpoint = endpoint(|mut connection| {
        connection.head();
        connection.wait_for_close();
    });
    let served = Served::start(endpoint);
    let answer = served.client().get("/prod/hurried");
    assert_eq!(answer.status, 504);
    assert_eq!(answer.text(), r#"{"message": "Endpoint request timed out"}"#);
}

#[test]
fn an_answer_that_is_read_whole_has_to_end_in_time_and_not_only_begin() {
    let endpoint = endpoint(|mut connection| {
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhi");
        connection.wait_for_close();
    });
    let served = Served::start(endpoint);
    let answer = served.client().get("/prod/hurried-and-read");
    assert_eq!(answer.status, 504);
    assert_eq!(answer.text(), r#"{"message": "Endpoint request timed out"}"#);
}

#[test]
fn content_that_breaks_off_is_not_mistaken_for_whole() {
    let endpoint = endpoint(|mut connection| {
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head().unwrap();
    // The connection ends without the last chunk.
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut client.reader, &mut rest).ok();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn a_connection_that_the_endpoint_closed_meanwhile_is_replaced() {
    let connections = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&connections);
    // Each connection promises to go on, and reads one request too many before it ends.
    let endpoint = endpoint(move |mut connection| {
        counted.fetch_add(1, Relaxed);
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        connection.head();
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    for _ in 0..4 {
        assert_eq!(client.get("/prod/to/a").status, 200);
    }
    assert_eq!(connections.load(Relaxed), 4);
}

#[test]
fn what_may_not_be_repeated_is_not_sent_twice() {
    let requests = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&requests);
    let endpoint = endpoint(move |mut connection| {
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        if connection.head().is_some_and(|head| head.starts_with("POST")) {
            counted.fetch_add(1, Relaxed);
        }
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    assert_eq!(client.get("/prod/to/a").status, 200);
    client.send(b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.answer().status, 504);
    assert_eq!(requests.load(Relaxed), 1);
}

#[test]
fn connections_to_endpoints_are_used_again() {
    let connections = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&connections);
    let endpoint = endpoint(move |mut connection| {
        counted.fetch_add(1, Relaxed);
        while connection.head().is_some() {
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    for _ in 0..50 {
        assert_eq!(client.get("/prod/to/a").text(), "ok");
    }
    assert_eq!(connections.load(Relaxed), 1);
}

#[test]
fn a_client_that_leaves_ends_its_request_and_is_logged() {
    let (asked, arrived) = channel::<()>();
    let (left, closed) = channel::<()>();
    let endpoint = endpoint(move |mut connection| {
        connection.head();
        asked.send(()).unwrap();
        connection.wait_for_close();
        left.send(()).unwrap();
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    arrived.recv_timeout(PATIENCE).unwrap();
    drop(client);
    closed.recv_timeout(PATIENCE).unwrap();
    let log = served.drained_log();
    assert!(log == "/prod/to/a 499\n", "{log}");
}
