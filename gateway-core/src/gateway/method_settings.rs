//! `methodSettings` and `routeSettings` of a stage: what they say of each method.

use alloc::collections::BTreeSet;
use alloc::{string::String, vec::Vec};

use crate::bucket::Limit;
use crate::definition::{
    Api, DefinitionError, LoggingLevel, Method, MethodSetting, Protocol, Stage,
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
    let keys: BTreeSet<String> = methods.map(|method| settings_key(api.protocol, method)).collect();
    let settings = match api.protocol {
        Protocol::Rest => "methodSettings",
        Protocol::Http => "routeSettings",
    };
    for key in stage.method_settings.keys().filter(|key| *key != "*/*" && !keys.contains(*key)) {
        let message = alloc::format!(
            "{settings} of stage `{}` of API `{}`: the definition has no `{key}`",
            stage.stage_name,
            api.id
        );
        let any = match key.rsplit_once('/') {
            Some((path, _)) if api.protocol == Protocol::Rest => alloc::format!("{path}/ANY"),
            _ => {
                key.split_once(' ').map_or(String::new(), |(_, path)| alloc::format!("ANY {path}"))
            }
        };
        let help = keys.contains(&any).then(|| alloc::format!("it has `{any}`"));
        let error = DefinitionError::error(stage.source_of(&[settings, key]), message);
        errors.push(DefinitionError { help, ..error });
    }
}

/// What the settings of a method or route are found by.
fn settings_key(protocol: Protocol, method: &Method) -> String {
    match protocol {
        Protocol::Rest => {
            let path_escaped = method.resource_path.replace('/', "~1");
            alloc::format!("{path_escaped}/{}", method.http_method)
        }
        Protocol::Http => method.route_key(),
    }
}

/// The bucket of a method at a stage. Each method has its own, also where `*/*` sets the limit.
pub(super) fn method_throttle(
    api: &Api,
    stage: &Stage,
    method: &Method,
) -> Option<(String, Limit)> {
    let key = settings_key(api.protocol, method);
    let limit =
        |key: &str| stage.method_settings.get(key).and_then(|s: &MethodSetting| s.throttling);
    let limit = limit(&key).or_else(|| limit("*/*"))?;
    Some((alloc::format!("stage/{}/{}/{key}", api.id, stage.stage_name), limit))
}

/// The settings of a method at a stage: its own come before those of `*/*`, one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct MethodSettings<'s>([Option<&'s MethodSetting>; 2]);

impl<'s> MethodSettings<'s> {
    pub(super) fn of(api: &Api, stage: &'s Stage, method: &Method) -> Self {
        let key = settings_key(api.protocol, method);
        Self([key.as_str(), "*/*"].map(|key| stage.method_settings.get(key)))
    }

    /// The first of them that says something.
    pub(super) fn find<T>(&self, of: impl Fn(&MethodSetting) -> Option<T>) -> Option<T> {
        self.0.into_iter().flatten().find_map(of)
    }

    /// What is said of this method by name.
    pub(super) fn own(&self) -> Option<&'s MethodSetting> {
        self.0[0]
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
