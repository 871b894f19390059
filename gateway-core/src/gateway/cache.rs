//! How a method's responses are cached at a stage: settings and cache keys, compiled.
//!
//! "Enabling API caching to enhance responsiveness": a key is made of the values of the integration's
//! `cacheKeyParameters` and of nothing else of the request, so that without them neither the query nor
//! the path's variables count. Here a key also holds all that a response must never cross: API, stage,
//! deployment, resource (or `cacheNamespace`) and method.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use sha2::{Digest, Sha256};

use super::expression::{Expression, Sources};
use super::method_settings::MethodSettings;
use crate::content_coding::Coding;
use crate::definition::{
    Api, Method, Protocol, ResponseTransferMode, Stage, UnauthorizedCacheControlStrategy,
};
use crate::effect::{CacheName, ResponseDigest, ResponseKey};
use crate::limits::{CACHE_TTL_S_DEFAULT, CACHE_TTL_S_MAX};
use crate::target;

/// The cache that a stage's responses, or its canary's, are kept in.
#[derive(Debug, Clone)]
pub(super) struct StageCache {
    name: CacheName,
    /// The stage's deployment. Another one has other resources, as after an import on AWS.
    deployment_id: String,
    /// Whether it is the canary's own.
    is_canary: bool,
}

/// A method's caching.
#[derive(Debug)]
pub(crate) struct CachePlan {
    name: CacheName,
    /// The digest of what all keys of the method begin with.
    prefix: Sha256,
    parameters: Vec<Parameter>,
    /// Whether requests by other methods than GET pass by: nobody enabled caching for them by name.
    gets_alone: bool,
    pub(crate) ttl_ms: u64,
    /// `None`: every client may have the cached response replaced.
    pub(crate) unauthorized: Option<UnauthorizedCacheControlStrategy>,
}

/// A cache key parameter. Of fields and of the query all values of a name count, and not only the one
/// that a mapping takes: an endpoint may look at another.
#[derive(Debug)]
enum Parameter {
    Header(String),
    Query(String),
    Other(Expression),
}

impl StageCache {
    /// The cache of a stage, if it has one, or what of it is its canary's own.
    pub(super) fn of(
        api: &Api,
        stage: &Stage,
        deployment_id: &str,
        is_canary: bool,
    ) -> Option<Self> {
        stage.cache_cluster_bytes.filter(|_| api.protocol == Protocol::Rest)?;
        let (api_id, stage_name) = (api.id.clone(), stage.stage_name.clone());
        let name = CacheName { api_id, stage_name };
        Some(Self { name, deployment_id: deployment_id.into(), is_canary })
    }
}

impl CachePlan {
    /// The caching of a method, if its stage's settings enable it. The error says what is wrong with
    /// the definition.
    pub(super) fn compile(
        cache: Option<&StageCache>,
        settings: &MethodSettings<'_>,
        method: &Method,
        variables: &BTreeMap<String, String>,
    ) -> Result<Option<Self>, String> {
        let is_enabled = settings.find(|s| s.caching_enabled).unwrap_or_default();
        let ttl_s = settings.find(|s| s.cache_ttl_s).unwrap_or(CACHE_TTL_S_DEFAULT);
        let integration = &method.integration;
        // "Response streaming": endpoint caching is not supported.
        let is_whole = integration.response_transfer_mode == ResponseTransferMode::Buffered;
        let is_cached = is_enabled && ttl_s > 0 && is_whole;
        let Some(cache) = cache.filter(|_| is_cached) else { return Ok(None) };
        let mut prefix = Sha256::new();
        let CacheName { api_id, stage_name } = &cache.name;
        for text in [api_id, stage_name, &cache.deployment_id] {
            digest_text(&mut prefix, text);
        }
        let (is_own, namespace) = match &integration.cache_namespace {
            Some(namespace) => (false, namespace),
            None => (true, &method.resource_path),
        };
        prefix.update([u8::from(cache.is_canary), u8::from(is_own)]);
        digest_text(&mut prefix, namespace);
        let mut parameters = Vec::with_capacity(integration.cache_key_parameters.len());
        for name in &integration.cache_key_parameters {
            digest_text(&mut prefix, name);
            parameters.push(Parameter::compile(name, &integration.request_parameters, variables)?);
        }
        let requires = settings.find(|s| s.require_authorization_for_cache_control);
        let strategy = settings.find(|s| s.unauthorized_cache_control_header_strategy);
        Ok(Some(Self {
            name: cache.name.clone(),
            prefix,
            parameters,
            gets_alone: settings.find_own(|s| s.caching_enabled).is_none(),
            ttl_ms: u64::from(ttl_s.min(CACHE_TTL_S_MAX)) * 1_000,
            unauthorized: requires.unwrap_or(true).then(|| strategy.unwrap_or_default()),
        }))
    }

