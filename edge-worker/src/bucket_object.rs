//! The Durable Object that holds token buckets.
//!
//! A Durable Object runs one request at a time between its awaits, so taking from several buckets
//! is atomic. The buckets are in its memory alone: an object that is moved or evicted starts with
//! full ones, which errs by at most one burst and saves a durable write per request.

use std::cell::RefCell;
use std::collections::BTreeMap;

use gateway_core::bucket::{Bucket, BucketStore, BucketTake, take_all};
use gateway_core::codec;
use gateway_core::effect::TakeTokens;
use gateway_core::message::Timestamp;
use gateway_core::usage::Usage;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::convert::now;

/// More buckets than this are swept of the full ones.
const BUCKETS_BEFORE_SWEEP: usize = 10_000;

/// Buckets in memory. A full one is forgotten: it is what an unknown one is.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    by_key: BTreeMap<String, Stored>,
    usage: BTreeMap<String, Usage>,
}

#[derive(Debug)]
struct Stored {
    bucket: Bucket,
    full_at: Option<Timestamp>,
}

impl BucketStore for Buckets {
    fn load(&self, key: &str) -> Option<Bucket> {
        self.by_key.get(key).map(|stored| stored.bucket)
    }
    fn store(&mut self, take: &BucketTake, bucket: Bucket) {
        if self.by_key.len() >= BUCKETS_BEFORE_SWEEP {
            self.by_key.retain(|_, stored| stored.full_at.is_none_or(|at| at > bucket.at));
        }
        let full_at = bucket.full_at(take.limit);
        self.by_key.insert(take.key.clone(), Stored { bucket, full_at });
    }
    fn usage(&mut self, key: &str) -> &mut Usage {
        self.usage.entry(key.into()).or_default()
    }
}

/// Takes tokens for all isolates.
#[durable_object]
pub struct BucketObject {
    buckets: RefCell<Buckets>,
}

impl DurableObject for BucketObject {
    fn new(_: State, _: Env) -> Self {
        Self { buckets: RefCell::default() }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.bytes().await?;
        match codec::decode::<TakeTokens>(&body) {
            Ok(take) => {
                let taken = take_all(&take, now(), &mut *self.buckets.borrow_mut());
                Response::from_bytes(codec::encode(&taken))
            }
            Err(reason) => Response::error(reason, 400),
        }
    }
}
