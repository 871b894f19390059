//! Warnings about what AWS would not let a stage have, and about settings that do less than they seem to.

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::{DefinitionError, Protocol, Stage};
use gateway_core::limits::{
    ACCESS_LOG_FORMAT_BYTES_MAX, ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT,
};

/// A warning for each setting of a stage that `CreateStage` refuses, although it works here.
pub(super) fn refused_by_aws(stages: &[Stage]) -> Vec<DefinitionError> {
    let mut warnings = Vec::new();
    for stage in stages {
        let name = &stage.stage_name;
        let mut warn = |members: &[&str], message: String, help: &str| {
            let refused = DefinitionError::refused(stage.source_of(members), message);
            warnings.push(refused.help(help));
        };
        let overrides = stage.canary.iter().flat_map(|canary| &canary.stage_variable_overrides);
        let overrides = overrides.map(|of| (&["canarySettings", "stageVariableOverrides"][..], of));
        let variables = stage.variables.iter().map(|of| (&["variables"][..], of));
        for (members, (variable, value)) in variables.chain(overrides) {
            if value.is_empty() || !value.bytes().all(is_of_value) {
                // AWS's words, but for the value, which may be a secret.
                let message = format!(
                    "AWS refuses this: the value of the stage variable `{variable}` of stage `{name}` \
                     does not match [A-Za-z0-9-._~:/?#&=,]+"
                );
                warn(&[members, &[variable]].concat(), message, "percent-encode it");
            }
        }
        let Some(log) = &stage.access_log_settings else { continue };
        let bytes = log.format.len();
        if bytes > ACCESS_LOG_FORMAT_BYTES_MAX {
            let message = format!(
                "AWS refuses this: the access log format of stage `{name}` has {bytes} bytes, of \
                 {ACCESS_LOG_FORMAT_BYTES_MAX}"
            );
            warn(&["accessLogSettings", "format"], message, "leave something out");
        }
        let ids = ["$context.requestId", "$context.extendedRequestId"];
        if !ids.iter().any(|id| log.format.contains(id)) {
            let message = format!(
                "AWS refuses this: the access log format of stage `{name}` names no request"
            );
            let help = "it must have `$context.requestId` or `$context.extendedRequestId`";
            warn(&["accessLogSettings", "format"], message, help);
        }
    }
    warnings
}

/// A warning for each limit of a method of which one half is there: as AWS's calls show it, the other is then the default of
/// accounts, which lets far more through.
pub(super) fn half_limits(document: &Node) -> Vec<DefinitionError> {
    const MAPS: [&str; 2] = ["methodSettings", "routeSettings"];
    let apis = At::root(document).get("apis");
    let stages = apis.iter().flat_map(At::items).filter_map(|api| api.get("stages"));
    let stages: Vec<At<'_>> =
        stages.flat_map(|stages| stages.items().collect::<Vec<_>>()).collect();
    let settings = stages.iter().flat_map(|stage| {
        let maps = MAPS.iter().filter_map(|name| stage.get(name));
        let each = maps.flat_map(|at| at.members().map(|(_, at)| at).collect::<Vec<_>>());
        each.chain(stage.get("defaultRouteSettings"))
    });
    let warning = |settings: At<'_>| {
        let [rate, burst] =
            ["throttlingRateLimit", "throttlingBurstLimit"].map(|name| settings.get(name));
        let (at, missing, default) = match (rate, burst) {
            (Some(rate), None) => (rate, "throttlingBurstLimit", ACCOUNT_BURST_DEFAULT.to_string()),
            (None, Some(burst)) => (burst, "throttlingRateLimit", ACCOUNT_RATE_DEFAULT.to_string()),
            _ => return None,
        };
        if at.as_text() == Some("-1") {
            return None;
        }
        let effect = match missing {
            "throttlingBurstLimit" => "so many requests pass at once",
            _ => "so many requests pass in a second",
        };
        let message = format!("without `{missing}` it is AWS's default of {default}: {effect}");
        Some(DefinitionError::warning(at.source(), message).help("write both"))
    };
    settings.filter_map(warning).collect()
}

/// A warning for each setting that has responses cached at a stage without a cache, and for each cache that nothing is put
/// into.
pub(super) fn without_cache(protocol: Protocol, stages: &[Stage]) -> Vec<DefinitionError> {
    let mut warnings = Vec::new();
    for stage in stages.iter().filter(|_| protocol == Protocol::Rest) {
        let name = &stage.stage_name;
        let enabled = stage.method_settings.iter().filter(|(_, s)| s.caching_enabled == Some(true));
        let enabled: Vec<&String> = enabled.map(|(key, _)| key).collect();
        match stage.cache_cluster_bytes {
            None => warnings.extend(enabled.into_iter().map(|key| {
                let source = stage.source_of(&["methodSettings", key, "cachingEnabled"]);
                let message = format!("nothing is cached: the stage `{name}` has no cache");
                let help = "`cacheClusterEnabled: true` gives the stage one";
                DefinitionError::warning(source, message).help(help)
            })),
            Some(_) if enabled.is_empty() => {
                let source = stage.source_of(&["cacheClusterEnabled"]);
                let message =
                    format!("nothing is cached: no method of stage `{name}` has it enabled");
                let help =
                    "`methodSettings: {\"*/*\": {cachingEnabled: true}}` has GET requests cached";
                warnings.push(DefinitionError::warning(source, message).help(help));
            }
            Some(_) => {}
        }
    }
    warnings
}

