//! Full logs, a line of JSON a request, in AWS's format ("Log fields for web ACL traffic").

mod details;
mod protection;
mod rate;
mod sample;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::acl::{Kind, Overridden, Resource, WebAcl};
use crate::evaluate::{Matched, Tokens, Verdict};
use crate::pattern::as_text;
use crate::problem::Problem;
use crate::read::logging;
use crate::request::Request;
use crate::transform::Transformation::UrlDecode;

pub(crate) use protection::{Protected, Protections};
pub use sample::Sampled;

/// What stands in a log for what must not.
const REDACTED: &str = "REDACTED";

/// What of a request is logged, and which requests (`LoggingConfiguration`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logging {
    /// Header fields, in small letters.
    pub(crate) headers: Vec<String>,
    pub(crate) path: bool,
    pub(crate) query: bool,
    pub(crate) method: bool,
    pub(crate) filters: Vec<Filter>,
    pub(crate) drops_others: bool,
}

/// A filter of a logging configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    pub(crate) keeps: bool,
    /// `MEETS_ALL` rather than `MEETS_ANY`.
    pub(crate) needs_all: bool,
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Action(&'static str),
    Label(String),
}

/// What a log tells beside the request and the verdict.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// What the web ACL stands in front of.
    pub resource: Resource,
    /// `123456789012:abc123:prod`, or the id of a distribution.
    pub source_id: &'a str,
    /// The request's id.
    pub request_id: &'a str,
    /// The status of the answer, where the ACL gave it.
    pub response_code: Option<u16>,
}

impl Logging {
    /// Reads a logging configuration (`aws wafv2 get-logging-configuration`).
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(document: &Value) -> Result<Self, Vec<Problem>> {
        logging::read(document)
    }

    /// Whether a verdict is logged.
    pub fn keeps(&self, verdict: &Verdict<'_>) -> bool {
        let meets = |condition: &Condition| match condition {
            Condition::Action(name) => {
                verdict.action() == *name || (*name == "COUNT" && counts(verdict))
            }
            Condition::Label(label) => verdict.labels.contains(label),
        };
        let met = self.filters.iter().find(|filter| match filter.needs_all {
            true => filter.conditions.iter().all(meets),
            false => filter.conditions.iter().any(meets),
        });
        met.map_or(!self.drops_others, |filter| filter.keeps)
    }

