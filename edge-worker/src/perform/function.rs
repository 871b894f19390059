//! `InvokeFunction`, by the Lambda Invoke API.

use edge_common::failing;
use edge_common::function::Invocation;
use edge_common::lambda::{ANSWER_BYTES_MAX, response_too_large};
use gateway_core::effect::{EffectError, FunctionAnswer, InvocationType, InvokeFunction};
use js_sys::Uint8Array;
use web_sys::Headers;
use worker::Env;

use super::function_stream::{self, Bounds};
use super::http::Call;
use crate::bindings;
use crate::content::read_stream_within;
use crate::drive::HeldByHost;

/// Invokes a function, where [`Invocation`] says. Why it gives no answer is told on the log.
pub(crate) async fn invoke(
    invoke: InvokeFunction,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<FunctionAnswer, EffectError> {
    let name = invoke.function.name.clone();
    let answer = ask(invoke, held, env).await;
    answer.inspect_err(|error| {
        if let Some(line) = failing::function(&name, error, crate::convert::now()) {
            worker::console_error!("{line}");
        }
    })
}

async fn ask(
    invoke: InvokeFunction,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<FunctionAnswer, EffectError> {
    let date_time = crate::convert::basic_date_time();
    let Invocation { url, is_emulator, fields } =
        Invocation::new(&invoke, &bindings::variables(env), date_time)?;
    let headers = Headers::new().expect("an empty Headers can always be made");
    for (name, value) in fields {
        headers
            .set(name, &value)
            .map_err(|_| EffectError::Unavailable(format!("{name} cannot be sent")))?;
    }
    let body = Uint8Array::from(&invoke.payload.0[..]).into();
    let call = Call { method: "POST", url: &url, headers: &headers, body: Some(body) };
    let InvokeFunction { invocation, timeout_ms, .. } = invoke;
    let bounds = Bounds::new(invocation, timeout_ms);
    let response = call.send(bounds.wait_ms(), env).await?;
    let field = |name: &str| response.headers().get(name).ok().flatten();
    let answer = FunctionAnswer {
        status: response.status(),
        function_error: field("x-amz-function-error"),
        payload: Vec::new().into(),
        request_id: field("x-amzn-requestid"),
        trace: field("x-amzn-trace-id"),
        content: None,
    };
    let is_ok = response.ok() && answer.function_error.is_none();
    if is_ok && matches!(invocation, InvocationType::ResponseStream { .. }) {
        let contents = &mut held.contents;
        return function_stream::begin(&response, bounds, answer, is_emulator, contents).await;
    }
    let payload = match response.body() {
        Some(stream) => read_stream_within(stream, ANSWER_BYTES_MAX, bounds.wait_ms()).await,
        None => Ok(Vec::new()),
    };
    match payload {
        Ok(payload) => Ok(FunctionAnswer { payload: payload.into(), ..answer }),
        Err(EffectError::TooLarge) => Ok(response_too_large()),
        Err(error) => Err(error),
    }
}
