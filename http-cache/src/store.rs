//! What is stored (RFC 9111 §3), and for how long it is fresh (§4.2).

use alloc::string::String;

use crate::age::{self, initial_age_ms};
use crate::directives::is_targeted;
use crate::tags::is_strong;
use crate::vary::Selecting;
use crate::{
    ContentRange, Fields, Part, Policy, ResponseDirectives, Timestamp, parse_date,
    remove_hop_by_hop,
};

/// A request, as it is forwarded: what is not sent to the origin cannot have made its answer.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its header section.
    pub fields: &'a Fields,
}

/// The head of a response.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Its status.
    pub status: u16,
    /// Its header section. Trailers are not part of it, and are not stored (§3.1 allows dropping them).
    pub fields: &'a Fields,
    /// When the request was sent.
    pub requested_at: Timestamp,
    /// When the head of the response came.
    pub received_at: Timestamp,
}

/// A response that is stored, but for its content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stored {
    /// Its status: never 304, and 206 where it is a part.
    pub status: u16,
    /// Its header section, without what may not be stored and without `Age`.
    pub fields: Fields,
    /// Which part of a representation it is; `None`: all of it.
    pub part: Option<Part>,
    pub(crate) selecting: Selecting,
    pub(crate) received_at: Timestamp,
    pub(crate) initial_age_ms: u64,
    pub(crate) lifetime_ms: u64,
    /// `no-cache`: it is validated before each use.
    pub(crate) always_validates: bool,
    /// It never serves stale: `must-revalidate`, `proxy-revalidate`, `no-cache`.
    pub(crate) never_stale: bool,
    /// `s-maxage` says the same, unless the origin names an exception beside it.
    pub(crate) is_shared_lifetime: bool,
    pub(crate) stale_while_revalidate_ms: u64,
    pub(crate) stale_if_error_ms: Option<u64>,
}

/// Why a response is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStored {
    /// Answers to this method are not.
    Method,
    /// It is an interim response, answers a request's own conditions or range, or is a 206 that is not one range.
    Status,
    /// It says `must-understand`, and nobody here understands its status (§5.2.2.3).
    NotUnderstood,
    /// The response or the request says `no-store`.
    NoStore,
    /// It says `private`.
    Private,
    /// The request was authenticated, and the response does not say that it is for all (§3.5).
    Authorization,
    /// It varies by what no other request can have.
    Vary,
    /// It could never be used: it is stale at once and cannot be validated.
    Useless,
}

/// Statuses whose meaning for caches is implemented, which is what `must-understand` asks (§5.2.2.3).
const UNDERSTOOD: [u16; 17] =
    [200, 203, 204, 206, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 421, 451, 501];
/// "Defined as heuristically cacheable" (RFC 9110 §15.1).
const BY_DEFAULT: [u16; 12] = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

impl Stored {
    /// What it takes in memory to know which requests it answers.
    pub fn selecting_bytes(&self) -> usize {
        self.selecting.bytes()
    }

    /// The response as it is stored.
    ///
    /// # Errors
    /// Why it is not stored.
    pub fn new(
        policy: &Policy,
        request: &Request<'_>,
        response: &Response<'_>,
    ) -> Result<Self, NotStored> {
        let directives = ResponseDirectives::read(policy, response.fields);
        check(policy, request, response, &directives)?;
        let stored = Self::built(policy, request, response, &directives)?;
        if stored.is_ever_usable(policy) { Ok(stored) } else { Err(NotStored::Useless) }
    }

    /// The answer to a `HEAD`, for others that ask so (RFC 9110 §9.3.2: "a cache MAY use it to satisfy subsequent
    /// HEAD requests"): its header section alone.
    pub(crate) fn of_head(
        policy: &Policy,
        request: &Request<'_>,
        response: &Response<'_>,
    ) -> Result<Self, NotStored> {
        if response.status == 206 {
            return Err(NotStored::Status);
        }
        Self::new(policy, &Request { method: "GET", ..*request }, response)
    }

