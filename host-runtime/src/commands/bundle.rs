//! `edgeway bundle`: the snapshot for the edge, and the variables that go with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use edge_common::function::variable_of;
use gateway_core::transcript::shown_url;

use crate::config::{Config, FunctionConfig, variable_name};
use crate::snapshot::{Built, Origin, is_loopback};

use super::{print_all, print_refused};

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
}

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
        .chain(told.warnings);
    print_all(&built.warnings, &warnings.collect::<Vec<_>>());
    let refused = untrusted(&built, place).into_iter().chain(told.refused).collect::<Vec<_>>();
    match (bindings(&built.config, place), refused) {
        (Ok(bindings), reasons) if reasons.is_empty() => {
            Ok(Bundle { snapshot: built.snapshot.to_bytes(), bindings })
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
            let clients =
                if tls.mutual_tls.is_some() { " and the authorities of its clients" } else { "" };
            format!("`{}`: its certificate{clients} are {}", tls.domain_name, place.certificates)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let apis = "apis: [{id: a, protocol: REST, definition: a, stages: [{stageName: s}]}]";
        let document =
            crate::document::read(&format!("{apis}\nregion: us-east-1\n{text}")).unwrap();
        Config::read(&document, Path::new("")).unwrap()
    }

    #[test]
    fn endpoints_and_functions_become_variables() {
        let config = config(
            "endpoints: {cognito-idp: 'http://c'}\nfunctions: {my-f: {url: 'http://f'}, my-f:v1: {url: 'http://g'}}",
        );
        let bindings: Vec<_> = bindings(&config, EDGE).unwrap().into_iter().collect();
        let expected = [
            ("AWS_ACCOUNT_ID", "000000000000"),
            ("AWS_ENDPOINT_URL_COGNITO_IDP", "http://c"),
            ("AWS_REGION", "us-east-1"),
            ("FUNCTION_URL_MY_F", "http://f"),
            ("FUNCTION_URL_MY_F__V1", "http://g"),
        ];
        assert_eq!(bindings, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn whatever_is_on_the_machine_itself_is_warned_of() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "edgeway.yaml",
            "endpoints: {sqs: 'http://localhost:4566', s3: 'https://s3.example'}\n\
             functions: {f: {url: 'http://127.0.0.1:9000/x'}, g: {command: [x]}, h: {url: 'https://h.example'}}\n\
             vpcLinks: [{vpcLinkId: l, url: 'http://[::1]:8000/base'}, {vpcLinkId: m, url: 'http://m.example'}]\n\
             distributions: [{id: d, definition: d.json, origins: {a: 'http://localhost:9001'}}]\n\
             apis: [{id: a, protocol: HTTP, definition: a.yaml, stages: [{stageName: s}]}]\n",
        );
        write("a.yaml", "openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {}\n");
        let origins = [("a", "a.example"), ("b", "127.0.0.1"), ("c", "c.example")];
        let origins = origins.map(|(id, name)| {
            serde_json::json!({"Id": id, "DomainName": name, "CustomOriginConfig": {
                "HTTPPort": 9002, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}})
        });
        let document = serde_json::json!({"DistributionConfig": {"Origins": {"Items": origins},
            "DefaultCacheBehavior": {"TargetOriginId": "a", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}}});
        write("d.json", &document.to_string());
        let built = Origin::Config(folder.path().join("edgeway.yaml")).build_for_edge().unwrap();
        let told = left_behind(&built.config);
        let told: Vec<_> = told.iter().map(|line| line.split(" is not").next().unwrap()).collect();
        assert_eq!(
            told,
            [
                "`endpoints.sqs`: once deployed, http://localhost:4566",
                "`functions.f`: once deployed, http://127.0.0.1:9000/x",
                "`vpcLinks.l`: once deployed, http://[::1]:8000",
                "`distributions.d.origins.a`: once deployed, http://localhost:9001",
                "`distributions.d.origins.b`: once deployed, http://127.0.0.1:9002",
            ]
        );
    }

    #[test]
    fn the_edge_trusts_no_authorities_of_ones_own() {
        let integration = "{type: http_proxy, httpMethod: GET, uri: 'https://e.example/', tlsConfig: {insecureSkipVerification: true}}";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api.yaml");
        let get = format!("get: {{x-amazon-apigateway-integration: {integration}}}");
        let api =
            format!("openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths: {{/a: {{{get}}}}}\n");
        fs::write(&file, api).unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let mut built =
            Origin::Definition { file, protocol: None, listen, basepath: Default::default() }
                .build()
                .unwrap();
        built.config.truststore = config("truststore: a.pem").truststore;
        let told = untrusted(&built, EDGE);
        assert!(
            matches!(&told[..], [a, b] if a.contains("truststore") && b.contains("/paths/~1a/get")),
            "{told:?}"
        );
    }

    #[test]
    fn a_vpc_link_is_a_url_at_the_edge_and_nothing_more() {
        let url = "vpcLinks: [{vpcLinkId: l-1, name: x, url: 'https://h:8443/base/'}]";
        let told = bindings(&config(url), EDGE).unwrap();
        assert_eq!(told["VPC_LINK_URL_L_1"], "https://h:8443/base");
        for more in [
            "targets: [{url: 'http://h'}]",
            "url: 'http://h', healthCheck: {protocol: TCP}",
            "url: 'http://h', listeners: [{integrationUri: 'arn:aws:servicediscovery:r:a:service/s', url: 'http://i'}]",
        ] {
            let link = format!("vpcLinks: [{{vpcLinkId: l-1, {more}}}]");
            let refused = bindings(&config(&link), EDGE).unwrap_err();
            assert!(refused[0].contains("checks no health"), "{refused:?}");
        }
    }

    #[test]
    fn a_command_is_invoked_at_lambda_from_the_edge() {
        for (endpoints, place) in
            [("", "at AWS"), ("endpoints: {lambda: 'http://l'}", "at http://l")]
        {
            let config = config(&format!(
                "functions: {{f: {{command: [x]}}, g: {{url: 'http://g'}}}}\n{endpoints}"
            ));
            assert!(!bindings(&config, EDGE).unwrap().contains_key("FUNCTION_URL_F"));
            let by_wasi = left_to_lambda(&config, WASI_HOST);
            assert!(by_wasi[0].contains("a host of wasi:http starts no programs"), "{by_wasi:?}");
            let told = left_to_lambda(&config, EDGE);
            assert!(
                matches!(&told[..], [one] if one.contains("`functions.f`") && one.ends_with(place)),
                "{told:?}"
            );
        }
    }

    #[test]
    fn an_alias_that_is_a_command_is_invoked_where_its_function_is() {
        let told =
            |functions: &str| left_to_lambda(&config(&format!("functions: {{{functions}}}")), EDGE);
        let at_its_functions = told("f: {url: 'http://f'}, 'f:v1': {command: [x]}");
        assert!(
            matches!(&at_its_functions[..], [one] if one.contains("`functions.f:v1`") && one.ends_with("at http://f")),
            "{at_its_functions:?}"
        );
        let at_aws = told("g: {url: 'http://g'}, 'f:v1': {command: [x]}");
        assert!(matches!(&at_aws[..], [one] if one.ends_with("at AWS")), "{at_aws:?}");
    }
}
