//! Whether the caller may call the method: dispatches to the authorizers, a file each.
//!
//! Lets through methods without authorizer, and callers whom the authorizer lets through. Refuses
//! with what the authorizer says, and with AUTHORIZER_CONFIGURATION_ERROR where there is nothing
//! to ask: in doubt the method stays closed. Resource policies and the policies of private endpoints
//! are combined with each kind of authorizer as AWS documents it.

mod bearer;
mod cognito;
mod iam;
mod invalidation;
mod jwt;
mod lambda;
mod method_arn;
mod resource_policy;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::pin::pin;

pub(crate) use cognito::UserPool;
use invalidation::{Policies, invalidation, refusal};
use lambda::Asked;
use method_arn::MethodArn;
use resource_policy::{OF_AUTHORIZER, endpoint_policy, must_allow};

use super::cache::needs_permission;
use super::route::Matched;
use super::trace;
use crate::apart::Apart;
use crate::context::{AuthorizerContext, Context};
use crate::definition::{Authorization, Protocol};
use crate::effect::AuthorizerUse;
use crate::exchange::Io;
use crate::gateway::{AuthorizerPlan, IdentitySource, MethodOf};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::lambda::Access;
use crate::limits::METHOD_ARN_BYTES_MAX;
use crate::message::{Request, Scheme, Timestamp};
use crate::policy::{AccessRequest, Principal, Verdict};
use crate::target;

/// A method that its caller may call. Nothing but [`authorize`] makes one.
#[derive(Debug)]
pub(super) struct Authorized<'g> {
    matched: Matched<'g>,
    may_not_invalidate: MayNotInvalidate,
}

/// Why a caller who asked to have the cached response replaced may not; `None` for all others.
pub(super) type MayNotInvalidate = Option<Box<GatewayError>>;

impl<'g> Authorized<'g> {
    pub(super) fn of(&self) -> MethodOf<'g> {
        self.matched.of
    }

    pub(super) fn matched(&self) -> Matched<'g> {
        self.matched
    }

    pub(super) fn into_may_not_invalidate(self) -> MayNotInvalidate {
        self.may_not_invalidate
    }
}

/// Who was found to call, and whether they may. Also a refused caller may be known by name.
#[derive(Debug)]
pub(super) struct Decided<'g> {
    pub(super) identity: AuthorizerContext,
    /// `None` where nobody had to be asked.
    pub(super) cost: Option<AuthorizerUse>,
    pub(super) answer: Result<Authorized<'g>, GatewayError>,
}

/// Asks the method's authorizer.
pub(super) async fn authorize<'g>(
    matched: Matched<'g>,
    request: &Request,
    context: &Context<'_>,
    io: &Io,
) -> Decided<'g> {
    let mut identity = AuthorizerContext::None;
    let begun = io.now();
    trace::authorizer(matched.of, io);
    let answer = match is_open(matched.of, request, context) {
        true => Ok(None),
        false => Apart(pin!(decide(matched.of, request, context, &mut identity, io))).await,
    };
    if answer.is_ok() {
        trace::rule(&matched.of.method.source, io, || "the caller may call the method".into());
    }
    let of = matched.of;
    let cost = cost(of, &identity, begun, io.now());
    Decided {
        identity,
        cost,
        answer: answer.map(|may_not_invalidate| Authorized { matched, may_not_invalidate }),
    }
}

fn cost(
    of: MethodOf<'_>,
    identity: &AuthorizerContext,
    begun: Timestamp,
    now: Timestamp,
) -> Option<AuthorizerUse> {
    let is_remembered = match &of.method.authorization {
        Authorization::None => return None,
        Authorization::Authorizer { authorizer, .. } => {
            match (of.authorizer(*authorizer), identity) {
                (Some(AuthorizerPlan::Lambda(plan)), AuthorizerContext::Lambda(found)) => {
                    (plan.result_ttl_ms > 0).then_some(found.call.is_none())
                }
                _ => None,
            }
        }
        _ => None,
    };
    let latency_ms = u32::try_from(now.0.saturating_sub(begun.0)).unwrap_or(u32::MAX);
    Some(AuthorizerUse { latency_ms, is_remembered })
}

