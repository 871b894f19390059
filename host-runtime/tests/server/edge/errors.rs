//! Answers that are no good, and for how long they are kept.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};

use serde_json::json;

use super::kit::*;
use crate::kit::*;

#[test]
fn a_304_about_a_temporary_redirect_keeps_it_for_no_time_that_it_does_not_say() {
    let (origin, heads) =
        answering(|head, _| match head.to_lowercase().contains("if-none-match") {
            true => b"HTTP/1.1 304 N\r\nETag: \"1\"\r\n\r\n".to_vec(),
            false => response(307, "Location: /b\r\nETag: \"1\"\r\n", ""),
        });
    // CachingOptimized: a day where the origin does not say.
    let policy = json!({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"});
    let edge = Edge::start(origin, json!({"DefaultCacheBehavior": policy}));
    for _ in 0..3 {
        assert_eq!(edge.get("/a").status, 307);
    }
    assert_eq!(heads.lock().unwrap().len(), 3);
}

/// An origin that closes each connection without an answer, and how many requests it has had.
fn hanging_up() -> (SocketAddr, Arc<Mutex<usize>>) {
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let address = endpoint(move |mut connection| {
        if connection.head().is_some() {
            *counted.lock().unwrap() += 1;
        }
    });
    (address, count)
}

#[test]
fn an_origin_that_gives_no_answer_is_an_error_that_is_kept_for_its_time() {
    let (origin, count) = hanging_up();
    let changes = |seconds: u64| {
        json!({"CustomErrorResponses": {"Items": [{"ErrorCode": 502, "ErrorCachingMinTTL": seconds}]},
            "Origins": {"Items": [{"Id": "web", "DomainName": "127.0.0.1", "ConnectionAttempts": 1,
                "CustomOriginConfig":
                    {"HTTPPort": origin.port(), "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]}})
    };
    let edge = Edge::start(origin, changes(600));
    let mut clients: Vec<Client> = (0..50).map(|_| edge.client()).collect();
    for client in &mut clients {
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    for client in &mut clients {
        let answer = client.answer();
        assert_eq!(answer.status, 502);
        assert!(has(&answer, "x-cache: Error from cloudfront"), "{}", answer.head);
    }
    let asked = *count.lock().unwrap();
    assert!(asked <= 2, "{asked} requests"); // one may be tried again over another connection
    let again = edge.get("/a");
    assert!(
        has(&again, "x-cache: Error from cloudfront") && again.head.contains("\r\nage: "),
        "{}",
        again.head
    );
    assert_eq!((again.status, *count.lock().unwrap()), (502, asked));
    let edge = Edge::start(origin, changes(0));
    assert_eq!([edge.get("/a").status, edge.get("/a").status], [502; 2]);
    assert!(*count.lock().unwrap() >= asked + 2, "kept though its time is 0");
}

#[test]
fn a_get_that_is_not_answered_in_time_is_asked_again_as_often_as_the_origin_says() {
    let (seen, heads) = mpsc::channel();
    let origin = endpoint(move |mut connection| {
        if let Some(head) = connection.head() {
            let _ = seen.send(head.split(' ').next().unwrap_or_default().to_owned());
        }
        connection.wait_for_close();
    });
    let all = json!({"Quantity": 7, "Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]});
    let edge = Edge::start(
        origin,
        json!({"DefaultCacheBehavior": {"AllowedMethods": all}, "Origins": {"Items": [{"Id": "web",
            "DomainName": "127.0.0.1", "ConnectionAttempts": 2, "CustomOriginConfig":
                {"HTTPPort": origin.port(), "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
                    "OriginReadTimeout": 1}}]}}),
    );
    assert_eq!(edge.get("/a").status, 504);
    let mut client = edge.client();
    client.send(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.answer().status, 504);
    assert_eq!(heads.try_iter().collect::<Vec<_>>(), ["GET", "GET", "POST"]);
}

#[test]
fn content_that_does_not_come_is_the_viewers_fault() {
    let origin = endpoint(|mut connection| {
        connection.head();
        connection.wait_for_close();
    });
    let hurried = "limits: {contentTimeoutInMillis: 200}\n";
    let edge = Edge::start_with(origin, &distribution(origin, json!({})), hurried, &[]);
    for content in ["Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"]
    {
        let mut client = edge.client();
        client.send(format!("POST /a HTTP/1.1\r\nHost: h\r\n{content}").as_bytes());
        assert_eq!(client.answer().status, 408);
        assert!(client.head().is_none(), "what comes late is not the next request");
    }
}

#[test]
fn content_that_is_broken_is_the_viewers_fault() {
    let origin = endpoint(|mut connection| {
        connection.head();
        connection.wait_for_close();
    });
    let edge = Edge::start(origin, json!({}));
    for content in ["0x3\r\nabc\r\n0\r\n\r\n", "3\nabc\n0\n\n", "3\r\nabcd\r\n0\r\n\r\n"] {
        let mut client = edge.client();
        let head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.send(format!("{head}{content}").as_bytes());
        assert_eq!(client.answer().status, 400, "{content:?}");
        assert!(client.head().is_none(), "what follows is no request: {content:?}");
    }
}

#[test]
fn a_page_that_its_origin_does_not_have_is_told_as_that_answers() {
    let (origin, _) = answering(|head, _| match head.contains("/sorry") {
        true => response(404, "", "no page"),
        false => response(503, "", "failed"),
    });
    let page = json!({"ErrorCode": 503, "ResponsePagePath": "/sorry", "ResponseCode": "200"});
    let edge = Edge::start(origin, json!({"CustomErrorResponses": {"Items": [page]}}));
    let answer = edge.get("/a");
    assert_eq!((answer.status, answer.text()), (404, "no page".into()));
    assert!(has(&answer, "x-cache: Error from cloudfront"), "{}", answer.head);
}

/// Distributions whose origin has failed once about what each has stored and serves stale, and what it was asked; its
/// error is kept for this time.
fn failed_once(seconds: u64) -> Vec<(Edge, Arc<Mutex<Vec<String>>>)> {
    let all = [
        "Cache-Control: max-age=0\r\nETag: \"1\"\r\n",
        "Cache-Control: max-age=0, stale-if-error=600\r\n",
        "Cache-Control: max-age=0, stale-while-revalidate=600\r\n",
    ];
    let failed = |lines: &'static str| {
        let (origin, heads) = answering(move |_, count| match count {
            1 => response(200, lines, "stale"),
            _ => response(503, "", "away"),
        });
        let error = json!({"ErrorCode": 503, "ErrorCachingMinTTL": seconds});
        let edge = Edge::start(origin, json!({"CustomErrorResponses": {"Items": [error]}}));
        assert_eq!([edge.get("/a").text(), edge.get("/a").text()], ["stale"; 2], "{lines}");
        wait_until(|| heads.lock().unwrap().len() == 2);
        (edge, heads)
    };
    all.map(failed).into()
}

#[test]
fn an_origin_that_failed_is_left_alone_for_the_time_of_its_error_and_what_is_stale_stands_in() {
    for (edge, heads) in failed_once(600) {
        for _ in 0..5 {
            assert_eq!(edge.get("/a").text(), "stale");
        }
        assert_eq!(heads.lock().unwrap().len(), 2, "{heads:?}");
    }
}

#[test]
fn an_origin_whose_errors_are_kept_for_no_time_is_asked_again_behind_what_stands_in() {
    for (edge, heads) in failed_once(0) {
        wait_until(|| {
            assert_eq!(edge.get("/a").text(), "stale");
            heads.lock().unwrap().len() > 2
        });
    }
}
