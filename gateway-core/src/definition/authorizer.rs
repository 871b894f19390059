//! Authorizers.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{PayloadFormat, Source};

/// An authorizer that methods refer to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Authorizer {
    /// Its name: that of the security scheme.
    pub name: String,
    /// What it does.
    pub kind: AuthorizerKind,
    /// Where it stands in the definition.
    pub source: Source,
}

impl Authorizer {
    /// Whether its function depends on the stage.
    pub(crate) fn has_stage_variables(&self) -> bool {
        matches!(&self.kind, AuthorizerKind::Lambda(lambda) if lambda.uri.contains("${stageVariables."))
    }
}

/// What an authorizer does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AuthorizerKind {
    /// HTTP API, `type: jwt`.
    Jwt {
        /// `identitySource`: `$request.header.NAME` or `$request.querystring.NAME`, one or more.
        identity_source: Vec<String>,
        /// Issuer and audience.
        jwt_configuration: JwtConfiguration,
    },
    /// REST API, `type: cognito_user_pools`.
    Cognito {
        /// The field that holds the token (default `Authorization`).
        identity_header: String,
        /// `identityValidationExpression`, if one is set.
        identity_validation_expression: Option<String>,
        /// ARNs of the user pools.
        provider_arns: Vec<String>,
    },
    /// `type: token` (REST) or `type: request`.
    Lambda(LambdaAuthorizer),
}

/// An authorizer that asks a Lambda function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LambdaAuthorizer {
    /// What the function is handed.
    pub authorizer_type: LambdaAuthorizerType,
    /// `authorizerUri`: an invocation path or a function's ARN, with `${stageVariables.…}`.
    pub uri: String,
    /// What the request must have, and what results are remembered by: `method.request.header.NAME`,
    /// `$request.querystring.NAME`, `stageVariables.NAME`, `$context.NAME`, …
    pub identity_source: Vec<String>,
    /// `identityValidationExpression` of a TOKEN authorizer.
    pub identity_validation_expression: Option<String>,
    /// How long a result is remembered, seconds; 0 is not at all.
    pub result_ttl_s: u32,
    /// `authorizerPayloadFormatVersion` (HTTP).
    pub payload_format: PayloadFormat,
    /// Whether the function answers `isAuthorized` instead of a policy (HTTP).
    pub enable_simple_responses: bool,
    /// `authorizerCredentials`: the ARN of a role.
    pub credentials: Option<String>,
}

/// What a Lambda authorizer's function is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LambdaAuthorizerType {
    /// One field's value.
    Token,
    /// The request without its content.
    Request,
}

/// `jwtConfiguration`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JwtConfiguration {
    /// `iss`, exactly, and where discovery starts.
    pub issuer: String,
    /// Accepted `aud` (or `client_id`).
    pub audience: Vec<String>,
}
