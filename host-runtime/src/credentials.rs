//! The standard chain of credentials, for the requests that are signed.
//!
//! AWS SDKs and Tools Reference Guide, "Standardized credential providers": environment, shared
//! files, web identity, container, instance. `aws-config` knows more of them, for two hundred crates
//! more; what it alone knows (MFA, signing in) is refused with that reason.

mod document;
mod metadata;
mod process;
mod profile;
mod role;
mod sso;
mod web_identity;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use edge_common::lambda;
use gateway_core::effect::{CALLER, EffectError};
use http::{Request, StatusCode, Uri};
use tokio::sync::Mutex;

use self::metadata::{Container, Instance};
use self::profile::Profiles;
use self::role::Roles;
use self::web_identity::WebIdentity;
use crate::body::Body;
use crate::perform::access_keys::AccessKeys;
use crate::perform::http::{HttpClient, body_error};

pub(crate) use aws_credential_types::Credentials as Keys;

/// Keys that expire are replaced this long before.
const EXPIRY_MARGIN: Duration = Duration::from_secs(5 * 60);
/// Keys without an expiry come from a file, which somebody may edit.
const KEPT: Duration = Duration::from_secs(60);
/// A chain that found nothing is not searched again for so long: every request would wait for it.
const FOUND_NOTHING_KEPT: Duration = Duration::from_secs(10);
/// For one answer of a service that gives keys out.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Whose requests these are, looked up when the first one is to be signed.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    nearby: Chain,
    whole: Chain,
    /// Set where the roles of integrations are assumed.
    roles: Option<Roles>,
    /// Of those who sign requests, for what is called with the caller's own.
    callers: AccessKeys,
}

impl Credentials {
    /// The chain that the environment describes. `region` is where web identities are exchanged.
    pub(crate) fn from_environment(
        region: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let nearby: Vec<Source> = [
            environment(&set).map(Source::Environment),
            Profiles::from_environment(&set, region).map(Box::new).map(Source::Profiles),
            WebIdentity::from_environment(&set, region).map(Source::WebIdentity),
            Container::from_environment(&set).map(Source::Container),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut whole = nearby.clone();
        whole.extend(Instance::from_environment(&set).map(Source::Instance));
        Self { nearby: Chain::of(nearby), whole: Chain::of(whole), ..Self::default() }
    }

    /// With these credentials the roles of integrations are assumed at this endpoint of STS.
    pub(crate) fn assuming_roles(self, endpoint: String, region: &str) -> Self {
        Self { roles: Some(Roles::new(endpoint, region)), ..self }
    }

    /// With the keys of those who sign requests.
    pub(crate) fn with_callers(self, callers: AccessKeys) -> Self {
        Self { callers, ..self }
    }

    /// The keys to sign a request to an endpoint with; `None` where another's endpoint than AWS's
    /// is asked and there are none nearby: it may want no signature at all.
    ///
    /// # Errors
    /// When there should be keys and are none. A role that cannot be assumed is never replaced by
    /// the host's own keys.
    pub(crate) async fn for_endpoint(
        &self,
        endpoint: &Uri,
        role: Option<&str>,
        client: &HttpClient,
    ) -> Result<Option<Keys>, EffectError> {
        if let Some(access_key_id) = role.and_then(|role| role.strip_prefix(CALLER)) {
            let unknown =
                || EffectError::Unavailable("the caller's access key is not known".into());
            return self.callers.keys(access_key_id).map(Some).ok_or_else(unknown);
        }
        let keys = match (role, &self.roles) {
            (Some(role), Some(roles)) => roles.keys(role, self, client).await.map(Some),
            _ => self.own(endpoint, client).await,
        };
        keys.map_err(EffectError::Unavailable)
    }

    async fn own(&self, endpoint: &Uri, client: &HttpClient) -> Result<Option<Keys>, String> {
        if is_aws(endpoint) {
            return self.find(client).await.map(Some);
        }
        // A broken chain is no reason not to ask.
        Ok(self.find_nearby(client).await.unwrap_or_default())
    }

    /// The keys of the first source that has any.
    ///
    /// # Errors
    /// The reason why there are none.
    pub(crate) async fn find(&self, client: &HttpClient) -> Result<Keys, String> {
        const NONE: &str = "no AWS credentials: neither the environment nor a shared file, a web \
                            identity, a container nor the instance has any";
        self.whole.find(client).await?.ok_or_else(|| NONE.into())
    }

    /// As [`Credentials::find`], without asking the instance: where there is none, that takes a while.
    ///
    /// # Errors
    /// When a source is there and gives no keys.
    pub(crate) async fn find_nearby(&self, client: &HttpClient) -> Result<Option<Keys>, String> {
        self.nearby.find(client).await
    }
}

/// Whether an endpoint is AWS's own.
pub(crate) fn is_aws(uri: &Uri) -> bool {
    uri.host().is_some_and(lambda::is_aws_host)
}

/// Sources, in the order in which they are asked.
#[derive(Debug, Default)]
struct Chain {
    sources: Vec<Source>,
    cached: Mutex<Option<Cached>>,
}

#[derive(Debug)]
struct Cached {
    found: Result<Option<Keys>, String>,
    until: SystemTime,
}

#[derive(Debug, Clone)]
enum Source {
    Environment(Keys),
    Profiles(Box<Profiles>),
    WebIdentity(WebIdentity),
    Container(Container),
    Instance(Instance),
}

impl Chain {
    fn of(sources: Vec<Source>) -> Self {
        Self { sources, cached: Mutex::default() }
    }

