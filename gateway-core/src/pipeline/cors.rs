//! CORS of HTTP APIs (`x-amazon-apigateway-cors`; Fetch standard, "CORS protocol").

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::definition::{Cors, Protocol};
use crate::gateway::StageOf;
use crate::message::{Content, Fields, OutgoingFields, Request, Response};

/// Whether the gateway answers a request that no route matches as a preflight.
pub(super) fn is_preflight(at: StageOf<'_>, request: &Request) -> bool {
    settings(at).is_some()
        && request.method == "OPTIONS"
        && request.fields.contains("origin")
        && request.fields.contains("access-control-request-method")
}

/// The answer to a preflight; [`apply`] adds what it is asked for.
pub(super) fn preflight() -> Response {
    Response {
        status: 204,
        fields: OutgoingFields::Complete(Fields::new()),
        content: Content::Empty,
    }
}

/// Whether the API's settings stand in for a field that an integration answered.
pub(super) fn replaces(at: StageOf<'_>, name: &str) -> bool {
    settings(at).is_some()
        && name.get(..15).is_some_and(|prefix| prefix.eq_ignore_ascii_case("access-control-"))
}

/// Puts the API's CORS fields into a response in place of the integration's, for a request with
/// an allowed `Origin`. (Edited header sections lack the integration's already.)
pub(super) fn apply(at: StageOf<'_>, request: &Request, response: &mut Response) {
    let Some(cors) = settings(at) else { return };
    if let OutgoingFields::Complete(fields) = &mut response.fields {
        fields.retain(|field| !replaces(at, field.name));
    }
    let Some(origin) = request.fields.get("origin") else { return };
    let Some(allowed) = allowed_origin(cors, origin) else { return };
    let mut set = |name: &str, value: String| response.fields.set(name, &value);
    set("Access-Control-Allow-Origin", allowed);
    if cors.allow_credentials {
        set("Access-Control-Allow-Credentials", "true".into());
    }
    let listed: [(&str, &Vec<String>); 2] = if is_preflight(at, request) {
        if let Some(max_age_s) = cors.max_age_s {
            set("Access-Control-Max-Age", max_age_s.to_string());
        }
        [
            ("Access-Control-Allow-Methods", &cors.allow_methods),
            ("Access-Control-Allow-Headers", &cors.allow_headers),
        ]
    } else {
        [("Access-Control-Expose-Headers", &cors.expose_headers), ("", const { &Vec::new() })]
    };
    for (name, values) in listed {
        if !values.is_empty() {
            set(name, values.join(","));
        }
    }
}

fn settings(at: StageOf<'_>) -> Option<&Cors> {
    at.deployment.cors.as_ref().filter(|_| at.api.protocol == Protocol::Http)
}

/// What `Access-Control-Allow-Origin` says to this origin, if it is allowed: one that is listed byte
/// for byte, as browsers compare them (Fetch, "CORS check").
fn allowed_origin(cors: &Cors, origin: &str) -> Option<String> {
    let allows = |allowed: &String| match allowed.as_str() {
        "*" => true,
        "http://*" | "https://*" => origin.starts_with(&allowed[..allowed.len() - 1]),
        exact => exact == origin,
    };
    if cors.allow_origins.iter().any(|o| o == "*") {
        return Some("*".into());
    }
    cors.allow_origins.iter().any(allows).then(|| origin.into())
}
