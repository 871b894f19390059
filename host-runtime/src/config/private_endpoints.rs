//! `privateEndpoints`: listeners that stand in for VPC endpoints.

use std::net::SocketAddr;

use gateway_core::definition::PrivateEndpoint;
use gateway_core::definition::document::At;
use gateway_core::policy::Policy;

use super::PrivateEndpointConfig;
use super::reading::Reading;

pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    listen: SocketAddr,
) -> Vec<PrivateEndpointConfig> {
    let Some(at) = at.get("privateEndpoints") else { return Vec::new() };
    let mut endpoints: Vec<PrivateEndpointConfig> = Vec::new();
    for item in reading.array(&at) {
        let Some(endpoint) = read(reading, &item) else { continue };
        let is_taken = |other: SocketAddr| other == endpoint.listen && other.port() != 0;
        if is_taken(listen) || endpoints.iter().any(|other| is_taken(other.listen)) {
            let message = format!("`{}` is listened at already", endpoint.listen);
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

fn read(reading: &Reading, at: &At<'_>) -> Option<PrivateEndpointConfig> {
    reading.keys(at, &["vpcEndpointId", "vpcId", "listen", "policy"]);
    let id = reading.required(at, "vpcEndpointId").and_then(|at| id_of(reading, &at, "vpce-"));
    let listen = reading.required(at, "listen").and_then(|at| reading.address(&at));
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
    match Policy::from_document(at.node) {
        Ok(policy) => Some(policy),
        Err(error) => {
            let place = at.find(&error.pointer).unwrap_or_else(|| at.clone());
            reading.error(&place, format!("Invalid policy document: {}", error.reason));
            None
        }
    }
}
