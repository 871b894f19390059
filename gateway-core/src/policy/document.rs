//! Reads policy documents ("Grammar of the IAM JSON policy language").
//!
//! Strict: an element or an operator that IAM does not have, a value of the wrong kind, or more than
//! [`POLICY_STATEMENTS_MAX`] and [`POLICY_BYTES_MAX`] allow, and there is no policy.

use alloc::format;
use alloc::{string::String, vec::Vec};
use core::fmt;

use super::condition::{Condition, Operator};
use super::pattern::Pattern;
use super::principal::{Named, Principals};
use super::unknown_keys::{UnknownKey, unknown_keys};
use super::{Effect, Matching, Policy, Statement};
use crate::definition::document::{Node, Value};
use crate::jwt::Json;
use crate::limits::{POLICY_BYTES_MAX, POLICY_STATEMENTS_MAX};

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// Where, as a JSON pointer within the document.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => write!(f, "{}", self.reason),
            pointer => write!(f, "{pointer}: {}", self.reason),
        }
    }
}

impl core::error::Error for PolicyError {}

type Read<T> = Result<T, PolicyError>;

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// The first thing that IAM would not take either.
    pub fn parse(text: &[u8]) -> Result<Self, PolicyError> {
        if text.len() > POLICY_BYTES_MAX {
            return Err(error("", format!("a policy has at most {POLICY_BYTES_MAX} bytes")));
        }
        let json = serde_json::from_slice(text).map_err(|e| error("", format!("{e}")))?;
        Self::read(&json)
    }

    /// Reads a policy document that stands in a definition or a configuration.
    ///
    /// # Errors
    /// Everything that IAM would not take either; of each element of a statement the first thing.
    pub fn from_document(node: &Node) -> Result<Self, Vec<PolicyError>> {
        let mut found = Found::default();
        let policy = policy(&json(node), &mut found);
        policy.filter(|_| found.0.is_empty()).ok_or(found.0)
    }

    /// Keys that a policy document of a definition or a configuration asks about, and no request has here.
    pub fn unknown_keys(node: &Node) -> Vec<UnknownKey> {
        unknown_keys(&json(node))
    }

    /// Reads a policy document that only now came to be known, when nobody is told of its keys: one that
    /// asks about a key of AWS's that no request has here is no policy.
    pub(crate) fn read_known(document: &Json) -> Read<Self> {
        let policy = Self::read(document)?;
        match unknown_keys(document).into_iter().find(UnknownKey::is_global) {
            Some(UnknownKey { pointer, name }) => Err(PolicyError {
                pointer,
                reason: format!("no request has the key `{name}` here"),
            }),
            None => Ok(policy),
        }
    }

    /// Reads a policy document that is part of another.
    fn read(document: &Json) -> Read<Self> {
        let mut found = Found::default();
        let policy = policy(document, &mut found);
        match found.0.into_iter().next() {
            Some(first) => Err(first),
            None => policy.ok_or_else(|| error("", "it is no policy")),
        }
    }
}

/// What was found wrong so far.
#[derive(Default)]
struct Found(Vec<PolicyError>);

impl Found {
    fn note<T>(&mut self, read: Read<T>) -> Option<T> {
        read.map_err(|error| self.0.push(error)).ok()
    }
}

fn policy(document: &Json, found: &mut Found) -> Option<Policy> {
    for (name, value) in found.note(members(document, ""))? {
        match name.as_str() {
            "Version" | "Id" => {
                found.note(string(value, &format!("/{name}")));
            }
            "Statement" => {}
            _ => found.0.push(error(&pointer("", name), "IAM has no such element")),
        }
    }
    let has_variables = match document.get("Version").and_then(Json::as_str) {
        Some("2012-10-17") => true,
        Some("2008-10-17") | None => false,
        Some(_) => {
            found.0.push(error("/Version", "it is 2012-10-17 or 2008-10-17"));
            true
        }
    };
    let statements = match document.get("Statement") {
        Some(Json::Array(items)) if items.len() > POLICY_STATEMENTS_MAX => {
            let reason = format!("more than {POLICY_STATEMENTS_MAX} statements");
            found.0.push(error("/Statement", reason));
            return None;
        }
        Some(Json::Array(items)) => {
            let numbered = items.iter().enumerate();
            let read =
                |(i, item)| statement(item, &format!("/Statement/{i}"), has_variables, &mut *found);
            // All of them, wrong ones among them or not.
            let read: Vec<Option<Statement>> = numbered.map(read).collect();
            read.into_iter().collect::<Option<_>>()?
        }
        Some(one) => alloc::vec![statement(one, "/Statement", has_variables, found)?],
        None => {
            found.0.push(error("", "`Statement` is missing"));
            return None;
        }
    };
    Some(Policy { statements })
}

/// The document's value as this reader takes it.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        // What is no number of JSON's cannot be meant as one.
        Value::Number(text) => {
            serde_json::from_str(text).map_or_else(|_| Json::String(text.clone()), Json::Number)
        }
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(members) => {
            let member = |(name, node): &(String, Node)| (name.clone(), json(node));
            Json::Object(members.iter().map(member).collect())
        }
    }
}

