//! The compact serialisation (RFC 7515 §7.1).

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Claims;
use super::json::Json;
use crate::limits::TOKEN_BYTES_MAX;

/// A token taken apart. Nothing in it is trusted until its signature is verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Token<'t> {
    /// What is signed: `header.payload`.
    pub signing_input: &'t str,
    /// The members of the header that count.
    pub header: Header,
    /// The payload.
    pub claims: Claims,
    /// The signature, decoded.
    pub signature: Vec<u8>,
}

/// The members of a token's header that count. All others are ignored (RFC 7515 §4), so a key or
/// a key's address in the token has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// `alg`, as the token claims it.
    pub algorithm: String,
    /// `kid`
    pub kid: Option<String>,
}

/// Why a text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Longer than [`TOKEN_BYTES_MAX`].
    TooLong,
    /// Not three parts.
    Segments,
    /// A part is not base64url without padding.
    Base64,
    /// Header or payload is no JSON object, or a member stands twice in it.
    Json,
    /// `alg` or `kid` is missing or no string.
    Header,
    /// `crit` names an extension; none is understood here (RFC 7515 §4.1.11).
    Critical,
}

impl<'t> Token<'t> {
    /// Takes a token apart.
    pub fn parse(text: &'t str) -> Result<Self, TokenError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(TokenError::Segments)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenError::Segments)?;
        if payload.contains('.') {
            return Err(TokenError::Segments);
        }
        let header = read_header(&decode_object(header)?)?;
        let claims = Claims::new(decode_object(payload)?);
        Ok(Self { signing_input, header, claims, signature: decode(signature)? })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Base64)
}

fn decode_object(part: &str) -> Result<Json, TokenError> {
    match serde_json::from_slice(&decode(part)?) {
        Ok(object @ Json::Object(_)) => Ok(object),
        _ => Err(TokenError::Json),
    }
}

fn read_header(header: &Json) -> Result<Header, TokenError> {
    if header.get("crit").is_some() {
        return Err(TokenError::Critical);
    }
    let algorithm = header.get("alg").and_then(Json::as_str).ok_or(TokenError::Header)?;
    let kid = match header.get("kid") {
        None => None,
        Some(kid) => Some(kid.as_str().ok_or(TokenError::Header)?.to_string()),
    };
    Ok(Header { algorithm: algorithm.to_string(), kid })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let (h, p) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        alloc::format!("{h}.{p}.c2ln")
    }
    fn refused(header: &str, payload: &str) -> TokenError {
        Token::parse(&token(header, payload)).unwrap_err()
    }

    #[test]
    fn a_token_comes_apart() {
        let text = token(r#"{"alg":"RS256","kid":"k","jku":"http://evil"}"#, r#"{"sub":"u"}"#);
        let token = Token::parse(&text).unwrap();
        assert_eq!(token.header, Header { algorithm: "RS256".into(), kid: Some("k".into()) });
        assert_eq!(token.signature, b"sig");
        assert_eq!(token.signing_input, &text[..text.len() - 5]);
    }

    #[test]
    fn what_is_not_a_token_says_why() {
        assert_eq!(Token::parse("abc"), Err(TokenError::Segments));
        assert_eq!(Token::parse("a.b"), Err(TokenError::Segments));
        assert_eq!(Token::parse("a.b.c.d"), Err(TokenError::Segments));
        assert_eq!(Token::parse("a.b.c"), Err(TokenError::Base64));
        assert_eq!(Token::parse("e30=.e30.c2ln"), Err(TokenError::Base64));
        assert_eq!(Token::parse("e30.e30.c2ln"), Err(TokenError::Header));
        assert_eq!(refused("[]", "{}"), TokenError::Json);
        assert_eq!(refused(r#"{"alg":"RS256"}"#, "7"), TokenError::Json);
        assert_eq!(refused(r#"{"alg":1}"#, "{}"), TokenError::Header);
        assert_eq!(refused(r#"{"alg":"RS256","kid":null}"#, "{}"), TokenError::Header);
        let long = alloc::vec![b'a'; TOKEN_BYTES_MAX + 1];
        assert_eq!(Token::parse(core::str::from_utf8(&long).unwrap()), Err(TokenError::TooLong));
    }

    #[test]
    fn a_member_that_stands_twice_is_refused() {
        assert_eq!(refused(r#"{"alg":"RS256","alg":"none"}"#, "{}"), TokenError::Json);
        assert_eq!(refused(r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#), TokenError::Json);
    }

    #[test]
    fn a_critical_extension_is_refused() {
        let header = r#"{"alg":"RS256","crit":["b64"],"b64":false}"#;
        assert_eq!(refused(header, "{}"), TokenError::Critical);
    }

    #[test]
    fn a_deeply_nested_token_is_refused_without_exhausting_the_stack() {
        let deep = "[".repeat(10_000);
        assert_eq!(
            refused(r#"{"alg":"RS256"}"#, &alloc::format!("{{\"a\":{deep}")),
            TokenError::Json
        );
    }
}
