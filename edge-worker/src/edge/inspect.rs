//! The web ACL of a distribution: before the cache, and before a behaviour is chosen.

use std::rc::Rc;

use distribution::{Answer, CacheResult};
use gateway_core::effect::EffectError;
use gateway_core::gateway::Gateway;
use gateway_core::message::{self, Arrival, Content, Inspection};
use http_cache::Fields;
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use worker::{Context, Env};

use super::Edge;
use super::response::Outcome;
use crate::content::Contents;
use crate::drive::{self, HeldByHost};

/// What a web ACL came to.
pub(super) enum Inspected {
    /// The request goes on, with this content.
    GoesOn(Option<JsValue>),
    /// The distribution refuses in its own words; a page of the operator's may stand in for them.
    Refused(Answer),
    /// The web ACL's own answer, which nothing stands in for ("custom responses take precedence").
    Answered(Outcome),
}

/// Has the web ACL of this index decide. What it inserts is added to `fields`.
pub(super) async fn inspect(
    gateway: Rc<Gateway>,
    (edge, web_acl): (&Edge, u32),
    (arrival, contents): (&Arrival, Contents),
    request_id: &str,
    (env, context): (&Env, &Context),
    fields: &mut Fields,
) -> Inspected {
    let source_id = edge.distribution.id.clone();
    let inspection = Inspection { web_acl, source_id, request_id: request_id.into() };
    let content = arrival.request.content.clone();
    let arrival = Arrival { inspection: Some(Box::new(inspection)), ..arrival.clone() };
    let mut held = HeldByHost { contents, ..HeldByHost::default() };
    let Some(response) = drive::inspect(gateway, arrival, &mut held, env, context).await else {
        return Inspected::Refused(Answer::of_web_acl(500));
    };
    match response.into() {
        message::Inspected::GoesOn(inserted) => {
            inserted.iter().for_each(|line| fields.set(line.name, line.value));
            match held.contents.take(content) {
                Ok(content) => Inspected::GoesOn(content),
                // Nobody may send on what nobody has looked at.
                Err(EffectError::TooLarge) => {
                    Inspected::Refused(Answer::error(413, "The request is too large."))
                }
                Err(_) => Inspected::Refused(Answer::of_web_acl(500)),
            }
        }
        message::Inspected::Answered { status, fields: own, content } => {
            let content = match content {
                Content::Bytes(bytes) => Some(Uint8Array::from(&bytes[..]).into()),
                Content::Empty | Content::Held(_) => None,
            };
            let fields: Fields = own.iter().map(|line| (line.name, line.value)).collect();
            let result = CacheResult::Error;
            Inspected::Answered(Outcome {
                status,
                fields,
                content,
                result,
                cache_status: None,
                detail: Some("InvalidRequestBlocked"),
                origin_ms: None,
            })
        }
        message::Inspected::Refused(status) => Inspected::Refused(Answer::of_web_acl(status)),
    }
}
