//! Distributions: the edge in front of an origin, with its cache.

mod collapsed;
mod disk;
mod disk_faults;
mod errors;
mod kit;
mod logs;
mod origins;
mod poisoning;
mod signed;
mod smuggling;
mod tls;
mod uncached;
mod web_acl;

use serde_json::json;

use crate::kit::*;
use crate::program::Program;
use kit::*;

#[test]
fn a_response_is_stored_and_served() {
    let (origin, heads) = answering(|_, count| fresh(&format!("answer {count}")));
    let edge = Edge::start(origin, json!({}));
    let first = edge.get("/a");
    assert!(has(&first, "x-cache: Miss from cloudfront"), "{}", first.head);
    assert!(has(&first, "cache-status: edgeway; fwd=uri-miss; stored"), "{}", first.head);
    for _ in 0..3 {
        let again = edge.get("/a");
        assert_eq!(again.text(), "answer 1");
        assert!(has(&again, "x-cache: Hit from cloudfront"), "{}", again.head);
        assert!(again.head.contains("\r\nage: "), "{}", again.head);
    }
    let head = edge.ask("HEAD", "/a", "");
    assert!(has(&head, "content-length: 8"), "{}", head.head);
    assert_eq!(heads.lock().unwrap().len(), 1);
    assert_eq!(edge.get("/b").text(), "answer 2");
}

