//! API keys and usage plans (REST).

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Api, DefinitionError, Protocol, Source};
use crate::bucket::Limit;

/// An API key. Its value is known by its digest alone: a snapshot gives no key away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// `$context.identity.apiKeyId`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The digest of its value.
    pub digest: KeyDigest,
    /// Whether callers may use it.
    pub enabled: bool,
    /// The AWS Marketplace customer that it belongs to.
    pub customer_id: Option<String>,
}

/// SHA-256 of a key's value. Keys are found by it: how long that takes tells nothing of any value,
/// since nobody can choose values by their digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Of a value.
    pub fn of(value: &str) -> Self {
        Self(Sha256::digest(value).into())
    }

    /// In which of so many equal parts of all digests it is; the parts are in the order of digests.
    pub(crate) fn part_of(&self, parts: usize) -> usize {
        let [a, b, c, d, ..] = self.0;
        ((u64::from(u32::from_be_bytes([a, b, c, d])) * parts as u64) >> 32) as usize
    }
}

/// A usage plan: which keys may call which stages, how fast and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsagePlan {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The stages that its keys may call.
    pub api_stages: Vec<UsagePlanStage>,
    /// The limit of each key over all these stages.
    pub throttle: Option<Limit>,
    /// How many requests each key may make in a period.
    pub quota: Option<Quota>,
    /// The ids of its keys.
    pub api_key_ids: Vec<String>,
}

/// A stage of a usage plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsagePlanStage {
    /// The API.
    pub api_id: String,
    /// The stage.
    pub stage_name: String,
    /// The limit of each key for one method: `/path/VERB`, `//VERB` for the root.
    pub throttle: BTreeMap<String, Limit>,
    /// Where it stands in the configuration.
    pub source: Source,
}

/// How many requests a key may make in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Requests.
    pub limit: u32,
    /// The day of a week (from Sunday) or of a month (from its first) that periods begin with, from 0.
    pub offset: u8,
    /// For how long.
    pub period: QuotaPeriod,
}

/// `quota.period`. All are of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum QuotaPeriod {
    Day,
    Week,
    Month,
}

/// How throttled requests are answered, and what becomes of those for which nobody counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Throttling {
    /// Whether a 429 tells when to come again (`Retry-After`, RFC 9110 §10.2.3). AWS's do not.
    pub retry_after: bool,
    /// What becomes of requests while the store of tokens does not answer.
    pub when_away: WhenAway,
}

/// See [`Throttling::when_away`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum WhenAway {
    /// Everybody is let through.
    #[default]
    Open,
    /// Everybody is throttled.
    Closed,
}

impl QuotaPeriod {
    /// The largest offset that AWS takes.
    pub fn offset_max(self) -> u8 {
        match self {
            Self::Day => 0,
            Self::Week => 6,
            Self::Month => 27,
        }
    }
}

impl UsagePlan {
    /// What is wrong with its stages, once the APIs are known. A stage that is not there is a
    /// warning: it may come later, and until then nobody can call it. A limit for a method that is
    /// not there would hold nobody.
    pub fn check(&self, apis: &[Api]) -> Vec<DefinitionError> {
        self.api_stages.iter().flat_map(|stage| stage.check(apis)).collect()
    }
}

impl UsagePlanStage {
    fn check(&self, apis: &[Api]) -> Vec<DefinitionError> {
        let error = |message: String| DefinitionError::error(self.source.clone(), message);
        let api = apis.iter().find(|api| api.id.eq_ignore_ascii_case(&self.api_id));
        let Some(api) = api else {
            let message = alloc::format!("there is no API `{}`", self.api_id);
            return [DefinitionError::warning(self.source.clone(), message)].into();
        };
        if api.protocol != Protocol::Rest {
            let message = alloc::format!("`{}` is no REST API: it has no usage plans", api.id);
            return [error(message)].into();
        }
        let Some(stage) = api.stages.iter().find(|stage| stage.stage_name == self.stage_name)
        else {
            let message =
                alloc::format!("API `{}` has no stage `{}`", self.api_id, self.stage_name);
            return [DefinitionError::warning(self.source.clone(), message)].into();
        };
        let canary = stage.canary.as_ref().map(|canary| canary.deployment);
        let served = [Some(stage.deployment), canary];
        let methods: Vec<String> = served
            .iter()
            .flatten()
            .filter_map(|index| api.deployments.get(*index as usize))
            .flat_map(|deployment| &deployment.methods)
            .flat_map(|method| {
                let verbs = method.verbs().iter().map(|verb| method.usage_plan_key_for(verb));
                verbs.chain([method.usage_plan_key()])
            })
            .collect();
        let unknown = self.throttle.keys().filter(|key| !methods.contains(key));
        let named = |key: &String| {
            let part = key.replace('~', "~0").replace('/', "~1");
            let pointer = alloc::format!("{}/throttle/{part}", self.source.pointer);
            let message = alloc::format!("`throttle`: the definition has no `{key}`");
            DefinitionError::error(Source { pointer, ..self.source }, message)
        };
        unknown.map(named).collect()
    }
}
