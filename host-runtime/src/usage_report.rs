//! What API keys have used of a usage plan, by day, as AWS's `GetUsage` tells it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use gateway_core::definition::UsagePlan;
use gateway_core::limits::USAGE_DAYS_MAX;
use gateway_core::message::Timestamp;
use gateway_core::time;
use gateway_core::usage::{Day, Usage, day_of};
use serde_json::{Value, json};

/// The usage of a plan's keys. Days are UTC's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    usage_plan_id: String,
    days: RangeInclusive<Day>,
    /// By key: for each of the days what was used, and what was left at its end, if there is a quota.
    items: BTreeMap<String, Vec<(u64, Option<u64>)>>,
}

impl UsageReport {
    /// The report of these days, of all keys or of one. `counted` is by `{usagePlanId}/{apiKeyId}`;
    /// keys of the plan that it lacks have used nothing.
    pub fn new(
        plan: &UsagePlan,
        counted: impl IntoIterator<Item = (String, Usage)>,
        days: RangeInclusive<Day>,
        key_id: Option<&str>,
    ) -> Self {
        let of_day = |usage: &Usage, day: Day| {
            let used = usage.used(day..day.saturating_add(1));
            (used, plan.quota.map(|quota| usage.remaining(&quota, day)))
        };
        let of_all_days =
            |usage: &Usage| -> Vec<_> { days.clone().map(|day| of_day(usage, day)).collect() };
        let unused = plan.api_key_ids.iter().map(|id| (id.clone(), Usage::default()));
        let counted = counted.into_iter().filter_map(|(key, usage)| {
            let (of_plan, id) = key.split_once('/')?;
            (of_plan == plan.id).then(|| (id.to_owned(), usage))
        });
        let items =
            unused.chain(counted).filter(|(id, _)| key_id.is_none_or(|key_id| key_id == id));
        let items = items.map(|(id, usage)| (id, of_all_days(&usage))).collect();
        Self { usage_plan_id: plan.id.clone(), days, items }
    }

    /// Whether there is no key to tell of.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// As AWS's command line and SDKs show it (`items`), or as its API sends it (`values`).
    pub fn to_json(&self, items_name: &str) -> Value {
        let pair = |(used, remaining): &(u64, Option<u64>)| json!([used, remaining]);
        let items = self.items.iter();
        let items = items.map(|(id, days)| (id.clone(), days.iter().map(pair).collect()));
        json!({
            "usagePlanId": self.usage_plan_id,
            "startDate": date(*self.days.start()),
            "endDate": date(*self.days.end()),
            items_name: Value::Object(items.collect()),
        })
    }

    /// A line for each key and day, under one with the names of the columns (RFC 4180).
    pub fn to_csv(&self) -> String {
        let mut text = String::from("usagePlanId,apiKeyId,date,used,remaining\r\n");
        for (id, days) in &self.items {
            for (day, (used, remaining)) in self.days.clone().zip(days) {
                let remaining = remaining.map(|n| n.to_string()).unwrap_or_default();
                let [plan, key] = [&self.usage_plan_id, id].map(|id| quoted(id));
                text += &format!("{plan},{key},{},{used},{remaining}\r\n", date(day));
            }
        }
        text
    }
}

/// The days from one date to another, as `GetUsage` takes them.
///
/// # Errors
/// What is wrong with them, in words.
pub fn days(start_date: &str, end_date: &str) -> Result<RangeInclusive<Day>, String> {
    let day = |date: &str| {
        let midnight = time::from_iso8601(&format!("{date}T00:00:00Z"));
        let midnight = midnight.filter(|_| date.len() == "2026-11-21".len());
        midnight.map(day_of).ok_or_else(|| format!("`{date}` is not a day: write it as 2026-11-21"))
    };
    let (start, end) = (day(start_date)?, day(end_date)?);
    if start > end {
        return Err(format!("the first day, {start_date}, is after the last, {end_date}"));
    }
    if (end - start) as usize >= USAGE_DAYS_MAX {
        return Err(format!("at most {USAGE_DAYS_MAX} days are told of at a time"));
    }
    Ok(start..=end)
}

