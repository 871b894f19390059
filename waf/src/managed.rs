//! Rule groups of our own under the names of AWS's managed ones.
//!
//! Names of groups, rules and labels, and what each rule is for, are AWS's ("AWS Managed Rules rule
//! groups list"). How a rule finds what it is for is ours. Rules that AWS does not have stand last in
//! their group and are named in the README.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::acl::{Action, Kind, Rule, Statement};
use crate::detect::{Detector, Look, Place};
use crate::ip::IpSet;

pub(crate) mod bots;
mod groups;

/// A group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ManagedGroup {
    name: &'static str,
    pub(crate) capacity: u32,
    /// `awswaf:managed:aws:core-rule-set`
    namespace: &'static str,
    rules: &'static [ManagedRule],
}

/// A rule of one.
#[derive(Debug, Clone, Copy)]
struct ManagedRule {
    name: &'static str,
    /// The label's last part.
    label: &'static str,
    look: Sight,
    place: Place,
    only_counts: bool,
}

/// What a rule looks for, as a constant.
#[derive(Debug, Clone, Copy)]
enum Sight {
    Xss,
    Sqli,
    SqliExtended,
    LocalFile,
    RemoteFile,
    Metadata,
    RestrictedExtension,
    UnixShell,
    WindowsShell,
    PowerShell,
    Php,
    Log4j,
    JavaDeserialization,
    ReactJs,
    UnknownCharset,
    /// A path with one of these within, or with a segment that is one of those.
    PathHas(&'static [&'static str], &'static [&'static str]),
    Scanner,
    AgentHas(&'static [&'static str]),
    /// Bots that say who they are.
    Bot(&'static [&'static str]),
    NoUserAgent,
    NoBrowser,
    LocalHost,
    Method(&'static str),
    LargerThan(usize),
    /// The IP set of this name, if there is one.
    Addresses(&'static str),
}

/// Groups of AWS's that there are none of here.
pub(crate) const UNSUPPORTED: [&str; 4] = [
    "AWSManagedRulesACFPRuleSet",
    "AWSManagedRulesATPRuleSet",
    "AWSManagedRulesAntiDDoSRuleSet",
    "AWSManagedRulesWordPressRuleSet",
];

/// The names of all groups.
pub(crate) fn names() -> Vec<&'static str> {
    groups::GROUPS.iter().map(|group| group.name).collect()
}

/// The names of all lists of addresses that rules of groups look into.
pub fn address_lists() -> Vec<&'static str> {
    let rules = groups::GROUPS.iter().flat_map(|group| group.rules);
    let list = |rule: &ManagedRule| match rule.look {
        Sight::Addresses(name) => Some(name),
        _ => None,
    };
    rules.filter_map(list).collect()
}

/// The group of this name.
pub(crate) fn find(name: &str) -> Option<&'static ManagedGroup> {
    groups::GROUPS.iter().find(|group| group.name == name)
}

impl ManagedGroup {
    /// Its rules. Lists of addresses are given by name.
    pub(crate) fn rules(&self, list: &dyn Fn(&str) -> Option<IpSet>) -> Vec<Rule> {
        let make = |(index, rule): (usize, &ManagedRule)| Rule {
            name: rule.name.to_string(),
            priority: index as u32,
            pointer: String::new(),
            labels: self.labels(rule),
            captcha_immunity_s: None,
            challenge_immunity_s: None,
            sampled_as: None,
            overridden: None,
            kind: Kind::Statement {
                statement: Statement::Detects(Detector {
                    look: rule.look.look(list),
                    place: rule.place,
                }),
                action: match rule.only_counts {
                    true => Action::Count(Vec::new()),
                    false => Action::Block(None),
                },
            },
        };
        self.rules.iter().enumerate().map(make).collect()
    }

    /// Rules of bots have a label of their own name beside that of what they found ("AWS WAF Bot Control rule group").
    /// Nothing here verifies a bot (AWS asks who has its address), so that each is unverified.
    fn labels(&self, rule: &ManagedRule) -> Vec<String> {
        let label = |name: &str| alloc::format!("awswaf:managed:aws:{}:{name}", self.namespace);
        let mut labels = [label(rule.label)].to_vec();
        if self.namespace == bots::NAMESPACE {
            labels.push(label(rule.name));
        }
        if matches!(rule.look, Sight::Bot(_)) {
            labels.push(label("bot:unverified"));
        }
        labels
    }
}

impl Sight {
    fn look(self, list: &dyn Fn(&str) -> Option<IpSet>) -> Look {
        match self {
            Self::Xss => Look::Xss,
            Self::Sqli => Look::Sqli,
            Self::SqliExtended => Look::SqliExtended,
            Self::LocalFile => Look::LocalFile,
            Self::RemoteFile => Look::RemoteFile,
            Self::Metadata => Look::Metadata,
            Self::RestrictedExtension => Look::RestrictedExtension,
            Self::UnixShell => Look::UnixShell,
            Self::WindowsShell => Look::WindowsShell,
            Self::PowerShell => Look::PowerShell,
            Self::Php => Look::Php,
            Self::Log4j => Look::Log4j,
            Self::JavaDeserialization => Look::JavaDeserialization,
            Self::ReactJs => Look::ReactJs,
            Self::UnknownCharset => Look::UnknownCharset,
            Self::PathHas(within, segments) => Look::PathHas(within, segments),
            Self::Scanner => Look::Scanner,
            Self::AgentHas(all) => Look::AgentHas(all),
            Self::Bot(all) => Look::Bot(all),
            Self::NoUserAgent => Look::NoUserAgent,
            Self::NoBrowser => Look::NoBrowser,
            Self::LocalHost => Look::LocalHost,
            Self::Method(name) => Look::Method(name),
            Self::LargerThan(most) => Look::LargerThan(most),
            Self::Addresses(name) => Look::Addresses(list(name).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests;
