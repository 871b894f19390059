//! Web ACLs, compiled.

use alloc::vec::Vec;
use alloc::{format, string::String};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

use serde_json::Value;
use waf::{Document, Problem};

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
    let (documents, _) = Documents::parse(definition);
    let arn = documents.web_acl.as_ref().and_then(waf::WebAcl::arn_of);
    let told_arn = arn.map(String::from);
    match read(definition) {
        Ok((WebAclPlan { acl, .. }, mut found)) => {
            found.extend(acl.doubts(&documents.references));
            CheckedWebAcl {
                found,
                arn: Some(acl.arn().into()),
                sampled: acl.sampled().map(String::from).collect(),
                asks_clients: acl.asks_clients(),
                asks_for_countries: acl.asks_for_countries(),
                asks_for_networks: acl.asks_for_networks(),
                asks_for_fingerprints: acl.asks_for_fingerprints(),
            }
        }
        Err(found) => CheckedWebAcl { found, arn: told_arn, ..CheckedWebAcl::default() },
    }
}

/// What [`check_web_acl`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckedWebAcl {
    /// Mistakes and warnings.
    pub found: Vec<Problem>,
    /// What distributions name it by; `None` where mistakes hide it.
    pub arn: Option<String>,
    /// The names of metrics that requests are sampled by.
    pub sampled: Vec<String>,
    /// Whether a rule asks clients to solve something, so that a key signs their tokens.
    pub asks_clients: bool,
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
                Err(found) => {
                    errors.extend(found.iter().filter(|one| !one.is_warning).map(|one| {
                        let message = format!("web ACL `{}`: {one}", definition.name);
                        DefinitionError::error(Source::default(), message)
                    }))
                }
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

/// A web ACL's documents, as far as they are JSON; what is not is null.
struct Documents {
    web_acl: Option<Value>,
    references: Vec<Value>,
    logging: Option<Value>,
}

impl Documents {
    fn parse(definition: &WebAcl) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut parse = |document: Document, text: &str| {
            let parsed = serde_json::from_str::<Value>(text);
            let told = |error| Problem::error(document, "", format!("it is not JSON: {error}"));
            parsed.map_err(|error| problems.push(told(error))).ok()
        };
        let web_acl = parse(Document::WebAcl, &definition.document);
        let references = definition.references.iter().enumerate();
        let references = references
            .map(|(index, text)| parse(Document::Reference(index), text).unwrap_or_default());
        let references = references.collect();
        let logging = definition.logging.as_ref().and_then(|logging| logging.document.as_ref());
        let logging = logging.and_then(|text| parse(Document::LoggingConfiguration, text));
        (Self { web_acl, references, logging }, problems)
    }
}

/// Everything is read, whatever is wrong with a part.
fn read(definition: &WebAcl) -> Result<(WebAclPlan, Vec<Problem>), Vec<Problem>> {
    let (documents, mut problems) = Documents::parse(definition);
    let acl = documents.web_acl.as_ref().and_then(|document| {
        let (acl, found) = match waf::WebAcl::read(document, &documents.references) {
            Ok((acl, found)) => (Some(acl), found),
            Err(found) => (None, found),
        };
        problems.extend(found);
        acl
    });
    let settings = documents
        .logging
        .map_or_else(|| Ok(waf::Logging::default()), |document| waf::Logging::read(&document));
    let settings = settings.map_err(|found| problems.extend(found)).ok();
    let asks = acl.as_ref().is_some_and(waf::WebAcl::asks_clients);
    let is_long = |key: &&TokenKey| key.0.len() >= TOKEN_KEY_BYTES_MIN;
    let token_key = definition.token_key.as_ref().filter(is_long).filter(|_| asks);
    if asks && token_key.is_none() {
        let message = format!(
            "a rule asks for a captcha or a challenge, and there is no key of {TOKEN_KEY_BYTES_MIN} bytes or more that signs tokens"
        );
        problems.push(Problem::error(Document::WebAcl, "", message));
    }
    let (Some(acl), Some(settings), true) =
        (acl, settings, problems.iter().all(|problem| problem.is_warning))
    else {
        return Err(problems);
    };
    let plan = WebAclPlan {
        name: definition.name.clone(),
        log: definition.logging.as_ref().map(|logging| (logging.destination.clone(), settings)),
        token_key: token_key.cloned(),
        sampling: Sampling::of(acl.sampled()),
        acl,
    };
    Ok((plan, problems))
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
