//! The parameter mappings of HTTP APIs: `overwrite:header.x-id: $request.path.id`.
//!
//! "Transform API requests and responses for HTTP APIs".

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::reading::Reading;
use super::unsupported::Feature;

/// Checks request mappings as AWS does; none is supported yet.
pub(super) fn refuse_request<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<(String, String)> {
    let Some(mappings) = reading.object(at.clone()) else { return Vec::new() };
    for (target, value) in mappings.members() {
        if let Err(reason) = check_target(target) {
            reading.error(&value, format!("invalid mapping `{target}`: {reason}"));
        }
        reading.string(&value);
    }
    if mappings.members().next().is_some() {
        reading.unsupported(at, Feature::HttpRequestMappings);
    }
    Vec::new()
}

fn check_target(target: &str) -> Result<(), String> {
    let form =
        "it has the form `append|overwrite|remove:header|querystring.NAME` or `overwrite:path`";
    let Some((verb, place)) = target.split_once(':') else { return Err(form.into()) };
    match (verb, place.split_once('.').unwrap_or((place, ""))) {
        ("overwrite", ("path", "")) => Ok(()),
        ("append" | "remove", ("path", "")) => Err("the path can only be overwritten".into()),
        ("append" | "overwrite" | "remove", ("header", name)) if !name.is_empty() => {
            match is_reserved(name) {
                true => Err(format!("the header `{name}` is reserved")),
                false => Ok(()),
            }
        }
        ("append" | "overwrite" | "remove", ("querystring", name)) if !name.is_empty() => Ok(()),
        _ => Err(form.into()),
    }
}

/// "Reserved headers".
fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["access-control-", "apigw-", "x-amz-", "x-amzn-"].iter().any(|p| name.starts_with(p))
        || RESERVED.contains(&name.as_str())
}

const RESERVED: [&str; 18] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];
