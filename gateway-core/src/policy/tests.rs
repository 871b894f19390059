mod principals;

use alloc::format;
use alloc::string::String;

use super::*;
use crate::message::Timestamp;

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/pets/7";

fn request() -> AccessRequest<'static> {
    AccessRequest {
        action: "execute-api:Invoke",
        resource: ARN,
        principal: Principal::Anonymous,
        // 2026-11-21T05:08:09.120Z
        now: Timestamp(1_795_237_689_120),
        source_ip: "203.0.113.7",
        is_secure: true,
        user_agent: Some("agent/1"),
        referer: None,
        vpc: None,
        vpc_endpoint: None,
    }
}

fn alice() -> Identity {
    Identity {
        arn: "arn:aws:iam::123456789012:user/staff/alice".into(),
        user_id: "AIDAALICE".into(),
        ..Identity::default()
    }
}

fn session() -> Identity {
    Identity {
        arn: "arn:aws:sts::123456789012:assumed-role/reader/s1".into(),
        user_id: "AROA1:s1".into(),
        ..Identity::default()
    }
}

fn parse(statements: &str) -> Result<Policy, PolicyError> {
    Policy::parse(format!("{{\"Version\":\"2012-10-17\",\"Statement\":{statements}}}").as_bytes())
}

fn verdict(statements: &str, request: &AccessRequest<'_>) -> Verdict {
    parse(statements).unwrap().evaluate(request)
}

/// A statement that allows everything but for these further members.
fn allow(more: &str) -> String {
    format!("{{\"Effect\":\"Allow\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"*\"{more}}}")
}

fn allows(more: &str, request: &AccessRequest<'_>) -> bool {
    verdict(&allow(more), request) == Verdict::Allowed(0)
}

fn condition_holds(condition: &str, request: &AccessRequest<'_>) -> bool {
    allows(&format!(",\"Condition\":{{{condition}}}"), request)
}

#[test]
fn an_explicit_deny_comes_before_every_allow() {
    let deny = allow("").replace("Allow", "Deny");
    for (statements, expected) in [
        (allow(""), Verdict::Allowed(0)),
        (format!("[{}]", allow("")), Verdict::Allowed(0)),
        (format!("[{},{}]", allow(""), deny), Verdict::Denied(1)),
        (format!("[{},{}]", deny, allow("")), Verdict::Denied(0)),
        ("[]".into(), Verdict::Silent),
    ] {
        assert_eq!(verdict(&statements, &request()), expected, "{statements}");
    }
}

#[test]
fn actions_have_no_case_and_resources_have() {
    let of = |actions: &str, resources: &str| {
        let statement = format!("{{\"Effect\":\"Allow\",{actions},{resources}}}");
        verdict(&statement, &request()) == Verdict::Allowed(0)
    };
    let everything = "\"Resource\":\"*\"";
    for (actions, expected) in [
        ("\"Action\":\"execute-api:Invoke\"", true),
        ("\"Action\":\"EXECUTE-API:invoke\"", true),
        ("\"Action\":[\"s3:*\",\"execute-api:*\"]", true),
        ("\"Action\":\"*\"", true),
        ("\"Action\":\"execute-api:InvalidateCache\"", false),
        ("\"Action\":\"execute-api:Invok\"", false),
        ("\"NotAction\":\"execute-api:InvalidateCache\"", true),
        ("\"NotAction\":\"execute-api:*\"", false),
    ] {
        assert_eq!(of(actions, everything), expected, "{actions}");
    }
    let action = "\"Action\":\"execute-api:Invoke\"";
    for (resource, expected) in [
        (ARN, true),
        ("arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/pets/*", true),
        ("arn:aws:execute-api:*:*:abc123/*/GET/*", true),
        ("arn:aws:execute-api:*", true),
        ("arn:aws:execute-api:us-*-1:123456789012:*", true),
        ("arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/pets/?", true),
        ("arn:aws:execute-api:us-east-1:123456789012:abc123/prod/GET/pets", false),
        ("arn:aws:execute-api:us-east-1:123456789012:abc123/prod/get/pets/7", false),
        ("arn:aws:execute-api:us-east-1:123456789012:abc123/prod/POST/*", false),
        ("arn:aws:execute-api:us-east-1:*2:abc123/test/*", false),
        // Within a part of an ARN a wildcard does not go beyond it.
        ("arn:aws:execute-api:us*23:*", false),
        ("", false),
    ] {
        let (is, is_not) =
            (format!("\"Resource\":\"{resource}\""), format!("\"NotResource\":[\"{resource}\"]"));
        assert_eq!(of(action, &is), expected, "{resource}");
        assert_eq!(of(action, &is_not), !expected, "not {resource}");
    }
}

