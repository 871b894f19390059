//! What is known of the TLS connection that a request came by.

use alloc::boxed::Box;
use alloc::string::String;

use serde::{Deserialize, Serialize};

/// A connection over TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tls {
    /// The name that the client asked for when it connected (SNI, RFC 6066 §3), in lower case.
    pub server_name: Option<String>,
    /// `TLSv1.3`
    pub version: String,
    /// `TLS_AES_128_GCM_SHA256`: the name that IANA gives it.
    pub cipher_suite: String,
    /// The client's certificate, verified against the truststore of the domain name that
    /// `server_name` belongs to; `None` where no certificate was asked for.
    pub client_certificate: Option<Box<ClientCertificate>>,
    /// How the client greeted, where a web ACL asks for it and the host knows it.
    pub fingerprints: Option<Box<Fingerprints>>,
}

/// Fingerprints of a client's greeting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprints {
    /// 32 hexadecimal digits; empty where it is not known.
    pub ja3: String,
    /// `t13d1516h2_8daaf6152771_e5627efa2ab1`; empty where it is not known.
    pub ja4: String,
}

/// A client's certificate as AWS tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// `$context.identity.clientCert.clientCertPem`; empty where the host is not told it.
    pub pem: String,
    /// `C=US,O=Example,CN=client`, in the order of the certificate.
    pub subject_dn: String,
    /// Likewise.
    pub issuer_dn: String,
    /// `1`, or `a1:b2:…` if it is longer than 8 bytes.
    pub serial_number: String,
    /// `May 28 12:30:02 2019 GMT`
    pub not_before: String,
    /// Likewise.
    pub not_after: String,
}
