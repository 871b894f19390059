//! What is the Worker's own: objects that remember, and share limits among them.

mod calls;
mod distribution;
mod failures;
mod isolates;
mod keys;
mod traps;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tests::client::{self, Request};
use tests::json::Json;
use tests::setup::{API_ID, Setup, set_up};
use tests::target::{Engine, Gateway, Target, worker::Settings};

const KEYS: [&str; 2] = ["abcdefghij0123456789ABCD", "bcdefghijk0123456789ABCD"];
const WAIT: Duration = Duration::from_secs(20);

/// A method for callers with keys and one for everybody, with these settings of the stage and the plan.
fn case(throttle: &str, plan: &str) -> Json {
    let method = |security: &str| {
        format!(
            r#"{{"get": {{"responses": {{"200": {{"description": "200"}}}}, "security": {security},
            "x-amazon-apigateway-integration": {{"type": "mock",
                "requestTemplates": {{"application/json": "{{\"statusCode\": 200}}"}},
                "responses": {{"default": {{"statusCode": "200"}}}}}}}}}}"#
        )
    };
    let text = format!(
        r#"{{"name": "edge", "source": "this project", "kind": "rest",
        "api": {{"openapi": "3.0.1", "info": {{"title": "edge", "version": "1"}},
            "paths": {{"/keyed": {}, "/open": {}}},
            "components": {{"securitySchemes": {{"api_key": {{"type": "apiKey", "name": "x-api-key", "in": "header"}}}}}}}},
        "stage": {{"settings": {{"methodSettings": {{"*/*": {throttle}}}}}}},
        "usage": {{
            "apiKeys": [{{"name": "k1", "value": "{}", "enabled": true}}, {{"name": "k2", "value": "{}", "enabled": true}}],
            "usagePlans": [{{"name": "p1", "apiStages": [{{"apiId": "{API_ID}", "stage": "test"}}], "keys": ["k1", "k2"]{plan}}}]}},
        "exchanges": [{{"request": {{}}, "expect": {{"status": 200}}}}]}}"#,
        method(r#"[{"api_key": []}]"#),
        method("[]"),
        KEYS[0],
        KEYS[1],
    );
    Json::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const UNLIMITED: &str = r#"{"throttlingRateLimit": 10000, "throttlingBurstLimit": 5000}"#;
const FOUR: &str = r#"{"throttlingRateLimit": 0.001, "throttlingBurstLimit": 4}"#;

async fn started(target: &Target, setup: &Setup) -> Gateway {
    let gateway = target.start(&setup.config, setup.listen, 0).await;
    gateway.unwrap_or_else(|failure| panic!("{failure:?}"))
}

async fn ask(gateway: &Gateway, path: &str, key: Option<&str>) -> u16 {
    let host = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
    let mut fields = vec![("Host".to_owned(), host)];
    fields.extend(key.map(|key| ("x-api-key".to_owned(), key.to_owned())));
    let target = format!("/test{path}");
    let request = Request { method: "GET".into(), target, fields, content: Vec::new() };
    client::send(gateway.address, &request).await.expect("an answer").status
}

/// How often somebody is let in before being refused.
async fn granted(gateway: &Gateway, path: &str, key: Option<&str>, pause: Duration) -> usize {
    for granted in 0..20 {
        match ask(gateway, path, key).await {
            200 => tokio::time::sleep(pause).await,
            429 => return granted,
            status => panic!("{status}"),
        }
    }
    panic!("never refused");
}

