//! Which behaviour and origin a request goes to, and what the edge answers itself.

use super::*;
use crate::CacheResult;

fn two_paths() -> Distribution {
    let first = with(behavior(json!({})), json!({"PathPattern": "images/*.jp?"}));
    let second = with(
        behavior(json!({"CachePolicyId": CACHING_DISABLED})),
        json!({"PathPattern": "/api/*"}),
    );
    distribution_of(&document(json!({"CacheBehaviors": {"Items": [first, second]}})), &[])
}

#[test]
fn the_first_pattern_that_matches_counts() {
    let distribution = two_paths();
    let ttl = |target: &str| get(&distribution, target, &[]).policy(200).default_ttl_s;
    assert_eq!(ttl("/api/a"), 0);
    assert_eq!([ttl("/images/a/b.jpg"), ttl("/API/a"), ttl("/api")], [86_400, 86_400, 86_400]);
}

#[test]
fn patterns_are_matched_in_bounded_time() {
    let pattern = crate::pattern::Pattern::new(&"*a".repeat(100));
    assert!(!pattern.matches(&["/", &"a".repeat(8000), "b"].concat()));
}

#[test]
fn methods_that_are_not_allowed_are_refused() {
    let distribution = two_paths();
    assert_eq!([status(&distribution, "GET", "/"), status(&distribution, "HEAD", "/")], [200, 200]);
    assert_eq!([status(&distribution, "POST", "/"), status(&distribution, "get", "/")], [403, 403]);
}

#[test]
fn viewers_in_clear_text_are_refused_or_led_to_tls() {
    let serve = |policy: &str| serving(json!({"ViewerProtocolPolicy": policy}), &[]);
    assert_eq!(status(&serve("https-only"), "GET", "/"), 403);
    let distribution = serve("redirect-to-https");
    let answer = ask(&distribution, "GET", "/a?b", &[]).unwrap_err();
    assert_eq!(answer.status, 301);
    assert_eq!(answer.fields.text("location"), Some("https://cdn.example/a?b"));
    let answer = ask(&distribution, "POST", "/a", &[]).unwrap_err();
    assert_eq!((answer.status, answer.result()), (307, CacheResult::Redirect));
}

#[test]
fn the_root_has_an_object_of_its_own() {
    let distribution = distribution_of(&document(json!({"DefaultRootObject": "index.html"})), &[]);
    assert_eq!(sent(&distribution, "/", &[]).target, "/index.html");
    assert_eq!(sent(&distribution, "/a/", &[]).target, "/a/");
}

#[test]
fn a_disabled_distribution_answers_nobody() {
    let distribution = distribution_of(&document(json!({"Enabled": false})), &[]);
    assert_eq!(status(&distribution, "GET", "/"), 403);
}

#[test]
fn countries_are_let_in_or_kept_out() {
    let from = |kind: &str, country: Option<&str>| {
        let restriction = json!({"RestrictionType": kind, "Quantity": 1, "Items": ["DE"]});
        let changes = json!({"Restrictions": {"GeoRestriction": restriction}});
        let distribution = distribution_of(&document(changes), &[]);
        assert!(distribution.restricts_countries());
        let fields = Fields::new();
        let viewer = Viewer {
            method: "GET",
            target: "/",
            host: "h",
            is_https: true,
            ip: "::1",
            country,
            told: &[],
            fields: &fields,
            has_content: false,
        };
        let answer = distribution.route(&viewer).unwrap().signature(0).map_err(|a| a.status);
        assert!(matches!(answer, Ok(None) | Err(403)), "{answer:?}");
        answer.is_ok()
    };
    assert!(from("whitelist", Some("de")) && !from("whitelist", Some("FR")));
    assert!(from("whitelist", None), "CloudFront serves whom it cannot locate");
    assert!(
        !from("blacklist", Some("DE")) && from("blacklist", Some("FR")) && from("blacklist", None)
    );
}

#[test]
fn a_group_has_a_second_origin_for_what_changes_nothing() {
    let group = json!({
        "Id": "g",
        "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [503]}},
        "Members": {"Quantity": 2, "Items": [{"OriginId": "web"}, {"OriginId": "spare"}]},
    });
    let all = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    let changes = json!({
        "Origins": {"Items": [origin(json!({})), origin(json!({"Id": "spare", "DomainName": "b"}))]},
        "OriginGroups": {"Quantity": 1, "Items": [group]},
        "DefaultCacheBehavior":
            behavior(json!({"TargetOriginId": "g", "AllowedMethods": {"Items": all}})),
    });
    let distribution = distribution_of(&document(changes), &[]);
    let matched = get(&distribution, "/", &[]);
    assert_eq!(matched.origins(), (0, Some(1)));
    assert!(matched.fails_over(503) && !matched.fails_over(500));
    assert_eq!(ask(&distribution, "POST", "/", &[]).unwrap().origins(), (0, None));
}

