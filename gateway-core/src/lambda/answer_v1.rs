//! Answers to payload format 1.0.

use alloc::vec::Vec;

use super::AnswerInput;
use super::answer::{self, Answer, Format, Scalar};
use super::failed;
use crate::content_handling::is_binary;
use crate::definition::Protocol;
use crate::gateway_error::GatewayError;
use crate::message::{Fields, OutgoingFields, Response};

/// The response that a function's answer asks for.
///
/// A REST API refuses members that it does not know and infers the status 200; it decodes base64
/// only for a client whose `Accept` is a binary media type. An HTTP API ignores unknown members,
/// needs a status, and always decodes.
///
/// # Errors
/// 502 of a REST API, 500 of an HTTP API (and 500 of both where AWS says so), if the function
/// failed or its answer is not of this form.
pub(crate) fn answer_v1(input: &AnswerInput<'_>) -> Result<Response, GatewayError> {
    let protocol = input.protocol;
    let payload = failed::payload(input.answer, protocol)?;
    let malformed = |what: &str| failed::malformed(protocol, what);
    let answer = Format::V1.read(payload).ok_or_else(|| malformed("it is not a JSON object"))?;
    if let Some(mistake) = answer.mistake {
        return Err(malformed(mistake));
    }
    if let (Some(unknown), Protocol::Rest) = (&answer.unknown, protocol) {
        return Err(malformed(&alloc::format!("unknown member `{unknown}`")));
    }
    let status = match (&answer.status_code, protocol) {
        (Some(code), _) => answer::status(code).map_err(malformed)?,
        (None, Protocol::Rest) => 200,
        (None, Protocol::Http) => return Err(malformed("there is no statusCode")),
    };
    let mut fields = match protocol {
        Protocol::Rest => rest_fields(&answer),
        Protocol::Http => http_fields(&answer),
    }
    .map_err(malformed)?;
    if !fields.contains("content-type") {
        let media_type = match protocol {
            Protocol::Rest => "application/json",
            Protocol::Http => "text/plain; charset=utf-8",
        };
        fields.push("Content-Type", media_type);
    }
    let decodes = answer.is_base64_encoded
        && (protocol == Protocol::Http || is_binary(input.accept, input.binary_media_types));
    let content = answer::content(answer.body, decodes)
        .ok_or_else(|| failed::refused(protocol, 500, "the body is not base64"))?;
    Ok(Response { status, fields: OutgoingFields::Complete(fields), content })
}

/// Multi-value headers first, each with the single value of its name, in the multi-value spelling;
/// a single value that is among them already is not repeated.
pub(super) fn rest_fields(answer: &Answer<'_>) -> Result<Fields, &'static str> {
    let mut fields = Fields::new();
    let mut is_merged: Vec<bool> = alloc::vec![false; answer.headers.len()];
    for (name, values) in &answer.multi_value_headers {
        for value in values {
            answer::push_field(&mut fields, name, value.as_str(), Protocol::Rest)?;
        }
        for (index, (single, value)) in answer.headers.iter().enumerate() {
            if single.eq_ignore_ascii_case(name) && !is_merged[index] {
                is_merged[index] = true;
                if !values.iter().any(|v| v.as_str() == value.as_str()) {
                    answer::push_field(&mut fields, name, value.as_str(), Protocol::Rest)?;
                }
            }
        }
    }
    for ((name, value), is_merged) in answer.headers.iter().zip(is_merged) {
        if !is_merged {
            answer::push_field(&mut fields, name, value.as_str(), Protocol::Rest)?;
        }
    }
    Ok(fields)
}

/// Single values first, then the others: a line each.
fn http_fields(answer: &Answer<'_>) -> Result<Fields, &'static str> {
    let mut fields = Fields::new();
    let singles = answer.headers.iter().map(|(name, value)| (name, value));
    let multiple = answer
        .multi_value_headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    for (name, value) in singles.chain(multiple) {
        answer::push_field(&mut fields, name, Scalar::as_str(value), Protocol::Http)?;
    }
    Ok(fields)
}

#[cfg(test)]
mod tests;
