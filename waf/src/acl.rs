//! A web ACL, read and checked.

use alloc::string::String;
use alloc::vec::Vec;

use crate::detect::Detector;
use crate::field::Field;
use crate::forwarded::Forwarded;
use crate::ip::IpSet;
use crate::log::Protections;
use crate::pattern::Pattern;
use crate::pre_parse::PreParse;
use crate::rate::{Key, Rate};
use crate::request::Request;
use crate::transform::Transformation;

/// A web ACL, ready to evaluate requests. Nothing in it changes while it does.
#[derive(Debug)]
pub struct WebAcl {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// Its JSON pointer in its document: `get-web-acl` puts it into another object.
    pub(crate) pointer: String,
    pub(crate) rules: Vec<Rule>,
    /// `Allow` or `Block`.
    pub(crate) default_action: Action,
    pub(crate) capacity: u32,
    /// By [`Resource`].
    pub(crate) body_bytes_max: [usize; 2],
    pub(crate) reads_body: bool,
    pub(crate) captcha_immunity_s: u32,
    pub(crate) challenge_immunity_s: u32,
    pub(crate) token_domains: Vec<String>,
    /// What requests are sampled as that no rule decides about.
    pub(crate) sampled_as: Option<String>,
    pub(crate) protections: Protections,
}

impl WebAcl {
    /// Other domains whose tokens count here (`TokenDomains`), in small letters.
    pub fn token_domains(&self) -> &[String] {
        &self.token_domains
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its ARN, as logs have it.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The capacity units (WCU) that its rules take, by AWS's formulas.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The names that requests are sampled by (`MetricName`), of the web ACL and of its rules.
    pub fn sampled(&self) -> impl Iterator<Item = &str> {
        let of_rules = self.rules.iter().filter_map(|rule| rule.sampled_as.as_deref());
        self.sampled_as.as_deref().into_iter().chain(of_rules)
    }

    /// Whether a rule asks clients to solve something.
    pub fn asks_clients(&self) -> bool {
        self.any_action(&|action| matches!(action, Action::Captcha(_) | Action::Challenge(_)))
    }

    /// Whether a rule asks for clients' countries.
    pub fn asks_for_countries(&self) -> bool {
        self.any_statement(&|statement| matches!(statement, Statement::Geo { .. }))
    }

    /// Whether a rule asks for clients' autonomous systems.
    pub fn asks_for_networks(&self) -> bool {
        self.any_statement(&|statement| matches!(statement, Statement::Asn { .. }))
            || self.rules.iter().any(|rule| rule.counts_by(&|key| matches!(key, Key::Asn)))
    }

    /// Whether a rule asks for fingerprints of clients' TLS.
    pub fn asks_for_fingerprints(&self) -> bool {
        let is_one = |field: &Field| matches!(field, Field::Ja3(_) | Field::Ja4(_));
        let inspects = |statement: &Statement| match statement {
            Statement::Bytes { inspected, .. }
            | Statement::Regex { inspected, .. }
            | Statement::Size { inspected, .. }
            | Statement::Sqli { inspected, .. }
            | Statement::Xss(inspected) => is_one(&inspected.field),
            _ => false,
        };
        let by = |key: &Key| matches!(key, Key::Ja3(_) | Key::Ja4(_));
        self.any_statement(&inspects) || self.rules.iter().any(|rule| rule.counts_by(&by))
    }

    fn any_statement(&self, test: &dyn Fn(&Statement) -> bool) -> bool {
        let mut found = false;
        self.rules.iter().for_each(|rule| rule.visit(&mut |one| found = found || test(one)));
        found
    }

    fn any_action(&self, test: &dyn Fn(&Action) -> bool) -> bool {
        test(&self.default_action) || self.rules.iter().any(|rule| rule.any_action(test))
    }

    /// How much of a body it inspects in front of such a resource; `None` where no rule looks at bodies.
    pub fn body_bytes_max(&self, resource: Resource) -> Option<usize> {
        self.reads_body.then_some(self.body_bytes_max[resource as usize])
    }
}

/// What a web ACL stands in front of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resource {
    /// A stage of an API.
    #[default]
    ApiGateway,
    /// A distribution.
    CloudFront,
}

