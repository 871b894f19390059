//! AWS's object model: API, deployment, method or route, integration, authorizer, stage.
//!
//! [`openapi`] reads it from a document, a control plane will write it in AWS's wire format, and
//! [`Snapshot`] carries it to both hosts. [`crate::gateway::Gateway`] compiles it for serving.

mod api;
mod authorizer;
pub mod document;
mod domain_name;
mod error;
mod integration;
pub mod json;
mod method;
mod model;
pub mod openapi;
mod sampler;
mod snapshot;
mod stage;
mod usage;
mod web_acl;

pub use api::{Api, ApiKeySource, Cors, Deployment, EndpointType, GatewayResponse, Protocol};
pub use authorizer::{
    Authorizer, AuthorizerKind, JwtConfiguration, LambdaAuthorizer, LambdaAuthorizerType,
};
pub use domain_name::{ApiMapping, DomainName};
pub use error::{DefinitionError, Severity, Source};
pub use integration::{
    ConnectionType, ContentHandling, Integration, IntegrationResponse, IntegrationType,
    PassthroughBehavior, PayloadFormat, PrivateConnection, ResponseTransferMode, TlsConfig,
    is_of_caller,
};
pub(crate) use method::ANY;
pub use method::{Authorization, Method, MethodResponse, RequestParameter};
pub use model::{Model, RequestValidator};
pub use sampler::Sampler;
pub use snapshot::{
    DistributionSource, IamPrincipal, PrivateEndpoint, SNAPSHOT_VERSION, Snapshot, SnapshotError,
    VpcLink,
};
pub use stage::{
    AccessLogSettings, CanarySettings, LoggingLevel, MethodSetting, Stage,
    UnauthorizedCacheControlStrategy,
};
pub use usage::{
    ApiKey, KeyDigest, Quota, QuotaPeriod, Throttling, UsagePlan, UsagePlanStage, WhenAway,
};
pub use web_acl::{TokenKey, WebAcl, WebAclLogging};
