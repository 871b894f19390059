//! What a web ACL lets through, refuses and logs.

mod bodies;
mod distributions;
mod inserted_fields;

use alloc::rc::Rc;
use alloc::{format, string::String, vec, vec::Vec};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::challenge::tests::solved;
use crate::content_coding::Coding;
use crate::counted::CountedRequests;
use crate::definition::{
    Authorizer, AuthorizerKind, LambdaAuthorizer, LambdaAuthorizerType, Snapshot, Source, TokenKey,
    WebAcl, WebAclLogging,
};
use crate::effect::{Effect, EffectError, Notice, Outcome};
use crate::gateway::Gateway;
use crate::message::Timestamp;
use crate::pipeline::world::{self, Told, arrival, posted, run};

fn rule(name: &str, priority: u32, statement: &str, action: &str) -> String {
    format!(
        r#"{{"Name": "{name}", "Priority": {priority}, "Statement": {statement}, {action},
            "VisibilityConfig": {{"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}}}}"#
    )
}

fn managed(name: &str) -> String {
    format!(r#"{{"ManagedRuleGroupStatement": {{"VendorName": "AWS", "Name": "{name}"}}}}"#)
}

/// A gateway whose stage `prod` has a web ACL with these rules.
fn gateway(rules: &[String]) -> Rc<Gateway> {
    gateway_of(rules, "")
}

/// The same with more members of the web ACL.
fn gateway_of(rules: &[String], more: &str) -> Rc<Gateway> {
    let document = format!(
        r#"{{"WebACL": {{"Name": "acl", "Id": "1", "ARN": "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/acl/1",
            "DefaultAction": {{"Allow": {{}}}}, "Rules": [{}],
            "CustomResponseBodies": {{"gone": {{"ContentType": "APPLICATION_JSON", "Content": "{{\"gone\":true}}"}}}},
            {more} "VisibilityConfig": {{}}, "Capacity": 1}}, "LockToken": "x"}}"#,
        rules.join(",")
    );
    let token_key = Some(TokenKey(vec![7; 32]));
    let logging = Some(WebAclLogging { destination: "waf.log".into(), document: None });
    let acl = WebAcl { name: "acl".into(), document, references: Vec::new(), logging, token_key };
    let methods = ["GET /a", "POST /a", "GET /old"];
    let methods = methods.map(|route| world::method(route, world::mock("{}")));
    let mut api = world::rest(methods.to_vec());
    api.stages[0].web_acl = Some(0);
    let snapshot = Snapshot { web_acls: vec![acl], ..world::snapshot(vec![api]) };
    Rc::new(Gateway::compile(snapshot).unwrap())
}

fn log(told: &Told) -> serde_json::Value {
    let mut lines = told.notices.iter().filter_map(|notice| match notice {
        Notice::WriteAccessLog { destination, line, .. } if destination == "waf.log" => {
            Some(line.as_str())
        }
        _ => None,
    });
    serde_json::from_str(lines.next_back().expect("one line")).unwrap()
}

const BLOCK: &str = r#""Action": {"Block": {}}"#;
const NONE: &str = r#""OverrideAction": {"None": {}}"#;

