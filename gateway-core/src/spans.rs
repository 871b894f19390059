//! The spans of an exchange: one for the request, one for each stage of the pipeline, one for each
//! effect, named and described after OpenTelemetry's semantic conventions.
//!
//! Nothing is written down unless the request is traced. The pipeline does not know the time better
//! than its host: a span begins and ends at [`Moment`]s, which are the host's own steps.

use alloc::{borrow::Cow, format, string::String, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::definition::Protocol;
use crate::effect::{
    Effect, EffectError, InvokeFunction, Notice, Outcome, RequestSignature, SendRequest, Taken,
};
use crate::ids;
use crate::limits::TRACED_ATTRIBUTE_BYTES_MAX;
use crate::message::{Request, Scheme, Seed, Version};
use crate::target;
use crate::transcript::PipelineStage;

/// The spans of one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceRecord {
    /// Of which trace they are.
    pub trace_id: u128,
    /// The request's own comes first.
    pub spans: Vec<Span>,
}

/// A part of the work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its id.
    pub span_id: u64,
    /// What it is a part of.
    pub parent_id: Option<u64>,
    /// Its name: one of few.
    pub name: String,
    /// What kind of work.
    pub kind: SpanKind,
    /// When it began.
    pub begun: Moment,
    /// When it ended.
    pub ended: Moment,
    /// What is known of it.
    pub attributes: Vec<Attribute>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A name and a value.
pub type Attribute = (Cow<'static, str>, AttributeValue);

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum AttributeValue {
    Text(String),
    Whole(i64),
    Truth(bool),
    Texts(Vec<String>),
}

/// OpenTelemetry's kinds of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum SpanKind {
    Internal,
    Server,
    Client,
}

/// A moment of an exchange, by what its host does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// This effect was asked for; the first is 0.
    Asked(u32),
    /// So many effects had been answered; with none of them the request arrived.
    Answered(u32),
    /// The response is known.
    Responded,
}

/// Writes the spans of an exchange down.
#[derive(Debug)]
pub(crate) struct Tracer {
    trace_id: u128,
    parent_id: Option<u64>,
    seed: Seed,
    stages: Vec<(PipelineStage, u32)>,
    effects: Vec<Traced>,
    answered: u32,
}

#[derive(Debug)]
struct Traced {
    /// Index into `Tracer::stages`.
    stage: usize,
    span: Span,
}

impl Tracer {
    pub(crate) fn new(trace_id: u128, parent_id: Option<u64>, seed: Seed) -> Self {
        let stages = vec![(PipelineStage::FindStage, 0)];
        Self { trace_id, parent_id, seed, stages, effects: Vec::new(), answered: 0 }
    }

    pub(crate) fn enter(&mut self, stage: PipelineStage) {
        if self.stages.last().is_none_or(|(last, _)| *last != stage) {
            self.stages.push((stage, self.answered));
        }
    }

    pub(crate) fn asked(&mut self, effect: &Effect) {
        let (stage, asked) = (self.stages.len() - 1, self.answered);
        let (name, attributes) = asked_for(effect);
        let is_call = matches!(effect, Effect::SendRequest(_) | Effect::InvokeFunction(_));
        // What endpoints were told is the parent of what they do.
        let is_integration = is_call && self.stages[stage].0 == PipelineStage::Integrate;
        let span = Span {
            span_id: match is_integration {
                true => ids::call_id(self.seed),
                false => ids::span_id(self.seed, STAGES_MAX + 1 + u64::from(asked)),
            },
            parent_id: None,
            name,
            kind: if is_call { SpanKind::Client } else { SpanKind::Internal },
            begun: Moment::Asked(asked),
            ended: Moment::Responded,
            attributes,
            error: None,
        };
        self.effects.push(Traced { stage, span });
    }

    pub(crate) fn answered(&mut self, outcome: &Outcome) {
        self.answered += 1;
        if let Some(Traced { span, .. }) = self.effects.last_mut() {
            span.ended = Moment::Answered(self.answered);
            span.error = answer(outcome, &mut span.attributes);
        }
    }

