//! Requests to AWS's services: where they go, and their signatures.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use gateway_core::effect::EffectError;
use http::Request;

use super::http::HttpClient;
use crate::config::Config;
use crate::credentials::Credentials;
use crate::sigv4::{self, Scope};

/// Where the services of one configuration are, and whose requests they get.
#[derive(Debug, Default)]
pub struct Services {
    config: Option<Config>,
    credentials: Arc<Credentials>,
    /// What the configuration and the environment say of a service, looked up once.
    endpoints: Mutex<BTreeMap<String, Option<String>>>,
}

impl Services {
    pub(crate) fn new(config: &Config, credentials: Arc<Credentials>) -> Self {
        Self { config: Some(config.clone()), credentials, endpoints: Mutex::default() }
    }

    /// A URL of AWS's with the origin that is configured for the service.
    pub(crate) fn url(&self, url: &str, signing_name: &str) -> String {
        let Some(endpoint) = self.endpoint(signing_name) else { return url.into() };
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let target = rest.find(['/', '?']).map_or("/", |start| &rest[start..]);
        format!("{endpoint}{target}")
    }

    /// Where a service is in AWS's place, without a slash at the end.
    pub(crate) fn endpoint(&self, signing_name: &str) -> Option<String> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let configured = endpoints.entry(signing_name.into()).or_insert_with(|| {
            let endpoint = self.config.as_ref()?.endpoint(signing_name)?;
            Some(endpoint.trim_end_matches('/').into())
        });
        configured.clone()
    }

    /// Signs a request, as the role that is given if roles are assumed.
    ///
    /// # Errors
    /// [`EffectError::Unavailable`] without keys where there should be some.
    pub(crate) async fn sign(
        &self,
        request: &mut Request<Bytes>,
        scope: Scope<'_>,
        role: Option<&str>,
        client: &HttpClient,
    ) -> Result<(), EffectError> {
        match self.credentials.for_endpoint(request.uri(), role, client).await? {
            Some(keys) => sigv4::sign(request, &keys, scope, SystemTime::now()),
            None => Ok(()),
        }
    }
}

impl Services {
    /// Signs the head of a request whose content is still to come; without keys where there need be none, it stays
    /// as it is.
    ///
    /// # Errors
    /// As [`Services::sign`].
    pub(crate) async fn sign_head(
        &self,
        request: &mut Request<()>,
        has_content: bool,
        scope: Scope<'_>,
        client: &HttpClient,
    ) -> Result<(), EffectError> {
        match self.credentials.for_endpoint(request.uri(), None, client).await? {
            Some(keys) => sigv4::sign_head(request, &keys, scope, has_content),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_configured_endpoint_takes_the_place_of_awss_origin() {
        let text = "apis: [{id: a, protocol: REST, definition: a, stages: [{stageName: s}]}]\n\
                    endpoints: {states: 'http://127.0.0.1:4566/base/'}";
        let config = Config::read(&crate::document::read(text).unwrap(), Path::new("")).unwrap();
        let services = Services::new(&config, Arc::default());
        let url = |url, name| services.url(url, name);
        assert_eq!(
            url("https://states.us-east-1.amazonaws.com/a%2Fb?c=d", "states"),
            "http://127.0.0.1:4566/base/a%2Fb?c=d"
        );
        assert_eq!(
            url("https://s3.us-east-1.amazonaws.com/b/k", "s3-x"),
            "https://s3.us-east-1.amazonaws.com/b/k"
        );
    }
}
