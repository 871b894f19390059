//! `GetSampledRequests` of AWS WAF's control plane: requests that web ACLs have inspected lately.

use gateway_core::gateway::{CheckedWebAcl, check_web_acl};
use gateway_core::message::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::State;
use super::answer::Answer;
use crate::drive::now;
use crate::perform::samples::{KEPT_MS, SAMPLES_MAX, Sample};

/// What AWS's clients send this call with.
pub(super) const TARGET: &str = "AWSWAF_20190729.GetSampledRequests";

/// What the call is sent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    web_acl_arn: String,
    rule_metric_name: String,
    scope: Scope,
    time_window: TimeWindow,
    max_items: usize,
}

/// Either is the same here: a web ACL's ARN has it.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Scope {
    Cloudfront,
    Regional,
}

/// Seconds since 1970.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeWindow {
    start_time: f64,
    end_time: f64,
}

/// The samples of a rule, or of the default action.
pub(super) fn get(state: &State, content: &[u8]) -> Answer {
    let input = match serde_json::from_slice::<Input>(content) {
        Ok(input) => input,
        Err(error) => return invalid(&format!("the request cannot be read: {error}")),
    };
    let (Scope::Cloudfront | Scope::Regional) = input.scope;
    if !(1..=SAMPLES_MAX).contains(&input.max_items) {
        return invalid(&format!("MaxItems is from 1 to {SAMPLES_MAX}"));
    }
    let Some((from, until)) = window(&input.time_window, now()) else {
        return invalid("TimeWindow ends before it starts, or lies more than three hours back");
    };
    let is_sampled = {
        let current = state.current.borrow();
        let mut acls = current.snapshot.web_acls.iter().map(check_web_acl);
        acls.any(|CheckedWebAcl { arn, sampled, .. }| {
            arn.as_ref() == Some(&input.web_acl_arn) && sampled.contains(&input.rule_metric_name)
        })
    };
    if !is_sampled {
        return Answer::error_of_json_protocol(
            "WAFNonexistentItemException",
            "no web ACL with this ARN has requests sampled by this metric's name",
        );
    }
    let (arn, metric) = (&input.web_acl_arn, &input.rule_metric_name);
    let found = state.shared.samples.find(arn, metric, from, until);
    let population: u64 = found.iter().map(|sample| sample.weight).sum();
    let chosen: Vec<Value> = spread(&found, input.max_items)
        .filter_map(|sample| serde_json::from_str(&sample.text).ok())
        .collect();
    let seconds = |at: Timestamp| at.0 as f64 / 1_000.0;
    Answer::of_json_protocol(&json!({
        "SampledRequests": chosen,
        "PopulationSize": population,
        "TimeWindow": {"StartTime": seconds(from), "EndTime": seconds(until)},
    }))
}

/// "If you specify a start time that's earlier than three hours ago, AWS WAF sets it to three hours ago."
fn window(asked: &TimeWindow, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let ms = |seconds: f64| (seconds * 1_000.0).max(0.0) as u64;
    let start = ms(asked.start_time).max(now.0.saturating_sub(KEPT_MS));
    let end = ms(asked.end_time);
    (start <= end).then_some((Timestamp(start), Timestamp(end)))
}

/// At most so many of them, from all of the time.
fn spread(found: &[Sample], items_max: usize) -> impl Iterator<Item = &Sample> {
    let count = found.len().min(items_max);
    (0..count).map(move |index| &found[index * found.len() / count])
}

fn invalid(message: &str) -> Answer {
    Answer::error_of_json_protocol("WAFInvalidParameterException", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_three_hours_ago_at_the_earliest() {
        let now = Timestamp(100_000_000);
        let asked = |start_time, end_time| window(&TimeWindow { start_time, end_time }, now);
        assert_eq!(
            asked(0.0, 100_000.0),
            Some((Timestamp(100_000_000 - KEPT_MS), Timestamp(100_000_000)))
        );
        assert_eq!(asked(99_999.5, 99_999.5), Some((Timestamp(99_999_500), Timestamp(99_999_500))));
        assert_eq!(asked(99_999.0, 99_998.0), None);
        assert_eq!(asked(0.0, 1.0), None, "long ago");
        assert_eq!(asked(f64::NAN, -1.0), None);
    }

    #[test]
    fn few_of_many_are_taken_from_all_of_the_time() {
        let sample = |at| Sample { at: Timestamp(at), weight: 1, text: String::new() };
        let found: Vec<Sample> = (0..10).map(sample).collect();
        let at = |max| spread(&found, max).map(|sample| sample.at.0).collect::<Vec<_>>();
        assert_eq!(at(3), [0, 3, 6]);
        assert_eq!(at(10).len(), 10);
        assert_eq!(at(500).len(), 10);
        assert_eq!(spread(&[], 5).count(), 0);
    }
}
