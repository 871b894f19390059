//! Roles, assumed with other credentials: those that integrations name with the host's own, those of
//! profiles with their source's.
//!
//! AWS Security Token Service API Reference, "AssumeRole".

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{Request, header};
use tokio::sync::Mutex as AsyncMutex;

use super::web_identity::read_answer;
use super::{Credentials, EXPIRY_MARGIN, Keys, ask, is_aws};
use crate::body::Body;
use crate::perform::http::HttpClient;
use crate::sigv4::{self, Scope};

/// A role that could not be assumed is not asked for again for so long.
const REFUSED_KEPT: Duration = Duration::from_secs(5);
/// How much of what STS said is told.
const SAID_BYTES_MAX: usize = 512;

/// A role, and what it is assumed with.
#[derive(Debug, Clone)]
pub(super) struct AssumeRole {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) external_id: Option<String>,
    pub(super) duration_s: Option<String>,
}

/// The keys of roles, until they expire.
#[derive(Debug)]
pub(super) struct Roles {
    endpoint: String,
    region: String,
    /// As many as the definitions name.
    by_arn: Mutex<HashMap<String, Arc<AsyncMutex<Option<Assumed>>>>>,
}

#[derive(Debug)]
struct Assumed {
    keys: Result<Keys, String>,
    until: SystemTime,
}

impl Roles {
    pub(super) fn new(endpoint: String, region: &str) -> Self {
        Self { endpoint, region: region.into(), by_arn: Mutex::default() }
    }

    /// The keys of a role. One request assumes it, the others wait.
    ///
    /// # Errors
    /// The reason why there are none.
    pub(super) async fn keys(
        &self,
        arn: &str,
        own: &Credentials,
        client: &HttpClient,
    ) -> Result<Keys, String> {
        let role = {
            let mut by_arn = self.by_arn.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(by_arn.entry(arn.into()).or_default())
        };
        let mut assumed = role.lock().await;
        let now = SystemTime::now();
        if let Some(assumed) = assumed.as_ref().filter(|assumed| now < assumed.until) {
            return assumed.keys.clone();
        }
        // Boxed: to sign this request keys are needed as well, the host's own.
        let keys = Box::pin(self.assume(arn, own, client)).await;
        if let Err(reason) = &keys {
            tracing::error!(role = arn, reason, "the role of an integration cannot be assumed");
        }
        let until = match keys.as_ref().ok().and_then(Keys::expiry) {
            Some(expiry) => (expiry - EXPIRY_MARGIN).max(now + REFUSED_KEPT).min(expiry),
            None => now + REFUSED_KEPT,
        };
        *assumed = Some(Assumed { keys: keys.clone(), until });
        keys
    }

    async fn assume(
        &self,
        arn: &str,
        own: &Credentials,
        client: &HttpClient,
    ) -> Result<Keys, String> {
        let endpoint =
            self.endpoint.parse().map_err(|error| format!("{}: {error}", self.endpoint))?;
        let keys = match is_aws(&endpoint) {
            true => own.find(client).await?,
            false => {
                own.find_nearby(client).await?.ok_or("no AWS credentials to assume a role with")?
            }
        };
        let role = AssumeRole {
            role_arn: arn.into(),
            session_name: "edgeway".into(),
            external_id: None,
            duration_s: None,
        };
        role.keys(&self.endpoint, &self.region, &keys, client).await
    }
}

impl AssumeRole {
    /// The role's keys, by those of somebody who may assume it.
    ///
    /// # Errors
    /// The reason why there are none.
    pub(super) async fn keys(
        &self,
        endpoint: &str,
        region: &str,
        keys: &Keys,
        client: &HttpClient,
    ) -> Result<Keys, String> {
        let mut form = String::from("Action=AssumeRole&Version=2011-06-15");
        for (name, value) in [
            ("RoleSessionName", Some(&self.session_name)),
            ("RoleArn", Some(&self.role_arn)),
            ("ExternalId", self.external_id.as_ref()),
            ("DurationSeconds", self.duration_s.as_ref()),
        ] {
            if let Some(value) = value {
                form.push_str(&format!("&{name}={}", sigv4::encode(value)));
            }
        }
        let mut request = Request::post(format!("{endpoint}/"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes())
            .map_err(|error| format!("{endpoint}: {error}"))?;
        let scope = Scope { service: "sts", region };
        sigv4::sign(&mut request, keys, scope, SystemTime::now())
            .map_err(|error| format!("{error}"))?;
        let answer = ask(client, request.map(Body::from)).await;
        let (status, content) = answer.map_err(|error| format!("{}: {error}", endpoint))?;
        let said = String::from_utf8_lossy(&content);
        if !status.is_success() {
            let said: String = said.chars().take(SAID_BYTES_MAX).collect();
            return Err(format!("{} answered {status}: {said}", endpoint));
        }
        read_answer(&said).ok_or_else(|| format!("{} answered without credentials", endpoint))
    }
}
