//! A stage as AWS's control plane shows it.

use gateway_core::bucket::Limit;
use gateway_core::definition::{Api, LoggingLevel, MethodSetting, Stage};
use serde_json::{Map, Value, json};

use crate::config::{size_name, strategy_name};

/// What `GetStage` and `UpdateStage` answer. Dates and clients' certificates are not known here.
pub(super) fn stage(api: &Api, stage: &Stage) -> Value {
    let mut shown = json!({
        "stageName": stage.stage_name,
        "deploymentId": deployment_id(api, stage.deployment),
        "cacheClusterEnabled": false,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "tracingEnabled": stage.tracing_enabled,
    });
    if let Some(bytes) = stage.cache_cluster_bytes {
        shown["cacheClusterEnabled"] = true.into();
        shown["cacheClusterSize"] = size_name(bytes).into();
        shown["cacheClusterStatus"] = "AVAILABLE".into();
    }
    let settings = stage.method_settings.iter();
    let settings = settings.map(|(key, setting)| (key.clone(), method_setting(setting)));
    shown["methodSettings"] = Value::Object(settings.collect());
    if !stage.variables.is_empty() {
        shown["variables"] = json!(stage.variables);
    }
    if let Some(canary) = &stage.canary {
        let percent = f64::from(canary.percent_traffic_thousandths) / 1_000.0;
        let mut canary_shown = json!({
            "deploymentId": deployment_id(api, canary.deployment),
            "percentTraffic": percent,
            "useStageCache": canary.use_stage_cache,
        });
        if !canary.stage_variable_overrides.is_empty() {
            canary_shown["stageVariableOverrides"] = json!(canary.stage_variable_overrides);
        }
        shown["canarySettings"] = canary_shown;
    }

    if let Some(log) = &stage.access_log_settings {
        shown["accessLogSettings"] = json!({"format": log.format, "destination": log.destination});
    }
    shown
}

fn deployment_id(api: &Api, index: u32) -> &str {
    api.deployments.get(index as usize).map_or("", |deployment| &deployment.id)
}

/// What is set; the rest is as `*/*`, the account or AWS's default has it.
fn method_setting(setting: &MethodSetting) -> Value {
    let mut shown = Map::new();
    if let Some(limit) = setting.throttling {
        let (rate, burst) = match limit {
            Limit::NONE => (-1.0, -1),
            limit => (limit.rate_microtokens_per_ms as f64 / 1_000.0, i64::from(limit.burst)),
        };
        shown.insert("throttlingRateLimit".into(), rate.into());
        shown.insert("throttlingBurstLimit".into(), burst.into());
    }
    if let Some(level) = setting.logging_level {
        let level = match level {
            LoggingLevel::Off => "OFF",
            LoggingLevel::Error => "ERROR",
            LoggingLevel::Info => "INFO",
        };
        shown.insert("loggingLevel".into(), level.into());
    }
    if let Some(enabled) = setting.data_trace_enabled {
        shown.insert("dataTraceEnabled".into(), enabled.into());
    }
    if let Some(enabled) = setting.caching_enabled {
        shown.insert("cachingEnabled".into(), enabled.into());
    }
    if let Some(ttl_s) = setting.cache_ttl_s {
        shown.insert("cacheTtlInSeconds".into(), ttl_s.into());
    }
    if let Some(required) = setting.require_authorization_for_cache_control {
        shown.insert("requireAuthorizationForCacheControl".into(), required.into());
    }
    if let Some(strategy) = setting.unauthorized_cache_control_header_strategy {
        let strategy = strategy_name(strategy);
        shown.insert("unauthorizedCacheControlHeaderStrategy".into(), strategy.into());
    }
    if let Some(enabled) = setting.metrics_enabled {
        shown.insert("metricsEnabled".into(), enabled.into());
    }
    Value::Object(shown)
}
