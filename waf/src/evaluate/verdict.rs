//! What an evaluation comes to.

use alloc::string::String;
use alloc::vec::Vec;

use super::Tokens;
use crate::acl::{CustomResponse, Headers, Overridden, Rule};
use crate::matched::Found;
use crate::rate::Rate;

/// A request to be counted, by [`Window`](crate::Window) in the host's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    /// What it is counted under.
    pub key: String,
    /// The span that counts.
    pub window_ms: u64,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes on, with these header fields added.
    Allow,
    /// It is refused, with the default answer or with this one.
    Block(Option<CustomResponse>),
    /// Its client has to solve a puzzle that machines cannot.
    Captcha,
    /// Its client has to show that it is a browser.
    Challenge,
}

impl Decision {
    /// As logs have it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Block(_) => "BLOCK",
            Self::Captcha => "CAPTCHA",
            Self::Challenge => "CHALLENGE",
        }
    }
}

/// The outcome of an evaluation, with everything that a log tells.
#[derive(Debug)]
pub struct Verdict<'a> {
    /// What becomes of the request.
    pub decision: Decision,
    /// Header fields for the request that goes on.
    pub inserted: Headers,
    /// The labels that rules added, in order.
    pub labels: Vec<String>,
    pub(crate) terminating: Option<Terminating<'a>>,
    pub(crate) counted: Vec<Matched<'a>>,
    pub(crate) groups: Vec<GroupResult<'a>>,
    pub(crate) rates: Vec<RateResult<'a>>,
    pub(crate) tokens: Tokens,
}

#[derive(Debug)]
pub(crate) struct Terminating<'a> {
    pub(crate) rule: &'a Rule,
    /// Within a group: the group's own rule.
    pub(crate) found: Option<Found>,
}

#[derive(Debug, Clone)]
pub(crate) struct Matched<'a> {
    pub(crate) rule: &'a str,
    pub(crate) action: &'static str,
    pub(crate) overridden: Option<Overridden>,
    pub(crate) found: Option<Found>,
}

#[derive(Debug)]
pub(crate) struct GroupResult<'a> {
    pub(crate) id: &'a str,
    /// The rule that refers to it.
    pub(crate) rule: &'a Rule,
    pub(crate) terminating: Option<Matched<'a>>,
    pub(crate) counted: Vec<Matched<'a>>,
}

#[derive(Debug)]
pub(crate) struct RateResult<'a> {
    pub(crate) rule: &'a str,
    pub(crate) rate: &'a Rate,
    /// What the request was counted by, one value a key; empty for an address that is none.
    pub(crate) values: Vec<String>,
}

impl Verdict<'_> {
    /// The name of the rule that decided; `None` for the default action.
    pub fn rule(&self) -> Option<&str> {
        self.terminating.as_ref().map(|terminating| terminating.rule.name.as_str())
    }

    /// The rule within a rule group that decided.
    pub fn rule_in_group(&self) -> Option<&str> {
        let decided = self.groups.last()?.terminating.as_ref()?;
        self.terminating.as_ref().map(|_| decided.rule)
    }
}
