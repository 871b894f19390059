//! Every bound in one place, units last.
//!
//! AWS's numbers are from "Amazon API Gateway quotas and important notes".

/// Largest request or response content that a stage may read: 10 MB (payload size quota).
pub const PAYLOAD_BYTES_MAX: u32 = 10 * 1024 * 1024;
/// Most blocks (RFC 1951 §3.2.3) of coded content that is decoded, of all members of a `gzip` together. Each costs
/// some microseconds, however little it stands for: ten bits for nothing. Those of common coders stand for 16 KB and
/// more; so many have room for 10 MB in pieces of 640 bytes.
pub const CODED_BLOCKS_MAX: usize = 16_384;
/// Content that parameter mappings of HTTP APIs select from by JSONPath: cut at 100 KB.
pub const MAPPED_BODY_BYTES_MAX: usize = 100 * 1024;
/// An event that a function is invoked with is smaller: Lambda takes 6 MB at once ("Request must be
/// smaller than 6291456 bytes for the InvokeFunction operation").
pub const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Largest total of the request line and of header names and values: 10,240 bytes.
pub const FIELDS_BYTES_MAX: usize = 10_240;
/// Largest total of header names and values of a request to a private API: 8,000 bytes.
pub const PRIVATE_FIELDS_BYTES_MAX: usize = 8_000;
/// Most header fields of a request. AWS bounds their bytes alone; this is what hyper reads of HTTP/1.1 without room that is
/// taken and given back with every request, and it holds in every host.
pub const FIELDS_MAX: usize = 100;
/// Default integration timeout of a REST API.
pub const REST_INTEGRATION_MS_DEFAULT: u32 = 29_000;
/// Default and largest integration timeout of an HTTP API.
pub const HTTP_INTEGRATION_MS_DEFAULT: u32 = 30_000;
/// Smallest integration timeout that AWS accepts.
pub const INTEGRATION_MS_MIN: u32 = 50;
/// Largest integration timeout accepted here (AWS: raisable beyond 29 s for Regional REST APIs since June 2024; 15 min for streams).
pub const INTEGRATION_MS_MAX: u32 = 900_000;
/// Longest wait for the next part of a streamed response at Regional and private endpoints: 5 minutes.
pub const STREAM_IDLE_MS: u32 = 300_000;
/// Longest wait for the next part of a streamed response at edge-optimized endpoints: 30 seconds.
pub const STREAM_IDLE_EDGE_MS: u32 = 30_000;
/// What a streamed answer may have up to its content, delimiter included: 16 KB.
pub const STREAM_METADATA_BYTES_MAX: usize = 16 * 1024;
/// Largest message of an event stream that is read (Smithy: 16 MB of payload, 128 KB of headers).
pub const EVENT_MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024 + 128 * 1024 + 16;
/// Longest wait for an OpenID discovery document or a JWKS (HTTP API quota: 1500 ms).
pub const JWKS_MS_MAX: u32 = 1_500;
/// Largest OpenID discovery document or JWKS (HTTP API quota: 150,000 bytes).
pub const JWKS_BYTES_MAX: usize = 150_000;
/// Most keys of one issuer that are kept.
pub const JWKS_KEYS_MAX: usize = 64;
/// How long an issuer's keys are fresh: AWS keeps a public key for two hours.
pub const JWKS_TTL_MS: u64 = 2 * 3_600_000;
/// How long an issuer's keys serve while it cannot be reached.
pub const JWKS_STALE_MS_MAX: u64 = 24 * 3_600_000;
/// Shortest time between two fetches from one issuer.
pub const JWKS_REFRESH_FLOOR_MS: u64 = 10_000;
/// Longest token that an authorizer looks at; beyond it the token is refused unread.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// How long a Lambda authorizer's result is remembered unless a REST API says otherwise
/// (`authorizerResultTtlInSeconds`).
pub const AUTHORIZER_RESULT_S_DEFAULT: u32 = 300;
/// Longest that a Lambda authorizer's result is remembered.
pub const AUTHORIZER_RESULT_S_MAX: u32 = 3_600;
/// Longest that a REST API's Lambda authorizer may take.
pub const REST_AUTHORIZER_MS: u32 = 30_000;
/// Longest that an HTTP API's Lambda authorizer may take (quota: 10,000 ms).
pub const HTTP_AUTHORIZER_MS: u32 = 10_000;
/// Largest answer of a Lambda authorizer that is read.
pub const AUTHORIZER_ANSWER_BYTES_MAX: usize = 128 * 1024;
/// Most results of Lambda authorizers that a host remembers.
pub const AUTHORIZER_RESULTS_MAX: usize = 65_536;
/// Most bytes of results of Lambda authorizers that a host remembers.
pub const AUTHORIZER_RESULTS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a response is cached unless its method's settings say otherwise (`cacheTtlInSeconds`).
pub const CACHE_TTL_S_DEFAULT: u32 = 300;
/// Longest that a response is cached.
pub const CACHE_TTL_S_MAX: u32 = 3_600;
/// Largest content of a response that is cached ("Enabling API caching": 1,048,576 bytes).
pub const CACHED_CONTENT_BYTES_MAX: u32 = 1_048_576;
/// How long requests do not wait for each other after an answer that was not cached: the next one
/// will hardly be either.
pub const CACHE_PASS_MS: u64 = 10_000;
/// Most cache keys of a stage that are known to be passed by.
pub const CACHE_PASSES_MAX: usize = 16_384;
/// Longest ARN of a method with authorization (quota: 1600 bytes).
pub const METHOD_ARN_BYTES_MAX: usize = 1_600;
/// Requests a second that an account may make unless the configuration says otherwise.
pub const ACCOUNT_RATE_DEFAULT: f64 = 10_000.0;
/// Burst that an account may make unless the configuration says otherwise.
pub const ACCOUNT_BURST_DEFAULT: u32 = 5_000;
/// Days of usage that are remembered: GetUsage reports 90 days, and a month's quota needs 31 of them.
pub const USAGE_DAYS_MAX: usize = 92;
/// Shortest value of an API key.
pub const API_KEY_BYTES_MIN: usize = 20;
/// Longest value of an API key.
pub const API_KEY_BYTES_MAX: usize = 128;
/// Most steps that one exchange may take; a guard against a pipeline that does not end.
pub const STEPS_MAX: usize = 64;
/// Deepest resource path, segments: matching recurses once a segment.
pub const RESOURCE_DEPTH_MAX: usize = 64;
/// Largest definition document: AWS's import takes 6 MB.
pub const DEFINITION_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Most values of a definition document within each other.
pub const DEFINITION_DEPTH_MAX: usize = 128;
/// Most mistakes of one definition that are reported.
pub const DEFINITION_ERRORS_MAX: usize = 500;
/// Most values of a JSON content within each other: as many as json-smart reads.
pub const JSON_DEPTH_MAX: usize = 400;
/// Most values in a JSON content: each takes 32 bytes and more once it is read, however short its
/// text, and an instance of the core has memory for so many.
pub const JSON_VALUES_MAX: usize = 1_000_000;
/// Longest JSONPath.
pub const JSON_PATH_BYTES_MAX: usize = 8 * 1024;
/// Most filters, functions and parentheses of a JSONPath within each other.
pub const JSON_PATH_DEPTH_MAX: usize = 16;
/// Most values that one evaluation of a JSONPath looks at: `..` after `..` looks at each many times.
pub const JSON_PATH_STEPS_MAX: usize = 4 * JSON_VALUES_MAX;
/// Largest compiled regular expression, which a short one with repetitions may become.
pub const PATTERN_BYTES_MAX: usize = 256 * 1024;
/// Largest policy document that is read: AWS allows a resource policy 8,192 bytes, here with room for white space.
pub const POLICY_BYTES_MAX: usize = 64 * 1024;
/// Most statements of a policy that are read.
pub const POLICY_STATEMENTS_MAX: usize = 1_024;
/// Largest mapping template: 300 KB (quota "size of mapping template").
pub const TEMPLATE_BYTES_MAX: usize = 300 * 1024;
/// Most that the models of an API have together: 400 KB (quota "model size per API").
pub const MODELS_BYTES_MAX: usize = 400 * 1024;
/// Longest format of an access log: 3 KB (quota "access log template size", REST and HTTP APIs).
pub const ACCESS_LOG_FORMAT_BYTES_MAX: usize = 3 * 1024;
/// Most iterations of a `#foreach` in a mapping template: 1,000 (quota "iterations in a #foreach loop").
pub const TEMPLATE_ITERATIONS_MAX: usize = 1_000;
/// Memory that one rendering of a mapping template may take for what it makes on the way.
pub const TEMPLATE_MEMORY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Steps of one rendering of a mapping template, those of the JSONPaths that it evaluates and of the content that it reads
/// included: some hundred milliseconds.
pub const TEMPLATE_STEPS_MAX: u64 = 4_000_000;
/// Most schemas, within each other and within references, that one value is validated against.
pub const SCHEMA_DEPTH_MAX: usize = 1_000;
/// Most steps of one validation, some tens of nanoseconds each: pairs of a value and a schema, names that are looked up,
/// 16 bytes of text that are compared, and eight comparisons where items are sorted to find equal ones.
pub const SCHEMA_STEPS_MAX: usize = 4 * JSON_VALUES_MAX;
/// Most steps that the patterns of one validation may take, some five nanoseconds each.
pub const SCHEMA_PATTERN_STEPS_MAX: u64 = 16_000_000;
/// Most mistakes of one content that are told.
pub const VALIDATION_MESSAGES_MAX: usize = 32;
/// Most of a value that a message about it repeats.
pub const VALIDATION_QUOTE_BYTES_MAX: usize = 1024;
/// Most steps that matching one selection pattern may take: some milliseconds.
pub const SELECTION_STEPS_MAX: u64 = 200_000;
/// How far the clock of whoever signs a request may be off (Signature Version 4: five minutes).
pub const CLOCK_SKEW_MS_MAX: u64 = 5 * 60 * 1_000;
/// Most of one text that an attribute of a span keeps.
pub const TRACED_ATTRIBUTE_BYTES_MAX: usize = 1024;
/// Most of one text that a transcript keeps.
pub const TRANSCRIPT_TEXT_BYTES_MAX: usize = 16 * 1024;
/// Most that the transcript of one exchange keeps.
pub const TRANSCRIPT_BYTES_MAX: usize = 512 * 1024;
/// Largest content that is read for a transcript alone: larger content passes by unread.
pub const TRACED_CONTENT_BYTES_MAX: u32 = 64 * 1024;
/// Most keys that the rate-based rules of web ACLs count under in one store.
pub const COUNTED_KEYS_MAX: usize = 200_000;
/// Most of a host name or a path that the host's log tells of a request for nothing that is served.
pub const UNSERVED_TEXT_BYTES_MAX: usize = 256;
/// Most of why an authorizer came to no answer that the host's log tells.
pub const REPORTED_REASON_BYTES_MAX: usize = 512;
/// Most endpoints without an answer that the host's log tells apart.
pub const FAILING_ENDPOINTS_MAX: usize = 256;
/// How long that log is quiet about one that it has told of.
pub const FAILING_QUIET_MS: u64 = 60_000;
/// Longest event of an execution log (AWS: "API Gateway currently limits log events to 1024 bytes").
pub const LOG_EVENT_BYTES_MAX: usize = 1024;
/// Content of a distribution's object on disk is written, checked and read in blocks of this size.
pub const EDGE_DISK_BLOCK_BYTES: usize = 64 * 1024;
/// Largest head of a key on disk: all stored responses under it, without their contents.
pub const EDGE_DISK_HEAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most keys of distributions on disk: each takes some 300 bytes of memory.
pub const EDGE_DISK_KEYS_MAX: usize = 1 << 20;
/// Most content that waits to be written to disk: what comes while the disk is that far behind is not.
pub const EDGE_DISK_QUEUE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most that waits to be done with files.
pub const EDGE_DISK_JOBS_MAX: usize = 16 * 1024;
/// Most objects that are written to disk while they come.
pub const EDGE_DISK_SINKS_MAX: usize = 64;
/// Most that a key on disk brings into memory when it is found; larger contents are streamed from disk.
pub const EDGE_DISK_PROMOTED_BYTES_MAX: u64 = 1024 * 1024;
/// Most keys that are read from disk at a time.
pub const EDGE_DISK_READS_MAX: usize = 64;
/// Longest that a request waits for the disk before it goes to the origin.
pub const EDGE_DISK_WAIT_MS_MAX: u64 = 2_000;
