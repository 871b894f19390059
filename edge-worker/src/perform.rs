//! One file per effect, as in `host-runtime`.

pub(crate) mod access_keys;
pub(crate) mod authorizations;
pub(crate) mod counted;
pub(crate) mod function;
mod function_stream;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod responses;
mod service;
pub(crate) mod signature;
pub(crate) mod tokens;
