//! The web ACL of a distribution: before the cache, and before a behaviour is chosen.

use std::rc::Rc;

use distribution::{Answer, CacheResult};
use gateway_core::message::{self, Content, Inspection};
use http::request::Parts;
use http_cache::Fields;

use super::Edge;
use super::response::Outcome;
use crate::arrival::{Peer, arrive_with};
use crate::body::Body;
use crate::drive::{self, Held};
use crate::explained::Explained;
use crate::worker::Worker;

/// What a web ACL came to.
pub(super) enum Inspected {
    /// The request goes on. What is held of its content counts as held for as long as `held` is there.
    GoesOn { content: Body, held: Option<Box<Held>> },
    /// The distribution refuses in its own words; a page of the operator's may stand in for them.
    Refused(Answer),
    /// The web ACL's own answer, which nothing stands in for ("custom responses take precedence").
    Answered(Box<Outcome>),
}

/// Has the web ACL of this index decide. What it inserts is added to `fields`; with the account that the operator
/// asked for.
pub(super) async fn inspect(
    worker: &Rc<Worker>,
    peer: &Peer,
    (edge, web_acl): (&Edge, u32),
    request_id: &str,
    parts: &Parts,
    content: Body,
    fields: &mut Fields,
) -> (Inspected, Option<Explained>) {
    let arrived = arrive_with(worker, peer, parts.clone(), content, peer.heads());
    let Ok((mut arrival, client, contents)) = arrived else {
        return (Inspected::Refused(Answer::error(400, "The request cannot be read.")), None);
    };
    let client_content = arrival.request.content.clone();
    let (source_id, request_id) = (edge.id().into(), request_id.into());
    arrival.inspection = Some(Box::new(Inspection { web_acl, source_id, request_id }));
    let mut held = Held::new(client, contents);
    let Some((response, explained)) = drive::inspect(worker, arrival, &mut held).await else {
        return (Inspected::Refused(Answer::of_web_acl(500)), None);
    };
    let inspected = match response.into() {
        message::Inspected::GoesOn(inserted) => {
            inserted.iter().for_each(|line| fields.set(line.name, line.value));
            match held.contents.send(client_content) {
                Ok(content) => Inspected::GoesOn { content, held: Some(Box::new(held)) },
                Err(_) => Inspected::Refused(Answer::of_web_acl(500)),
            }
        }
        message::Inspected::Answered { status, fields: own, content } => {
            let content = match content {
                Content::Bytes(bytes) => bytes.into(),
                Content::Empty | Content::Held(_) => Body::Empty,
            };
            let fields: Fields = own.iter().map(|line| (line.name, line.value)).collect();
            let result = CacheResult::Error;
            let outcome = Outcome {
                status,
                fields,
                content,
                result,
                cache_status: None,
                detail: Some("InvalidRequestBlocked"),
                origin_ms: None,
            };
            Inspected::Answered(Box::new(outcome))
        }
        message::Inspected::Refused(status) => Inspected::Refused(Answer::of_web_acl(status)),
    };
    (inspected, explained)
}
