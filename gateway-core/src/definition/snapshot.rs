//! The deployment snapshot: what both hosts load.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Api, ApiKey, DomainName, Sampler, Throttling, UsagePlan, WebAcl};
use crate::bucket::Limit;
use crate::codec;
use crate::limits::{ACCOUNT_BURST_DEFAULT, ACCOUNT_RATE_DEFAULT};
use crate::message::Timestamp;
use crate::policy::{Identity, Policy};

/// Rises with every change of the encoding of [`Snapshot`].
pub const SNAPSHOT_VERSION: u16 = 2;
const MAGIC: &[u8; 8] = b"EDGEWAY\0";

/// Everything that an exchange decides by, compiled from definitions and configuration. Immutable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `us-east-1`
    pub region: String,
    /// Twelve digits.
    pub account_id: String,
    /// The account's limit over all APIs.
    pub account_throttle: Limit,
    /// The APIs, in the order of the configuration.
    pub apis: Vec<Api>,
    /// Custom domain names.
    pub domain_names: Vec<DomainName>,
    /// The endpoints that private APIs are reached by.
    pub private_endpoints: Vec<PrivateEndpoint>,
    /// Who may sign requests. Their secrets stay with the host.
    pub principals: Vec<IamPrincipal>,
    /// API keys, without their values.
    pub api_keys: Vec<ApiKey>,
    /// Usage plans.
    pub usage_plans: Vec<UsagePlan>,
    /// The VPC links that the host knows the targets of. Without any, private integrations of REST APIs
    /// are sent to their URIs.
    pub vpc_links: Vec<VpcLink>,
    /// Web ACLs, which stages refer to.
    pub web_acls: Vec<WebAcl>,
    /// How limits are kept.
    pub throttling: Throttling,
    /// Which requests of stages with `tracingEnabled` are traced; `None`: nobody takes spans.
    pub tracing: Option<Sampler>,
    /// Distributions in front of the APIs, for a host that is told of them by nothing else.
    pub distributions: Vec<DistributionSource>,
}

impl Snapshot {
    /// These APIs with the limits of a new account, and nothing else set.
    pub fn new(region: &str, account_id: &str, apis: Vec<Api>) -> Self {
        Self {
            region: region.into(),
            account_id: account_id.into(),
            account_throttle: Limit::new(ACCOUNT_RATE_DEFAULT, ACCOUNT_BURST_DEFAULT),
            apis,
            domain_names: Vec::new(),
            private_endpoints: Vec::new(),
            principals: Vec::new(),
            api_keys: Vec::new(),
            usage_plans: Vec::new(),
            vpc_links: Vec::new(),
            web_acls: Vec::new(),
            throttling: Throttling::default(),
            tracing: None,
            distributions: Vec::new(),
        }
    }
}

/// A VPC endpoint for `execute-api`, as the host stands in for it: a listener of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrivateEndpoint {
    /// `vpce-…`
    pub vpc_endpoint_id: String,
    /// `vpc-…`
    pub vpc_id: Option<String>,
    /// The endpoint's own policy; without one it lets everything through, as on AWS.
    pub policy: Option<Policy>,
}

/// What a distribution is made from. Hosts read it; exchanges know nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistributionSource {
    /// What it is called.
    pub id: String,
    /// What `aws cloudfront get-distribution-config` prints.
    pub definition: String,
    /// The policies and keys that it refers to, as they are printed.
    pub references: Vec<String>,
    /// Where origins are that are elsewhere than their domain names say, by their ids.
    pub origins: BTreeMap<String, String>,
    /// Whether it has a listener of its own, and not its aliases alone.
    pub has_listener: bool,
    /// Whether `CDN-Cache-Control` counts.
    pub cdn_cache_control: bool,
    /// Whether viewers' `Cache-Control` counts.
    pub viewer_cache_control: bool,
    /// Whether responses carry `Cache-Status`.
    pub cache_status: bool,
    /// Heuristic freshness, percent of the time since `Last-Modified`.
    pub heuristic_percent: u32,
    /// Where its standard logs are written, if anywhere: `stdout`, `stderr`, or a file path.
    pub log_destination: Option<String>,
    /// The same of its real-time logs.
    pub real_time_destination: Option<String>,
    /// The web ACL in front of it: index into `Snapshot::web_acls`.
    pub web_acl: Option<u32>,
}

/// A VPC link. Its targets, and how they are, are the host's to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcLink {
    /// What a `connectionId` names.
    pub vpc_link_id: String,
    /// Whether it has targets for every integration that none of `integration_uris` is of.
    pub has_targets: bool,
    /// Listeners, load balancers and Cloud Map services that have targets of their own: their ARNs.
    pub integration_uris: Vec<String>,
}

impl VpcLink {
    /// Whether there are targets for an integration with this ARN, or with none.
    pub fn leads_to(&self, integration_uri: Option<&str>) -> bool {
        self.has_targets
            || integration_uri.is_some_and(|uri| self.integration_uris.iter().any(|u| u == uri))
    }
}

/// An IAM principal with one of its access keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IamPrincipal {
    /// Who it is.
    pub identity: Identity,
    /// `AKIA…`, or `ASIA…` with a session token.
    pub access_key_id: String,
    /// When the session ends, of temporary keys.
    pub expires_at: Option<Timestamp>,
    /// The policies that are attached to it.
    pub policies: Vec<Policy>,
}

/// Bytes that are not a snapshot of this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotError {
    /// They do not begin as a snapshot does.
    NotASnapshot,
    /// Written by another version of Edgeway.
    OtherVersion(u16),
    /// Damaged. With what the decoder says.
    Damaged(String),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("not an Edgeway snapshot"),
            Self::OtherVersion(version) => write!(
                f,
                "snapshot version {version}, this Edgeway reads {SNAPSHOT_VERSION}; run `edgeway bundle` again"
            ),
            Self::Damaged(reason) => write!(f, "damaged snapshot: {reason}"),
        }
    }
}

impl core::error::Error for SnapshotError {}

impl Snapshot {
    /// The private endpoint of this id.
    pub(crate) fn private_endpoint(&self, id: Option<&str>) -> Option<&PrivateEndpoint> {
        self.private_endpoints.iter().find(|endpoint| Some(endpoint.vpc_endpoint_id.as_str()) == id)
    }

    /// Magic, version (two bytes, little-endian), then the codec's encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(SNAPSHOT_VERSION.to_le_bytes());
        bytes.extend(codec::encode(self));
        bytes
    }

    /// Reads what [`Snapshot::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::NotASnapshot)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(SnapshotError::NotASnapshot)?;
        match u16::from_le_bytes(*version) {
            SNAPSHOT_VERSION => codec::decode(rest).map_err(SnapshotError::Damaged),
            other => Err(SnapshotError::OtherVersion(other)),
        }
    }
}

#[cfg(test)]
mod tests;
