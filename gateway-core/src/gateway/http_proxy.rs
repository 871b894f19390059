//! `HTTP_PROXY` integrations, compiled for a stage.

use alloc::string::String;

use super::field_rules::FieldRules;
use super::integration::{IntegrationPlan, depends_on_stage, timeout_ms};
use super::parameter_mapping::RequestMappings;
use super::request_parameters::RequestParameters;
use super::uri::{UriTemplate, fill_stage_variables};
use crate::definition::{Api, Method, Protocol, Stage};

/// An `HTTP_PROXY` integration.
#[derive(Debug)]
pub(crate) struct HttpProxy {
    /// `None` is the client's method.
    pub(crate) http_method: Option<String>,
    pub(crate) uri: UriTemplate,
    /// An HTTP API's `$default` route: the request's path goes below the URI's.
    pub(crate) appends_path: bool,
    /// REST: `integration.request.…`
    pub(crate) parameters: Option<RequestParameters>,
    /// HTTP APIs: `append|overwrite|remove:…`.
    pub(crate) request_mappings: RequestMappings,
    pub(crate) timeout_ms: u32,
    pub(crate) insecure_skip_verification: bool,
}

impl HttpProxy {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(super) fn compile(
        api: &Api,
        stage: &Stage,
        method: &Method,
    ) -> Result<IntegrationPlan, String> {
        let integration = &method.integration;
        let Some(uri) = &integration.uri else {
            return Err("an HTTP integration needs a `uri`".into());
        };
        let template = match UriTemplate::parse(&fill_stage_variables(uri, &stage.variables)) {
            Ok(template) => template,
            Err(reason) => return depends_on_stage(uri, alloc::format!("`{uri}`: {reason}")),
        };
        let mut plan = Self {
            http_method: integration.http_method.clone().filter(|m| m != "ANY"),
            uri: template,
            appends_path: method.resource_path == "$default",
            parameters: None,
            request_mappings: RequestMappings::default(),
            timeout_ms: timeout_ms(api.protocol, integration),
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
