//! What is read, and what is refused.

use super::*;
use crate::{Document, MANAGED, Named};

fn problems(document: &Value) -> Vec<String> {
    let (_, problems) = read_all(document, &[]);
    problems.iter().filter(|p| !p.is_warning).map(|p| p.pointer.clone()).collect()
}

#[test]
fn what_the_command_line_prints_is_read() {
    let config = document(json!({"Aliases": {"Quantity": 1, "Items": ["WWW.example"]}}));
    let described = json!({"Distribution": {
        "Id": "E1", "DomainName": "d1.cloudfront.net", "DistributionConfig": config["DistributionConfig"],
    }});
    let distribution = distribution_of(&described, &[]);
    assert_eq!(distribution.id, "E1");
    assert_eq!(distribution.aliases, ["www.example", "d1.cloudfront.net"]);
    assert_eq!(distribution_of(&config, &[]).id, "d");
}

#[test]
fn a_web_acl_is_known_by_its_arn() {
    let of = |arn: &str| distribution_of(&document(json!({"WebACLId": arn})), &[]).web_acl_id;
    let arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/1";
    assert_eq!((of(arn).as_deref(), of("")), (Some(arn), None));
}

#[test]
fn aliases_may_stand_for_any_label() {
    let aliases = json!({"Aliases": {"Items": ["*.example.com", "a.example"]}});
    let distribution = distribution_of(&document(aliases), &[]);
    assert!(distribution.is_for("x.example.com:8080") && distribution.is_for("A.example"));
    assert!(!distribution.is_for("x.y.example.com") && !distribution.is_for("example.com"));
}

#[test]
fn what_is_not_supported_is_refused_at_its_place() {
    let at_top = |name: &str, value: Value| {
        let mut changes = json!({});
        changes[name] = value;
        problems(&document(changes))
    };
    assert_eq!(at_top("Staging", json!(true)), ["/DistributionConfig/Staging"]);
    assert_eq!(at_top("SomethingNew", json!(1)), ["/DistributionConfig/SomethingNew"]);
    let in_behavior = |name: &str, value: Value| {
        let mut changes = json!({});
        changes[name] = value;
        !problems(&document(json!({"DefaultCacheBehavior": behavior(changes)}))).is_empty()
    };
    for (name, value) in [
        ("FunctionAssociations", json!({"Quantity": 1, "Items": [{}]})),
        ("LambdaFunctionAssociations", json!({"Quantity": 1, "Items": [{}]})),
        ("FieldLevelEncryptionId", json!("x")),
        ("RealtimeLogConfigArn", json!("x")),
        ("SmoothStreaming", json!(true)),
        ("GrpcConfig", json!({"Enabled": true})),
        ("TrustedSigners", json!({"Enabled": true, "Quantity": 1, "Items": ["self"]})),
        ("TrustedKeyGroups", json!({"Enabled": true, "Items": ["nobody"]})),
        ("CachePolicyId", json!("no such policy")),
        ("OriginRequestPolicyId", json!("no such policy")),
        ("ResponseHeadersPolicyId", json!("no such policy")),
        ("TargetOriginId", json!("nowhere")),
        ("ViewerProtocolPolicy", json!("sometimes")),
        ("AllowedMethods", json!({"Items": ["GET"]})),
        ("Unknown", json!(1)),
    ] {
        assert!(in_behavior(name, value), "{name}");
    }
}

#[test]
fn origins_that_are_neither_buckets_nor_http_origins_are_refused() {
    for changes in [
        json!({"S3OriginConfig": {"OriginAccessIdentity": ""}}),
        json!({"S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"},
            "OriginAccessControlId": "E2",
            "DomainName": "site.s3.eu-west-1.amazonaws.com", "CustomOriginConfig": null}),
        json!({"S3OriginConfig": {"OriginAccessIdentity": ""}, "CustomOriginConfig": null,
            "DomainName": "site.s3-website.eu-west-1.amazonaws.com"}),
        json!({"S3OriginConfig": {}, "OriginAccessControlId": "nobody", "CustomOriginConfig": null,
            "DomainName": "site.s3.eu-west-1.amazonaws.com"}),
        json!({"OriginAccessControlId": "x"}),
        json!({"VpcOriginConfig": {}}),
        json!({"DomainName": "a b"}),
        json!({"OriginPath": "x/"}),
        json!({"CustomHeaders": {"Items": [{"HeaderName": "Host", "HeaderValue": "x"}]}}),
        json!({"CustomHeaders": {"Items": [{"HeaderName": "X", "HeaderValue": "a\r\nb: c"}]}}),
    ] {
        let origins = json!({"Origins": {"Items": [origin(changes.clone())]}});
        assert!(!problems(&document(origins)).is_empty(), "{changes}");
    }
}

