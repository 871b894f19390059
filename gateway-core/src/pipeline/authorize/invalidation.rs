//! Whether a caller who asks for it may have a cached response replaced: `execute-api:InvalidateCache`.
//!
//! "Invalidate an API Gateway cache entry": the permission is a policy's to give, by the caller's own
//! or by the API's, and nobody has it who was merely not denied it. Callers of another account never do
//! ("Cross-account cache invalidation is not supported").

use alloc::boxed::Box;

use super::method_arn::MethodArn;
use super::resource_policy::{self, OF_CALLER, endpoint_policy, not_authorized};
use crate::exchange::Io;
use crate::gateway_error::GatewayError;
use crate::policy::{AccessRequest, Policy, Verdict};

/// The policies of an API and of the private endpoint that a request came by.
#[derive(Clone, Copy)]
pub(super) struct Policies<'p> {
    pub(super) resource: Option<&'p Policy>,
    pub(super) endpoint: Option<&'p Policy>,
}

/// What is asked of policies about a request that they let through already.
pub(super) fn invalidation<'a>(access: &AccessRequest<'a>) -> AccessRequest<'a> {
    AccessRequest { action: "execute-api:InvalidateCache", ..*access }
}

/// Why the caller may not, given what policies of the caller's own say.
pub(super) fn refusal(
    own: Verdict,
    policies: Policies<'_>,
    arn: &MethodArn,
    access: &AccessRequest<'_>,
    io: &Io,
) -> Option<Box<GatewayError>> {
    let decide = || {
        endpoint_policy(policies.endpoint, arn, access)?;
        match (own, resource_policy::evaluate(policies.resource, arn, access, io)?) {
            (Verdict::Denied(_), _) => {}
            (Verdict::Allowed(_), _) | (_, Some(Verdict::Allowed(_))) => return Ok(()),
            _ => {}
        }
        Err(not_authorized(OF_CALLER, arn, access, own))
    };
    decide().err().map(Box::new)
}
