//! Answers to payload format 2.0, of HTTP APIs.

use super::AnswerInput;
use super::answer::{self, Format};
use super::failed;
use crate::definition::Protocol;
use crate::gateway_error::GatewayError;
use crate::message::{Content, Field, Fields, OutgoingFields, Response};

/// The response that a function's answer asks for. An answer without `statusCode`, even one that
/// is not JSON, is the body of a 200.
///
/// # Errors
/// 500, if the function failed, or gave a `statusCode` with something that is not of this form.
pub(crate) fn answer_v2(input: &AnswerInput<'_>) -> Result<Response, GatewayError> {
    let payload = failed::payload(input.answer, Protocol::Http)?;
    let malformed = |what: &str| failed::malformed(Protocol::Http, what);
    let Some(answer) = Format::V2.read(payload) else { return Ok(inferred(payload)) };
    let Some(code) = &answer.status_code else { return Ok(inferred(payload)) };
    if let Some(mistake) = answer.mistake {
        return Err(malformed(mistake));
    }
    let status = answer::status(code).map_err(malformed)?;
    let mut fields = Fields::new();
    for (name, value) in &answer.headers {
        answer::push_field(&mut fields, name, value.as_str(), Protocol::Http).map_err(malformed)?;
    }
    for cookie in &answer.cookies {
        answer::push_field(&mut fields, "set-cookie", cookie.as_str(), Protocol::Http)
            .map_err(malformed)?;
    }
    if !fields.contains("content-type") {
        fields.push("Content-Type", "text/plain; charset=utf-8");
    }
    let content = answer::content(answer.body, answer.is_base64_encoded)
        .ok_or_else(|| malformed("the body is not base64"))?;
    Ok(Response { status, fields: OutgoingFields::Complete(fields), content })
}

/// The payload as it is, except that a string loses its quotes.
fn inferred(payload: &[u8]) -> Response {
    let body = match serde_json::from_slice::<alloc::string::String>(payload) {
        Ok(text) => text.into_bytes(),
        Err(_) => payload.into(),
    };
    let content = if body.is_empty() { Content::Empty } else { Content::Bytes(body) };
    let fields: Fields = [Field::new("Content-Type", "application/json")].into_iter().collect();
    Response { status: 200, fields: OutgoingFields::Complete(fields), content }
}

#[cfg(test)]
mod tests;
