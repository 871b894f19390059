//! Writes policies as documents that are read as the same policies.
//!
//! Always as the version 2012-10-17, in which `${*}`, `${?}` and `${$}` stand for these characters.

use alloc::{format, string::String, vec::Vec};

use super::condition::Condition;
use super::principal::{Named, Principals};
use super::{Effect, Matching, Policy, Statement};
use crate::json::{Json, Object};

impl Policy {
    /// The policy as a document; `None` for one that no document of one version says: with the same
    /// condition key more than once for an operator, written in other capitals.
    pub fn to_document(&self) -> Option<Json> {
        let statements: Option<Vec<Json>> = self.statements.iter().map(statement).collect();
        Some(object([
            ("Version", Some("2012-10-17".into())),
            ("Statement", Some(Json::Array(statements?))),
        ]))
    }
}

fn statement(statement: &Statement) -> Option<Json> {
    let (principal, not_principal) = match &statement.principals {
        None => (None, None),
        Some(Principals::AnyOf(named)) => (Some(names(named)), None),
        Some(Principals::NoneOf(named)) => (None, Some(names(named))),
    };
    let (action, not_action) = matching(&statement.actions);
    let (resource, not_resource) = matching(&statement.resources);
    let effect = if statement.effect == Effect::Allow { "Allow" } else { "Deny" };
    Some(object([
        ("Sid", statement.sid.as_deref().map(Json::from)),
        ("Effect", Some(effect.into())),
        ("Principal", principal),
        ("NotPrincipal", not_principal),
        ("Action", action),
        ("NotAction", not_action),
        ("Resource", resource),
        ("NotResource", not_resource),
        ("Condition", conditions(&statement.conditions)?),
    ]))
}

fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    let given = members.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
    Json::Object(given.collect())
}

/// One text alone, several as an array.
fn one_or_more(mut texts: Vec<Json>) -> Json {
    match texts.len() {
        1 => texts.remove(0),
        _ => Json::Array(texts),
    }
}

fn matching(matching: &Matching) -> (Option<Json>, Option<Json>) {
    let (Matching::AnyOf(patterns) | Matching::NoneOf(patterns)) = matching;
    let texts = patterns.iter().map(|pattern| Json::String(pattern.to_source())).collect();
    match matching {
        Matching::AnyOf(_) => (Some(one_or_more(texts)), None),
        Matching::NoneOf(_) => (None, Some(one_or_more(texts))),
    }
}

fn names(names: &[Named]) -> Json {
    if names == [Named::Everyone] {
        return "*".into();
    }
    let mut kinds: Vec<(String, Vec<Json>)> = Vec::new();
    for name in names {
        let (kind, text) = match name {
            Named::Everyone => ("AWS", "*".into()),
            // As AWS writes an account that it was given by its number.
            Named::Account(id) => ("AWS", format!("arn:aws:iam::{id}:root")),
            Named::Arn(text) => ("AWS", text.clone()),
            Named::Other(kind, text) => (kind.as_str(), text.clone()),
        };
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, texts)) => texts.push(Json::String(text)),
            None => kinds.push((kind.into(), alloc::vec![Json::String(text)])),
        }
    }
    Json::Object(kinds.into_iter().map(|(kind, texts)| (kind, one_or_more(texts))).collect())
}

/// The conditions in their order, under operators that have them as they are; `Some(None)` if there
/// are none at all.
fn conditions(conditions: &[Condition]) -> Option<Option<Json>> {
    let mut block: Vec<(String, Vec<(String, Json)>)> = Vec::new();
    for condition in conditions {
        let last = block.last().map(|(name, _)| name.clone());
        let is_last = |name: &String| last.as_ref() == Some(name);
        let is_known = |name: &String| block.iter().any(|(known, _)| known == name);
        let has_key = |name: &String| {
            let of_name = block.iter().filter(|(known, _)| known == name);
            of_name.flat_map(|(_, keys)| keys).any(|(key, _)| key == spelt(condition.key()))
        };
        // `ArnEquals` and `ArnLike` are the same: where one is taken, the other serves.
        let fits = |name: &String| !has_key(name) && (is_last(name) || !is_known(name));
        let name = condition.operator_names().find(fits)?;
        if !is_last(&name) {
            block.push((name, Vec::new()));
        }
        let values = condition.operands().map(Json::String).collect();
        block.last_mut()?.1.push((spelt(condition.key()).into(), one_or_more(values)));
    }
    let member =
        |(name, keys): (String, Vec<(String, Json)>)| (name, Json::Object(Object::new(keys)));
    let written: Object = block.into_iter().map(member).collect();
    Some((!written.is_empty()).then_some(Json::Object(written)))
}

/// A key, which is kept in lower case, as AWS spells it.
fn spelt(key: &str) -> &str {
    KEYS.into_iter().find(|known| known.eq_ignore_ascii_case(key)).unwrap_or(key)
}

const KEYS: [&str; 15] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:UserAgent",
    "aws:VpcSourceIp",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (Policy, Policy) {
        let policy = Policy::parse(text.as_bytes()).unwrap();
        let document = policy.to_document().unwrap().to_text();
        let again =
            Policy::parse(document.as_bytes()).unwrap_or_else(|e| panic!("{e}: {document}"));
        (policy, again)
    }

    #[test]
    fn what_is_written_is_read_as_the_same_policy() {
        for text in [
            r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}}"#,
            r#"{"Version": "2012-10-17", "Statement": [
                {"Sid": "a", "Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a", "*"], "Service": ["x.amazonaws.com", "y.amazonaws.com"]},
                 "NotAction": ["a:*", "b:?"], "NotResource": ["arn:aws:execute-api:*:*:*/${aws:username}/${aws:userid, 'no one'}/${*}${?}${$}{x}*"]},
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*", "Condition": {
                    "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "0.0.0.0/0", "::/0"]},
                    "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::a*"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:s3:::b?", "aws:PrincipalArn": "*"},
                    "ForAllValues:StringNotLikeIfExists": {"aws:UserAgent": ["*a*", "b"]},
                    "ForAnyValue:StringEqualsIgnoreCase": {"aws:Referer": "A"},
                    "NumericGreaterThanEquals": {"s3:max-keys": ["10", 2.5]},
                    "DateLessThan": {"aws:CurrentTime": "2026-11-21T05:08:09.120Z", "aws:EpochTime": 1800000000},
                    "Bool": {"aws:SecureTransport": true}, "Null": {"aws:userid": "false"},
                    "BinaryEquals": {"k": "QmluYXJ5"}}}]}"#,
            r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "a/${aws:username}/$"}}"#,
            r#"{"Statement": []}"#,
        ] {
            let (policy, again) = written(text);
            assert_eq!(policy, again, "{text}");
        }
    }

    #[test]
    fn accounts_and_condition_keys_are_written_as_aws_does() {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789013:root"},"Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1","aws:userid":"u"}}}]}"#;
        let policy = Policy::parse(text.as_bytes()).unwrap();
        assert_eq!(policy.to_document().unwrap().to_text(), text.replace('/', "\\/"));
    }

    #[test]
    fn a_condition_key_in_two_spellings_cannot_be_written() {
        let text = r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:userid": "a", "AWS:UserId": "b"}}}}"#;
        let policy = Policy::parse(text.as_bytes()).unwrap();
        assert_eq!(policy.to_document(), None);
    }
}
