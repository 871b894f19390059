//! What the environment says. Secrets and variables are read alike.

use edge_common::variables::variable_name;
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::RequestInit;
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// Another Worker, as a service binding has it, or a Durable Object.
    #[derive(Debug)]
    pub(crate) type Service;
    /// As the global `fetch`.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn fetch(this: &Service, url: &str, init: &RequestInit) -> Result<Promise, JsValue>;
}

/// The service binding that stands for a URL's host: `SERVICE_{HOST}`, without its port.
pub(crate) fn service(env: &Env, url: &str) -> Option<Service> {
    let host = host(url);
    if host.is_empty() || host.starts_with('[') {
        return None;
    }
    let name = format!("SERVICE_{}", variable_name(host));
    let service = Reflect::get(env, &name.into()).ok().filter(JsValue::is_object)?;
    let is_service = Reflect::get(&service, &"fetch".into()).ok()?.is_function();
    is_service.then(|| service.unchecked_into())
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() }
}

/// The text of a variable or secret, if it is there and not empty.
pub(crate) fn text(env: &Env, name: &str) -> Option<String> {
    let secret = env.secret(name).map(|secret| secret.to_string());
    let text = secret.or_else(|_| env.var(name).map(|variable| variable.to_string())).ok()?;
    (!text.is_empty()).then_some(text)
}

/// All of them, as what both hosts share looks them up.
pub(crate) fn variables(env: &Env) -> impl Fn(&str) -> Option<String> {
    move |name| text(env, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_is_named_by_the_host_alone() {
        for (url, name) in [
            ("http://orders.internal/a?b=http://c", "orders.internal"),
            ("https://orders.internal:8443", "orders.internal"),
            ("http://u@orders.internal?x", "orders.internal"),
            ("http://[::1]:80/", "[::1]:80"),
        ] {
            assert_eq!(host(url), name, "{url}");
        }
    }
}
