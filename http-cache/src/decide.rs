//! Whether a stored response answers a request (RFC 9111 §4).

use crate::conditions::{FOR_ORIGIN, validate};
use crate::parts::holds;
use crate::{Fields, Policy, Request, RequestDirectives, Stored, Timestamp};

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This stored response answers.
    Serve {
        /// Which of those that were given.
        index: usize,
        /// How old it is, seconds.
        age_s: u64,
    },
    /// It answers though it is stale; meanwhile the origin is asked with these fields (RFC 5861 §3).
    ServeAndRevalidate {
        /// Which of those that were given.
        index: usize,
        /// How old it is, seconds.
        age_s: u64,
        /// The header section of the request to the origin.
        fields: Fields,
    },
    /// The origin is asked, with these fields, whether this one still holds; then [`crate::receive`].
    Validate {
        /// Which of those that were given.
        index: usize,
        /// The header section of the request to the origin.
        fields: Fields,
        /// Why it does not answer as it is.
        why: Unusable,
    },
    /// The origin is asked as the client asks.
    Forward(Unusable),
    /// The client wants nothing that is not stored (`only-if-cached`): 504 (§5.2.1.7).
    Unsatisfiable,
}

/// Why no stored response answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// Requests of this method are for the origin.
    Method,
    /// The cache is configured to have nothing to do with the request.
    Bypass,
    /// There is none under this key.
    Miss,
    /// There are some, for requests with other fields.
    VaryMiss,
    /// There is a part, and not the one that is asked for.
    Partial,
    /// It is stale.
    Stale,
    /// The client says so.
    Request,
}

/// Whether one of the responses that are stored under the request's key answers it, at this moment.
pub fn look_up(
    policy: &Policy,
    request: &Request<'_>,
    stored: &[&Stored],
    now: Timestamp,
) -> Decision {
    let asked = match policy.heeds_clients {
        true => RequestDirectives::read(request.fields),
        false => RequestDirectives::default(),
    };
    let decision = decide(request, stored, &asked, now);
    match decision {
        Decision::Validate { .. } | Decision::Forward(_) if asked.only_if_cached => {
            Decision::Unsatisfiable
        }
        decision => decision,
    }
}

fn decide(
    request: &Request<'_>,
    stored: &[&Stored],
    asked: &RequestDirectives,
    now: Timestamp,
) -> Decision {
    if !matches!(request.method, "GET" | "HEAD") {
        return Decision::Forward(Unusable::Method);
    }
    if FOR_ORIGIN.iter().any(|name| request.fields.contains(name)) {
        return Decision::Forward(Unusable::Request);
    }
    let (index, chosen) = match choose(request, stored, now) {
        Ok(chosen) => chosen,
        Err(why) => return Decision::Forward(why),
    };
    let age_ms = chosen.age_ms(now);
    let why = match usable(chosen, asked, age_ms) {
        Ok(()) => return Decision::Serve { index, age_s: age_ms / 1000 },
        Err(why) => why,
    };
    let fields = || validate(request.fields, chosen);
    let stale_ms = age_ms.saturating_sub(chosen.lifetime_ms);
    if why == Unusable::Stale
        && !chosen.never_stale
        && stale_ms < chosen.stale_while_revalidate_ms
        && asked.max_age_s.is_none_or(|max_s| age_ms / 1000 <= max_s)
        && asked.min_fresh_s.is_none()
    {
        return Decision::ServeAndRevalidate { index, age_s: age_ms / 1000, fields: fields() };
    }
    match chosen.has_validator() && chosen.part.is_none() {
        true => Decision::Validate { index, fields: fields(), why },
        false => Decision::Forward(why),
    }
}

/// The one that came last of those that match (§4.1: "the most recent").
fn choose<'a>(
    request: &Request<'_>,
    stored: &[&'a Stored],
    now: Timestamp,
) -> Result<(usize, &'a Stored), Unusable> {
    let mut why = Unusable::Miss;
    let mut found: Option<(usize, &Stored)> = None;
    for (index, one) in stored.iter().enumerate() {
        let is_match = one.selecting.matches(request.fields);
        if !is_match || !holds(one, request, now) {
            let reason = if is_match { Unusable::Partial } else { Unusable::VaryMiss };
            why = if why == Unusable::Partial { why } else { reason };
            continue;
        }
        if found.is_none_or(|(_, other)| one.received_at >= other.received_at) {
            found = Some((index, one));
        }
    }
    found.ok_or(why)
}

fn usable(stored: &Stored, asked: &RequestDirectives, age_ms: u64) -> Result<(), Unusable> {
    if stored.always_validates {
        return Err(Unusable::Stale);
    }
    if asked.no_cache || asked.max_age_s.is_some_and(|max| age_ms / 1000 > max || max == 0) {
        return Err(Unusable::Request);
    }
    let fresh_for_ms = stored.lifetime_ms.saturating_sub(age_ms);
    if asked.min_fresh_s.is_some_and(|min| fresh_for_ms < min.saturating_mul(1000)) {
        return Err(Unusable::Request);
    }
    if fresh_for_ms > 0 {
        return Ok(());
    }
    let is_bound = stored.never_stale || stored.is_shared_lifetime;
    let stale_s = (age_ms - stored.lifetime_ms) / 1000;
    match asked.max_stale_s {
        Some(max) if !is_bound && stale_s <= max => Ok(()),
        _ => Err(Unusable::Stale),
    }
}

/// Which stored response answers when the origin does not (RFC 5861 §4, RFC 9111 §4.2.4): when it gives
/// no answer, or one whose status says that it failed.
///
/// `s-maxage` alone forbids it, as `must-revalidate` does (§5.2.2.10); with `stale-if-error` beside it the
/// origin says itself how long it does not.
pub fn stale_on_error(
    policy: &Policy,
    request: &Request<'_>,
    stored: &[&Stored],
    answered: Option<u16>,
    now: Timestamp,
) -> Option<usize> {
    let has_failed = answered.is_none_or(|status| matches!(status, 500 | 502..=504));
    if !has_failed || !matches!(request.method, "GET" | "HEAD") {
        return None;
    }
    let (index, chosen) = choose(request, stored, now).ok()?;
    let asked = policy.heeds_clients.then(|| RequestDirectives::read(request.fields));
    let asked_ms = asked.and_then(|asked| asked.stale_if_error_s).map(|s| s.saturating_mul(1000));
    let own_ms = chosen.stale_if_error_ms.or(asked_ms);
    let by_default = policy.stale_on_error_s.saturating_mul(1000);
    let by_default = if chosen.is_shared_lifetime { 0 } else { by_default };
    let stale_ms = chosen.age_ms(now).saturating_sub(chosen.lifetime_ms);
    // An error is no better than another.
    let is_allowed = chosen.status < 500
        && !chosen.never_stale
        && stale_ms < own_ms.unwrap_or(by_default).max(1);
    let is_due = chosen.is_fresh(now) || own_ms.unwrap_or(by_default) > 0;
    (is_allowed && is_due).then_some(index)
}
