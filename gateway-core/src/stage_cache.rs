//! A stage's cache, as hosts keep it: the store behind [`crate::effect::RecallResponse`] and
//! [`crate::effect::RememberResponse`], and who waits for whom.
//!
//! All of it is transitions over plain data, as of the other stores that outlive exchanges; a host puts
//! it behind a lock and does the waiting. What a response is, and what is waited on, is the host's.
//!
//! Who finds nothing leads a flight: those who ask for the same meanwhile wait for its end. A leader
//! that is lost has one of them for a successor. One that was answered what is not stored lets all of
//! them go, and for a while nobody waits for that key: they would queue up for what they never get.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::effect::ResponseDigest;
use crate::limits::{CACHE_PASS_MS, CACHE_PASSES_MAX};
use crate::message::Timestamp;

/// A cache of at most so many bytes: when it is full, the oldest response that nobody asked for
/// lately goes.
#[derive(Debug)]
pub struct StageCache<R, W> {
    entries: BTreeMap<ResponseDigest, Entry<R>>,
    /// The keys of all entries, in the order in which their turn comes to go.
    order: VecDeque<ResponseDigest>,
    flights: BTreeMap<ResponseDigest, Flight<W>>,
    /// Keys for which nobody waits, and until when.
    passes: BTreeMap<ResponseDigest, Timestamp>,
    bytes: usize,
    bytes_max: usize,
    asked: u64,
    /// What was asked for before is not stored.
    flushed: u64,
    /// The same of keys that begin so.
    forgotten: BTreeMap<Beginning, u64>,
}

/// How the keys of all that is stored of one thing begin, for caches that have several keys for a thing.
pub type Beginning = [u8; 8];

#[derive(Debug)]
struct Entry<R> {
    response: R,
    until: Timestamp,
    bytes: usize,
    /// When the response was asked for, by [`StageCache::asked`].
    asked: u64,
    /// Whether somebody found it since its last turn to go.
    is_wanted: bool,
}

#[derive(Debug)]
struct Flight<W> {
    asked: u64,
    landing: W,
}

/// What there is for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<R, W> {
    /// The response.
    Found(R),
    /// Nothing: ask for it, then [`StageCache::store`] it or say that it [ended](StageCache::end).
    Ask(Ticket),
    /// Somebody asks for it already: look it up again when their flight has ended.
    Wait(W),
}

/// Who asks for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    asked: u64,
    /// Whether others wait for it.
    leads: bool,
}

/// How it ended to ask for a response that is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// There was an answer: the next one will hardly be stored either.
    Answered,
    /// Who asked is gone before there was one.
    Lost,
}

/// What became of what was [merged](StageCache::merge).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merged {
    /// It is stored.
    Stored,
    /// It is worth nothing any more, and nothing is stored under the key.
    Removed,
    /// It was forgotten on its way: what is stored stays so.
    Forgotten,
    /// There is no room for so much: what is stored stays so.
    Refused,
}

impl Ticket {
    /// Whether others wait for it.
    pub fn leads(self) -> bool {
        self.leads
    }

    /// Rises with every request.
    pub fn asked(self) -> u64 {
        self.asked
    }
}

/// What an entry costs beside its bytes, roughly.
const ENTRY_BYTES: usize = 256;
/// Most things of which is remembered that what is on its way is not to be stored; beyond, that is so of everything.
const FORGOTTEN_MAX: usize = 1024;
/// Most entries that are spared in a row, so that room is found in bounded time.
const SPARED_MAX: usize = 64;

