//! From files to a snapshot: the configuration, its definitions, and everything wrong with them.

mod caching;
mod distributions;
mod guess;
mod stages;
mod tls;
mod web_acls;

use std::fs;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::{BasePathMode, Options};
use gateway_core::definition::{
    Api, AuthorizerKind, ConnectionType, DefinitionError, PrivateEndpoint, Protocol, Snapshot,
    Source, Stage, VpcLink, is_of_caller, openapi,
};
use gateway_core::gateway::Gateway;
use gateway_core::limits::{DEFINITION_BYTES_MAX, DEFINITION_ERRORS_MAX};

use crate::config::{ApiConfig, Config, FunctionConfig, Truststore, VpcLinkConfig};
use crate::diagnostic::Diagnostic;
use crate::locations::Locations;
use crate::perform::trust::certificates;

/// What files say, without a mistake.
#[derive(Debug, Clone)]
pub struct Built {
    /// The configuration.
    pub config: Config,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What is served, but probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// Why files are refused.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Everything that is wrong, and what is doubtful besides.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, or should have been.
    pub files: Vec<PathBuf>,
}

/// What is built from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A configuration file.
    Config(PathBuf),
    /// A definition alone.
    Definition {
        /// The file.
        file: PathBuf,
        /// REST or HTTP; guessed from the document if `None`.
        protocol: Option<Protocol>,
        /// Where it is served.
        listen: SocketAddr,
        /// What becomes of its base path.
        basepath: BasePathMode,
    },
}

impl Origin {
    /// Reads the files anew and builds their snapshot, for this host to serve.
    ///
    /// # Errors
    /// All mistakes of all files.
    pub fn build(&self) -> Result<Built, Refused> {
        self.build_by(Building::default())
    }

    /// The same for an edge whose platform knows where viewers are.
    ///
    /// # Errors
    /// All mistakes of all files.
    pub fn build_for_edge(&self) -> Result<Built, Refused> {
        self.build_by(Building { is_for_edge: true, ..Building::default() })
    }

    fn build_by(&self, mut building: Building) -> Result<Built, Refused> {
        let built = match self {
            Self::Config(file) => building.config(file),
            Self::Definition { file, protocol, listen, basepath } => {
                building.definition_alone(file, *protocol, *listen, *basepath)
            }
        };
        let Building { diagnostics, files, .. } = building;
        match built {
            Some((config, snapshot)) if !diagnostics.iter().any(Diagnostic::is_error) => {
                Ok(Built { config, snapshot, warnings: diagnostics, files })
            }
            _ => Err(Refused { diagnostics, files }),
        }
    }
}

/// Whether a file is a configuration rather than a definition.
pub fn is_config(file: &Path) -> bool {
    let document = read_text(file).ok().and_then(|text| crate::document::read(&text).ok());
    document.is_some_and(|document| !is_definition(&At::root(&document)))
}

fn is_definition(root: &At<'_>) -> bool {
    root.get("openapi").is_some() || root.get("swagger").is_some() || openapi::is_template(root)
}

/// Where an API is told of.
#[derive(Clone, Copy)]
struct Place<'a> {
    config_file: &'a Path,
    /// The API in the configuration.
    config: &'a Source,
    definition: &'a Path,
}

#[derive(Default)]
struct Building {
    diagnostics: Vec<Diagnostic>,
    files: Vec<PathBuf>,
    /// Where the platform knows countries, and runs no programs.
    is_for_edge: bool,
}

