//! TLS for clients: which certificate they are shown by the name that they ask for, and whose
//! certificates are asked for in turn.

mod certificate;
pub(crate) mod clients;
mod der;
mod distinguished_name;
pub(crate) mod handshake;
mod noted;
pub mod policy;
mod session;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use ::aws_lc_rs::digest::{SHA256, digest};
use gateway_core::message::{Fingerprints, Timestamp};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{NoServerSessionStorage, ParsedCertificate};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::host::Place;
use crate::perform::metrics::describe;
use certificate::Certificate;
use clients::Clients;
use policy::SecurityPolicy;
pub(crate) use session::Session;

/// Everything that handshakes with clients need, for all threads.
#[derive(Debug, Default)]
pub struct Tls {
    exact: BTreeMap<String, Arc<Identity>>,
    /// `*.example.com` by `example.com`.
    wildcard: BTreeMap<String, Arc<Identity>>,
    /// What listeners show whose client asks for none of these names.
    listeners: BTreeMap<Place, Arc<Identity>>,
    /// Whether a web ACL asks for fingerprints of clients.
    takes_fingerprints: bool,
    /// Of all files that this was made of.
    digest: Vec<u8>,
}

/// What a client is shown, and whether it must show a certificate too.
pub(crate) struct Identity {
    config: Arc<ServerConfig>,
    clients: Option<Arc<Clients>>,
    ends: Option<Timestamp>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive() // there is a key in it
    }
}

impl Tls {
    /// Those of another time, if they were made of the same files: their tickets stay good.
    pub(crate) fn or_before(self: Arc<Self>, before: &Arc<Self>) -> Arc<Self> {
        if self == *before { Arc::clone(before) } else { self }
    }

    pub(crate) fn add_domain(&mut self, domain_name: &str, identity: Identity) {
        let identity = Arc::new(identity);
        match domain_name.strip_prefix("*.") {
            Some(rest) => self.wildcard.insert(rest.into(), identity),
            None => self.exact.insert(domain_name.into(), identity),
        };
    }

    pub(crate) fn add_listener(&mut self, place: Place, identity: Identity) {
        self.listeners.insert(place, Arc::new(identity));
    }

    /// Has the greetings of clients looked at: a web ACL asks for their fingerprints.
    pub(crate) fn take_fingerprints(&mut self) {
        self.takes_fingerprints = true;
        self.note(b"fingerprints");
    }

    /// Notes the content of a file that this is made of.
    pub(crate) fn note(&mut self, content: &[u8]) {
        let noted = [&self.digest, content].concat();
        self.digest = digest(&SHA256, &noted).as_ref().to_vec();
    }

    /// In Prometheus's text format.
    pub(crate) fn write_metrics(&self, text: &mut String) {
        let help = "When the certificate of a domain name, or a listener's own, ends.";
        describe(text, "certificate_expiry_timestamp_seconds", help, "gauge");
        let exact = self.exact.iter().map(|(name, identity)| (name.clone(), identity));
        let wildcard = self.wildcard.iter().map(|(name, identity)| (format!("*.{name}"), identity));
        let domains = exact.chain(wildcard).map(|(name, of)| (name, String::new(), of));
        let own = |(place, of): (&Place, _)| (String::new(), place.address.to_string(), of);
        let listeners = self.listeners.iter().map(own);
        for (domain_name, listener, identity) in domains.chain(listeners) {
            let Some(ends) = identity.ends else { continue };
            let _ = writeln!(
                text,
                "edgeway_certificate_expiry_timestamp_seconds{{domain_name=\"{domain_name}\",listener=\"{listener}\"}} {}",
                ends.0 / 1_000
            );
        }
    }

    /// What a client is shown here that asks for this name.
    fn find(&self, place: &Place, server_name: Option<&str>) -> Option<&Arc<Identity>> {
        let named = server_name.and_then(|name| self.named(name));
        named.or_else(|| self.listeners.get(place))
    }

    /// The domain name's own, as the pipeline finds domain names: the exact one first.
    fn named(&self, name: &str) -> Option<&Arc<Identity>> {
        let wildcard = || self.wildcard.get(name.split_once('.')?.1);
        self.exact.get(name).or_else(wildcard)
    }
}

/// Made of the same.
impl PartialEq for Tls {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// The fingerprints of a client by its greeting.
fn fingerprint(greeting: &[u8]) -> Option<Fingerprints> {
    let sha256 = |text: &[u8]| {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, text).as_ref());
        bytes
    };
    let waf::Fingerprints { ja3, ja4 } = waf::Fingerprints::of(greeting, &sha256)?;
    Some(Fingerprints { ja3, ja4 })
}

/// A certificate with its key, and what is doubtful about them.
#[derive(Debug)]
pub(crate) struct Shown {
    key: Arc<CertifiedKey>,
    pub(crate) doubts: Vec<String>,
}

impl Shown {
    /// From when, and until when.
    pub(crate) fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        Certificate::read(self.key.cert.first()?)?.validity()
    }
}

/// Reads a certificate and its key.
///
/// # Errors
/// What is wrong, in words. Never with a word of the key.
pub(crate) fn shown(
    chain: &str,
    private_key: &str,
    domain_name: Option<&str>,
    now: Timestamp,
) -> Result<Shown, String> {
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let Some(first) = chain.first() else { return Err("it holds no certificate in PEM".into()) };
    let parsed = ParsedCertificate::try_from(first).map_err(|error| error.to_string())?;
    let mut doubts = Vec::new();
    match Certificate::read(first).and_then(|certificate| certificate.not_after()) {
        Some(end) if end < now => doubts.push("the certificate has expired".into()),
        Some(_) => {}
        None => return Err("its first certificate cannot be read".into()),
    }
    if let Some(name) = domain_name {
        // Any name that a wildcard stands for will do.
        let asked = name.strip_prefix("*.").map_or(name.into(), |rest| format!("any-label.{rest}"));
        let asked = ServerName::try_from(asked).map_err(|error| error.to_string())?;
        verify_server_name(&parsed, &asked)
            .map_err(|_| format!("its first certificate is not for `{name}`"))?;
    }
    let key = PrivateKeyDer::from_pem_slice(private_key.as_bytes())
        .map_err(|_| "the private key's file holds no key in PEM")?;
    let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(
        |_| "the private key is not that of the first certificate, or of a kind that is not known",
    )?;
    Ok(Shown { key: Arc::new(key), doubts })
}

/// What a client is shown, by whom it is asked for a certificate, and how.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn identity(
    shown: &Shown,
    policy: SecurityPolicy,
    clients: Option<Arc<Clients>>,
) -> Result<Identity, String> {
    let builder = ServerConfig::builder_with_provider(Arc::new(policy.provider()))
        .with_protocol_versions(policy.versions())
        .map_err(|error| error.to_string())?;
    let builder = match &clients {
        Some(clients) => builder.with_client_cert_verifier(Arc::clone(clients) as _),
        None => builder.with_no_client_auth(),
    };
    let ends = shown.validity();
    let shown = SingleCertAndKey::from((*shown.key).clone());
    let mut config = builder.with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    if clients.is_some() {
        // A client that comes again is verified again: nobody returns with what was revoked since.
        config.send_tls13_tickets = 0;
    } else {
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
    }
    let ends = ends.map(|(_, ends)| ends);
    Ok(Identity { config: Arc::new(config), clients, ends })
}
