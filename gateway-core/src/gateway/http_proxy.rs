//! `HTTP_PROXY` integrations, compiled for a stage.

use alloc::string::String;

use super::connection;
use super::field_rules::FieldRules;
use super::integration::{IntegrationPlan, no_address, timeout_ms};
use super::parameter_mapping::RequestMappings;
use super::request_parameters::RequestParameters;
use super::uri::{UriTemplate, fill_stage_variables};
use crate::definition::{Api, ContentHandling, Method, Protocol, Stage, VpcLink};
use crate::effect::Connection;

/// An `HTTP_PROXY` integration.
#[derive(Debug)]
pub(crate) struct HttpProxy {
    /// `None` is the client's method.
    pub(crate) http_method: Option<String>,
    /// For a private integration of an HTTP API a URL that stands for the target, with the stage in its path.
    pub(crate) uri: UriTemplate,
    pub(crate) connection: Connection,
    /// A private integration of an HTTP API has no host of its own: its target is sent the client's `Host`.
    pub(crate) keeps_host: bool,
    /// An HTTP API's `$default` route, and private integrations: the request's path goes below the URI's.
    pub(crate) appends_path: bool,
    /// REST: `integration.request.…`
    pub(crate) parameters: Option<RequestParameters>,
    /// HTTP APIs: `append|overwrite|remove:…`.
    pub(crate) request_mappings: RequestMappings,
    /// REST: what becomes of the client's content.
    pub(crate) content_handling: Option<ContentHandling>,
    pub(crate) timeout_ms: u32,
    /// Set where the response is streamed: the longest wait for a part of it.
    pub(crate) idle_ms: Option<u32>,
    pub(crate) insecure_skip_verification: bool,
}

impl HttpProxy {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(super) fn compile(
        links: &[VpcLink],
        api: &Api,
        stage: &Stage,
        method: &Method,
        idle_ms: Option<u32>,
    ) -> Result<IntegrationPlan, String> {
        let integration = &method.integration;
        let Some(uri) = &integration.uri else {
            return Err("an HTTP integration needs a `uri`".into());
        };
        let is_private = connection::is_private_of_http(api, integration);
        let filled = match is_private {
            true => connection::private_url(api, stage, integration),
            false => fill_stage_variables(uri, &stage.variables),
        };
        let template = match UriTemplate::parse(&filled) {
            Ok(template) => template,
            Err(reason) => return no_address(uri, stage, &reason),
        };
        let mut plan = Self {
            http_method: integration.http_method.clone().filter(|m| m != "ANY"),
            connection: connection::compile(links, api.protocol, stage, integration, &template),
            uri: template,
            keeps_host: is_private,
            appends_path: is_private || method.resource_path == "$default",
            parameters: None,
            request_mappings: RequestMappings::default(),
            content_handling: integration.content_handling,
            timeout_ms: timeout_ms(api.protocol, integration),
            idle_ms,
            insecure_skip_verification: integration.tls_config.insecure_skip_verification,
        };
        match api.protocol {
            Protocol::Rest => {
                let variables = &stage.variables;
                let parameters =
                    RequestParameters::compile(integration, variables, FieldRules::HTTP)?;
                plan.parameters = Some(parameters);
            }
            Protocol::Http => {
                let mappings = &integration.request_parameters;
                plan.request_mappings = RequestMappings::compile(mappings, &stage.variables)?;
            }
        }
        Ok(IntegrationPlan::HttpProxy(plan))
    }
}
