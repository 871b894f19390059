//! Whom a domain name with mutual TLS lets in: its truststore and revocation lists.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gateway_core::message::Timestamp;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use super::certificate::Certificate;
use super::files::{self, Unusable};
use super::words;

/// Most bytes and certificates of a truststore ("Introducing mutual TLS authentication": 1 MB, 1,000).
const TRUSTSTORE_BYTES_MAX: usize = 1_000_000;
const TRUSTSTORE_CERTIFICATES_MAX: usize = 1_000;
/// Most certificates from a client's to a root ("Configuring mutual TLS": four).
const CHAIN_MAX: usize = 4;
/// Most bytes of names that clients are told to choose their certificate by; the message that carries
/// them has 64 KB. Without names clients show what they have.
const HINT_BYTES_MAX: usize = 16 * 1024;

/// A truststore.
pub(crate) struct Truststore {
    pub(crate) roots: RootCertStore,
    /// Certificates that have ended, by their place in the file.
    pub(crate) expired: Vec<usize>,
}

/// Reads a truststore.
///
/// # Errors
/// What AWS would not take, and what is no certificate of an authority.
pub(crate) fn truststore(pem: &str, now: Timestamp) -> Result<Truststore, Unusable> {
    if pem.len() > TRUSTSTORE_BYTES_MAX {
        let most = TRUSTSTORE_BYTES_MAX;
        return Err(Unusable::new(format!("a truststore has at most {most} bytes, as on AWS")));
    }
    let mut truststore = Truststore { roots: RootCertStore::empty(), expired: Vec::new() };
    let all = files::certificates(pem)?;
    if all.len() > TRUSTSTORE_CERTIFICATES_MAX {
        let most = TRUSTSTORE_CERTIFICATES_MAX;
        return Err(Unusable::new(format!(
            "a truststore has at most {most} certificates, as on AWS"
        )));
    }
    for (index, der) in all.iter().enumerate() {
        let place = index + 1;
        let wrong = |reason: &str| Unusable::new(format!("its certificate {place}: {reason}"));
        let certificate = Certificate::read(der).ok_or_else(|| wrong("it cannot be read"))?;
        if let Some(weakness) = certificate.weakness() {
            return Err(wrong(weakness));
        }
        if certificate.not_after().is_none_or(|end| end < now) {
            truststore.expired.push(place);
        }
        truststore.roots.add(der.clone()).map_err(|error| match error {
            Error::InvalidCertificate(error) => {
                wrong(&format!("it {}", words::certificate(&error)))
            }
            error => wrong(&error.to_string()),
        })?;
    }
    match too_deep(&all) {
        Some(place) => Err(Unusable::new(format!(
            "its certificate {place}: with a client's it makes a chain of more than {CHAIN_MAX}, the most on AWS"
        ))),
        None => Ok(truststore),
    }
}

/// The first certificate below so many others that a client's would be one too many.
fn too_deep(all: &[CertificateDer<'_>]) -> Option<usize> {
    let all: Vec<Certificate<'_>> = all.iter().filter_map(|der| Certificate::read(der)).collect();
    let by_subject: HashMap<&[u8], &[u8]> =
        all.iter().map(|certificate| (certificate.subject, certificate.issuer)).collect();
    let is_deep = |certificate: &Certificate<'_>| {
        let (mut subject, mut issuer) = (certificate.subject, certificate.issuer);
        // One step for each certificate that may stand above it.
        for _ in 0..CHAIN_MAX - 1 {
            match by_subject.get(issuer) {
                Some(above) if issuer != subject => (subject, issuer) = (issuer, above),
                _ => return false,
            }
        }
        true
    };
    all.iter().position(is_deep).map(|index| index + 1)
}

/// What verifies clients' certificates.
///
/// With revocation lists everything from the client's certificate to the truststore's must be in the
/// realm of one, and none of them out of date: what nobody knows is refused.
///
/// # Errors
/// When a list is none.
pub(crate) fn verifier(
    roots: RootCertStore,
    lists: Vec<CertificateRevocationListDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<Clients>, String> {
    let has_lists = !lists.is_empty();
    let hint_bytes: usize = roots.subjects().iter().map(|name| name.as_ref().len() + 2).sum();
    let subjects = roots.roots.iter().map(|root| root.subject.to_vec()).collect();
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if has_lists {
        builder = builder.with_crls(lists).enforce_revocation_expiration();
    }
    if hint_bytes > HINT_BYTES_MAX {
        builder = builder.clear_root_hint_subjects();
    }
    let verifier = builder.build().map_err(|error| error.to_string())?;
    Ok(Arc::new(Clients { verifier, subjects }))
}

/// Verifies clients' certificates.
#[derive(Debug)]
pub(crate) struct Clients {
    verifier: Arc<dyn ClientCertVerifier>,
    /// Whom the truststore's certificates are of.
    subjects: BTreeSet<Vec<u8>>,
}

impl Clients {
    /// Whether this chain, which was found right before, still is.
    pub(crate) fn still_trust(&self, chain: &[CertificateDer<'_>]) -> bool {
        let Some((end_entity, intermediates)) = chain.split_first() else { return false };
        self.verify_client_cert(end_entity, intermediates, UnixTime::now()).is_ok()
    }
}

impl ClientCertVerifier for Clients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let is_between = |der: &&CertificateDer<'_>| {
            Certificate::read(der).is_none_or(|read| !self.subjects.contains(read.subject))
        };
        // The client's own is one, and the truststore's another.
        if intermediates.iter().filter(is_between).count() > CHAIN_MAX - 2 {
            return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        }
        self.verifier.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
