//! What the edge answers itself.

use alloc::format;
use alloc::string::String;

use http_cache::Fields;

/// A response of the edge's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its header section.
    pub fields: Fields,
    /// Its content.
    pub content: String,
}

impl Answer {
    /// An error of CloudFront's, in words.
    pub fn error(status: u16, message: &str) -> Self {
        let title = match status {
            400 => "Bad Request",
            403 => "Forbidden",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Error",
        };
        let content = format!(
            "<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head>\
             <body><h1>{status} {title}</h1><p>{message}</p></body></html>\n"
        );
        let mut fields = Fields::from([("Content-Type", "text/html")]);
        fields.push("X-Cache", "Error from cloudfront");
        Self { status, fields, content }
    }

    /// As CloudFront refuses what is not signed as it should be.
    pub(crate) fn denied(code: &str, message: &str) -> Self {
        let content = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>\
             <Message>{message}</Message></Error>"
        );
        let mut fields = Fields::from([("Content-Type", "text/xml")]);
        fields.push("X-Cache", "Error from cloudfront");
        Self { status: 403, fields, content }
    }

    pub(crate) fn redirect(location: &str) -> Self {
        let mut fields =
            Fields::from([("Location", location), ("X-Cache", "Redirect from cloudfront")]);
        fields.push("Content-Type", "text/html");
        Self { status: 301, fields, content: String::new() }
    }
}
