//! Requests for certificates, and the certificates that prove a domain name (RFC 8737 §3).

use std::sync::Arc;

use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::challenges::PROTOCOL;

/// A request for a domain name's certificate (DER), and the new key (PEM) that it is for.
pub(super) fn request(domain_name: &str) -> Result<(Vec<u8>, String), String> {
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let request = params(domain_name)?.serialize_request(&key);
    let request = request.map_err(|error| error.to_string())?;
    Ok((request.der().to_vec(), key.serialize_pem()))
}

/// What is shown to prove this digest of a key authorization.
pub(super) fn proof(domain_name: &str, digest: &[u8; 32]) -> Result<Arc<ServerConfig>, String> {
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let mut params = params(domain_name)?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key).map_err(|error| error.to_string())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let key = provider.key_provider.load_private_key(key).map_err(|error| error.to_string())?;
    // Not `with_single_cert`, which reads the certificate: its extension is critical, and known here alone.
    let shown = CertifiedKey::new(vec![certificate.der().clone()], key);
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?.with_no_client_auth();
    let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}

fn params(domain_name: &str) -> Result<CertificateParams, String> {
    let mut params = CertificateParams::new([domain_name.to_owned()]);
    if let Ok(params) = &mut params {
        // A common name has 64 characters at most; authorities read the other names.
        params.distinguished_name.remove(DnType::CommonName);
    }
    params.map_err(|error| error.to_string())
}
