//! The deployment snapshot: what both hosts load.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Api, DomainName};
use crate::bucket::Limit;
use crate::codec;

/// Rises with every change of the encoding of [`Snapshot`].
pub const SNAPSHOT_VERSION: u16 = 1;
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