#[test]
fn a_relative_resource_belongs_to_its_api() {
    let policy = parse(&allow("").replace("\"*\"", "[\"execute-api:/prod/GET/*\"]")).unwrap();
    assert_eq!(policy.evaluate(&request()), Verdict::Silent);
    let of = |arn: &str| policy.clone().for_api(arn).evaluate(&request());
    assert_eq!(of("arn:aws:execute-api:us-east-1:123456789012:abc123/"), Verdict::Allowed(0));
    assert_eq!(of("arn:aws:execute-api:us-east-1:123456789012:other1/"), Verdict::Silent);
}

#[test]
fn what_an_export_says_of_its_own_arns_it_says_of_this_api_wherever_it_is_served() {
    let served = "arn:aws:execute-api:us-east-1:123456789012:abc123/";
    let policy = |effect: &str, resource: &str| {
        let text = allow("").replace("Allow", effect).replace("\"Resource\":\"*\"", resource);
        parse(&text).unwrap()
    };
    let own = "arn:aws:execute-api:eu-west-1:210987654321:d1b2/prod/GET/*";
    let wild = "arn:aws:execute-api:eu-west-1:210987654321:*/GET/pets/*";
    let other = "arn:aws:execute-api:eu-west-1:210987654321:x9y8/prod/GET/*";
    let of = |effect: &str, element: &str, arn: &str, own_id| {
        let policy = policy(effect, &format!("\"{element}\":\"{arn}\""));
        policy.exported_under(own_id).for_api(served).evaluate(&request())
    };
    let (allowed, denied, silent) = (Verdict::Allowed(0), Verdict::Denied(0), Verdict::Silent);
    for (effect, element, arn, known, unknown) in [
        ("Allow", "Resource", own, allowed, silent),
        ("Allow", "Resource", wild, silent, silent),
        ("Allow", "Resource", other, silent, silent),
        ("Allow", "NotResource", own, silent, silent),
        ("Allow", "NotResource", other, silent, silent),
        // A denial that speaks of nobody would let everybody in.
        ("Deny", "Resource", own, denied, denied),
        ("Deny", "Resource", wild, denied, denied),
        ("Deny", "Resource", other, denied, denied),
        ("Deny", "Resource", "arn:aws:execute-api:eu-west-1:*", denied, denied),
        ("Deny", "NotResource", own, silent, denied),
        ("Deny", "NotResource", other, denied, denied),
    ] {
        assert_eq!(of(effect, element, arn, Some("d1b2")), known, "{effect} {element} {arn}");
        assert_eq!(of(effect, element, arn, None), unknown, "{effect} {element} {arn}, unknown id");
    }
    // Another path is another path.
    let elsewhere = "arn:aws:execute-api:eu-west-1:210987654321:d1b2/prod/POST/*";
    assert_eq!(of("Deny", "Resource", elsewhere, Some("d1b2")), silent);
}

