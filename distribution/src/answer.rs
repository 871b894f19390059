//! What the edge answers itself.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use http_cache::Fields;

use crate::{CacheResult, Reason};

/// A response of the edge's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its header section.
    pub fields: Fields,
    /// Its content.
    pub content: String,
    /// What logs say that went wrong (`x-edge-detailed-result-type`).
    pub detail: Option<&'static str>,
    /// Why, for the operator alone: viewers are told what CloudFront tells them.
    pub reason: Option<Box<Reason>>,
}

impl Answer {
    /// An error of CloudFront's, in words.
    pub fn error(status: u16, message: &str) -> Self {
        let title = match status {
            400 => "Bad Request",
            403 => "Forbidden",
            408 => "Request Timeout",
            413 => "Content Too Large",
            500 => "Internal Server Error",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            508 => "Loop Detected",
            _ => "Error",
        };
        let content = format!(
            "<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head>\
             <body><h1>{status} {title}</h1><p>{message}</p></body></html>\n"
        );
        let fields = Fields::from([("Content-Type", "text/html")]);
        Self { status, fields, content, detail: None, reason: None }
    }

    /// The same, and why, for the operator.
    pub(crate) fn because(self, reason: Reason) -> Self {
        Self { reason: Some(Box::new(reason)), ..self }
    }

    /// The same, and what logs are to say of it.
    #[must_use]
    pub fn with_detail(self, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// As CloudFront refuses what its web ACL does not let through, or cannot inspect.
    pub fn of_web_acl(status: u16) -> Self {
        Self::error(
            status,
            match status {
                403 => "Request blocked.",
                408 => "The content of the request did not come in time.",
                503 => "The request cannot be inspected now.",
                _ => "The request could not be inspected.",
            },
        )
        .with_detail("InvalidRequestBlocked")
    }

    /// As CloudFront refuses what is not signed as it should be.
    pub(crate) fn denied(code: &str, message: &str) -> Self {
        let content = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>\
             <Message>{message}</Message></Error>"
        );
        let fields = Fields::from([("Content-Type", "text/xml")]);
        Self { status: 403, fields, content, detail: None, reason: None }
    }

    /// "If the viewer sends `POST`, `PUT`, `DELETE`, `OPTIONS` or `PATCH` over HTTP", it is to send the same again.
    pub(crate) fn redirect(method: &str, location: &str) -> Self {
        let fields = Fields::from([("Location", location), ("Content-Type", "text/html")]);
        let status = if matches!(method, "GET" | "HEAD") { 301 } else { 307 };
        Self { status, fields, content: String::new(), detail: None, reason: None }
    }

    /// What the viewer is told that it is.
    pub fn result(&self) -> CacheResult {
        if matches!(self.status, 301 | 307) { CacheResult::Redirect } else { CacheResult::Error }
    }
}
