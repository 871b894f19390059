//! IAM policies: who may do what to which resource, under which conditions.
//!
//! All of it is pure. A policy is read once ([`Policy::parse`]) and then evaluated against requests;
//! what cannot be read is no policy, so that its owner decides what closed means. Rules: "IAM JSON
//! policy elements reference" and "Policy evaluation logic" in the IAM user guide.
//!
//! Several policies are combined by whoever has them, because AWS combines them differently for
//! each kind of authorizer: each gives a [`Verdict`] of its own.

mod condition;
mod document;
#[cfg(test)]
pub(crate) mod encoding;
mod ip;
mod operator;
mod overlap;
mod pattern;
mod principal;
mod reach;
mod request;
#[cfg(test)]
mod tests;
mod unknown_keys;
mod write;

use alloc::{format, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use condition::Condition;
pub use document::PolicyError;
use pattern::Pattern;

use crate::message::Timestamp;
pub use principal::{CognitoIdentity, Identity};
pub(crate) use principal::{Principal, Principals};
pub use reach::{Element, MethodArns};
pub(crate) use request::AccessRequest;
use request::is_condition_key;
pub use unknown_keys::UnknownKey;

/// A policy document, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    statements: Vec<Statement>,
}

/// One statement. It speaks of a request if every part of it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Statement {
    sid: Option<String>,
    effect: Effect,
    /// `None` in identity policies, which speak of whoever has them.
    principals: Option<Principals>,
    actions: Matching,
    resources: Matching,
    conditions: Vec<Condition>,
}

/// What a statement does about what it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Matching {
    AnyOf(Vec<Pattern>),
    NoneOf(Vec<Pattern>),
}

/// What a policy says of a request, and by which statement (its number, from 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A statement denies it: whatever else allows it does not count.
    Denied(usize),
    /// A statement allows it, and none denies it.
    Allowed(usize),
    /// No statement speaks of it.
    Silent,
}

impl Verdict {
    /// For people: which statement decided.
    pub(crate) fn told(self, resource: &str) -> String {
        match self {
            Self::Denied(number) => format!("statement {number} of the policy denies {resource}"),
            Self::Allowed(number) => format!("statement {number} of the policy allows {resource}"),
            Self::Silent => format!("no statement of the policy speaks of {resource}"),
        }
    }
}

impl Policy {
    /// What the policy says of a request. Any `Deny` comes before any `Allow`.
    pub(crate) fn evaluate(&self, request: &AccessRequest<'_>) -> Verdict {
        let mut verdict = Verdict::Silent;
        for (number, statement) in self.statements.iter().enumerate() {
            // An `Allow` that comes too late to matter need not be looked at.
            let matters = statement.effect == Effect::Deny || verdict == Verdict::Silent;
            if matters && statement.speaks_of(request) {
                match statement.effect {
                    Effect::Deny => return Verdict::Denied(number),
                    Effect::Allow => verdict = Verdict::Allowed(number),
                }
            }
        }
        verdict
    }

    /// What the policy says of a request by somebody whom IAM does not know, about whom nothing else
    /// is known either: for tools.
    pub fn verdict(&self, action: &str, resource: &str, now: Timestamp) -> Verdict {
        self.evaluate(&AccessRequest {
            action,
            resource,
            principal: Principal::Anonymous,
            now,
            source_ip: "",
            is_secure: false,
            user_agent: None,
            referer: None,
            vpc: None,
            vpc_endpoint: None,
        })
    }

    /// The `Sid` of a statement, if it has one.
    pub fn sid(&self, statement: usize) -> Option<&str> {
        self.statements.get(statement)?.sid.as_deref()
    }

    /// The policy with `execute-api:/stage/VERB/path` written out, for this API.
    /// AWS: "Values of policy expressions for API Gateway" does so when a policy is saved.
    pub fn for_api(mut self, api_arn: &str) -> Self {
        for statement in &mut self.statements {
            let (Matching::AnyOf(patterns) | Matching::NoneOf(patterns)) = &mut statement.resources;
            patterns.iter_mut().for_each(|pattern| pattern.expand("execute-api:/", api_arn));
        }
        self
    }

    /// The policy of an API that was exported under `own_id` and may be served under another id, in another region and
    /// account. What it says of the API's ARNs then is what it says of the API's methods.
    ///
    /// Where more is denied if a statement speaks of more (a `Deny` of a `Resource`, an `Allow` of all but a `NotResource`),
    /// whatever API its ARN names is this one: a policy is about the API that has it, and a denial that speaks of nobody lets
    /// everybody in.
    pub(crate) fn exported_under(mut self, own_id: Option<&str>) -> Self {
        for statement in &mut self.statements {
            let closes = match statement.resources {
                Matching::AnyOf(_) => statement.effect == Effect::Deny,
                Matching::NoneOf(_) => statement.effect == Effect::Allow,
            };
            let (Matching::AnyOf(patterns) | Matching::NoneOf(patterns)) = &mut statement.resources;
            for pattern in patterns {
                pattern.make_relative(|id| closes || own_id == Some(id), closes);
            }
        }
        self
    }

    /// The condition keys that it reads, in lower case.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().flat_map(|s| s.conditions.iter().map(Condition::key))
    }
}

impl Statement {
    fn speaks_of(&self, request: &AccessRequest<'_>) -> bool {
        self.principals.as_ref().is_none_or(|p| p.include(&request.principal, self.effect))
            && self.actions.include(|pattern| pattern.matches_action(request.action, request))
            && self.resources.include(|pattern| pattern.matches_arn(request.resource, request))
            && self.conditions.iter().all(|condition| condition.holds(request, self.effect))
    }
}

impl Matching {
    fn include(&self, matches: impl Fn(&Pattern) -> bool) -> bool {
        match self {
            Self::AnyOf(patterns) => patterns.iter().any(matches),
            Self::NoneOf(patterns) => !patterns.iter().any(matches),
        }
    }
}
