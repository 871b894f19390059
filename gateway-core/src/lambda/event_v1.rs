//! Payload format 1.0, of REST APIs and, with differences, of HTTP APIs.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::EventInput;
use super::event_v2::is_text;
use super::fields::{Pair, visible_fields};
use super::json::JsonWriter;
use crate::content_handling::is_binary;
use crate::context::{AuthorizerContext, Context, ContextValue, LambdaContext, METHOD_OVERRIDE};
use crate::definition::Protocol;
use crate::policy::CognitoIdentity;
use crate::{target, time};

/// The event, as JSON.
///
/// Where the two kinds of API differ: a REST API leaves `path` without its stage (under a
/// custom domain name it is the whole path, base path included), hides
/// `Content-Length`, keeps path parameters encoded and chooses base64 by `binaryMediaTypes`; an
/// HTTP API says `"version":"1.0"`, has a route key for a resource id and decodes paths.
pub(crate) fn event_v1(input: &EventInput<'_>) -> Vec<u8> {
    let (context, is_http) = (input.context, input.protocol == Protocol::Http);
    let mut fields = visible_fields(input);
    if !is_http {
        fields.retain(|(name, _)| !name.eq_ignore_ascii_case(METHOD_OVERRIDE));
    }
    let mut query: Vec<Pair<'_>> = target::query_parameters(&context.raw_query).collect();
    query.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut w = JsonWriter::with_capacity(2_048 + input.body.len() + input.body.len() / 2);
    w.object(|w| {
        if is_http {
            w.name("version").string("1.0");
        }
        w.name("resource").string(&context.resource_path);
        w.name("path").string(&path(context, input.protocol));
        w.name("httpMethod").string(&context.http_method);
        write_maps(w, ["headers", "multiValueHeaders"], &fields, |a, b| a.eq_ignore_ascii_case(b));
        let names = ["queryStringParameters", "multiValueQueryStringParameters"];
        write_maps(w, names, &query, |a, b| a == b);
        if is_http {
            w.name("requestContext").object(|w| http_context(w, context));
        }
        let parameters = context.path_parameters.iter().map(|(n, v)| (&**n, v.as_str()));
        write_map(w.name("pathParameters"), parameters);
        let variables = input.stage_variables.iter().map(|(n, v)| (&**n, v.as_str()));
        write_map(w.name("stageVariables"), variables);
        if !is_http {
            w.name("requestContext").object(|w| rest_context(w, context));
        }
        write_body(w, input);
    });
    w.into_bytes()
}

pub(super) fn path<'c>(context: &'c Context<'_>, protocol: Protocol) -> Cow<'c, str> {
    match protocol {
        Protocol::Http => (&*context.path).into(),
        Protocol::Rest if context.base_path_matched.is_some() => (&*context.path).into(),
        // Leading slashes are collapsed, all others kept.
        Protocol::Rest => {
            let path = &context.resource_request_path;
            let rest = path.trim_start_matches('/');
            match path.len() - rest.len() {
                1 => (&**path).into(),
                _ => alloc::format!("/{rest}").into(),
            }
        }
    }
}

/// The last value of each name, and then all values of each; `null` where there are none.
fn write_maps(
    w: &mut JsonWriter,
    [single, multiple]: [&str; 2],
    sorted: &[Pair<'_>],
    is_same: impl Fn(&str, &str) -> bool,
) {
    if sorted.is_empty() {
        w.name(single).null();
        w.name(multiple).null();
        return;
    }
    let groups = || sorted.chunk_by(|(a, _), (b, _)| is_same(a, b));
    w.name(single).object(|w| {
        for group in groups() {
            w.name(&group[0].0).string(&group[group.len() - 1].1);
        }
    });
    w.name(multiple).object(|w| {
        for group in groups() {
            w.name(&group[0].0).array(|w| group.iter().for_each(|(_, value)| w.string(value)));
        }
    });
}

/// `null` where there are none.
fn write_map<'a>(w: &mut JsonWriter, members: impl ExactSizeIterator<Item = (&'a str, &'a str)>) {
    match members.len() {
        0 => w.null(),
        _ => w.object(|w| members.for_each(|(name, value)| w.name(name).string(value))),
    }
}