impl<R: Clone, W: Clone> StageCache<R, W> {
    /// A cache of at most this many bytes.
    pub fn bounded(bytes_max: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            order: VecDeque::new(),
            flights: BTreeMap::new(),
            passes: BTreeMap::new(),
            bytes: 0,
            bytes_max,
            asked: 0,
            flushed: 0,
            forgotten: BTreeMap::new(),
        }
    }

    /// Looks a response up. Who is told to ask, and is waited for, is so on `landing`.
    pub fn look_up(
        &mut self,
        digest: &ResponseDigest,
        now: Timestamp,
        landing: impl FnOnce() -> W,
    ) -> Lookup<R, W> {
        match self.find(digest, now) {
            Some(response) => Lookup::Found(response),
            None => self.join(&[*digest], now, landing),
        }
    }

    /// Begins a flight to the last of these, or joins one to any of them: for caches that tell apart what is asked
    /// for and what that is stored under. Nothing is looked up.
    pub fn join(
        &mut self,
        flown: &[ResponseDigest],
        now: Timestamp,
        landing: impl FnOnce() -> W,
    ) -> Lookup<R, W> {
        let is_passed = |digest| self.passes.get(digest).is_some_and(|until| now < *until);
        let Some(own) = flown.last().filter(|_| !flown.iter().any(is_passed)) else {
            return Lookup::Ask(self.ask_alone());
        };
        if let Some(flight) = flown.iter().find_map(|digest| self.flights.get(digest)) {
            return Lookup::Wait(flight.landing.clone());
        }
        let ticket = Ticket { leads: true, ..self.ask_alone() };
        self.flights.insert(*own, Flight { asked: ticket.asked, landing: landing() });
        Lookup::Ask(ticket)
    }

    /// The response, if it is there, for a host where nobody waits.
    pub fn find(&mut self, digest: &ResponseDigest, now: Timestamp) -> Option<R> {
        let entry = self.entries.get_mut(digest).filter(|entry| now < entry.until)?;
        entry.is_wanted = true;
        Some(entry.response.clone())
    }

    /// What is stored, whether or not its time is over; nobody has asked for it with this.
    pub fn holds(&self, digest: &ResponseDigest) -> Option<&R> {
        self.entries.get(digest).map(|entry| &entry.response)
    }

    /// Asks for a response that is to replace what is stored, or without waiting any longer.
    pub fn ask_alone(&mut self) -> Ticket {
        self.asked += 1;
        Ticket { asked: self.asked, leads: false }
    }

    /// Stores a response that has so many bytes, and ends the flight to it, whoever leads that. What was
    /// asked for later, or flushed meanwhile, stays as it is. Who waited is to look it up now.
    pub fn store(
        &mut self,
        digest: &ResponseDigest,
        ticket: Ticket,
        response: R,
        bytes: usize,
        until: Timestamp,
        now: Timestamp,
    ) -> Option<W> {
        let bytes = bytes.saturating_add(ENTRY_BYTES);
        let is_late = self.is_forgotten(digest, ticket)
            || self.entries.get(digest).is_some_and(|entry| entry.asked > ticket.asked);
        if !is_late && now < until && bytes <= self.bytes_max {
            self.passes.remove(digest);
            let entry = Entry { response, until, bytes, asked: ticket.asked, is_wanted: false };
            self.put(digest, entry, now);
            return self.flights.remove(digest).map(|flight| flight.landing);
        }
        self.land(digest, ticket)
    }

    /// Stores what was made of what there is under a key, and of what was asked for: for caches with several responses
    /// under a key, which tell themselves what of it was asked for later. Ends no flight; then say that the one to `flown`
    /// [ended](Self::end).
    pub fn merge(
        &mut self,
        digest: &ResponseDigest,
        flown: &ResponseDigest,
        ticket: Ticket,
        response: R,
        (bytes, until): (usize, Timestamp),
        now: Timestamp,
    ) -> Merged {
        let bytes = bytes.saturating_add(ENTRY_BYTES);
        if self.is_forgotten(digest, ticket) {
            return Merged::Forgotten;
        }
        if until <= now {
            self.remove(digest);
            return Merged::Removed;
        }
        if bytes > self.bytes_max {
            return Merged::Refused;
        }
        let entry = Entry { response, until, bytes, asked: ticket.asked, is_wanted: false };
        self.passes.remove(flown);
        self.put(digest, entry, now);
        Merged::Stored
    }

    fn put(&mut self, digest: &ResponseDigest, entry: Entry<R>, now: Timestamp) {
        self.bytes += entry.bytes;
        match self.entries.insert(*digest, entry) {
            Some(before) => self.bytes -= before.bytes,
            None => self.order.push_back(*digest),
        }
        self.make_room(now);
    }

    fn remove(&mut self, digest: &ResponseDigest) {
        if let Some(gone) = self.entries.remove(digest) {
            self.bytes -= gone.bytes;
            self.order.retain(|one| one != digest);
        }
    }

    /// Ends a flight whose response is not stored. Who waited is to look it up again now.
    pub fn end(
        &mut self,
        digest: &ResponseDigest,
        ticket: Ticket,
        ending: Ending,
        now: Timestamp,
    ) -> Option<W> {
        let landing = self.land(digest, ticket)?;
        if ending == Ending::Answered {
            if self.passes.len() >= CACHE_PASSES_MAX {
                self.passes.retain(|_, until| now < *until);
            }
            if self.passes.len() >= CACHE_PASSES_MAX {
                self.passes.clear();
            }
            let until = Timestamp(now.0.saturating_add(CACHE_PASS_MS));
            self.passes.insert(*digest, until);
        }
        Some(landing)
    }

    /// Forgets everything, what is on its way too. Who waited is to look it up again now.
    pub fn flush(&mut self) -> Vec<W> {
        self.entries.clear();
        self.order.clear();
        self.passes.clear();
        self.bytes = 0;
        self.flushed = self.asked;
        core::mem::take(&mut self.flights).into_values().map(|flight| flight.landing).collect()
    }

    /// What is on its way is not stored when it comes: all of it, or that of keys that begin so.
    pub fn forget_on_way(&mut self, of: Option<Beginning>) {
        match of {
            Some(beginning) if self.forgotten.len() < FORGOTTEN_MAX => {
                self.forgotten.insert(beginning, self.asked);
            }
            _ => {
                self.forgotten.clear();
                self.flushed = self.asked;
            }
        }
    }

    fn is_forgotten(&self, digest: &ResponseDigest, ticket: Ticket) -> bool {
        let of_its_own = digest.0.first_chunk().and_then(|beginning| self.forgotten.get(beginning));
        ticket.asked <= self.flushed || of_its_own.is_some_and(|asked| ticket.asked <= *asked)
    }

    /// Forgets the responses that this is true of, and how many these were. What is on its way stays so.
    pub fn forget(&mut self, mut is_forgotten: impl FnMut(&R) -> bool) -> usize {
        let (before, bytes) = (self.entries.len(), &mut self.bytes);
        self.entries.retain(|_, entry| {
            let is_kept = !is_forgotten(&entry.response);
            *bytes -= if is_kept { 0 } else { entry.bytes };
            is_kept
        });
        let forgotten = before - self.entries.len();
        if forgotten > 0 {
            self.order.retain(|digest| self.entries.contains_key(digest));
        }
        forgotten
    }

    /// How many responses there are, and how many bytes they have.
    pub fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    /// Takes the flight away that this ticket leads.
    fn land(&mut self, digest: &ResponseDigest, ticket: Ticket) -> Option<W> {
        let is_led = |flight: &Flight<W>| ticket.leads && flight.asked == ticket.asked;
        self.flights.get(digest).filter(|flight| is_led(flight))?;
        self.flights.remove(digest).map(|flight| flight.landing)
    }

    fn make_room(&mut self, now: Timestamp) {
        // Whose time is over goes when its turn comes, whether there is room or not.
        let mut spared = 0;
        while let Some(digest) = self.order.pop_front() {
            let Some(entry) = self.entries.get_mut(&digest) else { continue };
            let is_over = entry.until <= now;
            if !is_over && self.bytes <= self.bytes_max {
                self.order.push_front(digest);
                return;
            }
            if !is_over && entry.is_wanted && spared < SPARED_MAX {
                (entry.is_wanted, spared) = (false, spared + 1);
                self.order.push_back(digest);
                continue;
            }
            self.bytes -= entry.bytes;
            self.entries.remove(&digest);
        }
    }
}

#[cfg(test)]
mod tests;
