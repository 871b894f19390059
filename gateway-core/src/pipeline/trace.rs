//! What the pipeline writes down of itself, if anybody asked: the ends of a transcript, and what is
//! known only where all stages meet.

use alloc::{format, string::String, vec::Vec};

use super::check_api_key::presented;
use super::route::Addressed;
use crate::access_log::single_line;
use crate::apart::apart;
use crate::context::{AuthorizerContext, Context};
use crate::definition::{Api, Authorization, LoggingLevel, Protocol, Source};
use crate::effect::Notice;
use crate::exchange::Io;
use crate::execution_log::{Detail, LogEvent, events};
use crate::gateway::{Logging, MethodOf, StageOf};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::message::{Arrival, Request, Response};
use crate::policy::Verdict;
use crate::time;
use crate::transcript::{Event, Message, Pairs, PipelineStage, Recorder};

/// The transcript of an arrival that asks for one begins with it.
pub(super) fn arrived(arrival: &Arrival, context: &Context, io: &Io) {
    if arrival.is_explained {
        let mut recorder = Recorder::new(&arrival.request);
        (recorder.is_explained, recorder.reads_content) = (true, true);
        io.record(recorder);
        io.trace(|| arrival_of(&arrival.request, context));
    }
}

/// For which stage it is.
pub(super) fn addressed(
    api: Option<&Api>,
    addressed: Result<&Addressed<'_>, &GatewayError>,
    io: &Io,
) {
    let error = match addressed {
        Ok(addressed) => return stage_of(addressed.at, io),
        Err(error) => error,
    };
    io.trace(|| match api {
        Some(api) => Event::Decided { rule: format!("API {}: {}", api.id, error.reason) },
        None => Event::Decided { rule: "no API is known by this address".into() },
    });
}

/// Which method answers it. From here on it is known whether the stage logs it.
pub(super) fn matched(of: MethodOf<'_>, request: &Request, context: &Context<'_>, io: &Io) {
    if let Some(logging) = of.plan.logging {
        apart(|| log(logging, of, request, context, io));
    }
    if io.is_recording() {
        apart(|| record_match(of, request, context, io));
    }
}

fn record_match(of: MethodOf<'_>, request: &Request, context: &Context<'_>, io: &Io) {
    io.enter(PipelineStage::Route);
    hide_identity(of, request, context, io);
    let (query_string, mut headers) = Recorder::shown_request(request, &context.raw_query);
    if of.at.api.protocol == Protocol::Rest {
        headers.retain(|(name, _)| !context.adds(name));
        let added = context.added_fields(&request.fields);
        headers.extend(added.map(|(name, value)| (name.into(), value.into_owned())));
    }
    io.trace_rule(&of.method.source, || Event::Matched {
        route_key: of.plan.route_key.clone(),
        http_method: context.http_method.clone().into_owned(),
        path: context.resource_request_path.clone().into_owned(),
        path_parameters: path_parameters(context),
        query_string,
        headers,
    });
}

/// What the request's content is. Only where a transcript is written.
pub(super) async fn method_request(request: &Request, io: &Io) {
    io.read_for_transcript(&request.content, &request.fields).await;
    io.note(|recorder, now| recorder.content(now, Message::MethodRequest, &request.content));
}

/// Which authorizer is asked, or that there is none.
pub(super) fn authorizer(of: MethodOf<'_>, io: &Io) {
    let Authorization::Authorizer { authorizer, .. } = &of.method.authorization else {
        let rule = || Event::Decided { rule: "the method has no authorizer".into() };
        return io.trace_rule(&of.method.source, rule);
    };
    if let Some(authorizer) = of.at.deployment.authorizers.get(*authorizer as usize) {
        let name = || Event::AuthorizerAsked { name: authorizer.name.clone() };
        io.trace_rule(&authorizer.source, name);
    }
}

/// Whom the authorizer found.
pub(super) fn authorized(context: &Context<'_>, io: &Io) {
    if let AuthorizerContext::Lambda(lambda) = &context.authorizer {
        io.trace(|| Event::AuthorizerAnswered {
            principal: Recorder::shown_end(lambda.principal_id.as_deref().unwrap_or_default()),
        });
    }
}

