//! From what `aws cloudfront` prints to a distribution, with everything that is wrong or not supported.

mod at;
mod behavior;
pub(crate) mod check;
mod kind;
mod origin;
mod policies;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::log::Logging;
use crate::model::{CustomError, Distribution, Geo, Options};
use crate::own_fields;
use crate::problem::{Document, Problem, Reading};
use at::At;
use policies::References;

/// What the configuration has, and how far it is served.
const MEMBERS: [&str; 25] = [
    "Aliases",
    "AnycastIpListId",
    "CacheBehaviors",
    "CallerReference",
    "Comment",
    "CacheTagConfig",
    "ConnectionMode",
    "ContinuousDeploymentPolicyId",
    "CustomErrorResponses",
    "DefaultCacheBehavior",
    "DefaultRootObject",
    "Enabled",
    "HttpVersion",
    "IsIPV6Enabled",
    "Logging",
    "OriginGroups",
    "Origins",
    "PriceClass",
    "Restrictions",
    "Staging",
    "TenantConfig",
    "ViewerCertificate",
    "ViewerMtlsConfig",
    "WebACLId",
    "ConnectionFunctionAssociation",
];
/// Errors that a custom response may be for (CloudFront's list).
const CUSTOM_ERRORS: [u64; 13] = [400, 403, 404, 405, 414, 416, 417, 500, 501, 502, 503, 504, 401];
/// Most behaviours; AWS's quota is 75, and may be raised.
const BEHAVIORS_MAX: usize = 500;

impl Distribution {
    /// Reads what `get-distribution-config` or `get-distribution` prints, and what `get-cache-policy`,
    /// `get-origin-request-policy`, `get-response-headers-policy`, `get-key-group` and `get-public-key` print
    /// of what it refers to. `id` is its name where the document has none.
    ///
    /// # Errors
    /// All mistakes, and whatever is not supported. Warnings come with a distribution too.
    pub fn read(
        id: &str,
        document: &str,
        references: &[&str],
        options: Options,
    ) -> (Option<Self>, Vec<Problem>) {
        let (read, problems) = read(id, document, references, options);
        let is_refused = problems.iter().any(|problem| !problem.is_warning);
        let read = read.filter(|read| read.is_whole && !is_refused);
        (read.map(|read| read.distribution), problems)
    }
}

/// What was read, mistakes or not.
struct Read {
    distribution: Distribution,
    /// Whether it has a behaviour for each path, as without the default one it has not.
    is_whole: bool,
}

/// `None` of what is no JSON.
fn read(
    id: &str,
    document: &str,
    references: &[&str],
    options: Options,
) -> (Option<Read>, Vec<Problem>) {
    let reading = Reading::new(Document::Distribution);
    let refs = References::read(&reading, references);
    let read = match serde_json::from_str::<Value>(document) {
        Ok(value) => Some(distribution(&reading, id, &At::top(&reading, &value), &refs, options)),
        Err(error) => {
            At::top(&reading, &Value::Null).error(error.to_string());
            None
        }
    };
    (read, reading.into_problems())
}

fn distribution(
    reading: &Reading,
    id: &str,
    top: &At<'_, '_>,
    refs: &References,
    options: Options,
) -> Read {
    reading.within(Document::Distribution, || {
        let described = top.get("Distribution");
        let outer = described.as_ref().unwrap_or(top);
        let named = outer.get("Id").and_then(|at| at.text().map(String::from));
        let domain = outer.get("DomainName").and_then(|at| at.text().map(str::to_ascii_lowercase));
        let config = outer.get("DistributionConfig").unwrap_or_else(|| outer.clone());
        config.members(&MEMBERS);
        refuse(&config);
        let origins = origin::origins(&config, refs);
        let groups = origin::groups(&config, &origins);
        let places = behavior::Places { origins: &origins, groups: &groups, refs };
        let mut behaviors: Vec<_> = Vec::new();
        let items = config.items("CacheBehaviors");
        for at in &items {
            behaviors.extend(behavior::read(at, &places));
        }
        if items.len() > BEHAVIORS_MAX {
            config.error("there are too many cache behaviors");
        }
        let default = config.required("DefaultCacheBehavior");
        let default = default.and_then(|at| behavior::read_default(&at, &places));
        let aliases = config.items("Aliases");
        let mut aliases: Vec<String> =
            aliases.iter().filter_map(|at| Some(at.text()?.to_ascii_lowercase())).collect();
        aliases.extend(domain.clone());
        let logging = config.get("Logging");
        let logs = |name| logging.as_ref().is_some_and(|at| at.is(name));
        let root = config.get("DefaultRootObject").and_then(|at| at.text().map(String::from));
        let web_acl = config.get("WebACLId").and_then(|at| at.text());
        let (errors, geo) = (errors(&config), geo(&config));
        // The last, as it is for all other paths.
        let is_whole = default.is_some();
        behaviors.extend(default);
        let distribution = Distribution {
            id: named.unwrap_or_else(|| id.into()),
            domain_name: domain,
            logging: Logging { is_enabled: logs("Enabled"), has_cookies: logs("IncludeCookies") },
            web_acl_id: web_acl.filter(|arn| !arn.is_empty()).map(String::from),
            aliases,
            public_keys: refs.public_keys.clone(),
            options,
            enabled: config.get("Enabled").is_none_or(|at| at.boolean() != Some(false)),
            groups,
            asked: own_fields::asked(&behaviors),
            behaviors,
            default_root_object: root
                .map(|root| root.trim_start_matches('/').to_string())
                .filter(|root| !root.is_empty()),
            errors,
            geo,
            origins,
        };
        Read { distribution, is_whole }
    })
}

