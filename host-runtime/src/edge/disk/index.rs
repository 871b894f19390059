//! What is on disk, in memory: enough to find, to forget and to make room without reading anything.

use std::collections::{BTreeMap, VecDeque};

use gateway_core::effect::ResponseDigest;
use gateway_core::limits::{EDGE_DISK_BLOCK_BYTES, EDGE_DISK_KEYS_MAX};
use gateway_core::message::Timestamp;

/// What there is under a key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) distribution: String,
    pub(super) name: String,
    /// Its head's, which is the number of its last change.
    pub(super) turn: u64,
    /// Contents.
    pub(super) files: Vec<u64>,
    /// What all of them take.
    pub(super) bytes: u64,
    pub(super) until: Timestamp,
    /// Whether somebody found it since its last turn to go.
    pub(super) is_wanted: bool,
}

/// All keys, and how much room they take.
#[derive(Debug)]
pub(super) struct Index {
    entries: BTreeMap<ResponseDigest, Entry>,
    /// Keys in the order in which their turn comes to go, some of them gone already.
    order: VecDeque<ResponseDigest>,
    /// On disk, or about to be.
    bytes: u64,
    bytes_max: u64,
}

/// What file systems give files, at least.
const UNIT_BYTES: u64 = 4096;
/// Of each block, beside its content.
pub(super) const CHECKSUM_BYTES: usize = 8;
/// Most entries that are spared in a row, so that room is found in bounded time.
const SPARED_MAX: usize = 64;

/// How long the file of so much content is.
pub(super) fn file_length(content: u64) -> u64 {
    content + content.div_ceil(EDGE_DISK_BLOCK_BYTES as u64) * CHECKSUM_BYTES as u64
}

/// What a file of this length takes.
pub(super) fn room_of(length: u64) -> u64 {
    length.div_ceil(UNIT_BYTES).max(1) * UNIT_BYTES
}

impl Index {
    pub(super) fn bounded(bytes_max: u64) -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// The number of what is there and not over.
    pub(super) fn find(&mut self, digest: &ResponseDigest, now: Timestamp) -> Option<u64> {
        let entry = self.entries.get_mut(digest).filter(|entry| now < entry.until)?;
        entry.is_wanted = true;
        Some(entry.turn)
    }

    pub(super) fn get(&self, digest: &ResponseDigest) -> Option<&Entry> {
        self.entries.get(digest)
    }

    /// Another entry, whose room was taken; what was there before.
    pub(super) fn insert(&mut self, digest: ResponseDigest, entry: Entry) -> Option<Entry> {
        let before = self.entries.insert(digest, entry);
        if before.is_none() {
            self.order.push_back(digest);
        }
        before
    }

    /// Takes an entry away; its room is free when its files are gone.
    pub(super) fn remove(&mut self, digest: &ResponseDigest) -> Option<Entry> {
        let removed = self.entries.remove(digest)?;
        if self.order.len() > 2 * self.entries.len() + SPARED_MAX {
            let mut seen = std::collections::BTreeSet::new();
            self.order.retain(|one| self.entries.contains_key(one) && seen.insert(*one));
        }
        Some(removed)
    }

    /// Takes room, if there is that much.
    pub(super) fn take(&mut self, bytes: u64) -> bool {
        let is_room = self.bytes + bytes <= self.bytes_max;
        if is_room {
            self.bytes += bytes;
        }
        is_room
    }

