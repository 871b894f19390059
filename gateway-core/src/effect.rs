//! What the pipeline asks of its host, as data.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::bucket::BucketTake;
use crate::gateway_error::ResponseType;
use crate::jwt::{Algorithm, Jwk};
use crate::message::{Content, ContentId, EndpointResponse, Location, OutgoingFields, Timestamp};
use crate::spans::TraceRecord;
use crate::transcript::Transcript;
use crate::usage::UsageTake;

/// Why the host could not carry out an effect. Each stage decides what that means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectError {
    /// No answer within the effect's own time limit.
    TimedOut,
    /// The other side cannot be reached: refused, reset, unknown name, not configured. With the reason.
    Unavailable(String),
    /// The other side answered something that is not its protocol. With the reason.
    Malformed(String),
    /// What was asked for cannot work before somebody changes it: a name that nobody has, a
    /// certificate that is not trusted. With the reason.
    Misconfigured(String),
    /// More bytes than the effect allows.
    TooLarge,
    /// The client's own content did not come in time.
    Stalled,
    /// The host holds as much content for others as it may.
    Overloaded,
    /// The client left, or the host is going down: answer quickly, nobody listens.
    Cancelled,
}

/// Work the host does in the background; it owes nothing back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// Writes one line to an access log destination (`stdout`, `stderr`, a file path, an ARN's last part).
    WriteAccessLog {
        /// The stage's `accessLogSettings.destination`, as configured.
        destination: String,
        /// The line, without a line break at its end.
        line: String,
    },
    /// Counts a finished request for metrics.
    RecordRequest(RequestRecord),
    /// Keeps a Lambda authorizer's result for [`RecallAuthorization`], in
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
}

/// What the credentials of a call begin with that is signed with its caller's own access key, which follows:
/// one of those that the host verifies signatures with.
pub const CALLER: &str = "caller:";

/// What an authorizer cost a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerUse {
    /// Until it had decided, milliseconds.
    pub latency_ms: u32,
    /// Whether its result was remembered; `None` where none is kept, or none was come to.
    pub is_remembered: Option<bool>,
}

/// An effect with a typed answer.
pub trait Operation: Into<Effect> {
    /// What answers it.
    type Output;
    /// The answer, if the outcome is of this effect's kind.
    fn output(outcome: Outcome) -> Option<Result<Self::Output, EffectError>>;
}

