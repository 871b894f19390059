//! `connectionType` and what goes with it: VPC links, and `tlsConfig`.

use alloc::{format, string::String};

use super::super::document::At;
use super::super::{ConnectionType, IntegrationType, PrivateConnection, TlsConfig};
use super::reading::Reading;

/// Whether an integration is reached through a VPC link, or was meant to be.
pub(super) fn is_private(at: &At<'_>) -> bool {
    let named = at.get("connectionType").and_then(|at| at.as_str());
    match named {
        Some(name) if name.eq_ignore_ascii_case("INTERNET") => false,
        Some(name) => name.eq_ignore_ascii_case("VPC_LINK") || at.get("connectionId").is_some(),
        None => false,
    }
}

/// Reads how an integration is reached. Whether there is a link of its id is known when a stage is
/// compiled.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
) -> Option<ConnectionType> {
    let target = at.get("integrationTarget");
    let connection_type = at.get("connectionType");
    let is_link = match &connection_type {
        Some(at) => reading.word(at, &[("INTERNET", false), ("VPC_LINK", true)]),
        None => Some(false),
    };
    // A slip of the pen in a link's type is told alone.
    let is_link = is_link.unwrap_or_else(|| is_private(at));
    let (Some(connection_type), true) = (connection_type, is_link) else {
        if let Some(target) = target {
            reading.error(
                &target,
                "`integrationTarget` is for private integrations: connectionType `VPC_LINK`",
            );
        }
        return Some(ConnectionType::Internet);
    };
    let types = match reading.is_rest() {
        true => "`HTTP` and `HTTP_PROXY`",
        false => "`HTTP_PROXY`",
    };
    let is_private = match integration_type {
        IntegrationType::HttpProxy => true,
        IntegrationType::Http => reading.is_rest(),
        _ => false,
    };
    if !is_private {
        let message = format!("a private integration is of type {types}");
        reading.error(&connection_type, message);
    }
    if let Some(target) = target.as_ref().filter(|_| !reading.is_rest()) {
        let help = "an HTTP API has the ARN in `uri`";
        reading.error_with(target, "`integrationTarget` is for REST APIs", help);
    }
    let integration_target = target.and_then(|at| load_balancer(reading, &at));
    let connection_id = reading.required(at, "connectionId")?;
    let id = reading.string(&connection_id)?;
    if id.is_empty() {
        reading.error(&connection_id, "`connectionId` is empty");
    }
    Some(ConnectionType::VpcLink(PrivateConnection {
        connection_id: id.into(),
        integration_target,
        source: connection_id.source(),
    }))
}

/// The ARN of a load balancer, or of one of its listeners.
fn load_balancer<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<String> {
    let arn = reading.string(at)?;
    let parts = arn.splitn(6, ':').collect::<alloc::vec::Vec<_>>();
    let is_valid = matches!(parts[..], ["arn", _, "elasticloadbalancing", _, _, name]
        if name.starts_with("loadbalancer/") || name.starts_with("listener/"));
    if !is_valid && !arn.contains("${stageVariables.") {
        reading.error(at, format!("`{arn}` is not the ARN of a load balancer or a listener"));
    }
    Some(arn.into())
}

/// Reads `tlsConfig`: only HTTP integrations verify certificates, and only private integrations of
/// HTTP APIs by another name.
pub(super) fn read_tls<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
    is_private: bool,
) -> TlsConfig {
    let Some(at) = at.get("tlsConfig").and_then(|at| reading.object(at)) else {
        return TlsConfig::default();
    };
    reading.members_known(&at, &["insecureSkipVerification", "serverNameToVerify"]);
    let is_private_of_http = is_private && !reading.is_rest();
    TlsConfig {
        insecure_skip_verification: skips(reading, &at, integration_type, is_private_of_http),
        is_private_https: is_private_of_http,
        server_name_to_verify: at
            .get("serverNameToVerify")
            .and_then(|at| server_name(reading, &at, is_private_of_http)),
    }
}

fn skips<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration_type: IntegrationType,
    is_private_of_http: bool,
) -> bool {
    let Some(skip) = at.get("insecureSkipVerification") else { return false };
    if reading.boolean(&skip) != Some(true) {
        return false;
    }
    let is_http = matches!(integration_type, IntegrationType::Http | IntegrationType::HttpProxy);
    if !is_http || is_private_of_http {
        let message = "`insecureSkipVerification` is for HTTP integrations, and not for private ones of HTTP APIs";
        reading.error(&skip, message);
        return false;
    }
    let message = "anybody's certificate authority is trusted, the endpoint's own too: \
                   better add it to `truststore` in edgeway.yaml";
    reading.warning(&skip, message);
    true
}

fn server_name<'d>(reading: &Reading<'d>, at: &At<'d>, is_private_of_http: bool) -> Option<String> {
    let name = reading.string(at)?;
    if !is_private_of_http {
        let message = "`serverNameToVerify` is for private integrations of HTTP APIs";
        reading.error_with(at, message, "elsewhere the host of `uri` is verified");
        return None;
    }
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
    // 512: `StringWithLengthBetween1And512` of the API reference.
    if name.is_empty() || name.len() > 512 || !name.bytes().all(is_name) {
        reading.error(at, format!("`{name}` is not a host name"));
        return None;
    }
    Some(name.into())
}
