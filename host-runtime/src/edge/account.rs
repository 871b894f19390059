//! What becomes of a request for a distribution, for `edgeway explain`: which behaviour is its own, under which key its
//! response is stored, and what the origin is asked. Nobody is asked for it.

use distribution::{Answer, Matched, Viewer, without_secrets};
use gateway_core::transcript::{Pairs, is_secret};
use serde_json::{Value, json};

use super::Edge;
use crate::drive::now;
use crate::explained::GOES_ON;

/// In the place of a secret.
const HIDDEN: &str = "REDACTED";
/// The account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The method, and the target without secrets.
    pub(crate) request: (String, String),
    /// What the distribution answers itself, a page of the operator's too; `GOES_ON` if it does not.
    pub(crate) status: u16,
    pub(crate) distribution: String,
    /// What became of it, in a sentence.
    pub(crate) decision: String,
    /// Why it is refused, which viewers are not told.
    pub(crate) reason: Option<String>,
    /// `None`: it was refused before one was chosen.
    pub(crate) behavior: Option<Behavior>,
    /// `None`: it is refused.
    pub(crate) way: Option<Way>,
    /// The page that stands in for a refusal.
    pub(crate) page: Option<Box<Page>>,
}

/// A cache behavior.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behavior {
    pub(crate) path_pattern: String,
    /// Where it stands in the distribution's document.
    pub(crate) pointer: String,
}

/// Where a request goes that has a behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// What its response is stored under, if it may be.
    pub(crate) key: Option<Pairs>,
    /// How long, in words.
    pub(crate) stored: String,
    /// The origin, and the one that is asked if it fails.
    pub(crate) origins: Vec<Asked>,
}

/// The custom error response in the place of the distribution's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The status that it is for, and the one that viewers are told.
    pub(crate) statuses: (u16, u16),
    pub(crate) path: String,
    pub(crate) behavior: Behavior,
    pub(crate) way: Way,
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
        let matched = match edge.distribution.route(viewer) {
            Ok(matched) => matched,
            Err(answer) => return Self::new(edge, viewer).refused(&answer),
        };
        let account = Self { behavior: Some(Behavior::of(&matched)), ..Self::new(edge, viewer) };
        if let Err(answer) = edge.verify(&matched, now().0 / 1000) {
            return account.refused(&answer).with_page(edge, &matched, answer.status);
        }
        let way = Way::of(edge, &matched);
        let decision = match way.key {
            Some(_) => {
                "it is answered with what is stored under its key, or else its origin is asked"
            }
            None => "its origin is asked, and the answer is stored for nobody",
        };
        Self { way: Some(way), decision: decision.into(), ..account }
    }

    /// Of what its web ACL refuses, in the distribution's words.
    pub(crate) fn of_blocked(edge: &Edge, viewer: &Viewer<'_>, status: u16) -> Self {
        let account = Self::new(edge, viewer).refused(&Answer::of_web_acl(status));
        match edge.distribution.route(viewer) {
            Ok(matched) => account.with_page(edge, &matched, status),
            Err(_) => account,
        }
    }

    fn new(edge: &Edge, viewer: &Viewer<'_>) -> Self {
        Self {
            request: (viewer.method.to_owned(), without_secrets(viewer.target, is_secret)),
            status: GOES_ON,
            distribution: edge.id().to_owned(),
            decision: String::new(),
            reason: None,
            behavior: None,
            way: None,
            page: None,
        }
    }

    fn refused(self, answer: &Answer) -> Self {
        let decision = format!("the distribution answers itself: {}", words(answer));
        Self {
            status: answer.status,
            decision,
            reason: answer.reason.as_ref().map(ToString::to_string),
            ..self
        }
    }

    /// With the operator's page for this status, if there is one.
    fn with_page(self, edge: &Edge, matched: &Matched<'_>, status: u16) -> Self {
        let Some((page, told)) = matched.error_page(status) else { return self };
        let path = matched.error_response(status).map(|(path, _)| path.to_owned());
        let page = Page {
            statuses: (status, told),
            path: path.unwrap_or_default(),
            behavior: Behavior::of(&page),
            way: Way::of(edge, &page),
        };
        Self { status: told, page: Some(Box::new(page)), ..self }
    }

    /// For tools. `place` knows where in the distribution's file a pointer leads.
    pub(crate) fn to_json(&self, place: impl Fn(&str) -> Value) -> Value {
        let mut shown = json!({"id": self.distribution, "decision": self.decision});
        let behavior = |shown: &mut Value, behavior: &Behavior| {
            shown["pathPattern"] = json!(behavior.path_pattern);
            shown["source"] = place(&behavior.pointer);
        };
        if let Some(reason) = &self.reason {
            shown["reason"] = json!(reason);
        }
        if let Some(one) = &self.behavior {
            behavior(&mut shown, one);
        }
        if let Some(way) = &self.way {
            way.show_in(&mut shown);
        }
        if let Some(page) = &self.page {
            let (code, told) = page.statuses;
            let mut error =
                json!({"errorCode": code, "responseCode": told, "responsePagePath": page.path});
            behavior(&mut error, &page.behavior);
            page.way.show_in(&mut error);
            shown["customErrorResponse"] = error;
        }
        shown
    }
}

