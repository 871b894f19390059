//! Reads the JSON that `aws wafv2` prints.
//!
//! Everything that is wrong is told at once, with its place. What is not known is refused: a member
//! that nobody looks at is a rule that does not do what it says.

mod action;
mod at;
mod field;
mod group;
pub(crate) mod logging;
mod protection;
mod statement;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::acl::{Rule, WebAcl};
use crate::problem::{Document, Problem, Reading};
use action::{Bodies, Offered, response_bodies};
use at::At;

/// Most domains whose tokens count.
const TOKEN_DOMAINS_MAX: usize = 10;
/// Most rules of a web ACL and of a rule group that are read.
const RULES_MAX: usize = 1_000;
/// Most statements within each other.
const STATEMENTS_DEPTH_MAX: usize = 32;
/// The most capacity that AWS gives a web ACL or a rule group ("AWS WAF quotas").
const CAPACITY_MAX: u32 = 5_000;

/// Documents that rules refer to by ARN.
#[derive(Debug, Clone, Copy)]
struct Documents<'v> {
    others: &'v [Value],
}

/// Where rules stand, and what they may name.
struct Place<'v, 'r> {
    reading: &'r Reading,
    documents: Documents<'v>,
    bodies: Bodies,
    /// `awswaf:111122223333:webacl:name:`
    label_prefix: String,
    is_group: bool,
}

impl WebAcl {
    /// Reads a web ACL (`aws wafv2 get-web-acl`) with the IP sets, pattern sets and rule groups that its
    /// rules refer to (`get-ip-set`, `get-regex-pattern-set`, `get-rule-group`), and what it is warned of.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(document: &Value, others: &[Value]) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let reading = Reading::new(Document::WebAcl);
        let acl = web_acl(&reading, document, Documents { others });
        let problems = reading.into_problems();
        match acl {
            Some(acl) if problems.iter().all(|problem| problem.is_warning) => Ok((acl, problems)),
            _ => Err(problems),
        }
    }
}

fn web_acl(reading: &Reading, document: &Value, documents: Documents<'_>) -> Option<WebAcl> {
    let top = At::top(reading, document);
    let at = match top.get("WebACL") {
        Some(at) => {
            top.members(&["WebACL", "LockToken", "ApplicationIntegrationURL"]);
            at
        }
        None => top,
    };
    at.members(&[
        "Name",
        "Id",
        "ARN",
        "DefaultAction",
        "Description",
        "Rules",
        "VisibilityConfig",
        "Capacity",
        "PreProcessFirewallManagerRuleGroups",
        "PostProcessFirewallManagerRuleGroups",
        "ManagedByFirewallManager",
        "RetrofittedByFirewallManager",
        "LabelNamespace",
        "CustomResponseBodies",
        "CaptchaConfig",
        "ChallengeConfig",
        "TokenDomains",
        "AssociationConfig",
        "DataProtectionConfig",
        "OnSourceDDoSProtectionConfig",
        "ApplicationConfig",
        "MonetizationConfig",
    ]);
    without_effect(&at);
    for name in ["PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"] {
        if let Some(groups) = at.get(name).filter(|groups| !groups.items().is_empty()) {
            groups.error("rule groups of Firewall Manager are not supported");
        }
    }
    let name = at.required("Name").and_then(|at| at.text()).unwrap_or_default();
    let arn = at.get("ARN").and_then(|at| at.text()).unwrap_or_else(|| name.clone());
    let namespace = at.get("LabelNamespace").and_then(|at| at.text());
    let account = arn.split(':').nth(4).unwrap_or("000000000000").to_string();
    let place = Place {
        reading,
        documents,
        bodies: response_bodies(at.get("CustomResponseBodies")),
        label_prefix: namespace
            .unwrap_or_else(|| alloc::format!("awswaf:{account}:webacl:{name}:")),
        is_group: false,
    };
    let default_action = at
        .required("DefaultAction")
        .and_then(|at| action::read(&at, &place.bodies, Offered::AllowOrBlock));
    let (rules, capacity) = rules(&place, at.get("Rules"));
    if capacity > CAPACITY_MAX {
        at.warning(alloc::format!(
            "the rules take {capacity} capacity units (WCU); AWS allows {CAPACITY_MAX}"
        ));
    }
    let immunity = |name| at.get(name).and_then(|at| action::immunity_s(&at)).unwrap_or(300);
    Some(WebAcl {
        reads_body: rules.iter().any(Rule::reads_body),
        capacity,
        body_bytes_max: body_bytes_max(&at),
        captcha_immunity_s: immunity("CaptchaConfig"),
        challenge_immunity_s: immunity("ChallengeConfig"),
        token_domains: at.get("TokenDomains").map(|at| token_domains(&at)).unwrap_or_default(),
        sampled_as: sampled_as(&at),
        protections: protection::read(at.get("DataProtectionConfig"), account),
        default_action: default_action?,
        pointer: at.pointer().into(),
        name,
        arn,
        rules,
    })
}

/// Members that decide about no request here.
fn without_effect(at: &At<'_, '_>) {
    let members = [
        (
            "OnSourceDDoSProtectionConfig",
            "this protects Application Load Balancers, and nothing here",
        ),
        ("ApplicationConfig", "this is the console's, and changes nothing"),
        ("MonetizationConfig", "there is no action `Monetize`, which this is for"),
    ];
    for (name, reason) in members {
        if let Some(at) = at.get(name) {
            at.warning(reason);
        }
    }
}

