//! `SendRequest`, by workerd's `fetch`.

use futures_util::future::{Either, select};
use gateway_core::effect::{Connection, EffectError, SendRequest};
use gateway_core::message::EndpointResponse;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, RequestRedirect, Response};

use worker::Env;

use super::service::Unsigned;
use crate::bindings;
use crate::convert;
use crate::drive::HeldByHost;

/// Sends a request and waits for the response's header section; its content is held.
pub(crate) async fn send(
    mut request: SendRequest,
    held: &mut HeldByHost,
    env: &Env,
) -> Result<EndpointResponse, EffectError> {
    let mut fields = request.fields.resolve(&held.arrival_fields);
    match &request.connection {
        Connection::Internet => {}
        Connection::VpcLink { id, server_name, .. } => {
            let name = format!("VPC_LINK_URL_{}", bindings::variable_name(id));
            let Some(link) = bindings::text(env, &name) else {
                let reason = format!("the VPC link `{id}` leads nowhere: there is no {name}");
                return Err(EffectError::Misconfigured(reason));
            };
            request.url = private_url(&request.url, &link, server_name.as_deref())?;
        }
        Connection::Service { signing_name, region, credentials } => {
            let unsigned = Unsigned {
                method: &request.method,
                url: &request.url,
                signing_name,
                region,
                credentials: credentials.as_deref(),
            };
            let signed = unsigned.sign(fields, &mut request.content, &mut held.contents, env);
            (request.url, fields) = signed.await?;
        }
    }
    let headers = convert::headers(&fields);
    let _ = headers.delete("host"); // the URL's authority
    let body = match request.method.as_str() {
        // workerd refuses content on these.
        "GET" | "HEAD" => None,
        _ => held.contents.take(request.content)?,
    };
    let call = Call { method: &request.method, url: &request.url, headers: &headers, body };
    let response = call.send(request.timeout_ms, env).await?;
    held.endpoint_fields = convert::fields(&response.headers());
    Ok(EndpointResponse {
        status: response.status(),
        fields: held.endpoint_fields.clone(),
        content: held.contents.hold(response.body()),
    })
}

/// A private integration's URL with the origin of its link. It goes over TLS if either of them says so.
fn private_url(url: &str, link: &str, server_name: Option<&str>) -> Result<String, EffectError> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let target = rest.find(['/', '?']).map_or("/", |start| &rest[start..]);
    let (link_scheme, base) = link.split_once("://").unwrap_or(("http", link));
    let authority = base.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, _)) if !host.starts_with('[') || host.ends_with(']') => host,
        _ => authority,
    };
    // workerd verifies the host that it connects to, and no other.
    if let Some(name) = server_name.filter(|name| !name.eq_ignore_ascii_case(host)) {
        let reason = format!("the edge cannot verify `{name}` at `{host}`");
        return Err(EffectError::Misconfigured(reason));
    }
    let scheme = if link_scheme == "https" { link_scheme } else { scheme };
    Ok(format!("{scheme}://{}{target}", base.trim_end_matches('/')))
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
            Some(service) => service.fetch(self.url, &init),
            None => fetch(self.url, &init),
        });
        let timeout = worker::Delay::from(core::time::Duration::from_millis(timeout_ms.into()));
        match select(fetched, timeout).await {
            Either::Left((response, _)) => {
                response.map_err(unavailable)?.dyn_into().map_err(unavailable)
            }
            Either::Right(((), _)) => {
                controller.abort();
                Err(EffectError::TimedOut)
            }
        }
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(url: &str, init: &RequestInit) -> js_sys::Promise;
}

fn describe(error: &JsValue) -> String {
    let message =
        Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "fetch failed".into())
}
