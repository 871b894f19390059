//! What the operator decides: the standard leaves it open, or lets an agreement with the origin override it.

/// How a cache treats what it stores. The default is RFC 9111 with nothing added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Least that a response stays fresh, seconds, whatever time it says (a distribution's minimum TTL).
    pub min_ttl_s: u64,
    /// Whether then, where that is more than 0, not even `no-store`, `no-cache` and `private` keep a response from
    /// being stored.
    pub min_ttl_forces: bool,
    /// How long a response without any word of its freshness is fresh, seconds.
    pub default_ttl_s: u64,
    /// Whether that is so whatever the status; else for those that are cacheable by default (RFC 9110 §15.1).
    pub default_for_any_status: bool,
    /// Most that a response stays fresh, seconds, and most that one is served stale because it says so
    /// (`stale-while-revalidate`, `stale-if-error`).
    pub max_ttl_s: u64,
    /// For responses with `Last-Modified` and no word of their freshness: this percentage of the time since
    /// then (§4.2.2 suggests 10). 0: heuristics are off.
    pub heuristic_percent: u64,
    /// Whether `CDN-Cache-Control` counts (RFC 9213).
    pub reads_targeted: bool,
    /// Whether a client's `Cache-Control` and `Pragma` count. A shared cache whose operator is the origin's
    /// may leave them out: else every client can make every request go to the origin.
    pub heeds_clients: bool,
    /// Whether a stale response serves while the origin is not to be reached or answers 500, 502, 503 or 504,
    /// though it does not say `stale-if-error` (§4.2.4: "if it is disconnected"): for how long, seconds.
    pub stale_on_error_s: u64,
    /// Whether `Authorization` is part of the caller's key: then §3.5 has nothing to protect.
    pub is_keyed_by_authorization: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_ttl_s: 0,
            min_ttl_forces: true,
            default_ttl_s: 0,
            default_for_any_status: false,
            max_ttl_s: u64::MAX,
            heuristic_percent: 0,
            reads_targeted: true,
            heeds_clients: true,
            stale_on_error_s: 0,
            is_keyed_by_authorization: false,
        }
    }
}

impl Policy {
    /// Whether what says that it is not to be stored is, for the minimum.
    pub(crate) fn forces(&self) -> bool {
        self.min_ttl_forces && self.min_ttl_s > 0
    }
}
