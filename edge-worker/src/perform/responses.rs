//! `RecallResponse` and `RememberResponse`: responses that stages cache, in the memory of this isolate.
//!
//! Not in the platform's cache: it cannot be told to hold so many bytes, whoever may write to it could
//! replace what is there, and its entries outlive a deployment. Requests do not wait for each other
//! either: workerd lets none wait for what another one does. So each isolate asks an endpoint as often
//! as it has requests at once.

use std::cell::RefCell;
use std::rc::Rc;

use gateway_core::effect::{
    EffectError, RecallResponse, RecalledResponse, RememberResponse, ResponseDigest,
};
use gateway_core::limits::CACHED_CONTENT_BYTES_MAX;
use gateway_core::message::{Content, Fields, Timestamp};
use gateway_core::stage_cache::{StageCache, Ticket};
use js_sys::Uint8Array;

use crate::drive::HeldByHost;

/// Of all stages together: an isolate has 128 MB for everything.
const BYTES_MAX: usize = 16 * 1024 * 1024;

thread_local! {
    static RESPONSES: RefCell<StageCache<Rc<Stored>, ()>> =
        RefCell::new(StageCache::bounded(BYTES_MAX));
}

/// A response that is cached.
#[derive(Debug)]
struct Stored {
    status: u16,
    fields: Fields,
    content: Uint8Array,
}

/// What an exchange is on its way to store.
#[derive(Debug)]
pub(crate) struct Asked {
    digest: ResponseDigest,
    ticket: Ticket,
}

/// What is cached, if it is not to be replaced.
pub(crate) fn recall(
    recall: &RecallResponse,
    held: &mut HeldByHost,
    now: Timestamp,
) -> Option<RecalledResponse> {
    let digest = recall.key.digest;
    RESPONSES.with_borrow_mut(|responses| {
        let stored = if recall.replaces { None } else { responses.find(&digest, now) };
        let Some(stored) = stored else {
            held.asked = Some(Asked { digest, ticket: responses.ask_alone() });
            return None;
        };
        held.endpoint_fields = stored.fields.clone();
        Some(RecalledResponse {
            status: stored.status,
            content: held.contents.hold_bytes(stored.content.clone()),
            content_length: u64::from(stored.content.length()),
        })
    })
}

/// Stores a response, and goes on with its content.
pub(crate) async fn remember(
    remember: RememberResponse,
    held: &mut HeldByHost,
    now: impl Fn() -> Timestamp,
) -> Result<Content, EffectError> {
    let RememberResponse { key: _, status, fields, content, until } = remember;
    let Some(Asked { digest, ticket }) = held.asked.take() else { return Ok(content) };
    let bytes = match &content {
        Content::Empty => Some(Uint8Array::new_with_length(0)),
        Content::Bytes(bytes) => Some(Uint8Array::from(&bytes[..])),
        Content::Held(id) => {
            let length = held.endpoint_fields.get("content-length");
            let length = length.and_then(|length| length.trim().parse::<u64>().ok());
            match length.is_some_and(|length| length > u64::from(CACHED_CONTENT_BYTES_MAX)) {
                true => None,
                false => held.contents.buffer(*id, CACHED_CONTENT_BYTES_MAX).await?,
            }
        }
    };
    if let Some(content) = bytes.filter(|bytes| bytes.length() <= CACHED_CONTENT_BYTES_MAX) {
        let fields = fields.resolve(&held.endpoint_fields);
        let lines: usize = fields.iter().map(|line| line.name.len() + line.value.len()).sum();
        let bytes = content.length() as usize + lines;
        let stored = Rc::new(Stored { status, fields, content });
        RESPONSES.with_borrow_mut(|responses| {
            responses.store(&digest, ticket, stored, bytes, until, now());
        });
    }
    Ok(content)
}
