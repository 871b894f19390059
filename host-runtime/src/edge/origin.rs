//! Requests to origins: over the network, or to an API in this process.

use std::sync::Arc;
use std::time::Duration;

use distribution::{Answer, Bucket, Matched, OriginRequest, Place};
use gateway_core::effect::EffectError;
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use http::{Request, header};
use http_cache::{Fields, Timestamp, format_date};

use super::Exchange;
use crate::arrival::arrive_with;
use crate::body::Body;
use crate::drive::{drive, now};
use crate::perform::http::HttpClient;
use crate::perform::services::Services;
use crate::perform::unreachable::tell_of_origin;
use crate::sigv4::Scope;

/// What an origin answered.
#[derive(Debug)]
pub(super) struct OriginAnswer {
    pub(super) status: u16,
    pub(super) fields: Fields,
    pub(super) content: Body,
    pub(super) requested_at: Timestamp,
    pub(super) received_at: Timestamp,
    /// Whether it is the answer to the fields that were given, not to the viewer's own.
    pub(super) is_to_given: bool,
    /// What logs are to say that went wrong, where it is none of an origin's.
    pub(super) detail: Option<&'static str>,
}

impl OriginAnswer {
    /// What the edge says in the place of an origin that gave no answer: "considered an HTTP 5xx error from the
    /// origin" (CloudFront), and kept as one.
    pub(super) fn in_place(failed: Answer, requested_at: Timestamp) -> Self {
        let Answer { status, mut fields, content, detail, .. } = failed;
        let received_at = time();
        fields.push("Date", format_date(received_at));
        let content = content.into_bytes().into();
        Self { status, fields, content, requested_at, received_at, is_to_given: false, detail }
    }

    /// How long the origin took whose answer it is.
    pub(super) fn origin_ms(&self) -> Option<u64> {
        self.detail.is_none().then(|| self.taken_ms())
    }

    /// From the request to the answer.
    fn taken_ms(&self) -> u64 {
        self.received_at.0.saturating_sub(self.requested_at.0)
    }
}

pub(super) fn time() -> Timestamp {
    Timestamp(now().0)
}

impl Exchange {
    /// Asks the origin of a behaviour, or the second one of its group where the first fails. With `fields`
    /// in the place of those that the distribution would send to the first.
    pub(super) async fn ask(
        &self,
        matched: &Matched<'_>,
        fields: Option<&Fields>,
        content: Body,
    ) -> Result<OriginAnswer, Answer> {
        let (first, second) = matched.origins();
        let answer = self.ask_one(matched, first, fields, content).await;
        let Some(second) = second else { return answer };
        match answer {
            Ok(answer) if !matched.fails_over(answer.status) => Ok(answer),
            _ => self.ask_one(matched, second, None, Body::Empty).await,
        }
    }

    async fn ask_one(
        &self,
        matched: &Matched<'_>,
        origin: usize,
        given: Option<&Fields>,
        content: Body,
    ) -> Result<OriginAnswer, Answer> {
        let mut request = matched.origin_request(origin, &self.request_id);
        if let Some(given) = given {
            request.fields = given.clone();
        }
        let requested_at = time();
        let is_here = self.edge.places[origin] == Place::Here;
        let timeout = Duration::from_secs(request.origin.read_timeout_s.into());
        let sent = match is_here {
            true => self.ask_api(&request, content).await,
            false => self.send_until_answered(&mut request, origin, content, timeout).await,
        };
        let response = sent.map_err(|error| self.failed(&request, &error))?;
        let received_at = time();
        let (parts, content) = response.into_parts();
        let mut fields: Fields =
            parts.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
        if !fields.contains("date") {
            // RFC 9110 §6.6.1: a recipient with a clock records when it came.
            fields.push("Date", format_date(received_at));
        }
        Ok(OriginAnswer {
            status: parts.status.as_u16(),
            fields,
            content,
            requested_at,
            received_at,
            is_to_given: given.is_some(),
            detail: None,
        })
    }

    /// An origin that does not answer in time is asked again as often as its `ConnectionAttempts` say, for GET and HEAD alone
    /// (CloudFront, "Response timeout").
    async fn send_until_answered(
        &self,
        request: &mut OriginRequest<'_>,
        origin: usize,
        content: Body,
        timeout: Duration,
    ) -> Result<http::Response<Body>, EffectError> {
        let may_repeat =
            matches!(&*request.method, "GET" | "HEAD") && matches!(content, Body::Empty);
        let mut again = if may_repeat { request.origin.connection_attempts.max(1) - 1 } else { 0 };
        let mut sent = self.send(request, origin, content, timeout).await;
        while again > 0 && matches!(sent, Err(EffectError::TimedOut)) {
            again -= 1;
            sent = self.send(request, origin, Body::Empty, timeout).await;
        }
        sent
    }

