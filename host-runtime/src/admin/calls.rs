//! Which call a request is, and whether whoever sends it may.

use bytes::Bytes;
use gateway_core::target;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::answer::Answer;
use super::{State, caches, explanations, health, invalidations, samples, stages, usage};

/// Most content of a call.
const CONTENT_BYTES_MAX: usize = 64 * 1024;

/// Answers the operator. Everything but health and metrics is for those with the token alone.
pub(super) async fn answer(state: &State, request: Request<Incoming>) -> Answer {
    let (parts, content) = request.into_parts();
    let path = parts.uri.path();
    if let Some(answer) = health::answer(state, &parts.method, path) {
        return answer;
    }
    if let Err(refused) = authorize(state, &parts.headers) {
        return refused;
    }
    let segments: Vec<_> = path.split('/').skip(1).map(target::decode).collect();
    let segments: Vec<&str> = segments.iter().map(|segment| &**segment).collect();
    match (&parts.method, &segments[..]) {
        (&Method::GET, ["restapis", api, "stages", stage]) => stages::get(state, api, stage),
        (&Method::PATCH, ["restapis", api, "stages", stage]) => match read(content).await {
            Ok(content) => stages::update(state, api, stage, &content).await,
            Err(refused) => refused,
        },
        (&Method::DELETE, ["restapis", api, "stages", stage, "cache", "data"]) => {
            caches::flush_responses(state, api, stage).await
        }
        (&Method::DELETE, ["restapis", api, "stages", stage, "cache", "authorizers"]) => {
            caches::flush_authorizers(state, api, stage)
        }
        (&Method::DELETE, ["v2", "apis", api, "stages", stage, "cache", "authorizers"]) => {
            caches::reset_authorizers(state, api, stage)
        }
        (&Method::GET, ["usageplans", plan, "usage"]) => {
            usage::get(state, plan, parts.uri.query().unwrap_or_default()).await
        }
        (&Method::POST, ["2020-05-31", "distribution", id, "invalidation"]) => {
            match read(content).await {
                Ok(content) => invalidations::create(state, id, &content).await,
                Err(refused) => refused,
            }
        }
        (&Method::GET, ["2020-05-31", "distribution", id, "invalidation"]) => {
            invalidations::list(state, id, parts.uri.query().unwrap_or_default())
        }
        (&Method::GET, ["2020-05-31", "distribution", id, "invalidation", invalidation]) => {
            invalidations::get(state, id, invalidation)
        }
        (&Method::POST, [""]) if is_target(&parts.headers, samples::TARGET) => {
            match read(content).await {
                Ok(content) => samples::get(state, &content),
                Err(refused) => refused,
            }
        }
        (&Method::GET, ["explain"]) => explanations::list(state),
        (&Method::GET, ["explain", id]) => explanations::get(state, id, &parts.headers),
        (
            _,
            ["restapis", _, "stages", _]
            | ["restapis", _, "stages", _, "cache", "data" | "authorizers"]
            | ["v2", "apis", _, "stages", _, "cache", "authorizers"]
            | ["usageplans", _, "usage"]
            | ["2020-05-31", "distribution", _, "invalidation"]
            | ["2020-05-31", "distribution", _, "invalidation", _]
            | ["explain"]
            | ["explain", _],
        ) => Answer::method_not_allowed(),
        _ => Answer::text(StatusCode::NOT_FOUND, "there is no such call\n"),
    }
}

/// Whether it is a call of AWS's JSON protocol by this name.
fn is_target(headers: &HeaderMap, target: &str) -> bool {
    headers.get("x-amz-target").is_some_and(|value| value.as_bytes() == target.as_bytes())
}

/// `Authorization: Bearer TOKEN`, or the session token of AWS's credentials: what AWS's own clients
/// send when `AWS_SESSION_TOKEN` holds the token. Their signature is not looked at.
fn authorize(state: &State, headers: &HeaderMap) -> Result<(), Answer> {
    let current = state.current.borrow();
    let Some(token) = &current.settings.admin_token else {
        return Err(Answer::forbidden(
            "AccessDeniedException",
            "`adminToken` is not configured: nobody may make this call",
        ));
    };
    let bearer = headers.get_all(header::AUTHORIZATION).iter();
    let bearer = bearer.filter_map(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let session = headers.get_all("x-amz-security-token").iter().map(|value| value.as_bytes());
    let mut presented = bearer.chain(session).peekable();
    if presented.peek().is_none() {
        let message = "Missing Authentication Token";
        return Err(Answer::forbidden("MissingAuthenticationTokenException", message));
    }
    match presented.any(|presented| token.is(presented)) {
        true => Ok(()),
        false => Err(Answer::forbidden(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )),
    }
}

async fn read(content: Incoming) -> Result<Bytes, Answer> {
    match Limited::new(content, CONTENT_BYTES_MAX).collect().await {
        Ok(content) => Ok(content.to_bytes()),
        Err(_) => Err(Answer::bad_request(format!(
            "the content has more than {CONTENT_BYTES_MAX} bytes, or ended early"
        ))),
    }
}
