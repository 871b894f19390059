//! What CloudFront would not take, though it could be served, and what documents are that are something else.
//!
//! Apart from what reads: hosts elsewhere are given what was checked, and are small.

use alloc::format;
use alloc::vec::Vec;

use serde_json::Value;

use super::at::At;
use super::{BEHAVIORS_MAX, kind};
use crate::model::{Behavior, Selected};
use crate::pattern::{self, Pattern};
use crate::problem::{Document, Problem, Reading};
use crate::{Distribution, Options, countries, public_key};

/// What [`Distribution::check`] found.
#[derive(Debug)]
pub struct Checked {
    /// What could be read, so that one mistake hides none of those that only a host can tell. To be served only where
    /// [`Checked::is_refused`] does not say otherwise. `None` where the document is something else.
    pub distribution: Option<Distribution>,
    /// All mistakes, whatever is not supported, and warnings.
    pub problems: Vec<Problem>,
    is_whole: bool,
}

impl Checked {
    /// Whether there is more than warnings.
    pub fn is_refused(&self) -> bool {
        !self.is_whole || self.problems.iter().any(|problem| !problem.is_warning)
    }
}

impl Distribution {
    /// [`Distribution::read`] for those who write the documents: refused is also what CloudFront would not take.
    pub fn check(id: &str, document: &str, references: &[&str], options: Options) -> Checked {
        let (read, found) = super::read(id, document, references, options);
        let mut problems = problems(document, references);
        // Of a document that is something else nothing more is to be said.
        let others = problems.iter().filter(|problem| problem.pointer.is_empty());
        let others: Vec<Document> = others.map(|problem| problem.document).collect();
        problems.extend(found.into_iter().filter(|problem| !others.contains(&problem.document)));
        let behaviors = read.iter().flat_map(|read| &read.distribution.behaviors);
        problems.extend(behaviors.filter_map(stored_for_all));
        let is_whole = read.as_ref().is_some_and(|read| read.is_whole);
        let read = read.filter(|_| !others.contains(&Document::Distribution));
        Checked { distribution: read.map(|read| read.distribution), problems, is_whole }
    }
}

/// Text that is no JSON, and values of other types, are told where they are read.
fn problems(document: &str, references: &[&str]) -> Vec<Problem> {
    let reading = Reading::new(Document::Distribution);
    if let Ok(value) = serde_json::from_str::<Value>(document) {
        distribution(&At::top(&reading, &value));
    }
    for (index, reference) in references.iter().enumerate() {
        if let Ok(value) = serde_json::from_str::<Value>(reference) {
            reading
                .within(Document::Reference(index), || self::reference(&At::top(&reading, &value)));
        }
    }
    reading.into_problems()
}

fn distribution(top: &At<'_, '_>) {
    if let Some(other) = kind::no_distribution(top) {
        return top.error(format!("it is {other}, no distribution"));
    }
    let config = top.at("Distribution").at("DistributionConfig");
    let behaviors = config.at("CacheBehaviors").at("Items").elements();
    let behaviors = &behaviors[..behaviors.len().min(BEHAVIORS_MAX)];
    for at in behaviors.iter().filter_map(|at| at.get("PathPattern")) {
        if let Some(mistake) = at.value.as_str().and_then(pattern::mistake) {
            at.error(mistake);
        }
    }
    tell_repeated(behaviors);
    let version = config.get("HttpVersion");
    let has_3 = |at: &At<'_, '_>| at.value.as_str().is_some_and(|of| of.contains('3'));
    if let Some(at) = version.filter(has_3) {
        at.warning("there is no HTTP/3 here: viewers are served by HTTP/1.1 and 2, by what they agree on with the listener");
    }
    if let Some(geo) = config.get("Restrictions").and_then(|at| at.get("GeoRestriction")) {
        geo.at("Items").elements().iter().for_each(country);
    }
}

fn reference(top: &At<'_, '_>) {
    if let Some(other) = kind::no_reference(top) {
        return top.error(format!(
            "it is {other}: distributions refer to cache, origin request and response headers policies, key groups, \
             public keys, origin access controls and real-time log configurations"
        ));
    }
    let key = top.get("PublicKey").map(|at| at.at("PublicKeyConfig"));
    let Some(at) = key.and_then(|at| at.get("EncodedKey")) else { return };
    if let Some(mistake) = at.value.as_str().and_then(public_key::mistake) {
        at.error(mistake);
    }
}

/// Fields that frameworks make addresses and paths of, so that whoever fills the cache first chooses what others get
/// ("web cache poisoning").
const TELLING: [&str; 3] = ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL"];

/// What an origin makes of a request, and no cache key knows of, is served to those who did not say it.
fn stored_for_all(behavior: &Behavior) -> Option<Problem> {
    let (key, forward) = (&behavior.cache, behavior.forward.as_ref()?);
    if key.max_ttl_s == 0 {
        return None;
    }
    let is_unkeyed =
        |name: &&str| forward.headers.names_field(name) && !key.headers.names_field(name);
    let has_cookies = match &forward.cookies {
        Selected::None => false,
        Selected::These(names) => names.iter().any(|name| !key.cookies.names_cookie(name)),
        Selected::AllExcept(_) | Selected::All => key.cookies == Selected::None,
    };
    let cookies = has_cookies.then_some("cookies");
    let told: Vec<&str> =
        cookies.into_iter().chain(TELLING.into_iter().filter(is_unkeyed)).collect();
    if told.is_empty() {
        return None;
    }
    let message = format!(
        "the origin is sent what the cache key has not ({}): an answer that it makes of one viewer's is stored for all",
        told.join(", ")
    );
    let pointer = format!("{}/OriginRequestPolicyId", behavior.pointer);
    let error = Problem::error(Document::Distribution, &pointer, message);
    Some(Problem { is_warning: true, ..error })
}

/// The first behavior in order whose pattern matches is chosen: one whose pattern is that of another is none.
fn tell_repeated(behaviors: &[At<'_, '_>]) {
    let patterns = behaviors.iter().filter_map(|at| at.get("PathPattern"));
    let mut before: Vec<(&str, Pattern)> = Vec::new();
    for at in patterns {
        let Some(text) = at.value.as_str() else { continue };
        let pattern = Pattern::new(text);
        match before.iter().find(|(_, other)| *other == pattern) {
            Some((same, _)) if *same == text => {
                at.error(format!("another behavior has the path pattern `{text}`"));
            }
            Some((same, _)) => at.warning(format!(
                "`{same}` of another behavior is the same with or without the slash: this one is never chosen"
            )),
            None => before.push((text, pattern)),
        }
    }
}

fn country(at: &At<'_, '_>) {
    let Some(code) = at.value.as_str().filter(|code| !countries::is_code(code)) else { return };
    // Reserved in ISO 3166-1 for the United Kingdom, and nobody's.
    let british =
        if code.eq_ignore_ascii_case("UK") { ": the United Kingdom's is `GB`" } else { "" };
    at.error(format!("`{code}` is no country's code of two letters (ISO 3166-1){british}"));
}
