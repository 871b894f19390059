//! Writes a transcript down.

mod function;
mod words;

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use self::function::{function_answer_fields, invocation_fields, invocation_url};
use self::words::{what_is_answered, what_is_asked};
use super::secrets::{HIDDEN, Secrets, is_secret, shown, shown_query, shown_target, shown_url};
use super::{Entry, Event, Message, Pairs, PipelineStage, Transcript};
use crate::definition::Source;
use crate::effect::{Effect, InvokeFunction, Outcome, SendRequest};
use crate::limits::{
    FIELDS_BYTES_MAX, TRACED_CONTENT_BYTES_MAX, TRANSCRIPT_BYTES_MAX, TRANSCRIPT_TEXT_BYTES_MAX,
};
use crate::message::{Content, ContentId, Fields, OutgoingFields, Request, Timestamp};
use crate::target;

/// A transcript that is being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    transcript: Transcript,
    /// What the arrival asked for, beyond what logs need.
    pub(crate) is_explained: bool,
    /// Whether only the end is written down: logs of errors hold no more.
    pub(crate) takes_end_alone: bool,
    /// Whether content is read that the pipeline itself does not look at.
    pub(crate) reads_content: bool,
    /// Whether the stage logs this request, and then whether with data.
    pub(crate) logged: Option<bool>,
    stage: PipelineStage,
    bytes_left: usize,
    secrets: Secrets,
    request_fields: Fields,
    endpoint_fields: Fields,
    asked_at: Timestamp,
    /// Whether the answer that is waited for goes to the client as it comes: nobody stops to read it.
    pub(crate) is_streamed: bool,
    reading: Option<ContentId>,
    /// Content that the host holds and that was read.
    read: Vec<(ContentId, Vec<u8>)>,
}

impl Recorder {
    pub(crate) fn new(request: &Request) -> Self {
        let mut secrets = Secrets::default();
        secrets.note_fields(&request.fields);
        secrets.note_query(target::split(&request.target).1);
        Self {
            transcript: Transcript::default(),
            is_explained: false,
            takes_end_alone: false,
            reads_content: false,
            logged: None,
            stage: PipelineStage::FindStage,
            bytes_left: TRANSCRIPT_BYTES_MAX,
            secrets,
            request_fields: request.fields.clone(),
            endpoint_fields: Fields::new(),
            asked_at: Timestamp(0),
            is_streamed: false,
            reading: None,
            read: Vec::new(),
        }
    }

    pub(crate) fn finish(self) -> Transcript {
        self.transcript
    }

    pub(crate) fn enter(&mut self, stage: PipelineStage) {
        self.stage = stage;
    }

    /// Notes values that must not be told, and takes them out of what is written already.
    pub(crate) fn hide(&mut self, credentials: &[String]) {
        credentials.iter().for_each(|one| self.secrets.note_credentials(one));
        self.hide_written();
    }

    /// The same for the parameters of these names.
    pub(crate) fn hide_parameters(&mut self, query: &str, names: &[&str]) {
        self.secrets.note_parameters(query, |name| names.contains(&name));
        self.hide_written();
    }

    fn hide_written(&mut self) {
        for entry in &mut self.transcript.entries {
            entry.event.for_each_text(&mut |text| self.secrets.hide(text));
        }
    }

    pub(crate) fn push(&mut self, now: Timestamp, source: Option<&Source>, mut event: Event) {
        let mut bytes = size_of::<Entry>();
        event.for_each_text(&mut |text| {
            self.secrets.hide(text);
            let end = text.floor_char_boundary(TRANSCRIPT_TEXT_BYTES_MAX);
            text.truncate(end);
            bytes += text.len();
        });
        let Some(left) = self.bytes_left.checked_sub(bytes) else {
            self.transcript.is_cut = true;
            return;
        };
        self.bytes_left = left;
        let source = source.filter(|source| **source != Source::default()).cloned();
        self.transcript.entries.push(Entry { now, stage: self.stage, source, event });
    }

    /// Path, query and fields of the request, as they may be shown.
    pub(crate) fn shown_target(request: &Request) -> String {
        shown_target(&request.target)
    }

    /// As the real service shows API keys and principals: the last six characters, if there are more.
    pub(crate) fn shown_end(text: &str) -> String {
        let count = text.chars().count();
        let hidden = if count > 6 { count - 6 } else { count };
        let end = text.chars().skip(hidden);
        core::iter::repeat_n('*', hidden).chain(end).collect()
    }

    /// The value of a reference in a template, if its name lets it be shown.
    pub(crate) fn shown_value(reference: &str, value: String) -> String {
        if is_secret(reference) { HIDDEN.into() } else { value }
    }

    /// Stage variables. Those that are secrets by their names are so wherever they turn up.
    pub(crate) fn shown_variables(&mut self, variables: &BTreeMap<String, String>) -> Pairs {
        let secrets = variables.iter().filter(|(name, _)| is_secret(name));
        secrets.for_each(|(_, value)| self.secrets.note(value));
        let shown = variables.iter();
        shown.map(|(name, value)| (name.clone(), Self::shown_value(name, value.clone()))).collect()
    }

