//! What is answered where a function did not answer as it must.

use alloc::string::String;

use crate::definition::Protocol;
use crate::effect::FunctionAnswer;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::json::{self, Json};

/// What the function returned; the error says why there is nothing of that kind.
pub(super) fn payload(answer: &FunctionAnswer, protocol: Protocol) -> Result<&[u8], GatewayError> {
    if answer.function_error.is_some() {
        return Err(failed(protocol, 502, execution_failed(answer)));
    }
    match answer.status {
        200..=299 => Ok(&answer.payload.0),
        // Lambda takes 6 MB at once, API Gateway 10.
        413 => Err(GatewayError::new(
            ResponseType::RequestTooLarge,
            "the event is larger than the function may be handed",
        )),
        // The Lambda service turned the invocation down: a permission, a name, a limit.
        403 | 404 => Err(refused(protocol, 500, "Invalid permissions on Lambda function")),
        status @ 400..=499 => {
            let reason = alloc::format!("Lambda refused the invocation with status {status}");
            Err(refused(protocol, 500, &reason))
        }
        status => {
            let reason = alloc::format!("Lambda answered the invocation with status {status}");
            Err(refused(protocol, 502, &reason))
        }
    }
}

/// The answer of a function that did not answer as a proxy must.
pub(super) fn malformed(protocol: Protocol, what: &str) -> GatewayError {
    refused(protocol, 502, &alloc::format!("Malformed Lambda proxy response: {what}"))
}

/// A REST API answers 500 or 502, an HTTP API always 500.
pub(crate) fn refused(protocol: Protocol, rest_status: u16, reason: &str) -> GatewayError {
    let reason = alloc::format!("Execution failed due to configuration error: {reason}");
    failed(protocol, rest_status, reason)
}

/// As the real service's execution log has it.
fn execution_failed(answer: &FunctionAnswer) -> String {
    let document = json::read_bytes(&answer.payload.0).unwrap_or_default();
    let message = document.get("errorMessage").and_then(Json::as_str).unwrap_or_default();
    let message = message.chars().take(ERROR_MESSAGE_CHARS_MAX);
    let message: String = message.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let request_id = answer.request_id.as_deref().unwrap_or_default();
    alloc::format!(
        "Lambda execution failed with status {} due to customer function error: {message}. Lambda request id: {request_id}",
        answer.status
    )
}

/// Of a function's own message.
const ERROR_MESSAGE_CHARS_MAX: usize = 1_024;

fn failed(protocol: Protocol, rest_status: u16, reason: String) -> GatewayError {
    let error = GatewayError::new(ResponseType::ApiConfigurationError, reason);
    match protocol {
        Protocol::Rest => error.with_status(rest_status),
        Protocol::Http => error.with_status(500).with_message("Internal Server Error"),
    }
}
