//! A trap in the Worker's core: it is in the Wasm instance that all requests of an isolate share.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tests::client::{self, Request, Response};
use tests::json::Json;
use tests::setup::{API_ID, Setup, set_up};
use tests::target::{Engine, Gateway, Target, worker::Settings};

/// How long the endpoint of `/slow` takes: nobody is to wait for it.
const SLOW: Duration = Duration::from_secs(10);
/// What the memory may grow by: 16 MiB, too little to read content of 9 MB into it.
const MEMORY_PAGES: u32 = 256;
const LARGE: usize = 9_000_000;

/// `/function` has its content read, `/slow` waits for an endpoint, `/limited` asks a Durable Object.
fn case() -> Json {
    let text = format!(
        r#"{{"name": "traps", "source": "this project", "kind": "rest",
        "api": {{"openapi": "3.0.1", "info": {{"title": "traps", "version": "1"}}, "paths": {{
            "/function": {{"post": {{"x-amazon-apigateway-integration": {{"type": "aws_proxy", "httpMethod": "POST",
                "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"}}}}}},
            "/slow": {{"get": {{"x-amazon-apigateway-integration": {{"type": "http_proxy", "httpMethod": "GET", "uri": "{{{{HTTP_BACKEND}}}}/slow"}}}}}},
            "/limited": {{"get": {{"responses": {{"200": {{"description": "200"}}}},
                "x-amazon-apigateway-integration": {{"type": "mock", "requestTemplates": {{"application/json": "{{\"statusCode\": 200}}"}},
                    "responses": {{"default": {{"statusCode": "200"}}}}}}}}}}}}}},
        "stage": {{"settings": {{"methodSettings": {{"*/*": {{"throttlingRateLimit": 1000, "throttlingBurstLimit": 1000}}}}}}}},
        "backends": {{"http": {{"/slow": {{"status": 200, "delayMs": {}}}}}, "lambda": {{"f": {{"result": {{"statusCode": 201}}}}}}}},
        "exchanges": [{{"request": {{}}, "expect": {{"status": 200}}}}]}}"#,
        SLOW.as_millis()
    );
    Json::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[tokio::test]
async fn a_trap_fails_the_requests_in_its_instance_with_a_500_and_the_next_get_a_fresh_one() {
    let setup = set_up(&case()).await.unwrap();
    let mut target = Target::find(Engine::Worker).await.unwrap();
    let modules = setup.folder.path().join("modules");
    let log = setup.folder.path().join("worker.log");
    small_worker(target.modules().unwrap(), &modules);
    target.settings =
        Settings { modules: Some(modules), log: Some(log.clone()), ..Settings::default() };
    let gateway = target.start(&setup.config, setup.listen, 0).await.unwrap();

    for _ in 0..2 {
        assert_eq!(ask(&gateway, "GET", "/limited", 0).await.status, 200);
        assert_eq!(ask(&gateway, "POST", "/function", 1_000).await.status, 201);
        let began = Instant::now();
        let (in_flight, large) = tokio::join!(ask(&gateway, "GET", "/slow", 0), async {
            until_asked(&setup).await;
            ask(&gateway, "POST", "/function", LARGE).await
        });
        let lost = (500, r#"{"message":"Internal server error"}"#.to_owned());
        assert_eq!(told(&large), lost, "there is no memory for it");
        assert_eq!(told(&in_flight), lost, "its state was in the same memory");
        assert!(began.elapsed() < SLOW, "it was left to wait");
    }
    assert_eq!(ask(&gateway, "GET", "/limited", 0).await.status, 200);
    let log = fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("RuntimeError: unreachable").count(), 2, "why, for the operator: {log}");
    target.stop().await;
}

/// The Worker with a memory that is soon full.
fn small_worker(modules: &Path, out: &Path) {
    fs::create_dir(out).unwrap();
    fs::copy(modules.join("index.js"), out.join("index.js")).unwrap();
    let module = fs::read(modules.join("index_bg.wasm")).unwrap();
    fs::write(out.join("index_bg.wasm"), with_bounded_memory(&module)).unwrap();
}

/// The module with a maximum in its memory section ("Binary Format" of WebAssembly's specification, Modules, Memory
/// Section).
fn with_bounded_memory(module: &[u8]) -> Vec<u8> {
    const MEMORY_SECTION: u8 = 5;
    let (mut out, mut at) = (module[..8].to_vec(), 8);
    while at < module.len() {
        let id = module[at];
        let (size, start) = unsigned(module, at + 1);
        let end = start + size as usize;
        if id == MEMORY_SECTION {
            assert_eq!(module[start..start + 2], [1, 0], "one memory without a maximum");
            let (pages, _) = unsigned(module, start + 2);
            let mut section = vec![1, 1];
            push_unsigned(&mut section, pages);
            push_unsigned(&mut section, pages + MEMORY_PAGES);
            out.push(id);
            push_unsigned(&mut out, section.len() as u32);
            out.extend(section);
        } else {
            out.extend(&module[at..end]);
        }
        at = end;
    }
    out
}

/// An integer in LEB128, and where it ends.
fn unsigned(bytes: &[u8], mut at: usize) -> (u32, usize) {
    let (mut value, mut shift) = (0, 0);
    loop {
        value |= u32::from(bytes[at] & 0x7F) << shift;
        (at, shift) = (at + 1, shift + 7);
        if bytes[at - 1] < 0x80 {
            return (value, at);
        }
    }
}

fn push_unsigned(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Until the endpoint has been asked.
async fn until_asked(setup: &Setup) {
    while setup.backends.iter().all(|backend| backend.take().iter().all(|r| r.path != "/slow")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn ask(gateway: &Gateway, method: &str, path: &str, length: usize) -> Response {
    let fields = [
        ("Host", format!("{API_ID}.execute-api.us-east-1.amazonaws.com")),
        ("Content-Type", "application/json".to_owned()),
        ("Content-Length", length.to_string()),
    ];
    let request = Request {
        method: method.to_owned(),
        target: format!("/test{path}"),
        fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        content: vec![b'x'; length],
    };
    client::send(gateway.address, &request).await.expect("an answer")
}

fn told(answer: &Response) -> (u16, String) {
    (answer.status, String::from_utf8_lossy(&answer.content).into_owned())
}
