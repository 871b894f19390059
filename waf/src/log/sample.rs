//! Samples of requests, as `GetSampledRequests` tells of them (`SampledHTTPRequest`).

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{Logging, Protections, REDACTED};
use crate::acl::WebAcl;
use crate::evaluate::{Matched, Verdict};
use crate::request::Request;

/// Most header fields of a sample.
const HEADERS_MAX: usize = 64;
/// Most characters of a value.
const VALUE_CHARS_MAX: usize = 512;

/// What a request is sampled as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled<'v> {
    /// The name of the rule's metric, or the web ACL's for the default action.
    pub metric_name: &'v str,
    action: &'static str,
    /// `AWS#AWSManagedRulesCommonRuleSet#NoUserAgent_HEADER`
    within_group: Option<String>,
    protections: &'v Protections,
}

impl Verdict<'_> {
    /// What the request is sampled as: by the rule that decided or the default action, and by those that
    /// only counted it.
    pub fn sampled<'v>(&'v self, acl: &'v WebAcl) -> Vec<Sampled<'v>> {
        let mut all = Vec::new();
        let protections = &acl.protections;
        let decided = match &self.terminating {
            Some(terminating) => terminating.rule.sampled_as.as_deref(),
            None => acl.sampled_as.as_deref(),
        };
        if let Some(metric_name) = decided {
            let inner = self.groups.last().and_then(|group| {
                let is_its =
                    self.terminating.as_ref().is_some_and(|t| t.rule.name == group.rule.name);
                group.terminating.as_ref().filter(|_| is_its).map(|rule| full(group.id, rule))
            });
            all.push(Sampled {
                metric_name,
                action: self.action(),
                within_group: inner,
                protections,
            });
        }
        let metric = |name: &str| {
            let rule = acl.rules.iter().find(|rule| rule.name == name);
            rule.and_then(|rule| rule.sampled_as.as_deref())
        };
        let counted = self.counted.iter().filter_map(|matched| {
            let metric_name = metric(matched.rule)?;
            Some(Sampled { metric_name, action: matched.action, within_group: None, protections })
        });
        all.extend(counted);
        for group in &self.groups {
            let Some(metric_name) = group.rule.sampled_as.as_deref() else { continue };
            all.extend(group.counted.iter().map(|rule| Sampled {
                metric_name,
                action: rule.action,
                within_group: Some(full(group.id, rule)),
                protections,
            }));
        }
        all
    }
}

/// The name of a rule within its group; of a group of one's own the ARN has the name.
fn full(group: &str, rule: &Matched<'_>) -> String {
    let name = match group.starts_with("arn:") {
        true => group.split('/').nth(2).unwrap_or(group),
        false => group,
    };
    alloc::format!("{name}#{}", rule.rule)
}

