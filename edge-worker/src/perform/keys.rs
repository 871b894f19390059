//! `FindKey`: issuers' keys, cached in this isolate by the core's own transitions.
//!
//! Whoever fetches asks the issuer's object, which fetches for all isolates by the same transitions
//! ([`crate::bucket_object::keys`]). Where none answers, the isolate asks the issuer.

use std::cell::RefCell;
use std::time::Duration;

use edge_common::variables::endpoint;
use futures_channel::oneshot;
use gateway_core::effect::{Bytes, EffectError, FindKey, KeySource};
use gateway_core::jwt::{self, Discovery, Jwk, JwksCache, Lookup, jwks_uri, read_jwks};
use gateway_core::limits::{JWKS_BYTES_MAX, JWKS_MS_MAX};
use web_sys::Headers;
use worker::{Context, Delay, Env};

use super::http::Call;
use crate::bindings;
use crate::content::read_stream_within;
use crate::convert::now;
use crate::later::later;
use crate::objects::{self, Ask, Kept, ask_for};

/// How often a request looks whether another one's fetch has ended. workerd lets no request wait
/// for a promise of another's.
pub(crate) const POLL: Duration = Duration::from_millis(5);
/// An object asks for a configuration and for keys. Below the floor between two fetches, so that there is time for another way.
const OBJECT_WAIT: Duration = Duration::from_millis(2 * JWKS_MS_MAX as u64 + 1_000);

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
                let (env, find) = (env.clone(), find.clone());
                let (ended, end) = oneshot::channel();
                later(context, async move {
                    fetch(find, &env).await;
                    let _ = ended.send(()); // nobody may wait any more
                });
                let _ = end.await;
            }
        }
    }
}

/// Fetches the keys of an issuer into the cache. What workerd breaks off ends without a word; the cache passes over it.
async fn fetch(find: FindKey, env: &Env) {
    let cognito_endpoint = endpoint(&bindings::variables(env), "COGNITO_IDP");
    let FindKey { source, kid } = find;
    let discovery = Discovery::of(&source, cognito_endpoint.as_deref());
    let (fetched, at) = match ask_object(&source, &discovery, kid, env).await {
        Some(Some((set, at))) => (read(&set.0), at),
        Some(None) => (Err(EffectError::Unavailable("its object has no keys".into())), now()),
        None => {
            let fetched = fetch_keys(&source, &discovery, env).await;
            (fetched.map(|(keys, _)| keys), now())
        }
    };
    CACHE.with_borrow_mut(|cache| {
        // An object that was away may know less than this isolate.
        let own = cache.keys(&source, now()).filter(|(_, own)| fetched.is_ok() && at < *own);
        let (fetched, at) = match own.map(|(keys, own)| (keys.to_vec(), own)) {
            Some((keys, own)) => (Ok(keys), own),
            None => (fetched, at),
        };
        cache.store(&source, fetched, at);
    });
}

/// What the issuer's object says, if it answers: it may have no keys.
async fn ask_object(
    source: &KeySource,
    discovery: &Discovery,
    kid: Option<String>,
    env: &Env,
) -> Option<Kept> {
    objects::shards(env)?;
    let (Discovery::Configuration(url) | Discovery::Jwks(url)) = discovery.clone();
    let issuer = match source {
        KeySource::Issuer(issuer) => Some(issuer.clone()),
        KeySource::UserPool { .. } => None,
    };
    let name = ["keys/", &objects::hex(&objects::digest(url.as_bytes()))].concat();
    ask_for(OBJECT_WAIT, &name, &Ask::FindKeys { url, issuer, kid }, env).await
}

/// The keys of a set.
pub(crate) fn read(set: &[u8]) -> Result<Vec<Jwk>, EffectError> {
    read_jwks(set).map_err(|reason| EffectError::Malformed(reason.into()))
}

/// Fetches the keys of an issuer, with the set that they were read from.
pub(crate) async fn fetch_keys(
    source: &KeySource,
    discovery: &Discovery,
    env: &Env,
) -> Result<(Vec<Jwk>, Bytes), EffectError> {
    let fetched = fetch_set(source, discovery, env).await;
    let fetched = fetched.and_then(|set| Ok((read(&set)?, Bytes(set))));
    match &fetched {
        Ok((_, set)) => {
            if let Some(keys) = jwt::unusable(&set.0) {
                worker::console_warn!("none of the keys of {source} can be used: {keys}");
            }
        }
        Err(error) => worker::console_warn!("keys of {source} cannot be fetched: {error}"),
    }
    fetched
}

async fn fetch_set(
    source: &KeySource,
    discovery: &Discovery,
    env: &Env,
) -> Result<Vec<u8>, EffectError> {
    match discovery {
        Discovery::Jwks(url) => fetch_document(url, env).await,
        Discovery::Configuration(url) => {
            let configuration = fetch_document(url, env).await?;
            let uri = jwks_uri(&configuration, source);
            let uri = uri.map_err(|reason| EffectError::Malformed(reason.into()))?;
            fetch_document(&uri, env).await
        }
    }
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
