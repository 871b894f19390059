//! Patch operations of `UpdateStage`, as AWS takes them ("Patch operations" of its API reference, and
//! what it was recorded to answer): `add` is not taken, `copy` promotes a canary and does nothing else.

use gateway_core::bucket::Limit;
use gateway_core::definition::{Api, CanarySettings, LoggingLevel, MethodSetting, Stage};
use gateway_core::limits::{ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT, CACHE_TTL_S_MAX};
use serde::Deserialize;

use crate::config::strategy_of;

/// Largest number of variables of a stage that operations may make.
const VARIABLES_MAX: usize = 1_024;
const DEPLOYMENT_ID: &str = "/deploymentId";
const VARIABLES: &str = "/variables";
const CANARY_DEPLOYMENT_ID: &str = "/canarySettings/deploymentId";
const CANARY_OVERRIDES: &str = "/canarySettings/stageVariableOverrides";
/// What AWS changes and the configuration alone can here.
const CONFIGURED: [&str; 6] = [
    "/description",
    "/documentationVersion",
    "/clientCertificateId",
    "/cacheClusterEnabled",
    "/cacheClusterSize",
    "/accessLogSettings",
];
const REPLACEABLE: &str = "/deploymentId, /variables/{variable_name}, /tracingEnabled, \
    /canarySettings/deploymentId, /canarySettings/percentTraffic, /canarySettings/useStageCache, \
    /canarySettings/stageVariableOverrides/{variable_name}, \
    /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, \
    /{resourcePath}/{httpMethod}/metrics/enabled, \
    /{resourcePath}/{httpMethod}/throttling/burstLimit, \
    /{resourcePath}/{httpMethod}/throttling/rateLimit, \
    /{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, \
    /{resourcePath}/{httpMethod}/caching/dataEncrypted, \
    /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, \
    /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, \
    /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/metrics/enabled, \
    /*/*/throttling/burstLimit, /*/*/throttling/rateLimit, /*/*/caching/ttlInSeconds, \
    /*/*/caching/enabled, /*/*/caching/dataEncrypted, \
    /*/*/caching/requireAuthorizationForCacheControl, \
    /*/*/caching/unauthorizedCacheControlHeaderStrategy";

/// `PatchOperation`
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Operation {
    op: String,
    path: String,
    value: Option<String>,
    from: Option<String>,
}

/// Makes the changes in their order.
///
/// # Errors
/// Why one of them cannot be made; the stage is to be thrown away then.
pub(super) fn apply(
    api: &mut Api,
    stage_name: &str,
    operations: &[Operation],
) -> Result<(), String> {
    let ids: Vec<String> = api.deployments.iter().map(|d| d.id.clone()).collect();
    let stage = api.stages.iter_mut().find(|stage| stage.stage_name == stage_name);
    let stage = stage.ok_or("Invalid stage identifier specified")?;
    operations.iter().try_for_each(|operation| one(stage, &ids, operation))?;
    let overrides = stage.canary.as_ref().map_or(0, |canary| canary.stage_variable_overrides.len());
    match stage.variables.len().max(overrides) > VARIABLES_MAX {
        true => Err(format!("a stage has at most {VARIABLES_MAX} variables")),
        false => Ok(()),
    }
}

fn one(stage: &mut Stage, ids: &[String], operation: &Operation) -> Result<(), String> {
    let path = operation.path.as_str();
    if CONFIGURED.iter().any(|configured| begins_with(path, configured)) {
        return Err(format!("{path} is changed in the configuration alone"));
    }
    match operation.op.as_str() {
        "replace" => replace(stage, ids, path, operation.value.as_deref().unwrap_or_default()),
        "remove" => remove(stage, path),
        "copy" => copy(stage, operation.from.as_deref().unwrap_or_default(), path),
        op @ ("add" | "move" | "test") => Err(format!("Invalid {op} operation with path: {path}")),
        op => Err(format!("Invalid patch operation specified: {op}")),
    }
}

fn begins_with(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn replace(stage: &mut Stage, ids: &[String], path: &str, value: &str) -> Result<(), String> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments[..] {
        ["deploymentId"] => stage.deployment = deployment(ids, value)?,
        ["tracingEnabled"] => stage.tracing_enabled = truth(path, value)?,
        ["variables", name] => {
            let (name, value) = variable(name, value)?;
            stage.variables.insert(name, value);
        }
        ["canarySettings", "deploymentId"] => {
            let deployment = deployment(ids, value)?;
            canary(stage).deployment = deployment;
        }
        ["canarySettings", "percentTraffic"] => {
            canary(stage).percent_traffic_thousandths = CanarySettings::thousandths(value)
                .ok_or_else(|| format!("Invalid percentTraffic: {value}. It is 0.0 to 100.0"))?;
        }
        ["canarySettings", "useStageCache"] => {
            canary(stage).use_stage_cache = truth(path, value)?;
        }
        ["canarySettings", "stageVariableOverrides", name] => {
            let (name, value) = variable(name, value)?;
            canary(stage).stage_variable_overrides.insert(name, value);
        }
        [resource, verb, "throttling" | "logging" | "metrics" | "caching", _]
            if is_method(resource, verb) =>
        {
            let setting = stage.method_settings.entry(format!("{resource}/{verb}")).or_default();
            replace_setting(setting, &segments[2..].join("/"), path, value)?;
        }
        _ => {
            return Err(format!(
                "Invalid method setting path: {path}. Must be one of: [{REPLACEABLE}]"
            ));
        }
    }
    Ok(())
}

