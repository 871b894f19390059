//! `RecallResponse` and `RememberResponse`: responses that stages cache, in the memory of this instance.

use std::cell::RefCell;

use edge_common::responses::{Responses, Stored, is_announced_too_large};
use gateway_core::effect::{EffectError, RecallResponse, RecalledResponse, RememberResponse};
use gateway_core::limits::CACHED_CONTENT_BYTES_MAX;
use gateway_core::message::{Content, Timestamp};

use crate::clock::now;
use crate::drive::HeldByHost;

/// Of all stages together.
const BYTES_MAX: usize = 16 * 1024 * 1024;

thread_local! {
    static RESPONSES: RefCell<Responses<Vec<u8>>> = RefCell::new(Responses::bounded(BYTES_MAX));
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
                content_length: stored.content.len() as u64,
            })
        }
        Err(asked) => {
            held.asked = Some(asked);
            None
        }
    }
}

/// Stores a response, and goes on with its content.
pub(crate) fn remember(
    remember: RememberResponse,
    held: &mut HeldByHost,
) -> Result<Content, EffectError> {
    let RememberResponse { key: _, status, fields, content, until } = remember;
    let Some(asked) = held.asked.take() else { return Ok(content) };
    let bytes = match &content {
        Content::Empty => Some(Vec::new()),
        Content::Bytes(bytes) => Some(bytes.clone()),
        Content::Held(_) if is_announced_too_large(&held.endpoint_fields) => None,
        Content::Held(id) => match held.contents.read(*id, CACHED_CONTENT_BYTES_MAX) {
            Ok(bytes) => Some(bytes),
            Err(EffectError::TooLarge) => None, // it goes on as it was
            Err(error) => return Err(error),
        },
    };
    if let Some(bytes) = bytes.filter(|bytes| bytes.len() <= CACHED_CONTENT_BYTES_MAX as usize) {
        let fields = fields.resolve(&held.endpoint_fields);
        let length = bytes.len();
        let stored = Stored { status, fields, content: bytes };
        RESPONSES.with_borrow_mut(|responses| {
            responses.remember(asked, stored, length, until, now());
        });
    }
    Ok(content)
}
