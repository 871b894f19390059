//! What the start tells: where to send requests.

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_core::definition::{DomainName, Protocol, Snapshot, Stage};

use crate::admin::Admin;
use crate::config::Config;
use crate::edge::Edge;
use crate::engine::EngineKind;
use crate::host::{Host, Options, Place};

/// Most URLs of one distribution that are told.
const URLS_MAX: usize = 5;

/// What a newcomer wants to know first: where to send a request.
pub(super) fn greet(
    config: &Config,
    snapshot: &Snapshot,
    host: &Host,
    options: &Options,
    admin: Option<&Admin>,
) {
    let engine = match options.engine {
        EngineKind::Component => "Wasm component",
        EngineKind::Native => "native",
    };
    tell!("edgeway {} ({engine}, threads: {})", env!("CARGO_PKG_VERSION"), options.threads);
    for line in of_apis(config, snapshot, by_address(config, host.addresses()).as_deref()) {
        tell!("  {line}");
    }
    for line in of_domain_names(config, host.addresses()) {
        tell!("  {line}");
    }
    for line in of_distributions(config, host.addresses()) {
        tell!("  {line}");
    }
    for line in of_others(config, host.addresses()) {
        tell!("  {line}");
    }
    if let Some(admin) = admin {
        tell!("  health and metrics: http://{}/healthz /readyz /metrics", admin.address);
        if config.admin_token.is_none() {
            tell!("  other calls of the operator are refused: there is no `adminToken`");
        }
    }
}

/// Whether a listener shows clients a certificate, or needs none, who ask for this host name, or for an address alone.
fn is_shown(config: &Config, place: &Place, name: Option<&str>) -> bool {
    let own = config.listeners().into_iter().find(|(known, _)| known == place);
    let has_own = own.is_some_and(|(_, of)| of.tls.is_some_and(|tls| tls.certificate.is_some()));
    let is_named = |name: &str| {
        let above = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
        let is_it = |known: &str| known == name || Some(known) == above.as_deref();
        config.domain_tls.iter().any(|tls| is_it(&tls.domain_name))
    };
    !place.is_tls || has_own || name.is_some_and(is_named)
}

fn scheme(place: &Place) -> &'static str {
    if place.is_tls { "https" } else { "http" }
}

/// The first listener for everybody that a client can ask by its address.
fn by_address(config: &Config, addresses: &[(Place, SocketAddr)]) -> Option<String> {
    let mut public = addresses.iter().filter(|(place, _)| is_public(place));
    let (place, address) = public.find(|(place, _)| is_shown(config, place, None))?;
    Some(format!("{}://{address}", scheme(place)))
}

fn is_public(place: &Place) -> bool {
    place.vpc_endpoint_id.is_none() && place.distribution_id.is_none()
}

/// The listeners of which nothing is told yet.
fn of_others(config: &Config, addresses: &[(Place, SocketAddr)]) -> Vec<String> {
    let told = by_address(config, addresses);
    let of_apis = addresses.iter().filter(|(place, _)| place.distribution_id.is_none());
    let line = |(place, address): &(Place, SocketAddr)| {
        let url = format!("{}://{address}", scheme(place));
        let where_ = match is_shown(config, place, None) {
            true => format!("{url}/"),
            false => format!(
                "{address} over TLS, by the domain names alone: it has no certificate of its own"
            ),
        };
        match &place.vpc_endpoint_id {
            Some(id) => Some(format!("private endpoint {id}: {where_}")),
            None if told.as_deref() == Some(&url) => None,
            None => Some(format!("also {where_}")),
        }
    };
    of_apis.filter_map(line).collect()
}

