//! `InvokeFunction`, by the Lambda Invoke API.

use edge_common::failing;
use edge_common::function::Invocation;
use edge_common::lambda::{ANSWER_BYTES_MAX, response_too_large};
use gateway_core::effect::{EffectError, FunctionAnswer, InvocationType, InvokeFunction};
use gateway_core::message::Fields;

use super::function_stream;
use super::http::Call;
use crate::clock::{basic_date_time, now};
use crate::content::Outgoing;
use crate::drive::HeldByHost;
use crate::{environment, log};

/// Invokes a function, where [`Invocation`] says. Why it gives no answer is told on the log.
pub(crate) fn invoke(
    invoke: InvokeFunction,
    held: &mut HeldByHost,
) -> Result<FunctionAnswer, EffectError> {
    let name = invoke.function.name.clone();
    ask(invoke, held).inspect_err(|error| {
        if let Some(line) = failing::function(&name, error, now()) {
            log::error(&line);
        }
    })
}

fn ask(invoke: InvokeFunction, held: &mut HeldByHost) -> Result<FunctionAnswer, EffectError> {
    let Invocation { url, is_emulator, fields: lines } =
        Invocation::new(&invoke, &environment::text, basic_date_time())?;
    let mut fields = Fields::new();
    lines.iter().for_each(|(name, value)| fields.push(name, value));
    let idle_ms = match invoke.invocation {
        InvocationType::ResponseStream { idle_ms } => Some(idle_ms),
        InvocationType::RequestResponse | InvocationType::Event => None,
    };
    let call = Call {
        method: "POST",
        url: &url,
        fields: &fields,
        content: Outgoing::Bytes(invoke.payload.0),
        timeout_ms: invoke.timeout_ms,
        idle_ms: Some(idle_ms.unwrap_or(invoke.timeout_ms)),
    };
    let response = call.send()?;
    let field = |name: &str| response.fields.get(name).map(str::to_owned);
    let answer = FunctionAnswer {
        status: response.status,
        function_error: field("x-amz-function-error"),
        payload: Vec::new().into(),
        request_id: field("x-amzn-requestid"),
        trace: field("x-amzn-trace-id"),
        content: None,
    };
    let is_ok = (200..300).contains(&response.status) && answer.function_error.is_none();
    if idle_ms.is_some() && is_ok {
        return function_stream::begin(response, answer, is_emulator, &mut held.contents);
    }
    let payload = match response.content {
        Some(reader) => reader.read(ANSWER_BYTES_MAX),
        None => Ok(Vec::new()),
    };
    match payload {
        Ok(payload) => Ok(FunctionAnswer { payload: payload.into(), ..answer }),
        Err(EffectError::TooLarge) => Ok(response_too_large()),
        Err(error) => Err(error),
    }
}