impl Resource {
    /// Its `httpSourceName` in logs.
    pub(crate) fn source_name(self) -> &'static str {
        match self {
            Self::ApiGateway => "APIGW",
            Self::CloudFront => "CF",
        }
    }
}

/// A rule of a web ACL or of a rule group.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) priority: u32,
    /// Its JSON pointer in its document; empty for those of managed rule groups.
    pub(crate) pointer: String,
    /// In full: `awswaf:111122223333:webacl:name:label`.
    pub(crate) labels: Vec<String>,
    pub(crate) captcha_immunity_s: Option<u32>,
    pub(crate) challenge_immunity_s: Option<u32>,
    /// The metric's name, where `VisibilityConfig` has requests sampled.
    pub(crate) sampled_as: Option<String>,
    /// Of a rule group's rule: whether where the group is referred to says something else than the group.
    pub(crate) overridden: Option<Overridden>,
    pub(crate) kind: Kind,
}

/// Why a rule of a rule group does not do what the group says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overridden {
    /// `ExcludedRules`: it only counts.
    Excluded,
    /// `RuleActionOverrides`: the name of the group's own action.
    From(&'static str),
}

#[derive(Debug)]
pub(crate) enum Kind {
    Statement { statement: Statement, action: Action },
    Rate { rate: Rate, action: Action },
    Group(Group),
}

/// A rule group where a rule refers to it.
#[derive(Debug)]
pub(crate) struct Group {
    /// `AWS#AWSManagedRulesCommonRuleSet`, or an ARN.
    pub(crate) id: String,
    pub(crate) is_managed: bool,
    /// In their order; their actions are as overridden here.
    pub(crate) rules: Vec<Rule>,
    pub(crate) scope_down: Option<Statement>,
    /// `OverrideAction: Count`: what the group would have done is only counted, and these header fields
    /// are added.
    pub(crate) only_counts: Option<Headers>,
}

/// What a rule does to a request that it matches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Allow(Headers),
    Block(Option<CustomResponse>),
    Count(Headers),
    Captcha(Headers),
    Challenge(Headers),
}

/// `InsertHeaders`: names (with `x-amzn-waf-` before them) and values.
pub(crate) type Headers = Vec<(String, String)>;

impl Action {
    /// As logs have it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Allow(_) => "ALLOW",
            Self::Block(_) => "BLOCK",
            Self::Count(_) => "COUNT",
            Self::Captcha(_) => "CAPTCHA",
            Self::Challenge(_) => "CHALLENGE",
        }
    }
}

/// `CustomResponse` of a `Block`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomResponse {
    /// The status code, 200 to 599.
    pub status: u16,
    /// Header fields beside the body's.
    pub headers: Vec<(String, String)>,
    /// Media type and text.
    pub body: Option<(&'static str, String)>,
}

/// What a request is compared with.
#[derive(Debug)]
pub(crate) enum Statement {
    Bytes {
        needle: Vec<u8>,
        position: Position,
        inspected: Inspected,
    },
    Regex {
        patterns: Vec<Pattern>,
        inspected: Inspected,
    },
    Size {
        comparison: Comparison,
        size: u64,
        inspected: Inspected,
    },
    Sqli {
        is_high: bool,
        inspected: Inspected,
    },
    Xss(Inspected),
    Ip {
        set: IpSet,
        forwarded: Option<Forwarded>,
    },
    Geo {
        countries: Vec<String>,
        forwarded: Option<Forwarded>,
    },
    Asn {
        numbers: Vec<u32>,
        forwarded: Option<Forwarded>,
    },
    Label {
        scope_is_namespace: bool,
        key: String,
    },
    And(Vec<Statement>),
    Or(Vec<Statement>),
    Not(alloc::boxed::Box<Statement>),
    /// What rules of managed groups look for.
    Detects(Detector),
}