impl Building {
    fn config(&mut self, file: &Path) -> Option<(Config, Snapshot)> {
        let document = self.read(file)?;
        let root = At::root(&document);
        let is_openapi = root.get("openapi").or_else(|| root.get("swagger")).is_some();
        if root.get("apis").is_none() && is_openapi {
            let message = "this is an API's definition, not a configuration";
            let help = "give it without `--config`, or name it as the `definition` of an API";
            let error = DefinitionError::error(root.source(), message).help(help);
            self.note(file, Some(&document), [error]);
            return None;
        }
        let directory = file.parent().unwrap_or(Path::new(""));
        match Config::read(&document, directory) {
            Ok(mut config) => {
                if let Some(truststore) = &mut config.truststore {
                    self.truststore(truststore, file, &document);
                }
                self.tls(&mut config, file, &document);
                config.locations = self.locations(&config, file, &document);
                self.distributions(&mut config, file);
                if !self.is_for_edge {
                    self.note(file, Some(&document), programs_not_there(&config, &document));
                }
                let snapshot = self.snapshot(&config, file)?;
                Some((config, snapshot))
            }
            Err(errors) => {
                self.note(file, Some(&document), errors);
                // Its definitions may hold mistakes too: tell them now.
                for (definition, protocol) in definitions_of(&document, directory) {
                    let longest = gateway_core::limits::INTEGRATION_MS_MAX;
                    let options = Options { integration_ms_max: longest, ..Options::new("") };
                    self.definition(&definition, protocol, options);
                }
                None
            }
        }
    }

    /// Every certificate is looked at now: one that is no use is a mistake, not a surprise later.
    fn truststore(&mut self, truststore: &mut Truststore, config_file: &Path, document: &Node) {
        self.files.push(truststore.file.clone());
        match read_text(&truststore.file).and_then(|text| certificates(&text)) {
            Ok(certificates) => truststore.certificates = certificates,
            Err(reason) => {
                let reason = format!("{}: {reason}", truststore.file.display());
                let error = DefinitionError::error(truststore.source.clone(), reason);
                self.note(config_file, Some(document), [error]);
            }
        }
    }

    /// Databases of where addresses are.
    fn locations(
        &mut self,
        config: &Config,
        config_file: &Path,
        document: &Node,
    ) -> Arc<Locations> {
        let mut locations = Locations::default();
        for (file, source) in &config.geo_databases {
            self.files.push(file.clone());
            if let Err(reason) = locations.add(file) {
                let reason = format!("{}: {reason}", file.display());
                let error = DefinitionError::error(source.clone(), reason);
                self.note(config_file, Some(document), [error]);
            }
        }
        Arc::new(locations)
    }

    fn definition_alone(
        &mut self,
        file: &Path,
        protocol: Option<Protocol>,
        listen: SocketAddr,
        basepath: BasePathMode,
    ) -> Option<(Config, Snapshot)> {
        let document = self.read(file)?;
        let root = At::root(&document);
        if root.get("apis").is_some() && !is_definition(&root) {
            let message = "this is a configuration, not an API's definition";
            let error =
                DefinitionError::error(root.source(), message).help("give it by `--config`");
            self.note(file, Some(&document), [error]);
            return None;
        }
        let protocol = protocol.unwrap_or_else(|| guess_protocol(&document));
        self.files.clear();
        let mut config = Config::for_definition(file, protocol, listen);
        let guess::Deployed { api_id, region, account_id } = guess::deployed(&document);
        config.region = region.map_or(config.region, Into::into);
        config.account_id = account_id.map_or(config.account_id, Into::into);
        for api in &mut config.apis {
            api.id = api_id.clone().unwrap_or_else(|| api.id.clone());
            api.basepath = basepath;
            let stages = api.stages.iter_mut();
            stages.for_each(|stage| {
                stage.stage_name = guess::stage_name(&document, protocol, basepath);
            });
        }
        let snapshot = self.snapshot(&config, file)?;
        Some((config, snapshot))
    }

    fn snapshot(&mut self, config: &Config, config_file: &Path) -> Option<Snapshot> {
        let apis: Vec<Option<Api>> =
            config.apis.iter().map(|api| self.api(api, config, config_file)).collect();
        let web_acls = self.web_acls(config, config_file);
        let apis = apis.into_iter().collect::<Option<Vec<_>>>()?;
        let web_acls = web_acls?;
        let plans = config.usage_plans.iter().flat_map(|plan| plan.check(&apis));
        self.note(config_file, None, plans);
        Some(Snapshot {
            region: config.region.clone(),
            account_id: config.account_id.clone(),
            account_throttle: config.account_throttle,
            apis,
            domain_names: config.domain_names.clone(),
            private_endpoints: private_endpoints(config),
            principals: config.principals.clone(),
            api_keys: config.api_keys.clone(),
            usage_plans: config.usage_plans.clone(),
            vpc_links: vpc_links(config),
            web_acls,
            throttling: config.throttling,
            tracing: config.tracing.as_ref().map(|tracing| tracing.sampler),
            distributions: Vec::new(),
        })
    }

