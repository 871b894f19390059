//! Distributions in the Worker: the platform's cache is the store, and the decisions are those of every host.

mod buckets;
mod kit;
mod logs;
mod stale;
mod uncached;

use std::time::{Duration, Instant};

use serde_json::json;
use tests::backend::Answer;
use tests::client::{self, Request, Response};
use tests::issuer;
use tests::setup::API_ID;

use kit::*;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_worker_stores_and_serves_what_a_distribution_allows() {
    let edge = Edge::start(json!({}), |_, count| fresh(&format!("answer {count}"))).await;
    let first = edge.get("/a").await;
    assert_eq!(
        (text(&first), field(&first, "x-cache")),
        ("answer 1".into(), "Miss from cloudfront".into())
    );
    for target in ["/a", "/a?utm=1", "/%61"] {
        let again = edge.get(target).await;
        assert_eq!(text(&again), "answer 1", "{target}");
        assert_eq!(field(&again, "x-cache"), "Hit from cloudfront", "{target}");
        assert!(!field(&again, "age").is_empty());
    }
    let part = edge.ask("GET", "/a", &[("Range", "bytes=2-4")]).await;
    assert_eq!((part.status, text(&part)), (206, "swe".into()));
    assert_eq!(field(&part, "content-range"), "bytes 2-4/8");
    let same = edge.ask("GET", "/a", &[("If-None-Match", "\"1\"")]).await;
    assert_eq!((same.status, text(&same)), (304, String::new()));
    let head = edge.ask("HEAD", "/a", &[]).await;
    assert_eq!(field(&head, "content-length"), "8");
    assert_eq!(edge.origin.received_len(), 1);
    // What is unsafe for one of its names is for all of them.
    assert_eq!(text(&edge.ask("POST", "/a?x", &[("Content-Length", "0")]).await), "answer 2");
    assert_eq!(text(&edge.get("/a").await), "answer 3");
    edge.stop().await;
}

#[tokio::test]
async fn an_api_of_the_worker_is_an_origin_of_its_distribution() {
    let edge = Edge::start(json!({}), |_, _| respond(404, &[], "")).await;
    let first = edge.get("/mock").await;
    assert_eq!(first.status, 200, "{}", text(&first));
    // CachingOptimized: a day, where nothing says anything else.
    assert_eq!(text(&edge.get("/mock").await), text(&first));
    // By its own name it is not behind the distribution.
    let host = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
    let own = edge.ask_host(&host, "GET", "/test/mock", &[]).await;
    assert_eq!((own.status, field(&own, "x-cache")), (200, String::new()));
    assert_ne!(text(&own), text(&first));
    edge.stop().await;
}

#[tokio::test]
async fn concurrent_misses_of_an_isolate_are_one_request() {
    let edge = Edge::start(json!({}), |_, count| Answer::Respond {
        status: 200,
        fields: vec![("Cache-Control".into(), "max-age=600".into())],
        content: count.to_string().into(),
        delay: Duration::from_millis(300),
    });
    let edge = edge.await;
    for one in crowd(&edge, 50, "GET", "/a", &[("X-Any", "1")]).await {
        assert_eq!(text(&one), "1");
    }
    assert_eq!(edge.origin.received_len(), 1);
    edge.stop().await;
}

