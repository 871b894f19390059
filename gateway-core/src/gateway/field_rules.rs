//! Header fields that mappings and templates may not set, and those that they set in vain.

use crate::message::field_names::is_one_of;

/// The rules of a kind of integration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldRules {
    forbidden: &'static [&'static str],
    dropped: &'static [&'static str],
}

impl FieldRules {
    /// `HTTP` and `HTTP_PROXY`; recorded from the real service, but for the last two forbidden ones.
    pub(crate) const HTTP: Self = Self {
        forbidden: &[
            "content-length",
            "transfer-encoding",
            "x-amzn-trace-id",
            "x-amzn-apigateway-api-id",
        ],
        dropped: &["connection", "expect", "proxy-authenticate", "te", "via"],
    };
    /// `AWS` and `AWS_PROXY`; recorded from the real service, but for the last two forbidden ones.
    pub(crate) const AWS: Self = Self {
        forbidden: &[
            "content-length",
            "transfer-encoding",
            "authorization",
            "connection",
            "expect",
            "proxy-authenticate",
            "te",
            "x-amzn-trace-id",
            "x-amzn-apigateway-api-id",
        ],
        dropped: &["referer"],
    };

    /// Whether a field of this name is a configuration error.
    pub(crate) fn forbids(&self, name: &str) -> bool {
        is_one_of(name, self.forbidden)
    }

    /// Whether a field of this name goes no further.
    pub(crate) fn drops(&self, name: &str) -> bool {
        is_one_of(name, self.dropped)
    }
}