#[tokio::test]
async fn a_quota_holds_when_the_objects_are_made_anew() {
    let quota = r#", "quota": {"limit": 3, "offset": 0, "period": "MONTH"}"#;
    let setup = set_up(&case(UNLIMITED, quota)).await.unwrap();
    let mut target = Target::find(Engine::Worker).await.unwrap();
    let objects = setup.folder.path().join("objects");
    target.settings = Settings { objects: Some(objects.clone()), ..Settings::default() };

    let gateway = started(&target, &setup).await;
    for _ in 0..2 {
        assert_eq!(ask(&gateway, "/keyed", Some(KEYS[0])).await, 200);
    }
    let began = Instant::now();
    while !is_written(&objects) {
        assert!(began.elapsed() < WAIT, "the count was never written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The same slot: the Worker that is there ends first.
    let gateway = started(&target, &setup).await;
    assert_eq!(ask(&gateway, "/keyed", Some(KEYS[0])).await, 200, "the third");
    assert_eq!(ask(&gateway, "/keyed", Some(KEYS[0])).await, 429, "the fourth");
    assert_eq!(ask(&gateway, "/keyed", Some(KEYS[1])).await, 200, "another key has its own count");
    target.stop().await;
}

/// Whether a count is in one of the objects' databases, or in the log of one.
fn is_written(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.iter().any(|path| match path.is_dir() {
        true => is_written(path),
        false => std::fs::read(path).is_ok_and(|bytes| {
            let key = b"usage/";
            bytes.windows(key.len()).any(|window| window == key)
        }),
    })
}

#[tokio::test]
async fn a_quota_is_counted_in_one_place_even_where_buckets_are_in_each_isolate() {
    let quota = r#", "quota": {"limit": 2, "offset": 0, "period": "MONTH"}"#;
    let setup = set_up(&case(UNLIMITED, quota)).await.unwrap();
    let mut target = Target::find(Engine::Worker).await.unwrap();
    let objects = setup.folder.path().join("objects");
    let variables = vec![("EDGEWAY_BUCKETS".to_owned(), "local".to_owned())];
    target.settings = Settings { variables, objects: Some(objects.clone()), ..Settings::default() };
    let gateway = started(&target, &setup).await;
    assert_eq!(granted(&gateway, "/keyed", Some(KEYS[0]), Duration::ZERO).await, 2);
    let began = Instant::now();
    while !is_written(&objects) {
        assert!(began.elapsed() < WAIT, "the count was never written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    target.stop().await;
}

#[tokio::test]
async fn keys_in_objects_of_their_own_share_the_bucket_of_a_method() {
    let setup = set_up(&case(FOUR, "")).await.unwrap();
    let target = Target::find(Engine::Worker).await.unwrap();
    let gateway = started(&target, &setup).await;
    let [one, other] = KEYS.map(Some);
    assert_eq!(granted(&gateway, "/keyed", one, Duration::ZERO).await, 4);
    // The other's object believes the bucket to be full until it has heard of it.
    let late = granted(&gateway, "/keyed", other, Duration::from_millis(250)).await;
    assert!(late <= 2, "{late}: nobody told");
    target.stop().await;
}

#[tokio::test]
async fn a_burst_is_granted_by_one_object_by_many_and_by_the_isolate() {
    let setup = set_up(&case(FOUR, "")).await.unwrap();
    let mut target = Target::find(Engine::Worker).await.unwrap();
    for place in ["1", "3", "local"] {
        target.settings.variables = vec![("EDGEWAY_BUCKETS".to_owned(), place.to_owned())];
        let gateway = started(&target, &setup).await;
        // One isolate, which asks the same one of the many.
        assert_eq!(granted(&gateway, "/open", None, Duration::ZERO).await, 4, "{place}");
    }
    target.stop().await;
}

#[tokio::test]
async fn an_isolate_without_objects_counts_by_itself() {
    let quota = r#", "quota": {"limit": 2, "offset": 0, "period": "MONTH"}"#;
    let setup = set_up(&case(FOUR, quota)).await.unwrap();
    let mut target = Target::find(Engine::Worker).await.unwrap();
    target.settings.has_no_objects = true;
    let gateway = started(&target, &setup).await;
    assert_eq!(granted(&gateway, "/open", None, Duration::ZERO).await, 4);
    assert_eq!(granted(&gateway, "/keyed", Some(KEYS[0]), Duration::ZERO).await, 2);
    target.stop().await;
}

#[tokio::test]
async fn what_deploy_writes_without_a_network_runs_as_it_is() {
    let setup = set_up(&case(FOUR, "")).await.unwrap();
    let target = Target::find(Engine::Worker).await.unwrap();
    let gateway = target.start_deployed(&setup.config, 0).await;
    let gateway = gateway.unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(ask(&gateway, "/open", None).await, 200);
    assert_eq!(ask(&gateway, "/keyed", None).await, 403);
    let out = setup.folder.path().join("deployed");
    let manifest = std::fs::read_to_string(out.join("wrangler.toml")).unwrap();
    let variables = Json::parse(&std::fs::read_to_string(out.join("bindings.json")).unwrap());
    for (name, value) in variables.unwrap().members() {
        let line = format!("{name} = \"{}\"", value.text());
        assert!(manifest.lines().any(|other| other == line), "{line}\n{manifest}");
    }
    target.stop().await;
}
