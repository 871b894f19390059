//! What one viewer sends so that others get it from the cache.

use serde_json::json;

use super::kit::*;

/// An origin that says what it was asked, and remembers nothing.
fn telling() -> (std::net::SocketAddr, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    answering(|head, _| fresh(head))
}

#[test]
fn unkeyed_headers_poison_nothing() {
    let (origin, _) = telling();
    // CachingOptimized: no fields in the key.
    let policy = json!({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"});
    let edge = Edge::start(origin, json!({"DefaultCacheBehavior": policy}));
    let evil = "X-Forwarded-Host: evil.test\r\nX-Forwarded-For: 1.2.3.4\r\nX-Original-URL: /evil.test\r\n\
                Forwarded: host=evil.test\r\nX-HTTP-Method-Override: POST\r\nReferer: //evil.test\r\n";
    let (poison, others) = (edge.ask("GET", "/a", evil), edge.get("/a"));
    assert!(has(&others, "x-cache: Hit from cloudfront"), "{}", others.head);
    assert_eq!(poison.text(), others.text());
    for trace in ["evil.test", "1.2.3.4", "POST"] {
        assert!(!others.text().contains(trace), "{trace} is in\n{}", others.text());
    }
}

#[test]
fn parameter_cloaking_poisons_nothing() {
    let (origin, heads) = telling();
    // CachingOptimized: no parameters in the key, and none to the origin.
    let policy = json!({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"});
    let edge = Edge::start(origin, json!({"DefaultCacheBehavior": policy}));
    for target in
        ["/a?utm=1;q=evil", "/a?utm=1&utm=2&q=evil", "/a?q%3devil", "/a?;q=evil", "/a?q[]=evil"]
    {
        assert!(!edge.get(target).text().contains("evil"), "{target}");
    }
    assert_eq!(heads.lock().unwrap().len(), 1);
    // All of them in the key: what is spelled otherwise is another object.
    let edge = Edge::start(origin, json!({}));
    assert!(edge.get("/b?q=1&utm=1;q=evil").text().contains("evil"));
    for target in ["/b?q=1&utm=1", "/b?q=1", "/b?Q=1&utm=1;q=good", "/b?q=1&utm=1%3bq=good"] {
        assert!(!edge.get(target).text().contains("evil"), "{target}");
    }
}

#[test]
fn a_fat_get_poisons_nothing() {
    let (origin, heads) = telling();
    let edge = Edge::start(origin, json!({}));
    for (method, lines) in [
        ("GET", "Content-Length: 6\r\n\r\nq=evil"),
        ("GET", "Transfer-Encoding: chunked\r\n\r\n6\r\nq=evil\r\n0\r\n"),
    ] {
        assert_eq!(edge.ask(method, "/a", lines).status, 403);
    }
    assert!(heads.lock().unwrap().is_empty());
    assert!(!edge.get("/a").text().contains("evil"));
}

#[test]
fn confusing_paths_and_encoded_slashes_poison_nothing() {
    let (origin, heads) = telling();
    let edge = Edge::start(origin, json!({}));
    for target in [
        "/a/..%2fsecret",
        "/a/%2e%2e/secret",
        "/a\\..\\secret",
        "/a/..;/secret",
        "/a/%252e%252e%252fsecret",
        "/a%00.css",
    ] {
        assert_eq!(edge.get(target).status, 400, "{target}");
    }
    assert!(heads.lock().unwrap().is_empty());
    // What is another path for the origin is another object.
    let texts = ["/a/b", "/a%2fb", "/a//b", "/a/b/", "/A/b"].map(|target| edge.get(target).text());
    for (at, text) in texts.iter().enumerate() {
        assert!(!texts[..at].contains(text), "{text}");
    }
    assert_eq!(edge.get("/x/../a/b").text(), texts[0], "and what is the same is the same");
}

#[test]
fn an_answer_to_ranges_or_conditions_is_nobody_elses() {
    let (origin, _) = answering(|head, _| {
        let head = head.to_lowercase();
        match () {
            () if head.contains("\r\nrange:") => response(416, "Content-Range: bytes */4\r\n", ""),
            () if head.contains("\r\nif-match:") => {
                response(412, "Cache-Control: max-age=9\r\n", "")
            }
            () => fresh("good"),
        }
    });
    let edge = Edge::start(origin, json!({}));
    let lines: Vec<String> = (0..1000).map(|n| format!("{n}-{n}")).collect();
    let thousand = format!("Range: bytes={}\r\n", lines.join(","));
    for (path, line, status) in [
        ("/a", "Range: bytes=99-\r\n", 416),
        ("/b", "If-Match: \"x\"\r\n", 412),
        ("/c", &*thousand, 200),
    ] {
        assert_eq!(edge.ask("GET", path, line).status, status, "{path}");
        let others = edge.get(path);
        assert_eq!((others.status, &*others.text()), (200, "good"), "{path}");
    }
}
