//! Functions: those that APIs name, and the entries that the configuration has for them.

use std::collections::BTreeSet;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::did_you_mean;
use gateway_core::definition::{AuthorizerKind, DefinitionError, Snapshot, Stage};

use crate::config::Config;

/// The functions that stages name, as `name` or `name:qualifier`.
#[derive(Debug, Default, PartialEq)]
struct Named {
    functions: BTreeSet<String>,
    /// Whether a stage variable that is not set stands for others.
    are_more: bool,
}

/// A warning for each entry of `functions` that no integration and no authorizer names: most often it is misspelt, and the
/// function asked at AWS.
pub(super) fn named_by_none(
    config: &Config,
    snapshot: &Snapshot,
    document: &Node,
) -> Vec<DefinitionError> {
    let named = named(snapshot);
    if named.are_more {
        return Vec::new();
    }
    let is_of = |entry: &str, function: &str| function == entry || alone(function) == entry;
    let is_named = |entry: &str| named.functions.iter().any(|function| is_of(entry, function));
    let entries = At::root(document).get("functions");
    let warning = |entry: &String| {
        let message = format!("no integration and no authorizer names the function `{entry}`");
        let warning = DefinitionError::warning(entries.as_ref()?.get(entry)?.source(), message);
        Some(match did_you_mean(entry, named.functions.iter().map(String::as_str)) {
            Some(near) => warning.help(near),
            None => warning,
        })
    };
    config.functions.keys().filter(|entry| !is_named(entry)).filter_map(warning).collect()
}

/// The functions without an entry, which Lambda is asked for.
pub(crate) fn without_entry(config: &Config, snapshot: &Snapshot) -> BTreeSet<String> {
    let mut functions = named(snapshot).functions;
    let has_entry = |name: &str| config.functions.contains_key(name);
    functions.retain(|name| !has_entry(name) && !has_entry(alone(name)));
    functions
}

fn alone(function: &str) -> &str {
    function.split(':').next().unwrap_or(function)
}

fn named(snapshot: &Snapshot) -> Named {
    let mut named = Named::default();
    each_uri(snapshot, |uri| named.note(uri));
    named
}

/// The URIs of integrations and authorizers, with the variables of each stage in their places as far as they are set.
pub(super) fn each_uri(snapshot: &Snapshot, mut note: impl FnMut(&str)) {
    for api in &snapshot.apis {
        for stage in &api.stages {
            for stage in [Some(stage), stage.as_canary().as_ref()].into_iter().flatten() {
                let Some(deployment) = api.deployments.get(stage.deployment as usize) else {
                    continue;
                };
                let integrations = deployment.methods.iter();
                let uris = integrations.filter_map(|method| method.integration.uri.as_deref());
                let authorizers = deployment.authorizers.iter();
                let authorizers = authorizers.filter_map(|authorizer| match &authorizer.kind {
                    AuthorizerKind::Lambda(lambda) => Some(lambda.uri.as_str()),
                    _ => None,
                });
                uris.chain(authorizers).for_each(|uri| note(&filled(uri, stage)));
            }
        }
    }
}

/// A URI with the variables of a stage in their places.
pub(super) fn filled(uri: &str, stage: &Stage) -> String {
    stage.variables.iter().fold(uri.to_owned(), |uri, (name, value)| {
        uri.replace(&format!("${{stageVariables.{name}}}"), value)
    })
}

impl Named {
    fn note(&mut self, uri: &str) {
        if !uri.starts_with("arn:") {
            return;
        }
        let Some(function) = function_of(uri) else { return };
        match function.contains("${") {
            true => self.are_more = true,
            false => _ = self.functions.insert(function.to_owned()),
        }
    }
}

/// Of an invocation's URI, or of the function's ARN. What else is asked of Lambda's own API invokes none.
fn function_of(uri: &str) -> Option<&str> {
    let (_, lambda) = uri.split_once(":lambda:")?;
    if lambda.starts_with("path/") && !lambda.ends_with("invocations") {
        return None;
    }
    let parted = lambda.split_once(":function:").or_else(|| lambda.split_once("/functions/"));
    parted?.1.split('/').next()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::snapshot::{Built, Origin};

    const API: &str = "\
openapi: 3.0.1
info: {title: t, version: '1'}
paths:
  /a:
    post:
      x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:products:${stageVariables.alias}/invocations'}
  /configuration:
    get:
      responses: {'200': {description: d}}
      x-amazon-apigateway-integration: {type: aws, httpMethod: GET, uri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/asked/configuration', responses: {default: {statusCode: '200'}}}
  /b:
    post:
      x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:${stageVariables.b}/invocations'}
";

    fn built(variables: &str, functions: &str) -> Built {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "apis: [{{id: a, protocol: REST, definition: a.yaml, stages: [{{stageName: s, variables: {{{variables}}}}}]}}]\n\
             functions: {{{functions}}}\n"
        );
        fs::write(folder.path().join("edgeway.yaml"), config).unwrap();
        fs::write(folder.path().join("a.yaml"), API).unwrap();
        Origin::Config(folder.path().join("edgeway.yaml")).build().unwrap()
    }

    fn told(variables: &str, functions: &str) -> Vec<String> {
        let warnings = built(variables, functions).warnings.into_iter();
        let told = warnings.map(|told| {
            let help = told.error.help.unwrap_or_default();
            format!("{} {} {help}", told.error.source.pointer, told.error.message)
        });
        told.filter(|told| told.contains("no integration")).collect()
    }

    #[test]
    fn an_entry_for_a_function_that_nothing_names_is_warned_of() {
        let all = "alias: live, b: other";
        let url = |name: &str| format!("'{name}': {{url: 'http://f'}}");
        for used in ["products", "products:live", "other"] {
            assert_eq!(told(all, &url(used)), [""; 0], "{used}");
        }
        let misspelt = told(all, &url("prodcts"));
        assert!(
            matches!(&misspelt[..], [one] if one.starts_with("/functions/prodcts no integration")),
            "{misspelt:?}"
        );
        assert_eq!(told(all, &url("products:dev")).len(), 1);
        let near = told(all, &url("othr"));
        assert!(near[0].contains("other"), "{near:?}");
        // The variable is set by somebody else, or later.
        assert_eq!(told("alias: live", &url("prodcts")), [""; 0]);
    }

    #[test]
    fn functions_without_an_entry_are_known() {
        let Built { config, snapshot, .. } =
            built("alias: live, b: other", "products: {url: 'http://f'}");
        assert_eq!(without_entry(&config, &snapshot), BTreeSet::from(["other".to_owned()]));
    }
}
