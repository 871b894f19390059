//! `GetUsage` of AWS's control plane, of what was counted up to this moment: by this gateway, or by
//! all that share a Redis.

use std::borrow::Cow;

use gateway_core::definition::UsagePlan;
use gateway_core::target;

use super::answer::Answer;
use super::{Current, State};
use crate::perform::tokens::shared;
use crate::usage_report::{UsageReport, days};
use crate::usage_store::Counted;

/// What the keys of a plan have used, day by day. There are no pages: all keys are told of at once.
pub(super) async fn get(state: &State, usage_plan_id: &str, query: &str) -> Answer {
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
    let Current { settings, snapshot, .. } = state.current.borrow().clone();
    let Some(plan) = snapshot.usage_plans.iter().find(|plan| plan.id == usage_plan_id) else {
        return Answer::not_found("Invalid Usage Plan ID specified");
    };
    let key_id = parameter("keyId");
    if key_id.as_ref().is_some_and(|key_id| !plan.api_key_ids.iter().any(|id| id == key_id)) {
        return Answer::not_found("Invalid API Key identifier specified");
    }
    let counted = match &settings.redis {
        Some(redis) => match shared::counted(redis, &settings.trust, plan).await {
            Ok(counted) => counted,
            Err(reason) => {
                tracing::error!(reason, "what keys have used cannot be told");
                return Answer::unavailable("Redis does not answer");
            }
        },
        None => counted_here(state, plan),
    };
    let report = UsageReport::new(plan, counted, days, key_id.as_deref());
    Answer::json(&report.to_json("values"))
}

fn counted_here(state: &State, plan: &UsagePlan) -> Counted {
    let keys = plan.api_key_ids.iter().map(|id| format!("{}/{id}", plan.id));
    keys.filter_map(|key| Some((state.shared.tokens.used(&key)?, key)))
        .map(|(usage, key)| (key, usage))
        .collect()
}
