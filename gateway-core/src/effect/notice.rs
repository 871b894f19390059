//! What the pipeline tells its host, and needs no answer to.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{AuthorizationKey, Bytes, CacheUse, Late};
use crate::gateway_error::ResponseType;
use crate::message::Timestamp;
use crate::spans::TraceRecord;
use crate::transcript::Transcript;

/// Work the host does in the background; it owes nothing back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// Writes one line to an access log destination (`stdout`, `stderr`, a file path, an ARN's last part).
    WriteAccessLog {
        /// The stage's `accessLogSettings.destination`, as configured.
        destination: String,
        /// The line, without a line break at its end.
        line: String,
        /// What of it a host should tell that sees a streamed answer end.
        late: Vec<Late>,
    },
    /// Counts a finished request for metrics.
    RecordRequest(RequestRecord),
    /// Keeps a Lambda authorizer's result for [`RecallAuthorization`](super::RecallAuthorization), in
    /// [`crate::remembered::RememberedAuthorizations`].
    RememberAuthorization {
        /// What it is recalled by.
        key: AuthorizationKey,
        /// The result, in the pipeline's own encoding.
        grant: Bytes,
        /// When it may be forgotten; the pipeline takes it no longer.
        until: Timestamp,
    },
    /// Writes to an execution log destination (`stdout`, `stderr`, a file path).
    WriteExecutionLog {
        /// The stage's `executionLogSettings.destination`, as configured.
        destination: String,
        /// The events of one request, each a line without a line break.
        lines: Vec<String>,
    },
    /// Keeps a request that a web ACL has inspected, for `GetSampledRequests`.
    KeepSample {
        /// Whose.
        web_acl_arn: String,
        /// The metric of the rule that decided or counted, or the web ACL's own.
        metric_name: String,
        /// How many requests it stands for.
        weight: u64,
        /// The request, as AWS's control plane tells of it: JSON without secrets.
        sample: String,
    },
    /// Tells the operator, now and then, of an authorizer that came to no answer, by
    /// [`crate::failing::FailingEndpoints`]. Whoever called was told nothing but 500.
    ReportAuthorizer(AuthorizerFailure),
    /// The same of an integration that cannot be called at its stage, which is not set up for it.
    ReportIntegration(IntegrationFailure),
    /// The account that the arrival asked for.
    Explain(Transcript),
    /// The spans of a request that is traced.
    RecordTrace(TraceRecord),
}

/// What metrics count of a finished request (AWS's Count, 4XXError, 5XXError, Latency,
/// IntegrationLatency, CacheHitCount, CacheMissCount, and what AWS leaves to logs).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestRecord {
    /// `$context.apiId`, empty when no API matched.
    pub api_id: String,
    /// `$context.stage`, empty when no stage matched.
    pub stage: String,
    /// `GET /pets/{petId}` of a method whose metrics the stage has counted by themselves too
    /// (`metricsEnabled`).
    pub route_key: Option<String>,
    /// The status the client was given.
    pub status: u16,
    /// From arrival to response, milliseconds.
    pub latency_ms: u32,
    /// Spent in the integration, milliseconds, if there was one.
    pub integration_latency_ms: Option<u32>,
    /// What the method's authorizer cost, if it has one.
    pub authorizer: Option<AuthorizerUse>,
    /// What the stage's cache had, if it was asked.
    pub cache: Option<CacheUse>,
    /// Why there is no method response: THROTTLED, QUOTA_EXCEEDED …
    pub response_type: Option<ResponseType>,
    /// Why it came to no stage, if it did not. No log of a stage has it.
    pub unserved: Option<Box<Unserved>>,
}

/// What a request asked for that is not served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unserved {
    /// The host name that it was sent to.
    pub host: String,
    /// The beginning of its path: no more than would name a stage.
    pub path: String,
    /// What there is not.
    pub reason: String,
}

/// What an authorizer cost a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerUse {
    /// Until it had decided, milliseconds.
    pub latency_ms: u32,
    /// Whether its result was remembered; `None` where none is kept, or none was come to.
    pub is_remembered: Option<bool>,
}

/// Why an authorizer came to no answer. Neither tokens nor context values stand in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerFailure {
    /// `$context.apiId`
    pub api_id: String,
    /// `$context.stage`
    pub stage: String,
    /// Its name: that of the security scheme.
    pub authorizer: String,
    /// What was wrong with the function's answer, or why there was none.
    pub reason: String,
}

/// Why an integration cannot be called at a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntegrationFailure {
    /// `$context.apiId`
    pub api_id: String,
    /// `$context.stage`
    pub stage: String,
    /// Whose integration it is: `GET /pets/{petId}`.
    pub route_key: String,
    /// What is wrong with it, or with what the stage makes of it.
    pub reason: String,
}