    /// The response as it would be stored, whether or not it may be.
    pub(crate) fn built(
        policy: &Policy,
        request: &Request<'_>,
        response: &Response<'_>,
        directives: &ResponseDirectives,
    ) -> Result<Self, NotStored> {
        let selecting = Selecting::new(request.fields, response.fields).ok_or(NotStored::Vary)?;
        let part = match response.status {
            206 => Some(ContentRange::read(response.fields).ok_or(NotStored::Status)?),
            _ => None,
        };
        let is_forced = policy.forces();
        let always_validates = directives.no_cache && !is_forced;
        let d = directives;
        let lifetime_s = lifetime_s(policy, response, directives);
        let stale_max_s = policy.max_ttl_s.saturating_sub(lifetime_s);
        let stale_ms = |said: u64| said.min(stale_max_s).saturating_mul(1000);
        Ok(Self {
            status: response.status,
            fields: stored_fields(response.fields, directives),
            part,
            selecting,
            received_at: response.received_at,
            initial_age_ms: initial_age_ms(
                response.fields,
                response.requested_at,
                response.received_at,
            ),
            lifetime_ms: lifetime_s.saturating_mul(1000),
            always_validates,
            never_stale: d.must_revalidate || d.proxy_revalidate || always_validates,
            is_shared_lifetime: d.s_maxage_s.is_some(),
            stale_while_revalidate_ms: stale_ms(d.stale_while_revalidate_s.unwrap_or(0)),
            stale_if_error_ms: d.stale_if_error_s.map(stale_ms),
        })
    }

    /// How old it is (§4.2.3).
    pub fn age_ms(&self, now: Timestamp) -> u64 {
        self.initial_age_ms.saturating_add(now.since(self.received_at))
    }

    /// How much content there must be, where that is said: a part is as long as it says, an answer as the
    /// fields say that it came with. What is not complete is not stored (§3.3).
    pub fn content_length(&self, received: &Fields) -> Option<u64> {
        let said = || received.text("content-length")?.trim().parse().ok();
        self.part.map(|part| part.range.length()).or_else(said)
    }

    /// When it came, or was validated last.
    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// How long it is fresh from its making on, milliseconds.
    pub fn lifetime_ms(&self) -> u64 {
        self.lifetime_ms
    }

    /// Whether it is fresh (§4.2).
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.lifetime_ms > self.age_ms(now)
    }

    /// Until when it is worth keeping: fresh, or of use while stale. One that can be validated is so for as
    /// long again as it was fresh, a day at least: how much longer is for the store's room to say.
    pub fn worth_keeping_until(&self, policy: &Policy) -> Timestamp {
        const DAY_MS: u64 = 86_400_000;
        let error = self.stale_if_error_ms.unwrap_or(policy.stale_on_error_s.saturating_mul(1000));
        let stale = self.stale_while_revalidate_ms.max(error);
        let validated = if self.has_validator() { self.lifetime_ms.max(DAY_MS) } else { 0 };
        let fresh_for = self.lifetime_ms.saturating_sub(self.initial_age_ms);
        let kept = fresh_for.saturating_add(stale.max(validated));
        Timestamp(self.received_at.0.saturating_add(kept))
    }

    /// Whether it answers whatever another one answers: stored later, nobody needs that any more.
    pub fn replaces(&self, other: &Self) -> bool {
        let holds = match (self.part, other.part) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => {
                own.range.first <= other.range.first && other.range.last <= own.range.last
            }
        };
        holds && self.selecting == other.selecting
    }

    pub(crate) fn has_validator(&self) -> bool {
        self.fields.contains("etag") || self.fields.contains("last-modified")
    }

    /// What two parts of one representation have in common (RFC 9110 §15.3.7.3: "strong validators").
    pub(crate) fn strong_tag(&self) -> Option<&[u8]> {
        self.fields.get("etag").filter(|tag| is_strong(tag))
    }

    /// When the representation was modified last, as far as is known (§4.3.2).
    pub(crate) fn modified_at(&self, now: Timestamp) -> Timestamp {
        let date = |name| self.fields.get(name).and_then(|value| parse_date(value, now));
        date("last-modified").or_else(|| date("date")).unwrap_or(self.received_at)
    }

    fn is_ever_usable(&self, policy: &Policy) -> bool {
        let is_fresh = !self.always_validates && self.is_fresh(self.received_at);
        let serves_stale = !self.never_stale
            && (self.stale_while_revalidate_ms > 0
                || self.stale_if_error_ms.is_some_and(|ms| ms > 0)
                || policy.stale_on_error_s > 0 && self.lifetime_ms > 0);
        is_fresh || self.has_validator() || serves_stale
    }
}

