//! What a Lambda function is handed in a proxy integration, and what its answer means.
//!
//! All of it is pure: an event is a function of the request and its [`Context`], a response is a
//! function of the answer. "Set up Lambda proxy integrations in API Gateway" (REST), "Create AWS
//! Lambda proxy integrations for HTTP APIs", and recordings of the real service where these differ.

mod answer;
mod answer_stream;
mod answer_v1;
mod answer_v2;
mod authorizer_answer;
mod authorizer_event;
pub(crate) mod base64;
mod event_v1;
mod event_v2;
mod failed;
mod fields;
mod json;
#[cfg(test)]
mod properties;
mod told_trace;

use alloc::{collections::BTreeMap, string::String};

pub(crate) use answer_stream::answer_stream;
pub(crate) use answer_v1::answer_v1;
pub(crate) use answer_v2::answer_v2;
pub(crate) use authorizer_answer::{Access, Answer as AuthorizerAnswer, Grant, read_grant};
pub(crate) use authorizer_event::{request_event_v1, request_event_v2, token_event};
pub(crate) use event_v1::event_v1;
pub(crate) use event_v2::event_v2;
pub(crate) use failed::refused;
pub(crate) use told_trace::told_trace;

use crate::context::Context;
use crate::definition::Protocol;
use crate::effect::FunctionAnswer;
use crate::message::Request;

/// What an event is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventInput<'a> {
    /// REST or HTTP: format 1.0 differs between them.
    pub(crate) protocol: Protocol,
    /// The record, with the matched method and the authorizer's findings.
    pub(crate) context: &'a Context<'a>,
    /// The request.
    pub(crate) request: &'a Request,
    /// Its content, whole; empty if there is none.
    pub(crate) body: &'a [u8],
    /// `binaryMediaTypes` of a REST API.
    pub(crate) binary_media_types: &'a [String],
    /// The stage's variables.
    pub(crate) stage_variables: &'a BTreeMap<String, String>,
}

/// What a response is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerInput<'a> {
    /// REST or HTTP: format 1.0 differs between them.
    pub(crate) protocol: Protocol,
    /// What the function, or the Lambda service, answered.
    pub(crate) answer: &'a FunctionAnswer,
    /// The client's `Accept`, first line.
    pub(crate) accept: Option<&'a str>,
    /// `binaryMediaTypes` of a REST API.
    pub(crate) binary_media_types: &'a [String],
}
