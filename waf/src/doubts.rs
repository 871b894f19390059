//! Rules that are sound and do not do what they say.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::acl::{Action, Group, Kind, Rule, Statement, WebAcl};
use crate::field::{Fallback, Field};
use crate::problem::{Document, Problem, Unknown};
use crate::statement::is_labelled;

impl WebAcl {
    /// The ARN of the web ACL of a document, whatever else is wrong with it.
    pub fn arn_of(document: &Value) -> Option<&str> {
        document.get("WebACL").unwrap_or(document).get("ARN")?.as_str()
    }

    /// Labels that statements look for and that no request has when it reaches them, and fragments of URIs, which no
    /// request of HTTP has (RFC 9112 §3.2, RFC 9113 §8.3.1). `others` is what the web ACL was read with.
    pub fn doubts(&self, others: &[Value]) -> Vec<Problem> {
        let mut labels = Labels { others, ..Labels::default() };
        self.rules.iter().for_each(|rule| labels.pass(rule, Document::WebAcl));
        labels.doubts
    }
}

/// What requests are labelled with, up to a rule.
#[derive(Default)]
struct Labels<'a> {
    others: &'a [Value],
    /// Of rules that let a request go on.
    added: Vec<&'a str>,
    /// Of rules behind which there is no other, by the rule's name.
    last: Vec<(&'a str, &'a str)>,
    /// Whether a rule has asked where clients are, which adds labels of its own.
    locates: bool,
    doubts: Vec<Problem>,
}

impl<'a> Labels<'a> {
    fn pass(&mut self, rule: &'a Rule, document: Document) {
        rule.visit(&mut |statement| {
            self.locates |= matches!(statement, Statement::Geo { .. } | Statement::Asn { .. });
        });
        let statement_at = [&rule.pointer, "/Statement"].concat();
        let labels = rule.labels.iter().map(String::as_str);
        match &rule.kind {
            Kind::Statement { statement, action } => {
                self.look(statement, statement_at, document);
                self.add(labels, action, &rule.name);
            }
            Kind::Rate { rate, action } => {
                let at = [&statement_at, "/RateBasedStatement/ScopeDownStatement"].concat();
                rate.scope_down.iter().for_each(|scope| self.look(scope, at.clone(), document));
                self.add(labels, action, &rule.name);
            }
            Kind::Group(group) => {
                let at = [&statement_at, "/ManagedRuleGroupStatement/ScopeDownStatement"].concat();
                group.scope_down.iter().for_each(|scope| self.look(scope, at.clone(), document));
                self.pass_group(group);
                if group.only_counts.is_some() {
                    self.added.extend(labels);
                }
            }
        }
    }

    fn pass_group(&mut self, group: &'a Group) {
        let is_it = |value: &Value| {
            let arn = value.get("RuleGroup").and_then(|group| group.get("ARN"));
            arn.and_then(Value::as_str) == Some(&group.id)
        };
        let document = self.others.iter().position(is_it).map(Document::Reference);
        let before = self.last.len();
        for rule in &group.rules {
            self.pass(rule, document.unwrap_or(Document::WebAcl));
        }
        if group.only_counts.is_some() {
            self.added.extend(self.last.drain(before..).map(|(label, _)| label));
        }
    }

    fn add(&mut self, labels: impl Iterator<Item = &'a str>, action: &Action, rule: &'a str) {
        match action {
            Action::Allow(_) | Action::Block(_) => self.last.extend(labels.map(|one| (one, rule))),
            // Who solved what these ask for goes on.
            Action::Count(_) | Action::Captcha(_) | Action::Challenge(_) => {
                self.added.extend(labels)
            }
        }
    }

    fn look(&mut self, statement: &Statement, pointer: String, document: Document) {
        match statement {
            Statement::And(all) | Statement::Or(all) => {
                let is_and = matches!(statement, Statement::And(_));
                let name = if is_and { "AndStatement" } else { "OrStatement" };
                for (index, one) in all.iter().enumerate() {
                    self.look(one, alloc::format!("{pointer}/{name}/Statements/{index}"), document);
                }
            }
            Statement::Not(one) => {
                self.look(one, [&pointer, "/NotStatement/Statement"].concat(), document);
            }
            Statement::Label { scope_is_namespace, key } => {
                let pointer = [&pointer, "/LabelMatchStatement/Key"].concat();
                self.look_for(key, *scope_is_namespace, pointer, document);
            }
            Statement::Bytes { inspected, .. }
            | Statement::Regex { inspected, .. }
            | Statement::Size { inspected, .. }
            | Statement::Sqli { inspected, .. }
            | Statement::Xss(inspected) => {
                if let Field::UriFragment(fallback) = inspected.field {
                    self.doubt(fragment(fallback).into(), None, pointer, document);
                }
            }
            Statement::Ip { .. }
            | Statement::Geo { .. }
            | Statement::Asn { .. }
            | Statement::Detects(_) => {}
        }
    }

