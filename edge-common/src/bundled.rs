//! What a component is given of a configuration, and where it finds it: `edgeway deploy` writes it into the module.

use std::collections::BTreeMap;

use gateway_core::effect::Bytes;
use serde::{Deserialize, Serialize};

/// Snapshot and variables, in the core's encoding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundled {
    /// The definitions.
    pub snapshot: Bytes,
    /// What the configuration says that is no part of them; the host's environment comes first.
    pub variables: BTreeMap<String, String>,
    /// The draft of `wasi:keyvalue` that the component imports, if it does.
    pub keyvalue: Option<Draft>,
}

/// A draft of `wasi:keyvalue`. Hosts have one of them, and tell them apart as other packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Draft {
    /// `0.2.0-draft`: counts.
    Draft,
    /// `0.2.0-draft2`: counts, and compares and swaps.
    Draft2,
}

impl Draft {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Draft, Self::Draft2];

    /// Its version, as imports name it.
    pub fn version(self) -> &'static str {
        match self {
            Self::Draft => "0.2.0-draft",
            Self::Draft2 => "0.2.0-draft2",
        }
    }
}

/// By which the slot is found. Nothing else in a module has these bytes.
pub const SLOT_MARKER: [u8; 24] = *b"edgeway snapshot slot v1";

/// Where a [`Bundled`] is in the memory of a module; nowhere, before one is put in.
#[derive(Debug)]
#[repr(C)]
pub struct Slot {
    /// [`SLOT_MARKER`].
    pub marker: [u8; SLOT_MARKER.len()],
    /// The first byte.
    pub address: u32,
    /// How many there are.
    pub length: u32,
    /// The fingerprint of what the module was built from: tests refuse one that is older than they are.
    pub built_from: u64,
}

impl Slot {
    /// With nothing in it yet.
    pub const fn empty(built_from: u64) -> Self {
        Self { marker: SLOT_MARKER, address: 0, length: 0, built_from }
    }
}
