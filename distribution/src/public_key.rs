//! Public keys of trusted key groups.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// `AlgorithmIdentifier`s with the tags before and after them (RFC 3279 §2.3.1, RFC 5480 §2.1.1): the sequence, the
/// bit string with no unused bits, and of a curve the point that is not compressed.
const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
const P256: [u8; 25] = [
    0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
    7, 3, 66, 0, 4,
];
const P256_POINT_BYTES: usize = 64;
const RSA_BYTES: usize = 256;

/// A public key in DER (`SubjectPublicKeyInfo`), from PEM as `aws cloudfront get-public-key` prints it.
pub fn public_key_der(pem: &str) -> Option<Vec<u8>> {
    let text: String =
        pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?.split_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// What is wrong with a public key: "RSA 2048 or ECDSA 256" ("Create key pairs for your signers"). Nothing of it is
/// quoted, which may be a private one.
pub(crate) fn mistake(pem: &str) -> Option<&'static str> {
    if pem.contains("PRIVATE KEY") {
        return Some(
            "it is a private key, which belongs to who signs alone: `openssl pkey -in FILE -pubout` makes its public \
             key, and if this file was shared the pair is to be made anew",
        );
    }
    if pem.contains("BEGIN CERTIFICATE") {
        return Some(
            "it is a certificate: `openssl x509 -in FILE -pubkey -noout` tells its public key",
        );
    }
    if pem.contains("BEGIN RSA PUBLIC KEY") {
        return Some(
            "it is in the form of PKCS #1: `openssl rsa -RSAPublicKey_in -in FILE -pubout` makes the one that is wanted",
        );
    }
    if !pem.trim().starts_with(BEGIN) {
        return Some("it is no public key in PEM, which begins with `-----BEGIN PUBLIC KEY-----`");
    }
    let Some(der) = public_key_der(pem) else {
        return Some(
            "it is no public key: what is between its first and its last line is no base64",
        );
    };
    match info(&der) {
        Some(key) if is_p256(key) => None,
        Some(key) => match key.strip_prefix(&RSA).and_then(modulus_bytes) {
            Some(RSA_BYTES) => None,
            Some(_) => Some("CloudFront takes RSA keys of 2048 bits alone"),
            None => Some("CloudFront takes keys of RSA (2048 bits) and ECDSA (P-256) alone"),
        },
        None => Some("it is no public key: its content is none, or cut off"),
    }
}

/// What is in the sequence that all of it is.
fn info(der: &[u8]) -> Option<&[u8]> {
    let (content, rest) = value(der, 0x30)?;
    rest.is_empty().then_some(content)
}

fn is_p256(key: &[u8]) -> bool {
    key.strip_prefix(&P256).is_some_and(|point| point.len() == P256_POINT_BYTES)
}

/// How long the modulus is in `BIT STRING { SEQUENCE { modulus, exponent } }`.
fn modulus_bytes(bits: &[u8]) -> Option<usize> {
    let (bits, _) = value(bits, 3)?;
    let (numbers, _) = value(bits.strip_prefix(&[0])?, 0x30)?;
    let (modulus, exponent) = value(numbers, 2)?;
    value(exponent, 2)?;
    // A number whose first bit is set has a zero before it: it would be a negative one.
    Some(modulus.strip_prefix(&[0]).unwrap_or(modulus).len())
}

/// The value at the beginning that has this tag, and what is behind it (DER, lengths of up to two bytes).
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [length, rest @ ..] if *length < 0x80 => (usize::from(*length), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}
