//! Whether the caller may call the method: dispatches to the authorizers, a file each.
//!
//! Lets through methods without authorizer, and callers whom the authorizer lets through. Refuses
//! with what the authorizer says, and with AUTHORIZER_CONFIGURATION_ERROR where there is nothing
//! to ask: in doubt the method stays closed.

mod bearer;
mod cognito;
mod jwt;

use alloc::borrow::Cow;

pub(crate) use cognito::UserPool;

use super::route::Matched;
use crate::context::{AuthorizerContext, Context};
use crate::definition::Authorization;
use crate::exchange::Io;
use crate::gateway::{AuthorizerPlan, IdentitySource};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::Request;
use crate::target;

/// A caller who may call a method.
#[derive(Debug)]
pub(super) struct Authorized<'g> {
    pub(super) matched: Matched<'g>,
    pub(super) identity: AuthorizerContext,
}

/// Asks the method's authorizer.
pub(super) async fn authorize<'g>(
    matched: Matched<'g>,
    request: &Request,
    context: &Context,
    io: &Io,
) -> Result<Authorized<'g>, GatewayError> {
    if matched.of.method.api_key_required {
        // No API keys are known yet, so none is right.
        return Err(GatewayError::new(ResponseType::InvalidApiKey, "no API key is known"));
    }
    let Authorization::Authorizer { authorizer, scopes } = &matched.of.method.authorization else {
        return Ok(Authorized { matched, identity: AuthorizerContext::None });
    };
    let identity = match matched.of.authorizer(*authorizer) {
        Some(AuthorizerPlan::Jwt { identity_sources, configuration }) => {
            let identity = identity_sources.iter().find_map(|s| find_identity(s, request, context));
            jwt::jwt(identity.as_deref(), configuration, scopes, io).await?
        }
        Some(AuthorizerPlan::Cognito { identity_header, validation, pools }) => {
            let identity = request.fields.get(identity_header);
            cognito::cognito(identity, validation.as_ref(), pools, scopes, io).await?
        }
        Some(AuthorizerPlan::Invalid) | None => {
            let reason = "the method's authorizer does not exist";
            return Err(GatewayError::new(ResponseType::AuthorizerConfigurationError, reason));
        }
    };
    Ok(Authorized { matched, identity })
}

fn find_identity<'a>(
    source: &IdentitySource,
    request: &'a Request,
    context: &'a Context,
) -> Option<Cow<'a, str>> {
    match source {
        IdentitySource::Header(name) => request.fields.get(name).map(Cow::Borrowed),
        IdentitySource::Query(name) => target::query_parameters(&context.raw_query)
            .find(|(n, _)| n == name)
            .map(|(_, value)| value),
    }
}