    fn api(&mut self, api: &ApiConfig, config: &Config, config_file: &Path) -> Option<Api> {
        self.note(config_file, None, stages::refused_by_aws(&api.stages, &api.source));
        let (document, imported) = self.deployment(&api.definition, api, config)?;
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
        self.compile_alone(&built, config, &place, &document)?;
        built.stages.clone_from(&api.stages);
        for (stage_name, file) in &api.canary_definitions {
            let named = |stage: &Stage| stage.stage_name == *stage_name;
            let Some(stage) = built.stages.iter().position(named) else { continue };
            let (document, imported) = self.deployment(file, api, config)?;
            let index = built.deployments.len() as u32;
            built.deployments.push(imported.deployment);
            if let Some(canary) = &mut built.stages[stage].canary {
                canary.deployment = index;
            }
            let promoted = promoted_alone(&built, stage);
            self.compile_alone(&promoted, config, &Place { definition: file, ..place }, &document)?;
        }
        Some(built)
    }

    /// What a definition makes of an API, as one that can be deployed.
    fn deployment(
        &mut self,
        file: &Path,
        api: &ApiConfig,
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
            self.note(file, Some(&document), roles_not_assumed(&imported));
        }
        self.note(file, Some(&document), caching::shared_by_callers(&imported, &api.stages));
        if config.vpc_links.is_empty() && api.protocol == Protocol::Rest {
            self.note(file, Some(&document), links_not_known(&imported));
        }
        Some((document, imported))
    }

    /// Compiles an API alone, so that a mistake is told with its file.
    fn compile_alone(
        &mut self,
        api: &Api,
        config: &Config,
        place: &Place<'_>,
        document: &Node,
    ) -> Option<()> {
        let alone = Snapshot {
            private_endpoints: private_endpoints(config),
            principals: config.principals.clone(),
            vpc_links: vpc_links(config),
            ..Snapshot::new(&config.region, &config.account_id, vec![api.clone()])
        };
        let Err(errors) = Gateway::compile(alone) else { return Some(()) };
        for error in errors {
            if error.source == Source::default() {
                // Not in the definition: in what the configuration says of its stages.
                let error = DefinitionError { source: place.config.clone(), ..error };
                self.note(place.config_file, None, [error]);
            } else {
                self.note(place.definition, Some(document), [error]);
            }
        }
        None
    }

    fn definition(
        &mut self,
        file: &Path,
        protocol: Protocol,
        options: Options<'_>,
    ) -> Option<(Node, openapi::Imported)> {
        let document = self.read(file)?;
        match openapi::import_with(&document, protocol, options) {
            Ok(mut imported) => {
                let warnings = std::mem::take(&mut imported.warnings);
                self.note(file, Some(&document), warnings);
                Some((document, imported))
            }
            Err(errors) => {
                self.note(file, Some(&document), errors);
                None
            }
        }
    }

    fn read(&mut self, file: &Path) -> Option<Node> {
        self.files.push(file.to_owned());
        let text = match read_text(file) {
            Ok(text) => text,
            Err(reason) => {
                self.note(file, None, [DefinitionError::error(Source::default(), reason)]);
                return None;
            }
        };
        crate::document::read(&text).map_err(|error| self.note(file, None, [error])).ok()
    }

    fn note(
        &mut self,
        file: &Path,
        document: Option<&Node>,
        errors: impl IntoIterator<Item = DefinitionError>,
    ) {
        // Nobody reads more, and each is looked up in the document.
        let errors = errors.into_iter().take(DEFINITION_ERRORS_MAX);
        let errors = errors.map(|error| Diagnostic::new(file, document, error));
        self.diagnostics.extend(errors);
    }
}

