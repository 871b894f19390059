//! TLS for clients: which certificate they are shown by the name that they ask for, and whose
//! certificates are asked for in turn.

mod certificate;
pub(crate) mod clients;
mod der;
mod distinguished_name;
pub(crate) mod files;
pub(crate) mod handshake;
mod noted;
pub mod policy;
mod session;
pub(crate) mod words;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use ::aws_lc_rs::digest::{SHA256, digest};
use gateway_core::message::{Fingerprints, Timestamp};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::server::{NoServerSessionStorage, ParsedCertificate};
use tokio_rustls::rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use tokio_rustls::rustls::{CertificateError, Error, InconsistentKeys, ServerConfig};

use crate::host::Place;
use crate::perform::metrics::describe;
use certificate::Certificate;
use clients::Clients;
use files::Unusable;
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

/// Which of the two files is no use.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// That of the certificate, and those above it.
    Chain(Unusable),
    /// That of its key.
    Key(Unusable),
}

/// For people who have no files to look at.
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Chain(unusable) | Self::Key(unusable)) = self;
        f.write_str(&unusable.reason)
    }
}

/// Reads a certificate and its key.
///
/// # Errors
/// Which file is wrong and how, in words. Never with a word of the key.
pub(crate) fn shown(
    chain: &str,
    private_key: &str,
    domain_name: Option<&str>,
    now: Timestamp,
) -> Result<Shown, Wrong> {
    let chain = files::certificates(chain).map_err(Wrong::Chain)?;
    let doubts = certificate_for(&chain[0], domain_name, now).map_err(Wrong::Chain)?;
    let key = files::private_key(private_key).map_err(Wrong::Key)?;
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).map_err(|_| {
        let kinds = "RSA of 2048 to 8192 bits, EC of the curves P-256, P-384 and P-521, or Ed25519";
        Wrong::Key(Unusable::new(format!("its private key is of no kind that is known: {kinds}")))
    })?;
    match is_of(&key, &chain[0]) {
        true => Ok(Shown { key: Arc::new(CertifiedKey::new(chain, key)), doubts }),
        false => Err(not_of(&key, &chain)),
    }
}

/// What is doubtful about a certificate, if it is one that clients who ask for this name take.
fn certificate_for(
    der: &CertificateDer<'_>,
    domain_name: Option<&str>,
    now: Timestamp,
) -> Result<Vec<String>, Unusable> {
    let said =
        |error: &CertificateError| format!("its first certificate {}", words::certificate(error));
    let parsed = ParsedCertificate::try_from(der).map_err(|error| match error {
        Error::InvalidCertificate(error) => said(&error),
        error => error.to_string(),
    })?;
    let read = Certificate::read(der);
    let end = read.as_ref().and_then(Certificate::not_after);
    let (Some(read), Some(end)) = (read, end) else {
        return Err(Unusable::new("its first certificate cannot be read"));
    };
    if read.has_short_rsa_key() {
        let help = "have one issued for a key of 2048 bits or more, or of the curve P-256";
        return Err(
            Unusable::new("its first certificate's RSA key has less than 2048 bits").help(help)
        );
    }
    if let Some(name) = domain_name {
        // Any name that a wildcard stands for will do.
        let asked = name.strip_prefix("*.").map_or(name.into(), |rest| format!("any-label.{rest}"));
        let asked = ServerName::try_from(asked).map_err(|error| error.to_string())?;
        verify_server_name(&parsed, &asked).map_err(|error| match error {
            Error::InvalidCertificate(error) => {
                let help = format!("have one issued with `subjectAltName=DNS:{name}`");
                Unusable::new(said(&error).replace("`any-label.", "`*.")).help(help)
            }
            error => Unusable::new(error.to_string()),
        })?;
    }
    Ok(if end < now { vec!["the certificate has expired".into()] } else { Vec::new() })
}

/// Whether this is the key of this certificate, as far as can be known.
fn is_of(key: &Arc<dyn SigningKey>, certificate: &CertificateDer<'static>) -> bool {
    let pair = CertifiedKey::new(vec![certificate.clone()], Arc::clone(key));
    matches!(pair.keys_match(), Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)))
}

/// A key that is not that of the first certificate: of none of them, or of one that stands too late.
fn not_of(key: &Arc<dyn SigningKey>, chain: &[CertificateDer<'static>]) -> Wrong {
    if let Some(index) = chain.iter().position(|certificate| is_of(key, certificate)) {
        let reason = format!("the private key is that of its certificate {}", index + 1);
        return Wrong::Chain(Unusable::new(reason).help("the certificate of the key comes first"));
    }
    let help = "`openssl pkey -in KEY -pubout` and `openssl x509 -in CHAIN -noout -pubkey` print the same of a pair";
    Wrong::Key(Unusable::new("the private key is not that of the first certificate").help(help))
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
