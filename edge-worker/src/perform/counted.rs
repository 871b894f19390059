//! `CountRequest`: what the rate-based rules of web ACLs count. Nobody waits for what other isolates have counted.

use std::cell::RefCell;
use std::time::Duration;

use gateway_core::effect::{Bytes, CountRequest};
use worker::{Context, Delay, Env};

use crate::convert::now;
use crate::counts::Counts;
use crate::later::later;
use crate::objects::{Ask, ask_within, shards};

/// How often objects are told what was counted.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// An object that is silent for so long is told again.
const OBJECT_WAIT: Duration = Duration::from_secs(1);

thread_local! {
    static COUNTS: RefCell<Counts> = RefCell::default();
}

/// Counts a request, and tells how many there were in its window, as far as this isolate knows.
pub(crate) fn count(effect: &CountRequest, env: &Env, context: &Context) -> u32 {
    let shards = shards(env);
    let (requests, is_to_tell) = COUNTS.with_borrow_mut(|counts| {
        let requests = counts.count(effect, now());
        (requests, shards.is_some() && counts.is_to_tell(effect, now()))
    });
    if let (Some(shards), true) = (shards, is_to_tell) {
        let env = env.clone();
        later(context, async move {
            Delay::from(TELL_EVERY).await;
            for mut message in COUNTS.with_borrow_mut(|counts| counts.tell(shards)) {
                let ask = Ask::CountRequests(Bytes(std::mem::take(&mut message.bytes)));
                let answer = ask_within(OBJECT_WAIT, &message.object, &ask, &env).await;
                COUNTS.with_borrow_mut(|counts| counts.told(message, answer, now()));
            }
            COUNTS.with_borrow_mut(Counts::has_told);
        });
    }
    requests
}
