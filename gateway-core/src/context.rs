//! `$context`: what templates, events, logs and gateway responses know of a request.
//!
//! The record is written in `pipeline.rs` alone, line by line as the story goes on; every other
//! reader takes it by reference.

mod added_fields;
mod arrive;
#[cfg(test)]
mod example;
mod lookup;
mod phases;
mod rest;
mod variable;

#[cfg(test)]
pub(crate) use example::{example, example_tls};
pub use phases::{Phase, Phases};
pub(crate) use rest::METHOD_OVERRIDE;
pub(crate) use variable::{NAMES, Variable};

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::{string::String, vec::Vec};
use core::cell::OnceCell;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::definition::{EndpointType, ResponseTransferMode};
use crate::effect::{AuthorizerUse, CacheUse, InvokingApi};
use crate::gateway_error::ResponseType;
use crate::message::{ClientCertificate, Scheme, Timestamp, Tls, Version};
use crate::policy::Identity;
use crate::template::Overrides;

/// A text of the arrival or of the gateway, where it is, or one that was made.
pub type Text<'a> = Cow<'a, str>;

/// What is known of the request so far. Most of it is somebody else's text, and stays there: the
/// arrival's, or the gateway's.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// `$context.requestId`: a UUID for REST, the extended id for HTTP APIs.
    pub request_id: String,
    /// `$context.extendedRequestId`, `x-amz-apigw-id`, `apigw-requestid`.
    pub extended_request_id: String,
    /// `$context.requestTimeEpoch`.
    pub request_time: Timestamp,
    /// `$context.httpMethod`: the client's.
    pub http_method: Text<'a>,
    /// `$context.protocol`.
    pub protocol: Version,
    /// How the client connected.
    pub scheme: Scheme,
    /// The listener's port.
    pub port: u16,
    /// The request path as received, with the stage: `$context.path` (REST). No query.
    pub path: Text<'a>,
    /// The raw query, without `?`; empty if there is none.
    pub raw_query: Text<'a>,
    /// `$context.domainName`: the `Host` field without port.
    pub domain_name: Text<'a>,
    /// `$context.domainPrefix`: its first label.
    pub domain_prefix: Text<'a>,
    /// `$context.identity.sourceIp`.
    pub source_ip: Text<'a>,
    /// The private endpoint that the request came by. Few do, so it takes little room.
    pub private_origin: Option<Box<PrivateOrigin>>,
    /// The connection: `$context.tlsVersion`, `$context.cipherSuite`.
    pub tls: Option<Cow<'a, Box<Tls>>>,
    /// Whether the request came by a domain name with mutual TLS: elsewhere nobody is told of the
    /// client's certificate, since nobody verified it for there.
    pub is_mutual_tls: bool,
    /// `$context.identity.userAgent`.
    pub user_agent: Option<Text<'a>>,
    /// `X-Amzn-Trace-Id`, completed.
    pub trace: Trace<'a>,
    /// Whether the request is traced: then that is its trace, and the endpoint's call the parent.
    pub is_traced: bool,
    /// Whether the trace that is passed on came by no `traceparent`: a `tracestate` is of another then, and ends
    /// here (W3C's Trace Context, "Processing model").
    pub ends_trace_state: bool,
    /// Whether the request is the operator's own, by `TestInvokeMethod`.
    pub is_test_invoke: bool,
    /// `$context.accountId`.
    pub account_id: Text<'a>,
    /// `$context.apiId`; empty until an API matched.
    pub api_id: Text<'a>,
    /// `$context.stage`; empty until a stage matched.
    pub stage: Text<'a>,
    /// `$context.deploymentId`.
    pub deployment_id: Text<'a>,
    /// `$context.endpointType`; `None` until a stage matched.
    pub endpoint_type: Option<EndpointType>,
    /// `$context.isCanaryRequest`; `None` at stages without a canary.
    pub is_canary_request: Option<bool>,
    /// `$context.customDomain.basePathMatched`; `None` where the request came by no custom domain name.
    pub base_path_matched: Option<Text<'a>>,
    /// `$context.resourceId`.
    pub resource_id: Text<'a>,
    /// The method's `operationId` (REST).
    pub operation_name: Option<Text<'a>>,
    /// `$context.resourcePath`; empty until a method matched.
    pub resource_path: Text<'a>,
    /// `$context.routeKey`.
    pub route_key: Text<'a>,
    /// Path parameters: percent-encoded for REST, decoded for HTTP APIs, in the order of the path.
    pub path_parameters: Vec<(Text<'a>, String)>,
    /// The path without the stage, as routes match it (percent-encoded).
    pub resource_request_path: Text<'a>,
    /// Whether the method's metrics are counted by themselves too.
    pub has_method_metrics: bool,
    /// What the authorizer found.
    pub authorizer: AuthorizerContext,
    /// What it cost to ask it.
    pub authorizer_use: Option<AuthorizerUse>,
    /// The API key that the method required.
    pub api_key: Option<Box<ApiKeyContext<'a>>>,
    /// Why the request ended, if it did.
    pub error: Option<Box<ErrorContext>>,
    /// The integration's part.
    pub integration: Option<IntegrationContext>,
    /// What the templates of the integration set, if it has any: `$context.requestOverride` and
    /// `$context.responseOverride`.
    pub(crate) overrides: OnceCell<Overrides>,
    /// What the stage's cache had, if it was asked.
    pub cache: Option<CacheUse>,
    /// What the stage's web ACL said, if there is one.
    pub waf: Option<WafResponse>,
    /// What the phases before the integration came to, where an access log may name it.
    pub phases: Option<Box<Phases>>,
    /// `$context.status`: what the client is given; 0 until that is known.
    pub status: u16,
    /// The length of the request's content that the client announces.
    pub request_length: u64,
    /// `$context.responseLength`, where the core knows it.
    pub response_length: Option<u64>,
}

