//! The variables of `$context`, each with where its value is found.
//!
//! Names: "Data transformations reference: context variables" (REST) and "HTTP API access log
//! variables". A variable that AWS has and that is never known here is listed without a value:
//! a format may name it, and it prints `-`.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use super::{
    AuthorizerCall, AuthorizerContext, Context, IntegrationContext, LambdaContext, Phase, Phases,
    WafResponse,
};
use crate::definition::ResponseTransferMode;
use crate::effect::LateValue;
use crate::message::Timestamp;
use crate::policy::CognitoIdentity;
use crate::time;

/// A variable of `$context`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Variable {
    /// One that AWS names.
    Known(Known),
    /// `authorizer.claims.NAME`
    Claim(String),
    /// `authorizer.NAME`: a member of a Lambda authorizer's `context`.
    Member(String),
    /// `requestOverride.…`, `responseOverride.…`: what a template set.
    Override(String),
}

/// One known name. Its number is its place in [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known(u8);

type Value<'c> = Option<Cow<'c, str>>;
type Read = for<'c> fn(&'c Context<'c>, Timestamp) -> Value<'c>;

macro_rules! variables {
    ($($name:literal $(=> |$context:pat_param, $now:pat_param| $value:expr)?;)*) => {
        /// Every name that AWS fixes.
        pub(crate) const NAMES: &[&str] = &[$($name),*];
        const READS: &[Option<Read>] = &[$(variables!(@read $(|$context, $now| $value)?)),*];
    };
    (@read) => { None };
    (@read |$context:pat_param, $now:pat_param| $value:expr) => { Some({
        fn read<'c>($context: &'c Context<'c>, $now: Timestamp) -> Value<'c> { $value }
        read
    }) };
}

