//! AWS Signature Version 4, as whoever verifies it reads it. All but the secret: the host has that.
//!
//! AWS: "Signature Version 4 signing process", "Authenticating requests: using query parameters".
//! A request claims an access key ([`Claim`]), and is written down as its signer must have written it
//! ([`strings_to_sign`]). Two readings that differ among signers, and neither of which lets another
//! request in, are both tried: whether the path was normalised, and whether a session token that came
//! in the query was signed.

mod canonical;
mod claim;
#[cfg(test)]
mod tests;

pub(crate) use canonical::{payload_hash, strings_to_sign};
pub(crate) use claim::{Claim, ClaimError, Place};
