//! Claims (RFC 7519 §4) and the rules that AWS checks them by.
//!
//! Rules: AWS, "Control access to HTTP APIs with JWT authorizers". Rendering: recorded on AWS.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use super::json::Json;
use crate::message::Timestamp;
use crate::time::java_date;

/// A token's payload: members in the token's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Json);

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'r> {
    /// `iss`, exactly.
    pub issuer: &'r str,
    /// `aud`, any of them, or `client_id` where there is no `aud`. Empty: not looked at.
    pub audience: &'r [String],
}

/// Why a token's claims are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `iss` is missing or another.
    Issuer,
    /// Neither `aud` nor, without it, `client_id` is among those accepted.
    Audience,
    /// `exp` has passed.
    Expired,
    /// `nbf` is still to come.
    NotYet,
    /// `iat` is still to come.
    IssuedLater,
    /// A time is missing (`exp`) or no number.
    Time,
}

impl Claims {
    pub(super) fn new(object: Json) -> Self {
        Self(object)
    }

    /// The text of a claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Json::as_str)
    }

    /// The texts of `aud`: one, several, or none.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let items = match self.0.get("aud") {
            Some(Json::Array(items)) => &items[..],
            Some(one) => core::slice::from_ref(one),
            None => &[],
        };
        items.iter().filter_map(Json::as_str)
    }

    /// Checks issuer, audience and times. AWS allows no clock skew beyond whole seconds.
    pub fn check(&self, rules: Rules<'_>, now: Timestamp) -> Result<(), Refusal> {
        if self.text("iss") != Some(rules.issuer) {
            return Err(Refusal::Issuer);
        }
        if !rules.audience.is_empty() && !self.is_for(rules.audience) {
            return Err(Refusal::Audience);
        }
        let now_s = now.0 as f64 / 1000.0;
        if self.time("exp")?.ok_or(Refusal::Time)? <= now_s {
            return Err(Refusal::Expired);
        }
        if self.time("nbf")?.is_some_and(|not_before| not_before > now_s) {
            return Err(Refusal::NotYet);
        }
        // Issuers round `iat` to the next second now and then.
        if self.time("iat")?.is_some_and(|issued| issued > now_s + 1.0) {
            return Err(Refusal::IssuedLater);
        }
        Ok(())
    }

    /// `exp`; the beginning of time without one.
    pub fn expires_at(&self) -> Timestamp {
        let exp_s = self.time("exp").ok().flatten().unwrap_or_default();
        // What lies before or beyond all times becomes their end.
        Timestamp((exp_s * 1000.0) as u64)
    }

    /// `scope` (RFC 8693 §4.2) or `scp`, a list or a text with spaces between.
    pub fn scopes(&self) -> Vec<String> {
        match self.0.get("scope").or_else(|| self.0.get("scp")) {
            Some(Json::String(text)) => text.split_ascii_whitespace().map(Into::into).collect(),
            Some(Json::Array(items)) => {
                items.iter().filter_map(Json::as_str).map(Into::into).collect()
            }
            _ => Vec::new(),
        }
    }

    /// As an HTTP API shows them: strings as they are, numbers and booleans as text, arrays `[a b]`,
    /// objects as JSON, null claims not at all.
    pub fn to_http_context(&self) -> Vec<(String, String)> {
        self.render(|_, value| http_text(value))
    }

    /// As a REST API's Cognito authorizer shows them: arrays joined by commas, `exp` and `iat` as
    /// Java prints dates.
    pub fn to_cognito_context(&self) -> Vec<(String, String)> {
        self.render(|name, value| match (name, value) {
            ("exp" | "iat", Json::Number(number)) => {
                let seconds = number.as_u64().or_else(|| number.as_f64().map(|n| n as u64));
                let at = seconds.map(|seconds| Timestamp(seconds.saturating_mul(1_000)));
                at.map_or_else(|| number.to_string(), java_date)
            }
            (_, Json::Array(items)) => items.iter().map(http_text).collect::<Vec<_>>().join(","),
            (_, value) => http_text(value),
        })
    }

    fn render(&self, text: impl Fn(&str, &Json) -> String) -> Vec<(String, String)> {
        let Json::Object(members) = &self.0 else { return Vec::new() };
        members
            .iter()
            .filter(|(_, value)| *value != Json::Null)
            .map(|(name, value)| (name.clone(), text(name, value)))
            .collect()
    }

    fn is_for(&self, accepted: &[String]) -> bool {
        let accepts =
            |value: &Json| value.as_str().is_some_and(|v| accepted.iter().any(|a| a == v));
        match self.0.get("aud") {
            Some(Json::Array(audiences)) => audiences.iter().any(accepts),
            Some(audience) => accepts(audience),
            None => self.0.get("client_id").is_some_and(accepts),
        }
    }

    fn time(&self, name: &str) -> Result<Option<f64>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Json::Number(number)) => number.as_f64().map(Some).ok_or(Refusal::Time),
            Some(_) => Err(Refusal::Time),
        }
    }
}

