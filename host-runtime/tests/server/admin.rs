//! The operator's calls: who may make them, what they change, and that nothing is lost meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use crate::kit::*;
use crate::program::{LOG, Program};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const STAGE: &str = "/restapis/a/stages/prod";

fn bearer() -> String {
    format!("Authorization: Bearer {TOKEN}\r\n")
}

/// A stage that answers 200, and a canary that answers 201.
fn configured(folder: &Folder, token: &str) {
    let endpoint = echo();
    configuration_with(folder, endpoint, token);
    folder.write("canary.yaml", &definition(endpoint, 201));
    let canary = "canarySettings: {percentTraffic: 0.0, definition: canary.yaml}";
    let config = folder.read("edgeway.yaml");
    let stage = "stageName: prod";
    let config = config.replace(stage, &format!("{stage}\n        {canary}"));
    folder.write("edgeway.yaml", &config);
}

fn served(folder: &Folder) -> Program {
    configured(folder, &format!("adminToken: {TOKEN}"));
    Program::start(folder)
}

fn patch(program: &Program, operations: &str) -> Answer {
    let content = format!(r#"{{"patchOperations": [{operations}]}}"#);
    program.call(&format!("PATCH {STAGE}"), &bearer(), &content)
}

const PROMOTE: &str = r#"{"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
    {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
    {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}"#;

#[test]
fn calls_are_for_those_with_the_token_and_health_is_for_all() {
    let folder = Folder::new();
    let program = served(&folder);
    let token = format!("X-Amz-Security-Token: {TOKEN}\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n");
    for (fields, status, error_type) in [
        ("", 403, "MissingAuthenticationTokenException"),
        ("Authorization: Basic eDp5\r\n", 403, "MissingAuthenticationTokenException"),
        ("Authorization: Bearer \r\n", 403, "MissingAuthenticationTokenException"),
        (
            "Authorization: Bearer 0123456789abcdef0123456789abcdeX\r\n",
            403,
            "UnrecognizedClientException",
        ),
        ("X-Amz-Security-Token: other\r\n", 403, "UnrecognizedClientException"),
        (&bearer(), 200, ""),
        // What AWS's own clients send.
        (&token, 200, ""),
    ] {
        for line in [format!("GET {STAGE}"), format!("PATCH {STAGE}"), "GET /explain".into()] {
            let answer = program.call(&line, fields, "");
            assert_eq!(answer.status, status, "{line} {fields}: {}", answer.text());
            assert!(answer.head.to_lowercase().contains(&error_type.to_lowercase()));
        }
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(program.call(&format!("GET {path}"), "", "").status, 200);
    }
    assert!(!folder.read(LOG).contains(TOKEN));
}

#[test]
fn without_a_token_nobody_may_call() {
    let folder = Folder::new();
    configured(&folder, "");
    let program = Program::start(&folder);
    for fields in ["", "Authorization: Bearer \r\n", "X-Amz-Security-Token: \r\n", &bearer()] {
        let answer = program.call(&format!("PATCH {STAGE}"), fields, "{}");
        assert_eq!(answer.status, 403, "{fields}");
        assert!(answer.text().contains("`adminToken` is not configured"));
    }
    let mut explained = Client::connect(program.listen);
    explained.send(b"GET /prod/mock HTTP/1.1\r\nHost: h\r\nX-Edgeway-Explain: \r\n\r\n");
    assert!(!explained.answer().head.contains("x-edgeway-explain-id"));
}

#[test]
fn a_canary_is_promoted_and_rolled_back_without_a_lost_request() {
    let folder = Folder::new();
    let program = served(&folder);
    let ended = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU32::new(0));
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let (ended, answered, listen) =
                (Arc::clone(&ended), Arc::clone(&answered), program.listen);
            std::thread::spawn(move || {
                let mut client = Client::connect(listen);
                while !ended.load(Relaxed) {
                    // One of them connects anew each time.
                    if number == 0 {
                        client = Client::connect(listen);
                    }
                    let status = client.get("/prod/mock").status;
                    assert!(matches!(status, 200 | 201), "{status}");
                    answered.fetch_add(1, Relaxed);
                }
            })
        })
        .collect();
    let status = || Client::connect(program.listen).get("/prod/mock").status;
    let deployment = |answer: &Answer| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let stage: serde_json::Value = serde_json::from_slice(&answer.content).unwrap();
        stage["deploymentId"].as_str().unwrap().to_owned()
    };
    let first = deployment(&program.call(&format!("GET {STAGE}"), &bearer(), ""));
    for _ in 0..5 {
        assert_eq!(status(), 200);
        let share =
            r#"{"op": "replace", "path": "/canarySettings/percentTraffic", "value": "100"}"#;
        assert_eq!(deployment(&patch(&program, share)), first);
        assert_eq!(status(), 201);
        assert_ne!(deployment(&patch(&program, PROMOTE)), first);
        assert_eq!(status(), 201);
        let back = format!(r#"{{"op": "replace", "path": "/deploymentId", "value": "{first}"}}"#);
        assert_eq!(deployment(&patch(&program, &back)), first);
    }
    let before = answered.load(Relaxed);
    program.wait_until(|_| answered.load(Relaxed) > before + 20);
    ended.store(true, Relaxed);
    clients.into_iter().for_each(|client| client.join().unwrap());
}

