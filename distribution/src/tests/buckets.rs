//! Buckets of Amazon S3 as origins.

use super::*;

fn control(behavior: &str) -> Value {
    json!({"OriginAccessControl": {"Id": "E1", "OriginAccessControlConfig": {
        "Name": "a", "Description": "", "SigningProtocol": "sigv4", "SigningBehavior": behavior,
        "OriginAccessControlOriginType": "s3"}}})
}

fn bucket(domain_name: &str, signing: Option<&str>, policy: &str) -> Distribution {
    let mut changes = json!({"DomainName": domain_name, "CustomOriginConfig": null, "OriginPath": "/site",
        "S3OriginConfig": {"OriginAccessIdentity": ""}});
    if signing.is_some() {
        changes["OriginAccessControlId"] = "E1".into();
    }
    let document = document(json!({
        "DefaultRootObject": "index.html",
        "Origins": {"Items": [origin(changes)]},
        "DefaultCacheBehavior": behavior(json!({"OriginRequestPolicyId": policy})),
    }));
    let references: Vec<Value> = signing.map(control).into_iter().collect();
    distribution_of(&document, &references)
}

#[test]
fn a_bucket_is_known_by_its_domain_name() {
    for (domain_name, name, region) in [
        ("site.s3.eu-west-1.amazonaws.com", "site", "eu-west-1"),
        ("my.s3.site.s3.us-gov-west-1.amazonaws.com", "my.s3.site", "us-gov-west-1"),
        ("site.s3.dualstack.eu-west-1.amazonaws.com", "site", "eu-west-1"),
        ("site.s3-eu-west-1.amazonaws.com", "site", "eu-west-1"),
        ("Site.s3.amazonaws.com", "site", "us-east-1"),
        ("site.s3.cn-north-1.amazonaws.com.cn", "site", "cn-north-1"),
    ] {
        let distribution = bucket(domain_name, None, "");
        let bucket = distribution.origins[0].bucket.as_ref().unwrap();
        assert_eq!((&*bucket.name, &*bucket.region), (name, region), "{domain_name}");
    }
}

#[test]
fn a_signed_request_says_nothing_of_a_viewers_to_the_bucket() {
    let distribution = bucket("site.s3.eu-west-1.amazonaws.com", Some("always"), ALL_VIEWER);
    let lines = [
        ("Authorization", "Bearer theirs"),
        ("X-Amz-Copy-Source", "/other/secret"),
        ("x-amz-acl", "public-read"),
        ("X-Own", "1"),
    ];
    let request = sent(&distribution, "/a(b)'c+%20d.txt", &lines);
    assert!(request.is_signed && request.is_https);
    assert_eq!(request.target, "/site/a%28b%29%27c%2B%20d.txt");
    let fields = &request.fields;
    assert_eq!(fields.text("host"), Some("site.s3.eu-west-1.amazonaws.com"));
    assert!(!fields.contains("authorization") && !fields.contains("x-amz-copy-source"));
    assert!(!fields.contains("x-amz-acl") && fields.contains("x-own"));
    assert_eq!(fields.text("x-amz-cf-id"), Some("id"), "the edge's own stay");
    assert_eq!(sent(&distribution, "/", &[]).target, "/site/index.html");
}

#[test]
fn what_is_signed_is_the_access_controls_choice() {
    let own = [("Authorization", "AWS4-HMAC-SHA256 theirs")];
    for (signing, plain, with_own) in [
        (None, false, false),
        (Some("never"), false, false),
        (Some("no-override"), true, false),
        (Some("always"), true, true),
    ] {
        let distribution = bucket("site.s3.amazonaws.com", signing, ALL_VIEWER);
        let is_signed = |lines| sent(&distribution, "/a", lines).is_signed;
        assert_eq!((is_signed(&[]), is_signed(&own)), (plain, with_own), "{signing:?}");
    }
    let unsigned = bucket("site.s3.amazonaws.com", None, "");
    assert!(!sent(&unsigned, "/a", &[]).is_https, "as the viewer speaks here");
}

#[test]
fn an_endpoint_in_awss_place_has_buckets_in_its_paths() {
    let distribution = bucket("site.s3.amazonaws.com", Some("always"), "");
    let mut request = sent(&distribution, "/a", &[]);
    let url = request.at_endpoint("http://127.0.0.1:9000/").unwrap();
    assert_eq!(url, "http://127.0.0.1:9000/site/site/a");
    assert_eq!(request.fields.text("host"), Some("127.0.0.1:9000"));
}

#[test]
fn an_origin_access_identity_signs_what_it_asks_and_is_warned_of() {
    let identity = json!({"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"});
    let origin = origin(json!({"DomainName": "site.s3.eu-west-1.amazonaws.com",
        "CustomOriginConfig": null, "S3OriginConfig": identity}));
    let (distribution, problems) =
        read_all(&document(json!({"Origins": {"Items": [origin]}})), &[]);
    let request = sent(distribution.as_ref().unwrap(), "/a", &[("Authorization", "theirs")]);
    assert!(request.is_signed && request.is_https && !request.fields.contains("authorization"));
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.is_warning && problem.pointer.ends_with("/OriginAccessIdentity"));
}
