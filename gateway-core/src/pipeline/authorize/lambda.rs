//! Lambda authorizers, TOKEN and REQUEST.
//!
//! Lets through whom the function grants the method. Refuses with UNAUTHORIZED who does not say who
//! they are, and whom the function calls `Unauthorized`; with AUTHORIZER_CONFIGURATION_ERROR where the
//! function fails or answers what is no answer. Asks for `RecallAuthorization` and `InvokeFunction`.
//!
//! A result is remembered for all callers with the same identity sources. What is remembered is the
//! policy, and each method asks it anew ("cached policies"). As on AWS, calls that run at the same
//! time are not made one: each asks the function.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::method_arn::MethodArn;
use crate::access_log::single_line;
use crate::codec;
use crate::context::{AuthorizerCall, AuthorizerContext, Context, LambdaContext};
use crate::definition::{LambdaAuthorizerType, PayloadFormat, Protocol};
use crate::effect::{
    AuthorizationKey, AuthorizerFailure, EffectError, FunctionName, InvocationType, InvokeFunction,
    Notice, RecallAuthorization,
};
use crate::exchange::Io;
use crate::gateway::{AuthorizerFunction, IdentitySource, LambdaPlan, MethodOf};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::lambda::{
    AuthorizerAnswer, EventInput, Grant, read_grant, request_event_v1, request_event_v2,
    token_event,
};
use crate::limits::{HTTP_AUTHORIZER_MS, REPORTED_REASON_BYTES_MAX, REST_AUTHORIZER_MS};
use crate::message::{Request, Timestamp};
use crate::pipeline::integrate::{cancelled, overloaded};
use crate::target;

/// What a function granted, and the call that was made for it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) grant: Grant,
    pub(super) call: Option<AuthorizerCall>,
}

/// Asks the authorizer of this index about a request.
pub(super) async fn lambda(
    (index, plan): (u32, &LambdaPlan),
    of: MethodOf<'_>,
    request: &Request,
    context: &Context<'_>,
    arn: &MethodArn,
    identity_found: &mut AuthorizerContext,
    io: &Io,
) -> Result<Asked, GatewayError> {
    let protocol = of.at.api.protocol;
    let Identity { values: identity, lengths } = identity(plan, of, request, context, io.now())?;
    let Some(asked) = of.authorizer_function(index) else {
        return Err(failed("there is no such function at this stage"));
    };
    let values: Vec<&str> = identity.iter().map(|value| &**value).collect();
    let question = Question {
        asked,
        protocol,
        is_simple: plan.enable_simple_responses,
        ttl_ms: plan.result_ttl_ms,
        key: key((of, index), asked, &values, &lengths),
        trace: context.function_trace(),
    };
    let event = || {
        let input = EventInput {
            protocol,
            context,
            request,
            body: &[],
            binary_media_types: &[],
            stage_variables: &of.at.stage.variables,
        };
        match (plan.authorizer_type, protocol, plan.payload_format) {
            (LambdaAuthorizerType::Token, ..) => {
                token_event(arn.as_str(), values.first().copied().unwrap_or_default())
            }
            (_, Protocol::Http, PayloadFormat::V2) => {
                request_event_v2(&input, arn.as_str(), &values)
            }
            _ => request_event_v1(&input, arn.as_str(), &values),
        }
    };
    ask(&question, event, identity_found, io).await
}

/// A question to an authorizer's function. It knows nothing of HTTP.
struct Question<'q> {
    asked: &'q AuthorizerFunction,
    protocol: Protocol,
    is_simple: bool,
    /// 0: neither recalled nor remembered.
    ttl_ms: u64,
    key: AuthorizationKey,
    /// Of a request that is traced.
    trace: Option<Box<str>>,
}

/// The function's answer, remembered or new.
async fn ask(
    question: &Question<'_>,
    event: impl FnOnce() -> Vec<u8>,
    identity_found: &mut AuthorizerContext,
    io: &Io,
) -> Result<Asked, GatewayError> {
    let key = question.key;
    if question.ttl_ms > 0 {
        match io.perform(RecallAuthorization { key }).await {
            Ok(Some(bytes)) => {
                // What another version remembered is forgotten.
                if let Some(grant) =
                    codec::decode::<Grant>(&bytes.0).ok().filter(|g| io.now() < g.until)
                {
                    return Ok(Asked { grant, call: None });
                }
            }
            Err(EffectError::Cancelled) => return Err(cancelled()),
            Ok(None) | Err(_) => {}
        }
    }
    let begun = io.now();
    let operation = InvokeFunction {
        function: question.asked.function.clone(),
        payload: event().into(),
        invocation: InvocationType::RequestResponse,
        timeout_ms: match question.protocol {
            Protocol::Rest => REST_AUTHORIZER_MS,
            Protocol::Http => HTTP_AUTHORIZER_MS,
        },
        credentials: question.asked.credentials.clone(),
        trace: question.trace.clone(),
        client_context: None,
        invoked_by: None,
    };
    let answer = io.perform(operation).await.map_err(|error| match error {
        EffectError::Cancelled => cancelled(),
        EffectError::Overloaded => overloaded(),
        error => failed(alloc::format!("{error}")),
    })?;
    let now = io.now();
    let call = AuthorizerCall {
        latency_ms: u32::try_from(now.0.saturating_sub(begun.0)).unwrap_or(u32::MAX),
        status: Some(answer.status),
        request_id: answer.request_id.clone(),
    };
    // Until it is known that the answer is one.
    *identity_found = AuthorizerContext::Failed(call.clone());
    let grant = match read_grant(&answer, question.protocol, question.is_simple) {
        AuthorizerAnswer::Granted(grant) => grant,
        AuthorizerAnswer::Unauthorized if question.protocol == Protocol::Rest => {
            return Err(unauthorized("the authorizer says so"));
        }
        AuthorizerAnswer::Unauthorized => {
            return Err(failed(
                "the function failed with `Unauthorized`, which HTTP APIs do not know",
            ));
        }
        AuthorizerAnswer::Failed(reason) => return Err(failed(reason)),
    };
    let grant = Grant { until: Timestamp(now.0.saturating_add(question.ttl_ms)), ..grant };
    if question.ttl_ms > 0 {
        let (until, grant) = (grant.until, codec::encode(&grant).into());
        io.notify(Notice::RememberAuthorization { key, grant, until });
    }
    Ok(Asked { grant, call: Some(call) })
}