    /// Takes room whether there is or not: something has it already.
    pub(super) fn note(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    pub(super) fn give_back(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Whether something has to go before anything else comes.
    pub(super) fn is_too_much(&self) -> bool {
        self.bytes > self.bytes_max || self.entries.len() >= EDGE_DISK_KEYS_MAX
    }

    /// Whose turn it is to go: the oldest that nobody asked for lately. It is in the index no more.
    pub(super) fn victim(&mut self, now: Timestamp) -> Option<(ResponseDigest, Entry)> {
        let mut spared = 0;
        while let Some(digest) = self.order.pop_front() {
            let Some(entry) = self.entries.get_mut(&digest) else { continue };
            if entry.is_wanted && now < entry.until && spared < SPARED_MAX {
                (entry.is_wanted, spared) = (false, spared + 1);
                self.order.push_back(digest);
                continue;
            }
            return self.entries.remove(&digest).map(|entry| (digest, entry));
        }
        None
    }

    /// The keys of an object: their digests begin as that of its name.
    pub(super) fn of_object(
        &self,
        first: &ResponseDigest,
        distribution: &str,
        name: &str,
    ) -> Vec<ResponseDigest> {
        let (mut from, mut to) = (*first, *first);
        from.0[super::NAME_BYTES..].fill(0);
        to.0[super::NAME_BYTES..].fill(u8::MAX);
        let is = |entry: &Entry| entry.distribution == distribution && entry.name == name;
        let found = self.entries.range(from..=to).filter(|(_, entry)| is(entry));
        found.map(|(digest, _)| *digest).collect()
    }

    /// Those among the keys that begin with this byte.
    pub(super) fn among(&self, byte: u8, is: impl Fn(&Entry) -> bool) -> Vec<ResponseDigest> {
        let (mut from, mut to) = (ResponseDigest([0; 32]), ResponseDigest([u8::MAX; 32]));
        (from.0[0], to.0[0]) = (byte, byte);
        let found = self.entries.range(from..=to).filter(|(_, entry)| is(entry));
        found.map(|(digest, _)| *digest).collect()
    }

    /// Whoever was written first goes first, for entries that came in any order.
    pub(super) fn order_by_turn(&mut self) {
        let mut order: Vec<_> = self.entries.iter().map(|(key, one)| (one.turn, *key)).collect();
        order.sort_unstable();
        self.order = order.into_iter().map(|(_, key)| key).collect();
    }

    /// How many keys there are, and how much room they take.
    pub(super) fn size(&self) -> (usize, u64) {
        (self.entries.len(), self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: u8) -> ResponseDigest {
        ResponseDigest([number; 32])
    }

    fn entry(turn: u64, bytes: u64) -> Entry {
        let (distribution, name) = ("d".into(), format!("/{turn}"));
        let until = Timestamp(100);
        Entry { distribution, name, turn, files: Vec::new(), bytes, until, is_wanted: false }
    }

    fn full() -> Index {
        let mut index = Index::bounded(30);
        for number in 1..=3 {
            assert!(index.take(10));
            assert!(index.insert(digest(number), entry(number.into(), 10)).is_none());
        }
        index
    }

    #[test]
    fn the_oldest_goes_that_nobody_asked_for() {
        let mut index = full();
        assert!(!index.take(1), "there is no room");
        assert_eq!(index.find(&digest(1), Timestamp(0)), Some(1));
        assert_eq!(index.victim(Timestamp(0)).unwrap().1.turn, 2);
        index.give_back(10);
        assert!(index.take(10) && !index.take(1));
        assert_eq!(index.victim(Timestamp(0)).unwrap().1.turn, 3);
        assert_eq!(index.victim(Timestamp(0)).unwrap().1.turn, 1, "it was spared once");
        assert!(index.victim(Timestamp(0)).is_none());
    }

    #[test]
    fn what_is_over_is_not_found_and_goes_first_when_its_turn_comes() {
        let mut index = full();
        assert_eq!(index.find(&digest(1), Timestamp(0)), Some(1));
        assert_eq!(index.find(&digest(1), Timestamp(100)), None);
        assert_eq!(index.victim(Timestamp(100)).unwrap().1.turn, 1);
    }

    #[test]
    fn a_key_that_comes_and_goes_leaves_nothing_behind() {
        let mut index = full();
        for turn in 10..10_000 {
            index.insert(digest(9), entry(turn, 0));
            assert_eq!(index.remove(&digest(9)).unwrap().turn, turn);
        }
        assert!(index.order.len() < 100, "{}", index.order.len());
        assert_eq!(index.size(), (3, 30));
    }

    #[test]
    fn all_keys_of_an_object_are_found_by_how_their_digests_begin() {
        let mut index = Index::bounded(30);
        let key = |name: u8, rest: u8| {
            let mut digest = digest(rest);
            digest.0[..super::super::NAME_BYTES].fill(name);
            digest
        };
        for (name, rest) in [(1, 0), (1, 255), (2, 7)] {
            let name_of = Entry { name: format!("/{name}"), ..entry(0, 0) };
            index.insert(key(name, rest), name_of);
        }
        let found = index.of_object(&key(1, 9), "d", "/1");
        assert_eq!(found, [key(1, 0), key(1, 255)]);
        assert!(index.of_object(&key(1, 9), "other", "/1").is_empty());
        assert_eq!(index.among(2, |entry| entry.name == "/2"), [key(2, 7)]);
    }
}
