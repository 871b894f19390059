//! What a configuration brings besides its snapshot.

use std::sync::Arc;

use crate::config::{Config, Limits};
use crate::functions::Functions;
use crate::perform::keys::Keys;
use crate::perform::trust::Trust;

/// Everything that effects need and the pipeline does not.
#[derive(Debug, Default)]
pub struct Settings {
    /// Issuers' keys.
    pub keys: Arc<Keys>,
    /// Lambda functions.
    pub functions: Functions,
    /// Who vouches for endpoints.
    pub trust: Arc<Trust>,
    /// Bounds.
    pub limits: Limits,
    cognito_endpoint: Option<String>,
}

impl Settings {
    /// The settings of this configuration. What has not changed since `before` is kept: after a
    /// reload issuers' keys are still known, and functions' processes still run.
    pub fn new(config: &Config, before: Option<&Self>) -> Self {
        let cognito_endpoint = config.endpoint("cognito-idp");
        let keys = match before {
            Some(before) if before.cognito_endpoint == cognito_endpoint => Arc::clone(&before.keys),
            _ => Arc::new(Keys::new(cognito_endpoint.clone())),
        };
        let functions = Functions::new(config, before.map(|before| &before.functions));
        let added = config.truststore.as_ref().map_or(&[][..], |store| &store.certificates);
        let trust = match before {
            Some(before) if before.trust.adds(added) => Arc::clone(&before.trust),
            _ => Arc::new(Trust::new(added.to_vec())),
        };
        Self { keys, functions, trust, limits: config.limits, cognito_endpoint }
    }
}
