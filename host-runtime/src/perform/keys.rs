//! `FindKey`: issuers' keys, in one cache for all threads, by the core's own transitions.

use std::sync::Mutex;

use gateway_core::effect::{EffectError, FindKey, KeySource};
use gateway_core::jwt::{Discovery, Jwk, JwksCache, Lookup, jwks_uri, read_jwks};
use gateway_core::limits::{JWKS_BYTES_MAX, JWKS_MS_MAX};
use gateway_core::message::Timestamp;
use tokio::sync::Notify;

/// Fetches a small document by GET.
pub trait FetchDocument {
    /// The content of a 200 answer; anything else is an error.
    fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        timeout_ms: u32,
    ) -> impl Future<Output = Result<Vec<u8>, EffectError>>;
}

/// The keys of all issuers, shared by all threads.
#[derive(Debug, Default)]
pub struct Keys {
    cache: Mutex<JwksCache>,
    stored: Notify,
    cognito_endpoint: Option<String>,
}

impl Keys {
    /// An empty cache. `cognito_endpoint` (`endpoints.cognito-idp`) stands in for AWS's own.
    pub fn new(cognito_endpoint: Option<String>) -> Self {
        Self { cognito_endpoint, ..Self::default() }
    }

    /// The key, or that the issuer has none of this `kid`.
    pub async fn find(
        &self,
        effect: &FindKey,
        now: impl Fn() -> Timestamp,
        client: &impl FetchDocument,
    ) -> Result<Option<Jwk>, EffectError> {
        loop {
            // Listen first: a set that is stored between the look-up and the wait wakes us too.
            let mut stored = std::pin::pin!(self.stored.notified());
            stored.as_mut().enable();
            let lookup = self.cache().look_up(&effect.source, effect.kid.as_deref(), now());
            match lookup {
                Lookup::Found(key) => return Ok(key),
                Lookup::Failed(error) => return Err(error),
                Lookup::Wait => stored.await,
                Lookup::Fetch => {
                    let fetch =
                        Fetch { keys: self, source: &effect.source, now: &now, ended: false };
                    fetch.run(client).await;
                }
            }
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, JwksCache> {
        self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A fetch under way. Dropped before its end (the client left), it ends as cancelled, so that
/// those who wait go on.
struct Fetch<'a, N: Fn() -> Timestamp> {
    keys: &'a Keys,
    source: &'a KeySource,
    now: &'a N,
    ended: bool,
}

impl<N: Fn() -> Timestamp> Fetch<'_, N> {
    async fn run(mut self, client: &impl FetchDocument) {
        let fetched = fetch_keys(self.source, self.keys.cognito_endpoint.as_deref(), client).await;
        if let Err(error) = &fetched {
            tracing::warn!(source = ?self.source, ?error, "the issuer's keys cannot be fetched");
        }
        self.end(fetched);
    }

    fn end(&mut self, fetched: Result<Vec<Jwk>, EffectError>) {
        self.ended = true;
        self.keys.cache().store(self.source, fetched, (self.now)());
        self.keys.stored.notify_waiters();
    }
}

impl<N: Fn() -> Timestamp> Drop for Fetch<'_, N> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Err(EffectError::Cancelled));
        }
    }
}

async fn fetch_keys(
    source: &KeySource,
    cognito_endpoint: Option<&str>,
    client: &impl FetchDocument,
) -> Result<Vec<Jwk>, EffectError> {
    let malformed = |reason: &str| EffectError::Malformed(reason.into());
    let jwks = match Discovery::of(source, cognito_endpoint) {
        Discovery::Jwks(url) => url,
        Discovery::Configuration(url) => {
            let configuration = client.fetch(&url, JWKS_BYTES_MAX, JWKS_MS_MAX).await?;
            jwks_uri(&configuration, source).map_err(malformed)?
        }
    };
    let document = client.fetch(&jwks, JWKS_BYTES_MAX, JWKS_MS_MAX).await?;
    read_jwks(&document).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use super::*;

    /// An issuer made of documents; counts what is asked of it.
    #[derive(Default)]
    struct Documents {
        by_url: BTreeMap<String, String>,
        asked: RefCell<Vec<String>>,
        slow: bool,
    }
    impl FetchDocument for Documents {
        async fn fetch(&self, url: &str, _: usize, _: u32) -> Result<Vec<u8>, EffectError> {
            self.asked.borrow_mut().push(url.into());
            if self.slow {
                tokio::task::yield_now().await;
            }
            let document = self.by_url.get(url).cloned();
            document.map(String::into_bytes).ok_or(EffectError::Unavailable("404".into()))
        }
    }
    const KEY: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}]}"#;

    fn issuer() -> Documents {
        let discovery = r#"{"issuer":"https://i","jwks_uri":"https://keys/set"}"#;
        let by_url = [
            ("https://i/.well-known/openid-configuration", discovery),
            ("https://keys/set", KEY),
            ("http://local/p_1/.well-known/jwks.json", KEY),
        ];
        let by_url = by_url.into_iter().map(|(u, d)| (u.into(), d.into())).collect();
        Documents { by_url, ..Documents::default() }
    }
    fn find(source: KeySource, kid: &str) -> FindKey {
        FindKey { source, kid: Some(kid.into()) }
    }
    fn at_i() -> KeySource {
        KeySource::Issuer("https://i/".into())
    }

    #[tokio::test]
    async fn keys_are_found_by_discovery_and_kept() {
        let (keys, issuer) = (Keys::default(), issuer());
        for _ in 0..3 {
            let found = keys.find(&find(at_i(), "k"), || Timestamp(0), &issuer).await;
            assert_eq!(found.unwrap().unwrap().kid.as_deref(), Some("k"));
        }
        assert_eq!(issuer.asked.borrow().len(), 2);
    }

    #[tokio::test]
    async fn a_user_pool_is_asked_at_the_configured_endpoint() {
        let (keys, issuer) = (Keys::new(Some("http://local/".into())), issuer());
        let pool = KeySource::UserPool { region: "r".into(), pool_id: "p_1".into() };
        assert!(keys.find(&find(pool, "k"), || Timestamp(0), &issuer).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_hundred_concurrent_misses_are_one_fetch() {
        let (keys, issuer) = (Keys::default(), Documents { slow: true, ..issuer() });
        let effect = find(at_i(), "k");
        let found = Cell::new(0);
        let ask = async || {
            let key = keys.find(&effect, || Timestamp(0), &issuer).await.unwrap();
            found.set(found.get() + usize::from(key.is_some()));
        };
        futures_util::future::join_all((0..100).map(|_| ask())).await;
        assert_eq!((found.get(), issuer.asked.borrow().len()), (100, 2));
    }

    #[tokio::test]
    async fn a_caller_that_leaves_during_the_fetch_blocks_nobody() {
        let (keys, issuer) = (Keys::default(), Documents { slow: true, ..issuer() });
        let effect = find(at_i(), "k");
        let leaves = keys.find(&effect, || Timestamp(0), &issuer);
        assert!(futures_util::FutureExt::now_or_never(leaves).is_none());
        assert!(keys.find(&effect, || Timestamp(1), &issuer).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn nonsense_from_the_issuer_is_an_error() {
        let mut issuer = issuer();
        issuer.by_url.insert("https://keys/set".into(), "<html>".into());
        let got = Keys::default().find(&find(at_i(), "k"), || Timestamp(0), &issuer).await;
        assert!(matches!(got, Err(EffectError::Malformed(_))), "{got:?}");
    }
}
