//! What a configuration brings besides its snapshot.

use std::io;
use std::sync::Arc;

use crate::config::Config;
use crate::functions::Functions;
use crate::perform::keys::Keys;

/// Everything that effects need and the pipeline does not.
#[derive(Debug, Default)]
pub struct Settings {
    /// Issuers' keys.
    pub keys: Arc<Keys>,
    /// Lambda functions.
    pub functions: Arc<Functions>,
    /// What both were made of.
    config: Option<Config>,
}

impl Settings {
    /// The settings of this configuration. What has not changed since `before` is kept: after a
    /// reload issuers' keys are still known, and functions' processes still run.
    ///
    /// # Errors
    /// When a function's program cannot be set up.
    pub fn new(config: &Config, before: Option<&Self>) -> io::Result<Self> {
        let known = before.and_then(|before| Some((before, before.config.as_ref()?)));
        let cognito = config.endpoint("cognito-idp");
        let keys = known
            .filter(|(_, known)| known.endpoint("cognito-idp") == cognito)
            .map(|(before, _)| Arc::clone(&before.keys));
        let functions = known
            .filter(|(_, known)| runs_functions_alike(known, config))
            .map(|(before, _)| Arc::clone(&before.functions));
        Ok(Self {
            keys: keys.unwrap_or_else(|| Arc::new(Keys::new(cognito))),
            functions: match functions {
                Some(functions) => functions,
                None => Arc::new(Functions::new(config)?),
            },
            config: Some(config.clone()),
        })
    }
}

fn runs_functions_alike(a: &Config, b: &Config) -> bool {
    let part = |config: &Config| {
        let lambda = config.endpoint("lambda");
        (config.functions.clone(), lambda, config.region.clone(), config.account_id.clone())
    };
    part(a) == part(b)
}
