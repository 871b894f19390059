//! `HTTP_PROXY` integrations, compiled for a stage.

use alloc::{string::String, vec::Vec};

use super::expression::Expression;
use super::integration::{IntegrationPlan, depends_on_stage, forbidden_field, timeout_ms};
use super::parameter_mapping::{MappingError, RequestMappings};
use super::uri::{UriTemplate, fill_stage_variables};
use crate::definition::{Api, Method, Protocol, Stage};
use crate::message::is_field_name;

/// An `HTTP_PROXY` integration.
#[derive(Debug)]
pub(crate) struct HttpProxy {
    /// `None` is the client's method.
    pub(crate) http_method: Option<String>,
    pub(crate) uri: UriTemplate,
    /// An HTTP API's `$default` route: the request's path goes below the URI's.
    pub(crate) appends_path: bool,
    /// REST: `integration.request.header.NAME`.
    pub(crate) header_mappings: Vec<(String, Expression)>,
    /// REST: `integration.request.querystring.NAME`.
    pub(crate) query_mappings: Vec<(String, Expression)>,
    /// REST: `integration.request.path.NAME`.
    pub(crate) path_mappings: Vec<(String, Expression)>,
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
        if api.protocol == Protocol::Rest
            && let Some(reason) = forbidden_field(integration, &FORBIDDEN)
        {
            return Ok(IntegrationPlan::Misconfigured(reason));
        }
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
            header_mappings: Vec::new(),
            query_mappings: Vec::new(),
            path_mappings: Vec::new(),
            request_mappings: RequestMappings::default(),
            timeout_ms: timeout_ms(api.protocol, integration),
            insecure_skip_verification: integration.tls_config.insecure_skip_verification,
        };
        for (target, source) in &integration.request_parameters {
            if api.protocol == Protocol::Http {
                plan.add_request_mapping(target, source, stage)?;
                continue;
            }
            let expression = Expression::parse(source, &stage.variables)?;
            let place = target.strip_prefix("integration.request.").and_then(|r| r.split_once('.'));
            let (mappings, name) = match place {
                Some(("header", name)) if DROPPED.iter().any(|d| d.eq_ignore_ascii_case(name)) => {
                    continue;
                }
                Some(("header", name)) if is_field_name(name) => (&mut plan.header_mappings, name),
                Some(("querystring", name)) => (&mut plan.query_mappings, name),
                Some(("path", name)) => (&mut plan.path_mappings, name),
                _ => {
                    return Err(alloc::format!(
                        "`{target}` is not supported as the target of a mapping"
                    ));
                }
            };
            mappings.push((name.into(), expression));
        }
        Ok(IntegrationPlan::HttpProxy(plan))
    }

    fn add_request_mapping(
        &mut self,
        target: &str,
        value: &str,
        stage: &Stage,
    ) -> Result<(), String> {
        self.request_mappings.add(target, value, &stage.variables).map_err(|error| match error {
            MappingError::Body => alloc::format!("`{value}`: the body is not supported yet"),
            MappingError::Target(reason) => alloc::format!("`{target}`: {reason}"),
            MappingError::Value(reason) => reason,
        })
    }
}

/// A mapping to one of these is a configuration error (the first two recorded).
const FORBIDDEN: [&str; 4] =
    ["content-length", "transfer-encoding", "x-amzn-trace-id", "x-amzn-apigateway-api-id"];
/// A mapping to one of these has no effect (recorded).
const DROPPED: [&str; 5] = ["connection", "expect", "proxy-authenticate", "te", "via"];
