//! How well a web ACL tells attacks from everything else, asked through HTTP.
//!
//! Cases come from corpora beside the project ([`crs`], [`lines`]) or from the project's own
//! (`tests/waf`); [`judge`] sends each to a running `edgeway`; the web ACL's log tells which rule stopped
//! it; [`report`] counts.

pub mod crs;
pub mod gateway;
pub mod lines;
pub mod report;
pub mod yaml;

use serde_json::Value;

use crate::target::Engine;

/// A request of which it is known whether it is an attack.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// What it is counted under first: a family of attacks, a corpus.
    pub family: String,
    /// What it is counted under then: the rule of the suite that it is from, a file.
    pub group: String,
    /// Which case of it, and what is in it.
    pub name: String,
    /// What is sent; a case is stopped if one of them is.
    pub requests: Vec<Request>,
}

/// A request as it is written to the connection.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The target, as it is: valid or not.
    pub target: String,
    /// Header fields in order; what a request cannot do without is added.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub content: Vec<u8>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The web ACL let it through.
    Passed,
    /// This rule stopped it.
    Stopped(String),
    /// The server refused it with this status before it came to the web ACL: it is no request.
    Refused(u16),
}

/// Sends all cases to a gateway of that engine with the managed groups; the verdict of a case is the worst of its
/// requests.
pub async fn judge(engine: Engine, cases: &[Case]) -> Result<Vec<Verdict>, String> {
    judge_by(engine, gateway::managed(), cases).await
}

/// The same by these rules.
pub async fn judge_by(
    engine: Engine,
    rules: Vec<Value>,
    cases: &[Case],
) -> Result<Vec<Verdict>, String> {
    let requests: Vec<&Request> = cases.iter().flat_map(|case| &case.requests).collect();
    let mut verdicts = gateway::ask_all(engine, rules, &requests).await?.into_iter();
    let worst = |case: &Case| {
        let of_case: Vec<Verdict> = verdicts.by_ref().take(case.requests.len()).collect();
        let stopped = of_case.iter().find(|verdict| matches!(verdict, Verdict::Stopped(_)));
        stopped.or(of_case.first()).cloned().unwrap_or(Verdict::Passed)
    };
    Ok(cases.iter().map(worst).collect())
}
