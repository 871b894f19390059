//! `VerifyRequestSignature`: Signature Version 4 with secrets that are the host's: `IAM_SECRET_{access key}`, and
//! `IAM_TOKEN_{access key}` of temporary keys.

use gateway_core::effect::{RequestSignature, VerifyRequestSignature};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::variables::Variables;

/// Whether the access key's secret signed one of the strings.
pub fn verify(verify: &VerifyRequestSignature, variables: &Variables<'_>) -> RequestSignature {
    let Some((secret, token)) = find(&verify.access_key_id, variables) else {
        return RequestSignature::UnknownToken;
    };
    let is_token = match (&token, &verify.session_token) {
        (None, None) => true,
        (Some(own), Some(given)) => is_same(own.as_bytes(), given.as_bytes()),
        _ => false,
    };
    if !is_token {
        return RequestSignature::UnknownToken;
    }
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [verify.date.as_str(), &verify.region, &verify.service, "aws4_request"] {
        key = mac(&key, part.as_bytes()).finalize().into_bytes().to_vec();
    }
    // `verify_slice` compares in constant time.
    let is_signed =
        |text: &String| mac(&key, text.as_bytes()).verify_slice(&verify.signature.0).is_ok();
    match verify.strings_to_sign.iter().any(is_signed) {
        true => RequestSignature::Valid,
        false => RequestSignature::Invalid,
    }
}

/// An access key's secret, and its token if it is a temporary one.
pub fn find(id: &str, variables: &Variables<'_>) -> Option<(String, Option<String>)> {
    // Nothing but an access key becomes the name of a variable.
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let secret = variables(&format!("IAM_SECRET_{id}"))?;
    Some((secret, variables(&format!("IAM_TOKEN_{id}"))))
}

/// In constant time, whatever the lengths: digests are compared, not texts.
fn is_same(own: &[u8], given: &[u8]) -> bool {
    mac(b"token", own).verify_slice(&mac(b"token", given).finalize().into_bytes()).is_ok()
}

fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac
}
