//! Warnings about what a configuration leaves out: it is served, but probably not as it is meant.

use std::path::Path;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::{
    AuthorizerKind, ConnectionType, DefinitionError, Source, is_of_caller, openapi,
};

use crate::config::{Config, FunctionConfig};

/// Programs of functions that are named by a path where no file is: it may be built later.
pub(super) fn programs_not_there(config: &Config, document: &Node) -> Vec<DefinitionError> {
    let functions = At::root(document).get("functions");
    let warning = |(name, function): (&String, &FunctionConfig)| {
        let FunctionConfig::Command { command, .. } = function else { return None };
        let program = command.first().filter(|program| program.contains('/'))?;
        let at = functions.as_ref()?.get(name)?.get("command")?;
        let message = format!("there is no program {program}: its function cannot be started");
        let warning = DefinitionError::warning(at.source(), message);
        (!Path::new(program).is_file())
            .then(|| warning.help("paths are relative to the configuration's folder"))
    };
    config.functions.iter().filter_map(warning).collect()
}

/// A warning for every integration and authorizer whose role is not the one that it is called with.
pub(super) fn roles_not_assumed(imported: &openapi::Imported) -> Vec<DefinitionError> {
    let integrations = imported.deployment.methods.iter().map(|method| &method.integration);
    let with_role = integrations
        .filter(|integration| integration.credentials.as_deref().is_some_and(|c| !is_of_caller(c)));
    let warning = |source: &Source| {
        let message =
            "the role in `credentials` is not assumed: the host calls with its own credentials";
        let help =
            "`assumeRoles: true` in edgeway.yaml assumes the roles of integrations and authorizers";
        DefinitionError::warning(source.clone(), message).help(help)
    };
    let authorizers = imported.deployment.authorizers.iter().filter(|authorizer| {
        matches!(&authorizer.kind, AuthorizerKind::Lambda(lambda) if lambda.credentials.is_some())
    });
    let integrations = with_role.map(|integration| &integration.source);
    integrations.chain(authorizers.map(|authorizer| &authorizer.source)).map(warning).collect()
}

/// A warning for every private integration of a REST API without any links: it is sent to its URI.
pub(super) fn links_not_known(imported: &openapi::Imported) -> Vec<DefinitionError> {
    let connections = imported.deployment.methods.iter().map(|m| &m.integration.connection_type);
    let warning = |connection: &ConnectionType| {
        let ConnectionType::VpcLink(private) = connection else { return None };
        let message =
            "the host sends to the URI itself: it must stand in a network that reaches it";
        let help = "`vpcLinks` in edgeway.yaml says where links lead to";
        Some(DefinitionError::warning(private.source.clone(), message).help(help))
    };
    connections.filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_function_whose_program_is_not_there_is_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let text = "apis: [{id: a, protocol: REST, definition: a.yaml, stages: [{stageName: s}]}]\n\
                    functions:\n  f: {command: [./f]}\n  g: {command: [./g]}\n";
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("edgeway.yaml", text);
        write("g", "");
        let document = crate::document::read(text).unwrap();
        let config = Config::read(&document, folder.path());
        let Ok(config) = config else { panic!("{config:?}") };
        let told = programs_not_there(&config, &document);
        let told: Vec<_> = told.iter().map(|told| told.source.pointer.as_str()).collect();
        assert_eq!(told, ["/functions/f/command"]);
    }
}
