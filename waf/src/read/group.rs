//! What a rule is: a statement with an action, a rate, or a group of rules.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::action::{self, Offered, response_bodies};
use super::at::At;
use super::field::transformations;
use super::statement::{self, addresses, forwarded, referred};
use super::{Place, rules};
use crate::acl::{Action, Group, Headers, Kind, Overridden, Rule};
use crate::managed;
use crate::problem::Document;
use crate::rate::{Key, Rate};

/// What a rule does, and the capacity that it takes. All of it is read, whatever is wrong with a part.
pub(super) fn kind(
    place: &Place<'_, '_>,
    rule: &At<'_, '_>,
    at: &At<'_, '_>,
) -> Option<(Kind, u32)> {
    let chosen = at.choice();
    if let Some((name @ ("ManagedRuleGroupStatement" | "RuleGroupReferenceStatement"), inner)) =
        &chosen
    {
        return group(place, rule, name, inner);
    }
    let overrides = rule.get("OverrideAction").filter(|_| chosen.is_some());
    if let Some(action) = &overrides {
        action.error("only a rule group has an `OverrideAction`");
    }
    // What is said to stand elsewhere is not missing besides.
    let is_needed = chosen.is_some() && overrides.is_none();
    let action = if is_needed { rule.required("Action") } else { rule.get("Action") };
    let action = action.and_then(|at| action::read(&at, &place.bodies, Offered::All));
    let (name, inner) = chosen?;
    if name == "RateBasedStatement" {
        let (rate, capacity) = rate(place, &inner)?;
        return Some((Kind::Rate { rate, action: action? }, capacity));
    }
    let (statement, capacity) = statement::read(place, at, 0)?;
    Some((Kind::Statement { statement, action: action? }, capacity))
}

fn group(
    place: &Place<'_, '_>,
    rule: &At<'_, '_>,
    name: &str,
    inner: &At<'_, '_>,
) -> Option<(Kind, u32)> {
    if place.is_group {
        inner.error("a rule group cannot stand within another");
        return None;
    }
    let action = rule.get("Action");
    if let Some(action) = &action {
        action.error("a rule group has an `OverrideAction` instead");
    }
    let overrides =
        if action.is_none() { rule.required("OverrideAction") } else { rule.get("OverrideAction") };
    let only_counts = overrides.and_then(|at| override_action(&at));
    let read = match name {
        "ManagedRuleGroupStatement" => managed(place, inner),
        _ => own(place, inner),
    };
    let (group, capacity) = read?;
    Some((Kind::Group(Group { only_counts: only_counts?, ..group }), capacity))
}

/// `OverrideAction`: the fields that are added where what the group does is only counted.
fn override_action(at: &At<'_, '_>) -> Option<Option<Headers>> {
    match at.choice()? {
        ("None", at) => {
            at.members(&[]);
            Some(None)
        }
        ("Count", at) => Some(Some(action::inserted(&at))),
        (other, at) => {
            at.no_choice("override", other, &["None", "Count"]);
            None
        }
    }
}

fn managed(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Group, u32)> {
    at.members(&[
        "VendorName",
        "Name",
        "Version",
        "ExcludedRules",
        "ScopeDownStatement",
        "ManagedRuleGroupConfigs",
        "RuleActionOverrides",
    ]);
    if let Some(version) = at.get("Version") {
        version.warning("managed rule groups have one version here, whichever is asked for");
    }
    let vendor_at = at.required("VendorName");
    let vendor = vendor_at.as_ref().and_then(At::text);
    let name_at = at.required("Name");
    let name = name_at.as_ref().and_then(At::text);
    if let Some(configs) = at.get("ManagedRuleGroupConfigs") {
        configs_of(name.as_deref().unwrap_or_default(), &configs);
    }
    let overrides = overrides(place, at);
    let scope_down = scope_down(place, at);
    let (vendor, name, name_at) = (vendor?, name?, name_at?);
    if vendor != "AWS" {
        let message = "only rule groups of the vendor `AWS` are known";
        vendor_at?.unknown(message.into(), &vendor, &["AWS"], false);
        return None;
    }
    let Some(known) = managed::find(&name) else {
        let message = alloc::format!("the managed rule group `{name}` is not supported");
        // One of AWS's is no slip of the finger for another.
        match managed::UNSUPPORTED.contains(&name.as_str()) {
            true => name_at.error(message),
            false => name_at.unknown(message, &name, &managed::names(), false),
        }
        return None;
    };
    let list = |list: &str| ip_list(place, list);
    let mut rules = known.rules(&list);
    apply(overrides, &mut rules);
    let (scope_down, scope_cost) = scope_down?;
    let id = alloc::format!("AWS#{name}");
    let group = Group { id, is_managed: true, rules, scope_down, only_counts: None };
    Some((group, known.capacity + scope_cost))
}