/// Whether there is nothing to decide: no authorizer, no policy, and nobody who asks to have a cached response replaced and
/// needs a permission for it. [`decide`] would answer the same.
fn is_open(of: MethodOf<'_>, request: &Request, context: &Context<'_>) -> bool {
    of.method.authorization == Authorization::None
        && of.policy().is_none()
        && of.endpoint_policy(context).is_none()
        && !needs_permission(of, request, context)
}

async fn decide(
    of: MethodOf<'_>,
    request: &Request,
    context: &Context<'_>,
    identity: &mut AuthorizerContext,
    io: &Io,
) -> Result<MayNotInvalidate, GatewayError> {
    let (policy, endpoint) = (of.policy(), of.endpoint_policy(context));
    let policies = Policies { resource: policy, endpoint };
    let invalidates = needs_permission(of, request, context);
    let arn = MethodArn::new(of, context);
    let access = access_request(request, context, io.now());
    // What a caller may whom IAM does not know, and who has no policy of their own.
    let mut may_not_invalidate = match invalidates {
        true => refusal(Verdict::Silent, policies, &arn, &invalidation(&access), io),
        false => None,
    };
    if of.method.authorization == Authorization::None {
        endpoint_policy(endpoint, &arn, &access)?;
        let resource = resource_policy::evaluate(policy, &arn, &access, io)?;
        must_allow(resource, &arn, &access)?;
        return Ok(may_not_invalidate);
    }
    if arn.as_str().len() > METHOD_ARN_BYTES_MAX {
        return Err(uri_too_long());
    }
    let Authorization::Authorizer { authorizer, scopes } = &of.method.authorization else {
        // What few requests need takes no room in the exchanges of all others.
        return Apart(Box::pin(by_iam(of, request, context, &arn, access, identity, io))).await;
    };
    endpoint_policy(endpoint, &arn, &access)?;
    match of.authorizer(*authorizer) {
        Some(AuthorizerPlan::Jwt { identity_sources, configuration }) => {
            let token = identity_sources.iter().find_map(|s| find_token(s, request, context));
            *identity =
                jwt::jwt((identity_sources, token.as_deref()), configuration, scopes, io).await?;
            // An HTTP API has no resource policy.
        }
        Some(AuthorizerPlan::Cognito { identity_header, validation }) => {
            let token = only(request.fields.all(identity_header));
            let pools = of.user_pools(*authorizer);
            *identity =
                cognito::cognito((identity_header, token), validation.as_ref(), pools, scopes, io)
                    .await?;
            let resource = resource_policy::evaluate(policy, &arn, &access, io)?;
            must_allow(resource, &arn, &access)?;
        }
        Some(AuthorizerPlan::Lambda(plan)) => {
            let resource = resource_policy::evaluate(policy, &arn, &access, io)?;
            let asked =
                lambda::lambda((*authorizer, plan), of, request, context, &arn, identity, io);
            let asked = Apart(Box::pin(asked)).await;
            let asked = asked.inspect_err(|error| lambda::report(of, *authorizer, error, io))?;
            let access = AccessRequest { now: io.now(), ..access };
            if invalidates {
                let access = invalidation(&access);
                let own = granted(&asked, &arn, &access);
                may_not_invalidate = refusal(own, policies, &arn, &access, io);
            }
            let granted = granted(&asked, &arn, &access);
            if let Access::Policy(_) = asked.grant.access {
                let told = || resource_policy::told(OF_AUTHORIZER, granted, &arn);
                trace::policy(told, io);
            }
            let refused = match (granted, resource) {
                (Verdict::Denied(_), _) => true,
                (Verdict::Allowed(_), _) | (_, Some(Verdict::Allowed(_))) => false,
                _ => true,
            };
            let refusal = refused.then(|| denied(of.at.api.protocol, &asked, granted, &arn));
            *identity = AuthorizerContext::Lambda(asked.into_context());
            refusal.map_or(Ok(()), Err)?;
        }
        Some(AuthorizerPlan::Invalid) | None => {
            let reason = "the method's authorizer does not exist";
            return Err(GatewayError::new(ResponseType::AuthorizerConfigurationError, reason));
        }
    }
    Ok(may_not_invalidate)
}

