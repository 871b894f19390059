//! What becomes of a request, and the response that workerd has for it.

use distribution::{Answer, CacheResult};
use http_cache::{CacheStatus, Fields, Served};
use wasm_bindgen::JsValue;
use web_sys::Headers;

use super::origin::OriginAnswer;
use crate::convert;

/// What a viewer is to be told.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) fields: Fields,
    pub(super) content: Option<JsValue>,
    pub(super) result: CacheResult,
    pub(super) cache_status: Option<CacheStatus>,
    /// What logs are to say that went wrong.
    pub(super) detail: Option<&'static str>,
    /// How long the origin took whose answer it is.
    pub(super) origin_ms: Option<u64>,
}

impl Outcome {
    /// An origin's answer, as it is.
    pub(super) fn passed(answer: OriginAnswer) -> Self {
        let origin_ms = answer.origin_ms();
        let OriginAnswer { status, fields, content, detail, .. } = answer;
        let result = if status >= 400 { CacheResult::Error } else { CacheResult::Miss };
        Self {
            status,
            fields,
            content: content.map(JsValue::from),
            result,
            cache_status: None,
            detail,
            origin_ms,
        }
    }

    /// What is stored, as this viewer gets it, with that of its content.
    pub(super) fn served(served: Served, content: Option<JsValue>, result: CacheResult) -> Self {
        let Served { status, fields, .. } = served;
        Self { status, fields, content, result, cache_status: None, detail: None, origin_ms: None }
    }

    pub(super) fn with_status(mut self, status: CacheStatus) -> Self {
        self.cache_status = Some(status);
        self
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        let result = answer.result();
        let Answer { status, fields, content, detail, .. } = answer;
        let content = (!content.is_empty()).then(|| JsValue::from(content));
        Self { status, fields, content, result, cache_status: None, detail, origin_ms: None }
    }
}

/// The response to a request of this method.
pub(super) fn to_response(outcome: Outcome, method: &str) -> web_sys::Response {
    let headers = headers(&outcome.fields);
    // Where there is no content, nothing else says how much there would be.
    let length = outcome.fields.text("content-length").filter(|_| method == "HEAD");
    if let Some(length) = length {
        let _ = headers.set("content-length", length);
    }
    convert::response_with(outcome.status, &headers, outcome.content)
}

/// A header section for workerd, which frames messages itself. Lines that it cannot carry are left out.
pub(super) fn headers(fields: &Fields) -> Headers {
    let headers = Headers::new().expect("an empty Headers can always be made");
    for field in fields.iter().filter(|field| !convert::is_framing(&field.name)) {
        let value = String::from_utf8_lossy(&field.value);
        if headers.append(&field.name, &value).is_err() {
            worker::console_warn!("the field {:?} cannot be sent", field.name);
        }
    }
    headers
}
