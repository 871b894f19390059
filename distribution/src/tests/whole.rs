//! A document with every member that `aws cloudfront get-distribution-config` prints (`whole.json`, after CloudFront's API
//! reference), and every kind of document that it may refer to.

use super::*;
use crate::model::{CustomError, Geo, Group, ProtocolPolicy, Selected, Target, ViewerProtocol};

fn references() -> [Value; 7] {
    let none = |what: &str| json!({what: "none"});
    let some = |what: &str, names: &str, name: &str| json!({what: "whitelist", names: {"Quantity": 1, "Items": [name]}});
    [
        json!({"ETag": "e", "CachePolicy": {"Id": "CACHE", "LastModifiedTime": "2026-03-01T00:00:00Z",
            "CachePolicyConfig": {"Comment": "", "Name": "c", "DefaultTTL": 60, "MaxTTL": 600, "MinTTL": 6,
                "ParametersInCacheKeyAndForwardedToOrigin": {
                    "EnableAcceptEncodingGzip": true, "EnableAcceptEncodingBrotli": true,
                    "HeadersConfig": some("HeaderBehavior", "Headers", "X-Tenant"),
                    "CookiesConfig": none("CookieBehavior"),
                    "QueryStringsConfig": some("QueryStringBehavior", "QueryStrings", "q")}}}}),
        json!({"ETag": "e", "OriginRequestPolicy": {"Id": "FORWARD", "LastModifiedTime": "2026-03-01T00:00:00Z",
            "OriginRequestPolicyConfig": {"Comment": "", "Name": "f",
                "HeadersConfig": {"HeaderBehavior": "allViewerAndWhitelistCloudFront",
                    "Headers": {"Quantity": 1, "Items": ["CloudFront-Viewer-TLS"]}},
                "CookiesConfig": {"CookieBehavior": "allExcept", "Cookies": {"Quantity": 1, "Items": ["own"]}},
                "QueryStringsConfig": {"QueryStringBehavior": "all"}}}}),
        json!({"ETag": "e", "ResponseHeadersPolicy": {"Id": "RESPOND", "LastModifiedTime": "2026-03-01T00:00:00Z",
            "ResponseHeadersPolicyConfig": {"Comment": "", "Name": "r",
                "CorsConfig": {
                    "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["https://*.shop.example"]},
                    "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["X-Tenant"]},
                    "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                    "AccessControlAllowCredentials": true,
                    "AccessControlExposeHeaders": {"Quantity": 1, "Items": ["ETag"]},
                    "AccessControlMaxAgeSec": 60, "OriginOverride": true},
                "SecurityHeadersConfig": {
                    "XSSProtection": {"Override": true, "Protection": true, "ModeBlock": false, "ReportUri": "/x"},
                    "FrameOptions": {"Override": true, "FrameOption": "DENY"},
                    "ReferrerPolicy": {"Override": true, "ReferrerPolicy": "no-referrer"},
                    "ContentSecurityPolicy": {"Override": true, "ContentSecurityPolicy": "default-src 'self'"},
                    "ContentTypeOptions": {"Override": true},
                    "StrictTransportSecurity": {"Override": true, "IncludeSubdomains": true, "Preload": true,
                        "AccessControlMaxAgeSec": 600}},
                "ServerTimingHeadersConfig": {"Enabled": true, "SamplingRate": 50.0},
                "CustomHeadersConfig": {"Quantity": 1,
                    "Items": [{"Header": "X-By", "Value": "edge", "Override": false}]},
                "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Powered-By"}]}}}}),
        json!({"ETag": "e", "KeyGroup": {"Id": "GROUP", "LastModifiedTime": "2026-03-01T00:00:00Z",
            "KeyGroupConfig": {"Name": "g", "Items": ["KEY"], "Comment": ""}}}),
        json!({"ETag": "e", "PublicKey": {"Id": "KEY", "CreatedTime": "2026-03-01T00:00:00Z",
            "PublicKeyConfig": {"CallerReference": "k", "Name": "k", "EncodedKey": RSA_2048, "Comment": ""}}}),
        json!({"ETag": "e", "OriginAccessControl": {"Id": "CONTROL", "OriginAccessControlConfig": {
            "Name": "o", "Description": "", "SigningProtocol": "sigv4", "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3"}}}),
        json!({"RealtimeLogConfig": {"ARN": "arn:aws:cloudfront::123456789012:realtime-log-config/all",
            "Name": "all", "SamplingRate": 25,
            "EndPoints": [{"StreamType": "Kinesis", "KinesisStreamConfig": {"RoleARN": "r", "StreamARN": "s"}}],
            "Fields": ["timestamp", "sc-status"]}}),
    ]
}

fn whole() -> (Distribution, Vec<Problem>) {
    let document = serde_json::from_str(include_str!("whole.json")).unwrap();
    let (distribution, problems) = read_all(&document, &references());
    (distribution.unwrap_or_else(|| panic!("{problems:?}")), problems)
}

