//! Execution logs: a transcript in the words of the real service.
//!
//! "Set up CloudWatch logging for REST APIs in API Gateway"; the lines and their order are those of
//! TestInvokeMethod's answers and of log groups `API-Gateway-Execution-Logs_…`.

use alloc::{format, string::String, vec::Vec};

use crate::effect::EffectKind;
use crate::gateway_error::ResponseType;
use crate::limits::LOG_EVENT_BYTES_MAX;
use crate::message::Timestamp;
use crate::message::field_names::INVISIBLE_TO_REST;
use crate::transcript::{Entry, Event, Message, Pairs, PipelineStage, Transcript};

/// One event of an execution log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// When it happened.
    pub now: Timestamp,
    /// What is said of it; content has its line breaks.
    pub text: String,
}

/// What a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// `dataTraceEnabled`: fields and content.
    pub data_trace_enabled: bool,
    /// What stages log and TestInvokeMethod does not answer: the extended id, the gateway response.
    pub is_of_stage: bool,
}

/// The events of an execution log. None is longer than AWS's are.
pub fn events(transcript: &Transcript, detail: Detail) -> Vec<LogEvent> {
    let mut log = Log { detail, ..Log::default() };
    for entry in &transcript.entries {
        log.add(entry);
    }
    if transcript.is_cut
        && let Some(now) = transcript.entries.last().map(|entry| entry.now)
    {
        log.say(now, "More happened than is logged of one request".into());
    }
    log.events
}

#[derive(Default)]
struct Log<'t> {
    detail: Detail,
    request_id: &'t str,
    /// `GET /pets/{petId}`
    route_key: &'t str,
    /// `$context.apiId` and `$context.stage`
    api_stage: String,
    /// The caller's, if the method asks for one, of which the end alone is known.
    api_key: &'t str,
    /// What came with the request is said when nobody forbids its execution.
    waiting: Vec<LogEvent>,
    is_started: bool,
    /// Where a request was sent that has no answer yet.
    url: Option<&'t str>,
    is_failed: bool,
    events: Vec<LogEvent>,
}

impl<'t> Log<'t> {
    fn say(&mut self, now: Timestamp, text: String) {
        self.events.push(LogEvent { now, text: truncated(text) });
    }

    /// What is said if the execution starts.
    fn say_later(&mut self, now: Timestamp, text: String) {
        let events = if self.is_started { &mut self.events } else { &mut self.waiting };
        events.push(LogEvent { now, text: truncated(text) });
    }

    fn trace_later(&mut self, now: Timestamp, text: impl FnOnce() -> String) {
        if self.detail.data_trace_enabled {
            self.say_later(now, text());
        }
    }

    /// What stands in the log only with data tracing.
    fn trace(&mut self, now: Timestamp, text: impl FnOnce() -> String) {
        if self.detail.data_trace_enabled {
            self.say(now, text());
        }
    }

    fn add(&mut self, entry: &'t Entry) {
        use PipelineStage::{Integrate, MapResponse, Validate};
        let now = entry.now;
        // It goes on although limits are not known.
        if !self.is_started && matches!(entry.stage, Validate | Integrate | MapResponse) {
            self.start();
        }
        let is_authorizer = entry.stage == PipelineStage::Authorize;
        match &entry.event {
            Event::Arrived { request_id, extended_request_id, .. } => {
                self.request_id = request_id;
                if self.detail.is_of_stage {
                    self.say(now, format!("Extended Request Id: {extended_request_id}"));
                }
                self.say_later(now, format!("Starting execution for request: {request_id}"));
            }
            Event::Addressed { api_id, stage, .. } => self.api_stage = format!("{api_id}/{stage}"),
            Event::Matched {
                route_key,
                http_method,
                path,
                path_parameters: in_path,
                query_string: query,
                headers,
            } => {
                self.route_key = route_key;
                self.say_later(now, format!("HTTP Method: {http_method}, Resource Path: {path}"));
                self.trace_later(now, || format!("Method request path: {}", map(in_path)));
                self.trace_later(now, || format!("Method request query string: {}", map(query)));
                self.trace_later(now, || {
                    format!("Method request headers: {}", map(&visible(headers)))
                });
            }
            Event::AuthorizerAnswered { principal } => {
                let text = format!("Using valid authorizer policy for principal: {principal}");
                self.say(now, text);
                self.say(now, "Successfully completed authorizer execution".into());
            }
            Event::KeyChecked { api_key, is_required, refusal } if self.detail.is_of_stage => {
                self.api_key = api_key;
                self.key(now, *is_required, refusal.as_deref());
            }
            Event::Answered { effect: EffectKind::TakeTokens, what, .. } => self.usage(now, what),
            Event::AuthorizerAsked { name } => {
                let request_id = self.request_id;
                self.say(now, format!("Starting authorizer: {name} for request: {request_id}"));
            }
            Event::Content { message, text, .. } => {
                let what = match (message, is_authorizer) {
                    (Message::EndpointResponse, true) => "Authorizer result body before parsing",
                    (Message::MethodRequest, _) => "Method request body before transformations",
                    (Message::EndpointRequest, _) => "Endpoint request body after transformations",
                    (Message::EndpointResponse, _) => {
                        "Endpoint response body before transformations"
                    }
                    (Message::MethodResponse, _) if self.is_failed => {
                        if self.detail.is_of_stage {
                            self.trace(now, || format!("Gateway response body: {text}"));
                        }
                        return;
                    }
                    (Message::MethodResponse, _) => "Method response body after transformations",
                };
                match message {
                    Message::MethodRequest => self.trace_later(now, || format!("{what}: {text}")),
                    _ => self.trace(now, || format!("{what}: {text}")),
                }
            }
            Event::Asked { effect, what, headers } if is_of_endpoint(*effect) => {
                let url = what.split_once(' ').map_or(what.as_str(), |(_, url)| url);
                self.url = Some(url);
                self.trace(now, || format!("Endpoint request URI: {url}"));
                self.trace(now, || format!("Endpoint request headers: {}", map(headers)));
            }
            Event::Answered { effect, status, headers, latency_ms, .. }
                if is_of_endpoint(*effect) =>
            {
                if let Some(url) = self.url.take() {
                    self.say(now, format!("Sending request to {url}"));
                }
                if let Some(status) = status {
                    let latency = match is_authorizer {
                        true => format!("Authorizer latency: {latency_ms} ms"),
                        false => format!("Integration latency: {latency_ms} ms"),
                    };
                    self.say(now, format!("Received response. Status: {status}, {latency}"));
                    if !is_authorizer {
                        self.trace(now, || format!("Endpoint response headers: {}", map(headers)));
                    }
                }
            }
            Event::Failed { response_type, reason } => {
                self.is_failed = true;
                // Of a key that does not serve everything was said.
                if *response_type != ResponseType::InvalidApiKey {
                    let text = failure(*response_type, reason, self.request_id);
                    self.say(now, text);
                }
                if self.detail.is_of_stage {
                    let name = response_type.name();
                    self.say(now, format!("Gateway response type: {name}"));
                }
            }
            Event::Responded { status, headers } => {
                if !self.is_failed {
                    let headers = without_ids(headers);
                    self.trace(now, || format!("Method response headers: {}", map(&headers)));
                    self.say(now, "Successfully completed execution".into());
                } else if self.detail.is_of_stage {
                    self.trace(now, || format!("Gateway response headers: {}", map(headers)));
                }
                self.say(now, format!("Method completed with status: {status}"));
            }
            Event::Asked { .. }
            | Event::Answered { .. }
            | Event::KeyChecked { .. }
            | Event::WebAclAsked { .. }
            | Event::Decided { .. }
            | Event::Rendered { .. } => {}
        }
    }
}

