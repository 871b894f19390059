//! Authorizers: `x-amazon-apigateway-authorizer` of a security scheme.

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{AuthorizerKind, JwtConfiguration, LambdaAuthorizerType};
use super::cors::is_field_name;
use super::reading::Reading;

/// What a security scheme's authorizer is.
pub(super) enum Kind {
    Jwt,
    Cognito,
    Lambda(LambdaAuthorizerType),
}

/// Which kind of authorizer it is, if this kind of API has it.
pub(super) fn kind<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<Kind> {
    let type_at = reading.required(at, "type");
    let Some((type_at, name)) =
        type_at.and_then(|at| Some((at.clone(), reading.word(&at, &TYPES)?)))
    else {
        return guess(at);
    };
    match (name, reading.is_rest()) {
        ("jwt", false) => Some(Kind::Jwt),
        ("cognito_user_pools", true) => Some(Kind::Cognito),
        ("request", _) => Some(Kind::Lambda(LambdaAuthorizerType::Request)),
        ("token", true) => Some(Kind::Lambda(LambdaAuthorizerType::Token)),
        (name, is_rest) => {
            let (kind, help) = match is_rest {
                true => ("a REST API", "it has `token`, `request` and `cognito_user_pools`"),
                false => ("an HTTP API", "it has `jwt` and `request`"),
            };
            let message = format!("{kind} has no authorizers of the type `{name}`");
            reading.error_with(&type_at, message, help);
            None
        }
    }
}

/// What an authorizer without a type that is known looks like: what else it has is read all the same.
fn guess(at: &At<'_>) -> Option<Kind> {
    let has = |name| at.get(name).is_some();
    match () {
        () if has("jwtConfiguration") => Some(Kind::Jwt),
        () if has("providerARNs") => Some(Kind::Cognito),
        () if has("authorizerUri") => Some(Kind::Lambda(LambdaAuthorizerType::Request)),
        () => None,
    }
}

/// Reads a JWT authorizer of an HTTP API.
pub(super) fn jwt<'d>(
    reading: &Reading<'d>,
    scheme: &At<'d>,
    at: &At<'d>,
) -> Option<AuthorizerKind> {
    reading.members_known(at, &[&MEMBERS[..], &["openIdConnectUrl"]].concat());
    let identity_source = match at.get("identitySource") {
        None => alloc::vec!["$request.header.Authorization".into()],
        Some(at) => identity_source(reading, &at),
    };
    let configuration =
        reading.required(at, "jwtConfiguration").and_then(|at| reading.object(at))?;
    reading.members_known(&configuration, &["issuer", "audience"]);
    let issuer = issuer(reading, scheme, at, &configuration);
    let audience = audience(reading, &configuration);
    let jwt_configuration = JwtConfiguration { issuer: issuer?.into(), audience: audience? };
    Some(AuthorizerKind::Jwt { identity_source, jwt_configuration })
}

/// The issuer, or what the URL of its discovery document begins with.
fn issuer<'d>(
    reading: &Reading<'d>,
    scheme: &At<'d>,
    at: &At<'d>,
    configuration: &At<'d>,
) -> Option<&'d str> {
    if let Some(at) = configuration.get("issuer") {
        let issuer = reading.string(&at)?;
        check_issuer(reading, &at, issuer)?;
        return Some(issuer);
    }
    let url_at = scheme.get("openIdConnectUrl").or_else(|| at.get("openIdConnectUrl"));
    let Some(url_at) = url_at else {
        reading.error(configuration, "`issuer` is missing");
        return None;
    };
    let url = reading.string(&url_at)?;
    check_issuer(reading, &url_at, url)?;
    Some(url.strip_suffix("/.well-known/openid-configuration").unwrap_or(url))
}

fn audience<'d>(reading: &Reading<'d>, configuration: &At<'d>) -> Option<Vec<String>> {
    let at = reading.required(configuration, "audience")?;
    let audience = match at.as_str() {
        Some(one) => alloc::vec![one.into()],
        None => reading.strings(&at),
    };
    if audience.is_empty() {
        reading.error(&at, "at least one audience is needed");
    } else if audience.len() > AUDIENCES_MAX {
        reading.error(&at, format!("more than {AUDIENCES_MAX} audiences"));
    }
    Some(audience)
}

