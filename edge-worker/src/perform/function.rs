//! `InvokeFunction`, by the Lambda Invoke API.

use gateway_core::effect::{
    EffectError, FunctionAnswer, FunctionName, InvocationType, InvokeFunction,
};
use js_sys::Uint8Array;
use web_sys::Headers;
use worker::Env;

use super::function_stream::{self, Bounds};
use super::http::Call;
use crate::bindings;
use crate::content::read_stream;
use crate::drive::HeldByHost;
use crate::sign::{Credentials, Signing};

/// Largest answer of a synchronous invocation: 6 MB (Lambda quota), with room for its JSON escapes.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 64 * 1024;

/// Invokes a function: `FUNCTION_URL_{NAME}`, else the Lambda endpoint of the environment, else AWS.
pub(crate) async fn invoke(
    invoke: InvokeFunction,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<FunctionAnswer, EffectError> {
    let region = region(&invoke.function, env);
    let url = url(&invoke, &region, env);
    let headers = headers(&invoke, &url, &region, env)?;
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

fn region(function: &FunctionName, env: &Env) -> String {
    if function.region.is_empty() {
        bindings::text(env, "AWS_REGION").unwrap_or_else(|| "us-east-1".into())
    } else {
        function.region.clone()
    }
}

fn url(invoke: &InvokeFunction, region: &str, env: &Env) -> String {
    let function = &invoke.function;
    let variable = bindings::variable_name(&function.name);
    let base = bindings::text(env, &format!("FUNCTION_URL_{variable}"))
        .or_else(|| bindings::endpoint(env, "LAMBDA"))
        .unwrap_or_else(|| format!("https://lambda.{region}.amazonaws.com"));
    let base = base.trim_end_matches('/');
    let mut url = match invoke.invocation {
        InvocationType::ResponseStream { .. } => {
            format!("{base}/2021-11-15/functions/{}/response-streaming-invocations", function.name)
        }
        InvocationType::RequestResponse | InvocationType::Event => {
            format!("{base}/2015-03-31/functions/{}/invocations", function.name)
        }
    };
    if let Some(qualifier) = &function.qualifier {
        url.push_str("?Qualifier=");
        url.push_str(qualifier);
    }
    url
}

fn headers(
    invoke: &InvokeFunction,
    url: &str,
    region: &str,
    env: &Env,
) -> Result<Headers, EffectError> {
    let invocation = match invoke.invocation {
        InvocationType::RequestResponse | InvocationType::ResponseStream { .. } => {
            "RequestResponse"
        }
        InvocationType::Event => "Event",
    };
    let mut fields = vec![
        ("content-type", "application/json".to_string()),
        ("x-amz-invocation-type", invocation.to_string()),
    ];
    if let Some(credentials) = Credentials::of_call(env, invoke.credentials.as_deref())? {
        let signing = Signing {
            credentials,
            region,
            service: "lambda",
            date_time: crate::convert::basic_date_time(),
        };
        fields.extend(signing.sign("POST", url, &fields, &invoke.payload.0));
    } else if url.contains(".amazonaws.com/") {
        let missing = "AWS is not called without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        return Err(EffectError::Unavailable(missing.into()));
    }
    let headers = Headers::new().expect("an empty Headers can always be made");
    for (name, value) in fields {
        headers
            .set(name, &value)
            .map_err(|_| EffectError::Unavailable(format!("{name} cannot be sent")))?;
    }
    Ok(headers)
}
