//! The operator's token. Neither it nor its length shows itself to anybody.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// Shortest token: one that is guessed opens every account of every request.
pub const TOKEN_BYTES_MIN: usize = 16;

/// What those have who may change what is served. Its digest is kept, the token is not.
#[derive(Clone, Copy, PartialEq)]
pub struct AdminToken([u8; 32]);

impl AdminToken {
    /// The token with this text.
    pub fn new(token: &str) -> Self {
        Self(digest_of(token.as_bytes()))
    }

    /// Whether this is it. Digests are compared, so that time tells neither text nor length.
    pub fn is(&self, presented: &[u8]) -> bool {
        verify_slices_are_equal(&self.0, &digest_of(presented)).is_ok()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(...)")
    }
}

fn digest_of(token: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_alone_and_shows_nothing() {
        let token = AdminToken::new("0123456789abcdef");
        assert!(token.is(b"0123456789abcdef"));
        for other in ["", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg"] {
            assert!(!token.is(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{token:?}"), "AdminToken(...)");
    }
}
