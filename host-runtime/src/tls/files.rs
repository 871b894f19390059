//! Files in PEM, and what is wrong with them, for whoever named the wrong one or made it otherwise.

use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer,
};

/// Why a file is no use, and what to do about it. Never with a word of a key.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) reason: String,
    pub(crate) help: Option<String>,
}

impl Unusable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: None }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl From<String> for Unusable {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

/// What a file should hold.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    Certificate,
    Key,
    RevocationList,
}

/// The certificates of a file, in its order; one at least.
///
/// # Errors
/// What it holds in their place, or which of them is broken.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let mut certificates = Vec::new();
    for (index, der) in CertificateDer::pem_slice_iter(text.as_bytes()).enumerate() {
        let broken = |error| format!("its certificate {}: {}", index + 1, broken(&error));
        certificates.push(der.map_err(broken)?);
    }
    if certificates.is_empty() { Err(absent(Wanted::Certificate, text)) } else { Ok(certificates) }
}

/// The first private key of a file.
///
/// # Errors
/// What it holds in its place.
pub(crate) fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, Unusable> {
    // OpenSSL's own form of it (RFC 1421 §4.6.1.1) and PKCS #8 (RFC 7468 §11).
    let encrypted = ["Proc-Type: 4,ENCRYPTED", "-----BEGIN ENCRYPTED PRIVATE KEY-----"];
    if encrypted.iter().any(|mark| text.contains(mark)) {
        let help =
            "`openssl pkey -in FILE -out NEW` writes it without a passphrase; `chmod 600 NEW`";
        return Err(Unusable::new(
            "its private key is encrypted, and nobody is asked for a passphrase",
        )
        .help(help));
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound => absent(Wanted::Key, text),
        error => Unusable::new(format!("its private key: {}", broken(&error))),
    })
}

/// The revocation lists of a file; one at least.
///
/// # Errors
/// What it holds in their place, or that one is broken.
pub(crate) fn revocation_lists(
    text: &str,
) -> Result<Vec<CertificateRevocationListDer<'static>>, Unusable> {
    let lists = CertificateRevocationListDer::pem_slice_iter(text.as_bytes());
    let lists = lists.collect::<Result<Vec<_>, _>>().map_err(|error| broken(&error).to_owned())?;
    if lists.is_empty() { Err(absent(Wanted::RevocationList, text)) } else { Ok(lists) }
}

/// What is there where this is not.
fn absent(wanted: Wanted, text: &str) -> Unusable {
    let name = match wanted {
        Wanted::Certificate => "certificate",
        Wanted::Key => "private key",
        Wanted::RevocationList => "revocation list",
    };
    if text.trim().is_empty() {
        return Unusable::new(format!("the file is empty: it holds no {name} in PEM"));
    }
    let labels = text.lines().filter_map(|line| line.trim().strip_prefix("-----BEGIN "));
    let labels: Vec<&str> = labels.filter_map(|rest| rest.strip_suffix("-----")).collect();
    let has = |end: &str| labels.iter().any(|label| label.ends_with(end));
    let (found, help) = if has("OPENSSH PRIVATE KEY") {
        ("a key of OpenSSH's", "`ssh-keygen -p -m PEM -f FILE` writes an RSA or EC key in PEM")
    } else if wanted != Wanted::Key && has("PRIVATE KEY") {
        ("a private key", "this is the place of another file: perhaps the two names are exchanged")
    } else if has("CERTIFICATE REQUEST") {
        ("a request for a certificate", "what an authority answers to it is the certificate")
    } else if has("TRUSTED CERTIFICATE") {
        (
            "a certificate in OpenSSL's own form",
            "`openssl x509 -in FILE -out NEW` writes a plain one",
        )
    } else if wanted != Wanted::Certificate && has("CERTIFICATE") {
        ("a certificate", "this is the place of another file: perhaps the two names are exchanged")
    } else if has("PUBLIC KEY") {
        ("a public key", "the private key is the one that the certificate was asked for with")
    } else {
        let help = "PEM begins with `-----BEGIN `; `openssl x509`, `pkey` and `crl` make it of DER with `-inform DER`";
        return Unusable::new(format!("it holds no {name} in PEM")).help(help);
    };
    Unusable::new(format!("it holds {found}, and no {name} in PEM")).help(help)
}

/// Without a word of what was read.
fn broken(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "it has no line `-----END …-----`",
        pem::Error::IllegalSectionStart { .. } => {
            "its line `-----BEGIN …` does not end with `-----`"
        }
        pem::Error::Base64Decode(_) => "its content is no base64",
        _ => "it cannot be read",
    }
}
