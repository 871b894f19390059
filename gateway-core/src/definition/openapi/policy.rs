//! `x-amazon-apigateway-policy`: a REST API's resource policy.
//!
//! AWS: "Control access to a REST API with API Gateway resource policies".

use alloc::format;

use super::super::document::At;
use super::exported_from::exported_from;
use super::reading::Reading;
use super::unsupported::Feature;
use crate::policy::Policy;

/// Reads the policy, if there is one.
pub(super) fn read(reading: &Reading<'_>) -> Option<Policy> {
    let at = reading.root.get("x-amazon-apigateway-policy")?;
    if !reading.is_rest() {
        reading.error(&at, "an HTTP API has no resource policy");
        return None;
    }
    let at = reading.object(at)?;
    check_principals(reading, &at);
    match Policy::from_document(at.node) {
        Ok(policy) => {
            check_keys(reading, &at);
            let own_id = exported_from(&reading.root).map(|(id, _)| id);
            Some(policy.exported_under(own_id))
        }
        Err(errors) => {
            for error in errors {
                let place = at.find(&error.pointer).unwrap_or_else(|| at.clone());
                reading.error(&place, format!("Invalid policy document: {}", error.reason));
            }
            None
        }
    }
}

/// A resource policy says of whom it speaks.
fn check_principals<'d>(reading: &Reading<'d>, at: &At<'d>) {
    for statement in statements(at) {
        if statement.get("Principal").is_none() && statement.get("NotPrincipal").is_none() {
            let help = "`\"Principal\": \"*\"` is everyone";
            let message = "Invalid policy document: `Principal` is missing";
            reading.error_with(&statement, message, help);
        }
    }
}

/// A key that no request has is the policy's mistake; one that only AWS's have is ours.
fn check_keys<'d>(reading: &Reading<'d>, at: &At<'d>) {
    for key in Policy::unknown_keys(at.node) {
        let place = at.find(&key.pointer).unwrap_or_else(|| at.clone());
        match key.is_global() {
            true => reading.unsupported(&place, Feature::ConditionKeys),
            false => {
                let message = format!("no request has the condition key `{}`", key.name);
                reading.warning(&place, message);
            }
        }
    }
}

/// One statement, or several.
fn statements<'d>(at: &At<'d>) -> impl Iterator<Item = At<'d>> + use<'d> {
    let statements = at.get("Statement");
    let one = statements.clone().filter(At::is_object);
    one.into_iter().chain(statements.into_iter().flat_map(|at| at.items()))
}