fn http_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(http_text).collect();
            alloc::format!("[{}]", items.join(" "))
        }
        other => other.to_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_516_128_000_000);

    fn claims(json: &str) -> Claims {
        Claims::new(serde_json::from_str(json).unwrap())
    }
    fn check(json: &str) -> Result<(), Refusal> {
        let audience = ["a".to_string(), "b".to_string()];
        claims(json).check(Rules { issuer: "https://i", audience: &audience }, NOW)
    }

    #[test]
    fn issuer_and_any_audience_suffice() {
        assert_eq!(check(r#"{"iss":"https://i","aud":["x","b"],"exp":1516128001}"#), Ok(()));
        assert_eq!(check(r#"{"iss":"https://i","aud":"a","exp":1516128001.5}"#), Ok(()));
        assert_eq!(check(r#"{"iss":"https://i","client_id":"a","exp":1516128001}"#), Ok(()));
    }

    #[test]
    fn client_id_counts_only_without_aud() {
        let token = r#"{"iss":"https://i","aud":"x","client_id":"a","exp":1516128001}"#;
        assert_eq!(check(token), Err(Refusal::Audience));
    }

    #[test]
    fn each_rule_forbids() {
        for (token, why) in [
            (r#"{"aud":"a","exp":1516128001}"#, Refusal::Issuer),
            (r#"{"iss":"https://i/","aud":"a","exp":1516128001}"#, Refusal::Issuer),
            (r#"{"iss":["https://i"],"aud":"a","exp":1516128001}"#, Refusal::Issuer),
            (r#"{"iss":"https://i","exp":1516128001}"#, Refusal::Audience),
            (r#"{"iss":"https://i","aud":{"a":1},"exp":1516128001}"#, Refusal::Audience),
            (r#"{"iss":"https://i","aud":"a"}"#, Refusal::Time),
            (r#"{"iss":"https://i","aud":"a","exp":"1516128001"}"#, Refusal::Time),
            (r#"{"iss":"https://i","aud":"a","exp":1516128000}"#, Refusal::Expired),
            (r#"{"iss":"https://i","aud":"a","exp":1516128009,"nbf":1516128001}"#, Refusal::NotYet),
            (
                r#"{"iss":"https://i","aud":"a","exp":1516128009,"iat":1516128009}"#,
                Refusal::IssuedLater,
            ),
            (r#"{"iss":"https://i","aud":"a","exp":1516128009,"nbf":null}"#, Refusal::Time),
        ] {
            assert_eq!(check(token), Err(why), "{token}");
        }
    }

    #[test]
    fn scopes_come_from_scope_or_scp() {
        assert_eq!(claims(r#"{"scope":"read  write"}"#).scopes(), ["read", "write"]);
        assert_eq!(claims(r#"{"scp":["read","write"]}"#).scopes(), ["read", "write"]);
        assert!(claims(r#"{"scope":7}"#).scopes().is_empty());
    }

    #[test]
    fn an_http_api_shows_claims_as_text() {
        let shown =
            claims(r#"{"s":"x","n":1,"f":1.5,"b":true,"a":["p",2],"o":{"k":"v"},"z":null}"#);
        let want = [
            ("s", "x"),
            ("n", "1"),
            ("f", "1.5"),
            ("b", "true"),
            ("a", "[p 2]"),
            ("o", r#"{"k":"v"}"#),
        ];
        let got = shown.to_http_context();
        assert_eq!(got.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), want);
    }

    #[test]
    fn a_cognito_authorizer_shows_times_as_java_does() {
        let shown =
            claims(r#"{"exp":1516128202,"auth_time":1516124242,"cognito:groups":["a","b"]}"#);
        let got = shown.to_cognito_context();
        assert_eq!(got[0].1, "Tue Jan 16 18:43:22 UTC 2018");
        assert_eq!(got[1].1, "1516124242");
        assert_eq!(got[2].1, "a,b");
    }
}
