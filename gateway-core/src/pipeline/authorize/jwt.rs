//! The JWT authorizer of HTTP APIs.
//!
//! Lets through a token that its issuer signed, for this audience, at this time, with any of the
//! route's scopes. Answers 401 with a challenge (RFC 6750 §3) to every other token and 403 to one
//! without a scope. Asks for `FindKey` and `VerifySignature`; when the issuer cannot be reached
//! the request is refused.
//! AWS: "Control access to HTTP APIs with JWT authorizers".

use alloc::{format, string::String, vec::Vec};

use super::bearer::{Unverified, strip_bearer, verify};
use crate::context::AuthorizerContext;
use crate::definition::{JwtConfiguration, Protocol};
use crate::effect::KeySource;
use crate::exchange::Io;
use crate::gateway::IdentitySource;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::jwt::{Refusal, Rules, Token, TokenError};

/// `identity` is the value of the first of these identity sources that the request has.
pub(crate) async fn jwt(
    (sources, identity): (&[IdentitySource], Option<&str>),
    configuration: &JwtConfiguration,
    scopes: &[String],
    io: &Io,
) -> Result<AuthorizerContext, GatewayError> {
    let Some(identity) = identity.filter(|value| !value.is_empty()) else {
        let names: Vec<_> = sources.iter().map(|source| source.name(Protocol::Http)).collect();
        let reason = format!("no token in {}", names.join(" or "));
        return Err(GatewayError::new(ResponseType::Unauthorized, reason).with_challenge("Bearer"));
    };
    let refuse = |description: &str| invalid_token(scopes, description);
    let token = Token::parse(strip_bearer(identity)).map_err(|e| refuse(parse_description(e)))?;
    // Unverified claims decide nothing but which refusal comes first: a token that would be
    // refused anyway costs no signature check.
    let rules = Rules { issuer: &configuration.issuer, audience: &configuration.audience };
    token.claims.check(rules, io.now()).map_err(|e| refuse(claims_description(e)))?;
    let source = KeySource::Issuer(configuration.issuer.clone());
    let verified =
        verify(token, source, io).await.map_err(|e| refuse(signature_description(&e)))?;
    let granted = verified.claims().scopes();
    if !scopes.is_empty() && !scopes.iter().any(|scope| granted.contains(scope)) {
        return Err(GatewayError::new(ResponseType::AccessDenied, "no scope of the route's")
            .with_message("Forbidden"));
    }
    let scopes = (!scopes.is_empty()).then_some(granted);
    Ok(AuthorizerContext::Jwt { claims: verified.claims().to_http_context(), scopes })
}

fn invalid_token(scopes: &[String], description: &str) -> GatewayError {
    let challenge = format!(
        "Bearer scope=\"{}\" error=\"invalid_token\" error_description=\"{description}\"",
        scopes.join(" ")
    );
    GatewayError::new(ResponseType::Unauthorized, description).with_challenge(challenge)
}

// AWS publishes the text of the audience alone; the others are ours, in its manner.

pub(super) fn parse_description(error: TokenError) -> &'static str {
    match error {
        TokenError::TooLong => "the token is too long",
        TokenError::Segments => "the token does not have three parts",
        TokenError::Base64 | TokenError::Json => "the token cannot be decoded",
        TokenError::Header => "the token does not have a valid header",
        TokenError::Critical => "the token has a critical extension that is not supported",
    }
}

pub(super) fn claims_description(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Issuer => "the token does not have a valid issuer",
        Refusal::Audience => "the token does not have a valid audience",
        Refusal::Expired => "the token has expired",
        Refusal::NotYet => "the token is not yet valid",
        Refusal::IssuedLater => "the token was issued in the future",
        Refusal::Time => "the token does not have valid times",
    }
}

pub(super) fn signature_description(unverified: &Unverified) -> &'static str {
    match unverified {
        Unverified::NoKid | Unverified::UnknownKid => "the token does not have a known key id",
        Unverified::Algorithm => "the token does not have a valid signing algorithm",
        Unverified::Signature => "the token does not have a valid signature",
        Unverified::Host(_) => "the issuer's keys cannot be fetched",
    }
}