impl Behavior {
    fn of(matched: &Matched<'_>) -> Self {
        Self {
            path_pattern: matched.path_pattern().to_owned(),
            pointer: matched.behavior_pointer().to_owned(),
        }
    }
}

impl Way {
    fn of(edge: &Edge, matched: &Matched<'_>) -> Self {
        let (first, second) = matched.origins();
        let policy = matched.policy(200);
        let stored = match (matched.is_cached(), policy.max_ttl_s) {
            (_, 0) => "never: its cache policy stores nothing".into(),
            (false, _) => "never: answers to its method are not cached".into(),
            (true, most) => format!(
                "{} to {most} s, {} s where the origin does not say",
                policy.min_ttl_s, policy.default_ttl_s
            ),
        };
        Self {
            key: matched.is_cached().then(|| matched.key_parts().iter().map(shown).collect()),
            stored,
            origins: [Some(first), second]
                .into_iter()
                .flatten()
                .map(|index| Asked::of(edge, matched, index))
                .collect(),
        }
    }

    fn show_in(&self, shown: &mut Value) {
        let object = |pairs: &Pairs| -> Value {
            pairs.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
        };
        let origin = |asked: &Asked| {
            let Asked { id, url, is_here, fields } = asked;
            json!({"id": id, "url": url, "isHere": is_here, "headers": object(fields)})
        };
        shown["cacheKey"] = self.key.as_ref().map(object).into();
        shown["stored"] = json!(self.stored);
        shown["origins"] = self.origins.iter().map(origin).collect();
    }
}

impl Asked {
    fn of(edge: &Edge, matched: &Matched<'_>, index: usize) -> Self {
        let place = &edge.places[index];
        let request = matched.origin_request(index, "");
        let is_here = *place == distribution::Place::Here;
        let url = if is_here { request.target.clone() } else { request.url(place) };
        let fields = request.fields.iter().filter(|field| !field.value.is_empty());
        // What an origin knows the distribution by, whatever its name.
        let own = &request.origin.custom_headers;
        let field = |field: &http_cache::Field| {
            let value = match own.iter().any(|(name, _)| name.eq_ignore_ascii_case(&field.name)) {
                true => HIDDEN.into(),
                false => String::from_utf8_lossy(&field.value).into_owned(),
            };
            shown(&(field.name.clone(), value))
        };
        Self {
            id: request.origin.id.clone(),
            url: without_secrets(&url, is_secret),
            is_here,
            fields: fields.map(field).collect(),
        }
    }
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
