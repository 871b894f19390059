//! `HTTP` integrations, compiled for a stage.

use alloc::string::String;

use super::connection;
use super::field_rules::FieldRules;
use super::integration::{IntegrationPlan, no_address, timeout_ms};
use super::integration_request::RequestPlan;
use super::integration_response::Responses;
use super::uri::{UriTemplate, fill_stage_variables};
use crate::definition::{Api, Integration, Stage, VpcLink};
use crate::effect::Connection;

/// An `HTTP` integration.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) uri: UriTemplate,
    pub(crate) connection: Connection,
    pub(crate) request: RequestPlan,
    pub(crate) responses: Responses,
    pub(crate) timeout_ms: u32,
    pub(crate) insecure_skip_verification: bool,
}

impl Http {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(super) fn compile(
        links: &[VpcLink],
        api: &Api,
        stage: &Stage,
        integration: &Integration,
    ) -> Result<IntegrationPlan, String> {
        let Some(uri) = &integration.uri else {
            return Err("an HTTP integration needs a `uri`".into());
        };
        let variables = &stage.variables;
        let template = match UriTemplate::parse(&fill_stage_variables(uri, variables)) {
            Ok(template) => template,
            Err(reason) => return no_address(uri, stage, &reason),
        };
        Ok(IntegrationPlan::Http(Self {
            connection: connection::compile(links, api.protocol, stage, integration, &template),
            uri: template,
            request: RequestPlan::compile(integration, variables, FieldRules::HTTP)?,
            responses: Responses::compile(&integration.responses, variables)?,
            timeout_ms: timeout_ms(api.protocol, integration),
            insecure_skip_verification: integration.tls_config.insecure_skip_verification,
        }))
    }
}