/// `2026-11-21`
pub fn date(day: Day) -> String {
    let midnight = Timestamp(u64::from(day) * 86_400_000);
    time::iso8601(midnight).chars().take_while(|c| *c != 'T').collect()
}

fn quoted(field: &str) -> String {
    match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_core::definition::{Quota, QuotaPeriod};

    fn plan(quota: Option<Quota>) -> UsagePlan {
        UsagePlan {
            id: "gold".into(),
            name: "Gold".into(),
            api_stages: Vec::new(),
            throttle: None,
            quota,
            api_key_ids: vec!["k1".into(), "k2".into()],
        }
    }

    fn counted() -> Vec<(String, Usage)> {
        let days = days("2026-11-14", "2026-11-21").unwrap();
        let usage = |from: Day| Usage::from_days(vec![(from, 3), (*days.end(), 4)]);
        [("gold/k1", 0), ("gold/gone, \"k\"", 6), ("golden/k2", 0)]
            .map(|(key, later)| (key.into(), usage(days.start() + later)))
            .into()
    }

    #[test]
    fn each_day_tells_what_was_used_and_what_was_left_at_its_end() {
        let quota = Quota { limit: 10, offset: 0, period: QuotaPeriod::Week };
        let days = days("2026-11-14", "2026-11-21").unwrap();
        let report = UsageReport::new(&plan(Some(quota)), counted(), days, None);
        // A week begins with the second of these days.
        let k1 = json!([[3, 7], [0, 10], [0, 10], [0, 10], [0, 10], [0, 10], [0, 10], [4, 6]]);
        let k2: Value = (0..8).map(|_| json!([0, 10])).collect();
        let report = report.to_json("items");
        let head = (&report["usagePlanId"], &report["startDate"], &report["endDate"]);
        assert_eq!(head, (&json!("gold"), &json!("2026-11-14"), &json!("2026-11-21")));
        assert_eq!((&report["items"]["k1"], &report["items"]["k2"]), (&k1, &k2));
        let keys: Vec<&String> = report["items"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["gone, \"k\"", "k1", "k2"], "also who has left the plan");
    }

    #[test]
    fn one_key_alone_and_a_plan_without_a_quota() {
        let days = days("2026-11-21", "2026-11-21").unwrap();
        let nobody = UsageReport::new(&plan(None), counted(), days.clone(), Some("nobody"));
        assert!(nobody.is_empty());
        let report = UsageReport::new(&plan(None), counted(), days.clone(), Some("k1"));
        assert_eq!(report.to_json("values")["values"], json!({"k1": [[4, null]]}));
        let head = "usagePlanId,apiKeyId,date,used,remaining\r\n";
        assert_eq!(report.to_csv(), [head, "gold,k1,2026-11-21,4,\r\n"].concat());
        let report = UsageReport::new(&plan(None), counted(), days, Some("gone, \"k\""));
        let line = "gold,\"gone, \"\"k\"\"\",2026-11-21,4,\r\n";
        assert_eq!(report.to_csv(), [head, line].concat());
    }

    #[test]
    fn dates_are_days_in_order_and_not_too_many() {
        for (start, end) in [
            ("2026-11-21", "2026-11-20"),
            ("2026-01-01", "2026-11-21"),
            ("2026-02-30", "2026-11-21"),
            ("21.11.2026", "2026-11-21"),
            ("2026-11-21T00:00:00Z", "2026-11-21"),
            ("", ""),
        ] {
            assert!(days(start, end).is_err(), "{start} {end}");
        }
        assert_eq!(days("2026-09-01", "2026-12-01").unwrap().count(), USAGE_DAYS_MAX);
        assert!(days("2026-08-31", "2026-12-01").is_err());
        assert_eq!(date(*days("2024-02-29", "2024-03-01").unwrap().start()), "2024-02-29");
    }
}
