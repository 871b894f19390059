//! `edgeway.yaml`: what is served, where, and how functions are reached. In AWS's field names.
//!
//! `docs/configuration.md` describes every key for the people who write them.

mod account;
mod acme;
mod admin_token;
mod api;
mod caching;
mod canary;
mod certificates;
mod distributions;
mod domain_names;
mod endpoints;
mod functions;
mod iam;
mod limits;
mod listeners;
mod private_endpoints;
mod reading;
mod redis;
mod tracing;
mod usage;
mod vpc_links;
mod web_acls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::bucket::Limit;
use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::{self, BasePathMode};
use gateway_core::definition::{
    ApiKey, DefinitionError, DomainName, IamPrincipal, PrivateEndpoint, Protocol, Severity, Source,
    Stage, Throttling, UsagePlan,
};
use gateway_core::limits::{
    ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT, REST_INTEGRATION_MS_DEFAULT,
};

pub use acme::AcmeConfig;
pub(crate) use caching::{size_name, strategy_name, strategy_of};
pub use certificates::{Certificate, DomainTls, MutualTls};
pub use distributions::{DistributionConfig, DistributionsOnDisk};
pub(crate) use endpoints::endpoint_variables;
pub use limits::Limits;
pub use listeners::{Listener, ListenerTls};
use reading::Reading;
pub(crate) use reading::refused_endpoint;
pub use vpc_links::{HealthCheck, HealthCheckProtocol, Target, TargetGroup, VpcLinkConfig};
pub use web_acls::WebAclConfig;

use crate::admin::token::AdminToken;
use crate::edge::Edge;
use crate::host::Place;
use crate::locations::Locations;
use crate::perform::access_keys::Secret;
use crate::redis::RedisConfig;
use crate::tls::Tls;
use crate::traces::TracingConfig;

/// A configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where clients are served: one listener at least.
    pub listen: Vec<Listener>,
    /// Listeners that private APIs are reached by.
    pub private_endpoints: Vec<PrivateEndpointConfig>,
    /// Where the operator is served: health and metrics.
    pub admin: Option<SocketAddr>,
    /// What the operator's calls must bring; without one there are none but health and metrics.
    pub admin_token: Option<AdminToken>,
    /// `us-east-1`
    pub region: String,
    /// Twelve digits.
    pub account_id: String,
    /// Who may sign requests.
    pub principals: Vec<IamPrincipal>,
    /// The secrets of their access keys.
    pub access_keys: BTreeMap<String, Secret>,
    /// The APIs.
    pub apis: Vec<ApiConfig>,
    /// Custom domain names.
    pub domain_names: Vec<DomainName>,
    /// TLS of those that have certificates of their own.
    pub domain_tls: Vec<DomainTls>,
    /// The certificates of all of them and of listeners; read with the definitions.
    pub tls: Arc<Tls>,
    /// Lambda functions by name, or `name:qualifier`.
    pub functions: BTreeMap<String, FunctionConfig>,
    /// URLs of AWS's services by signing name.
    pub endpoints: BTreeMap<String, String>,
    /// Certificate authorities that endpoints may have besides the system's.
    pub truststore: Option<Truststore>,
    /// Where VPC links lead to.
    pub vpc_links: Vec<VpcLinkConfig>,
    /// Web ACLs.
    pub web_acls: Vec<WebAclConfig>,
    /// Databases of where addresses are (`geoDatabases`), and where in the configuration they are named.
    pub geo_databases: Vec<(PathBuf, Source)>,
    /// The same, read with the definitions.
    pub locations: Arc<Locations>,
    /// Distributions.
    pub distributions: Vec<DistributionConfig>,
    /// The same, read with the definitions.
    pub edges: Vec<Arc<Edge>>,
    /// Bounds of the host.
    pub limits: Limits,
    /// Whether the roles of integrations' `credentials` are assumed; else the host's own credentials serve.
    pub assume_roles: bool,
    /// The limit of all APIs together.
    pub account_throttle: Limit,
    /// How limits are kept.
    pub throttling: Throttling,
    /// Where counts of quotas outlive this process.
    pub data_directory: Option<PathBuf>,
    /// Where what distributions have stored outlives memory.
    pub distributions_on_disk: Option<DistributionsOnDisk>,
    /// AWS's quota "maximum integration timeout" of REST APIs.
    pub integration_ms_max: u32,
    /// Where several machines keep buckets and counts.
    pub redis: Option<Arc<RedisConfig>>,
    /// Where spans go.
    pub tracing: Option<Arc<TracingConfig>>,
    /// API keys, without their values.
    pub api_keys: Vec<ApiKey>,
    /// Usage plans.
    pub usage_plans: Vec<UsagePlan>,
    /// The folder that relative paths are relative to.
    pub directory: PathBuf,
}

/// A VPC endpoint, and the listener that stands in for it.
#[derive(Debug, Clone, PartialEq)]
pub struct PrivateEndpointConfig {
    /// Where its clients are served.
    pub listen: Listener,
    /// The endpoint.
    pub endpoint: PrivateEndpoint,
}

