//! What wasmtime makes of `wit/gateway.wit`. Nothing outside `engine/component/` sees it.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]

wasmtime::component::bindgen!({
    world: "gateway",
    path: "../wit",
});
