//! `AWS` with a Lambda function: what mappings and templates made is its event, and its result is
//! content like any endpoint's.

use alloc::boxed::Box;
use alloc::string::String;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{EndpointAnswer, MethodCall, credentials, endpoint_failed, misconfigured};
use crate::context::IntegrationContext;
use crate::definition::Protocol;
use crate::effect::{EffectError, FunctionAnswer, InvocationType, InvokeFunction};
use crate::gateway::lambda::Lambda;
use crate::gateway_error::{GatewayError, ResponseType};
use crate::json::{self, Json};
use crate::lambda::told_trace;
use crate::limits::EVENT_BYTES_MAX;
use crate::message::Fields;
use crate::pipeline::map_request::{IntegrationRequest, made, map_request, mapped_bytes};
use crate::pipeline::map_response::CustomAnswer;

/// Invokes the function.
pub(super) async fn lambda<'g>(
    lambda: &'g Lambda,
    call: MethodCall<'_>,
    observed: &mut IntegrationContext,
) -> Result<EndpointAnswer<'g>, GatewayError> {
    let mapped = map_request(&lambda.request, call).await?;
    let invocation = invocation_type(&mapped)?;
    let client_context = client_context(&mapped)?;
    let mut payload = mapped_bytes(mapped.content, call).await?;
    if payload.is_empty() {
        payload.extend_from_slice(b"{}");
    }
    if payload.len() >= EVENT_BYTES_MAX {
        let reason = "the event is larger than a function may be handed";
        return Err(GatewayError::new(ResponseType::RequestTooLarge, reason));
    }
    let operation = InvokeFunction {
        function: lambda.function.clone(),
        payload: payload.into(),
        invocation,
        timeout_ms: lambda.timeout_ms,
        credentials: credentials(lambda.credentials.as_ref(), call.context)?,
        trace: call.context.function_trace(),
        client_context,
        invoked_by: Some(call.context.invoking_api()),
    };
    let answer = call.io.perform(operation).await.map_err(|error| match error {
        EffectError::TooLarge => misconfigured("the function answered more than 6 MB"),
        error => endpoint_failed(error, Protocol::Rest),
    })?;
    observed.integration_status = Some(answer.status);
    observed.status = Some(answer.status);
    observed.request_id.clone_from(&answer.request_id);
    refuse_what_lambda_refused(&answer)?;
    let trace = told_trace(&answer, &lambda.function, call.context);
    Ok(EndpointAnswer::Custom(CustomAnswer {
        selector: error_message(&answer.payload.0),
        fields: fields(&answer),
        content: made(answer.payload.0),
        responses: &lambda.responses,
        trace: Some(trace),
        overrides: mapped.overrides,
    }))
}

/// Lambda's `X-Amz-Invocation-Type`, which is a mapped field like any other.
fn invocation_type(mapped: &IntegrationRequest) -> Result<InvocationType, GatewayError> {
    match mapped.fields.last("x-amz-invocation-type") {
        None | Some("RequestResponse") => Ok(InvocationType::RequestResponse),
        Some("Event") => Ok(InvocationType::Event),
        Some(other) => {
            let reason = alloc::format!("functions are not invoked as `{other}` here");
            Err(misconfigured(&reason))
        }
    }
}

/// Lambda's `X-Amz-Client-Context`, a mapped field too: "base64-encoded data about the invoking client to pass to
/// the function in the context object" (Lambda API `Invoke`). Anything else Lambda refuses, in these words
/// (boto/boto3#2153).
fn client_context(mapped: &IntegrationRequest) -> Result<Option<Box<str>>, GatewayError> {
    let sent = mapped.fields.last("x-amz-client-context").filter(|sent| !sent.is_empty());
    let Some(sent) = sent else { return Ok(None) };
    let document = BASE64_STANDARD.decode(sent).ok();
    match document.and_then(|bytes| json::read_bytes(&bytes).ok()) {
        Some(Json::Object(_)) => Ok(Some(sent.into())),
        _ => Err(refused_by_lambda("Client context must be a valid Base64-encoded JSON object.")),
    }
}

/// A function that may not be called, or is not there, is a mistake in the definition. An event that
/// is not JSON is the client's, who is told Lambda's own words: `{"message": "Could not parse request
/// body into json: …"}` with 400, before any integration response (serverless/serverless#2270,
/// nateyolles/slack-pokerbot#1).
fn refuse_what_lambda_refused(answer: &FunctionAnswer) -> Result<(), GatewayError> {
    let reason = match answer.status {
        200..=299 => return Ok(()),
        400 => return Err(invalid_event(answer)),
        403 | 404 => "Invalid permissions on Lambda function".into(),
        429 => "Lambda refused the invocation: too many at once".into(),
        status => alloc::format!("Lambda answered with status {status}"),
    };
    Err(misconfigured(&reason))
}

/// Lambda's `InvalidRequestContentException`: no function saw the event.
fn invalid_event(answer: &FunctionAnswer) -> GatewayError {
    let document = json::read_bytes(&answer.payload.0).unwrap_or_default();
    let message = document.get("message").or_else(|| document.get("Message"));
    let message =
        message.and_then(Json::as_str).unwrap_or("Could not parse request body into json");
    refused_by_lambda(message)
}

fn refused_by_lambda(message: &str) -> GatewayError {
    let error = GatewayError::new(ResponseType::Default4xx, "Lambda refused the event");
    error.with_message_of_endpoint(message)
}

/// What response patterns are matched with: the member `errorMessage`, or nothing.
fn error_message(payload: &[u8]) -> String {
    // A result without the word has no such member: most need no reading.
    let names_it = payload.windows(MEMBER.len()).any(|window| window == MEMBER.as_bytes());
    if !names_it {
        return String::new();
    }
    let document = json::read_bytes(payload).unwrap_or_default();
    match document.get(MEMBER) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(message)) => message.clone(),
        Some(other) => other.to_text(),
    }
}

const MEMBER: &str = "errorMessage";

/// The fields of Lambda's answer that are known here.
fn fields(answer: &FunctionAnswer) -> Fields {
    let mut fields = Fields::new();
    fields.push("Content-Type", "application/json");
    if let Some(request_id) = &answer.request_id {
        fields.push("x-amzn-RequestId", request_id.clone());
    }
    if let Some(kind) = &answer.function_error {
        fields.push("X-Amz-Function-Error", kind.clone());
    }
    if let Some(trace) = &answer.trace {
        fields.push("X-Amzn-Trace-Id", trace.clone());
    }
    fields
}
