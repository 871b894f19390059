//! What instances of the component for `wasi:http` share: each request has an instance of its own here.

use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use tests::case::Exchange;
use tests::json::Json;
use tests::run;
use tests::setup::{Setup, set_up};
use tests::target::{Engine, Failure, Gateway, Keyvalue, Target};
use tokio::task::JoinSet;

use super::on_a_runtime;

/// A quota of three, a limit of three, and a Lambda authorizer that need not be asked again.
const CASE: &str = r#"{
  "name": "shared", "source": "documented: docs/wasi.md", "kind": "rest",
  "api": {
    "openapi": "3.0.1", "info": {"title": "shared", "version": "1"},
    "paths": {
      "/counted": {"get": {
        "responses": {"200": {"description": "200"}},
        "security": [{"api_key": []}],
        "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}}},
      "/guarded": {"get": {
        "responses": {"200": {"description": "200"}},
        "security": [{"guard": []}],
        "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}}}
    },
    "components": {"securitySchemes": {
      "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
      "guard": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "token", "authorizerResultTtlInSeconds": 300,
          "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"}}
    }}
  },
  "usage": {
    "apiKeys": [{"id": "k1", "name": "k1", "value": "abcdefghij0123456789ABCD", "enabled": true},
      {"id": "k2", "name": "k2", "value": "bcdefghijk0123456789ABCD", "enabled": true}],
    "usagePlans": [
      {"id": "p1", "name": "p1", "apiStages": [{"apiId": "conform123", "stage": "test"}], "keys": ["k1"],
        "quota": {"limit": 3, "offset": 0, "period": "DAY"}},
      {"id": "p2", "name": "p2", "apiStages": [{"apiId": "conform123", "stage": "test"}], "keys": ["k2"],
        "throttle": {"rateLimit": 0.001, "burstLimit": 3}}]
  },
  "backends": {"lambda": {"auth": {"result": {"principalId": "user", "policyDocument": {"Version": "2012-10-17",
    "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}]}}}}},
  "exchanges": [
    {"request": {"method": "GET", "path": "/counted", "headers": {"x-api-key": "abcdefghij0123456789ABCD"}}, "expect": {"status": 200}},
    {"request": {"method": "GET", "path": "/counted", "headers": {"x-api-key": "bcdefghijk0123456789ABCD"}}, "expect": {"status": 200}},
    {"request": {"method": "GET", "path": "/guarded", "headers": {"Authorization": "a-secret"}}, "expect": {"status": 200}}
  ]
}"#;

#[test]
fn instances_of_wasmcloud_count_a_quota_together_and_ask_an_authorizer_once() {
    // Without a store that compares and swaps each instance has buckets of its own.
    let throttled = [200; 9];
    share(Keyvalue::Wasmcloud, throttled);
}

#[test]
fn instances_with_the_second_draft_take_from_one_bucket_too() {
    share(Keyvalue::WasmcloudBySecondDraft, THREE_OF_NINE);
}

const THREE_OF_NINE: [u16; 9] = [200, 200, 200, 429, 429, 429, 429, 429, 429];

fn share(keyvalue: Keyvalue, throttled: [u16; 9]) {
    on_a_runtime(async {
        let setup = set_up_shared().await;
        let gateway = start(&setup, keyvalue).await;
        let [of_quota, of_throttle, guarded] = exchanges(&setup);
        for (asked, expected) in [(of_quota, THREE_OF_NINE), (of_throttle, throttled)] {
            let mut statuses = at_once(&gateway, &setup, &asked, expected.len()).await;
            statuses.sort_unstable();
            assert_eq!(statuses, expected, "{}", gateway.log());
        }
        for _ in 0..4 {
            assert_eq!(at_once(&gateway, &setup, &guarded, 1).await, [200], "{}", gateway.log());
        }
        let asked: usize = setup.backends.iter().map(|backend| backend.received_len()).sum();
        assert_eq!(asked, 1);
        gateway.stop().await;
    });
}

#[test]
fn a_count_that_is_in_the_store_counts_under_wasmtimes_serve() {
    on_a_runtime(async {
        for (used, expected) in [("0", 200), ("2", 200), ("3", 429)] {
            let setup = set_up_shared().await;
            let preset = vec![(count_of_today("p1/k1"), used.to_owned())];
            let gateway = start(&setup, Keyvalue::Wasmtime(preset)).await;
            let [counted, ..] = exchanges(&setup);
            // Each instance has the store as it was at the start.
            for _ in 0..2 {
                let status = at_once(&gateway, &setup, &counted, 1).await;
                assert_eq!(status, [expected], "{used}: {}", gateway.log());
            }
            gateway.stop().await;
        }
    });
}

/// As `docs/wasi.md` tells operators.
fn count_of_today(key: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let today = now.as_secs() / 86_400;
    let digest: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("edgeway.usage.{today}.{}.{digest}", today + 1)
}

async fn set_up_shared() -> Setup {
    let case = Json::parse(CASE).expect("the case is JSON");
    set_up(&case).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn start(setup: &Setup, keyvalue: Keyvalue) -> Gateway {
    let target = Target::find(Engine::Wasi).await.unwrap_or_else(|error| panic!("{error}"));
    let target = target.compiled_quickly().with_keyvalue(keyvalue);
    let gateway = target.start(&setup.config, setup.listen, 0).await;
    gateway.unwrap_or_else(|failure| match failure {
        Failure::Refused(why) | Failure::Broken(why) => panic!("{why}"),
    })
}

fn exchanges(setup: &Setup) -> [Exchange; 3] {
    let exchanges = setup.case.exchanges.clone();
    exchanges.try_into().expect("the case has three")
}

/// The statuses of so many requests at the same time.
async fn at_once(gateway: &Gateway, setup: &Setup, asked: &Exchange, count: usize) -> Vec<u16> {
    let request = run::request(&asked.request, &setup.stage_name);
    let address = gateway.address;
    let mut answers = JoinSet::new();
    for _ in 0..count {
        let request = request.clone();
        answers.spawn(async move { tests::client::send(address, &request).await });
    }
    let answers = answers.join_all().await.into_iter();
    answers.map(|answer| answer.unwrap_or_else(|error| panic!("{error}")).status).collect()
}
