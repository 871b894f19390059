//! How a snapshot, an arrival, a turn and an outcome become bytes: one buffer a crossing.
//!
//! The encoding is postcard's (stable since its version 1). Both ends are built from the same
//! source; only the snapshot outlives a build, so only it carries a version (see
//! [`crate::definition::Snapshot`]).

use alloc::{string::String, vec::Vec};

use serde::{Serialize, de::DeserializeOwned};

/// Room for nearly everything that crosses, so that a buffer need not grow byte by byte.
const USUAL_BYTES: usize = 1024;

/// The bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, Vec::with_capacity(USUAL_BYTES))
        .expect("memory is the only limit of an allocated buffer")
}

/// The value of these bytes; an error for bytes that [`encode`] did not make of the same type.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(alloc::format!("{} bytes too many", rest.len())),
        Err(error) => Err(alloc::format!("{error}")),
    }
}
