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

/// The `jwks_uri` of the OpenID configuration of a source's issuer.
///
/// # Errors
/// The document is no JSON object, is another issuer's (OpenID Connect Discovery 1.0 §4.3: `issuer` "must
/// be identical"), has no `jwks_uri`, or one that may be read on its way where the issuer's may not.
pub fn jwks_uri(configuration: &[u8], source: &KeySource) -> Result<String, &'static str> {
    let configuration: Json = serde_json::from_slice(configuration)
        .map_err(|_| "the OpenID configuration is not JSON")?;
    let told = |name| configuration.get(name).and_then(Json::as_str);
    let uri = told("jwks_uri").ok_or("the OpenID configuration has no jwks_uri")?;
    if let KeySource::Issuer(issuer) = source {
        // A final slash is no part of the address that was asked.
        let is_own = |told: &str| told.trim_end_matches('/') == issuer.trim_end_matches('/');
        if !told("issuer").is_some_and(is_own) {
            return Err("the OpenID configuration is of another issuer");
        }
        let is_secure =
            |uri: &str| uri.get(..8).is_some_and(|s| s.eq_ignore_ascii_case("https://"));
        if is_secure(issuer) && !is_secure(uri) {
            return Err("the jwks_uri of an https issuer is not https");
        }
    }
    Ok(uri.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_below_its_own_address() {
        let issuer = KeySource::Issuer("https://i/tenant/".into());
        let want = "https://i/tenant/.well-known/openid-configuration";
        assert_eq!(Discovery::of(&issuer, None), Discovery::Configuration(want.into()));
        let document = br#"{"issuer":"https://i/tenant","jwks_uri":"https://k"}"#;
        assert_eq!(jwks_uri(document, &issuer).as_deref(), Ok("https://k"));
    }

    #[test]
    fn a_configuration_of_another_issuer_or_with_open_keys_is_refused() {
        let issuer = KeySource::Issuer("https://i".into());
        for document in [
            r#"{"issuer":"https://evil","jwks_uri":"https://k"}"#,
            r#"{"issuer":"https://i/other","jwks_uri":"https://k"}"#,
            r#"{"issuer":["https://i"],"jwks_uri":"https://k"}"#,
            r#"{"jwks_uri":"https://k"}"#,
            r#"{"issuer":"https://i","jwks_uri":"http://k"}"#,
            r#"{"issuer":"https://i","jwks_uri":"file:///k"}"#,
            r#"{"issuer":"https://i"}"#,
            "{}",
            "<html>",
        ] {
            assert!(jwks_uri(document.as_bytes(), &issuer).is_err(), "{document}");
        }
        let local = KeySource::Issuer("http://localhost:1".into());
        let document = br#"{"issuer":"http://localhost:1","jwks_uri":"http://localhost:1/k"}"#;
        assert!(jwks_uri(document, &local).is_ok(), "an issuer that is not https itself");
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
