//! `domainNames`: custom domain names and what they lead to, in AWS's names of both versions.

use std::path::Path;
use std::sync::Arc;

use gateway_core::definition::document::At;
use gateway_core::definition::{ApiMapping, DomainName, Protocol};

use super::ApiConfig;
use super::acme::{self, AcmeConfig};
use super::certificates::{self, DomainTls};
use super::reading::Reading;

/// What API Gateway takes for a base path besides letters and digits.
const BASE_PATH_MARKS: &[u8] = b"$-_.+!*'()";
const BASE_PATH_BYTES_MAX: usize = 300;

/// What AWS tells of a domain name, and nothing here depends on.
const NOTED: [&str; 14] = [
    "apiMappingSelectionExpression",
    "certificateUploadDate",
    "distributionDomainName",
    "distributionHostedZoneId",
    "domainNameArn",
    "domainNameId",
    "domainNameStatus",
    "domainNameStatusMessage",
    "endpointConfiguration",
    "ownershipVerificationCertificateArn",
    "regionalDomainName",
    "regionalHostedZoneId",
    "routingMode",
    "tags",
];
/// Where AWS says which certificate of its own it shows; of version 2 with the policy and the type of endpoint.
const CERTIFICATES: [&str; 5] = [
    "certificateArn",
    "certificateName",
    "regionalCertificateArn",
    "regionalCertificateName",
    "domainNameConfigurations",
];
pub(super) fn read_all(
    reading: &Reading,
    at: &At<'_>,
    apis: &[ApiConfig],
    directory: &Path,
) -> (Vec<DomainName>, Vec<DomainTls>) {
    let (mut domain_names, mut domain_tls): (Vec<DomainName>, _) = (Vec::new(), Vec::new());
    let acme = acme::read(reading, at, directory);
    let at = at.get("domainNames");
    for item in at.iter().flat_map(|at| reading.array(at)) {
        let Some((domain, tls)) = read(reading, &item, apis, directory, acme.as_ref()) else {
            continue;
        };
        let is_same = |other: &DomainName| other.domain_name == domain.domain_name;
        if !domain.domain_name.is_empty() && domain_names.iter().any(is_same) {
            reading.error(&item, format!("`{}` is there twice", domain.domain_name));
        }
        domain_names.push(domain);
        domain_tls.extend(tls);
    }
    (domain_names, domain_tls)
}

fn read(
    reading: &Reading,
    at: &At<'_>,
    apis: &[ApiConfig],
    directory: &Path,
    acme: Option<&Arc<AcmeConfig>>,
) -> Option<(DomainName, Option<DomainTls>)> {
    let keys = ["domainName", "basePathMappings", "apiMappings"];
    let keys = [&keys[..], &certificates::DOMAIN_KEYS, &NOTED, &CERTIFICATES].concat();
    reading.keys(at, &keys);
    told_by_aws(reading, at);
    let domain_name = reading.required(at, "domainName").and_then(|at| name(reading, &at));
    let mut mappings: Vec<ApiMapping> = Vec::new();
    let v1 = ("basePathMappings", ["basePath", "restApiId", "stage"]);
    let v2 = ("apiMappings", ["apiMappingKey", "apiId", "stage"]);
    for (list, names) in [v1, v2] {
        for item in at.get(list).iter().flat_map(|at| reading.array(at)) {
            let Some(mapping) = mapping(reading, &item, apis, names) else { continue };
            if mappings.iter().any(|other| other.base_path == mapping.base_path) {
                let message = format!("the base path `{}` is mapped twice", mapping.base_path);
                reading.error(&item, message);
            }
            mappings.push(mapping);
        }
    }
    let is_mapped = |name| at.get(name).is_some_and(|at| at.items().next().is_some());
    if !is_mapped("basePathMappings") && !is_mapped("apiMappings") {
        let help = "write `basePathMappings: [{basePath: v1, restApiId: …, stage: …}]`";
        reading.error_with(at, "nothing is mapped: every request would be refused", help);
    }
    if !at.is_object() {
        return None;
    }
    // Never served without a name; its certificate is looked at all the same.
    let domain_name = domain_name.unwrap_or_default();
    let (tls, strict_access) =
        certificates::read_domain(reading, at, directory, &domain_name, acme);
    let of_http = |mapping: &ApiMapping| apis[mapping.api as usize].protocol == Protocol::Http;
    if tls.as_ref().is_some_and(|tls| tls.security_policy.is_enhanced())
        && mappings.iter().any(of_http)
    {
        reading.error(at, "an HTTP API has no domain name with such a `securityPolicy`, as on AWS");
    }
    // Where its truststore cannot be read, too: then the mistake is told, and nobody is served.
    let mutual_tls = at.get("mutualTlsAuthentication").is_some();
    Some((DomainName { domain_name, mappings, mutual_tls, strict_access }, tls))
}

/// What would be another domain name without the part that nothing here depends on.
fn told_by_aws(reading: &Reading, at: &At<'_>) {
    let types = at.get("endpointConfiguration").and_then(|at| at.get("types"));
    let types = types.map(|at| at.items().collect::<Vec<_>>()).unwrap_or_default();
    if let Some(at) = types.iter().find(|at| at.as_str() == Some("PRIVATE")) {
        let help = "a private API is reached by the listeners of `privateEndpoints`";
        reading.error_with(at, "private custom domain names are not supported yet", help);
    }
    let routing = at.get("routingMode");
    if let Some(at) = routing.filter(|at| at.as_str() != Some("API_MAPPING_ONLY")) {
        let help = "`basePathMappings` and `apiMappings` lead to APIs (API_MAPPING_ONLY)";
        reading.error_with(&at, "routing rules are not supported yet", help);
    }
    let certificate = CERTIFICATES.iter().find_map(|name| Some((name, at.get(name)?)));
    if let (Some((name, at)), None) = (certificate, at.get("certificate")) {
        let message =
            format!("`{name}` changes nothing: a certificate of AWS's is not at hand here");
        let help = "write `certificate: {chain: FILE, privateKey: FILE}`, or `certificate: acme`";
        reading.warning_with(&at, message, help);
    }
}

