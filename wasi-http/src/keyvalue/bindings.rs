//! What wit-bindgen makes of `wit/`.
#![allow(missing_docs, unreachable_pub, unused_qualifications, dead_code, clippy::all)]

wit_bindgen::generate!({
    world: "stores",
    path: "src/keyvalue/wit",
    generate_all,
});