/// "values must match [A-Za-z0-9-._~:/?#&=,]+"
fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte)
}

#[cfg(test)]
mod tests {
    use gateway_core::definition::{AccessLogSettings, MethodSetting};

    use super::*;

    #[test]
    fn a_limit_of_which_one_half_is_missing_is_told() {
        let told = |settings: &str| {
            let text = format!("apis: [{{id: a, stages: [{{stageName: s,\n {settings}}}]}}]\n");
            let document = crate::document::read(&text).unwrap();
            let told = half_limits(&document).into_iter();
            let told =
                told.map(|t| format!("{} {}: {}", t.source.line, t.source.pointer, t.message));
            told.collect::<Vec<_>>()
        };
        let at = "2 /apis/0/stages/0";
        let burst = "without `throttlingBurstLimit` it is AWS's default of 5000: so many requests pass at once";
        let rate = "without `throttlingRateLimit` it is AWS's default of 10000: so many requests pass in a second";
        for (settings, expected) in [
            (
                "methodSettings: {'*/*': {throttlingRateLimit: 5}}",
                format!("/methodSettings/*~1*/throttlingRateLimit: {burst}"),
            ),
            (
                "methodSettings: {~1a/GET: {throttlingBurstLimit: 5}}",
                format!("/methodSettings/~01a~1GET/throttlingBurstLimit: {rate}"),
            ),
            (
                "routeSettings: {GET /a: {throttlingRateLimit: 0}}",
                format!("/routeSettings/GET ~1a/throttlingRateLimit: {burst}"),
            ),
            (
                "defaultRouteSettings: {throttlingBurstLimit: 1}",
                format!("/defaultRouteSettings/throttlingBurstLimit: {rate}"),
            ),
        ] {
            assert_eq!(told(settings), [format!("{at}{expected}")], "{settings}");
        }
        for settings in [
            "methodSettings: {'*/*': {throttlingRateLimit: 5, throttlingBurstLimit: 5}}",
            "methodSettings: {'*/*': {throttlingRateLimit: -1}, ~1a/GET: {throttlingBurstLimit: -1}}",
            "methodSettings: {'*/*': {loggingLevel: INFO}}",
            "defaultRouteSettings: {throttlingRateLimit: 5, throttlingBurstLimit: 5}",
        ] {
            assert_eq!(told(settings), [""; 0], "{settings}");
        }
    }

    #[test]
    fn caching_without_a_cache_and_a_cache_without_caching_are_told() {
        let told = |protocol, bytes: Option<u64>, settings: &[(&str, Option<bool>)]| {
            let setting = |caching_enabled| MethodSetting { caching_enabled, ..Default::default() };
            let stage = Stage {
                stage_name: "prod".into(),
                cache_cluster_bytes: bytes,
                method_settings: settings
                    .iter()
                    .map(|(k, on)| ((*k).into(), setting(*on)))
                    .collect(),
                ..Stage::default()
            };
            let told = without_cache(protocol, &[stage]).into_iter();
            told.map(|t| format!("{}: {}", t.source.pointer, t.message)).collect::<Vec<_>>()
        };
        let on: &[(&str, Option<bool>)] = &[("*/*", Some(false)), ("~1a/GET", Some(true))];
        assert_eq!(
            told(Protocol::Rest, None, on),
            [
                "stages/prod/methodSettings/~01a~1GET/cachingEnabled: nothing is cached: the stage `prod` has no cache"
            ]
        );
        let unused = "stages/prod/cacheClusterEnabled: nothing is cached: no method of stage `prod` has it enabled";
        assert_eq!(told(Protocol::Rest, Some(1), &[("*/*", Some(false))]), [unused]);
        assert_eq!(told(Protocol::Rest, Some(1), &[]), [unused]);
        assert_eq!(told(Protocol::Rest, Some(1), on), [""; 0]);
        assert_eq!(told(Protocol::Rest, None, &[("*/*", Some(false)), ("~1a/GET", None)]), [""; 0]);
    }

    fn told(value: &str, format: &str) -> Vec<String> {
        let log = AccessLogSettings { destination: "stdout".into(), format: format.into() };
        let stage = Stage {
            stage_name: "prod".into(),
            variables: [("v".to_owned(), value.to_owned())].into(),
            access_log_settings: Some(log),
            ..Stage::default()
        };
        let warnings = refused_by_aws(&[stage]);
        warnings.into_iter().map(|warning| warning.message).collect()
    }

    #[test]
    fn what_create_stage_refuses_is_told_without_the_value() {
        assert!(told("https://a.example/b?c=d,e", "{$context.requestId}").is_empty());
        assert!(told("a", "$context.extendedRequestId").is_empty());
        for value in ["", "top secret", "é", "a;b"] {
            let told = told(value, "$context.requestId");
            assert!(matches!(&told[..], [one] if one.contains("`v`") && !one.contains("secret")));
        }
        assert!(told("a", "$context.status")[0].contains("names no request"));
    }

    #[test]
    fn an_access_log_format_of_more_than_3_kb_is_told() {
        let format = |bytes: usize| format!("{:x<bytes$}", "$context.requestId ");
        assert_eq!(told("a", &format(3_072)), [""; 0]);
        let [one] = &told("a", &format(3_073))[..] else { panic!("one is wrong") };
        assert!(one.contains("stage `prod` has 3073 bytes, of 3072"), "{one}");
    }
}
