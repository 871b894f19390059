//! The cache of a stage, and what methods have of it.

use gateway_core::definition::document::At;
use gateway_core::definition::{MethodSetting, UnauthorizedCacheControlStrategy};
use gateway_core::effect::CacheName;
use gateway_core::limits::CACHE_TTL_S_MAX;

use super::Config;
use super::reading::Reading;
use crate::perform::stage_caches::StageCacheConfig;

/// What the settings of a REST API's methods say of it.
pub(super) const METHOD_KEYS: [&str; 5] = [
    "cachingEnabled",
    "cacheTtlInSeconds",
    "cacheDataEncrypted",
    "requireAuthorizationForCacheControl",
    "unauthorizedCacheControlHeaderStrategy",
];

/// AWS's sizes, and how many bytes they are.
const SIZES: [(&str, u64); 8] = [
    ("0.5", 500_000_000),
    ("1.6", 1_600_000_000),
    ("6.1", 6_100_000_000),
    ("13.5", 13_500_000_000),
    ("28.4", 28_400_000_000),
    ("58.2", 58_200_000_000),
    ("118", 118_000_000_000),
    ("237", 237_000_000_000),
];

const STRATEGIES: [(&str, UnauthorizedCacheControlStrategy); 3] = [
    ("FAIL_WITH_403", UnauthorizedCacheControlStrategy::FailWith403),
    ("SUCCEED_WITH_RESPONSE_HEADER", UnauthorizedCacheControlStrategy::SucceedWithResponseHeader),
    (
        "SUCCEED_WITHOUT_RESPONSE_HEADER",
        UnauthorizedCacheControlStrategy::SucceedWithoutResponseHeader,
    ),
];

/// How much a stage's cache holds; `None` where it has none.
pub(super) fn cluster_bytes(reading: &Reading, stage: &At<'_>) -> Option<u64> {
    let is_enabled = stage.get("cacheClusterEnabled").and_then(|at| reading.boolean(&at));
    // A size alone enables nothing, but it is looked at.
    let size = stage.get("cacheClusterSize").map(|at| size(reading, &at));
    let bytes = size.unwrap_or(Some(SIZES[0].1));
    bytes.filter(|_| is_enabled == Some(true))
}

fn size(reading: &Reading, at: &At<'_>) -> Option<u64> {
    let named = |text: &str| text.parse::<f64>().ok();
    let size = at.as_text().and_then(named);
    let found = SIZES.iter().find(|(name, _)| size.is_some() && named(name) == size);
    if found.is_none() {
        let sizes: Vec<&str> = SIZES.iter().map(|(name, _)| *name).collect();
        let help = format!("one of {}, in GB", sizes.join(", "));
        reading.error_with(at, "no cache has this size", help);
    }
    found.map(|(_, bytes)| *bytes)
}

/// The settings of a method, with those of its caching.
pub(super) fn method_setting(
    reading: &Reading,
    at: &At<'_>,
    setting: MethodSetting,
) -> MethodSetting {
    let boolean = |name: &str| at.get(name).and_then(|at| reading.boolean(&at));
    // In memory nothing is at rest; in Redis the configuration of that says how.
    boolean("cacheDataEncrypted");
    MethodSetting {
        caching_enabled: boolean("cachingEnabled"),
        cache_ttl_s: at.get("cacheTtlInSeconds").and_then(|at| ttl_s(reading, &at)),
        require_authorization_for_cache_control: boolean("requireAuthorizationForCacheControl"),
        unauthorized_cache_control_header_strategy: at
            .get("unauthorizedCacheControlHeaderStrategy")
            .and_then(|at| strategy(reading, &at)),
        ..setting
    }
}

/// AWS's name of a cache's size.
pub(crate) fn size_name(bytes: u64) -> &'static str {
    SIZES.iter().find(|(_, size)| *size == bytes).map_or(SIZES[0].0, |(name, _)| name)
}

/// AWS's name of a strategy.
pub(crate) fn strategy_name(strategy: UnauthorizedCacheControlStrategy) -> &'static str {
    STRATEGIES.iter().find(|(_, known)| *known == strategy).map_or("", |(name, _)| name)
}

/// The strategy of this name.
pub(crate) fn strategy_of(name: &str) -> Option<UnauthorizedCacheControlStrategy> {
    STRATEGIES.iter().find(|(known, _)| *known == name).map(|(_, strategy)| *strategy)
}

fn ttl_s(reading: &Reading, at: &At<'_>) -> Option<u32> {
    let ttl_s = reading.whole(at)?;
    if ttl_s > CACHE_TTL_S_MAX {
        let help = format!("from 0 (nothing is cached) to {CACHE_TTL_S_MAX} seconds");
        reading.error_with(at, "invalid cache TTL: responses are not cached that long", help);
    }
    Some(ttl_s)
}

fn strategy(reading: &Reading, at: &At<'_>) -> Option<UnauthorizedCacheControlStrategy> {
    let name = reading.text(at)?;
    let found = strategy_of(name);
    if found.is_none() {
        let names: Vec<&str> = STRATEGIES.iter().map(|(name, _)| *name).collect();
        let help = format!("one of {}", names.join(", "));
        reading.error_with(at, format!("unknown strategy `{name}`"), help);
    }
    found
}