fn vpc_links(config: &Config) -> Vec<VpcLink> {
    config.vpc_links.iter().map(VpcLinkConfig::to_definition).collect()
}

fn private_endpoints(config: &Config) -> Vec<PrivateEndpoint> {
    config.private_endpoints.iter().map(|configured| configured.endpoint.clone()).collect()
}

fn read_text(file: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let mut bytes = Vec::new();
    // What is no regular file has no size to ask for, and perhaps no end.
    let mut bounded =
        fs::File::open(file).map_err(unreadable)?.take(DEFINITION_BYTES_MAX as u64 + 1);
    bounded.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > DEFINITION_BYTES_MAX {
        return Err(format!("it has more than {DEFINITION_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

/// Programs of functions that are named by a path where no file is: it may be built later.
fn programs_not_there(config: &Config, document: &Node) -> Vec<DefinitionError> {
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

/// The definitions that a configuration with mistakes names, as far as they can be made out.
fn definitions_of(document: &Node, directory: &Path) -> Vec<(PathBuf, Protocol)> {
    let root = At::root(document);
    let apis = root.get("apis").map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    let named = apis.iter().filter_map(|api| {
        let protocol = match api.get("protocol")?.as_str()? {
            "REST" => Protocol::Rest,
            "HTTP" => Protocol::Http,
            _ => return None,
        };
        Some((directory.join(api.get("definition")?.as_str()?), protocol))
    });
    named.collect()
}

/// A warning for every integration and authorizer whose role is not the one that it is called with.
fn roles_not_assumed(imported: &openapi::Imported) -> Vec<DefinitionError> {
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
fn links_not_known(imported: &openapi::Imported) -> Vec<DefinitionError> {
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

/// An HTTP API where the document has what only HTTP APIs have, else a REST API.
pub fn guess_protocol(document: &Node) -> Protocol {
    let root = At::root(document);
    let paths = root.get("paths");
    let operations = || {
        let resources = paths.iter().flat_map(At::members);
        resources.flat_map(|(_, resource)| resource.members().collect::<Vec<_>>())
    };
    // Integrations of REST APIs have no such member.
    let has_payload_format = |operation: &At<'_>| {
        let integration = operation.get("x-amazon-apigateway-integration");
        integration.is_some_and(|integration| integration.get("payloadFormatVersion").is_some())
    };
    let http = root.get("x-amazon-apigateway-cors").is_some()
        || paths.as_ref().is_some_and(|paths| paths.get("$default").is_some())
        || paths.iter().flat_map(At::members).any(|(path, _)| path == "/$default")
        // Exports of HTTP APIs have it, those of REST APIs do not.
        || root.get("x-amazon-apigateway-importexport-version").is_some()
        || operations().any(|(_, operation)| has_payload_format(&operation));
    if http { Protocol::Http } else { Protocol::Rest }
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
    use super::*;

    #[test]
    fn a_file_without_end_is_not_read_for_ever() {
        let refused = read_text(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(refused, "it has more than 6291456 bytes");
    }

    #[test]
    fn a_configuration_and_a_definition_in_each_other_s_place_are_told_apart() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/products");
        let told = |refused: Refused| match refused.diagnostics.as_slice() {
            [alone] => alone.to_string(),
            several => panic!("{several:?}"),
        };
        let definition = Origin::Config(root.join("rest.yaml")).build().unwrap_err();
        assert!(told(definition).contains("this is an API's definition, not a configuration"));
        let configuration = Origin::Definition {
            file: root.join("edgeway.yaml"),
            protocol: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            basepath: BasePathMode::Ignore,
        };
        let configuration = told(configuration.build().unwrap_err());
        assert!(configuration.contains("this is a configuration, not an API's definition"));
        assert!(configuration.contains("help: give it by `--config`"));
    }

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