/// What CloudFront has and this does not: it would be wrong to go on without.
fn refuse(config: &At<'_, '_>) {
    let is_set = |at: &At<'_, '_>| at.text().is_some_and(|text| !text.is_empty());
    for (name, message) in [
        ("ContinuousDeploymentPolicyId", "continuous deployment is not supported"),
        ("AnycastIpListId", "anycast addresses are not supported"),
    ] {
        if let Some(at) = config.get(name).filter(is_set) {
            at.error(message);
        }
    }
    for name in ["ViewerMtlsConfig", "TenantConfig", "ConnectionFunctionAssociation"] {
        if let Some(at) = config.get(name) {
            at.error("this is not supported");
        }
    }
    if let Some(at) = config.get("CacheTagConfig") {
        at.warning("nothing is invalidated by tags here, but by paths");
    }
    if let Some(at) = config.get("Staging").filter(|at| at.boolean() == Some(true)) {
        at.error("a staging distribution is not supported");
    }
    if let Some(at) = config.get("ConnectionMode").filter(|at| at.text() != Some("direct")) {
        at.error("only `direct` is supported");
    }
    let own = config.get("ViewerCertificate").filter(|at| {
        at.get("CloudFrontDefaultCertificate").is_none_or(|at| at.boolean() != Some(true))
    });
    if let Some(at) = own {
        at.warning("certificates and TLS versions are the listener's, not the distribution's");
    }
}

fn errors(config: &At<'_, '_>) -> Vec<CustomError> {
    let mut errors: Vec<CustomError> = Vec::new();
    for at in config.items("CustomErrorResponses") {
        at.members(&["ErrorCode", "ResponsePagePath", "ResponseCode", "ErrorCachingMinTTL"]);
        let Some(code) = at.required("ErrorCode").and_then(|at| at.number()) else { continue };
        if !CUSTOM_ERRORS.contains(&code) {
            at.at("ErrorCode").error("CloudFront has no custom error response for this status");
            continue;
        }
        let path = at.get("ResponsePagePath").and_then(|at| at.text()).filter(|p| !p.is_empty());
        let told = at.get("ResponseCode").and_then(|at| match at.value.as_str() {
            Some(text) => text.parse().ok(),
            None => at.number(),
        });
        if path.is_some_and(|path| !path.starts_with('/')) {
            at.at("ResponsePagePath").error("`ResponsePagePath` begins with a slash");
        }
        let told = told.and_then(|told| u16::try_from(told).ok());
        let told = told.unwrap_or(code as u16);
        if !(200..600).contains(&told) {
            at.at("ResponseCode").error("`ResponseCode` is a final status");
        }
        let ttl_s = at.get("ErrorCachingMinTTL").and_then(|at| at.number());
        errors.push(CustomError {
            status: code as u16,
            page: path.map(|path| (path.into(), told)),
            ttl_s: ttl_s.unwrap_or(crate::route::ERROR_TTL_S),
        });
    }
    errors
}

fn geo(config: &At<'_, '_>) -> Geo {
    let Some(at) = config.get("Restrictions").and_then(|at| at.get("GeoRestriction")) else {
        return Geo::Everybody;
    };
    let items = at.own_items();
    let countries = || items.iter().filter_map(|at| at.text().map(String::from)).collect();
    match at
        .required("RestrictionType")
        .and_then(|at| at.one_of(&["none", "whitelist", "blacklist"]))
    {
        Some("whitelist") => Geo::Only(countries()),
        Some("blacklist") => Geo::Not(countries()),
        _ => Geo::Everybody,
    }
}

/// The members of key groups and the keys, by id.
type KeyGroups = BTreeMap<String, Vec<String>>;
