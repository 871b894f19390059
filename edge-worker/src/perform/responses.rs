//! `RecallResponse` and `RememberResponse`: responses that stages cache, in the memory of this isolate.
//!
//! Not in the platform's cache: it cannot be told to hold so many bytes, whoever may write to it could
//! replace what is there, and its entries outlive a deployment. Requests do not wait for each other
//! either: workerd lets none wait for what another one does. So each isolate asks an endpoint as often
//! as it has requests at once.

use std::cell::RefCell;

use edge_common::responses::{Responses, Stored, is_announced_too_large};
use gateway_core::effect::{EffectError, RecallResponse, RecalledResponse, RememberResponse};
use gateway_core::limits::CACHED_CONTENT_BYTES_MAX;
use gateway_core::message::{Content, Timestamp};
use js_sys::Uint8Array;

use crate::drive::HeldByHost;

/// Of all stages together: an isolate has 128 MB for everything.
const BYTES_MAX: usize = 16 * 1024 * 1024;

thread_local! {
    static RESPONSES: RefCell<Responses<Uint8Array>> = RefCell::new(Responses::bounded(BYTES_MAX));
}

/// What is cached, if it is not to be replaced.
pub(crate) fn recall(
    recall: &RecallResponse,
    held: &mut HeldByHost,
    now: Timestamp,
) -> Option<RecalledResponse> {
    match RESPONSES.with_borrow_mut(|responses| responses.recall(recall, now)) {
        Ok(stored) => {
            held.endpoint_fields = stored.fields.clone();
            Some(RecalledResponse {
                status: stored.status,
                content: held.contents.hold_bytes(stored.content.clone()),
                content_length: u64::from(stored.content.length()),
            })
        }
        Err(asked) => {
            held.asked = Some(asked);
            None
        }
    }
}

/// Stores a response, and goes on with its content.
pub(crate) async fn remember(
    remember: RememberResponse,
    held: &mut HeldByHost,
    now: impl Fn() -> Timestamp,
) -> Result<Content, EffectError> {
    let RememberResponse { key: _, status, fields, content, until } = remember;
    let Some(asked) = held.asked.take() else { return Ok(content) };
    let bytes = match &content {
        Content::Empty => Some(Uint8Array::new_with_length(0)),
        Content::Bytes(bytes) => Some(Uint8Array::from(&bytes[..])),
        Content::Held(_) if is_announced_too_large(&held.endpoint_fields) => None,
        Content::Held(id) => held.contents.buffer(*id, CACHED_CONTENT_BYTES_MAX).await?,
    };
    if let Some(content) = bytes.filter(|bytes| bytes.length() <= CACHED_CONTENT_BYTES_MAX) {
        let fields = fields.resolve(&held.endpoint_fields);
        let bytes = content.length() as usize;
        let stored = Stored { status, fields, content };
        RESPONSES.with_borrow_mut(|responses| {
            responses.remember(asked, stored, bytes, until, now());
        });
    }
    Ok(content)
}
