//! `FindKey`: issuers' keys, cached in this isolate by the core's own transitions.

use std::cell::RefCell;
use std::time::Duration;

use edge_common::variables::endpoint;
use futures_channel::oneshot;
use gateway_core::effect::{EffectError, FindKey, KeySource};
use gateway_core::jwt::{self, Discovery, Jwk, JwksCache, Lookup, jwks_uri, read_jwks};
use gateway_core::limits::{JWKS_BYTES_MAX, JWKS_MS_MAX};
use web_sys::Headers;
use worker::{Context, Delay, Env};

use super::http::Call;
use crate::bindings;
use crate::content::read_stream_within;
use crate::convert::now;

/// How often a request looks whether another one's fetch has ended. workerd lets no request wait
/// for a promise of another's.
const POLL: Duration = Duration::from_millis(5);

thread_local! {
    static CACHE: RefCell<JwksCache> = RefCell::default();
}

/// The key, or that the issuer has none of this `kid`. A fetch belongs to all who wait for it: it goes on when the client
/// leaves that it was begun for.
pub(crate) async fn find(
    find: FindKey,
    env: &Env,
    context: &Context,
) -> Result<Option<Jwk>, EffectError> {
    loop {
        let lookup =
            CACHE.with_borrow_mut(|cache| cache.look_up(&find.source, find.kid.as_deref(), now()));
        match lookup {
            Lookup::Found(key) => return Ok(key),
            Lookup::Failed(error) => return Err(error),
            Lookup::Wait => Delay::from(POLL).await,
            Lookup::Fetch => {
                let (env, source) = (env.clone(), find.source.clone());
                let (ended, end) = oneshot::channel();
                context.wait_until(async move {
                    fetch(source, &env).await;
                    let _ = ended.send(()); // nobody may wait any more
                });
                let _ = end.await;
            }
        }
    }
}

/// Fetches the keys of an issuer into the cache. What workerd breaks off ends without a word; the cache passes over it.
async fn fetch(source: KeySource, env: &Env) {
    let cognito_endpoint = endpoint(&bindings::variables(env), "COGNITO_IDP");
    let fetched = fetch_keys(&source, cognito_endpoint.as_deref(), env).await;
    if let Err(error) = &fetched {
        worker::console_warn!("keys of {source} cannot be fetched: {error}");
    }
    CACHE.with_borrow_mut(|cache| cache.store(&source, fetched, now()));
}

async fn fetch_keys(
    source: &KeySource,
    cognito_endpoint: Option<&str>,
    env: &Env,
) -> Result<Vec<Jwk>, EffectError> {
    let malformed = |reason: &str| EffectError::Malformed(reason.into());
    let jwks = match Discovery::of(source, cognito_endpoint) {
        Discovery::Jwks(url) => url,
        Discovery::Configuration(url) => {
            let configuration = fetch_document(&url, env).await?;
            jwks_uri(&configuration, source).map_err(malformed)?
        }
    };
    let document = fetch_document(&jwks, env).await?;
    if let Some(keys) = jwt::unusable(&document) {
        worker::console_warn!("none of the keys of {source} can be used: {keys}");
    }
    read_jwks(&document).map_err(malformed)
}

async fn fetch_document(url: &str, env: &Env) -> Result<Vec<u8>, EffectError> {
    let headers = Headers::new().expect("an empty Headers can always be made");
    let _ = headers.set("accept", "application/json");
    let call = Call { method: "GET", url, headers: &headers, body: None };
    let began = now();
    let response = call.send(JWKS_MS_MAX, env).await?;
    let left_ms = u64::from(JWKS_MS_MAX).saturating_sub(now().0.abs_diff(began.0)) as u32;
    match (response.status(), response.body()) {
        (200, Some(stream)) => read_stream_within(stream, JWKS_BYTES_MAX, left_ms).await,
        (200, None) => Err(EffectError::Malformed("empty".into())),
        (status, _) => Err(EffectError::Unavailable(format!("status {status}"))),
    }
}
