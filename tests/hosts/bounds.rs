//! What a request may have at most, and what is answered beyond it: alike by all engines.

use tests::client::{self, Request};
use tests::target::{Engine, Failure, Target};

use super::{on_a_runtime, set_up_of};

const HOST: (&str, &str) = ("host", "conform123.execute-api.us-east-1.amazonaws.com");

fn request(target: String, field: (&str, String), content: Vec<u8>) -> Request {
    let (name, value) = field;
    let fields = [(HOST.0, HOST.1.to_owned()), (name, value)];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let method = if content.is_empty() { "GET" } else { "POST" }.to_owned();
    Request { method, target, fields, content }
}

/// Content in one chunk: nobody knows its length before it has come.
fn chunked(length: usize) -> Vec<u8> {
    [format!("{length:x}\r\n").as_bytes(), &vec![b'x'; length], b"\r\n0\r\n\r\n"].concat()
}

/// Status and content of the answers of an engine.
async fn answers_of(engine: Engine, requests: &[Request]) -> Vec<(u16, String)> {
    let setup = set_up_of("rest.json").await;
    let target = Target::find(engine).await.unwrap_or_else(|error| panic!("{error}"));
    let gateway = target.start(&setup.config, setup.listen, 0).await;
    let gateway = gateway.unwrap_or_else(|failure| match failure {
        Failure::Refused(why) | Failure::Broken(why) => panic!("{engine}: {why}"),
    });
    let mut answers = Vec::new();
    for request in requests {
        let answer = client::send(gateway.address, request).await;
        let answer = answer.unwrap_or_else(|error| panic!("{engine}: {error}"));
        answers.push((answer.status, String::from_utf8_lossy(&answer.content).into_owned()));
    }
    gateway.stop().await;
    target.stop().await;
    answers
}

fn refused_alike(requests: &[Request], statuses: &[u16]) {
    refused_alike_by(&[Engine::Component, Engine::Worker, Engine::Wasi], requests, statuses);
}

/// By these, and the native engine.
fn refused_alike_by(engines: &[Engine], requests: &[Request], statuses: &[u16]) {
    on_a_runtime(async {
        let native = answers_of(Engine::Native, requests).await;
        assert_eq!(native.iter().map(|(status, _)| *status).collect::<Vec<_>>(), statuses);
        for engine in engines {
            assert_eq!(answers_of(*engine, requests).await, native, "{engine}");
        }
    });
}

#[test]
fn a_head_of_more_than_10240_bytes_is_refused_alike_by_all_engines() {
    let mock = || "/test/mock".to_owned();
    let requests = [
        request(mock(), ("x-long", "x".repeat(9_000)), Vec::new()),
        request(mock(), ("x-long", "x".repeat(11_000)), Vec::new()),
        request(format!("/test/mock?{}", "x".repeat(11_000)), ("x-a", "b".into()), Vec::new()),
    ];
    refused_alike(&requests, &[200, 431, 414]);
}

#[test]
fn more_than_100_fields_are_refused_alike_by_component_native_engine_and_worker() {
    // `Host` is one of them.
    let of = |count: usize| {
        let mut asked = request("/test/mock".into(), ("x-1", "1".into()), Vec::new());
        asked.fields.extend((2..count).map(|i| (format!("x-{i}"), "1".to_owned())));
        asked
    };
    // wasmtime's own server asks no component about that many.
    let engines = [Engine::Component, Engine::Worker];
    refused_alike_by(&engines, &[of(100), of(101)], &[200, 431]);
}

#[test]
fn content_of_more_than_10_mb_is_refused_alike_by_all_engines_though_nobody_announced_it() {
    let chunks = || ("transfer-encoding", "chunked".to_owned());
    let requests = [request("/test/echo/a".into(), chunks(), chunked(12 * 1024 * 1024))];
    refused_alike(&requests, &[413]);
}
