//! What AWS's managed policies say, as the CloudFront Developer Guide lists them ("Use managed … policies").

use super::*;
use crate::model::{
    CachePolicy, Cors, OriginRequestPolicy, ResponseHeadersPolicy, Selected, SetField,
};
use crate::{MANAGED, Named, managed};

/// "None", "All", "All but …", or names.
fn selected(told: &str) -> Selected {
    let names = |told: &str| told.split(' ').map(String::from).collect();
    match told.strip_prefix("but ") {
        Some(but) => Selected::AllExcept(names(but)),
        None if told == "none" => Selected::None,
        None if told == "all" => Selected::All,
        None => Selected::These(names(told)),
    }
}

/// Names of fields have no case.
fn lower(selected: Selected) -> Selected {
    let names = |names: Vec<String>| names.iter().map(|name| name.to_ascii_lowercase()).collect();
    match selected {
        Selected::These(these) => Selected::These(names(these)),
        Selected::AllExcept(these) => Selected::AllExcept(names(these)),
        other => other,
    }
}

/// Name, id; TTLs (minimum, default, maximum), codings in the key; fields, cookies and parameters in the key.
type CacheRow = (&'static str, &'static str, [u64; 3], &'static str, [&'static str; 3]);

const CACHE: [CacheRow; 7] = [
    (
        "CachingOptimized",
        "658327ea-f89d-4fab-a63d-7e88639e58f6",
        [1, 86_400, 31_536_000],
        "gzip br",
        ["none", "none", "none"],
    ),
    (
        "CachingOptimizedForUncompressedObjects",
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
        [1, 86_400, 31_536_000],
        "",
        ["none", "none", "none"],
    ),
    (
        "CachingDisabled",
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        [0, 0, 0],
        "",
        ["none", "none", "none"],
    ),
    (
        "Amplify",
        "2e54312d-136d-493c-8eb9-b001f22f67d2",
        [2, 2, 600],
        "gzip br",
        ["authorization cloudfront-viewer-country host", "all", "all"],
    ),
    (
        "Elemental-MediaPackage",
        "08627262-05a9-4f76-9ded-b50ca2e3a84f",
        [0, 86_400, 31_536_000],
        "gzip",
        ["origin", "none", "aws.manifestfilter start end m"],
    ),
    (
        "UseOriginCacheControlHeaders",
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
        [0, 0, 31_536_000],
        "gzip br",
        ["host origin x-http-method-override x-http-method x-method-override", "all", "none"],
    ),
    (
        "UseOriginCacheControlHeaders-QueryStrings",
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
        [0, 0, 31_536_000],
        "gzip br",
        ["host origin x-http-method-override x-http-method x-method-override", "all", "all"],
    ),
];

/// All of CloudFront's own "that were released through June 2022".
const OF_CLOUDFRONT: [&str; 21] = [
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Android-Viewer",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-IOS-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-Address",
    "CloudFront-Viewer-ASN",
    "CloudFront-Viewer-City",
    "CloudFront-Viewer-Country",
    "CloudFront-Viewer-Country-Name",
    "CloudFront-Viewer-Country-Region",
    "CloudFront-Viewer-Country-Region-Name",
    "CloudFront-Viewer-Http-Version",
    "CloudFront-Viewer-Latitude",
    "CloudFront-Viewer-Longitude",
    "CloudFront-Viewer-Metro-Code",
    "CloudFront-Viewer-Postal-Code",
    "CloudFront-Viewer-Time-Zone",
    "CloudFront-Viewer-TLS",
];

/// Name, id; fields, cookies and parameters; CloudFront's own fields beside those.
const ORIGIN_REQUEST: [(&str, &str, [&str; 3], &[&str]); 8] = [
    ("AllViewer", "216adef6-5c7f-47e4-b989-5492eafa07d3", ["all", "all", "all"], &[]),
    (
        "AllViewerExceptHostHeader",
        "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        ["but host", "all", "all"],
        &[],
    ),
    (
        "AllViewerAndCloudFrontHeaders-2022-06",
        "33f36d7e-f396-46d9-90e0-52428a34d9dc",
        ["all", "all", "all"],
        &OF_CLOUDFRONT,
    ),
    ("CORS-CustomOrigin", "59781a5b-3903-41f3-afcb-af62929ccde1", ["origin", "none", "none"], &[]),
    (
        "CORS-S3Origin",
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
        ["origin access-control-request-headers access-control-request-method", "none", "none"],
        &[],
    ),
    (
        "Elemental-MediaTailor-PersonalizedManifests",
        "775133bc-15f2-49f9-abea-afb2e0bf67d2",
        [
            "origin access-control-request-headers access-control-request-method user-agent x-forwarded-for",
            "none",
            "all",
        ],
        &[],
    ),
    ("HostHeaderOnly", "bf0718e1-ba1e-49d1-88b1-f726733018ae", ["host", "none", "none"], &[]),
    (
        "UserAgentRefererHeaders",
        "acba4595-bd28-49b8-b9fe-13317c0390fa",
        ["user-agent referer", "none", "none"],
        &[],
    ),
];

