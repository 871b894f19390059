//! Public keys of trusted key groups: which are taken, and what is said of others.

use super::*;
use crate::Document;

const P256: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFTwlpKDem/m/xkxXdmljbRb4kWm+
BNhIn43seNHZIs7r4KasPQn2C01aaqfLrOkBBNIeIbZudEUF14DTjeuQYA==
-----END PUBLIC KEY-----
";
const RSA_1024: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCmngTh6DcYBlEm3yWpS0w8294a
ewMoWxC2piX5aD99rNbYT2Kj6oTvoxZcRjxEN9rMg1Nhd/ickXbPDVBPBAWK1mbP
T/Y1Lj9lhA+QbLDSrPQu5oJrX8zFUnVDUAhCaLxqHYYsC5KQ8pozgxGCt6n5Qcv/
3aRG6AfvOTvdZ76XoQIDAQAB
-----END PUBLIC KEY-----
";
const P384: &str = "\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEO294Vhtcos7NSc/5qpAStBqTvJYQR1Ji
2435Vzn6hzwEqR0mn6iK+vCp661mVZcSbbZbS6wVVDBi7o1V3bb6hRwkbn0xUO16
LWSrel+mz7K3TFiORFU+hZkJ0xzpkwkp
-----END PUBLIC KEY-----
";
const ED25519: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEApcOe5v8KpL+yGaMvRLDTRa6A+aoIgIBMNFvP2wh0rAo=
-----END PUBLIC KEY-----
";
/// In the form of PKCS #1; only its first lines.
const PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----\n";

fn told(pem: &str) -> Vec<Problem> {
    let (distribution, problems) = read_all(&document(json!({})), &[public_key("K1", pem)]);
    assert_eq!(distribution.is_some(), problems.is_empty(), "{problems:?}");
    problems
}

#[test]
fn keys_of_rsa_with_2048_bits_and_of_the_curve_p_256_are_taken() {
    for pem in [RSA_2048, P256, &RSA_2048.replace('\n', "\r\n"), RSA_2048.trim()] {
        assert_eq!(told(pem), [], "{pem}");
    }
}

#[test]
fn what_cloudfront_takes_no_signatures_of_is_refused_with_the_reason() {
    let cut = RSA_2048.replace("MIIB", "");
    let trailing = P256.replace("==", "AA");
    for (pem, reason) in [
        ("MIIB notakey", "no public key in PEM"),
        ("", "no public key in PEM"),
        ("-----BEGIN PUBLIC KEY-----\n*\n-----END PUBLIC KEY-----", "no base64"),
        ("-----BEGIN PUBLIC KEY-----\nMIIB\n", "no base64"),
        ("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", "its content is none"),
        ("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----", "(2048 bits)"),
        (&cut, "no public key"),
        (&trailing, "cut off"),
        (RSA_1024, "RSA keys of 2048 bits"),
        (P384, "ECDSA (P-256)"),
        (ED25519, "ECDSA (P-256)"),
        (PKCS1, "openssl rsa -RSAPublicKey_in"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "openssl x509"),
    ] {
        let [problem] = &told(pem)[..] else { panic!("{pem}") };
        assert_eq!(problem.document, Document::Reference(0));
        assert_eq!(problem.pointer, "/PublicKey/PublicKeyConfig/EncodedKey");
        assert!(problem.message.contains(reason), "{pem}: {}", problem.message);
    }
}

#[test]
fn a_private_key_is_refused_and_nothing_of_it_told() {
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let pem = std::format!("-----BEGIN {label}-----\nMIIEsecret\n-----END {label}-----\n");
        let [problem] = &told(&pem)[..] else { panic!("{label}") };
        assert!(problem.message.starts_with("it is a private key"), "{}", problem.message);
        assert!(!std::format!("{problem:?}").contains("secret"), "{problem:?}");
    }
}
