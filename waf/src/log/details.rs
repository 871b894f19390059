//! `terminatingRuleMatchDetails` and `ruleMatchDetails`: what was matched, unless it must not be told.

use alloc::borrow::Cow;

use serde_json::{Value, json};

use super::{Logging, Protected, REDACTED, Shown, without_secrets};
use crate::matched::Found;
use crate::pattern::as_text;

impl Shown<'_> {
    /// "Detailed information about the rule that matched the request", of injections only.
    pub(super) fn details(&self, found: Option<&Found>) -> Value {
        let Some(found) = found.filter(|found| !found.condition.is_empty()) else {
            return json!([]);
        };
        let data = match self.hides(found) {
            true => json!([REDACTED]),
            false => json!(found.data),
        };
        let mut details = json!({
            "conditionType": found.condition, "location": found.location, "matchedData": data,
        });
        if !found.sensitivity.is_empty() {
            details["sensitivityLevel"] = found.sensitivity.into();
        }
        // Of content no log of AWS's that is at hand has a name.
        if let Some(name) = found.name.as_deref().filter(|_| !is_content(found)) {
            details["matchedFieldName"] = name.into();
        }
        json!([details])
    }

    /// Whether a log must not tell the field, as the web ACL or its logging configuration says, or as it has a secret's name.
    fn hides(&self, found: &Found) -> bool {
        let name = found.name.as_deref();
        let is = |of: &str| name.is_none_or(|name| name.eq_ignore_ascii_case(of));
        let is_query =
            matches!(found.location, "QUERY_STRING" | "ALL_QUERY_ARGS" | "SINGLE_QUERY_ARG");
        let is_header = found.location == "HEADER";
        let is_cookie = found.location == "COOKIE";
        let is_line =
            |of: &str| is_header && is(of) || is_cookie && of.eq_ignore_ascii_case("cookie");
        let Logging { headers, path, query, method, .. } = self.logging;
        let is_protected = |one: &Protected| match one {
            Protected::Header(of) => is_line(of),
            Protected::Cookie(of) => is_cookie && is(of) || is_header && is("cookie"),
            Protected::QueryArgument(of) => is_query && is(of),
            Protected::QueryString => is_query,
            Protected::Body => is_content(found),
        };
        let has_secrets =
            |text: &str| matches!(without_secrets(text, self.is_secret), Cow::Owned(_));
        // What has names within that no rule took apart.
        let has_secret = || match found.location {
            "QUERY_STRING" => has_secrets(self.request.query),
            "BODY" if name.is_none() => has_secrets(&as_text(self.request.body)),
            "HEADER" if is("referer") => self.request.header("referer").is_some_and(has_secrets),
            _ => false,
        };
        name.is_some_and(self.is_secret)
            || is_query && *query
            || found.location == "URI" && *path
            || found.location == "METHOD" && *method
            || headers.iter().any(|of| is_line(of))
            || self.protections.matched.iter().any(is_protected)
            || has_secret()
    }
}

