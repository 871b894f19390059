//! Security schemes: authorizers, IAM, API keys; and which of them an operation asks for.

use super::settings::integer;
use super::*;
use crate::definition::{
    Authorization, Authorizer, AuthorizerKind, LambdaAuthorizer, LambdaAuthorizerType, Method,
    PayloadFormat,
};

/// `components.securitySchemes` or `securityDefinitions`; `None` if there are none.
pub(super) fn schemes(exported: &Exported<'_>) -> Option<Json> {
    let deployment = exported.deployment;
    let mut written = Members::default();
    for authorizer in &deployment.authorizers {
        written.set(&authorizer.name, scheme(exported, authorizer));
    }
    if deployment.methods.iter().any(|method| method.authorization == Authorization::Iam) {
        let mut scheme = api_key("Authorization");
        scheme.set("x-amazon-apigateway-authtype", "awsSigv4");
        written.set(&unused_name(exported, "sigv4"), scheme.into_json());
    }
    if deployment.methods.iter().any(|method| method.api_key_required) {
        written.set(&unused_name(exported, "api_key"), api_key("x-api-key").into_json());
    }
    written.into_json_if_any()
}

/// `security` of an operation.
pub(super) fn requirement(exported: &Exported<'_>, method: &Method) -> Option<Json> {
    let mut requirements = Vec::new();
    let mut require = |name: &str, scopes: &[String]| {
        let mut requirement = Members::default();
        requirement.set(name, strings(scopes));
        requirements.push(requirement.into_json());
    };
    match &method.authorization {
        Authorization::None => {}
        Authorization::Iam => require(&unused_name(exported, "sigv4"), &[]),
        Authorization::Authorizer { authorizer, scopes } => {
            let authorizer = exported.deployment.authorizers.get(*authorizer as usize)?;
            require(&authorizer.name, scopes);
        }
    }
    if method.api_key_required {
        require(&unused_name(exported, "api_key"), &[]);
    }
    (!requirements.is_empty()).then_some(Json::Array(requirements))
}

/// The name that AWS gives a scheme, unless an authorizer has it.
fn unused_name(exported: &Exported<'_>, name: &str) -> String {
    let mut name = String::from(name);
    while exported.deployment.authorizers.iter().any(|authorizer| authorizer.name == name) {
        name.push('_');
    }
    name
}

fn api_key(field: &str) -> Members {
    let mut scheme = Members::default();
    scheme.set("type", "apiKey");
    scheme.set("name", field);
    scheme.set("in", "header");
    scheme
}

fn scheme(exported: &Exported<'_>, authorizer: &Authorizer) -> Json {
    let mut extension = Members::default();
    let (mut scheme, authtype) = match &authorizer.kind {
        AuthorizerKind::Jwt { identity_source, jwt_configuration } => {
            extension.set("type", "jwt");
            extension.set("identitySource", sources(identity_source));
            let mut configuration = Members::default();
            configuration.set("audience", strings(&jwt_configuration.audience));
            configuration.set("issuer", jwt_configuration.issuer.as_str());
            extension.set("jwtConfiguration", configuration.into_json());
            let mut scheme = Members::default();
            scheme.set("type", "oauth2");
            // The specification wants flows; AWS writes none either.
            scheme.set("flows", Members::default().into_json());
            (scheme, None)
        }
        AuthorizerKind::Cognito {
            identity_header,
            identity_validation_expression,
            provider_arns,
        } => {
            extension.set("type", "cognito_user_pools");
            let source = format!("method.request.header.{identity_header}");
            extension.set("identitySource", source.as_str());
            extension.set("providerARNs", strings(provider_arns));
            let expression = identity_validation_expression.as_deref();
            extension.set_if("identityValidationExpression", expression);
            (api_key(identity_header), Some("cognito_user_pools"))
        }
        AuthorizerKind::Lambda(lambda) => {
            write_lambda(exported, lambda, &mut extension);
            let token = lambda.identity_source.first().filter(|_| is_token(lambda));
            let field = token.and_then(|source| source.strip_prefix("method.request.header."));
            // What AWS writes where no one field is meant.
            (api_key(field.unwrap_or("Unused")), exported.is_rest().then_some("custom"))
        }
    };
    scheme.set_if(
        "x-amazon-apigateway-authtype",
        authtype.filter(|_| exported.extensions.authorizers),
    );
    if exported.extensions.authorizers {
        scheme.set("x-amazon-apigateway-authorizer", extension.into_json());
    }
    scheme.into_json()
}

fn is_token(lambda: &LambdaAuthorizer) -> bool {
    lambda.authorizer_type == LambdaAuthorizerType::Token
}

fn write_lambda(exported: &Exported<'_>, lambda: &LambdaAuthorizer, extension: &mut Members) {
    extension.set("type", if is_token(lambda) { "token" } else { "request" });
    extension.set("authorizerUri", lambda.uri.as_str());
    extension.set_if("authorizerCredentials", lambda.credentials.as_deref());
    if !lambda.identity_source.is_empty() {
        extension.set("identitySource", sources(&lambda.identity_source));
    }
    let expression = lambda.identity_validation_expression.as_deref();
    extension.set_if("identityValidationExpression", expression);
    extension.set("authorizerResultTtlInSeconds", integer(lambda.result_ttl_s));
    if !exported.is_rest() {
        let format = match lambda.payload_format {
            PayloadFormat::V1 => "1.0",
            PayloadFormat::V2 => "2.0",
        };
        extension.set("authorizerPayloadFormatVersion", format);
        extension.set("enableSimpleResponses", Json::Bool(lambda.enable_simple_responses));
    }
}

/// One text with commas, as AWS has it, unless a source has commas of its own.
fn sources(sources: &[String]) -> Json {
    let is_plain = |source: &String| !source.contains(',') && source.trim() == source;
    match sources.iter().all(is_plain) {
        true => Json::String(sources.join(", ")),
        false => strings(sources),
    }
}