impl Context<'_> {
    /// The same with texts of its own, for what outlives the exchange's stages: the objects of templates.
    pub(crate) fn into_owned(self) -> Context<'static> {
        Context {
            http_method: owned(self.http_method),
            domain_name: owned(self.domain_name),
            domain_prefix: owned(self.domain_prefix),
            source_ip: owned(self.source_ip),
            account_id: owned(self.account_id),
            api_id: owned(self.api_id),
            stage: owned(self.stage),
            deployment_id: owned(self.deployment_id),
            resource_id: owned(self.resource_id),
            operation_name: self.operation_name.map(owned),
            resource_path: owned(self.resource_path),
            route_key: owned(self.route_key),
            raw_query: owned(self.raw_query),
            path: owned(self.path),
            resource_request_path: owned(self.resource_request_path),
            user_agent: self.user_agent.map(owned),
            tls: self.tls.map(|tls| Cow::Owned(tls.into_owned())),
            is_mutual_tls: self.is_mutual_tls,
            private_origin: self.private_origin,
            endpoint_type: self.endpoint_type,
            is_canary_request: self.is_canary_request,
            base_path_matched: self.base_path_matched.map(owned),
            path_parameters: self.path_parameters.into_iter().map(|(n, v)| (owned(n), v)).collect(),
            trace: Trace {
                root: owned(self.trace.root),
                parent: owned(self.trace.parent),
                sampled: owned(self.trace.sampled),
            },
            is_traced: self.is_traced,
            ends_trace_state: self.ends_trace_state,
            is_test_invoke: self.is_test_invoke,
            request_id: self.request_id,
            extended_request_id: self.extended_request_id,
            request_time: self.request_time,
            protocol: self.protocol,
            scheme: self.scheme,
            port: self.port,
            has_method_metrics: self.has_method_metrics,
            authorizer: self.authorizer,
            authorizer_use: self.authorizer_use,
            api_key: self
                .api_key
                .map(|key| Box::new(ApiKeyContext { id: owned(key.id), value: owned(key.value) })),
            error: self.error,
            integration: self.integration,
            overrides: self.overrides,
            cache: self.cache,
            waf: self.waf,
            phases: self.phases,
            status: self.status,
            request_length: self.request_length,
            response_length: self.response_length,
        }
    }
}

fn owned(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

/// Where a request to a private API came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateOrigin {
    /// `$context.identity.vpceId`
    pub vpc_endpoint_id: String,
    /// `$context.identity.vpcId`
    pub vpc_id: Option<String>,
}

impl Context<'_> {
    /// `$context.identity.clientCert`
    pub fn client_certificate(&self) -> Option<&ClientCertificate> {
        let tls = self.tls.as_ref().filter(|_| self.is_mutual_tls);
        tls?.client_certificate.as_deref()
    }
    /// `X-Amzn-Trace-Id` for a function, if the request is traced.
    pub(crate) fn function_trace(&self) -> Option<Box<str>> {
        self.is_traced.then(|| self.trace.to_field().into())
    }
    /// What a function's Lambda is told of the request.
    pub(crate) fn invoking_api(&self) -> Box<InvokingApi> {
        Box::new(InvokingApi {
            api_id: self.api_id.clone().into(),
            request_id: self.request_id.clone(),
        })
    }
    /// W3C's `traceparent` for the endpoint, if the request is traced.
    pub(crate) fn traceparent(&self) -> Option<String> {
        self.is_traced.then(|| {
            let trace_id = self.trace.root.get(2..).unwrap_or_default().replace('-', "");
            alloc::format!("00-{trace_id}-{}-01", self.trace.parent)
        })
    }
    /// `$context.identity.vpceId`
    pub fn vpc_endpoint_id(&self) -> Option<&str> {
        Some(&self.private_origin.as_ref()?.vpc_endpoint_id)
    }
    /// `$context.identity.vpcId`
    pub fn vpc_id(&self) -> Option<&str> {
        self.private_origin.as_ref()?.vpc_id.as_deref()
    }
}

