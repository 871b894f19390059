//! APIs: their definitions, and what the configuration says of their stages.

use std::iter;
use std::path::Path;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::Options;
use gateway_core::definition::{
    Api, DefinitionError, Deployment, Protocol, Snapshot, Source, Stage, openapi,
};
use gateway_core::gateway::Gateway;

use super::{
    Building, caching, doubtful, guess_protocol, places, policies, private_endpoints, stages,
    variables, vpc_links,
};
use crate::config::{ApiConfig, Config};

/// Where an API is told of.
#[derive(Clone, Copy)]
struct Place<'a> {
    config_file: &'a Path,
    /// The API in the configuration.
    config: &'a Source,
    definition: &'a Path,
}

impl Building {
    /// What plans say of stages. Where a definition is refused, nothing is known of its methods.
    pub(super) fn usage_plans(&mut self, config: &Config, file: &Path, apis: &[Option<Api>]) {
        let mut plans = config.usage_plans.clone();
        let mut known = Vec::new();
        for (api, read) in config.apis.iter().zip(apis) {
            known.push(read.clone().unwrap_or_else(|| without_definition(api)));
            let stages = plans.iter_mut().flat_map(|plan| &mut plan.api_stages);
            for stage in
                stages.filter(|of| read.is_none() && of.api_id.eq_ignore_ascii_case(&api.id))
            {
                stage.throttle.clear();
            }
        }
        let told = plans.iter().flat_map(|plan| plan.check(&known));
        let document = self.document.clone();
        let place = |error: DefinitionError| match document.as_deref() {
            Some(root) => DefinitionError { source: places::nearest(root, &error.source), ..error },
            None => error,
        };
        self.note(file, document.as_deref(), told.map(place));
    }

    pub(super) fn api(
        &mut self,
        api: &ApiConfig,
        config: &Config,
        config_file: &Path,
    ) -> Option<Api> {
        let mut doubts = stages::refused_by_aws(&api.stages);
        doubts.extend(stages::without_cache(api.protocol, &api.stages));
        self.note_of_stages(config_file, &api.source, doubts);
        if api.definition.as_os_str().is_empty() {
            self.definition_of_unknown_kind(api, config_file);
            self.rest_of(api, config, config_file);
            return None;
        }
        let served = variables::stages_of_definition(api);
        let imported = self.deployment(&api.definition, api, &served, config);
        let Some((document, imported)) = imported else {
            self.rest_of(api, config, config_file);
            return None;
        };
        let mut built = Api {
            id: api.id.clone(),
            name: imported.name,
            protocol: api.protocol,
            disable_execute_api_endpoint: imported.disable_execute_api_endpoint,
            deployments: vec![imported.deployment],
            stages: api.stages.clone(),
        };
        built.stages.iter_mut().for_each(|stage| (stage.canary, stage.web_acl) = (None, None));
        let place = Place { config_file, config: &api.source, definition: &api.definition };
        let mut is_sound = self.compile_alone(&built, config, &place, Some(&document));
        built.stages.clone_from(&api.stages);
        for (stage_name, file) in &api.canary_definitions {
            let named = |stage: &Stage| stage.stage_name == *stage_name;
            let Some(stage) = built.stages.iter().position(named) else { continue };
            let served = variables::stage_of_canary(api, stage_name);
            let Some((document, imported)) = self.deployment(file, api, &served, config) else {
                is_sound = false;
                continue;
            };
            let index = built.deployments.len() as u32;
            built.deployments.push(imported.deployment);
            if let Some(canary) = &mut built.stages[stage].canary {
                canary.deployment = index;
            }
            let promoted = promoted_alone(&built, stage);
            let place = Place { definition: file, ..place };
            is_sound &= self.compile_alone(&promoted, config, &place, Some(&document));
        }
        is_sound.then_some(built)
    }

    /// What is wrong with the definition of an API whose protocol is no word that is known.
    fn definition_of_unknown_kind(&mut self, api: &ApiConfig, config_file: &Path) {
        let document = self.document.clone();
        let root = document.as_deref().map(At::root);
        let at = root.and_then(|root| root.find(&api.source.pointer)?.get("definition"));
        let Some(name) = at.as_ref().and_then(|at| at.as_str()) else { return };
        let file = config_file.parent().unwrap_or(Path::new("")).join(name);
        let Some(document) = self.read(&file) else { return };
        let longest = gateway_core::limits::INTEGRATION_MS_MAX;
        let options = Options { integration_ms_max: longest, ..Options::new("") };
        self.import(&file, &document, guess_protocol(&document), options);
    }

