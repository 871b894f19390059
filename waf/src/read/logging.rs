//! Logging configurations.

use alloc::vec::Vec;

use serde_json::Value;

use super::at::At;
use super::field::named;
use crate::log::{Condition, Filter, Logging};
use crate::problem::{Document, Problem, Reading};

pub(crate) fn read(document: &Value) -> Result<Logging, Vec<Problem>> {
    let reading = Reading::new(Document::LoggingConfiguration);
    let top = At::top(&reading, document);
    let logging = configuration(&top.get("LoggingConfiguration").unwrap_or(top));
    let problems = reading.into_problems();
    if problems.is_empty() { Ok(logging) } else { Err(problems) }
}

fn configuration(at: &At<'_, '_>) -> Logging {
    at.members(&[
        "ResourceArn",
        "LogDestinationConfigs",
        "RedactedFields",
        "ManagedByFirewallManager",
        "LoggingFilter",
        "LogType",
        "LogScope",
    ]);
    let mut logging = Logging::default();
    for field in at.get("RedactedFields").iter().flat_map(|at| at.items()) {
        match field.choice() {
            Some(("SingleHeader", inner)) => {
                logging.headers.extend(named(&inner).map(|name| name.to_ascii_lowercase()));
            }
            Some(("UriPath", _)) => logging.path = true,
            Some(("QueryString", _)) => logging.query = true,
            Some(("Method", _)) => logging.method = true,
            Some((name, inner)) => {
                let known = ["SingleHeader", "UriPath", "QueryString", "Method"];
                inner.unknown(alloc::format!("`{name}` cannot be redacted"), name, &known, false);
            }
            None => {}
        }
    }
    let Some(filter) = at.get("LoggingFilter") else { return logging };
    filter.members(&["Filters", "DefaultBehavior"]);
    let behaviors = [("KEEP", true), ("DROP", false)];
    let behavior = |at: At<'_, '_>| at.one_of(&behaviors).unwrap_or(true);
    logging.drops_others = !filter.required("DefaultBehavior").is_none_or(behavior);
    for at in filter.required("Filters").iter().flat_map(|at| at.items()) {
        at.members(&["Behavior", "Requirement", "Conditions"]);
        let requirements = [("MEETS_ALL", true), ("MEETS_ANY", false)];
        let needs_all = at.required("Requirement").and_then(|at| at.one_of(&requirements));
        let conditions = at.required("Conditions").map(|at| at.items()).unwrap_or_default();
        logging.filters.push(Filter {
            keeps: at.required("Behavior").is_none_or(behavior),
            needs_all: needs_all.unwrap_or(false),
            conditions: conditions.iter().filter_map(condition).collect(),
        });
    }
    logging
}

fn condition(at: &At<'_, '_>) -> Option<Condition> {
    match at.choice()? {
        ("ActionCondition", inner) => {
            inner.members(&["Action"]);
            let actions = ["ALLOW", "BLOCK", "COUNT", "CAPTCHA", "CHALLENGE", "EXCLUDED_AS_COUNT"];
            let action = inner.required("Action")?.one_of(&actions.map(|name| (name, name)))?;
            Some(Condition::Action(if action == "EXCLUDED_AS_COUNT" { "COUNT" } else { action }))
        }
        ("LabelNameCondition", inner) => {
            inner.members(&["LabelName"]);
            Some(Condition::Label(inner.required("LabelName")?.text()?))
        }
        (name, inner) => {
            inner.no_choice("condition", name, &["ActionCondition", "LabelNameCondition"]);
            None
        }
    }
}
