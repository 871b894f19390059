//! Whom connections to endpoints trust: TLS by rustls, over the system's and the operator's roots.

use std::sync::{Arc, OnceLock};

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::tls::{files, words};

/// The certificate authorities that are trusted, for all threads.
#[derive(Debug, Default)]
pub struct Trust {
    /// Besides the system's, DER.
    added: Vec<Vec<u8>>,
    /// Made at the first TLS connection: reading the system's roots takes longer than the start.
    verifying: OnceLock<Arc<ClientConfig>>,
    any_authority: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    /// The system's roots, and these.
    pub fn new(added: Vec<Vec<u8>>) -> Self {
        Self { added, ..Self::default() }
    }

    /// Everybody, with whatever certificate, over HTTP/1.1: for health checks, which tell a target
    /// nothing. AWS, "Target groups for your Application Load Balancers": "The load balancer does not
    /// validate these certificates".
    pub(super) fn of_anybody() -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = client_config_of(Arc::new(Anybody(provider)));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { verifying: Arc::new(config).into(), ..Self::default() }
    }

    /// Whether these are the roots besides the system's.
    pub fn adds(&self, certificates: &[Vec<u8>]) -> bool {
        self.added == certificates
    }

    /// How a connection is made: HTTP/2 where the endpoint speaks it, else HTTP/1.1.
    ///
    /// `any_authority`: whoever issued the certificate is trusted. Its name and expiry are verified
    /// all the same, as AWS does for `insecureSkipVerification`.
    pub(super) fn client_config(&self, any_authority: bool) -> Arc<ClientConfig> {
        let config = match any_authority {
            false => self.verifying.get_or_init(|| {
                let roots = Arc::new(self.roots());
                let provider = Arc::new(aws_lc_rs::default_provider());
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
                client_config(verifier.expect("there are roots, and no revocation lists"))
            }),
            true => self.any_authority.get_or_init(|| client_config(Arc::new(AnyAuthority::new()))),
        };
        Arc::clone(config)
    }

    /// How a TLS connection is made to a server that speaks one of these protocols, or none of a name.
    pub(crate) fn client_config_of(&self, protocols: &[&[u8]]) -> Arc<ClientConfig> {
        let mut config = (*self.client_config(false)).clone();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }

    /// The system's roots (or those of `SSL_CERT_FILE`), Mozilla's where the system has none; and
    /// the operator's.
    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            tracing::info!("the system has no root certificates: Mozilla's are used");
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots.add_parsable_certificates(self.added.iter().map(|der| der.as_slice().into()));
        roots
    }
}

/// The certificates of a PEM file, DER; each can be a root.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, String> {
    let certificates = files::certificates(pem).map_err(|unusable| unusable.reason)?;
    let mut roots = RootCertStore::empty();
    for (index, certificate) in certificates.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|error| match error {
            Error::InvalidCertificate(error) => {
                format!("its certificate {} {}", index + 1, words::certificate(&error))
            }
            error => format!("its certificate {}: {error}", index + 1),
        })?;
    }
    Ok(certificates.iter().map(|certificate| certificate.to_vec()).collect())
}

fn client_config(verifier: Arc<dyn ServerCertVerifier>) -> Arc<ClientConfig> {
    let mut config = client_config_of(verifier);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

fn client_config_of(verifier: Arc<dyn ServerCertVerifier>) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider supports TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth()
}

/// That an endpoint has the key of its certificate is verified, whoever issued that.
macro_rules! verify_signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signed, algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &self.0.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signed, algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    };
}

/// Takes the highest certificate that the endpoint itself sends for a root.
#[derive(Debug)]
struct AnyAuthority(Arc<CryptoProvider>);

impl AnyAuthority {
    fn new() -> Self {
        Self(Arc::new(aws_lc_rs::default_provider()))
    }
}

impl ServerCertVerifier for AnyAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut roots = RootCertStore::empty();
        let highest = intermediates.last().unwrap_or(end_entity);
        roots.add(highest.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.0))
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
        let verified =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // A certificate that signed itself usually says that it is an authority, which no
            // server's should; everything before the use of its key was found right, its dates too.
            Err(Error::InvalidCertificate(error))
                if intermediates.is_empty() && is_authority(&error) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    verify_signatures!();
}

/// Whether this is webpki's `CaUsedAsEndEntity`, which rustls hands on in a box. webpki looks at the
/// dates before, at what a key may be used for after.
fn is_authority(error: &CertificateError) -> bool {
    matches!(error, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}

/// Takes any certificate.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    verify_signatures!();
}
