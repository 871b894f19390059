//! What viewers are told: response headers policies, and the edge's own fields.

use super::*;
use crate::Compression::{Brotli, Gzip};
use crate::{CacheResult, Invalidation};

fn finished(policy: Value, lines: Lines<'_>, answered: Lines<'_>, method: &str) -> Fields {
    let all = json!({"Items": ["GET", "HEAD", "OPTIONS"]});
    let document =
        json!({"ResponseHeadersPolicy": {"Id": "r", "ResponseHeadersPolicyConfig": policy}});
    let changes = json!({"ResponseHeadersPolicyId": "r", "AllowedMethods": all});
    let distribution = serving(changes, &[document]);
    let matched = ask(&distribution, method, "/", lines).unwrap();
    let mut fields: Fields = answered.iter().map(|(n, v)| (n.to_string(), v)).collect();
    matched.finish(&mut fields, CacheResult::Hit, None, "id");
    fields
}

#[test]
fn fields_are_set_replaced_and_removed() {
    let policy = json!({
        "Name": "r",
        "SecurityHeadersConfig": {
            "StrictTransportSecurity":
                {"Override": true, "AccessControlMaxAgeSec": 60, "IncludeSubdomains": true, "Preload": true},
            "FrameOptions": {"Override": false, "FrameOption": "DENY"},
            "ContentSecurityPolicy": {"Override": true, "ContentSecurityPolicy": "default-src 'none'"},
            "XSSProtection": {"Override": true, "Protection": true, "ModeBlock": true},
            "ContentTypeOptions": {"Override": true},
            "ReferrerPolicy": {"Override": true, "ReferrerPolicy": "no-referrer"},
        },
        "CustomHeadersConfig": {"Items": [{"Header": "X-A", "Value": "new", "Override": true}]},
        "RemoveHeadersConfig": {"Items": [{"Header": "Server"}]},
    });
    let answered = [("Server", "x"), ("X-Frame-Options", "SAMEORIGIN"), ("X-A", "old")];
    let fields = finished(policy, &[], &answered, "GET");
    for (name, value) in [
        ("strict-transport-security", "max-age=60; includeSubDomains; preload"),
        ("x-frame-options", "SAMEORIGIN"),
        ("content-security-policy", "default-src 'none'"),
        ("x-xss-protection", "1; mode=block"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-a", "new"),
        ("x-cache", "Hit from cloudfront"),
        ("x-amz-cf-id", "id"),
    ] {
        assert_eq!(fields.all(name).collect::<Vec<_>>(), [value.as_bytes()], "{name}");
    }
    assert!(!fields.contains("server") && fields.contains("via"));
}

fn cors(credentials: bool) -> Value {
    json!({"Name": "r", "CorsConfig": {
        "AccessControlAllowOrigins": {"Items": ["https://*.example", "http://b.test"]},
        "AccessControlAllowHeaders": {"Items": ["X-A"]},
        "AccessControlAllowMethods": {"Items": ["ALL"]},
        "AccessControlAllowCredentials": credentials,
        "AccessControlExposeHeaders": {"Items": ["X-B"]},
        "AccessControlMaxAgeSec": 60,
        "OriginOverride": true,
    }})
}

#[test]
fn origins_that_are_allowed_are_told_so() {
    let answered = [("Access-Control-Allow-Origin", "https://evil.test")];
    let fields = finished(cors(true), &[("Origin", "https://a.example")], &answered, "GET");
    let allowed: Vec<_> = fields.all("access-control-allow-origin").collect();
    assert_eq!(allowed, [b"https://a.example"]);
    assert_eq!(fields.text("access-control-allow-credentials"), Some("true"));
    assert_eq!(fields.text("access-control-expose-headers"), Some("X-B"));
    assert_eq!(fields.text("vary"), Some("Origin"));
    for other in ["https://a.example.evil", "http://a.example", "null"] {
        let fields = finished(cors(true), &[("Origin", other)], &answered, "GET");
        assert!(!fields.contains("access-control-allow-origin"), "{other}");
    }
    let fields = finished(cors(true), &[], &[], "GET");
    assert!(!fields.contains("access-control-allow-origin"));
}

#[test]
fn what_an_origin_says_itself_of_other_origins_is_left_and_the_rest_is_added() {
    let policy = with(cors(false)["CorsConfig"].clone(), json!({"OriginOverride": false}));
    let policy = json!({"Name": "r", "CorsConfig": policy});
    let asked = [("Origin", "http://b.test"), ("Access-Control-Request-Method", "PUT")];
    let own =
        ["Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Max-Age"];
    for name in own {
        let fields = finished(policy.clone(), &asked, &[(name, "own")], "OPTIONS");
        for one in own {
            let is_own = fields.all(one).collect::<Vec<_>>() == [&b"own"[..]];
            assert_eq!((is_own, fields.contains(one)), (name == one, true), "{name} {one}");
        }
        assert_eq!(fields.contains("vary"), name != own[0]);
    }
    let fields = finished(policy, &asked, &[], "OPTIONS");
    assert_eq!(fields.text("access-control-allow-origin"), Some("http://b.test"));
}

#[test]
fn a_preflight_request_is_told_methods_and_fields() {
    let lines = [("Origin", "http://b.test"), ("Access-Control-Request-Method", "PUT")];
    let fields = finished(cors(false), &lines, &[], "OPTIONS");
    let methods = fields.text("access-control-allow-methods").unwrap();
    assert_eq!(methods, "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS");
    assert_eq!(fields.text("access-control-allow-headers"), Some("X-A"));
    assert_eq!(fields.text("access-control-max-age"), Some("60"));
    let mut plain = cors(false);
    plain["CorsConfig"]["AccessControlAllowMethods"] = json!({"Quantity": 0, "Items": []});
    let fields = finished(plain, &lines, &[], "OPTIONS");
    assert!(!fields.contains("access-control-allow-methods"), "a list of none");
}

#[test]
fn invalidations_name_paths_and_all_that_begin_so() {
    let names = |path: &str, target: &str| Invalidation::new([path]).unwrap().names(target);
    assert!(names("/a", "/a") && names("/a", "/a?b") && !names("/a", "/ab"));
    assert!(names("/a*", "/ab/c?d") && names("/*", "/") && !names("/a/*", "/a"));
    assert!(names("/a?b", "/a?b") && !names("/a?b", "/a") && !names("/a?b", "/axb"));
    for wrong in ["a", "/a*b", "/**", ""] {
        assert!(Invalidation::new([wrong]).is_err(), "{wrong}");
    }
    assert!(Invalidation::new([]).is_err());
    assert!(Invalidation::new(core::iter::repeat_n("/a", 3001)).is_err());
}

#[test]
fn what_is_worth_it_is_compressed_and_nothing_else() {
    let distribution = serving(json!({"Compress": true}), &[]);
    let gzip = [("Accept-Encoding", "gzip, deflate")];
    let lines = |changes: &[(&str, &str)]| {
        let mut fields = Fields::from([("Content-Type", "text/html"), ("Content-Length", "1000")]);
        changes.iter().for_each(|(name, value)| fields.set(*name, *value));
        fields
    };
    let is = |status, changes: &[(&str, &str)], asked: Lines<'_>| {
        get(&distribution, "/a", asked).compression(status, &lines(changes), &[Gzip]).is_some()
    };
    assert!(is(200, &[], &gzip));
    assert!(is(404, &[("Content-Type", "Application/JSON; charset=utf-8")], &gzip));
    for (name, value) in [
        ("Content-Type", "image/png"),
        ("Content-Length", "999"),
        ("Content-Length", "10000001"),
        ("Content-Encoding", "br"),
        ("Cache-Control", "max-age=1, No-Transform"),
    ] {
        assert!(!is(200, &[(name, value)], &gzip), "{name}: {value}");
    }
    assert!(!is(206, &[], &gzip));
    assert!(!is(200, &[], &[]));
    assert!(!is(200, &[], &[("Accept-Encoding", "gzip;q=0")]));
    let plain = serving(json!({}), &[]);
    assert_eq!(get(&plain, "/a", &gzip).compression(200, &lines(&[]), &[Gzip]), None);
    let disabled = serving(json!({"Compress": true, "CachePolicyId": CACHING_DISABLED}), &[]);
    assert_eq!(get(&disabled, "/a", &gzip).compression(200, &lines(&[]), &[Gzip]), None);
    for (taken, offered, with) in [
        ("gzip, br", &[Brotli, Gzip][..], Some(Brotli)),
        ("br;q=0.1, gzip", &[Gzip], Some(Gzip)),
        ("br;q=0, gzip", &[Brotli, Gzip], Some(Gzip)),
        ("br", &[Gzip], None),
        ("deflate", &[Brotli, Gzip], None),
    ] {
        let asked = [("Accept-Encoding", taken)];
        assert_eq!(get(&distribution, "/a", &asked).compression(200, &lines(&[]), offered), with);
    }
}