#[test]
fn every_member_that_the_command_line_prints_is_read() {
    let (distribution, _) = whole();
    assert_eq!(distribution.aliases, ["shop.example", "*.shop.example"]);
    assert_eq!(distribution.default_root_object.as_deref(), Some("index.html"));
    assert!(distribution.enabled);
    let acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/1";
    assert_eq!(distribution.web_acl_id.as_deref(), Some(acl));
    assert_eq!(distribution.geo, Geo::Not(std::vec!["AQ".into()]));
    assert!(distribution.logging.is_enabled && distribution.logging.has_cookies);
    let error = |status, page: Option<(&str, u16)>, ttl_s| CustomError {
        status,
        page: page.map(|(path, told)| (path.into(), told)),
        ttl_s,
    };
    assert_eq!(
        distribution.errors,
        [error(403, Some(("/errors/403.html", 404)), 12), error(503, None, 3)]
    );
    let group = Group { id: "both".into(), members: [0, 1], statuses: std::vec![500, 502, 503] };
    assert_eq!(distribution.groups, [group]);
    let [shop, spare, pictures] = &distribution.origins[..] else { panic!() };
    assert_eq!((&*shop.domain_name, &*shop.path), ("origin.shop.example", "/live"));
    assert_eq!((shop.http_port, shop.https_port), (8080, 8443));
    assert_eq!(shop.custom_headers, [("X-From-Edge".into(), "yes".into())]);
    let protocols = [shop, spare, pictures].map(|origin| origin.protocol);
    let https = ProtocolPolicy::HttpsOnly;
    assert_eq!(protocols, [ProtocolPolicy::MatchViewer, https, https]);
    let times =
        |of: &crate::Origin| (of.connection_attempts, of.connection_timeout_s, of.read_timeout_s);
    assert_eq!([shop, spare, pictures].map(times), [(2, 7, 45), (3, 10, 30), (3, 10, 20)]);
    let bucket = pictures.bucket.as_ref().unwrap();
    assert_eq!((&*bucket.name, &*bucket.region), ("pictures", "eu-central-1"));
}

#[test]
fn every_member_of_a_behavior_is_read() {
    let (distribution, _) = whole();
    let [pictures, old, default] = &distribution.behaviors[..] else { panic!() };
    let of = [pictures, old, default];
    assert_eq!(of.map(|of| of.target), [Target::Origin(2), Target::Origin(0), Target::Group(0)]);
    assert_eq!(
        of.map(|of| of.viewer),
        [ViewerProtocol::HttpsOnly, ViewerProtocol::AllowAll, ViewerProtocol::RedirectToHttps]
    );
    assert_eq!(of.map(|of| of.methods.len()), [2, 7, 3]);
    assert_eq!(of.map(|of| of.cached_methods.len()), [2, 2, 3]);
    assert_eq!(of.map(|of| of.compress), [false, true, true]);
    assert_eq!(pictures.trusted_keys.as_deref(), Some(&["KEY".into()][..]));
    assert_eq!([old, default].map(|of| of.trusted_keys.is_some()), [false; 2]);
    let ttls = of.map(|of| [of.cache.min_ttl_s, of.cache.default_ttl_s, of.cache.max_ttl_s]);
    assert_eq!(ttls, [[1, 86_400, 31_536_000], [5, 50, 500], [6, 60, 600]]);
    let these = |names: &[&str]| Selected::These(names.iter().map(ToString::to_string).collect());
    assert_eq!(old.cache.headers, these(&["Accept-Language"]));
    assert_eq!(old.cache.cookies, these(&["session", "wp_*"]));
    assert_eq!(old.cache.query_strings, these(&["page"]));
    assert_eq!(old.forward.as_ref().unwrap().query_strings, Selected::All);
    assert_eq!(default.cache.headers, these(&["X-Tenant"]));
    let forward = default.forward.as_ref().unwrap();
    assert_eq!(forward.cookies, Selected::AllExcept(std::vec!["own".into()]));
    assert_eq!(forward.added, ["CloudFront-Viewer-TLS"]);
    let respond = default.respond.as_ref().unwrap();
    assert_eq!((respond.set.len(), &respond.remove[..]), (7, &["X-Powered-By".into()][..]));
    assert_eq!(respond.server_timing, Some(500_000));
    let cors = respond.cors.as_ref().unwrap();
    assert!(cors.credentials && cors.overrides && cors.max_age_s == Some(60));
    let log = default.real_time.as_ref().unwrap();
    assert_eq!((log.sampling_rate, &log.fields[..]), (25, &["timestamp", "sc-status"][..]));
}

#[test]
fn what_a_client_could_miss_of_it_is_warned_of_and_nothing_else() {
    let (_, problems) = whole();
    assert!(problems.iter().all(|problem| problem.is_warning), "{problems:?}");
    let mut places: Vec<&str> =
        problems.iter().map(|of| of.pointer.trim_start_matches("/DistributionConfig/")).collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "CacheTagConfig",
            "DefaultCacheBehavior/OriginRequestPolicyId",
            "HttpVersion",
            "Origins/Items/1/CustomOriginConfig/OriginKeepaliveTimeout",
            "Origins/Items/1/CustomOriginConfig/OriginSslProtocols/Items/0",
            "Origins/Items/1/OriginShield",
            "Origins/Items/1/ResponseCompletionTimeout",
            "ViewerCertificate",
        ]
    );
}

#[test]
fn only_versions_with_http_3_are_warned_of() {
    let warned = |version: &str| read_all(&document(json!({"HttpVersion": version})), &[]).1.len();
    assert_eq!(["http1.1", "http2", "http3", "http2and3"].map(warned), [0, 0, 1, 1]);
}
