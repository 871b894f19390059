//! `privateEndpoints`: listeners that stand in for VPC endpoints.

use std::path::Path;

use gateway_core::definition::PrivateEndpoint;
use gateway_core::definition::document::At;
use gateway_core::policy::Policy;

use super::PrivateEndpointConfig;
use super::listeners::{self, Listener};
use super::reading::Reading;

pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    listen: &[Listener],
    directory: &Path,
) -> Vec<PrivateEndpointConfig> {
    let Some(at) = at.get("privateEndpoints") else { return Vec::new() };
    let mut endpoints: Vec<PrivateEndpointConfig> = Vec::new();
    for item in reading.array(&at) {
        let Some(endpoint) = read(reading, &item, directory) else { continue };
        let address = endpoint.listen.address;
        let mut others = listen.iter().chain(endpoints.iter().map(|other| &other.listen));
        if address.port() != 0 && others.any(|other| other.address == address) {
            let message = format!("`{address}` is listened at already");
            reading.error_with(&item, message, "a private endpoint has a listener of its own");
        }
        let id = &endpoint.endpoint.vpc_endpoint_id;
        if endpoints.iter().any(|other| other.endpoint.vpc_endpoint_id == *id) {
            reading.error(&item, format!("the id `{id}` is used twice"));
        }
        endpoints.push(endpoint);
    }
    endpoints
}

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<PrivateEndpointConfig> {
    reading.keys(at, &["vpcEndpointId", "vpcId", "listen", "policy"]);
    let id = reading.required(at, "vpcEndpointId").and_then(|at| id_of(reading, &at, "vpce-"));
    let listen =
        reading.required(at, "listen").and_then(|at| listeners::read(reading, &at, directory));
    let vpc = at.get("vpcId");
    let vpc_id = vpc.as_ref().and_then(|at| id_of(reading, at, "vpc-"));
    let policy = at.get("policy");
    let policy_read = policy.as_ref().and_then(|at| self::policy(reading, at));
    // A policy that cannot be read is not the same as none.
    if vpc.is_some() != vpc_id.is_some() || policy.is_some() != policy_read.is_some() {
        return None;
    }
    let endpoint = PrivateEndpoint { vpc_endpoint_id: id?, vpc_id, policy: policy_read };
    Some(PrivateEndpointConfig { listen: listen?, endpoint })
}

fn id_of(reading: &Reading, at: &At<'_>, prefix: &str) -> Option<String> {
    let id = reading.text(at)?;
    let plain = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !id.strip_prefix(prefix).is_some_and(plain) {
        reading.error_with(
            at,
            format!("`{id}` is no such id"),
            format!("it begins with `{prefix}`"),
        );
        return None;
    }
    Some(id.into())
}

/// A policy document, as AWS has it.
pub(super) fn policy(reading: &Reading, at: &At<'_>) -> Option<Policy> {
    check_keys(reading, at);
    match Policy::from_document(at.node) {
        Ok(policy) => Some(policy),
        Err(errors) => {
            for error in errors {
                let place = at.find(&error.pointer).unwrap_or_else(|| at.clone());
                reading.error(&place, format!("Invalid policy document: {}", error.reason));
            }
            None
        }
    }
}

/// As of a resource policy: a denial by a key that requests do not have here would deny nobody.
fn check_keys(reading: &Reading, at: &At<'_>) {
    for key in Policy::unknown_keys(at.node).iter().filter(|key| key.is_global()) {
        let place = at.find(&key.pointer).unwrap_or_else(|| at.clone());
        let message = format!("the condition key `{}` is not supported yet", key.name);
        let help = "no request would have it, and a denial by it would deny nobody";
        reading.error_with(&place, message, help);
    }
}
