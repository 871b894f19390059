//! The evaluation of a request: rules in their order, until one decides.
//!
//! What others have counted of a rate-based rule is the host's to know, so an evaluation may stop to
//! ask for it: [`Evaluation::advance`] until it is [`Step::Decided`].

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::acl::{Action, Group, Kind, Rule, Statement, WebAcl};
use crate::detect::Parts;
use crate::forwarded::Told;
use crate::matched::Found;
use crate::rate::{self, Rate};
use crate::request::{Location, Request};
use crate::seen::Seen;
use crate::statement::Matcher;
pub use account::Match;
pub use verdict::{Counting, Decision, Verdict};
pub(crate) use verdict::{GroupResult, Matched, RateResult, Terminating};

mod account;
mod verdict;

/// What is next.
#[derive(Debug)]
pub enum Step<'a> {
    /// Counts the request under a key, and tells [`Evaluation::counted`] how many there were.
    Count(Counting),
    /// Tells [`Evaluation::located`] where an address is that a proxy told of.
    Locate(IpAddr),
    /// The end.
    Decided(Box<Verdict<'a>>),
}

/// A request on its way through the rules.
#[derive(Debug)]
pub struct Evaluation<'a> {
    acl: &'a WebAcl,
    request: &'a Request<'a>,
    parts: Parts,
    seen: Option<&'a Seen>,
    /// Which rule is next, and which of its group.
    at: usize,
    inner: Option<usize>,
    /// What the host counted for the rule that is next.
    answer: Option<u32>,
    /// Whether that was for the last of what was sent several times.
    is_last: bool,
    /// The address that the host was asked for, and those that it told of.
    asked: Option<IpAddr>,
    located: Vec<(IpAddr, Location)>,
    verdict: Verdict<'a>,
    tokens: Tokens,
}

/// The tokens that a client has earned by solving a captcha or a challenge: when each was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// A captcha that was solved, milliseconds since 1970.
    pub captcha_ms: Option<u64>,
    /// A challenge that was passed.
    pub challenge_ms: Option<u64>,
    /// Whether something was sent that is no token for this host.
    pub has_invalid: bool,
}

impl WebAcl {
    /// Begins to evaluate a request.
    pub fn evaluate<'a>(&'a self, request: &'a Request<'a>, tokens: Tokens) -> Evaluation<'a> {
        self.evaluate_beside(request, tokens, None)
    }

    /// The same of one of several requests that differ in nothing but their paths and bodies: what was looked at in one
    /// of them is not looked at again in another.
    pub fn evaluate_beside<'a>(
        &'a self,
        request: &'a Request<'a>,
        tokens: Tokens,
        seen: Option<&'a Seen>,
    ) -> Evaluation<'a> {
        Evaluation {
            acl: self,
            request,
            parts: Parts::default(),
            at: 0,
            inner: None,
            answer: None,
            is_last: false,
            seen,
            asked: None,
            located: Vec::new(),
            tokens,
            verdict: Verdict {
                decision: Decision::Allow,
                inserted: Vec::new(),
                labels: Vec::new(),
                terminating: None,
                counted: Vec::new(),
                groups: Vec::new(),
                rates: Vec::new(),
                tokens,
            },
        }
    }
}

/// What looking at one rule came to.
enum Looked<'a> {
    Matches(Option<Found>),
    Passes,
    Asks(Box<Step<'a>>),
}

impl<'a> Evaluation<'a> {
    /// Tells how many requests there were, as [`Step::Count`] asked. A host that cannot count says 0:
    /// a rate-based rule does not refuse what nobody counted.
    pub fn counted(&mut self, requests: u32) {
        self.answer = Some(requests);
    }

    /// Tells where the address is, as [`Step::Locate`] asked: nowhere that a host knows by default.
    pub fn located(&mut self, location: Location) {
        self.located.extend(self.asked.take().map(|address| (address, location)));
    }

