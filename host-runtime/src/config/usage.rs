//! `apiKeys` and `usagePlans`: who may call how often.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gateway_core::bucket::Limit;
use gateway_core::definition::document::At;
use gateway_core::definition::{ApiKey, KeyDigest, Quota, QuotaPeriod, UsagePlan, UsagePlanStage};
use gateway_core::limits::{API_KEY_BYTES_MAX, API_KEY_BYTES_MIN};

use super::iam::secret_text;
use super::reading::Reading;

/// What API keys have, and what AWS tells of them besides that no request sees.
const API_KEY_KEYS: [&str; 10] = [
    "id",
    "name",
    "description",
    "value",
    "enabled",
    "customerId",
    "createdDate",
    "lastUpdatedDate",
    "stageKeys",
    "tags",
];
/// The same of usage plans.
const PLAN_KEYS: [&str; 10] = [
    "id",
    "name",
    "description",
    "apiStages",
    "throttle",
    "quota",
    "keys",
    "apiKeyIds",
    "productCode",
    "tags",
];

/// Keys and plans.
pub(super) type Usage = (Vec<ApiKey>, Vec<UsagePlan>);

pub(super) fn read_all(reading: &Reading, at: &At<'_>, directory: &Path) -> Usage {
    let keys = api_keys(reading, at.get("apiKeys"), directory);
    let (known, mut plans) = (KnownKeys::of(&keys), Plans::default());
    for item in at.get("usagePlans").iter().flat_map(|at| reading.array(at)) {
        let Some(plan) = usage_plan(reading, &item, &known, &plans) else { continue };
        if plans.all.iter().any(|other| other.id == plan.id) {
            reading.error(&item, format!("the id `{}` is used twice", plan.id));
        }
        plans.push(plan);
    }
    (keys, plans.all)
}

/// The plans read so far, also by the ids of their keys, of which there may be a hundred thousand.
#[derive(Default)]
struct Plans {
    all: Vec<UsagePlan>,
    of_key: BTreeMap<String, Vec<usize>>,
}

impl Plans {
    fn push(&mut self, plan: UsagePlan) {
        for id in &plan.api_key_ids {
            self.of_key.entry(id.clone()).or_default().push(self.all.len());
        }
        self.all.push(plan);
    }

    /// Whether a key has a plan already for one of these stages.
    fn serve(&self, key: &ApiKey, stages: &[UsagePlanStage]) -> bool {
        let of_key = self.of_key.get(&key.id).into_iter().flatten();
        of_key.filter_map(|&index| self.all.get(index)).any(|plan| shares(plan, stages))
    }
}

/// What a plan may name.
struct KnownKeys<'k> {
    by_id: BTreeMap<&'k str, &'k ApiKey>,
    /// `None` where several have the name.
    by_name: BTreeMap<&'k str, Option<&'k ApiKey>>,
}

