//! Accounts of requests: what `edgeway explain` prints, and those of requests with the
//! `x-edgeway-explain` header, which the operator's listener tells.

mod functions;
mod places;
mod text;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway_core::message::Fields;
use gateway_core::transcript::{Event, PipelineStage, Transcript};
use http::HeaderMap;
use serde_json::{Value, json};

use crate::admin::token::AdminToken;
use crate::config::Config;
use crate::edge::Account;

pub(crate) use functions::as_run;
use places::{DistributionPlaces, Place, Places};
pub(crate) use text::text;

/// The field with the operator's token in a request that accounts for itself.
pub(crate) const REQUEST_FIELD: &str = "x-edgeway-explain";
/// The field with the account's id in its response.
pub(crate) const RESPONSE_FIELD: &str = "x-edgeway-explain-id";
/// What stands in the place of a status for what goes on to a distribution's cache and origins, which tell the end.
pub(crate) const GOES_ON: u16 = 100;
/// Most accounts that are kept: one has up to half a megabyte.
const KEPT_MAX: usize = 32;

/// A request's account.
#[derive(Debug, Clone, Default)]
pub struct Explained {
    /// The status that was answered; 0 if the client left before.
    pub status: u16,
    /// How long it took until there was an answer.
    pub latency_ms: u64,
    /// The account itself.
    pub transcript: Transcript,
    /// What a distribution does with it.
    pub(crate) distribution: Option<Account>,
}

impl Explained {
    /// `$context.requestId`
    pub fn id(&self) -> &str {
        match self.transcript.entries.first().map(|entry| &entry.event) {
            Some(Event::Arrived { request_id, .. }) => request_id,
            _ => "",
        }
    }

    /// Method and target, without secrets.
    pub fn request(&self) -> (&str, &str) {
        match self.transcript.entries.first().map(|entry| &entry.event) {
            Some(Event::Arrived { http_method, target, .. }) => (http_method, target),
            _ => match &self.distribution {
                Some(Account { request: (method, target), .. }) => (method, target),
                None => ("", ""),
            },
        }
    }

    /// The stages in their order, each with its time: from its first event to that of the next.
    pub fn stages(&self) -> Vec<(PipelineStage, u64)> {
        let mut begun: Vec<(PipelineStage, u64)> = Vec::new();
        for entry in &self.transcript.entries {
            if begun.last().is_none_or(|(stage, _)| *stage != entry.stage) {
                begun.push((entry.stage, entry.now.0));
            }
        }
        let end = self.transcript.entries.last().map_or(0, |entry| entry.now.0);
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([end]);
        let timed = begun.iter().zip(ends);
        timed.map(|((stage, at), end)| (*stage, end.saturating_sub(*at))).collect()
    }

    /// In one line.
    pub fn summary(&self) -> Value {
        let (method, target) = self.request();
        let status = Some(self.status).filter(|status| *status != GOES_ON);
        let (id, latency_ms) = (self.id(), self.latency_ms);
        json!({"id": id, "method": method, "target": target, "status": status, "latencyMs": latency_ms})
    }

    /// For tools.
    pub fn to_json(&self, config: &Config) -> Value {
        let mut shown = self.summary();
        if let Some(account) = &self.distribution {
            let places = DistributionPlaces::new(config, &account.distribution);
            shown["distribution"] = account.to_json(|pointer| match places.of(pointer) {
                Some(place) => place_json(&place),
                None => Value::Null,
            });
        }
        let stages = self.stages();
        let stage = |(stage, ms)| json!({"stage": stage, "latencyMs": ms});
        shown["stages"] = stages.into_iter().map(stage).collect();
        shown["transcript"] = json!(as_run(config, &self.transcript));
        let mut places = Places::new(config);
        for (number, entry) in self.transcript.entries.iter().enumerate() {
            if let Some(place) = places.of(entry) {
                shown["transcript"]["entries"][number]["source"] = place_json(&place);
            }
        }
        shown
    }
}

fn place_json(Place { file, source }: &Place) -> Value {
    json!({"file": file, "line": source.line, "pointer": source.pointer})
}

