//! The response as the viewer gets it: response headers policies, CORS, and what the edge says of itself.

use alloc::string::{String, ToString};

use http_cache::{CacheStatus, Fields, remove_hop_by_hop};

use crate::Matched;
use crate::log::drawn;
use crate::model::{Cors, Selected};

/// Where a response came from (`X-Cache`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheResult {
    /// What is stored.
    Hit,
    /// What is stored, after the origin said that it still holds.
    RefreshHit,
    /// The origin.
    Miss,
    /// The edge, or the origin with an error.
    Error,
    /// The edge, which redirects.
    Redirect,
}

impl CacheResult {
    /// Of what is stored and is served again: an error stays one.
    pub fn of_stored(status: u16) -> Self {
        if status < 400 { Self::Hit } else { Self::Error }
    }

    /// Has a header section say what the edge says of itself in every response.
    pub fn mark(self, fields: &mut Fields, request_id: &str) {
        let told = match self {
            Self::Hit => "Hit from cloudfront",
            Self::RefreshHit => "RefreshHit from cloudfront",
            Self::Miss => "Miss from cloudfront",
            Self::Error => "Error from cloudfront",
            Self::Redirect => "Redirect from cloudfront",
        };
        fields.set("X-Cache", told);
        fields.push("Via", "1.1 edgeway (CloudFront)");
        fields.set("X-Amz-Cf-Id", request_id);
    }
}

impl Matched<'_> {
    /// Makes a header section the viewer's.
    pub fn finish(
        &self,
        fields: &mut Fields,
        result: CacheResult,
        status: Option<&CacheStatus>,
        request_id: &str,
    ) {
        remove_hop_by_hop(fields);
        if !self.forwards_cookies() {
            fields.remove("set-cookie");
        }
        if let Some(policy) = &self.behavior.respond {
            policy.remove.iter().for_each(|name| fields.remove(name));
            for field in &policy.set {
                if field.overrides || !fields.contains(&field.name) {
                    fields.set(field.name.as_str(), field.value.as_bytes());
                }
            }
            if let Some(cors) = &policy.cors {
                self.add_cors(cors, fields);
            }
            if policy.server_timing.is_some_and(|rate| self.tells_timing(rate, request_id)) {
                fields.push("Server-Timing", timing(result, request_id));
            }
        }
        result.mark(fields, request_id);
        if let Some(status) = status.filter(|_| self.distribution.options.tells_cache_status) {
            fields.push("Cache-Status", status.to_value("edgeway"));
        }
    }

    /// Whether any cookie may reach the origin. Where none does CloudFront "removes the `Set-Cookie` header from
    /// responses that it returns to your viewers" ("Cache content based on cookies").
    fn forwards_cookies(&self) -> bool {
        let forward = self.behavior.forward.as_ref().map(|policy| &policy.cookies);
        self.behavior.cache.cookies != Selected::None
            || forward.is_some_and(|cookies| *cookies != Selected::None)
    }

    /// "CloudFront adds the `Server-Timing` header if the request contains `Pragma: server-timing`", whatever
    /// the sampling rate is.
    fn tells_timing(&self, rate: u64, request_id: &str) -> bool {
        let is_asked = http_cache::members(&self.fields, "pragma")
            .any(|member| member.eq_ignore_ascii_case(b"server-timing"));
        is_asked || drawn(request_id, 1_000_000) < rate
    }

    fn add_cors(&self, cors: &Cors, fields: &mut Fields) {
        // AWS adds them to answers to requests that have an `Origin`.
        let Some(origin) = self.fields.text("origin") else { return };
        let names = [
            "allow-origin",
            "allow-methods",
            "allow-headers",
            "allow-credentials",
            "expose-headers",
            "max-age",
        ];
        if cors.overrides {
            names.iter().for_each(|name| fields.remove(&["access-control-", name].concat()));
        }
        let Some(allowed) = allowed(cors, origin) else { return };
        // "When the origin response doesn't contain a CORS header that's in the policy, CloudFront adds it", each.
        let mut add = |name: &str, value: String| {
            let is_missing = !fields.contains(name);
            if is_missing {
                fields.push(name, value);
            }
            is_missing
        };
        let is_any = allowed == "*";
        let is_added = add("Access-Control-Allow-Origin", allowed);
        if cors.credentials {
            add("Access-Control-Allow-Credentials", "true".into());
        }
        let is_preflight =
            self.method == "OPTIONS" && self.fields.contains("access-control-request-method");
        let list = |values: &[String]| values.join(", ");
        if is_preflight {
            if !cors.methods.is_empty() {
                add("Access-Control-Allow-Methods", list(&cors.methods));
            }
            if !cors.headers.is_empty() {
                add("Access-Control-Allow-Headers", list(&cors.headers));
            }
            if let Some(seconds) = cors.max_age_s {
                add("Access-Control-Max-Age", seconds.to_string());
            }
        } else if !cors.expose.is_empty() {
            add("Access-Control-Expose-Headers", list(&cors.expose));
        }
        if is_added && !is_any {
            fields.push("Vary", "Origin");
        }
    }
}

/// The metrics of `Server-Timing` that are known here ("Metrics in the `Server-Timing` header"): there is one layer,
/// and of a place of presence nothing is known.
fn timing(result: CacheResult, request_id: &str) -> String {
    let id = alloc::format!("cdn-rid;desc=\"{request_id}\"");
    match result {
        CacheResult::Hit => alloc::format!("cdn-cache-hit,{id},cdn-hit-layer;desc=\"EDGE\""),
        CacheResult::RefreshHit => {
            alloc::format!("cdn-upstream-layer;desc=\"EDGE\",cdn-cache-refresh,{id}")
        }
        CacheResult::Miss => alloc::format!("cdn-upstream-layer;desc=\"EDGE\",cdn-cache-miss,{id}"),
        // Nobody says which layer, if any, asked an origin.
        CacheResult::Error | CacheResult::Redirect => alloc::format!("cdn-cache-miss,{id}"),
    }
}

/// `*`, or the origin where it is one of those that are allowed; their names may have `*` in them.
fn allowed(cors: &Cors, origin: &str) -> Option<String> {
    if cors.origins.iter().any(|one| one == "*") {
        return Some(if cors.credentials { origin.into() } else { "*".into() });
    }
    let is_it = |one: &String| {
        let is = |text: &str| crate::pattern::matches(one.as_bytes(), text.as_bytes());
        is(origin) || !one.contains("://") && origin.split_once("://").is_some_and(|(_, o)| is(o))
    };
    cors.origins.iter().any(is_it).then(|| origin.into())
}