/// A host name in lower case; its first label may be `*`.
fn name(reading: &Reading, at: &At<'_>) -> Option<String> {
    let name = reading.text(at)?.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels = name.strip_prefix("*.").unwrap_or(&name);
    let valid = name.len() <= 253 && labels.contains('.') && labels.split('.').all(is_label);
    if !valid {
        let help = "write a host name of your own, such as api.example.com or *.example.com";
        reading.error_with(at, format!("`{name}` cannot be a custom domain name"), help);
    }
    valid.then_some(name)
}

fn mapping(
    reading: &Reading,
    at: &At<'_>,
    apis: &[ApiConfig],
    names: [&str; 3],
) -> Option<ApiMapping> {
    let [key, api, stage] = names;
    reading.keys(at, &[key, api, stage, "apiMappingId"]);
    let is_v1 = key == "basePath";
    let base_path = match at.get(key) {
        Some(at) => base_path(reading, &at, is_v1),
        None => Some(String::new()),
    };
    // Only v1 lets clients name the stage.
    let stage_at = if is_v1 { at.get(stage) } else { reading.required(at, stage) };
    let api_at = reading.required(at, api)?;
    let id = reading.text(&api_at)?;
    let Some(index) = apis.iter().position(|api| api.id == id) else {
        let ids = apis.iter().map(|api| api.id.as_str()).collect::<Vec<_>>();
        reading.unknown(&api_at, &format!("no API has the id `{id}`"), id, &ids);
        return None;
    };
    if !is_v1 && stage_at.is_none() {
        return None;
    }
    let stage = match stage_at {
        Some(at) => {
            let stage = reading.text(&at)?;
            if !apis[index].stages.iter().any(|s| s.stage_name == stage) {
                let names = apis[index].stages.iter().map(|s| s.stage_name.as_str());
                let names = names.collect::<Vec<_>>();
                let message = format!("API `{id}` has no stage `{stage}`");
                reading.unknown(&at, &message, stage, &names);
            }
            Some(stage.to_owned())
        }
        None => None,
    };
    Some(ApiMapping { base_path: base_path?, api: index as u32, stage })
}

/// `(none)` and the empty text are the mapping of everything. Only v2 has base paths of several segments.
fn base_path(reading: &Reading, at: &At<'_>, is_v1: bool) -> Option<String> {
    let text = at.as_text().unwrap_or_default();
    if text.is_empty() || text == "(none)" {
        return Some(String::new());
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || BASE_PATH_MARKS.contains(&b);
    let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(plain);
    let valid = text.len() <= BASE_PATH_BYTES_MAX
        && match is_v1 {
            true => is_segment(text),
            false => text.split('/').all(is_segment),
        };
    if !valid {
        let help = match is_v1 && text.contains('/') {
            true => {
                "a base path of several segments needs `apiMappings`, without slashes at its ends"
            }
            false => "letters, digits and $-_.+!*'(), without slashes at its ends",
        };
        reading.error_with(at, format!("`{text}` cannot be a base path"), help);
    }
    valid.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// What is told of a domain name with these members besides its mapping.
    fn told(members: &str) -> Vec<String> {
        let api = "{id: a, protocol: REST, definition: d, stages: [{stageName: s}]}";
        let mapping = "apiMappings: [{apiMappingId: x, apiId: a, stage: s}]";
        let domain = format!("{{domainName: a.example, {mapping}, {members}}}");
        let text = format!("apis: [{api}]\ndomainNames: [{domain}]");
        let (_, told) = Config::read_whole(&crate::document::read(&text).unwrap(), Path::new(""));
        told.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_domain_name_may_be_written_down_as_aws_tells_it() {
        let told = told(
            "certificate: {chain: c, privateKey: k}, regionalCertificateArn: 'arn:aws:acm:x', \
             domainNameStatus: AVAILABLE, distributionDomainName: d111.cloudfront.net, tags: {a: b}, \
             distributionHostedZoneId: Z2, regionalDomainName: d-1.execute-api, regionalHostedZoneId: Z1, \
             endpointConfiguration: {types: [REGIONAL], ipAddressType: ipv4}, certificateUploadDate: 1, \
             routingMode: API_MAPPING_ONLY, domainNameArn: 'arn:aws:apigateway:x', securityPolicy: TLS_1_2, \
             mutualTlsAuthentication: {truststoreUri: t.pem, truststoreWarnings: []}",
        );
        assert!(told.is_empty(), "{told:?}");
    }

    #[test]
    fn what_would_be_another_domain_name_is_told() {
        for (members, expected) in [
            (
                "regionalCertificateArn: 'arn:aws:acm:x'",
                "warning: `regionalCertificateArn` changes",
            ),
            ("domainNameConfigurations: []", "warning: `domainNameConfigurations` changes"),
            ("endpointConfiguration: {types: [PRIVATE]}", "error: private custom domain names"),
            ("routingMode: ROUTING_RULE_ONLY", "error: routing rules"),
            ("policy: {}", "error: unknown key `policy`"),
        ] {
            let told = told(members);
            assert!(told.len() == 1 && told[0].starts_with(expected), "{told:?}");
        }
    }
}
