//! What distributions log, where the platform takes logs: `wrangler tail`, Logpush.
//!
//! A line is written when a response begins: its content does not pass through the Worker's code, so what counts
//! of it is the length that it says of itself.

use distribution::LogRecord;
use gateway_core::message::{Arrival, Scheme};
use gateway_core::transcript::is_secret;
use http_cache::{Fields, Timestamp};

use super::response::Outcome;
use super::{Edge, viewer};
use crate::convert;

/// Which logs a distribution has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logs {
    pub(super) is_standard: bool,
    pub(super) is_real_time: bool,
}

/// Writes what is to be logged of a request, of which these are the viewer's fields.
pub(super) fn write(
    edge: &Edge,
    (sent, arrival): (&web_sys::Request, &Arrival),
    fields: &Fields,
    outcome: &Outcome,
    request_id: &str,
) {
    if !edge.logs.is_standard && !edge.logs.is_real_time {
        return;
    }
    let at = convert::now();
    let length = |fields: &Fields| fields.text("content-length").and_then(|l| l.parse().ok());
    let request = &arrival.request;
    let line = request.method.len() + request.target.len() + " HTTP/1.1\r\n ".len();
    let location = arrival.location.as_deref();
    let taken_ms = at.0.saturating_sub(arrival.now.0);
    let place = viewer::member(sent, "colo");
    let record = LogRecord {
        at: Timestamp(at.0),
        location: place.as_deref(),
        viewer: (
            &arrival.source_ip,
            None,
            location.and_then(|location| location.country.as_deref()),
            location.and_then(|location| location.asn),
        ),
        method: &request.method,
        target: &request.target,
        is_https: arrival.scheme == Scheme::Https,
        tls: arrival.tls.as_deref().map(|tls| (&*tls.version, &*tls.cipher_suite)),
        version: request.version.as_str(),
        fields,
        request_bytes: line as u64 + bytes_of(fields) + length(fields).unwrap_or(0),
        status: outcome.status,
        response: &outcome.fields,
        response_bytes: bytes_of(&outcome.fields) + length(&outcome.fields).unwrap_or(0),
        result: outcome.result,
        detail: outcome.detail,
        request_id,
        taken_ms,
        first_byte_ms: taken_ms,
        origin_ms: outcome.origin_ms,
        is_secret,
    };
    if edge.logs.is_standard {
        worker::console_log!("{}", edge.distribution.standard_line(&record));
    }
    let real_time = edge.logs.is_real_time.then(|| edge.distribution.real_time_line(&record));
    if let Some(line) = real_time.flatten() {
        worker::console_log!("{line}");
    }
}

/// Names, values, and what is between them.
fn bytes_of(fields: &Fields) -> u64 {
    fields.iter().map(|field| (field.name.len() + field.value.len() + ": \r\n".len()) as u64).sum()
}