    /// What the host is told when all is over.
    pub(crate) fn finish(
        self,
        request: &Request,
        protocol: Protocol,
        context: &Context<'_>,
    ) -> Notice {
        let Self { trace_id, parent_id, seed, stages, effects, .. } = self;
        let own_id = ids::span_id(seed, 0);
        let mut spans = Vec::with_capacity(1 + stages.len() + effects.len());
        spans.push(Span { parent_id, ..of_request(own_id, request, protocol, context) });
        let stage_id = |index: usize| ids::span_id(seed, 1 + index as u64 % STAGES_MAX);
        let ends = stages.iter().skip(1).map(|(_, answered)| Moment::Answered(*answered));
        let ends = ends.chain([Moment::Responded]);
        for (index, ((stage, answered), ended)) in stages.iter().zip(ends).enumerate() {
            spans.push(Span {
                span_id: stage_id(index),
                parent_id: Some(own_id),
                name: stage.name().into(),
                kind: SpanKind::Internal,
                begun: Moment::Answered(*answered),
                ended,
                attributes: Vec::new(),
                error: None,
            });
        }
        let parented = |Traced { stage, span }| Span { parent_id: Some(stage_id(stage)), ..span };
        spans.extend(effects.into_iter().map(parented));
        Notice::RecordTrace(TraceRecord { trace_id, spans })
    }
}

/// An exchange enters each of the ten stages once, and `Route` twice.
const STAGES_MAX: u64 = 16;

fn of_request(span_id: u64, request: &Request, protocol: Protocol, context: &Context<'_>) -> Span {
    let route = match context.route_key.split_once(' ') {
        Some((_, path)) => path,
        None => &context.route_key,
    };
    let mut attributes = Attributes::default();
    attributes.text("http.request.method", &context.http_method);
    attributes.text("url.scheme", scheme(context.scheme));
    attributes.text("url.path", target::split(&request.target).0);
    attributes.text("http.route", route);
    attributes.whole("http.response.status_code", context.status.into());
    attributes.text("server.address", &context.domain_name);
    attributes.whole("server.port", context.port.into());
    attributes.text("client.address", &context.source_ip);
    attributes.text("user_agent.original", context.user_agent.as_deref().unwrap_or_default());
    let version = match context.protocol {
        Version::Http10 => "1.0",
        Version::Http11 => "1.1",
        Version::Http2 => "2",
    };
    attributes.text("network.protocol.version", version);
    attributes.text("cloud.account.id", &context.account_id);
    annotate(protocol, context, &mut attributes);
    let error = (context.status >= 500).then(|| match &context.error {
        Some(error) => error.response_type.name().into(),
        None => format!("{}", context.status),
    });
    if let Some(error) = &error {
        attributes.text("error.type", error);
    }
    let name = match route {
        "" => request.method.clone(),
        route => format!("{} {route}", context.http_method),
    };
    Span {
        span_id,
        parent_id: None,
        name,
        kind: SpanKind::Server,
        begun: Moment::Answered(0),
        ended: Moment::Responded,
        attributes: attributes.0,
        error,
    }
}

/// What X-Ray knows of an API's requests. `aws.xray.annotations` names those that it is to index:
/// OpenTelemetry's exporter for X-Ray makes annotations of them.
fn annotate(protocol: Protocol, context: &Context<'_>, attributes: &mut Attributes) {
    let first = attributes.0.len();
    let id = match protocol {
        Protocol::Rest => "aws.api_gateway.rest_api_id",
        Protocol::Http => "aws.api_gateway.http_api_id",
    };
    attributes.text(id, &context.api_id);
    attributes.text("aws.api_gateway.stage", &context.stage);
    attributes.text("aws.api_gateway.deployment_id", &context.deployment_id);
    if let Some(is_canary) = context.is_canary_request {
        attributes.push("aws.api_gateway.is_canary", AttributeValue::Truth(is_canary));
    }
    if let Some(error) = &context.error {
        attributes.text("aws.api_gateway.response_type", error.response_type.name());
    }
    if let Some(key) = &context.api_key {
        attributes.text("aws.api_gateway.api_key_id", &key.id);
    }
    let indexed = attributes.0[first..].iter().map(|(name, _)| name.clone().into_owned());
    let indexed = AttributeValue::Texts(indexed.collect());
    attributes.text("aws.request_id", &context.request_id);
    attributes.push("aws.xray.annotations", indexed);
}

fn asked_for(effect: &Effect) -> (String, Vec<Attribute>) {
    let mut attributes = Attributes::default();
    let name = match effect {
        Effect::SendRequest(SendRequest { method, url, .. }) => {
            let (scheme, host, port) = origin(url);
            attributes.text("http.request.method", method);
            attributes.text("url.scheme", scheme);
            attributes.text("server.address", host);
            if let Some(port) = port {
                attributes.whole("server.port", port);
            }
            format!("{method} {host}")
        }
        Effect::InvokeFunction(InvokeFunction { function, .. }) => {
            attributes.text("faas.invoked_name", &function.name);
            attributes.text("faas.invoked_provider", "aws");
            attributes.text("faas.invoked_region", &function.region);
            format!("invoke {}", function.name)
        }
        other => other.kind().name().into(),
    };
    (name, attributes.0)
}

