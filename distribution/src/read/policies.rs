//! Policies and keys: what a distribution refers to.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use super::at::At;
use super::origin::is_field;
use super::{KeyGroups, kind};
use crate::log::{REAL_TIME, RealTimeLog, is_never_told};
use crate::model::{
    CachePolicy, Cors, OriginRequestPolicy, ResponseHeadersPolicy, Selected, SetField, Signing,
};
use crate::own_fields::is_unknown;
use crate::problem::{Document, Reading};

/// Everything that there is to refer to, by id.
#[derive(Default)]
pub(super) struct References {
    pub(super) cache: BTreeMap<String, CachePolicy>,
    pub(super) origin_request: BTreeMap<String, OriginRequestPolicy>,
    pub(super) response_headers: BTreeMap<String, ResponseHeadersPolicy>,
    pub(super) key_groups: KeyGroups,
    pub(super) public_keys: BTreeMap<String, String>,
    /// What origin access controls say of signatures.
    pub(super) access: BTreeMap<String, Signing>,
    /// By their ARNs.
    pub(super) real_time: BTreeMap<String, RealTimeLog>,
}

impl References {
    pub(super) fn read(reading: &Reading, documents: &[&str]) -> Self {
        let mut all = Self::default();
        for (number, document) in documents.iter().enumerate() {
            reading.within(Document::Reference(number), || {
                match serde_json::from_str::<Value>(document) {
                    Ok(value) => all.take(&At::top(reading, &value)),
                    Err(error) => At::top(reading, &Value::Null).error(error.to_string()),
                }
            });
        }
        all
    }

    fn take(&mut self, top: &At<'_, '_>) {
        if let Some((id, config)) = named(top, "CachePolicy") {
            self.cache.insert(id, cache(&config));
        } else if let Some((id, config)) = named(top, "OriginRequestPolicy") {
            self.origin_request.insert(id, origin_request(&config));
        } else if let Some((id, config)) = named(top, "ResponseHeadersPolicy") {
            self.response_headers.insert(id, response_headers(&config));
        } else if let Some((id, config)) = named(top, "KeyGroup") {
            self.key_groups.insert(id, config.texts("Items"));
        } else if let Some((id, config)) = named(top, "PublicKey") {
            let key = config.required("EncodedKey").and_then(|at| at.text());
            self.public_keys.insert(id, key.unwrap_or_default().into());
        } else if let Some((id, config)) = named(top, "OriginAccessControl") {
            self.access.insert(id, access(&config));
        } else if let Some(config) = top.get("RealtimeLogConfig") {
            let arn = config.required("ARN").and_then(|at| at.text()).unwrap_or_default();
            self.real_time.insert(arn.into(), real_time(&config));
        } else if !kind::is_referred_to(top) {
            top.error(
                "distributions refer to cache, origin request and response headers policies, key groups, public keys, \
                 origin access controls and real-time log configurations",
            );
        }
    }
}

/// `{"X": {"Id": …, "XConfig": {…}}}`
fn named<'v, 'r>(top: &At<'v, 'r>, name: &str) -> Option<(String, At<'v, 'r>)> {
    let at = top.get(name)?;
    let id = at.required("Id")?.text()?.to_string();
    let config = at.required(&format!("{name}Config"))?;
    Some((id, config))
}

/// A choice and the names that it is about.
pub(super) fn selected(at: &At<'_, '_>, behavior: &str, names: &str) -> Selected {
    const KNOWN: [&str; 5] = ["none", "whitelist", "allExcept", "all", "allViewer"];
    let these = at.texts(names);
    match at.required(behavior).and_then(|at| at.one_of(&KNOWN)) {
        Some("whitelist") => Selected::These(these),
        Some("allExcept") => Selected::AllExcept(these),
        Some("all" | "allViewer") => Selected::All,
        _ => Selected::None,
    }
}