#[test]
fn files_that_are_read_again_win_over_what_the_operator_changed() {
    let folder = Folder::new();
    let program = served(&folder);
    assert_eq!(patch(&program, PROMOTE).status, 200);
    assert_eq!(Client::connect(program.listen).get("/prod/mock").status, 201);
    program.signal("HUP");
    program.wait_until(|program| program.metric("edgeway_reloads_total 1"));
    assert_eq!(Client::connect(program.listen).get("/prod/mock").status, 200);
    let log = folder.read(LOG);
    assert!(log.contains("what the operator changed here is gone"), "{log}");
    // A change that would change nothing is none.
    assert_eq!(patch(&program, "").status, 200);
    program.signal("HUP");
    program.wait_until(|program| program.metric("edgeway_reloads_total 2"));
    assert_eq!(folder.read(LOG).matches("what the operator changed here is gone").count(), 1);
}

#[test]
fn a_bad_patch_changes_nothing() {
    let folder = Folder::new();
    let program = served(&folder);
    let stage = || program.call(&format!("GET {STAGE}"), &bearer(), "").text();
    let before = stage();
    let half = r#"{"op": "replace", "path": "/canarySettings/percentTraffic", "value": "50"},
        {"op": "replace", "path": "/deploymentId", "value": "none"}"#;
    let no_method =
        r#"{"op": "replace", "path": "/~1none/GET/throttling/rateLimit", "value": "1"}"#;
    for operations in [half, no_method, "{}", "1", r#"{"op": "replace"}"#] {
        let answer = patch(&program, operations);
        assert_eq!(answer.status, 400, "{operations}: {}", answer.text());
        assert!(answer.head.contains("BadRequestException"));
    }
    let long = format!(
        r#"{{"op": "replace", "path": "/variables/a", "value": "{}"}}"#,
        "x".repeat(70_000)
    );
    assert_eq!(patch(&program, &long).status, 400);
    assert_eq!(stage(), before);
    for (line, status) in [
        ("GET /restapis/zz/stages/prod", 404),
        ("PATCH /restapis/a/stages/dev", 404),
        ("DELETE /restapis/a/stages/dev/cache/authorizers", 404),
        ("DELETE /v2/apis/a/stages/prod/cache/authorizers", 404),
        ("DELETE /restapis/a/stages/dev/cache/data", 404),
        ("DELETE /restapis/a/stages/prod/cache/data", 202),
        ("GET /restapis/a/stages/prod/cache/data", 405),
        ("DELETE /restapis/a/stages/prod/cache/authorizers", 202),
        ("DELETE /restapis/a/stages/prod", 405),
        ("GET /nothing", 404),
        ("GET /explain/none", 404),
    ] {
        assert_eq!(program.call(line, &bearer(), "").status, status, "{line}");
    }
}

#[test]
fn a_request_with_the_token_is_explained_and_answered_as_any_other() {
    for engine in ["native", "component"] {
        let folder = Folder::new();
        configured(&folder, &format!("adminToken: {TOKEN}"));
        let program = Program::start_on(&folder, engine);
        let ask = |field: &str| {
            let mut client = Client::connect(program.listen);
            let head = format!("GET /prod/to/a?token=hidden1 HTTP/1.1\r\nHost: h\r\n{field}\r\n");
            client.send(head.as_bytes());
            client.answer()
        };
        let plain = ask("");
        let explained = ask(&format!("X-Edgeway-Explain: {TOKEN}\r\n"));
        // The endpoint tells what it was sent: nothing of this.
        let without_trace = |answer: &Answer| {
            let text = answer.text();
            let lines =
                text.lines().filter(|line| !line.to_lowercase().starts_with("x-amzn-trace"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without_trace(&explained), without_trace(&plain), "{engine}");
        assert!(!explained.text().to_lowercase().contains("edgeway"), "{}", explained.text());
        let id = |answer: &Answer| {
            let mut lines = answer.head.lines();
            let line = lines.find_map(|line| line.strip_prefix("x-edgeway-explain-id: "));
            line.map(str::to_owned)
        };
        let id_of_explained = id(&explained).expect("an id");
        for other in ["", "X-Edgeway-Explain: true\r\n", "x-edgeway-explain: 0\r\n"] {
            let answer = ask(other);
            assert_eq!(id(&answer), None);
            assert!(!answer.text().to_lowercase().contains("edgeway"), "{}", answer.text());
        }
        let path = format!("GET /explain/{id_of_explained}");
        assert_eq!(program.call(&path, "", "").status, 403);
        let account = program.call(&path, &bearer(), "").text();
        let account: serde_json::Value = serde_json::from_str(&account).unwrap();
        assert_eq!(account["status"], 200);
        assert_eq!(account["target"], "/prod/to/a?token=*****");
        let told = account.to_string();
        assert!(told.contains("integration HTTP_PROXY with http://"), "{told}");
        assert!(!told.contains(TOKEN) && !told.contains("hidden1"), "{told}");
        let text = program.call(&path, &(bearer() + "Accept: text/plain\r\n"), "").text();
        assert!(text.starts_with("GET /prod/to/a?token=***** → 200"), "{text}");
        assert!(text.contains("by api.yaml:"), "{text}");
        let list = program.call("GET /explain", &bearer(), "").text();
        assert!(list.contains(&id_of_explained), "{list}");
    }
}

#[test]
fn idle_connections_and_halves_of_requests_keep_no_operator_out() {
    let folder = Folder::new();
    let program = served(&folder);
    let mut idle: Vec<Client> = (0..200).map(|_| Client::connect(program.admin)).collect();
    // The first have been closed by now, and may not be written to.
    idle.iter_mut().skip(180).for_each(|client| client.send(b"GET /metrics HTTP/1.1\r\nHos"));
    assert_eq!(program.call(&format!("GET {STAGE}"), &bearer(), "").status, 200);
    assert_eq!(Client::connect(program.admin).get("/metrics").status, 200);
    drop(idle);
}
