//! What becomes of a request for a distribution, for `edgeway explain`: which behaviour is its own, under which key its
//! response is stored, and what the origin is asked. Nobody is asked for it.

use distribution::{Answer, Matched, Viewer, without_secrets};
use gateway_core::transcript::{Pairs, is_secret};
use serde_json::{Value, json};

use super::Edge;
use crate::drive::now;

/// In the place of a secret.
const HIDDEN: &str = "REDACTED";
/// In the place of a status: it goes on.
const GOES_ON: u16 = 100;

/// The account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The method, and the target without secrets.
    pub(crate) request: (String, String),
    /// What the distribution answers itself; 100 if it does not.
    pub(crate) status: u16,
    pub(crate) distribution: String,
    /// What became of it, in a sentence.
    pub(crate) decision: String,
    /// `None`: it was refused before one was chosen.
    pub(crate) way: Option<Way>,
}

/// Where a request goes that has a behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) path_pattern: String,
    /// What its response is stored under, if it may be.
    pub(crate) key: Option<Pairs>,
    /// How long, in words.
    pub(crate) stored: String,
    /// The origin, and the one that is asked if it fails.
    pub(crate) origins: Vec<Asked>,
}

/// What an origin is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) id: String,
    /// Its URL; for an API of this host the target alone.
    pub(crate) url: String,
    pub(crate) is_here: bool,
    pub(crate) fields: Pairs,
}

impl Account {
    /// Of what this viewer asks.
    pub(crate) fn of(edge: &Edge, viewer: &Viewer<'_>) -> Self {
        let request = (viewer.method.to_owned(), without_secrets(viewer.target, is_secret));
        let account = Self {
            request,
            status: GOES_ON,
            distribution: edge.id().to_owned(),
            decision: String::new(),
            way: None,
        };
        let refused = |answer: &Answer, way| {
            let decision = format!("the distribution answers itself: {}", words(answer));
            Self { status: answer.status, decision, way, ..account.clone() }
        };
        let matched = match edge.distribution.route(viewer) {
            Ok(matched) => matched,
            Err(answer) => return refused(&answer, None),
        };
        let way = Some(Way::of(edge, &matched));
        if let Err(answer) = verified(edge, &matched) {
            return refused(&answer, way);
        }
        let decision = match matched.is_cached() {
            true => "it is answered with what is stored under its key, or else its origin is asked",
            false => "its origin is asked, and the answer is stored for nobody",
        };
        Self { way, decision: decision.into(), ..account }
    }

    /// For tools.
    pub(crate) fn to_json(&self) -> Value {
        let object = |pairs: &Pairs| -> Value {
            pairs.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
        };
        let origin = |asked: &Asked| {
            let Asked { id, url, is_here, fields } = asked;
            json!({"id": id, "url": url, "isHere": is_here, "headers": object(fields)})
        };
        let mut shown = json!({"id": self.distribution, "decision": self.decision});
        if let Some(way) = &self.way {
            shown["pathPattern"] = json!(way.path_pattern);
            shown["cacheKey"] = way.key.as_ref().map(object).into();
            shown["stored"] = json!(way.stored);
            shown["origins"] = way.origins.iter().map(origin).collect();
        }
        shown
    }
}

impl Way {
    fn of(edge: &Edge, matched: &Matched<'_>) -> Self {
        let (first, second) = matched.origins();
        let policy = matched.policy(200);
        let stored = match (matched.is_cached(), policy.max_ttl_s) {
            (false, _) => "never: answers to its method are not cached".into(),
            (true, 0) => "never: its cache policy stores nothing".into(),
            (true, most) => format!(
                "{} to {most} s, {} s where the origin does not say",
                policy.min_ttl_s, policy.default_ttl_s
            ),
        };
        Self {
            path_pattern: matched.path_pattern().to_owned(),
            key: matched.is_cached().then(|| matched.key_parts().iter().map(shown).collect()),
            stored,
            origins: [Some(first), second]
                .into_iter()
                .flatten()
                .map(|index| Asked::of(edge, matched, index))
                .collect(),
        }
    }
}

impl Asked {
    fn of(edge: &Edge, matched: &Matched<'_>, index: usize) -> Self {
        let place = &edge.places[index];
        let request = matched.origin_request(index, "");
        let is_here = *place == distribution::Place::Here;
        let url = if is_here { request.target.clone() } else { request.url(place) };
        let fields = request.fields.iter().filter(|field| !field.value.is_empty());
        let field = |field: &http_cache::Field| {
            shown(&(field.name.clone(), String::from_utf8_lossy(&field.value).into_owned()))
        };
        Self {
            id: request.origin.id.clone(),
            url: without_secrets(&url, is_secret),
            is_here,
            fields: fields.map(field).collect(),
        }
    }
}

fn verified(edge: &Edge, matched: &Matched<'_>) -> Result<(), Answer> {
    edge.verify(matched, now().0 / 1000)
}

/// A name and a value, which is left out where it is a secret.
fn shown((name, value): &(String, String)) -> (String, String) {
    let value = match is_secret(name) {
        true => HIDDEN.into(),
        false => without_secrets(value, is_secret),
    };
    (name.clone(), value)
}

/// What an answer of the edge's own says.
fn words(answer: &Answer) -> String {
    let within = |start: &str, end: &str| {
        let (_, rest) = answer.content.split_once(start)?;
        Some(rest.split_once(end)?.0.to_owned())
    };
    let location = || answer.fields.text("location").map(|to| without_secrets(to, is_secret));
    let said = within("<p>", "</p>").or_else(|| within("<Message>", "</Message>"));
    said.or_else(location).unwrap_or_default()
}
