//! `methodSettings` and `routeSettings` of a stage: what they say of each method.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use crate::bucket::Limit;
use crate::definition::{
    Api, DefinitionError, LoggingLevel, Method, MethodSetting, Protocol, Snapshot, Stage,
};

/// What of a method stands in the execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Logging {
    pub(crate) level: LoggingLevel,
    pub(crate) data_trace_enabled: bool,
}

/// Settings of methods that are not there are mistakes at AWS too: a limit that was meant for
/// another name would hold nobody. Those of a method that another deployment of the API has stay
/// where they are: a stage may go back to it.
pub(super) fn check_method_settings(api: &Api, stage: &Stage, errors: &mut Vec<DefinitionError>) {
    let methods = api.deployments.iter().flat_map(|deployment| &deployment.methods);
    let keys = methods.flat_map(|method| {
        let verbs = verbs(api.protocol, method).iter().map(Some);
        verbs.chain([None]).map(|verb| settings_key(api.protocol, method, verb.copied()))
    });
    let mut keys: Vec<String> = keys.collect();
    keys.sort_unstable();
    let is_key = |key: &String| keys.binary_search(key).is_ok();
    let settings = match api.protocol {
        Protocol::Rest => "methodSettings",
        Protocol::Http => "routeSettings",
    };
    let unknown = stage.method_settings.keys().filter(|key| *key != "*/*" && !is_key(key));
    let unknown: Vec<_> = unknown.collect();
    if unknown.is_empty() {
        return;
    }
    let by_path: BTreeMap<String, &String> = keys.iter().map(|key| (unescaped(key), key)).collect();
    for key in unknown {
        let message = alloc::format!(
            "{settings} of stage `{}` of API `{}`: the definition has no `{key}`",
            stage.stage_name,
            api.id
        );
        let any = key.split_once(' ').map(|(_, path)| alloc::format!("ANY {path}"));
        let any = any.filter(is_key);
        let help = match (by_path.get(&unescaped(key)), any) {
            (Some(meant), _) => Some(alloc::format!("write `{meant}`: `/` is `~1` in a path here")),
            (None, any) => any.map(|any| alloc::format!("it has `{any}`")),
        };
        let error = DefinitionError::error(stage.source_of(&[settings, key]), message);
        errors.push(DefinitionError { help, ..error });
    }
}

/// A key as people write it where they forget that its path is escaped: `orders/POST`, `/orders/POST`.
fn unescaped(key: &str) -> String {
    key.replace("~1", "/").trim_start_matches('/').to_owned()
}

/// What the settings of a method or route are found by, or those of one of its verbs.
fn settings_key(protocol: Protocol, method: &Method, verb: Option<&str>) -> String {
    match protocol {
        Protocol::Rest => {
            let path_escaped = method.resource_path.replace('/', "~1");
            alloc::format!("{path_escaped}/{}", verb.unwrap_or(&method.http_method))
        }
        Protocol::Http => method.route_key(),
    }
}

/// The verbs that settings may name of a method: a route of an HTTP API is named as a whole.
fn verbs(protocol: Protocol, method: &Method) -> &'static [&'static str] {
    match protocol {
        Protocol::Rest => method.verbs(),
        Protocol::Http => &[],
    }
}

/// The verbs of a method that its stage's settings, or usage plans of the stage, name.
pub(super) fn verbs_named(
    snapshot: &Snapshot,
    api: &Api,
    stage: &Stage,
    method: &Method,
) -> Vec<&'static str> {
    let plans = || snapshot.usage_plans.iter().flat_map(|plan| &plan.api_stages);
    let is_named = |verb: &&&'static str| {
        stage.method_settings.contains_key(&settings_key(api.protocol, method, Some(verb)))
            || plans().any(|planned| {
                planned.stage_name == stage.stage_name
                    && planned.api_id.eq_ignore_ascii_case(&api.id)
                    && planned.throttle.contains_key(&method.usage_plan_key_for(verb))
            })
    };
    verbs(api.protocol, method).iter().filter(is_named).copied().collect()
}

/// The bucket of a method at a stage. Each method has its own, also where `*/*` sets the limit, and a verb
/// that has a limit of its own.
pub(super) fn method_throttle(
    api: &Api,
    stage: &Stage,
    method: &Method,
    verb: Option<&str>,
) -> Option<(String, Limit)> {
    let limit =
        |key: &str| stage.method_settings.get(key).and_then(|s: &MethodSetting| s.throttling);
    let own = settings_key(api.protocol, method, None);
    let of_verb = verb.map(|verb| settings_key(api.protocol, method, Some(verb)));
    let (key, limit) = match of_verb.and_then(|key| limit(&key).map(|limit| (key, limit))) {
        Some(found) => found,
        None => {
            let limit = limit(&own).or_else(|| limit("*/*"))?;
            (own, limit)
        }
    };
    let bucket = || alloc::format!("stage/{}/{}/{key}", api.id, stage.stage_name);
    (limit != Limit::NONE).then(|| (bucket(), limit))
}

/// The settings of a method at a stage: those of its verb come before its own, and these before those of
/// `*/*`, one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct MethodSettings<'s>([Option<&'s MethodSetting>; 3]);

impl<'s> MethodSettings<'s> {
    pub(super) fn of(api: &Api, stage: &'s Stage, method: &Method, verb: Option<&str>) -> Self {
        let of_verb = verb.map(|verb| settings_key(api.protocol, method, Some(verb)));
        let own = settings_key(api.protocol, method, None);
        let keys = [of_verb.as_deref(), Some(&own), Some("*/*")];
        Self(keys.map(|key| stage.method_settings.get(key?)))
    }

    /// The first of them that says something.
    pub(super) fn find<T>(&self, of: impl Fn(&MethodSetting) -> Option<T>) -> Option<T> {
        self.0.into_iter().flatten().find_map(of)
    }

    /// The first thing that is said of this method by name.
    pub(super) fn find_own<T>(&self, of: impl Fn(&MethodSetting) -> Option<T>) -> Option<T> {
        self.0[..2].iter().copied().flatten().find_map(of)
    }
}

/// What is logged of a method at a stage.
pub(super) fn method_logging(settings: &MethodSettings<'_>) -> Option<Logging> {
    let level = settings.find(|s| s.logging_level).unwrap_or_default();
    let data_trace_enabled = settings.find(|s| s.data_trace_enabled).unwrap_or_default();
    (level != LoggingLevel::Off).then_some(Logging { level, data_trace_enabled })
}

/// Whether metrics of a method are counted by themselves too.
pub(super) fn has_method_metrics(settings: &MethodSettings<'_>) -> bool {
    settings.find(|s| s.metrics_enabled).unwrap_or_default()
}
