//! What the pipeline asks of its host, as data.

mod late;
mod notice;
mod operands;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

pub use late::{Came, Late, LateValue};
pub use notice::{
    AuthorizerFailure, AuthorizerUse, IntegrationFailure, Notice, RequestRecord, Unserved,
};
pub use operands::{
    AuthorizationKey, Bytes, CALLER, CacheName, CacheUse, Connection, FunctionAnswer, FunctionName,
    InvocationType, InvokingApi, KeySource, RecalledResponse, RequestSignature, ResponseDigest,
    ResponseKey, Taken,
};

use crate::bucket::BucketTake;
use crate::jwt::{Algorithm, Jwk};
use crate::message::{Content, ContentId, EndpointResponse, Location, OutgoingFields, Timestamp};
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

/// For people: the reason where there is one.
impl fmt::Display for EffectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "no answer in time",
            Self::Unavailable(reason) | Self::Misconfigured(reason) => reason,
            Self::Malformed(reason) => return write!(f, "the answer is malformed: {reason}"),
            Self::TooLarge => "more content than is allowed",
            Self::Stalled => "the client's content did not come in time",
            Self::Overloaded => "as much content is held for others as may be",
            Self::Cancelled => "cancelled",
        })
    }
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

impl EffectKind {
    /// Whether a host may be able to answer without waiting, by arithmetic on what it has in memory. A host that calls
    /// into the pipeline from afar is asked for these before its call ends.
    pub fn may_be_at_once(self) -> bool {
        use EffectKind::{CountRequest, RecallAuthorization, TakeTokens, VerifySignature};
        matches!(self, TakeTokens | CountRequest | RecallAuthorization | VerifySignature)
    }
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
        /// `X-Amz-Client-Context`: a JSON object in base64 for the function's context object. "Lambda passes it
        /// for synchronous invocations only."
        client_context: Option<Box<str>>,
        /// The REST API whose integration it is. What others tell Lambda of themselves nobody recorded.
        invoked_by: Option<Box<InvokingApi>>,
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