fn check(
    policy: &Policy,
    request: &Request<'_>,
    response: &Response<'_>,
    directives: &ResponseDirectives,
) -> Result<(), NotStored> {
    if request.method != "GET" {
        return Err(NotStored::Method);
    }
    // 304, 412 and 416 answer the conditions and the range of one request: they are nobody else's.
    if response.status < 200 || matches!(response.status, 304 | 412 | 416) {
        return Err(NotStored::Status);
    }
    let is_understood = UNDERSTOOD.contains(&response.status);
    if directives.must_understand && !is_understood {
        return Err(NotStored::NotUnderstood);
    }
    let is_forced = policy.forces();
    if !is_forced && directives.no_store && !directives.must_understand {
        return Err(NotStored::NoStore);
    }
    if policy.heeds_clients && crate::RequestDirectives::read(request.fields).no_store {
        return Err(NotStored::NoStore);
    }
    if directives.private && !is_forced {
        return Err(NotStored::Private);
    }
    let d = directives;
    let is_for_all = d.public || d.must_revalidate || d.s_maxage_s.is_some();
    let is_authenticated =
        request.fields.contains("authorization") && !policy.is_keyed_by_authorization;
    if is_authenticated && !is_for_all {
        return Err(NotStored::Authorization);
    }
    Ok(())
}

/// The header section without what is not stored (§3.1), and what a qualified directive lists: it "must not"
/// be used without validation, so it is not there to be used.
fn stored_fields(fields: &Fields, directives: &ResponseDirectives) -> Fields {
    let mut stored = fields.clone();
    remove_hop_by_hop(&mut stored);
    stored.remove("age");
    let listed = |name: &String| directives.no_cache_fields.contains(name);
    stored.retain(|name| {
        let name = name.to_ascii_lowercase();
        !listed(&name) && !directives.private_fields.contains(&name)
    });
    stored
}

/// §4.2.1, between the operator's bounds.
fn lifetime_s(policy: &Policy, response: &Response<'_>, directives: &ResponseDirectives) -> u64 {
    let min = policy.min_ttl_s;
    if policy.forces() && (directives.no_store || directives.no_cache || directives.private) {
        return min;
    }
    let expires = || match is_targeted(policy, response.fields) {
        true => None, // RFC 9213 §2.2: a targeted field is all that counts
        false => expires_s(response),
    };
    let said = directives.s_maxage_s.or(directives.max_age_s).or_else(expires);
    let said = said.or_else(|| {
        let is_by_default = BY_DEFAULT.contains(&response.status) || directives.public;
        let heuristic = is_by_default.then(|| heuristic_s(policy, response)).flatten();
        let has_default = is_by_default || policy.default_for_any_status;
        heuristic.or(has_default.then_some(policy.default_ttl_s))
    });
    said.unwrap_or(0).min(policy.max_ttl_s).max(min)
}

/// From `Date` to `Expires`; 0 for what is no date (§5.3: "as representing a time in the past").
fn expires_s(response: &Response<'_>) -> Option<u64> {
    let now = response.received_at;
    let value = response.fields.get("expires")?;
    let Some(expires) = parse_date(value, now) else { return Some(0) };
    let date = age::date(response.fields, now).unwrap_or(now);
    Some((expires.0 / 1000).saturating_sub(date.0 / 1000))
}

fn heuristic_s(policy: &Policy, response: &Response<'_>) -> Option<u64> {
    if policy.heuristic_percent == 0 {
        return None;
    }
    let now = response.received_at;
    let modified = response.fields.get("last-modified").and_then(|v| parse_date(v, now))?;
    let date = age::date(response.fields, now).unwrap_or(now);
    Some(date.since(modified) / 1000 * policy.heuristic_percent / 100)
}