    /// Goes on to the next question or to the end. After the end there is nothing more.
    pub fn advance(&mut self) -> Step<'a> {
        // Who was not told is told nothing.
        self.located(Location::default());
        while let Some(rule) = self.acl.rules.get(self.at) {
            let done = match &rule.kind {
                Kind::Group(group) => self.group(rule, group),
                _ => self.rule(rule),
            };
            match done {
                Ok(true) => return Step::Decided(Box::new(self.take_verdict())),
                Ok(false) => (self.at, self.inner) = (self.at + 1, None),
                Err(question) => return *question,
            }
        }
        let acl = self.acl;
        self.decide(&acl.default_action);
        Step::Decided(Box::new(self.take_verdict()))
    }

    /// A rule of the ACL itself: whether it decided.
    fn rule(&mut self, rule: &'a Rule) -> Result<bool, Box<Step<'a>>> {
        let found = match self.look(rule) {
            Looked::Passes => return Ok(false),
            Looked::Asks(counting) => return Err(counting),
            Looked::Matches(found) => found,
        };
        self.verdict.labels.extend(rule.labels.iter().cloned());
        let Some(action) = action(rule) else { return Ok(false) };
        if self.goes_on(rule, action) {
            let action = action.name();
            let overridden = None;
            self.verdict.counted.push(Matched { rule: &rule.name, action, overridden, found });
            return Ok(false);
        }
        self.verdict.terminating = Some(Terminating { rule, found });
        self.decide(action);
        Ok(true)
    }

    /// A rule that refers to a group: whether the group decided.
    fn group(&mut self, rule: &'a Rule, group: &'a Group) -> Result<bool, Box<Step<'a>>> {
        if self.inner.is_none() {
            if let Some(scope) = &group.scope_down {
                if let Some(address) = self.unlocated(scope) {
                    return Err(Box::new(self.locate(address)));
                }
                if !self.matches(scope).0 {
                    return Ok(false);
                }
            }
            let (terminating, counted) = (None, Vec::new());
            let result = GroupResult { id: &group.id, rule, terminating, counted };
            self.verdict.groups.push(result);
        }
        let mut at = self.inner.unwrap_or(0);
        while let Some(inner) = group.rules.get(at) {
            self.inner = Some(at);
            at += 1;
            let found = match self.look(inner) {
                Looked::Passes => continue,
                Looked::Asks(counting) => return Err(counting),
                Looked::Matches(found) => found,
            };
            self.verdict.labels.extend(inner.labels.iter().cloned());
            let Some(action) = action(inner) else { continue };
            let (rule_name, overridden) = (&inner.name, inner.overridden);
            let of_group = found.clone();
            let matched = Matched { rule: rule_name, action: action.name(), overridden, found };
            let goes_on = self.goes_on(inner, action);
            let Some(result) = self.verdict.groups.last_mut() else { continue };
            if goes_on {
                result.counted.push(matched);
                continue;
            }
            result.terminating = Some(matched);
            if let Some(headers) = &group.only_counts {
                self.insert(headers);
                self.verdict.labels.extend(rule.labels.iter().cloned());
                let (action, overridden) = ("COUNT", None);
                let found = of_group;
                self.verdict.counted.push(Matched { rule: &rule.name, action, overridden, found });
                return Ok(false);
            }
            self.verdict.labels.extend(rule.labels.iter().cloned());
            self.verdict.terminating = Some(Terminating { rule, found: of_group });
            self.decide(action);
            return Ok(true);
        }
        Ok(false)
    }

    fn look(&mut self, rule: &'a Rule) -> Looked<'a> {
        let statement = match &rule.kind {
            Kind::Group(_) => None,
            Kind::Statement { statement, .. } => Some(statement),
            Kind::Rate { rate, .. } => rate.scope_down.as_ref(),
        };
        if let Some(address) = statement.and_then(|statement| self.unlocated(statement)) {
            return Looked::Asks(Box::new(self.locate(address)));
        }
        match &rule.kind {
            Kind::Group(_) => Looked::Passes,
            Kind::Statement { statement, .. } => match self.matches(statement) {
                (true, found) => Looked::Matches(found),
                (false, _) => Looked::Passes,
            },
            Kind::Rate { rate, .. } => self.look_at_rate(rule, rate),
        }
    }

    fn look_at_rate(&mut self, rule: &'a Rule, rate: &'a Rate) -> Looked<'a> {
        let answer = self.answer.take();
        if answer.is_none() && rate.scope_down.as_ref().is_some_and(|scope| !self.matches(scope).0)
        {
            return Looked::Passes;
        }
        let of = |is_last| rate::values(rate, self.request, &self.verdict.labels, is_last);
        let is_last = core::mem::take(&mut self.is_last);
        let (mut values, mut is_new) = (of(is_last), answer.is_none());
        // Then by the last of what was sent twice.
        let last = answer.filter(|requests| *requests <= rate.limit && !is_last).map(|_| of(true));
        if let Some(last) = last.filter(|last| *last != values) {
            (values, self.is_last, is_new) = (last, true, true);
        }
        let values = match (values, answer.filter(|_| !is_new)) {
            (Err(false), _) => return Looked::Passes,
            (Err(true), _) => Vec::new(),
            (Ok(values), None) => {
                let name = alloc::format!("{}\n{}", self.acl.arn, rule.name);
                let window_ms = u64::from(rate.window_s) * 1_000;
                let key = rate::key(&name, &values);
                return Looked::Asks(Box::new(Step::Count(Counting { key, window_ms })));
            }
            (Ok(_), Some(requests)) if requests <= rate.limit => return Looked::Passes,
            (Ok(values), Some(_)) => values,
        };
        self.verdict.rates.push(RateResult { rule: &rule.name, rate, values });
        Looked::Matches(None)
    }

    fn matches(&mut self, statement: &Statement) -> (bool, Option<Found>) {
        // Most rules are of managed groups, and each of these looks for one thing.
        if let (Statement::Detects(detector), None) = (statement, self.seen) {
            let detected = detector.detects(self.request, &self.parts);
            if detected.is_some() {
                self.verdict.labels.extend(detector.bot(self.request));
            }
            return (detected.is_some(), detected.flatten());
        }
        let mut matcher = Matcher {
            request: self.request,
            parts: &self.parts,
            labels: &self.verdict.labels,
            seen: self.seen,
            located: &self.located,
            found: None,
            added: Vec::new(),
            is_skipped: false,
        };
        let is_match = matcher.matches(statement) && !matcher.is_skipped;
        let (found, added) = (matcher.found, matcher.added);
        self.verdict.labels.extend(added);
        (is_match, found)
    }

    /// An address that the statement goes by and the host did not tell of yet.
    fn unlocated(&self, statement: &Statement) -> Option<IpAddr> {
        let mut wanted = None;
        statement.visit(&mut |one| {
            let (Statement::Geo { forwarded: Some(forwarded), .. }
            | Statement::Asn { forwarded: Some(forwarded), .. }) = one
            else {
                return;
            };
            if let Told::Address(address) = forwarded.first_address(self.request)
                && !self.located.iter().any(|(of, _)| *of == address)
            {
                wanted = Some(address);
            }
        });
        wanted
    }

    fn locate(&mut self, address: IpAddr) -> Step<'a> {
        self.asked = Some(address);
        Step::Locate(address)
    }

    /// Whether the request goes on to the next rule: it was only counted, or the client has what the
    /// action asks for.
    fn goes_on(&mut self, rule: &Rule, action: &Action) -> bool {
        let is_fresh = |issued: Option<u64>, own: Option<u32>, all: u32| {
            let immunity_ms = u64::from(own.unwrap_or(all)) * 1_000;
            issued.is_some_and(|at| self.request.now_ms < at.saturating_add(immunity_ms))
        };
        let (acl, tokens) = (self.acl, self.tokens);
        let (goes_on, headers) = match action {
            Action::Allow(_) | Action::Block(_) => (false, None),
            Action::Count(headers) => (true, Some(headers)),
            Action::Captcha(headers) => {
                let (own, all) = (rule.captcha_immunity_s, acl.captcha_immunity_s);
                (is_fresh(tokens.captcha_ms, own, all), Some(headers))
            }
            Action::Challenge(headers) => {
                let (own, all) = (rule.challenge_immunity_s, acl.challenge_immunity_s);
                let solved = tokens.challenge_ms.max(tokens.captcha_ms);
                (is_fresh(solved, own, all), Some(headers))
            }
        };
        if goes_on {
            self.insert(headers.map_or(&[], Vec::as_slice));
        }
        goes_on
    }

    fn decide(&mut self, action: &Action) {
        self.verdict.decision = match action {
            Action::Allow(headers) | Action::Count(headers) => {
                self.insert(headers);
                Decision::Allow
            }
            Action::Block(response) => Decision::Block(response.clone()),
            Action::Captcha(_) => Decision::Captcha,
            Action::Challenge(_) => Decision::Challenge,
        };
    }

    /// The last rule that sets a header has its way.
    fn insert(&mut self, headers: &[(String, String)]) {
        for (name, value) in headers {
            self.verdict.inserted.retain(|(other, _)| other != name);
            self.verdict.inserted.push((name.clone(), value.clone()));
        }
    }

    fn take_verdict(&mut self) -> Verdict<'a> {
        self.at = self.acl.rules.len();
        let empty = Verdict {
            decision: Decision::Allow,
            inserted: Vec::new(),
            labels: Vec::new(),
            terminating: None,
            counted: Vec::new(),
            groups: Vec::new(),
            rates: Vec::new(),
            tokens: self.tokens,
        };
        core::mem::replace(&mut self.verdict, empty)
    }
}

fn action(rule: &Rule) -> Option<&Action> {
    match &rule.kind {
        Kind::Statement { action, .. } | Kind::Rate { action, .. } => Some(action),
        Kind::Group(_) => None,
    }
}

#[cfg(test)]
mod tests;
