//! The second draft of `wasi:keyvalue`, which Spin alone has, by the first, which the tests' hosts have: composed with a
//! component that imports the second it makes one that imports the first.
//!
//! The first draft cannot compare. It counts: of those who want to swap what has this version, whoever counts first may.
//! One who ends before it has written leaves a key that nobody swaps any more; that does for a test, and for nothing else.

#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]
mod bindings {
    wit_bindgen::generate!({
        world: "edgeway:tests/second-by-first",
        path: ["../../wasi-http/src/keyvalue/wit", "wit"],
        generate_all,
    });
}

use bindings::exports::wasi::keyvalue0_2_0_draft2::{atomics, store};
use bindings::wasi::keyvalue0_2_0_draft::{atomics::increment, store as first};

/// How often a swap that is under way is waited for.
const LOOKS: usize = 100_000;

struct SecondByFirst;

bindings::export!(SecondByFirst with_types_in bindings);

/// A store, and what the host calls it.
struct Bucket {
    first: first::Bucket,
    identifier: String,
}

/// A key, its version and its value, as they were.
struct Cas {
    bucket: Bucket,
    key: String,
    version: u64,
    value: Option<Vec<u8>>,
}

impl store::Guest for SecondByFirst {
    type Bucket = Bucket;

    fn open(identifier: String) -> Result<store::Bucket, store::Error> {
        Ok(store::Bucket::new(Bucket::open(identifier)?))
    }
}

impl Bucket {
    fn open(identifier: String) -> Result<Self, store::Error> {
        Ok(Self { first: first::open(&identifier)?, identifier })
    }
}

impl store::GuestBucket for Bucket {
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.first.get(&key)?)
    }
    fn set(&self, key: String, value: Vec<u8>) -> Result<(), store::Error> {
        Ok(self.first.set(&key, &value)?)
    }
    fn delete(&self, key: String) -> Result<(), store::Error> {
        Ok(self.first.delete(&key)?)
    }
}

impl atomics::Guest for SecondByFirst {
    type Cas = Cas;

    fn increment(
        bucket: store::BucketBorrow<'_>,
        key: String,
        delta: i64,
    ) -> Result<i64, store::Error> {
        let sum = increment(&bucket.get::<Bucket>().first, &key, delta.unsigned_abs())?;
        Ok(i64::try_from(sum).unwrap_or(i64::MAX))
    }

    fn swap(cas: atomics::Cas, value: Vec<u8>) -> Result<(), atomics::CasError> {
        let Cas { bucket, key, version, .. } = cas.into_inner::<Cas>();
        let mine = increment(&bucket.first, &claim(&key, version), 1);
        if mine.map_err(failed)? == 1 {
            let written = [&(version + 1).to_le_bytes()[..], &value].concat();
            return bucket.first.set(&key, &written).map_err(failed);
        }
        let now = Cas::see(bucket, key).map_err(atomics::CasError::StoreError)?;
        Err(atomics::CasError::CasFailed(atomics::Cas::new(now)))
    }
}

impl atomics::GuestCas for Cas {
    fn new(bucket: store::BucketBorrow<'_>, key: String) -> Result<atomics::Cas, store::Error> {
        let bucket = Bucket::open(bucket.get::<Bucket>().identifier.clone())?;
        Ok(atomics::Cas::new(Self::see(bucket, key)?))
    }
    fn current(&self) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.value.clone())
    }
}

impl Cas {
    /// The key, once nobody is about to swap it.
    fn see(bucket: Bucket, key: String) -> Result<Self, store::Error> {
        for _ in 0..LOOKS {
            let written = bucket.first.get(&key)?;
            let (version, value) = match written.as_deref().and_then(<[u8]>::split_first_chunk) {
                Some((version, value)) => (u64::from_le_bytes(*version), Some(value.to_vec())),
                None => (0, None),
            };
            if increment(&bucket.first, &claim(&key, version), 0)? == 0 {
                return Ok(Self { bucket, key, version, value });
            }
        }
        Err(store::Error::Other("somebody began to swap it and did not".into()))
    }
}

/// What is counted by those who want to swap this version.
fn claim(key: &str, version: u64) -> String {
    format!("{key}.{version}")
}

fn failed(error: first::Error) -> atomics::CasError {
    atomics::CasError::StoreError(error.into())
}

impl From<first::Error> for store::Error {
    fn from(error: first::Error) -> Self {
        match error {
            first::Error::NoSuchStore => Self::NoSuchStore,
            first::Error::AccessDenied => Self::AccessDenied,
            first::Error::Other(words) => Self::Other(words),
        }
    }
}
