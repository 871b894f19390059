//! One file per effect, as in `host-runtime`; those that need nothing of workerd are in `edge-common`.

pub(crate) mod authorizations;
pub(crate) mod counted;
pub(crate) mod function;
mod function_stream;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod responses;
pub(crate) mod signature;
pub(crate) mod tokens;
mod upload;
