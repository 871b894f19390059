//! Signature Version 4, for the requests that the host sends to AWS.

use std::time::SystemTime;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_http,
};
use aws_sigv4::sign::v4::SigningParams;
use gateway_core::effect::EffectError;
use http::Request;

use crate::credentials::Keys;

/// What a signature is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// The service's signing name.
    pub(crate) service: &'s str,
    pub(crate) region: &'s str,
}

/// Adds the fields that sign a request as it stands.
///
/// # Errors
/// [`EffectError::Unavailable`] for a request that cannot be signed.
pub(crate) fn sign<B: AsRef<[u8]>>(
    request: &mut Request<B>,
    keys: &Keys,
    scope: Scope<'_>,
    now: SystemTime,
) -> Result<(), EffectError> {
    sign_with(request, |content| SignableBody::Bytes(content.as_ref()), keys, scope, now)
}

/// The same of a request whose content nobody has seen yet: its signature does not speak of it.
///
/// # Errors
/// As [`sign`].
pub(crate) fn sign_head(
    request: &mut Request<()>,
    keys: &Keys,
    scope: Scope<'_>,
    has_content: bool,
) -> Result<(), EffectError> {
    fn unseen((): &()) -> SignableBody<'_> {
        SignableBody::UnsignedPayload
    }
    fn none((): &()) -> SignableBody<'_> {
        SignableBody::Bytes(&[])
    }
    let content = if has_content { unseen } else { none };
    sign_with(request, content, keys, scope, SystemTime::now())
}

fn sign_with<B>(
    request: &mut Request<B>,
    content: impl Fn(&B) -> SignableBody<'_>,
    keys: &Keys,
    scope: Scope<'_>,
    now: SystemTime,
) -> Result<(), EffectError> {
    let refused = |reason: String| EffectError::Unavailable(format!("signing: {reason}"));
    let mut settings = SigningSettings::default();
    if scope.service == "s3" {
        // S3 encodes paths once, and takes `..` in keys for what it is; it wants the content's hash.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = keys.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| refused(error.to_string()))?
        .into();
    let uri = request.uri().to_string();
    let method = request.method().to_string();
    let fields = request.headers().iter();
    let fields = fields.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(&method, &uri, fields, content(request.body()))
        .map_err(|error| refused(error.to_string()))?;
    let (signature, _) =
        sign_http(signable, &params).map_err(|error| refused(error.to_string()))?.into_parts();
    signature.apply_to_request_http1x(request);
    Ok(())
}

/// Everything but RFC 3986's unreserved characters is encoded, as AWS's clients do.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}"); // a String takes everything
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn signed(service: &str, uri: &str, content: &[u8]) -> Request<Vec<u8>> {
        let mut request = Request::put(uri).body(content.to_vec()).unwrap();
        let keys = Keys::from_keys("AKIDEXAMPLE", "secret", Some("token".into()));
        let scope = Scope { service, region: "us-east-1" };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        sign(&mut request, &keys, scope, now).unwrap();
        request
    }

    #[test]
    fn s3_is_told_the_contents_hash_and_others_are_not() {
        let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let request = signed("s3", "http://127.0.0.1:1/bucket/a%20b/../c", b"hello");
        assert_eq!(request.headers()["x-amz-content-sha256"], hash);
        let request = signed("sqs", "http://127.0.0.1:1/1/q", b"hello");
        assert!(!request.headers().contains_key("x-amz-content-sha256"));
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request";
        assert!(authorization.contains(scope), "{authorization}");
        assert_eq!(request.headers()["x-amz-security-token"], "token");
    }
}