    /// The line for a request, without a line break. Values of header fields and arguments whose names
    /// are secrets' are in no log, whatever a configuration says.
    pub fn line(
        &self,
        acl: &WebAcl,
        request: &Request<'_>,
        verdict: &Verdict<'_>,
        origin: Origin<'_>,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> String {
        let terminating = verdict.terminating.as_ref();
        let kind = terminating.map_or("REGULAR", |terminating| match &terminating.rule.kind {
            Kind::Rate { .. } => "RATE_BASED",
            Kind::Group(group) if group.is_managed => "MANAGED_RULE_GROUP",
            Kind::Group(_) => "GROUP",
            Kind::Statement { .. } => "REGULAR",
        });
        let mut shown = self.headers(&acl.protections, request, is_secret);
        let host = shown.find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host);
        let headers = self.headers(&acl.protections, request, is_secret);
        let headers = headers.map(|(name, value)| json!({"name": name, "value": value}));
        let headers: Vec<Value> = headers.collect();
        let redacted = |hides: bool, text: &str| String::from(if hides { REDACTED } else { text });
        let shown = Shown { logging: self, protections: &acl.protections, request, is_secret };
        let matched = |one| shown.matched(one);
        let groups = verdict.groups.iter().map(|group| {
            json!({
                "ruleGroupId": group.id,
                "terminatingRule": group.terminating.as_ref().map(&matched),
                "nonTerminatingMatchingRules": group.counted.iter().filter(|one| !is_excluded(one)).map(&matched).collect::<Vec<_>>(),
                "excludedRules": excluded(&group.counted),
                "customerConfig": null,
            })
        });
        let rates = verdict.rates.iter().map(|result| self.rate(acl, result, is_secret));
        let inserted = (!verdict.inserted.is_empty()).then(|| {
            let all =
                verdict.inserted.iter().map(|(name, value)| json!({"name": name, "value": value}));
            all.collect::<Vec<_>>()
        });
        let mut record = json!({
            "timestamp": request.now_ms,
            "formatVersion": 1,
            "webaclId": acl.arn,
            "terminatingRuleId": terminating.map_or("Default_Action", |t| t.rule.name.as_str()),
            "terminatingRuleType": kind,
            "action": verdict.action(),
            "terminatingRuleMatchDetails": shown.details(terminating.and_then(|t| t.found.as_ref())),
            "httpSourceName": origin.resource.source_name(),
            "httpSourceId": origin.source_id,
            "ruleGroupList": groups.collect::<Vec<_>>(),
            "rateBasedRuleList": rates.collect::<Vec<_>>(),
            "nonTerminatingMatchingRules": verdict.counted.iter().map(&matched).collect::<Vec<_>>(),
            "requestHeadersInserted": inserted,
            "responseCodeSent": origin.response_code,
            "httpRequest": {
                "clientIp": request.client_ip,
                "country": request.country().unwrap_or("-"),
                "headers": headers,
                "uri": redacted(self.path, request.path),
                "args": redacted(self.query, &acl.protections.query(&without_secrets(request.query, is_secret))),
                "httpVersion": request.http_version,
                "httpMethod": redacted(self.method, request.method),
                "requestId": origin.request_id,
                "fragment": request.fragment,
                "host": host,
            },
            "labels": verdict.labels.iter().map(|label| json!({"name": label})).collect::<Vec<_>>(),
            "ja3Fingerprint": request.ja3,
            "ja4Fingerprint": request.ja4,
            "requestBodySize": body_size(request),
            "requestBodySizeInspectedByWAF": request.body.len(),
            "oversizeFields": oversize(acl, request, verdict),
        });
        // "Logged only when an ASN match statement is used." AWS's page does not say in which object.
        if acl.asks_for_networks() {
            record["httpRequest"]["clientAsn"] = request.asn().into();
        }
        for (name, ask) in [("captchaResponse", "CAPTCHA"), ("challengeResponse", "CHALLENGE")] {
            if let Some(response) = asked(verdict, ask) {
                record[name] = response;
            }
        }
        alloc::format!("{record}")
    }
}

impl Logging {
    /// The header fields of a request, as they may be shown.
    fn headers<'s, 't>(
        &'s self,
        protections: &'s Protections,
        request: &'s Request<'t>,
        is_secret: &'s dyn Fn(&str) -> bool,
    ) -> impl Iterator<Item = (&'t str, Cow<'t, str>)> + 's {
        let hides = move |name: &str| {
            is_secret(name) || self.headers.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        request.headers.iter().map(move |(name, value)| {
            let value = match (*name, protections.header(name, value)) {
                (name, _) if hides(name) => Cow::Borrowed(REDACTED),
                (name, Cow::Borrowed(value)) if name.eq_ignore_ascii_case("referer") => {
                    without_secrets(value, is_secret)
                }
                (_, shown) => shown,
            };
            (*name, value)
        })
    }
}

/// A query, or a URL with one, without the values of secrets.
fn without_secrets<'t>(text: &'t str, is_secret: &dyn Fn(&str) -> bool) -> Cow<'t, str> {
    const SEPARATORS: [char; 3] = ['?', '#', '&'];
    let hides = |piece: &str| {
        let name = piece.split_once('=').map(|(name, _)| UrlDecode.apply(name.as_bytes()));
        name.is_some_and(|name| is_secret(&as_text(&name)))
    };
    if !text.split(SEPARATORS).any(hides) {
        return Cow::Borrowed(text);
    }
    let pieces = text.split_inclusive(SEPARATORS).map(|piece| match piece.split_once('=') {
        Some((name, value)) if hides(piece) => {
            let end = if value.ends_with(SEPARATORS) { &value[value.len() - 1..] } else { "" };
            Cow::Owned(alloc::format!("{name}={REDACTED}{end}"))
        }
        _ => Cow::Borrowed(piece),
    });
    Cow::Owned(pieces.collect())
}