impl<'k> KnownKeys<'k> {
    fn of(keys: &'k [ApiKey]) -> Self {
        let (mut by_id, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        for key in keys {
            by_id.entry(key.id.as_str()).or_insert(key);
            by_name.entry(key.name.as_str()).and_modify(|one| *one = None).or_insert(Some(key));
        }
        Self { by_id, by_name }
    }

    /// By id, else by name if one key alone has it.
    fn find(&self, reading: &Reading, at: &At<'_>, named: &str) -> Option<&'k ApiKey> {
        if let Some(key) = self.by_id.get(named) {
            return Some(key);
        }
        match self.by_name.get(named) {
            Some(Some(key)) => return Some(key),
            // The text may be a value by mistake: it is not repeated.
            None => {
                let help = "`apiKeys` lists them";
                reading.error_with(at, "there is no API key of this id or name", help);
            }
            Some(None) => {
                let help = "write the key's `id`";
                reading.error_with(at, "several API keys have this name", help);
            }
        }
        None
    }
}

fn api_keys(reading: &Reading, at: Option<At<'_>>, directory: &Path) -> Vec<ApiKey> {
    let (mut keys, mut ids, mut digests) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for item in at.iter().flat_map(|at| reading.array(at)) {
        let Some(key) = api_key(reading, &item, directory) else { continue };
        if !ids.insert(key.id.clone()) {
            reading.error(&item, format!("the id `{}` is used twice", key.id));
        }
        if key.digest != KeyDigest::of("") && !digests.insert(key.digest) {
            reading.error(&item, format!("the value of `{}` is another key's too", key.id));
        }
        keys.push(key);
    }
    keys
}

fn api_key(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<ApiKey> {
    reading.keys(at, &API_KEY_KEYS);
    if let Some(at) = at.get("stageKeys").filter(|at| at.items().next().is_some()) {
        let help = "name the key in a usage plan with `apiStages`";
        reading.warning_with(&at, "`stageKeys` changes nothing: usage plans let keys in", help);
    }
    let named = id_and_name(reading, at);
    let value = reading.required(at, "value").and_then(|at| key_value(reading, &at, directory));
    let enabled = at.get("enabled");
    // What is there and cannot be read is not the same as nothing.
    let enabled = enabled.is_none_or(|at| reading.boolean(&at).unwrap_or(false));
    let customer_id = at.get("customerId").and_then(|at| reading.text(&at)).map(Into::into);
    let (id, name) = named?;
    // Without a value it is never served; but plans may name it.
    let digest = value.map_or_else(|| KeyDigest::of(""), |text| KeyDigest::of(&text));
    Some(ApiKey { id, name, digest, enabled, customer_id })
}

fn key_value(reading: &Reading, at: &At<'_>, directory: &Path) -> Option<String> {
    let text = secret_text(reading, at, directory)?;
    let is_allowed = (API_KEY_BYTES_MIN..=API_KEY_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic());
    if !is_allowed {
        // What is wrong with a secret is told without it.
        let message = "an API key has 20 to 128 letters, digits and signs, without spaces";
        reading.error(at, message);
    }
    is_allowed.then_some(text)
}

/// The name serves for an id where there is none.
fn id_and_name(reading: &Reading, at: &At<'_>) -> Option<(String, String)> {
    let name = match (at.get("name"), at.get("id")) {
        (None, None) => {
            reading.error(at, "`name` is missing");
            return None;
        }
        (Some(name), _) | (None, Some(name)) => reading.text(&name)?,
    };
    let id_at = at.get("id").or_else(|| at.get("name"))?;
    let id = reading.text(&id_at)?;
    // It is a part of the names of buckets and counts.
    if id.contains('/') || id.chars().any(char::is_control) || id.len() > 256 {
        let help = "at most 256 characters without `/`";
        reading.error_with(&id_at, "it cannot be an id", help);
        return None;
    }
    Some((id.into(), name.into()))
}

fn usage_plan(
    reading: &Reading,
    at: &At<'_>,
    keys: &KnownKeys<'_>,
    others: &Plans,
) -> Option<UsagePlan> {
    reading.keys(at, &PLAN_KEYS);
    if let Some(at) = at.get("productCode") {
        let help = "`edgeway usage` tells what each key has used";
        reading.warning_with(
            &at,
            "`productCode` changes nothing: AWS Marketplace is told of no usage",
            help,
        );
    }
    let named = id_and_name(reading, at);
    let stages = at.get("apiStages").map(|at| reading.array(&at)).unwrap_or_default();
    let stages: Vec<_> = stages.iter().filter_map(|at| api_stage(reading, at)).collect();
    let throttle = at.get("throttle");
    let limit = throttle.as_ref().map(|at| throttle_settings(reading, at));
    let quota = at.get("quota");
    let quota_read = quota.as_ref().map(|at| self::quota(reading, at));
    let (mut api_key_ids, mut seen) = (Vec::new(), BTreeSet::new());
    for item in ["keys", "apiKeyIds"].iter().filter_map(|name| at.get(name)) {
        for item in reading.array(&item) {
            let Some(named) = reading.text(&item) else { continue };
            let Some(key) = keys.find(reading, &item, named) else { continue };
            if !seen.insert(key.id.as_str()) {
                continue;
            }
            if others.serve(key, &stages) {
                let help = "a key has one usage plan for a stage";
                let message = format!("`{named}` is in another usage plan of these stages");
                reading.error_with(&item, message, help);
            }
            api_key_ids.push(key.id.clone());
        }
    }
    let (throttle, quota) = (limit.flatten(), quota_read.flatten());
    let (id, name) = named?;
    Some(UsagePlan { id, name, api_stages: stages, throttle, quota, api_key_ids })
}

fn shares(plan: &UsagePlan, stages: &[UsagePlanStage]) -> bool {
    let is_same = |a: &UsagePlanStage, b: &UsagePlanStage| {
        a.stage_name == b.stage_name && a.api_id.eq_ignore_ascii_case(&b.api_id)
    };
    plan.api_stages.iter().any(|a| stages.iter().any(|b| is_same(a, b)))
}

fn api_stage(reading: &Reading, at: &At<'_>) -> Option<UsagePlanStage> {
    reading.keys(at, &["apiId", "stage", "throttle"]);
    let api_id = reading.required(at, "apiId").and_then(|at| reading.text(&at));
    let stage_name = reading.required(at, "stage").and_then(|at| reading.text(&at));
    let mut throttle = BTreeMap::new();
    for (key, at) in at.get("throttle").iter().flat_map(|at| reading.object(at)) {
        let method = key
            .rsplit_once('/')
            .filter(|(_, verb)| !verb.is_empty() && verb.bytes().all(|b| b.is_ascii_uppercase()));
        let Some((path, verb)) =
            method.filter(|(path, _)| path.is_empty() || path.starts_with('/'))
        else {
            let help = "write `/orders/POST` for POST /orders, `//GET` for GET of the root";
            reading.error_with(&at, format!("`{key}` names no method"), help);
            continue;
        };
        // The root's own slash is easily left out.
        let path = if path.is_empty() { "/" } else { path };
        if let Some(limit) = throttle_settings(reading, &at) {
            throttle.insert(format!("{path}/{verb}"), limit);
        }
    }
    let (api_id, stage_name) = (api_id?.into(), stage_name?.into());
    Some(UsagePlanStage { api_id, stage_name, throttle, source: at.source() })
}

fn throttle_settings(reading: &Reading, at: &At<'_>) -> Option<Limit> {
    reading.keys(at, &["rateLimit", "burstLimit"]);
    let rate = reading.required(at, "rateLimit").and_then(|at| reading.rate(&at));
    let burst = reading.required(at, "burstLimit").and_then(|at| reading.whole(&at));
    Some(Limit::new(rate?, burst?))
}

fn quota(reading: &Reading, at: &At<'_>) -> Option<Quota> {
    reading.keys(at, &["limit", "offset", "period"]);
    let limit = reading.required(at, "limit").and_then(|at| reading.whole(&at));
    let period = reading.required(at, "period").and_then(|at| match reading.text(&at)? {
        "DAY" => Some(QuotaPeriod::Day),
        "WEEK" => Some(QuotaPeriod::Week),
        "MONTH" => Some(QuotaPeriod::Month),
        other => {
            let known = ["DAY", "WEEK", "MONTH"];
            reading.unknown(&at, &format!("unknown period `{other}`"), other, &known);
            None
        }
    });
    let offset = at.get("offset");
    let days = match &offset {
        Some(at) => reading.whole(at),
        None => Some(0),
    };
    let (days, period) = (days?, period?);
    let allowed = u8::try_from(days).ok().filter(|days| *days <= period.offset_max());
    if let (None, Some(at)) = (allowed, &offset) {
        let message = format!("`offset` is 0 to {} for this period", period.offset_max());
        let help = "the day of the week or of the month that a period begins with, from 0";
        reading.error_with(at, message, help);
    }
    Some(Quota { limit: limit?, offset: allowed?, period })
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn keys_and_plans_may_be_written_down_as_aws_tells_them() {
        let text = |more_of_key: &str, more_of_plan: &str| {
            format!(
                "apis: [{{id: a, protocol: REST, definition: d, stages: [{{stageName: s}}]}}]\n\
                 apiKeys: [{{id: k, value: kkkkkkkkkkkkkkkkkkkk, createdDate: '2026-01-01T00:00:00+00:00', \
                 lastUpdatedDate: 1, tags: {{a: b}}, {more_of_key}}}]\n\
                 usagePlans: [{{id: p, keys: [k], tags: {{a: b}}, {more_of_plan}}}]"
            )
        };
        let told = |more_of_key: &str, more_of_plan: &str| {
            let document = crate::document::read(&text(more_of_key, more_of_plan)).unwrap();
            let (_, told) = Config::read_whole(&document, "".as_ref());
            told.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(told("stageKeys: []", "description: d").is_empty());
        let told = told("stageKeys: [a/s]", "productCode: x");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("warning: `stageKeys` changes nothing"), "{told:?}");
        assert!(told[1].starts_with("warning: `productCode` changes nothing"), "{told:?}");
    }
}
