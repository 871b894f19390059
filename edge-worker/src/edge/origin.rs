//! Requests to origins: over the network, or to an API in this Worker.

use distribution::{Answer, Bucket, Matched, OriginRequest, Place};
use edge_common::failing;
use edge_common::sign::{Credentials, Signing};
use edge_common::variables::endpoint;
use gateway_core::effect::EffectError;
use gateway_core::message::{self, Arrival};
use http_cache::{Fields, Timestamp, format_date};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, Response};
use worker::Env;

use super::Exchange;
use super::response::headers;
use crate::drive::{HeldByHost, drive};
use crate::perform::http::Call;
use crate::{bindings, convert};

/// What an origin answered.
#[derive(Debug)]
pub(super) struct OriginAnswer {
    pub(super) status: u16,
    pub(super) fields: Fields,
    pub(super) content: Option<ReadableStream>,
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
        let content = Response::new_with_opt_str(Some(&content)).ok().and_then(|made| made.body());
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
    Timestamp(convert::now().0)
}

impl Exchange {
    /// Asks the origin of a behaviour, or the second one of its group where the first fails. With `fields`
    /// in the place of those that the distribution would send to the first.
    pub(super) async fn ask(
        &self,
        matched: &Matched<'_>,
        fields: Option<&Fields>,
        content: Option<JsValue>,
    ) -> Result<OriginAnswer, Answer> {
        let (first, second) = matched.origins();
        let answer = self.ask_one(matched, first, fields, content).await;
        let Some(second) = second else { return answer };
        match answer {
            Ok(answer) if !matched.fails_over(answer.status) => Ok(answer),
            _ => self.ask_one(matched, second, None, None).await,
        }
    }

    async fn ask_one(
        &self,
        matched: &Matched<'_>,
        origin: usize,
        given: Option<&Fields>,
        content: Option<JsValue>,
    ) -> Result<OriginAnswer, Answer> {
        let mut request = matched.origin_request(origin, &self.request_id);
        if let Some(given) = given {
            request.fields = given.clone();
        }
        let requested_at = time();
        let sent = match &self.edge.places[origin] {
            Place::Here => Ok(self.ask_api(&request, content).await),
            place => send(&mut request, place, content, &self.env).await,
        };
        let response = sent.map_err(|error| self.failed(&request, &error))?;
        let received_at = time();
        let lines = convert::fields(&response.headers());
        let mut fields: Fields = lines.iter().map(|f| (f.name, f.value)).collect();
        if !fields.contains("date") {
            // RFC 9110 §6.6.1: a recipient with a clock records when it came.
            fields.push("Date", format_date(received_at));
        }
        Ok(OriginAnswer {
            status: response.status(),
            fields,
            content: response.body(),
            requested_at,
            received_at,
            is_to_given: given.is_some(),
            detail: None,
        })
    }

    fn failed(&self, request: &OriginRequest<'_>, error: &EffectError) -> Answer {
        let (distribution, origin) = (&self.edge.distribution.id, &request.origin.id);
        if let Some(line) = failing::origin(distribution, origin, error, convert::now()) {
            worker::console_warn!("{line}");
        }
        match error {
            EffectError::TimedOut => Answer::error(504, "The origin did not answer in time.")
                .with_detail("OriginCommError"),
            _ => Answer::error(502, "The origin cannot be reached, or its answer is no HTTP.")
                .with_detail("OriginConnectError"),
        }
    }

    /// Through the gateway's pipeline, as a request that came for the API's host name.
    async fn ask_api(&self, request: &OriginRequest<'_>, content: Option<JsValue>) -> Response {
        let mut held = HeldByHost::default();
        let content = match content.map(JsCast::dyn_into::<ReadableStream>) {
            Some(Err(bytes)) => held.contents.hold_bytes(bytes.unchecked_into()),
            stream => held.contents.hold(stream.and_then(Result::ok)),
        };
        let lines = request.fields.iter();
        let lines = lines.filter(|line| !line.name.eq_ignore_ascii_case("host"));
        let mut fields = message::Fields::new();
        fields.push("host", &request.origin.domain_name);
        for line in lines {
            fields.push(&line.name, String::from_utf8_lossy(&line.value));
        }
        let arrived = &self.asked.arrival;
        let arrival = Arrival {
            now: convert::now(),
            seed: convert::seed(),
            request: message::Request {
                method: request.method.clone(),
                target: request.target.clone(),
                version: arrived.request.version,
                fields,
                content,
            },
            ..arrived.clone()
        };
        drive(self.gateway.clone(), arrival, held, &self.env, &self.context).await
    }
}

async fn send(
    request: &mut OriginRequest<'_>,
    place: &Place,
    content: Option<JsValue>,
    env: &Env,
) -> Result<Response, EffectError> {
    let body = match request.method.as_str() {
        // workerd refuses content on these.
        "GET" | "HEAD" => None,
        _ => content,
    };
    let own = match (place, &request.origin.bucket) {
        (Place::Named, Some(_)) => endpoint(&bindings::variables(env), "S3"),
        _ => None,
    };
    let url = own.and_then(|own| request.at_endpoint(&own));
    let url = url.unwrap_or_else(|| request.url(place));
    if let Some(bucket) = request.origin.bucket.as_ref().filter(|_| request.is_signed) {
        let signed = sign(request, &url, bucket, body.is_some(), env)?;
        signed.into_iter().for_each(|(name, value)| request.fields.set(name, value));
    }
    let headers = headers(&request.fields);
    let _ = headers.delete("host"); // the URL's authority
    let timeout_ms = request.origin.read_timeout_s.saturating_mul(1000);
    let call = |body| Call { method: &request.method, url: &url, headers: &headers, body };
    let is_safe = http_cache::is_safe(&request.method) && body.is_none();
    let attempts = request.origin.connection_attempts;
    let mut sent = call(body).send(timeout_ms, env).await;
    for attempt in 1..if is_safe { attempts } else { 1 } {
        sent = match sent {
            // A connection that was open already may have been closed meanwhile (RFC 9110 §9.2.2).
            Err(EffectError::Unavailable(_)) if attempt == 1 => {
                call(None).send(timeout_ms, env).await
            }
            // No answer in time (CloudFront, "Response timeout").
            Err(EffectError::TimedOut) if matches!(&*request.method, "GET" | "HEAD") => {
                call(None).send(timeout_ms, env).await
            }
            _ => break,
        };
    }
    sent
}

/// The fields that sign what makes a request to a bucket what it is: its target, its host, and what is said to S3
/// alone. Anything else may be changed on its way.
fn sign(
    request: &OriginRequest<'_>,
    url: &str,
    bucket: &Bucket,
    has_content: bool,
    env: &Env,
) -> Result<Vec<(&'static str, String)>, EffectError> {
    let Some(credentials) = Credentials::from_variables(&bindings::variables(env)) else {
        let missing = "a bucket is not asked without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(EffectError::Unavailable(missing.into()));
    };
    let own = request.fields.iter().filter_map(|field| {
        let name = field.name.to_ascii_lowercase();
        let value = String::from_utf8_lossy(&field.value).into_owned();
        name.starts_with("x-amz-").then_some((name, value))
    });
    let own: Vec<(String, String)> = own.collect();
    let date_time = convert::basic_date_time();
    let signing = Signing { credentials, region: &bucket.region, service: "s3", date_time };
    // The default port is in no `Host`.
    let url = match url.strip_prefix("https://") {
        Some(_) => url.replacen(":443/", "/", 1),
        None => url.replacen(":80/", "/", 1),
    };
    Ok(signing.sign_head(&request.method, &url, &own, has_content))
}
