//! What becomes of a request, and the response that HTTP has for it.

use distribution::{Answer, CacheResult};
use gateway_core::message::{FieldEdits, OutgoingFields};
use http::{HeaderName, HeaderValue, Method, Response};
use http_cache::{CacheStatus, Fields, Served};

use super::origin::OriginAnswer;
use crate::body::Body;
use crate::framing;
use crate::section::Section;

/// What a viewer is to be told.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) fields: Fields,
    pub(super) content: Body,
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
        Self { status, fields, content, result, cache_status: None, detail, origin_ms }
    }

    /// What is stored, as this viewer gets it, with its content.
    pub(super) fn served(served: Served, content: Body, result: CacheResult) -> Self {
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
        let content = content.into_bytes().into();
        Self { status, fields, content, result, cache_status: None, detail, origin_ms: None }
    }
}

/// The response to a request of this method.
pub(super) fn to_response(outcome: Outcome, method: &Method) -> Response<Body> {
    let can_be_sent = |name: &str, value: &[u8]| {
        HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_bytes(value).is_ok()
    };
    let lines = outcome.fields.iter().map(|field| (field.name.as_str(), field.value.as_slice()));
    let lines: Vec<_> = lines.filter(|(name, value)| can_be_sent(name, value)).collect();
    let (section, unchanged) = (Section::copied(&lines), OutgoingFields::Edited(FieldEdits::new()));
    let framed =
        framing::client_response(outcome.status, &unchanged, &section, outcome.content, method);
    framed.unwrap_or_else(|reason| {
        tracing::warn!(%reason, "an answer that HTTP cannot carry");
        framing::internal_server_error(502)
    })
}