/// Name, id; whether any site may read it, whether with a preflight, whether with fields of security.
const RESPONSE_HEADERS: [(&str, &str, [bool; 3]); 5] = [
    ("SimpleCORS", "60669652-455b-4ae9-85a4-c4c02393f86c", [true, false, false]),
    ("CORS-With-Preflight", "5cc3b908-e619-4b99-88e5-2cf7f45965bd", [true, true, false]),
    ("SecurityHeadersPolicy", "67f7725c-6f97-4210-82d7-5512b31e9d03", [false, false, true]),
    ("CORS-and-SecurityHeadersPolicy", "e61eb60c-9c35-4d20-a928-2b84e02af89c", [true, false, true]),
    (
        "CORS-with-preflight-and-SecurityHeadersPolicy",
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
        [true, true, true],
    ),
];

/// With whether they stand in for the origin's.
const SECURITY: [(&str, &str, bool); 5] = [
    ("Referrer-Policy", "strict-origin-when-cross-origin", false),
    ("Strict-Transport-Security", "max-age=31536000", false),
    ("X-Content-Type-Options", "nosniff", true),
    ("X-Frame-Options", "SAMEORIGIN", false),
    ("X-XSS-Protection", "1; mode=block", false),
];

/// A behaviour that names a policy so.
fn behaving(member: &str, id: &str) -> crate::model::Behavior {
    let mut changes = json!({});
    changes[member] = id.into();
    serving(changes, &[]).behaviors.remove(0)
}

#[test]
fn managed_cache_policies_are_what_aws_lists() {
    for (name, id, [min_ttl_s, default_ttl_s, max_ttl_s], codings, [headers, cookies, query]) in
        CACHE
    {
        let found = behaving("CachePolicyId", id).cache;
        let found = CachePolicy { headers: lower(found.headers), ..found };
        let expected = CachePolicy {
            min_ttl_s,
            default_ttl_s,
            max_ttl_s,
            headers: selected(headers),
            cookies: selected(cookies),
            query_strings: selected(query),
            gzip: codings.contains("gzip"),
            brotli: codings.contains("br"),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn managed_origin_request_policies_are_what_aws_lists() {
    for (name, id, [headers, cookies, query], added) in ORIGIN_REQUEST {
        let found = behaving("OriginRequestPolicyId", id).forward.expect(name);
        let found = OriginRequestPolicy { headers: lower(found.headers), ..found };
        let expected = OriginRequestPolicy {
            headers: selected(headers),
            cookies: selected(cookies),
            query_strings: selected(query),
            added: added.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn managed_response_headers_policies_are_what_aws_lists() {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (name, id, [is_for_all, has_preflight, is_secure]) in RESPONSE_HEADERS {
        let found = behaving("ResponseHeadersPolicyId", id).respond.expect(name);
        let methods = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];
        let cors = Cors {
            origins: list(&["*"]),
            methods: list(if has_preflight { &methods } else { &[] }),
            expose: list(if has_preflight { &["*"] } else { &[] }),
            headers: Vec::new(),
            max_age_s: None,
            credentials: false,
            overrides: false,
        };
        let field = |(name, value, overrides): (&str, &str, bool)| SetField {
            name: name.into(),
            value: value.into(),
            overrides,
        };
        let expected = ResponseHeadersPolicy {
            set: SECURITY.into_iter().filter(|_| is_secure).map(field).collect(),
            remove: Vec::new(),
            cors: is_for_all.then_some(cors),
            server_timing: None,
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn managed_policies_are_named_as_aws_names_them() {
    let cache = CACHE.map(|(name, id, ..)| (Named::CachePolicy, id, name));
    let origin = ORIGIN_REQUEST.map(|(name, id, ..)| (Named::OriginRequestPolicy, id, name));
    let response = RESPONSE_HEADERS.map(|(name, id, _)| (Named::ResponseHeadersPolicy, id, name));
    let mut expected = [&cache[..], &origin, &response].concat();
    let mut found = MANAGED.map(|policy| (policy.kind, policy.id, policy.name)).to_vec();
    for list in [&mut expected, &mut found] {
        list.sort_by_key(|(_, id, _)| *id);
    }
    assert_eq!(found, expected);
    assert!(managed::cache("216adef6-5c7f-47e4-b989-5492eafa07d3").is_none(), "of another kind");
}
