use alloc::borrow::ToOwned;
use alloc::vec;

use super::*;
use crate::{Step, Tokens};

const ARN: &str = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/1";

/// Counts `/count`, which it labels, blocks `/block`.
fn acl() -> WebAcl {
    let starts = |path: &str| {
        json!({"ByteMatchStatement": {"SearchString": path, "PositionalConstraint": "STARTS_WITH",
            "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})
    };
    let document = json!({"Name": "a", "ARN": ARN, "DefaultAction": {"Allow": {}}, "Rules": [
        {"Name": "c", "Priority": 0, "Action": {"Count": {}}, "Statement": starts("L2NvdW50"),
            "RuleLabels": [{"Name": "seen"}]},
        {"Name": "b", "Priority": 1, "Action": {"Block": {}}, "Statement": starts("L2Jsb2Nr")},
    ]});
    WebAcl::read(&document, &[]).expect("a web ACL").0
}

fn verdict<'a>(acl: &'a WebAcl, request: &'a Request<'a>) -> Verdict<'a> {
    let Step::Decided(verdict) = acl.evaluate(request, Tokens::default()).advance() else {
        unreachable!("no rule asks for anything")
    };
    *verdict
}

fn logging(configuration: Value) -> Logging {
    Logging::read(&json!({"LoggingConfiguration": configuration})).expect("a configuration")
}

#[test]
fn filters_keep_and_drop_by_actions_and_labels() {
    let acl = acl();
    let filter = |behavior: &str, requirement: &str, conditions: Value| json!({"Behavior": behavior, "Requirement": requirement, "Conditions": conditions});
    let action = |name: &str| json!({"ActionCondition": {"Action": name}});
    let label = json!({"LabelNameCondition": {"LabelName": "awswaf:111122223333:webacl:a:seen"}});
    let both = || json!([action("COUNT"), label]);
    let (keep, drop) = ("KEEP", "DROP");
    // Which of `/`, `/count` and `/block` are kept.
    let rows = [
        (json!([]), keep, [true, true, true]),
        (json!([]), drop, [false, false, false]),
        (json!([filter(keep, "MEETS_ANY", json!([action("BLOCK")]))]), drop, [false, false, true]),
        (json!([filter(drop, "MEETS_ANY", json!([action("ALLOW")]))]), keep, [false, false, true]),
        (json!([filter(keep, "MEETS_ALL", both())]), drop, [false, true, false]),
        (json!([filter(keep, "MEETS_ALL", json!([action("BLOCK"), label]))]), drop, [false; 3]),
        (
            json!([filter(keep, "MEETS_ANY", json!([action("BLOCK"), label]))]),
            drop,
            [false, true, true],
        ),
        // The first filter that a request meets decides.
        (
            json!([
                filter(drop, "MEETS_ANY", both()),
                filter(keep, "MEETS_ANY", json!([action("ALLOW")]))
            ]),
            drop,
            [true, false, false],
        ),
    ];
    for (filters, default, expected) in rows {
        let logging = logging(json!({"ResourceArn": ARN, "LogDestinationConfigs": ["x"],
            "LoggingFilter": {"Filters": filters, "DefaultBehavior": default}}));
        let kept = ["/", "/count", "/block"].map(|path| {
            let request = Request { path, ..Request::default() };
            logging.keeps(&verdict(&acl, &request))
        });
        assert_eq!(kept, expected, "{filters} {default}");
    }
}

#[test]
fn redacted_fields_are_in_no_line_and_the_others_are() {
    let acl = acl();
    let request = Request {
        method: "PATCH",
        path: "/private/path",
        query: "private=query",
        headers: [("X-Private", "header"), ("x-plain", "shown")].into(),
        ..Request::default()
    };
    let line = |fields: Value| -> Value {
        let logging = logging(json!({"RedactedFields": fields}));
        let verdict = verdict(&acl, &request);
        let line = logging.line(&acl, &request, &verdict, Origin::default(), &|_| false);
        serde_json::from_str::<Value>(&line).expect("JSON")["httpRequest"].take()
    };
    let plain = line(json!([]));
    let fields = json!([{"SingleHeader": {"Name": "x-PRIVATE"}}, {"UriPath": {}}, {"QueryString": {}}, {"Method": {}}]);
    let hidden = line(fields);
    let shown = ["/private/path", "private=query", "PATCH"];
    for (name, shown) in ["uri", "args", "httpMethod"].into_iter().zip(shown) {
        assert_eq!((&plain[name], &hidden[name]), (&json!(shown), &json!(REDACTED)), "{name}");
    }
    let header = |told: &Value, at: usize| told["headers"][at]["value"].clone();
    assert_eq!((header(&plain, 0), header(&plain, 1)), (json!("header"), json!("shown")));
    assert_eq!((header(&hidden, 0), header(&hidden, 1)), (json!(REDACTED), json!("shown")));
    let refused = Logging::read(&json!({"RedactedFields": [{"Body": {}}]})).expect_err("a body");
    assert!(alloc::format!("{}", refused[0]).contains("cannot be redacted"), "{refused:?}");
}

#[test]
fn protected_values_are_substituted_or_hashed_in_lines_and_samples() {
    let protect = |kind: &str, keys: Value, action: &str| {
        json!({"Field": {"FieldType": kind, "FieldKeys": keys}, "Action": action,
            "ExcludeRuleMatchDetails": false, "ExcludeRateBasedDetails": false})
    };
    let acl = |protections: Value| {
        let document = json!({"Name": "a", "ARN": ARN, "DefaultAction": {"Allow": {}},
            "VisibilityConfig": {"SampledRequestsEnabled": true, "MetricName": "all"},
            "DataProtectionConfig": {"DataProtections": protections}});
        WebAcl::read(&document, &[]).expect("a web ACL").0
    };
    let request = Request {
        query: "baloo=good&HOPPY=sleeps&x=1",
        headers: [("x-hoppy", "ella"), ("Cookie", "dog=1; milo=2;aws-waf-token=3"), ("x", "y")]
            .into(),
        ..Request::default()
    };
    let shown = |acl: &WebAcl| {
        let verdict = verdict(acl, &request);
        let logging = Logging::default();
        let line = logging.line(acl, &request, &verdict, Origin::default(), &|_| false);
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let sampled = &verdict.sampled(acl)[0];
        let sample = logging.sample(&request, &verdict, sampled, 1, None, &|_| false);
        let sample: Value = serde_json::from_str(&sample).expect("JSON");
        let told = line["httpRequest"]["headers"].clone();
        for at in 0..3 {
            assert_eq!(told[at]["value"], sample["Request"]["Headers"][at]["Value"]);
        }
        let text = |value: &Value| value.as_str().map(String::from).unwrap_or_default();
        [&told[0]["value"], &told[1]["value"], &line["httpRequest"]["args"]].map(text)
    };
    let one = acl(json!([
        protect("SINGLE_HEADER", json!(["X-Hoppy"]), "HASH"),
        protect("SINGLE_COOKIE", json!(["MILO"]), "SUBSTITUTION"),
        protect("SINGLE_QUERY_ARGUMENT", json!(["hoppy"]), "SUBSTITUTION"),
        protect("SINGLE_QUERY_ARGUMENT", json!(["baloo", "hoppy"]), "HASH"),
        protect("BODY", Value::Null, "HASH"),
    ]));
    // Base64 of SHA-256 of "111122223333ella" and of "111122223333good".
    let (ella, good) = (
        "4uES3WvNdgJEfAdwBeKhPFn52strRC2e5d1J7IuUgmI=",
        "p6sS7uHkwlNph+/AauOM4d6ypgqJu3Y5ubv5bQ8ku1c=",
    );
    let args = alloc::format!("baloo={good}&HOPPY=REDACTED&x=1");
    assert_eq!(shown(&one), [ella, "dog=1; milo=REDACTED;aws-waf-token=3", &args]);
    let whole = acl(json!([
        protect("SINGLE_HEADER", json!(["cookie"]), "SUBSTITUTION"),
        protect("QUERY_STRING", Value::Null, "SUBSTITUTION"),
    ]));
    assert_eq!(shown(&whole), ["ella", "dog=REDACTED; milo=REDACTED;aws-waf-token=3", "REDACTED"]);
}

#[test]
fn a_line_tells_why_a_client_was_asked_or_when_it_solved_what_it_was_asked() {
    let rule = |name: &str, priority: u32| {
        json!({"Name": name, "Priority": priority, "Action": {name: {}}, "Statement":
            {"SizeConstraintStatement": {"FieldToMatch": {"UriPath": {}}, "ComparisonOperator": "GE", "Size": 0,
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}})
    };
    let document = json!({"Name": "a", "ARN": ARN, "DefaultAction": {"Allow": {}},
        "Rules": [rule("Challenge", 0), rule("Captcha", 1)]});
    let acl = WebAcl::read(&document, &[]).expect("a web ACL").0;
    let line = |tokens: Tokens| -> Value {
        let request = Request { now_ms: 1_632_420_500_000, ..Request::default() };
        let Step::Decided(verdict) = acl.evaluate(&request, tokens).advance() else {
            unreachable!("no rule asks for anything")
        };
        let line = Logging::default().line(&acl, &request, &verdict, Origin::default(), &|_| false);
        serde_json::from_str(&line).expect("JSON")
    };
    let at = |challenge_ms, captcha_ms| {
        let told = line(Tokens { captcha_ms, challenge_ms, has_invalid: false });
        (told["challengeResponse"].clone(), told["captchaResponse"].clone())
    };
    let (old, new) = (Some(1_000), Some(1_632_420_429_309));
    let asked = |status: u16, solved: u64, reason: &str| json!({"responseCode": status, "solveTimestamp": solved, "failureReason": reason});
    let met = json!({"responseCode": 0, "solveTimestamp": 1_632_420_429});
    assert_eq!(at(None, None), (asked(202, 0, "TOKEN_MISSING"), Value::Null));
    assert_eq!(at(old, None), (asked(202, 1, "TOKEN_EXPIRED"), Value::Null));
    assert_eq!(at(new, None), (met.clone(), asked(405, 0, "TOKEN_MISSING")));
    assert_eq!(at(new, new), (met.clone(), met));
    let told = |challenge_ms| {
        let told = line(Tokens { challenge_ms, has_invalid: true, ..Tokens::default() });
        told["challengeResponse"]["failureReason"].clone()
    };
    assert_eq!((told(None), told(old)), (json!("TOKEN_INVALID"), json!("TOKEN_EXPIRED")));
}

#[test]
fn a_line_tells_the_host_the_fragment_and_how_large_the_body_is() {
    let acl = acl();
    let headers = [("Host", "api.example.com"), ("Content-Length", "70000")].into();
    let whole = Request { headers, body: b"abc", fragment: Some("part"), ..Request::default() };
    let line = |request: &Request<'_>| -> Value {
        let verdict = verdict(&acl, request);
        let line = Logging::default().line(&acl, request, &verdict, Origin::default(), &|_| false);
        serde_json::from_str(&line).expect("JSON")
    };
    let told = line(&whole);
    let http = &told["httpRequest"];
    assert_eq!((&http["host"], &http["fragment"]), (&json!("api.example.com"), &json!("part")));
    assert_eq!(
        (&told["requestBodySize"], &told["requestBodySizeInspectedByWAF"]),
        (&json!(3), &json!(3))
    );
    let hides = logging(json!({"RedactedFields": [{"SingleHeader": {"Name": "host"}}]}));
    let verdict = verdict(&acl, &whole);
    let hidden = hides.line(&acl, &whole, &verdict, Origin::default(), &|_| false);
    assert!(!hidden.contains("api.example.com"), "{hidden}");
    let cut = line(&Request { body_is_cut: true, ..whole.clone() });
    // No rule looks at the body.
    assert_eq!((&cut["requestBodySize"], &cut["oversizeFields"]), (&json!(70_000), &json!([])));
}

fn acl_of(rules: Value) -> WebAcl {
    let document = json!({"Name": "a", "ARN": ARN, "DefaultAction": {"Allow": {}}, "Rules": rules});
    WebAcl::read(&document, &[]).expect("a web ACL").0
}

fn line(acl: &WebAcl, request: &Request<'_>, verdict: &Verdict<'_>) -> Value {
    let line = Logging::default().line(acl, request, verdict, Origin::default(), &|_| false);
    serde_json::from_str(&line).expect("JSON")
}

#[test]
fn a_line_names_the_oversize_fields_that_rules_looked_at_up_to_the_one_that_decided() {
    let rule = |priority: u32, path: &str, field: Value| {
        json!({"Name": path, "Priority": priority, "Action": {"Block": {}}, "Statement": {"AndStatement": {"Statements": [
            {"ByteMatchStatement": {"SearchString": path, "PositionalConstraint": "STARTS_WITH",
                "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}},
            {"SizeConstraintStatement": {"FieldToMatch": field, "ComparisonOperator": "GE", "Size": 0,
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}]}}})
    };
    let pairs =
        json!({"MatchPattern": {"All": {}}, "MatchScope": "ALL", "OversizeHandling": "CONTINUE"});
    let json_body =
        json!({"MatchPattern": {"All": {}}, "MatchScope": "ALL", "OversizeHandling": "CONTINUE"});
    let acl = acl_of(json!([
        rule(0, "L2Jsb2Nr", json!({"Headers": pairs})),
        rule(1, "L2IK", json!({"Cookies": pairs})),
        rule(2, "L2MK", json!({"JsonBody": json_body})),
        rule(3, "L2QK", json!({"Body": {"OversizeHandling": "CONTINUE"}})),
    ]));
    let long = "c=".to_owned() + &"x".repeat(9_000);
    let told = |path, cookie: &str, body_is_cut| {
        let headers = [("host", "h"), ("cookie", cookie)].into();
        let request = Request { path, headers, body: b"x", body_is_cut, ..Request::default() };
        line(&acl, &request, &verdict(&acl, &request))["oversizeFields"].take()
    };
    let bodies = ["REQUEST_BODY", "REQUEST_JSON_BODY"];
    assert_eq!(told("/", "c=1", false), json!([]));
    assert_eq!(told("/", "c=1", true), json!(bodies));
    let pairs = ["REQUEST_COOKIES", "REQUEST_HEADERS"];
    assert_eq!(told("/", &long, false), json!(pairs));
    assert_eq!(told("/", &long, true), json!([bodies[0], pairs[0], pairs[1], bodies[1]]));
    assert_eq!(told("/block", &long, true), json!(["REQUEST_HEADERS"]));
}

#[test]
fn a_line_tells_what_a_groups_rules_would_have_done_where_they_are_overridden() {
    let common = |more: Value| {
        let mut statement = json!({"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"});
        statement
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("one").clone());
        json!([{"Name": "g", "Priority": 0, "OverrideAction": {"None": {}},
            "Statement": {"ManagedRuleGroupStatement": statement}}])
    };
    let told = |more: Value| {
        let acl = acl_of(common(more));
        let request = Request { path: "/", ..Request::default() };
        line(&acl, &request, &verdict(&acl, &request))["ruleGroupList"][0].take()
    };
    let rule = "NoUserAgent_HEADER";
    let plain = told(json!({}));
    assert_eq!(plain["terminatingRule"]["action"], "BLOCK");
    assert!(plain["terminatingRule"].get("overriddenAction").is_none(), "{plain}");
    assert_eq!(plain["excludedRules"], Value::Null);
    let to = |action: &str| json!({"RuleActionOverrides": [{"Name": rule, "ActionToUse": {action: {}}}]});
    let counted = json!([{"ruleId": rule, "action": "COUNT", "overriddenAction": "BLOCK", "ruleMatchDetails": []}]);
    let count = told(to("Count"));
    assert_eq!(
        (&count["nonTerminatingMatchingRules"], &count["excludedRules"]),
        (&counted, &Value::Null)
    );
    let asked = told(to("Captcha"));
    let ends = &asked["terminatingRule"];
    assert_eq!((&ends["action"], &ends["overriddenAction"]), (&json!("CAPTCHA"), &json!("BLOCK")));
    let excluded = told(json!({"ExcludedRules": [{"Name": rule}]}));
    assert_eq!(excluded["nonTerminatingMatchingRules"], json!([]));
    assert_eq!(
        excluded["excludedRules"],
        json!([{"exclusionType": "EXCLUDED_AS_COUNT", "ruleId": rule}])
    );
}

#[test]
fn a_line_tells_by_which_values_a_rate_was_counted() {
    let none = json!([{"Priority": 0, "Type": "NONE"}]);
    let told = |kind: &str, more: Value, request: &Request<'_>| {
        let mut statement = json!({"Limit": 100, "AggregateKeyType": kind});
        statement
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("one").clone());
        let acl = acl_of(json!([{"Name": "r", "Priority": 0, "Action": {"Block": {}},
            "Statement": {"RateBasedStatement": statement}}]));
        let mut evaluation = acl.evaluate(request, Tokens::default());
        let verdict = loop {
            match evaluation.advance() {
                Step::Decided(verdict) => break verdict,
                _ => evaluation.counted(101),
            }
        };
        line(&acl, request, &verdict)["rateBasedRuleList"][0].take()
    };
    let headers = vec![("dogname", "ella"), ("x-real", "nonsense"), ("authorization", "s")];
    let query = "token=abcdefghijklmnopqrstuvwxyz0123456789";
    let request = Request { client_ip: "192.0.2.7", headers, query, ..Request::default() };
    let by_ip = told("IP", json!({}), &request);
    assert_eq!((&by_ip["limitKey"], &by_ip["limitValue"]), (&json!("IP"), &json!("192.0.2.7")));
    assert!(by_ip.get("customValues").is_none(), "{by_ip}");
    let forwarded =
        json!({"ForwardedIPConfig": {"HeaderName": "X-Real", "FallbackBehavior": "MATCH"}});
    assert_eq!(told("FORWARDED_IP", forwarded, &request)["limitValue"], "INVALID");
    let key = |kind: &str, name: &str| json!({kind: {"Name": name, "TextTransformations": none}});
    let keys = json!({"CustomKeys": [key("Header", "dogname"), key("QueryArgument", "token"), {"IP": {}}]});
    let by_keys = told("CUSTOM_KEYS", keys, &request);
    let values = json!([
        {"key": "HEADER", "name": "dogname", "value": "ella"},
        {"key": "QUERYARGUMENT", "name": "token", "value": "abcdefghijklmnopqrstuvwxyz012345"},
        {"key": "IP", "value": "192.0.2.7"},
    ]);
    assert_eq!((&by_keys["limitKey"], &by_keys["customValues"]), (&json!("CUSTOMKEYS"), &values));
    assert!(by_keys.get("limitValue").is_none(), "{by_keys}");
}

#[test]
fn values_that_a_line_must_not_have_are_not_told_as_what_a_rate_was_counted_by() {
    let none = json!([{"Priority": 0, "Type": "NONE"}]);
    let key = |kind: &str, name: &str| json!({kind: {"Name": name, "TextTransformations": none}});
    let document = json!({"Name": "a", "ARN": ARN, "DefaultAction": {"Allow": {}},
        "DataProtectionConfig": {"DataProtections": [
            {"Field": {"FieldType": "SINGLE_COOKIE", "FieldKeys": ["id"]}, "Action": "SUBSTITUTION"}]},
        "Rules": [{"Name": "r", "Priority": 0, "Action": {"Block": {}}, "Statement": {"RateBasedStatement":
            {"Limit": 100, "AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": [
                key("Header", "x-key"), key("Header", "X-Private"), key("Cookie", "id"), key("QueryArgument", "q"),
                {"QueryString": {"TextTransformations": none}}]}}}]});
    let acl = WebAcl::read(&document, &[]).expect("a web ACL").0;
    let headers = vec![("x-key", "hidden1"), ("x-private", "hidden2"), ("cookie", "id=hidden3")];
    let request = Request { headers, query: "q=hidden4", ..Request::default() };
    let mut evaluation = acl.evaluate(&request, Tokens::default());
    let verdict = loop {
        match evaluation.advance() {
            Step::Decided(verdict) => break verdict,
            _ => evaluation.counted(101),
        }
    };
    let logging = logging(
        json!({"RedactedFields": [{"SingleHeader": {"Name": "x-private"}}, {"QueryString": {}}]}),
    );
    let is_secret = |name: &str| name == "x-key";
    let line = logging.line(&acl, &request, &verdict, Origin::default(), &is_secret);
    assert!(!line.contains("hidden"), "{line}");
    assert!(line.contains("CUSTOMKEYS"), "{line}");
}

#[test]
fn a_line_has_the_clients_network_where_a_rule_asks_for_one() {
    let location = crate::Location { asn: Some(64_496), ..Default::default() };
    let request = Request { location: Some(&location), ..Request::default() };
    let rule = json!([{"Name": "n", "Priority": 0, "Action": {"Count": {}},
        "Statement": {"AsnMatchStatement": {"AsnList": [64_500]}}}]);
    for (rules, asn) in [(rule, Some(json!(64_496))), (json!([]), None)] {
        let acl = acl_of(rules);
        let told = line(&acl, &request, &verdict(&acl, &request));
        assert_eq!(told["httpRequest"].get("clientAsn"), asn.as_ref());
    }
}