    fn look_for(&mut self, key: &str, is_namespace: bool, pointer: String, document: Document) {
        let of_bots = beside_name_of_bot(key);
        let is_it = |label: &&str| {
            let is_itself = match is_namespace {
                true => label.starts_with(key),
                false => is_labelled(label, key),
            };
            is_itself || of_bots.as_ref().is_some_and(|other| is_labelled(label, other))
        };
        let of_locations = ["awswaf:clientip:", "awswaf:forwardedip:"];
        let is_location = of_locations.iter().any(|prefix| key.starts_with(prefix));
        if is_location && self.locates || self.added.iter().any(is_it) {
            return;
        }
        let what = if is_namespace { "namespace" } else { "label" };
        let (message, unknown) = match self.last.iter().find(|(label, _)| is_it(label)) {
            Some((_, rule)) => {
                let message = alloc::format!(
                    "no request has the {what} `{key}` here: the rule `{rule}`, which adds it, lets none go on to \
                     other rules"
                );
                (message, None)
            }
            None => {
                let message = alloc::format!("no rule before this one adds the {what} `{key}`");
                (message, Some(self.alike(key)))
            }
        };
        self.doubt(message, unknown, pointer, document);
    }

    fn doubt(
        &mut self,
        message: String,
        unknown: Option<Unknown>,
        pointer: String,
        document: Document,
    ) {
        let is_warning = true;
        self.doubts.push(Problem { document, pointer, message, is_warning, unknown, more: 0 });
    }

    /// The labels of the same origin, without what they have in common.
    fn alike(&self, key: &str) -> Unknown {
        let (origin, name) = key.split_at(origin(key));
        let all = self.added.iter().filter_map(|label| label.strip_prefix(origin));
        Unknown { name: name.into(), known: all.map(Into::into).collect() }
    }
}

/// `bot:unverified`, which every request has that has a `bot:name:…`: those names are the user agents', no rule says them.
fn beside_name_of_bot(key: &str) -> Option<String> {
    let (before, _) = key.split_once("bot:name:")?;
    let is_whole = before.is_empty() || before.ends_with(':');
    is_whole.then(|| [before, "bot:unverified"].concat())
}

/// What `FallbackBehavior` makes of a statement about what no request has.
fn fragment(fallback: Fallback) -> &'static str {
    match fallback {
        Fallback::Match => {
            "HTTP sends no fragment (`#…`) of a URI: by `FallbackBehavior` `MATCH` this matches every request"
        }
        Fallback::NoMatch => {
            "HTTP sends no fragment (`#…`) of a URI: by `FallbackBehavior` `NO_MATCH`, the default, this matches no \
             request"
        }
    }
}