/// Warns of those among named fields that the edge keeps to itself and cannot fill in.
pub(super) fn warn_of_unknown(at: &At<'_, '_>, names: &str) {
    for item in at.items(names) {
        if let Some(name) = item.text().filter(|name| is_unknown(name)) {
            item.warning(format!(
                "`{name}` is not known here: origins are not told it, and viewers' own is not believed"
            ));
        }
    }
}

fn cache(at: &At<'_, '_>) -> CachePolicy {
    at.members(&[
        "Comment",
        "Name",
        "DefaultTTL",
        "MaxTTL",
        "MinTTL",
        "ParametersInCacheKeyAndForwardedToOrigin",
    ]);
    let number = |name: &str, default| at.get(name).and_then(|at| at.number()).unwrap_or(default);
    let mut policy = CachePolicy {
        min_ttl_s: at.required("MinTTL").and_then(|at| at.number()).unwrap_or(0),
        default_ttl_s: number("DefaultTTL", 86_400),
        max_ttl_s: number("MaxTTL", 31_536_000),
        ..CachePolicy::default()
    };
    if policy.max_ttl_s < policy.min_ttl_s {
        at.at("MaxTTL").error("`MaxTTL` is less than `MinTTL`");
    }
    policy.default_ttl_s =
        policy.default_ttl_s.clamp(policy.min_ttl_s, policy.max_ttl_s.max(policy.min_ttl_s));
    let Some(key) = at.get("ParametersInCacheKeyAndForwardedToOrigin") else { return policy };
    key.members(&[
        "EnableAcceptEncodingGzip",
        "EnableAcceptEncodingBrotli",
        "HeadersConfig",
        "CookiesConfig",
        "QueryStringsConfig",
    ]);
    policy.gzip = key.is("EnableAcceptEncodingGzip");
    policy.brotli = key.is("EnableAcceptEncodingBrotli");
    (policy.headers, policy.cookies, policy.query_strings) = parts(&key);
    if let Some(headers) = key.get("HeadersConfig") {
        warn_of_unknown(&headers, "Headers");
    }
    if matches!(policy.headers, Selected::All | Selected::AllExcept(_)) {
        key.error("fields in a cache key are named one by one");
    }
    policy
}

fn access(at: &At<'_, '_>) -> Signing {
    at.members(&[
        "Name",
        "Description",
        "SigningProtocol",
        "SigningBehavior",
        "OriginAccessControlOriginType",
    ]);
    let kind = at.required("OriginAccessControlOriginType");
    if let Some(kind) = kind.filter(|at| at.text() != Some("s3")) {
        kind.error("origin access control is supported for `s3` alone");
    }
    if let Some(protocol) = at.required("SigningProtocol").filter(|at| at.text() != Some("sigv4")) {
        protocol.error("the protocol is `sigv4`");
    }
    let behavior = at.required("SigningBehavior");
    match behavior.and_then(|at| at.one_of(&["never", "always", "no-override"])) {
        Some("never") => Signing::Never,
        Some("no-override") => Signing::NoOverride,
        _ => Signing::Always,
    }
}

fn real_time(at: &At<'_, '_>) -> RealTimeLog {
    at.members(&["ARN", "Name", "SamplingRate", "EndPoints", "Fields"]);
    let sampling_rate = at.required("SamplingRate").and_then(|at| at.number()).unwrap_or(100);
    if !(1..=100).contains(&sampling_rate) {
        at.at("SamplingRate").error("`SamplingRate` is 1 to 100");
    }
    let asked = at.items("Fields");
    for field in &asked {
        match field.text().filter(|name| REAL_TIME.contains(name)) {
            None => field.error("real-time logs have no such field"),
            Some(name) if is_never_told(name) => field.warning(match name.starts_with("cmcd-") {
                true => {
                    "what players tell (`cmcd-…`) is not read here: these fields are always `-`"
                        .into()
                }
                false => format!("`{name}` is not known here: the field is always `-`"),
            }),
            Some(_) => {}
        }
    }
    let is_asked = |name: &&str| asked.iter().any(|at| at.text() == Some(name));
    let fields: Vec<&str> = REAL_TIME.into_iter().filter(is_asked).collect();
    if asked.is_empty() {
        at.error("`Fields` has at least one");
    }
    RealTimeLog { sampling_rate, fields }
}

