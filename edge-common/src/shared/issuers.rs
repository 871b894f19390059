//! Issuers' keys, which one instance fetches and others find.

use gateway_core::codec;
use gateway_core::effect::{EffectError, FindKey};
use gateway_core::jwt::Jwk;
use gateway_core::limits::{JWKS_BYTES_MAX, JWKS_REFRESH_FLOOR_MS, JWKS_STALE_MS_MAX, JWKS_TTL_MS};
use gateway_core::message::Timestamp;
use sha2::{Digest, Sha256};

use super::places::Places;
use super::{Away, Store};

/// Issuers are those of the definitions: a few.
const PLACES: Places = Places { kind: "keys", count: 256, bytes_max: JWKS_BYTES_MAX };

/// Keys, and when they were fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// All of the issuer's.
    pub keys: Vec<Jwk>,
    /// When.
    pub at: Timestamp,
}

/// What another instance has fetched; else what `fetch` does, which is kept for others. Keys of yesterday do where an
/// issuer does not answer, as in an instance. A store that is away is a fetch.
///
/// # Errors
/// Those of `fetch`.
pub fn fetch(
    find: &FindKey,
    endpoint: Option<&str>,
    now: Timestamp,
    store: &dyn Store,
    fetch: impl FnOnce() -> Result<Vec<Jwk>, EffectError>,
) -> Result<Fetched, EffectError> {
    let digest = digest(find, endpoint);
    let kept = kept(&digest, now, store).unwrap_or_default();
    match kept {
        Some(kept) if kept.answers(find, now) => Ok(kept),
        kept => match fetch() {
            Ok(keys) => {
                let until = Timestamp(now.0.saturating_add(JWKS_STALE_MS_MAX));
                let _ = PLACES.keep(&digest, codec::encode(&keys).into(), (now, until), store);
                Ok(Fetched { keys, at: now })
            }
            Err(error) => kept.ok_or(error),
        },
    }
}

impl Fetched {
    /// Whether nobody has to be asked: keys that lack the wanted one do if they were fetched a moment ago. So an issuer's
    /// new key is found, and forged `kid`s cannot make the gateway flood an issuer.
    fn answers(&self, find: &FindKey, now: Timestamp) -> bool {
        let age_ms = now.0.saturating_sub(self.at.0);
        let has_it = self.keys.iter().any(|key| key.kid == find.kid);
        age_ms < if has_it { JWKS_TTL_MS } else { JWKS_REFRESH_FLOOR_MS }
    }
}

fn kept(digest: &[u8; 32], now: Timestamp, store: &dyn Store) -> Result<Option<Fetched>, Away> {
    let found = PLACES.find(digest, now, store)?;
    Ok(found.and_then(|found| {
        let keys = codec::decode(&found.value.0).ok()?;
        Some(Fetched { keys, at: found.at })
    }))
}

/// Of the issuer, and of where user pools' keys are asked for in place of AWS.
fn digest(find: &FindKey, endpoint: Option<&str>) -> [u8; 32] {
    Sha256::digest(codec::encode(&(&find.source, endpoint))).into()
}