/// The length of `awswaf:111122223333:webacl:name:` or `awswaf:managed:aws:core-rule-set:`.
fn origin(label: &str) -> usize {
    label.match_indices(':').nth(3).map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doubts(rules: Value, others: &[Value]) -> Vec<String> {
        let document = json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": rules});
        let (acl, _) = WebAcl::read(&document, others).expect("a web ACL");
        let told = |problem: &Problem| alloc::format!("{problem}");
        acl.doubts(others).iter().map(told).collect()
    }

    fn looks(priority: u32, scope: &str, key: &str) -> Value {
        json!({"Name": alloc::format!("looks-{priority}"), "Priority": priority, "Action": {"Block": {}},
            "Statement": {"LabelMatchStatement": {"Scope": scope, "Key": key}}})
    }

    fn adds(priority: u32, label: &str, action: &str) -> Value {
        json!({"Name": label, "Priority": priority, "Action": {action: {}}, "RuleLabels": [{"Name": label}],
            "Statement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}}})
    }

    fn common(priority: u32, overridden: Value) -> Value {
        json!({"Name": "common", "Priority": priority, "OverrideAction": overridden, "Statement": {
            "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}})
    }

    #[test]
    fn a_label_that_a_rule_before_adds_is_no_doubt() {
        let adds = || adds(0, "tool:curl", "Count");
        for (scope, key) in [
            ("LABEL", "tool:curl"),
            ("LABEL", "awswaf:000000000000:webacl:a:tool:curl"),
            ("NAMESPACE", "tool:"),
            ("LABEL", "awswaf:clientip:geo:country:FR"),
        ] {
            assert_eq!(doubts(json!([adds(), looks(1, scope, key)]), &[]), [""; 0], "{key}");
        }
    }

    #[test]
    fn names_of_bots_are_added_by_the_group_that_tells_bots() {
        let bots = |overridden: Value| {
            json!({"Name": "bots", "Priority": 0, "OverrideAction": overridden, "Statement": {
                "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesBotControlRuleSet"}}})
        };
        let counted = || bots(json!({"Count": {}}));
        let prefix = "awswaf:managed:aws:bot-control:bot:";
        for (scope, key) in
            [("LABEL", "name:googlebot"), ("NAMESPACE", "name:"), ("LABEL", "unverified")]
        {
            let looks = || looks(1, scope, &[prefix, key].concat());
            assert_eq!(doubts(json!([counted(), looks()]), &[]), [""; 0], "{key}");
            assert_eq!(
                doubts(json!([common(0, json!({"None": {}})), looks()]), &[]).len(),
                1,
                "{key}"
            );
        }
        let looks = looks(1, "LABEL", &[prefix, "name:googlebot"].concat());
        let told = doubts(json!([bots(json!({"None": {}})), looks]), &[]);
        assert!(told.len() == 1 && told[0].contains("lets none go on"), "{told:?}");
    }

    #[test]
    fn a_label_that_nobody_adds_before_is_told_with_its_place() {
        let told = doubts(json!([looks(0, "LABEL", "x:y"), adds(1, "x:y", "Count")]), &[]);
        let expected = "webAcl#/Rules/0/Statement/LabelMatchStatement/Key: no rule before this one adds the \
                        label `awswaf:000000000000:webacl:a:x:y`";
        assert_eq!(told, [expected]);
        let within = json!({"Name": "r", "Priority": 3, "Action": {"Block": {}}, "Statement": {"AndStatement": {"Statements": [
            {"GeoMatchStatement": {"CountryCodes": ["DE"]}},
            {"NotStatement": {"Statement": {"LabelMatchStatement": {"Scope": "NAMESPACE", "Key": "z:"}}}}]}}});
        let told = doubts(json!([adds(1, "x:y", "Count"), within]), &[]);
        let place = "webAcl#/Rules/1/Statement/AndStatement/Statements/1/NotStatement/Statement/LabelMatchStatement/Key: ";
        assert!(told.len() == 1 && told[0].starts_with(place), "{told:?}");
    }

    #[test]
    fn a_rule_that_decides_labels_for_no_other() {
        let told = doubts(json!([adds(0, "x:y", "Block"), looks(1, "LABEL", "x:y")]), &[]);
        assert!(told.len() == 1 && told[0].contains("the rule `x:y`, which adds it"), "{told:?}");
        let key = "awswaf:managed:aws:core-rule-set:NoUserAgent_Header";
        let of =
            |overridden: Value| doubts(json!([common(0, overridden), looks(1, "LABEL", key)]), &[]);
        assert_eq!(of(json!({"Count": {}})), [""; 0]);
        assert!(of(json!({"None": {}}))[0].contains("the rule `NoUserAgent_HEADER`"));
    }

    #[test]
    fn a_statement_about_the_fragment_which_nobody_sends_is_told_with_its_place() {
        let looks = |fallback: Value| {
            let mut inspected = json!({"FieldToMatch": {"UriFragment": fallback}, "TextTransformations":
                [{"Priority": 0, "Type": "NONE"}], "SearchString": "eA==", "PositionalConstraint": "CONTAINS"});
            let bytes = json!({"ByteMatchStatement": inspected.clone()});
            let members = inspected.as_object_mut().unwrap();
            for name in ["SearchString", "PositionalConstraint"] {
                members.remove(name);
            }
            json!({"Name": "f", "Priority": 0, "Action": {"Block": {}}, "Statement": {"OrStatement": {"Statements":
                [bytes, {"NotStatement": {"Statement": {"XssMatchStatement": inspected}}}]}}})
        };
        let every = "by `FallbackBehavior` `MATCH` this matches every request";
        let none = "by `FallbackBehavior` `NO_MATCH`, the default, this matches no request";
        for (fallback, what) in [
            (json!({"FallbackBehavior": "MATCH"}), every),
            (json!({"FallbackBehavior": "NO_MATCH"}), none),
            (json!({}), none),
        ] {
            let at = |place: &str| {
                alloc::format!("{place}: HTTP sends no fragment (`#…`) of a URI: {what}")
            };
            let statements = "webAcl#/Rules/0/Statement/OrStatement/Statements";
            let expected = [
                at(&alloc::format!("{statements}/0")),
                at(&alloc::format!("{statements}/1/NotStatement/Statement")),
            ];
            assert_eq!(doubts(json!([looks(fallback)]), &[]), expected);
        }
    }

    #[test]
    fn rules_of_groups_are_told_in_their_own_document() {
        let group =
            json!({"RuleGroup": {"Name": "g", "ARN": "arn:g", "Rules": [looks(0, "LABEL", "q")]}});
        let refers = json!({"Name": "own", "Priority": 0, "OverrideAction": {"None": {}},
            "Statement": {"RuleGroupReferenceStatement": {"ARN": "arn:g"}}});
        let told = doubts(json!([refers]), &[json!({}), group]);
        let place = "references/1#/RuleGroup/Rules/0/Statement/LabelMatchStatement/Key: ";
        assert!(told.len() == 1 && told[0].starts_with(place), "{told:?}");
    }
}
