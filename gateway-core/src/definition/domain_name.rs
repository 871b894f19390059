//! Custom domain names.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

/// A custom domain name and the stages that it leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DomainName {
    /// `api.example.com`, or `*.example.com` for every name with one more label.
    pub domain_name: String,
    /// Base path mappings (v1) and API mappings (v2) alike.
    pub mappings: Vec<ApiMapping>,
    /// `mutualTlsAuthentication`: only clients whose certificate the host has verified are let in.
    pub mutual_tls: bool,
    /// `endpointAccessMode` is `STRICT`: the name asked for in the TLS handshake must be the request's.
    pub strict_access: bool,
}

/// What the paths below one base path lead to. The longest base path that matches decides
/// ("Use API mappings to connect API stages to a custom domain name").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiMapping {
    /// `v1`, `orders/v2`; empty for what no other mapping takes. No slash at its ends.
    pub base_path: String,
    /// Index into `Snapshot::apis`.
    pub api: u32,
    /// The stage; `None` where the client names it in the next segment (v1 only).
    pub stage: Option<String>,
}
