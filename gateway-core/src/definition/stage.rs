//! Stages.

use alloc::{collections::BTreeMap, string::String};

use serde::{Deserialize, Serialize};

use crate::bucket::Limit;

/// A stage: a deployment under a name, with settings of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// `prod`; `$default` has no path prefix.
    pub stage_name: String,
    /// Index into `Api::deployments`.
    pub deployment: u32,
    /// Stage variables.
    pub variables: BTreeMap<String, String>,
    /// REST: `resourcePath/VERB` with `~1` for `/` (root: `~1/VERB`), or `*/*`.
    /// HTTP: route keys from `routeSettings`, and `*/*` from `defaultRouteSettings`.
    pub method_settings: BTreeMap<String, MethodSetting>,
    /// Where and how requests are logged.
    pub access_log_settings: Option<AccessLogSettings>,
}

/// Settings of a method, a route, or all of a stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MethodSetting {
    /// `throttlingRateLimit` and `throttlingBurstLimit`.
    pub throttling: Option<Limit>,
}

/// `accessLogSettings`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessLogSettings {
    /// Text with `$context.…` variables.
    pub format: String,
    /// `stdout`, `stderr`, or a file path.
    pub destination: String,
}
