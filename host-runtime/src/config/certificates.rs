//! What the configuration says of certificates: a listener's, a domain name's, and its clients'.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_core::definition::Source;
use gateway_core::definition::document::At;

use super::acme::AcmeConfig;
use super::reading::Reading;
use crate::tls::policy::SecurityPolicy;

/// A certificate and its key, as files in PEM.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// The certificate, and those that lead to its authority.
    pub chain: PathBuf,
    /// Its private key.
    pub private_key: PathBuf,
    /// Where it is ordered; then it is no mistake that there is none yet.
    pub acme: Option<Arc<AcmeConfig>>,
    /// Where it stands in the configuration.
    pub source: Source,
}

/// TLS of a custom domain name.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainTls {
    /// `api.example.com`, or `*.example.com`.
    pub domain_name: String,
    /// What its clients are shown.
    pub certificate: Certificate,
    /// Versions and ciphers.
    pub security_policy: SecurityPolicy,
    /// Whom it asks for certificates of their own.
    pub mutual_tls: Option<MutualTls>,
}

/// `mutualTlsAuthentication`
#[derive(Debug, Clone, PartialEq)]
pub struct MutualTls {
    /// A PEM file of authorities whose clients are let in.
    pub truststore: PathBuf,
    /// PEM files of what these authorities have revoked.
    pub revocation_lists: Vec<PathBuf>,
    /// Where it stands in the configuration.
    pub source: Source,
}

/// The keys of a domain name that are about TLS.
pub(super) const DOMAIN_KEYS: [&str; 4] =
    ["certificate", "securityPolicy", "endpointAccessMode", "mutualTlsAuthentication"];

/// TLS of a domain name, if it has any; with whether its access is strict.
pub(super) fn read_domain(
    reading: &Reading,
    at: &At<'_>,
    directory: &Path,
    domain_name: &str,
    acme: Option<&Arc<AcmeConfig>>,
) -> (Option<DomainTls>, bool) {
    let certificate = at.get("certificate");
    let has_certificate = certificate.is_some();
    let certificate = certificate.and_then(|at| match at.as_str() {
        Some("acme") => ordered(reading, &at, domain_name, acme),
        _ => read(reading, &at, directory),
    });
    let policy_at = at.get("securityPolicy");
    let policy = policy_at.as_ref().and_then(|at| security_policy(reading, at));
    let mode = at.get("endpointAccessMode");
    let strict =
        mode.as_ref().and_then(|at| reading.one_of(at, &["BASIC", "STRICT"])) == Some("STRICT");
    let mutual_at = at.get("mutualTlsAuthentication");
    let mutual_tls = mutual_at.as_ref().and_then(|at| mutual_tls(reading, at, directory));
    let security_policy = policy.unwrap_or_default();
    if let Some(at) = &policy_at
        && security_policy.is_enhanced()
    {
        // "Choose a security policy for your custom domain", Considerations.
        if mutual_at.is_some() {
            reading.error(at, "a domain name with mutual TLS has the policy TLS_1_2, as on AWS");
        }
        if mode.is_none() {
            let help = "add `endpointAccessMode: BASIC` or `STRICT`";
            reading.error_with(at, "this policy asks for an endpoint access mode, as on AWS", help);
        }
    }
    for (name, at) in [("securityPolicy", &policy_at), ("mutualTlsAuthentication", &mutual_at)] {
        if let Some(at) = at
            && !has_certificate
        {
            let help = "add `certificate: {chain: FILE, privateKey: FILE}`";
            reading.error_with(
                at,
                format!("`{name}` needs a certificate of the domain name"),
                help,
            );
        }
    }
    let tls = certificate.map(|certificate| DomainTls {
        domain_name: domain_name.to_owned(),
        certificate,
        security_policy,
        mutual_tls,
    });
    (tls, strict)
}

/// `{chain: FILE, privateKey: FILE}`.
pub(super) fn read(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<Certificate> {
    reading.keys(at, &["chain", "privateKey"]);
    let file = |name| Some(directory.join(reading.text(&reading.required(at, name)?)?));
    let (chain, private_key) = (file("chain"), file("privateKey"));
    let (chain, private_key) = (chain?, private_key?);
    Some(Certificate { chain, private_key, acme: None, source: at.source() })
}

/// `certificate: acme`.
fn ordered(
    reading: &Reading,
    at: &At<'_>,
    domain_name: &str,
    acme: Option<&Arc<AcmeConfig>>,
) -> Option<Certificate> {
    if domain_name.starts_with("*.") {
        // RFC 8737 §3: the name is asked for by its handshake.
        reading.error(at, "a wildcard's certificate is not issued for a proof by tls-alpn-01");
    }
    let Some(acme) = acme else {
        let help = "add `acme: {cacheDirectory: FOLDER, termsOfServiceAgreed: true}` at the top";
        reading.error_with(at, "`acme` is not configured", help);
        return None;
    };
    let (file, acme) = (acme.file(domain_name), Some(Arc::clone(acme)));
    Some(Certificate { chain: file.clone(), private_key: file, acme, source: at.source() })
}

/// A security policy by AWS's name.
pub(super) fn security_policy(reading: &Reading, at: &At<'_>) -> Option<SecurityPolicy> {
    let name = reading.text(at)?;
    let policy = SecurityPolicy::named(name);
    if policy.is_none() {
        let help = format!("one of {}", SecurityPolicy::NAMES.join(", "));
        reading.error_with(at, format!("`{name}` is no security policy"), help);
    }
    policy
}

fn mutual_tls(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<MutualTls> {
    const KEYS: [&str; 4] =
        ["truststoreUri", "truststoreVersion", "truststoreWarnings", "certificateRevocationLists"];
    reading.keys(at, &KEYS);
    if let Some(at) = at.get("truststoreVersion") {
        let help = "a changed file is taken over at once: leave it out";
        reading.error_with(&at, "`truststoreVersion` is of objects in S3", help);
    }
    let lists = at.get("certificateRevocationLists");
    let lists = lists.iter().flat_map(|at| reading.array(at));
    let revocation_lists = lists.filter_map(|at| file(reading, &at, directory)).collect();
    let truststore = reading.required(at, "truststoreUri");
    let truststore = truststore.and_then(|at| file(reading, &at, directory))?;
    Some(MutualTls { truststore, revocation_lists, source: at.source() })
}

/// A path, or a `file:` URI.
fn file(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<PathBuf> {
    let text = reading.text(at)?;
    let path = text.strip_prefix("file://").unwrap_or(text);
    if path.contains("://") {
        let help = "copy it beside the configuration, and write its path";
        let message = format!("`{text}` is not read: it must be a file on this machine");
        reading.error_with(at, message, help);
        return None;
    }
    Some(directory.join(path))
}