    /// One request searches, the others wait for it: the lock is held meanwhile.
    async fn find(&self, client: &HttpClient) -> Result<Option<Keys>, String> {
        let mut cached = self.cached.lock().await;
        let now = SystemTime::now();
        if let Some(cached) = cached.as_ref().filter(|cached| now < cached.until) {
            return cached.found.clone();
        }
        let mut found = self.search(client).await;
        if let Err(reason) = &found {
            tracing::error!(reason, "AWS credentials cannot be had");
            // What is about to expire is better than nothing.
            let before = cached.as_ref().and_then(|cached| cached.found.clone().ok().flatten());
            if let Some(keys) = before.filter(|keys| keys.expiry().is_some_and(|at| now < at)) {
                found = Ok(Some(keys));
                *cached = Some(Cached { found: found.clone(), until: now + FOUND_NOTHING_KEPT });
                return found;
            }
        }
        let until = match &found {
            Ok(Some(keys)) => match keys.expiry() {
                // Keys that are given out shortly before they expire still serve a moment.
                Some(at) => (at - EXPIRY_MARGIN).max(now + FOUND_NOTHING_KEPT).min(at),
                None => now + KEPT,
            },
            Ok(None) | Err(_) => now + FOUND_NOTHING_KEPT,
        };
        *cached = Some(Cached { found: found.clone(), until });
        found
    }

    async fn search(&self, client: &HttpClient) -> Result<Option<Keys>, String> {
        for source in &self.sources {
            let found = match source {
                Source::Environment(keys) => Some(keys.clone()),
                Source::Profiles(profiles) => match profiles.read()? {
                    Some(profile) => Some(profile.keys(profiles, client).await?),
                    None => None,
                },
                Source::WebIdentity(identity) => Some(identity.exchange(client).await?),
                Source::Container(container) => Some(container.keys(client).await?),
                Source::Instance(instance) => instance.keys(client).await?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn environment(set: &dyn Fn(&str) -> Option<String>) -> Option<Keys> {
    let (id, secret) = (set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
    Some(Keys::from_keys(id, secret, set("AWS_SESSION_TOKEN")))
}

/// A small answer of a service that gives keys out.
async fn ask(
    client: &HttpClient,
    request: Request<Body>,
) -> Result<(StatusCode, Bytes), EffectError> {
    let answer = async {
        let response = client.send(request, ANSWER_TIME_MAX).await?;
        let (head, content) = response.into_parts();
        let content = content.collect(ANSWER_BYTES_MAX).await.map_err(body_error)?;
        Ok((head.status, content))
    };
    tokio::time::timeout(ANSWER_TIME_MAX, answer).await.unwrap_or(Err(EffectError::TimedOut))
}

/// As [`ask`], where anything but 200 is an error.
async fn ask_for_200(client: &HttpClient, request: Request<Body>) -> Result<Bytes, String> {
    let uri = request.uri().clone();
    match ask(client, request).await {
        Ok((StatusCode::OK, content)) => Ok(content),
        Ok((status, _)) => Err(format!("{uri} answered {status}")),
        Err(error) => Err(format!("{uri}: {error}")),
    }
}

#[cfg(test)]
mod tests;