fn parts(at: &At<'_, '_>) -> (Selected, Selected, Selected) {
    let part = |config: &str, behavior: &str, names: &str| {
        at.get(config).map(|at| {
            at.members(&[behavior, names]);
            selected(&at, behavior, names)
        })
    };
    let headers = part("HeadersConfig", "HeaderBehavior", "Headers");
    let cookies = part("CookiesConfig", "CookieBehavior", "Cookies");
    let query = part("QueryStringsConfig", "QueryStringBehavior", "QueryStrings");
    (headers.unwrap_or_default(), cookies.unwrap_or_default(), query.unwrap_or_default())
}

fn origin_request(at: &At<'_, '_>) -> OriginRequestPolicy {
    at.members(&["Comment", "Name", "HeadersConfig", "CookiesConfig", "QueryStringsConfig"]);
    let mut policy = OriginRequestPolicy::default();
    if let Some(headers) = at.get("HeadersConfig") {
        const KNOWN: [&str; 5] =
            ["none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept"];
        let named = headers.texts("Headers");
        let behavior = headers.get("HeaderBehavior");
        if behavior.is_none_or(|at| at.text() != Some("allExcept")) {
            warn_of_unknown(&headers, "Headers");
        }
        policy.headers = match headers.required("HeaderBehavior").and_then(|at| at.one_of(&KNOWN)) {
            Some("whitelist") => Selected::These(named),
            Some("allViewer") => Selected::All,
            Some("allViewerAndWhitelistCloudFront") => {
                policy.added = named;
                Selected::All
            }
            Some("allExcept") => Selected::AllExcept(named),
            _ => Selected::None,
        };
    }
    let (_, cookies, query) = {
        let part = |config: &str, behavior: &str, names: &str| {
            at.get(config).map(|at| selected(&at, behavior, names)).unwrap_or_default()
        };
        let cookies = part("CookiesConfig", "CookieBehavior", "Cookies");
        ((), cookies, part("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"))
    };
    (policy.cookies, policy.query_strings) = (cookies, query);
    policy
}

fn response_headers(at: &At<'_, '_>) -> ResponseHeadersPolicy {
    at.members(&[
        "Comment",
        "Name",
        "CorsConfig",
        "SecurityHeadersConfig",
        "ServerTimingHeadersConfig",
        "CustomHeadersConfig",
        "RemoveHeadersConfig",
    ]);
    let mut set = Vec::new();
    if let Some(security) = at.get("SecurityHeadersConfig") {
        security_headers(&security, &mut set);
    }
    for item in at.items("CustomHeadersConfig") {
        item.members(&["Header", "Value", "Override"]);
        let name = item.required("Header").and_then(|at| at.text());
        let value = item.required("Value").and_then(|at| at.text());
        if let (Some(name), Some(value)) = (name, value) {
            add(&item, &mut set, name, value.into(), item.is("Override"));
        }
    }
    let removed = at.items("RemoveHeadersConfig");
    let removed = removed.iter().filter_map(removed_field);
    let timing = at.get("ServerTimingHeadersConfig").filter(|at| at.is("Enabled"));
    ResponseHeadersPolicy {
        set,
        remove: removed.collect(),
        cors: at.get("CorsConfig").map(|at| cors(&at)),
        server_timing: timing.map(|at| timing_rate(&at)),
    }
}

/// "Headers that you can't remove": those that frame a message, and those that CloudFront says itself.
fn removed_field(at: &At<'_, '_>) -> Option<String> {
    const KEPT: [&str; 31] = [
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "warning",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-amzn-auth",
        "x-amzn-cf-billing",
        "x-amzn-cf-id",
        "x-amzn-cf-xff",
        "x-amzn-errortype",
        "x-amzn-fle-profile",
        "x-amzn-header-count",
        "x-amzn-header-order",
        "x-amzn-lambda-integration-tag",
        "x-amzn-requestid",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
    ];
    const KEPT_BEGIN: [&str; 2] = ["x-amz-cf-", "x-edge-"];
    let at = at.required("Header")?;
    let name = at.text()?;
    let lower = name.to_ascii_lowercase();
    if KEPT.contains(&&*lower) || KEPT_BEGIN.iter().any(|start| lower.starts_with(start)) {
        at.error("this field cannot be removed");
    }
    Some(name.into())
}

