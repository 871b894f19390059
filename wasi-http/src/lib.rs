//! Edgeway as a component of the world `wasi:http/proxy`: the pipeline of `gateway-core`, hosted by whatever serves
//! such components (`wasmtime serve`, Spin, wasmCloud).
//!
//! The definitions are in the component itself: `edgeway deploy --target wasi` writes them behind its memory
//! (`snapshot.rs`). Settings and secrets are environment variables (`docs/wasi.md` lists them). An instance answers one
//! request at a time, so nothing here is asynchronous: what waits, waits in `clock.rs`. The files under `perform/` have
//! the names of those in the other hosts.

mod clock;
mod content;
mod convert;
mod drive;
mod environment;
mod keyvalue;
mod log;
mod perform;
mod snapshot;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

struct Proxy;

impl Guest for Proxy {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        match snapshot::gateway() {
            Ok(gateway) => drive::drive(gateway, request, out),
            Err(reason) => {
                log::error(&format!("the snapshot cannot be served: {reason}"));
                convert::respond_internal_server_error(out);
            }
        }
    }
}

wasip2::http::proxy::export!(Proxy);
