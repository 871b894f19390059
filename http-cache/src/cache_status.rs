//! `Cache-Status` (RFC 9211): what a cache did with a request, in a word for whoever looks into it.

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use crate::{Stored, Timestamp, Unusable, is_safe};

/// Why a request went to the origin (§2.2).
pub type ForwardReason = Unusable;

/// One cache's entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheStatus {
    /// Answered from what is stored, without asking: never together with a reason to ask (§2.1).
    pub is_hit: bool,
    /// Why the origin was asked.
    pub forwarded: Option<ForwardReason>,
    /// What it answered, where that is not what the client gets.
    pub forward_status: Option<u16>,
    /// How much longer it is fresh, seconds; below 0, how long it has been stale.
    pub ttl_s: Option<i64>,
    /// Whether the answer was stored.
    pub is_stored: bool,
    /// Whether it waited for another request instead of going to the origin itself; `false`: in vain (§2.6).
    pub collapsed: Option<bool>,
}

impl CacheStatus {
    /// Of a request that goes past the cache: by its method, or because the operator says so.
    pub fn passed(method: &str) -> Self {
        let why = if is_safe(method) { Unusable::Bypass } else { Unusable::Method };
        Self { forwarded: Some(why), ..Self::default() }
    }

    /// Waits for another request that the origin is asked by, for the same reason.
    pub fn wait(&mut self, why: ForwardReason) {
        self.forwarded = Some(why);
        self.collapsed = Some(true);
    }

    /// Asks the origin itself, whatever it waited for.
    pub fn ask(&mut self) {
        self.collapsed = self.collapsed.map(|_| false);
    }

    /// Of what is stored and answers at this time. What answers although the origin was asked, because that failed or
    /// by another request, is no hit.
    pub fn stored(self, stored: &Stored, now: Timestamp) -> Self {
        let (lifetime, age) = (stored.lifetime_ms() as i64, stored.age_ms(now) as i64);
        Self {
            is_hit: self.forwarded.is_none(),
            ttl_s: Some(lifetime.saturating_sub(age) / 1000),
            ..self
        }
    }

    /// The list member for the cache of this name, a token.
    pub fn to_value(&self, name: &str) -> String {
        let mut value = String::from(name);
        if self.is_hit {
            value.push_str("; hit");
        }
        if let Some(reason) = self.forwarded {
            value.push_str(&format!("; fwd={}", reason_name(reason)));
        }
        if let Some(status) = self.forward_status {
            write!(value, "; fwd-status={status}").ok();
        }
        if let Some(ttl_s) = self.ttl_s {
            write!(value, "; ttl={ttl_s}").ok();
        }
        if self.is_stored {
            value.push_str("; stored");
        }
        if let Some(is_reused) = self.collapsed {
            value.push_str(if is_reused { "; collapsed" } else { "; collapsed=?0" });
        }
        value
    }
}

fn reason_name(reason: ForwardReason) -> &'static str {
    match reason {
        Unusable::Method => "method",
        Unusable::Bypass => "bypass",
        Unusable::Miss => "uri-miss",
        Unusable::VaryMiss => "vary-miss",
        Unusable::Partial => "partial",
        Unusable::Stale => "stale",
        Unusable::Request => "request",
    }
}
