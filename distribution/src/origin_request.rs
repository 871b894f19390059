//! What an origin is sent.

use alloc::string::{String, ToString};

use http_cache::{Fields, bound_range};

use crate::key::accept_encoding;
use crate::model::{OriginRequestPolicy, ProtocolPolicy, Selected};
use crate::own_fields::{is_reserved, own_field};
use crate::{Matched, Origin, bucket, cookies, query, signed};

/// A request to an origin, but for its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginRequest<'d> {
    /// Where it goes.
    pub origin: &'d Origin,
    /// Over TLS.
    pub is_https: bool,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The header section, with `Host`.
    pub fields: Fields,
    /// Whether it is to be signed, as origin access control has it for its bucket.
    pub is_signed: bool,
}

/// Passed on whatever policies say: what a cache is asked. `Authorization` is beside them for methods that are not
/// cached (CloudFront's table of request headers).
const PASSED: [&str; 8] = [
    "cache-control",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "pragma",
    "range",
];
/// Passed on whatever policies say, except where the answer may be stored for viewers who did not say them. There is
/// no content that they could be about then, and CloudFront's forwarding them is what poisons caches.
const PASSED_UNSTORED: [&str; 9] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "from",
    "max-forwards",
    "warning",
];
/// Never passed on: the edge says them itself, or nobody may claim them.
const NEVER: [&str; 8] = [
    "expect",
    "host",
    "via",
    "x-amz-cf-id",
    "x-forwarded-for",
    "accept-encoding",
    "cookie",
    "user-agent",
];

/// What a distribution says of itself.
const VIA: &str = "1.1 edgeway (CloudFront)";
/// Distributions one behind another.
pub(crate) const DISTRIBUTIONS_MAX: usize = 8;

/// What names another method than the one that is sent, to REST APIs and many another origin.
pub(crate) const METHOD_OVERRIDE: &str = "x-http-method-override";