pub(super) fn rest_context(w: &mut JsonWriter, c: &Context) {
    w.name("resourceId").string(&c.resource_id);
    match &c.authorizer {
        AuthorizerContext::Cognito { claims } => {
            w.name("authorizer").object(|w| write_claims(w, claims));
        }
        AuthorizerContext::Lambda(lambda) => {
            w.name("authorizer").object(|w| {
                // In a REST API all of them are strings.
                lambda.members.iter().for_each(|(name, value)| w.name(name).string(value.as_str()));
                write_principal(w, lambda);
            });
        }
        AuthorizerContext::None
        | AuthorizerContext::Jwt { .. }
        | AuthorizerContext::Iam(_)
        | AuthorizerContext::Failed(_) => {}
    }
    w.name("resourcePath").string(&c.resource_path);
    if let Some(operation_name) = &c.operation_name {
        w.name("operationName").string(operation_name);
    }
    w.name("httpMethod").string(&c.http_method);
    w.name("extendedRequestId").string(&c.extended_request_id);
    w.name("requestTime").string(&time::clf(c.request_time));
    w.name("path").string(&c.path);
    w.name("accountId").string(&c.account_id);
    w.name("protocol").string(c.protocol.as_str());
    w.name("stage").string(&c.stage);
    w.name("domainPrefix").string(&c.domain_prefix);
    w.name("requestTimeEpoch").number(c.request_time.0);
    w.name("requestId").string(&c.request_id);
    w.name("identity").object(|w| {
        let iam = c.authorizer.iam();
        let cognito = iam.and_then(|iam| iam.identity.cognito.as_ref());
        w.name("cognitoIdentityPoolId").string_or_null(cognito.map(|c| &*c.identity_pool_id));
        w.name("accountId").string_or_null(iam.map(|iam| iam.identity.account_id()));
        w.name("cognitoIdentityId").string_or_null(cognito.map(|c| &*c.identity_id));
        w.name("caller").string_or_null(iam.map(|iam| iam.identity.user_id.as_str()));
        if let Some(api_key) = &c.api_key {
            w.name("apiKey").string(&api_key.value);
            w.name("apiKeyId").string(&api_key.id);
        }
        w.name("sourceIp").string(&c.source_ip);
        let organization_id = iam.and_then(|iam| iam.identity.organization_id.as_deref());
        w.name("principalOrgId").string_or_null(organization_id);
        w.name("accessKey").string_or_null(iam.map(|iam| iam.access_key.as_str()));
        let authentication_type = cognito.map(|c| &*c.authentication_type);
        w.name("cognitoAuthenticationType").string_or_null(authentication_type);
        let provider = cognito.and_then(|c| c.authentication_provider.as_deref());
        w.name("cognitoAuthenticationProvider").string_or_null(provider);
        w.name("userArn").string_or_null(iam.map(|iam| iam.identity.arn.as_str()));
        w.name("userAgent").string_or_null(c.user_agent.as_deref());
        w.name("user").string_or_null(iam.map(|iam| iam.identity.user_id.as_str()));
        // Of private APIs.
        if let Some(vpc_endpoint_id) = c.vpc_endpoint_id() {
            w.name("vpcId").string_or_null(c.vpc_id());
            w.name("vpceId").string(vpc_endpoint_id);
        }
        write_client_certificate(w, c);
    });
    w.name("domainName").string(&c.domain_name);
    if !c.is_test_invoke {
        w.name("deploymentId").string(&c.deployment_id);
    }
    w.name("apiId").string(&c.api_id);
}

pub(super) fn http_context(w: &mut JsonWriter, c: &Context) {
    w.name("accountId").string(&c.account_id);
    w.name("apiId").string(&c.api_id);
    match &c.authorizer {
        AuthorizerContext::Jwt { claims, scopes } => {
            w.name("authorizer").object(|w| {
                write_claims(w, claims);
                write_scopes(w, scopes.as_deref());
            });
        }
        AuthorizerContext::Lambda(lambda) => {
            w.name("authorizer").object(|w| {
                write_members(w, lambda);
                write_principal(w, lambda);
            });
        }
        AuthorizerContext::None
        | AuthorizerContext::Cognito { .. }
        | AuthorizerContext::Iam(_)
        | AuthorizerContext::Failed(_) => {}
    }
    w.name("domainName").string(&c.domain_name);
    w.name("domainPrefix").string(&c.domain_prefix);
    w.name("extendedRequestId").string(&c.extended_request_id);
    w.name("httpMethod").string(&c.http_method);
    w.name("identity").object(|w| {
        let iam = c.authorizer.iam();
        w.name("accessKey").string_or_null(iam.map(|iam| iam.access_key.as_str()));
        w.name("accountId").string_or_null(iam.map(|iam| iam.identity.account_id()));
        w.name("caller").string_or_null(iam.map(|iam| iam.identity.user_id.as_str()));
        let cognito = iam.and_then(|iam| iam.identity.cognito.as_ref());
        write_amr(w, "cognitoAmr", cognito);
        let provider = cognito.and_then(|c| c.authentication_provider.as_deref());
        w.name("cognitoAuthenticationProvider").string_or_null(provider);
        let authentication_type = cognito.map(|c| &*c.authentication_type);
        w.name("cognitoAuthenticationType").string_or_null(authentication_type);
        w.name("cognitoIdentityId").string_or_null(cognito.map(|c| &*c.identity_id));
        w.name("cognitoIdentityPoolId").string_or_null(cognito.map(|c| &*c.identity_pool_id));
        let organization_id = iam.and_then(|iam| iam.identity.organization_id.as_deref());
        w.name("principalOrgId").string_or_null(organization_id);
        w.name("sourceIp").string(&c.source_ip);
        w.name("user").string_or_null(iam.map(|iam| iam.identity.user_id.as_str()));
        w.name("userAgent").string(c.user_agent.as_deref().unwrap_or_default());
        w.name("userArn").string_or_null(iam.map(|iam| iam.identity.arn.as_str()));
        write_client_certificate(w, c);
    });
    w.name("path").string(&target::decode(&c.path));
    w.name("protocol").string(c.protocol.as_str());
    w.name("requestId").string(&c.extended_request_id);
    w.name("requestTime").string(&time::clf(c.request_time));
    w.name("requestTimeEpoch").number(c.request_time.0);
    w.name("resourceId").string(&c.route_key);
    w.name("resourcePath").string(&c.resource_path);
    w.name("stage").string(&c.stage);
}