/// AWS, "AWS JSON policy elements: NotPrincipal": "all principals except the user named Bob".
#[test]
fn each_operator_holds_for_what_it_says() {
    for (condition, expected) in [
        ("\"StringEquals\":{\"aws:UserAgent\":\"agent/1\"}", true),
        ("\"StringEquals\":{\"AWS:useragent\":[\"x\",\"agent/1\"]}", true),
        ("\"StringEquals\":{\"aws:UserAgent\":\"agent/*\"}", false),
        ("\"StringNotEquals\":{\"aws:UserAgent\":[\"x\",\"agent/1\"]}", false),
        ("\"StringNotEquals\":{\"aws:UserAgent\":[\"x\",\"y\"]}", true),
        ("\"StringEqualsIgnoreCase\":{\"aws:UserAgent\":\"AGENT/1\"}", true),
        ("\"StringNotEqualsIgnoreCase\":{\"aws:UserAgent\":\"AGENT/1\"}", false),
        ("\"StringLike\":{\"aws:UserAgent\":\"ag?nt/*\"}", true),
        ("\"StringNotLike\":{\"aws:UserAgent\":\"agent/*\"}", false),
        ("\"NumericEquals\":{\"aws:EpochTime\":\"1795237689\"}", true),
        ("\"NumericNotEquals\":{\"aws:EpochTime\":1795237689}", false),
        ("\"NumericLessThan\":{\"aws:EpochTime\":\"1795237689\"}", false),
        ("\"NumericLessThanEquals\":{\"aws:EpochTime\":\"1795237689\"}", true),
        ("\"NumericGreaterThan\":{\"aws:EpochTime\":\"1795237688.5\"}", true),
        ("\"NumericGreaterThanEquals\":{\"aws:EpochTime\":\"1795237690\"}", false),
        ("\"DateGreaterThan\":{\"aws:CurrentTime\":\"2026-11-21T05:08:09Z\"}", true),
        ("\"DateLessThan\":{\"aws:CurrentTime\":\"2026-11-21\"}", false),
        ("\"DateLessThan\":{\"aws:EpochTime\":\"1795237690\"}", true),
        ("\"DateEquals\":{\"aws:CurrentTime\":\"2026-11-21T05:08:09.120Z\"}", true),
        ("\"DateNotEquals\":{\"aws:CurrentTime\":\"2026-11-21T05:08:09.120Z\"}", false),
        ("\"DateLessThanEquals\":{\"aws:CurrentTime\":\"2026-11-21T05:08:09.120Z\"}", true),
        ("\"DateGreaterThanEquals\":{\"aws:CurrentTime\":\"2026-11-21T05:08:10Z\"}", false),
        ("\"Bool\":{\"aws:SecureTransport\":\"true\"}", true),
        ("\"Bool\":{\"aws:SecureTransport\":true}", true),
        ("\"Bool\":{\"aws:SecureTransport\":\"false\"}", false),
        ("\"IpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"}", true),
        ("\"IpAddress\":{\"aws:SourceIp\":[\"198.51.100.0/24\",\"203.0.113.7\"]}", true),
        ("\"IpAddress\":{\"aws:SourceIp\":\"198.51.100.0/24\"}", false),
        ("\"NotIpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"}", false),
        ("\"NotIpAddress\":{\"aws:SourceIp\":[\"198.51.100.0/24\"]}", true),
        ("\"Null\":{\"aws:Referer\":\"true\"}", true),
        ("\"Null\":{\"aws:Referer\":\"false\"}", false),
        ("\"Null\":{\"aws:UserAgent\":[\"true\"]}", false),
        ("\"BinaryEquals\":{\"aws:UserAgent\":\"YWdlbnQ=\"}", false),
        // All operators, all keys.
        (
            "\"Bool\":{\"aws:SecureTransport\":true},\"StringEquals\":{\"aws:UserAgent\":\"x\"}",
            false,
        ),
        ("\"StringEquals\":{\"aws:UserAgent\":\"agent/1\",\"aws:Referer\":\"x\"}", false),
    ] {
        assert_eq!(condition_holds(condition, &request()), expected, "{condition}");
    }
}

#[test]
fn a_key_that_the_request_does_not_have_fails_unless_negated_or_asked_for_if_it_exists() {
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringLike", false),
        ("StringNotLike", true),
        ("StringEqualsIfExists", true),
        ("StringNotEqualsIfExists", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAllValues:StringEquals", true),
        ("ForAllValues:StringLikeIfExists", true),
    ] {
        for key in ["aws:Referer", "aws:SourceVpce", "aws:PrincipalOrgID", "nobody:knows"] {
            let condition = format!("\"{operator}\":{{\"{key}\":\"x\"}}");
            assert_eq!(condition_holds(&condition, &request()), expected, "{condition}");
        }
    }
    // A key that is there is compared, whatever stands before and behind the operator.
    for operator in
        ["StringEqualsIfExists", "ForAnyValue:StringEquals", "ForAllValues:StringEquals"]
    {
        let with = |value| format!("\"{operator}\":{{\"aws:UserAgent\":\"{value}\"}}");
        assert!(condition_holds(&with("agent/1"), &request()), "{operator}");
        assert!(!condition_holds(&with("agent/2"), &request()), "{operator}");
    }
}

