//! Keys of AWS's that a policy asks about and no request has here.
//!
//! To AWS each of them may have a value. Here it would have none, so that a denial by it would deny
//! nobody, and an `Allow` with a negated operator everybody: whoever reads a policy refuses it.

use alloc::string::String;
use alloc::vec::Vec;

use super::document::pointer;
use super::is_condition_key;
use super::pattern::Pattern;
use crate::jwt::Json;

/// A key that has no value here, as a condition or a variable of a policy writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// Where, as a JSON pointer within the document.
    pub pointer: String,
    /// Its name.
    pub name: String,
}

impl UnknownKey {
    /// Whether it is one of AWS's global keys, which a request may have there. No request to an API has
    /// one of another service's, there or here.
    pub fn is_global(&self) -> bool {
        self.name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
    }
}

/// All of a document that is a policy.
pub(super) fn unknown_keys(document: &Json) -> Vec<UnknownKey> {
    let has_variables = document.get("Version").and_then(Json::as_str) == Some("2012-10-17");
    let mut unknown = Vec::new();
    match document.get("Statement") {
        Some(Json::Array(items)) => {
            for (number, item) in items.iter().enumerate() {
                let at = alloc::format!("/Statement/{number}");
                of_statement(item, &at, has_variables, &mut unknown);
            }
        }
        Some(one) => of_statement(one, "/Statement", has_variables, &mut unknown),
        None => {}
    }
    unknown
}

fn of_statement(json: &Json, at: &str, has_variables: bool, unknown: &mut Vec<UnknownKey>) {
    for name in ["Action", "NotAction", "Resource", "NotResource"] {
        if let Some(texts) = json.get(name).filter(|_| has_variables) {
            variables(texts, &pointer(at, name), unknown);
        }
    }
    let Some(Json::Object(block)) = json.get("Condition") else { return };
    let at = pointer(at, "Condition");
    for (operator, keys) in block {
        let Json::Object(keys) = keys else { continue };
        let at = pointer(&at, operator);
        for (key, values) in keys {
            let at = pointer(&at, key);
            push(key, &at, unknown);
            if has_variables {
                variables(values, &at, unknown);
            }
        }
    }
}

fn variables(texts: &Json, at: &str, unknown: &mut Vec<UnknownKey>) {
    let texts = match texts {
        Json::Array(items) => &items[..],
        one => core::slice::from_ref(one),
    };
    // Numbers and booleans may stand among them.
    for text in texts.iter().filter_map(Json::as_str) {
        let pattern = Pattern::parse(text, true);
        for name in pattern.iter().flat_map(Pattern::variables) {
            push(name, at, unknown);
        }
    }
}

fn push(name: &str, at: &str, unknown: &mut Vec<UnknownKey>) {
    if !is_condition_key(&name.to_ascii_lowercase()) {
        unknown.push(UnknownKey { pointer: at.into(), name: name.into() });
    }
}
