//! What viewers send to poison the cache, or to be taken for somebody else.

use super::*;

#[test]
fn cache_poisoning_by_unkeyed_headers_reaches_no_origin() {
    let distribution = serving(json!({"CachePolicyId": "p"}), &[none_in_key()]);
    let lines = [
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Scheme", "http"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Original-URL", "/admin"),
        ("X-Rewrite-URL", "/admin"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Forwarded", "host=evil.test"),
        ("Origin", "https://evil.test"),
        ("Referer", "https://evil.test"),
        ("Accept-Language", "xx"),
        ("User-Agent", "<script>"),
        ("Cookie", "a=<script>"),
        ("Accept-Encoding", "<script>"),
        ("Content-Type", "text/evil"),
        ("Content-Encoding", "evil"),
        ("Content-Language", "xx"),
        ("Content-Length", "0"),
        ("Content-MD5", "evil"),
        ("Date", "evil"),
        ("From", "evil@evil.test"),
        ("Max-Forwards", "0"),
        ("Warning", "199 evil"),
    ];
    let plain = sent(&distribution, "/a", &[]);
    assert_eq!(sent(&distribution, "/a", &lines), plain);
    assert_eq!(get(&distribution, "/a", &lines).key(), get(&distribution, "/a", &[]).key());
}

#[test]
fn an_origin_that_leads_back_ends_and_a_chain_of_distributions_goes_on() {
    let distribution = serving(json!({}), &[]);
    let mut lines = Vec::new();
    let refused = loop {
        match ask(&distribution, "GET", "/a", &lines) {
            Ok(matched) => {
                assert_eq!(
                    matched.origin_request(0, "id").fields.all("via").count(),
                    lines.len() + 1
                );
                lines.push(("Via", "1.1 edgeway (CloudFront)"));
            }
            Err(refused) => break refused,
        }
    };
    assert_eq!((lines.len(), refused.status), (8, 508));
    let others = [("Via", "1.1 a, 1.1 b, 1.1 c, 1.1 d, 1.1 e, 1.1 f, 1.1 g, 1.1 h, 1.1 i")];
    let sent = sent(&distribution, "/a", &others);
    assert_eq!(sent.fields.text("via"), Some("1.1 edgeway (CloudFront)"));
}

#[test]
fn a_redirect_needs_a_host() {
    let distribution = serving(json!({"ViewerProtocolPolicy": "redirect-to-https"}), &[]);
    let fields = Fields::new();
    let viewer = Viewer {
        method: "GET",
        target: "/a",
        host: "",
        is_https: false,
        ip: "::1",
        country: None,
        told: &[],
        fields: &fields,
        has_content: false,
    };
    assert_eq!(distribution.route(&viewer).unwrap_err().status, 400);
    let viewer = Viewer { host: "cdn.example:80", ..viewer };
    let answer = distribution.route(&viewer).unwrap_err();
    assert_eq!(answer.fields.text("location"), Some("https://cdn.example/a"));
}

