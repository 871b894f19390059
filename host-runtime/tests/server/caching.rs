//! Responses are cached by stages, and requests for the same one are one call.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use crate::kit::*;

/// `/{path…}` of the stage `prod` goes to the endpoint, and is cached by its path.
fn served(endpoint: SocketAddr) -> Served {
    let folder = Folder::new();
    folder.write(
        "api.yaml",
        &format!(
            r#"
openapi: 3.0.1
info: {{title: t, version: "1"}}
paths:
  /{{proxy+}}:
    x-amazon-apigateway-any-method:
      parameters: [{{name: proxy, in: path, required: true, schema: {{type: string}}}}]
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://{endpoint}/{{proxy}}
        requestParameters: {{integration.request.path.proxy: method.request.path.proxy}}
        cacheKeyParameters: [method.request.path.proxy]
"#
        ),
    );
    let config = folder.write(
        "edgeway.yaml",
        r#"
listen: 127.0.0.1:0
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages:
      - stageName: prod
        cacheClusterEnabled: true
        cacheClusterSize: "0.5"
        methodSettings: {"*/*": {cachingEnabled: true, cacheTtlInSeconds: 3600}}
        accessLogSettings:
          format: '$context.path $context.status $context.responseLength $context.integration.status'
          destination: access.log
"#,
    );
    Served::start_configured(folder, config, 2)
}

/// An endpoint whose calls are told of, and answered when the test says so.
struct Gated {
    address: SocketAddr,
    calls: Receiver<(String, Sender<Vec<u8>>)>,
}

fn gated() -> Gated {
    let (tell, calls) = channel();
    let tell = Mutex::new(tell);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let (answer, wait) = channel::<Vec<u8>>();
            let _ = tell.lock().unwrap().send((head, answer));
            let Ok(answer) = wait.recv_timeout(PATIENCE) else { return };
            connection.send(&answer);
        }
    });
    Gated { address, calls }
}

impl Gated {
    fn call(&self) -> Sender<Vec<u8>> {
        self.calls.recv_timeout(PATIENCE).expect("a call").1
    }
}

fn answer(content: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len());
    [head.as_bytes(), content].concat()
}

fn send(served: &Served, path: &str) -> Client {
    let mut client = served.client();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
    client
}

#[test]
fn requests_for_the_same_response_are_one_call() {
    let gated = gated();
    let served = served(gated.address);
    let mut clients: Vec<Client> = (0..60).map(|_| send(&served, "/prod/a")).collect();
    gated.call().send(answer(b"once")).unwrap();
    for client in &mut clients {
        assert_eq!(client.answer().text(), "once");
    }
    assert!(gated.calls.try_recv().is_err(), "another call");
}

#[test]
fn a_client_that_leaves_takes_nobody_with_it() {
    let gated = gated();
    let served = served(gated.address);
    let leader = send(&served, "/prod/a");
    let lost = gated.call();
    let mut others: Vec<Client> = (0..10).map(|_| send(&served, "/prod/a")).collect();
    drop(leader);
    // Only now, since the connection of the first call is gone.
    gated.call().send(answer(b"second")).unwrap();
    for client in &mut others {
        assert_eq!(client.answer().text(), "second");
    }
    drop(lost);
    assert!(gated.calls.try_recv().is_err(), "a third call");
}

#[test]
fn what_is_too_large_is_nobodys_bottleneck() {
    let gated = gated();
    let served = served(gated.address);
    let mut clients: Vec<Client> = (0..10).map(|_| send(&served, "/prod/a")).collect();
    let large = vec![b'x'; (1 << 20) + 1];
    for _ in 0..10 {
        gated.call().send(answer(&large)).unwrap();
    }
    for client in &mut clients {
        assert_eq!(client.answer().content.len(), large.len());
    }
}

/// An endpoint that answers by the path, and counts.
fn counting(answer: fn(&str) -> Vec<u8>) -> (SocketAddr, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            counted.fetch_add(1, SeqCst);
            connection.send(&answer(&head));
        }
    });
    (address, calls)
}

