//! What distributions have stored, in the platform's cache: for each object a list of its variants and parts,
//! and the content of each beside it.
//!
//! Two isolates that store variants of one object at once may lose one of them, which is asked for again: the
//! cache has no transactions. Contents that no list has any more go when their time is over.

use distribution::Distribution;
use gateway_core::codec;
use http_cache::{ByteRange, Content, Policy, Stored};
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::flights::{self, Change, Digest};
use crate::content::read_stream;
use crate::convert::now;

/// A cache of its own, which `fetch` knows nothing of.
const CACHE: &str = "edgeway";
/// Rises with every change of what is written.
const VERSION: u8 = 1;
/// Most responses of an object: variants and parts.
const ENTRIES_MAX: usize = 32;
/// Largest list that is read.
const LIST_BYTES_MAX: usize = 1 << 20;
/// Longest that something is kept; the platform forgets earlier what nobody asks for.
const KEPT_S_MAX: u64 = 30 * 86_400;

#[wasm_bindgen]
extern "C" {
    #[derive(Debug)]
    type Cache;
    #[wasm_bindgen(js_namespace = caches, js_name = open)]
    fn open_cache(name: &str) -> Promise;
    #[wasm_bindgen(method, js_name = "match")]
    fn find(this: &Cache, request: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    fn put(this: &Cache, url: &str, response: &Response) -> Promise;
    #[wasm_bindgen(method)]
    fn delete(this: &Cache, url: &str) -> Promise;
}

/// A stored response; its content is elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Of the key under which it is stored.
    pub(super) digest: Digest,
    pub(super) stored: Stored,
    /// Of its content.
    pub(super) id: [u8; 16],
    pub(super) length: u64,
}

/// Where a distribution's objects are.
#[derive(Debug, Clone)]
pub(super) struct Store {
    base: String,
}

impl Store {
    pub(super) fn of(distribution: &Distribution) -> Self {
        // A host name of the zone, if there is one: the platform looks after those itself.
        let host = distribution.aliases.iter().find(|alias| !alias.starts_with("*."));
        let host = host.map_or("edgeway.invalid", String::as_str);
        Self { base: format!("https://{host}/.edgeway/{}/", hex(&digest(&distribution.id))) }
    }

    /// What is stored of an object, under all of its keys.
    pub(super) async fn entries(&self, object: &str) -> Vec<Entry> {
        self.read(object).await.unwrap_or_default()
    }

    async fn read(&self, object: &str) -> Option<Vec<Entry>> {
        let found = get(&self.list_url(object).into()).await?;
        let bytes = read_stream(found.body()?, LIST_BYTES_MAX).await.ok()?;
        let (version, bytes) = bytes.split_first()?;
        (*version == VERSION).then(|| codec::decode(bytes).ok()).flatten()
    }

    /// One more response of an object, or one less, or one in the place of another one; nothing at all where the
    /// object was forgotten after that moment.
    pub(super) async fn change(
        &self,
        object: &str,
        policy: &Policy,
        new: Option<Entry>,
        gone: Option<[u8; 16]>,
        moment: u64,
    ) {
        let _turn = Change::begin(object).await;
        let new = new.filter(|_| !flights::is_forgotten_since(object, moment));
        let mut entries = self.entries(object).await;
        let at = now().0;
        let mut outdated = Vec::new();
        let kept_id = new.as_ref().map(|new| new.id);
        entries.retain(|one| {
            let is_replaced = new
                .as_ref()
                .is_some_and(|new| new.digest == one.digest && new.stored.replaces(&one.stored));
            let is_over = one.stored.worth_keeping_until(policy).0 <= at;
            let is_kept = Some(one.id) != gone && !is_replaced && !is_over;
            if !is_kept {
                outdated.push(one.id);
            }
            is_kept
        });
        entries.extend(new);
        if entries.len() > ENTRIES_MAX {
            outdated.push(entries.remove(0).id);
        }
        let until = entries.iter().map(|one| one.stored.worth_keeping_until(policy).0).max();
        let list = self.list_url(object);
        match until.map(|until| until.saturating_sub(at) / 1000).filter(|kept_s| *kept_s > 0) {
            Some(kept_s) => {
                let bytes = [&[VERSION], &*codec::encode(&entries)].concat();
                set(&list, &Uint8Array::from(&bytes[..]), kept_s).await;
            }
            None => remove(&list).await,
        }
        if flights::is_forgotten_since(object, moment) {
            remove(&list).await; // it may have been written again meanwhile
        }
        for id in outdated.iter().filter(|id| Some(**id) != kept_id) {
            remove(&self.content_url(id)).await;
        }
    }

