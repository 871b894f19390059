//! Signed URLs and cookies: what is asked of the host, and what is refused before that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::{Digest, Signature};

fn signed() -> Distribution {
    let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Name": "g", "Items": ["K1"]}}});
    let key = public_key("K1", RSA_2048);
    let trusted = json!({"Enabled": true, "Quantity": 1, "Items": ["g"]});
    serving(json!({"TrustedKeyGroups": trusted}), &[group, key])
}

fn encode(text: &str) -> String {
    STANDARD.encode(text).replace('+', "-").replace('=', "_").replace('/', "~")
}

fn asked(target: &str, lines: Lines<'_>) -> Result<Signature, u16> {
    let distribution = signed();
    let found = get(&distribution, target, lines).signature(1000);
    found.map(|signature| signature.expect("one is needed")).map_err(|answer| answer.status)
}

#[test]
fn a_canned_policy_is_about_the_url_without_the_signature() {
    let signature = encode("s");
    let target = std::format!("/a?x=1&Expires=2000&Signature={signature}&Key-Pair-Id=K1");
    let asked = asked(&target, &[]).unwrap();
    let message = r#"{"Statement":[{"Resource":"http://cdn.example/a?x=1","Condition":{"DateLessThan":{"AWS:EpochTime":2000}}}]}"#;
    assert_eq!(String::from_utf8(asked.message).unwrap(), message);
    assert_eq!(
        (asked.signature, asked.key_id, asked.digest),
        (b"s".to_vec(), "K1".into(), Digest::Sha1)
    );
}

#[test]
fn what_is_not_signed_by_a_trusted_key_in_time_is_refused() {
    let signature = encode("s");
    for query in [
        "",
        "Key-Pair-Id=K1",
        &std::format!("Expires=1000&Signature={signature}&Key-Pair-Id=K1"),
        &std::format!("Expires=2000&Signature={signature}&Key-Pair-Id=K2"),
        &std::format!("Expires=2000&Signature={signature}"),
        &std::format!("Expires=2000&Signature={signature}&Key-Pair-Id=K1&Key-Pair-Id=K1"),
        "Expires=2000&Signature=%%&Key-Pair-Id=K1",
        &std::format!("Expires=2000&Signature={signature}&Key-Pair-Id=K1&Hash-Algorithm=MD5"),
    ] {
        assert_eq!(asked(&std::format!("/a?{query}"), &[]), Err(403), "{query}");
    }
}

fn by_policy(policy: &str) -> Result<Signature, u16> {
    let cookie = std::format!(
        "CloudFront-Policy={}; CloudFront-Signature={}; CloudFront-Key-Pair-Id=K1; \
         CloudFront-Hash-Algorithm=SHA256",
        encode(policy),
        encode("s"),
    );
    asked("/a/b?x=1", &[("Cookie", &cookie)])
}