impl<'d> Matched<'d> {
    /// The request to one of its origins. `request_id` is the edge's name for it (`X-Amz-Cf-Id`).
    pub fn origin_request(&self, origin: usize, request_id: &str) -> OriginRequest<'d> {
        let origin = &self.distribution.origins[origin];
        let is_https = match origin.protocol {
            ProtocolPolicy::HttpOnly => false,
            ProtocolPolicy::HttpsOnly => true,
            ProtocolPolicy::MatchViewer => self.is_https,
        };
        let query = self.forwarded_query().map(|query| ["?", &query].concat());
        let mut fields = self.forwarded_fields(origin);
        let is_signed = origin.bucket.as_ref().is_some_and(|bucket| bucket.prepare(&mut fields));
        let path = [&*origin.path, &*self.path].concat();
        let path = if is_signed { bucket::signable(&path) } else { path };
        let target = [&*path, query.as_deref().unwrap_or_default()].concat();
        fields.push("X-Amz-Cf-Id", request_id);
        Origin::custom(origin, &mut fields);
        let method = self.method.clone();
        OriginRequest { origin, is_https, method, target, fields, is_signed }
    }

    /// CloudFront separates parameters at `&`; REST APIs, as many another origin, at `;` as well. Where it matters by
    /// which name a parameter goes, none hides another.
    fn forwarded_query(&self) -> Option<String> {
        let cache = &self.behavior.cache.query_strings;
        let more = self.behavior.forward.as_ref().map(|policy| &policy.query_strings);
        let kept = query::keep(self.query.as_deref()?, |name| {
            let is_forwarded = cache.names(name) || more.is_some_and(|more| more.names(name));
            is_forwarded && !signed::is_own(self.behavior, name)
        })?;
        let is_whole = *cache == Selected::All || more == Some(&Selected::All) && !self.is_cached();
        Some(if is_whole { kept } else { query::undivided(&kept) })
    }

    fn forwarded_fields(&self, origin: &Origin) -> Fields {
        let (cache, forward) = (&self.behavior.cache, self.behavior.forward.as_ref());
        let mut viewer = self.fields.clone();
        bound_range(&mut viewer);
        let is_keyed = |name: &str| cache.headers.names_field(name);
        let is_named = |name: &str| {
            is_keyed(name) || forward.is_some_and(|policy| policy.headers.names_field(name))
        };
        // "You cannot forward `Host` to a bucket": by that it is known.
        let host = match self.names_host() && origin.bucket.is_none() {
            true => self.host(),
            false => origin.domain_name.clone(),
        };
        let mut fields = Fields::from([("Host", &*host)]);
        for field in viewer.iter() {
            let name = field.name.to_ascii_lowercase();
            let is_passed = PASSED.contains(&&*name)
                || PASSED_UNSTORED.contains(&&*name) && !self.is_cached()
                || name == "authorization" && self.passes_authorization();
            if !NEVER.contains(&&*name) && !is_reserved(&name) && (is_passed || is_named(&name)) {
                fields.push(field.name.as_str(), field.value.as_slice());
            }
        }
        if let Some(agent) = viewer.get("user-agent").filter(|_| is_named("user-agent")) {
            fields.push("User-Agent", agent);
        } else {
            fields.push("User-Agent", "Amazon CloudFront");
        }
        self.forward_encoding(&viewer, is_named("accept-encoding"), &mut fields);
        let kept = cookies::keep(&viewer, |name| {
            let is_forwarded = forward.is_some_and(|policy| policy.cookies.names_cookie(name));
            let is_signature = self.behavior.trusted_keys.is_some() && signed::is_cookie(name);
            !is_signature && (cache.cookies.names_cookie(name) || is_forwarded)
        });
        if let Some(kept) = kept {
            fields.push("Cookie", kept);
        }
        self.add_own(forward, &mut fields);
        fields
    }

    /// What the viewer says that the request's method is instead, where origins are told.
    pub(crate) fn overriding_methods(&self) -> impl Iterator<Item = &[u8]> {
        let forward = self.behavior.forward.as_ref();
        let is_forwarded = self.behavior.cache.headers.names_field(METHOD_OVERRIDE)
            || forward.is_some_and(|policy| policy.headers.names_field(METHOD_OVERRIDE));
        self.fields.all(METHOD_OVERRIDE).filter(move |_| is_forwarded)
    }

    /// Whether an origin may take it for another method than the cache does, to which `HEAD` is a part of `GET`.
    pub(crate) fn is_ambiguous_in_method(&self) -> bool {
        let mut named = self.overriding_methods();
        let is_get = |name: &[u8]| name == b"GET" && self.method == "GET";
        named.next().is_some_and(|name| !is_get(name) || named.next().is_some())
    }

    /// Whether an origin is an API of API Gateway, which goes by that where it is a REST API.
    pub(crate) fn is_for_api(&self) -> bool {
        let (first, second) = self.origins();
        let is_api =
            |index: usize| self.distribution.origins[index].domain_name.contains(".execute-api.");
        [Some(first), second].into_iter().flatten().any(is_api)
    }

    /// Whether an origin is sent the name that the viewer asked for.
    pub(crate) fn forwards_host(&self) -> bool {
        let (first, second) = self.origins();
        let takes = |index: usize| self.distribution.origins[index].bucket.is_none();
        self.names_host() && [Some(first), second].into_iter().flatten().any(takes)
    }

    /// The name that the viewer asked for, as the key has it and origins are sent it: its case means nothing (RFC 9110
    /// §4.2.3), but to some of them.
    pub(crate) fn host(&self) -> String {
        self.host.to_ascii_lowercase()
    }

    fn names_host(&self) -> bool {
        let forward = self.behavior.forward.as_ref();
        self.behavior.cache.headers.names_field("host")
            || forward.is_some_and(|policy| policy.headers.names_field("host"))
    }

    /// "`OPTIONS`: CloudFront removes the `Authorization` header field if you configure CloudFront to cache responses to
    /// `OPTIONS` requests."
    fn passes_authorization(&self) -> bool {
        let is_cached = self.behavior.cached_methods.contains(&self.method);
        !matches!(&*self.method, "GET" | "HEAD") && !is_cached
    }

    fn forward_encoding(&self, viewer: &Fields, is_named: bool, fields: &mut Fields) {
        let cache = &self.behavior.cache;
        if cache.gzip || cache.brotli {
            if let Some(encoding) = accept_encoding(self) {
                fields.push("Accept-Encoding", encoding);
            }
        } else if is_named {
            viewer.all("accept-encoding").for_each(|line| fields.push("Accept-Encoding", line));
        }
    }

    /// What the edge says of itself and of the viewer.
    fn add_own(&self, forward: Option<&OriginRequestPolicy>, fields: &mut Fields) {
        let before = self.fields.text("x-forwarded-for").filter(|_| self.forwards_for(forward));
        let before = before.map(|before| [before, ", "].concat()).unwrap_or_default();
        fields.push("X-Forwarded-For", [&*before, &*self.ip].concat());
        for _ in 0..=self.distributions_before() {
            fields.push("Via", VIA);
        }
        let keyed = match &self.behavior.cache.headers {
            Selected::These(names) => names.as_slice(),
            _ => &[],
        };
        let listed = match forward.map(|policy| &policy.headers) {
            Some(Selected::These(names)) => names.as_slice(),
            _ => &[],
        };
        let added = forward.map(|policy| policy.added.as_slice()).unwrap_or_default();
        let mut told: alloc::vec::Vec<String> = alloc::vec::Vec::new();
        for name in keyed.iter().chain(listed).chain(added) {
            let lower = name.to_ascii_lowercase();
            if lower == "host" || told.contains(&lower) {
                continue;
            }
            if let Some(value) = own_field(self, &lower).filter(|value| !value.is_empty()) {
                fields.push(name.as_str(), value);
                told.push(lower);
            }
        }
    }

    /// How many distributions a request has come through: one that comes back again and again never ends (RFC 9110
    /// §7.6.3, `Via`).
    pub(crate) fn distributions_before(&self) -> usize {
        let each = http_cache::members(&self.fields, "via");
        each.filter(|member| *member == VIA.as_bytes()).take(DISTRIBUTIONS_MAX).count()
    }

    /// What a viewer says of those before it is passed on where all of its fields are.
    fn forwards_for(&self, forward: Option<&OriginRequestPolicy>) -> bool {
        forward.is_some_and(|policy| policy.headers.names_field("x-forwarded-for"))
    }
}

impl Origin {
    fn custom(&self, fields: &mut Fields) {
        for (name, value) in &self.custom_headers {
            fields.set(name.to_string(), value.as_bytes());
        }
    }
}
