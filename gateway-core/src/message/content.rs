//! Content that the host holds, and content that the core made.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Names content that the host holds for one exchange. The arrival's content is number 0; the
/// host numbers that of endpoint responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentId(pub u32);

/// The content of a message. What no stage reads never enters the core.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Content {
    /// None at all.
    #[default]
    Empty,
    /// Held by the host, which streams it, or hands it in for `ReadContent`.
    Held(ContentId),
    /// Made by the core.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
}
