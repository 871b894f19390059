//! Objects that the edge compresses ("Serve compressed files", CloudFront Developer Guide).

use alloc::string::String;

use http_cache::{Fields, members};

use crate::Matched;
use crate::key::accept_encoding;

/// "The object's size must be between 1,000 and 10,000,000 bytes."
const LENGTHS: core::ops::RangeInclusive<u64> = 1_000..=10_000_000;
/// "Only when the origin's status is 200, 403 or 404."
const STATUSES: [u16; 3] = [200, 403, 404];
/// CloudFront's list, sorted.
const TYPES: [&str; 48] = [
    "application/dash+xml",
    "application/eot",
    "application/font",
    "application/font-sfnt",
    "application/javascript",
    "application/json",
    "application/opentype",
    "application/otf",
    "application/pdf",
    "application/pkcs7-mime",
    "application/protobuf",
    "application/rss+xml",
    "application/truetype",
    "application/ttf",
    "application/vnd.apple.mpegurl",
    "application/vnd.mapbox-vector-tile",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-font-opentype",
    "application/x-font-truetype",
    "application/x-font-ttf",
    "application/x-httpd-cgi",
    "application/x-javascript",
    "application/x-mpegurl",
    "application/x-opentype",
    "application/x-otf",
    "application/x-perl",
    "application/x-ttf",
    "application/xhtml+xml",
    "application/xml",
    "font/eot",
    "font/opentype",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/js",
    "text/plain",
    "text/richtext",
    "text/tab-separated-values",
    "text/x-component",
    "text/x-java-source",
    "text/x-script",
    "text/xml",
    "vnd.apple.mpegurl",
];

/// What objects are compressed with. The better one comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
}

impl Compression {
    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

impl Matched<'_> {
    /// Whether the edge compresses this answer of an origin before it is stored, and with what of that which the
    /// host has. "If the viewer supports both, CloudFront prefers Brotli."
    pub fn compression(
        &self,
        status: u16,
        fields: &Fields,
        offered: &[Compression],
    ) -> Option<Compression> {
        let cache = &self.behavior.cache;
        let length = || fields.text("content-length")?.trim().parse().ok();
        let is_worth_it = self.behavior.compress
            && cache.max_ttl_s > 0
            && self.method == "GET"
            && STATUSES.contains(&status)
            && !fields.contains("content-encoding")
            && !fields.contains("content-range")
            && length().is_some_and(|length| LENGTHS.contains(&length))
            && is_of_type(fields)
            && !may_not_be_transformed(fields);
        let codings = accept_encoding(self).filter(|_| is_worth_it)?;
        let takes = |one: &&Compression| codings.split(',').any(|coding| coding == one.name());
        offered.iter().find(takes).copied()
    }

    /// The header section of what was compressed. "CloudFront converts strong `ETag` values to weak."
    pub fn compressed(&self, with: Compression, fields: &mut Fields, length: usize) {
        fields.set("Content-Encoding", with.name());
        fields.set("Content-Length", alloc::format!("{length}"));
        fields.remove("content-md5");
        fields.remove("accept-ranges");
        if !members(fields, "vary").any(|name| name.eq_ignore_ascii_case(b"accept-encoding")) {
            fields.push("Vary", "Accept-Encoding");
        }
        weaken(fields);
    }

    /// What an origin says when it is asked about an object that was compressed here: its strong entity tag is
    /// that of what it sent, and what is stored is known by the weak one.
    pub fn validated(&self, stored: &Fields, fields: &mut Fields) {
        let is_compressed = self.behavior.compress
            && matches!(stored.text("content-encoding"), Some("gzip" | "br"));
        let own = stored.text("etag").and_then(|tag| tag.strip_prefix("W/"));
        if is_compressed && own.is_some() && own == fields.text("etag") {
            weaken(fields);
        }
    }
}

fn weaken(fields: &mut Fields) {
    let weak = fields.text("etag").filter(|tag| !tag.starts_with("W/"));
    if let Some(weak) = weak.map(|tag| ["W/", tag].concat()) {
        fields.set("ETag", weak);
    }
}

fn is_of_type(fields: &Fields) -> bool {
    let media_type = fields.text("content-type").and_then(|value| value.split(';').next());
    media_type.is_some_and(|one| TYPES.iter().any(|known| known.eq_ignore_ascii_case(one.trim())))
}

/// RFC 9111 §5.2.2.6
fn may_not_be_transformed(fields: &Fields) -> bool {
    members(fields, "cache-control")
        .any(|member| String::from_utf8_lossy(member).trim().eq_ignore_ascii_case("no-transform"))
}
