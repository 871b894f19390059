//! Web ACLs, compiled.

use alloc::vec::Vec;
use alloc::{format, string::String};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use crate::definition::{DefinitionError, Snapshot, Source, TokenKey, WebAcl};

/// Shortest key that signs tokens (RFC 2104 §3: no shorter than the digest).
pub const TOKEN_KEY_BYTES_MIN: usize = 32;

/// A web ACL with its log.
#[derive(Debug)]
pub(crate) struct WebAclPlan {
    /// What stages name it by.
    pub(crate) name: String,
    pub(crate) acl: waf::WebAcl,
    /// Destination and what is logged.
    pub(crate) log: Option<(String, waf::Logging)>,
    /// Where a rule asks clients for something: what signs their tokens.
    pub(crate) token_key: Option<TokenKey>,
    /// How often requests are sampled.
    pub(crate) sampling: Sampling,
}

/// When requests were sampled last, by metric. A sample costs more than what it tells of: however many
/// requests there are, a metric has one in [`SAMPLED_EVERY_MS`], which stands for those that had none.
#[derive(Debug)]
pub(crate) struct Sampling(Vec<Metric>);

#[derive(Debug)]
struct Metric {
    name: String,
    /// When the last sample was taken; 0 before the first.
    last_ms: AtomicU64,
    /// Requests since then.
    skipped: AtomicU64,
}

/// Shortest time between two samples of a metric.
const SAMPLED_EVERY_MS: u64 = 100;

impl Sampling {
    fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let metric = |name: &str| Metric {
            name: name.into(),
            last_ms: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
        };
        Self(names.map(metric).collect())
    }

    /// How many requests a sample that is taken now stands for; `None` if none is to be taken. Threads that
    /// ask at once may both take one: it is an estimate.
    pub(crate) fn weight(&self, metric_name: &str, now_ms: u64) -> Option<u64> {
        let metric = self.0.iter().find(|metric| metric.name == metric_name)?;
        let last_ms = metric.last_ms.load(Relaxed);
        // A clock that was set back begins anew.
        if now_ms >= last_ms && now_ms - last_ms < SAMPLED_EVERY_MS {
            metric.skipped.fetch_add(1, Relaxed);
            return None;
        }
        metric.last_ms.store(now_ms, Relaxed);
        Some(metric.skipped.swap(0, Relaxed).saturating_add(1))
    }
}

/// What is wrong with a web ACL or doubtful about it, as [`Gateway::compile`](super::Gateway::compile)
/// finds it, and what its host has to know.
pub fn check_web_acl(definition: &WebAcl) -> CheckedWebAcl {
    match read(definition) {
        Ok((WebAclPlan { acl, .. }, found)) => CheckedWebAcl {
            found,
            arn: acl.arn().into(),
            sampled: acl.sampled().map(String::from).collect(),
            asks_for_countries: acl.asks_for_countries(),
            asks_for_networks: acl.asks_for_networks(),
            asks_for_fingerprints: acl.asks_for_fingerprints(),
        },
        Err(found) => CheckedWebAcl { found, ..CheckedWebAcl::default() },
    }
}

/// What [`check_web_acl`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckedWebAcl {
    /// Mistakes and warnings.
    pub found: Vec<DefinitionError>,
    /// What distributions name it by.
    pub arn: String,
    /// The names of metrics that requests are sampled by.
    pub sampled: Vec<String>,
    /// Whether its rules need to know clients' countries.
    pub asks_for_countries: bool,
    /// Whether its rules need to know clients' autonomous systems.
    pub asks_for_networks: bool,
    /// Whether its rules ask for fingerprints of clients' TLS.
    pub asks_for_fingerprints: bool,
}

impl WebAclPlan {
    pub(super) fn compile_all(snapshot: &Snapshot, errors: &mut Vec<DefinitionError>) -> Vec<Self> {
        let mut plans = Vec::with_capacity(snapshot.web_acls.len());
        for definition in &snapshot.web_acls {
            match read(definition) {
                Ok((plan, _)) => plans.push(plan),
                Err(found) => errors.extend(found),
            }
        }
        for api in &snapshot.apis {
            for stage in &api.stages {
                if stage.web_acl.is_some_and(|index| index as usize >= snapshot.web_acls.len()) {
                    let message = format!("stage `{}` has no such web ACL", stage.stage_name);
                    errors.push(DefinitionError::error(Source::default(), message));
                }
            }
        }
        plans
    }
}

fn read(definition: &WebAcl) -> Result<(WebAclPlan, Vec<DefinitionError>), Vec<DefinitionError>> {
    let parse = |what: &str, text: &String| {
        serde_json::from_str::<serde_json::Value>(text).map_err(|error| {
            let message = format!("web ACL `{}`: {what} is not JSON: {error}", definition.name);
            [DefinitionError::error(Source::default(), message)].to_vec()
        })
    };
    let told = |problem: waf::Problem| {
        let message = format!("web ACL `{}`: {problem}", definition.name);
        match problem.is_warning {
            true => DefinitionError::warning(Source::default(), message),
            false => DefinitionError::error(Source::default(), message),
        }
    };
    let all = |problems: Vec<waf::Problem>| problems.into_iter().map(told).collect::<Vec<_>>();
    let document = parse("the web ACL", &definition.document)?;
    let references = definition.references.iter().map(|text| parse("a document", text));
    let references = references.collect::<Result<Vec<_>, _>>()?;
    let (acl, warnings) = waf::WebAcl::read(&document, &references).map_err(all)?;
    if acl.asks_clients() {
        let is_long = |key: &TokenKey| key.0.len() >= TOKEN_KEY_BYTES_MIN;
        if !definition.token_key.as_ref().is_some_and(is_long) {
            let message = format!(
                "web ACL `{}`: a rule asks for a captcha or a challenge, and there is no key of {TOKEN_KEY_BYTES_MIN} bytes or more that signs tokens",
                definition.name
            );
            return Err([DefinitionError::error(Source::default(), message)].to_vec());
        }
    }
    let log = match &definition.logging {
        Some(logging) => {
            let settings = match &logging.document {
                Some(text) => {
                    waf::Logging::read(&parse("the logging configuration", text)?).map_err(all)?
                }
                None => waf::Logging::default(),
            };
            Some((logging.destination.clone(), settings))
        }
        None => None,
    };
    let token_key = definition.token_key.clone().filter(|_| acl.asks_clients());
    let sampling = Sampling::of(acl.sampled());
    let name = definition.name.clone();
    Ok((WebAclPlan { name, acl, log, token_key, sampling }, all(warnings)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_stands_for_the_requests_that_had_none() {
        let sampling = Sampling::of(["m", "other"].into_iter());
        let at = |ms| sampling.weight("m", ms);
        assert_eq!([at(1_000), at(1_050), at(1_099), at(1_100)], [Some(1), None, None, Some(3)]);
        assert_eq!(sampling.weight("other", 1_101), Some(1));
        assert_eq!(at(500), Some(1), "the clock was set back");
        assert_eq!(at(599), None);
        assert_eq!(sampling.weight("unknown", 1), None);
    }
}
