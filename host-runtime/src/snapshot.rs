//! From files to a snapshot: the configuration, its definitions, and everything wrong with them.

mod apis;
mod caching;
mod distributions;
mod doubtful;
mod endpoints;
mod files;
mod functions;
mod guess;
mod handlers;
mod machine;
mod places;
mod policies;
mod printed;
mod stages;
mod tls;
mod variables;
mod web_acls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::definition::document::Node;
use gateway_core::definition::openapi::{BasePathMode, Options};
use gateway_core::definition::{
    Api, DefinitionError, PrivateEndpoint, Protocol, Snapshot, Source, VpcLink, openapi,
};
use gateway_core::limits::DEFINITION_ERRORS_MAX;

pub(crate) use self::doubtful::is_loopback;
pub(crate) use self::files::read_text;
pub(crate) use self::functions::without_entry;
pub use self::guess::guess_protocol;
use crate::config::{Config, Truststore, VpcLinkConfig};
use crate::diagnostic::Diagnostic;
use crate::locations::Locations;
use crate::perform::trust::certificates;
use crate::reload::FilesRead;

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
    pub files: FilesRead,
}

/// Why files are refused.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Everything that is wrong, and what is doubtful besides.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, or should have been.
    pub files: FilesRead,
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
    /// What a file makes that is a configuration, or else the definition that this names. It is read once: a pipe tells
    /// what it has to tell a single time.
    ///
    /// # Errors
    /// All mistakes of all files.
    pub fn build_either(definition: Self) -> Result<Built, Refused> {
        let (Self::Config(file) | Self::Definition { file, .. }) = &definition;
        let mut building = Building::default();
        let is_config = building.give(file).is_ok_and(files::is_config);
        match is_config {
            true => Self::Config(file.clone()).build_by(building),
            false => definition.build_by(building),
        }
    }

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
        if let Some((_, snapshot)) = built.as_ref().filter(|_| !building.is_for_edge) {
            let (Self::Config(file) | Self::Definition { file, .. }) = self;
            let set = |name: &str| std::env::var(name).ok();
            building.note(file, None, endpoints::of_environment(snapshot, &set));
        }
        let Building { diagnostics, files, .. } = building;
        match built {
            Some((config, snapshot)) if !diagnostics.iter().any(Diagnostic::is_error) => {
                Ok(Built { config, snapshot, warnings: diagnostics, files })
            }
            _ => Err(Refused { diagnostics, files }),
        }
    }
}

#[derive(Default)]
struct Building {
    diagnostics: Vec<Diagnostic>,
    files: FilesRead,
    /// What distributions name web ACLs by, in the order of the configuration; `None` where mistakes hide it.
    web_acl_arns: Vec<Option<String>>,
    /// Whether a web ACL or a distribution asks for fingerprints of clients' TLS.
    asks_for_fingerprints: bool,
    /// The configuration, as it is written.
    document: Option<Arc<Node>>,
    /// Where the platform knows countries, and runs no programs.
    is_for_edge: bool,
    /// A file whose text was read before.
    given: Option<(PathBuf, Result<String, String>)>,
    /// Where the configuration stands.
    config_file: PathBuf,
}

impl Building {
    fn config(&mut self, file: &Path) -> Option<(Config, Snapshot)> {
        let document = Arc::new(self.read(file)?);
        if let Some(error) = files::neither(&document) {
            self.note(file, Some(&document), [error]);
            return None;
        }
        self.document = Some(Arc::clone(&document));
        self.config_file = file.to_owned();
        if let Some(error) = files::no_config(&document) {
            self.note(file, Some(&document), [error]);
            return None;
        }
        let directory = file.parent().unwrap_or(Path::new(""));
        // What is wrong here hides nothing of what is wrong in the files that it names.
        let (mut config, errors) = Config::read_whole(&document, directory);
        self.note(file, Some(&document), errors);
        if let Some(truststore) = &mut config.truststore {
            self.truststore(truststore, file, &document);
        }
        self.tls(&mut config, file, &document);
        config.locations = self.locations(&config, file, &document);
        self.note(file, Some(&document), stages::half_limits(&document));
        if !self.is_for_edge {
            self.note(file, Some(&document), doubtful::programs_not_there(&config, &document));
            self.note(file, Some(&document), handlers::without_runtime(&config, &document));
            self.note(file, Some(&document), machine::folders(&config, &document));
            self.note(file, Some(&document), machine::quotas_in_memory(&config, &document));
        }
        let snapshot = self.snapshot(&config, file);
        if let Some(snapshot) = &snapshot {
            apis::note_files(&mut config.apis, snapshot);
            self.note(
                file,
                Some(&document),
                functions::named_by_none(&config, snapshot, &document),
            );
            self.note(file, Some(&document), policies::of_others(snapshot, &document));
            self.note(file, Some(&document), endpoints::of_nothing(snapshot, &document));
        }
        self.distributions(&mut config, file);
        if self.asks_for_fingerprints
            && let Some(tls) = Arc::get_mut(&mut config.tls)
        {
            tls.take_fingerprints();
        }
        Some((config, snapshot?))
    }

