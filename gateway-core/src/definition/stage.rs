//! Stages.

use alloc::{collections::BTreeMap, string::String};

use serde::{Deserialize, Serialize};

use super::Source;
use crate::bucket::Limit;

/// A stage: a deployment under a name, with settings of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    /// Part of the traffic goes to another deployment (REST).
    pub canary: Option<CanarySettings>,
    /// Where execution logs go (REST): `stdout`, `stderr`, or a file path; empty is `stderr`.
    pub execution_log_destination: String,
    /// Index into `Snapshot::web_acls`.
    pub web_acl: Option<u32>,
    /// `cacheClusterSize` of a stage with `cacheClusterEnabled` (REST), in bytes: the most that its
    /// cache holds. `None`: nothing is cached.
    pub cache_cluster_bytes: Option<u64>,
    /// `tracingEnabled`; which of its requests are traced says `Snapshot::tracing`.
    pub tracing_enabled: bool,
    /// Whether requests to it are the operator's own, by `TestInvokeMethod`: then `$context` names no
    /// client, and functions see the fields alone that were given.
    pub is_test_invoke: bool,
}

/// `canarySettings`: the share of a stage's requests that another deployment answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CanarySettings {
    /// `percentTraffic`, in thousandths of a percent: 0 to 100,000.
    pub percent_traffic_thousandths: u32,
    /// Index into `Api::deployments`.
    pub deployment: u32,
    /// `stageVariableOverrides`: over the stage's variables, and beside them.
    pub stage_variable_overrides: BTreeMap<String, String>,
    /// `useStageCache`
    pub use_stage_cache: bool,
}

impl CanarySettings {
    /// `percentTraffic`, as it is written, in thousandths of a percent.
    pub fn thousandths(percent: &str) -> Option<u32> {
        let percent = percent.parse::<f64>().ok();
        // Half a thousandth more and cut off: rounding needs an operating system's mathematics.
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        percent.map(|percent| (percent * 1_000.0 + 0.5) as u32)
    }
}

impl Stage {
    /// Where a member of the stage stands: `stages/NAME/MEMBER…` within what the host knows of its API, as
    /// a JSON pointer without its beginning. It has no line: it is in no definition.
    pub fn source_of(&self, members: &[&str]) -> Source {
        let mut pointer = String::from("stages");
        for part in core::iter::once(&self.stage_name.as_str()).chain(members) {
            pointer.push('/');
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        }
        Source { pointer, line: 0 }
    }

    /// The stage as its canary has it: also what promotion makes of the stage.
    pub fn as_canary(&self) -> Option<Self> {
        let canary = self.canary.as_ref()?;
        let mut stage = self.clone();
        stage.deployment = canary.deployment;
        stage.variables.extend(canary.stage_variable_overrides.clone());
        Some(stage)
    }
}

/// Settings of a method, a route, or all of a stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MethodSetting {
    /// `throttlingRateLimit` and `throttlingBurstLimit`.
    pub throttling: Option<Limit>,
    /// `loggingLevel`; `None`: as `*/*` has it.
    pub logging_level: Option<LoggingLevel>,
    /// `dataTraceEnabled`; `None`: as `*/*` has it.
    pub data_trace_enabled: Option<bool>,
    /// `cachingEnabled`; `None`: as `*/*` has it.
    pub caching_enabled: Option<bool>,
    /// `cacheTtlInSeconds`; `None`: as `*/*` has it, else 300.
    pub cache_ttl_s: Option<u32>,
    /// `requireAuthorizationForCacheControl`; `None`: as `*/*` has it, else `true`.
    pub require_authorization_for_cache_control: Option<bool>,
    /// `unauthorizedCacheControlHeaderStrategy`; `None`: as `*/*` has it.
    pub unauthorized_cache_control_header_strategy: Option<UnauthorizedCacheControlStrategy>,
    /// `metricsEnabled`, of HTTP APIs `detailedMetricsEnabled`; `None`: as `*/*` has it.
    pub metrics_enabled: Option<bool>,
}

/// `unauthorizedCacheControlHeaderStrategy`: what becomes of a request that asks for the cached
/// response to be replaced, and may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum UnauthorizedCacheControlStrategy {
    /// `FAIL_WITH_403`
    FailWith403,
    /// `SUCCEED_WITH_RESPONSE_HEADER`: it is answered as if it had not asked, and warned.
    #[default]
    SucceedWithResponseHeader,
    /// `SUCCEED_WITHOUT_RESPONSE_HEADER`: it is answered as if it had not asked.
    SucceedWithoutResponseHeader,
}

/// `loggingLevel`: what of a request stands in the execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LoggingLevel {
    /// `OFF`
    #[default]
    Off,
    /// `ERROR`: why requests failed.
    Error,
    /// `INFO`: every request.
    Info,
}

/// `accessLogSettings`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessLogSettings {
    /// Text with `$context.…` variables.
    pub format: String,
    /// `stdout`, `stderr`, or a file path.
    pub destination: String,
}
