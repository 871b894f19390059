//! What is in the cache key, and what the origin is sent.

use super::*;

fn keyed() -> Distribution {
    let policy = cache_policy(
        json!({"HeaderBehavior": "whitelist", "Headers": {"Items": ["X-Tenant"]}}),
        json!({"CookieBehavior": "whitelist", "Cookies": {"Items": ["session*"]}}),
        json!({"QueryStringBehavior": "whitelist", "QueryStrings": {"Items": ["page"]}}),
    );
    serving(json!({"CachePolicyId": "p"}), &[policy])
}

fn key(distribution: &Distribution, target: &str, lines: Lines<'_>) -> String {
    get(distribution, target, lines).key()
}

/// The key of `/a` for a viewer who asks this host with these fields.
fn route(distribution: &Distribution, host: &str, fields: &Fields) -> String {
    distribution.route(&Viewer { host, ..viewer("/a", fields) }).unwrap().key()
}

fn viewer<'a>(target: &'a str, fields: &'a Fields) -> Viewer<'a> {
    Viewer {
        method: "GET",
        target,
        host: "cdn.example",
        is_https: true,
        ip: "::1",
        country: None,
        told: &[],
        fields,
        has_content: false,
    }
}

#[test]
fn only_what_the_policy_names_tells_objects_apart() {
    let distribution = keyed();
    let same = |a: (&str, Lines<'_>), b: (&str, Lines<'_>)| {
        key(&distribution, a.0, a.1) == key(&distribution, b.0, b.1)
    };
    assert!(same(("/a", &[]), ("/a", &[("X-Other", "1"), ("Cookie", "other=1")])));
    assert!(same(("/a", &[]), ("/a?utm=1", &[])));
    assert!(!same(("/a", &[]), ("/b", &[])));
    assert!(!same(("/a?page=1", &[]), ("/a?page=2", &[])));
    assert!(!same(("/a", &[("X-Tenant", "1")]), ("/a", &[("X-Tenant", "2")])));
    assert!(!same(("/a", &[("Cookie", "session_id=1")]), ("/a", &[("Cookie", "session_id=2")])));
    assert!(same(("/a", &[("Cookie", "b=1; session=1")]), ("/a", &[("Cookie", "session=1")])));
}

#[test]
fn values_that_origins_tell_apart_are_apart_in_the_key() {
    let distribution = keyed();
    let of = |value: &[u8]| {
        let mut fields = Fields::new();
        fields.push("X-Tenant", value);
        route(&distribution, "cdn.example", &fields)
    };
    for (one, other) in [
        (&b"victim"[..], &b"victim,"[..]),
        (b"caf\xe9", b"caf\xe8"),
        (b"caf\xe9", b"latin1:caf\xc3\xa9"),
        (b",", b""),
        (b"a,b", b"a , b"),
        (b"DE", b"de"),
    ] {
        assert_ne!(of(one), of(other), "{one:?} {other:?}");
    }
}

#[test]
fn an_origin_is_sent_what_the_key_has() {
    let headers =
        json!({"HeaderBehavior": "whitelist", "Headers": {"Items": ["Accept-Language", "Host"]}});
    let policy = cache_policy(
        headers,
        json!({"CookieBehavior": "none"}),
        json!({"QueryStringBehavior": "none"}),
    );
    let distribution = serving(json!({"CachePolicyId": "p"}), &[policy]);
    let key = |host: &str, language: &str| {
        let fields = Fields::from([("Host", host), ("Accept-Language", language)]);
        route(&distribution, host, &fields)
    };
    assert_ne!(key("cdn.example", "de, en"), key("cdn.example", "en, de"), "some go by the order");
    assert_eq!(key("cdn.example", "de"), key("CDN.Example", "de"));
    let fields = Fields::from([("Host", "CDN.Example")]);
    let viewer = Viewer { host: "CDN.Example", ..viewer("/a", &fields) };
    let sent = distribution.route(&viewer).unwrap().origin_request(0, "id");
    assert_eq!(sent.fields.text("host"), Some("cdn.example"));
}

#[test]
fn what_connection_takes_from_the_origin_it_takes_from_the_key() {
    // RFC 9110 §7.6.1
    let distribution = keyed();
    let plain = key(&distribution, "/a", &[]);
    for (name, value) in [("X-Tenant", "victim"), ("Cookie", "session=1")] {
        let lines = [(name, value), ("Connection", name)];
        assert_eq!(key(&distribution, "/a", &lines), plain, "{name}");
        assert!(!sent(&distribution, "/a", &lines).fields.contains(name), "{name}");
    }
}

