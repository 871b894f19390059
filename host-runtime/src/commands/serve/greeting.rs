//! What the start tells: where to send requests.

use std::net::SocketAddr;
use std::sync::Arc;

use gateway_core::definition::{DomainName, EndpointType, Protocol, Snapshot, Stage};

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
    for line in of_apis(config, snapshot, host.addresses()) {
        tell!("  {line}");
    }
    for line in of_domain_names(config, snapshot, host.addresses()) {
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

/// Whether a listener leads to an API: a private one's answer at those of private endpoints, all others at the others.
fn leads_to(place: &Place, snapshot: &Snapshot, api: usize) -> bool {
    match is_private(snapshot, api) {
        true => place.vpc_endpoint_id.is_some(),
        false => is_public(place),
    }
}

fn is_private(snapshot: &Snapshot, api: usize) -> bool {
    let mut deployments = snapshot.apis.get(api).into_iter().flat_map(|api| &api.deployments);
    deployments.any(|deployment| deployment.endpoint_type == EndpointType::Private)
}

/// Where stages are asked without a domain name. Those whose APIs are reached by domain names alone are told there.
fn of_apis(config: &Config, snapshot: &Snapshot, addresses: &[(Place, SocketAddr)]) -> Vec<String> {
    let mut lines = Vec::new();
    let is_alone = config.apis.len() == 1;
    for (index, api) in config.apis.iter().enumerate() {
        let is_disabled = snapshot.apis[index].disable_execute_api_endpoint;
        // Without domain names every host name stands for one of an only API's.
        let is_closed = is_disabled && !(is_alone && config.domain_names.is_empty());
        let mut of_api = addresses.iter().filter(|(place, _)| leads_to(place, snapshot, index));
        let listener = of_api.find(|(place, _)| is_shown(config, place, None));
        for Stage { stage_name, .. } in &api.stages {
            let stage = format!("{} API {}, stage {stage_name}", kind(api.protocol), api.id);
            let Some((place, address)) = listener.filter(|_| !is_closed) else {
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
            let at = match place.vpc_endpoint_id {
                Some(_) => " (at private endpoints alone)",
                None => "",
            };
            lines.push(format!("{stage}: {}://{address}/{path}{at}", scheme(place)));
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
fn of_domain_names(
    config: &Config,
    snapshot: &Snapshot,
    addresses: &[(Place, SocketAddr)],
) -> Vec<String> {
    let mut lines = Vec::new();
    for domain in &config.domain_names {
        let asks = if domain.mutual_tls { " (clients show certificates)" } else { "" };
        for mapping in &domain.mappings {
            let is_for = |place: &Place| leads_to(place, snapshot, mapping.api as usize);
            let Some(url) = url(domain, config, addresses, &is_for) else { continue };
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

/// At listeners for which it is, over TLS where the name has a certificate, its own or the listener's. `None` where
/// nobody can reach it.
fn url(
    domain: &DomainName,
    config: &Config,
    addresses: &[(Place, SocketAddr)],
    is_for: &dyn Fn(&Place) -> bool,
) -> Option<String> {
    let name = &domain.domain_name;
    let of_listener = |(place, listener): (Place, crate::config::Listener)| {
        is_for(&place) && listener.tls.is_some_and(|tls| tls.certificate.is_some())
    };
    let is_shown = config.domain_tls.iter().any(|tls| tls.domain_name == *name)
        || config.listeners().into_iter().any(of_listener);
    let is_tls = |wanted: bool| {
        let mut found = addresses.iter().filter(|(p, _)| is_for(p) && p.is_tls == wanted);
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
mod tests;