/// Where stages are asked without a domain name. Those whose APIs are reached by domain names alone are told there.
/// `listener` is the beginning of their URLs, if there is one for everybody.
fn of_apis(config: &Config, snapshot: &Snapshot, listener: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    let is_alone = config.apis.len() == 1;
    for (index, api) in config.apis.iter().enumerate() {
        let is_disabled = snapshot.apis[index].disable_execute_api_endpoint;
        // Without domain names every host name stands for one of an only API's.
        let is_closed = is_disabled && !(is_alone && config.domain_names.is_empty());
        for Stage { stage_name, .. } in &api.stages {
            let stage = format!("{} API {}, stage {stage_name}", kind(api.protocol), api.id);
            let Some(listener) = listener.filter(|_| !is_closed) else {
                let why = if is_closed { "disabled" } else { "no listener has a certificate" };
                if !has_domain_name(config, index, stage_name) {
                    lines.push(format!("{stage}: {why}, and no domain name leads to it"));
                }
                continue;
            };
            let path = match (is_alone, stage_name.as_str()) {
                (true, "$default") => String::new(),
                (true, stage) => format!("{stage}/"),
                // A shell takes `$default` for a variable.
                (false, "$default") => format!("_aws/execute-api/{}/", api.id),
                (false, stage) => format!("_aws/execute-api/{}/{stage}/", api.id),
            };
            lines.push(format!("{stage}: {listener}/{path}"));
        }
    }
    lines
}

/// Whether a domain name leads to a stage.
fn has_domain_name(config: &Config, api: usize, stage_name: &str) -> bool {
    let mut mappings = config.domain_names.iter().flat_map(|domain| &domain.mappings);
    mappings.any(|mapping| {
        mapping.api as usize == api
            && mapping.stage.as_deref().is_none_or(|stage| stage == stage_name)
    })
}

/// Where distributions are asked: at listeners of their own, and by their host names at the others.
fn of_distributions(config: &Config, addresses: &[(Place, SocketAddr)]) -> Vec<String> {
    let line = |edge: &Arc<Edge>| {
        let is_own = |place: &Place| place.distribution_id.as_deref() == Some(edge.id());
        let own = addresses.iter().filter(|(place, _)| is_own(place));
        let by_address = own.clone().filter(|(place, _)| is_shown(config, place, None));
        let by_address =
            by_address.map(|(place, address)| format!("{}://{address}/", scheme(place)));
        let public = addresses.iter().filter(|(place, _)| is_public(place));
        let named = edge.aliases().iter().filter_map(|alias| {
            let mut places = public.clone().chain(own.clone());
            let (place, address) =
                places.find(|(place, _)| is_shown(config, place, Some(alias)))?;
            Some(format!("{}://{alias}:{}/", scheme(place), address.port()))
        });
        let urls: Vec<String> = by_address.chain(named).take(URLS_MAX).collect();
        format!("distribution {}: {}", edge.id(), urls.join(", "))
    };
    config.edges.iter().map(line).collect()
}

fn kind(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Rest { "REST" } else { "HTTP" }
}

/// Where custom domain names lead to, once their names lead here.
fn of_domain_names(config: &Config, addresses: &[(Place, SocketAddr)]) -> Vec<String> {
    let mut lines = Vec::new();
    for domain in &config.domain_names {
        let Some(url) = url(domain, config, addresses) else { continue };
        let asks = if domain.mutual_tls { " (clients show certificates)" } else { "" };
        for mapping in &domain.mappings {
            let api = &config.apis[mapping.api as usize];
            let (kind, id) = (kind(api.protocol), &api.id);
            let path = match mapping.base_path.as_str() {
                "" => String::new(),
                path => format!("{path}/"),
            };
            lines.push(match &mapping.stage {
                Some(stage) => format!("{kind} API {id}, stage {stage}: {url}/{path}{asks}"),
                None => format!("{kind} API {id}, any stage: {url}/{path}{{stage}}/{asks}"),
            });
        }
    }
    lines
}

