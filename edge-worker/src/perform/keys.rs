//! `FindKey`: issuers' keys, cached in this isolate by the core's own transitions.

use std::cell::RefCell;
use std::time::Duration;

use edge_common::variables::endpoint;
use gateway_core::effect::{EffectError, FindKey, KeySource};
use gateway_core::jwt::{Discovery, Jwk, JwksCache, Lookup, jwks_uri, read_jwks};
use gateway_core::limits::{JWKS_BYTES_MAX, JWKS_MS_MAX};
use web_sys::Headers;
use worker::{Context, Delay, Env};

use super::http::Call;
use crate::bindings;
use crate::content::read_stream;
use crate::convert::now;

/// How often a request looks whether another one's fetch has ended. workerd lets no request wait
/// for a promise of another's.
const POLL: Duration = Duration::from_millis(5);

thread_local! {
    static CACHE: RefCell<JwksCache> = RefCell::default();
}

/// The key, or that the issuer has none of this `kid`.
pub(crate) async fn find(
    find: FindKey,
    env: &Env,
    _: &Context,
) -> Result<Option<Jwk>, EffectError> {
    loop {
        let lookup =
            CACHE.with_borrow_mut(|cache| cache.look_up(&find.source, find.kid.as_deref(), now()));
        match lookup {
            Lookup::Found(key) => return Ok(key),
            Lookup::Failed(error) => return Err(error),
            Lookup::Wait => Delay::from(POLL).await,
            Lookup::Fetch => {
                let mut fetch = Fetch { source: &find.source, ended: false };
                let cognito_endpoint = endpoint(&bindings::variables(env), "COGNITO_IDP");
                let fetched = fetch_keys(&find.source, cognito_endpoint.as_deref(), env).await;
                if let Err(error) = &fetched {
                    worker::console_warn!("keys of {:?} cannot be fetched: {error:?}", find.source);
                }
                fetch.end(fetched);
            }
        }
    }
}

/// A fetch under way. Dropped before its end (the client left), it ends as cancelled.
struct Fetch<'f> {
    source: &'f KeySource,
    ended: bool,
}

impl Fetch<'_> {
    fn end(&mut self, fetched: Result<Vec<Jwk>, EffectError>) {
        self.ended = true;
        CACHE.with_borrow_mut(|cache| cache.store(self.source, fetched, now()));
    }
}

impl Drop for Fetch<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Err(EffectError::Cancelled));
        }
    }
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
    read_jwks(&fetch_document(&jwks, env).await?).map_err(malformed)
}

async fn fetch_document(url: &str, env: &Env) -> Result<Vec<u8>, EffectError> {
    let headers = Headers::new().expect("an empty Headers can always be made");
    let _ = headers.set("accept", "application/json");
    let call = Call { method: "GET", url, headers: &headers, body: None };
    let response = call.send(JWKS_MS_MAX, env).await?;
    match (response.status(), response.body()) {
        (200, Some(stream)) => read_stream(stream, JWKS_BYTES_MAX).await,
        (200, None) => Err(EffectError::Malformed("empty".into())),
        (status, _) => Err(EffectError::Unavailable(format!("status {status}"))),
    }
}
