//! `InvokeFunction`, by the Lambda Invoke API.

use edge_common::function::{ANSWER_BYTES_MAX, Invocation};
use gateway_core::effect::{EffectError, FunctionAnswer, InvocationType, InvokeFunction};
use js_sys::Uint8Array;
use web_sys::Headers;
use worker::Env;

use super::function_stream::{self, Bounds};
use super::http::Call;
use crate::bindings;
use crate::content::read_stream;
use crate::drive::HeldByHost;

/// Invokes a function: `FUNCTION_URL_{NAME}`, else the Lambda endpoint of the environment, else AWS.
pub(crate) async fn invoke(
    invoke: InvokeFunction,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<FunctionAnswer, EffectError> {
    let date_time = crate::convert::basic_date_time();
    let Invocation { url, fields } =
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
    let bounds = match invocation {
        InvocationType::ResponseStream { idle_ms } => Some(Bounds::new(idle_ms, timeout_ms)),
        InvocationType::RequestResponse | InvocationType::Event => None,
    };
    let wait_ms = bounds.as_ref().map_or(timeout_ms, Bounds::wait_ms);
    let response = call.send(wait_ms, env).await?;
    let field = |name: &str| response.headers().get(name).ok().flatten();
    let answer = FunctionAnswer {
        status: response.status(),
        function_error: field("x-amz-function-error"),
        payload: Vec::new().into(),
        request_id: field("x-amzn-requestid"),
        content: None,
    };
    let is_ok = response.ok() && answer.function_error.is_none();
    if let Some(bounds) = bounds.filter(|_| is_ok) {
        return function_stream::begin(&response, bounds, answer, &mut held.contents).await;
    }
    let payload = match response.body() {
        Some(stream) => read_stream(stream, ANSWER_BYTES_MAX).await?,
        None => Vec::new(),
    };
    Ok(FunctionAnswer { payload: payload.into(), ..answer })
}