/// Over TLS where the name has a certificate, its own or the listener's. `None` where nobody can reach it.
fn url(domain: &DomainName, config: &Config, addresses: &[(Place, SocketAddr)]) -> Option<String> {
    let name = &domain.domain_name;
    let of_listener = |listener: &crate::config::Listener| {
        listener.tls.as_ref().is_some_and(|tls| tls.certificate.is_some())
    };
    let is_shown = config.domain_tls.iter().any(|tls| tls.domain_name == *name)
        || config.listen.iter().any(of_listener);
    let is_tls = |wanted: bool| {
        let mut found = addresses.iter().filter(|(p, _)| is_public(p) && p.is_tls == wanted);
        found.next().map(|(_, address)| address.port())
    };
    let over_tls = is_tls(true).filter(|_| is_shown).map(|port| ("https", port, 443));
    let in_clear = || Some(("http", is_tls(false).filter(|_| !domain.mutual_tls)?, 80));
    let (scheme, port, usual) = over_tls.or_else(in_clear)?;
    Some(match port == usual {
        true => format!("{scheme}://{name}"),
        false => format!("{scheme}://{name}:{port}"),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn told(listen: &str) -> Vec<String> {
        let text = format!(
            "listen: {listen}
apis:
  - {{id: pets, protocol: REST, definition: d, stages: [{{stageName: prod}}]}}
  - {{id: web, protocol: HTTP, definition: d, stages: [{{stageName: $default}}]}}
domainNames:
  - domainName: api.example.com
    certificate: {{chain: c, privateKey: k}}
    basePathMappings: [{{restApiId: pets, stage: prod}}, {{basePath: all, restApiId: pets}}]
  - domainName: '*.example.com'
    apiMappings: [{{apiMappingKey: a/b, apiId: web, stage: $default}}]
  - domainName: mtls.example
    certificate: {{chain: c, privateKey: k}}
    mutualTlsAuthentication: {{truststoreUri: t}}
    basePathMappings: [{{restApiId: pets, stage: prod}}]
"
        );
        let config = Config::read(&crate::document::read(&text).unwrap(), Path::new("")).unwrap();
        let places = config.places();
        let addresses = places.into_iter().map(|place| (place.clone(), place.address));
        of_domain_names(&config, &addresses.collect::<Vec<_>>())
    }

    #[test]
    fn the_urls_of_custom_domain_names_are_told_with_their_base_paths() {
        assert_eq!(
            told("['127.0.0.1:8080', {address: '127.0.0.1:443', tls: {}}]"),
            [
                "REST API pets, stage prod: https://api.example.com/",
                "REST API pets, any stage: https://api.example.com/all/{stage}/",
                "HTTP API web, stage $default: http://*.example.com:8080/a/b/",
                "REST API pets, stage prod: https://mtls.example/ (clients show certificates)",
            ]
        );
        assert_eq!(
            told("{address: '127.0.0.1:8443', tls: {certificate: {chain: c, privateKey: k}}}")[2],
            "HTTP API web, stage $default: https://*.example.com:8443/a/b/"
        );
    }

    /// What is told of these APIs and domain names.
    fn told_of_apis(rest: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let definition = |is_disabled: bool| {
            format!(
                "openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\n\
                 x-amazon-apigateway-endpoint-configuration: {{disableExecuteApiEndpoint: {is_disabled}}}\n\
                 paths: {{/a: {{get: {{x-amazon-apigateway-integration: {{type: mock}}}}}}}}\n"
            )
        };
        write("open.yaml", &definition(false));
        write("closed.yaml", &definition(true));
        write("edgeway.yaml", rest);
        let built = crate::snapshot::Origin::Config(folder.path().join("edgeway.yaml")).build();
        let built = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
        of_apis(&built.config, &built.snapshot, Some("http://h:1"))
    }

    #[test]
    fn no_url_is_told_at_which_an_api_does_not_answer() {
        let api = |id: &str, file: &str| {
            format!(
                "{{id: {id}, protocol: REST, definition: {file}.yaml, stages: [{{stageName: s}}, {{stageName: t}}]}}"
            )
        };
        let (open, closed) = (api("a", "open"), api("b", "closed"));
        let names =
            "domainNames: [{domainName: h.example, basePathMappings: [{restApiId: b, stage: s}]}]";
        let disabled = |stage: &str| {
            format!("REST API b, stage {stage}: disabled, and no domain name leads to it")
        };
        let a = |stage: &str| {
            format!("REST API a, stage {stage}: http://h:1/_aws/execute-api/a/{stage}/")
        };
        assert_eq!(
            told_of_apis(&format!("apis: [{open}, {closed}]\n{names}\n")),
            [a("s"), a("t"), disabled("t")]
        );
        assert_eq!(
            told_of_apis(&format!("apis: [{open}, {closed}]\n")),
            [a("s"), a("t"), disabled("s"), disabled("t")]
        );
        assert_eq!(told_of_apis(&format!("apis: [{closed}]\n{names}\n")), [disabled("t")]);
        assert_eq!(
            told_of_apis(&format!("apis: [{closed}]\n")),
            ["REST API b, stage s: http://h:1/s/", "REST API b, stage t: http://h:1/t/"],
            "every host name stands for one of its own"
        );
    }

    #[test]
    fn the_urls_of_a_distribution_are_told_with_its_name() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/edge/edgeway.yaml");
        let built = crate::snapshot::Origin::Config(example).build();
        let config = built.unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics)).config;
        let places = config.places().into_iter().map(|place| (place.clone(), place.address));
        assert_eq!(
            of_distributions(&config, &places.collect::<Vec<_>>()),
            ["distribution shop: http://127.0.0.1:8090/, http://shop.example.com:8080/"]
        );
    }

    #[test]
    fn no_address_is_told_where_certificates_are_for_names_alone() {
        let told = |listen: &str| {
            let text = format!(
                "listen: {listen}\napis: [{{id: a, protocol: REST, definition: d, stages: [{{stageName: s}}, {{stageName: t}}]}}]\n\
                 domainNames: [{{domainName: h.example, certificate: {{chain: c, privateKey: k}}, basePathMappings: [{{restApiId: a, stage: s}}]}}]\n"
            );
            let config =
                Config::read(&crate::document::read(&text).unwrap(), Path::new("")).unwrap();
            let places = config.places().into_iter().map(|place| (place.clone(), place.address));
            let places: Vec<_> = places.collect();
            let api = gateway_core::definition::Api {
                id: "a".into(),
                name: String::new(),
                protocol: Protocol::Rest,
                disable_execute_api_endpoint: false,
                deployments: Vec::new(),
                stages: config.apis[0].stages.clone(),
            };
            let snapshot = Snapshot::new("r", "1", vec![api]);
            let mut lines = of_apis(&config, &snapshot, by_address(&config, &places).as_deref());
            lines.extend(of_others(&config, &places));
            lines
        };
        let alone =
            "127.0.0.1:443 over TLS, by the domain names alone: it has no certificate of its own";
        assert_eq!(
            told("{address: '127.0.0.1:443', tls: {}}"),
            [
                "REST API a, stage t: no listener has a certificate, and no domain name leads to it".to_owned(),
                format!("also {alone}"),
            ]
        );
        let both = told("[{address: '127.0.0.1:443', tls: {}}, '127.0.0.1:80']");
        assert_eq!(both[0], "REST API a, stage s: http://127.0.0.1:80/s/");
        assert_eq!(both[2..], [format!("also {alone}")]);
        let own = told("{address: '127.0.0.1:443', tls: {certificate: {chain: c, privateKey: k}}}");
        assert_eq!(own[0], "REST API a, stage s: https://127.0.0.1:443/s/");
        assert_eq!(own.len(), 2, "{own:?}");
    }

    #[test]
    fn a_domain_name_that_nobody_can_reach_is_not_told() {
        let told = told("127.0.0.1:80");
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0], "REST API pets, stage prod: http://api.example.com/");
        assert!(told.iter().all(|line| !line.contains("mtls")), "{told:?}");
    }
}
