//! What the Worker writes down of distributions, for the platform to take.

use serde_json::{Value, json};

use super::kit::*;

/// Where fields of a standard line are (`distribution::log_header`).
const METHOD: usize = 5;
const STEM: usize = 7;
const STATUS: usize = 8;
const QUERY: usize = 11;
const RESULT: usize = 13;
const REQUEST_ID: usize = 14;
const FIELDS: usize = 33;
const LOCATION: usize = 2;
/// What the platform tells of itself.
const PLACE: (&str, &str) = ("MF-CF-Blob", r#"{"colo":"TXL"}"#);
/// What is written last.
const LAST: &str = "400\tGET\t/x/..%252fa\tError";

#[tokio::test]
async fn the_worker_logs_requests_and_what_their_web_acl_decides() {
    let changes = json!({
        "WebACLId": WEB_ACL,
        "Logging": {"Enabled": true, "IncludeCookies": true, "Bucket": "b", "Prefix": ""},
        "DefaultCacheBehavior": behavior(json!({"RealtimeLogConfigArn": REAL_TIME})),
    });
    let edge = Edge::start(changes, |_, _| fresh("0123456789")).await;
    let secrets = [("Cookie", "CloudFront-Signature=s3cret"), ("Authorization", "Bearer s3cret")];
    let target = "/a%20b?x=1&Signature=s3cret";
    let asked = [
        ("Miss", 200, edge.ask("GET", target, &[&secrets[..], &[PLACE]].concat()).await),
        ("Hit", 200, edge.ask("HEAD", target, &secrets).await),
        ("Error", 403, edge.ask("GET", "/a?evil=s3cret-not", &[]).await),
        ("Error", 400, edge.get("/x/..%2fa").await),
    ];
    let ids: Vec<String> = asked.iter().map(|(.., answer)| field(answer, "x-amz-cf-id")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let log = edge.logged(&[&ids[..], &[LAST]].concat()).await;
    let standard: Vec<Vec<&str>> = log
        .lines()
        .map(|line| line.split('\t').collect())
        .filter(|fields: &Vec<&str>| fields.len() == FIELDS)
        .collect();
    for (at, (result, status, answer)) in asked.iter().enumerate() {
        assert_eq!(answer.status, *status, "{result}");
        let line = standard.iter().filter(|line| line[REQUEST_ID] == ids[at]).collect::<Vec<_>>();
        assert_eq!(line.len(), 1, "one line a request\n{log}");
        assert_eq!((line[0][RESULT], line[0][STATUS]), (*result, &*status.to_string()));
        assert_eq!(line[0][METHOD], if *result == "Hit" { "HEAD" } else { "GET" });
    }
    let first = standard.iter().find(|line| line[REQUEST_ID] == ids[0]).unwrap();
    assert_eq!((first[STEM], first[QUERY]), ("/a%2520b", "x=1&Signature=REDACTED"));
    assert_eq!(first[LOCATION], "TXL", "the platform's word for where it answered");
    // CloudFront has an order of its own for the fields of real-time logs.
    for line in
        ["200\tGET\t/a%2520b\tMiss", "200\tHEAD\t/a%2520b\tHit", "403\tGET\t/a\tError", LAST]
    {
        assert!(log.lines().any(|one| one == line), "{line} is not in\n{log}");
    }
    let decided: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |id: &str| {
        let is_its = |line: &&Value| line["httpRequest"]["requestId"] == id;
        let found: Vec<&Value> = decided.iter().filter(is_its).collect();
        assert_eq!(found.len(), 1, "{id}\n{log}");
        found[0]
    };
    for (id, action) in ids.iter().zip(["ALLOW", "ALLOW", "BLOCK", "ALLOW"]) {
        let line = of(id);
        assert_eq!((&line["action"], &line["httpSourceName"]), (&json!(action), &json!("CF")));
        assert_eq!((&line["httpSourceId"], &line["webaclId"]), (&json!("d"), &json!(WEB_ACL)));
    }
    assert_eq!(of(ids[2])["terminatingRuleId"], "r0");
    assert_eq!(of(ids[2])["httpRequest"]["args"], "evil=s3cret-not", "no name of a secret");
    assert!(!log.replace("s3cret-not", "").contains("s3cret"), "{log}");
    edge.stop().await;
}
