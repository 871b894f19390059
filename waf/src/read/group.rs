//! What a rule is: a statement with an action, a rate, or a group of rules.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::action::{self, Offered, response_bodies};
use super::at::At;
use super::field::{named, transformations};
use super::statement::{self, addresses, forwarded, referred};
use super::{Place, rules};
use crate::acl::{Action, Group, Headers, Kind, Overridden, Rule};
use crate::managed;
use crate::rate::{Key, Rate};

pub(super) fn kind(
    place: &Place<'_, '_>,
    rule: &At<'_, '_>,
    at: &At<'_, '_>,
) -> Option<(Kind, u32)> {
    let (name, inner) = at.choice()?;
    let is_group = matches!(name, "ManagedRuleGroupStatement" | "RuleGroupReferenceStatement");
    if is_group {
        if place.is_group {
            inner.error("a rule group cannot stand within another");
            return None;
        }
        if let Some(action) = rule.get("Action") {
            action.error("a rule group has an `OverrideAction` instead");
        }
        let only_counts = match rule.required("OverrideAction")?.choice()? {
            ("None", at) => {
                at.members(&[]);
                None
            }
            ("Count", at) => Some(action::inserted(&at)),
            (other, at) => {
                at.error(alloc::format!("unknown override `{other}`"));
                return None;
            }
        };
        let (group, capacity) = match name {
            "ManagedRuleGroupStatement" => managed(place, &inner, only_counts)?,
            _ => own(place, &inner, only_counts)?,
        };
        return Some((Kind::Group(group), capacity));
    }
    if let Some(action) = rule.get("OverrideAction") {
        action.error("only a rule group has an `OverrideAction`");
    }
    let action =
        rule.required("Action").and_then(|at| action::read(&at, &place.bodies, Offered::All));
    if name == "RateBasedStatement" {
        let (rate, capacity) = rate(place, &inner)?;
        return Some((Kind::Rate { rate, action: action? }, capacity));
    }
    let (statement, capacity) = statement::read(place, at, 0)?;
    Some((Kind::Statement { statement, action: action? }, capacity))
}

fn managed(
    place: &Place<'_, '_>,
    at: &At<'_, '_>,
    only_counts: Option<Headers>,
) -> Option<(Group, u32)> {
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
    let vendor = at.required("VendorName").and_then(|at| at.text());
    let name_at = at.required("Name")?;
    let name = name_at.text()?;
    if vendor.as_deref() != Some("AWS") {
        at.error("only rule groups of the vendor `AWS` are known");
        return None;
    }
    if let Some(configs) = at.get("ManagedRuleGroupConfigs") {
        configs_of(&name, &configs);
    }
    let Some(known) = managed::find(&name) else {
        name_at.error(alloc::format!("the managed rule group `{name}` is not supported"));
        return None;
    };
    let list = |list: &str| ip_list(place, list);
    let mut rules = known.rules(&list);
    override_actions(place, at, &mut rules);
    let (scope_down, scope_cost) = scope_down(place, at)?;
    let group = Group {
        id: alloc::format!("AWS#{name}"),
        is_managed: true,
        rules,
        scope_down,
        only_counts,
    };
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
    let document = place.documents.others.iter().find(is_it)?;
    place.reading.within(name, || addresses(&At::top(place.reading, document)))
}