    pub(crate) fn shown_request(request: &Request, query: &str) -> (Pairs, Pairs) {
        (shown_query(query), shown(&request.fields))
    }

    pub(crate) fn response_fields(&mut self, fields: &OutgoingFields) -> Pairs {
        let fields = fields.clone().resolve(&self.endpoint_fields);
        self.secrets.note_fields(&fields);
        shown(&fields)
    }

    pub(crate) fn asked(&mut self, now: Timestamp, effect: &Effect) {
        self.asked_at = now;
        if let Effect::ReadContent(read) = effect {
            self.reading = Some(read.content);
        }
        let kind = effect.kind();
        let asked = |what, headers| Event::Asked { effect: kind, what, headers };
        match effect {
            Effect::SendRequest(SendRequest { method, url, fields, content, idle_ms, .. }) => {
                self.is_streamed = idle_ms.is_some();
                let fields = fields.clone().resolve(&self.request_fields);
                self.secrets.note_fields(&fields);
                let what = alloc::format!("{method} {}", shown_url(url));
                self.push(now, None, asked(what, shown(&fields)));
                self.content(now, Message::EndpointRequest, content);
            }
            Effect::InvokeFunction(invoke @ InvokeFunction { payload, .. }) => {
                let url = invocation_url(&invoke.function, invoke.invocation);
                self.push(now, None, asked(url, invocation_fields(invoke)));
                self.bytes(now, Message::EndpointRequest, &payload.0);
            }
            other => self.push(now, None, asked(what_is_asked(other), Vec::new())),
        }
    }

    pub(crate) fn answered(&mut self, now: Timestamp, outcome: &Outcome) {
        let effect = outcome.kind();
        let latency_ms = now.0.saturating_sub(self.asked_at.0);
        let answered =
            |status, what, headers| Event::Answered { effect, status, what, headers, latency_ms };
        match outcome {
            Outcome::SendRequest(Ok(endpoint)) => {
                self.secrets.note_fields(&endpoint.fields);
                self.endpoint_fields = endpoint.fields.clone();
                let event = answered(Some(endpoint.status), String::new(), shown(&endpoint.fields));
                self.push(now, None, event);
            }
            Outcome::InvokeFunction(Ok(answer)) => {
                let error = answer.function_error.clone().unwrap_or_default();
                if self.stage == PipelineStage::Authorize {
                    self.note_api_key(&answer.payload.0);
                }
                let fields = function_answer_fields(answer);
                self.push(now, None, answered(Some(answer.status), error, fields));
                self.bytes(now, Message::EndpointResponse, &answer.payload.0);
            }
            Outcome::ReadContent(Ok(_)) => {
                self.push(now, None, answered(None, what_is_answered(outcome), Vec::new()));
                if let Some(id) = self.reading.take()
                    && self.note_read(id, outcome)
                {
                    let message = match id.0 {
                        0 => Message::MethodRequest,
                        _ => Message::EndpointResponse,
                    };
                    self.content(now, message, &Content::Held(id));
                }
            }
            other => self.push(now, None, answered(None, what_is_answered(other), Vec::new())),
        }
    }

    /// The API key that an authorizer's function found is a secret as one that the client sends.
    fn note_api_key(&mut self, payload: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<serde_json::Value>(payload) else { return };
        if let Some(key) = answer.get("usageIdentifierKey").and_then(|key| key.as_str()) {
            self.secrets.note(key);
        }
    }

    /// Content that is there; what the host holds is not.
    pub(crate) fn content(&mut self, now: Timestamp, message: Message, content: &Content) {
        match content {
            Content::Bytes(bytes) => self.bytes(now, message, bytes),
            Content::Empty => self.bytes(now, message, b""),
            Content::Held(id) => {
                let read = self.read.iter().position(|(read, _)| read == id);
                if let Some((_, bytes)) = read.map(|place| self.read[place].clone()) {
                    self.bytes(now, message, &bytes);
                }
            }
        }
    }

    /// Keeps content that the host holds and that was read, to show it wherever it goes.
    /// Whether it is new.
    pub(crate) fn note_read(&mut self, id: ContentId, outcome: &Outcome) -> bool {
        if let Outcome::ReadContent(Ok(bytes)) = outcome
            && bytes.0.len() <= TRACED_CONTENT_BYTES_MAX as usize
            && !self.read.iter().any(|(read, _)| *read == id)
        {
            self.read.push((id, bytes.0.clone()));
            return true;
        }
        false
    }

    fn bytes(&mut self, now: Timestamp, message: Message, bytes: &[u8]) {
        let event = Event::Content { message, text: text(bytes), bytes: bytes.len() as u64 };
        self.push(now, None, event);
    }
}

/// Content as text, and of that the beginning.
fn text(bytes: &[u8]) -> String {
    // More than is kept, so that a secret that is cut is still whole when it is looked for.
    let bytes_max = TRANSCRIPT_TEXT_BYTES_MAX + FIELDS_BYTES_MAX;
    String::from_utf8_lossy(&bytes[..bytes.len().min(bytes_max)]).into_owned()
}
