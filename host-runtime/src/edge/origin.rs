//! Requests to origins: over the network, or to an API in this process.

use std::time::Duration;

use distribution::{Answer, Matched, OriginRequest, Place};
use gateway_core::effect::EffectError;
use http::{Request, header};
use http_cache::{Fields, Timestamp, format_date};

use super::Exchange;
use crate::arrival::arrive_with;
use crate::body::Body;
use crate::drive::{drive, now};

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
            false => self.send(&request, origin, content, timeout).await,
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
        })
    }

    async fn send(
        &self,
        request: &OriginRequest<'_>,
        origin: usize,
        content: Body,
        timeout: Duration,
    ) -> Result<http::Response<Body>, EffectError> {
        let url = request.url(&self.edge.places[origin]);
        let request = http_request(request, &url, content)?;
        let client = self.worker.client.borrow().clone();
        client.send(request, timeout).await
    }

    /// Through the gateway's pipeline, as a request that came for the API's host name.
    async fn ask_api(
        &self,
        request: &OriginRequest<'_>,
        content: Body,
    ) -> Result<http::Response<Body>, EffectError> {
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
        let origin = &request.origin.id;
        match error {
            EffectError::TimedOut => {
                tracing::warn!(origin, "an origin does not answer in time");
                Answer::error(504, "The origin did not answer in time.")
                    .with_detail("OriginCommError")
            }
            EffectError::Stalled => Answer::error(400, "The content of the request did not come."),
            EffectError::TooLarge => Answer::error(413, "The request is too large."),
            error => {
                tracing::warn!(origin, ?error, "an origin cannot be asked");
                Answer::error(502, "The origin cannot be reached, or its answer is no HTTP.")
                    .with_detail("OriginConnectError")
            }
        }
    }
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