/// Only Bot Control's inspection level is known, and of it the common one.
fn configs_of(name: &str, at: &At<'_, '_>) {
    for config in at.items() {
        let is_bot_control = name == "AWSManagedRulesBotControlRuleSet";
        let Some((member, inner)) = config.choice() else { continue };
        if !is_bot_control || member != "AWSManagedRulesBotControlRuleSet" {
            config.error(alloc::format!("unknown configuration `{member}`"));
            continue;
        }
        inner.members(&["InspectionLevel", "EnableMachineLearning"]);
        if let Some(level) = inner.get("InspectionLevel")
            && level.one_of(&[("COMMON", false), ("TARGETED", true)]) == Some(true)
        {
            level.warning("only what headers show is inspected, as at the level COMMON");
        }
    }
}

/// The addresses of a list that a managed group has on AWS: here an IP set of that name.
fn ip_list(place: &Place<'_, '_>, name: &str) -> Option<crate::IpSet> {
    let is_it = |document: &&Value| {
        let set = document.get("IPSet");
        set.is_some_and(|set| set.get("Name").and_then(Value::as_str) == Some(name))
    };
    let others = place.documents.others;
    let index = others.iter().position(|document| is_it(&document))?;
    let read = || addresses(&At::top(place.reading, &others[index]));
    place.reading.within(Document::Reference(index), read)
}

fn own(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Group, u32)> {
    at.members(&["ARN", "ExcludedRules", "RuleActionOverrides"]);
    let overrides = overrides(place, at);
    let referred = referred(place, at, "RuleGroup")?;
    let read = || {
        let group = At::top(place.reading, referred.value).required("RuleGroup")?;
        rules_of_own(place, &group, &referred.arn)
    };
    let (mut rules, capacity) = place.reading.within(referred.document, read)?;
    apply(overrides, &mut rules);
    let (id, scope_down) = (referred.arn, None);
    Some((Group { id, is_managed: false, rules, scope_down, only_counts: None }, capacity))
}

/// The rules of a rule group's document, and its capacity.
fn rules_of_own(place: &Place<'_, '_>, group: &At<'_, '_>, arn: &str) -> Option<(Vec<Rule>, u32)> {
    group.members(&[
        "Name",
        "Id",
        "Capacity",
        "ARN",
        "Description",
        "Rules",
        "VisibilityConfig",
        "LabelNamespace",
        "CustomResponseBodies",
        "AvailableLabels",
        "ConsumedLabels",
        "MonetizationConfig",
    ]);
    let name = group.required("Name").and_then(|at| at.text());
    let account = arn.split(':').nth(4).unwrap_or("000000000000");
    let namespace = group.get("LabelNamespace").and_then(|at| at.text());
    let own_name = name.as_deref().unwrap_or_default();
    let within = Place {
        reading: place.reading,
        documents: place.documents,
        bodies: response_bodies(group.get("CustomResponseBodies")),
        label_prefix: namespace
            .unwrap_or_else(|| alloc::format!("awswaf:{account}:rulegroup:{own_name}:")),
        is_group: true,
    };
    let (rules, taken) = rules(&within, group.get("Rules"));
    // The capacity of a group is fixed when it is made.
    let capacity = group.get("Capacity").and_then(|at| at.whole(1, 5_000));
    let capacity = capacity.map_or(taken, |capacity| capacity as u32);
    if taken > capacity {
        group.warning(alloc::format!("the rules take {taken} capacity units, not {capacity}"));
    }
    name.map(|_| (rules, capacity))
}