impl Log<'_> {
    /// Which API key there is, and whether it serves.
    fn key(&mut self, now: Timestamp, is_required: bool, refusal: Option<&str>) {
        let Self { request_id, route_key, api_stage, api_key, .. } = self;
        let verifying = format!(
            "Verifying Usage Plan for request: {request_id}. API Key: {api_key} API Stage: {api_stage}"
        );
        let verdict = match (is_required, refusal) {
            (false, _) => Some(format!(
                "API Key {api_key} authorized because method '{route_key}' does not require API \
                 Key. Request will not contribute to throttle or quota limits"
            )),
            (true, None) => None,
            (true, Some(reason)) => Some(format!(
                "API Key {api_key} not authorized because method '{route_key}' requires API Key and \
                 API Key is not associated with a Usage Plan for API Stage {api_stage}: {reason}"
            )),
        };
        self.say(now, verifying);
        if let Some(verdict) = verdict {
            self.say(now, verdict);
        }
    }

    /// What the store of limits answered. Which limit is reached the failure says.
    fn usage(&mut self, now: Timestamp, answer: &str) {
        let Self { api_stage, api_key, .. } = self;
        let text = match answer {
            "taken" => format!(
                "Usage Plan check succeeded for API Key {api_key} and API Stage {api_stage}"
            ),
            refusal if refusal.contains("is empty") || refusal.contains("used up") => return,
            _ => "Usage Plan check failed due to an internal error".into(),
        };
        if self.detail.is_of_stage {
            self.say(now, text);
        }
        if answer == "taken" {
            self.start();
        }
    }

    fn start(&mut self) {
        self.events.append(&mut self.waiting);
        self.is_started = true;
    }
}

fn is_of_endpoint(effect: EffectKind) -> bool {
    matches!(effect, EffectKind::SendRequest | EffectKind::InvokeFunction)
}

fn failure(response_type: ResponseType, reason: &str, request_id: &str) -> String {
    match response_type {
        ResponseType::Unauthorized => format!("Unauthorized request: {request_id}"),
        ResponseType::IntegrationFailure if !reason.starts_with("Execution failed") => {
            format!("Execution failed due to a network error communicating with endpoint: {reason}")
        }
        ResponseType::AuthorizerFailure | ResponseType::AuthorizerConfigurationError => {
            format!("Execution failed due to an authorizer error: {reason}")
        }
        _ => reason.into(),
    }
}

/// The ids that every answer is given are no part of the method response.
fn without_ids(headers: &Pairs) -> Pairs {
    let is_id = |name: &str| {
        let ids = ["x-amzn-requestid", "x-amz-apigw-id"];
        ids.iter().any(|id| name.eq_ignore_ascii_case(id))
    };
    headers.iter().filter(|(name, _)| !is_id(name)).cloned().collect()
}

/// What nothing behind the gateway sees, its log does not show either.
fn visible(headers: &Pairs) -> Pairs {
    headers.iter().filter(|(name, _)| !INVISIBLE_TO_REST.contains(name)).cloned().collect()
}

/// As Java prints a map.
fn map(pairs: &Pairs) -> String {
    let members = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

/// "Log events larger than 1024 bytes … will be truncated by API Gateway".
fn truncated(mut text: String) -> String {
    const MARK: &str = " [TRUNCATED]";
    if text.len() > LOG_EVENT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(LOG_EVENT_BYTES_MAX - MARK.len()));
        text.push_str(MARK);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_event_is_cut_where_a_character_ends() {
        assert_eq!(truncated("a".repeat(1024)), "a".repeat(1024));
        let cut = truncated("é".repeat(600));
        assert!(cut.len() <= 1024 && cut.ends_with("é [TRUNCATED]"), "{}", cut.len());
    }
}
