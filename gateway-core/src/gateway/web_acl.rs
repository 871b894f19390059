//! Web ACLs, compiled.

use alloc::vec::Vec;
use alloc::{format, string::String};

use crate::definition::{DefinitionError, Snapshot, Source, TokenKey, WebAcl};

/// Shortest key that signs tokens (RFC 2104 §3: no shorter than the digest).
pub const TOKEN_KEY_BYTES_MIN: usize = 32;

/// A web ACL with its log.
#[derive(Debug)]
pub(crate) struct WebAclPlan {
    pub(crate) acl: waf::WebAcl,
    /// Destination and what is logged.
    pub(crate) log: Option<(String, waf::Logging)>,
    /// Where a rule asks clients for something: what signs their tokens.
    pub(crate) token_key: Option<TokenKey>,
}

/// What is wrong with a web ACL or doubtful about it, as [`Gateway::compile`](super::Gateway::compile)
/// finds it, and what its host has to know.
pub fn check_web_acl(definition: &WebAcl) -> CheckedWebAcl {
    match read(definition) {
        Ok((WebAclPlan { acl, .. }, found)) => CheckedWebAcl {
            found,
            arn: acl.arn().into(),
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
    Ok((WebAclPlan { acl, log, token_key }, all(warnings)))
}