/// What is said of a group's rule where the group is referred to.
struct Override<'v, 'r> {
    name_at: At<'v, 'r>,
    name: String,
    action: Action,
    is_excluded: bool,
}

/// `ExcludedRules` count; `RuleActionOverrides` do what they say.
fn overrides<'v, 'r>(place: &Place<'v, 'r>, at: &At<'v, 'r>) -> Vec<Override<'v, 'r>> {
    let mut all = Vec::new();
    let mut add = |at: &At<'v, 'r>, action: Option<Action>, is_excluded| {
        let Some(name_at) = at.required("Name") else { return };
        let (Some(name), Some(action)) = (name_at.text(), action) else { return };
        all.push(Override { name_at, name, action, is_excluded });
    };
    for at in at.get("ExcludedRules").iter().flat_map(|at| at.items()) {
        at.members(&["Name"]);
        add(&at, Some(Action::Count(Vec::new())), true);
    }
    for at in at.get("RuleActionOverrides").iter().flat_map(|at| at.items()) {
        at.members(&["Name", "ActionToUse"]);
        let action = at.required("ActionToUse");
        add(&at, action.and_then(|at| action::read(&at, &place.bodies, Offered::All)), false);
    }
    all
}

fn apply(overrides: Vec<Override<'_, '_>>, rules: &mut [Rule]) {
    for Override { name_at, name, action, is_excluded } in overrides {
        let rule = rules.iter_mut().find(|rule| rule.name == name);
        let Some((overridden, own)) = rule.and_then(overridable) else {
            // AWS takes it and does nothing; a name that is misspelt should not go unseen.
            let message = alloc::format!("the group has no rule `{name}`");
            let known: Vec<&str> = rules.iter().map(|rule| &*rule.name).collect();
            name_at.unknown(message, &name, &known, true);
            continue;
        };
        *overridden = Some(match is_excluded {
            true => Overridden::Excluded,
            false => Overridden::From(own.name()),
        });
        *own = action;
    }
}

fn overridable(rule: &mut Rule) -> Option<(&mut Option<Overridden>, &mut Action)> {
    match &mut rule.kind {
        Kind::Statement { action, .. } | Kind::Rate { action, .. } => {
            Some((&mut rule.overridden, action))
        }
        Kind::Group(_) => None,
    }
}

fn scope_down(
    place: &Place<'_, '_>,
    at: &At<'_, '_>,
) -> Option<(Option<crate::acl::Statement>, u32)> {
    match at.get("ScopeDownStatement") {
        Some(at) => {
            let (statement, cost) = statement::read(place, &at, 1)?;
            Some((Some(statement), cost))
        }
        None => Some((None, 0)),
    }
}

fn rate(place: &Place<'_, '_>, at: &At<'_, '_>) -> Option<(Rate, u32)> {
    at.members(&[
        "Limit",
        "EvaluationWindowSec",
        "AggregateKeyType",
        "ScopeDownStatement",
        "ForwardedIPConfig",
        "CustomKeys",
    ]);
    let limit = at.required("Limit").and_then(|at| at.whole(10, 2_000_000_000));
    let window_s = at.get("EvaluationWindowSec").map_or(Some(300), |at| {
        let window = at.whole(60, 600)?;
        if ![60, 120, 300, 600].contains(&window) {
            at.error("a window has 60, 120, 300 or 600 seconds");
        }
        Some(window as u32)
    });
    let types = ["IP", "FORWARDED_IP", "CONSTANT", "CUSTOM_KEYS"].map(|name| (name, name));
    let key_type = at.required("AggregateKeyType").and_then(|at| at.one_of(&types));
    let forwarded = forwarded(at.get("ForwardedIPConfig"), false);
    let scope_down = scope_down(place, at);
    let (key_type, forwarded) = (key_type?, forwarded?);
    let needed = || {
        if forwarded.is_none() {
            at.error("`ForwardedIPConfig` is missing");
        }
        forwarded.clone()
    };
    if key_type == "CONSTANT" && scope_down.as_ref().is_some_and(|(scope, _)| scope.is_none()) {
        at.error("counting all requests together needs a `ScopeDownStatement`");
    }
    let (keys, cost) = keys(place, at, key_type, &needed)?;
    let (scope_down, scope_cost) = scope_down?;
    let key_type = match key_type {
        "CUSTOM_KEYS" => "CUSTOMKEYS",
        other => other,
    };
    let (limit, window_s) = (limit? as u32, window_s?);
    Some((Rate { limit, window_s, keys, scope_down, key_type }, 2 + scope_cost + cost))
}