/// "Specify the domains: `myotherwebsite.com`; public suffixes such as `com` are not allowed."
fn token_domains(at: &At<'_, '_>) -> Vec<String> {
    let read = |at: At<'_, '_>| {
        let domain = at.text()?.to_ascii_lowercase();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let is_domain = domain.len() <= 253
            && domain.bytes().all(plain)
            && domain.trim_matches('.') == domain
            && domain.contains('.');
        if !is_domain {
            at.error("a domain has letters, digits, `-`, and a dot within");
            return None;
        }
        Some(domain)
    };
    let items = at.items();
    if items.len() > TOKEN_DOMAINS_MAX {
        at.error(alloc::format!("more than {TOKEN_DOMAINS_MAX} domains"));
    }
    items.into_iter().filter_map(read).collect()
}

/// AWS inspects 16 KB of a body for API Gateway and CloudFront, and up to 64 KB where it is asked to; by
/// [`Resource`](crate::Resource).
fn body_bytes_max(at: &At<'_, '_>) -> [usize; 2] {
    const DEFAULT: [usize; 2] = [16 * 1024; 2];
    let Some(association) = at.get("AssociationConfig") else { return DEFAULT };
    association.members(&["RequestBody", "ChallengeJavascriptSdkInjection"]);
    if let Some(at) = association.get("ChallengeJavascriptSdkInjection") {
        at.warning("no script is put into pages; a page of its own challenges browsers");
    }
    let Some(bodies) = association.get("RequestBody") else { return DEFAULT };
    let types = [
        "API_GATEWAY",
        "CLOUDFRONT",
        "COGNITO_USER_POOL",
        "APP_RUNNER_SERVICE",
        "VERIFIED_ACCESS_INSTANCE",
        "AGENTCORE_GATEWAY",
    ];
    bodies.members(&types);
    let sizes = [("KB_8", 8), ("KB_16", 16), ("KB_32", 32), ("KB_48", 48), ("KB_64", 64)];
    let limit = |name: &str| {
        let own = bodies.get(name)?;
        own.members(&["DefaultSizeInspectionLimit"]);
        let kilobytes: usize = own.required("DefaultSizeInspectionLimit")?.one_of(&sizes)?;
        Some(kilobytes * 1024)
    };
    // What stands for others is read, and checked, and for nobody here.
    types[2..].iter().for_each(|name| _ = limit(name));
    ["API_GATEWAY", "CLOUDFRONT"].map(|name| limit(name).unwrap_or(DEFAULT[0]))
}

/// Rules by priority, and the capacity that they take.
fn rules(place: &Place<'_, '_>, at: Option<At<'_, '_>>) -> (Vec<Rule>, u32) {
    let Some(at) = at else { return (Vec::new(), 0) };
    let items = at.items();
    if items.len() > RULES_MAX {
        at.error(alloc::format!("more than {RULES_MAX} rules"));
        return (Vec::new(), 0);
    }
    let mut capacity = 0_u32;
    let mut rules: Vec<Rule> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        there_twice(item, &items[..index]);
        let Some((rule, own)) = rule(place, item) else { continue };
        capacity = capacity.saturating_add(own);
        rules.push(rule);
    }
    rules.sort_by_key(|rule| rule.priority);
    (rules, capacity)
}

/// Names and priorities are a rule's own, also where something else is wrong with one of the two.
fn there_twice(item: &At<'_, '_>, before: &[At<'_, '_>]) {
    for (member, what) in [("Priority", "priority"), ("Name", "name")] {
        let Some(at) = item.get(member).filter(|at| !at.value.is_object()) else { continue };
        if before.iter().any(|other| other.value.get(member) == Some(at.value)) {
            let shown = at.value.to_string().replace('"', "`");
            at.error(alloc::format!("the {what} {shown} is there twice"));
        }
    }
}

fn rule(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Rule, u32)> {
    at.members(&[
        "Name",
        "Priority",
        "Statement",
        "Action",
        "OverrideAction",
        "RuleLabels",
        "VisibilityConfig",
        "CaptchaConfig",
        "ChallengeConfig",
    ]);
    let name = at.required("Name").and_then(|at| at.text());
    let priority = at.required("Priority").and_then(|at| at.whole(0, u64::from(u32::MAX)));
    let labels = at.get("RuleLabels").map(|at| labels(place, &at)).unwrap_or_default();
    let captcha = at.get("CaptchaConfig").and_then(|at| action::immunity_s(&at));
    let challenge = at.get("ChallengeConfig").and_then(|at| action::immunity_s(&at));
    let sampled_as = sampled_as(at);
    let (kind, capacity) = group::kind(place, at, &at.required("Statement")?)?;
    let rule = Rule {
        name: name?,
        priority: priority? as u32,
        pointer: at.pointer().into(),
        labels,
        captcha_immunity_s: captcha,
        challenge_immunity_s: challenge,
        sampled_as,
        overridden: None,
        kind,
    };
    Some((rule, capacity))
}

/// `VisibilityConfig`: the metric's name, where requests are sampled.
fn sampled_as(at: &At<'_, '_>) -> Option<String> {
    let at = at.get("VisibilityConfig")?;
    at.members(&["SampledRequestsEnabled", "CloudWatchMetricsEnabled", "MetricName"]);
    let is_sampled = at.get("SampledRequestsEnabled")?.flag()?;
    let name = at.get("MetricName").and_then(|at| at.text())?;
    is_sampled.then_some(name)
}

/// Names of labels, completed with where they are added.
fn labels(place: &Place<'_, '_>, at: &At<'_, '_>) -> Vec<String> {
    let read = |at: At<'_, '_>| {
        at.members(&["Name"]);
        let name_at = at.required("Name")?;
        let name = name_at.text()?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':');
        if name.is_empty() || name.len() > 1024 || !name.bytes().all(plain) {
            name_at.error("a label has letters, digits, `_`, `-` and `:`");
            return None;
        }
        Some(alloc::format!("{}{name}", place.label_prefix))
    };
    at.items().into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests;
