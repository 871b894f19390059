//! State that instances share in a store of keys and values (`wasi:keyvalue`). What decides is here, against traits, so
//! that it is tested without a host; a host's store is a few calls behind them.
//!
//! Keys are `edgeway.`, what it is, and a digest: stores take few characters (NATS: letters, digits, `-/_=.`), and
//! whoever reads them learns no path, no token and no API key. No store lets a value expire: what is kept for a time
//! says so itself, and the number of keys is bounded by the definitions or by [`places`].

pub mod buckets;
pub mod issuers;
pub mod places;
pub mod quotas;
#[cfg(test)]
mod tests;

use gateway_core::effect::EffectError;
use sha2::{Digest, Sha256};

/// What every such store does.
pub trait Store {
    /// The value of a key, if it has one.
    ///
    /// # Errors
    /// When the store does not answer, or refuses; so do the others.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Away>;
    /// Gives a key a value.
    ///
    /// # Errors
    /// As `get`.
    fn set(&self, key: &str, value: &[u8]) -> Result<(), Away>;
    /// Removes a key, if it is there.
    ///
    /// # Errors
    /// As `get`.
    fn delete(&self, key: &str) -> Result<(), Away>;
    /// Adds to a count, which begins at 0, and tells the sum: at once for all who do so.
    ///
    /// # Errors
    /// As `get`.
    fn add(&self, key: &str, more: u32) -> Result<u64, Away>;
}

/// What only stores of the second draft do.
pub trait Swap {
    /// A key as it was seen.
    type Seen;
    /// Looks at a key, to swap its value.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn see(&self, key: &str) -> Result<(Self::Seen, Option<Vec<u8>>), Away>;
    /// Gives it another value, unless somebody has done so since it was seen. Tells whether it did.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn swap(&self, seen: Self::Seen, value: &[u8]) -> Result<bool, Away>;
}

/// The store did not do what it was asked; in its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Away(pub String);

/// A store that was never opened.
impl Store for Away {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, Away> {
        Err(self.clone())
    }
    fn set(&self, _: &str, _: &[u8]) -> Result<(), Away> {
        Err(self.clone())
    }
    fn delete(&self, _: &str) -> Result<(), Away> {
        Err(self.clone())
    }
    fn add(&self, _: &str, _: u32) -> Result<u64, Away> {
        Err(self.clone())
    }
}

impl From<Away> for EffectError {
    fn from(Away(words): Away) -> Self {
        Self::Unavailable(words)
    }
}

/// SHA-256 in hexadecimal, as `sha256sum` prints it.
fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