fn own(
    place: &Place<'_, '_>,
    at: &At<'_, '_>,
    only_counts: Option<Headers>,
) -> Option<(Group, u32)> {
    at.members(&["ARN", "ExcludedRules", "RuleActionOverrides"]);
    let (arn, document) = referred(place, at, "RuleGroup")?;
    let (mut rules, capacity) = place.reading.within(&arn, || {
        let group = At::top(place.reading, document).required("RuleGroup")?;
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
        let name = group.required("Name").and_then(|at| at.text())?;
        let account = arn.split(':').nth(4).unwrap_or("000000000000");
        let namespace = group.get("LabelNamespace").and_then(|at| at.text());
        let within = Place {
            reading: place.reading,
            documents: place.documents,
            bodies: response_bodies(group.get("CustomResponseBodies")),
            label_prefix: namespace
                .unwrap_or_else(|| alloc::format!("awswaf:{account}:rulegroup:{name}:")),
            is_group: true,
        };
        let (rules, taken) = rules(&within, group.get("Rules"));
        // The capacity of a group is fixed when it is made.
        let capacity = group.get("Capacity").and_then(|at| at.whole(1, 5_000));
        let capacity = capacity.map_or(taken, |capacity| capacity as u32);
        if taken > capacity {
            group.warning(alloc::format!("the rules take {taken} capacity units, not {capacity}"));
        }
        Some((rules, capacity))
    })?;
    override_actions(place, at, &mut rules);
    let group = Group { id: arn, is_managed: false, rules, scope_down: None, only_counts };
    Some((group, capacity))
}

/// `ExcludedRules` count; `RuleActionOverrides` do what they say.
fn override_actions(place: &Place<'_, '_>, at: &At<'_, '_>, rules: &mut [Rule]) {
    let mut set = |at: &At<'_, '_>, name: Option<String>, to: Option<Action>, is_excluded| {
        let (Some(name), Some(to)) = (name, to) else { return };
        let rule = rules.iter_mut().find(|rule| rule.name == name);
        let Some((overridden, action)) = rule.and_then(overridable) else {
            // AWS takes it and does nothing; a name that is misspelt should not go unseen.
            return at.warning(alloc::format!("the group has no rule `{name}`"));
        };
        *overridden = Some(match is_excluded {
            true => Overridden::Excluded,
            false => Overridden::From(action.name()),
        });
        *action = to;
    };
    for at in at.get("ExcludedRules").iter().flat_map(|at| at.items()) {
        set(&at, named(&at), Some(Action::Count(Vec::new())), true);
    }
    for at in at.get("RuleActionOverrides").iter().flat_map(|at| at.items()) {
        at.members(&["Name", "ActionToUse"]);
        let name = at.required("Name").and_then(|at| at.text());
        let action = at
            .required("ActionToUse")
            .and_then(|at| action::read(&at, &place.bodies, Offered::All));
        set(&at, name, action, false);
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
    let window_s = match at.get("EvaluationWindowSec") {
        Some(at) => {
            let window = at.whole(60, 600)?;
            if ![60, 120, 300, 600].contains(&window) {
                at.error("a window has 60, 120, 300 or 600 seconds");
            }
            window as u32
        }
        None => 300,
    };
    let types = ["IP", "FORWARDED_IP", "CONSTANT", "CUSTOM_KEYS"].map(|name| (name, name));
    let key_type = at.required("AggregateKeyType")?.one_of(&types)?;
    let forwarded = forwarded(at.get("ForwardedIPConfig"), false)?;
    let needed = || {
        let missing = "`ForwardedIPConfig` is missing";
        forwarded.clone().or_else(|| {
            at.error(missing);
            None
        })
    };
    let (scope_down, mut cost) = scope_down(place, at)?;
    cost += 2;
    if key_type == "CONSTANT" && scope_down.is_none() {
        at.error("counting all requests together needs a `ScopeDownStatement`");
    }
    let keys = match key_type {
        "IP" => [Key::Ip].into(),
        "FORWARDED_IP" => [Key::ForwardedIp(needed()?)].into(),
        "CONSTANT" => Vec::new(),
        _ => {
            let items = at.required("CustomKeys")?.items();
            if items.is_empty() || items.len() > 5 {
                at.error("1 to 5 custom keys are expected");
            }
            let mut keys = Vec::new();
            for item in items {
                let (key, own) = custom_key(place, &item, &needed)?;
                keys.push(key);
                cost += own;
            }
            keys
        }
    };
    let key_type = match key_type {
        "CUSTOM_KEYS" => "CUSTOMKEYS",
        other => other,
    };
    Some((Rate { limit: limit? as u32, window_s, keys, scope_down, key_type }, cost))
}

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
            inner.error(alloc::format!("unknown key `{other}`"));
            return None;
        }
    };
    Some((key, cost))
}
