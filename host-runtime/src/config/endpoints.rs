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
        let of_service = |name: &str| variable(format!("AWS_ENDPOINT_URL_{}", variable_name(name)));
        let configured = self.endpoints.get(signing_name).cloned();
        configured
            .or_else(|| of_service(signing_name))
            .or_else(|| of_service(sdk_name(signing_name)?))
            .or_else(|| variable("AWS_ENDPOINT_URL".into()))
    }
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