/// Declares every effect once: its fields, its place in [`Effect`], the type that answers it.
macro_rules! effects {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? } -> $output:ty;)*) => {
        /// Something only the host can do.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Effect { $($(#[$doc])* $name($name)),* }
        /// The answer to an effect of the same name.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Outcome { $($(#[$doc])* $name(Result<$output, EffectError>)),* }
        /// Which effect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum EffectKind { $($(#[$doc])* $name),* }
        impl Effect {
            /// Which effect this is.
            pub fn kind(&self) -> EffectKind { match self { $(Self::$name(_) => EffectKind::$name),* } }
            /// The outcome that tells the pipeline that this effect could not be carried out.
            pub fn failed(&self, error: EffectError) -> Outcome { match self { $(Self::$name(_) => Outcome::$name(Err(error))),* } }
        }
        impl Outcome {
            /// Which effect this answers.
            pub fn kind(&self) -> EffectKind { match self { $(Self::$name(_) => EffectKind::$name),* } }
        }
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            pub struct $name { $($(#[$field_doc])* pub $field: $ty),* }
            impl From<$name> for Effect { fn from(operation: $name) -> Self { Self::$name(operation) } }
            impl Operation for $name {
                type Output = $output;
                fn output(outcome: Outcome) -> Option<Result<$output, EffectError>> {
                    if let Outcome::$name(output) = outcome { Some(output) } else { None }
                }
            }
        )*
    };
}

effects! {
    /// Reads content that the host holds, whole. The host keeps it: it may still be sent on later.
    ReadContent {
        /// Which content.
        content: ContentId,
        /// More than this is `TooLarge`.
        bytes_max: u32,
    } -> Bytes;
    /// Reads how content begins: all of it, or one byte more than asked for where there is more. The host
    /// keeps it all: it may still be read whole or sent on.
    PeekContent {
        /// Which content.
        content: ContentId,
        /// How much is wanted.
        bytes_max: u32,
    } -> Bytes;
    /// Counts a request of a rate-based rule in [`crate::counted::CountedRequests`], which the host keeps,
    /// and tells how many there were in the window with it.
    CountRequest {
        /// What it is counted under.
        key: String,
        /// The window.
        window_ms: u32,
    } -> u32;
    /// Tells where an address is that a proxy told of in a field: a client's own comes with the arrival.
    LocateAddress {
        /// The address.
        address: String,
    } -> Location;
    /// Sends a request to an HTTP endpoint and waits for the final response's header section.
    /// The host pools connections, adds the framing fields, and holds the response's content.
    SendRequest {
        /// The method.
        method: String,
        /// The absolute URL, percent-encoded, ready to be sent.
        url: String,
        /// How its endpoint is reached; the host may send to another origin than the URL's for it.
        connection: Connection,
        /// The header section; `Edited` refers to the arrival's. A `Host` is the URL's authority unless one is set by an edit.
        fields: OutgoingFields,
        /// The content.
        content: Content,
        /// From now to the response's header section; `TimedOut` beyond.
        timeout_ms: u32,
        /// Of a response that is streamed (`responseTransferMode`): the longest wait for each part of it.
        /// Then `timeout_ms` is for the whole response: its content breaks off beyond either.
        idle_ms: Option<u32>,
        /// Over TLS: whether any certificate authority will do. Names and expiry are verified all the same.
        insecure_skip_verification: bool,
    } -> EndpointResponse;
    /// Invokes a Lambda function (Lambda API `Invoke`, `InvokeWithResponseStream`).
    InvokeFunction {
        /// The function.
        function: FunctionName,
        /// The event, JSON.
        payload: Bytes,
        /// Whether to wait for the function's answer.
        invocation: InvocationType,
        /// From now to the whole answer; `TimedOut` beyond. A streamed answer breaks off.
        timeout_ms: u32,
        /// The role of the integration's `credentials`, or the authorizer's, or [`CALLER`] and an access
        /// key; `None` is the host's own.
        credentials: Option<String>,
        /// `X-Amzn-Trace-Id` of a request that is traced.
        trace: Option<Box<str>>,
    } -> FunctionAnswer;
    /// Takes tokens from every bucket and counts the request, or does nothing, by [`crate::bucket::take_all`] in the host's atomic store.
    TakeTokens {
        /// The buckets, in the order in which an empty one is reported.
        buckets: Vec<BucketTake>,
        /// The key and plan that the request counts for, if it has a key.
        usage: Option<UsageTake>,
    } -> Taken;
    /// Finds an issuer's public key by [`crate::jwt::JwksCache`], which the host keeps, shared by all exchanges.
    FindKey {
        /// Whose key.
        source: KeySource,
        /// The token's `kid`.
        kid: Option<String>,
    } -> Option<Jwk>;
    /// Verifies a signature over `message`. The host does the mathematics and decides nothing else.
    VerifySignature {
        /// The algorithm, chosen by the core from the key.
        algorithm: Algorithm,
        /// The public key.
        key: Jwk,
        /// The signed bytes.
        message: Bytes,
        /// The signature, decoded.
        signature: Bytes,
        /// When its token expires. A host may remember until then that it is right.
        until: Timestamp,
    } -> bool;
    /// Finds what [`Notice::RememberAuthorization`] gave the host to keep, if it still has it. A host
    /// may forget anything at any time: then the authorizer's function is asked again.
    RecallAuthorization {
        /// What it was kept by.
        key: AuthorizationKey,
    } -> Option<Bytes>;
    /// Verifies an AWS Signature Version 4 with the secret of an access key, which the host has. It
    /// derives the signing key from the secret and the scope, and compares in constant time.
    VerifyRequestSignature {
        /// The access key.
        access_key_id: String,
        /// The session token that came with the request, which must be the access key's.
        session_token: Option<String>,
        /// `20150830`
        date: String,
        /// The region of the scope.
        region: String,
        /// The service of the scope.
        service: String,
        /// What may have been signed: one of them must have been.
        strings_to_sign: Vec<String>,
        /// The signature, decoded.
        signature: Bytes,
    } -> RequestSignature;
    /// Finds the response that [`RememberResponse`] stored by this key, in the host's
    /// [`crate::stage_cache::StageCache`]s. While another exchange is on its way to store it, the host
    /// waits for that one, which ends when it has stored, when it responds without, or when it is
    /// gone: then one of those who wait is told that there is nothing, and is the next that they wait for.
    ///
    /// Of what is found the host holds the content and the header section: edits refer to that one
    /// as to an endpoint response's.
    RecallResponse {
        /// What it was stored by.
        key: ResponseKey,
        /// Nothing is looked up, and nobody waited for: a new response is to replace what is stored.
        replaces: bool,
        /// Longest wait; after it there is nothing.
        wait_ms_max: u32,
    } -> Option<RecalledResponse>;
    /// Stores a response, unless its content is more than [`crate::limits::CACHED_CONTENT_BYTES_MAX`]. The
    /// host reads content that it holds up to there; it fails where that breaks off. What was stored
    /// since by an exchange that began later, or whose key was flushed meanwhile, stays.
    /// The answer is the content to go on with, which the host still holds.
    RememberResponse {
        /// What it is recalled by.
        key: ResponseKey,
        /// The status code.
        status: u16,
        /// The header section; `Edited` refers to the last endpoint response's.
        fields: OutgoingFields,
        /// The content.
        content: Content,
        /// When it is no longer fresh.
        until: Timestamp,
    } -> Content;
}

/// Bytes that are encoded as one run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bytes(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// How an endpoint is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Connection {
    /// At the URL's origin.
    #[default]
    Internet,
    /// At a healthy target of a VPC link, which the host chooses. The URL's authority is what `Host` says.
    VpcLink {
        /// The link's id.
        id: String,
        /// The ARN of a listener, a load balancer or a Cloud Map service, which may have targets of its own.
        integration_uri: Option<String>,
        /// The name that the target's certificate must have, in place of its own: `tlsConfig.serverNameToVerify`,
        /// or the host of a REST API's URI.
        server_name: Option<String>,
    },
    /// As a service of AWS: the host signs the request (SigV4), once it has its content. The URL's
    /// origin is AWS's own; one that the host's configuration has for the service comes before it.
    Service {
        /// The name to sign with, which is also the one that the configuration names the service by.
        signing_name: String,
        /// The region to sign for.
        region: String,
        /// The role of the integration's `credentials`, or [`CALLER`] and an access key; `None` is the
        /// host's own.
        credentials: Option<String>,
    },
}