#[test]
fn a_quantity_that_is_not_the_number_of_items_is_a_mistake() {
    let origins = json!({"Origins": {"Quantity": 2, "Items": [origin(json!({}))]}});
    assert_eq!(problems(&document(origins)), ["/DistributionConfig/Origins"]);
}

#[test]
fn text_that_is_no_json_is_a_mistake() {
    let (distribution, problems) = Distribution::read("d", "{", &["["], Options::default());
    assert!(distribution.is_none() && problems.len() == 2);
    assert_eq!(problems[0].document, Document::Reference(0));
}

#[test]
fn what_an_origin_says_of_connections_is_kept_or_told() {
    let told = |custom: Value, changes: Value| {
        let plain = json!({"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"});
        let origin = origin(json!({"CustomOriginConfig": with(plain, custom)}));
        let (_, problems) =
            read_all(&document(json!({"Origins": {"Items": [with(origin, changes)]}})), &[]);
        let told = |p: Problem| (p.pointer.rsplit_once("/0/").unwrap().1.to_string(), p.is_warning);
        problems.into_iter().map(told).collect::<Vec<_>>()
    };
    let as_created = json!({"OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        "OriginReadTimeout": 30, "OriginKeepaliveTimeout": 5});
    assert_eq!(told(as_created, json!({})), []);
    let protocols = json!({"OriginSslProtocols": {"Items": ["TLSv1.2", "TLSv1"]}});
    let place = "CustomOriginConfig/OriginSslProtocols/Items/1".to_string();
    assert_eq!(told(protocols, json!({})), [(place, true)]);
    let place = |name: &str| ["CustomOriginConfig/", name].concat();
    let kept = told(json!({"OriginKeepaliveTimeout": 60}), json!({}));
    assert_eq!(kept, [(place("OriginKeepaliveTimeout"), true)]);
    let never = told(json!({"OriginReadTimeout": 0}), json!({}));
    assert_eq!(never, [(place("OriginReadTimeout"), false)]);
    for changes in [json!({"ConnectionTimeout": 11}), json!({"ConnectionAttempts": 0})] {
        let name = changes.as_object().unwrap().keys().next().unwrap().clone();
        assert_eq!(told(json!({}), changes), [(name, false)]);
    }
}

#[test]
fn a_bucket_is_waited_for_as_long_as_it_says() {
    let bucket = origin(json!({"CustomOriginConfig": null,
        "DomainName": "site.s3.eu-west-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": "", "OriginReadTimeout": 7}}));
    let distribution = distribution_of(&document(json!({"Origins": {"Items": [bucket]}})), &[]);
    assert_eq!(distribution.origins[0].read_timeout_s, 7);
}

#[test]
fn what_is_not_kept_of_an_output_is_warned_of_and_loads() {
    let origin = origin(json!({"ResponseCompletionTimeout": 60}));
    let tags = json!({"HeaderName": "Cache-Tag"});
    let document = document(json!({"Origins": {"Items": [origin]}, "CacheTagConfig": tags}));
    let (distribution, problems) = read_all(&document, &[]);
    assert!(distribution.is_some());
    let places: Vec<&str> =
        problems.iter().map(|problem| problem.pointer.rsplit_once('/').unwrap().1).collect();
    assert_eq!(places, ["CacheTagConfig", "ResponseCompletionTimeout"]);
}

#[test]
fn a_warning_about_many_places_is_told_once_with_their_number() {
    let named = |id: &str| {
        json!({"OriginRequestPolicy": {"Id": id, "OriginRequestPolicyConfig": {
            "Name": id, "HeadersConfig": {"HeaderBehavior": "whitelist",
                "Headers": {"Items": ["CloudFront-Viewer-Header-Count", "X-Edge-A"]}},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"}}}})
    };
    let (distribution, problems) = read_all(&document(json!({})), &["a", "b", "c"].map(named));
    assert!(distribution.is_some());
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let [count, edge] = &told[..] else { panic!("{told:?}") };
    assert!(count.starts_with("references/0#/OriginRequestPolicy/"), "{count}");
    assert!(count.ends_with(" (and at 2 more places)"), "{count}");
    assert!(edge.contains("X-Edge-A") && edge.ends_with(" (and at 2 more places)"), "{edge}");
    // Mistakes are to be mended one by one.
    let wrong = json!({"CacheBehaviors": {"Items": [behavior(json!({})), behavior(json!({}))]}});
    assert_eq!(problems_of(&wrong), ["/CacheBehaviors/Items/0", "/CacheBehaviors/Items/1"]);
}

fn problems_of(changes: &Value) -> Vec<String> {
    let places = problems(&document(changes.clone()));
    places.iter().map(|place| place.replace("/DistributionConfig", "")).collect()
}

fn behaviors(patterns: &[&str]) -> Value {
    let behavior = |pattern: &&str| behavior(json!({"PathPattern": pattern}));
    json!({"CacheBehaviors": {"Items": patterns.iter().map(behavior).collect::<Vec<_>>()}})
}

#[test]
fn path_patterns_have_the_characters_that_cloudfront_takes() {
    let all = "/AZaz09_-.*?$/~\"'@:+&";
    assert_eq!(problems_of(&behaviors(&[all, &"a".repeat(255)])), [""; 0]);
    for wrong in ["^/api", "/a b", "/ä", "/a%20b", "/(a|b)", "/[ab]", "/a#", "", &"a".repeat(256)]
    {
        let place = "/CacheBehaviors/Items/0/PathPattern";
        assert_eq!(problems_of(&behaviors(&[wrong])), [place], "{wrong}");
    }
}

#[test]
fn a_path_pattern_is_that_of_one_behavior() {
    let (distribution, told) = read_all(&document(behaviors(&["/a/*", "/b", "/a/*", "b"])), &[]);
    assert!(distribution.is_none());
    let told: Vec<_> = told.iter().map(|told| (&*told.pointer, told.is_warning)).collect();
    let place = |n: usize| std::format!("/DistributionConfig/CacheBehaviors/Items/{n}/PathPattern");
    assert_eq!(told, [(&*place(2), false), (&*place(3), true)], "with the slash and without");
}

#[test]
fn countries_are_those_of_iso_3166() {
    let of = |code: &str| {
        let geo = json!({"RestrictionType": "whitelist", "Quantity": 2, "Items": ["DE", code]});
        let (_, told) = read_all(&document(json!({"Restrictions": {"GeoRestriction": geo}})), &[]);
        told.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of("GB"), [""; 0]);
    let [british] = &of("UK")[..] else { panic!() };
    let place = "distribution#/DistributionConfig/Restrictions/GeoRestriction/Items/1: `UK` is no country's";
    assert!(
        british.starts_with(place) && british.ends_with("the United Kingdom's is `GB`"),
        "{british}"
    );
    assert_eq!((of("DEU").len(), of("Germany").len()), (1, 1));
}

#[test]
fn what_is_missing_hides_nothing_of_the_rest() {
    let default = behavior(json!({"TargetOriginId": "x"}));
    let first = behavior(json!({"CachePolicyId": "y"}));
    let wrong = json!({
        "DefaultCacheBehavior": default,
        "CacheBehaviors": {"Items": [first]},
        "CustomErrorResponses": {"Items": [{"ErrorCode": 404, "ResponsePagePath": "q"}]},
    });
    assert_eq!(
        problems_of(&wrong),
        [
            "/CacheBehaviors/Items/0",
            "/CacheBehaviors/Items/0/CachePolicyId",
            "/DefaultCacheBehavior/TargetOriginId",
            "/CustomErrorResponses/Items/0/ResponsePagePath",
        ]
    );
}

#[test]
fn a_document_of_another_kind_is_told_as_what_it_is() {
    let said = |document: &Value, references: &[Value]| {
        let (distribution, told) = read_all(document, references);
        assert!(distribution.is_none());
        let [told] = &told[..] else { panic!("{told:?}") };
        told.message.clone()
    };
    for (member, kind) in [
        ("CachePolicy", "a cache policy"),
        ("PublicKey", "a public key"),
        ("WebACL", "a web ACL"),
        ("openapi", "an API's definition"),
        ("DistributionList", "a list"),
    ] {
        let message = said(&json!({member: {"Id": "x"}}), &[]);
        assert!(message.starts_with(&std::format!("it is {kind}")), "{message}");
    }
    for (member, kind) in [
        ("Distribution", "a distribution"),
        ("DistributionConfig", "a distribution"),
        ("WebACL", "a web ACL"),
        ("CachePolicyConfig", "one without its id"),
        ("CachePolicyList", "a list"),
    ] {
        let message = said(&document(json!({})), &[json!({member: {"Id": "x"}})]);
        assert!(message.starts_with(&std::format!("it is {kind}")), "{message}");
    }
    let message = said(&document(json!({})), &[json!({"CachePolicy": {"Name": "x"}})]);
    assert_eq!(message, "`Id` is missing");
}

#[test]
fn a_name_that_nothing_has_is_told_with_those_that_there_are() {
    let unknown = |changes: Value, references: &[Value]| {
        let (_, told) =
            read_all(&document(json!({"DefaultCacheBehavior": behavior(changes)})), references);
        told.into_iter().find_map(|problem| problem.unknown).expect("an unknown name")
    };
    let found = unknown(json!({"CachePolicyId": "q"}), &[none_in_key()]);
    assert_eq!(
        (&*found.name, found.what, &found.known[..]),
        ("q", Named::CachePolicy, &["p".into()][..])
    );
    let found = unknown(json!({"TargetOriginId": "wep"}), &[]);
    assert_eq!((found.what, &found.known[..]), (Named::Within, &["web".into()][..]));
    let found = unknown(json!({"ViewerProtocolPolcy": "allow-all"}), &[]);
    let missing =
        ["ViewerProtocolPolicy", "TargetOriginId"].map(|name| found.known.contains(&name.into()));
    assert_eq!((found.what, missing), (Named::Word, [false; 2]), "what is there is not meant");
    assert!(found.known.contains(&"PathPattern".into()));
    let found = unknown(json!({"ViewerProtocolPolicy": "allow"}), &[]);
    assert_eq!((&*found.name, found.what), ("allow", Named::Word));
}

#[test]
fn policies_of_aws_are_known_by_the_ids_in_their_list() {
    for policy in MANAGED {
        let changes = match policy.kind {
            Named::CachePolicy => json!({"CachePolicyId": policy.id}),
            Named::OriginRequestPolicy => json!({"OriginRequestPolicyId": policy.id}),
            _ => json!({"ResponseHeadersPolicyId": policy.id}),
        };
        serving(changes, &[]);
    }
}

#[test]
fn a_value_of_another_type_is_a_mistake_and_not_what_stands_there_else() {
    for (changes, place) in [
        (json!({"Enabled": "true"}), "/Enabled"),
        (json!({"WebACLId": 5}), "/WebACLId"),
        (
            json!({"DefaultCacheBehavior": behavior(json!({"Compress": "yes"}))}),
            "/DefaultCacheBehavior/Compress",
        ),
        (
            json!({"CustomErrorResponses": {"Items": [{"ErrorCode": "404"}]}}),
            "/CustomErrorResponses/Items/0/ErrorCode",
        ),
        (json!({"Aliases": {"Quantity": "0"}}), "/Aliases/Quantity"),
        (json!({"Aliases": {"Quantity": 1}}), "/Aliases"),
        (json!({"Aliases": "cdn.example"}), "/Aliases"),
        (json!({"Aliases": {"Items": "cdn.example"}}), "/Aliases/Items"),
    ] {
        assert_eq!(problems_of(&changes), [place], "{changes}");
    }
}

#[test]
fn key_groups_that_are_named_are_enabled_or_not_and_never_neither() {
    let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Name": "g", "Items": ["K1"]}}});
    let told = |trusted: Value| {
        let behavior = behavior(json!({"TrustedKeyGroups": trusted}));
        let document = document(json!({"DefaultCacheBehavior": behavior}));
        let (_, told) = read_all(&document, &[group.clone(), public_key("K1", RSA_2048)]);
        told.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    assert_eq!(told(json!({"Enabled": true, "Items": ["g"]})), [""; 0]);
    assert_eq!(told(json!({"Enabled": false, "Quantity": 0})), [""; 0]);
    assert_eq!(told(json!({"Enabled": "true", "Items": ["g"]})), ["it must be true or false"]);
    assert_eq!(told(json!({"Quantity": 1, "Items": ["g"]})), ["`Enabled` is missing"]);
}

#[test]
fn an_empty_cache_policy_id_is_none() {
    let values = json!({"QueryString": false, "Cookies": {"Forward": "none"}});
    let changes = json!({"CachePolicyId": "", "ForwardedValues": values, "DefaultTTL": 7});
    let distribution = serving(changes, &[]);
    assert_eq!(get(&distribution, "/", &[]).policy(200).default_ttl_s, 7);
}

#[test]
fn what_reaches_an_origin_beside_the_key_of_what_is_stored_is_warned_of() {
    const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
    let told = |cache: &str, forward: &str| {
        let policies = json!({"CachePolicyId": cache, "OriginRequestPolicyId": forward});
        let document = document(json!({"DefaultCacheBehavior": behavior(policies)}));
        let (distribution, problems) = read_all(&document, &[]);
        assert!(distribution.is_some());
        problems
    };
    // CachingOptimized
    let problems = told("658327ea-f89d-4fab-a63d-7e88639e58f6", ALL_VIEWER);
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(
        problem.is_warning
            && problem.pointer.ends_with("/DefaultCacheBehavior/OriginRequestPolicyId")
    );
    assert!(problem.message.contains("(cookies, X-Forwarded-Host, X-Original-URL, X-Rewrite-URL)"));
    // CachingDisabled; UserAgentRefererHeaders.
    assert_eq!(told("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", ALL_VIEWER), []);
    let referer = "acba4595-bd28-49b8-b9fe-13317c0390fa";
    assert_eq!(told("658327ea-f89d-4fab-a63d-7e88639e58f6", referer), []);
}
