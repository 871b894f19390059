//! `SendRequest`, by workerd's `fetch`.

use edge_common::service::Unsigned;
use edge_common::vpc_link::private_url;
use edge_common::{dots, failing};
use futures_util::future::{Either, select};
use gateway_core::effect::{Connection, EffectError, SendRequest};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, EndpointResponse};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, RequestRedirect, Response};

use worker::Env;

use super::upload::Upload;
use crate::bindings;
use crate::convert;
use crate::drive::HeldByHost;

/// Sends a request and waits for the response's header section; its content is held. Why there is none is told on
/// the log.
pub(crate) async fn send(
    request: SendRequest,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<EndpointResponse, EffectError> {
    let url = request.url.clone();
    let sent = ask(request, held, env).await;
    sent.inspect_err(|error| {
        if let Some(line) = failing::endpoint(&url, error, convert::now()) {
            worker::console_error!("{line}");
        }
    })
}

async fn ask(
    mut request: SendRequest,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<EndpointResponse, EffectError> {
    let mut fields = request.fields.resolve(&held.arrival_fields);
    match &request.connection {
        Connection::Internet => {}
        Connection::VpcLink { id, server_name, .. } => {
            let variables = bindings::variables(env);
            request.url = private_url(&request.url, id, server_name.as_deref(), &variables)?;
        }
        Connection::Service { signing_name, region, credentials } => {
            let unsigned = Unsigned {
                method: &request.method,
                url: &request.url,
                signing_name,
                region,
                credentials: credentials.as_deref(),
            };
            let bytes = match &mut request.content {
                // workerd sends none with these, and what is not sent is not signed.
                _ if matches!(unsigned.method, "GET" | "HEAD") => Vec::new(),
                Content::Empty => Vec::new(),
                Content::Bytes(bytes) => std::mem::take(bytes),
                Content::Held(id) => held.contents.read(*id, PAYLOAD_BYTES_MAX).await?,
            };
            let date_time = convert::basic_date_time();
            let signed = unsigned.sign(&fields, &bytes, &bindings::variables(env), date_time);
            let (url, signed) = signed?;
            request.content = if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) };
            (request.url, fields) = (url, signed);
        }
    }
    if dots::are_in(&request.url) {
        return Err(EffectError::Unavailable(
            "its path has dot segments, which `fetch` resolves".into(),
        ));
    }
    let headers = convert::headers(&fields);
    let _ = headers.delete("host"); // the URL's authority
    let body = match request.method.as_str() {
        // workerd refuses content on these.
        "GET" | "HEAD" => None,
        _ => held.contents.take(request.content)?,
    };
    let mut upload = Upload::of(body, held.arrival_fields.get("content-length"))?;
    let body = upload.body.take();
    let call = Call { method: &request.method, url: &request.url, headers: &headers, body };
    let response = upload.sent(call.send(request.timeout_ms, env).await)?;
    held.endpoint_fields = convert::fields(&response.headers());
    Ok(EndpointResponse {
        status: response.status(),
        fields: held.endpoint_fields.clone(),
        content: held.contents.hold(response.body()),
    })
}

/// One call of `fetch`.
pub(crate) struct Call<'c> {
    pub(crate) method: &'c str,
    pub(crate) url: &'c str,
    pub(crate) headers: &'c Headers,
    pub(crate) body: Option<JsValue>,
}

impl Call<'_> {
    /// The response, when its header section is there. Redirects are answers like any other.
    /// A host that a service binding stands for is asked by it, without a network in between.
    pub(crate) async fn send(self, timeout_ms: u32, env: &Env) -> Result<Response, EffectError> {
        let unavailable = |error: JsValue| EffectError::Unavailable(describe(&error));
        let controller = AbortController::new().map_err(unavailable)?;
        let init = RequestInit::new();
        init.set_method(self.method);
        init.set_headers_headers(self.headers);
        init.set_redirect(RequestRedirect::Manual);
        init.set_signal(Some(&controller.signal()));
        if let Some(body) = &self.body {
            init.set_body(body);
        }
        // The platform caches nothing by rules of its own.
        let cf = js_sys::Object::new();
        let _ = Reflect::set(&cf, &"cacheTtl".into(), &(-1).into());
        let _ = Reflect::set(&init, &"cf".into(), &cf);
        // Coded content passes through as it came.
        let _ = Reflect::set(&init, &"encodeResponseBody".into(), &"manual".into());
        let fetched = JsFuture::from(match bindings::service(env, self.url) {
            Some(service) => service.fetch(self.url, &init).map_err(unavailable)?,
            None => fetch(self.url, &init),
        });
        let timeout = worker::Delay::from(core::time::Duration::from_millis(timeout_ms.into()));
        match select(fetched, timeout).await {
            Either::Left((response, _)) => {
                let response = response.map_err(unavailable)?.dyn_into().map_err(unavailable)?;
                final_status(response)
            }
            Either::Right(((), _)) => {
                controller.abort();
                Err(EffectError::TimedOut)
            }
        }
    }
}

/// Refuses what workerd tells of, and has no `Response` for: it could not be sent on, and is no final status of HTTP's
/// either (RFC 9110 §15).
fn final_status(response: Response) -> Result<Response, EffectError> {
    match response.status() {
        200..=599 => Ok(response),
        status => Err(EffectError::Malformed(format!("the status {status}"))),
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(url: &str, init: &RequestInit) -> js_sys::Promise;
}

/// What JavaScript says of an error, without where in it that was.
pub(crate) fn describe(error: &JsValue) -> String {
    let message =
        Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "fetch failed".into())
}
