//! How integrations are reached, compiled for a stage: VPC links.

use alloc::{format, string::String};

use super::uri::{UriTemplate, fill_stage_variables};
use crate::definition::{
    Api, ConnectionType, DefinitionError, Integration, Method, PrivateConnection, Protocol,
    Snapshot, Stage, VpcLink,
};
use crate::effect::Connection;

/// How an integration is reached, whose URL this is. A REST API's URI is a URL in itself: where no
/// link is known it is reached there.
pub(super) fn compile(
    links: &[VpcLink],
    protocol: Protocol,
    stage: &Stage,
    integration: &Integration,
    url: &UriTemplate,
) -> Connection {
    let ConnectionType::VpcLink(private) = &integration.connection_type else {
        return Connection::Internet;
    };
    if protocol == Protocol::Rest && links.is_empty() {
        return Connection::Internet;
    }
    let server_name = match protocol {
        // "To use HTTPS, specify a `uri` that contains a secure server name."
        Protocol::Rest => {
            url.origin().strip_prefix("https://").map(|host| without_port(host).into())
        }
        Protocol::Http => integration.tls_config.server_name_to_verify.clone(),
    };
    Connection::VpcLink {
        id: fill_stage_variables(&private.connection_id, &stage.variables),
        integration_uri: integration_uri(protocol, stage, integration, private),
        server_name,
    }
}

/// What is wrong with a private integration whose link, or what is behind it, has no targets.
pub(super) fn unknown_link(
    snapshot: &Snapshot,
    api: &Api,
    stage: &Stage,
    method: &Method,
) -> Option<DefinitionError> {
    let integration = &method.integration;
    let ConnectionType::VpcLink(private) = &integration.connection_type else { return None };
    if api.protocol == Protocol::Rest && snapshot.vpc_links.is_empty() {
        return None;
    }
    let id = fill_stage_variables(&private.connection_id, &stage.variables);
    let refuse = |message: String, help: String| {
        let source = private.source.clone();
        Some(DefinitionError::error(source, message).help(help))
    };
    let stage_name = &stage.stage_name;
    let Some(link) = snapshot.vpc_links.iter().find(|link| link.vpc_link_id == id) else {
        let message = format!("there is no VPC link `{id}` (stage `{stage_name}`)");
        return refuse(message, "`vpcLinks` in edgeway.yaml says where links lead to".into());
    };
    let uri = integration_uri(api.protocol, stage, integration, private);
    if link.leads_to(uri.as_deref()) {
        return None;
    }
    let message = match &uri {
        Some(uri) => format!("the VPC link `{id}` does not lead to `{uri}` (stage `{stage_name}`)"),
        None => format!("the VPC link `{id}` has no targets of its own (stage `{stage_name}`)"),
    };
    refuse(
        message,
        "give the link targets, or an entry of `listeners` with this `integrationUri`".into(),
    )
}

/// Whether this is an integration with a listener or a Cloud Map service, which has no URL.
pub(super) fn is_private_of_http(api: &Api, integration: &Integration) -> bool {
    api.protocol == Protocol::Http && integration.connection_type != ConnectionType::Internet
}

/// The URL of a private integration of an HTTP API. It has the stage in its path ("API Gateway includes
/// the stage portion of the API endpoint in the request to your backend resources"); the host that it
/// names is nobody's.
pub(super) fn private_url(api: &Api, stage: &Stage, integration: &Integration) -> String {
    let tls = &integration.tls_config;
    let scheme = if tls.is_private_https { "https" } else { "http" };
    let host = tls.server_name_to_verify.as_deref().unwrap_or(&api.id);
    match stage.stage_name.as_str() {
        "$default" => format!("{scheme}://{host}"),
        stage_name => format!("{scheme}://{host}/{stage_name}"),
    }
}

/// The ARN that tells apart what is behind one link.
fn integration_uri(
    protocol: Protocol,
    stage: &Stage,
    integration: &Integration,
    private: &PrivateConnection,
) -> Option<String> {
    let arn = match protocol {
        Protocol::Rest => private.integration_target.as_ref(),
        Protocol::Http => integration.uri.as_ref(),
    };
    arn.map(|arn| fill_stage_variables(arn, &stage.variables))
}

/// A host without its port; an IPv6 address has colons of its own.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, _)) if !host.starts_with('[') || host.ends_with(']') => host,
        _ => authority,
    }
}
