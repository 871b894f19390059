//! JSON Web Tokens (RFC 7519), signatures (RFC 7515) and keys (RFC 7517): all but the mathematics.
//!
//! The algorithm is chosen by the key's type and the issuer's `alg`, never by the token alone
//! (RFC 8725 §3.1): `none`, the HMAC family, and keys or addresses embedded in a token's header
//! (`jwk`, `jku`, `x5u`, `x5c`) have no way in.

mod algorithm;
mod claims;
mod discovery;
mod json;
mod jwk;
mod jwks_cache;
mod token;

pub use algorithm::Algorithm;
pub use claims::{Claims, Refusal, Rules};
pub use discovery::{Discovery, jwks_uri};
pub(crate) use json::Json;
pub use jwk::{Jwk, KeyMaterial, read_jwks, unusable};
pub use jwks_cache::{JwksCache, Lookup};
pub use token::{Header, Token, TokenError};
