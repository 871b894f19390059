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
mod drive;
mod perform;
mod sign;
mod snapshot;

use worker::{Context, Env, Request, Response, Result, event};

/// Answers one request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    // The handle is cloned, not the request: JavaScript's `clone` would split its content in two.
    let request = Clone::clone(request.inner());
    let response = match snapshot::gateway() {
        Ok(gateway) => drive::drive(gateway, request, &env, &context).await,
        Err(reason) => {
            worker::console_error!("the snapshot cannot be served: {reason}");
            convert::internal_server_error()
        }
    };
    Ok(response.into())
}
