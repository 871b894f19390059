//! A client's connection over TLS, as its requests are told of it.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;

use gateway_core::message::{self, ClientCertificate, Fingerprints, Timestamp};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{HandshakeKind, ProtocolVersion, ServerConnection};

use super::certificate::Certificate;
use super::clients::Clients;
use super::{Identity, Tls, words};
use crate::host::Place;

/// What is known of a connection.
#[derive(Debug)]
pub(crate) struct Session {
    place: Place,
    server_name: Option<String>,
    version: &'static str,
    cipher_suite: String,
    is_resumed: bool,
    client: Option<Client>,
    fingerprints: Option<Box<Fingerprints>>,
}

/// A client that has shown a certificate.
#[derive(Debug)]
struct Client {
    chain: Vec<CertificateDer<'static>>,
    certificate: ClientCertificate,
    not_after: Timestamp,
    /// Who was the last to verify it.
    verified_by: RefCell<Arc<Clients>>,
    is_trusted: Cell<bool>,
}

impl Session {
    /// Of a connection whose handshake is done. `None` if the client's certificate cannot be told of.
    pub(super) fn new(
        connection: &ServerConnection,
        place: Place,
        identity: &Identity,
    ) -> Option<Self> {
        let client = match &identity.clients {
            Some(clients) => Some(Client::new(connection.peer_certificates()?, clients)?),
            None => None,
        };
        let suite = connection.negotiated_cipher_suite();
        let suite = suite.and_then(|suite| suite.suite().as_str()).unwrap_or_default();
        Some(Self {
            place,
            server_name: connection.server_name().map(str::to_ascii_lowercase),
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "TLSv1.2",
            },
            // IANA's names of TLS 1.3's suites have no version in them.
            cipher_suite: suite.replacen("TLS13_", "TLS_", 1),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            client,
            fingerprints: None,
        })
    }

    /// With what the client greeted like, where that was looked at.
    pub(super) fn with_fingerprints(self, fingerprints: Option<Fingerprints>) -> Self {
        Self { fingerprints: fingerprints.map(Box::new), ..self }
    }

    /// What was agreed on, in CloudFront's words: the version, and the cipher by OpenSSL's name.
    pub(crate) fn agreed(&self) -> (&'static str, String) {
        (self.version, openssl_name(&self.cipher_suite))
    }

    /// Whether keys of an earlier connection were used again.
    pub(crate) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// For a request that comes now, by what is trusted now.
    pub(crate) fn told(&self, tls: &Tls, now: Timestamp) -> message::Tls {
        let clients = || {
            let identity = tls.find(&self.place, self.server_name.as_deref())?;
            identity.clients.as_ref()
        };
        let client = self.client.as_ref();
        let client = client.filter(|client| client.is_trusted_by(clients(), now));
        message::Tls {
            server_name: self.server_name.clone(),
            version: self.version.into(),
            cipher_suite: self.cipher_suite.clone(),
            client_certificate: client.map(|client| Box::new(client.certificate.clone())),
            fingerprints: self.fingerprints.clone(),
        }
    }
}

impl Tls {
    /// A connection of which no hands were shaken, as a client of today makes it: for this name, by which certificate.
    ///
    /// # Errors
    /// Why the certificate is refused, where it is asked for.
    pub(crate) fn supposed(
        &self,
        server_name: Option<String>,
        chain: &[CertificateDer<'_>],
    ) -> Result<message::Tls, String> {
        let named = server_name.as_deref().and_then(|name| self.named(name));
        let clients = named.and_then(|identity| identity.clients.as_ref());
        let client_certificate = match (clients, chain.split_first()) {
            (Some(clients), Some((own, above))) => Some(shown(clients, own, above)?),
            _ => None,
        };
        Ok(message::Tls {
            server_name,
            version: "TLSv1.3".into(),
            cipher_suite: "TLS_AES_256_GCM_SHA384".into(),
            client_certificate,
            fingerprints: None,
        })
    }
}

/// What OpenSSL calls a suite that IANA calls so: of TLS 1.3 the same; `ECDHE-RSA-AES128-GCM-SHA256`,
/// `ECDHE-RSA-CHACHA20-POLY1305` where that has another name.
fn openssl_name(suite: &str) -> String {
    let Some((exchange, cipher)) = suite.split_once("_WITH_") else { return suite.into() };
    let exchange = exchange.trim_start_matches("TLS_").replace('_', "-");
    let cipher = cipher.replace("AES_", "AES").replace('_', "-");
    let cipher = cipher
        .strip_suffix("POLY1305-SHA256")
        .map(|of| of.to_owned() + "POLY1305")
        .unwrap_or(cipher);
    format!("{exchange}-{cipher}")
}

/// What is told of a client's certificate, if it is trusted.
fn shown(
    clients: &Clients,
    own: &CertificateDer<'_>,
    above: &[CertificateDer<'_>],
) -> Result<Box<ClientCertificate>, String> {
    if let Err(error) = clients.verify_client_cert(own, above, UnixTime::now()) {
        let error = io::Error::new(io::ErrorKind::InvalidData, error);
        return Err(words::handshake(&error, "the client"));
    }
    let told = Certificate::read(own).and_then(|certificate| certificate.told());
    told.map(Box::new).ok_or_else(|| "the client's certificate is odd".into())
}

impl Client {
    fn new(chain: &[CertificateDer<'static>], clients: &Arc<Clients>) -> Option<Self> {
        let certificate = Certificate::read(chain.first()?)?;
        Some(Self {
            certificate: certificate.told()?,
            not_after: certificate.not_after()?,
            chain: chain.to_vec(),
            verified_by: RefCell::new(Arc::clone(clients)),
            is_trusted: Cell::new(true),
        })
    }

    /// Connections outlive certificates, truststores and revocation lists: each is looked at again
    /// when it has changed.
    fn is_trusted_by(&self, clients: Option<&Arc<Clients>>, now: Timestamp) -> bool {
        let Some(clients) = clients else { return false };
        if !Arc::ptr_eq(clients, &self.verified_by.borrow()) {
            self.is_trusted.set(clients.still_trust(&self.chain));
            self.verified_by.replace(Arc::clone(clients));
        }
        self.is_trusted.get() && now <= self.not_after
    }
}