/// What the API's resource policy says of the request, and by which of its statements.
pub(super) fn resource_policy(verdict: Verdict, told: impl FnOnce() -> String, io: &Io) {
    if !io.is_explaining() {
        return;
    }
    // Where a document has one statement alone, it is what holds the number: whoever shows a place finds it.
    let pointer = match verdict {
        Verdict::Denied(number) | Verdict::Allowed(number) => {
            format!("/x-amazon-apigateway-policy/Statement/{number}")
        }
        Verdict::Silent => "/x-amazon-apigateway-policy".into(),
    };
    rule(&Source { pointer, line: 0 }, io, told);
}

/// What a policy says of the request that no definition holds.
pub(super) fn policy(told: impl FnOnce() -> String, io: &Io) {
    if io.is_explaining() {
        io.trace(|| Event::Decided { rule: told() });
    }
}

/// Whether the caller's API key serves.
pub(super) fn api_key(
    of: MethodOf<'_>,
    error: Option<&GatewayError>,
    request: &Request,
    context: &Context<'_>,
    io: &Io,
) {
    if of.at.api.protocol == Protocol::Rest && io.is_recording() {
        // A key that nobody asks for is none of the log's.
        let is_required = of.method.api_key_required;
        let value = is_required.then(|| presented(of, request, context)).flatten();
        io.trace_rule(&of.method.source, || Event::KeyChecked {
            api_key: Recorder::shown_end(value.as_deref().unwrap_or_default()),
            is_required,
            refusal: error.map(|error| error.reason.clone()),
        });
    }
}

/// A rule that was applied.
pub(super) fn rule(source: &Source, io: &Io, rule: impl FnOnce() -> String) {
    io.trace_rule(source, || Event::Decided { rule: rule() });
}

/// The parameter mappings that a message goes through, each with its place. What they made of it shows in
/// the message itself.
pub(super) fn mappings(source: &Source, at: &[&str], mappings: &[(String, String)], io: &Io) {
    if mappings.is_empty() || !io.is_explaining() {
        return;
    }
    apart(|| {
        let source = &member(source, at);
        for (target, value) in mappings {
            let told = || format!("`{target}` is mapped from {}", shown_mapping(target, value));
            rule(&member(source, &[target]), io, told);
        }
    });
}

/// A literal may be a secret, by the name of what it is for.
fn shown_mapping(target: &str, value: &str) -> String {
    let is_read = ["method.", "integration.", "context.", "stageVariables.", "$"]
        .iter()
        .any(|root| value.starts_with(root));
    match is_read {
        true => format!("`{value}`"),
        false => format!("`{}`", Recorder::shown_value(target, value.into())),
    }
}

/// Whose gateway response an error is answered with.
pub(super) fn gateway_response(of: Option<ResponseType>, error: &GatewayError, io: &Io) {
    io.note(|recorder, _| recorder.enter(PipelineStage::Respond));
    let asked = error.response_type.name();
    let Some(own) = of.map(ResponseType::name) else {
        return io.trace(|| Event::Decided {
            rule: format!("AWS's own gateway response {asked}: the definition has none for it"),
        });
    };
    let source = Source { pointer: "/x-amazon-apigateway-gateway-responses".into(), line: 0 };
    rule(&member(&source, &[own]), io, || match own == asked {
        true => format!("the definition's gateway response {own}"),
        false => format!("the definition's gateway response {own}: it has none for {asked}"),
    });
}

/// The place of a member of an object of the definition.
pub(super) fn member(source: &Source, members: &[&str]) -> Source {
    let mut pointer = source.pointer.clone();
    for member in members {
        pointer.push('/');
        pointer.push_str(&member.replace('~', "~0").replace('/', "~1"));
    }
    Source { pointer, line: source.line }
}

/// The end: the answer, and then the log and the account.
pub(super) fn responded(
    at: Option<StageOf<'_>>,
    error: Option<&GatewayError>,
    response: &Response,
    context: &Context<'_>,
    io: &Io,
) {
    if let Some(recorder) = io.take_recorder() {
        apart(|| conclude(*recorder, at, error, response, context, io));
    }
}

