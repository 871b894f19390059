//! An issuer's keys, which its object fetches for all isolates: the rules are the core's, as in an isolate.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_channel::oneshot;
use gateway_core::codec;
use gateway_core::effect::{Bytes, KeySource};
use gateway_core::jwt::{Discovery, JwksCache, Lookup};
use js_sys::Uint8Array;
use worker::Delay;

use super::Object;
use crate::convert::now;
use crate::later::later_in_object;
use crate::objects::Kept;
use crate::perform::keys::{POLL, fetch_keys, read};

/// Where they are in the storage: an object that nobody asked for a while is not in memory any more.
const STORAGE_KEY: &str = "keys";

/// The keys of the object's one issuer.
#[derive(Debug, Default)]
pub(super) struct Keys {
    cache: RefCell<JwksCache>,
    /// What the keys in the cache were read from.
    set: RefCell<Bytes>,
    /// Whether what the storage has was read.
    is_read: Cell<bool>,
}

impl Object {
    /// The issuer's keys, fetched anew if there are none that are fresh or the one that is looked for is not among them.
    pub(super) async fn find_keys(
        self: &Rc<Self>,
        url: String,
        issuer: Option<String>,
        kid: Option<String>,
    ) -> Kept {
        let (source, discovery) = match issuer {
            Some(issuer) => (KeySource::Issuer(issuer), Discovery::Configuration(url)),
            // Only a name for what is there.
            None => (KeySource::Issuer(url.clone()), Discovery::Jwks(url)),
        };
        if !self.keys.is_read.get() {
            self.read_keys(&source).await;
        }
        let Keys { cache, set, .. } = &self.keys;
        loop {
            let lookup = cache.borrow_mut().look_up(&source, kid.as_deref(), now());
            match lookup {
                Lookup::Found(_) | Lookup::Failed(_) => {
                    let (_, at) = cache.borrow().keys(&source, now())?;
                    return Some((set.borrow().clone(), at));
                }
                Lookup::Wait => Delay::from(POLL).await,
                Lookup::Fetch => {
                    let object = Rc::clone(self);
                    let (source, discovery) = (source.clone(), discovery.clone());
                    let (ended, end) = oneshot::channel();
                    // Whoever asked may leave; others wait for it, too.
                    later_in_object(&self.state, async move {
                        object.fetch_keys(&source, &discovery).await;
                        let _ = ended.send(());
                    });
                    let _ = end.await;
                }
            }
        }
    }

    /// What cannot be read is fetched.
    async fn read_keys(&self, source: &KeySource) {
        let stored = self.stored(STORAGE_KEY).await.ok().flatten();
        // Somebody else may have been faster, and have fetched already.
        if !self.keys.is_read.replace(true)
            && let Some((set, at)) = stored.and_then(|bytes| codec::decode::<Kept>(&bytes).ok()?)
            && let Ok(keys) = read(&set.0)
        {
            self.keys.cache.borrow_mut().restore(source, keys, at);
            *self.keys.set.borrow_mut() = set;
        }
    }

    async fn fetch_keys(&self, source: &KeySource, discovery: &Discovery) {
        let fetched = fetch_keys(source, discovery, &self.env).await;
        let at = now();
        let (keys, set) = match fetched {
            Ok((keys, set)) => (Ok(keys), Some(set)),
            Err(error) => (Err(error), None),
        };
        self.keys.cache.borrow_mut().store(source, keys, at);
        if let Some(set) = set {
            *self.keys.set.borrow_mut() = set.clone();
            let bytes = codec::encode::<Kept>(&Some((set, at)));
            let bytes = Uint8Array::from(&bytes[..]);
            if let Err(error) = self.state.storage().put_raw(STORAGE_KEY, bytes).await {
                worker::console_warn!("keys of {source} cannot be stored: {error}");
            }
        }
    }
}