#[test]
fn a_name_that_the_origin_is_sent_is_in_the_key() {
    let of = |distribution: &Distribution, host: &str| {
        route(distribution, host, &Fields::from([("Host", host)]))
    };
    let all_viewer = serving(json!({"OriginRequestPolicyId": ALL_VIEWER}), &[]);
    assert_ne!(of(&all_viewer, "cdn.example"), of(&all_viewer, "cdn.example:6666"));
    let plain = serving(json!({}), &[]);
    assert_eq!(of(&plain, "cdn.example"), of(&plain, "evil.example"), "nobody sees it");
}

#[test]
fn the_origin_is_sent_what_is_in_the_key() {
    let request = sent(
        &keyed(),
        "/a?utm=1&page=2",
        &[("X-Tenant", "t"), ("X-Other", "1"), ("Cookie", "b=1; session=1"), ("User-Agent", "me")],
    )
    .fields;
    assert_eq!(sent(&keyed(), "/a?utm=1&page=2", &[]).target, "/a?page=2");
    assert_eq!(request.text("x-tenant"), Some("t"));
    assert_eq!(request.text("cookie"), Some("session=1"));
    assert_eq!(request.text("host"), Some("web.example"));
    assert_eq!(request.text("user-agent"), Some("Amazon CloudFront"));
    assert_eq!(request.text("x-forwarded-for"), Some("192.0.2.7"));
    assert!(!request.contains("x-other"));
}

#[test]
fn an_origin_request_policy_forwards_more_without_the_key() {
    let distribution = serving(json!({"OriginRequestPolicyId": ALL_VIEWER}), &[]);
    let lines = [("X-Other", "1"), ("Cookie", "a=1"), ("User-Agent", "me"), ("Authorization", "x")];
    let request = sent(&distribution, "/a?b=1", &lines);
    assert_eq!(request.target, "/a?b=1");
    for (name, value) in
        [("x-other", "1"), ("cookie", "a=1"), ("user-agent", "me"), ("host", "cdn.example")]
    {
        assert_eq!(request.fields.text(name), Some(value), "{name}");
    }
    assert_eq!(request.fields.text("authorization"), Some("x"));
    assert_eq!(key(&distribution, "/a?b=1", &lines), key(&distribution, "/a", &[]));
}

#[test]
fn authorization_reaches_the_origin_by_the_key_or_a_policy_alone() {
    let lines = [("Authorization", "secret")];
    assert!(!sent(&serving(json!({}), &[]), "/", &lines).fields.contains("authorization"));
}

#[test]
fn encodings_are_what_the_policy_supports_of_what_the_viewer_takes() {
    let distribution = serving(json!({}), &[]);
    let encoding = |value: &str| {
        let request = sent(&distribution, "/", &[("Accept-Encoding", value)]);
        request.fields.text("accept-encoding").map(String::from)
    };
    assert_eq!(encoding("gzip, deflate, BR;q=0.8").as_deref(), Some("br,gzip"));
    assert_eq!(encoding("gzip;q=0, br;q=0.0"), None);
    assert_eq!(encoding("deflate"), None);
    let key = |value| key(&distribution, "/", &[("Accept-Encoding", value)]);
    assert_eq!(key("gzip, deflate"), key("x, gzip"));
    assert_ne!(key("gzip"), key("br"));
}