#[test]
fn what_is_compressed_is_known_by_a_weak_tag() {
    let distribution = serving(json!({"Compress": true}), &[]);
    let matched = get(&distribution, "/a", &[]);
    let mut stored = Fields::from([("ETag", "\"1\""), ("Content-Length", "1000")]);
    matched.compressed(Gzip, &mut stored, 10);
    for (name, value) in [
        ("etag", "W/\"1\""),
        ("content-length", "10"),
        ("content-encoding", "gzip"),
        ("vary", "Accept-Encoding"),
    ] {
        assert_eq!(stored.text(name), Some(value));
    }
    for (said, taken) in [("\"1\"", "W/\"1\""), ("\"2\"", "\"2\""), ("W/\"1\"", "W/\"1\"")] {
        let mut fields = Fields::from([("ETag", said)]);
        matched.validated(&stored, &mut fields);
        assert_eq!(fields.text("etag"), Some(taken));
    }
}

#[test]
fn server_timing_is_told_of_a_part_of_the_responses_and_of_those_that_ask() {
    let serve = |rate: Value| {
        let config = json!({"Name": "r",
            "ServerTimingHeadersConfig": {"Enabled": true, "SamplingRate": rate}});
        let policy =
            json!({"ResponseHeadersPolicy": {"Id": "r", "ResponseHeadersPolicyConfig": config}});
        let changes = behavior(json!({"ResponseHeadersPolicyId": "r"}));
        read_all(&document(json!({"DefaultCacheBehavior": changes})), &[policy])
    };
    let told = |rate: f64, lines: Lines<'_>| {
        let (distribution, problems) = serve(json!(rate));
        let distribution = distribution.unwrap_or_else(|| panic!("{problems:?}"));
        let matched = get(&distribution, "/", lines);
        let is_told = |id: &usize| {
            let mut fields = Fields::new();
            matched.finish(&mut fields, CacheResult::Hit, None, &std::format!("request-{id}"));
            fields.contains("server-timing")
        };
        (0..1_000).filter(is_told).count()
    };
    assert_eq!([told(0.0, &[]), told(100.0, &[])], [0, 1_000]);
    assert!((150..250).contains(&told(20.5, &[])));
    assert_eq!(told(0.0, &[("Pragma", "server-timing")]), 1_000);
    assert!(serve(json!(101)).0.is_none() && serve(json!(-1)).0.is_none());
    let (distribution, _) = serve(json!(100));
    let distribution = distribution.expect("a distribution");
    let matched = get(&distribution, "/", &[]);
    let timing = |result: CacheResult| {
        let mut fields = Fields::new();
        matched.finish(&mut fields, result, None, "id==");
        fields.text("server-timing").map(String::from)
    };
    for (result, told) in [
        (CacheResult::Hit, r#"cdn-cache-hit,cdn-rid;desc="id==",cdn-hit-layer;desc="EDGE""#),
        (CacheResult::Miss, r#"cdn-upstream-layer;desc="EDGE",cdn-cache-miss,cdn-rid;desc="id==""#),
        (
            CacheResult::RefreshHit,
            r#"cdn-upstream-layer;desc="EDGE",cdn-cache-refresh,cdn-rid;desc="id==""#,
        ),
        (CacheResult::Error, r#"cdn-cache-miss,cdn-rid;desc="id==""#),
    ] {
        assert_eq!(timing(result).as_deref(), Some(told), "{result:?}");
    }
}

#[test]
fn cookies_are_set_where_the_behavior_forwards_any_alone() {
    let in_key = |behavior: &str| {
        cache_policy(
            json!({"HeaderBehavior": "none"}),
            json!({"CookieBehavior": behavior, "Cookies": {"Items": ["a"]}}),
            json!({"QueryStringBehavior": "none"}),
        )
    };
    let is_set = |changes: Value, behavior: &str| {
        let distribution =
            serving(with(json!({"CachePolicyId": "p"}), changes), &[in_key(behavior)]);
        let matched = ask(&distribution, "GET", "/", &[]).unwrap();
        let mut fields: Fields = [("Set-Cookie", "session=s3cret")].into_iter().collect();
        matched.finish(&mut fields, CacheResult::Miss, None, "id");
        fields.contains("set-cookie")
    };
    assert!(!is_set(json!({}), "none"));
    for behavior in ["whitelist", "allExcept", "all"] {
        assert!(is_set(json!({}), behavior), "{behavior}");
    }
    assert!(
        is_set(json!({"OriginRequestPolicyId": ALL_VIEWER}), "none"),
        "another policy forwards them"
    );
    let host_alone = "bf0718e1-ba1e-49d1-88b1-f726733018ae";
    assert!(!is_set(json!({"OriginRequestPolicyId": host_alone}), "none"));
}

#[test]
fn invalidations_name_paths_however_they_are_encoded() {
    let distribution = serving(json!({}), &[]);
    for (named, asked) in [
        ("/%7Eu/c", "/~u/c"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/caf%C3%A9", "/caf%c3%a9"),
        ("/a/%2fb", "/a/%2Fb"),
        ("/%7eu/*", "/~u/c"),
        ("/~u/*", "/%7Eu/c"),
        ("/x/../%61*", "/abc"),
        ("/%61?b=%7e", "/a?b=%7e"),
    ] {
        let object = distribution.object(asked).unwrap();
        // No parameter is in this key.
        let named = named.split('?').next().unwrap();
        assert!(Invalidation::new([named]).unwrap().names(&object), "{named} {object}");
    }
    assert!(Invalidation::new(["/%61?b=%7e"]).unwrap().names("/a?b=%7e"));
    assert!(Invalidation::new(["*"]).unwrap().names("/a"));
}
