//! What becomes of a response that came from the origin.

use crate::update::{is_about, is_head_of, update};
use crate::{NotStored, Policy, Request, Response, Stored};

/// What is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is the client's, and is stored.
    Store(Stored),
    /// It is the client's, and is stored for requests with `HEAD` ([`crate::respond_to_head`]).
    Head(Stored),
    /// It is the client's alone.
    Pass(NotStored),
    /// The stored response answers, so updated; it is stored again unless `is_kept` is false: then it goes.
    Validated {
        /// The stored response, updated.
        stored: Stored,
        /// Whether it stays.
        is_kept: bool,
    },
    /// It is the client's; the stored response (whole) is updated beside (§4.3.5).
    Refreshed(Stored),
    /// It is the client's, and shows that the stored response no longer holds.
    Outdated(NotStored),
    /// It is about something else than what is stored: the request is sent again without conditions (§4.3.4).
    Repeat,
}

/// What becomes of the response to `request`, as the client made it. `validated` is the stored response that
/// the origin was asked about, or that is stored for the same request of a `HEAD`.
///
/// Whether a stale response stands in for one that is an error is [`crate::stale_on_error`]'s to say, before.
pub fn receive(
    policy: &Policy,
    request: &Request<'_>,
    validated: Option<&Stored>,
    response: &Response<'_>,
) -> Received {
    match (request.method, response.status, validated) {
        ("GET" | "HEAD", 304, Some(stored)) if is_about(stored, response.fields) => {
            let (stored, is_kept) = update(policy, request, stored, response);
            Received::Validated { stored, is_kept }
        }
        ("GET" | "HEAD", 304, Some(_)) => Received::Repeat,
        ("HEAD", 200, Some(stored)) if is_head_of(stored, response.fields) => {
            match update(policy, request, stored, response) {
                (stored, true) => Received::Refreshed(stored),
                (_, false) => Received::Outdated(NotStored::Method),
            }
        }
        ("HEAD", 200, Some(_)) => Received::Outdated(NotStored::Method),
        ("HEAD", _, None) => match Stored::of_head(policy, request, response) {
            Ok(stored) => Received::Head(stored),
            Err(why) => Received::Pass(why),
        },
        _ => match Stored::new(policy, request, response) {
            Ok(stored) => Received::Store(stored),
            // What was asked about and answered anew is not what it was, unless the answer is an error.
            Err(why) if validated.is_some() && response.status < 500 => Received::Outdated(why),
            Err(why) => Received::Pass(why),
        },
    }
}

/// Whether what a `304` is about would be stored, had it been asked for without the client's own conditions: it has
/// the fields of the `200` that go by that (RFC 9110 §15.4.5).
pub fn would_be_stored(policy: &Policy, request: &Request<'_>, response: &Response<'_>) -> bool {
    let whole = Response { status: 200, ..*response };
    response.status == 304 && Stored::of_head(policy, request, &whole).is_ok()
}
