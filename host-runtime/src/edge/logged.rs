//! What distributions log: a line when the last of a response has been sent, or its viewer has left.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use distribution::{CacheResult, LogRecord};
use gateway_core::transcript::is_secret;
use http::request::Parts;
use http::{Response, Version};
use http_cache::{Fields, Timestamp};
use hyper::body::{Body as _, SizeHint};

use super::Edge;
use super::response::Outcome;
use crate::arrival::{self, Peer};
use crate::body::{Body, BodyError};
use crate::drive::now;
use crate::perform::access_log::{AccessLog, AccessLogBuffer};
use crate::worker::Worker;

/// What is to be logged of a request. It is written when this is dropped: whatever becomes of the request.
pub(crate) struct Entry {
    log: AccessLogBuffer,
    edge: Arc<Edge>,
    arrived: Instant,
    viewer: (String, u16, Option<String>, Option<u32>),
    method: String,
    target: String,
    tls: Option<(&'static str, String)>,
    is_https: bool,
    version: &'static str,
    fields: Fields,
    request_bytes: u64,
    request_id: String,
    status: u16,
    response: Fields,
    response_bytes: u64,
    first_byte_ms: u64,
    origin_ms: Option<u64>,
    result: CacheResult,
    detail: Option<&'static str>,
}

impl Entry {
    /// That of a request, if its distribution has logs.
    pub(super) fn begin(
        worker: &Worker,
        peer: &Peer,
        edge: &Arc<Edge>,
        parts: &Parts,
        fields: &Fields,
        request_id: &str,
    ) -> Option<Self> {
        let (standard, real_time) =
            (&edge.source.log_destination, &edge.source.real_time_destination);
        if standard.is_none() && real_time.is_none() {
            return None;
        }
        let target = arrival::target(parts);
        let content: Option<u64> =
            fields.text("content-length").and_then(|l| l.trim().parse().ok());
        let line = parts.method.as_str().len() + target.len() + " HTTP/1.1\r\n ".len();
        let location = peer.location(worker);
        let tls = peer.session().map(|session| session.agreed());
        Some(Self {
            log: worker.access_log.clone(),
            edge: Arc::clone(edge),
            arrived: Instant::now(),
            viewer: (
                peer.source_ip().to_owned(),
                peer.address().port(),
                location.and_then(|location| location.country.clone()),
                location.and_then(|location| location.asn),
            ),
            method: parts.method.as_str().to_owned(),
            target,
            tls,
            is_https: peer.is_tls(),
            version: match parts.version {
                Version::HTTP_10 => "HTTP/1.0",
                Version::HTTP_2 => "HTTP/2.0",
                _ => "HTTP/1.1",
            },
            request_bytes: line as u64 + bytes_of(fields) + content.unwrap_or(0),
            fields: fields.clone(),
            request_id: request_id.to_owned(),
            status: 0,
            response: Fields::default(),
            response_bytes: 0,
            first_byte_ms: 0,
            origin_ms: None,
            result: CacheResult::Error,
            detail: Some("ClientCommError"),
        })
    }

    /// What was decided, before it becomes a response.
    pub(super) fn decided(&mut self, outcome: &Outcome) {
        (self.result, self.detail) = (outcome.result, outcome.detail);
        self.origin_ms = outcome.origin_ms;
    }

    /// The response, whose content is counted on its way.
    pub(super) fn sending(mut self, response: Response<Body>) -> Response<Body> {
        let (parts, content) = response.into_parts();
        self.status = parts.status.as_u16();
        self.response = parts.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        let length = content.size_hint().exact().filter(|_| !matches!(content, Body::Empty));
        if let Some(length) = length.filter(|_| !self.response.contains("content-length")) {
            self.response.push("content-length", length.to_string()); // as it will be framed
        }
        self.response_bytes = "HTTP/1.1 200 OK\r\n\r\n".len() as u64 + bytes_of(&self.response);
        self.first_byte_ms = self.passed_ms();
        let content = match content {
            Body::Empty => Body::Empty,
            content => Body::from_edge(Logged { content, entry: Some(self) }),
        };
        Response::from_parts(parts, content)
    }

    fn passed_ms(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let (ip, port, country, asn) = &self.viewer;
        let record = LogRecord {
            at: Timestamp(now().0),
            location: None,
            viewer: (ip, Some(*port), country.as_deref(), *asn),
            method: &self.method,
            target: &self.target,
            is_https: self.is_https,
            tls: self.tls.as_ref().map(|(version, cipher)| (*version, &**cipher)),
            version: self.version,
            fields: &self.fields,
            request_bytes: self.request_bytes,
            status: self.status,
            response: &self.response,
            response_bytes: self.response_bytes,
            result: self.result,
            detail: self.detail,
            request_id: &self.request_id,
            taken_ms: self.passed_ms(),
            first_byte_ms: self.first_byte_ms,
            origin_ms: self.origin_ms,
            is_secret,
        };
        let (edge, log) = (&self.edge, &self.log);
        if let Some(destination) = &edge.source.log_destination {
            log.write(destination, &edge.distribution.standard_line(&record));
        }
        if let Some(destination) = &edge.source.real_time_destination
            && let Some(line) = edge.distribution.real_time_line(&record)
        {
            log.write(destination, &line);
        }
    }
}

/// Files of standard logs begin with the names of their fields.
pub(crate) fn begin_logs(log: &AccessLog, edges: &[Arc<Edge>]) {
    for destination in edges.iter().filter_map(|edge| edge.source.log_destination.as_ref()) {
        log.begin_with(destination, distribution::log_header() + "\n");
    }
}

/// Names, values, and what is between them.
fn bytes_of(fields: &Fields) -> u64 {
    fields.iter().map(|field| (field.name.len() + field.value.len() + ": \r\n".len()) as u64).sum()
}

/// Content on its way to a viewer, counted.
pub(crate) struct Logged {
    content: Body,
    entry: Option<Entry>,
}

impl std::fmt::Debug for Logged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logged").field("content", &self.content).finish_non_exhaustive()
    }
}

impl Logged {
    pub(crate) fn poll_part(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.content).poll_frame(cx)) else {
                self.entry = None;
                return Poll::Ready(None);
            };
            let part = match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(part)) => part,
                Ok(Err(_trailers)) => continue,
                Err(error) => {
                    self.end(Some("OriginReadError"));
                    return Poll::Ready(Some(Err(error)));
                }
            };
            if let Some(entry) = &mut self.entry {
                entry.response_bytes += part.len() as u64;
            }
            // Whoever reads may know the length, and not ask for the end.
            if self.content.is_end_stream() || self.content.size_hint().exact() == Some(0) {
                self.end(None);
            }
            return Poll::Ready(Some(Ok(part)));
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.content.is_end_stream()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }

    /// All that there will be has come.
    fn end(&mut self, failed: Option<&'static str>) {
        if let (Some(entry), Some(detail)) = (&mut self.entry, failed) {
            (entry.result, entry.detail) = (CacheResult::Error, Some(detail));
        }
        self.entry = None;
    }
}

impl Drop for Logged {
    /// The viewer left before all of it had come.
    fn drop(&mut self) {
        self.end(Some("ClientCommError"));
    }
}