#[test]
fn what_content_is_reaches_the_origin_where_nothing_is_stored_or_the_key_has_it() {
    let lines = [("Content-Type", "text/x"), ("From", "me@a.test")];
    let told = |distribution: &Distribution, method: &str| {
        let matched = ask(distribution, method, "/a", &lines).unwrap();
        let fields = matched.origin_request(0, "id").fields;
        (fields.contains("content-type"), fields.contains("from"))
    };
    let every = json!({"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]});
    let stored = serving(json!({"AllowedMethods": every}), &[]);
    assert_eq!((told(&stored, "GET"), told(&stored, "POST")), ((false, false), (true, true)));
    let disabled = serving(json!({"CachePolicyId": CACHING_DISABLED}), &[]);
    assert_eq!(told(&disabled, "GET"), (true, true));
    let keyed = cache_policy(
        json!({"HeaderBehavior": "whitelist", "Headers": {"Items": ["content-type"]}}),
        json!({"CookieBehavior": "none"}),
        json!({"QueryStringBehavior": "none"}),
    );
    let keyed = serving(json!({"CachePolicyId": "p"}), &[keyed]);
    assert_eq!(told(&keyed, "GET"), (true, false));
    assert_ne!(get(&keyed, "/a", &lines).key(), get(&keyed, "/a", &[]).key());
}

#[test]
fn parameter_cloaking_hides_nothing_from_the_key() {
    let policy = cache_policy(
        json!({"HeaderBehavior": "none"}),
        json!({"CookieBehavior": "none"}),
        json!({"QueryStringBehavior": "allExcept", "QueryStrings": {"Items": ["utm"]}}),
    );
    let distribution = serving(json!({"CachePolicyId": "p"}), &[policy]);
    let key = |target: &str| get(&distribution, target, &[]).key();
    let target = |target: &str| sent(&distribution, target, &[]).target;
    assert_eq!(key("/?a=1&utm=x"), key("/?a=1"));
    // What an origin might take for `a` in the value of `utm` never reaches it.
    assert_eq!(target("/?a=1&utm=x;a=2"), "/?a=1");
    // Other spellings are other parameters: in the key and at the origin.
    for other in ["/?a=1&u%74m=x", "/?a=1&UTM=x", "/?a=1&a=2", "/?a=1?utm=2"] {
        assert_ne!(key(other), key("/?a=1"), "{other}");
        assert_eq!(target(other), other);
    }
    assert_ne!(key("/?a=1&utm;a=2"), key("/?a=1"));
    assert_eq!(target("/?a=1&utm;a=2"), "/?a=1&utm%3Ba=2", "which is one parameter");
}

#[test]
fn no_parameter_comes_to_an_origin_in_another_unless_the_key_has_all_or_nothing_is_stored() {
    let keyed = |query_strings: Value| {
        let nothing = (json!({"HeaderBehavior": "none"}), json!({"CookieBehavior": "none"}));
        cache_policy(nothing.0, nothing.1, query_strings)
    };
    let a = keyed(json!({"QueryStringBehavior": "whitelist", "QueryStrings": {"Items": ["a"]}}));
    let all = keyed(json!({"QueryStringBehavior": "all"}));
    let utm = json!({"OriginRequestPolicy": {"Id": "r", "OriginRequestPolicyConfig": {
        "Name": "r",
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": {"Items": ["utm"]}},
    }}});
    let every = json!({"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]});
    let policies = |cache: &str, forward: &str| {
        let changes = json!({
            "CachePolicyId": cache, "OriginRequestPolicyId": forward, "AllowedMethods": every,
        });
        serving(changes, &[a.clone(), utm.clone()])
    };
    let target = |distribution: &Distribution, method: &str, target: &str| {
        ask(distribution, method, target, &[]).unwrap().origin_request(0, "id").target
    };
    let some = policies("p", "r");
    for method in ["GET", "POST"] {
        assert_eq!(target(&some, method, "/?a=1&utm=1;a=2;b=3"), "/?a=1&utm=1%3Ba=2%3Bb=3");
        assert_eq!(target(&some, method, "/?a=1;b=3&b=4"), "/?a=1%3Bb=3");
    }
    // The viewer's query, word for word.
    let whole = "/?a=1&utm=1;a=2";
    let of_all = serving(json!({"CachePolicyId": "p"}), &[all]);
    assert_eq!(target(&of_all, "GET", whole), whole);
    assert_eq!(target(&policies(CACHING_DISABLED, ALL_VIEWER), "GET", whole), whole);
    let stored = policies("p", ALL_VIEWER);
    assert_eq!(target(&stored, "POST", whole), whole);
    assert_eq!(target(&stored, "GET", whole), "/?a=1&utm=1%3Ba=2");
}

#[test]
fn a_method_that_a_field_names_is_allowed_keyed_and_cached_as_the_one_that_is_sent() {
    let origin_of = |name: &str| {
        let changes = json!({
            "Origins": {"Quantity": 1, "Items": [origin(json!({"DomainName": name}))]},
            "DefaultCacheBehavior": behavior(json!({"OriginRequestPolicyId": ALL_VIEWER})),
        });
        distribution_of(&document(changes), &[])
    };
    let (web, api) = (origin_of("web.example"), origin_of("a.execute-api.eu-west-1.amazonaws.com"));
    let field = "X-HTTP-Method-Override";
    for named in [&["DELETE"][..], &["delete"], &["GET", "DELETE"], &[""]] {
        let lines: Vec<(&str, &str)> = named.iter().map(|method| (field, *method)).collect();
        assert_eq!(ask(&api, "GET", "/a", &lines).unwrap_err().status, 403, "{named:?}");
        assert!(!get(&web, "/a", &lines).is_cached(), "{named:?}");
    }
    for distribution in [&web, &api] {
        let own = get(distribution, "/a", &[(field, "GET")]);
        assert!(own.is_cached() && own.key() != get(distribution, "/a", &[]).key());
        assert!(!get(distribution, "/a", &[(field, "HEAD")]).is_cached());
        assert!(!ask(distribution, "HEAD", "/a", &[(field, "HEAD")]).unwrap().is_cached());
    }
    // Where origins are not told it is nothing.
    let plain = serving(json!({}), &[]);
    let told = get(&plain, "/a", &[(field, "DELETE")]);
    assert!(told.is_cached() && told.key() == get(&plain, "/a", &[]).key());
}

#[test]
fn a_fat_get_is_refused() {
    let distribution = serving(json!({}), &[]);
    let fields = Fields::new();
    let viewer = Viewer {
        method: "GET",
        target: "/",
        host: "h",
        is_https: true,
        ip: "::1",
        country: None,
        told: &[],
        fields: &fields,
        has_content: true,
    };
    assert_eq!(distribution.route(&viewer).unwrap_err().status, 403);
}

#[test]
fn ranges_by_the_thousand_reach_no_origin() {
    let distribution = serving(json!({}), &[]);
    let range = |value: &str| {
        let lines = [("Range", value), ("If-Range", "\"a\"")];
        let fields = sent(&distribution, "/", &lines).fields;
        (fields.contains("range"), fields.contains("if-range"))
    };
    assert_eq!(range("bytes=0-1,5-6"), (true, true));
    assert_eq!(range(&["bytes=", &"0-1,".repeat(1000)].concat()), (false, false));
    assert_eq!(range("nonsense"), (false, false));
}

#[test]
fn path_confusion_and_encoded_slashes_are_refused() {
    let distribution = serving(json!({}), &[]);
    for target in [
        "/static/..%2fadmin",
        "/static/%2e%2e/admin",
        // Whoever takes `%2f`, `//` or `;` otherwise is led to another place by `..`.
        "/admin%2fx/../static",
        "/admin/x%255cy/../../static",
        "/admin//../static",
        "/x/..//admin",
        "/admin/;/../static",
        "/static/%2E./admin",
        "/static/..%5cadmin",
        "/static\\..\\admin",
        "/static/%252e%252e%252fadmin",
        "/static/..;/admin",
        "/static/..;x=1/admin",
        "/static/..%3b/admin",
        "/static/%2e%2e%253B/admin",
        "/a%00b",
        "/a%0d%0aX: y",
        "*",
        "x",
    ] {
        assert_eq!(status(&distribution, "GET", target), 400, "{target}");
    }
    for (target, seen) in [
        ("/a/../b", "/b"),
        ("/a/./b/..", "/a/"),
        ("/../..", "/"),
        ("/a%2fb", "/a%2Fb"),
        ("/%7Ea/%c3%bc", "/~a/%C3%BC"),
        ("/a//b", "/a//b"),
        ("/a..b/c...", "/a..b/c..."),
        ("/100%", "/100%"),
    ] {
        assert_eq!(sent(&distribution, target, &[]).target, seen);
    }
}

#[test]
fn behaviours_are_chosen_by_what_the_origin_sees() {
    let private = with(
        behavior(json!({"CachePolicyId": CACHING_DISABLED})),
        json!({"PathPattern": "/admin*"}),
    );
    let distribution =
        distribution_of(&document(json!({"CacheBehaviors": {"Items": [private]}})), &[]);
    for target in ["/admin", "/x/../admin", "/%61dmin", "/./admin/a"] {
        assert_eq!(get(&distribution, target, &[]).policy(200).default_ttl_s, 0, "{target}");
    }
}

#[test]
fn no_value_passes_for_another_part_of_the_key() {
    let policy = cache_policy(
        json!({"HeaderBehavior": "whitelist", "Headers": {"Items": ["A", "B"]}}),
        json!({"CookieBehavior": "all"}),
        json!({"QueryStringBehavior": "all"}),
    );
    let distribution = serving(json!({"CachePolicyId": "p"}), &[policy]);
    let key = |lines: Lines<'_>| get(&distribution, "/", lines).key();
    assert_ne!(key(&[("A", "1"), ("B", "2")]), key(&[("A", "11:b1:2")]));
    assert_ne!(key(&[("A", "")]), key(&[]));
}

#[test]
fn connection_cannot_take_away_what_the_edge_adds() {
    let distribution = serving(json!({"OriginRequestPolicyId": ALL_VIEWER}), &[]);
    let lines = [("Connection", "X-Forwarded-For, Via, X-Hop"), ("X-Hop", "1")];
    let fields = sent(&distribution, "/", &lines).fields;
    assert!(
        fields.contains("x-forwarded-for") && fields.contains("via") && !fields.contains("x-hop")
    );
}

#[test]
fn fields_that_cloudfront_does_not_remove_are_refused() {
    let problems = |name: &str| {
        let policy = json!({"ResponseHeadersPolicy": {"Id": "r", "ResponseHeadersPolicyConfig":
            {"Name": "r", "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": name}]}}}});
        let behavior = behavior(json!({"ResponseHeadersPolicyId": "r"}));
        read_all(&document(json!({"DefaultCacheBehavior": behavior})), &[policy]).1
    };
    for name in
        ["Content-Length", "transfer-encoding", "Via", "X-Cache", "X-Amz-Cf-Pop", "x-edge-a"]
    {
        assert_eq!(problems(name).len(), 1, "{name}");
    }
    for name in ["Server", "Date", "X-Powered-By", "Vary", "X-Amz-Meta"] {
        assert!(problems(name).is_empty(), "{name}");
    }
}