/// The member `clientCert`, where there is one.
pub(super) fn write_client_certificate(w: &mut JsonWriter, c: &Context) {
    let Some(certificate) = c.client_certificate() else { return };
    w.name("clientCert").object(|w| {
        // A Worker is not told it.
        w.name("clientCertPem")
            .string_or_null(Some(&*certificate.pem).filter(|pem| !pem.is_empty()));
        w.name("subjectDN").string(&certificate.subject_dn);
        w.name("issuerDN").string(&certificate.issuer_dn);
        w.name("serialNumber").string(&certificate.serial_number);
        w.name("validity").object(|w| {
            w.name("notBefore").string(&certificate.not_before);
            w.name("notAfter").string(&certificate.not_after);
        });
    });
}

/// The member `claims`.
pub(super) fn write_claims(
    w: &mut JsonWriter,
    claims: &[(alloc::string::String, alloc::string::String)],
) {
    w.name("claims").object(|w| claims.iter().for_each(|(name, value)| w.name(name).string(value)));
}

/// The member `scopes`: all of the token's on a route with scopes, else `null`.
pub(super) fn write_scopes(w: &mut JsonWriter, scopes: Option<&[alloc::string::String]>) {
    match scopes {
        Some(scopes) => w.name("scopes").array(|w| scopes.iter().for_each(|s| w.string(s))),
        None => w.name("scopes").null(),
    }
}

/// How an identity of an identity pool was authenticated, else `null`.
pub(super) fn write_amr(w: &mut JsonWriter, name: &str, cognito: Option<&CognitoIdentity>) {
    match cognito {
        Some(cognito) => w.name(name).array(|w| cognito.amr().for_each(|amr| w.string(amr))),
        None => w.name(name).null(),
    }
}

/// The members of a Lambda authorizer's `context`, of the types that its function gave them.
pub(super) fn write_members(w: &mut JsonWriter, lambda: &LambdaContext) {
    for (name, value) in &lambda.members {
        match value {
            ContextValue::Text(text) => w.name(name).string(text),
            ContextValue::Json(json) => w.name(name).json(json),
        }
    }
}

/// What the gateway adds to them; a member of the same name is the function's own.
fn write_principal(w: &mut JsonWriter, lambda: &LambdaContext) {
    let is_own = |name: &str| lambda.members.iter().any(|(n, _)| n == name);
    if let Some(principal_id) = lambda.principal_id.as_deref().filter(|_| !is_own("principalId")) {
        w.name("principalId").string(principal_id);
    }
    if !is_own("integrationLatency") {
        let latency_ms = lambda.call.as_ref().map_or(0, |call| call.latency_ms);
        w.name("integrationLatency").number(latency_ms.into());
    }
}

fn write_body(w: &mut JsonWriter, input: &EventInput<'_>) {
    let media_type = input.request.fields.get("content-type");
    let is_base64 = !input.body.is_empty()
        && match input.protocol {
            Protocol::Rest => is_binary(media_type, input.binary_media_types),
            Protocol::Http => !is_text(media_type),
        };
    match (input.body.is_empty(), is_base64) {
        (true, _) => w.name("body").null(),
        (_, true) => w.name("body").base64(input.body),
        (_, false) => w.name("body").text(input.body),
    }
    w.name("isBase64Encoded").boolean(is_base64);
}

#[cfg(test)]
mod tests;
