//! Authorizers, compiled.

use alloc::{string::String, vec::Vec};

use crate::definition::{Authorizer, AuthorizerKind, DefinitionError, JwtConfiguration};
use crate::pipeline::UserPool;

/// An authorizer with what it reads parsed.
#[derive(Debug)]
pub(crate) enum AuthorizerPlan {
    Jwt {
        identity_sources: Vec<IdentitySource>,
        configuration: JwtConfiguration,
    },
    Cognito {
        identity_header: String,
        validation: Option<regex_lite::Regex>,
        pools: Vec<UserPool>,
    },
    /// Refused when it was compiled; never asked.
    Invalid,
}

/// Where a token stands in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdentitySource {
    Header(String),
    Query(String),
}

impl AuthorizerPlan {
    pub(crate) fn compile(authorizer: &Authorizer, errors: &mut Vec<DefinitionError>) -> Self {
        match compile(&authorizer.kind) {
            Ok(plan) => plan,
            Err(reason) => {
                let message = alloc::format!("authorizer `{}`: {reason}", authorizer.name);
                errors.push(DefinitionError::error(authorizer.source.clone(), message));
                Self::Invalid
            }
        }
    }
}

fn compile(kind: &AuthorizerKind) -> Result<AuthorizerPlan, String> {
    match kind {
        AuthorizerKind::Jwt { identity_source, jwt_configuration } => {
            let sources: Result<Vec<_>, _> = identity_source.iter().map(|s| source(s)).collect();
            Ok(AuthorizerPlan::Jwt {
                identity_sources: sources?,
                configuration: jwt_configuration.clone(),
            })
        }
        AuthorizerKind::Cognito {
            identity_header,
            identity_validation_expression,
            provider_arns,
        } => {
            let validation = identity_validation_expression.as_deref().map(|expression| {
                regex_lite::Regex::new(&alloc::format!("^(?:{expression})$"))
                    .map_err(|e| alloc::format!("`{expression}` is not a regular expression: {e}"))
            });
            let pools = provider_arns.iter().map(|arn| {
                UserPool::from_arn(arn)
                    .ok_or_else(|| alloc::format!("`{arn}` is not the ARN of a user pool"))
            });
            Ok(AuthorizerPlan::Cognito {
                identity_header: identity_header.clone(),
                validation: validation.transpose()?,
                pools: pools.collect::<Result<_, _>>()?,
            })
        }
    }
}

fn source(text: &str) -> Result<IdentitySource, String> {
    match text.strip_prefix("$request.").and_then(|rest| rest.split_once('.')) {
        Some(("header", name)) if !name.is_empty() => Ok(IdentitySource::Header(name.into())),
        Some(("querystring", name)) if !name.is_empty() => Ok(IdentitySource::Query(name.into())),
        _ => Err(alloc::format!("`{text}` is not an identity source of a JWT authorizer")),
    }
}