#[test]
fn errors_have_pages_and_times_of_their_own() {
    let errors = json!({"CustomErrorResponses": {"Items": [
        {"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "200", "ErrorCachingMinTTL": 300},
        {"ErrorCode": 400, "ErrorCachingMinTTL": 5},
    ]}});
    let distribution = distribution_of(&document(errors), &[]);
    let matched = get(&distribution, "/a?b", &[("Range", "bytes=0-1")]);
    let (page, told) = matched.error_page(404).unwrap();
    assert_eq!(told, 200);
    let request = page.origin_request(0, "id");
    assert_eq!((&*request.target, request.fields.contains("range")), ("/404.html", false));
    assert!(matched.error_page(400).is_none() && matched.error_page(500).is_none());
    let ttl = |status| matched.policy(status).default_ttl_s;
    assert_eq!([ttl(404), ttl(400), ttl(503), ttl(403)], [300, 5, 10, 0]);
    let policy = matched.policy(404);
    assert_eq!((policy.min_ttl_s, policy.min_ttl_forces), (300, false));
}

#[test]
fn a_path_with_more_slashes_leads_around_no_behaviour() {
    let keys = json!({"Enabled": true, "Quantity": 1, "Items": ["g"]});
    let private =
        with(behavior(json!({"TrustedKeyGroups": keys})), json!({"PathPattern": "/private/*"}));
    let changes = json!({"CacheBehaviors": {"Quantity": 1, "Items": [private]}});
    let group = json!({"KeyGroup": {"Id": "g", "KeyGroupConfig": {"Name": "g", "Items": ["K1"]}}});
    let key = public_key("K1", RSA_2048);
    let distribution = distribution_of(&document(changes), &[group, key]);
    let is_closed = |path: &str| get(&distribution, path, &[]).signature(0).is_err();
    for path in ["/private/a", "//private/a", "/private//a", "///private///a"] {
        assert!(is_closed(path), "{path}");
    }
    assert!(!is_closed("/public//private/a"));
    assert_eq!(
        sent(&distribution, "/public//a", &[]).target,
        "/public//a",
        "origins get what came"
    );
}

#[test]
fn temporary_redirects_are_kept_only_as_long_as_they_say() {
    let matched_policy = json!({"MinTTL": 60, "DefaultTTL": 600});
    let distribution = serving(matched_policy, &[]);
    let ttl = |status| {
        let policy = get(&distribution, "/", &[]).policy(status);
        (policy.min_ttl_s, policy.default_ttl_s)
    };
    assert_eq!([ttl(307), ttl(308)], [(0, 0); 2]);
    assert_eq!([ttl(301), ttl(302)], [ttl(200); 2]);
    assert_ne!(ttl(200), (0, 0));
}

#[test]
fn where_nothing_may_be_stored_answers_to_no_method_are_cached() {
    let mut zero = none_in_key();
    let times = json!({"DefaultTTL": 0, "MaxTTL": 0});
    let config = &mut zero["CachePolicy"]["CachePolicyConfig"];
    *config = with(config.take(), times);
    let all_fields = json!({"CachePolicyId": null, "ForwardedValues":
        {"QueryString": true, "Cookies": {"Forward": "all"}, "Headers": {"Quantity": 1, "Items": ["*"]}}});
    let methods = json!({"Items": ["GET", "HEAD", "OPTIONS"], "CachedMethods": {"Items": ["GET", "HEAD", "OPTIONS"]}});
    for uncached in
        [json!({"CachePolicyId": CACHING_DISABLED}), json!({"CachePolicyId": "p"}), all_fields]
    {
        let mut changes = uncached;
        changes["AllowedMethods"] = methods.clone();
        let distribution = serving(changes.clone(), core::slice::from_ref(&zero));
        for method in ["GET", "HEAD", "OPTIONS"] {
            let matched = ask(&distribution, method, "/", &[]).unwrap();
            assert!(!matched.is_cached() && matched.cache_method() == method, "{changes} {method}");
        }
    }
}

#[test]
fn what_a_304_says_still_holds_has_the_times_of_what_is_stored() {
    let distribution = serving(json!({}), &[]);
    let matched = get(&distribution, "/", &[]);
    for status in [404, 403, 307, 200] {
        assert_eq!(matched.policy_about(304, Some(status)), matched.policy(status), "{status}");
    }
    assert_eq!(matched.policy_about(404, Some(200)), matched.policy(404));
    assert_eq!(matched.policy_about(304, None), matched.policy(304));
}

#[test]
fn clear_text_is_redirected_to_the_host_without_its_port() {
    let distribution = serving(json!({"ViewerProtocolPolicy": "redirect-to-https"}), &[]);
    let location = |host: &str| {
        let fields = Fields::from([("Host", host)]);
        let viewer = Viewer {
            method: "GET",
            target: "/a?b",
            host,
            is_https: false,
            ip: "192.0.2.7",
            country: None,
            told: &[],
            fields: &fields,
            has_content: false,
        };
        distribution.route(&viewer).unwrap_err().fields.text("location").unwrap().to_string()
    };
    for (host, name) in
        [("[::1]", "[::1]"), ("[::1]:8080", "[::1]"), ("www.x.test:80", "www.x.test"), ("x", "x")]
    {
        assert_eq!(location(host), std::format!("https://{name}/a?b"));
    }
}
