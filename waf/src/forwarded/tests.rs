//! Rules about where an address is, and about addresses that proxies tell of.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::{Decision, Location, Request, Step, Tokens, WebAcl};

fn acl(rules: &[(Value, &str)]) -> WebAcl {
    let rules = rules.iter().enumerate().map(|(at, (statement, action))| {
        json!({"Name": at.to_string(), "Priority": at, "Statement": statement, "Action": {*action: {}}})
    });
    let document =
        json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": rules.collect::<Vec<_>>()});
    let set = json!({"IPSet": {"Name": "s", "ARN": "set", "Addresses": ["192.0.2.0/24"]}});
    WebAcl::read(&document, &[set]).expect("a web ACL").0
}

fn place(country: &str, region: Option<&str>, asn: u32) -> Location {
    Location { country: Some(country.into()), region: region.map(Into::into), asn: Some(asn) }
}

/// What becomes of a request from Germany with this header, its labels, and the addresses that were asked for.
fn decide(acl: &WebAcl, header: Option<&str>) -> (Decision, Vec<String>, Vec<String>) {
    let own = place("DE", None, 64_500);
    let headers = header.map(|value| ("X-Forwarded-For", value)).into_iter().collect();
    let request =
        Request { client_ip: "203.0.113.9", location: Some(&own), headers, ..Request::default() };
    let mut evaluation = acl.evaluate(&request, Tokens::default());
    let mut asked = Vec::new();
    loop {
        match evaluation.advance() {
            Step::Locate(address) => {
                asked.push(address.to_string());
                if address.to_string() == "192.0.2.7" {
                    evaluation.located(place("US", Some("CA"), 64_501));
                }
            }
            Step::Count(_) => evaluation.counted(u32::MAX),
            Step::Decided(verdict) => return (verdict.decision, verdict.labels, asked),
        }
    }
}

fn is_blocked(acl: &WebAcl, header: Option<&str>) -> bool {
    decide(acl, header).0 == Decision::Block(None)
}

fn forwarded(fallback: &str) -> Value {
    json!({"HeaderName": "x-forwarded-for", "FallbackBehavior": fallback})
}

#[test]
fn countries_and_networks_are_those_that_the_host_knows() {
    for (statement, blocks) in [
        (json!({"GeoMatchStatement": {"CountryCodes": ["US", "DE"]}}), true),
        (json!({"GeoMatchStatement": {"CountryCodes": ["US"]}}), false),
        (json!({"AsnMatchStatement": {"AsnList": [1, 64_500]}}), true),
        (json!({"AsnMatchStatement": {"AsnList": [0]}}), false),
    ] {
        assert_eq!(is_blocked(&acl(&[(statement.clone(), "Block")]), None), blocks, "{statement}");
    }
}

#[test]
fn what_is_not_known_is_xx_and_network_0() {
    let geo = acl(&[
        (json!({"GeoMatchStatement": {"CountryCodes": ["US"]}}), "Count"),
        (json!({"AsnMatchStatement": {"AsnList": [0]}}), "Block"),
    ]);
    let request = Request::default();
    let Step::Decided(verdict) = geo.evaluate(&request, Tokens::default()).advance() else {
        panic!("nothing is asked")
    };
    assert_eq!(verdict.decision, Decision::Block(None));
    let expected = ["awswaf:clientip:geo:country:XX", "awswaf:clientip:geo:region:XX-XX"];
    assert_eq!(verdict.labels, expected);
}

#[test]
fn places_are_labels_for_the_rules_that_follow_whether_or_not_they_matched() {
    let geo = json!({"GeoMatchStatement": {"CountryCodes": ["FR"], "ForwardedIPConfig": forwarded("NO_MATCH")}});
    let label = |key: &str| json!({"LabelMatchStatement": {"Scope": "LABEL", "Key": key}});
    let region = label("awswaf:forwardedip:geo:region:US-CA");
    let acl = acl(&[(geo.clone(), "Count"), (geo, "Count"), (region, "Block")]);
    let (decision, labels, asked) = decide(&acl, Some("192.0.2.7, 198.51.100.1"));
    assert_eq!(decision, Decision::Block(None));
    let expected = ["awswaf:forwardedip:geo:country:US", "awswaf:forwardedip:geo:region:US-CA"];
    assert_eq!(labels, expected, "once");
    assert_eq!(asked, ["192.0.2.7"], "once, and the first address alone");
    let (decision, labels, _) = decide(&acl, Some("198.51.100.1"));
    assert_eq!(decision, Decision::Allow);
    assert_eq!(labels[1], "awswaf:forwardedip:geo:region:XX-XX");
}

