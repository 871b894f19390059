use std::collections::BTreeMap;

use gateway_core::definition::{CanarySettings, Deployment};
use serde_json::{Value, json};

use super::*;

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// A stage of `d0` with a canary of `d1`.
fn snapshot() -> Snapshot {
    let deployment = |id: &str| Deployment::new(id, Vec::new());
    let canary = CanarySettings {
        percent_traffic_thousandths: 12_500,
        deployment: 1,
        stage_variable_overrides: variables(&[("sv1", "val2"), ("sv2", "val3")]),
        use_stage_cache: false,
    };
    let stage = Stage {
        stage_name: "prod".into(),
        variables: variables(&[("sv0", "val0"), ("sv1", "val1")]),
        canary: Some(canary),
        ..Stage::default()
    };
    let api = Api {
        id: "a1".into(),
        deployments: vec![deployment("d0"), deployment("d1")],
        stages: vec![stage],
        name: String::new(),
        protocol: Protocol::Rest,
        disable_execute_api_endpoint: false,
    };
    Snapshot::new("us-east-1", "123456789012", vec![api])
}

fn patched(snapshot: &Snapshot, operations: Value) -> Result<Snapshot, Answer> {
    let operations = serde_json::from_value(operations).unwrap();
    Patch { api_id: "a1".into(), stage_name: "prod".into(), operations }.apply(snapshot)
}

fn shown(snapshot: &Snapshot) -> Value {
    let (api, stage) = find(snapshot, "a1", "prod").unwrap();
    json::stage(api, stage)
}

fn after(operations: Value) -> Value {
    shown(&patched(&snapshot(), operations).unwrap_or_else(|refused| panic!("{refused:?}")))
}

fn refusal(operations: Value) -> String {
    let (status, error_type, text) = patched(&snapshot(), operations).unwrap_err().told();
    assert_eq!((status, error_type), (400, "BadRequestException"));
    serde_json::from_str::<Value>(&text).unwrap()["message"].as_str().unwrap().into()
}

#[test]
fn a_stage_with_a_cache_tells_its_size() {
    let mut snapshot = snapshot();
    snapshot.apis[0].stages[0].cache_cluster_bytes = Some(6_100_000_000);
    let stage = shown(&snapshot);
    assert_eq!(stage["cacheClusterEnabled"], true);
    assert_eq!(
        (&stage["cacheClusterSize"], &stage["cacheClusterStatus"]),
        (&json!("6.1"), &json!("AVAILABLE"))
    );
}

#[test]
fn a_stage_is_shown_as_aws_shows_it() {
    assert_eq!(
        shown(&snapshot()),
        json!({
            "stageName": "prod",
            "deploymentId": "d0",
            "cacheClusterEnabled": false,
            "cacheClusterStatus": "NOT_AVAILABLE",
            "tracingEnabled": false,
            "methodSettings": {},
            "variables": {"sv0": "val0", "sv1": "val1"},
            "canarySettings": {
                "deploymentId": "d1",
                "percentTraffic": 12.5,
                "stageVariableOverrides": {"sv1": "val2", "sv2": "val3"},
                "useStageCache": false,
            },
        })
    );
}

/// The commands of "Promote a canary release", and of "Turn off a canary release".
#[test]
fn a_canary_is_promoted_and_turned_off() {
    let promotion = json!([
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
    ]);
    let promoted = patched(&snapshot(), promotion).unwrap();
    let stage = shown(&promoted);
    assert_eq!(stage["deploymentId"], "d1");
    assert_eq!(stage["variables"], json!({"sv0": "val0", "sv1": "val2", "sv2": "val3"}));
    assert_eq!(stage["canarySettings"]["percentTraffic"], 0.0);

    let off =
        shown(&patched(&promoted, json!([{"op": "remove", "path": "/canarySettings"}])).unwrap());
    assert!(off.get("canarySettings").is_none());
    let rolled_back = after(json!([{"op": "remove", "path": "/canarySettings"}]));
    assert_eq!(
        (&rolled_back["deploymentId"], rolled_back.get("canarySettings")),
        (&json!("d0"), None)
    );
    let back = json!([{"op": "replace", "path": "/deploymentId", "value": "d0"}]);
    assert_eq!(shown(&patched(&promoted, back).unwrap())["deploymentId"], "d0");
}

#[test]
fn settings_of_a_canary_are_replaced_one_by_one() {
    let replaced = |path: &str, value: &str| {
        let path = format!("/canarySettings/{path}");
        after(json!([{"op": "replace", "path": path, "value": value}]))["canarySettings"].clone()
    };
    assert_eq!(replaced("percentTraffic", "33.333")["percentTraffic"], 33.333);
    assert_eq!(replaced("useStageCache", "true")["useStageCache"], true);
    assert_eq!(replaced("deploymentId", "d0")["deploymentId"], "d0");
    let overrides = &replaced("stageVariableOverrides/sv9", "x")["stageVariableOverrides"];
    assert_eq!(overrides["sv9"], "x");
    let removed =
        after(json!([{"op": "remove", "path": "/canarySettings/stageVariableOverrides/sv2"}]));
    assert_eq!(removed["canarySettings"]["stageVariableOverrides"], json!({"sv1": "val2"}));
    // A canary begins with the stage's own deployment, as recorded on AWS.
    let begun = after(json!([
        {"op": "remove", "path": "/canarySettings"},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "50"},
    ]));
    let canary = json!({"deploymentId": "d0", "percentTraffic": 50.0, "useStageCache": false});
    assert_eq!(begun["canarySettings"], canary);
}