variables! {
    "accountId" => |c, _| given(&c.account_id);
    "apiId" => |c, _| given(&c.api_id);
    "authenticate.error" => |c, _| some(&phases(c)?.authenticate.as_ref()?.error);
    "authenticate.latency" => |c, _| number(phases(c)?.authenticate.as_ref()?.latency_ms);
    "authenticate.status" => |c, _| number(phases(c)?.authenticate.as_ref()?.status);
    "authorize.error" => |c, _| some(&phases(c)?.authorize.as_ref()?.error);
    "authorize.latency" => |c, _| number(phases(c)?.authorize.as_ref()?.latency_ms);
    "authorize.status" => |c, _| number(phases(c)?.authorize.as_ref()?.status);
    "authorizer.error" => |c, _| member(c, "error").or_else(|| some(&authorizer_phase(c)?.error));
    "authorizer.integrationLatency" => |c, _| authorizer_latency(c);
    "authorizer.integrationStatus" => |c, _| authorizer_status(c);
    "authorizer.latency" => |c, _| number(authorizer_phase(c)?.latency_ms);
    "authorizer.principalId" => |c, _| some(&lambda(c)?.principal_id);
    "authorizer.requestId" => |c, _| some(&authorizer_call(c)??.request_id);
    "authorizer.scopes" => |c, _| scopes(c);
    "authorizer.status" => |c, _| member(c, "status").or_else(|| number(authorizer_phase(c)?.status));
    "awsEndpointRequestId" => |c, _| some(&c.integration.as_ref()?.request_id);
    "awsEndpointRequestId2" => |c, _| given(c.integration.as_ref()?.extended_request_id.as_ref()?);
    "cipherSuite" => |c, _| given(&c.tls.as_ref()?.cipher_suite);
    "customDomain.basePathMatched" => |c, _| base_path(c);
    "customDomain.routingRuleIdMatched";
    "dataProcessed" => |c, _| number(c.request_length.saturating_add(c.response_length?));
    "deploymentId" => |c, _| given(&c.deployment_id);
    "domainName" => |c, _| given(&c.domain_name);
    "domainPrefix" => |c, _| given(&c.domain_prefix);
    "endpointType" => |c, _| Some(c.endpoint_type?.as_str().into());
    "error.message" => |c, _| some(&c.error.as_ref()?.message);
    "error.messageString" => |c, _| some(&c.error.as_ref()?.message).map(quoted);
    "error.responseType" => |c, _| Some(c.error.as_ref()?.response_type.name().into());
    "error.validationErrorString" => |c, _| some(&c.error.as_ref()?.validation_error);
    "extendedRequestId" => |c, _| given(&c.extended_request_id);
    "httpMethod" => |c, _| given(&c.http_method);
    "identity.accessKey" => |c, _| given(&c.authorizer.iam()?.access_key);
    "identity.accountId" => |c, _| given(c.authorizer.iam()?.identity.account_id());
    "identity.apiKey" => |c, _| given(&c.api_key.as_ref()?.value);
    "identity.apiKeyId" => |c, _| given(&c.api_key.as_ref()?.id);
    "identity.caller" => |c, _| given(&c.authorizer.iam()?.identity.user_id);
    "identity.clientCert.clientCertPem" => |c, _| given(&c.client_certificate()?.pem);
    "identity.clientCert.issuerDN" => |c, _| given(&c.client_certificate()?.issuer_dn);
    "identity.clientCert.serialNumber" => |c, _| given(&c.client_certificate()?.serial_number);
    "identity.clientCert.subjectDN" => |c, _| given(&c.client_certificate()?.subject_dn);
    "identity.clientCert.validity.notAfter" => |c, _| given(&c.client_certificate()?.not_after);
    "identity.clientCert.validity.notBefore" => |c, _| given(&c.client_certificate()?.not_before);
    "identity.cognitoAuthenticationProvider" => |c, _| given(cognito(c)?.authentication_provider.as_ref()?);
    "identity.cognitoAuthenticationType" => |c, _| given(&cognito(c)?.authentication_type);
    "identity.cognitoIdentityId" => |c, _| given(&cognito(c)?.identity_id);
    "identity.cognitoIdentityPoolId" => |c, _| given(&cognito(c)?.identity_pool_id);
    "identity.principalOrgId" => |c, _| given(c.authorizer.iam()?.identity.organization_id.as_ref()?);
    "identity.sourceIp" => |c, _| given(&c.source_ip);
    "identity.user" => |c, _| given(&c.authorizer.iam()?.identity.user_id);
    "identity.userAgent" => |c, _| given(c.user_agent.as_ref()?);
    "identity.userArn" => |c, _| given(&c.authorizer.iam()?.identity.arn);
    "identity.vpcId" => |c, _| given(c.vpc_id()?);
    "identity.vpceId" => |c, _| given(c.vpc_endpoint_id()?);
    "integration.error" => |c, _| some(&c.integration.as_ref()?.error);
    "integration.integrationStatus" => |c, _| number(c.integration.as_ref()?.integration_status?);
    "integration.latency" => |c, _| number(c.integration.as_ref()?.latency_ms);
    "integration.requestId" => |c, _| some(&c.integration.as_ref()?.request_id);
    "integration.responseTransferMode" => |c, _| c.integration.as_ref().map(transfer_mode);
    "integration.status" => |c, _| number(c.integration.as_ref()?.status?);
    "integration.timeToAllHeaders" => |c, _| number(c.integration.as_ref()?.latency_ms);
    "integration.timeToFirstContent";
    "integrationErrorMessage" => |c, _| some(&c.integration.as_ref()?.error);
    "integrationLatency" => |c, _| number(c.integration.as_ref()?.latency_ms);
    "integrationStatus" => |c, _| number(c.integration.as_ref()?.integration_status?);
    "isCanaryRequest" => |c, _| c.is_canary_request.map(|is| if is { "true" } else { "false" }.into());
    "path" => |c, _| given(&c.path);
    "protocol" => |c, _| Some(c.protocol.as_str().into());
    "requestId" => |c, _| given(&c.request_id);
    "requestTime" => |c, _| Some(time::clf(c.request_time).into());
    "requestTimeEpoch" => |c, _| number(c.request_time.0);
    "resourceId" => |c, _| given(&c.resource_id);
    "resourcePath" => |c, _| given(&c.resource_path);
    "responseLatency" => |c, now| number(now.0.saturating_sub(c.request_time.0));
    "responseLength" => |c, _| number(c.response_length?);
    "routeKey" => |c, _| given(&c.route_key);
    "stage" => |c, _| given(&c.stage);
    "status" => |c, _| if c.status == 0 { None } else { number(c.status) };
    "tlsVersion" => |c, _| given(&c.tls.as_ref()?.version);
    "waf.error" => |c, _| some(&phases(c)?.waf.as_ref()?.error);
    "waf.latency" => |c, _| number(phases(c)?.waf.as_ref()?.latency_ms);
    "waf.status" => |c, _| Some(if c.waf? == WafResponse::Allow { "200" } else { "403" }.into());
    "wafResponseCode" => |c, _| Some(waf_response(c.waf?).into());
    "webaclArn" => |c, _| given(&phases(c)?.web_acl_arn);
    "xrayTraceId" => |c, _| given(&c.trace.root);
}

