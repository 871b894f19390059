//! `endpoints`: where AWS's services are.

use std::collections::BTreeMap;

use gateway_core::definition::document::At;

use super::reading::Reading;
use super::{Config, variable_name};

pub(super) fn read(reading: &Reading, at: &At<'_>) -> BTreeMap<String, String> {
    let Some(at) = at.get("endpoints") else { return BTreeMap::new() };
    let read = |(name, at)| Some((String::from(name), reading.url(&at)?));
    reading.object(&at).into_iter().filter_map(read).collect()
}

impl Config {
    /// The URL of an AWS service, if one is configured: `endpoints`, else `AWS_ENDPOINT_URL_{NAME}`,
    /// else `AWS_ENDPOINT_URL` (as in "Service-specific endpoints" of AWS's SDK reference).
    pub fn endpoint(&self, signing_name: &str) -> Option<String> {
        let variable = |name: String| std::env::var(name).ok().filter(|url| !url.is_empty());
        let configured = self.endpoints.get(signing_name).cloned();
        configured
            .or_else(|| endpoint_variables(signing_name).into_iter().find_map(variable))
            .or_else(|| variable("AWS_ENDPOINT_URL".into()))
    }
}

/// The variables that say where a service is, the first one first.
pub(crate) fn endpoint_variables(signing_name: &str) -> Vec<String> {
    let names = std::iter::once(signing_name).chain(sdk_name(signing_name));
    names.map(|name| format!("AWS_ENDPOINT_URL_{}", variable_name(name))).collect()
}

/// What AWS's SDKs call a service in the names of variables, where that is not its signing name.
fn sdk_name(signing_name: &str) -> Option<&'static str> {
    Some(match signing_name {
        "states" => "SFN",
        "events" => "EVENTBRIDGE",
        "secretsmanager" => "SECRETS_MANAGER",
        "cognito-idp" => "COGNITO_IDENTITY_PROVIDER",
        "monitoring" => "CLOUDWATCH",
        "logs" => "CLOUDWATCH_LOGS",
        "iotdata" => "IOT_DATA_PLANE",
        _ => return None,
    })
}
