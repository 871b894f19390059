//! JSON Web Tokens (RFC 7519), signatures (RFC 7515) and keys (RFC 7517): all but the mathematics.

mod algorithm;
mod jwk;

pub use algorithm::Algorithm;
pub use jwk::{Jwk, KeyMaterial};
