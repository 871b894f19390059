//! Cache behaviours, with policies or with the older `ForwardedValues`.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::at::At;
use super::policies::{References, selected, warn_of_unknown};
use crate::log::RealTimeLog;
use crate::managed;
use crate::model::{
    Behavior, CachePolicy, Group, Origin, OriginRequestPolicy, ResponseHeadersPolicy, Selected,
    Target, ViewerProtocol,
};
use crate::pattern::Pattern;
use crate::problem::Named;

pub(super) struct Places<'a> {
    pub(super) origins: &'a [Origin],
    pub(super) groups: &'a [Group],
    pub(super) refs: &'a References,
}

const MEMBERS: [&str; 23] = [
    "PathPattern",
    "TargetOriginId",
    "TrustedSigners",
    "TrustedKeyGroups",
    "ViewerProtocolPolicy",
    "AllowedMethods",
    "CachedMethods",
    "SmoothStreaming",
    "Compress",
    "LambdaFunctionAssociations",
    "FunctionAssociations",
    "FieldLevelEncryptionId",
    "RealtimeLogConfigArn",
    "CachePolicyId",
    "OriginRequestPolicyId",
    "ResponseHeadersPolicyId",
    "GrpcConfig",
    "ForwardedValues",
    "MinTTL",
    "DefaultTTL",
    "MaxTTL",
    "TrustedKeyGroupIds",
    "Comment",
];

pub(super) fn read(at: &At<'_, '_>, places: &Places<'_>) -> Option<Behavior> {
    let pattern = at.required("PathPattern");
    let text = pattern.as_ref().and_then(|at| at.text()).unwrap_or_default();
    behavior(at, Pattern::new(text), places)
}

pub(super) fn read_default(at: &At<'_, '_>, places: &Places<'_>) -> Option<Behavior> {
    behavior(at, Pattern::any(), places)
}

fn behavior(at: &At<'_, '_>, pattern: Pattern, places: &Places<'_>) -> Option<Behavior> {
    at.members(&MEMBERS);
    refuse(at);
    let target = target(at, places);
    let viewer = at.required("ViewerProtocolPolicy");
    let viewer =
        match viewer.and_then(|at| at.one_of(&["allow-all", "https-only", "redirect-to-https"])) {
            Some("https-only") => ViewerProtocol::HttpsOnly,
            Some("redirect-to-https") => ViewerProtocol::RedirectToHttps,
            _ => ViewerProtocol::AllowAll,
        };
    let (methods, cached_methods) = methods(at);
    let (cache, legacy) = cache_policy(at, places.refs);
    let forward = at.get("OriginRequestPolicyId").and_then(|at| {
        let id = at.text().filter(|id| !id.is_empty())?;
        let found = places.refs.origin_request.get(id).cloned();
        let found = found.or_else(|| managed::origin_request(id));
        if found.is_none() {
            at.not_given(
                "origin request policy",
                Named::OriginRequestPolicy,
                &places.refs.origin_request,
            );
        }
        found
    });
    let respond = at.get("ResponseHeadersPolicyId").and_then(|at| response_headers(&at, places));
    Some(Behavior {
        pattern,
        pointer: at.pointer().into(),
        target: target?,
        viewer,
        methods,
        cached_methods,
        cache: cache?,
        forward: forward.or(legacy),
        respond,
        compress: at.is("Compress"),
        trusted_keys: trusted_keys(at, places),
        real_time: real_time(at, places),
    })
}

fn real_time(at: &At<'_, '_>, places: &Places<'_>) -> Option<RealTimeLog> {
    let at = at.get("RealtimeLogConfigArn")?;
    let arn = at.text().filter(|arn| !arn.is_empty())?;
    let found = places.refs.real_time.get(arn).cloned();
    if found.is_none() {
        let name = "real-time log configuration";
        at.not_given(name, Named::Referred, &places.refs.real_time);
    }
    found
}

fn response_headers(at: &At<'_, '_>, places: &Places<'_>) -> Option<ResponseHeadersPolicy> {
    let id = at.text().filter(|id| !id.is_empty())?;
    let found = places.refs.response_headers.get(id).cloned();
    let found = found.or_else(|| managed::response_headers(id));
    if found.is_none() {
        at.not_given(
            "response headers policy",
            Named::ResponseHeadersPolicy,
            &places.refs.response_headers,
        );
    }
    found
}

fn target(at: &At<'_, '_>, places: &Places<'_>) -> Option<Target> {
    let named = at.required("TargetOriginId")?;
    let id = named.text().unwrap_or_default();
    let origin = places.origins.iter().position(|origin| origin.id == id).map(Target::Origin);
    let group = || places.groups.iter().position(|group| group.id == id).map(Target::Group);
    let found = origin.or_else(group);
    if found.is_none() {
        let origins = places.origins.iter().map(|origin| origin.id.as_str());
        let mut known = origins.chain(places.groups.iter().map(|group| group.id.as_str()));
        let message = alloc::format!("there is no origin and no origin group `{id}`");
        named.unknown(message, Named::Within, &mut known);
    }
    found
}

/// What would change what requests do, and is not here.
fn refuse(at: &At<'_, '_>) {
    for name in ["LambdaFunctionAssociations", "FunctionAssociations"] {
        if !at.items(name).is_empty() {
            at.at(name)
                .error(alloc::format!("`{name}`: functions at the edge are not supported yet"));
        }
    }
    for name in ["FieldLevelEncryptionId"] {
        if let Some(at) = at.get(name).filter(|at| at.text() != Some("")) {
            at.error("this is not supported");
        }
    }
    for name in ["SmoothStreaming"] {
        if at.is(name) {
            at.at(name).error(alloc::format!("`{name}` is not supported"));
        }
    }
    if at.get("GrpcConfig").is_some_and(|at| at.is("Enabled")) {
        at.at("GrpcConfig").error("gRPC is not supported");
    }
    if let Some(at) = at.get("TrustedKeyGroupIds") {
        at.error("this is not supported");
    }
    if let Some(signers) = at.get("TrustedSigners").filter(|at| at.is("Enabled")) {
        signers.error("AWS accounts as signers are not supported: use `TrustedKeyGroups`");
    }
}

