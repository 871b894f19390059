//! The Durable Object that holds what isolates share: token buckets and counts of quotas, issuers' keys, results of Lambda
//! authorizers, counts of rate-based rules. Which of them an object holds, its name says to those who ask it.
//!
//! A Durable Object runs one request at a time between its awaits, so taking from several buckets
//! is atomic. Buckets are in its memory alone: an object that is moved or evicted starts with full
//! ones, which errs by at most one burst and saves a durable write per request. Counts of quotas are
//! in its storage too: they are written at most a second after they have changed. So are keys. Results of authorizers
//! and counts of rules are forgotten with the object: the function is asked again, and isolates know what they have counted.

pub(crate) mod keys;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use gateway_core::apart::{Apart, apart};
use gateway_core::bucket::{Bucket, BucketTake, take_all};
use gateway_core::codec;
use gateway_core::counted::CountedRequests;
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::remembered::RememberedAuthorizations;
use gateway_core::usage::{Day, Usage};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::buckets::Shard;
use crate::convert::now;
use crate::counts;
use crate::later::later_in_object;
use crate::objects::{Ask, ask};
use keys::Keys;

/// Of the results of authorizers in one object.
const RESULTS_MAX: usize = 8_192;
const RESULTS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Of what one object counts for a rule.
const COUNTED_MAX: usize = 50_000;
/// How long counts may be in memory alone.
const WRITE_AFTER: Duration = Duration::from_secs(1);
/// How often owners are told what was granted from copies of their buckets.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Remembers for all isolates.
#[durable_object(alarm)]
pub struct BucketObject {
    object: Rc<Object>,
}

struct Object {
    state: State,
    env: Env,
    shard: RefCell<Shard>,
    /// Keys whose counts are not written yet.
    unwritten: RefCell<BTreeSet<String>>,
    /// Whether the alarm is set that will write them.
    is_alarm_set: Cell<bool>,
    /// Whether somebody tells owners already.
    is_telling: Cell<bool>,
    keys: Keys,
    authorizations: RefCell<RememberedAuthorizations>,
    counted: RefCell<CountedRequests>,
}

impl DurableObject for BucketObject {
    fn new(state: State, env: Env) -> Self {
        let object = Object {
            state,
            env,
            shard: RefCell::default(),
            unwritten: RefCell::default(),
            is_alarm_set: Cell::new(false),
            is_telling: Cell::new(false),
            keys: Keys::default(),
            authorizations: RememberedAuthorizations::bounded(RESULTS_MAX, RESULTS_BYTES_MAX)
                .into(),
            counted: CountedRequests::bounded(COUNTED_MAX).into(),
        };
        Self { object: Rc::new(object) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.bytes().await?;
        match codec::decode::<Ask>(&body) {
            Ok(ask) => Response::from_bytes(self.object.answer(ask).await?),
            // It may be of another version of the Worker.
            Err(reason) => Response::error(reason, 400),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.object.write().await?;
        Response::empty()
    }
}

impl Object {
    async fn answer(self: &Rc<Self>, ask: Ask) -> Result<Vec<u8>> {
        Ok(match ask {
            Ask::Take { home, take } => {
                let taken = self.take(home, &take).await?;
                if self.shard.borrow().owes() && !self.is_telling.replace(true) {
                    later_in_object(&self.state, Rc::clone(self).tell());
                }
                codec::encode(&taken)
            }
            Ask::Settle(takes) => {
                apart(|| codec::encode(&self.shard.borrow_mut().settle(&takes, now())))
            }
            Ask::FindKeys { url, issuer, kid } => {
                codec::encode(&Apart(pin!(self.find_keys(url, issuer, kid))).await)
            }
            Ask::RecallAuthorization(key) => {
                apart(|| codec::encode(&self.authorizations.borrow_mut().recall_until(&key, now())))
            }
            Ask::RememberAuthorization { key, grant, until } => {
                apart(|| self.authorizations.borrow_mut().remember(key, grant, until, now()));
                Vec::new()
            }
            Ask::CountRequests(told) => {
                apart(|| counts::add(&mut self.counted.borrow_mut(), &told.0, now()))
            }
        })
    }

    async fn take(&self, home: String, take: &TakeTokens) -> Result<Taken> {
        let counted = take.usage.as_ref().map(|usage| usage.key.as_str());
        if let Some(key) = counted {
            Apart(pin!(self.read(key))).await?;
        }
        let taken = {
            let mut shard = self.shard.borrow_mut();
            shard.name = home;
            take_all(take, now(), &mut *shard)
        };
        if let (Some(key), Taken::All) = (counted, taken) {
            self.unwritten.borrow_mut().insert(key.into());
            if !self.is_alarm_set.replace(true) {
                // Without an alarm the next request sets one.
                let set = self.state.storage().set_alarm(WRITE_AFTER).await;
                set.inspect_err(|_| self.is_alarm_set.set(false))?;
            }
        }
        Ok(taken)
    }

    /// Fetches what was counted before this object was moved or evicted.
    async fn read(&self, key: &str) -> Result<()> {
        if self.shard.borrow().buckets.usage.contains_key(key) {
            return Ok(());
        }
        let days = match self.stored(&storage_key(key)).await? {
            Some(bytes) => {
                codec::decode::<Vec<(Day, u32)>>(&bytes).map_err(worker::Error::RustError)?
            }
            None => Vec::new(),
        };
        let usage = Usage::from_days(days);
        // Somebody else may have been faster, and have counted already.
        self.shard.borrow_mut().buckets.usage.entry(key.into()).or_insert(usage);
        Ok(())
    }

    /// What is in the storage by this key.
    async fn stored(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let stored = JsFuture::from(self.state.storage().as_raw().get(key)?).await?;
        Ok(stored.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec()))
    }

    async fn write(&self) -> Result<()> {
        // Before anything is awaited: what is counted from here on sets the next alarm.
        self.is_alarm_set.set(false);
        let mut unwritten = self.unwritten.take();
        while let Some(key) = unwritten.pop_first() {
            let bytes = match self.shard.borrow().buckets.usage.get(&key) {
                Some(usage) => Uint8Array::from(&codec::encode(&usage.days())[..]),
                None => continue,
            };
            if let Err(error) = self.state.storage().put_raw(&storage_key(&key), bytes).await {
                // The platform calls again.
                self.unwritten.borrow_mut().extend(unwritten.into_iter().chain([key]));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Tells owners what was granted from copies of their buckets, until there is nothing to tell.
    async fn tell(self: Rc<Self>) {
        while self.shard.borrow().owes() {
            // Those who were granted something are answered meanwhile.
            Delay::from(TELL_EVERY).await;
            let told = self.shard.borrow_mut().tell();
            for (owner, takes) in told {
                match self.settle(&owner, takes.clone()).await {
                    Ok(left) => self.shard.borrow_mut().told(&takes, &left, now()),
                    Err(error) => {
                        worker::console_warn!("{owner} cannot be told: {error}");
                        self.shard.borrow_mut().not_told(&takes);
                    }
                }
            }
        }
        self.is_telling.set(false);
    }

    async fn settle(&self, owner: &str, takes: Vec<BucketTake>) -> Result<Vec<Bucket>> {
        ask(owner, &Ask::Settle(takes), &self.env).await
    }
}

fn storage_key(key: &str) -> String {
    ["usage/", key].concat()
}