#[test]
fn a_cached_answer_is_the_answer() {
    let (address, calls) = counting(|_| {
        b"HTTP/1.1 203 Fine\r\nX-A: 1\r\nX-A: 2\r\nConnection: X-Hop\r\nX-Hop: h\r\nSet-Cookie: c=d\r\n\
          Content-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n ho\r\n0\r\n\r\n"
            .to_vec()
    });
    let served = served(address);
    let mut client = served.client();
    let own = |line: &&str| {
        let line = line.to_lowercase();
        !["date:", "x-amzn-requestid:", "x-amz-apigw-id:"].iter().any(|name| line.starts_with(name))
    };
    let shared = |answer: &Answer| {
        let mut lines: Vec<String> =
            answer.head.lines().filter(own).map(str::to_lowercase).collect();
        lines.sort();
        lines
    };
    let (first, second) = (client.get("/prod/a"), client.get("/prod/a"));
    assert_eq!((first.text(), second.text()), ("hi ho".into(), "hi ho".into()));
    assert_eq!((first.status, shared(&first)), (203, shared(&second)));
    let is_hop = |line: &String| line.starts_with("x-hop:");
    assert!(first.head.contains("text/css") && !shared(&first).iter().any(is_hop));
    let request_id = |answer: &Answer| {
        let lines = answer.head.lines().map(str::to_lowercase);
        lines.filter(|line| line.starts_with("x-amzn-requestid:")).collect::<Vec<_>>()
    };
    assert_ne!(request_id(&first), request_id(&second));
    assert_eq!(calls.load(SeqCst), 1);
    let metrics = served.host.shared().metrics.to_text(0, 0);
    for line in [
        "cache_hits_total{api=\"a\",stage=\"prod\"} 1",
        "cache_misses_total{api=\"a\",stage=\"prod\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    drop(client);
    assert_eq!(served.drained_log(), "/prod/a 203 - 203\n/prod/a 203 5 -\n");
}

#[test]
fn content_without_a_length_passes_whole_whether_it_is_cached_or_not() {
    fn chunked(head: &str) -> Vec<u8> {
        let parts = if head.contains("/large") { 40 } else { 4 };
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for n in 0..parts {
            answer.extend(format!("{:x}\r\n", 1 << 15).as_bytes());
            answer.extend(vec![b'a' + n; 1 << 15]);
            answer.extend(b"\r\n");
        }
        answer.extend(b"0\r\n\r\n");
        answer
    }
    let (address, calls) = counting(chunked);
    let served = served(address);
    let mut client = served.client();
    for (path, parts, expected) in [("/prod/small", 4, 1), ("/prod/large", 40, 2)] {
        calls.store(0, SeqCst);
        for _ in 0..2 {
            let content = client.get(path).content;
            let whole: Vec<u8> = (0..parts).flat_map(|n| vec![b'a' + n; 1 << 15]).collect();
            assert!(content == whole, "{} bytes of {}", content.len(), whole.len());
        }
        assert_eq!(calls.load(SeqCst), expected, "{path}");
    }
}

#[test]
fn content_that_breaks_off_is_an_error_and_is_not_cached() {
    let address = endpoint(|mut connection| {
        connection.head();
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    let served = served(address);
    for _ in 0..2 {
        assert_eq!(served.client().get("/prod/a").status, 504);
    }
    assert_eq!(served.host.shared().stage_caches.sizes()[0].1, 0);
}

#[test]
fn a_flush_has_the_next_request_answered_anew() {
    let (address, calls) = counting(|_| answer(b"x"));
    let served = served(address);
    let mut client = served.client();
    (0..2).for_each(|_| assert_eq!(client.get("/prod/a").status, 200));
    assert_eq!(calls.load(SeqCst), 1);
    assert!(served.host.shared().stage_caches.flush("a", "prod"));
    (0..2).for_each(|_| assert_eq!(client.get("/prod/a").status, 200));
    assert_eq!(calls.load(SeqCst), 2);
}

#[test]
fn a_new_definition_answers_with_nothing_of_the_old_one() {
    let (address, calls) = counting(|_| answer(b"x"));
    let served = served(address);
    let mut client = served.client();
    client.get("/prod/a");
    // The same definition again keeps what is cached.
    served.host.deploy(&deployment(&build(&served.config))).unwrap();
    client.get("/prod/a");
    assert_eq!(calls.load(SeqCst), 1);
    let definition = served.folder.read("api.yaml").replace("title: t", "title: u");
    served.folder.write("api.yaml", &definition);
    served.host.deploy(&deployment(&build(&served.config))).unwrap();
    client.get("/prod/a");
    assert_eq!(calls.load(SeqCst), 2);
}