/// A component and what is done to it first.
#[derive(Debug, Clone)]
pub(crate) struct Inspected {
    pub(crate) field: Field,
    /// Of the query, for components that are its arguments.
    pub(crate) pre_parse: Vec<PreParse>,
    pub(crate) transformations: Vec<Transformation>,
}

/// `PositionalConstraint`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Exactly,
    StartsWith,
    EndsWith,
    Contains,
    ContainsWord,
}

/// `ComparisonOperator`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Le,
    Lt,
    Ge,
    Gt,
}

impl Statement {
    /// Whether it needs the request's body.
    pub(crate) fn reads_body(&self) -> bool {
        match self {
            Self::Bytes { inspected, .. }
            | Self::Regex { inspected, .. }
            | Self::Size { inspected, .. }
            | Self::Sqli { inspected, .. }
            | Self::Xss(inspected) => inspected.field.reads_body(),
            Self::And(all) | Self::Or(all) => all.iter().any(Self::reads_body),
            Self::Not(one) => one.reads_body(),
            Self::Detects(detector) => detector.reads_body(),
            Self::Ip { .. } | Self::Geo { .. } | Self::Asn { .. } | Self::Label { .. } => false,
        }
    }

    /// Its component's name among a log's `oversizeFields`, where there is more of that than is inspected.
    pub(crate) fn oversize(&self, request: &Request<'_>) -> Option<&'static str> {
        match self {
            Self::Bytes { inspected, .. }
            | Self::Regex { inspected, .. }
            | Self::Size { inspected, .. }
            | Self::Sqli { inspected, .. }
            | Self::Xss(inspected) => inspected.field.oversize(request),
            Self::Detects(detector) => {
                (detector.reads_body() && request.body_is_cut).then_some("REQUEST_BODY")
            }
            _ => None,
        }
    }

    /// Hands each statement within it, and itself, to `visit`.
    pub(crate) fn visit<'s>(&'s self, visit: &mut dyn FnMut(&'s Self)) {
        visit(self);
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.visit(visit)),
            Self::Not(one) => one.visit(visit),
            _ => {}
        }
    }
}

impl Rule {
    /// Hands each statement of its own, or of its group's rules, to `visit`.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(&Statement)) {
        let mut scope = |scope: &Option<Statement>| scope.iter().for_each(|one| one.visit(visit));
        match &self.kind {
            Kind::Statement { statement, .. } => statement.visit(visit),
            Kind::Rate { rate, .. } => scope(&rate.scope_down),
            Kind::Group(group) => {
                scope(&group.scope_down);
                group.rules.iter().for_each(|rule| rule.visit(visit));
            }
        }
    }

    fn counts_by(&self, test: &dyn Fn(&Key) -> bool) -> bool {
        match &self.kind {
            Kind::Statement { .. } => false,
            Kind::Rate { rate, .. } => rate.keys.iter().any(test),
            Kind::Group(group) => group.rules.iter().any(|rule| rule.counts_by(test)),
        }
    }

    fn any_action(&self, test: &dyn Fn(&Action) -> bool) -> bool {
        match &self.kind {
            Kind::Statement { action, .. } | Kind::Rate { action, .. } => test(action),
            Kind::Group(group) => group.rules.iter().any(|rule| rule.any_action(test)),
        }
    }

    /// Whether it needs the request's body.
    pub(crate) fn reads_body(&self) -> bool {
        match &self.kind {
            Kind::Statement { statement, .. } => statement.reads_body(),
            Kind::Rate { rate, .. } => rate.scope_down.as_ref().is_some_and(Statement::reads_body),
            Kind::Group(group) => {
                group.rules.iter().any(Self::reads_body)
                    || group.scope_down.as_ref().is_some_and(Statement::reads_body)
            }
        }
    }
}
