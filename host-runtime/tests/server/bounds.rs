//! What is too much, or is not HTTP, is answered; the next request is served.

use std::io::Read;

use crate::kit::*;

const MIB: usize = 1 << 20;

#[test]
fn announced_content_over_10_mb_is_refused_unread() {
    let served = Served::start(echo());
    let mut client = served.client();
    client.send(b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: 10485761\r\n\r\n");
    let answer = client.answer();
    assert_eq!((answer.status, answer.text().as_str()), (413, r#"{"message":"Request Too Long"}"#));
}

#[test]
fn a_length_that_no_number_counts_is_too_much_and_what_is_no_length_is_wrong() {
    let served = Served::start(echo());
    let (one_less, counted) = ("18446744073709551613", "18446744073709551614");
    let longer = "9".repeat(1_000);
    for length in [one_less, counted, "18446744073709551615", "18446744073709551616", &longer] {
        let mut client = served.client();
        client.send(
            format!("POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n")
                .as_bytes(),
        );
        let answer = client.answer();
        let told = (answer.status, answer.text());
        assert_eq!(told, (413, r#"{"message":"Request Too Long"}"#.into()), "{length}");
    }
    for length in ["-1", "0x10", "1e3", "18446744073709551616\r\nContent-Length: 1", ""] {
        let mut client = served.client();
        client.send(
            format!("POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(client.answer().status, 400, "{length:?}");
    }
}

#[test]
fn content_that_grows_over_10_mb_is_refused() {
    use std::io::Write;

    // It reads whatever comes, and never answers.
    let endpoint = endpoint(|mut connection| {
        connection.head();
        connection.wait_for_close();
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![0; MIB], b"\r\n"].concat();
    for _ in 0..11 {
        // The answer may come, and the connection end, before everything is sent.
        if client.stream.write_all(&chunk).is_err() {
            break;
        }
    }
    assert_eq!(client.answer().status, 413);
}

#[test]
fn exactly_10_mb_are_served() {
    use std::io::Write;

    let served = Served::start(echo());
    let mut client = served.client();
    let mut sender = client.stream.try_clone().unwrap();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            sender
                .write_all(
                    b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: 10485760\r\n\r\n",
                )
                .unwrap();
            sender.write_all(&vec![b'x'; 10 * MIB]).unwrap();
        });
        client.answer()
    });
    assert_eq!(answer.status, 200);
}

#[test]
fn fields_over_10240_bytes_are_refused_and_under_it_served() {
    let served = Served::start(echo());
    for (length, status) in [(10_000, 200), (10_240, 431), (200_000, 431)] {
        let mut client = served.client();
        let value = "x".repeat(length);
        client.send(
            format!("GET /prod/mock HTTP/1.1\r\nHost: h\r\nX-Long: {value}\r\n\r\n").as_bytes(),
        );
        assert_eq!(client.answer().status, status, "{length}");
    }
}

#[test]
fn a_request_line_counts_with_the_fields() {
    let served = Served::start(echo());
    for (path, field, status) in
        [(9_000, 1_000, 200), (9_000, 2_000, 431), (10_300, 0, 414), (40_000, 0, 414)]
    {
        let mut client = served.client();
        let (path, value) = ("p".repeat(path), "x".repeat(field));
        client.send(
            format!("GET /prod/to/{path} HTTP/1.1\r\nHost: h\r\nX-Long: {value}\r\n\r\n")
                .as_bytes(),
        );
        let answer = client.answer();
        assert_eq!(answer.status, status, "{}", answer.head);
        assert!(status == 200 || answer.text().starts_with(r#"{"message":"#), "{}", answer.text());
        // A longer head is none that is parsed, and of no API that is known.
        let is_of_api = answer.head.contains("\r\nx-amzn-requestid: ");
        assert!(is_of_api || path.len() > 12_000, "{}", answer.head);
    }
}

#[test]
fn more_than_100_fields_are_refused_with_an_answer_that_says_so() {
    let served = Served::start(echo());
    let request = |fields: usize| {
        let fields: String = (1..fields).map(|i| format!("X-{i}: 1\r\n")).collect();
        format!("GET /prod/mock HTTP/1.1\r\nHost: h\r\n{fields}\r\n")
    };
    let mut client = served.client();
    client.send(request(100).as_bytes());
    assert_eq!(client.answer().status, 200);
    // Behind another one, on the same connection.
    client.send(request(101).as_bytes());
    let answer = client.answer();
    assert_eq!(answer.status, 431);
    assert_eq!(answer.text(), r#"{"message":"Request Header Fields Too Large"}"#);
    assert!(answer.head.contains("x-amzn-errortype: RequestHeaderFieldsTooLargeException\r\n"));
    assert!(client.head().is_none());
    // And with both requests in one packet.
    let mut client = served.client();
    client.send([request(1), request(101)].concat().as_bytes());
    assert_eq!(client.answer().status, 200);
    assert_eq!(client.answer().text(), r#"{"message":"Request Header Fields Too Large"}"#);
}

#[test]
fn content_that_reads_like_a_refusal_is_content() {
    const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\
                           content-length: 0\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
    const START: &str = "0123456789";
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let endpoint = endpoint(move |mut connection| {
        while connection.head().is_some() {
            let length = START.len() + REFUSAL.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{START}");
            connection.send(head.as_bytes());
            wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
            connection.send(REFUSAL.as_bytes());
        }
    });
    let served = Served::start(endpoint);
    let mut client = served.client();
    for _ in 0..2 {
        client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
        let mut content = vec![0; content_length(&client.head().unwrap())];
        let (start, rest) = content.split_at_mut(START.len());
        // What comes next is a packet of its own.
        client.reader.read_exact(start).unwrap();
        go_on.send(()).unwrap();
        client.reader.read_exact(rest).unwrap();
        assert_eq!(String::from_utf8_lossy(&content), [START, REFUSAL].concat());
    }
    client.send(b"nonsense\r\n\r\n");
    assert_eq!(client.answer().text(), r#"{"message":"Bad Request"}"#);
}

#[test]
fn what_is_not_http_is_answered_400_and_harms_nobody() {
    let served = Served::start(echo());
    for garbage in [
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        "GET / HTTP/1.1\r\nBad\x01name: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\na",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
    ] {
        let mut client = served.client();
        client.send(garbage.as_bytes());
        let answer = client.answer();
        assert_eq!(answer.status, 400, "{garbage:?}");
        assert_eq!(answer.text(), r#"{"message":"Bad Request"}"#, "{garbage:?}");
    }
    assert_eq!(served.client().get("/prod/mock").status, 200);
}

#[test]
fn a_request_names_one_host() {
    let served = Served::start(echo());
    for (hosts, status) in [
        ("Host: a\r\n", 200),
        ("Host: 127.0.0.1:8080\r\n", 200),
        ("Host: [::1]:8080\r\n", 200),
        ("Host:\r\n", 200),
        ("", 400),
        ("Host: a\r\nHost: b\r\n", 400),
        ("Host: a\r\nhost: a\r\n", 400),
        ("Host: a b\r\n", 400),
        ("Host: user@a\r\n", 400),
        ("Host: a\"/b\r\n", 400),
        ("Host: grün\r\n", 400),
    ] {
        let mut client = served.client();
        client.send(format!("GET /prod/mock HTTP/1.1\r\n{hosts}\r\n").as_bytes());
        assert_eq!(client.answer().status, status, "{hosts:?}");
    }
    let mut client = served.client();
    client.send(b"GET /prod/mock HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn content_in_a_coding_that_is_not_undone_is_refused() {
    let served = Served::start(echo());
    let mut client = served.client();
    client.send(
        b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    );
    assert_eq!(client.answer().status, 501);
}

#[test]
fn content_that_is_not_http_is_answered_400() {
    // It waits for the content to end, and never answers.
    let endpoint = endpoint(|mut connection| {
        connection.head();
        connection.wait_for_close();
    });
    let served = Served::start(endpoint);
    for chunk in ["zz\r\n", "3;a\nabc\r\n", "FFFFFFFFFFFFFFFFF\r\n", "3\r\nabcX0\r\n"] {
        for request in ["GET /prod/to/a", "POST /prod/to/a", "GET /prod/function"] {
            let mut client = served.client();
            client.send(
                format!(
                    "{request} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}\r\n"
                )
                .as_bytes(),
            );
            assert_eq!(client.answer().status, 400, "{request} {chunk:?}");
        }
    }
}

#[test]
fn a_request_cannot_be_smuggled_in_another_ones_content() {
    let served = Served::start(echo());
    let mut client = served.client();
    // Both framings: chunked wins or the request is refused (RFC 9112 §6.3), never the length.
    client.send(b"POST /prod/to/a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /prod/mock HTTP/1.1\r\nHost: h\r\n\r\n");
    let first = client.answer();
    assert!(matches!(first.status, 200 | 400), "{first:?}");
    assert!(!first.text().contains("GET /prod/mock"), "{first:?}");
}
