//! Responses: JSON with the id of the invocation.

use lambda_http::{
    Error, Response,
    http::{StatusCode, header},
};
use serde::Serialize;

/// What the function answers.
pub(crate) type Reply = Response<String>;

/// A response with `body` as JSON.
pub(crate) fn json(
    status: StatusCode,
    body: &impl Serialize,
    request_id: &str,
) -> Result<Reply, Error> {
    Ok(Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-Request-Id", request_id)
        .body(serde_json::to_string(body)?)?)
}

/// A refusal: what is wrong, and a code for programs.
pub(crate) fn problem(
    status: StatusCode,
    error: &str,
    code: &str,
    request_id: &str,
) -> Result<Reply, Error> {
    json(status, &serde_json::json!({ "error": error, "code": code }), request_id)
}
