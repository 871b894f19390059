//! Integrations, in AWS's fields (`x-amazon-apigateway-integration`).

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::Source;

/// `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum IntegrationType {
    /// `mock`: nothing is called.
    #[default]
    Mock,
    /// `http`
    Http,
    /// `http_proxy`
    HttpProxy,
    /// `aws`: a Lambda function's invocation, or another action of a service
    Aws,
    /// `aws_proxy` to a Lambda function
    AwsProxy,
}

/// `payloadFormatVersion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PayloadFormat {
    /// `1.0`
    #[default]
    V1,
    /// `2.0`
    V2,
}

/// `connectionType`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ConnectionType {
    /// `INTERNET`
    #[default]
    Internet,
    /// `VPC_LINK`
    VpcLink(PrivateConnection),
}

/// How a private integration is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateConnection {
    /// `connectionId`: a link's id, with `${stageVariables.…}`.
    pub connection_id: String,
    /// `integrationTarget` of REST APIs: the load balancer's ARN, or its listener's. In HTTP APIs the
    /// `uri` is the ARN.
    pub integration_target: Option<String>,
    /// Where `connectionId` stands in the definition.
    pub source: Source,
}

/// `passthroughBehavior`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum PassthroughBehavior {
    #[default]
    WhenNoMatch,
    WhenNoTemplates,
    Never,
}

impl PassthroughBehavior {
    /// As definitions name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::WhenNoMatch => "when_no_match",
            Self::WhenNoTemplates => "when_no_templates",
            Self::Never => "never",
        }
    }
}

/// `contentHandling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentHandling {
    /// `CONVERT_TO_TEXT`: binary content becomes base64 text.
    ConvertToText,
    /// `CONVERT_TO_BINARY`: base64 text becomes the bytes that it stands for.
    ConvertToBinary,
}

/// `responseTransferMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ResponseTransferMode {
    /// `BUFFERED`
    #[default]
    Buffered,
    /// `STREAM`: the client is sent each part of a proxy's response as it comes.
    Stream,
}

/// An integration. The default one calls nothing and has no response: it fails every request.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Integration {
    /// What it integrates with.
    pub integration_type: IntegrationType,
    /// The method of the integration request; `ANY` and `None` are the client's.
    pub http_method: Option<String>,
    /// URL or ARN, with `{placeholders}` and `${stageVariables.…}`.
    pub uri: Option<String>,
    /// The network that it is reached by.
    pub connection_type: ConnectionType,
    /// Lambda proxy payload format.
    pub payload_format: PayloadFormat,
    /// Time limit, milliseconds; `None` is the protocol's default.
    pub timeout_ms: Option<u32>,
    /// What happens to content without a template.
    pub passthrough_behavior: PassthroughBehavior,
    /// What happens to content on its way to the endpoint.
    pub content_handling: Option<ContentHandling>,
    /// `integration.request.…` → expression, in order (REST), or `overwrite:…` → value (HTTP).
    pub request_parameters: Vec<(String, String)>,
    /// Media type → template; an empty one is none: content of that type passes through.
    pub request_templates: Vec<(String, String)>,
    /// In the order of the document, which is the order of selection.
    pub responses: Vec<IntegrationResponse>,
    /// How the endpoint's certificate is verified.
    pub tls_config: TlsConfig,
    /// `integrationSubtype` (HTTP APIs): the service and its action, `SQS-SendMessage`.
    pub integration_subtype: Option<String>,
    /// `credentials`: the ARN of a role.
    pub credentials: Option<String>,
    /// `responseParameters` of HTTP APIs: the endpoint's status → `overwrite:…` → value.
    pub response_parameters: Vec<(u16, Vec<(String, String)>)>,
    /// Where it stands in the definition.
    pub source: Source,
    /// How the response is passed on (REST).
    pub response_transfer_mode: ResponseTransferMode,
    /// `cacheKeyParameters`: `method.request.…` and `integration.request.…`, by whose values responses
    /// are cached (REST).
    pub cache_key_parameters: Vec<String>,
    /// `cacheNamespace`; `None`: the resource's own.
    pub cache_namespace: Option<String>,
}

/// `tlsConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TlsConfig {
    /// Any certificate authority will do, the endpoint's own too. Its name and its expiry are
    /// verified all the same.
    pub insecure_skip_verification: bool,
    /// Whether a private integration of an HTTP API is one over TLS: it has a `tlsConfig`.
    pub is_private_https: bool,
    /// The name that its certificate must have, in place of the target's own.
    pub server_name_to_verify: Option<String>,
}

/// One entry of `responses`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntegrationResponse {
    /// The regular expression that selects it; `None` for `default`.
    pub selection_pattern: Option<String>,
    /// The method response's status.
    pub status_code: u16,
    /// `method.response.header.NAME` → expression.
    pub response_parameters: Vec<(String, String)>,
    /// Media type → template; an empty one is none: the endpoint's content passes through.
    pub response_templates: Vec<(String, String)>,
    /// What happens to content on its way to the client.
    pub content_handling: Option<ContentHandling>,
    /// Whether the method declares a response of this status. Where it does not, the response can be
    /// selected and not be made.
    pub has_method_response: bool,
}

/// Whether credentials are those of whoever calls the method: `arn:aws:iam::*:user/*`.
pub fn is_of_caller(credentials: &str) -> bool {
    credentials.starts_with("arn:aws") && credentials.ends_with(":iam::*:user/*")
}

impl Integration {
    /// An integration of this type with nothing else set.
    pub fn new(integration_type: IntegrationType) -> Self {
        Self {
            integration_type,
            http_method: None,
            uri: None,
            connection_type: ConnectionType::default(),
            payload_format: PayloadFormat::default(),
            timeout_ms: None,
            passthrough_behavior: PassthroughBehavior::default(),
            content_handling: None,
            tls_config: TlsConfig::default(),
            request_parameters: Vec::new(),
            request_templates: Vec::new(),
            responses: Vec::new(),
            integration_subtype: None,
            credentials: None,
            response_parameters: Vec::new(),
            source: Source::default(),
            response_transfer_mode: ResponseTransferMode::default(),
            cache_key_parameters: Vec::new(),
            cache_namespace: None,
        }
    }
}

impl IntegrationResponse {
    /// The default response, with this status and nothing else set.
    pub fn new(status_code: u16) -> Self {
        Self {
            selection_pattern: None,
            status_code,
            response_parameters: Vec::new(),
            response_templates: Vec::new(),
            content_handling: None,
            has_method_response: true,
        }
    }
}