#[test]
fn rules_speak_of_the_stages_paths_by_whatever_name_the_api_is_addressed() {
    let statement = r#"{"ByteMatchStatement": {"SearchString": "L3Byb2QvYQ==", "PositionalConstraint": "STARTS_WITH",
        "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}"#;
    let gateway = gateway(&[rule("a", 0, statement, r#""Action": {"Block": {}}"#)]);
    let status = |line: &str| run(&gateway, arrival(line, &[]), |_| None).response.status;
    assert_eq!(status("GET /prod/old"), 200);
    for path in ["/prod/a", "/_aws/execute-api/abc123/prod/a"] {
        assert_eq!(status(&format!("GET {path}")), 403, "{path}");
    }
}

#[test]
fn a_rule_on_a_path_holds_for_every_spelling_that_is_routed_alike() {
    let statement = |path: &str| {
        format!(
            r#"{{"ByteMatchStatement": {{"SearchString": "{}", "PositionalConstraint": "STARTS_WITH",
            "FieldToMatch": {{"UriPath": {{}}}}, "TextTransformations": [{{"Priority": 0, "Type": "NONE"}}]}}}}"#,
            STANDARD.encode(path)
        )
    };
    let block = r#""Action": {"Block": {}}"#;
    let denies = gateway(&[rule("a", 0, &statement("/prod/a"), block)]);
    let not = format!(r#"{{"NotStatement": {{"Statement": {}}}}}"#, statement("/prod/old"));
    let allows = gateway(&[rule("a", 0, &not, block)]);
    let status = |gateway, path| {
        let told = run(gateway, arrival(&format!("GET {path}"), &[]), |_| None);
        (told.response.status, told.body() == r#"{"message":"Forbidden"}"#)
    };
    let ambiguous = ["/prod/x%2fy/../a", "/prod/x%5cy/%2e%2e/a", "/prod/old//../a"];
    let plain = ["/prod/a", "/prod//a", "//prod/a", "/prod/./a", "/prod/old/../a", "/prod/%61"];
    for path in plain.into_iter().chain(ambiguous) {
        for gateway in [&denies, &allows] {
            assert_eq!(status(gateway, path), (403, true), "{path}");
        }
    }
    for gateway in [&denies, &allows] {
        assert_eq!(status(gateway, "/prod/old").0, 200);
    }
}

#[test]
fn a_rule_on_a_path_and_content_holds_for_every_way_to_read_both() {
    let text = |field: &str, text: &str| {
        format!(
            r#"{{"ByteMatchStatement": {{"SearchString": "{}", "PositionalConstraint": "STARTS_WITH",
            "FieldToMatch": {{{field}}}, "TextTransformations": [{{"Priority": 0, "Type": "NONE"}}]}}}}"#,
            STANDARD.encode(text)
        )
    };
    let both = [
        text(r#""UriPath": {}"#, "/prod/a"),
        text(r#""Body": {"OversizeHandling": "CONTINUE"}"#, "evil"),
    ];
    let both = format!(r#"{{"AndStatement": {{"Statements": [{}]}}}}"#, both.join(","));
    let gateway = gateway(&[rule("both", 0, &both, BLOCK)]);
    let is_refused = |path: &str, behind: &[&[u8]]| {
        let content = behind.iter().fold(b"good".to_vec(), |inner, behind| {
            [Coding::Gzip.encode(&inner).as_slice(), behind].concat()
        });
        let coding = format!("Content-Encoding: {}", vec!["gzip"; behind.len()].join(", "));
        let told =
            run(&gateway, posted(&format!("POST {path}"), &[&coding]), |effect| match effect {
                Effect::PeekContent(_) => Some(Outcome::PeekContent(Ok(content.clone().into()))),
                Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(content.clone().into()))),
                _ => None,
            });
        told.body() == r#"{"message":"Forbidden"}"#
    };
    assert!(is_refused("/prod//a", &[b"evil"]));
    assert!(!is_refused("/prod//b", &[b"evil"]));
    assert!(!is_refused("/prod//a", &[b"good"]));
    // Nobody means a path that may be read in so many ways, or content besides: their product is bounded.
    let many = "/prod//h\\b/a\\b/c%2fd/e//f/g;h/k%2el";
    assert!(!is_refused(many, &[]));
    assert!(!is_refused(many, &[b"x"]));
    assert!(is_refused(many, &[b"x", b"y", b"z", b"w", b"v"]));
    let long = [many, &"/a".repeat(1_024)].concat();
    assert!(is_refused(&long, &[]));
}

#[test]
fn access_logs_tell_what_the_web_acl_said() {
    let rules = [rule("common", 0, &managed("AWSManagedRulesCommonRuleSet"), NONE)];
    let mut snapshot = gateway(&rules).snapshot.clone();
    let settings = snapshot.apis[0].stages[0].access_log_settings.as_mut().unwrap();
    settings.format = "$context.wafResponseCode $context.waf.status".into();
    let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
    for (target, line) in
        [("GET /prod/a", "WAF_ALLOW 200"), ("GET /prod/a?q=../../etc/passwd", "WAF_BLOCK 403")]
    {
        let told = run(&gateway, arrival(target, &["User-Agent: a/1"]), |_| None);
        let logged = told.notices.iter().any(|notice| {
            matches!(notice, Notice::WriteAccessLog { destination, line: written, .. }
                if destination == "stdout" && written == line)
        });
        assert!(logged, "{target}: {:?}", told.notices);
    }
}