/// An API.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiConfig {
    /// The first label of its host name.
    pub id: String,
    /// REST or HTTP.
    pub protocol: Protocol,
    /// The file that defines it.
    pub definition: PathBuf,
    /// What becomes of the base path of its definitions.
    pub basepath: BasePathMode,
    /// Its stages; all of them serve the one deployment that the definition is.
    pub stages: Vec<Stage>,
    /// The definitions that canaries serve, by stage name; a canary without one serves its stage's.
    pub canary_definitions: BTreeMap<String, PathBuf>,
    /// The file of each deployment, by its id; known when the definitions are read.
    pub deployed: BTreeMap<String, PathBuf>,
    /// Where it stands in the configuration.
    pub source: Source,
}

/// A PEM file of certificate authorities.
#[derive(Debug, Clone, PartialEq)]
pub struct Truststore {
    /// The file.
    pub file: PathBuf,
    /// What is in it, as DER; read with the definitions, after the configuration.
    pub certificates: Vec<Vec<u8>>,
    /// Where it stands in the configuration.
    pub source: Source,
}

/// How a function is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionConfig {
    /// A program that is started here and speaks the Lambda Runtime API.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
        /// Variables that are set for it.
        environment: BTreeMap<String, String>,
        /// Most processes of it at a time (AWS: reserved concurrency); `None` is the default.
        reserved_concurrent_executions: Option<u32>,
        /// Longest that an invocation may take, seconds; `None` is the default.
        timeout_s: Option<u32>,
    },
    /// Something that speaks the Lambda Invoke API.
    Url(String),
}

impl Config {
    /// Reads a configuration that stands in this folder.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(document: &Node, directory: &Path) -> Result<Self, Vec<DefinitionError>> {
        let (config, errors) = Self::read_whole(document, directory);
        let is_refused = errors.iter().any(|error| error.severity == Severity::Error);
        if is_refused { Err(errors) } else { Ok(config) }
    }

    /// The same with everything that is wrong or doubtful. One with mistakes is never served; but it has an API, a
    /// key and so on for each that is written there, so that what refers to them can be looked at too.
    pub fn read_whole(document: &Node, directory: &Path) -> (Self, Vec<DefinitionError>) {
        let root = At::root(document);
        let reading = Reading::default();
        let config = read(&reading, &root, directory);
        let functions = openapi::unresolved(&root);
        (config, openapi::with_unresolved(functions, reading.finish()))
    }

    /// What serves one definition without any configuration.
    pub fn for_definition(definition: &Path, protocol: Protocol, listen: SocketAddr) -> Self {
        let stage_name = if protocol == Protocol::Http { "$default" } else { "prod" };
        Self {
            listen: vec![Listener::plain(listen)],
            private_endpoints: Vec::new(),
            principals: Vec::new(),
            access_keys: BTreeMap::new(),
            admin: None,
            admin_token: None,
            region: default_region(),
            account_id: ACCOUNT_ID_DEFAULT.into(),
            apis: vec![ApiConfig {
                id: "api".into(),
                protocol,
                definition: definition.to_owned(),
                basepath: BasePathMode::Ignore,
                stages: vec![Stage { stage_name: stage_name.into(), ..Stage::default() }],
                canary_definitions: BTreeMap::new(),
                deployed: BTreeMap::new(),
                source: Source::default(),
            }],
            domain_names: Vec::new(),
            domain_tls: Vec::new(),
            tls: Arc::default(),
            functions: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            truststore: None,
            vpc_links: Vec::new(),
            limits: Limits::default(),
            assume_roles: false,
            account_throttle: Limit::new(ACCOUNT_RATE_DEFAULT, ACCOUNT_BURST_DEFAULT),
            throttling: Throttling::default(),
            data_directory: None,
            distributions_on_disk: None,
            integration_ms_max: REST_INTEGRATION_MS_DEFAULT,
            redis: None,
            tracing: None,
            api_keys: Vec::new(),
            usage_plans: Vec::new(),
            web_acls: Vec::new(),
            distributions: Vec::new(),
            edges: Vec::new(),
            geo_databases: Vec::new(),
            locations: Arc::default(),
            directory: definition.parent().map(Path::to_owned).unwrap_or_default(),
        }
    }

    /// All listeners: those for everybody first.
    pub fn listeners(&self) -> Vec<(Place, Listener)> {
        let public = self.listen.iter().map(|l| (l.place(None), l.clone()));
        let private = self.private_endpoints.iter().map(|configured| {
            let id = &configured.endpoint.vpc_endpoint_id;
            (configured.listen.place(Some(id)), configured.listen.clone())
        });
        let own = self.distributions.iter().filter_map(|configured| {
            let listen = configured.listen.as_ref()?;
            let distribution_id = Some(configured.id.as_str().into());
            Some((Place { distribution_id, ..listen.place(None) }, listen.clone()))
        });
        public.chain(private).chain(own).collect()
    }

    /// Whether it has an account other than the one that stands for none.
    pub(crate) fn names_account(&self) -> bool {
        self.account_id != ACCOUNT_ID_DEFAULT
    }

    /// Where they are.
    pub fn places(&self) -> Vec<Place> {
        self.listeners().into_iter().map(|(place, _)| place).collect()
    }
}