    /// Stores a content. Whether it is there now.
    pub(super) async fn set_content(
        &self,
        id: &[u8; 16],
        bytes: &Uint8Array,
        kept_ms: u64,
    ) -> bool {
        let is_empty = bytes.length() == 0; // then there is nothing to be fetched
        is_empty || set(&self.content_url(id), bytes, (kept_ms / 1000).max(1)).await
    }

    /// What of a content is wanted; `None` where the platform has forgotten it.
    pub(super) async fn content(&self, entry: &Entry, wanted: &Content) -> Option<Option<JsValue>> {
        let url = self.content_url(&entry.id);
        match wanted {
            Content::None => Some(None),
            Content::Whole if entry.length == 0 => Some(None),
            Content::Whole => get(&url.into()).await?.body().map(|body| Some(body.into())),
            Content::Bytes(range) => {
                let found = get(&ranged(&url, *range)?).await?;
                let is_part = found.status() == 206;
                let body = found.body()?;
                if is_part {
                    return Some(Some(body.into()));
                }
                // A cache that knows no ranges.
                let all = read_stream(body, usize::try_from(entry.length).ok()?).await.ok()?;
                let part = all.get(range.first as usize..=range.last as usize)?;
                Some(Some(Uint8Array::from(part).into()))
            }
        }
    }

    /// Forgets all variants of an object.
    pub(super) async fn forget(&self, object: &str) {
        remove(&self.list_url(object)).await;
    }

    fn list_url(&self, object: &str) -> String {
        [&*self.base, &hex(&digest(object))].concat()
    }

    fn content_url(&self, id: &[u8; 16]) -> String {
        [&*self.base, "content/", &hex(id)].concat()
    }
}

/// A name for a content that nothing else has.
pub(super) fn new_id() -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&crate::convert::seed().0[..16]);
    id
}

pub(super) fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn cache() -> Option<Cache> {
    JsFuture::from(open_cache(CACHE)).await.ok().map(JsCast::unchecked_into)
}

async fn get(request: &JsValue) -> Option<Response> {
    let found = JsFuture::from(cache().await?.find(request)).await.ok()?;
    found.dyn_into().ok()
}

async fn set(url: &str, bytes: &Uint8Array, kept_s: u64) -> bool {
    let control = format!("max-age={}", kept_s.min(KEPT_S_MAX));
    let headers = web_sys::Headers::new().expect("an empty Headers can always be made");
    let _ = headers.set("cache-control", &control);
    let response = crate::convert::response_with(200, &headers, Some(bytes.into()));
    let Some(cache) = cache().await else { return false };
    let stored = JsFuture::from(cache.put(url, &response)).await;
    if let Err(error) = &stored {
        worker::console_warn!("the platform's cache does not take what is to be stored: {error:?}");
    }
    stored.is_ok()
}

async fn remove(url: &str) {
    if let Some(cache) = cache().await {
        // Whether there was anything.
        let _ = JsFuture::from(cache.delete(url)).await;
    }
}

/// A request for a part: the cache answers it itself.
fn ranged(url: &str, range: ByteRange) -> Option<JsValue> {
    let lines = Object::new();
    let value = format!("bytes={}-{}", range.first, range.last);
    Reflect::set(&lines, &"range".into(), &value.into()).ok()?;
    let init = Object::new();
    Reflect::set(&init, &"headers".into(), &lines).ok()?;
    let constructor = Reflect::get(&js_sys::global(), &"Request".into()).ok()?;
    let constructor: Function = constructor.dyn_into().ok()?;
    Reflect::construct(&constructor, &js_sys::Array::of2(&url.into(), &init)).ok()
}
