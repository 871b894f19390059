//! Web ACLs, compiled.

use alloc::vec::Vec;
use alloc::{format, string::String};

use crate::definition::{DefinitionError, Snapshot, Source, WebAcl};

/// A web ACL with its log.
#[derive(Debug)]
pub(crate) struct WebAclPlan {
    pub(crate) acl: waf::WebAcl,
    /// Destination and what is logged.
    pub(crate) log: Option<(String, waf::Logging)>,
}

/// What is wrong with a web ACL or doubtful about it, as [`Gateway::compile`](super::Gateway::compile)
/// finds it.
pub fn check_web_acl(definition: &WebAcl) -> Vec<DefinitionError> {
    match read(definition) {
        Ok((_, warnings)) => warnings,
        Err(errors) => errors,
    }
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
    let refused = |what: &str| {
        let message = format!("web ACL `{}`: {what} not supported yet", definition.name);
        Err([DefinitionError::error(Source::default(), message)].to_vec())
    };
    if acl.asks_clients() {
        return refused("the actions `Captcha` and `Challenge` are");
    }
    if acl.inserts_headers() {
        return refused("`InsertHeaders` is");
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
    Ok((WebAclPlan { acl, log }, all(warnings)))
}
