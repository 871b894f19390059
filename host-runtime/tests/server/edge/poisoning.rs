//! What one viewer sends so that others get it from the cache.

use serde_json::json;

use super::kit::*;
use crate::kit::*;

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

/// A cache policy with `q` in its key, and a policy that forwards `utm`.
fn q_and_utm() -> [(&'static str, serde_json::Value); 2] {
    let these =
        |name: &str| json!({"QueryStringBehavior": "whitelist", "QueryStrings": {"Items": [name]}});
    let (headers, cookies) = (json!({"HeaderBehavior": "none"}), json!({"CookieBehavior": "none"}));
    let cache = json!({"CachePolicy": {"Id": "q", "CachePolicyConfig": {
        "Name": "q", "MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 600,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": true, "EnableAcceptEncodingBrotli": true,
            "HeadersConfig": headers, "CookiesConfig": cookies, "QueryStringsConfig": these("q"),
        },
    }}});
    let forward = json!({"OriginRequestPolicy": {"Id": "utm", "OriginRequestPolicyConfig": {
        "Name": "utm", "HeadersConfig": headers, "CookiesConfig": cookies,
        "QueryStringsConfig": these("utm"),
    }}});
    [("q.json", cache), ("utm.json", forward)]
}

/// A distribution before an API of the gateway's own.
fn before_api(api: &str, behavior: serde_json::Value) -> Edge {
    let folder = Folder::new();
    let document = distribution(
        echo(),
        json!({
            "Origins": {"Items": [{
                "Id": "web",
                "DomainName": "told.execute-api.us-east-1.amazonaws.com",
                "OriginPath": "/prod",
                "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
            }]},
            "DefaultCacheBehavior": behavior,
        }),
    );
    folder.write("told.yaml", api);
    folder.write("distribution.json", &document.to_string());
    for (name, policy) in q_and_utm() {
        folder.write(name, &policy.to_string());
    }
    let config = "listen: 127.0.0.1:0\n\
        distributions: [{id: d, definition: distribution.json, references: [q.json, utm.json], listen: '127.0.0.1:0'}]\n\
        apis: [{id: told, protocol: REST, definition: told.yaml, stages: [{stageName: prod}]}]\n";
    let config = folder.write("edgeway.yaml", config);
    Edge::of(Served::start_configured(folder, config, 1))
}

/// Answers with `q` as the API takes it, and tells which method it took the request for.
const TELLING_API: &str = r#"
openapi: 3.0.1
info: {title: t, version: "1"}
paths:
  /a:
    x-amazon-apigateway-any-method:
      responses: {"200": {description: d}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default:
            statusCode: "200"
            responseTemplates: {application/json: "$context.httpMethod q=$input.params('q')"}
"#;

#[test]
fn no_parameter_hides_another_from_the_key_that_an_api_finds() {
    let edge =
        before_api(TELLING_API, json!({"CachePolicyId": "q", "OriginRequestPolicyId": "utm"}));
    assert_eq!(edge.get("/a?q=good&utm=1;q=evil").text(), "GET q=good");
    assert_eq!(edge.get("/a?q=good").text(), "GET q=good");
    assert_eq!(edge.get("/a?q=1;q=2").text(), "GET q=1;q=2", "as the key has it");
}

#[test]
fn a_method_that_a_field_names_poisons_nothing_and_does_nothing_that_is_not_allowed() {
    // AllViewerExceptHostHeader
    let all = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
    let edge = before_api(
        TELLING_API,
        json!({
            "CachePolicyId": "q", "OriginRequestPolicyId": all,
            "AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]},
        }),
    );
    let named = |edge: &Edge, method: &str| {
        let answer = edge.ask("GET", "/a", &format!("X-HTTP-Method-Override: {method}\r\n"));
        (answer.status, answer.text())
    };
    for _ in 0..2 {
        assert_eq!(named(&edge, "POST"), (200, "POST q=".into()));
        assert_eq!(named(&edge, "GET"), (200, "GET q=".into()));
    }
    assert_eq!(edge.get("/a").text(), "GET q=");
    let few = json!({"CachePolicyId": "q", "OriginRequestPolicyId": all, "AllowedMethods": {"Items": ["GET", "HEAD"]}});
    let edge = before_api(TELLING_API, few);
    assert_eq!((named(&edge, "DELETE").0, named(&edge, "GET").0), (403, 200));
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