#[test]
fn variables_stand_for_what_the_request_says_and_never_for_wildcards() {
    let alice = alice();
    let user = AccessRequest { principal: Principal::Iam(&alice), ..request() };
    let on = |resource: &str, request: &AccessRequest<'_>| {
        let statement = allow("").replace("\"*\"", &format!("\"{resource}\""));
        verdict(&statement, request) == Verdict::Allowed(0)
    };
    let of_alice = AccessRequest { resource: "a:b:c:d:e:x/GET/alice/1", ..user };
    assert!(on("a:b:c:d:e:x/GET/${aws:username}/*", &of_alice));
    assert!(!on(
        "a:b:c:d:e:x/GET/${aws:username}/*",
        &AccessRequest { resource: "a:b:c:d:e:x/GET/bob/1", ..user }
    ));
    // The anonymous have no name.
    let nobody = AccessRequest { principal: Principal::Anonymous, ..of_alice };
    assert!(!on("a:b:c:d:e:x/GET/${aws:username}/*", &nobody));
    assert!(on("a:b:c:d:e:x/GET/${aws:username, 'alice'}/*", &nobody));
    assert!(on("${*}", &AccessRequest { resource: "*", ..user }) && !on("${*}", &user));
    // A client that calls itself `*` is no wildcard.
    let star = AccessRequest { user_agent: Some("*"), referer: Some("x"), ..request() };
    let condition = "\"StringLike\":{\"aws:Referer\":\"${aws:UserAgent}\"}";
    assert!(!condition_holds(condition, &star));
    assert!(condition_holds(condition, &AccessRequest { referer: Some("*"), ..star }));
    // What has no value allows nothing, also where it is negated.
    let unlike = "\"StringNotEquals\":{\"aws:UserAgent\":\"${aws:username}\"}";
    assert!(!condition_holds(unlike, &request()));
    let deny = allow(&format!(",\"Condition\":{{{unlike}}}")).replace("Allow", "Deny");
    assert_eq!(verdict(&deny, &request()), Verdict::Denied(0));
    // Policies of the first version have none.
    let first = format!("{{\"Statement\":{}}}", allow("").replace("\"*\"", "\"${aws:UserAgent}\""));
    let of_text = AccessRequest { resource: "${aws:UserAgent}", ..request() };
    assert_eq!(Policy::parse(first.as_bytes()).unwrap().evaluate(&of_text), Verdict::Allowed(0));
}

#[test]
fn what_iam_would_not_take_is_no_policy() {
    for statements in [
        "null",
        "\"x\"",
        "{}",
        "[[]]",
        "{\"Effect\":\"Allow\",\"Action\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Resource\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Action\":[],\"Resource\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Action\":{},\"Resource\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Action\":null,\"Resource\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Action\":[1],\"Resource\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"NotAction\":\"*\",\"Resource\":\"*\"}",
        "{\"Effect\":\"allow\",\"Action\":\"*\",\"Resource\":\"*\"}",
        "{\"Effect\":true,\"Action\":\"*\",\"Resource\":\"*\"}",
        "{\"Effect\":\"Allow\",\"action\":\"*\",\"Resource\":\"*\"}",
        &allow(",\"More\":1"),
        &allow(",\"Sid\":1"),
        &allow(",\"Principal\":\"alice\""),
        &allow(",\"Principal\":{}"),
        &allow(",\"Principal\":{\"AWS\":[]}"),
        &allow(",\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:user/*\"}"),
        &allow(",\"Principal\":{\"Robot\":\"*\"}"),
        &allow(",\"Principal\":\"*\",\"NotPrincipal\":\"*\""),
        &allow(",\"Condition\":[]"),
        &allow(",\"Condition\":{\"StringEqual\":{\"aws:Referer\":\"x\"}}"),
        &allow(",\"Condition\":{\"stringequals\":{\"aws:Referer\":\"x\"}}"),
        &allow(",\"Condition\":{\"ForSome:StringEquals\":{\"aws:Referer\":\"x\"}}"),
        &allow(",\"Condition\":{\"NullIfExists\":{\"aws:Referer\":\"true\"}}"),
        &allow(",\"Condition\":{\"StringEquals\":{\"aws:Referer\":[]}}"),
        &allow(",\"Condition\":{\"StringEquals\":{\"aws:Referer\":null}}"),
        &allow(",\"Condition\":{\"StringEquals\":\"x\"}"),
        &allow(",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/40\"}}"),
        &allow(",\"Condition\":{\"NumericEquals\":{\"aws:EpochTime\":\"soon\"}}"),
        &allow(",\"Condition\":{\"NumericLessThan\":{\"aws:EpochTime\":\"NaN\"}}"),
        &allow(",\"Condition\":{\"DateLessThan\":{\"aws:CurrentTime\":\"tomorrow\"}}"),
        &allow(",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"yes\"}}"),
        &allow(",\"Effect\":\"Deny\""),
    ] {
        assert!(parse(statements).is_err(), "{statements}");
    }
    for document in [
        "",
        "[]",
        "{}",
        "{\"Version\":\"2012-10-17\"}",
        "{\"Version\":\"2020-01-01\",\"Statement\":[]}",
        "{\"Version\":1,\"Statement\":[]}",
        "{\"Statements\":[],\"Statement\":[]}",
    ] {
        assert!(Policy::parse(document.as_bytes()).is_err(), "{document}");
    }
    let at = |statements: &str| parse(statements).unwrap_err().pointer;
    assert_eq!(at("[{\"Effect\":\"x\"}]"), "/Statement/0/Effect");
    assert_eq!(at(&allow(",\"Condition\":{\"X\":{}}")), "/Statement/Condition/X");
}

