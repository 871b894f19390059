//! `TakeTokens`: the buckets live in a Durable Object, where the core's own arithmetic takes from them.
//!
//! All buckets of a request are taken together, and the account's is among them, so one object
//! holds all buckets of an account.

use std::cell::RefCell;

use gateway_core::bucket::take_all;
use gateway_core::codec;
use gateway_core::effect::{EffectError, TakeTokens, Taken};
use js_sys::Uint8Array;
use worker::{Env, Method, Request, RequestInit};

use crate::bindings;
use crate::bucket_object::Buckets;
use crate::convert::now;

const OBJECT_NAME: &str = "account";

thread_local! {
    static LOCAL: RefCell<Buckets> = RefCell::default();
}

/// Takes from every bucket, or from none.
pub(crate) async fn take(take: TakeTokens, env: &Env) -> Result<Taken, EffectError> {
    if bindings::text(env, "EDGEWAY_BUCKETS").as_deref() == Some("local") {
        return Ok(LOCAL.with_borrow_mut(|buckets| take_all(&take, now(), buckets)));
    }
    ask_object(&take, env).await.map_err(|error| EffectError::Unavailable(error.to_string()))
}

async fn ask_object(take: &TakeTokens, env: &Env) -> worker::Result<Taken> {
    let stub = env.durable_object("BUCKETS")?.get_by_name(OBJECT_NAME)?;
    let body = Uint8Array::from(&codec::encode(take)[..]);
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(body.into()));
    let request = Request::new_with_init("https://buckets/take", &init)?;
    let answer = stub.fetch_with_request(request).await?.bytes().await?;
    codec::decode(&answer).map_err(worker::Error::RustError)
}
