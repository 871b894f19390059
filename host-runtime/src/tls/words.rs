//! Why a handshake failed, in words: the library's are the names of its errors.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why a handshake failed with somebody, `the client` or `the endpoint`.
pub(crate) fn handshake(error: &io::Error, who: &str) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    let ended = matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    );
    match cause {
        Some(Error::InvalidCertificate(error)) => {
            format!("{who}'s certificate {}", certificate(error))
        }
        Some(Error::NoCertificatesPresented) => format!("{who} shows no certificate"),
        Some(Error::AlertReceived(alert)) => match refusal_of_certificate(*alert) {
            true => format!("{who} does not trust the certificate that it is shown ({alert:?})"),
            false => format!("{who} breaks off ({alert:?})"),
        },
        Some(Error::InvalidMessage(_)) => format!("what {who} sends is no TLS"),
        Some(Error::PeerIncompatible(why)) => {
            format!(
                "{who} and this gateway have no version, cipher or signature in common ({why:?})"
            )
        }
        Some(Error::NoApplicationProtocol) => format!("{who} speaks neither HTTP/2 nor HTTP/1.1"),
        None if ended => format!("{who} went away before it was done"),
        _ => error.to_string(),
    }
}

/// Whether a client says so that it does not trust what it is shown (RFC 8446 §6.2).
fn refusal_of_certificate(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
    )
}

/// What is wrong with a certificate, to be said after whose it is.
pub(crate) fn certificate(error: &CertificateError) -> String {
    use CertificateError as Wrong;
    let said = match error {
        Wrong::BadEncoding => "cannot be read",
        Wrong::Expired | Wrong::ExpiredContext { .. } => "has expired",
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "is not valid yet",
        Wrong::Revoked => "is revoked",
        Wrong::UnhandledCriticalExtension => "has a critical extension that is not known here",
        Wrong::UnknownIssuer => "is of no authority that is trusted here",
        Wrong::UnknownRevocationStatus => "is in the realm of no revocation list",
        Wrong::ExpiredRevocationList | Wrong::ExpiredRevocationListContext { .. } => {
            "cannot be judged: its revocation list is out of date"
        }
        Wrong::BadSignature => "is not signed by the authority that it names",
        Wrong::UnsupportedSignatureAlgorithmContext { .. }
        | Wrong::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed, or signs, by an algorithm that is not taken here"
        }
        Wrong::NotValidForName => "is not for this name",
        Wrong::NotValidForNameContext { expected, presented } if presented.is_empty() => {
            return format!(
                "is not for `{}`: it has no subject alternative name (SAN), and its common name (CN) counts for nothing",
                expected.to_str()
            );
        }
        Wrong::NotValidForNameContext { expected, presented } => {
            return format!("is not for `{}`: it is for {}", expected.to_str(), names(presented));
        }
        Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => {
            "is not for this use (extended key usage): clients need `clientAuth`, servers `serverAuth`"
        }
        // webpki's own errors come in a box, and say their names.
        Wrong::Other(other) => match other.to_string().as_str() {
            "UnsupportedCertVersion" => "is of X.509 version 1: version 3 is needed",
            "CaUsedAsEndEntity" => "is an authority's, which shows none of its own",
            name => return format!("is no use ({name})"),
        },
        other => return format!("is no use ({other})"),
    };
    said.to_owned()
}

/// As rustls has them: `DnsName("a.example")`, `IpAddress(127.0.0.1)`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let within = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        format!("`{}`", within.map_or(name.as_str(), |plain| plain.trim_matches('"')))
    };
    presented.iter().take(5).map(plain).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_rustls::rustls::OtherError;
    use tokio_rustls::rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    #[test]
    fn refusals_are_told_in_words_and_not_by_the_names_of_errors() {
        let of = |error: Error| {
            handshake(&io::Error::new(io::ErrorKind::InvalidData, error), "the client")
        };
        let (time, not_after) = (UnixTime::now(), UnixTime::now());
        #[derive(Debug)]
        struct UnsupportedCertVersion;
        impl std::fmt::Display for UnsupportedCertVersion {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self:?}")
            }
        }
        impl std::error::Error for UnsupportedCertVersion {}
        let version = CertificateError::Other(OtherError(Arc::new(UnsupportedCertVersion)));
        for (error, told) in [
            (
                CertificateError::UnknownIssuer,
                "the client's certificate is of no authority that is trusted here",
            ),
            (
                CertificateError::ExpiredContext { time, not_after },
                "the client's certificate has expired",
            ),
            (CertificateError::Revoked, "the client's certificate is revoked"),
            (version, "the client's certificate is of X.509 version 1: version 3 is needed"),
        ] {
            assert_eq!(of(Error::InvalidCertificate(error)), told);
        }
        assert_eq!(of(Error::NoCertificatesPresented), "the client shows no certificate");
        let alert = of(Error::AlertReceived(AlertDescription::UnknownCA));
        assert_eq!(alert, "the client does not trust the certificate that it is shown (UnknownCA)");
        let left = io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof");
        assert_eq!(handshake(&left, "the client"), "the client went away before it was done");
        assert_eq!(
            handshake(&io::Error::other("it took too long"), "the client"),
            "it took too long"
        );
    }

    #[test]
    fn a_certificate_for_other_names_is_told_with_them() {
        let of = |presented: &[&str]| {
            let expected = ServerName::try_from("a.example").unwrap();
            let presented = presented.iter().map(|name| (*name).to_owned()).collect();
            certificate(&CertificateError::NotValidForNameContext { expected, presented })
        };
        assert!(of(&[]).contains("no subject alternative name (SAN)"));
        let told = of(&["DnsName(\"b.example\")", "IpAddress(127.0.0.1)"]);
        assert_eq!(told, "is not for `a.example`: it is for `b.example`, `127.0.0.1`");
    }
}
