//! Warnings about what AWS would not let a stage have.

use gateway_core::definition::{DefinitionError, Stage};

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

/// "values must match [A-Za-z0-9-._~:/?#&=,]+"
fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&byte)
}

#[cfg(test)]
mod tests {
    use gateway_core::definition::AccessLogSettings;

    use super::*;

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
}
