//! What a log tells of a rate-based rule (`rateBasedRuleList`).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{Logging, Protections, REDACTED, without_secrets};
use crate::acl::WebAcl;
use crate::evaluate::RateResult;
use crate::rate::Key;

/// "For string values, the logs print the first 32 characters of the string value."
const VALUE_CHARS_MAX: usize = 32;

impl Logging {
    pub(super) fn rate(
        &self,
        acl: &WebAcl,
        result: &RateResult<'_>,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> Value {
        let rate = result.rate;
        let mut told = json!({
            "rateBasedRuleId": alloc::format!("{}/{}", acl.arn, result.rule),
            "rateBasedRuleName": result.rule,
            "limitKey": rate.key_type,
            "maxRateAllowed": rate.limit,
            // AWS prints it as text.
            "evaluationWindowSec": alloc::format!("{}", rate.window_s),
        });
        match rate.key_type {
            // "If a request contains an IP address that isn't valid, the `limitvalue` is `INVALID`."
            "IP" | "FORWARDED_IP" => {
                told["limitValue"] = result.values.first().map_or("INVALID", String::as_str).into();
            }
            "CUSTOMKEYS" => {
                let pairs = rate.keys.iter().zip(&result.values);
                let values = pairs
                    .map(|(key, value)| self.custom_value(&acl.protections, key, value, is_secret));
                told["customValues"] = values.collect::<Vec<_>>().into();
            }
            _ => {}
        }
        told
    }

    /// AWS shows the word `HEADER`; the others are made as that is, of the names of `CustomKeys`' members.
    fn custom_value(
        &self,
        protections: &Protections,
        key: &Key,
        value: &str,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> Value {
        let hidden = |hides: bool, shown| if hides { Cow::Borrowed(REDACTED) } else { shown };
        let redacts = |name: &str| self.headers.iter().any(|one| one.eq_ignore_ascii_case(name));
        let plain = Cow::Borrowed(value);
        let (word, name, value) = match key {
            Key::Header(name, _) => {
                let hides = redacts(name) || is_secret(name);
                ("HEADER", Some(name), hidden(hides, protections.header(name, value)))
            }
            Key::Cookie(name, _) => {
                let hides = redacts("cookie") || is_secret("cookie") || is_secret(name);
                ("COOKIE", Some(name), hidden(hides, protections.cookie(name, value)))
            }
            Key::QueryArgument(name, _) => {
                let hides = self.query || is_secret(name);
                ("QUERYARGUMENT", Some(name), hidden(hides, protections.argument(name, value)))
            }
            Key::QueryString(_) => {
                let shown = without_secrets(value, is_secret);
                let shown = protections.query(&shown).into_owned().into();
                ("QUERYSTRING", None, hidden(self.query, shown))
            }
            Key::UriPath(_) => ("URIPATH", None, hidden(self.path, plain)),
            Key::Method => ("HTTPMETHOD", None, hidden(self.method, plain)),
            Key::Ip => ("IP", None, plain),
            Key::ForwardedIp(_) => ("FORWARDEDIP", None, plain),
            Key::LabelNamespace(name) => ("LABELNAMESPACE", Some(name), plain),
            Key::Ja3(_) => ("JA3FINGERPRINT", None, plain),
            Key::Ja4(_) => ("JA4FINGERPRINT", None, plain),
            Key::Asn => ("ASN", None, plain),
        };
        let value: String = value.chars().take(VALUE_CHARS_MAX).collect();
        match name {
            Some(name) => json!({"key": word, "name": name, "value": value}),
            None => json!({"key": word, "value": value}),
        }
    }
}