/// The members of `X-Amzn-Trace-Id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace<'a> {
    /// `Root`
    pub root: Text<'a>,
    /// `Parent`
    pub parent: Text<'a>,
    /// `Sampled`
    pub sampled: Text<'a>,
}

/// An API key as a caller named it: a secret, which no log shows whole.
#[derive(Clone)]
pub struct ApiKeyContext<'a> {
    /// `$context.identity.apiKeyId`
    pub id: Text<'a>,
    /// `$context.identity.apiKey`
    pub value: Text<'a>,
}

impl fmt::Debug for ApiKeyContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyContext").field("id", &self.id).finish_non_exhaustive()
    }
}

/// `$context.authorizer`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum AuthorizerContext {
    /// No authorizer.
    #[default]
    None,
    /// A JWT authorizer of an HTTP API.
    Jwt {
        /// Claims as strings, in AWS's rendering, in the token's order.
        claims: Vec<(String, String)>,
        /// All scopes of the token on a route with scopes, else `None`.
        scopes: Option<Vec<String>>,
    },
    /// A Cognito authorizer of a REST API.
    Cognito {
        /// Claims as strings.
        claims: Vec<(String, String)>,
    },
    /// A Lambda authorizer.
    Lambda(LambdaContext),
    /// An IAM principal.
    Iam(IamContext),
    /// A Lambda authorizer whose function found nobody.
    Failed(AuthorizerCall),
}

/// `$context.identity` of a signed request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IamContext {
    /// `$context.identity.accessKey`
    pub access_key: String,
    /// Who that key belongs to.
    pub identity: Box<Identity>,
}

impl AuthorizerContext {
    /// The principal that signed the request, if one did.
    pub fn iam(&self) -> Option<&IamContext> {
        if let Self::Iam(iam) = self { Some(iam) } else { None }
    }
}

/// What a Lambda authorizer's function answered, as far as others may know it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LambdaContext {
    /// `$context.authorizer.principalId`
    pub principal_id: Option<String>,
    /// The members of `context`, in their order.
    pub members: Vec<(String, ContextValue)>,
    /// Whether there was a `context`, empty or not.
    pub has_members: bool,
    /// The API key, where the API's key source is AUTHORIZER.
    pub usage_identifier_key: Option<String>,
    /// The call, if there was one: a result that was remembered needs none.
    pub call: Option<AuthorizerCall>,
}

/// A member of a Lambda authorizer's `context`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ContextValue {
    /// A string.
    Text(String),
    /// Anything else, as JSON: a number, a boolean, and in HTTP APIs arrays and objects.
    Json(String),
}

impl ContextValue {
    /// As templates and logs show it.
    pub fn as_str(&self) -> &str {
        let (Self::Text(text) | Self::Json(text)) = self;
        text
    }
}

/// What was seen of the call of a Lambda authorizer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorizerCall {
    /// `$context.authorizer.integrationLatency`, milliseconds.
    pub latency_ms: u32,
    /// `$context.authorizer.integrationStatus`: what the Invoke API answered.
    pub status: Option<u16>,
    /// `$context.authorizer.requestId`
    pub request_id: Option<String>,
}

/// `$context.error`.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorContext {
    /// `$context.error.responseType`
    pub response_type: ResponseType,
    /// `$context.error.message`
    pub message: Option<String>,
    /// `$context.error.validationErrorString`
    pub validation_error: Option<String>,
    /// For the logs alone.
    pub reason: String,
}

/// `$context.wafResponseCode`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WafResponse {
    /// The request may go on.
    Allow,
    /// It may not, or it is answered in the API's place.
    Block,
}

/// `$context.integration`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntegrationContext {
    /// When it was asked.
    pub begun: Timestamp,
    /// `$context.integration.latency`, milliseconds.
    pub latency_ms: u32,
    /// `$context.integration.integrationStatus`: what the endpoint or the Invoke API answered.
    pub integration_status: Option<u16>,
    /// `$context.integration.status`: for Lambda proxies, what the function's answer says.
    pub status: Option<u16>,
    /// `$context.integration.requestId`
    pub request_id: Option<String>,
    /// `$context.awsEndpointRequestId2`
    pub extended_request_id: Option<Box<str>>,
    /// `$context.integration.error`
    pub error: Option<String>,
    /// `$context.integration.responseTransferMode`
    pub response_transfer_mode: ResponseTransferMode,
    /// Whether the content that a proxy passes on came in a coding.
    pub is_coded: bool,
}
