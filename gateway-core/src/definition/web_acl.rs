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
    /// What signs the tokens of clients that solved a challenge; needed where a rule asks for one. What is deployed
    /// has none: there it comes from the environment.
    pub token_key: Option<TokenKey>,
}

/// The key that signs clients' tokens. It is in no log and no message.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TokenKey(pub Vec<u8>);

impl core::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("TokenKey(secret)")
    }
}

/// The full log of a web ACL.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WebAclLogging {
    /// `stdout`, `stderr`, or a file path.
    pub destination: String,
    /// `get-logging-configuration`; without one everything is logged.
    pub document: Option<String>,
}
