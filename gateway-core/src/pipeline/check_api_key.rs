//! Whether the caller has an API key for the method, if the method requires one.
//!
//! Lets through what needs no key, whatever the request brings, and callers whose key is enabled and
//! in a usage plan of this stage. Refuses all others with INVALID_API_KEY. Where the key comes from
//! is the API's choice: HEADER reads `x-api-key`, AUTHORIZER what the Lambda authorizer answered;
//! the other one is never looked at.

use alloc::boxed::Box;

use super::authorize::Authorized;
use super::route::Matched;
use crate::context::{ApiKeyContext, AuthorizerContext, Context, Text};
use crate::definition::ApiKeySource;
use crate::gateway::{Gateway, MethodOf, Usable};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::Request;

/// A request whose key, if it needs one, is known. Nothing but [`check_api_key`] makes one.
#[derive(Debug)]
pub(super) struct Identified<'g> {
    pub(super) matched: Matched<'g>,
    /// The plan that it counts for.
    pub(super) usable: Option<Usable<'g>>,
}

/// Looks the caller's key up; the record takes over what it found.
pub(super) fn check_api_key<'g>(
    authorized: &Authorized<'g>,
    gateway: &'g Gateway,
    request: &'g Request,
    context: &Context<'_>,
) -> Result<(Identified<'g>, Option<Box<ApiKeyContext<'g>>>), GatewayError> {
    let matched = authorized.matched();
    let of = matched.of;
    if !of.method.api_key_required {
        return Ok((Identified { matched, usable: None }, None));
    }
    let forbidden = |reason| GatewayError::new(ResponseType::InvalidApiKey, reason);
    let value = presented(of, request, context);
    let value = value.ok_or_else(|| forbidden("there is no API key"))?;
    let usable = gateway.find_api_key(&value, of).map_err(forbidden)?;
    let api_key = ApiKeyContext { id: usable.key_id.into(), value };
    Ok((Identified { matched, usable: Some(usable) }, Some(Box::new(api_key))))
}

/// The key that the request brings, where the API looks for it.
pub(super) fn presented<'g>(
    of: MethodOf<'_>,
    request: &'g Request,
    context: &Context<'_>,
) -> Option<Text<'g>> {
    match of.at.deployment.api_key_source {
        ApiKeySource::Header => from_header(request),
        ApiKeySource::Authorizer => from_authorizer(context),
    }
}

/// One field alone: of several nobody can tell which is meant.
fn from_header(request: &Request) -> Option<Text<'_>> {
    let mut values = request.fields.all("x-api-key");
    let value = values.next()?;
    values.next().is_none().then(|| value.into())
}

fn from_authorizer<'g>(context: &Context<'_>) -> Option<Text<'g>> {
    let AuthorizerContext::Lambda(lambda) = &context.authorizer else { return None };
    lambda.usage_identifier_key.clone().map(Into::into)
}
