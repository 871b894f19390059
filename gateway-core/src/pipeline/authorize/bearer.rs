//! What every authorizer of signed tokens shares: the key is found, the algorithm chosen by the
//! key, the signature verified by the host.

use crate::effect::{EffectError, FindKey, KeySource, VerifySignature};
use crate::exchange::Io;
use crate::jwt::{Claims, Token};

/// Claims whose signature is verified. There is no other way to make one.
#[derive(Debug)]
pub(super) struct Verified(Claims);

impl Verified {
    pub(super) fn claims(&self) -> &Claims {
        &self.0
    }
}

/// Why a token's signature is not accepted.
#[derive(Debug, PartialEq)]
pub(super) enum Unverified {
    /// It names no key.
    NoKid,
    /// The issuer has no key of that `kid`.
    UnknownKid,
    /// The key verifies no signature of the `alg` that the token claims.
    Algorithm,
    /// The signature is wrong.
    Signature,
    /// The issuer's keys, or the verification, cannot be had.
    Host(EffectError),
}

/// `Bearer x` or `x`: AWS takes both.
pub(super) fn strip_bearer(value: &str) -> &str {
    match value.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => token.trim_start(),
        _ => value,
    }
}

/// Verifies a token's signature. Asks for the key only when the text is a token, for the
/// verification only when the key fits.
pub(super) async fn verify(
    token: Token<'_>,
    source: KeySource,
    io: &Io,
) -> Result<Verified, Unverified> {
    let Some(kid) = token.header.kid else { return Err(Unverified::NoKid) };
    let key = io.perform(FindKey { source, kid: Some(kid) }).await.map_err(Unverified::Host)?;
    let key = key.ok_or(Unverified::UnknownKid)?;
    let algorithm = key.algorithm_for(&token.header.algorithm).ok_or(Unverified::Algorithm)?;
    let until = token.claims.expires_at();
    let verification = VerifySignature {
        algorithm,
        key,
        message: token.signing_input.as_bytes().to_vec().into(),
        signature: token.signature.into(),
        until,
    };
    match io.perform(verification).await.map_err(Unverified::Host)? {
        true => Ok(Verified(token.claims)),
        false => Err(Unverified::Signature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_optional() {
        for (value, token) in [
            ("Bearer a.b.c", "a.b.c"),
            ("bearer  a.b.c", "a.b.c"),
            ("a.b.c", "a.b.c"),
            ("Bearer", "Bearer"),
            ("€€€€", "€€€€"),
        ] {
            assert_eq!(strip_bearer(value), token);
        }
    }
}
