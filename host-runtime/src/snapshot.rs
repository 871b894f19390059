//! From files to a snapshot: the configuration, its definitions, and everything wrong with them.

mod caching;
mod distributions;
mod doubtful;
mod files;
mod guess;
mod stages;
mod tls;
mod web_acls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::definition::document::Node;
use gateway_core::definition::openapi::{BasePathMode, Options};
use gateway_core::definition::{
    Api, DefinitionError, PrivateEndpoint, Protocol, Snapshot, Source, Stage, VpcLink, openapi,
};
use gateway_core::gateway::Gateway;
use gateway_core::limits::DEFINITION_ERRORS_MAX;

pub use self::files::is_config;
use self::files::{definitions_of, read_text};
pub use self::guess::guess_protocol;
use crate::config::{ApiConfig, Config, Truststore, VpcLinkConfig};
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
    /// What distributions name web ACLs by, in the order of the configuration.
    web_acl_arns: Vec<String>,
    /// Whether a web ACL asks for fingerprints of clients' TLS.
    asks_for_fingerprints: bool,
    /// Where the platform knows countries, and runs no programs.
    is_for_edge: bool,
}

impl Building {
    fn config(&mut self, file: &Path) -> Option<(Config, Snapshot)> {
        let document = self.read(file)?;
        if let Some(error) = files::no_config(&document) {
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
                if !self.is_for_edge {
                    self.note(
                        file,
                        Some(&document),
                        doubtful::programs_not_there(&config, &document),
                    );
                }
                let snapshot = self.snapshot(&config, file);
                if self.asks_for_fingerprints
                    && let Some(tls) = Arc::get_mut(&mut config.tls)
                {
                    tls.take_fingerprints();
                }
                self.distributions(&mut config, file, snapshot.is_some());
                Some((config, snapshot?))
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
        if let Some(error) = files::no_definition(&document) {
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
            self.note(file, Some(&document), doubtful::roles_not_assumed(&imported));
        }
        self.note(file, Some(&document), caching::shared_by_callers(&imported, &api.stages));
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
