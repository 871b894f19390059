//! `edgeway bundle`: the snapshot for the edge, and the variables that go with it.

mod secrets;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use edge_common::function::variable_of;
use gateway_core::transcript::shown_url;

use crate::config::{Config, FunctionConfig, variable_name};
use crate::snapshot::{Built, Origin, is_loopback};

use super::{print_all, print_refused};
pub(super) use secrets::Secret;

/// Where it is served, in the words of what is told of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    name: &'static str,
    /// Whose the certificates of clients' connections are.
    certificates: &'static str,
}

/// A Cloudflare Worker.
pub(super) const EDGE: Place =
    Place { name: "the edge", certificates: "the zone's (docs/edge.md)" };
/// What serves a component.
pub(super) const WASI_HOST: Place =
    Place { name: "a host of wasi:http", certificates: "the host's (docs/wasi.md)" };

/// What the edge is given.
pub(super) struct Bundle {
    pub(super) snapshot: Vec<u8>,
    /// Variables by name.
    pub(super) bindings: BTreeMap<String, String>,
    /// What is in neither, and asked for where they are served.
    pub(super) secrets: Vec<Secret>,
}

/// Names what somebody has to put where it is served.
pub(super) fn tell_secrets(secrets: &[Secret], how: &str) {
    if !secrets.is_empty() {
        tell!("secrets that it asks for, which are written nowhere ({how}):");
    }
    for Secret { name, what_for } in secrets {
        tell!("  {name:<34} {what_for}");
    }
}

/// How a Worker is given its secrets.
pub(super) const PUT: &str = "`wrangler secret put NAME`";