/// IAM knows the caller: all policies are asked about the same principal.
async fn by_iam(
    of: MethodOf<'_>,
    request: &Request,
    context: &Context<'_>,
    arn: &MethodArn,
    access: AccessRequest<'_>,
    identity: &mut AuthorizerContext,
    io: &Io,
) -> Result<MayNotInvalidate, GatewayError> {
    let (snapshot, protocol) = (of.at.snapshot(), of.at.api.protocol);
    let told = |error| iam::told(error, protocol);
    let signed = iam::authenticate(snapshot, request, context, io).await.map_err(told)?;
    *identity = AuthorizerContext::Iam(signed.to_context());
    let access = AccessRequest { principal: signed.principal(), now: io.now(), ..access };
    let endpoint = snapshot.private_endpoint(access.vpc_endpoint);
    let endpoint = endpoint.and_then(|e| e.policy.as_ref());
    endpoint_policy(endpoint, arn, &access)?;
    let resource = resource_policy::evaluate(of.policy(), arn, &access, io)?;
    iam::authorize(&signed, resource, &snapshot.account_id, arn, &access, io).map_err(told)?;
    if !needs_permission(of, request, context) {
        return Ok(None);
    }
    let access = invalidation(&access);
    let own = iam::own_verdict(&signed, &snapshot.account_id, arn, &access);
    // A caller of another account is refused whatever the API's own policy says.
    let is_known_here = signed.is_of_account(&snapshot.account_id);
    let resource = of.policy().filter(|_| is_known_here);
    Ok(refusal(own, Policies { resource, endpoint }, arn, &access, io))
}

/// What a Lambda authorizer says of this method.
fn granted(asked: &Asked, arn: &MethodArn, access: &AccessRequest<'_>) -> Verdict {
    match &asked.grant.access {
        Access::Simple(true) => Verdict::Allowed(0),
        Access::Simple(false) => Verdict::Silent,
        Access::Policy(policy) => arn.evaluate(policy, access),
    }
}

/// The answer of a REST API tells an explicit denial from none.
fn denied(protocol: Protocol, asked: &Asked, verdict: Verdict, arn: &MethodArn) -> GatewayError {
    let reason = match asked.grant.access {
        Access::Simple(_) => "the authorizer answered `isAuthorized`: false".into(),
        Access::Policy(_) => resource_policy::told(OF_AUTHORIZER, verdict, arn),
    };
    let error = GatewayError::new(ResponseType::AccessDenied, reason);
    match (protocol, verdict) {
        (Protocol::Rest, Verdict::Denied(_)) => error.of_policy().with_message(
            "User is not authorized to access this resource with an explicit deny in an identity-based policy",
        ),
        _ => error.of_policy(),
    }
}

/// What policies are asked about a caller whom IAM does not know.
fn access_request<'a>(
    request: &'a Request,
    context: &'a Context<'a>,
    now: Timestamp,
) -> AccessRequest<'a> {
    AccessRequest {
        action: "execute-api:Invoke",
        resource: "",
        principal: Principal::Anonymous,
        now,
        source_ip: &context.source_ip,
        is_secure: context.scheme == Scheme::Https,
        user_agent: context.user_agent.as_deref(),
        referer: request.fields.get("referer"),
        vpc: context.vpc_id(),
        vpc_endpoint: context.vpc_endpoint_id(),
    }
}

/// "The Amazon Resource Name (ARN) of a method with authorization" has a quota.
fn uri_too_long() -> GatewayError {
    GatewayError::new(ResponseType::RequestTooLarge, "the method's ARN has more than 1600 bytes")
        .with_status(414)
        .with_message("Request URI too long")
}

/// The first of a JWT authorizer's sources that is there.
fn find_token<'a>(
    source: &IdentitySource,
    request: &'a Request,
    context: &'a Context<'a>,
) -> Option<Cow<'a, str>> {
    match source {
        IdentitySource::Header(name) => only(request.fields.all(name)).map(Cow::Borrowed),
        IdentitySource::Query(name) => only(
            target::query_parameters(&context.raw_query)
                .filter(|(n, _)| n == name)
                .map(|(_, value)| value),
        ),
        // A JWT authorizer has no others: `AuthorizerPlan::compile` sees to it.
        IdentitySource::StageVariable(_) | IdentitySource::Context(_) => None,
    }
}

/// What stands alone. Of several tokens the one that is verified need not be the one that is read behind
/// the gateway.
pub(super) fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let one = all.next()?;
    all.next().is_none().then_some(one)
}