    /// What else is wrong with an API whose definition is refused: nobody should have to come back for it.
    fn rest_of(&mut self, api: &ApiConfig, config: &Config, config_file: &Path) {
        let mut alone = without_definition(api);
        for stage in &mut alone.stages {
            (stage.canary, stage.web_acl) = (None, None);
            // Whose they are is in the definition.
            stage.method_settings.clear();
        }
        let place = Place { config_file, config: &api.source, definition: &api.definition };
        self.compile_alone(&alone, config, &place, None);
        for (stage_name, file) in &api.canary_definitions {
            let served = variables::stage_of_canary(api, stage_name);
            self.deployment(file, api, &served, config);
        }
    }

    /// What a definition makes of an API at the stages where it is served, as one that can be deployed.
    fn deployment(
        &mut self,
        file: &Path,
        api: &ApiConfig,
        served: &[Stage],
        config: &Config,
    ) -> Option<(Node, openapi::Imported)> {
        let options = Options {
            region: &config.region,
            basepath: api.basepath,
            integration_ms_max: config.integration_ms_max,
        };
        let (document, mut imported) = self.definition(file, api.protocol, options)?;
        imported.deployment.id = deployment_id(&document);
        if !config.assume_roles {
            self.note(file, Some(&document), doubtful::roles_not_assumed(&imported));
        }
        self.note(file, Some(&document), caching::shared_by_callers(&imported, &api.stages));
        self.note(file, Some(&document), caching::one_for_all_values(&imported, &api.stages));
        self.note(file, Some(&document), doubtful::keys_of_nobody(&imported, api, config));
        self.note(file, Some(&document), policies::of_api(&document, &imported, api, config));
        let unknown = doubtful::organizations_not_known(&imported, config);
        self.note(file, Some(&document), unknown);
        let where_set = match self.document {
            Some(_) => variables::IN_CONFIGURATION,
            None => variables::NOWHERE,
        };
        self.note(file, Some(&document), variables::not_set(&imported, served, where_set));
        if self.document.is_some() {
            let refused = variables::refused_where_set(&document, api.protocol, options, served);
            self.note(file, Some(&document), refused);
        }
        if self.is_for_edge {
            self.note(file, Some(&document), doubtful::loopback(&imported, &api.stages));
        }
        if config.vpc_links.is_empty() && api.protocol == Protocol::Rest {
            self.note(file, Some(&document), doubtful::links_not_known(&imported));
        }
        Some((document, imported))
    }

    /// Compiles an API alone, so that a mistake is told with its file.
    fn compile_alone(
        &mut self,
        api: &Api,
        config: &Config,
        place: &Place<'_>,
        document: Option<&Node>,
    ) -> bool {
        let alone = Snapshot {
            private_endpoints: private_endpoints(config),
            principals: config.principals.clone(),
            vpc_links: vpc_links(config),
            ..Snapshot::new(&config.region, &config.account_id, vec![api.clone()])
        };
        let Err(errors) = Gateway::compile(alone) else { return true };
        let (of_stages, of_definition): (Vec<_>, Vec<_>) =
            errors.into_iter().partition(|error| error.source.line == 0);
        self.note_of_stages(place.config_file, place.config, of_stages);
        self.note(place.definition, document, of_definition);
        false
    }

    /// Mistakes that are not in a definition, but in what the configuration says of the API's stages.
    fn note_of_stages(&mut self, file: &Path, api: &Source, errors: Vec<DefinitionError>) {
        let document = self.document.clone();
        let place = |error: DefinitionError| match document.as_deref() {
            Some(document) => {
                let source = places::of_stage(document, api, &error.source);
                DefinitionError { source, ..error }
            }
            None => DefinitionError { source: api.clone(), ..error },
        };
        self.note(file, document.as_deref(), errors.into_iter().map(place));
    }
}

/// Which file each deployment was read from: they stand in the order in which [`Building::api`] reads them.
pub(super) fn note_files(apis: &mut [ApiConfig], snapshot: &Snapshot) {
    for (api, built) in apis.iter_mut().zip(&snapshot.apis) {
        let files = iter::once(&api.definition).chain(api.canary_definitions.values());
        let ids = built.deployments.iter().map(|deployment| deployment.id.clone());
        api.deployed = ids.zip(files.cloned()).collect();
    }
}

/// An API with its stages alone.
fn without_definition(api: &ApiConfig) -> Api {
    Api {
        id: api.id.clone(),
        name: String::new(),
        protocol: api.protocol,
        disable_execute_api_endpoint: false,
        deployments: vec![Deployment::new("", Vec::new())],
        stages: api.stages.clone(),
    }
}

