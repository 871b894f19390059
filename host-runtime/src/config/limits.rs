//! `limits`: bounds of the host that AWS has no names for.

use std::time::Duration;

use gateway_core::definition::document::At;
use gateway_core::limits::{CACHED_CONTENT_BYTES_MAX, PAYLOAD_BYTES_MAX};

use super::reading::Reading;
use crate::growth;
use crate::load::Bounds;

/// Bounds of the host that AWS has no names for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most content that all requests together hold whole in memory.
    pub content_in_memory_bytes: usize,
    /// Most that all instances of the component together have grown by.
    pub instances_in_memory_bytes: usize,
    /// Longest wait for the next part of a client's content; ten times that for all of it.
    pub content_timeout: Duration,
    /// Longest that requests in flight may take when the host goes down; `None`: as long as what is
    /// served allows them.
    pub drain_timeout: Option<Duration>,
    /// Most that the caches of all stages hold together.
    pub stage_caches_in_memory_bytes: u64,
    /// Most that all distributions hold together.
    pub distributions_in_memory_bytes: u64,
    /// Most that may be under way.
    pub load: Bounds,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            content_in_memory_bytes: crate::memory::default_max(),
            instances_in_memory_bytes: growth::default_max(),
            content_timeout: Duration::from_secs(30),
            drain_timeout: None,
            stage_caches_in_memory_bytes: crate::memory::default_max_of_caches(),
            distributions_in_memory_bytes: crate::memory::default_max_of_caches(),
            load: Bounds::default(),
        }
    }
}

pub(super) fn read(reading: &Reading, at: &At<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(at) = at.get("limits") else { return limits };
    const KEYS: [&str; 9] = [
        "contentInMemoryBytes",
        "contentTimeoutInMillis",
        "requestsInFlight",
        "integrationRequestsInFlight",
        "integrationRequestsQueued",
        "stageCachesInMemoryBytes",
        "distributionsInMemoryBytes",
        "drainTimeoutInMillis",
        "instancesInMemoryBytes",
    ];
    reading.keys(&at, &KEYS);
    if let Some(at) = at.get(KEYS[0])
        && let Some(bytes) = reading.whole(&at)
    {
        if bytes < PAYLOAD_BYTES_MAX {
            let message = format!("{bytes} bytes are too few: one request may have more");
            reading.error_with(&at, message, format!("write at least {PAYLOAD_BYTES_MAX}"));
        }
        limits.content_in_memory_bytes = bytes as usize;
    }
    if let Some(at) = at.get(KEYS[1])
        && let Some(millis) = reading.whole(&at)
    {
        if millis == 0 {
            reading.error(&at, "no content would come in time");
        }
        limits.content_timeout = Duration::from_millis(millis.into());
    }
    if let Some(at) = at.get(KEYS[7]) {
        limits.drain_timeout = reading.whole(&at).map(|ms| Duration::from_millis(ms.into()));
    }
    if let Some(at) = at.get(KEYS[8]) {
        let read = at.as_text().and_then(|text| text.parse().ok());
        let threads = growth::threads();
        let least = growth::least(threads);
        match read.filter(|read| *read >= least) {
            Some(read) => limits.instances_in_memory_bytes = read,
            None => {
                let message = "it must be a whole number, and large enough for the instances of";
                reading.error(&at, format!("{message} {threads} threads: {least} bytes"));
            }
        }
    }
    for (name, bytes) in [
        (KEYS[5], &mut limits.stage_caches_in_memory_bytes),
        (KEYS[6], &mut limits.distributions_in_memory_bytes),
    ] {
        let Some(at) = at.get(name) else { continue };
        let read = at.as_text().and_then(|text| text.parse().ok());
        match read.filter(|read| *read >= u64::from(CACHED_CONTENT_BYTES_MAX)) {
            Some(read) => *bytes = read,
            None => {
                let message = "it must be a whole number, and one response may have";
                reading.error(&at, format!("{message} {CACHED_CONTENT_BYTES_MAX} bytes"));
            }
        }
    }
    let load = &mut limits.load;
    for (key, bound, least) in [
        (KEYS[2], &mut load.requests_in_flight, 1),
        (KEYS[3], &mut load.integration_requests_in_flight, 1),
        (KEYS[4], &mut load.integration_requests_queued, 0),
    ] {
        if let Some(at) = at.get(key)
            && let Some(count) = reading.whole(&at)
        {
            if count < least {
                reading.error(&at, "nothing would be answered but 503");
            }
            *bound = count as usize;
        }
    }
    limits
}
