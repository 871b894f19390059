//! Variables of stages: what a definition is at each of its stages.

use std::iter;

use gateway_core::definition::document::{Node, Value};
use gateway_core::definition::openapi::{self, Options};
use gateway_core::definition::{
    AuthorizerKind, DefinitionError, Protocol, Severity, Source, Stage,
};

use super::functions::filled;
use crate::config::ApiConfig;

/// The stages that an API's definition is served at, canaries without a definition of their own among them.
pub(super) fn stages_of_definition(api: &ApiConfig) -> Vec<Stage> {
    let canary = |stage: &Stage| {
        stage.as_canary().filter(|_| !api.canary_definitions.contains_key(&stage.stage_name))
    };
    api.stages.iter().flat_map(|stage| iter::once(stage.clone()).chain(canary(stage))).collect()
}

/// The one that a canary's definition is served at.
pub(super) fn stage_of_canary(api: &ApiConfig, stage_name: &str) -> Vec<Stage> {
    let named = api.stages.iter().find(|stage| stage.stage_name == stage_name);
    named.and_then(Stage::as_canary).into_iter().collect()
}

/// What of a definition would be refused if the values of a stage's variables stood in its URIs: the real service
/// does not look before requests come, and answers all of them 500.
pub(super) fn refused_where_set(
    document: &Node,
    protocol: Protocol,
    options: Options<'_>,
    stages: &[Stage],
) -> Vec<DefinitionError> {
    let errors = |stage: &Stage| {
        let mut document = document.clone();
        if !fill(&mut document, stage) {
            return Vec::new();
        }
        let told = openapi::import_with(&document, protocol, options).err().unwrap_or_default();
        let errors = told.into_iter().filter(|told| told.severity == Severity::Error);
        let of_stage = |error: DefinitionError| DefinitionError {
            message: format!(
                "with the variables of stage `{}`: {}",
                stage.stage_name, error.message
            ),
            ..error
        };
        errors.map(of_stage).collect()
    };
    let mut told: Vec<DefinitionError> = stages.iter().flat_map(errors).collect();
    told.dedup(); // A stage and its canary are wrong alike.
    told
}

/// Puts the values of a stage's variables into the URIs of a document; whether there were any.
fn fill(node: &mut Node, stage: &Stage) -> bool {
    let mut is_filled = false;
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| is_filled |= fill(item, stage)),
        Value::Object(members) => {
            for (name, node) in members {
                is_filled |= match &mut node.value {
                    Value::String(uri) if matches!(name.as_str(), "uri" | "authorizerUri") => {
                        let with_values = filled(uri, stage);
                        let differs = with_values != *uri;
                        *uri = with_values;
                        differs
                    }
                    _ => fill(node, stage),
                };
            }
        }
        _ => {}
    }
    is_filled
}

/// How a variable is set where there is a configuration.
pub(super) const IN_CONFIGURATION: &str =
    "`variables` of the stage in edgeway.yaml says what it is";
/// How it is where a definition is served alone.
pub(super) const NOWHERE: &str = "an export has no stage variables: write an edgeway.yaml that names this file, with `variables` of its stage";

/// A warning for every stage without a variable that a URI has: what is not set stands for nothing.
pub(super) fn not_set(
    imported: &openapi::Imported,
    stages: &[Stage],
    help: &str,
) -> Vec<DefinitionError> {
    let integrations = imported.deployment.methods.iter().map(|method| &method.integration);
    let integrations = integrations.filter_map(|i| Some((i.uri.as_deref()?, &i.source)));
    let authorizers = imported.deployment.authorizers.iter();
    let authorizers = authorizers.filter_map(|authorizer| match &authorizer.kind {
        AuthorizerKind::Lambda(lambda) => Some((lambda.uri.as_str(), &authorizer.source)),
        _ => None,
    });
    let warnings = |(uri, source): (&str, &Source)| {
        let warning = |stage: &Stage| {
            let left = filled(uri, stage);
            let (_, rest) = left.split_once("${stageVariables.")?;
            let name = rest.split_once('}')?.0;
            let message = format!(
                "the stage `{}` has no variable `{name}`, which this URI names: it stands for nothing there",
                stage.stage_name
            );
            Some(DefinitionError::warning(source.clone(), message).help(help))
        };
        let mut warnings: Vec<_> = stages.iter().filter_map(warning).collect();
        warnings.dedup();
        warnings
    };
    integrations.chain(authorizers).flat_map(warnings).collect()
}

#[cfg(test)]
mod tests;
