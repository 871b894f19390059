//! What effects are about, and what answers them.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::message::Content;

/// What the credentials of a call begin with that is signed with its caller's own access key, which follows:
/// one of those that the host verifies signatures with.
pub const CALLER: &str = "caller:";

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

/// What Lambda is told of the request that invokes a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvokingApi {
    /// `$context.apiId`
    pub api_id: String,
    /// `$context.requestId`
    pub request_id: String,
}

impl InvokingApi {
    /// The fields that say so, as AWS's execution logs show them. No signature need speak of them.
    pub fn fields(&self) -> [(&'static str, String); 4] {
        [
            ("x-amzn-apigateway-api-id", self.api_id.clone()),
            ("Accept", "application/json".into()),
            ("User-Agent", alloc::format!("AmazonAPIGateway_{}", self.api_id)),
            ("x-amzn-lambda-integration-tag", self.request_id.clone()),
        ]
    }
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
    /// `X-Amzn-Trace-Id` of Lambda's answer; a host that runs the function itself has none.
    pub trace: Option<String>,
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

/// For people.
impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer(issuer) => f.write_str(issuer),
            Self::UserPool { pool_id, .. } => write!(f, "user pool {pool_id}"),
        }
    }
}