impl Variable {
    /// Of an answer that is streamed: what its value is once the content has ended ("Troubleshoot issues with
    /// response streaming").
    pub(crate) fn late(&self, context: &Context<'_>) -> Option<LateValue> {
        let integration = context.integration.as_ref()?;
        let is_streamed = integration.response_transfer_mode == ResponseTransferMode::Stream;
        let (Self::Known(Known(index)), true, None) = (self, is_streamed, &context.error) else {
            return None;
        };
        match NAMES[usize::from(*index)] {
            "integration.timeToFirstContent" => Some(LateValue::FirstContent(integration.begun)),
            "integration.latency" | "integrationLatency" => Some(LateValue::End(integration.begun)),
            "responseLatency" => Some(LateValue::End(context.request_time)),
            "responseLength" => Some(LateValue::Length(0)),
            "dataProcessed" => Some(LateValue::Length(context.request_length)),
            _ => None,
        }
    }

    /// The variable of this name (without `$context.`), if AWS has it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        // The names are in order: a test holds that.
        if let Ok(place) = NAMES.binary_search(&name) {
            return Some(Self::Known(Known(place as u8)));
        }
        if let Some(claim) = name.strip_prefix("authorizer.claims.") {
            return (!claim.is_empty()).then(|| Self::Claim(claim.into()));
        }
        if let Some(member) = name.strip_prefix("authorizer.") {
            return (!member.is_empty()).then(|| Self::Member(member.into()));
        }
        let is_open = ["requestOverride.", "responseOverride."]
            .iter()
            .any(|open| name.strip_prefix(open).is_some_and(|rest| !rest.is_empty()));
        is_open.then(|| Self::Override(name.into()))
    }

    /// As [`parse`](Self::parse) reads it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Known(Known(place)) => NAMES[usize::from(*place)].into(),
            Self::Claim(name) => alloc::format!("authorizer.claims.{name}"),
            Self::Member(name) => alloc::format!("authorizer.{name}"),
            Self::Override(name) => name.clone(),
        }
    }

    /// Its value, if it is known.
    pub(crate) fn value<'c>(&self, context: &'c Context<'c>, now: Timestamp) -> Value<'c> {
        match self {
            Self::Known(known) => READS[usize::from(known.0)]?(context, now),
            Self::Claim(name) => {
                let (AuthorizerContext::Jwt { claims, .. } | AuthorizerContext::Cognito { claims }) =
                    &context.authorizer
                else {
                    return None;
                };
                claims.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str().into())
            }
            Self::Member(name) => member(context, name),
            Self::Override(name) => context.overrides.get()?.find(name).map(Cow::Owned),
        }
    }

    /// Whether its value is a secret, which logs do not show whole.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Known(known) if NAMES[usize::from(known.0)] == "identity.apiKey")
    }

    /// Whether its value is JSON text already.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Self::Known(known) if NAMES[usize::from(known.0)] == "error.messageString")
    }
}

fn lambda<'c>(context: &'c Context<'_>) -> Option<&'c LambdaContext> {
    if let AuthorizerContext::Lambda(lambda) = &context.authorizer { Some(lambda) } else { None }
}

