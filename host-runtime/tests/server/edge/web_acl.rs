//! The web ACL of a distribution: in front of its cache.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kit::*;
use crate::kit::*;

const ARN: &str = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/1";

fn rule(name: &str, priority: u32, statement: Value, action: Value) -> Value {
    json!({"Name": name, "Priority": priority, "Statement": statement, "Action": action,
        "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}})
}

fn contains(field: Value, text: &str) -> Value {
    json!({"ByteMatchStatement": {"SearchString": STANDARD.encode(text), "PositionalConstraint": "CONTAINS",
        "FieldToMatch": field, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})
}

fn path(text: &str) -> Value {
    contains(json!({"UriPath": {}}), text)
}

/// A distribution with a web ACL of these rules in front of it, and what it logs.
struct Guarded {
    edge: Edge,
    log: std::path::PathBuf,
}

impl Guarded {
    fn start(origin: SocketAddr, rules: Vec<Value>, changes: Value) -> Self {
        let folder = Folder::new();
        let acl = json!({"WebACL": {"Name": "edge", "Id": "1", "ARN": ARN, "DefaultAction": {"Allow": {}},
            "Rules": rules, "VisibilityConfig": {}, "Capacity": 1}, "LockToken": "x"});
        folder.write("acl.json", &acl.to_string());
        let other = acl.to_string().replace(ARN, "arn:other");
        folder.write("other.json", &other);
        let log = folder.path("waf.log");
        let more = format!(
            "webAcls:\n  - {{name: other, definition: other.json}}\n  \
             - {{name: edge, definition: acl.json, logging: {{destination: {}}}}}\n",
            log.display()
        );
        let mut document = distribution(origin, changes);
        document["DistributionConfig"]["WebACLId"] = ARN.into();
        Self { edge: Edge::start_in(folder, origin, &document, &more, &[]), log }
    }

    /// The log, once it has so many lines.
    fn logged(&self, lines: usize) -> Vec<Value> {
        let patience = std::time::Instant::now();
        loop {
            let text = std::fs::read_to_string(&self.log).unwrap_or_default();
            if text.lines().count() >= lines {
                return text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            }
            assert!(patience.elapsed() < PATIENCE, "{text}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_the_web_acl_blocks_reaches_neither_the_cache_nor_an_origin() {
    let (origin, heads) = answering(|_, count| fresh(&format!("answer {count}")));
    let query = contains(json!({"QueryString": {}}), "evil");
    let rules = vec![rule("evil", 0, query, json!({"Block": {}}))];
    let guarded = Guarded::start(origin, rules, json!({}));
    assert_eq!(guarded.edge.get("/a").text(), "answer 1");
    let blocked = guarded.edge.get("/a?evil");
    assert_eq!(blocked.status, 403);
    assert!(blocked.text().contains("Request blocked."), "{}", blocked.text());
    assert!(has(&blocked, "x-cache: Error from cloudfront"), "{}", blocked.head);
    assert!(has(&guarded.edge.get("/a"), "x-cache: Hit from cloudfront"));
    assert_eq!(heads.lock().unwrap().len(), 1);
    let mut logged = guarded.logged(3);
    // Each thread writes its own lines: they are in no order.
    logged.sort_by_key(|line| line["action"] != "BLOCK");
    let told = |at: usize, name: &str| logged[at][name].as_str().unwrap_or_default().to_owned();
    let actions = [0, 1, 2].map(|at| told(at, "action"));
    assert_eq!(actions, ["BLOCK", "ALLOW", "ALLOW"]);
    let source = (told(0, "httpSourceName"), told(0, "httpSourceId"), told(0, "webaclId"));
    assert_eq!(source, ("CF".into(), "d".into(), ARN.into()));
    let id = logged[0]["httpRequest"]["requestId"].as_str().unwrap();
    assert!(has(&blocked, &format!("x-amz-cf-id: {id}")), "{} {id}", blocked.head);
}

#[test]
fn a_web_acl_answers_itself_and_otherwise_the_operators_page_stands_in_for_its_403() {
    let (origin, heads) = answering(|head, _| match head.starts_with("GET /sorry") {
        true => fresh("sorry"),
        false => fresh("x"),
    });
    let custom = json!({"Block": {"CustomResponse": {"ResponseCode": 403,
        "ResponseHeaders": [{"Name": "X-Why", "Value": "old"}]}}});
    let rules = vec![
        rule("old", 0, path("/old"), custom),
        rule("shut", 1, path("/shut"), json!({"Block": {}})),
        rule("ask", 2, path("/ask"), json!({"Challenge": {}})),
    ];
    let all_viewer = json!({"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"});
    let pages = json!({"DefaultCacheBehavior": all_viewer, "CustomErrorResponses": {"Items": [
        {"ErrorCode": 403, "ResponsePagePath": "/sorry", "ResponseCode": "404", "ErrorCachingMinTTL": 1}]}});
    let guarded = Guarded::start(origin, rules, pages);
    let old = guarded.edge.get("/old");
    assert_eq!((old.status, &*old.text(), has(&old, "x-why: old")), (403, "", true));
    let shut = guarded.edge.ask("GET", "/shut?evil", "User-Agent: evil\r\nCookie: evil=1\r\n");
    assert_eq!((shut.status, &*shut.text()), (404, "sorry"), "{}", shut.head);
    assert!(!heads.lock().unwrap()[0].contains("evil"), "the page is asked for by nobody");
    let asked = guarded.edge.ask("GET", "/ask", "Accept: text/html\r\n");
    assert_eq!((asked.status, has(&asked, "x-amzn-waf-action: challenge")), (202, true));
    assert!(asked.text().contains("<script"), "{}", asked.text());
}

#[test]
fn content_is_inspected_and_goes_on_whole() {
    let body = contains(json!({"Body": {"OversizeHandling": "CONTINUE"}}), "evil");
    let rules = vec![rule("evil", 0, body, json!({"Block": {}}))];
    let endpoint = echo();
    let guarded = Guarded::start(endpoint, rules, json!({}));
    let large = "x".repeat(200_000);
    let post = |content: &str| {
        let length = format!("Content-Length: {}\r\n\r\n{content}", content.len());
        guarded.edge.ask("POST", "/to", &length)
    };
    assert!(post(&large).text().ends_with(&large));
    assert_eq!(post("evil").status, 403);
    assert_eq!(post("").status, 200);
}

#[test]
fn a_request_with_the_token_has_an_account_of_its_web_acl_and_origins_see_nothing_of_it() {
    const TOKEN: &str = "0123456789abcdef";
    let endpoint = echo();
    let folder = Folder::new();
    let acl =
        json!({"Name": "edge", "Id": "1", "ARN": ARN, "DefaultAction": {"Allow": {}}, "Rules": []});
    folder.write("acl.json", &acl.to_string());
    let more = format!("webAcls: [{{name: edge, definition: acl.json}}]\nadminToken: {TOKEN}\n");
    let all_viewer = json!({"WebACLId": ARN, "DefaultCacheBehavior":
        {"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"}});
    let edge = Edge::start_in(folder, endpoint, &distribution(endpoint, all_viewer), &more, &[]);
    let ask = |token: &str| edge.ask("POST", "/to", &format!("X-Edgeway-Explain: {token}\r\n"));
    for (token, has_account) in [(TOKEN, true), ("other", false)] {
        let answer = ask(token);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.head.contains("x-edgeway-explain-id: "), has_account, "{}", answer.head);
        let told = answer.text();
        assert!(!told.to_lowercase().contains("explain") && !told.contains(TOKEN), "{told}");
    }
}

#[test]
fn rates_are_counted_over_what_the_cache_answers_too() {
    let (origin, heads) = answering(|_, _| fresh("x"));
    let rate = json!({"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 600, "AggregateKeyType": "IP"}});
    let guarded =
        Guarded::start(origin, vec![rule("rate", 0, rate, json!({"Block": {}}))], json!({}));
    let statuses: Vec<u16> = (0..13).map(|_| guarded.edge.get("/a").status).collect();
    assert_eq!(statuses, [vec![200; 10], vec![403; 3]].concat());
    assert_eq!(heads.lock().unwrap().len(), 1);
}

#[test]
fn what_a_web_acl_inserts_reaches_origins_that_are_to_have_it() {
    let (origin, heads) = answering(|_, _| fresh("x"));
    let count = json!({"Count": {"CustomRequestHandling": {"InsertHeaders": [{"Name": "seen", "Value": "yes"}]}}});
    let all_viewer = json!({"DefaultCacheBehavior":
        {"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"}});
    let guarded = Guarded::start(origin, vec![rule("count", 0, path("/"), count)], all_viewer);
    let forged = "X-Amzn-Waf-Seen: forged\r\nConnection: keep-alive, X-Amzn-Waf-Seen\r\n";
    guarded.edge.ask("GET", "/a", forged);
    let heads = heads.lock().unwrap();
    assert!(heads[0].to_lowercase().contains("x-amzn-waf-seen: yes"), "{}", heads[0]);
    assert!(!heads[0].contains("forged"), "{}", heads[0]);
}