/// Percent with "up to four decimal places", as a part of a million.
fn timing_rate(at: &At<'_, '_>) -> u64 {
    let Some(rate) = at.get("SamplingRate") else { return 1_000_000 };
    let percent = rate.value.as_f64().filter(|percent| (0.0..=100.0).contains(percent));
    if percent.is_none() {
        rate.error("it is a number from 0 to 100");
    }
    // Half of a part more: decimals are no binary fractions.
    percent.map_or(0, |percent| (percent * 10_000.0 + 0.5) as u64)
}

fn cors(at: &At<'_, '_>) -> Cors {
    let list = |name: &str| at.texts(name);
    let every = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];
    let mut methods = list("AccessControlAllowMethods");
    if methods.iter().any(|method| method == "ALL") {
        methods = every.into_iter().map(String::from).collect();
    }
    Cors {
        origins: list("AccessControlAllowOrigins"),
        headers: list("AccessControlAllowHeaders"),
        methods,
        expose: list("AccessControlExposeHeaders"),
        max_age_s: at.get("AccessControlMaxAgeSec").and_then(|at| at.number()),
        credentials: at.is("AccessControlAllowCredentials"),
        overrides: at.is("OriginOverride"),
    }
}

fn security_headers(at: &At<'_, '_>, set: &mut Vec<SetField>) {
    at.members(&[
        "XSSProtection",
        "FrameOptions",
        "ReferrerPolicy",
        "ContentSecurityPolicy",
        "ContentTypeOptions",
        "StrictTransportSecurity",
    ]);
    let text = |at: &At<'_, '_>, name: &str| {
        at.required(name).and_then(|at| at.text()).unwrap_or_default().to_string()
    };
    for (name, member, field) in [
        ("FrameOptions", "FrameOption", "X-Frame-Options"),
        ("ReferrerPolicy", "ReferrerPolicy", "Referrer-Policy"),
        ("ContentSecurityPolicy", "ContentSecurityPolicy", "Content-Security-Policy"),
    ] {
        if let Some(at) = at.get(name) {
            add(&at, set, field, text(&at, member), at.is("Override"));
        }
    }
    if let Some(at) = at.get("ContentTypeOptions") {
        add(&at, set, "X-Content-Type-Options", "nosniff".into(), at.is("Override"));
    }
    if let Some(at) = at.get("StrictTransportSecurity") {
        let seconds = at.required("AccessControlMaxAgeSec").and_then(|at| at.number());
        let mut value = format!("max-age={}", seconds.unwrap_or(0));
        value.push_str(if at.is("IncludeSubdomains") { "; includeSubDomains" } else { "" });
        value.push_str(if at.is("Preload") { "; preload" } else { "" });
        add(&at, set, "Strict-Transport-Security", value, at.is("Override"));
    }
    if let Some(at) = at.get("XSSProtection") {
        let mut value = String::from(if at.is("Protection") { "1" } else { "0" });
        value.push_str(if at.is("ModeBlock") { "; mode=block" } else { "" });
        if let Some(uri) = at.get("ReportUri").and_then(|at| at.text()).filter(|u| !u.is_empty()) {
            value.push_str(&format!("; report={uri}"));
        }
        add(&at, set, "X-XSS-Protection", value, at.is("Override"));
    }
}

fn add(at: &At<'_, '_>, set: &mut Vec<SetField>, name: &str, value: String, overrides: bool) {
    if !is_field(name, &value) {
        return at.error("HTTP cannot carry this field");
    }
    set.push(SetField { name: name.into(), value, overrides });
}
