//! What rules take of a web ACL's capacity: "AWS WAF rule statements list" and "AWS WAF web ACL capacity
//! units (WCU)".

use alloc::string::ToString;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::referred;
use crate::WebAcl;

const ARN: &str = "arn:aws:wafv2:us-east-1:123456789012:regional/";

fn none() -> Value {
    json!([{"Priority": 0, "Type": "NONE"}])
}

fn acl(rules: &[Value]) -> (WebAcl, Vec<crate::Problem>) {
    let rules = rules.iter().enumerate().map(|(at, statement)| {
        let is_group = ["ManagedRuleGroupStatement", "RuleGroupReferenceStatement"];
        let is_group = is_group.iter().any(|name| statement.get(name).is_some());
        let action = if is_group { "OverrideAction" } else { "Action" };
        let does = if is_group { json!({"None": {}}) } else { json!({"Block": {}}) };
        json!({"Name": at.to_string(), "Priority": at, "Statement": statement, action: does})
    });
    let document =
        json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": rules.collect::<Vec<_>>()});
    WebAcl::read(&document, &referred()).expect("a web ACL")
}

fn inspecting(kind: &str, more: Value, field: Value, transformations: Value) -> Value {
    let mut inner = more;
    inner["FieldToMatch"] = field;
    inner["TextTransformations"] = transformations;
    json!({kind: inner})
}

#[test]
fn each_statement_costs_what_aws_lists() {
    let path = || json!({"UriPath": {}});
    let bytes = |position, field, transformations| {
        let more = json!({"SearchString": "eA==", "PositionalConstraint": position});
        inspecting("ByteMatchStatement", more, field, transformations)
    };
    let of = |kind, more| inspecting(kind, more, path(), none());
    let json_body = || json!({"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}});
    let lower =
        || json!([{"Priority": 0, "Type": "LOWERCASE"}, {"Priority": 1, "Type": "URL_DECODE"}]);
    let size = json!({"ComparisonOperator": "GT", "Size": 1});
    let forwarded = |position: Option<&str>| {
        let mut config = json!({"HeaderName": "x-forwarded-for", "FallbackBehavior": "MATCH"});
        if let Some(position) = position {
            config["Position"] = position.into();
        }
        config
    };
    let ips = |forwarded: Value| json!({"IPSetReferenceStatement": {"ARN": alloc::format!("{ARN}ipset/ips/1"), "IPSetForwardedIPConfig": forwarded}});
    let rate = |keys: Value| json!({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": keys}});
    let header = json!({"Header": {"Name": "a", "TextTransformations": lower()}});
    let geo = || json!({"GeoMatchStatement": {"CountryCodes": ["DE"]}});
    let managed = |name: &str| json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": alloc::format!("AWSManagedRules{name}")}});
    let rows = [
        (bytes("EXACTLY", path(), none()), 2),
        (bytes("STARTS_WITH", path(), none()), 2),
        (bytes("ENDS_WITH", path(), none()), 2),
        (bytes("CONTAINS", path(), none()), 10),
        (bytes("CONTAINS_WORD", path(), none()), 10),
        (bytes("EXACTLY", path(), lower()), 2 + 20),
        (bytes("EXACTLY", json!({"AllQueryArguments": {}}), none()), 2 + 10),
        (bytes("CONTAINS", json_body(), lower()), 2 * 10 + 20),
        (of("RegexMatchStatement", json!({"RegexString": "x"})), 3),
        (
            of(
                "RegexPatternSetReferenceStatement",
                json!({"ARN": alloc::format!("{ARN}regexpatternset/rs/1")}),
            ),
            25,
        ),
        (of("SizeConstraintStatement", size), 1),
        (of("SqliMatchStatement", json!({})), 20),
        (of("SqliMatchStatement", json!({"SensitivityLevel": "LOW"})), 20),
        (of("SqliMatchStatement", json!({"SensitivityLevel": "HIGH"})), 30),
        (of("XssMatchStatement", json!({})), 40),
        (geo(), 1),
        (json!({"AsnMatchStatement": {"AsnList": [1]}}), 1),
        (json!({"LabelMatchStatement": {"Scope": "LABEL", "Key": "a"}}), 1),
        (ips(Value::Null), 1),
        (ips(forwarded(Some("FIRST"))), 1),
        (ips(forwarded(Some("ANY"))), 5),
        (json!({"NotStatement": {"Statement": geo()}}), 1),
        (json!({"AndStatement": {"Statements": [geo(), bytes("EXACTLY", path(), none())]}}), 3),
        (json!({"OrStatement": {"Statements": [geo(), geo(), geo()]}}), 3),
        (json!({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP"}}), 2),
        (
            json!({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP", "ScopeDownStatement": geo()}}),
            2 + 1,
        ),
        (rate(json!([{"HTTPMethod": {}}])), 2 + 30),
        (rate(json!([{"HTTPMethod": {}}, header])), 2 + 30 + 30 + 20),
        (
            json!({"RuleGroupReferenceStatement": {"ARN": alloc::format!("{ARN}rulegroup/rg/1")}}),
            50,
        ),
        (managed("CommonRuleSet"), 700),
        (managed("AdminProtectionRuleSet"), 100),
        (managed("KnownBadInputsRuleSet"), 200),
        (managed("SQLiRuleSet"), 200),
        (managed("LinuxRuleSet"), 200),
        (managed("UnixRuleSet"), 100),
        (managed("WindowsRuleSet"), 200),
        (managed("PHPRuleSet"), 100),
        (managed("AmazonIpReputationList"), 25),
        (managed("AnonymousIpList"), 50),
        (managed("BotControlRuleSet"), 50),
    ];
    for (statement, expected) in rows {
        let (acl, warnings) = acl(core::slice::from_ref(&statement));
        assert_eq!(acl.capacity(), expected, "{statement}");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn more_than_aws_gives_a_web_acl_is_warned_of() {
    let managed = json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}});
    let sets = alloc::vec![managed; 7];
    let hundred = json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesPHPRuleSet"}});
    let full = [&sets[..], &[hundred]].concat();
    let (at_most, warnings) = acl(&full);
    assert_eq!((at_most.capacity(), warnings.len()), (5_000, 0), "{warnings:?}");
    let one = json!({"GeoMatchStatement": {"CountryCodes": ["DE"]}});
    let (over, warnings) = acl(&[&full[..], &[one]].concat());
    assert_eq!(over.capacity(), 5_001);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].to_string().contains("5001 capacity units (WCU); AWS allows 5000"),
        "{warnings:?}"
    );
}