fn statement(json: &Json, at: &str, has_variables: bool, found: &mut Found) -> Option<Statement> {
    const ELEMENTS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    for (name, _) in found.note(members(json, at))? {
        if !ELEMENTS.contains(&name.as_str()) {
            found.0.push(error(&pointer(at, name), "IAM has no such element"));
        }
    }
    let sid = json.get("Sid").map(|sid| string(sid, &pointer(at, "Sid"))).transpose();
    let effect = match json.get("Effect").and_then(Json::as_str) {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        _ => Err(error(&pointer(at, "Effect"), "it is Allow or Deny")),
    };
    let conditions = match json.get("Condition") {
        Some(block) => conditions(block, &pointer(at, "Condition"), has_variables),
        None => Ok(Vec::new()),
    };
    let (sid, effect, conditions) = (found.note(sid), found.note(effect), found.note(conditions));
    let principals = found.note(principals(json, at));
    let actions = found.note(matching(json, at, ["Action", "NotAction"], has_variables));
    let resources = found.note(matching(json, at, ["Resource", "NotResource"], has_variables));
    Some(Statement {
        sid: sid?.map(Into::into),
        effect: effect?,
        principals: principals?,
        actions: actions?,
        resources: resources?,
        conditions: conditions?,
    })
}

fn matching(json: &Json, at: &str, names: [&str; 2], has_variables: bool) -> Read<Matching> {
    let patterns = |json: &Json, name: &str| {
        let at = pointer(at, name);
        let texts = strings(json, &at)?;
        if texts.is_empty() {
            return Err(error(&at, "it is empty"));
        }
        let read = |text: &str| Pattern::parse(text, has_variables);
        let read = texts.into_iter().map(read).collect::<Option<Vec<_>>>();
        read.ok_or_else(|| error(&at, "it has control characters, or a variable that does not end"))
    };
    let [is, is_not] = names;
    match (json.get(is), json.get(is_not)) {
        (Some(json), None) => patterns(json, is).map(Matching::AnyOf),
        (None, Some(json)) => patterns(json, is_not).map(Matching::NoneOf),
        _ => Err(error(at, format!("a statement has either `{is}` or `{is_not}`"))),
    }
}

fn principals(json: &Json, at: &str) -> Read<Option<Principals>> {
    match (json.get("Principal"), json.get("NotPrincipal")) {
        (None, None) => Ok(None),
        (Some(json), None) => Ok(Some(Principals::AnyOf(names(json, &pointer(at, "Principal"))?))),
        (None, Some(json)) => {
            Ok(Some(Principals::NoneOf(names(json, &pointer(at, "NotPrincipal"))?)))
        }
        _ => Err(error(at, "a statement has either `Principal` or `NotPrincipal`")),
    }
}

fn names(json: &Json, at: &str) -> Read<Vec<Named>> {
    if json.as_str() == Some("*") {
        return Ok(alloc::vec![Named::Everyone]);
    }
    let mut names = Vec::new();
    for (kind, json) in members(json, at)? {
        let at = pointer(at, kind);
        let texts = strings(json, &at)?;
        match kind.as_str() {
            "AWS" => {
                for text in texts {
                    let name = Named::parse(text);
                    names.push(name.ok_or_else(|| {
                        error(&at, format!("`{text}` is not `*`, an account, a user or a role"))
                    })?);
                }
            }
            "Service" | "Federated" | "CanonicalUser" => {
                names.extend(texts.iter().map(|text| Named::Other(kind.clone(), (*text).into())));
            }
            _ => return Err(error(&at, "IAM has no such kind of principal")),
        }
    }
    match names.is_empty() {
        true => Err(error(at, "it is empty")),
        false => Ok(names),
    }
}

fn conditions(block: &Json, at: &str, has_variables: bool) -> Read<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (name, keys) in members(block, at)? {
        let at = pointer(at, name);
        let operator =
            Operator::parse(name).ok_or_else(|| error(&at, "IAM has no such operator"))?;
        for (key, values) in members(keys, &at)? {
            let at = pointer(&at, key);
            let mut operands = Vec::new();
            let values = match values {
                Json::Array(items) => &items[..],
                one => core::slice::from_ref(one),
            };
            for value in values {
                let text = match value {
                    Json::String(text) => text.clone(),
                    Json::Bool(_) | Json::Number(_) => value.to_text(),
                    _ => return Err(error(&at, "a value is a string, a number or a boolean")),
                };
                let operand = operator.comparison.operand(&text, has_variables);
                operands.push(
                    operand.ok_or_else(|| {
                        error(&at, format!("`{text}` is not a value for `{name}`"))
                    })?,
                );
            }
            if operands.is_empty() {
                return Err(error(&at, "it is empty"));
            }
            conditions.push(Condition::new(operator, key, operands));
        }
    }
    Ok(conditions)
}

fn members<'j>(json: &'j Json, at: &str) -> Read<&'j [(String, Json)]> {
    match json {
        Json::Object(members) => Ok(members),
        _ => Err(error(at, "it is not an object")),
    }
}

fn string<'j>(json: &'j Json, at: &str) -> Read<&'j str> {
    json.as_str().ok_or_else(|| error(at, "it is not a string"))
}

/// A string, or an array of them.
fn strings<'j>(json: &'j Json, at: &str) -> Read<Vec<&'j str>> {
    match json {
        Json::Array(items) => items.iter().map(|item| string(item, at)).collect(),
        one => Ok(alloc::vec![string(one, at)?]),
    }
}

pub(super) fn pointer(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn error(pointer: &str, reason: impl Into<String>) -> PolicyError {
    PolicyError { pointer: pointer.into(), reason: reason.into() }
}
