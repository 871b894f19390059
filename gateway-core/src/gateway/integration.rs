//! Integrations, compiled for a stage.

use alloc::string::String;

use super::function;
use super::http::HttpProxy;
use super::mock::{Mock, RequestTemplates};
use super::responses::Responses;
use super::uri::fill_stage_variables;
use crate::definition::{
    Api, Integration, IntegrationType, Method, PayloadFormat, Protocol, Stage,
};
use crate::effect::FunctionName;
use crate::limits;

/// What answers a method at a stage.
#[derive(Debug)]
pub(crate) enum IntegrationPlan {
    Mock(Mock),
    HttpProxy(HttpProxy),
    Lambda(LambdaProxy),
    /// A mistake that AWS tells of only when the method is called. With the reason.
    Misconfigured(String),
}

/// An `AWS_PROXY` integration with a Lambda function.
#[derive(Debug)]
pub(crate) struct LambdaProxy {
    pub(crate) function: FunctionName,
    pub(crate) payload_format: PayloadFormat,
    pub(crate) timeout_ms: u32,
}

impl IntegrationPlan {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(crate) fn compile(api: &Api, stage: &Stage, method: &Method) -> Result<Self, String> {
        let integration = &method.integration;
        if api.protocol == Protocol::Http
            && integration.integration_type != IntegrationType::HttpProxy
            && !integration.request_parameters.is_empty()
        {
            return Err(
                "parameter mappings for Lambda functions of HTTP APIs are not supported yet".into(),
            );
        }
        match integration.integration_type {
            IntegrationType::Mock => Ok(Self::Mock(Mock {
                request_templates: RequestTemplates::new(
                    &integration.request_templates,
                    integration.passthrough_behavior,
                ),
                responses: Responses::compile(&integration.responses, &stage.variables)?,
            })),
            IntegrationType::HttpProxy => HttpProxy::compile(api, stage, method),
            IntegrationType::AwsProxy => compile_lambda(api, stage, integration),
        }
    }
}

fn compile_lambda(
    api: &Api,
    stage: &Stage,
    integration: &Integration,
) -> Result<IntegrationPlan, String> {
    if api.protocol == Protocol::Rest {
        if let Some(other) = integration.http_method.as_deref().filter(|m| *m != "POST") {
            let reason = alloc::format!("a Lambda function is invoked by POST, not by {other}");
            return Ok(IntegrationPlan::Misconfigured(reason));
        }
        // Mappings do not change the event, but these still fail.
        if let Some(reason) = forbidden_field(integration, &AWS_FORBIDDEN) {
            return Ok(IntegrationPlan::Misconfigured(reason));
        }
    }
    let Some(uri) = &integration.uri else {
        return Err("a Lambda integration needs a `uri`".into());
    };
    match function::parse(&fill_stage_variables(uri, &stage.variables)) {
        Ok(function) => Ok(IntegrationPlan::Lambda(LambdaProxy {
            function,
            payload_format: integration.payload_format,
            timeout_ms: timeout_ms(api.protocol, integration),
        })),
        Err(reason) => depends_on_stage(uri, reason),
    }
}

/// A mistake in a URI with stage variables concerns one stage alone, and AWS answers 500 there.
pub(super) fn depends_on_stage(uri: &str, reason: String) -> Result<IntegrationPlan, String> {
    match uri.contains("${stageVariables.") {
        true => Ok(IntegrationPlan::Misconfigured(reason)),
        false => Err(reason),
    }
}

/// The integration's time limit.
pub(super) fn timeout_ms(protocol: Protocol, integration: &Integration) -> u32 {
    let default = match protocol {
        Protocol::Rest => limits::REST_INTEGRATION_MS_DEFAULT,
        Protocol::Http => limits::HTTP_INTEGRATION_MS_DEFAULT,
    };
    integration.timeout_ms.unwrap_or(default).clamp(1, limits::INTEGRATION_MS_MAX)
}

/// Fields that no mapping may set, by AWS's log line for it.
pub(super) fn forbidden_field(integration: &Integration, forbidden: &[&str]) -> Option<String> {
    integration.request_parameters.iter().find_map(|(target, _)| {
        let name = target.strip_prefix("integration.request.header.")?;
        let is_forbidden = forbidden.iter().any(|f| f.eq_ignore_ascii_case(name));
        is_forbidden.then(|| alloc::format!("{name} header already present"))
    })
}

/// Recorded from the real service, but for the last two.
const AWS_FORBIDDEN: [&str; 9] = [
    "content-length",
    "transfer-encoding",
    "authorization",
    "connection",
    "expect",
    "proxy-authenticate",
    "te",
    "x-amzn-trace-id",
    "x-amzn-apigateway-api-id",
];