impl Logging {
    /// A sample, in JSON. `weight` is how many requests it stands for. Header fields are redacted as in
    /// the log; there is no query in it.
    pub fn sample(
        &self,
        request: &Request<'_>,
        verdict: &Verdict<'_>,
        sampled: &Sampled<'_>,
        weight: u64,
        response_code: Option<u16>,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> String {
        let cut = |text: &str| text.chars().take(VALUE_CHARS_MAX).collect::<String>();
        let pair = |name: &str, value: &str| json!({"Name": cut(name), "Value": cut(value)});
        let headers = self.headers(sampled.protections, request, is_secret).take(HEADERS_MAX);
        let headers: Vec<Value> = headers.map(|(name, value)| pair(name, &value)).collect();
        let inserted: Vec<Value> =
            verdict.inserted.iter().map(|(name, value)| pair(name, value)).collect();
        let shown = |hides: bool, text: &str| cut(if hides { REDACTED } else { text });
        let mut record = json!({
            "Request": {
                "ClientIP": request.client_ip,
                "Country": request.country().unwrap_or("-"),
                "URI": shown(self.path, request.path),
                "Method": shown(self.method, request.method),
                "HTTPVersion": request.http_version,
                "Headers": headers,
            },
            "Weight": weight,
            "Timestamp": request.now_ms as f64 / 1_000.0,
            "Action": sampled.action,
            "Labels": verdict.labels.iter().map(|label| json!({"Name": label})).collect::<Vec<_>>(),
        });
        if let Some(name) = &sampled.within_group {
            record["RuleNameWithinRuleGroup"] = name.as_str().into();
        }
        if !inserted.is_empty() {
            record["RequestHeadersInserted"] = inserted.into();
        }
        if let Some(status) = response_code {
            record["ResponseCodeSent"] = status.into();
        }
        alloc::format!("{record}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Step, Tokens};

    #[test]
    fn a_request_is_sampled_by_what_decided_and_by_what_counted_it() {
        let seen = |metric: &str, is_sampled: bool| json!({"SampledRequestsEnabled": is_sampled, "CloudWatchMetricsEnabled": false, "MetricName": metric});
        let starts = |path: &str| {
            json!({"ByteMatchStatement": {"SearchString": path, "PositionalConstraint": "STARTS_WITH",
                "FieldToMatch": {"UriPath": {}}, "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})
        };
        let document = json!({
            "Name": "a", "DefaultAction": {"Allow": {}}, "VisibilityConfig": seen("all", true),
            "Rules": [
                {"Name": "c", "Priority": 0, "Action": {"Count": {}}, "VisibilityConfig": seen("counts", true),
                    "Statement": starts("L3g=")},
                {"Name": "b", "Priority": 1, "Action": {"Block": {}}, "VisibilityConfig": seen("blocks", false),
                    "Statement": starts("L3h5")},
                {"Name": "g", "Priority": 2, "OverrideAction": {"None": {}}, "VisibilityConfig": seen("group", true),
                    "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet"}}},
            ],
        });
        let (acl, _) = WebAcl::read(&document, &[]).unwrap();
        assert_eq!(acl.sampled().collect::<Vec<_>>(), ["all", "counts", "group"]);
        let sampled = |path: &str, query: &str| {
            let request = Request { path, query, ..Request::default() };
            let mut evaluation = acl.evaluate(&request, Tokens::default());
            let Step::Decided(verdict) = evaluation.advance() else { unreachable!() };
            let all = verdict.sampled(&acl).into_iter();
            all.map(|one| {
                let text = alloc::format!("{} {}", one.metric_name, one.action);
                one.within_group.map_or(text.clone(), |name| alloc::format!("{text} {name}"))
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(sampled("/", ""), ["all ALLOW"]);
        assert_eq!(sampled("/x", ""), ["all ALLOW", "counts COUNT"]);
        assert_eq!(sampled("/xy", ""), ["counts COUNT"]);
        assert_eq!(
            sampled("/", "id=1%27%20or%201%3D1--"),
            ["group BLOCK AWS#AWSManagedRulesSQLiRuleSet#SQLi_QUERYARGUMENTS"]
        );
    }

    #[test]
    fn a_sample_shows_no_secret_and_is_bounded() {
        let document = json!({"Name": "a", "DefaultAction": {"Allow": {}},
            "VisibilityConfig": {"SampledRequestsEnabled": true, "MetricName": "all"}});
        let (acl, _) = WebAcl::read(&document, &[]).unwrap();
        let long = "x".repeat(2_000);
        let request = Request {
            path: "/p",
            method: "GET",
            query: "token=secret",
            headers: alloc::vec![
                ("authorization", "secret"),
                ("referer", "/a?token=secret"),
                ("x-long", &long)
            ],
            now_ms: 1_700_000_000_500,
            ..Request::default()
        };
        let mut evaluation = acl.evaluate(&request, Tokens::default());
        let Step::Decided(verdict) = evaluation.advance() else { unreachable!() };
        let is_secret = |name: &str| name == "authorization" || name == "token";
        let one = &verdict.sampled(&acl)[0];
        let text = Logging::default().sample(&request, &verdict, one, 3, Some(403), &is_secret);
        assert!(!text.contains("secret") && text.len() < 1_500, "{text}");
        let sample: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(sample["Request"]["URI"], "/p");
        assert_eq!(sample["Timestamp"], 1_700_000_000.5);
        assert_eq!((&sample["Weight"], &sample["ResponseCodeSent"]), (&json!(3), &json!(403)));
    }
}
