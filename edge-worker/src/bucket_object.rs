//! The Durable Object that holds token buckets and counts of quotas.
//!
//! A Durable Object runs one request at a time between its awaits, so taking from several buckets
//! is atomic. Buckets are in its memory alone: an object that is moved or evicted starts with full
//! ones, which errs by at most one burst and saves a durable write per request. Counts of quotas are
//! in its storage too: they are written at most a second after they have changed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use gateway_core::bucket::{Bucket, BucketTake, take_all};
use gateway_core::codec;
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::usage::{Day, Usage};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::buckets::{Ask, Shard};
use crate::convert::now;
use crate::perform::tokens;

/// How long counts may be in memory alone.
const WRITE_AFTER: Duration = Duration::from_secs(1);
/// How often owners are told what was granted from copies of their buckets.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Takes tokens for all isolates.
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
        };
        Self { object: Rc::new(object) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.bytes().await?;
        match codec::decode::<Ask>(&body) {
            Ok(Ask::Take { home, take }) => {
                let taken = self.object.take(home, &take).await?;
                if self.object.shard.borrow().owes() && !self.object.is_telling.replace(true) {
                    self.object.state.wait_until(Rc::clone(&self.object).tell());
                }
                Response::from_bytes(codec::encode(&taken))
            }
            Ok(Ask::Settle(takes)) => {
                let left = self.object.shard.borrow_mut().settle(&takes, now());
                Response::from_bytes(codec::encode(&left))
            }
            Err(reason) => Response::error(reason, 400),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.object.write().await?;
        Response::empty()
    }
}

impl Object {
    async fn take(&self, home: String, take: &TakeTokens) -> Result<Taken> {
        let counted = take.usage.as_ref().map(|usage| usage.key.as_str());
        if let Some(key) = counted {
            self.read(key).await?;
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
        let stored = self.state.storage().as_raw().get(&storage_key(key))?;
        let stored = JsFuture::from(stored).await?;
        let days = match stored.dyn_into::<Uint8Array>() {
            Ok(bytes) => codec::decode::<Vec<(Day, u32)>>(&bytes.to_vec())
                .map_err(worker::Error::RustError)?,
            Err(_) => Vec::new(),
        };
        let usage = Usage::from_days(days);
        // Somebody else may have been faster, and have counted already.
        self.shard.borrow_mut().buckets.usage.entry(key.into()).or_insert(usage);
        Ok(())
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
            Delay::from(TELL_EVERY).await;
        }
        self.is_telling.set(false);
    }

    async fn settle(&self, owner: &str, takes: Vec<BucketTake>) -> Result<Vec<Bucket>> {
        tokens::ask(owner, &codec::encode(&Ask::Settle(takes)), &self.env).await
    }
}

fn storage_key(key: &str) -> String {
    ["usage/", key].concat()
}
