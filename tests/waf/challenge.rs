//! A challenge is passed by a browser and by nothing less.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tests::target::Engine;
use tests::waf::gateway::{Guarded, Running};
use tokio::process::Command;

fn asks(action: &str) -> Vec<Value> {
    vec![json!({
        "Name": "ask", "Priority": 0, "Action": {action: {}},
        "Statement": {"ByteMatchStatement": {
            "SearchString": "Lw==", "PositionalConstraint": "CONTAINS", "FieldToMatch": {"UriPath": {}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }},
    })]
}

/// What a command printed; it is no answer within a minute if it hangs.
async fn printed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(60), output).await;
    let output = output.expect("an answer within a minute").expect("the program starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The status and the action of a browser's first answer, and of its second one behind the page's work.
async fn answers(engine: Engine, guarded: Guarded, action: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("waf/browser.mjs");
    let running = Running::start(engine, guarded, asks(action)).await.expect("a gateway");
    let path = if guarded == Guarded::Stage { "prod/" } else { "" };
    let url = format!("http://{}/{path}", running.listen);
    let answers = printed(Command::new("node").arg(&script).arg(&url)).await;
    running.stop().await;
    serde_json::from_str(&answers).expect("two answers")
}

async fn assert_earned(engine: Engine, guarded: Guarded) {
    for (action, status) in [("Challenge", 202), ("Captcha", 405)] {
        let expected = json!([
            {"status": status, "action": action.to_ascii_lowercase()},
            {"status": 200, "action": null},
        ]);
        assert_eq!(answers(engine, guarded, action).await, expected, "{engine}, {guarded:?}");
    }
}

#[tokio::test]
async fn the_pages_own_script_earns_a_token_that_counts() {
    assert_earned(Engine::Native, Guarded::Stage).await;
}

#[tokio::test]
async fn the_pages_own_script_earns_a_token_that_counts_in_the_component() {
    assert_earned(Engine::Component, Guarded::Stage).await;
}

#[tokio::test]
async fn the_pages_own_script_earns_a_token_that_counts_in_the_worker() {
    assert_earned(Engine::Worker, Guarded::Stage).await;
}

#[tokio::test]
async fn the_pages_own_script_earns_a_token_that_counts_in_front_of_a_distribution() {
    for engine in [Engine::Native, Engine::Component] {
        assert_earned(engine, Guarded::Distribution).await;
    }
}

/// Needs Chromium: `apt-get install chromium`, or its path in `EDGEWAY_CHROMIUM`.
#[tokio::test]
async fn chromium_passes_a_challenge_by_itself() {
    let chromium = std::env::var_os("EDGEWAY_CHROMIUM").unwrap_or_else(|| "chromium".into());
    let running = Running::start(Engine::Native, Guarded::Stage, asks("Challenge"));
    let running = running.await.expect("a gateway");
    let profile = tempfile::tempdir().expect("a folder for the browser");
    let page = printed(
        Command::new(chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--virtual-time-budget=20000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("http://{}/prod/", running.listen)),
    )
    .await;
    running.stop().await;
    assert!(page.contains(r#"{"passed":true}"#), "{page}");
}