#[test]
fn what_a_rule_blocks_reaches_nothing_behind_it() {
    let gateway = gateway(&[rule("common", 0, &managed("AWSManagedRulesCommonRuleSet"), NONE)]);
    let agent = "User-Agent: test";
    let told =
        run(&gateway, arrival("GET /prod/a?q=<script>alert(1)</script>", &[agent]), |_| None);
    assert_eq!((told.response.status, told.body()), (403, r#"{"message":"Forbidden"}"#));
    assert_eq!(told.field("x-amzn-ErrorType"), Some("ForbiddenException"));
    assert!(told.effects.is_empty(), "{:?}", told.effects);
    let record = log(&told);
    assert_eq!(record["action"], "BLOCK");
    assert_eq!(record["terminatingRuleId"], "common");
    assert_eq!(record["terminatingRuleType"], "MANAGED_RULE_GROUP");
    assert_eq!(
        record["ruleGroupList"][0]["terminatingRule"]["ruleId"],
        "CrossSiteScripting_QUERYARGUMENTS"
    );
    assert_eq!(
        record["labels"][0]["name"],
        "awswaf:managed:aws:core-rule-set:CrossSiteScripting_QueryArguments"
    );
    let told = run(&gateway, arrival("GET /prod/a?q=O'Brien", &[agent]), |_| None);
    assert_eq!(told.response.status, 200);
    let told = run(&gateway, arrival("GET /prod/a", &[]), |_| None);
    assert_eq!(told.response.status, 403, "without a user agent");
}

#[test]
fn a_rule_may_answer_itself() {
    let statement = r#"{"ByteMatchStatement": {"SearchString": "L29sZA==", "PositionalConstraint": "CONTAINS",
        "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}"#;
    let action = r#""Action": {"Block": {"CustomResponse": {"ResponseCode": 410, "CustomResponseBodyKey": "gone",
        "ResponseHeaders": [{"Name": "X-Why", "Value": "old"}]}}}"#;
    let gateway = gateway(&[rule("old", 0, statement, action)]);
    let told = run(&gateway, arrival("GET /prod/old", &[]), |_| None);
    assert_eq!((told.response.status, told.body()), (410, "{\"gone\":true}"));
    assert_eq!(told.field("x-why"), Some("old"));
    assert_eq!(log(&told)["responseCodeSent"], 410);
}

