//! What distributions have stored, in the memory of this process: by weight, shared by all threads. Behind it may be
//! a disk.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use distribution::Invalidation;
use gateway_core::effect::ResponseDigest;
use http_cache::{Policy, Stored, Timestamp};

use super::disk::Disk;
use super::{Edge, digest_of};
use crate::config::Limits;
use crate::perform::metrics::describe;
use crate::perform::stage_caches::sharded::Sharded;

/// Most responses under one key: variants and parts.
const OBJECTS_MAX: usize = 32;
/// What a field line takes beside its text, roughly.
const LINE_BYTES: usize = 64;
/// The same of a stored response.
const OBJECT_BYTES: usize = 512;

/// The caches of all distributions.
#[derive(Debug, Default)]
pub struct EdgeCache {
    memory: RwLock<Option<Arc<Sharded<Objects>>>>,
    disk: Option<Arc<Disk>>,
    counts: Counts,
}

/// Where responses were found.
#[derive(Debug, Default)]
struct Counts {
    memory: AtomicU64,
    disk: AtomicU64,
    misses: AtomicU64,
}

/// Where a response was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    Memory,
    Disk,
    /// Nowhere, or not so that it could be used.
    None,
}

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
    pub(super) content: Arc<Contents>,
    /// When it was asked for, by the number of the request; 0: before this process was.
    asked: u64,
    /// Whether somebody asks the origin about it while it is served stale.
    pub(super) is_asked: AtomicBool,
    /// Until when it stands in for an origin that failed, which is not asked meanwhile; milliseconds.
    stands_in_until: AtomicU64,
}

/// The content of a stored response: in memory, on disk, or both.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) length: u64,
    memory: Option<Bytes>,
    /// The number of its file; 0 is none.
    file: AtomicU64,
}

impl Contents {
    pub(super) fn on_disk(length: u64, file: u64) -> Self {
        Self { length, memory: None, file: AtomicU64::new(file) }
    }

    pub(super) fn in_both(bytes: Bytes, file: u64) -> Self {
        Self { length: bytes.len() as u64, memory: Some(bytes), file: AtomicU64::new(file) }
    }

    pub(super) fn memory(&self) -> Option<&Bytes> {
        self.memory.as_ref()
    }

    pub(super) fn file(&self) -> Option<u64> {
        Some(self.file.load(Relaxed)).filter(|file| *file != 0)
    }

    pub(super) fn set_file(&self, file: u64) {
        self.file.store(file, Relaxed);
    }

    /// What would have to be written for it to be on disk, if it is not.
    pub(super) fn unwritten_bytes(&self) -> u64 {
        if self.file().is_some() { 0 } else { self.memory_bytes() as u64 }
    }

    fn memory_bytes(&self) -> usize {
        self.memory.as_ref().map_or(0, Bytes::len)
    }
}

impl From<Bytes> for Contents {
    fn from(bytes: Bytes) -> Self {
        Self::in_both(bytes, 0)
    }
}

impl Object {
    pub(super) fn new(stored: Stored, content: Arc<Contents>, asked: u64) -> Self {
        let (is_asked, stands_in_until) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { stored, content, asked, is_asked, stands_in_until }
    }

    pub(super) fn stand_in(&self, until: Timestamp) {
        self.stands_in_until.store(until.0, Relaxed);
    }

    pub(super) fn stands_in(&self, now: Timestamp) -> bool {
        now.0 < self.stands_in_until.load(Relaxed)
    }

    fn bytes(&self) -> usize {
        let lines = self.stored.fields.iter();
        let lines: usize = lines.map(|f| f.name.len() + f.value.len() + LINE_BYTES).sum();
        self.content.memory_bytes() + lines + self.stored.selecting_bytes()
    }
}

impl Objects {
    pub(super) fn stored(&self) -> Vec<&Stored> {
        self.objects.iter().map(|object| &object.stored).collect()
    }

    /// These and a new one, which replaces what answers the same requests, unless that was asked for later; without
    /// `gone`.
    pub(super) fn with(&self, new: Option<Object>, gone: Option<&Arc<Object>>) -> Self {
        let mut objects = self.objects.clone();
        objects.retain(|one| gone.is_none_or(|gone| !Arc::ptr_eq(one, gone)));
        let is_late = |new: &Object| {
            let is_later = |one: &Arc<Object>| one.asked > new.asked;
            objects.iter().any(|one| is_later(one) && one.stored.replaces(&new.stored))
        };
        if let Some(new) = new.filter(|new| !is_late(new)) {
            objects.retain(|one| one.asked > new.asked || !new.stored.replaces(&one.stored));
            if objects.len() >= OBJECTS_MAX {
                objects.remove(0);
            }
            objects.push(Arc::new(new));
        }
        Self { distribution: self.distribution.clone(), name: self.name.clone(), objects }
    }

    /// How many bytes it takes, and until when it is worth them.
    pub(super) fn weight(&self, policy: &Policy) -> (usize, gateway_core::message::Timestamp) {
        let objects: usize = self.objects.iter().map(|object| object.bytes() + OBJECT_BYTES).sum();
        let bytes = objects + self.name.len() + self.distribution.len();
        let until = self.objects.iter().map(|o| o.stored.worth_keeping_until(policy).0).max();
        (bytes, gateway_core::message::Timestamp(until.unwrap_or(0)))
    }
}

