//! `FindKey`: issuers' keys, in one cache for all threads, by the core's own transitions.

use std::sync::{Arc, Mutex};

use gateway_core::effect::{EffectError, FindKey, KeySource};
use gateway_core::jwt::{self, Discovery, Jwk, JwksCache, Lookup, jwks_uri, read_jwks};
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

    /// The key, or that the issuer has none of this `kid`. On a runtime for local tasks: a fetch goes on
    /// when the client leaves that it was begun for, or else who comes with a forged `kid` and leaves again
    /// could have the issuer asked as often as they like.
    pub async fn find(
        self: &Arc<Self>,
        effect: &FindKey,
        now: impl Fn() -> Timestamp + Copy + 'static,
        client: &(impl FetchDocument + Clone + 'static),
    ) -> Result<Option<Jwk>, EffectError> {
        loop {
            // Listen first: a set that is stored between the look-up and the wait wakes us too.
            let mut stored = std::pin::pin!(self.stored.notified());
            stored.as_mut().enable();
            let lookup = self.cache().look_up(&effect.source, effect.kid.as_deref(), now());
            match lookup {
                Lookup::Found(key) => return Ok(key),
                Lookup::Failed(error) => return Err(error),
                Lookup::Wait => {}
                Lookup::Fetch => {
                    let (keys, source) = (Arc::clone(self), effect.source.clone());
                    let (fetch, client) =
                        (Fetch { keys, source, now, ended: false }, client.clone());
                    tokio::task::spawn_local(async move { fetch.run(&client).await });
                }
            }
            stored.await;
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, JwksCache> {
        self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A fetch under way. Dropped before its end (the host goes down, or panics), it ends as cancelled, so that
/// those who wait go on.
struct Fetch<N: Fn() -> Timestamp> {
    keys: Arc<Keys>,
    source: KeySource,
    now: N,
    ended: bool,
}

impl<N: Fn() -> Timestamp> Fetch<N> {
    async fn run(mut self, client: &impl FetchDocument) {
        let endpoint = self.keys.cognito_endpoint.as_deref();
        let fetched = fetch_keys(&self.source, endpoint, client).await;
        if let Err(error) = &fetched {
            tracing::warn!(source = %self.source, %error, "the issuer's keys cannot be fetched");
        }
        self.end(fetched);
    }

    fn end(&mut self, fetched: Result<Vec<Jwk>, EffectError>) {
        self.ended = true;
        self.keys.cache().store(&self.source, fetched, (self.now)());
        self.keys.stored.notify_waiters();
    }
}

impl<N: Fn() -> Timestamp> Drop for Fetch<N> {
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
    if let Some(keys) = jwt::unusable(&document) {
        tracing::warn!(source = %source, keys, "none of the issuer's keys can be used");
    }
    read_jwks(&document).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    /// An issuer made of documents; counts what is asked of it.
    #[derive(Clone, Default)]
    struct Documents {
        by_url: BTreeMap<String, String>,
        asked: Rc<RefCell<Vec<String>>>,
    }
    impl FetchDocument for Documents {
        async fn fetch(&self, url: &str, _: usize, _: u32) -> Result<Vec<u8>, EffectError> {
            self.asked.borrow_mut().push(url.into());
            tokio::task::yield_now().await;
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
    fn on_a_runtime<T>(run: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.build_local(Default::default()).unwrap().block_on(run)
    }
    /// Whether it has this key at this time.
    async fn has(keys: &Arc<Keys>, issuer: &Documents, kid: &'static str, now: u64) -> bool {
        let found = keys.find(&find(at_i(), kid), move || Timestamp(now), issuer).await;
        found.unwrap().is_some()
    }

    #[test]
    fn keys_are_found_by_discovery_and_kept() {
        let (keys, issuer) = (Arc::default(), issuer());
        on_a_runtime(async {
            for _ in 0..3 {
                assert!(has(&keys, &issuer, "k", 0).await);
            }
        });
        assert_eq!(issuer.asked.borrow().len(), 2);
    }

    #[test]
    fn a_user_pool_is_asked_at_the_configured_endpoint() {
        let (keys, issuer) = (Arc::new(Keys::new(Some("http://local/".into()))), issuer());
        let pool = KeySource::UserPool { region: "r".into(), pool_id: "p_1".into() };
        let effect = find(pool, "k");
        let found = on_a_runtime(keys.find(&effect, || Timestamp(0), &issuer));
        assert!(found.unwrap().is_some());
    }

    #[test]
    fn a_hundred_concurrent_misses_are_one_fetch() {
        let (keys, issuer) = (Arc::default(), issuer());
        let asked = (0..100).map(|_| has(&keys, &issuer, "k", 0));
        assert_eq!(on_a_runtime(join_all(asked)), [true; 100]);
        assert_eq!(issuer.asked.borrow().len(), 2);
    }

    #[test]
    fn callers_who_leave_during_the_fetch_block_nobody_and_have_nothing_fetched_again() {
        let (keys, issuer) = (Arc::default(), issuer());
        on_a_runtime(async {
            for now in 0..100 {
                assert!(has(&keys, &issuer, "forged", now).now_or_never().is_none());
            }
            assert!(has(&keys, &issuer, "k", 100).await);
        });
        assert_eq!(issuer.asked.borrow().len(), 2);
    }

    #[test]
    fn a_new_key_is_fetched_once_for_all_who_come_with_it_and_takes_the_old_ones_place() {
        const FLOOR: u64 = gateway_core::limits::JWKS_REFRESH_FLOOR_MS;
        let (keys, old) = (Arc::default(), issuer());
        let mut new = old.clone();
        let rotated = KEY.replace(r#""kid":"k""#, r#""kid":"new""#);
        new.by_url.insert("https://keys/set".into(), rotated);
        let asked = || old.asked.borrow().len();
        on_a_runtime(async {
            assert!(has(&keys, &old, "k", 0).await);
            assert!(!has(&keys, &new, "new", FLOOR - 1).await, "an issuer is not flooded");
            assert_eq!(asked(), 2);
            let comers = (0..100).map(|_| has(&keys, &new, "new", FLOOR));
            assert_eq!(join_all(comers).await, [true; 100]);
            assert_eq!(asked(), 4);
            assert!(!has(&keys, &new, "k", FLOOR + 1).await, "it was withdrawn");
            assert!(!has(&keys, &new, "forged", FLOOR + 1).await);
            assert!(has(&keys, &new, "new", FLOOR + 1).await);
        });
        assert_eq!(asked(), 4);
    }

    #[test]
    fn nonsense_from_the_issuer_is_an_error() {
        let mut issuer = issuer();
        issuer.by_url.insert("https://keys/set".into(), "<html>".into());
        let (keys, effect) = (Arc::<Keys>::default(), find(at_i(), "k"));
        let got = on_a_runtime(keys.find(&effect, || Timestamp(0), &issuer));
        assert!(matches!(got, Err(EffectError::Malformed(_))), "{got:?}");
    }
}