/// A digest of everything that a Lambda authorizer's result depends on: the authorizer, its stage and
/// deployment, and the values of its identity sources, which are secrets and not kept themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AuthorizationKey(pub [u8; 32]);

/// What a cached response is found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseKey {
    /// The cache.
    pub cache: CacheName,
    /// A digest of everything that the response depends on: API, stage, deployment, method, and the
    /// values of its cache key parameters, which may be secrets and are not kept themselves.
    pub digest: ResponseDigest,
}

/// The digest of a [`ResponseKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResponseDigest(pub [u8; 32]);

/// The cache of a stage. What its canary has of its own is there too, by other keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CacheName {
    /// The API's id.
    pub api_id: String,
    /// The stage.
    pub stage_name: String,
}

/// A response that was stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecalledResponse {
    /// The status code.
    pub status: u16,
    /// The content, which the host holds.
    pub content: Content,
    /// How much content it is.
    pub content_length: u64,
}

/// What a cache had for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CacheUse {
    /// The response.
    Hit,
    /// Nothing, or nothing that the client wanted.
    Miss,
}

/// A Lambda function as an integration names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionName {
    /// The region of its ARN; empty where only a name was given.
    pub region: String,
    /// The account of its ARN; empty where only a name was given.
    pub account_id: String,
    /// The name.
    pub name: String,
    /// Version or alias.
    pub qualifier: Option<String>,
}

/// Lambda's `X-Amz-Invocation-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvocationType {
    /// Waits for the answer.
    RequestResponse,
    /// Queues the event.
    Event,
    /// Waits for what is ahead of the content: the host finds it with [`crate::response_stream::Preamble`].
    ResponseStream {
        /// Longest wait for each part of the answer.
        idle_ms: u32,
    },
}

/// Lambda's answer to `Invoke`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionAnswer {
    /// The Invoke API's status code: 200 for an invocation that ran, 202 for a queued one, 4xx or 5xx for one that did not.
    pub status: u16,
    /// `X-Amz-Function-Error`: `Handled` or `Unhandled`.
    pub function_error: Option<String>,
    /// What the function returned, or the error document. Of a streamed answer the metadata ahead of
    /// its content.
    pub payload: Bytes,
    /// `X-Amzn-Requestid` of the invocation, if the host knows it.
    pub request_id: Option<String>,
    /// What a streamed answer has behind the delimiter; `None` if there is no delimiter.
    pub content: Option<Content>,
}

/// Whether all tokens were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// From every bucket.
    All,
    /// From none: the bucket of this index is empty.
    None {
        /// Index into `TakeTokens::buckets`.
        empty: u32,
        /// When that bucket will have enough, if nobody else takes from it. `None`: never.
        retry_after_ms: Option<u64>,
    },
    /// From none: the key has used up its quota.
    QuotaExceeded,
}

/// What a host finds of a request's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestSignature {
    /// The access key's secret signed one of the strings.
    Valid,
    /// It did not.
    Invalid,
    /// The host has no secret for this access key, or the session token is another.
    UnknownToken,
}

/// Where an issuer's keys are found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeySource {
    /// By OpenID Connect discovery at this issuer, then its `jwks_uri`.
    Issuer(String),
    /// In this Cognito user pool: the host knows the endpoint (`endpoints.cognito-idp`, or AWS's).
    UserPool {
        /// The region of the pool's ARN.
        region: String,
        /// The pool's id.
        pool_id: String,
    },
}