fn replace_setting(
    setting: &mut MethodSetting,
    name: &str,
    path: &str,
    value: &str,
) -> Result<(), String> {
    let invalid = || format!("Invalid value for {path}: {value}");
    let limit = |rate: f64, burst: u32| Some(Limit::new(rate, burst));
    let before = setting.throttling;
    match name {
        "throttling/rateLimit" => {
            let rate = value.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 0.0);
            let burst = before.map_or(ACCOUNT_BURST_DEFAULT, |limit| limit.burst);
            setting.throttling = limit(rate.ok_or_else(invalid)?, burst);
        }
        "throttling/burstLimit" => {
            let burst = value.parse().map_err(|_| invalid())?;
            let rate = before.map_or(Limit::new(ACCOUNT_RATE_DEFAULT, burst), |limit| limit);
            setting.throttling = Some(Limit { burst, ..rate });
        }
        "logging/loglevel" => {
            setting.logging_level = Some(match value {
                "OFF" => LoggingLevel::Off,
                "ERROR" => LoggingLevel::Error,
                "INFO" => LoggingLevel::Info,
                _ => return Err(invalid()),
            });
        }
        "logging/dataTrace" => setting.data_trace_enabled = Some(truth(path, value)?),
        "metrics/enabled" => setting.metrics_enabled = Some(truth(path, value)?),
        "caching/enabled" => setting.caching_enabled = Some(truth(path, value)?),
        "caching/ttlInSeconds" => {
            let ttl_s = value.parse().ok().filter(|ttl_s| *ttl_s <= CACHE_TTL_S_MAX);
            setting.cache_ttl_s = Some(ttl_s.ok_or_else(invalid)?);
        }
        "caching/dataEncrypted" => drop(truth(path, value)?),
        "caching/requireAuthorizationForCacheControl" => {
            setting.require_authorization_for_cache_control = Some(truth(path, value)?);
        }
        "caching/unauthorizedCacheControlHeaderStrategy" => {
            let strategy = strategy_of(value).ok_or_else(invalid)?;
            setting.unauthorized_cache_control_header_strategy = Some(strategy);
        }
        _ => {
            return Err(format!(
                "Invalid method setting path: {path}. Must be one of: [{REPLACEABLE}]"
            ));
        }
    }
    Ok(())
}

fn remove(stage: &mut Stage, path: &str) -> Result<(), String> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let setting = path.strip_prefix('/').unwrap_or(path);
    let removed = match segments[..] {
        // Nothing to remove is what remove leaves.
        ["canarySettings"] => {
            stage.canary = None;
            true
        }
        ["variables", name] => stage.variables.remove(&unescaped(name)).is_some(),
        ["canarySettings", "stageVariableOverrides", name] => {
            let canary = stage.canary.as_mut();
            let overrides = canary.map(|canary| &mut canary.stage_variable_overrides);
            overrides.and_then(|overrides| overrides.remove(&unescaped(name))).is_some()
        }
        [_, _] => stage.method_settings.remove(setting).is_some(),
        _ => return Err(format!("Invalid remove operation with path: {path}")),
    };
    match (removed, segments.len()) {
        (true, _) => Ok(()),
        (false, 2) if segments[0] != "variables" => Err(format!(
            "Cannot remove method setting {setting} because there is no method setting for this method "
        )),
        (false, _) => Err(format!("Invalid stage variable: {path} does not exist")),
    }
}

/// Promotion: the canary's deployment and variables become the stage's.
fn copy(stage: &mut Stage, from: &str, path: &str) -> Result<(), String> {
    let (paths, froms) = ([DEPLOYMENT_ID, VARIABLES], [CANARY_DEPLOYMENT_ID, CANARY_OVERRIDES]);
    if !paths.contains(&path) || !froms.contains(&from) {
        return Err(format!(
            "Invalid copy operation with path: {path} and from {from}. Valid copy:path are [{}] and \
             valid copy:from are [{}]",
            paths.join(", "),
            froms.join(", ")
        ));
    }
    let promoted = stage.as_canary().ok_or("Promotion not available. Canary does not exist.")?;
    match path {
        DEPLOYMENT_ID => stage.deployment = promoted.deployment,
        _ => stage.variables = promoted.variables,
    }
    Ok(())
}

/// The canary; a new one of the stage's own deployment if there is none, as AWS makes it.
fn canary(stage: &mut Stage) -> &mut CanarySettings {
    let deployment = stage.deployment;
    stage.canary.get_or_insert_with(|| CanarySettings { deployment, ..CanarySettings::default() })
}

fn deployment(ids: &[String], id: &str) -> Result<u32, String> {
    let index = ids.iter().position(|known| known == id);
    index.map(|index| index as u32).ok_or_else(|| "Deployment id does not exist".into())
}

/// AWS: names of letters, digits and underscores; values besides with `-._~:/?#&=,`.
fn variable(name: &str, value: &str) -> Result<(String, String), String> {
    let name = unescaped(name);
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
        return Err(format!("Stage variable name is invalid: {name}"));
    }
    let is_value = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&b);
    if value.len() > 512 || !value.bytes().all(is_value) {
        return Err(format!("Stage variable value is invalid for: {name}"));
    }
    Ok((name, value.into()))
}

fn truth(path: &str, value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| format!("Invalid value for {path}: {value}. It is true or false"))
}

fn is_method(resource: &str, verb: &str) -> bool {
    let is_verb = || !verb.is_empty() && verb.bytes().all(|b| b.is_ascii_uppercase());
    (resource, verb) == ("*", "*") || resource.starts_with("~1") && is_verb()
}

/// A segment of a JSON pointer (RFC 6901).
fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