fn methods(at: &At<'_, '_>) -> (Vec<String>, Vec<String>) {
    const ALL: [&[&str]; 3] = [
        &["GET", "HEAD"],
        &["GET", "HEAD", "OPTIONS"],
        &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
    ];
    let of = |at: &At<'_, '_>, sets: &[&[&str]], message: &str| {
        let mut named: Vec<String> =
            at.own_items().iter().filter_map(|at| at.text().map(String::from)).collect();
        named.sort_unstable();
        if !sets.iter().any(|set| named.iter().eq(set.iter())) {
            at.error(message);
        }
        named
    };
    let both = || vec![String::from("GET"), String::from("HEAD")];
    let Some(allowed) = at.get("AllowedMethods") else { return (both(), both()) };
    let message = "it is GET and HEAD, these and OPTIONS, or all seven";
    let methods = of(&allowed, &ALL, message);
    let cached = allowed.get("CachedMethods").or_else(|| at.get("CachedMethods"));
    let cached = cached.map(|at| of(&at, &ALL[..2], "it is GET and HEAD, or these and OPTIONS"));
    (methods, cached.unwrap_or_else(both))
}

/// The cache policy, and what the older form forwards beyond the key (nothing).
fn cache_policy(
    at: &At<'_, '_>,
    refs: &References,
) -> (Option<CachePolicy>, Option<OriginRequestPolicy>) {
    let named = at.get("CachePolicyId").filter(|at| at.text().is_none_or(|id| !id.is_empty()));
    if let Some(named) = named {
        if at.get("ForwardedValues").is_some() {
            at.error("a behavior has `CachePolicyId` or `ForwardedValues`, not both");
        }
        let id = named.text().unwrap_or_default();
        let found = refs.cache.get(id).cloned().or_else(|| managed::cache(id));
        if found.is_none() {
            named.not_given("cache policy", Named::CachePolicy, &refs.cache);
        }
        return (found, None);
    }
    let Some(values) = at.get("ForwardedValues") else {
        at.error("a behavior has `CachePolicyId` or `ForwardedValues`");
        return (None, None);
    };
    values.members(&["QueryString", "Cookies", "Headers", "QueryStringCacheKeys"]);
    let number = |name: &str, default| at.get(name).and_then(|at| at.number()).unwrap_or(default);
    let headers = values.texts("Headers");
    warn_of_unknown(&values, "Headers");
    let is_all = headers.iter().any(|name| name == "*");
    let keys = values.texts("QueryStringCacheKeys");
    let query_strings = match values.is("QueryString") {
        false => Selected::None,
        true if keys.is_empty() => Selected::All,
        true => Selected::These(keys.clone()),
    };
    let cookies = values.get("Cookies").map(|at| {
        at.members(&["Forward", "WhitelistedNames"]);
        selected(&at, "Forward", "WhitelistedNames")
    });
    let cookies = cookies.unwrap_or_default();
    // "*": every field is forwarded, and then nothing is cached (CloudFront's documentation).
    let policy = CachePolicy {
        min_ttl_s: if is_all { 0 } else { number("MinTTL", 0) },
        default_ttl_s: if is_all { 0 } else { number("DefaultTTL", 86_400) },
        max_ttl_s: if is_all { 0 } else { number("MaxTTL", 31_536_000) },
        headers: if is_all || headers.is_empty() {
            Selected::None
        } else {
            Selected::These(headers)
        },
        cookies,
        query_strings,
        gzip: true,
        brotli: false,
    };
    if policy.max_ttl_s < policy.min_ttl_s {
        at.at("MaxTTL").error("`MaxTTL` is less than `MinTTL`");
    }
    let forward = OriginRequestPolicy {
        headers: if is_all { Selected::All } else { Selected::None },
        // With keys named, all parameters are forwarded (CloudFront: "forwards all query strings").
        query_strings: if keys.is_empty() { Selected::None } else { Selected::All },
        ..OriginRequestPolicy::default()
    };
    (Some(policy), Some(forward))
}

fn trusted_keys(at: &At<'_, '_>, places: &Places<'_>) -> Option<Vec<String>> {
    let trusted = at.get("TrustedKeyGroups")?;
    // Whoever names groups and leaves this out would let everybody in.
    trusted.required("Enabled");
    if !trusted.is("Enabled") {
        return None;
    }
    let mut keys = Vec::new();
    let groups = trusted.own_items();
    for group in &groups {
        let id = group.text().unwrap_or_default();
        match places.refs.key_groups.get(id) {
            Some(members) => {
                for key in members {
                    if places.refs.public_keys.contains_key(key) {
                        keys.push(key.clone());
                    } else {
                        let message = alloc::format!(
                            "its public key `{key}` is not there: `references` brings it"
                        );
                        group.unknown(message, Named::Referred, &mut core::iter::empty());
                    }
                }
            }
            None => group.not_given("key group", Named::Referred, &places.refs.key_groups),
        }
    }
    // What is not there was told.
    let has_groups = groups.iter().any(|at| {
        let members = places.refs.key_groups.get(at.text().unwrap_or_default());
        members.is_none_or(|keys| !keys.is_empty())
    });
    if !has_groups {
        trusted.error("nobody could sign: it names no key group that has a key");
    }
    Some(keys)
}
