//! What an evaluation tells somebody who asks why: the rules that matched, in their order.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Matched, Verdict};
use crate::acl::WebAcl;
use crate::matched::Found;

/// A rule that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// The rule of the web ACL.
    pub rule: &'a str,
    /// Where that stands in the web ACL's document.
    pub pointer: &'a str,
    /// The rule group that it refers to, and the rule in there.
    pub within: Option<(&'a str, &'a str)>,
    /// What the rule does to the request: `BLOCK`.
    pub action: &'static str,
    /// What was found and where.
    pub found: Option<Found>,
    /// How many requests in how many seconds, of a rule that is based on rates.
    pub rate: Option<(u32, u32)>,
    /// Whether no rule after it was asked.
    pub is_terminating: bool,
}

impl<'a> Verdict<'a> {
    /// The rules that matched, in the order in which they were asked.
    pub fn matches(&self, acl: &'a WebAcl) -> Vec<Match<'a>> {
        let mut matches = Vec::new();
        for rule in &acl.rules {
            let terminating = self.terminating.as_ref().filter(|t| t.rule.name == rule.name);
            let of = |matched: &Matched<'a>, within, is_terminating| Match {
                rule: &rule.name,
                pointer: &rule.pointer,
                within,
                action: matched.action,
                found: matched.found.clone(),
                rate: self.rate(within.map_or(rule.name.as_str(), |(_, inner)| inner)),
                is_terminating,
            };
            let group = self.groups.iter().find(|group| group.rule.name == rule.name);
            if let Some(group) = group {
                let counted = group.counted.iter().map(|one| (one, false));
                let ended = group.terminating.iter().map(|one| (one, terminating.is_some()));
                let within = counted.chain(ended);
                matches.extend(within.map(|(one, ends)| of(one, Some((group.id, one.rule)), ends)));
            }
            let counted = self.counted.iter().filter(|one| one.rule == rule.name);
            matches.extend(counted.map(|one| of(one, None, false)));
            if let (Some(terminating), None) = (terminating, group) {
                let (rule, action) = (rule.name.as_str(), self.action());
                let (overridden, found) = (None, terminating.found.clone());
                let matched = Matched { rule, action, overridden, found };
                matches.push(of(&matched, None, true));
            }
        }
        matches
    }

    /// What becomes of the request, as logs have it: `ALLOW`.
    pub fn action(&self) -> &'static str {
        self.decision.name()
    }

    fn rate(&self, rule: &str) -> Option<(u32, u32)> {
        let of_it = self.rates.iter().find(|result| result.rule == rule)?;
        Some((of_it.rate.limit, of_it.rate.window_s))
    }
}

impl WebAcl {
    /// The JSON pointer of a member of it (`DefaultAction`) in its document.
    pub fn pointer_of(&self, member: &str) -> String {
        alloc::format!("{}/{member}", self.pointer)
    }
}