#[test]
fn the_older_form_says_the_same_in_other_words() {
    let values = json!({
        "QueryString": true,
        "QueryStringCacheKeys": {"Quantity": 1, "Items": ["page"]},
        "Cookies": {"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["s"]}},
        "Headers": {"Quantity": 1, "Items": ["X-Tenant"]},
    });
    let changes = json!({"CachePolicyId": null, "ForwardedValues": values, "MinTTL": 1, "DefaultTTL": 7, "MaxTTL": 9});
    let distribution = serving(changes, &[]);
    let matched = get(&distribution, "/?page=1&x=2", &[("Cookie", "s=1; t=2"), ("X-Tenant", "t")]);
    let request = matched.origin_request(0, "id");
    assert_eq!((&*request.target, request.fields.text("cookie")), ("/?page=1&x=2", Some("s=1")));
    assert_eq!(request.fields.text("x-tenant"), Some("t"));
    let policy = matched.policy(200);
    assert_eq!([policy.min_ttl_s, policy.default_ttl_s, policy.max_ttl_s], [1, 7, 9]);
    assert_eq!(key(&distribution, "/?page=1&x=2", &[]), key(&distribution, "/?x=3&page=1", &[]));
}

#[test]
fn custom_headers_of_an_origin_win_over_the_viewers() {
    let headers =
        json!({"CustomHeaders": {"Items": [{"HeaderName": "X-Secret", "HeaderValue": "s"}]}});
    let changes = json!({
        "Origins": {"Items": [origin(headers)]},
        "DefaultCacheBehavior": behavior(json!({"OriginRequestPolicyId": ALL_VIEWER})),
    });
    let distribution = distribution_of(&document(changes), &[]);
    let request = sent(&distribution, "/", &[("X-Secret", "guess")]);
    assert_eq!(request.fields.all("x-secret").collect::<Vec<_>>(), [b"s"]);
}

#[test]
fn viewers_cannot_say_what_the_edge_says() {
    let policy = json!({"OriginRequestPolicyId": "33f36d7e-f396-46d9-90e0-52428a34d9dc"});
    let distribution = serving(policy, &[]);
    let lines = [("CloudFront-Viewer-Address", "1.1.1.1"), ("Via", "x"), ("X-Amz-Cf-Id", "x")];
    let fields = sent(&distribution, "/", &lines).fields;
    assert_eq!(fields.all("cloudfront-viewer-address").collect::<Vec<_>>(), [b"192.0.2.7"]);
    assert_eq!(fields.all("x-amz-cf-id").collect::<Vec<_>>(), [b"id"]);
    assert_eq!(fields.text("cloudfront-forwarded-proto"), Some("http"));
}

/// A cache policy with these fields in its key.
fn keyed_by(names: &[&str]) -> Value {
    cache_policy(
        json!({"HeaderBehavior": "whitelist", "Headers": {"Items": names}}),
        json!({"CookieBehavior": "none"}),
        json!({"QueryStringBehavior": "none"}),
    )
}

#[test]
fn viewers_do_not_choose_their_variant_by_fields_of_the_edge() {
    for name in ["CloudFront-Viewer-TLS", "CloudFront-Is-Mobile-Viewer", "X-Edge-Any"] {
        let distribution = serving(json!({"CachePolicyId": "p"}), &[keyed_by(&[name])]);
        let forged = [(name, "true")];
        assert_eq!(key(&distribution, "/", &forged), key(&distribution, "/", &[]), "{name}");
        assert_ne!(sent(&distribution, "/", &forged).fields.text(name), Some("true"), "{name}");
    }
}

#[test]
fn devices_are_told_apart_by_what_their_user_agents_say() {
    let kinds = ["Android", "Desktop", "IOS", "Mobile", "SmartTV", "Tablet"];
    let names = kinds.map(|kind| ["CloudFront-Is-", kind, "-Viewer"].concat());
    let policy = keyed_by(&names.each_ref().map(String::as_str));
    let distribution = serving(json!({"CachePolicyId": "p"}), &[policy]);
    let told = |agent: &str| {
        let fields = sent(&distribution, "/", &[("User-Agent", agent)]).fields;
        let is = |name: &String| fields.text(name) == Some("true");
        kinds.into_iter().zip(&names).filter(|(_, n)| is(n)).map(|(k, _)| k).collect::<Vec<_>>()
    };
    let iphone =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148";
    let ipad = "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Version/16.0 Mobile/15E148";
    assert_eq!(told(iphone), ["IOS", "Mobile"]);
    assert_eq!(told(ipad), ["IOS", "Mobile", "Tablet"]);
    assert_eq!(
        told("Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile Safari"),
        ["Android", "Mobile"]
    );
    assert_eq!(told("Mozilla/5.0 (Linux; Android 13; SM-X700) Safari"), ["Android", "Tablet"]);
    assert_eq!(told("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) TV Safari"), ["SmartTV"]);
    assert_eq!(told("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"), ["Desktop"]);
    assert_eq!(told(""), ["Desktop"]);
    let of = |agent: &str| key(&distribution, "/", &[("User-Agent", agent)]);
    assert_ne!(of(iphone), of(ipad));
    assert_eq!(of(iphone), of(&[iphone, " Safari/604.1"].concat()));
}

#[test]
fn fields_that_the_edge_cannot_fill_in_are_warned_of() {
    let policy =
        keyed_by(&["CloudFront-Is-Mobile-Viewer", "CloudFront-Viewer-Header-Order", "X-Tenant"]);
    let document =
        document(json!({"DefaultCacheBehavior": behavior(json!({"CachePolicyId": "p"}))}));
    let (distribution, problems) = read_all(&document, &[policy]);
    assert!(distribution.is_some());
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.is_warning && problem.message.contains("CloudFront-Viewer-Header-Order"));
    assert!(problem.pointer.ends_with("/HeadersConfig/Headers/Items/1"), "{}", problem.pointer);
}