/// What requests are counted by, and what that costs.
fn keys(
    place: &Place<'_, '_>,
    at: &At<'_, '_>,
    key_type: &str,
    forwarded: &dyn Fn() -> Option<crate::forwarded::Forwarded>,
) -> Option<(Vec<Key>, u32)> {
    match key_type {
        "IP" => return Some(([Key::Ip].into(), 0)),
        "FORWARDED_IP" => return Some(([Key::ForwardedIp(forwarded()?)].into(), 0)),
        "CONSTANT" => return Some((Vec::new(), 0)),
        _ => {}
    }
    let items = at.required("CustomKeys")?.items();
    if items.is_empty() || items.len() > 5 {
        at.error("1 to 5 custom keys are expected");
    }
    let read: Vec<_> = items.iter().filter_map(|item| custom_key(place, item, forwarded)).collect();
    (read.len() == items.len()).then_some(())?;
    let cost = read.iter().map(|(_, cost)| cost).sum();
    Some((read.into_iter().map(|(key, _)| key).collect(), cost))
}

/// Custom keys, by AWS's names.
const KEYS: [&str; 12] = [
    "Header",
    "Cookie",
    "QueryArgument",
    "QueryString",
    "UriPath",
    "HTTPMethod",
    "IP",
    "ForwardedIP",
    "LabelNamespace",
    "JA3Fingerprint",
    "JA4Fingerprint",
    "ASN",
];

/// Each custom key costs 30, and its transformations.
fn custom_key(
    place: &Place<'_, '_>,
    at: &At<'_, '_>,
    forwarded: &dyn Fn() -> Option<crate::forwarded::Forwarded>,
) -> Option<(Key, u32)> {
    let (kind, inner) = at.choice()?;
    let transformed = |named: bool| {
        let known = ["TextTransformations", "Name"];
        inner.members(&known[..if named { 2 } else { 1 }]);
        let name = if named { inner.required("Name")?.text()? } else { String::new() };
        let (all, cost) = transformations(&inner.required("TextTransformations")?);
        Some((name, all, cost))
    };
    let mut cost = 30;
    let key = match kind {
        "Header" | "Cookie" | "QueryArgument" => {
            let (name, all, own) = transformed(true)?;
            cost += own;
            match kind {
                "Header" => Key::Header(name, all),
                "Cookie" => Key::Cookie(name, all),
                _ => Key::QueryArgument(name, all),
            }
        }
        "QueryString" | "UriPath" => {
            let (_, all, own) = transformed(false)?;
            cost += own;
            if kind == "UriPath" { Key::UriPath(all) } else { Key::QueryString(all) }
        }
        "HTTPMethod" => Key::Method,
        "IP" => Key::Ip,
        "ForwardedIP" => Key::ForwardedIp(forwarded()?),
        "LabelNamespace" => {
            inner.members(&["Namespace"]);
            let namespace = inner.required("Namespace")?.text()?;
            let is_full = namespace.starts_with("awswaf:");
            let prefix = if is_full { "" } else { place.label_prefix.as_str() };
            Key::LabelNamespace(alloc::format!("{prefix}{namespace}"))
        }
        "JA3Fingerprint" | "JA4Fingerprint" => {
            let matches = super::field::fallback(&inner)? == crate::field::Fallback::Match;
            if kind == "JA3Fingerprint" { Key::Ja3(matches) } else { Key::Ja4(matches) }
        }
        "ASN" => Key::Asn,
        other => {
            inner.no_choice("key", other, &KEYS);
            return None;
        }
    };
    Some((key, cost))
}