/// Reads an authorizer of a REST API that accepts the tokens of Cognito user pools.
pub(super) fn cognito<'d>(
    reading: &Reading<'d>,
    scheme: &At<'d>,
    at: &At<'d>,
) -> Option<AuthorizerKind> {
    reading.members_known(at, &MEMBERS);
    let providers = reading.required(at, "providerARNs");
    let provider_arns = providers.as_ref().map(|at| reading.strings(at)).unwrap_or_default();
    if let Some(providers) =
        providers.as_ref().filter(|at| at.is_array() && provider_arns.is_empty())
    {
        reading.error(providers, "at least one user pool is needed");
    }
    for provider in providers.iter().flat_map(At::items) {
        // What a stage variable brings is known with a stage.
        let is_known = |arn: &&str| !arn.contains("${stageVariables.");
        if let Some(arn) = provider.as_str().filter(is_known).filter(|arn| !is_user_pool(arn)) {
            let help = "it has the form arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID";
            let message = format!("`{arn}` is not the ARN of a user pool");
            reading.error_with(&provider, message, help);
        }
    }
    let identity_header = identity_header(reading, scheme, at);
    if let Some(name) = identity_header.filter(|name| !is_field_name(name)) {
        reading.error(at, format!("`{name}` is not a field name"));
    }
    let validation = at.get("identityValidationExpression");
    let identity_validation_expression = validation.and_then(|at| {
        let expression = reading.string(&at)?;
        if regex_lite::Regex::new(expression).is_err() {
            reading.error(&at, format!("`{expression}` is not a regular expression"));
        }
        Some(expression.into())
    });
    let identity_header = identity_header?.into();
    Some(AuthorizerKind::Cognito { identity_header, identity_validation_expression, provider_arns })
}

/// The field that has the token.
fn identity_header<'d>(reading: &Reading<'d>, scheme: &At<'d>, at: &At<'d>) -> Option<&'d str> {
    let Some(at) = at.get("identitySource") else {
        let name = scheme.get("name");
        return Some(name.as_ref().and_then(At::as_str).unwrap_or("Authorization"));
    };
    let source = reading.string(&at)?;
    let name = source.strip_prefix("method.request.header.");
    if name.is_none() {
        let help = "it has the form `method.request.header.NAME`";
        reading.error_with(&at, format!("`{source}` is not an identity source"), help);
    }
    name
}

/// "For JWT, a single entry that specifies where to extract the JSON Web Token" (`Authorizer.identitySource`).
fn identity_source<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<String> {
    let sources = identity_sources(reading, at);
    if sources.len() > 1 {
        let help = "each place of a token needs an authorizer of its own";
        reading.error_with(at, "a JWT authorizer has a single identity source", help);
    }
    sources
}

/// `$request.header.NAME` or `$request.querystring.NAME`; several in an array or with commas.
fn identity_sources<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<String> {
    let sources: Vec<String> = match at.as_str() {
        Some(text) => text.split(',').map(|source| source.trim().into()).collect(),
        None => reading.strings(at),
    };
    if sources.is_empty() && at.is_array() {
        reading.error(at, "at least one identity source is needed");
    }
    for source in &sources {
        let is_known = match source.strip_prefix("$request.").and_then(|rest| rest.split_once('.'))
        {
            Some(("header", name)) => is_field_name(name),
            Some(("querystring", name)) => !name.is_empty(),
            _ => false,
        };
        if !is_known {
            let help = "it has the form `$request.header.NAME` or `$request.querystring.NAME`";
            reading.error_with(at, format!("`{source}` is not an identity source"), help);
        }
    }
    sources
}

/// An issuer is a URL that discovery starts from; `http` is for local use.
fn check_issuer<'d>(reading: &Reading<'d>, at: &At<'d>, issuer: &str) -> Option<()> {
    let rest = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    let is_url = rest.is_some_and(|rest| {
        !rest.starts_with(['/', ':'])
            && !rest.is_empty()
            && rest.bytes().all(|b| b.is_ascii_graphic())
    });
    if !is_url || issuer.contains("${") {
        reading.error(at, format!("`{issuer}` is not the URL of an issuer"));
        return None;
    }
    Some(())
}

fn is_user_pool(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "cognito-idp", region, account, resource] = parts[..] else { return false };
    let id = resource.strip_prefix("userpool/").unwrap_or_default();
    !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !id.is_empty()
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

/// "Quotas for HTTP APIs": audiences of an authorizer.
const AUDIENCES_MAX: usize = 50;

const TYPES: [(&str, &str); 4] = [
    ("jwt", "jwt"),
    ("request", "request"),
    ("token", "token"),
    ("cognito_user_pools", "cognito_user_pools"),
];

pub(super) const MEMBERS: [&str; 13] = [
    "type",
    "name",
    "identitySource",
    "identityValidationExpression",
    "jwtConfiguration",
    "providerARNs",
    "authorizerUri",
    "authorizerCredentials",
    "authorizerResultTtlInSeconds",
    "authorizerPayloadFormatVersion",
    "enableSimpleResponses",
    "description",
    "tags",
];