    /// Every certificate is looked at now: one that is no use is a mistake, not a surprise later.
    fn truststore(&mut self, truststore: &mut Truststore, config_file: &Path, document: &Node) {
        self.files.add(&truststore.file);
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
            self.files.add(file);
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
        // What it is taken for and what is made of it are the same text's, whoever saves it meanwhile.
        if self.given.is_none() {
            let _ = self.give(file); // told when the document is read
        }
        let document = self.read(file)?;
        if let Some(error) = files::neither(&document).or_else(|| files::no_definition(&document)) {
            self.note(file, Some(&document), [error]);
            return None;
        }
        let (guess, is_guessed) = (guess::Guess::of(&document), protocol.is_none());
        let protocol = protocol.unwrap_or(guess.protocol);
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
        let snapshot = self.snapshot(&config, file);
        let is_refused = self.diagnostics.iter().any(Diagnostic::is_error);
        let doubt = guess.doubt(is_refused).filter(|_| is_guessed);
        self.note(file, Some(&document), doubt);
        Some((config, snapshot?))
    }

    fn snapshot(&mut self, config: &Config, config_file: &Path) -> Option<Snapshot> {
        let apis: Vec<Option<Api>> =
            config.apis.iter().map(|api| self.api(api, config, config_file)).collect();
        let web_acls = self.web_acls(config, config_file);
        self.usage_plans(config, config_file, &apis);
        let apis = apis.into_iter().collect::<Option<Vec<_>>>()?;
        let web_acls = web_acls?;
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

    fn definition(
        &mut self,
        file: &Path,
        protocol: Protocol,
        options: Options<'_>,
    ) -> Option<(Node, openapi::Imported)> {
        let document = self.read(file)?;
        let imported = self.import(file, &document, protocol, options)?;
        Some((document, imported))
    }

    fn import(
        &mut self,
        file: &Path,
        document: &Node,
        protocol: Protocol,
        options: Options<'_>,
    ) -> Option<openapi::Imported> {
        match openapi::import_with(document, protocol, options) {
            Ok(mut imported) => {
                let warnings = std::mem::take(&mut imported.warnings);
                self.note(file, Some(document), warnings);
                Some(imported)
            }
            Err(told) => {
                self.note(file, Some(document), told);
                None
            }
        }
    }

    /// Reads a file that is asked for several times.
    fn give(&mut self, file: &Path) -> Result<&str, &String> {
        self.files.add(file);
        let (_, text) = self.given.insert((file.to_owned(), read_text(file)));
        text.as_deref()
    }

    fn read(&mut self, file: &Path) -> Option<Node> {
        self.files.add(file);
        let given = self.given.as_ref().filter(|(given, _)| given == file);
        let text = match given.map_or_else(|| read_text(file), |(_, text)| text.clone()) {
            Ok(text) => text,
            Err(reason) => {
                self.note_unreadable(file, reason);
                return None;
            }
        };
        let told = |error: DefinitionError| match files::is_markup(&text) {
            true => files::neither_at(&error.source),
            false => error,
        };
        let document = crate::document::read(&text).map_err(told);
        document.map_err(|error| self.note(file, None, [error])).ok()
    }

    /// Told where the configuration names the file, if it does.
    fn note_unreadable(&mut self, file: &Path, reason: String) {
        let document = self.document.clone();
        let folder = self.config_file.parent().unwrap_or(Path::new(""));
        let named = document.as_deref().and_then(|root| places::of_definition(root, folder, file));
        let Some(source) = named else {
            return self.note(file, None, [DefinitionError::error(Source::default(), reason)]);
        };
        let error = DefinitionError::error(source, format!("{}: {reason}", file.display()));
        let help = format!("paths are relative to the folder of {}", self.config_file.display());
        let config_file = self.config_file.clone();
        self.note(&config_file, document.as_deref(), [error.help(help)]);
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
