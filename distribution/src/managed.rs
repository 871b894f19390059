//! AWS's managed policies, by their ids (CloudFront Developer Guide, "Use managed … policies").

use alloc::string::String;
use alloc::vec::Vec;

use crate::model::{
    CachePolicy, Cors, OriginRequestPolicy, ResponseHeadersPolicy, Selected, SetField,
};
use crate::problem::Named;

/// A policy that AWS has for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// What it is a policy of.
    pub kind: Named,
    /// What distributions name it by.
    pub id: &'static str,
    /// What AWS's pages call it.
    pub name: &'static str,
}

/// All that are known here, by which people who write down the name are told the id.
pub const MANAGED: [ManagedPolicy; 20] = [
    managed(Named::CachePolicy, "658327ea-f89d-4fab-a63d-7e88639e58f6", "CachingOptimized"),
    managed(
        Named::CachePolicy,
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
        "CachingOptimizedForUncompressedObjects",
    ),
    managed(Named::CachePolicy, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachingDisabled"),
    managed(Named::CachePolicy, "2e54312d-136d-493c-8eb9-b001f22f67d2", "Amplify"),
    managed(Named::CachePolicy, "08627262-05a9-4f76-9ded-b50ca2e3a84f", "Elemental-MediaPackage"),
    managed(
        Named::CachePolicy,
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
        "UseOriginCacheControlHeaders",
    ),
    managed(
        Named::CachePolicy,
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
        "UseOriginCacheControlHeaders-QueryStrings",
    ),
    managed(Named::OriginRequestPolicy, "216adef6-5c7f-47e4-b989-5492eafa07d3", "AllViewer"),
    managed(
        Named::OriginRequestPolicy,
        "b689b0a8-53d0-40ab-baf2-68738e2966ac",
        "AllViewerExceptHostHeader",
    ),
    managed(
        Named::OriginRequestPolicy,
        "33f36d7e-f396-46d9-90e0-52428a34d9dc",
        "AllViewerAndCloudFrontHeaders-2022-06",
    ),
    managed(
        Named::OriginRequestPolicy,
        "59781a5b-3903-41f3-afcb-af62929ccde1",
        "CORS-CustomOrigin",
    ),
    managed(Named::OriginRequestPolicy, "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", "CORS-S3Origin"),
    managed(
        Named::OriginRequestPolicy,
        "775133bc-15f2-49f9-abea-afb2e0bf67d2",
        "Elemental-MediaTailor-PersonalizedManifests",
    ),
    managed(Named::OriginRequestPolicy, "bf0718e1-ba1e-49d1-88b1-f726733018ae", "HostHeaderOnly"),
    managed(
        Named::OriginRequestPolicy,
        "acba4595-bd28-49b8-b9fe-13317c0390fa",
        "UserAgentRefererHeaders",
    ),
    managed(Named::ResponseHeadersPolicy, "60669652-455b-4ae9-85a4-c4c02393f86c", "SimpleCORS"),
    managed(
        Named::ResponseHeadersPolicy,
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
        "CORS-With-Preflight",
    ),
    managed(
        Named::ResponseHeadersPolicy,
        "67f7725c-6f97-4210-82d7-5512b31e9d03",
        "SecurityHeadersPolicy",
    ),
    managed(
        Named::ResponseHeadersPolicy,
        "e61eb60c-9c35-4d20-a928-2b84e02af89c",
        "CORS-and-SecurityHeadersPolicy",
    ),
    managed(
        Named::ResponseHeadersPolicy,
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
        "CORS-with-preflight-and-SecurityHeadersPolicy",
    ),
];

const fn managed(kind: Named, id: &'static str, name: &'static str) -> ManagedPolicy {
    ManagedPolicy { kind, id, name }
}

const DAY_S: u64 = 86_400;
const YEAR_S: u64 = 31_536_000;

fn these(names: &[&str]) -> Selected {
    Selected::These(list(names))
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| String::from(*name)).collect()
}