/// Writes `snapshot.bin` and `bindings.json`.
pub(super) fn bundle(origin: &Origin, out: &Path) -> ExitCode {
    let bundle = match build(origin) {
        Ok(bundle) => bundle,
        Err(code) => return code,
    };
    match write(out, &bundle) {
        Ok(()) => {
            tell!("wrote {}", out.join("snapshot.bin").display());
            tell!("wrote {}", out.join("bindings.json").display());
            tell_secrets(&bundle.secrets, PUT);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tell!("error: {}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}

/// What a place has to say of a configuration, beside what every edge has.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) warnings: Vec<String>,
    pub(super) refused: Vec<String>,
}

/// The bundle of a configuration; what is wrong with it has been told.
pub(super) fn build(origin: &Origin) -> Result<Bundle, ExitCode> {
    build_for(origin, EDGE, |_| Told::default())
}

/// The bundle for a place that says more than every edge does.
pub(super) fn build_for(
    origin: &Origin,
    place: Place,
    told: impl FnOnce(&Built) -> Told,
) -> Result<Bundle, ExitCode> {
    let mut built = origin.build_for_edge().map_err(|refused| print_refused(&refused))?;
    let edges = built.config.edges.iter();
    built.snapshot.distributions = edges.map(|edge| edge.source().clone()).collect();
    let told = told(&built);
    let warnings = left_to_lambda(&built.config, place)
        .into_iter()
        .chain(left_to_others(&built.config, place))
        .chain(left_behind(&built.config))
        .chain(secrets::without_keys(&built))
        .chain(told.warnings);
    print_all(&built.warnings, &warnings.collect::<Vec<_>>());
    let secrets = secrets::asked_for(&built);
    // Where they are served keys come from the environment: none stands in what is written.
    built.snapshot.web_acls.iter_mut().for_each(|acl| acl.token_key = None);
    let refused = untrusted(&built, place).into_iter().chain(told.refused).collect::<Vec<_>>();
    match (bindings(&built.config, place), refused) {
        (Ok(bindings), reasons) if reasons.is_empty() => {
            Ok(Bundle { snapshot: built.snapshot.to_bytes(), bindings, secrets })
        }
        (bindings, refused) => {
            let reasons = bindings.err().into_iter().flatten().chain(refused);
            reasons.for_each(|reason| tell!("error: {reason}"));
            Err(ExitCode::FAILURE)
        }
    }
}

/// Both files, into a folder that is created if need be.
pub(super) fn write(out: &Path, bundle: &Bundle) -> io::Result<()> {
    fs::create_dir_all(out)?;
    fs::write(out.join("snapshot.bin"), &bundle.snapshot)?;
    let mut json = serde_json::to_string_pretty(&bundle.bindings)?;
    json.push('\n');
    fs::write(out.join("bindings.json"), json)
}

/// What TLS is the zone's, or the host's.
fn left_to_others(config: &Config, place: Place) -> Vec<String> {
    let domains = config.domain_tls.iter();
    domains
        .map(|tls| {
            let what = match tls.mutual_tls.is_some() {
                true => "its certificate and the authorities of its clients are",
                false => "its certificate is",
            };
            format!("`{}`: {what} {}", tls.domain_name, place.certificates)
        })
        .collect()
}

/// What leads to the machine itself, where a Worker has no neighbours: endpoints of services, functions, VPC links and
/// origins of distributions. (Integrations' own are told with their definitions.)
fn left_behind(config: &Config) -> Vec<String> {
    let endpoints = config.endpoints.iter();
    let endpoints = endpoints.map(|(service, url)| (format!("endpoints.{service}"), url.clone()));
    let functions = config.functions.iter().filter_map(|(name, how)| match how {
        FunctionConfig::Url(url) => Some((format!("functions.{name}"), url.clone())),
        FunctionConfig::Command { .. } => None,
    });
    let links = config.vpc_links.iter().flat_map(|link| {
        let targets = link.targets.iter().flat_map(|group| &group.targets);
        targets.map(|target| {
            let scheme = if target.is_https { "https" } else { "http" };
            let url = format!("{scheme}://{}", target.authority);
            (format!("vpcLinks.{}", link.vpc_link_id), url)
        })
    });
    let origins = config.edges.iter().flat_map(|edge| {
        let named = |(id, url)| (format!("distributions.{}.origins.{id}", edge.id()), url);
        edge.origins().map(named).collect::<Vec<_>>()
    });
    endpoints
        .chain(functions)
        .chain(links)
        .chain(origins)
        .filter(|(_, url)| is_loopback(url))
        .map(|(name, url)| {
            format!("`{name}`: once deployed, {} is not this machine", shown_url(&url))
        })
        .collect()
}

/// The functions that are programs here. The edge starts none, and invokes them as it does functions
/// without an entry: an alias or a version where its function is.
fn left_to_lambda(config: &Config, deployed: Place) -> Vec<String> {
    let name_of_place = deployed.name;
    let lambda = config.endpoints.get("lambda").map_or("AWS", String::as_str);
    let place =
        |entry: &str| match entry.split_once(':').map(|(name, _)| config.functions.get(name)) {
            Some(Some(FunctionConfig::Url(url))) => url.clone(),
            _ => lambda.to_owned(),
        };
    let is_command =
        |(_, how): &(&String, &FunctionConfig)| matches!(how, FunctionConfig::Command { .. });
    let commands = config.functions.iter().filter(is_command);
    commands
        .map(|(name, _)| {
            let place = place(name);
            format!("`functions.{name}` is a `command`, and {name_of_place} starts no programs: there it is invoked at {place}")
        })
        .collect()
}

/// What asks for a trust that workerd does not give.
fn untrusted(built: &Built, Place { name: place, .. }: Place) -> Vec<String> {
    let reason = format!("{place} trusts public certificate authorities alone");
    let truststore = built.config.truststore.iter().map(|_| format!("`truststore`: {reason}"));
    let methods =
        built.snapshot.apis.iter().flat_map(|api| &api.deployments).flat_map(|d| &d.methods);
    let skipping = methods.filter(|m| m.integration.tls_config.insecure_skip_verification);
    let skipping = skipping.map(|method| {
        format!(
            "{}: `tlsConfig.insecureSkipVerification`: {reason}",
            method.integration.source.pointer
        )
    });
    let private = built.snapshot.private_endpoints.iter().map(|endpoint| {
        format!("`privateEndpoints`: {}: {place} is reached by everybody", endpoint.vpc_endpoint_id)
    });
    let methods =
        built.snapshot.apis.iter().flat_map(|api| &api.deployments).flat_map(|d| &d.methods);
    let named = methods.filter(|m| m.integration.tls_config.server_name_to_verify.is_some());
    let named = named.map(|method| {
        let pointer = &method.integration.source.pointer;
        format!("{pointer}: `tlsConfig.serverNameToVerify`: {place} verifies the host that it connects to")
    });
    truststore.chain(skipping).chain(private).chain(named).collect()
}

/// Text bindings of the Worker.
fn bindings(
    config: &Config,
    Place { name: place, .. }: Place,
) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut bindings = BTreeMap::from([
        ("AWS_REGION".to_owned(), config.region.clone()),
        ("AWS_ACCOUNT_ID".to_owned(), config.account_id.clone()),
    ]);
    let mut errors = Vec::new();
    if config.assume_roles {
        errors.push(format!("`assumeRoles`: {place} calls with its own credentials alone"));
    }
    if config.redis.is_some() {
        errors.push(format!("`redis`: {place} has no connection to keep buckets and counts by"));
    }
    if config.distributions.iter().filter(|one| one.listen.is_some()).count() > 1 {
        let reason =
            "`distributions`: a Worker has one listener, so at most one of them has `listen`";
        errors.push(reason.to_owned());
    }
    for (service, url) in &config.endpoints {
        let name = format!("AWS_ENDPOINT_URL_{}", variable_name(service));
        if bindings.insert(name, url.clone()).is_some() {
            errors.push(format!("`endpoints.{service}` and another one have the same variable"));
        }
    }
    for (function, how) in &config.functions {
        match how {
            FunctionConfig::Url(url) => {
                if bindings.insert(variable_of(function), url.clone()).is_some() {
                    errors.push(format!(
                        "`functions.{function}` and another one have the same variable"
                    ));
                }
            }
            FunctionConfig::Command { .. } => {}
        }
    }
    for link in &config.vpc_links {
        let id = &link.vpc_link_id;
        let url = link.targets.as_ref().filter(|group| group.is_url_alone);
        let url = url.and_then(|group| group.targets.first()).filter(|_| link.listeners.is_empty());
        let Some(target) = url else {
            errors.push(format!(
                "`vpcLinks`: {id}: {place} chooses no targets and checks no health: give the link a `url` alone"
            ));
            continue;
        };
        let name = format!("VPC_LINK_URL_{}", variable_name(id));
        let scheme = if target.is_https { "https" } else { "http" };
        let url = format!("{scheme}://{}{}", target.authority, target.path);
        if bindings.insert(name, url).is_some() {
            errors.push(format!("`vpcLinks`: {id} and another one have the same variable"));
        }
    }
    if errors.is_empty() { Ok(bindings) } else { Err(errors) }
}