fn conclude(
    mut recorder: Recorder,
    at: Option<StageOf<'_>>,
    error: Option<&GatewayError>,
    response: &Response,
    context: &Context<'_>,
    io: &Io,
) {
    let now = io.now();
    recorder.enter(PipelineStage::Respond);
    if recorder.takes_end_alone && error.is_none() {
        return;
    }
    if let Some(error) = error {
        let response_type = error.response_type;
        recorder.push(now, None, Event::Failed { response_type, reason: error.reason.clone() });
    }
    recorder.content(now, Message::MethodResponse, &response.content);
    let headers = recorder.response_fields(&response.fields);
    recorder.push(now, None, Event::Responded { status: response.status, headers });
    let (is_explained, logged) = (recorder.is_explained, recorder.logged);
    let transcript = recorder.finish();
    if let (Some(at), Some(data_trace_enabled)) = (at, logged) {
        let detail = Detail { data_trace_enabled, is_of_stage: true };
        let line = |event: LogEvent| {
            let (time, id) = (time::iso8601(event.now), &context.request_id);
            single_line(&format!("{time} ({id}) {}", event.text))
        };
        let mut events = events(&transcript, detail);
        if context.is_traced {
            let text = format!("X-ray Tracing ID : Root={}", context.trace.root);
            events.push(LogEvent { now, text });
        }
        let lines = events.into_iter().map(line).collect();
        let destination = match at.stage.execution_log_destination.as_str() {
            "" => "stderr".into(),
            destination => destination.into(),
        };
        io.notify(Notice::WriteExecutionLog { destination, lines });
    }
    if is_explained {
        io.notify(Notice::Explain(transcript));
    }
}

/// The end of an account that has no answer of an API's.
pub(super) fn ended(io: &Io) {
    let recorder = io.take_recorder().filter(|recorder| recorder.is_explained);
    if let Some(recorder) = recorder {
        io.notify(Notice::Explain(recorder.finish()));
    }
}

/// Begins what the log of a stage needs. An account that is written already has it all.
fn log(logging: Logging, of: MethodOf<'_>, request: &Request, context: &Context<'_>, io: &Io) {
    if of.at.api.protocol != Protocol::Rest {
        return;
    }
    let data_trace_enabled = logging.data_trace_enabled;
    if io.is_recording() {
        // An account of everything would make a log of errors one of everything.
        if logging.level == LoggingLevel::Info {
            io.note(|recorder, _| recorder.logged = Some(data_trace_enabled));
        }
        return;
    }
    let mut recorder = Recorder::new(request);
    recorder.takes_end_alone = logging.level == LoggingLevel::Error;
    recorder.reads_content = data_trace_enabled && logging.level == LoggingLevel::Info;
    recorder.logged = Some(data_trace_enabled);
    io.record(recorder);
    io.trace(|| arrival_of(request, context));
    stage_of(of.at, io);
}

fn arrival_of(request: &Request, context: &Context<'_>) -> Event {
    Event::Arrived {
        request_id: context.request_id.clone(),
        extended_request_id: context.extended_request_id.clone(),
        http_method: request.method.clone(),
        target: Recorder::shown_target(request),
        source_ip: context.source_ip.clone().into_owned(),
    }
}

fn stage_of(at: StageOf<'_>, io: &Io) {
    if !io.is_recording() {
        return;
    }
    io.note(|recorder, now| {
        let event = Event::Addressed {
            api_id: at.api.id.clone(),
            stage: at.stage.stage_name.clone(),
            deployment_id: at.deployment.id.clone(),
            is_canary: at.is_canary,
            stage_variables: recorder.shown_variables(&at.stage.variables),
        };
        recorder.push(now, None, event);
    });
}

fn path_parameters(context: &Context<'_>) -> Pairs {
    let parameters = context.path_parameters.iter();
    parameters.map(|(name, value)| (name.clone().into_owned(), value.clone())).collect()
}

/// What identifies the caller is a secret by whatever name it comes.
fn hide_identity(of: MethodOf<'_>, request: &Request, context: &Context<'_>, io: &Io) {
    let Authorization::Authorizer { authorizer, .. } = &of.method.authorization else { return };
    let Some(plan) = of.authorizer(*authorizer) else { return };
    let headers = plan.identity_headers().flat_map(|name| request.fields.all(name));
    let credentials: Vec<String> = headers.map(Into::into).collect();
    let names: Vec<&str> = plan.identity_parameters().collect();
    io.note(|recorder, _| {
        recorder.hide(&credentials);
        recorder.hide_parameters(&context.raw_query, &names);
    });
}
