//! One file per effect, as in `host-runtime` and in `edge-worker`; those that need nothing of WASI are in `edge-common`.

pub(crate) mod authorizations;
pub(crate) mod function;
mod function_stream;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod responses;
pub(crate) mod signature;
pub(crate) mod tokens;
