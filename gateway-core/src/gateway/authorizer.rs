//! Authorizers, compiled.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use super::function;
use super::uri::{fill_stage_variables, with_not_set};
use crate::context::Variable;
use crate::definition::{
    Authorizer, AuthorizerKind, DefinitionError, JwtConfiguration, LambdaAuthorizer,
    LambdaAuthorizerType, PayloadFormat, Protocol,
};
use crate::effect::FunctionName;
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
    },
    Lambda(LambdaPlan),
    /// Refused when it was compiled; never asked.
    Invalid,
}

/// A Lambda authorizer. Its function depends on the stage.
#[derive(Debug)]
pub(crate) struct LambdaPlan {
    pub(crate) authorizer_type: LambdaAuthorizerType,
    pub(crate) identity_sources: Vec<IdentitySource>,
    pub(crate) validation: Option<regex_lite::Regex>,
    /// 0: not remembered.
    pub(crate) result_ttl_ms: u64,
    pub(crate) payload_format: PayloadFormat,
    pub(crate) enable_simple_responses: bool,
}

/// Where something that identifies a caller stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdentitySource {
    Header(String),
    Query(String),
    StageVariable(String),
    Context(Variable),
}

impl IdentitySource {
    /// As a definition of that protocol names it.
    pub(crate) fn name(&self, protocol: Protocol) -> String {
        let (request, sign) = match protocol {
            Protocol::Rest => ("method.request", ""),
            Protocol::Http => ("$request", "$"),
        };
        match self {
            Self::Header(name) => alloc::format!("{request}.header.{name}"),
            Self::Query(name) => alloc::format!("{request}.querystring.{name}"),
            Self::StageVariable(name) => alloc::format!("{sign}stageVariables.{name}"),
            Self::Context(variable) => alloc::format!("{sign}context.{}", variable.name()),
        }
    }
}

impl AuthorizerPlan {
    /// The header fields that say who the caller is.
    pub(crate) fn identity_headers(&self) -> impl Iterator<Item = &str> {
        let header = match self {
            Self::Cognito { identity_header, .. } => Some(identity_header.as_str()),
            _ => None,
        };
        header.into_iter().chain(self.identity_sources().iter().filter_map(|source| match source {
            IdentitySource::Header(name) => Some(name.as_str()),
            _ => None,
        }))
    }

    /// The query's parameters that do.
    pub(crate) fn identity_parameters(&self) -> impl Iterator<Item = &str> {
        self.identity_sources().iter().filter_map(|source| match source {
            IdentitySource::Query(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn identity_sources(&self) -> &[IdentitySource] {
        match self {
            Self::Jwt { identity_sources, .. } => identity_sources,
            Self::Lambda(plan) => &plan.identity_sources,
            Self::Cognito { .. } | Self::Invalid => &[],
        }
    }

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
            let mut alike = provider_arns.iter().filter(|arn| !arn.contains("${stageVariables."));
            if let Some(arn) = alike.find(|arn| UserPool::from_arn(arn).is_none()) {
                return Err(alloc::format!("`{arn}` is not the ARN of a user pool"));
            }
            Ok(AuthorizerPlan::Cognito {
                identity_header: identity_header.clone(),
                validation: validation(identity_validation_expression.as_deref())?,
            })
        }
        AuthorizerKind::Lambda(authorizer) => {
            let sources = authorizer.identity_source.iter().map(|s| any_source(s));
            let identity_sources = sources.collect::<Result<Vec<_>, _>>()?;
            let is_token = authorizer.authorizer_type == LambdaAuthorizerType::Token;
            if is_token && !matches!(identity_sources[..], [IdentitySource::Header(_)]) {
                return Err("a TOKEN authorizer has one header for its identity source".into());
            }
            Ok(AuthorizerPlan::Lambda(LambdaPlan {
                authorizer_type: authorizer.authorizer_type,
                validation: validation(authorizer.identity_validation_expression.as_deref())?,
                // By nothing, everybody would be remembered as the first one who came.
                result_ttl_ms: match identity_sources.is_empty() {
                    true => 0,
                    false => u64::from(authorizer.result_ttl_s) * 1_000,
                },
                identity_sources,
                payload_format: authorizer.payload_format,
                enable_simple_responses: authorizer.enable_simple_responses,
            }))
        }
    }
}

/// The user pools of a Cognito authorizer at a stage. Where a stage variable does not bring one, there is
/// none: it lets nobody through.
pub(super) fn user_pools(
    kind: &AuthorizerKind,
    variables: &BTreeMap<String, String>,
) -> Vec<UserPool> {
    let AuthorizerKind::Cognito { provider_arns, .. } = kind else { return Vec::new() };
    let filled = provider_arns.iter().map(|arn| fill_stage_variables(arn, variables));
    filled.filter_map(|arn| UserPool::from_arn(&arn)).collect()
}

/// A function that an authorizer asks, and the role that it is asked with.
#[derive(Debug)]
pub(crate) struct AuthorizerFunction {
    pub(crate) function: FunctionName,
    pub(crate) credentials: Option<String>,
}

/// The function of a Lambda authorizer at a stage; `None` for another kind of authorizer. The error
/// says what is wrong with its URI at this stage.
pub(super) fn function_of(
    kind: &AuthorizerKind,
    variables: &BTreeMap<String, String>,
) -> Option<Result<AuthorizerFunction, String>> {
    let AuthorizerKind::Lambda(LambdaAuthorizer { uri, credentials, .. }) = kind else {
        return None;
    };
    let fill = |text: &String| fill_stage_variables(text, variables);
    let function = function::parse(&fill(uri));
    let credentials = credentials.as_ref().map(fill);
    let function = function.map_err(|reason| with_not_set(uri, variables, reason));
    Some(function.map(|function| AuthorizerFunction { function, credentials }))
}

/// An expression that all of a text must match.
fn validation(expression: Option<&str>) -> Result<Option<regex_lite::Regex>, String> {
    let compile = |expression: &str| {
        regex_lite::Regex::new(&alloc::format!("^(?:{expression})$"))
            .map_err(|e| alloc::format!("`{expression}` is not a regular expression: {e}"))
    };
    expression.map(compile).transpose()
}

/// `method.request.header.NAME`, `$request.querystring.NAME`, `stageVariables.NAME`, `$context.NAME`
fn any_source(text: &str) -> Result<IdentitySource, String> {
    let own = text.strip_prefix('$').or_else(|| text.strip_prefix("method.")).unwrap_or(text);
    let source = match own.split_once('.') {
        Some(("request", rest)) => match rest.split_once('.') {
            Some(("header", name)) => Some(IdentitySource::Header(name.into())),
            Some(("querystring", name)) => Some(IdentitySource::Query(name.into())),
            _ => None,
        },
        Some(("stageVariables", name)) => Some(IdentitySource::StageVariable(name.into())),
        Some(("context", name)) => Variable::parse(name).map(IdentitySource::Context),
        _ => None,
    };
    source.ok_or_else(|| alloc::format!("`{text}` is not an identity source"))
}

fn source(text: &str) -> Result<IdentitySource, String> {
    match text.strip_prefix("$request.").and_then(|rest| rest.split_once('.')) {
        Some(("header", name)) if !name.is_empty() => Ok(IdentitySource::Header(name.into())),
        Some(("querystring", name)) if !name.is_empty() => Ok(IdentitySource::Query(name.into())),
        _ => Err(alloc::format!("`{text}` is not an identity source of a JWT authorizer")),
    }
}