#[test]
fn a_custom_policy_says_where_when_and_from_where() {
    let policy = |resource: &str, condition: &str| {
        std::format!(r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{{condition}}}}}]}}"#)
    };
    let until = r#""DateLessThan":{"AWS:EpochTime":2000}"#;
    let good = policy("http*://cdn.example/a/*", until);
    let asked = by_policy(&good).unwrap();
    assert_eq!((asked.message, asked.digest), (good.into_bytes(), Digest::Sha256));
    let and = |more: &str| by_policy(&policy("*", &std::format!("{until},{more}"))).is_ok();
    assert!(and(r#""DateGreaterThan":{"AWS:EpochTime":999}"#));
    assert!(!and(r#""DateGreaterThan":{"AWS:EpochTime":1000}"#));
    assert!(and(r#""IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}"#));
    assert!(!and(r#""IpAddress":{"AWS:SourceIp":"192.0.3.0/24"}"#));
    assert!(!and(r#""IpAddress":{"AWS:SourceIp":"nonsense/99"}"#));
    assert!(!and(r#""NotIpAddress":{"AWS:SourceIp":"192.0.3.0/24"}"#), "what nobody reads");
    for bad in [
        policy("http://cdn.example/b/*", until),
        policy("*", r#""DateLessThan":{"AWS:EpochTime":1000}"#),
        policy("*", ""),
        policy("*", r#""DateLessThan":{"AWS:EpochTime":"2000"}"#),
        String::from("{}"),
        String::from("[]"),
        String::new(),
    ] {
        assert_eq!(by_policy(&bad), Err(403), "{bad}");
    }
}

#[test]
fn no_spelling_of_a_path_leads_around_a_behaviour_that_is_signed() {
    let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Name": "g", "Items": ["K1"]}}});
    let trusted = json!({"Enabled": true, "Quantity": 1, "Items": ["g"]});
    let private = behavior(json!({"TrustedKeyGroups": trusted, "PathPattern": "/@me/private/*"}));
    let files = behavior(json!({"TrustedKeyGroups": trusted, "PathPattern": "/files/*.pdf"}));
    let behaviors = document(json!({"CacheBehaviors": {"Items": [private, files]}}));
    let distribution = distribution_of(&behaviors, &[group, public_key("K1", RSA_2048)]);
    for target in [
        "/%2540me/private/a",
        "/files/a.pdf.",
        "/files/a.pdf%20",
        "/files/a.pdf%2e%20",
        "/@me/private%2fa",
        "/%2f@me/private/a",
        "/@me%252fprivate/a",
        "/@me/private;x/a",
        "/@me;/private%2Fa",
        "/%40me/private/a",
        "/%2f%40me/private;x/a",
        "/@me/private%5ca",
        "/@me%255cprivate/a",
        "/@me%5cprivate;x%5ca",
    ] {
        assert_eq!(status(&distribution, "GET", target), 400, "{target}");
    }
    for target in
        ["/a%2fb", "/@me/privat%2fe", "/a;b/c", "/%40you/private/a", "/@me/private/a%2fb;c"]
    {
        assert_ne!(status(&distribution, "GET", target), 400, "{target}");
    }
}

#[test]
fn neither_key_nor_origin_sees_the_signature() {
    let policy = cache_policy(
        json!({"HeaderBehavior": "none"}),
        json!({"CookieBehavior": "all"}),
        json!({"QueryStringBehavior": "all"}),
    );
    let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Name": "g", "Items": ["K1"]}}});
    let key = public_key("K1", RSA_2048);
    let trusted = json!({"Enabled": true, "Quantity": 1, "Items": ["g"]});
    let changes = json!({"TrustedKeyGroups": trusted, "CachePolicyId": "p"});
    let distribution = serving(changes, &[group, key, policy]);
    let at = |expires: u32| {
        get(&distribution, &std::format!("/a?Expires={expires}&Signature=s&x=1"), &[])
    };
    assert_eq!(at(1).key(), at(2).key());
    assert_eq!(at(1).origin_request(0, "id").target, "/a?x=1");
    let request = sent(&distribution, "/", &[("Cookie", "CloudFront-Signature=s; a=1")]);
    assert_eq!(request.fields.text("cookie"), Some("a=1"));
}

#[test]
fn signatures_of_curves_are_two_numbers_of_their_length() {
    use crate::ecdsa_p256_raw;
    let der = |r: &[u8], s: &[u8]| {
        let number = |n: &[u8]| [&[2, n.len() as u8], n].concat();
        let body = [number(r), number(s)].concat();
        [&[0x30, body.len() as u8], &*body].concat()
    };
    let raw = ecdsa_p256_raw(&der(&[0, 0x80, 1], &[7])).unwrap();
    let mut expected = [0; 64];
    (expected[30], expected[31], expected[63]) = (0x80, 1, 7);
    assert_eq!(raw, expected);
    let right = der(&[1; 32], &[2; 32]);
    assert!(ecdsa_p256_raw(&right).is_some());
    for wrong in [&right[..69], &[&*right, &[0]].concat(), &der(&[1; 33], &[2]), &[], &[0x30, 0x81]]
    {
        assert_eq!(ecdsa_p256_raw(wrong), None, "{wrong:?}");
    }
}

#[test]
fn what_a_wildcard_allows_is_not_left_by_dot_segments() {
    let policy = r#"{"Statement":[{"Resource":"http://cdn.example/private/*","Condition":{"DateLessThan":{"AWS:EpochTime":2000}}}]}"#;
    let rest = std::format!("?Policy={}&Signature={}&Key-Pair-Id=K1", encode(policy), encode("s"));
    assert!(asked(&std::format!("/private/a{rest}"), &[]).is_ok());
    for path in ["/private/../vip/a", "/private/x/../../vip/a", "/private/./a", "/private/.."] {
        assert_eq!(asked(&std::format!("{path}{rest}"), &[]).unwrap_err(), 403, "{path}");
    }
}

/// Why it is refused, which viewers are not told.
fn reason(target: &str, lines: Lines<'_>) -> Option<String> {
    let distribution = signed();
    let answer = get(&distribution, target, lines).signature(1000).unwrap_err();
    let reason = answer.reason.as_ref().map(ToString::to_string);
    assert!(reason.iter().all(|reason| !answer.content.contains(&**reason)));
    reason
}

#[test]
fn the_operator_is_told_why_a_signature_is_refused() {
    let s = encode("s");
    for (query, why) in [
        ("Expires=2000&Signature=s&Key-Pair-Id=K2", "the key pair id `K2` is none of those"),
        ("Expires=1000&Signature=S&Key-Pair-Id=K1", "it expired at 1000, and it is 1000"),
        ("Expires=soon&Signature=S&Key-Pair-Id=K1", "its `Expires` is no time"),
        (
            "Expires=2000&Signature=%%&Key-Pair-Id=K1",
            "its `Signature` is not in CloudFront's base64",
        ),
        ("Expires=2000&Key-Pair-Id=K1", "there is no `Signature`"),
        ("Signature=S&Key-Pair-Id=K1", "there is neither `Policy` nor `Expires`"),
        ("Policy=%%&Signature=S&Key-Pair-Id=K1", "its `Policy` is not in CloudFront's base64"),
        ("Expires=2000&Signature=S&Key-Pair-Id=K1&Hash-Algorithm=MD5", "neither SHA1 nor SHA256"),
    ] {
        let query = query.replace("Signature=S&", &std::format!("Signature={s}&"));
        let told = reason(&std::format!("/a?{query}"), &[]).unwrap();
        assert!(told.contains(why), "{query}: {told}");
    }
    assert_eq!(reason("/a", &[]), None, "viewers are told all of it");
    let dots = reason(&std::format!("/a/../b?Expires=2000&Signature={s}&Key-Pair-Id=K1"), &[]);
    assert!(dots.unwrap().contains("dot segments"));
}

#[test]
fn the_operator_is_told_what_a_policy_does_not_allow() {
    let until = r#""DateLessThan":{"AWS:EpochTime":2000}"#;
    let policy = |resource: &str, condition: &str| {
        std::format!(r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{{condition}}}}}]}}"#)
    };
    for (policy, why) in [
        (String::from("{"), "its policy is no JSON"),
        (String::from("{}"), "its policy has not one `Statement`"),
        (policy("*", ""), "its `DateLessThan` is no time"),
        (policy("*", r#""DateLessThan":{"AWS:EpochTime":999}"#), "it expired at 999"),
        (
            policy("*", &std::format!(r#"{until},"DateGreaterThan":{{"AWS:EpochTime":1500}}"#)),
            "it counts from 1500 on, and it is 1000",
        ),
        (
            policy("*", &std::format!(r#"{until},"IpAddress":{{"AWS:SourceIp":"192.0.3.0/24"}}"#)),
            "it is for `192.0.3.0/24`, and the viewer is 192.0.2.7",
        ),
        (
            policy("http://cdn.example/b/*?t=s3cret", until),
            "its policy is for `http://cdn.example/b/*`, and `http://cdn.example/a/b` is asked for",
        ),
    ] {
        let (policy, s) = (encode(&policy), encode("s"));
        let target = std::format!("/a/b?x=1&Policy={policy}&Signature={s}&Key-Pair-Id=K1");
        let told = reason(&target, &[]).unwrap();
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn a_signature_over_something_else_is_told_with_what_should_have_been_signed() {
    let distribution = signed();
    let target = std::format!("/a?x=1&Expires=2000&Signature={}&Key-Pair-Id=K1", encode("s"));
    let answer = get(&distribution, &target, &[]).is_trusted(false).unwrap();
    let reason = answer.reason.unwrap().to_string();
    assert!(reason.ends_with("over the canned policy for http://cdn.example/a"), "{reason}");
    assert!(get(&distribution, &target, &[]).is_trusted(true).is_none());
}
