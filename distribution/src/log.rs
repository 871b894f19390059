//! Standard logs and real-time logs: what a line says of a request.
//!
//! CloudFront Developer Guide, "Standard logging reference" and "Use real-time logs": the fields have its names and
//! its order. What is not known here is `-`, as it is there.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use http_cache::{Fields, Timestamp, civil_date};

use crate::{CacheResult, Distribution, cookies, path};

/// What a file of standard logs begins with, and the names of the fields of its lines.
const VERSION: &str = "#Version: 1.0";
const STANDARD: [&str; 33] = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
];
/// Those of real-time logs, in the order in which they are written whatever the order in which they are asked for.
pub(crate) const REAL_TIME: [&str; 71] = [
    "timestamp",
    "c-ip",
    "s-ip",
    "time-to-first-byte",
    "sc-status",
    "sc-bytes",
    "cs-method",
    "cs-protocol",
    "cs-host",
    "cs-uri-stem",
    "cs-bytes",
    "x-edge-location",
    "x-edge-request-id",
    "x-host-header",
    "time-taken",
    "cs-protocol-version",
    "c-ip-version",
    "cs-user-agent",
    "cs-referer",
    "cs-cookie",
    "cs-uri-query",
    "x-edge-response-result-type",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-result-type",
    "fle-encrypted-fields",
    "fle-status",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
    "c-port",
    "x-edge-detailed-result-type",
    "c-country",
    "cs-accept-encoding",
    "cs-accept",
    "cache-behavior-path-pattern",
    "cs-headers",
    "cs-header-names",
    "cs-headers-count",
    "primary-distribution-id",
    "primary-distribution-dns-name",
    "origin-fbl",
    "origin-lbl",
    "asn",
    "cmcd-encoded-bitrate",
    "cmcd-buffer-length",
    "cmcd-buffer-starvation",
    "cmcd-content-id",
    "cmcd-object-duration",
    "cmcd-deadline",
    "cmcd-measured-throughput",
    "cmcd-next-object-request",
    "cmcd-next-range-request",
    "cmcd-object-type",
    "cmcd-playback-rate",
    "cmcd-requested-maximum-throughput",
    "cmcd-streaming-format",
    "cmcd-session-id",
    "cmcd-stream-type",
    "cmcd-startup",
    "cmcd-top-bitrate",
    "cmcd-version",
    "r-host",
    "sr-reason",
    "x-edge-mqcs",
    "distribution-tenant-id",
    "connection-id",
    "viewer-request-log-data",
    "viewer-response-log-data",
];

/// Whether a field of real-time logs is `-` here where CloudFront has more to say: of which server answered, when an
/// origin's last byte came, and what players tell (CTA-5004). Those of what is refused here (tenants, field-level
/// encryption, origins by media quality, functions, clients' certificates) are `-` there too.
pub(crate) fn is_never_told(name: &str) -> bool {
    matches!(name, "s-ip" | "origin-lbl") || name.starts_with("cmcd-")
}

/// What stands in the place of a secret.
const REDACTED: &str = "REDACTED";
/// "The value is truncated to 800 bytes"; the same for whatever a viewer may make long.
const VALUE_BYTES_MAX: usize = 800;
/// As much of a URL as CloudFront takes.
const URL_BYTES_MAX: usize = 8192;

/// What is known of a request when the last of its response has been sent.
#[derive(Debug, Clone, Copy)]
pub struct LogRecord<'a> {
    /// When its response was sent.
    pub at: Timestamp,
    /// The place that answered, where the platform tells.
    pub location: Option<&'a str>,
    /// The viewer's address, port, country and autonomous system.
    pub viewer: (&'a str, Option<u16>, Option<&'a str>, Option<u32>),
    /// Its method.
    pub method: &'a str,
    /// Path and query as they were sent.
    pub target: &'a str,
    /// Whether it came over TLS; the protocol and the suite, where they are known.
    pub is_https: bool,
    /// `TLSv1.3` and the suite.
    pub tls: Option<(&'a str, &'a str)>,
    /// `HTTP/1.1`
    pub version: &'a str,
    /// The viewer's header section.
    pub fields: &'a Fields,
    /// Bytes of the request, header section and content.
    pub request_bytes: u64,
    /// 0: the viewer left before there was a response.
    pub status: u16,
    /// The header section of the response.
    pub response: &'a Fields,
    /// Bytes of the response, header section and content.
    pub response_bytes: u64,
    /// Where the response came from.
    pub result: CacheResult,
    /// What went wrong, in CloudFront's words (`ClientCommError`).
    pub detail: Option<&'a str>,
    /// The edge's name for the request.
    pub request_id: &'a str,
    /// From the request to the last byte of the response.
    pub taken_ms: u64,
    /// From the request to the first byte of the response.
    pub first_byte_ms: u64,
    /// From the request to an origin to its answer, where the response is that answer.
    pub origin_ms: Option<u64>,
    /// Which names are those of secrets, whose values are in no log.
    pub is_secret: fn(&str) -> bool,
}

