//! What policies beside the caller's own say: the API's resource policy, and that of the private
//! endpoint that the request came by.
//!
//! "How API Gateway resource policies affect authorization workflow". A resource policy alone must
//! allow; beside a Cognito authorizer too; beside a Lambda authorizer or an IAM policy of the same
//! account either suffices, unless one denies (table A); callers of another account need both
//! (table B). An explicit denial comes before a Lambda authorizer is asked.

use alloc::{format, string::String};

use super::super::trace;
use super::method_arn::MethodArn;
use crate::exchange::Io;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::policy::{AccessRequest, Policy, Principal, Verdict};

/// Whose policy refuses, for people.
pub(super) const OF_API: &str = "resource policy";
pub(super) const OF_CALLER: &str = "the caller's own policies";
pub(super) const OF_AUTHORIZER: &str = "the authorizer's policy";
const OF_ENDPOINT: &str = "policy of the private endpoint";

/// What the resource policy says; `None` where the API has none.
pub(super) fn evaluate(
    policy: Option<&Policy>,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
    io: &Io,
) -> Result<Option<Verdict>, GatewayError> {
    let Some(policy) = policy else { return Ok(None) };
    let verdict = arn.evaluate(policy, access);
    trace::resource_policy(verdict, || told(OF_API, verdict, arn), io);
    match verdict {
        Verdict::Denied(_) => Err(not_authorized(OF_API, arn, access, verdict)),
        verdict => Ok(Some(verdict)),
    }
}

/// Where nothing but the resource policy can allow: it must, if there is one.
pub(super) fn must_allow(
    verdict: Option<Verdict>,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
) -> Result<(), GatewayError> {
    match verdict {
        None | Some(Verdict::Allowed(_)) => Ok(()),
        Some(verdict) => Err(not_authorized(OF_API, arn, access, verdict)),
    }
}

/// The policy of the private endpoint: what it does not allow does not pass.
pub(super) fn endpoint_policy(
    policy: Option<&Policy>,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
) -> Result<(), GatewayError> {
    match policy.map(|policy| arn.evaluate(policy, access)) {
        None | Some(Verdict::Allowed(_)) => Ok(()),
        Some(verdict) => Err(not_authorized(OF_ENDPOINT, arn, access, verdict)),
    }
}

/// What a policy says of the method, for people.
pub(super) fn told(whose: &str, verdict: Verdict, arn: &MethodArn) -> String {
    format!("{whose}: {}", verdict.told(&arn.masked()))
}

/// ACCESS_DENIED, in the words that name the caller.
pub(super) fn not_authorized(
    whose: &str,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
    verdict: Verdict,
) -> GatewayError {
    let user = match access.principal {
        Principal::Anonymous => "anonymous",
        Principal::Iam(identity) => &identity.arn,
    };
    let how = match verdict {
        Verdict::Denied(_) => " with an explicit deny",
        Verdict::Allowed(_) | Verdict::Silent => "",
    };
    let (action, resource) = (access.action, arn.masked());
    let message =
        format!("User: {user} is not authorized to perform: {action} on resource: {resource}{how}");
    GatewayError::new(ResponseType::AccessDenied, told(whose, verdict, arn))
        .with_message(message)
        .of_policy()
}
