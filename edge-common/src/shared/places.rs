//! Values that are kept for a time, in a bounded number of places: the digest that a value is found by says in which, and
//! whoever comes later has it. No store lets a value expire, and every client could make another.

use gateway_core::codec;
use gateway_core::effect::Bytes;
use gateway_core::message::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Away, Store};

/// Places of one kind.
#[derive(Debug)]
pub struct Places {
    /// What is kept there, as a part of keys.
    pub kind: &'static str,
    /// How many there are.
    pub count: u16,
    /// What is larger is not kept.
    pub bytes_max: usize,
}

/// What is in a place.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    digest: [u8; 32],
    at: Timestamp,
    until: Timestamp,
    value: Bytes,
}

impl Places {
    /// The value of this digest and when it was kept, unless its time is over.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn find(
        &self,
        digest: &[u8; 32],
        now: Timestamp,
        store: &dyn Store,
    ) -> Result<Option<Found>, Away> {
        let Some(kept) = store.get(&self.key(digest))? else { return Ok(None) };
        // What somebody else has written there is nobody's.
        let Ok(kept) = codec::decode::<Kept>(&kept) else { return Ok(None) };
        let is_current = kept.at <= now && now < kept.until;
        let found = Found { at: kept.at, until: kept.until, value: kept.value };
        Ok((is_current && kept.digest == *digest).then_some(found))
    }

    /// Keeps a value in place of whatever is there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub fn keep(
        &self,
        digest: &[u8; 32],
        value: Bytes,
        (at, until): (Timestamp, Timestamp),
        store: &dyn Store,
    ) -> Result<(), Away> {
        if value.0.len() > self.bytes_max || until <= at {
            return Ok(());
        }
        let kept = Kept { digest: *digest, at, until, value };
        store.set(&self.key(digest), &codec::encode(&kept))
    }

    /// By its last bytes: the first of an authorization's are those of its stage.
    fn key(&self, digest: &[u8; 32]) -> String {
        let place = u16::from_be_bytes([digest[30], digest[31]]) % self.count;
        format!("edgeway.{}.{place}", self.kind)
    }
}

/// What was found.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// When it was kept.
    pub at: Timestamp,
    /// When its time is over.
    pub until: Timestamp,
    /// The value.
    pub value: Bytes,
}
