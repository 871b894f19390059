//! Claims, with the section of RFC 9111 (or another) that makes them. The clock stands at [`NOW`].

mod bad_input;
mod collapsing;
mod conditions;
mod directives;
mod freshness;
mod parts;
mod stale;
mod storing;
mod updates;
mod varying;

use std::string::{String, ToString};

use crate::{
    Decision, Fields, NotStored, Policy, Request, Response, Stored, Timestamp, format_date, look_up,
};

/// Sun, 06 Nov 1994 08:49:37 GMT
const NOW: Timestamp = Timestamp(784_111_777_000);

fn later(seconds: u64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1000)
}

/// So many seconds from now, as a field value.
fn date(seconds: i64) -> String {
    format_date(Timestamp(NOW.0.saturating_add_signed(seconds * 1000)))
}

type Lines<'a> = &'a [(&'a str, &'a str)];

fn fields(lines: Lines<'_>) -> Fields {
    lines.iter().map(|(name, value)| (name.to_string(), value)).collect()
}

/// What a cache without further agreements does.
fn plain() -> Policy {
    Policy::default()
}

fn store_by(
    policy: &Policy,
    asked: Lines<'_>,
    status: u16,
    answered: Lines<'_>,
) -> Result<Stored, NotStored> {
    let (asked, answered) = (fields(asked), fields(answered));
    let request = Request { method: "GET", fields: &asked };
    let response = Response { status, fields: &answered, requested_at: NOW, received_at: NOW };
    Stored::new(policy, &request, &response)
}

fn store(answered: Lines<'_>) -> Result<Stored, NotStored> {
    store_by(&plain(), &[], 200, answered)
}

fn decide_by(
    policy: &Policy,
    stored: &[&Stored],
    method: &str,
    asked: Lines<'_>,
    seconds: u64,
) -> Decision {
    let asked = fields(asked);
    look_up(policy, &Request { method, fields: &asked }, stored, later(seconds))
}

fn decide(stored: &Stored, asked: Lines<'_>, seconds: u64) -> Decision {
    decide_by(&plain(), &[stored], "GET", asked, seconds)
}

fn is_served(stored: &Stored, asked: Lines<'_>, seconds: u64) -> bool {
    matches!(decide(stored, asked, seconds), Decision::Serve { .. })
}

/// Whether a response with these fields is stored, and answers the same request so much later.
fn is_reused(answered: Lines<'_>, seconds: u64) -> bool {
    store(answered).is_ok_and(|stored| is_served(&stored, &[], seconds))
}
