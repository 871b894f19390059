//! Web ACLs (AWS WAFv2).

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

/// A web ACL, as the documents that `aws wafv2` prints: the crate `waf` reads them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WebAcl {
    /// What stages name it by.
    pub name: String,
    /// `get-web-acl`
    pub document: String,
    /// What its rules refer to: `get-ip-set`, `get-regex-pattern-set`, `get-rule-group`.
    pub references: Vec<String>,
    /// Where and how it is logged.
    pub logging: Option<WebAclLogging>,
}

/// The full log of a web ACL.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WebAclLogging {
    /// `stdout`, `stderr`, or a file path.
    pub destination: String,
    /// `get-logging-configuration`; without one everything is logged.
    pub document: Option<String>,
}