impl Config {
    /// The caches of all stages. What they hold together is bounded: where their sizes are more than
    /// that, each has its share.
    pub(crate) fn stage_caches(&self) -> Vec<StageCacheConfig> {
        let stages = self.apis.iter().flat_map(|api| api.stages.iter().map(move |s| (api, s)));
        let sizes = stages.filter_map(|(api, stage)| {
            let (api_id, stage_name) = (api.id.clone(), stage.stage_name.clone());
            Some((CacheName { api_id, stage_name }, stage.cache_cluster_bytes?))
        });
        let sizes: Vec<(CacheName, u64)> = sizes.collect();
        let total: u64 = sizes.iter().map(|(_, bytes)| bytes).sum();
        let bytes_max = self.limits.stage_caches_in_memory_bytes;
        let share = |bytes: u64| match total > bytes_max {
            true => u128::from(bytes) * u128::from(bytes_max) / u128::from(total),
            false => bytes.into(),
        };
        let share = |bytes| usize::try_from(share(bytes)).unwrap_or(usize::MAX);
        let config = |(name, cluster_bytes)| StageCacheConfig {
            name,
            cluster_bytes,
            bytes: share(cluster_bytes),
        };
        sizes.into_iter().map(config).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(stage: &str, limits: &str) -> Result<Config, Vec<String>> {
        let text = format!(
            "apis: [{{id: a, protocol: REST, definition: a.yaml, stages: [{{stageName: prod, {stage}}}]}}]\n{limits}"
        );
        let document = crate::document::read(&text).unwrap();
        let told = |errors: Vec<gateway_core::definition::DefinitionError>| {
            errors.into_iter().map(|error| error.message).collect()
        };
        Config::read(&document, Path::new("")).map_err(told)
    }

    #[test]
    fn a_cluster_has_one_of_awss_sizes_and_is_off_unless_enabled() {
        let bytes = |stage: &str| read(stage, "").unwrap().apis[0].stages[0].cache_cluster_bytes;
        assert_eq!(bytes("cacheClusterEnabled: true"), Some(500_000_000));
        assert_eq!(
            bytes("cacheClusterEnabled: true, cacheClusterSize: '6.1'"),
            Some(6_100_000_000)
        );
        assert_eq!(
            bytes("cacheClusterEnabled: true, cacheClusterSize: 237"),
            Some(237_000_000_000)
        );
        assert_eq!(
            bytes("cacheClusterEnabled: true, cacheClusterSize: '118.0'"),
            Some(118_000_000_000)
        );
        assert_eq!(bytes("cacheClusterEnabled: false, cacheClusterSize: '0.5'"), None);
        assert_eq!(bytes("cacheClusterSize: '0.5'"), None);
        for size in ["'2'", "big", "[]", "-0.5"] {
            let stage = format!("cacheClusterEnabled: true, cacheClusterSize: {size}");
            assert_eq!(read(&stage, "").unwrap_err(), ["no cache has this size"], "{size}");
        }
    }

    #[test]
    fn settings_of_methods_are_read_and_their_mistakes_told() {
        let config = read(
            "methodSettings: {'*/*': {cachingEnabled: true, cacheTtlInSeconds: 3600, cacheDataEncrypted: true, \
             requireAuthorizationForCacheControl: false, unauthorizedCacheControlHeaderStrategy: FAIL_WITH_403}}",
            "",
        );
        let setting = &config.unwrap().apis[0].stages[0].method_settings["*/*"];
        assert_eq!((setting.caching_enabled, setting.cache_ttl_s), (Some(true), Some(3_600)));
        assert_eq!(setting.require_authorization_for_cache_control, Some(false));
        let strategy = setting.unauthorized_cache_control_header_strategy;
        assert_eq!(strategy, Some(UnauthorizedCacheControlStrategy::FailWith403));
        let mistakes = read(
            "methodSettings: {'*/*': {cacheTtlInSeconds: 3601, cachingEnabled: 1, cacheDataEncrypted: x, \
             unauthorizedCacheControlHeaderStrategy: FAIL}}",
            "",
        );
        let mistakes = mistakes.unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
        assert!(
            mistakes.iter().any(|mistake| mistake.contains("invalid cache TTL")),
            "{mistakes:?}"
        );
    }

    #[test]
    fn caches_share_what_memory_there_is_in_proportion_to_their_sizes() {
        let sizes = |stage: &str, limit: u64| {
            let limits = format!("limits: {{stageCachesInMemoryBytes: {limit}}}");
            let caches = read(stage, &limits).unwrap().stage_caches();
            caches.iter().map(|cache| cache.bytes).collect::<Vec<_>>()
        };
        let alone = "cacheClusterEnabled: true";
        assert_eq!(sizes(alone, 1_000_000_000), [500_000_000]);
        assert_eq!(sizes(alone, 40_000_000), [40_000_000]);
        let two = format!("{alone}}}, {{stageName: test, {alone}, cacheClusterSize: '1.6'");
        assert_eq!(sizes(&two, 42_000_000), [10_000_000, 32_000_000]);
        assert!(sizes("cacheClusterEnabled: false", 40_000_000).is_empty());
        assert!(read(alone, "limits: {stageCachesInMemoryBytes: 1000}").is_err());
    }
}
