//! What a certificate says of itself: names, dates, the kind of its key (RFC 5280 §4.1).
//!
//! Only what has been verified is told to anybody, so that this reads what another library has
//! found well-formed already; it refuses everything else.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_core::message::{ClientCertificate, Timestamp};
use gateway_core::time;

use super::der::{self, Element};
use super::distinguished_name;

/// PKCS #1 (RFC 8017 appendix C): what keys and signatures of RSA begin with.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];

/// A certificate's parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificate<'d> {
    der: &'d [u8],
    serial_number: &'d [u8],
    pub(crate) issuer: &'d [u8],
    not_before: Element<'d>,
    not_after: Element<'d>,
    pub(crate) subject: &'d [u8],
    key_algorithm: &'d [u8],
    key_parameters: &'d [u8],
    key: &'d [u8],
    signature_algorithm: &'d [u8],
}

impl<'d> Certificate<'d> {
    /// Reads a certificate.
    pub(crate) fn read(der: &'d [u8]) -> Option<Self> {
        let mut outer = der::Reader(der::Reader(der).value(der::SEQUENCE)?);
        let mut tbs = der::Reader(outer.value(der::SEQUENCE)?);
        let signature_algorithm = der::Reader(outer.value(der::SEQUENCE)?).value(der::OID)?;
        tbs.skip_if(der::VERSION);
        let serial_number = tbs.value(der::INTEGER)?;
        tbs.value(der::SEQUENCE)?; // the algorithm again
        let issuer = tbs.value(der::SEQUENCE)?;
        let mut validity = der::Reader(tbs.value(der::SEQUENCE)?);
        let (not_before, not_after) = (validity.element()?, validity.element()?);
        let subject = tbs.value(der::SEQUENCE)?;
        let mut key_info = der::Reader(tbs.value(der::SEQUENCE)?);
        let mut algorithm = der::Reader(key_info.value(der::SEQUENCE)?);
        let key_algorithm = algorithm.value(der::OID)?;
        let key_parameters = algorithm.element().map_or(&[][..], |e| e.value);
        let key = key_info.value(der::BIT_STRING)?.get(1..)?;
        Some(Self {
            der,
            serial_number,
            issuer,
            not_before,
            not_after,
            subject,
            key_algorithm,
            key_parameters,
            key,
            signature_algorithm,
        })
    }

    /// As AWS tells of it.
    pub(crate) fn told(&self) -> Option<ClientCertificate> {
        Some(ClientCertificate {
            pem: pem(self.der),
            subject_dn: distinguished_name::text(self.subject)?,
            issuer_dn: distinguished_name::text(self.issuer)?,
            serial_number: serial_number(self.serial_number),
            not_before: date_text(self.not_before)?,
            not_after: date_text(self.not_after)?,
        })
    }

    /// When it begins, and when it ends.
    pub(crate) fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        Some((time::from_iso8601_basic(&basic(self.not_before)?)?, self.not_after()?))
    }

    /// When it ends.
    pub(crate) fn not_after(&self) -> Option<Timestamp> {
        time::from_iso8601_basic(&basic(self.not_after)?)
    }

    /// What AWS does not take in a truststore: "SHA-256 or stronger, RSA-2048 or stronger, ECDSA-256
    /// or ECDSA-384" (Configuring mutual TLS).
    pub(crate) fn weakness(&self) -> Option<&'static str> {
        const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
        const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
        const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
        if self.has_short_rsa_key() {
            return Some("its RSA key has less than 2048 bits");
        }
        let is_curve = self.key_parameters == P256 || self.key_parameters == P384;
        if !self.has_rsa_key() && (self.key_algorithm != EC_KEY || !is_curve) {
            return Some("its key is neither RSA nor of the curves P-256 and P-384");
        }
        // 2 to 5: MD2, MD4, MD5 and SHA-1 with RSA; 14: SHA-224.
        let of_rsa = self.signature_algorithm.strip_prefix(RSA);
        let is_weak =
            matches!(of_rsa, Some([2..=5 | 14])) || self.signature_algorithm == ECDSA_SHA1;
        is_weak.then_some("it is signed by less than SHA-256")
    }

    fn has_rsa_key(&self) -> bool {
        matches!(self.key_algorithm.strip_prefix(RSA), Some([1 | 10]))
    }

    /// Whether nobody takes its key any more, AWS and the library that speaks TLS here among them.
    pub(crate) fn has_short_rsa_key(&self) -> bool {
        self.has_rsa_key() && self.rsa_bits().is_none_or(|bits| bits < 2_048)
    }

    fn rsa_bits(&self) -> Option<usize> {
        let modulus =
            der::Reader(der::Reader(self.key).value(der::SEQUENCE)?).value(der::INTEGER)?;
        let first = modulus.iter().position(|byte| *byte != 0)?;
        Some((modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize)
    }
}

/// PEM with lines of 64 characters (RFC 7468), and an end of line at its end.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::with_capacity(text.len() + text.len() / 64 + 64);
    pem.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, below) = rest.split_at(rest.len().min(64)); // base64 is ASCII
        pem.push_str(line);
        pem.push('\n');
        rest = below;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// AWS's examples show `1` and sixteen bytes in hexadecimal: as OpenSSL prints serial numbers.
fn serial_number(bytes: &[u8]) -> String {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[first..];
    if bytes.len() <= 8 {
        return bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).to_string();
    }
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        write!(text, "{colon}{byte:02x}").expect("a String takes everything");
    }
    text
}

/// `20190528T123002Z`. UTCTime has two digits for a year from 1950 to 2049 (RFC 5280 §4.1.2.5.1).
fn basic(date: Element<'_>) -> Option<String> {
    let digits = std::str::from_utf8(date.value).ok()?.strip_suffix('Z')?;
    let century = match (date.tag, digits.len()) {
        (der::UTC_TIME, 12) if digits.as_bytes()[0] < b'5' => "20",
        (der::UTC_TIME, 12) => "19",
        (der::GENERALIZED_TIME, 14) => "",
        _ => return None,
    };
    let digits = digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)?;
    let (day, time) = digits.split_at(digits.len() - 6);
    Some(format!("{century}{day}T{time}Z"))
}

/// `May 28 12:30:02 2019 GMT`: a day of one digit has a space before it.
fn date_text(date: Element<'_>) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let basic = basic(date)?;
    let number = |from: usize, to: usize| basic.get(from..to)?.parse::<usize>().ok();
    let month = MONTHS.get(number(4, 6)?.checked_sub(1)?)?;
    let (year, day) = (basic.get(..4)?, number(6, 8)?);
    let (hour, minute, second) = (basic.get(9..11)?, basic.get(11..13)?, basic.get(13..15)?);
    Some(format!("{month} {day:>2} {hour}:{minute}:{second} {year} GMT"))
}

#[cfg(test)]
mod tests;