fn geo_databases(reading: &Reading, at: &At<'_>, directory: &Path) -> Vec<(PathBuf, Source)> {
    let Some(at) = at.get("geoDatabases") else { return Vec::new() };
    let items = reading.array(&at);
    let read = |at: &At<'_>| Some((directory.join(reading.text(at)?), at.source()));
    items.iter().filter_map(read).collect()
}

const LISTEN_DEFAULT: &str = "127.0.0.1:8080";
const ACCOUNT_ID_DEFAULT: &str = "000000000000";

/// The part of a variable's name that stands for a service or a function.
pub(crate) fn variable_name(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}

fn default_region() -> String {
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let mut set = variables.iter().filter_map(|name| std::env::var(name).ok());
    set.find(|region| !region.is_empty()).unwrap_or_else(|| "us-east-1".into())
}

/// What a configuration has at its top.
pub(crate) const KEYS: [&str; 27] = [
    "acme",
    "listen",
    "privateEndpoints",
    "admin",
    "adminToken",
    "region",
    "accountId",
    "iam",
    "apis",
    "domainNames",
    "functions",
    "endpoints",
    "assumeRoles",
    "truststore",
    "vpcLinks",
    "limits",
    "account",
    "dataDirectory",
    "redis",
    "tracing",
    "apiKeys",
    "usagePlans",
    "webAcls",
    "webAcl",
    "distributions",
    "distributionsOnDisk",
    "geoDatabases",
];

fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Config {
    reading.keys(at, &KEYS);
    let region = at.get("region").and_then(|at| region(reading, &at));
    let web_acls = web_acls::read_all(reading, at, directory);
    let apis = api::read_all(reading, at, directory, &web_acls);
    let default = LISTEN_DEFAULT.parse().expect("it is an address");
    let listen = listeners::read_all(reading, at, directory, default);
    let (domain_names, domain_tls) = domain_names::read_all(reading, at, &apis, directory);
    let (principals, access_keys) = iam::read_all(reading, at, directory);
    let (account_throttle, mut throttling) = account::read(reading, at);
    let (redis, when_away) = redis::read(reading, at, directory);
    throttling.when_away = when_away;
    let (api_keys, usage_plans) = usage::read_all(reading, at, directory);
    let config = Config {
        private_endpoints: private_endpoints::read_all(reading, at, &listen, directory),
        listen,
        api_keys,
        usage_plans,
        web_acls,
        distributions: distributions::read_all(reading, at, directory),
        edges: Vec::new(),
        geo_databases: geo_databases(reading, at, directory),
        locations: Arc::default(),
        principals,
        access_keys,
        admin: at.get("admin").and_then(|at| reading.address(&at)),
        admin_token: admin_token::read(reading, at, directory),
        region: region.unwrap_or_else(default_region),
        account_id: at
            .get("accountId")
            .and_then(|at| account_id(reading, &at))
            .unwrap_or_else(|| ACCOUNT_ID_DEFAULT.into()),
        domain_names,
        domain_tls,
        tls: Arc::default(),
        apis,
        functions: functions::read_all(reading, at, directory),
        endpoints: endpoints::read(reading, at),
        truststore: at.get("truststore").and_then(|at| {
            let file = directory.join(reading.text(&at)?);
            Some(Truststore { file, certificates: Vec::new(), source: at.source() })
        }),
        vpc_links: vpc_links::read_all(reading, at),
        limits: limits::read(reading, at),
        assume_roles: at.get("assumeRoles").is_some_and(|at| reading.boolean(&at) == Some(true)),
        account_throttle,
        throttling,
        redis,
        tracing: tracing::read(reading, at, directory),
        distributions_on_disk: distributions::read_on_disk(reading, at, directory),
        data_directory: at
            .get("dataDirectory")
            .and_then(|at| reading.text(&at).map(|path| directory.join(path))),
        integration_ms_max: account::integration_ms_max(reading, at),
        directory: directory.to_owned(),
    };
    listeners::keep_admin_apart(reading, at, &config);
    listeners::keep_distributions_apart(reading, at, &config);
    config
}

/// A region's name: of one that there is, or may be one day (`us-gov-west-1`, `cn-north-1`, `us-iso-east-1`), or `local`
/// for stand-ins of AWS. It becomes a part of host names and ARNs.
fn region(reading: &Reading, at: &At<'_>) -> Option<String> {
    let text = reading.text(at)?;
    let mut parts = text.split('-').rev();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_numbered = parts.next().is_some_and(is_number);
    if text == "local" || is_numbered && parts.clone().count() >= 2 && parts.all(is_word) {
        return Some(text.into());
    }
    reading.error_with(at, format!("`{text}` is no region's name"), "such as `us-east-1`");
    None
}

fn account_id(reading: &Reading, at: &At<'_>) -> Option<String> {
    // Without quotes YAML reads a number, and loses zeros at its beginning.
    let id = at.as_str().unwrap_or_default();
    if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) {
        return Some(id.into());
    }
    reading.error_with(at, "an account id has twelve digits", "put it in quotes: \"000000000000\"");
    None
}

#[cfg(test)]
mod tests;