#[test]
fn bodies_are_inspected_as_far_as_the_acl_says() {
    let gateway = gateway(&[rule("sql", 0, &managed("AWSManagedRulesSQLiRuleSet"), NONE)]);
    let ask = |content: &'static [u8]| {
        let arrival = posted("POST /prod/a", &["Content-Type: application/json", "User-Agent: t"]);
        run(&gateway, arrival, move |effect| match effect {
            Effect::PeekContent(peek) => {
                assert_eq!(peek.bytes_max, 16 * 1024);
                Some(Outcome::PeekContent(Ok(content.to_vec().into())))
            }
            _ => None,
        })
        .response
        .status
    };
    assert_eq!(ask(br#"{"name": "1' or '1'='1"}"#), 403);
    assert_ne!(ask(br#"{"name": "O'Brien"}"#), 403);
    let failing = run(&gateway, posted("POST /prod/a", &[]), |effect| match effect {
        Effect::PeekContent(_) => Some(effect.failed(EffectError::Cancelled)),
        _ => None,
    });
    assert_eq!(failing.response.status, 403, "what cannot be inspected is not let through");
}

#[test]
fn coded_bodies_are_inspected_as_what_the_api_will_decode() {
    let attack = br#"{"name": "1' or '1'='1"}"#;
    let ask = |gateway: &Rc<Gateway>, coding: &str, content: Vec<u8>| {
        let coding = format!("Content-Encoding: {coding}");
        let fields = ["Content-Type: application/json", "User-Agent: t", &coding];
        let perform = move |effect: &Effect| match effect {
            Effect::PeekContent(peek) => {
                let end = content.len().min(peek.bytes_max as usize + 1);
                Some(Outcome::PeekContent(Ok(content[..end].to_vec().into())))
            }
            Effect::ReadContent(_) => Some(Outcome::ReadContent(Ok(content.clone().into()))),
            _ => None,
        };
        run(gateway, posted("POST /prod/a", &fields), perform).response.status
    };
    let rules = gateway(&[rule("sql", 0, &managed("AWSManagedRulesSQLiRuleSet"), NONE)]);
    let (gzip, deflate) = (Coding::Gzip.encode(attack), Coding::Deflate.encode(attack));
    for (coding, content, status) in [
        ("gzip", gzip.clone(), 403),
        ("identity, GZIP", gzip.clone(), 403),
        ("deflate", deflate, 403),
        ("identity", attack.to_vec(), 403),
        // What the API refuses is inspected before.
        ("br", attack.to_vec(), 403),
        ("gzip, gzip", gzip.clone(), 403),
        ("gzip, gzip", b"none of it".to_vec(), 415),
        ("gzip", gzip[..gzip.len() - 9].to_vec(), 403),
        ("gzip", b"none of it".to_vec(), 415),
        ("gzip", Coding::Gzip.encode(b"{\"name\": \"O'Brien\"}"), 200),
    ] {
        assert_eq!(ask(&rules, coding, content), status, "{coding}");
    }
    // What is beyond the size that is inspected is as the rule handles it.
    let bomb = Coding::Gzip.encode(&vec![b' '; 1_000_000]);
    for (handling, status) in [("MATCH", 403), ("NO_MATCH", 200), ("CONTINUE", 200)] {
        let statement = format!(
            r#"{{"ByteMatchStatement": {{"SearchString": "eA==", "PositionalConstraint": "CONTAINS",
            "FieldToMatch": {{"Body": {{"OversizeHandling": "{handling}"}}}},
            "TextTransformations": [{{"Priority": 0, "Type": "NONE"}}]}}}}"#
        );
        let rules = gateway(&[rule("x", 0, &statement, BLOCK)]);
        assert_eq!(ask(&rules, "gzip", bomb.clone()), status, "{handling}");
    }
}

#[test]
fn a_client_that_asks_too_often_is_refused_until_it_does_not() {
    let statement = r#"{"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}}"#;
    let gateway = gateway(&[rule("rate", 0, statement, BLOCK)]);
    let mut counted = CountedRequests::default();
    let mut ask = |now: u64, source_ip: &str| {
        let mut arrival = arrival("GET /prod/a", &[]);
        (arrival.now, arrival.source_ip) = (Timestamp(now), source_ip.into());
        run(&gateway, arrival, |effect| match effect {
            Effect::CountRequest(count) => {
                Some(Outcome::CountRequest(Ok(counted.count(count, Timestamp(now)))))
            }
            _ => None,
        })
        .response
        .status
    };
    let answers: Vec<u16> = (0..12).map(|i| ask(i, "192.0.2.1")).collect();
    assert_eq!((&answers[..10], &answers[10..]), (&[200; 10][..], &[403; 2][..]));
    assert_eq!(ask(12, "192.0.2.2"), 200, "another client");
    assert_eq!(ask(200_000, "192.0.2.1"), 200, "later");
}