/// The answers to so many requests at once, each with one of these lines in turn.
async fn crowd(
    edge: &Edge,
    count: usize,
    method: &str,
    target: &str,
    lines: &[(&str, &str)],
) -> Vec<Response> {
    let clients = lines.iter().cycle().take(count).map(|(name, value)| {
        let request = Request {
            method: method.into(),
            target: target.into(),
            fields: vec![("Host".into(), CDN.into()), ((*name).into(), (*value).into())],
            content: Vec::new(),
        };
        let address = edge.gateway.address;
        tokio::spawn(async move { client::send(address, &request).await.expect("an answer") })
    });
    let clients: Vec<_> = clients.collect();
    let mut answers = Vec::new();
    for client in clients {
        answers.push(client.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn concurrent_misses_of_variants_heads_parts_and_conditions_are_one_request_each() {
    // AllViewerExceptHostHeader
    let changes = json!({"DefaultCacheBehavior": behavior(json!({"CachePolicyId": BY_ORIGIN,
        "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"}))});
    let edge = Edge::start(changes, |received, _| {
        let language = received.fields.joined("accept-language").unwrap_or_default();
        let control = if received.path == "/own" { "private" } else { "max-age=600" };
        let mut fields = vec![
            ("Cache-Control".into(), control.into()),
            ("ETag".into(), "\"1\"".into()),
            ("Vary".into(), "Accept-Language".into()),
        ];
        let is_part = received.path == "/part";
        if is_part {
            fields.push(("Content-Range".into(), "bytes 0-3/10".into()));
        }
        Answer::Respond {
            status: if is_part { 206 } else { 200 },
            fields,
            content: if is_part { "0123".into() } else { language.into() },
            delay: Duration::from_millis(300),
        }
    });
    let edge = edge.await;
    let languages = ["de", "en", "fr"].map(|language| ("Accept-Language", language));
    let answers = crowd(&edge, 45, "GET", "/varies", &languages).await;
    for (answer, (_, language)) in answers.iter().zip(languages.iter().cycle()) {
        assert_eq!(text(answer), *language);
    }
    assert_eq!(edge.origin.received_len(), 3);
    for (method, target, line, status) in [
        ("HEAD", "/head", ("X-Any", "1"), 200),
        ("GET", "/part", ("Range", "bytes=0-3"), 206),
        ("GET", "/condition", ("If-None-Match", "\"0\""), 200),
    ] {
        let before = edge.origin.received_len();
        let answers = crowd(&edge, 30, method, target, &[line]).await;
        assert!(answers.iter().all(|answer| answer.status == status), "{target}");
        assert_eq!(edge.origin.received_len() - before, 1, "{target}");
    }
    // What is not for all holds nobody up: the second round is on its way at once.
    let before = edge.origin.received_len();
    let began = Instant::now();
    crowd(&edge, 30, "HEAD", "/own", &[("X-Any", "1")]).await;
    assert_eq!(edge.origin.received_len() - before, 30);
    assert!(began.elapsed() < Duration::from_millis(300 * 29), "one after the other");
    edge.stop().await;
}

#[tokio::test]
async fn the_worker_compresses_what_it_stores() {
    let changes = json!({"DefaultCacheBehavior": behavior(json!({"Compress": true}))});
    let content = "compress me ".repeat(1_000);
    let sent = content.clone();
    let edge = Edge::start(changes, move |_, _| {
        respond(200, &[("Content-Type", "text/plain"), ("ETag", "\"1\"")], &sent)
    });
    let edge = edge.await;
    for told in ["Miss from cloudfront", "Hit from cloudfront"] {
        let coded = edge.ask("GET", "/a", &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(field(&coded, "x-cache"), told);
        let fields = (field(&coded, "content-encoding"), field(&coded, "etag"));
        assert_eq!(fields, ("gzip".into(), "W/\"1\"".into()));
        assert!(coded.content.len() < 500);
        assert_eq!(decoded(&coded.content), content, "coded once");
    }
    assert_eq!(text(&edge.get("/a").await), content);
    assert_eq!(edge.origin.received_len(), 2);
    edge.stop().await;
}

#[tokio::test]
async fn the_worker_serves_what_an_origin_has_coded_as_it_came() {
    let sent = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0];
    let edge = Edge::start(json!({}), move |_, _| Answer::Respond {
        status: 200,
        fields: [("Content-Encoding", "gzip"), ("Cache-Control", "max-age=600")]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        content: sent.into(),
        delay: Duration::ZERO,
    });
    let edge = edge.await;
    for told in ["Miss from cloudfront", "Hit from cloudfront"] {
        let coded = edge.ask("GET", "/a", &[("Accept-Encoding", "gzip")]).await;
        let fields = (field(&coded, "x-cache"), field(&coded, "content-encoding"));
        assert_eq!((fields, &coded.content[..]), ((told.into(), "gzip".into()), &sent[..]));
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_status_that_no_response_can_have_is_an_error_of_the_origin() {
    let edge = Edge::start(json!({}), |asked, _| match asked.path.as_str() {
        "/600" => respond(600, &[], "odd"),
        _ => respond(199, &[], ""),
    });
    let edge = edge.await;
    for target in ["/600", "/199"] {
        let answer = edge.get(target).await;
        assert_eq!(
            (answer.status, field(&answer, "x-cache")),
            (502, "Error from cloudfront".into())
        );
    }
    edge.logged(&["the status 600"]).await;
    edge.stop().await;
}

#[tokio::test]
async fn viewers_are_let_in_by_the_country_that_the_platform_tells() {
    let restrictions = json!({"Restrictions": {"GeoRestriction": {
        "RestrictionType": "whitelist", "Quantity": 1, "Items": ["DE"]}}});
    let edge = Edge::start(restrictions, |_, _| fresh("in")).await;
    for (cf, status) in [
        (r#"{"country":"DE"}"#, 200),
        (r#"{"country":"FR"}"#, 403),
        // CloudFront serves whom it cannot locate. A platform that locates nobody is another thing.
        (r#"{"country":"XX"}"#, 200),
        ("{}", 403),
    ] {
        // What Cloudflare's network tells the Worker, as the local one is told it.
        let told = edge.ask("GET", "/a", &[("MF-CF-Blob", cf)]).await;
        assert_eq!(told.status, status, "{cf}");
    }
    edge.stop().await;
}

#[tokio::test]
async fn origins_are_told_what_the_platform_knows_of_viewers() {
    // AllViewerAndCloudFrontHeaders-2022-06
    let all = "33f36d7e-f396-46d9-90e0-52428a34d9dc";
    let behavior = behavior(json!({"OriginRequestPolicyId": all}));
    let changes = json!({"DefaultCacheBehavior": behavior});
    let edge = Edge::start(changes, |received, _| {
        let line = |(name, value): &(String, String)| format!("{name}: {value}\n").to_lowercase();
        respond(200, &[], &received.fields.0.iter().map(line).collect::<String>())
    })
    .await;
    let cf = r#"{"country":"DE","regionCode":"BE","region":"Land Berlin","city":"K\u00f6penick","asn":3320,
        "latitude":"52.52000","longitude":"13.40495","postalCode":"10115","timezone":"Europe/Berlin",
        "httpProtocol":"HTTP/2","colo":"TXL"}"#;
    let lines = [("MF-CF-Blob", &*cf.replace('\n', "")), ("CloudFront-Viewer-Metro-Code", "1")];
    let told = text(&edge.ask("GET", "/a", &lines).await);
    for line in [
        "cloudfront-viewer-country: de",
        "cloudfront-viewer-country-region: be",
        "cloudfront-viewer-country-region-name: land berlin",
        "cloudfront-viewer-asn: 3320",
        "cloudfront-viewer-latitude: 52.52000",
        "cloudfront-viewer-longitude: 13.40495",
        "cloudfront-viewer-postal-code: 10115",
        "cloudfront-viewer-time-zone: europe/berlin",
        "cloudfront-viewer-http-version: 2.0",
    ] {
        assert!(told.lines().any(|one| one == line), "{line} is not in\n{told}");
    }
    assert!(told.contains("cloudfront-viewer-city: k") && !told.contains("metro-code"), "{told}");
    edge.stop().await;
}

#[tokio::test]
async fn the_web_acl_of_a_distribution_is_in_front_of_the_workers_cache() {
    let edge = Edge::start(json!({"WebACLId": WEB_ACL}), |received, _| {
        respond(
            200,
            &[("Cache-Control", "max-age=600")],
            &String::from_utf8_lossy(&received.content),
        )
    });
    let edge = edge.await;
    assert_eq!(edge.get("/a").await.status, 200);
    let blocked = edge.get("/a?evil").await;
    assert_eq!((blocked.status, text(&blocked).contains("Request blocked.")), (403, true));
    assert_eq!(field(&blocked, "x-cache"), "Error from cloudfront");
    assert!(!field(&blocked, "x-amz-cf-id").is_empty());
    assert_eq!(field(&edge.get("/a").await, "x-cache"), "Hit from cloudfront");
    let post = async |content: String| {
        let fields =
            vec![("Host".into(), CDN.into()), ("Content-Length".into(), content.len().to_string())];
        let request =
            Request { method: "POST".into(), target: "/a".into(), fields, content: content.into() };
        client::send(edge.gateway.address, &request).await.expect("an answer")
    };
    assert_eq!(post("evil".into()).await.status, 403);
    let large = "x".repeat(100_000);
    assert_eq!(text(&post(large.clone()).await), large, "inspected, and sent on whole");
    let beyond = "x".repeat(10 * 1024 * 1024 + 1);
    assert_eq!(
        post(beyond).await.status,
        413,
        "what cannot be inspected goes nowhere, not even as nothing"
    );
    assert_eq!(edge.origin.received_len(), 2);
    edge.stop().await;
}

#[tokio::test]
async fn an_invalidation_in_the_namespace_forgets_what_it_names() {
    let edge =
        Edge::start(json!({}), |received, count| fresh(&format!("{} {count}", received.path)));
    let edge = edge.await;
    let mut before = Vec::new();
    for path in ["/a/1", "/a/2", "/b"] {
        before.push(text(&edge.get(path).await));
    }
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    edge.invalidate(now - 3600, "/b").await; // before it was stored
    edge.invalidate(now + 1, "/a/* /c").await;
    let began = Instant::now();
    while text(&edge.get("/a/1").await) == before[0] {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_ne!(text(&edge.get("/a/2").await), before[1]);
    assert_eq!(text(&edge.get("/b").await), before[2]);
    edge.stop().await;
}

#[tokio::test]
async fn bad_input_does_the_workers_cache_no_harm() {
    let edge = Edge::start(json!({}), |received, _| {
        fresh(&(received.fields.joined("x-forwarded-host").unwrap_or_default() + &received.query))
    });
    let edge = edge.await;
    // An unkeyed header reaches no origin, and so nobody after it.
    assert_eq!(text(&edge.ask("GET", "/a", &[("X-Forwarded-Host", "evil")]).await), "");
    assert_eq!(text(&edge.get("/a").await), "");
    // Parameters that are hidden in others, of which the key knows nothing.
    let before = edge.origin.received_len();
    for target in
        ["/c?utm=1;q=evil", "/c?utm=1&utm=2&q=evil", "/c?q%3devil", "/c?;q=evil", "/c?q[]=evil"]
    {
        assert_eq!(text(&edge.get(target).await), "", "{target}");
    }
    assert_eq!(edge.origin.received_len() - before, 1);
    // A fat GET, hidden dot segments, headers by the thousand.
    assert_eq!(edge.ask("GET", "/f", &[("Transfer-Encoding", "chunked")]).await.status, 403);
    for path in ["/x/%2e%2e/a", "/x/..%2fa", "/x%5c..%5ca", "/x/%252e%252e/a"] {
        let status = edge.get(path).await.status;
        // workerd resolves what it knows for a dot segment itself: then it is the path in the open.
        assert!(status == 400 || path.contains("%2e%2e/") && status == 200, "{path}: {status}");
    }
    let flood: Vec<(String, String)> =
        (0..400).map(|n| (format!("x-{n}"), "v".repeat(40))).collect();
    let flood: Vec<(&str, &str)> = flood.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(edge.ask("GET", "/h", &flood).await.status, 413);
    let ranges: Vec<String> = (0..1000).map(|n| format!("{n}-{n}")).collect();
    let ranges = format!("bytes={}", ranges.join(","));
    assert_eq!(edge.ask("GET", "/a", &[("Range", &ranges)]).await.status, 200);
    edge.stop().await;
}

#[tokio::test]
async fn a_service_binding_stands_for_the_host_of_an_endpoint() {
    let edge = Edge::start(json!({}), |_, _| respond(404, &[], "")).await;
    let host = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
    let request = Request {
        method: "POST".into(),
        target: "/test/orders/7".into(),
        fields: vec![("Host".into(), host), ("Content-Length".into(), "4".into())],
        content: b"four".to_vec(),
    };
    let answer = client::send(edge.gateway.address, &request).await.unwrap();
    let asked = "SERVICE_ORDERS_INTERNAL: POST https://orders.internal:8443/v1/7 four";
    assert_eq!((answer.status, &*text(&answer)), (200, asked));
    let answer = edge.get("/bound").await;
    assert!(
        text(&answer).starts_with("SERVICE_ORDERS_INTERNAL: GET http://orders.internal"),
        "{answer:?}"
    );
    edge.stop().await;
}

#[tokio::test]
async fn the_worker_verifies_signed_urls() {
    use base64::Engine as _;
    let trusted = json!({"TrustedKeyGroups": {"Enabled": true, "Items": ["g"]}});
    let changes = json!({"DefaultCacheBehavior": behavior(trusted)});
    let edge = Edge::start(changes, |_, _| fresh("secret")).await;
    let policy = |path: &str| {
        format!(
            r#"{{"Statement":[{{"Resource":"http://{CDN}{path}","Condition":{{"DateLessThan":{{"AWS:EpochTime":4000000000}}}}}}]}}"#
        )
    };
    let url = |path: &str, key: &str, more: &str, signature: &[u8]| {
        let signature = base64::engine::general_purpose::STANDARD.encode(signature);
        let signature = signature.replace('+', "-").replace('=', "_").replace('/', "~");
        format!("{path}?Expires=4000000000&Signature={signature}&Key-Pair-Id={key}{more}")
    };
    let message = policy("/a");
    let message = message.as_bytes();
    let (by_rsa, by_ec) = (issuer::sign_by_rsa(message), issuer::sign_by_ec(message));
    let by_sha1 = issuer::sign_by_rsa_sha1(message);
    let sha256 = "&Hash-Algorithm=SHA256";
    for (key, more, signature, status) in [
        ("RSA", sha256, &by_rsa, 200),
        ("RSA", "", &by_sha1, 200),
        ("EC", sha256, &by_ec, 200),
        ("RSA", "", &by_rsa, 403),
        ("EC", sha256, &by_rsa, 403),
        ("RSA", sha256, &by_ec, 403),
        ("EC", "", &by_ec, 403),
        ("NONE", sha256, &by_rsa, 403),
    ] {
        let answer = edge.get(&url("/a", key, more, signature)).await;
        assert_eq!(answer.status, status, "{key} {more}");
        // A signature is for its own path alone, whatever is stored by now.
        assert_eq!(edge.get(&url("/b", key, more, signature)).await.status, 403);
    }
    assert_eq!(edge.get("/a").await.status, 403);
    assert_eq!(edge.origin.received_len(), 1);
    edge.stop().await;
}

#[tokio::test]
async fn the_worker_verifies_signed_cookies() {
    use base64::Engine as _;
    let encoded = |bytes: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        text.replace('+', "-").replace('=', "_").replace('/', "~")
    };
    // AllViewer: the origin is sent cookies, and not these.
    let behavior = behavior(json!({"TrustedKeyGroups": {"Enabled": true, "Items": ["g"]},
        "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"}));
    let edge = Edge::start(json!({"DefaultCacheBehavior": behavior}), |received, _| {
        fresh(&received.fields.joined("cookie").unwrap_or_default())
    });
    let edge = edge.await;
    let policy = |path: &str| {
        format!(
            r#"{{"Statement":[{{"Resource":"http*://{CDN}{path}","Condition":{{"DateLessThan":{{"AWS:EpochTime":4000000000}}}}}}]}}"#
        )
    };
    let cookie = |policy: &str, signature: &[u8]| {
        format!(
            "own=1; CloudFront-Policy={}; CloudFront-Signature={}; CloudFront-Key-Pair-Id=RSA; CloudFront-Hash-Algorithm=SHA256",
            encoded(policy.as_bytes()),
            encoded(signature)
        )
    };
    let films = policy("/films/*");
    let signature = issuer::sign_by_rsa(films.as_bytes());
    for (target, cookie, status) in [
        ("/films/1", cookie(&films, &signature), 200),
        ("/films/2?x=1", cookie(&films, &signature), 200),
        ("/private", cookie(&films, &signature), 403),
        ("/private", cookie(&policy("/*"), &signature), 403),
        ("/films/1", cookie(&films, &issuer::sign_by_ec(films.as_bytes())), 403),
        ("/films/1", "own=1".into(), 403),
    ] {
        let answer = edge.ask("GET", target, &[("Cookie", &cookie)]).await;
        assert_eq!(answer.status, status, "{target} {cookie}");
        assert!(status != 200 || text(&answer) == "own=1", "{}", text(&answer));
    }
    assert_eq!(edge.origin.received_len(), 2);
    edge.stop().await;
}
