//! `FindKey`: issuers' keys, cached in this instance by the core's own transitions, and in the store of all.

use std::cell::RefCell;

use edge_common::shared::issuers::{self, Fetched};
use edge_common::variables::endpoint;
use gateway_core::effect::{EffectError, FindKey, KeySource};
use gateway_core::jwt::{self, Discovery, Jwk, JwksCache, Lookup, jwks_uri, read_jwks};
use gateway_core::limits::{JWKS_BYTES_MAX, JWKS_MS_MAX};
use gateway_core::message::Fields;

use super::http::Call;
use crate::clock::now;
use crate::content::Outgoing;
use crate::{environment, keyvalue, log};

thread_local! {
    static CACHE: RefCell<JwksCache> = RefCell::default();
}

/// The key, or that the issuer has none of this `kid`.
pub(crate) fn find(find: &FindKey) -> Result<Option<Jwk>, EffectError> {
    loop {
        let lookup =
            CACHE.with_borrow_mut(|cache| cache.look_up(&find.source, find.kid.as_deref(), now()));
        match lookup {
            Lookup::Found(key) => return Ok(key),
            Lookup::Failed(error) => return Err(error),
            // An instance answers one request at a time, so nobody else fetches.
            Lookup::Wait => {
                return Err(EffectError::Unavailable("the keys are being fetched".into()));
            }
            Lookup::Fetch => {
                let (fetched, at) = match shared_keys(find) {
                    Ok(Fetched { keys, at }) => (Ok(keys), at),
                    Err(error) => (Err(error), now()),
                };
                CACHE.with_borrow_mut(|cache| cache.store(&find.source, fetched, at));
            }
        }
    }
}

/// What another instance has fetched, or what the issuer tells.
fn shared_keys(find: &FindKey) -> Result<Fetched, EffectError> {
    let fetch = || {
        fetch_keys(&find.source).inspect_err(|error| {
            log::error(&format!("keys of {} cannot be fetched: {error}", find.source));
        })
    };
    let endpoint = endpoint(&environment::text, "COGNITO_IDP");
    match keyvalue::opened() {
        Some(opened) => issuers::fetch(find, endpoint.as_deref(), now(), opened.store(), fetch),
        None => fetch().map(|keys| Fetched { keys, at: now() }),
    }
}

fn fetch_keys(source: &KeySource) -> Result<Vec<Jwk>, EffectError> {
    let malformed = |reason: &str| EffectError::Malformed(reason.into());
    let cognito_endpoint = endpoint(&environment::text, "COGNITO_IDP");
    let jwks = match Discovery::of(source, cognito_endpoint.as_deref()) {
        Discovery::Jwks(url) => url,
        Discovery::Configuration(url) => {
            jwks_uri(&fetch_document(&url)?, source).map_err(malformed)?
        }
    };
    let document = fetch_document(&jwks)?;
    if let Some(keys) = jwt::unusable(&document) {
        log::error(&format!("none of the keys of {source} can be used: {keys}"));
    }
    read_jwks(&document).map_err(malformed)
}

fn fetch_document(url: &str) -> Result<Vec<u8>, EffectError> {
    let mut fields = Fields::new();
    fields.push("accept", "application/json");
    let call = Call {
        method: "GET",
        url,
        fields: &fields,
        content: Outgoing::Empty,
        timeout_ms: JWKS_MS_MAX,
        idle_ms: None,
    };
    let answer = call.send()?;
    match (answer.status, answer.content) {
        (200, Some(reader)) => reader.read(JWKS_BYTES_MAX),
        (200, None) => Err(EffectError::Malformed("empty".into())),
        (status, _) => Err(EffectError::Unavailable(format!("status {status}"))),
    }
}