#[test]
fn variables_and_settings_of_methods_are_replaced_and_removed() {
    let stage = after(json!([
        {"op": "replace", "path": "/variables/sv0", "value": "new"},
        {"op": "remove", "path": "/variables/sv1"},
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "2.5"},
        {"op": "replace", "path": "/~1pets/GET/throttling/burstLimit", "value": "7"},
        {"op": "replace", "path": "/~1pets/GET/logging/loglevel", "value": "INFO"},
        {"op": "replace", "path": "/~1pets/GET/logging/dataTrace", "value": "true"},
        {"op": "replace", "path": "/~1pets/GET/caching/enabled", "value": "true"},
        {"op": "replace", "path": "/~1pets/GET/caching/ttlInSeconds", "value": "60"},
        {"op": "replace", "path": "/~1pets/GET/caching/dataEncrypted", "value": "true"},
        {"op": "replace", "path": "/*/*/caching/requireAuthorizationForCacheControl", "value": "false"},
        {"op": "replace", "path": "/*/*/caching/unauthorizedCacheControlHeaderStrategy",
         "value": "FAIL_WITH_403"},
    ]));
    assert_eq!(stage["variables"], json!({"sv0": "new"}));
    assert_eq!(
        stage["methodSettings"],
        json!({
            "*/*": {"throttlingRateLimit": 2.5, "throttlingBurstLimit": 5000,
                "requireAuthorizationForCacheControl": false,
                "unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403"},
            "~1pets/GET": {"throttlingRateLimit": 10000.0, "throttlingBurstLimit": 7,
                "loggingLevel": "INFO", "dataTraceEnabled": true,
                "cachingEnabled": true, "cacheTtlInSeconds": 60},
        })
    );
    let removed = after(json!([
        {"op": "replace", "path": "/~1pets/GET/throttling/burstLimit", "value": "7"},
        {"op": "remove", "path": "/~1pets/GET"},
    ]));
    assert_eq!(removed["methodSettings"], json!({}));
}

/// Messages as recorded on AWS where there is no comment.
#[test]
fn what_cannot_be_done_is_refused_whole() {
    let one = |operation: Value| refusal(json!([operation]));
    for (operation, message) in [
        (
            json!({"op": "add", "path": "/canarySettings/deploymentId", "value": "d1"}),
            "Invalid add operation with path: /canarySettings/deploymentId",
        ),
        (
            json!({"op": "remove", "path": "/canarySettings/stageVariableOverrides"}),
            "Cannot remove method setting canarySettings/stageVariableOverrides because there is no \
             method setting for this method ",
        ),
        (
            json!({"op": "replace", "path": "/canarySettings/deploymentId", "value": "deploy"}),
            "Deployment id does not exist",
        ),
        (
            json!({"op": "copy", "path": "/canarySettings/stageVariableOverrides", "from": "/variables"}),
            "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from \
             /variables. Valid copy:path are [/deploymentId, /variables] and valid copy:from are \
             [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]",
        ),
    ] {
        assert_eq!(one(operation), message);
    }
    let no_canary = refusal(json!([
        {"op": "remove", "path": "/canarySettings"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
    ]));
    assert_eq!(no_canary, "Promotion not available. Canary does not exist.");
    for (path, value) in [
        ("/canarySettings/badPath", "x"),
        ("/canarySettings", "x"),
        ("/nothing", "x"),
        ("", "x"),
        ("/pets/GET/throttling/rateLimit", "1"),
        ("/~1pets/get/throttling/rateLimit", "1"),
        ("/*/*/throttling/nothing", "1"),
        ("/*/*/throttling/enabled", "true"),
    ] {
        let message = one(json!({"op": "replace", "path": path, "value": value}));
        assert!(message.starts_with("Invalid method setting path: "), "{path}: {message}");
    }
    for (path, value) in [
        ("/canarySettings/percentTraffic", "100.1"),
        ("/canarySettings/percentTraffic", "NaN"),
        ("/canarySettings/useStageCache", "yes"),
        ("/*/*/throttling/rateLimit", "-1"),
        ("/*/*/throttling/burstLimit", "1.5"),
        ("/*/*/logging/loglevel", "info"),
        ("/*/*/caching/ttlInSeconds", "3601"),
        ("/*/*/caching/enabled", "1"),
        ("/*/*/caching/unauthorizedCacheControlHeaderStrategy", "FAIL"),
        ("/variables/a-b", "x"),
        ("/variables/a", "<script>"),
        // What AWS changes and a running host does not.
        ("/cacheClusterEnabled", "true"),
        ("/accessLogSettings/format", "x"),
    ] {
        assert_ne!(one(json!({"op": "replace", "path": path, "value": value})), "");
    }
    for operation in [
        json!({"op": "remove", "path": "/variables/none"}),
        json!({"op": "remove", "path": "/~1pets/GET"}),
        json!({"op": "remove", "path": "/canarySettings/stageVariableOverrides/none"}),
        json!({"op": "move", "path": "/variables", "from": "/canarySettings"}),
        json!({"op": "nothing", "path": "/variables"}),
    ] {
        one(operation);
    }
}

#[test]
fn an_unknown_api_or_stage_is_told_as_aws_tells_it() {
    let told = |api: &str, stage: &str| find(&snapshot(), api, stage).unwrap_err().told();
    let (status, error_type, text) = told("zz", "prod");
    assert_eq!((status, error_type), (404, "NotFoundException"));
    assert_eq!(text, r#"{"message":"Invalid API identifier specified 123456789012:zz"}"#);
    assert_eq!(told("a1", "dev").2, r#"{"message":"Invalid stage identifier specified"}"#);
    let mut http = snapshot();
    http.apis[0].protocol = Protocol::Http;
    assert!(find(&http, "a1", "prod").is_err(), "HTTP APIs have no such calls");
}
