//! The Cognito user pool authorizer of REST APIs.
//!
//! Lets through an id token of one of its pools, or on a method with scopes an access token with
//! any of them. Answers 401 to everything else. Asks for `FindKey` and `VerifySignature`.
//! AWS: "Control access to REST APIs using Amazon Cognito user pools as an authorizer".

use alloc::{format, string::String};

use regex_lite::Regex;

use super::bearer::{strip_bearer, verify};
use super::jwt::{claims_description, parse_description, signature_description};
use crate::context::AuthorizerContext;
use crate::effect::KeySource;
use crate::exchange::Io;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::jwt::{Claims, Refusal, Rules, Token};

/// A user pool, from its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserPool {
    region: String,
    pool_id: String,
    issuer: String,
}

impl UserPool {
    /// `arn:aws:cognito-idp:{region}:{account}:userpool/{pool id}`
    pub(crate) fn from_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let [
            Some("arn"),
            Some(_),
            Some("cognito-idp"),
            Some(region),
            Some(_),
            Some(resource),
            None,
        ] = core::array::from_fn(|_| parts.next())
        else {
            return None;
        };
        let pool_id = resource.strip_prefix("userpool/")?;
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        (plain(region) && plain(pool_id)).then(|| Self {
            region: region.into(),
            pool_id: pool_id.into(),
            issuer: format!("https://cognito-idp.{region}.amazonaws.com/{pool_id}"),
        })
    }
}

/// `identity` is the authorizer's field with its value, if the request has one. `validation` is what
/// the token's `aud` must match ("API Gateway will match the `aud` field of the incoming token").
pub(crate) async fn cognito(
    (identity_header, identity): (&str, Option<&str>),
    validation: Option<&Regex>,
    pools: &[UserPool],
    scopes: &[String],
    io: &Io,
) -> Result<AuthorizerContext, GatewayError> {
    let Some(identity) = identity.filter(|value| !value.is_empty()) else {
        return Err(unauthorized(format!("no token in method.request.header.{identity_header}")));
    };
    let token =
        Token::parse(strip_bearer(identity)).map_err(|e| unauthorized(parse_description(e)))?;
    let pool = pools
        .iter()
        .find(|pool| token.claims.text("iss") == Some(&pool.issuer))
        .ok_or_else(|| unauthorized("not a token of these user pools"))?;
    if let Some(validation) = validation
        && !token.claims.audiences().any(|audience| validation.is_match(audience))
    {
        return Err(unauthorized("`aud` does not match identityValidationExpression"));
    }
    let rules = Rules { issuer: &pool.issuer, audience: &[] };
    // What a token says of itself may refuse it before it is verified. That one has expired is told to
    // those alone who were given it.
    let is_over = match token.claims.check(rules, io.now()) {
        Ok(()) => check_use(&token.claims, scopes).map(|()| false)?,
        Err(Refusal::Expired) => true,
        Err(refusal) => return Err(unauthorized(claims_description(refusal))),
    };
    let source = KeySource::UserPool { region: pool.region.clone(), pool_id: pool.pool_id.clone() };
    let verified =
        verify(token, source, io).await.map_err(|e| unauthorized(signature_description(&e)))?;
    match is_over {
        true => Err(unauthorized("expired").with_message("The incoming token has expired")),
        false => Ok(AuthorizerContext::Cognito { claims: verified.claims().to_cognito_context() }),
    }
}

/// Without scopes an id token is asked for, with scopes an access token that has one of them.
fn check_use(claims: &Claims, scopes: &[String]) -> Result<(), GatewayError> {
    let wanted = if scopes.is_empty() { "id" } else { "access" };
    if claims.text("token_use") != Some(wanted) {
        return Err(unauthorized(format!("token_use is not {wanted}")));
    }
    let granted = claims.scopes();
    if !scopes.is_empty() && !scopes.iter().any(|scope| granted.contains(scope)) {
        return Err(unauthorized("no scope of the method's"));
    }
    Ok(())
}

fn unauthorized(reason: impl Into<String>) -> GatewayError {
    GatewayError::new(ResponseType::Unauthorized, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_read_from_its_arn() {
        let pool =
            UserPool::from_arn("arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_Ab1")
                .unwrap();
        assert_eq!(pool.issuer, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1");
        for arn in [
            "",
            "arn:aws:cognito-idp:r:a:userpool/",
            "arn:aws:cognito-idp:r:a:userpool/a/b",
            "arn:aws:s3:r:a:userpool/x",
            "arn:aws:cognito-idp:r.evil/:a:userpool/x",
        ] {
            assert_eq!(UserPool::from_arn(arn), None, "{arn}");
        }
    }
}
