//! Where an issuer's keys are, for hosts to fetch.

use alloc::{format, string::String};

use super::json::Json;
use crate::effect::KeySource;

/// Where the search for a source's keys starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// Fetch this OpenID configuration, then what [`jwks_uri`] reads from it.
    Configuration(String),
    /// Fetch this JWKS.
    Jwks(String),
}

impl Discovery {
    /// `cognito_endpoint` (`endpoints.cognito-idp`) stands in for AWS's own address of user pools.
    pub fn of(source: &KeySource, cognito_endpoint: Option<&str>) -> Self {
        match source {
            // OpenID Connect Discovery 1.0 §4.
            KeySource::Issuer(issuer) => Self::Configuration(format!(
                "{}/.well-known/openid-configuration",
                issuer.trim_end_matches('/')
            )),
            KeySource::UserPool { region, pool_id } => Self::Jwks(match cognito_endpoint {
                Some(endpoint) => {
                    format!("{}/{pool_id}/.well-known/jwks.json", endpoint.trim_end_matches('/'))
                }
                None => format!(
                    "https://cognito-idp.{region}.amazonaws.com/{pool_id}/.well-known/jwks.json"
                ),
            }),
        }
    }
}

/// The `jwks_uri` of an OpenID configuration.
///
/// # Errors
/// The document is no JSON object, or has no `jwks_uri`.
pub fn jwks_uri(configuration: &[u8]) -> Result<String, &'static str> {
    let configuration: Json = serde_json::from_slice(configuration)
        .map_err(|_| "the OpenID configuration is not JSON")?;
    let uri = configuration.get("jwks_uri").and_then(Json::as_str);
    uri.map(Into::into).ok_or("the OpenID configuration has no jwks_uri")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_below_its_own_address() {
        let issuer = KeySource::Issuer("https://i/tenant/".into());
        let want = "https://i/tenant/.well-known/openid-configuration";
        assert_eq!(Discovery::of(&issuer, None), Discovery::Configuration(want.into()));
        assert_eq!(jwks_uri(br#"{"jwks_uri":"https://k"}"#).as_deref(), Ok("https://k"));
        assert!(jwks_uri(b"{}").is_err() && jwks_uri(b"<html>").is_err());
    }

    #[test]
    fn a_user_pool_is_asked_at_aws_or_at_the_configured_endpoint() {
        let pool = KeySource::UserPool { region: "r".into(), pool_id: "p".into() };
        let aws = "https://cognito-idp.r.amazonaws.com/p/.well-known/jwks.json";
        assert_eq!(Discovery::of(&pool, None), Discovery::Jwks(aws.into()));
        let local = "http://local/p/.well-known/jwks.json";
        assert_eq!(Discovery::of(&pool, Some("http://local/")), Discovery::Jwks(local.into()));
    }
}