impl Asked {
    /// What the record takes over.
    pub(super) fn into_context(self) -> LambdaContext {
        LambdaContext {
            principal_id: self.grant.principal_id,
            members: self.grant.context,
            has_members: self.grant.has_context,
            usage_identifier_key: self.grant.usage_identifier_key,
            call: self.call,
        }
    }
}

/// What the identity sources have.
struct Identity<'a> {
    /// The value of each. All values of a repeated one count: what a result is remembered by must hold all
    /// that the function may have looked at.
    values: Vec<Cow<'a, str>>,
    /// How long each value of each was: `a` and `b` are not `a,b`.
    lengths: String,
}

/// The values of the identity sources. If one is missing or empty, the function is not asked.
fn identity<'a>(
    plan: &LambdaPlan,
    of: MethodOf<'_>,
    request: &'a Request,
    context: &'a Context<'a>,
    now: Timestamp,
) -> Result<Identity<'a>, GatewayError> {
    let mut values = Vec::with_capacity(plan.identity_sources.len());
    let mut lengths = String::new();
    for source in &plan.identity_sources {
        let mut all = all_values(source, of, request, context, now);
        all.iter().for_each(|value| lengths.push_str(&alloc::format!("{},", value.len())));
        lengths.push(';');
        let value = match all.len() {
            0 | 1 => all.pop(),
            _ => Some(Cow::Owned(all.join(","))),
        };
        let value = value.filter(|value| !value.is_empty());
        let missing = || {
            let name = source.name(of.at.api.protocol);
            unauthorized(&alloc::format!("the identity source {name} is missing or empty"))
        };
        values.push(value.ok_or_else(missing)?);
    }
    if let Some(validation) = &plan.validation
        && !values.iter().all(|value| validation.is_match(value))
    {
        return Err(unauthorized("the token does not match identityValidationExpression"));
    }
    Ok(Identity { values, lengths })
}

fn all_values<'a>(
    source: &IdentitySource,
    of: MethodOf<'_>,
    request: &'a Request,
    context: &'a Context<'a>,
    now: Timestamp,
) -> Vec<Cow<'a, str>> {
    match source {
        IdentitySource::Header(name)
            if of.at.api.protocol == Protocol::Rest && context.adds(name) =>
        {
            context.added_field(name, &request.fields).into_iter().collect()
        }
        IdentitySource::Header(name) => request.fields.all(name).map(Cow::Borrowed).collect(),
        IdentitySource::Query(name) => {
            let parameters = target::query_parameters(&context.raw_query);
            parameters.filter(|(n, _)| n == name).map(|(_, value)| value).collect()
        }
        IdentitySource::StageVariable(name) => {
            of.at.stage.variables.get(name).map(|v| Cow::Owned(v.clone())).into_iter().collect()
        }
        IdentitySource::Context(variable) => variable.value(context, now).into_iter().collect(),
    }
}

/// The digest of all that a result depends on. Lengths keep values apart. Stage variables may name another
/// function in the same deployment.
fn key(
    (of, index): (MethodOf<'_>, u32),
    asked: &AuthorizerFunction,
    values: &[&str],
    lengths: &str,
) -> AuthorizationKey {
    let at = of.at;
    let index = alloc::format!("{index}");
    let AuthorizerFunction { function, credentials } = asked;
    let FunctionName { region, account_id, name, qualifier } = function;
    let mut parts = alloc::vec![at.deployment.id.as_str(), &index, lengths];
    parts.extend([region, account_id, name].map(String::as_str));
    parts.extend([qualifier, credentials].map(|part| part.as_deref().unwrap_or_default()));
    parts.extend(values);
    AuthorizationKey::new(&at.api.id, &at.stage.stage_name, &parts)
}

/// Has the operator told of an authorizer that came to no answer: its callers read nothing but 500.
pub(super) fn report(of: MethodOf<'_>, index: u32, error: &GatewayError, io: &Io) {
    if error.response_type != ResponseType::AuthorizerConfigurationError {
        return;
    }
    let authorizer = of.at.deployment.authorizers.get(index as usize);
    let mut reason = single_line(&error.reason);
    reason.truncate(reason.floor_char_boundary(REPORTED_REASON_BYTES_MAX));
    io.notify(Notice::ReportAuthorizer(AuthorizerFailure {
        api_id: of.at.api.id.clone(),
        stage: of.at.stage.stage_name.clone(),
        authorizer: authorizer.map(|authorizer| authorizer.name.clone()).unwrap_or_default(),
        reason,
    }));
}

fn unauthorized(reason: &str) -> GatewayError {
    GatewayError::new(ResponseType::Unauthorized, reason)
}

fn failed(reason: impl Into<String>) -> GatewayError {
    GatewayError::new(ResponseType::AuthorizerConfigurationError, reason)
}
