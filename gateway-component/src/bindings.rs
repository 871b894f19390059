//! What wit-bindgen makes of `wit/gateway.wit`.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]

wit_bindgen::generate!({
    world: "gateway",
    path: "../wit",
    generate_all,
});