/// Paths and queries may hold secrets, and are the endpoint's to tell.
fn origin(url: &str) -> (&str, &str, Option<i64>) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
            (scheme, host, port.parse().ok())
        }
        _ => (scheme, authority, None),
    }
}

/// Why it failed.
fn answer(outcome: &Outcome, attributes: &mut Vec<Attribute>) -> Option<String> {
    let mut told = Attributes(core::mem::take(attributes));
    let error = match outcome {
        Outcome::SendRequest(Ok(endpoint)) => {
            told.whole("http.response.status_code", endpoint.status.into());
            (endpoint.status >= 400).then(|| format!("{}", endpoint.status))
        }
        Outcome::InvokeFunction(Ok(answer)) => {
            told.whole("http.response.status_code", answer.status.into());
            let refused = (answer.status >= 400).then(|| format!("{}", answer.status));
            answer.function_error.clone().or(refused)
        }
        Outcome::TakeTokens(Ok(taken)) => {
            let is_granted = matches!(taken, Taken::All);
            told.push("aws.api_gateway.is_throttled", AttributeValue::Truth(!is_granted));
            None
        }
        Outcome::RecallAuthorization(Ok(found)) => {
            told.push("aws.api_gateway.cache_hit", AttributeValue::Truth(found.is_some()));
            None
        }
        Outcome::RecallResponse(Ok(found)) => {
            told.push("aws.api_gateway.cache_hit", AttributeValue::Truth(found.is_some()));
            None
        }
        Outcome::ReadContent(Err(error)) | Outcome::PeekContent(Err(error)) => {
            Some(kind_of(error).into())
        }
        Outcome::CountRequest(Err(error)) | Outcome::LocateAddress(Err(error)) => {
            Some(kind_of(error).into())
        }
        Outcome::SendRequest(Err(error)) => Some(kind_of(error).into()),
        Outcome::InvokeFunction(Err(error)) => Some(kind_of(error).into()),
        Outcome::TakeTokens(Err(error)) => Some(kind_of(error).into()),
        Outcome::FindKey(Err(error)) => Some(kind_of(error).into()),
        Outcome::VerifySignature(Err(error)) => Some(kind_of(error).into()),
        Outcome::RecallAuthorization(Err(error)) => Some(kind_of(error).into()),
        Outcome::VerifyRequestSignature(Err(error)) => Some(kind_of(error).into()),
        Outcome::RecallResponse(Err(error)) => Some(kind_of(error).into()),
        Outcome::RememberResponse(Err(error)) => Some(kind_of(error).into()),
        Outcome::VerifySignature(Ok(false)) => Some("wrong signature".into()),
        Outcome::VerifyRequestSignature(Ok(RequestSignature::Invalid)) => {
            Some("wrong signature".into())
        }
        Outcome::ReadContent(Ok(_))
        | Outcome::PeekContent(Ok(_))
        | Outcome::CountRequest(Ok(_))
        | Outcome::LocateAddress(Ok(_))
        | Outcome::FindKey(Ok(_))
        | Outcome::VerifySignature(Ok(true))
        | Outcome::VerifyRequestSignature(Ok(_))
        | Outcome::RememberResponse(Ok(_)) => None,
    };
    if let Some(error) = &error {
        told.text("error.type", error);
    }
    *attributes = told.0;
    error
}

/// Without the reason, which names what is asked for.
fn kind_of(error: &EffectError) -> &'static str {
    match error {
        EffectError::TimedOut => "timed out",
        EffectError::Unavailable(_) => "unavailable",
        EffectError::Malformed(_) => "malformed",
        EffectError::Misconfigured(_) => "misconfigured",
        EffectError::TooLarge => "too large",
        EffectError::Stalled => "stalled",
        EffectError::Overloaded => "overloaded",
        EffectError::Cancelled => "cancelled",
    }
}

fn scheme(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    }
}

#[derive(Default)]
struct Attributes(Vec<Attribute>);

impl Attributes {
    fn push(&mut self, name: &'static str, value: AttributeValue) {
        self.0.push((name.into(), value));
    }

    /// What is empty is not known.
    fn text(&mut self, name: &'static str, text: &str) {
        if !text.is_empty() {
            let end = text.floor_char_boundary(TRACED_ATTRIBUTE_BYTES_MAX);
            self.push(name, AttributeValue::Text(text[..end].into()));
        }
    }

    fn whole(&mut self, name: &'static str, number: i64) {
        self.push(name, AttributeValue::Whole(number));
    }
}