#[test]
fn manifests_of_a_viewer_are_asked_for_with_its_agent_and_address() {
    let policy = json!({"OriginRequestPolicyId": "775133bc-15f2-49f9-abea-afb2e0bf67d2"});
    let distribution = serving(policy, &[]);
    let lines = [("User-Agent", "me"), ("X-Forwarded-For", "198.51.100.1"), ("Cookie", "a=1")];
    let request = sent(&distribution, "/m?ads.a=1", &lines);
    assert_eq!(request.target, "/m?ads.a=1");
    assert_eq!(request.fields.text("user-agent"), Some("me"));
    assert_eq!(request.fields.text("x-forwarded-for"), Some("198.51.100.1, 192.0.2.7"));
    assert!(!request.fields.contains("cookie"));
}

#[test]
fn what_the_host_knows_of_viewers_is_in_the_key_and_told_to_origins_and_never_theirs_to_say() {
    let distribution = distribution_of(
        &document(json!({"DefaultCacheBehavior": behavior(json!({"CachePolicyId": "p"})),
            "CacheBehaviors": {"Items": [behavior(json!({"PathPattern": "/all",
                "OriginRequestPolicyId": "33f36d7e-f396-46d9-90e0-52428a34d9dc"}))]}})),
        &[keyed_by(&["CloudFront-Viewer-City", "CloudFront-Viewer-JA3-Fingerprint"])],
    );
    let asked = distribution.asked_fields();
    assert!(asked.contains(&"cloudfront-viewer-ja3-fingerprint"), "by the key");
    for name in ["time-zone", "country-name", "tls"] {
        let name = ["cloudfront-viewer-", name].concat();
        assert!(asked.contains(&&*name), "{name} by AllViewerAndCloudFrontHeaders");
    }
    assert!(!asked.contains(&"cloudfront-viewer-ja4-fingerprint"), "{asked:?}");
    assert_eq!(distribution_of(&document(json!({})), &[]).asked_fields(), [""; 0]);
    let fields = Fields::from([("Host", "h"), ("CloudFront-Viewer-City", "Evil")]);
    let told = |city: &str| [("cloudfront-viewer-city", city.to_string())];
    let route = |told: &[(&'static str, String)], target: &str| {
        let viewer = Viewer {
            method: "GET",
            target,
            host: "h",
            is_https: true,
            ip: "::1",
            country: None,
            told,
            fields: &fields,
            has_content: false,
        };
        let matched = distribution.route(&viewer).unwrap();
        let sent = matched.origin_request(0, "id").fields;
        (matched.key(), sent.text("cloudfront-viewer-city").map(String::from))
    };
    let ((bonn, told_bonn), (rome, _)) = (route(&told("Bonn"), "/"), route(&told("Rome"), "/"));
    assert_eq!((told_bonn.as_deref(), bonn == rome), (Some("Bonn"), false));
    assert_eq!(route(&told("Bonn"), "/all").1.as_deref(), Some("Bonn"));
    assert_eq!(route(&[], "/").1, None, "what nobody knows is not told");
    assert_eq!(route(&told("São Paulo"), "/").1.as_deref(), Some("S%C3%A3o Paulo"));
}

#[test]
fn amplifys_managed_cache_policy_is_known() {
    let policy = json!({"CachePolicyId": "2e54312d-136d-493c-8eb9-b001f22f67d2"});
    let distribution = serving(policy, &[]);
    let matched = get(&distribution, "/?b=1&a=2", &[("Cookie", "c=1"), ("Authorization", "x")]);
    let policy = matched.policy(200);
    assert_eq!((policy.min_ttl_s, policy.default_ttl_s, policy.max_ttl_s), (2, 2, 600));
    for keyed in ["c=1", "x", "cdn.example", "/?b=1&a=2", "cloudfront-viewer-country"] {
        assert!(matched.key().contains(keyed), "{keyed}: {}", matched.key());
    }
}

#[test]
fn a_preflight_keeps_its_authorization_where_its_answer_is_not_cached() {
    let all = ["GET", "HEAD", "OPTIONS"];
    let sent = |cached: &[&str]| {
        let methods = json!({"Items": all, "CachedMethods": {"Items": cached}});
        let distribution = serving(json!({"AllowedMethods": methods}), &[]);
        let has = |method: &str| {
            let matched = ask(&distribution, method, "/", &[("Authorization", "x")]).unwrap();
            matched.origin_request(0, "id").fields.contains("authorization")
        };
        all.map(has)
    };
    assert_eq!([sent(&all[..2]), sent(&all)], [[false, false, true], [false; 3]]);
}