#[test]
fn a_browser_that_solves_what_it_is_asked_goes_on_until_its_immunity_ends() {
    let statement = r#"{"ByteMatchStatement": {"SearchString": "L2E=", "PositionalConstraint": "CONTAINS",
        "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}"#;
    for (action, status, name) in [("Challenge", 202, "challenge"), ("Captcha", 405, "captcha")] {
        let gateway = gateway(&[rule(
            "ask",
            0,
            statement,
            &format!(
                r#""{action}Config": {{"ImmunityTimeProperty": {{"ImmunityTime": 300}}}}, "Action": {{"{action}": {{}}}}"#
            ),
        )]);
        let ask = |fields: &[&str], later_ms: u64| {
            let fields = [&["Host: shop.example.com"], fields].concat();
            let mut arrival = arrival("GET /prod/a", &fields);
            arrival.now = Timestamp(world::NOW.0 + later_ms);
            run(&gateway, arrival, |_| None)
        };
        let told = ask(&[], 0);
        assert_eq!((told.response.status, told.body()), (status, ""), "no browser, no page");
        assert_eq!(told.field("x-amzn-waf-action"), Some(name));
        assert_eq!(log(&told)["action"], name.to_ascii_uppercase());
        let told = ask(&["Accept: text/html,*/*"], 0);
        assert_eq!(told.response.status, status);
        assert_eq!(told.field("content-type"), Some("text/html; charset=utf-8"));
        let cookie = format!("Cookie: a=b; aws-waf-token={}", solved(told.body()));
        let told = ask(&[&cookie], 1_000);
        assert_eq!(told.response.status, 200);
        assert!(!format!("{:?}", told.notices).contains(&cookie[8..]), "tokens are in no log");
        let header = cookie.replace("Cookie: a=b; aws-waf-token=", "X-Aws-Waf-Token: ");
        assert_eq!(ask(&[&header], 1_000).response.status, 200);
        assert_eq!(ask(&[&cookie], 301_000).response.status, status, "its time is over");
        let told = ask(&[&format!("{cookie}1")], 1_000);
        assert_eq!(told.response.status, status);
        let asked = format!("{name}Response");
        assert_eq!(log(&told)[asked.as_str()]["failureReason"], "TOKEN_INVALID");
    }
}

#[test]
fn secrets_are_in_no_log() {
    let mut snapshot = gateway(&[]).snapshot.clone();
    let kind = AuthorizerKind::Lambda(LambdaAuthorizer {
        identity_source: vec![
            "method.request.header.X-Who".into(),
            "method.request.querystring.who".into(),
        ],
        authorizer_type: LambdaAuthorizerType::Request,
        ..super::lambda_authorizer::token()
    });
    snapshot.apis[0].deployments[0].authorizers =
        vec![Authorizer { name: "a".into(), kind, source: Source::default() }];
    let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
    let fields = [
        "Authorization: Bearer s3cret",
        "Cookie: session=s3cret",
        "X-Api-Key: s3cret",
        "X-Who: s3cret",
        "Referer: https://a/?b=1&access_token=s3cret#c",
    ];
    let told =
        run(&gateway, arrival("GET /prod/a?who=s3cret&%74oken=s3cret&b=2", &fields), |_| None);
    let record = log(&told);
    assert_eq!(
        (&record["action"], &record["terminatingRuleId"]),
        (&"ALLOW".into(), &"Default_Action".into())
    );
    assert!(!format!("{record}").contains("s3cret"), "{record}");
    assert_eq!(record["httpRequest"]["args"], "who=REDACTED&%74oken=REDACTED&b=2");
    let referer = "https://a/?b=1&access_token=REDACTED#c";
    assert_eq!(record["httpRequest"]["headers"][5]["value"], referer);
}

#[test]
fn an_access_log_names_the_web_acl_and_what_it_cost() {
    let mut snapshot = gateway(&[]).snapshot.clone();
    let settings = crate::definition::AccessLogSettings {
        destination: "stdout".into(),
        format: "$context.webaclArn $context.waf.status $context.waf.latency $context.waf.error \
                 $context.wafResponseCode"
            .into(),
    };
    snapshot.apis[0].stages[0].access_log_settings = Some(settings);
    let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
    let told = world::run_alone(&gateway, arrival("GET /prod/a", &[]));
    let arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/acl/1";
    let expected = format!("{arn} 200 0 - WAF_ALLOW");
    assert!(
        told.notices.iter().any(
            |notice| matches!(notice, Notice::WriteAccessLog { line, .. } if *line == expected)
        )
    );
}
