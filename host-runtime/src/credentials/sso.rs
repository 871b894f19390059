//! The keys of a role for somebody who has signed in with `aws sso login`.
//!
//! AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider"; IAM Identity Center
//! Portal API Reference, "GetRoleCredentials". The token is the one that the AWS CLI keeps; it is not
//! renewed here.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use http::{HeaderValue, Request};
use serde::Deserialize;

use super::document::read_time;
use super::{Keys, ask_for_200};
use crate::body::Body;
use crate::perform::http::HttpClient;
use crate::sigv4::encode;

/// Who signed in where, and the role that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Sso {
    /// The session's name, or the start URL of a profile without one: tokens are kept by it.
    pub(super) session: String,
    pub(super) account_id: String,
    pub(super) role_name: String,
    /// `https://portal.sso.REGION.amazonaws.com`
    pub(super) endpoint: String,
    /// `~/.aws/sso/cache`
    pub(super) cache: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    access_token: String,
    expires_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    role_credentials: RoleCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    /// Milliseconds since 1970.
    expiration: u64,
}

impl Sso {
    /// # Errors
    /// The reason, without a word of the token or of the answer.
    pub(super) async fn keys(&self, client: &HttpClient) -> Result<Keys, String> {
        let mut token = HeaderValue::try_from(self.token()?)
            .map_err(|_| "the token of `aws sso login` is no field value".to_owned())?;
        token.set_sensitive(true);
        let (account_id, role_name) = (encode(&self.account_id), encode(&self.role_name));
        let query = format!("role_name={role_name}&account_id={account_id}");
        let url = format!("{}/federation/credentials?{query}", self.endpoint);
        let request = Request::get(&url)
            .header("x-amz-sso_bearer_token", token)
            .body(Body::Empty)
            .map_err(|error| format!("{url}: {error}"))?;
        let answer = ask_for_200(client, request).await?;
        let answer: Answer = serde_json::from_slice(&answer)
            .map_err(|error| format!("{url}: no credentials: line {}", error.line()))?;
        let keys = answer.role_credentials;
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_millis(keys.expiration);
        let (id, secret) = (keys.access_key_id, keys.secret_access_key);
        Ok(Keys::new(id, secret, Some(keys.session_token), Some(expiry), "SSO"))
    }

    fn token(&self) -> Result<String, String> {
        let name = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, self.session.as_bytes());
        let name: String = name.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let file = self.cache.join(name).with_extension("json");
        let sign_in = |reason: &str| {
            format!("no token for `{}` ({reason}): run `aws sso login`", self.session)
        };
        let text = std::fs::read(&file).map_err(|error| sign_in(&error.to_string()))?;
        let token: Token =
            serde_json::from_slice(&text).map_err(|_| sign_in("the file is not one"))?;
        // Older clients write `UTC`.
        let expires_at = read_time(&token.expires_at.replace("UTC", "Z"));
        match expires_at.is_some_and(|at| SystemTime::now() < at) {
            true => Ok(token.access_token),
            false => Err(sign_in("it has expired")),
        }
    }
}