    async fn send(
        &self,
        request: &mut OriginRequest<'_>,
        origin: usize,
        content: Body,
        timeout: Duration,
    ) -> Result<http::Response<Body>, EffectError> {
        let settings = Arc::clone(&self.worker.settings.borrow());
        let client = self.worker.client.borrow().clone();
        let place = &self.edge.places[origin];
        let endpoint = match (place, &request.origin.bucket) {
            (Place::Named, Some(_)) => settings.services.endpoint("s3"),
            _ => None,
        };
        let url = endpoint.and_then(|endpoint| request.at_endpoint(&endpoint));
        let url = url.unwrap_or_else(|| request.url(place));
        let mut sent = http_request(request, &url, content)?;
        if let Some(bucket) = request.origin.bucket.as_ref().filter(|_| request.is_signed) {
            sign(&mut sent, bucket, &settings.services, &client).await?;
        }
        client.send(sent, timeout).await
    }

    /// Through the gateway's pipeline, as a request that came for the API's host name.
    async fn ask_api(
        &self,
        request: &OriginRequest<'_>,
        content: Body,
    ) -> Result<http::Response<Body>, EffectError> {
        // An API takes no more than it does of its own clients.
        let content = content.at_most(PAYLOAD_BYTES_MAX.into());
        let (mut parts, content) = http_request(request, &request.target, content)?.into_parts();
        let host = request.origin.domain_name.parse();
        parts.headers.insert(header::HOST, host.map_err(|_| unavailable("its name"))?);
        Ok(match arrive_with(&self.worker, &self.peer, parts, content, None) {
            Ok((arrival, client, contents)) => {
                let mut response = drive(&self.worker, arrival, client, contents).await;
                response.extensions_mut().clear();
                response
            }
            Err(refused) => *refused,
        })
    }

    fn failed(&self, request: &OriginRequest<'_>, error: &EffectError) -> Answer {
        tell_of_origin(self.edge.id(), &request.origin.id, error);
        match error {
            EffectError::TimedOut => Answer::error(504, "The origin did not answer in time.")
                .with_detail("OriginCommError"),
            EffectError::Stalled => {
                Answer::error(408, "The content of the request did not come in time.")
            }
            EffectError::TooLarge => Answer::error(413, "The request is too large."),
            // The viewer's own content broke off, as in bad framing (RFC 9112 §7.1): no fault of the origin's.
            EffectError::Cancelled => Answer::error(400, "The content of the request is broken."),
            _ => Answer::error(502, "The origin cannot be reached, or its answer is no HTTP.")
                .with_detail("OriginConnectError"),
        }
    }
}

/// Signs what makes a request to a bucket what it is: its target, its host, and what is said to S3 alone. Anything
/// else may be changed on its way.
async fn sign(
    request: &mut Request<Body>,
    bucket: &Bucket,
    services: &Services,
    client: &HttpClient,
) -> Result<(), EffectError> {
    let mut head = Request::builder().method(request.method()).uri(request.uri());
    for (name, value) in request.headers() {
        if *name == header::HOST || name.as_str().starts_with("x-amz-") {
            head = head.header(name, value);
        }
    }
    let mut head = head.body(()).map_err(|error| unavailable(&error.to_string()))?;
    let scope = Scope { service: "s3", region: &bucket.region };
    let has_content = !matches!(request.body(), Body::Empty);
    services.sign_head(&mut head, has_content, scope, client).await?;
    for (name, value) in head.into_parts().0.headers {
        if let Some(name) = name.filter(|name| *name != header::HOST) {
            request.headers_mut().insert(name, value);
        }
    }
    Ok(())
}

fn http_request(
    request: &OriginRequest<'_>,
    url: &str,
    content: Body,
) -> Result<Request<Body>, EffectError> {
    let mut built = Request::builder().method(request.method.as_str()).uri(url);
    for field in request.fields.iter() {
        built = built.header(field.name.as_str(), field.value.as_slice());
    }
    built.body(content).map_err(|error| unavailable(&error.to_string()))
}

fn unavailable(reason: &str) -> EffectError {
    EffectError::Unavailable(reason.into())
}