/// Whether a request asks for its account and may have it. The field goes no further, whoever sent it.
pub(crate) fn is_asked(
    token: Option<&AdminToken>,
    fields: &mut Fields,
    headers: &mut HeaderMap,
) -> bool {
    if !headers.contains_key(REQUEST_FIELD) {
        return false;
    }
    let mut values = headers.get_all(REQUEST_FIELD).iter();
    let may = match (token, values.next(), values.next()) {
        (Some(token), Some(presented), None) => token.is(presented.as_bytes()),
        _ => false,
    };
    headers.remove(REQUEST_FIELD);
    fields.remove(REQUEST_FIELD);
    may
}

/// The last accounts.
#[derive(Debug, Default)]
pub struct Explanations(Mutex<VecDeque<Arc<Explained>>>);

impl Explanations {
    /// Keeps an account, in the place of the oldest one.
    pub fn keep(&self, explained: Explained) {
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(Arc::new(explained));
    }

    /// The account of a request, if it is still there.
    pub fn get(&self, id: &str) -> Option<Arc<Explained>> {
        self.lock().iter().find(|kept| kept.id() == id).cloned()
    }

    /// All that are there, the newest first.
    pub fn newest_first(&self) -> Vec<Arc<Explained>> {
        self.lock().iter().rev().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Explained>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_core::message::{Field, Timestamp};
    use gateway_core::transcript::Entry;
    use http::HeaderValue;

    fn explained(id: &str) -> Explained {
        let event = Event::Arrived {
            request_id: id.into(),
            extended_request_id: String::new(),
            http_method: "GET".into(),
            target: "/".into(),
            source_ip: String::new(),
        };
        let entry =
            Entry { now: Timestamp(0), stage: PipelineStage::FindStage, source: None, event };
        let transcript = Transcript { entries: vec![entry], is_cut: false };
        Explained { status: 200, latency_ms: 1, transcript, distribution: None }
    }

    #[test]
    fn the_newest_accounts_are_kept_and_no_more() {
        let kept = Explanations::default();
        (0..KEPT_MAX + 2).for_each(|i| kept.keep(explained(&i.to_string())));
        assert!(kept.get("1").is_none());
        assert_eq!(kept.get("2").unwrap().id(), "2");
        let all = kept.newest_first();
        assert_eq!((all.len(), all[0].id()), (KEPT_MAX, "33"));
    }

    #[test]
    fn the_time_of_a_stage_ends_where_the_next_begins() {
        let mut explained = explained("1");
        let first = explained.transcript.entries[0].clone();
        use PipelineStage::{FindStage, Integrate, Route};
        for (stage, now) in [(Route, 1), (Route, 2), (Integrate, 4), (Integrate, 30)] {
            let now = Timestamp(now);
            explained.transcript.entries.push(Entry { stage, now, ..first.clone() });
        }
        assert_eq!(explained.stages(), [(FindStage, 1), (Route, 3), (Integrate, 26)]);
        assert_eq!(Explained::default().stages(), []);
    }

    #[test]
    fn the_field_is_taken_out_whoever_sent_it() {
        let token = AdminToken::new("0123456789abcdef");
        for (values, own, asked) in [
            (&["0123456789abcdef"][..], Some(&token), true),
            (&["0123456789abcdef", "0123456789abcdef"], Some(&token), false),
            (&["0123456789abcdeX"], Some(&token), false),
            (&["true"], Some(&token), false),
            (&[""], Some(&token), false),
            (&["0123456789abcdef"], None, false),
            (&[], Some(&token), false),
        ] {
            let field = |value: &&str| Field::new("X-Edgeway-Explain", *value);
            let mut fields: Fields = values.iter().map(field).collect();
            fields.push("Host", "h");
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(REQUEST_FIELD, HeaderValue::from_static(value));
            }
            assert_eq!(is_asked(own, &mut fields, &mut headers), asked, "{values:?}");
            assert!(headers.is_empty() && fields.len() == 1, "{values:?}");
        }
    }
}
