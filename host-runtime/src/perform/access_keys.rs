//! `VerifyRequestSignature`: Signature Version 4 with the secrets of the configuration, which never
//! leave this file.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use gateway_core::effect::{RequestSignature, VerifyRequestSignature};

use crate::credentials::Keys;

/// Secrets by access key.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct AccessKeys(HashMap<String, Secret>);

/// The secret of an access key. It shows itself to nobody.
#[derive(Clone, PartialEq)]
pub struct Secret {
    /// `secretAccessKey`
    pub secret_access_key: String,
    /// Of temporary keys.
    pub session_token: Option<String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

impl AccessKeys {
    /// These secrets, by access key.
    pub fn new(secrets: impl IntoIterator<Item = (String, Secret)>) -> Self {
        Self(secrets.into_iter().collect())
    }

    /// The keys of a caller, for what is called with their own credentials.
    pub(crate) fn keys(&self, access_key_id: &str) -> Option<Keys> {
        let Secret { secret_access_key, session_token } = self.0.get(access_key_id)?.clone();
        Some(Keys::new(access_key_id, secret_access_key, session_token, None, "iam"))
    }

    /// Whether the access key's secret signed one of the strings.
    pub fn verify(&self, verify: &VerifyRequestSignature) -> RequestSignature {
        let Some(secret) = self.0.get(&verify.access_key_id) else {
            return RequestSignature::UnknownToken;
        };
        let is_token = match (&secret.session_token, &verify.session_token) {
            (None, None) => true,
            (Some(own), Some(given)) => {
                verify_slices_are_equal(own.as_bytes(), given.as_bytes()).is_ok()
            }
            _ => false,
        };
        if !is_token {
            return RequestSignature::UnknownToken;
        }
        let mut key = format!("AWS4{}", secret.secret_access_key).into_bytes();
        for part in [&verify.date, &verify.region, &verify.service, "aws4_request"] {
            key = sign(&key, part.as_bytes()).as_ref().to_vec();
        }
        let is_signed = |text: &String| {
            verify_slices_are_equal(sign(&key, text.as_bytes()).as_ref(), &verify.signature.0)
                .is_ok()
        };
        match verify.strings_to_sign.iter().any(is_signed) {
            true => RequestSignature::Valid,
            false => RequestSignature::Invalid,
        }
    }
}

fn sign(key: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    /// Of AWS's signing suite: `get-vanilla`, signed in the header.
    const STRING_TO_SIGN: &str = "AWS4-HMAC-SHA256\n20150830T123600Z\n\
        20150830/us-east-1/service/aws4_request\n\
        bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63";
    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    fn asked(strings: &[&str], token: Option<&str>) -> VerifyRequestSignature {
        let hex = |i: usize| u8::from_str_radix(&SIGNATURE[i..i + 2], 16).unwrap();
        let signature: Vec<u8> = (0..64).step_by(2).map(hex).collect();
        VerifyRequestSignature {
            access_key_id: "AKIDEXAMPLE".into(),
            session_token: token.map(Into::into),
            date: "20150830".into(),
            region: "us-east-1".into(),
            service: "service".into(),
            strings_to_sign: strings.iter().map(|s| (*s).into()).collect(),
            signature: signature.into(),
        }
    }

    fn keys(token: Option<&str>) -> AccessKeys {
        let secret_access_key = SECRET.into();
        let secret = Secret { secret_access_key, session_token: token.map(Into::into) };
        AccessKeys::new([("AKIDEXAMPLE".into(), secret)])
    }

    #[test]
    fn a_signature_of_the_secret_is_valid_and_no_other_is() {
        let keys = keys(None);
        assert_eq!(keys.verify(&asked(&[STRING_TO_SIGN], None)), RequestSignature::Valid);
        assert_eq!(keys.verify(&asked(&["x", STRING_TO_SIGN], None)), RequestSignature::Valid);
        assert_eq!(keys.verify(&asked(&["x"], None)), RequestSignature::Invalid);
        assert_eq!(keys.verify(&asked(&[], None)), RequestSignature::Invalid);
        let changes: [fn(&mut VerifyRequestSignature); 5] = [
            |asked| asked.date = "20150831".into(),
            |asked| asked.region = "us-east-2".into(),
            |asked| asked.service = "s3".into(),
            |asked| asked.signature.0[0] ^= 1,
            |asked| asked.signature.0.truncate(0),
        ];
        for change in changes {
            let mut asked = asked(&[STRING_TO_SIGN], None);
            change(&mut asked);
            assert_eq!(keys.verify(&asked), RequestSignature::Invalid);
        }
    }

    #[test]
    fn an_unknown_key_and_another_token_are_not_told_apart() {
        let mut unknown = asked(&[STRING_TO_SIGN], None);
        unknown.access_key_id = "AKIDOTHER".into();
        assert_eq!(keys(None).verify(&unknown), RequestSignature::UnknownToken);
        for (own, given, expected) in [
            (Some("t"), Some("t"), RequestSignature::Valid),
            (Some("t"), Some("u"), RequestSignature::UnknownToken),
            (Some("t"), None, RequestSignature::UnknownToken),
            (None, Some("t"), RequestSignature::UnknownToken),
        ] {
            assert_eq!(keys(own).verify(&asked(&[STRING_TO_SIGN], given)), expected);
        }
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        let shown = format!("{:?}", keys(Some("token")));
        assert!(!shown.contains(SECRET) && !shown.contains("token"), "{shown}");
    }
}