/// What a file of standard logs begins with: two lines.
pub fn log_header() -> String {
    format!("{VERSION}\n#Fields: {}", STANDARD.join(" "))
}

impl Distribution {
    /// Whether standard logs are asked for (`Logging`).
    pub fn is_logged(&self) -> bool {
        self.logging.is_enabled
    }

    /// Whether any behaviour has a real-time log.
    pub fn has_real_time_logs(&self) -> bool {
        self.behaviors.iter().any(|behavior| behavior.real_time.is_some())
    }

    /// A line of the standard log.
    pub fn standard_line(&self, record: &LogRecord<'_>) -> String {
        Line { of: self, record, path_pattern: "*" }.written(&STANDARD)
    }

    /// A line of the real-time log, if the behaviour of the path has one and the request is one of those that
    /// are logged. Who is sampled is drawn from its id.
    pub fn real_time_line(&self, record: &LogRecord<'_>) -> Option<String> {
        let path = record.target.split('?').next().unwrap_or_default();
        let behavior = self.behavior(&path::normal(path).unwrap_or_default());
        let log = behavior.real_time.as_ref()?;
        let line = Line { of: self, record, path_pattern: behavior.pattern.text() };
        (drawn(record.request_id, 100) < log.sampling_rate).then(|| line.written(&log.fields))
    }
}

/// A number below `bound` that is a request's own, as likely as each other one.
pub(crate) fn drawn(request_id: &str, bound: u64) -> u64 {
    let hash = request_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of such a hash are of its last characters alone.
    (hash >> 32) % bound
}

struct Line<'a> {
    of: &'a Distribution,
    record: &'a LogRecord<'a>,
    path_pattern: &'a str,
}