/// A managed cache policy.
pub(crate) fn cache(id: &str) -> Option<CachePolicy> {
    let optimized = CachePolicy {
        min_ttl_s: 1,
        default_ttl_s: DAY_S,
        max_ttl_s: YEAR_S,
        gzip: true,
        brotli: true,
        ..CachePolicy::default()
    };
    let by_origin = CachePolicy {
        min_ttl_s: 0,
        default_ttl_s: 0,
        headers: these(&[
            "host",
            "origin",
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
        ]),
        cookies: Selected::All,
        ..optimized.clone()
    };
    Some(match id {
        // CachingOptimized
        "658327ea-f89d-4fab-a63d-7e88639e58f6" => optimized,
        // CachingOptimizedForUncompressedObjects
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d" => {
            CachePolicy { gzip: false, brotli: false, ..optimized }
        }
        // CachingDisabled
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" => CachePolicy::default(),
        // Amplify
        "2e54312d-136d-493c-8eb9-b001f22f67d2" => CachePolicy {
            min_ttl_s: 2,
            default_ttl_s: 2,
            max_ttl_s: 600,
            headers: these(&["Authorization", "CloudFront-Viewer-Country", "Host"]),
            cookies: Selected::All,
            query_strings: Selected::All,
            ..optimized
        },
        // Elemental-MediaPackage
        "08627262-05a9-4f76-9ded-b50ca2e3a84f" => CachePolicy {
            min_ttl_s: 0,
            headers: these(&["origin"]),
            query_strings: these(&["aws.manifestfilter", "start", "end", "m"]),
            brotli: false,
            ..optimized
        },
        // UseOriginCacheControlHeaders
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65" => by_origin,
        // UseOriginCacheControlHeaders-QueryStrings
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe" => {
            CachePolicy { query_strings: Selected::All, ..by_origin }
        }
        _ => return None,
    })
}

/// A managed origin request policy.
pub(crate) fn origin_request(id: &str) -> Option<OriginRequestPolicy> {
    let all = OriginRequestPolicy {
        headers: Selected::All,
        cookies: Selected::All,
        query_strings: Selected::All,
        added: Vec::new(),
    };
    let only = |names: &[&str]| OriginRequestPolicy {
        headers: these(names),
        ..OriginRequestPolicy::default()
    };
    Some(match id {
        // AllViewer
        "216adef6-5c7f-47e4-b989-5492eafa07d3" => all,
        // AllViewerExceptHostHeader
        "b689b0a8-53d0-40ab-baf2-68738e2966ac" => {
            OriginRequestPolicy { headers: Selected::AllExcept(list(&["host"])), ..all }
        }
        // AllViewerAndCloudFrontHeaders-2022-06
        "33f36d7e-f396-46d9-90e0-52428a34d9dc" => OriginRequestPolicy {
            added: list(&[
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
            ]),
            ..all
        },
        // CORS-CustomOrigin
        "59781a5b-3903-41f3-afcb-af62929ccde1" => only(&["origin"]),
        // CORS-S3Origin
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf" => {
            only(&["origin", "access-control-request-headers", "access-control-request-method"])
        }
        // Elemental-MediaTailor-PersonalizedManifests
        "775133bc-15f2-49f9-abea-afb2e0bf67d2" => OriginRequestPolicy {
            query_strings: Selected::All,
            ..only(&[
                "origin",
                "access-control-request-headers",
                "access-control-request-method",
                "user-agent",
                "x-forwarded-for",
            ])
        },
        // HostHeaderOnly
        "bf0718e1-ba1e-49d1-88b1-f726733018ae" => only(&["host"]),
        // UserAgentRefererHeaders
        "acba4595-bd28-49b8-b9fe-13317c0390fa" => only(&["user-agent", "referer"]),
        _ => return None,
    })
}

/// A managed response headers policy.
pub(crate) fn response_headers(id: &str) -> Option<ResponseHeadersPolicy> {
    let any = list(&["*"]);
    let simple = Cors { origins: any.clone(), ..Cors::default() };
    let preflight = Cors {
        origins: any.clone(),
        methods: list(&["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]),
        expose: any,
        ..Cors::default()
    };
    let with = |cors: Option<Cors>, is_secure: bool| ResponseHeadersPolicy {
        set: if is_secure { security() } else { Vec::new() },
        cors,
        ..ResponseHeadersPolicy::default()
    };
    Some(match id {
        // SimpleCORS
        "60669652-455b-4ae9-85a4-c4c02393f86c" => with(Some(simple), false),
        // CORS-With-Preflight
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd" => with(Some(preflight), false),
        // SecurityHeadersPolicy
        "67f7725c-6f97-4210-82d7-5512b31e9d03" => with(None, true),
        // CORS-and-SecurityHeadersPolicy
        "e61eb60c-9c35-4d20-a928-2b84e02af89c" => with(Some(simple), true),
        // CORS-with-preflight-and-SecurityHeadersPolicy
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63" => with(Some(preflight), true),
        _ => return None,
    })
}

fn security() -> Vec<SetField> {
    let field = |name: &str, value: &str, overrides| SetField {
        name: name.into(),
        value: value.into(),
        overrides,
    };
    alloc::vec![
        field("Referrer-Policy", "strict-origin-when-cross-origin", false),
        field("Strict-Transport-Security", "max-age=31536000", false),
        field("X-Content-Type-Options", "nosniff", true),
        field("X-Frame-Options", "SAMEORIGIN", false),
        field("X-XSS-Protection", "1; mode=block", false),
    ]
}
