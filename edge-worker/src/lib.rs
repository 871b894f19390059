//! Edgeway in a Cloudflare Worker: the pipeline of `gateway-core`, with workerd as its host.
//!
//! The snapshot is the data module `snapshot.bin` beside the script; settings and secrets are
//! bindings (`docs/edge.md` lists them). The files under `perform/` have the names of those in
//! `host-runtime`, so that the two hosts read side by side.

mod bindings;
mod bucket_object;
mod buckets;
mod content;
mod convert;
mod counts;
mod drive;
mod edge;
mod later;
mod objects;
mod perform;
mod snapshot;

use std::pin::pin;
use std::rc::Rc;

use gateway_core::apart::Apart;
use worker::{Context, Env, Request, Result, event};

use drive::HeldByHost;
use snapshot::Deployment;

/// Answers one request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<web_sys::Response> {
    // The handle is cloned, not the request: JavaScript's `clone` would split its content in two.
    let request = Clone::clone(request.inner());
    let context = Rc::new(context);
    let response = match snapshot::deployment(&env) {
        Ok(Deployment { gateway, edges }) => match edges.find(convert::authority(&request.url())) {
            Some(edge) => Apart(pin!(edge::answer(gateway, edge, &request, &env, &context))).await,
            None => {
                let mut held = HeldByHost::default();
                let arrival = convert::arrival(&request, &mut held.contents);
                drive::drive(gateway, arrival, held, &env, &context).await
            }
        },
        Err(reason) => {
            worker::console_error!("the snapshot cannot be served: {reason}");
            convert::internal_server_error()
        }
    };
    // As it is: `worker::Response` would forget that its content is coded already, and have it coded again.
    Ok(response)
}