impl EdgeCache {
    /// With a disk behind it.
    pub(crate) fn on(disk: Option<Arc<Disk>>) -> Self {
        Self { disk, ..Self::default() }
    }

    /// As large as this from now on; with another size it begins anew.
    pub(crate) fn configure(&self, limits: &Limits, edges: &[Arc<Edge>]) {
        let mut cache = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        let bytes = usize::try_from(limits.distributions_in_memory_bytes).unwrap_or(usize::MAX);
        if edges.is_empty() {
            *cache = None;
        } else if cache.as_ref().is_none_or(|cache| cache.bytes != bytes) {
            *cache = Some(Arc::new(Sharded::new(bytes)));
        }
    }

    pub(super) fn get(&self) -> Option<Arc<Sharded<Objects>>> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn disk(&self) -> Option<&Arc<Disk>> {
        self.disk.as_ref()
    }

    pub(super) fn count(&self, tier: Tier) {
        let count = match tier {
            Tier::Memory => &self.counts.memory,
            Tier::Disk => &self.counts.disk,
            Tier::None => &self.counts.misses,
        };
        count.fetch_add(1, Relaxed);
    }

    /// Forgets all variants of these objects of a distribution. What the origin was asked for before is not stored.
    pub(super) fn forget_objects(&self, distribution: &str, names: impl Iterator<Item = String>) {
        for name in names {
            let digest = ResponseDigest(digest_of(&name, ""));
            let is = |one: &Arc<Objects>| one.distribution == distribution && one.name == name;
            self.in_turn(
                |memory| {
                    let mut shard = memory.shard(&digest);
                    shard.forget_on_way(digest.0.first_chunk().copied());
                    shard.forget(is)
                },
                |disk| disk.forget_object(&digest, distribution, &name),
            );
        }
    }

    /// Forgets what an invalidation names; how many keys these were. Nothing is stored that an origin was asked for
    /// before.
    pub fn invalidate(&self, distribution: &str, invalidation: &Invalidation) -> usize {
        let is =
            |one: &Arc<Objects>| one.distribution == distribution && invalidation.names(&one.name);
        let mut on_disk = 0;
        let in_memory = self.in_turn(
            |memory| {
                let mut forgotten = 0;
                memory.each(|shard| {
                    shard.forget_on_way(None);
                    forgotten += shard.forget(is);
                });
                forgotten
            },
            |disk| on_disk += disk.invalidate(distribution, invalidation),
        );
        in_memory.max(on_disk) // most keys are in both
    }

    /// What is read from disk just now must not come into memory after it was forgotten there, and what is stored
    /// from memory not onto the disk: the disk forgets before and after.
    fn in_turn(
        &self,
        in_memory: impl FnOnce(&Sharded<Objects>) -> usize,
        mut on_disk: impl FnMut(&Disk),
    ) -> usize {
        self.disk.iter().for_each(|disk| on_disk(disk));
        let forgotten = self.get().map_or(0, |memory| in_memory(&memory));
        self.disk.iter().for_each(|disk| on_disk(disk));
        forgotten
    }

    /// Waits until what was invalidated is gone from the disk as well.
    pub fn settle(&self) {
        self.disk.iter().for_each(|disk| disk.settle());
    }

    /// How many keys there are, and how many bytes they have.
    pub fn size(&self) -> (usize, usize) {
        self.get().map(|cache| cache.size()).unwrap_or_default()
    }

    /// In Prometheus's text format.
    pub fn write_metrics(&self, text: &mut String) {
        let Some(cache) = self.get() else { return };
        let Counts { memory, disk, misses } = &self.counts;
        let name = "distribution_cache_hits_total";
        describe(text, name, "Responses of distributions that were found, by where.", "counter");
        for (tier, count) in [("memory", memory), ("disk", disk)] {
            let _ = writeln!(text, "edgeway_{name}{{tier=\"{tier}\"}} {}", count.load(Relaxed));
        }
        let name = "distribution_cache_misses_total";
        describe(text, name, "Responses that were not found, or of no use.", "counter");
        let _ = writeln!(text, "edgeway_{name} {}", misses.load(Relaxed));
        let (keys, bytes) = cache.size();
        let on_disk = self.disk.as_ref().map(|disk| disk.size());
        let tiers = [("memory", Some((keys, bytes as u64))), ("disk", on_disk)];
        for (name, help, of) in [
            ("distribution_cache_keys", "Keys with stored responses.", 0),
            ("distribution_cache_bytes", "What stored responses take.", 1),
        ] {
            describe(text, name, help, "gauge");
            for (tier, size) in tiers {
                let Some((keys, bytes)) = size else { continue };
                let value = if of == 0 { keys as u64 } else { bytes };
                let _ = writeln!(text, "edgeway_{name}{{tier=\"{tier}\"}} {value}");
            }
        }
        self.disk.iter().for_each(|disk| disk.counts.write_metrics(text));
    }
}
