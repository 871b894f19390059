//! `contentHandling`: which content is text and which is bytes, on the way to an endpoint and back.
//!
//! "Content type conversions in API Gateway", and recordings of the real service where that page
//! leaves something open. Templates take text alone.

mod binary;

use alloc::{string::String, vec::Vec};

use ::base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use ::base64::{alphabet, prelude::BASE64_STANDARD};

pub(crate) use binary::is_binary;

use crate::definition::ContentHandling;

/// Content after its conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Payload {
    /// What a template may take.
    Text(String),
    /// Bytes that go on as they are.
    Binary(Vec<u8>),
}

/// Content that was to become binary, and is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotBase64;

impl Payload {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// The client's content for the endpoint; `is_binary` says of which kind its `Content-Type` is.
pub(crate) fn of_request(
    content: Vec<u8>,
    is_binary: bool,
    handling: Option<ContentHandling>,
) -> Result<Payload, NotBase64> {
    match (is_binary, handling) {
        (true, None | Some(ContentHandling::ConvertToBinary)) => Ok(Payload::Binary(content)),
        (true, Some(ContentHandling::ConvertToText)) => Ok(encoded(&content)),
        (false, None | Some(ContentHandling::ConvertToText)) => Ok(text(content)),
        (false, Some(ContentHandling::ConvertToBinary)) => decoded(&content),
    }
}

/// The endpoint's content for the client; `accepts_binary` says of which kind the first entry of
/// the client's `Accept` is.
pub(crate) fn of_response(
    content: Vec<u8>,
    is_binary: bool,
    accepts_binary: bool,
    handling: Option<ContentHandling>,
) -> Result<Payload, NotBase64> {
    use ContentHandling::{ConvertToBinary, ConvertToText};
    match (is_binary, handling, accepts_binary) {
        (true, Some(ConvertToBinary), _) | (true, None, true) => Ok(Payload::Binary(content)),
        (true, Some(ConvertToText), _) | (true, None, false) => Ok(encoded(&content)),
        (false, Some(ConvertToText), _) | (false, None, false) => Ok(text(content)),
        (false, Some(ConvertToBinary), _) | (false, None, true) => decoded(unquoted(&content)),
    }
}

/// A function returns base64 as a string of JSON.
fn unquoted(content: &[u8]) -> &[u8] {
    let inner = content.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inner.unwrap_or(content)
}

/// Whether content goes from an endpoint to the client byte for byte.
pub(crate) fn passes_response(
    is_binary: bool,
    accepts_binary: bool,
    handling: Option<ContentHandling>,
) -> bool {
    match handling {
        Some(ContentHandling::ConvertToBinary) => is_binary,
        Some(ContentHandling::ConvertToText) => false,
        None => is_binary && accepts_binary,
    }
}

/// Text, in which bytes that are not UTF-8 are U+FFFD.
fn text(content: Vec<u8>) -> Payload {
    Payload::Text(match String::from_utf8(content) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn encoded(content: &[u8]) -> Payload {
    Payload::Text(BASE64_STANDARD.encode(content))
}

fn decoded(content: &[u8]) -> Result<Payload, NotBase64> {
    DECODER.decode(content).map(Payload::Binary).map_err(|_| NotBase64)
}

/// As Java's basic decoder: padding may be missing, and nothing else is forgiven.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;
    use ContentHandling::{ConvertToBinary, ConvertToText};

    const RAW: &[u8] = b"\x1f\x8b raw";
    const ENCODED: &[u8] = b"H4sgcmF3";

    fn raw() -> Result<Payload, NotBase64> {
        Ok(Payload::Binary(RAW.to_vec()))
    }

    fn text(text: &str) -> Result<Payload, NotBase64> {
        Ok(Payload::Text(text.into()))
    }

    #[test]
    fn a_clients_content_is_converted_by_its_type_and_the_integration() {
        let convert =
            |content: &[u8], is_binary, handling| of_request(content.to_vec(), is_binary, handling);
        assert_eq!(convert(RAW, true, None), raw());
        assert_eq!(convert(RAW, true, Some(ConvertToBinary)), raw());
        assert_eq!(convert(RAW, true, Some(ConvertToText)), text("H4sgcmF3"));
        assert_eq!(convert(RAW, false, None), text("\u{1f}\u{fffd} raw"));
        assert_eq!(convert(RAW, false, Some(ConvertToText)), text("\u{1f}\u{fffd} raw"));
        assert_eq!(convert(ENCODED, false, Some(ConvertToBinary)), raw());
        assert_eq!(convert(RAW, false, Some(ConvertToBinary)), Err(NotBase64));
        for content in ["plain words", "H4sgcmF3\n", "H4sg-mF3"] {
            let converted = convert(content.as_bytes(), false, Some(ConvertToBinary));
            assert_eq!(converted, Err(NotBase64), "{content}");
        }
    }

    #[test]
    fn base64_may_be_a_functions_result() {
        let convert =
            |content: &[u8]| of_response(content.to_vec(), false, true, Some(ConvertToBinary));
        assert_eq!(convert(b"\"H4sgcmF3\""), raw());
        assert_eq!(convert(b"\"H4sgcmF3"), Err(NotBase64));
    }

    #[test]
    fn an_endpoints_content_is_converted_by_its_type_the_clients_wish_and_the_response() {
        // Payload binary, Accept binary, contentHandling → what becomes of raw and of encoded bytes.
        let encoded_raw = || text("H4sgcmF3");
        let encoded_twice = || text("SDRzZ2NtRjM=");
        let replaced = || text("\u{1f}\u{fffd} raw");
        let same = || Ok(Payload::Binary(ENCODED.to_vec()));
        for (is_binary, accepts_binary, handling, of_raw, of_encoded) in [
            (false, false, None, replaced(), encoded_raw()),
            (false, false, Some(ConvertToText), replaced(), encoded_raw()),
            (false, false, Some(ConvertToBinary), Err(NotBase64), raw()),
            (false, true, None, Err(NotBase64), raw()),
            (false, true, Some(ConvertToText), replaced(), encoded_raw()),
            (false, true, Some(ConvertToBinary), Err(NotBase64), raw()),
            (true, false, None, encoded_raw(), encoded_twice()),
            (true, false, Some(ConvertToText), encoded_raw(), encoded_twice()),
            (true, false, Some(ConvertToBinary), raw(), same()),
            (true, true, None, raw(), same()),
            (true, true, Some(ConvertToText), encoded_raw(), encoded_twice()),
            (true, true, Some(ConvertToBinary), raw(), same()),
        ] {
            let row = (is_binary, accepts_binary, handling);
            let convert =
                |content: &[u8]| of_response(content.to_vec(), is_binary, accepts_binary, handling);
            assert_eq!(convert(RAW), of_raw, "{row:?}");
            assert_eq!(convert(ENCODED), of_encoded, "{row:?}");
            let passes = of_raw == raw() && of_encoded == same();
            assert_eq!(passes_response(is_binary, accepts_binary, handling), passes, "{row:?}");
        }
    }
}