#[test]
fn a_thousand_concurrent_misses_are_one_request() {
    let gated = gated();
    let edge = Edge::start(gated.address, json!({}));
    let mut clients: Vec<Client> = (0..1000).map(|_| edge.client()).collect();
    for client in &mut clients {
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    gated.answer("Cache-Control: max-age=600\r\n", "once");
    for client in &mut clients {
        assert_eq!(client.answer().text(), "once");
    }
    assert!(gated.calls.try_recv().is_err(), "another call");
}

#[test]
fn concurrent_validations_are_one_request() {
    let gated = gated();
    let edge = Edge::start(gated.address, json!({}));
    let mut first = edge.client();
    first.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    gated.answer("Cache-Control: no-cache\r\nETag: \"1\"\r\n", "content");
    assert_eq!(first.answer().text(), "content");
    let mut clients: Vec<Client> = (0..20).map(|_| edge.client()).collect();
    for client in &mut clients {
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    let (head, answer) = gated.call();
    assert!(head.to_lowercase().contains("if-none-match: \"1\""), "{head}");
    let fresh = "HTTP/1.1 304 N\r\nETag: \"1\"\r\nCache-Control: max-age=600\r\n\r\n";
    answer.send(fresh.into()).unwrap();
    for client in &mut clients {
        assert_eq!(client.answer().text(), "content");
    }
    assert!(gated.calls.try_recv().is_err(), "another call");
}

#[test]
fn content_streams_through_and_into_the_cache() {
    let gated = gated();
    let edge = Edge::start(gated.address, json!({}));
    let mut client = edge.client();
    client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    let (_, answer) = gated.call();
    let head = "HTTP/1.1 200 O\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n";
    answer.send(format!("{head}4\r\nhalf\r\n").into()).unwrap();
    client.head().unwrap();
    assert_eq!(client.chunk().unwrap(), b"half", "before the rest has come");
    answer.send("5\r\n done\r\n0\r\n\r\n".into()).unwrap();
    assert_eq!(client.chunk().unwrap(), b" done");
    assert!(client.chunk().is_none());
    let again = edge.get("/a");
    assert_eq!(again.text(), "half done");
    assert!(has(&again, "x-cache: Hit from cloudfront"));
}

#[test]
fn a_slow_viewer_holds_nobody_up() {
    const LENGTH: usize = 8 << 20;
    let (origin, heads) = answering(|_, _| fresh(&"x".repeat(LENGTH)));
    let edge = Edge::start(origin, json!({}));
    let mut slow = edge.client();
    slow.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    slow.head().expect("a head, and then it reads no more");
    assert_eq!(edge.get("/a").content.len(), LENGTH);
    assert_eq!(heads.lock().unwrap().len(), 1);
    drop(slow);
}

#[test]
fn a_slow_viewer_holds_nobody_up_either_where_no_length_is_known() {
    const CHUNK: usize = 64 << 10;
    let chunks = format!("{CHUNK:x}\r\n{}\r\n", "x".repeat(CHUNK)).repeat(128);
    let head = "HTTP/1.1 200 O\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = format!("{head}{chunks}0\r\n\r\n").into_bytes();
    let (origin, heads) = answering(move |_, _| answer.clone());
    let edge = Edge::start(origin, json!({}));
    let mut slow = edge.client();
    slow.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    slow.head().expect("a head, and then it reads no more");
    assert_eq!(edge.get("/a").content.len(), 128 * CHUNK);
    assert_eq!(heads.lock().unwrap().len(), 1);
    drop(slow);
}

#[test]
fn what_breaks_off_is_not_stored() {
    let (tell, calls) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let origin = endpoint(move |mut connection| {
        if connection.head().is_some() {
            tell.lock().unwrap().send(()).unwrap();
            let head = "HTTP/1.1 200 O\r\nCache-Control: max-age=600\r\nContent-Length: 99\r\n\r\n";
            connection.send(format!("{head}half").as_bytes());
        }
    });
    let edge = Edge::start(origin, json!({}));
    for _ in 0..2 {
        let mut client = edge.client();
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        client.head().expect("what came before it broke off");
        client.wait_for_close();
        calls.recv_timeout(PATIENCE).expect("the origin is asked");
    }
}

#[test]
fn a_viewer_that_leaves_takes_nobody_with_it() {
    let gated = gated();
    let edge = Edge::start(gated.address, json!({}));
    let mut leader = edge.client();
    leader.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    let lost = gated.call();
    let mut other = edge.client();
    other.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    drop(leader);
    gated.answer("Cache-Control: max-age=600\r\n", "second");
    assert_eq!(other.answer().text(), "second");
    drop(lost);
}

#[test]
fn a_stale_response_is_served_while_the_origin_is_asked() {
    let gated = gated();
    let edge = Edge::start(gated.address, json!({}));
    let mut client = edge.client();
    client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    gated.answer("Cache-Control: max-age=0, stale-while-revalidate=600\r\n", "old");
    assert_eq!(client.answer().text(), "old");
    assert_eq!(edge.get("/a").text(), "old", "without waiting for the origin");
    assert_eq!(edge.get("/a").text(), "old");
    gated.answer("Cache-Control: max-age=600\r\n", "new");
    let patience = std::time::Instant::now();
    while edge.get("/a").text() != "new" {
        assert!(patience.elapsed() < PATIENCE);
    }
    assert!(gated.calls.try_recv().is_err(), "asked more than once");
}

#[test]
fn a_head_has_the_whole_of_what_is_stale_asked_for() {
    let (origin, heads) = answering(|head, count| {
        let lines = "Cache-Control: max-age=0, stale-while-revalidate=600\r\n";
        match head.starts_with("HEAD") {
            true => format!("HTTP/1.1 200 O\r\n{lines}\r\n").into_bytes(),
            false => response(200, lines, &count.to_string()),
        }
    });
    let edge = Edge::start(origin, json!({}));
    assert_eq!(edge.get("/a").text(), "1");
    assert_eq!(edge.ask("HEAD", "/a", "").status, 200);
    let patience = std::time::Instant::now();
    while heads.lock().unwrap().len() < 2 {
        assert!(patience.elapsed() < PATIENCE);
    }
    assert!(!edge.get("/a").text().is_empty());
    assert!(heads.lock().unwrap().iter().all(|head| head.starts_with("GET")));
}

#[test]
fn a_stale_response_stands_in_for_an_origin_that_fails() {
    let (origin, _) = answering(|_, count| match count {
        1 => response(200, "Cache-Control: max-age=0\r\nETag: \"1\"\r\n", "good"),
        _ => response(503, "", "bad"),
    });
    let edge = Edge::start(origin, json!({}));
    assert_eq!(edge.get("/a").text(), "good");
    let stale = edge.get("/a");
    assert_eq!((stale.status, &*stale.text()), (200, "good"));
    let status = "\r\ncache-status: edgeway; fwd=stale; fwd-status=503; ttl=";
    assert!(stale.head.contains(status), "{}", stale.head);
    assert_eq!(edge.get("/b").status, 503);
}

#[test]
fn unsafe_methods_forget_what_is_stored() {
    let (origin, _) = answering(|_, count| fresh(&count.to_string()));
    let edge = Edge::start(origin, json!({}));
    assert_eq!(edge.get("/a?x").text(), "1");
    assert_eq!(edge.ask("POST", "/a?x", "Content-Length: 0\r\n").text(), "2");
    assert_eq!(edge.get("/a?x").text(), "3");
}

#[test]
fn an_unsafe_request_that_fails_forgets_nothing_though_an_error_page_is_found() {
    let (origin, _) = answering(|head, count| match head.split(' ').next() {
        Some("POST") => response(500, "", "failed"),
        _ if head.contains(" /sorry") => response(200, "Cache-Control: no-store\r\n", "sorry"),
        _ => fresh(&count.to_string()),
    });
    // CachingDisabled for the page: it is asked for each time.
    let page = json!({"TargetOriginId": "web", "PathPattern": "/sorry", "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"});
    let edge = Edge::start(
        origin,
        json!({"CacheBehaviors": {"Items": [page]}, "CustomErrorResponses": {"Items": [
            {"ErrorCode": 500, "ResponsePagePath": "/sorry", "ResponseCode": "500", "ErrorCachingMinTTL": 0}]}}),
    );
    assert_eq!(edge.get("/a").text(), "1");
    assert_eq!(edge.ask("POST", "/a", "Content-Length: 0\r\n").text(), "sorry");
    assert_eq!(edge.get("/a").text(), "1");
}

#[test]
fn objects_are_compressed_once_and_validated_by_their_origins_tag() {
    let content = "compress me ".repeat(20_000);
    let (origin, heads) = answering({
        let content = content.clone();
        move |head, _| match head.to_lowercase().contains("if-none-match: w/\"1\"") {
            true => b"HTTP/1.1 304 N\r\nETag: \"1\"\r\nCache-Control: max-age=0\r\n\r\n".into(),
            false => {
                let lines =
                    "Cache-Control: max-age=0\r\nETag: \"1\"\r\nContent-Type: text/plain\r\n";
                response(200, lines, &content)
            }
        }
    });
    let behavior = json!({"Compress": true});
    let edge = Edge::start(origin, json!({"DefaultCacheBehavior": behavior}));
    for told in ["Miss", "RefreshHit"] {
        let coded = edge.ask("GET", "/a", "Accept-Encoding: gzip\r\n");
        assert!(has(&coded, &format!("x-cache: {told} from cloudfront")), "{}", coded.head);
        assert!(has(&coded, "content-encoding: gzip") && has(&coded, "etag: W/\"1\""));
        assert!(coded.content.len() < 5_000 && coded.content.starts_with(&[0x1f, 0x8b]));
    }
    let better = edge.ask("GET", "/a", "Accept-Encoding: gzip, br\r\n");
    assert!(has(&better, "content-encoding: br"), "{}", better.head);
    let mut decoded = Vec::new();
    brotli::BrotliDecompress(&mut &*better.content, &mut decoded).unwrap();
    assert_eq!(decoded, content.as_bytes());
    let plain = edge.get("/a");
    assert_eq!((plain.text(), has(&plain, "etag: \"1\"")), (content, true));
    assert_eq!(heads.lock().unwrap().len(), 4);
}

#[test]
fn parameters_that_no_policy_names_make_no_other_object() {
    let (origin, heads) = answering(|_, count| fresh(&count.to_string()));
    // CachingOptimized: no parameters in the key.
    let policy = json!({"CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"});
    let edge = Edge::start(origin, json!({"DefaultCacheBehavior": policy}));
    for target in ["/a", "/a?utm=1", "/a?utm=2", "/x/../a?z", "/%61"] {
        assert_eq!(edge.get(target).text(), "1", "{target}");
    }
    assert_eq!(edge.ask("POST", "/a?utm=3", "Content-Length: 0\r\n").text(), "2");
    assert_eq!(edge.get("/a?utm=4").text(), "3", "what is unsafe for one is for all of its names");
    let invalidation = distribution::Invalidation::new(["/a"]).unwrap();
    assert_eq!(edge.served.host.shared().edge_cache.invalidate("d", &invalidation), 1);
    assert_eq!(edge.get("/a?utm=1").text(), "4");
    assert_eq!(heads.lock().unwrap().len(), 4);
}

#[test]
fn an_invalidation_forgets_what_it_names() {
    let (origin, _) = answering(|_, count| fresh(&count.to_string()));
    let edge = Edge::start(origin, json!({}));
    let paths = ["/a/1", "/a/2", "/b"];
    let texts = |edge: &Edge| paths.map(|path| edge.get(path).text());
    assert_eq!(texts(&edge), ["1", "2", "3"]);
    let invalidation = distribution::Invalidation::new(["/a/*"]).unwrap();
    assert_eq!(edge.served.host.shared().edge_cache.invalidate("d", &invalidation), 2);
    assert_eq!(edge.served.host.shared().edge_cache.invalidate("other", &invalidation), 0);
    assert_eq!(texts(&edge), ["4", "5", "3"]);
}

#[test]
fn what_was_asked_for_before_it_is_forgotten_is_not_stored() {
    let gated = gated();
    let edge = Edge::start(gated.address, json!({}));
    let cache = &edge.served.host.shared().edge_cache;
    let invalidation = distribution::Invalidation::new(["/*"]).unwrap();
    let forget: [&dyn Fn(); 2] = [
        &|| {
            cache.invalidate("d", &invalidation);
        },
        &|| {
            let mut unsafe_one = edge.client();
            unsafe_one.send(b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
            gated.answer("", "");
            assert_eq!(unsafe_one.answer().status, 200);
        },
    ];
    for (at, forget) in forget.into_iter().enumerate() {
        let mut early = edge.client();
        early.send(format!("GET /{at} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        let (_, answer) = gated.call();
        forget();
        answer.send(fresh("old")).unwrap();
        drop(answer);
        assert_eq!(early.answer().text(), "old");
        let mut late = edge.client();
        late.send(format!("GET /{at} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        gated.answer("Cache-Control: max-age=600\r\n", "new");
        assert_eq!(late.answer().text(), "new");
    }
}

#[test]
fn ranges_are_served_from_what_is_stored_and_by_the_thousand_not_at_all() {
    let (origin, heads) = answering(|_, _| fresh("0123456789"));
    let edge = Edge::start(origin, json!({}));
    edge.get("/a");
    let part = edge.ask("GET", "/a", "Range: bytes=2-4\r\n");
    assert_eq!((part.status, &*part.text()), (206, "234"));
    assert!(has(&part, "content-range: bytes 2-4/10"), "{}", part.head);
    let ranges: Vec<String> = (0..1000).map(|n| format!("{}-{}", n % 10, n % 10)).collect();
    let all = edge.ask("GET", "/a", &format!("Range: bytes={}\r\n", ranges.join(",")));
    assert_eq!((all.status, &*all.text()), (200, "0123456789"));
    assert_eq!(heads.lock().unwrap().len(), 1);
}

/// A host with a distribution `d` whose operator has this token.
fn with_operator(token: &str) -> Program {
    let (origin, _) = answering(|_, count| fresh(&count.to_string()));
    let folder = Folder::new();
    folder.write("distribution.json", &distribution(origin, json!({})).to_string());
    let more =
        format!("adminToken: {token}\ndistributions: [{{id: d, definition: distribution.json}}]\n");
    configuration_with(&folder, origin, &more);
    Program::start(&folder)
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn batch(quantity: u32, path: &str, reference: &str) -> String {
    format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths>\
         <Quantity>{quantity}</Quantity><Items><Path>{path}</Path></Items></Paths>\
         <CallerReference>{reference}</CallerReference></InvalidationBatch>"
    )
}

#[test]
fn create_invalidation_is_the_operators_call() {
    let program = with_operator(TOKEN);
    let call = |id: &str, content: &str| {
        let line = format!("POST /2020-05-31/distribution/{id}/invalidation");
        program.call(&line, &format!("Authorization: Bearer {TOKEN}\r\n"), content)
    };
    let created = call("d", &batch(1, "/a&amp;b*", "r"));
    assert_eq!(created.status, 201, "{}", created.text());
    assert!(created.text().contains("<Path>/a&amp;b*</Path>"), "{}", created.text());
    for (id, content, status, code) in [
        ("e", batch(1, "/*", "s"), 404, "NoSuchDistribution"),
        ("d", batch(2, "/*", "s"), 400, "InconsistentQuantities"),
        ("d", batch(1, "a", "s"), 400, "InvalidArgument"),
        ("d", batch(1, "/other", "r"), 400, "InvalidationBatchAlreadyExists"),
        ("d", "<x/>".into(), 400, "MalformedXML"),
    ] {
        let refused = call(id, &content);
        assert_eq!((refused.status, refused.text().contains(code)), (status, true), "{code}");
    }
    let line = "POST /2020-05-31/distribution/d/invalidation";
    assert_eq!(program.call(line, "", &batch(1, "/*", "s")).status, 403);
    let again = call("d", &batch(1, "/a&amp;b*", "r"));
    assert_eq!((again.status, again.text()), (201, created.text()), "the same one");
}

#[test]
fn invalidations_that_were_made_are_told_of() {
    let program = with_operator(TOKEN);
    let call = |line: &str, content: &str| {
        program.call(line, &format!("Authorization: Bearer {TOKEN}\r\n"), content)
    };
    let all = "/2020-05-31/distribution/d/invalidation";
    let ids = ["1", "2", "3"].map(|reference| {
        let created = call(&format!("POST {all}"), &batch(1, "/*", reference));
        let location = created.head.lines().find_map(|line| line.strip_prefix("location: "));
        let location = location.unwrap_or_else(|| panic!("{}", created.head)).to_owned();
        let told = call(&format!("GET {location}"), "");
        assert_eq!((told.status, told.text()), (200, created.text()));
        location.rsplit_once('/').unwrap().1.to_owned()
    });
    let [oldest, middle, newest] = &ids;
    let listed = |query: &str| call(&format!("GET {all}{query}"), "").text();
    let items = |text: &str| {
        let ids = text.split("<InvalidationSummary><Id>").skip(1);
        ids.map(|rest| rest.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(items(&listed("")), [newest, middle, oldest].map(String::clone));
    let first = listed("?MaxItems=2");
    assert_eq!(items(&first), [newest, middle].map(String::clone));
    let next =
        format!("<NextMarker>{middle}</NextMarker><MaxItems>2</MaxItems><IsTruncated>true</");
    assert!(first.contains(&next) && first.contains("<Quantity>2</Quantity>"), "{first}");
    let second = listed(&format!("?MaxItems=2&Marker={middle}"));
    assert_eq!(items(&second), std::slice::from_ref(oldest));
    assert!(second.contains("<IsTruncated>false<") && !second.contains("<NextMarker>"), "{second}");
    for (line, status, code) in [
        (format!("GET {all}/I0"), 404, "NoSuchInvalidation"),
        (format!("GET {all}?MaxItems=x"), 400, "InvalidArgument"),
        ("GET /2020-05-31/distribution/e/invalidation".into(), 404, "NoSuchDistribution"),
        (
            format!("GET /2020-05-31/distribution/e/invalidation/{oldest}"),
            404,
            "NoSuchDistribution",
        ),
        (format!("DELETE {all}/{oldest}"), 405, "MethodNotAllowedException"),
    ] {
        let refused = call(&line, "");
        assert_eq!(
            (refused.status, format!("{}{}", refused.head, refused.text()).contains(code)),
            (status, true),
            "{line}"
        );
    }
    assert_eq!(program.call(&format!("GET {all}"), "", "").status, 403);
}

#[test]
fn what_requests_are_known_by_counts_as_memory() {
    let (origin, _) = answering(|_, _| fresh("x"));
    let edge = Edge::start(origin, json!({}));
    edge.get(&format!("/{}", "a".repeat(8_000)));
    let mut metrics = String::new();
    edge.served.host.shared().edge_cache.write_metrics(&mut metrics);
    let counted = "edgeway_distribution_cache_bytes{tier=\"memory\"} ";
    let counted = metrics.lines().find_map(|line| line.strip_prefix(counted));
    let bytes: usize = counted.unwrap_or_else(|| panic!("{metrics}")).parse().unwrap();
    assert!((8_000..10_000).contains(&bytes), "{bytes}");
}
