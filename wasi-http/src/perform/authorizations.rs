//! `RecallAuthorization` and its notice: results of Lambda authorizers, in the memory of this instance and in the store
//! of all.
//!
//! The store has a digest of what identifies the client, and what the function answered. Signatures of tokens that were
//! found right stay in the instance: to ask the store takes as long as to verify one.

use edge_common::authorizations;
use edge_common::shared::places::Places;
use gateway_core::effect::{AuthorizationKey, Bytes};
use gateway_core::message::Timestamp;

use crate::clock::now;
use crate::keyvalue;

/// 64 MiB at most.
const PLACES: Places = Places { kind: "authorization", count: 4_096, bytes_max: 16 * 1024 };

/// What was remembered by this key, unless its time is over.
pub(crate) fn recall(key: &AuthorizationKey) -> Option<Bytes> {
    let now = now();
    let own = authorizations::recall(key, now);
    if own.is_some() {
        return own;
    }
    let opened = keyvalue::opened()?;
    let found = keyvalue::or_logged(PLACES.find(&key.0, now, opened.store()))??;
    authorizations::remember(*key, found.value.clone(), found.until, now);
    Some(found.value)
}

/// Remembers a result.
pub(crate) fn remember(key: AuthorizationKey, grant: Bytes, until: Timestamp) {
    let now = now();
    if let Some(opened) = keyvalue::opened() {
        let _ =
            keyvalue::or_logged(PLACES.keep(&key.0, grant.clone(), (now, until), opened.store()));
    }
    authorizations::remember(key, grant, until, now);
}
