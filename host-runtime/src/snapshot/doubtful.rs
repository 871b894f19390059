//! Warnings about what a configuration leaves out: it is served, but probably not as it is meant.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::{
    AuthorizerKind, ConnectionType, DefinitionError, IamPrincipal, Integration, Source, Stage,
    is_of_caller, openapi,
};
use gateway_core::policy::Policy;

use super::functions::filled;
use crate::config::{ApiConfig, Config, FunctionConfig};

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

/// A warning for every principal whose organization a policy asks for and nobody told.
pub(super) fn organizations_not_known(
    imported: &openapi::Imported,
    config: &Config,
) -> Vec<DefinitionError> {
    let policy = imported.deployment.policy.iter();
    let is_asked = policy.flat_map(Policy::condition_keys).any(|key| key == "aws:principalorgid");
    let unknown = config.principals.iter().filter(|p| p.identity.organization_id.is_none());
    let warning = |principal: &IamPrincipal| {
        let message = format!(
            "the policy asks for `aws:PrincipalOrgID`, which the principal `{}` has not",
            principal.identity.arn
        );
        let source = Source { pointer: "/x-amazon-apigateway-policy".into(), line: 0 };
        let help = "`principalOrgId` of `iam.principals` in edgeway.yaml says what it is";
        DefinitionError::warning(source, message).help(help)
    };
    unknown.filter(|_| is_asked).map(warning).collect()
}

/// A warning for each stage where methods want an API key, and nobody has one that it takes.
pub(super) fn keys_of_nobody(
    imported: &openapi::Imported,
    api: &ApiConfig,
    config: &Config,
) -> Vec<DefinitionError> {
    let mut methods = imported.deployment.methods.iter().filter(|method| method.api_key_required);
    let Some(method) = methods.next() else { return Vec::new() };
    let is_enabled = |id: &String| config.api_keys.iter().any(|key| key.id == *id && key.enabled);
    let is_open = |stage: &&Stage| {
        let plans = config.usage_plans.iter().filter(|plan| {
            plan.api_stages.iter().any(|of| {
                of.stage_name == stage.stage_name && of.api_id.eq_ignore_ascii_case(&api.id)
            })
        });
        !plans.flat_map(|plan| &plan.api_key_ids).any(is_enabled)
    };
    let warning = |stage: &Stage| {
        let message = format!(
            "every request is answered 403 at stage `{}`: an API key is required, and no usage plan of \
             this stage has one that is enabled",
            stage.stage_name
        );
        let help = "`apiKeys` and `usagePlans` in edgeway.yaml say who has keys";
        DefinitionError::warning(method.source.clone(), message).help(help)
    };
    api.stages.iter().filter(is_open).map(warning).collect()
}

/// A warning for every endpoint of a definition for the edge that is the machine itself: a Worker has no
/// neighbours there.
pub(super) fn loopback(imported: &openapi::Imported, stages: &[Stage]) -> Vec<DefinitionError> {
    let integrations = imported.deployment.methods.iter().map(|method| &method.integration);
    let warning = |integration: &Integration| {
        let uri = integration.uri.as_deref()?;
        let found = stages.iter().map(|stage| filled(uri, stage)).find(|uri| is_loopback(uri))?;
        let message = format!("once deployed, {} is not this machine", origin(&found));
        let help = "name an address that is reached from where it is deployed";
        Some(DefinitionError::warning(integration.source.clone(), message).help(help))
    };
    integrations.filter_map(warning).collect()
}

/// Whether a URL leads to the machine itself.
pub(crate) fn is_loopback(url: &str) -> bool {
    let authority = origin(url).split_once("://").map_or("", |(_, authority)| authority);
    if let Some((host, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    }
    let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Scheme and authority.
fn origin(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |end| end + 3);
    let end = url[authority..].find(['/', '?']).map_or(url.len(), |end| authority + end);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::snapshot::Origin;

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

    fn snapshot_of(config: &str, definition: &str) -> (tempfile::TempDir, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("edgeway.yaml"), config).unwrap();
        fs::write(folder.path().join("a.yaml"), definition).unwrap();
        let built = Origin::Config(folder.path().join("edgeway.yaml")).build_for_edge().unwrap();
        let told = built.warnings.iter().map(|told| told.error.message.clone()).collect();
        (folder, told)
    }

    const DEFINITION: &str = "\
openapi: 3.0.1
info: {title: t, version: '1'}
components: {securitySchemes: {key: {type: apiKey, name: x-api-key, in: header}}}
paths:
  /open:
    get:
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: 'http://${stageVariables.host}:9000/'}
  /keyed:
    get:
      security: [{key: []}]
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: 'https://example.com/'}
";

    #[test]
    fn a_stage_where_nobody_has_a_key_is_warned_of() {
        let config = "\
apis: [{id: a, protocol: REST, definition: a.yaml, stages: [{stageName: s}, {stageName: t}, {stageName: u}]}]
apiKeys: [{id: k, value: kkkkkkkkkkkkkkkkkkkk}, {id: l, value: llllllllllllllllllll, enabled: false}]
usagePlans:
- {id: p, apiStages: [{apiId: A, stage: s}], keys: [k]}
- {id: q, apiStages: [{apiId: a, stage: t}], keys: [l]}
";
        let (_folder, mut told) = snapshot_of(config, DEFINITION);
        told.retain(|told| told.contains("403"));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("403 at stage `t`") && told[1].contains("403 at stage `u`"));
    }

    #[test]
    fn an_endpoint_of_the_machine_itself_is_warned_of_at_the_edge() {
        let config = "\
apis: [{id: a, protocol: REST, definition: a.yaml, stages: [{stageName: s, variables: {host: 127.0.0.1}}]}]
apiKeys: [{id: k, value: kkkkkkkkkkkkkkkkkkkk}]
usagePlans: [{id: p, apiStages: [{apiId: a, stage: s}], keys: [k]}]
";
        let (_folder, told) = snapshot_of(config, DEFINITION);
        assert_eq!(told, ["once deployed, http://127.0.0.1:9000 is not this machine"]);
        for (url, is_there) in [
            ("http://localhost", true),
            ("http://a.LOCALHOST:80/x", true),
            ("http://[::1]:8080/", true),
            ("https://127.1.2.3?x", true),
            ("http://127.0.0.1.example.com/", false),
            ("http://example.com/localhost", false),
            ("arn:aws:lambda:::function:localhost", false),
        ] {
            assert_eq!(is_loopback(url), is_there, "{url}");
        }
    }
}
