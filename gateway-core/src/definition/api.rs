//! The API and its deployments.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{Authorizer, Method, Model, RequestValidator, Stage};
use crate::gateway_error::ResponseType;
use crate::policy::Policy;

/// Which of AWS's kinds of API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// REST API (v1).
    Rest,
    /// HTTP API (v2).
    Http,
}

/// `endpointConfiguration.types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum EndpointType {
    #[default]
    Edge,
    Regional,
    Private,
}

impl EndpointType {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "EDGE",
            Self::Regional => "REGIONAL",
            Self::Private => "PRIVATE",
        }
    }
}

/// Where a REST API reads an API key from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ApiKeySource {
    /// The field `x-api-key`.
    #[default]
    Header,
    /// The authorizer's `usageIdentifierKey`.
    Authorizer,
}

/// An API with its deployments and stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// The first label of its `execute-api` host name.
    pub id: String,
    /// `info.title`.
    pub name: String,
    /// REST or HTTP.
    pub protocol: Protocol,
    /// Whether only custom domain names reach it.
    pub disable_execute_api_endpoint: bool,
    /// Immutable snapshots of its definition; a stage serves one of them.
    pub deployments: Vec<Deployment>,
    /// Its stages.
    pub stages: Vec<Stage>,
}

/// A definition as it was when it was deployed. It does not change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// `$context.deploymentId`.
    pub id: String,
    /// `info.version`, empty where there is none: exports have it again.
    pub version: String,
    /// REST methods, or HTTP routes.
    pub methods: Vec<Method>,
    /// The authorizers that methods refer to by index.
    pub authorizers: Vec<Authorizer>,
    /// The gateway responses that the definition sets (REST).
    pub gateway_responses: Vec<GatewayResponse>,
    /// `x-amazon-apigateway-cors` (HTTP).
    pub cors: Option<Cors>,
    /// `x-amazon-apigateway-binary-media-types` (REST).
    pub binary_media_types: Vec<String>,
    /// `x-amazon-apigateway-api-key-source` (REST).
    pub api_key_source: ApiKeySource,
    /// `x-amazon-apigateway-endpoint-configuration`.
    pub endpoint_type: EndpointType,
    /// `x-amazon-apigateway-minimum-compression-size`, bytes (REST).
    pub minimum_compression_bytes: Option<u32>,
    /// The models that methods and other models refer to by name (REST).
    pub models: Vec<Model>,
    /// The request validators that methods refer to by index (REST).
    pub request_validators: Vec<RequestValidator>,
    /// `x-amazon-apigateway-policy` (REST).
    pub policy: Option<Policy>,
}

impl Deployment {
    /// These methods, and nothing else set.
    pub fn new(id: &str, methods: Vec<Method>) -> Self {
        Self {
            id: id.into(),
            version: String::new(),
            methods,
            authorizers: Vec::new(),
            gateway_responses: Vec::new(),
            cors: None,
            binary_media_types: Vec::new(),
            api_key_source: ApiKeySource::default(),
            endpoint_type: EndpointType::default(),
            minimum_compression_bytes: None,
            models: Vec::new(),
            request_validators: Vec::new(),
            policy: None,
        }
    }
}

/// `x-amazon-apigateway-gateway-responses`, one entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GatewayResponse {
    /// Which errors it answers.
    pub response_type: ResponseType,
    /// Replaces the default status.
    pub status_code: Option<u16>,
    /// `gatewayresponse.header.NAME` → mapping expression.
    pub response_parameters: Vec<(String, String)>,
    /// Media type → template.
    pub response_templates: Vec<(String, String)>,
}

/// CORS of an HTTP API (`x-amazon-apigateway-cors`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cors {
    /// Exact origins, `*`, `http://*`, `https://*`.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Field names, or `*`.
    pub allow_headers: Vec<String>,
    /// Field names, or `*`.
    pub expose_headers: Vec<String>,
    /// How long a preflight answer may be kept, seconds (-1 to 86400).
    pub max_age_s: Option<i32>,
    /// Whether credentials may be sent.
    pub allow_credentials: bool,
}
