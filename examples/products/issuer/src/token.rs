//! The claims of a token: as Cognito writes them, or as an OpenID provider does.

use jwt_simple::claims::{Audiences, JWTClaims};
use jwt_simple::prelude::Duration;
use serde_json::{Map, Value, json};

use crate::{
    Failure,
    arguments::{Api, TokenArguments, TokenUse},
};

/// What the routes of the HTTP API ask for.
const SCOPES_DEFAULT: [&str; 2] = ["products/read", "orders/write"];
/// Claims that have a flag of their own; given twice they would stand twice in the token.
const RESERVED: [&str; 8] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce"];

/// The claims of a token that is made at `now` (seconds since 1970).
///
/// # Errors
/// When a claim is set twice, or the expiry lies before 1970 or beyond all reason.
pub(crate) fn claims(
    arguments: &TokenArguments,
    now: u64,
    jwt_id: String,
) -> Result<JWTClaims<Map<String, Value>>, Failure> {
    if let Some((name, _)) =
        arguments.claims.iter().find(|(name, _)| RESERVED.contains(&name.as_str()))
    {
        return Err(format!("--claim {name}=…: this claim is not free (see --help)").into());
    }
    let expires_at = now
        .checked_add_signed(arguments.expires_in)
        .filter(|&at| at <= u64::from(u32::MAX))
        .ok_or("--expires-in is out of range")?;
    let is_access = arguments.api == Api::Rest && arguments.token_use == TokenUse::Access;
    let mut custom = match arguments.api {
        Api::Rest => cognito(arguments, now),
        Api::Http => openid(arguments),
    };
    custom.extend(arguments.claims.iter().cloned());
    Ok(JWTClaims {
        issued_at: Some(Duration::from_secs(now.min(expires_at))),
        expires_at: Some(Duration::from_secs(expires_at)),
        invalid_before: None, // Cognito's tokens have none
        issuer: Some(match arguments.api {
            Api::Rest => pool_issuer(&arguments.pool),
            Api::Http => arguments.issuer.clone(),
        }),
        subject: Some(arguments.sub.clone()),
        // An access token of Cognito names its client in `client_id` and has no audience.
        audiences: (!is_access).then(|| Audiences::AsString(arguments.audience.clone())),
        jwt_id: Some(jwt_id),
        nonce: None,
        custom,
    })
}

/// The issuer of a user pool's tokens.
pub(crate) fn pool_issuer(pool: &str) -> String {
    let region = pool.split_once('_').map_or(pool, |(region, _)| region);
    format!("https://cognito-idp.{region}.amazonaws.com/{pool}")
}

/// See "Understanding user pool JSON web tokens" in the Amazon Cognito developer guide.
fn cognito(arguments: &TokenArguments, now: u64) -> Map<String, Value> {
    let mut claims = Map::new();
    match arguments.token_use {
        TokenUse::Id => {
            claims.insert("token_use".to_owned(), json!("id"));
            claims.insert("cognito:username".to_owned(), json!(arguments.sub));
        }
        TokenUse::Access => {
            claims.insert("token_use".to_owned(), json!("access"));
            claims.insert("client_id".to_owned(), json!(arguments.audience));
            claims.insert("username".to_owned(), json!(arguments.sub));
            claims.insert("version".to_owned(), json!(2));
        }
    }
    claims.insert("auth_time".to_owned(), json!(now));
    if !arguments.scopes.is_empty() {
        claims.insert("scope".to_owned(), json!(arguments.scopes.join(" ")));
    }
    claims
}

fn openid(arguments: &TokenArguments) -> Map<String, Value> {
    let scope = if arguments.scopes.is_empty() {
        SCOPES_DEFAULT.join(" ")
    } else {
        arguments.scopes.join(" ")
    };
    Map::from_iter([("scope".to_owned(), json!(scope))])
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jwt_simple::{algorithms::RSAPublicKeyLike, prelude::*};

    use super::*;
    use crate::arguments::{Arguments, Command};

    const NOW: u64 = 1_795_237_195;

    fn made(line: &str) -> Result<Value, String> {
        let line = ["issuer", "token"].into_iter().chain(line.split(' '));
        match Arguments::try_parse_from(line).map_err(|problem| problem.to_string())?.command {
            Command::Token(arguments) => claims(&arguments, NOW, "1".to_owned())
                .map(|claims| serde_json::to_value(claims).expect("claims are JSON"))
                .map_err(|failure| failure.to_string()),
            Command::Serve(_) => unreachable!("the line says token"),
        }
    }

    #[test]
    fn a_rest_token_is_an_id_token_of_the_user_pool() {
        assert_eq!(
            made("--for rest").expect("made"),
            json!({
                "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Products",
                "sub": "alice", "aud": "products", "token_use": "id", "cognito:username": "alice",
                "auth_time": NOW, "iat": NOW, "exp": NOW + 3600, "jti": "1",
            })
        );
    }

    #[test]
    fn an_access_token_has_a_client_and_scopes_and_no_audience() {
        assert_eq!(
            made(
                "--for rest --token-use access --scope orders/write --pool eu-west-1_Shop --sub bob"
            )
            .expect("made"),
            json!({
                "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop",
                "sub": "bob", "client_id": "products", "token_use": "access", "username": "bob",
                "version": 2, "scope": "orders/write",
                "auth_time": NOW, "iat": NOW, "exp": NOW + 3600, "jti": "1",
            })
        );
    }

    #[test]
    fn an_http_token_has_every_scope_unless_told_which() {
        let token = made("--for http").expect("made");
        assert_eq!(token["iss"], "http://127.0.0.1:9902");
        assert_eq!(token["scope"], "products/read orders/write");
        assert_eq!(
            made("--for http --scope products/read").expect("made")["scope"],
            "products/read"
        );
    }

    #[test]
    fn an_expired_token_can_be_asked_for() {
        let token = made("--for http --expires-in -60").expect("made");
        assert_eq!(
            (token["exp"].as_u64(), token["iat"].as_u64()),
            (Some(NOW - 60), Some(NOW - 60))
        );
        assert!(made("--for http --expires-in -9223372036854775808").is_err());
        assert!(made("--for http --expires-in 9223372036854775807").is_err());
    }

    #[test]
    fn other_claims_are_added_or_replaced_but_the_fixed_ones_stay() {
        let token =
            made("--for rest --claim email=a@example.com --claim token_use=other").expect("made");
        assert_eq!(
            (&token["email"], &token["token_use"]),
            (&json!("a@example.com"), &json!("other"))
        );
        assert!(
            made("--for rest --claim sub=mallory").is_err_and(|text| text.contains("--claim sub"))
        );
    }

    #[test]
    fn a_signed_token_verifies_with_the_public_key() {
        let key = RS256KeyPair::generate(2048).expect("a key").with_key_id("k");
        let Ok(Arguments { command: Command::Token(arguments) }) =
            Arguments::try_parse_from(["issuer", "token", "--for", "rest"])
        else {
            panic!("the line says token")
        };
        let token =
            key.sign(claims(&arguments, NOW, "1".to_owned()).expect("made")).expect("signed");
        let options = VerificationOptions {
            artificial_time: Some(Duration::from_secs(NOW + 1)),
            required_key_id: Some("k".to_owned()),
            ..Default::default()
        };
        let verified = key
            .public_key()
            .verify_token::<Map<String, Value>>(&token, Some(options))
            .expect("verified");
        assert_eq!(verified.subject.as_deref(), Some("alice"));
    }
}