/// "AWS WAF currently reports the location for JSON body inspection as `UNKNOWN`."
fn is_content(found: &Found) -> bool {
    matches!(found.location, "BODY" | "UNKNOWN")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Origin, Request, Step, Tokens, WebAcl};

    /// The details of the line for a request, with the rules SQLi and XSS, of one's own and of managed groups.
    fn details(rule: Value, more: Value, logging: Value, request: &Request<'_>) -> Value {
        let mut document = json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": [rule]});
        if !more.is_null() {
            document["DataProtectionConfig"] = json!({"DataProtections": [more]});
        }
        let acl = WebAcl::read(&document, &[]).expect("a web ACL").0;
        let logging = Logging::read(&json!({"RedactedFields": logging})).expect("a configuration");
        let Step::Decided(verdict) = acl.evaluate(request, Tokens::default()).advance() else {
            unreachable!("no rule asks for anything")
        };
        let is_secret = |name: &str| name == "password";
        let line = logging.line(&acl, request, &verdict, Origin::default(), &is_secret);
        let line: Value = serde_json::from_str(&line).expect("JSON");
        let decided = line["terminatingRuleMatchDetails"].clone();
        if let Some(within) = line["ruleGroupList"][0]["terminatingRule"].as_object() {
            assert_eq!(within["ruleMatchDetails"], decided);
        }
        decided
    }

    fn managed(group: &str) -> Value {
        json!({"Name": "m", "Priority": 0, "OverrideAction": {"None": {}}, "Statement": {
            "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}}})
    }

    fn own(kind: &str, field: Value) -> Value {
        let mut statement = json!({"FieldToMatch": field,
            "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}]});
        if kind == "SqliMatchStatement" {
            statement["SensitivityLevel"] = "HIGH".into();
        }
        json!({"Name": "o", "Priority": 0, "Action": {"Block": {}}, "Statement": {kind: statement}})
    }

    const SQL: &str = "AWSManagedRulesSQLiRuleSet";
    const INJECTION: &str = "a=1&id=1%27%20OR%20%271%27%3D%271";

    fn query(query: &'static str) -> Request<'static> {
        let headers = [("User-Agent", "Mozilla/5.0")].into();
        Request { method: "GET", path: "/", query, headers, ..Request::default() }
    }

    #[test]
    fn what_was_matched_is_told_with_the_name_of_its_field() {
        let sqli = json!([{"conditionType": "SQL_INJECTION", "sensitivityLevel": "LOW",
            "location": "ALL_QUERY_ARGS", "matchedData": ["1", "OR", "1", "=", "1"], "matchedFieldName": "id"}]);
        assert_eq!(details(managed(SQL), Value::Null, json!([]), &query(INJECTION)), sqli);
        let rule = own("SqliMatchStatement", json!({"AllQueryArguments": {}}));
        let mut high = sqli;
        high[0]["sensitivityLevel"] = "HIGH".into();
        assert_eq!(details(rule, Value::Null, json!([]), &query(INJECTION)), high);
        let request = Request {
            headers: [("X-Text", "see <frameset>")].into(),
            body: b"{\"text\": \"<frameset>\"}",
            ..query("")
        };
        let header = own("XssMatchStatement", json!({"SingleHeader": {"Name": "x-text"}}));
        let xss = json!([{"conditionType": "XSS", "location": "HEADER",
            "matchedData": ["<", "frameset", ">"], "matchedFieldName": "x-text"}]);
        assert_eq!(details(header, Value::Null, json!([]), &request), xss);
        let body = own("XssMatchStatement", json!({"Body": {"OversizeHandling": "CONTINUE"}}));
        let told = details(body, Value::Null, json!([]), &request);
        let expected = json!([{"conditionType": "XSS", "location": "BODY", "matchedData": ["<", "frameset", ">", "}"]}]);
        assert_eq!(told, expected);
        let files = query("file=/etc/passwd");
        let told = details(managed("AWSManagedRulesLinuxRuleSet"), Value::Null, json!([]), &files);
        assert_eq!(told, json!([]), "AWS tells it of injections only");
    }

    #[test]
    fn what_was_matched_is_not_told_of_what_is_redacted_protected_or_a_secret() {
        let protect = |kind: &str, key: &str, excludes: bool| {
            let mut field = json!({"FieldType": kind});
            if !key.is_empty() {
                field["FieldKeys"] = json!([key]);
            }
            json!({"Field": field, "Action": "HASH", "ExcludeRuleMatchDetails": excludes})
        };
        let cookie: Request<'_> = Request {
            headers: [("User-Agent", "Mozilla/5.0"), ("Cookie", "c=1' or 1=1")].into(),
            ..query("")
        };
        let form = Request { body: b"password=1'+or+1=1--", method: "POST", ..query("") };
        let json = Request { body: b"{\"password\": \"1' or \\u0031=1--\"}", ..form.clone() };
        let plain = || (Value::Null, json!([]));
        let redacted = |field: Value| (Value::Null, json!([field]));
        let protected = |kind, key| (protect(kind, key, false), json!([]));
        let of_cookie = json!({"SingleHeader": {"Name": "Cookie"}});
        let rows: [(&Request<'_>, (Value, Value)); 9] = [
            (&query(INJECTION), redacted(json!({"QueryString": {}}))),
            (&query(INJECTION), protected("QUERY_STRING", "")),
            (&query(INJECTION), protected("SINGLE_QUERY_ARGUMENT", "ID")),
            (&query("password=1%27%20or%201%3D1--"), plain()),
            (&cookie, redacted(of_cookie)),
            (&cookie, protected("SINGLE_COOKIE", "c")),
            (&form, plain()),
            (&json, plain()),
            (&Request { body: b"x=1'+or+1=1--", ..form.clone() }, protected("BODY", "")),
        ];
        for (at, (request, (more, logging))) in rows.into_iter().enumerate() {
            let told = details(managed(SQL), more, logging, request);
            assert_eq!(told[0]["matchedData"], json!([REDACTED]), "{at}: {told}");
        }
        // Which of the others of the same field are told.
        for (more, logging) in [
            plain(),
            (protect("QUERY_STRING", "", true), json!([])),
            (protect("SINGLE_QUERY_ARGUMENT", "a", false), json!([])),
            (Value::Null, json!([{"UriPath": {}}])),
        ] {
            let told = details(managed(SQL), more, logging, &query(INJECTION));
            assert_eq!(told[0]["matchedData"][1], "OR", "{told}");
        }
        let raw = own("SqliMatchStatement", json!({"QueryString": {}}));
        let told = details(raw, Value::Null, json!([]), &query("password=x&a=1'+or+1=1--"));
        assert_eq!(told[0]["matchedData"], json!([REDACTED]), "what else is in it is a secret");
    }
}
