//! `GetUsage` of AWS's control plane, of what this gateway has counted up to this moment.

use std::borrow::Cow;

use gateway_core::target;

use super::State;
use super::answer::Answer;
use crate::usage_report::{UsageReport, days};

/// What the keys of a plan have used, day by day. There are no pages: all keys are told of at once.
pub(super) fn get(state: &State, usage_plan_id: &str, query: &str) -> Answer {
    let parameter = |name: &str| -> Option<Cow<'_, str>> {
        target::query_parameters(query).find(|(n, _)| n == name).map(|(_, value)| value)
    };
    let (Some(start_date), Some(end_date)) = (parameter("startDate"), parameter("endDate")) else {
        return Answer::bad_request("startDate and endDate are needed");
    };
    let days = match days(&start_date, &end_date) {
        Ok(days) => days,
        Err(reason) => return Answer::bad_request(reason),
    };
    let snapshot = &state.current.borrow().snapshot;
    let Some(plan) = snapshot.usage_plans.iter().find(|plan| plan.id == usage_plan_id) else {
        return Answer::not_found("Invalid Usage Plan ID specified");
    };
    let key_id = parameter("keyId");
    if key_id.as_ref().is_some_and(|key_id| !plan.api_key_ids.iter().any(|id| id == key_id)) {
        return Answer::not_found("Invalid API Key identifier specified");
    }
    let wanted = plan.api_key_ids.iter();
    let wanted = wanted.filter(|id| key_id.as_ref().is_none_or(|key_id| key_id == *id));
    let counted = wanted.filter_map(|id| {
        let key = format!("{}/{id}", plan.id);
        Some((state.shared.tokens.used(&key)?, key))
    });
    let counted = counted.map(|(usage, key)| (key, usage));
    let report = UsageReport::new(plan, counted, days, key_id.as_deref());
    Answer::json(&report.to_json("values"))
}