    /// Whether responses to requests by this method are cached.
    pub(crate) fn takes(&self, http_method: &str) -> bool {
        http_method == "GET" || !self.gets_alone
    }

    /// Whether a key depends on the client's content.
    pub(crate) fn reads_body(&self) -> bool {
        let reads = |parameter: &Parameter| matches!(parameter, Parameter::Other(e) if e.reads_request_body());
        self.parameters.iter().any(reads)
    }

    /// What the response to a request is found by; `None` for a request of which not all is known.
    ///
    /// A response is stored in the coding that it is sent in.
    pub(crate) fn key(&self, sources: &Sources<'_>, coding: Option<Coding>) -> Option<ResponseKey> {
        let context = sources.context;
        let mut digest = self.prefix.clone();
        digest_text(&mut digest, &context.http_method);
        digest_text(&mut digest, coding.map_or("", Coding::name));
        // Bytes that are not UTF-8 all look alike here, but not to the endpoint.
        let mut is_exact = true;
        // A field's value that is not UTF-8 is read as ISO 8859-1, and looks like another that is.
        let mut is_ascii = true;
        let mut exact = |value: &str| is_exact &= !value.contains('\u{fffd}');
        for parameter in &self.parameters {
            match parameter {
                Parameter::Query(name) => {
                    let all = target::query_parameters(&context.raw_query);
                    digest_values(
                        &mut digest,
                        all.filter(|(n, _)| n == name).map(|(_, v)| v).inspect(|v| exact(v)),
                    );
                }
                // What a mapping reads of it, too.
                Parameter::Header(name) if context.adds(name) => {
                    let added = context.added_field(name, sources.fields).into_iter();
                    digest_values(&mut digest, added.inspect(|v| is_ascii &= v.is_ascii()));
                }
                Parameter::Header(name) => {
                    let all = sources.fields.all(name).map(Cow::Borrowed);
                    digest_values(&mut digest, all.inspect(|v| is_ascii &= v.is_ascii()));
                }
                Parameter::Other(expression) => {
                    let values = expression.values(sources).into_iter().inspect(|v| exact(v));
                    digest_values(&mut digest, values);
                }
            }
        }
        if !is_exact || !is_ascii {
            return None;
        }
        let digest = ResponseDigest(digest.finalize().into());
        Some(ResponseKey { cache: self.name.clone(), digest })
    }
}

impl Parameter {
    fn compile(
        name: &str,
        mappings: &[(String, String)],
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let mapped = mappings.iter().find(|(target, _)| target == name);
        let source = mapped.map_or(name, |(_, source)| source.as_str());
        let expression = Expression::parse(source, variables)
            .map_err(|reason| alloc::format!("cache key parameter `{name}`: {reason}"))?;
        Ok(match expression {
            Expression::Header(name) | Expression::MultiValueHeader(name) => Self::Header(name),
            Expression::Query(name) | Expression::MultiValueQuery(name) => Self::Query(name),
            other => Self::Other(other),
        })
    }
}

/// A length before each text, so that no two of them run together.
fn digest_text(digest: &mut Sha256, text: &str) {
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(text.as_bytes());
}

/// All values, and after them how many they are: none is not an empty one.
fn digest_values<'v>(digest: &mut Sha256, values: impl Iterator<Item = Cow<'v, str>>) {
    let mut count = 0_u64;
    for value in values {
        digest_text(digest, &value);
        count += 1;
    }
    digest.update(count.to_be_bytes());
}
