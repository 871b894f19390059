//! What policies beside the caller's own say: the API's resource policy, and that of the private
//! endpoint that the request came by.
//!
//! "How API Gateway resource policies affect authorization workflow". A resource policy alone must
//! allow; beside a Cognito authorizer too; beside a Lambda authorizer or an IAM policy of the same
//! account either suffices, unless one denies (table A); callers of another account need both
//! (table B). An explicit denial comes before a Lambda authorizer is asked.

use alloc::format;

use super::method_arn::MethodArn;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::policy::{AccessRequest, Policy, Principal, Verdict};

/// What the resource policy says; `None` where the API has none.
pub(super) fn evaluate(
    policy: Option<&Policy>,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
) -> Result<Option<Verdict>, GatewayError> {
    let verdict = policy.map(|policy| arn.evaluate(policy, access));
    match verdict {
        Some(verdict @ Verdict::Denied(_)) => Err(not_authorized(arn, access, verdict)),
        verdict => Ok(verdict),
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
        Some(verdict) => Err(not_authorized(arn, access, verdict)),
    }
}

/// The policy of the private endpoint: what it does not allow does not pass.
pub(super) fn endpoint_policy(
    policy: Option<&Policy>,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
) -> Result<(), GatewayError> {
    must_allow(policy.map(|policy| arn.evaluate(policy, access)), arn, access)
}

/// ACCESS_DENIED, in the words that name the caller.
pub(super) fn not_authorized(
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
    let reason = format!("resource policy: {}", verdict.told(&resource));
    GatewayError::new(ResponseType::AccessDenied, reason).with_message(message).of_policy()
}