impl Line<'_> {
    fn written(&self, names: &[&str]) -> String {
        let mut line = String::new();
        for (index, name) in names.iter().enumerate() {
            line.push_str(if index == 0 { "" } else { "\t" });
            match self.value(name).filter(|value| !value.is_empty()) {
                Some(value) => line.push_str(&value),
                None => line.push('-'),
            }
        }
        line
    }

    fn value(&self, name: &str) -> Option<String> {
        let (path, query) = self.record.target.split_once('?').unwrap_or((self.record.target, ""));
        let (ip, port, country, asn) = self.record.viewer;
        Some(match name {
            "date" => self.date(),
            "time" => self.time(),
            "timestamp" => format!("{}.{:03}", self.record.at.0 / 1000, self.record.at.0 % 1000),
            "x-edge-location" => self.record.location?.into(),
            "sc-bytes" => self.record.response_bytes.to_string(),
            "c-ip" => ip.into(),
            "c-ip-version" => if ip.contains(':') { "IPv6" } else { "IPv4" }.into(),
            "c-port" => port?.to_string(),
            "c-country" => country?.into(),
            "asn" => asn?.to_string(),
            "cs-method" => encoded(self.record.method, VALUE_BYTES_MAX),
            "cs(Host)" | "cs-host" => match self.of.domain_name.as_deref() {
                Some(name) => name.into(),
                None => self.field("host")?,
            },
            "x-host-header" => self.field("host")?,
            "cs-uri-stem" => encoded(path, URL_BYTES_MAX),
            "cs-uri-query" => encoded(&self.without_secrets(query), URL_BYTES_MAX),
            "sc-status" => format!("{:03}", self.record.status),
            "cs(Referer)" | "cs-referer" => self.field("referer")?,
            "cs(User-Agent)" | "cs-user-agent" => self.field("user-agent")?,
            "cs(Cookie)" if self.of.logging.has_cookies => self.cookies()?,
            // `IncludeCookies` is of standard logs: whoever names this field has asked.
            "cs-cookie" => self.cookies()?,
            "cs-accept" => self.field("accept")?,
            "cs-accept-encoding" => self.field("accept-encoding")?,
            "x-forwarded-for" => self.field("x-forwarded-for")?,
            "x-edge-result-type" | "x-edge-response-result-type" => self.result().into(),
            "x-edge-detailed-result-type" => self.record.detail.unwrap_or(self.result()).into(),
            "x-edge-request-id" => self.record.request_id.into(),
            "cs-protocol" => if self.record.is_https { "https" } else { "http" }.into(),
            "cs-protocol-version" => self.record.version.into(),
            "cs-bytes" => self.record.request_bytes.to_string(),
            "time-taken" => seconds(self.record.taken_ms),
            "time-to-first-byte" => seconds(self.record.first_byte_ms),
            "ssl-protocol" => self.record.tls?.0.into(),
            "ssl-cipher" => self.record.tls?.1.into(),
            "sc-content-type" => {
                encoded(self.record.response.text("content-type")?, VALUE_BYTES_MAX)
            }
            "sc-content-len" => {
                encoded(self.record.response.text("content-length")?, VALUE_BYTES_MAX)
            }
            "sc-range-start" => self.range()?.0.into(),
            "sc-range-end" => self.range()?.1.into(),
            "cache-behavior-path-pattern" => encoded(self.path_pattern, VALUE_BYTES_MAX),
            "cs-headers" => self.headers(),
            "cs-header-names" => self.names(),
            "cs-headers-count" => self.record.fields.len().to_string(),
            "primary-distribution-id" => self.of.id.clone(),
            "primary-distribution-dns-name" => self.of.domain_name.clone()?,
            "origin-fbl" => seconds(self.record.origin_ms?),
            _ => return None,
        })
    }

    fn result(&self) -> &'static str {
        match (self.record.status, self.record.result) {
            (0, _) | (_, CacheResult::Error) => "Error",
            (_, CacheResult::Hit) => "Hit",
            (_, CacheResult::RefreshHit) => "RefreshHit",
            (_, CacheResult::Miss) => "Miss",
            (_, CacheResult::Redirect) => "Redirect",
        }
    }

    fn date(&self) -> String {
        let (year, month, day) = civil_date(self.record.at);
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn time(&self) -> String {
        let seconds = self.record.at.0 / 1000 % 86_400;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn field(&self, name: &str) -> Option<String> {
        let value = self.record.fields.text(name)?;
        let value = match name {
            "referer" => self.without_secrets(value),
            _ => value.into(),
        };
        Some(encoded(&value, VALUE_BYTES_MAX))
    }

    fn without_secrets(&self, text: &str) -> String {
        without_secrets(text, self.record.is_secret)
    }

    /// Cookies that the operator asked to have logged, but for those that let their bearers in here.
    fn cookies(&self) -> Option<String> {
        let kept = cookies::keep(self.record.fields, |name| {
            !matches!(name, "CloudFront-Signature" | "aws-waf-token")
        });
        kept.map(|kept| encoded(&kept, VALUE_BYTES_MAX))
    }

    fn range(&self) -> Option<(&str, &str)> {
        let range = self.record.response.text("content-range")?.strip_prefix("bytes ")?;
        range.split_once('/')?.0.split_once('-')
    }

    fn headers(&self) -> String {
        let mut lines = String::new();
        for field in self.record.fields.iter() {
            let value = match (self.record.is_secret)(&field.name) {
                true => REDACTED.into(),
                false => self.without_secrets(&String::from_utf8_lossy(&field.value)),
            };
            writeln!(lines, "{}:{value}", field.name).ok();
        }
        encoded(lines.trim_end(), VALUE_BYTES_MAX)
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.record.fields.iter().map(|field| field.name.as_str()).collect();
        encoded(&names.join("\n"), VALUE_BYTES_MAX)
    }
}

/// A query, or a URL with one, without the values of secrets.
pub fn without_secrets(text: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let pieces = text.split_inclusive(['?', '&', '#']).map(|piece| {
        let Some((name, value)) = piece.split_once('=') else { return piece.into() };
        if !is_secret(name) {
            return piece.into();
        }
        let end = value.len() - value.trim_end_matches(['?', '&', '#']).len();
        [name, "=", REDACTED, &value[value.len() - end..]].concat()
    });
    pieces.collect::<Vec<String>>().concat()
}

/// The real-time log of a behaviour (`get-realtime-log-config`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RealTimeLog {
    /// Percent of requests.
    pub(crate) sampling_rate: u64,
    /// In the order of [`REAL_TIME`].
    pub(crate) fields: Vec<&'static str>,
}

/// What standard logs are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Logging {
    pub(crate) is_enabled: bool,
    pub(crate) has_cookies: bool,
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// "Characters 0 to 32 and 127 and above, and these, are URL-encoded." No value can end a field or a line.
fn encoded(text: &str, bytes_max: usize) -> String {
    let mut written = String::with_capacity(text.len().min(bytes_max));
    for byte in text.bytes().take(bytes_max) {
        match byte {
            0..=0x20 | 0x7f.. => _ = write!(written, "%{byte:02X}"),
            b'<' | b'>' | b'"' | b'#' | b'%' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'~' | b'['
            | b']' | b'`' | b'\'' => _ = write!(written, "%{byte:02X}"),
            _ => written.push(char::from(byte)),
        }
    }
    written
}