fn member<'c>(context: &'c Context<'c>, name: &str) -> Value<'c> {
    let (_, value) = lambda(context)?.members.iter().find(|(n, _)| n == name)?;
    Some(value.as_str().into())
}

fn waf_response(response: WafResponse) -> &'static str {
    match response {
        WafResponse::Allow => "WAF_ALLOW",
        WafResponse::Block => "WAF_BLOCK",
    }
}

/// In AWS's words, which are not those of the definition.
fn transfer_mode(integration: &IntegrationContext) -> Cow<'static, str> {
    match integration.response_transfer_mode {
        ResponseTransferMode::Buffered => "BUFFERED".into(),
        ResponseTransferMode::Stream => "STREAMED".into(),
    }
}

fn phases<'c>(context: &'c Context<'_>) -> Option<&'c Phases> {
    context.phases.as_deref()
}

fn authorizer_phase<'c>(context: &'c Context<'_>) -> Option<&'c Phase> {
    phases(context)?.authorizer.as_ref()
}

/// The call of a Lambda authorizer; within, `None` where the result was remembered.
fn authorizer_call<'c>(context: &'c Context<'_>) -> Option<Option<&'c AuthorizerCall>> {
    match &context.authorizer {
        AuthorizerContext::Lambda(lambda) => Some(lambda.call.as_ref()),
        AuthorizerContext::Failed(call) => Some(Some(call)),
        _ => None,
    }
}

/// A result that was remembered took no time.
fn authorizer_latency<'c>(context: &'c Context<'_>) -> Value<'c> {
    number(authorizer_call(context)?.map_or(0, |call| call.latency_ms))
}

fn authorizer_status<'c>(context: &'c Context<'_>) -> Value<'c> {
    number(authorizer_call(context)?.map_or(Some(200), |call| call.status)?)
}

/// The mapping without a base path is `(none)` in AWS's console.
fn base_path<'c>(context: &'c Context<'_>) -> Value<'c> {
    let matched = context.base_path_matched.as_deref()?;
    Some(if matched.is_empty() { "(none)" } else { matched }.into())
}

fn cognito<'c>(c: &'c Context<'_>) -> Option<&'c CognitoIdentity> {
    c.authorizer.iam()?.identity.cognito.as_ref()
}

fn given(text: &str) -> Value<'_> {
    (!text.is_empty()).then_some(text.into())
}

fn some(text: &Option<String>) -> Value<'_> {
    given(text.as_ref()?)
}

fn number<'c>(number: impl Into<u64>) -> Value<'c> {
    Some(number.into().to_string().into())
}

fn quoted(message: Cow<'_, str>) -> Cow<'_, str> {
    serde_json::to_string(&message).unwrap_or_default().into()
}

fn scopes<'c>(context: &'c Context<'_>) -> Value<'c> {
    let AuthorizerContext::Jwt { scopes: Some(scopes), .. } = &context.authorizer else {
        return None;
    };
    Some(alloc::format!("[{}]", scopes.join(" ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order_and_each_once() {
        assert!(NAMES.is_sorted_by(|a, b| a < b));
        assert!(NAMES.len() <= usize::from(u8::MAX));
        for name in NAMES {
            assert!(matches!(Variable::parse(name), Some(Variable::Known(_))), "{name}");
        }
    }

    #[test]
    fn only_open_families_take_any_name() {
        assert_eq!(
            Variable::parse("authorizer.claims.cognito:groups"),
            Some(Variable::Claim("cognito:groups".into()))
        );
        assert_eq!(Variable::parse("authorizer.tenant"), Some(Variable::Member("tenant".into())));
        assert_eq!(
            Variable::parse("responseOverride.header.a"),
            Some(Variable::Override("responseOverride.header.a".into()))
        );
        for name in ["", "authorizer.", "authorizer.claims.", "requestid", "identity.x", "error"] {
            assert_eq!(Variable::parse(name), None, "{name}");
        }
    }
}
