//! Short names for keys: what is kept by name costs the same however long its key is, and is found without a look
//! at the key.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

/// 128 bits of a key, under keys of this process: no two of them meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// Its place in a map.
    pub(super) place: u64,
    pub(super) other: u64,
}

/// What gives keys their names.
#[derive(Debug, Default)]
pub(super) struct Names([RandomState; 2]);

/// A map by names.
pub(super) type ByName<T> = HashMap<Name, T, BuildHasherDefault<AsItIs>>;

impl Names {
    pub(super) fn of(&self, key: &str) -> Name {
        let [place, other] = &self.0;
        Name { place: place.hash_one(key), other: other.hash_one(key) }
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.place);
    }
}

/// A name is a hash already.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