/// The API as promotion would make it, with this stage and its canary's deployment alone. Settings of
/// methods that only the other deployment has are no mistake.
fn promoted_alone(api: &Api, stage: usize) -> Api {
    let promoted = api.stages[stage].as_canary().unwrap_or_default();
    let deployment = api.deployments[promoted.deployment as usize].clone();
    let method_settings = Default::default();
    let stage = Stage { deployment: 0, canary: None, web_acl: None, method_settings, ..promoted };
    Api { deployments: vec![deployment], stages: vec![stage], ..api.clone() }
}

/// Ten characters, the same for the same definition on every machine: FNV-1a over its values.
fn deployment_id(document: &Node) -> String {
    let text = format!("{:?}", document.value);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let digit = |i: u32| {
        let digit = (hash / 36_u64.pow(i) % 36) as u8;
        char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
    };
    (0..10).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::snapshot::Origin;

    #[test]
    fn a_mistake_of_a_configuration_hides_none_of_what_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let definition = "info: {title: t, version: '1'}\npaths: {/x: {get: {}}}\n";
        write("a.yaml", &format!("openapi: 3.0.1\n{definition}"));
        write("b.yaml", &format!("opnapi: 3.0.1\n{definition}"));
        write("web-acl.json", "{}");
        write(
            "edgeway.yaml",
            "regoin: eu-west-1\napis:\n- id: a_b\n  protocol: REST\n  definition: a.yaml\n  stages:\n  - \
             stageName: s\n    webAcl: w\n    accessLogSettings: {format: $context.nope $context.requestId, destination: stdout}\n\
             - {id: b, protocol: RETS, definition: b.yaml, stages: [{stageName: t, variables: 1}]}\n\
             domainNames:\n- {domainName: a.example, basePathMappings: [{restApiId: a_b, stage: t}]}\n\
             - {domainName: b.example, basePathMappings: [{restApiId: b, stage: t}]}\n\
             webAcls: [{name: w, definition: web-acl.json, logging: {}}]\n\
             apiKeys: [{name: k, value: short}]\n\
             usagePlans: [{id: p, apiStages: [{apiId: a_b, stage: u}], keys: [k], quota: {limit: x, period: DAI}}]\n",
        );
        let config = Origin::Config(folder.path().join("edgeway.yaml"));
        let told = config.build().unwrap_err().diagnostics;
        let told: Vec<String> = told
            .iter()
            .filter(|told| told.is_error())
            .map(|told| {
                let file = told.file.file_name().unwrap_or_default().to_string_lossy();
                format!("{file}:{} {}", told.error.source.line, told.error.message)
            })
            .collect();
        for wrong in [
            "edgeway.yaml:1 unknown key `regoin`",
            "edgeway.yaml:3 `a_b` cannot be an API's id",
            "edgeway.yaml:9 access log format of stage `s`",
            "edgeway.yaml:10 unknown protocol `RETS`",
            "edgeway.yaml:10 `variables` must be a map",
            "edgeway.yaml:12 API `a_b` has no stage `t`",
            "edgeway.yaml:14 `destination` is missing",
            "edgeway.yaml:15 an API key has 20 to 128",
            "edgeway.yaml:16 `limit` must be a whole number",
            "edgeway.yaml:16 unknown period `DAI`",
            "a.yaml:3 No integration defined for method",
            "b.yaml:1 the member `opnapi` is not known here",
            "b.yaml:3 No integration defined for method",
        ] {
            assert!(
                told.iter().any(|told| told.starts_with(wrong)),
                "{wrong} in\n{}",
                told.join("\n")
            );
        }
        // Nothing only follows from another: all that is named is there, right or wrong.
        for follows in ["no API has the id", "there is no web ACL", "there is no API key"] {
            assert!(!told.iter().any(|told| told.contains(follows)), "{}", told.join("\n"));
        }
    }

    #[test]
    fn a_mistake_of_a_definition_hides_none_of_its_stages_and_plans() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.yaml", "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {/x: {get: {}}}\n");
        write(
            "edgeway.yaml",
            "apis:\n- id: a\n  protocol: REST\n  definition: a.yaml\n  stages:\n  - stageName: s\n    \
             accessLogSettings: {format: $context.nope, destination: stdout}\n\
             usagePlans: [{id: p, apiStages: [{apiId: a, stage: t}]}]\n",
        );
        let config = Origin::Config(folder.path().join("edgeway.yaml"));
        let told = config.build().unwrap_err().diagnostics;
        let told: Vec<String> = told
            .iter()
            .map(|told| format!("{}: {}", told.error.source.line, told.error.message))
            .collect();
        assert_eq!(
            told,
            [
                "7: AWS refuses this: the access log format of stage `s` names no request",
                "3: No integration defined for method",
                "7: access log format of stage `s` of API `a`: $context.nope is not a variable of access logs",
                "8: API `a` has no stage `t`",
            ]
        );
    }
}
