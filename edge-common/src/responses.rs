//! Responses that stages cache, in the memory of an instance. Nobody waits there for what another request asks.

use std::rc::Rc;

use gateway_core::effect::{RecallResponse, ResponseDigest};
use gateway_core::limits::CACHED_CONTENT_BYTES_MAX;
use gateway_core::message::{Fields, Timestamp};
use gateway_core::stage_cache::{StageCache, Ticket};

/// All that an instance has cached; `C` is content that can be handed out many times.
#[derive(Debug)]
pub struct Responses<C>(StageCache<Rc<Stored<C>>, ()>);

/// A response that is cached.
#[derive(Debug)]
pub struct Stored<C> {
    /// The status code.
    pub status: u16,
    /// The header section.
    pub fields: Fields,
    /// The content.
    pub content: C,
}

/// What an exchange is on its way to store.
#[derive(Debug)]
pub struct Asked {
    digest: ResponseDigest,
    ticket: Ticket,
}

impl<C> Responses<C> {
    /// No more than this of all stages together.
    pub fn bounded(bytes_max: usize) -> Self {
        Self(StageCache::bounded(bytes_max))
    }

    /// What is cached, if it is not to be replaced.
    ///
    /// # Errors
    /// With what is to be stored, where nothing is.
    pub fn recall(
        &mut self,
        recall: &RecallResponse,
        now: Timestamp,
    ) -> Result<Rc<Stored<C>>, Asked> {
        let digest = recall.key.digest;
        let stored = if recall.replaces { None } else { self.0.find(&digest, now) };
        stored.ok_or_else(|| Asked { digest, ticket: self.0.ask_alone() })
    }

    /// Stores a response with content of so many bytes.
    pub fn remember(
        &mut self,
        asked: Asked,
        stored: Stored<C>,
        content_bytes: usize,
        until: Timestamp,
        now: Timestamp,
    ) {
        let lines = stored.fields.iter().map(|line| line.name.len() + line.value.len());
        let bytes = content_bytes + lines.sum::<usize>();
        self.0.store(&asked.digest, asked.ticket, Rc::new(stored), bytes, until, now);
    }
}

/// Whether an endpoint says that it sends more than is ever cached.
pub fn is_announced_too_large(fields: &Fields) -> bool {
    let length = fields.get("content-length").and_then(|length| length.trim().parse::<u64>().ok());
    length.is_some_and(|length| length > u64::from(CACHED_CONTENT_BYTES_MAX))
}
