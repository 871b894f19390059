//! What an exchange did, stage by stage, and what of the definition decided: the pipeline's own
//! account of itself. Execution logs and `edgeway explain` are two readings of it.
//!
//! Nothing is written down unless somebody asked: the stage's settings for the method, or the
//! arrival. What is written down holds no secret and is bounded.

mod record;
mod secrets;

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

pub(crate) use record::Recorder;
pub use secrets::{is_secret, shown_url};

use crate::definition::Source;
use crate::effect::EffectKind;
use crate::gateway_error::ResponseType;
use crate::message::Timestamp;

/// The account of one exchange.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transcript {
    /// What happened, in its order.
    pub entries: Vec<Entry>,
    /// Whether more happened than is kept of one exchange.
    pub is_cut: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When, as the host last told the time.
    pub now: Timestamp,
    /// In which stage of the pipeline.
    pub stage: PipelineStage,
    /// What of the definition decided it.
    pub source: Option<Source>,
    /// What.
    pub event: Event,
}

/// The stages of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // each is the file in `pipeline/` of its name
pub enum PipelineStage {
    FindStage,
    Inspect,
    Route,
    Authorize,
    CheckApiKey,
    Throttle,
    Validate,
    Cache,
    Integrate,
    MapResponse,
    Respond,
}

impl PipelineStage {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::FindStage => "find stage",
            Self::Inspect => "inspect",
            Self::Route => "route",
            Self::Authorize => "authorize",
            Self::CheckApiKey => "check api key",
            Self::Throttle => "throttle",
            Self::Validate => "validate",
            Self::Cache => "cache",
            Self::Integrate => "integrate",
            Self::MapResponse => "map response",
            Self::Respond => "respond",
        }
    }
}

/// Names and values, in their order.
pub type Pairs = Vec<(String, String)>;

/// A reference in a template that had a value, or was set to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// As the template writes it: `$input.path('$.a')`.
    pub reference: String,
    /// What it prints; `None` is null, which prints nothing.
    pub value: Option<String>,
    /// Whether `#set` gave it this value.
    pub is_set: bool,
    /// The line of the template, from 1.
    pub line: u32,
}

/// The four messages of an exchange, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Message {
    MethodRequest,
    EndpointRequest,
    EndpointResponse,
    MethodResponse,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A request came.
    Arrived {
        /// `$context.requestId`
        request_id: String,
        /// `$context.extendedRequestId`
        extended_request_id: String,
        /// Its method.
        http_method: String,
        /// Its path and query.
        target: String,
        /// Who sent it.
        source_ip: String,
    },
    /// It is for a stage of an API.
    Addressed {
        /// `$context.apiId`
        api_id: String,
        /// `$context.stage`
        stage: String,
        /// `$context.deploymentId`
        deployment_id: String,
        /// Whether its canary answers, if it has one.
        is_canary: Option<bool>,
        /// Its stage variables.
        stage_variables: Pairs,
    },
    /// A web ACL decides. What it is made of stands in its own document.
    WebAclAsked {
        /// What stages name it by.
        name: String,
        /// Its ARN.
        arn: String,
    },
    /// A method answers it.
    Matched {
        /// `GET /pets/{petId}`
        route_key: String,
        /// The client's method.
        http_method: String,
        /// The path without the stage.
        path: String,
        /// Path parameters.
        path_parameters: Pairs,
        /// Query parameters, decoded.
        query_string: Pairs,
        /// The request's header fields.
        headers: Pairs,
    },
    /// An authorizer decides.
    AuthorizerAsked {
        /// Its name.
        name: String,
    },
    /// A Lambda authorizer said who calls, now or before.
    AuthorizerAnswered {
        /// The principal, of which the end alone is shown.
        principal: String,
    },
    /// Whether the caller has an API key that serves here (REST).
    KeyChecked {
        /// The key, of which the end alone is shown; empty if there is none.
        api_key: String,
        /// Whether the method asks for one.
        is_required: bool,
        /// Why it does not serve.
        refusal: Option<String>,
    },
    /// The content of a message.
    Content {
        /// Whose.
        message: Message,
        /// As text, of which only the beginning may be kept.
        text: String,
        /// How much there is.
        bytes: u64,
    },
    /// A rule was applied.
    Decided {
        /// Which, and what it said.
        rule: String,
    },
    /// The host was asked for something.
    Asked {
        /// What.
        effect: EffectKind,
        /// What of: a request's method and URL, a function's URL, the names of buckets.
        what: String,
        /// The header fields that are sent.
        headers: Pairs,
    },
    /// The host answered.
    Answered {
        /// What it was asked.
        effect: EffectKind,
        /// The status of an HTTP answer.
        status: Option<u16>,
        /// What it said, or why it could not.
        what: String,
        /// The header fields that were received.
        headers: Pairs,
        /// How long it took.
        latency_ms: u64,
    },
    /// A template was rendered.
    Rendered {
        /// What it makes.
        message: Message,
        /// The media type that it stands under.
        media_type: String,
        /// What it made.
        result: String,
        /// What it set in `$context.requestOverride` and `$context.responseOverride`.
        overrides: Pairs,
        /// What it read and set on the way, of which only the beginning may be kept.
        variables: Vec<Variable>,
        /// Why it made nothing.
        error: Option<String>,
    },
    /// The request ends without a method response.
    Failed {
        /// The gateway response's type.
        response_type: ResponseType,
        /// Why.
        reason: String,
    },
    /// The client is answered.
    Responded {
        /// The status.
        status: u16,
        /// The header fields.
        headers: Pairs,
    },
}

impl Event {
    /// Every text that may hold what somebody sent.
    fn for_each_text(&mut self, f: &mut dyn FnMut(&mut String)) {
        let (texts, pairs): (&mut [&mut String], &mut [&mut Pairs]) = match self {
            Self::Arrived { target, .. } => (&mut [target], &mut []),
            Self::Addressed { stage_variables, .. } => (&mut [], &mut [stage_variables]),
            Self::Matched { path, path_parameters, query_string, headers, .. } => {
                (&mut [path], &mut [path_parameters, query_string, headers])
            }
            Self::WebAclAsked { .. }
            | Self::AuthorizerAsked { .. }
            | Self::AuthorizerAnswered { .. }
            | Self::KeyChecked { .. } => (&mut [], &mut []),
            Self::Content { text, .. } => (&mut [text], &mut []),
            Self::Decided { rule } => (&mut [rule], &mut []),
            Self::Asked { what, headers, .. } | Self::Answered { what, headers, .. } => {
                (&mut [what], &mut [headers])
            }
            Self::Rendered { result, overrides, variables, error, .. } => {
                for variable in variables {
                    f(&mut variable.reference);
                    variable.value.iter_mut().for_each(&mut *f);
                }
                error.iter_mut().for_each(&mut *f);
                (&mut [result], &mut [overrides])
            }
            Self::Failed { reason, .. } => (&mut [reason], &mut []),
            Self::Responded { headers, .. } => (&mut [], &mut [headers]),
        };
        texts.iter_mut().for_each(|text| f(text));
        pairs.iter_mut().flat_map(|pairs| pairs.iter_mut()).for_each(|(_, value)| f(value));
    }
}
