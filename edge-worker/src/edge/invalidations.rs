//! Invalidations by path: what the KV namespace `INVALIDATIONS` says is gone, everywhere.
//!
//! A key is a batch: `{distribution}/{seconds since 1970}`, its value the paths with white space between them. What
//! was received until then counts as not stored. Batches never change, so each is read once by an isolate, and the
//! list of them now and then. Nothing is kept for longer than [`KEPT_S_MAX`](super::store::KEPT_S_MAX), and so no batch
//! needs to be.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use distribution::Invalidation;
use http_cache::Timestamp;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Context, Env};

use crate::convert::now;
use crate::later::later;

#[wasm_bindgen]
extern "C" {
    /// A KV namespace: of what the platform's crate has of it, two calls.
    #[derive(Clone)]
    type Namespace;
    #[wasm_bindgen(method)]
    fn list(this: &Namespace, options: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    fn get(this: &Namespace, key: &str) -> Promise;
}

/// The binding.
const NAMESPACE: &str = "INVALIDATIONS";
/// How often the list of batches is looked at.
const INTERVAL_MS: u64 = 10_000;
/// Most batches that are read at a time, the latest first: each is a request to the platform.
const READ_MAX: usize = 40;
/// Most that an isolate knows; the earliest are forgotten first.
const KNOWN_MAX: usize = 1000;

/// What is known of a distribution's.
#[derive(Default)]
struct Known {
    /// By the second; `None`: what stands there is no list of paths.
    batches: BTreeMap<u64, Option<Invalidation>>,
    looked_at: Option<u64>,
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<String, Known>> = RefCell::default();
}

/// Knows the latest batches. An isolate's first request waits for them; later ones look on in the background.
pub(super) async fn refresh(distribution: &str, env: &Env, context: &Rc<Context>) {
    let found = Reflect::get(env, &NAMESPACE.into()).ok().filter(JsValue::is_object);
    let Some(store) = found.map(JsCast::unchecked_into::<Namespace>) else { return };
    let at = now().0;
    let looked_at = KNOWN.with_borrow_mut(|known| {
        let known = known.entry(distribution.into()).or_default();
        let before = known.looked_at;
        if before.is_none_or(|before| at >= before + INTERVAL_MS) {
            known.looked_at = Some(at);
        }
        before
    });
    let distribution = distribution.to_owned();
    match looked_at {
        None => look(&store, &distribution).await,
        Some(before) if at >= before + INTERVAL_MS => {
            later(context, async move { look(&store, &distribution).await });
        }
        Some(_) => {}
    }
}

/// Whether a response to this object that was received then is gone.
pub(super) fn is_gone(distribution: &str, object: &str, received_at: Timestamp) -> bool {
    KNOWN.with_borrow(|known| {
        let Some(known) = known.get(distribution) else { return false };
        let later = known.batches.range(received_at.0 / 1000..);
        later.filter_map(|(_, paths)| paths.as_ref()).any(|paths| paths.names(object))
    })
}

async fn look(namespace: &Namespace, distribution: &str) {
    if let Err(error) = read(namespace, distribution).await {
        worker::console_error!("invalidations of `{distribution}` cannot be read: {error:?}");
    }
}

async fn read(namespace: &Namespace, distribution: &str) -> Result<(), JsValue> {
    let prefix = format!("{distribution}/");
    let options = Object::new();
    Reflect::set(&options, &"prefix".into(), &(&*prefix).into())?;
    let listed = JsFuture::from(namespace.list(&options)).await?;
    if Reflect::get(&listed, &"list_complete".into())?.is_falsy() {
        worker::console_error!("there are more than 1000 invalidations: some are not seen");
    }
    let keys: Array = Reflect::get(&listed, &"keys".into())?.dyn_into()?;
    let second = |key: JsValue| {
        let name = Reflect::get(&key, &"name".into()).ok()?.as_string()?;
        name.strip_prefix(&*prefix)?.parse::<u64>().ok()
    };
    let mut seconds: Vec<u64> = keys.iter().filter_map(second).collect();
    KNOWN.with_borrow(|known| {
        let known = known.get(distribution);
        seconds.retain(|at| known.is_none_or(|known| !known.batches.contains_key(at)));
    });
    seconds.sort_unstable();
    for at in seconds.into_iter().rev().take(READ_MAX) {
        let paths = JsFuture::from(namespace.get(&format!("{prefix}{at}"))).await?;
        let Some(paths) = paths.as_string() else { continue }; // its time was over just now
        let paths = Invalidation::new(paths.split_whitespace());
        if let Err(error) = &paths {
            worker::console_error!("the invalidation {prefix}{at} is refused: {error:?}");
        }
        KNOWN.with_borrow_mut(|known| {
            let known = known.entry(distribution.into()).or_default();
            known.batches.insert(at, paths.ok());
            if known.batches.len() > KNOWN_MAX {
                known.batches.pop_first();
            }
        });
    }
    Ok(())
}
