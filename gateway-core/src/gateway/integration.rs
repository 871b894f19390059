//! Integrations, compiled for a stage.

use alloc::string::String;

use super::http::Http;
use super::http_proxy::HttpProxy;
use super::integration_request::ContentPlan;
use super::integration_response::Responses;
use super::lambda::{Lambda, LambdaProxy};
use super::mock::Mock;
use super::service::{self, Service};
use super::service_proxy::ServiceProxy;
use super::uri::{fill_stage_variables, with_not_set};
use crate::apart::apart;
use crate::definition::{
    Api, Deployment, EndpointType, Integration, IntegrationType, Method, Protocol,
    ResponseTransferMode, Snapshot, Stage,
};
use crate::limits;
use crate::transcript::shown_url;

/// What answers a method at a stage.
#[derive(Debug)]
pub(crate) enum IntegrationPlan {
    Mock(Mock),
    Http(Http),
    HttpProxy(HttpProxy),
    Lambda(Lambda),
    LambdaProxy(LambdaProxy),
    Service(Service),
    ServiceProxy(ServiceProxy),
    /// A mistake that AWS tells of only when the method is called. With the reason.
    Misconfigured(String),
}

impl IntegrationPlan {
    /// The error says what is wrong with the definition, whatever the stage.
    pub(crate) fn compile(
        snapshot: &Snapshot,
        api: &Api,
        stage: &Stage,
        deployment: &Deployment,
        method: &Method,
    ) -> Result<Self, String> {
        let links = &snapshot.vpc_links;
        let integration = &method.integration;
        if let Some(subtype) = &integration.integration_subtype {
            return apart(|| ServiceProxy::compile(api, stage, method, subtype));
        }
        match integration.integration_type {
            IntegrationType::Mock => Ok(Self::Mock(Mock {
                request: ContentPlan::compile(integration),
                responses: Responses::compile(&integration.responses, &stage.variables)?,
            })),
            IntegrationType::Http => apart(|| Http::compile(links, api, stage, integration)),
            IntegrationType::HttpProxy => {
                let idle_ms = idle_ms(integration, deployment.endpoint_type);
                apart(|| HttpProxy::compile(links, api, stage, method, idle_ms))
            }
            IntegrationType::Aws => {
                let uri = integration.uri.as_deref().unwrap_or_default();
                let uri = fill_stage_variables(uri, &stage.variables);
                match service::is_service(&uri) {
                    true => apart(|| Service::compile(api, stage, integration)),
                    false => apart(|| Lambda::compile(api, stage, integration)),
                }
            }
            IntegrationType::AwsProxy => {
                let idle_ms = idle_ms(integration, deployment.endpoint_type);
                apart(|| LambdaProxy::compile(api, stage, integration, idle_ms))
            }
        }
    }
}

/// A URI that is no URL, in the words of AWS's execution logs, and why it is none.
pub(super) fn no_address(
    uri: &str,
    stage: &Stage,
    reason: &str,
) -> Result<IntegrationPlan, String> {
    let uri_shown = shown_url(uri);
    let reason = alloc::format!("Invalid endpoint address: `{uri_shown}`: {reason}");
    depends_on_stage(uri, stage, reason)
}

/// A mistake in a URI with stage variables concerns one stage alone, and AWS answers 500 there.
pub(super) fn depends_on_stage(
    uri: &str,
    stage: &Stage,
    reason: String,
) -> Result<IntegrationPlan, String> {
    match uri.contains("${stageVariables.") {
        true => Ok(IntegrationPlan::Misconfigured(with_not_set(uri, &stage.variables, reason))),
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

/// The longest wait for a part of the response, where it is streamed.
fn idle_ms(integration: &Integration, endpoint_type: EndpointType) -> Option<u32> {
    match (integration.response_transfer_mode, endpoint_type) {
        (ResponseTransferMode::Buffered, _) => None,
        (ResponseTransferMode::Stream, EndpointType::Edge) => Some(limits::STREAM_IDLE_EDGE_MS),
        (ResponseTransferMode::Stream, _) => Some(limits::STREAM_IDLE_MS),
    }
}

/// The role that is called with.
pub(super) fn credentials(stage: &Stage, integration: &Integration) -> Option<String> {
    let role = integration.credentials.as_ref()?;
    Some(fill_stage_variables(role, &stage.variables))
}