#[test]
fn forwarded_addresses_fall_back_and_rules_without_their_header_are_not_applied() {
    let set = |fallback: &str, position: &str| {
        json!({"IPSetReferenceStatement": {"ARN": "set", "IPSetForwardedIPConfig":
            {"HeaderName": "X-Forwarded-For", "FallbackBehavior": fallback, "Position": position}}})
    };
    let geo = |fallback: &str| json!({"GeoMatchStatement": {"CountryCodes": ["US"], "ForwardedIPConfig": forwarded(fallback)}});
    let asn = |fallback: &str| json!({"AsnMatchStatement": {"AsnList": [64_501], "ForwardedIPConfig": forwarded(fallback)}});
    let rate = |fallback: &str| {
        json!({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "FORWARDED_IP",
            "ForwardedIPConfig": forwarded(fallback)}})
    };
    for (matching, other) in [
        (set("MATCH", "FIRST"), set("NO_MATCH", "FIRST")),
        (set("MATCH", "LAST"), set("NO_MATCH", "LAST")),
        (set("MATCH", "ANY"), set("NO_MATCH", "ANY")),
        (geo("MATCH"), geo("NO_MATCH")),
        (asn("MATCH"), asn("NO_MATCH")),
        (rate("MATCH"), rate("NO_MATCH")),
    ] {
        let name = matching.to_string();
        let (matching, other) = (acl(&[(matching, "Block")]), acl(&[(other, "Block")]));
        assert!(is_blocked(&matching, Some("192.0.2.7")), "{name}");
        assert!(is_blocked(&other, Some("192.0.2.7")), "{name}");
        assert!(is_blocked(&matching, Some("unknown")), "{name}");
        assert!(!is_blocked(&other, Some("unknown")), "{name}");
        assert!(!is_blocked(&matching, None), "{name}");
    }
    let not = json!({"NotStatement": {"Statement": geo("MATCH")}});
    let not = acl(&[(not, "Block")]);
    assert!(is_blocked(&not, Some("198.51.100.1")));
    assert!(!is_blocked(&not, Some("192.0.2.7")));
    assert!(!is_blocked(&not, None), "the rule is not applied at all");
}

#[test]
fn of_many_forwarded_addresses_the_last_ten_are_looked_at() {
    let any = json!({"IPSetReferenceStatement": {"ARN": "set", "IPSetForwardedIPConfig":
        {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH", "Position": "ANY"}}});
    let acl = acl(&[(any, "Block")]);
    let others = |count: usize| alloc::vec!["198.51.100.1"; count].join(",");
    assert!(is_blocked(&acl, Some(&alloc::format!("192.0.2.7,{}", others(9)))));
    assert!(!is_blocked(&acl, Some(&alloc::format!("192.0.2.7,{}", others(10)))));
    assert!(is_blocked(&acl, Some(&alloc::format!("{},192.0.2.7", others(100)))));
}

#[test]
fn hosts_are_told_what_they_have_to_know() {
    let geo = json!({"GeoMatchStatement": {"CountryCodes": ["US"]}});
    let not = acl(&[(json!({"NotStatement": {"Statement": geo}}), "Block")]);
    assert!(not.asks_for_countries() && !not.asks_for_networks());
    let rate = json!({"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "CUSTOM_KEYS",
        "CustomKeys": [{"ASN": {}}], "ScopeDownStatement": {"GeoMatchStatement": {"CountryCodes": ["US"]}}}});
    let rate = acl(&[(rate, "Block")]);
    assert!(rate.asks_for_countries() && rate.asks_for_networks());
    assert!(!acl(&[]).asks_for_countries());
    let ja4 = json!({"ByteMatchStatement": {"SearchString": "dA==", "PositionalConstraint": "STARTS_WITH",
        "FieldToMatch": {"JA4Fingerprint": {"FallbackBehavior": "NO_MATCH"}},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}});
    assert!(acl(&[(ja4, "Block")]).asks_for_fingerprints());
    assert!(!rate.asks_for_fingerprints());
}
