//! Integrations with a Lambda function, compiled for a stage.

use alloc::string::String;

use super::field_rules::FieldRules;
use super::function::{self, INVOCATION, STREAMING_INVOCATION};
use super::integration::{IntegrationPlan, credentials, depends_on_stage, timeout_ms};
use super::integration_request::RequestPlan;
use super::integration_response::Responses;
use super::parameter_mapping::RequestMappings;
use super::request_parameters::RequestParameters;
use super::uri::fill_stage_variables;
use crate::definition::{Api, Integration, PayloadFormat, Protocol, Stage};
use crate::effect::FunctionName;

/// An `AWS_PROXY` integration with a Lambda function.
#[derive(Debug)]
pub(crate) struct LambdaProxy {
    pub(crate) function: FunctionName,
    pub(crate) payload_format: PayloadFormat,
    /// REST: mappings have no effect on the event, but those that are forbidden still fail.
    pub(crate) parameters: Option<RequestParameters>,
    /// HTTP APIs: `append|overwrite|remove:…`, which the event shows.
    pub(crate) request_mappings: RequestMappings,
    pub(crate) timeout_ms: u32,
    /// Set where the answer is streamed: the longest wait for a part of it.
    pub(crate) idle_ms: Option<u32>,
    /// The role that the function is invoked with.
    pub(crate) credentials: Option<String>,
}

/// An `AWS` integration with a Lambda function.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) function: FunctionName,
    pub(crate) request: RequestPlan,
    pub(crate) responses: Responses,
    pub(crate) timeout_ms: u32,
    /// The role that the function is invoked with.
    pub(crate) credentials: Option<String>,
}

impl LambdaProxy {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(super) fn compile(
        api: &Api,
        stage: &Stage,
        integration: &Integration,
        idle_ms: Option<u32>,
    ) -> Result<IntegrationPlan, String> {
        let is_rest = api.protocol == Protocol::Rest;
        if is_rest && let Some(reason) = not_posted(integration) {
            return Ok(IntegrationPlan::Misconfigured(reason));
        }
        let parameters = is_rest
            .then(|| RequestParameters::compile(integration, &stage.variables, FieldRules::AWS));
        let parameters = parameters.transpose()?;
        let request_mappings = match is_rest {
            true => RequestMappings::default(),
            false => RequestMappings::compile(&integration.request_parameters, &stage.variables)?,
        };
        let invocation = if idle_ms.is_some() { STREAMING_INVOCATION } else { INVOCATION };
        with_function(stage, integration, invocation, |function| {
            Ok(IntegrationPlan::LambdaProxy(Self {
                function,
                payload_format: integration.payload_format,
                parameters,
                request_mappings,
                timeout_ms: timeout_ms(api.protocol, integration),
                idle_ms,
                credentials: credentials(stage, integration),
            }))
        })
    }
}

impl Lambda {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(super) fn compile(
        api: &Api,
        stage: &Stage,
        integration: &Integration,
    ) -> Result<IntegrationPlan, String> {
        if let Some(reason) = not_posted(integration) {
            return Ok(IntegrationPlan::Misconfigured(reason));
        }
        with_function(stage, integration, INVOCATION, |function| {
            Ok(IntegrationPlan::Lambda(Self {
                function,
                request: RequestPlan::compile(integration, &stage.variables, FieldRules::AWS)?,
                responses: Responses::compile(&integration.responses, &stage.variables)?,
                timeout_ms: timeout_ms(api.protocol, integration),
                credentials: credentials(stage, integration),
            }))
        })
    }
}

/// Why a function that is not invoked by POST is not invoked at all.
fn not_posted(integration: &Integration) -> Option<String> {
    let other = integration.http_method.as_deref().filter(|method| *method != "POST")?;
    Some(alloc::format!("a Lambda function is invoked by POST, not by {other}"))
}

fn with_function(
    stage: &Stage,
    integration: &Integration,
    invocation: (&str, &str),
    plan: impl FnOnce(FunctionName) -> Result<IntegrationPlan, String>,
) -> Result<IntegrationPlan, String> {
    let Some(uri) = &integration.uri else {
        return Err("a Lambda integration needs a `uri`".into());
    };
    match function::parse_invocation(&fill_stage_variables(uri, &stage.variables), invocation) {
        Ok(function) => plan(function),
        Err(reason) => depends_on_stage(uri, stage, reason),
    }
}
