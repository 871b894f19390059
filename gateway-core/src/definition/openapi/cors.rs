//! CORS of HTTP APIs (`x-amazon-apigateway-cors`).

use alloc::{format, string::String, vec::Vec};

use super::super::Cors;
use super::super::document::At;
use super::reading::Reading;

/// Reads the configuration of an HTTP API; a REST API has none.
pub(super) fn read(reading: &Reading<'_>) -> Option<Cors> {
    let at = reading.root.get("x-amazon-apigateway-cors").filter(|_| !reading.is_rest())?;
    let at = reading.object(at)?;
    reading.members_ignored(&at, &MEMBERS);
    if has_members(&at) && !MEMBERS.iter().any(|name| at.get(name).is_some()) {
        reading.warning(&at, "nothing of this configures CORS: AWS ignores it all");
    }
    let strings = |name: &str, check: fn(&str) -> Result<(), String>| -> Vec<String> {
        let Some(list) = at.get(name) else { return Vec::new() };
        for item in list.items() {
            if let Some(Err(reason)) = item.as_str().map(check) {
                reading.error(&item, reason);
            }
        }
        reading.strings(&list)
    };
    let cors = Cors {
        allow_origins: strings("allowOrigins", check_origin),
        allow_methods: strings("allowMethods", check_method),
        allow_headers: strings("allowHeaders", check_field),
        expose_headers: strings("exposeHeaders", check_field),
        max_age_s: at
            .get("maxAge")
            .and_then(|at| reading.integer(&at, -1..=86_400))
            .and_then(|seconds| seconds.try_into().ok()),
        allow_credentials: at
            .get("allowCredentials")
            .and_then(|at| reading.boolean(&at))
            .unwrap_or(false),
    };
    if cors.allow_credentials && cors.allow_origins.iter().any(|origin| origin == "*") {
        let at: At<'_> = at.get("allowCredentials").unwrap_or(at);
        // AWS's words.
        reading.error(&at, "allow-credentials is not supported if 'allow-origin' is *");
    }
    Some(cors)
}

fn has_members(at: &At<'_>) -> bool {
    at.members().next().is_some()
}

fn check_origin(origin: &str) -> Result<(), String> {
    if origin == "*" {
        return Ok(());
    }
    let host = origin.split_once("://").filter(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    let is_host = |host: &str| {
        host == "*"
            || !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
    };
    match host {
        Some((_, host)) if is_host(host) => Ok(()),
        _ => Err(format!(
            "`{origin}` is not an origin: it is `*`, `https://*`, `http://*`, or a scheme and a host without a path"
        )),
    }
}

fn check_method(method: &str) -> Result<(), String> {
    const METHODS: [&str; 8] = ["*", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
    match METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) {
        true => Ok(()),
        false => Err(format!("`{method}` is not one of {}", METHODS.join(", "))),
    }
}

fn check_field(name: &str) -> Result<(), String> {
    match is_field_name(name) {
        true => Ok(()),
        false => Err(format!("`{name}` is not a field name")),
    }
}

/// RFC 9110 §5.6.2: token.
pub(super) fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

const MEMBERS: [&str; 6] =
    ["allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders", "maxAge", "allowCredentials"];