#[test]
fn size_and_number_of_statements_are_bounded() {
    use crate::limits::{POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX};
    let padded = |bytes: usize| {
        let policy = format!("{{\"Statement\":{}}}", allow(""));
        format!("{policy}{}", " ".repeat(bytes - policy.len()))
    };
    assert!(Policy::parse(padded(POLICY_BYTES_MAX).as_bytes()).is_ok());
    assert!(Policy::parse(padded(POLICY_BYTES_MAX + 1).as_bytes()).is_err());
    let short = "{\"Effect\":\"Deny\",\"Action\":\"a\",\"Resource\":\"b\"}";
    let many = |count: usize| format!("[{}]", [short].repeat(count).join(","));
    assert!(parse(&many(POLICY_STATEMENTS_MAX)).is_ok());
    assert!(parse(&many(POLICY_STATEMENTS_MAX + 1)).is_err());
}

/// Every combination of two statements from a pool is decided as the definition says: denied if
/// any denial speaks of it, else allowed if any allowance does.
#[test]
fn verdicts_are_those_of_the_evaluation_logic() {
    let pool: Vec<(String, bool)> = [
        ("", true),
        (",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":false}}", false),
        (",\"Principal\":\"*\"", true),
        (",\"Principal\":{\"AWS\":\"123456789012\"}", false),
        (",\"Condition\":{\"Null\":{\"aws:Referer\":true}}", true),
    ]
    .map(|(more, speaks)| (allow(more), speaks))
    .into();
    for (first, first_speaks) in &pool {
        for (second, second_speaks) in &pool {
            for denies in [[false, false], [true, false], [false, true], [true, true]] {
                let write = |text: &String, is_deny: bool| match is_deny {
                    true => text.replace("Allow", "Deny"),
                    false => text.clone(),
                };
                let [a, b] = denies;
                let statements = format!("[{},{}]", write(first, a), write(second, b));
                let speaking: Vec<(usize, bool)> = [(0, *first_speaks, a), (1, *second_speaks, b)]
                    .into_iter()
                    .filter_map(|(n, speaks, denies)| speaks.then_some((n, denies)))
                    .collect();
                let denied = speaking.iter().find(|(_, denies)| *denies);
                let expected = match (denied, speaking.first()) {
                    (Some((n, _)), _) => Verdict::Denied(*n),
                    (None, Some((n, _))) => Verdict::Allowed(*n),
                    (None, None) => Verdict::Silent,
                };
                assert_eq!(verdict(&statements, &request()), expected, "{statements}");
            }
        }
    }
}

#[test]
fn a_policy_survives_its_encoding() {
    let policy = parse(&allow(
        ",\"Sid\":\"s\",\"Principal\":{\"AWS\":\"123456789012\"},\"Condition\":{\
         \"IpAddress\":{\"aws:SourceIp\":\"::/0\"},\"StringLike\":{\"aws:UserAgent\":\"${aws:username, 'x'}*\"}}",
    ))
    .unwrap();
    assert_eq!(policy.sid(0), Some("s"));
    assert_eq!(crate::codec::decode(&crate::codec::encode(&policy)), Ok(policy));
}
