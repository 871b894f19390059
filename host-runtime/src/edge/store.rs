//! What distributions have stored, in the memory of this process: by weight, shared by all threads.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use distribution::Invalidation;
use gateway_core::effect::ResponseDigest;
use http_cache::{Policy, Stored};

use super::{Edge, digest_of};
use crate::config::Limits;
use crate::perform::stage_caches::sharded::Sharded;

/// Most responses under one key: variants and parts.
const OBJECTS_MAX: usize = 32;
/// What a field line takes beside its text, roughly.
const LINE_BYTES: usize = 64;

/// The caches of all distributions.
#[derive(Debug, Default)]
pub struct EdgeCache(RwLock<Option<Arc<Sharded<Objects>>>>);

/// What is stored under a key.
#[derive(Debug)]
pub(crate) struct Objects {
    pub(super) distribution: String,
    /// Of the object: path, and the parameters in its key.
    pub(super) name: String,
    pub(super) objects: Vec<Arc<Object>>,
}

/// A stored response with its content.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) stored: Stored,
    pub(super) content: Bytes,
    /// Whether somebody asks the origin about it while it is served stale.
    pub(super) is_asked: AtomicBool,
}

impl Object {
    pub(super) fn new(stored: Stored, content: Bytes) -> Self {
        Self { stored, content, is_asked: AtomicBool::new(false) }
    }

    fn bytes(&self) -> usize {
        let lines = self.stored.fields.iter();
        let lines: usize = lines.map(|f| f.name.len() + f.value.len() + LINE_BYTES).sum();
        self.content.len() + lines
    }
}

impl Objects {
    pub(super) fn stored(&self) -> Vec<&Stored> {
        self.objects.iter().map(|object| &object.stored).collect()
    }

    /// These and a new one, which replaces what answers the same requests; without `gone`.
    pub(super) fn with(&self, new: Option<Object>, gone: Option<&Arc<Object>>) -> Self {
        let mut objects = self.objects.clone();
        objects.retain(|one| gone.is_none_or(|gone| !Arc::ptr_eq(one, gone)));
        if let Some(new) = new {
            objects.retain(|one| !new.stored.replaces(&one.stored));
            if objects.len() >= OBJECTS_MAX {
                objects.remove(0);
            }
            objects.push(Arc::new(new));
        }
        Self { distribution: self.distribution.clone(), name: self.name.clone(), objects }
    }

    /// How many bytes it takes, and until when it is worth them.
    pub(super) fn weight(&self, policy: &Policy) -> (usize, gateway_core::message::Timestamp) {
        let bytes = self.objects.iter().map(|object| object.bytes()).sum();
        let until = self.objects.iter().map(|o| o.stored.worth_keeping_until(policy).0).max();
        (bytes, gateway_core::message::Timestamp(until.unwrap_or(0)))
    }
}

impl EdgeCache {
    /// As large as this from now on; with another size it begins anew.
    pub(crate) fn configure(&self, limits: &Limits, edges: &[Arc<Edge>]) {
        let mut cache = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let bytes = usize::try_from(limits.distributions_in_memory_bytes).unwrap_or(usize::MAX);
        if edges.is_empty() {
            *cache = None;
        } else if cache.as_ref().is_none_or(|cache| cache.bytes != bytes) {
            *cache = Some(Arc::new(Sharded::new(bytes)));
        }
    }

    pub(super) fn get(&self) -> Option<Arc<Sharded<Objects>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets all variants of these objects of a distribution.
    pub(super) fn forget_objects(&self, distribution: &str, names: impl Iterator<Item = String>) {
        let Some(cache) = self.get() else { return };
        for name in names {
            let mut shard = cache.shard(&ResponseDigest(digest_of(&name, "")));
            shard.forget(|one| one.distribution == distribution && one.name == name);
        }
    }

    /// Forgets what an invalidation names; how many keys these were.
    pub fn invalidate(&self, distribution: &str, invalidation: &Invalidation) -> usize {
        let Some(cache) = self.get() else { return 0 };
        let mut forgotten = 0;
        cache.each(|shard| {
            forgotten += shard
                .forget(|one| one.distribution == distribution && invalidation.names(&one.name));
        });
        forgotten
    }

    /// How many keys there are, and how many bytes they have.
    pub fn size(&self) -> (usize, usize) {
        self.get().map(|cache| cache.size()).unwrap_or_default()
    }
}
