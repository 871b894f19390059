//! Authorizers.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::Source;

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
}

/// `jwtConfiguration`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JwtConfiguration {
    /// `iss`, exactly, and where discovery starts.
    pub issuer: String,
    /// Accepted `aud` (or `client_id`).
    pub audience: Vec<String>,
}
