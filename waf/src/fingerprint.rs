//! Fingerprints of clients, by how they greet over TLS.
//!
//! JA3 is the digest of what a greeting lists, in its order; JA4 sorts first, because browsers shuffle, and
//! tells the rest in clear text (the specifications of JA3 and of JA4 for TLS clients). Values that
//! clients put in to keep servers from getting used to a list (GREASE, RFC 8701) count in neither.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::transform::md5_hex;

/// Most bytes of a greeting, the heads of its records included: more is none.
pub const CLIENT_HELLO_BYTES_MAX: usize = 20 * 1024;

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURES: u16 = 13;
const PROTOCOLS: u16 = 16;
const VERSIONS: u16 = 43;

/// The fingerprints of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    /// 32 hexadecimal digits.
    pub ja3: String,
    /// `t13d1516h2_8daaf6152771_e5627efa2ab1`
    pub ja4: String,
}

impl Fingerprints {
    /// Of the first bytes of a connection over TCP: records of TLS with a `ClientHello`. `None` where they
    /// hold no whole one.
    pub fn of(records: &[u8], sha256: &dyn Fn(&[u8]) -> [u8; 32]) -> Option<Self> {
        let message = handshake(records)?;
        let hello = Hello::read(&message)?;
        Some(Self { ja3: hello.ja3(), ja4: hello.ja4(sha256) })
    }
}

/// The first message of a handshake, without its head, out of the records that it came in.
fn handshake(records: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Bytes(&records[..records.len().min(CLIENT_HELLO_BYTES_MAX)]);
    let mut message = Vec::new();
    loop {
        if rest.byte()? != 22 {
            return None;
        }
        rest.word()?;
        let length = rest.word()?;
        message.extend_from_slice(rest.take(length.into())?);
        if let [1, high, middle, low, content @ ..] = &message[..] {
            let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
            if let Some(content) = content.get(..length) {
                return Some(content.to_owned());
            }
        } else if message.first().is_some_and(|kind| *kind != 1) {
            return None;
        }
    }
}

/// What a client says of itself, without GREASE.
#[derive(Default)]
struct Hello<'b> {
    version: u16,
    ciphers: Vec<u16>,
    extensions: Vec<u16>,
    groups: Vec<u16>,
    point_formats: &'b [u8],
    signatures: Vec<u16>,
    protocol: Option<&'b [u8]>,
    versions: Vec<u16>,
}

impl<'b> Hello<'b> {
    /// RFC 8446 §4.1.2.
    fn read(message: &'b [u8]) -> Option<Self> {
        let mut rest = Bytes(message);
        let version = rest.word()?;
        rest.take(32)?; // random
        rest.short_vector()?; // session
        let ciphers = words(rest.long_vector()?);
        rest.short_vector()?; // compression
        let mut hello = Self { version, ciphers, ..Self::default() };
        if rest.0.is_empty() {
            return Some(hello); // before TLS 1.2 there need be no extension
        }
        let mut extensions = Bytes(rest.long_vector()?);
        while !extensions.0.is_empty() {
            let kind = extensions.word()?;
            let mut content = Bytes(extensions.long_vector()?);
            if is_grease(kind) {
                continue;
            }
            hello.extensions.push(kind);
            match kind {
                GROUPS => hello.groups = words(content.long_vector()?),
                POINT_FORMATS => hello.point_formats = content.short_vector()?,
                SIGNATURES => hello.signatures = words(content.long_vector()?),
                PROTOCOLS => {
                    hello.protocol = Bytes(content.long_vector()?).short_vector();
                }
                VERSIONS => hello.versions = words(content.short_vector()?),
                _ => {}
            }
        }
        Some(hello)
    }

    fn ja3(&self) -> String {
        let formats: Vec<u16> = self.point_formats.iter().map(|b| u16::from(*b)).collect();
        let text = format!(
            "{},{},{},{},{}",
            self.version,
            joined(&self.ciphers),
            joined(&self.extensions),
            joined(&self.groups),
            joined(&formats),
        );
        md5_hex(text.as_bytes()).into_iter().map(char::from).collect()
    }

    fn ja4(&self, sha256: &dyn Fn(&[u8]) -> [u8; 32]) -> String {
        let version = match self.versions.iter().max().unwrap_or(&self.version) {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            _ => "00",
        };
        let named = if self.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' };
        let ciphers = sorted(self.ciphers.clone());
        let told = self.extensions.iter().filter(|kind| !matches!(**kind, SERVER_NAME | PROTOCOLS));
        let mut extensions = sorted(told.copied().collect());
        if !self.signatures.is_empty() {
            extensions.push('_');
            extensions.push_str(&hexadecimal(&self.signatures));
        }
        let digest = |text: &str, is_empty: bool| {
            let digest = if is_empty { [0; 32] } else { sha256(text.as_bytes()) };
            digest[..6].iter().fold(String::new(), |mut out, byte| {
                let _ = write!(out, "{byte:02x}");
                out
            })
        };
        format!(
            "t{version}{named}{:02}{:02}{}_{}_{}",
            self.ciphers.len().min(99),
            self.extensions.len().min(99),
            protocol(self.protocol),
            digest(&ciphers, self.ciphers.is_empty()),
            digest(&extensions, self.extensions.is_empty()),
        )
    }
}

/// The first and the last character of a protocol's name; of its hexadecimal digits, where those are neither
/// letters nor digits.
fn protocol(name: Option<&[u8]>) -> String {
    let Some([first, ..]) = name else { return "00".into() };
    let last = name.and_then(<[u8]>::last).unwrap_or(first);
    match first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        true => [*first, *last].map(char::from).iter().collect(),
        false => format!("{:x}{:x}", first >> 4, last & 0xf),
    }
}

/// RFC 8701 §2: both bytes alike, and each ends in `a`.
fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn words(bytes: &[u8]) -> Vec<u16> {
    let all = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    all.filter(|value| !is_grease(*value)).collect()
}

/// `4865-4866`
fn joined(values: &[u16]) -> String {
    let texts: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
    texts.join("-")
}

/// `1301,1302`
fn hexadecimal(values: &[u16]) -> String {
    let texts: Vec<String> = values.iter().map(|value| format!("{value:04x}")).collect();
    texts.join(",")
}

fn sorted(mut values: Vec<u16>) -> String {
    values.sort_unstable();
    hexadecimal(&values)
}

/// Bytes that are read from the front.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn word(&mut self) -> Option<u16> {
        self.take(2).map(|taken| u16::from_be_bytes([taken[0], taken[1]]))
    }

    fn short_vector(&mut self) -> Option<&'b [u8]> {
        let length = self.byte()?;
        self.take(length.into())
    }

    fn long_vector(&mut self) -> Option<&'b [u8]> {
        let length = self.word()?;
        self.take(length.into())
    }
}

#[cfg(test)]
mod tests;
