//! `RecallAuthorization` and its notice: results of Lambda authorizers, in this isolate, and in objects for the others.
//!
//! Objects have them under a digest, of which a part chooses the object. It is one of this deployment and what it is
//! configured with, too: versions that are served side by side share the objects, and believe nothing of each other's
//! functions.

use std::cell::OnceCell;
use std::time::Duration;

use edge_common::authorizations;
use gateway_core::effect::{AuthorizationKey, Bytes};
use gateway_core::message::Timestamp;
use js_sys::{Array, JSON, Object};
use sha2::{Digest, Sha256};
use wasm_bindgen::JsCast;
use worker::{Context, Env};

use crate::convert::now;
use crate::later::later;
use crate::objects::{Ask, ask_for, ask_within, shards};
use crate::snapshot;

/// What is left out when it takes longer: the function is asked.
const OBJECT_WAIT: Duration = Duration::from_secs(1);

thread_local! {
    static DEPLOYMENT: OnceCell<[u8; 32]> = const { OnceCell::new() };
}

/// What was remembered by this key, here or by another isolate.
pub(crate) async fn recall(key: AuthorizationKey, env: &Env) -> Option<Bytes> {
    let own = authorizations::recall(&key, now());
    if own.is_some() || shards(env).is_none() {
        return own;
    }
    let shared = shared(&key, env);
    let ask = Ask::RecallAuthorization(shared);
    let (grant, until) = ask_for(OBJECT_WAIT, &object(&shared), &ask, env).await??;
    authorizations::remember(key, grant.clone(), until, now());
    Some(grant)
}

/// Remembers a result. Nobody waits until others know it.
pub(crate) fn remember(
    key: AuthorizationKey,
    grant: Bytes,
    until: Timestamp,
    env: &Env,
    context: &Context,
) {
    authorizations::remember(key, grant.clone(), until, now());
    if shards(env).is_some() {
        let (env, key) = (env.clone(), shared(&key, env));
        later(context, async move {
            let ask = Ask::RememberAuthorization { key, grant, until };
            ask_within(OBJECT_WAIT, &object(&key), &ask, &env).await;
        });
    }
}

/// One of sixteen: few enough to be asked often, which keeps an object in memory.
fn object(key: &AuthorizationKey) -> String {
    format!("authorizations/{:x}", key.0[0] & 0xf)
}

/// The key in objects.
fn shared(key: &AuthorizationKey, env: &Env) -> AuthorizationKey {
    let deployment = DEPLOYMENT.with(|cell| *cell.get_or_init(|| deployment(env)));
    AuthorizationKey(Sha256::digest([deployment, key.0].concat()).into())
}

/// A digest of what decides which function is asked, and how its answer is read: this program, the definitions, and all
/// variables.
fn deployment(env: &Env) -> [u8; 32] {
    let texts = Array::new();
    for entry in Object::entries(env.unchecked_ref()).iter() {
        if entry.unchecked_ref::<Array>().get(1).is_string() {
            texts.push(&entry);
        }
    }
    let texts = JSON::stringify(&texts.sort()).map(String::from).unwrap_or_default();
    let mut digest = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
    digest.update(Sha256::digest(texts));
    digest.update(snapshot::bytes());
    digest.finalize().into()
}