/// `captchaResponse`, `challengeResponse`: why a client was asked, or, of one that was let through, when it
/// solved what it was asked.
fn asked(verdict: &Verdict<'_>, ask: &str) -> Option<Value> {
    let Tokens { captcha_ms, challenge_ms, has_invalid } = verdict.tokens;
    let (solved, status) = match ask {
        "CAPTCHA" => (captcha_ms, 405),
        _ => (challenge_ms.max(captcha_ms), 202),
    };
    if verdict.action() == ask {
        let reason = match solved {
            Some(_) => "TOKEN_EXPIRED",
            None if has_invalid => "TOKEN_INVALID",
            None => "TOKEN_MISSING",
        };
        let solved = solved.unwrap_or(0) / 1_000;
        return Some(
            json!({"responseCode": status, "solveTimestamp": solved, "failureReason": reason}),
        );
    }
    let within = verdict.groups.iter().flat_map(|group| &group.counted);
    let is_met = verdict.counted.iter().chain(within).any(|matched| matched.action == ask);
    is_met.then(|| json!({"responseCode": 0, "solveTimestamp": solved.unwrap_or(0) / 1_000}))
}

/// The size of the body; of one that goes on beyond what is inspected, what its client says of it.
fn body_size(request: &Request<'_>) -> Option<u64> {
    match request.body_is_cut {
        true => request.header("content-length")?.trim().parse().ok(),
        false => Some(request.body.len() as u64),
    }
}

fn counts(verdict: &Verdict<'_>) -> bool {
    !verdict.counted.is_empty() || verdict.groups.iter().any(|group| !group.counted.is_empty())
}

/// What a log may tell of a request.
#[derive(Clone, Copy)]
struct Shown<'s> {
    logging: &'s Logging,
    protections: &'s Protections,
    request: &'s Request<'s>,
    is_secret: &'s dyn Fn(&str) -> bool,
}

impl Shown<'_> {
    fn matched(&self, matched: &Matched<'_>) -> Value {
        let mut told = json!({
            "ruleId": matched.rule,
            "action": matched.action,
            "ruleMatchDetails": self.details(matched.found.as_ref()),
        });
        if let Some(Overridden::From(action)) = matched.overridden {
            told["overriddenAction"] = action.into();
        }
        told
    }
}

fn is_excluded(matched: &Matched<'_>) -> bool {
    matched.overridden == Some(Overridden::Excluded)
}

/// "The list of rules in the rule group that you have excluded. If you override a rule to count using the override rule
/// action option, matches aren't listed here."
fn excluded(counted: &[Matched<'_>]) -> Option<Vec<Value>> {
    let excluded = counted.iter().filter(|one| is_excluded(one));
    let told = excluded
        .map(|one| json!({"exclusionType": "EXCLUDED_AS_COUNT", "ruleId": one.rule}))
        .collect::<Vec<_>>();
    (!told.is_empty()).then_some(told)
}

/// "The list of fields in the web request that were inspected by the web ACL and that are over the AWS WAF inspection
/// limit": by rules up to the one that decided.
fn oversize(acl: &WebAcl, request: &Request<'_>, verdict: &Verdict<'_>) -> Vec<&'static str> {
    let last = verdict.terminating.as_ref().map(|terminating| terminating.rule.priority);
    let asked = acl.rules.iter().filter(|rule| last.is_none_or(|last| rule.priority <= last));
    let mut names = Vec::new();
    asked.for_each(|rule| {
        rule.visit(&mut |statement| names.extend(statement.oversize(request)));
    });
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
