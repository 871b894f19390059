//! Which API, stage and method a request is for.
//!
//! Lets through what names a stage and a method of it. Refuses with 403 `Forbidden` what names no
//! API or stage, with MISSING_AUTHENTICATION_TOKEN (REST) or 404 `Not Found` (HTTP) what names no
//! method, or leads out of the one that it names or around the protection of another. Asks the host for nothing.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::authorize::only;
use crate::context::{Context, Text};
use crate::definition::{Api, Authorization, EndpointType, Protocol};
use crate::gateway::{Gateway, Mapped, MethodOf, StageOf};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::limits::{FIELDS_BYTES_MAX, FIELDS_MAX, PRIVATE_FIELDS_BYTES_MAX};
use crate::message::{Arrival, Request, Seed};
use crate::sigv4::{Claim, ClaimError};
use crate::target;

/// A stage that a request addresses.
#[derive(Debug)]
pub(super) struct Addressed<'g> {
    pub(super) at: StageOf<'g>,
    /// The path with the stage, as the API's own host name would have it.
    pub(super) path: Cow<'g, str>,
    /// The path without the stage.
    pub(super) resource_request_path: Cow<'g, str>,
    /// The base path, if a custom domain name led here.
    pub(super) base_path_matched: Option<Cow<'g, str>>,
    /// Whether that domain name asks for the client's certificate.
    pub(super) is_mutual_tls: bool,
}

/// Most other methods that one path may be taken for.
pub(super) const READ_AS_MAX: usize = 2;

/// A method that a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched<'g> {
    pub(super) of: MethodOf<'g>,
    /// Other methods that endpoints may take the path for: their limits hold as well.
    pub(super) read_as: [Option<MethodOf<'g>>; READ_AS_MAX],
}

impl<'g> Matched<'g> {
    /// `$context`'s path parameters: HTTP APIs decode them, REST APIs do not.
    pub(super) fn path_parameters(&self, context: &Context) -> Vec<(Text<'g>, String)> {
        let decodes = self.of.at.api.protocol == Protocol::Http;
        let parameters = self.of.path_parameters(&context.resource_request_path);
        parameters
            .map(|(name, value)| {
                let value = if decodes { target::decode(value).into_owned() } else { value.into() };
                (name.into(), value)
            })
            .collect()
    }
}

/// The API and the stage that a request addresses: by a custom domain name and its mappings, by
/// `{api}.execute-api.…` in `Host`, at a private endpoint's own name by `x-apigw-api-id`, by the path `/_aws/execute-api/{api}/{stage}/…`, or as the only
/// API there is.
pub(super) fn find_stage<'g>(
    gateway: &'g Gateway,
    context: &Context<'_>,
    arrival: &'g Arrival,
) -> (Option<&'g Api>, Result<Addressed<'g>, GatewayError>) {
    let ((path, _), seed) = (target::split(&arrival.request.target), arrival.seed);
    let domains = gateway.domains();
    if let Some(domain) = domains.find(&context.domain_name) {
        let admitted = domains.admit(domain, &context.domain_name, arrival.tls.as_deref());
        if let Err(reason) = admitted {
            return (None, Err(forbidden(reason)));
        }
        let mapped = match domain.map(path) {
            Ok(mapped) => mapped,
            Err(reason) => return (None, Err(forbidden(reason))),
        };
        let (api, addressed) =
            find_mapped_stage(gateway, mapped, path, context.vpc_endpoint_id(), seed);
        let is_mutual_tls = domain.is_mutual_tls();
        return (api, addressed.map(|found| Addressed { is_mutual_tls, ..found }));
    }
    // "Invoke a private API using endpoint-specific public DNS hostnames": who comes by an endpoint's own
    // name says by a field which API is meant.
    let named = || only(arrival.request.fields.all("x-apigw-api-id"));
    let by_field = context.vpc_endpoint_id().and_then(|_| named());
    let Some(Named { index, path, by_own_name }) =
        find_api(gateway, &context.domain_name, by_field, path)
    else {
        return (None, Err(forbidden("no such API")));
    };
    let api = &gateway.snapshot.apis[index];
    // Where no domain names are configured, any other host name stands for one.
    let by_own_name = by_own_name || !domains.is_empty();
    if api.disable_execute_api_endpoint && by_own_name {
        // "Custom domain names": clients of REST APIs receive 403, those of HTTP APIs 404.
        let reason = "the API is reached by its domain names alone (disableExecuteApiEndpoint)";
        return match api.protocol {
            Protocol::Rest => (None, Err(forbidden(reason))),
            Protocol::Http => (Some(api), Err(not_found(reason))),
        };
    }
    let (first, below) = split_stage(path);
    let endpoint = context.vpc_endpoint_id();
    let named = gateway.stage(index, first, endpoint, seed).map(|at| (at, below));
    let why = || gateway.why_no_stage(index, endpoint);
    let found = match api.protocol {
        Protocol::Rest => named.ok_or_else(|| forbidden(why())),
        Protocol::Http => named
            .or_else(|| Some((gateway.stage(index, "$default", endpoint, seed)?, path)))
            .ok_or_else(|| not_found(why())),
    };
    let addressed = found.map(|(at, below)| Addressed {
        at,
        path: if at.stage.stage_name == "$default" { slashed(below) } else { path.into() },
        resource_request_path: resource_request_path(api, below),
        base_path_matched: None,
        is_mutual_tls: false,
    });
    (Some(api), addressed)
}

/// The stage of a mapping. The path stays as the client sent it: functions see the base path.
fn find_mapped_stage<'g>(
    gateway: &'g Gateway,
    Mapped { mapping, below }: Mapped<'g, 'g>,
    path: &'g str,
    endpoint: Option<&str>,
    seed: Seed,
) -> (Option<&'g Api>, Result<Addressed<'g>, GatewayError>) {
    let index = mapping.api as usize;
    let api = &gateway.snapshot.apis[index];
    let (stage_name, below) = match &mapping.stage {
        Some(stage_name) => (stage_name.as_str(), below),
        None => split_stage(below),
    };
    let addressed = gateway.stage(index, stage_name, endpoint, seed).map(|at| Addressed {
        at,
        path: path.into(),
        resource_request_path: resource_request_path(api, below),
        base_path_matched: Some(mapping.base_path.as_str().into()),
        is_mutual_tls: false,
    });
    (Some(api), addressed.ok_or_else(|| forbidden(gateway.why_no_stage(index, endpoint))))
}

fn resource_request_path<'p>(api: &Api, below: &'p str) -> Cow<'p, str> {
    match api.protocol {
        // AWS collapses slashes before the resource path, and keeps those within it.
        Protocol::Rest => slashed(one_slash(below)),
        Protocol::Http => slashed(below),
    }
}

/// Refuses a request whose line and fields are too long ("Total combined size of request line and
/// header values": 10,240 bytes; "of all header values for a private API": 8,000), or that has too many of them.
pub(super) fn check_size(
    request: &Request,
    endpoint_type: EndpointType,
) -> Result<(), GatewayError> {
    let line = request.method.len() + request.target.len();
    let fields: usize = request.fields.iter().map(|line| line.name.len() + line.value.len()).sum();
    let is_private = endpoint_type == EndpointType::Private;
    let (status, error_type, message) = match FIELDS_BYTES_MAX {
        max if line > max => (414, "RequestUriTooLongException", "Request URI too long"),
        max if line + fields > max
            || request.fields.len() > FIELDS_MAX
            || is_private && fields > PRIVATE_FIELDS_BYTES_MAX =>
        {
            (431, "RequestHeaderFieldsTooLargeException", "Request Header Fields Too Large")
        }
        _ => return Ok(()),
    };
    let (bytes, count) = (line + fields, request.fields.len());
    let reason = alloc::format!("the request line and {count} fields have {bytes} bytes");
    let error = GatewayError::new(ResponseType::Default4xx, reason);
    Err(error.with_status(status).with_message(message).with_error_type(error_type))
}

/// Refuses a request that has several of what there is one of (RFC 9110 §5.3): what is inspected and
/// verified here could be another one than what is read behind the gateway.
pub(super) fn check_fields(request: &Request) -> Result<(), GatewayError> {
    for name in ["authorization", "content-type"] {
        if request.fields.all(name).nth(1).is_some() {
            return Err(bad_request(alloc::format!("there are several fields `{name}`")));
        }
    }
    Ok(())
}

/// "The plain text pipe character (`|`) and the curly brace character (`{` or `}`) are not supported for any
/// request URL query string and must be URL-encoded" ("Important notes for REST APIs").
pub(super) fn check_query(at: StageOf<'_>, context: &Context<'_>) -> Result<(), GatewayError> {
    let is_plain = |byte| matches!(byte, b'|' | b'{' | b'}');
    match at.api.protocol {
        Protocol::Rest if context.raw_query.bytes().any(is_plain) => {
            Err(bad_request("the query has a `|`, `{` or `}` that is not URL-encoded"))
        }
        _ => Ok(()),
    }
}

fn bad_request(reason: impl Into<String>) -> GatewayError {
    let error = GatewayError::new(ResponseType::Default4xx, reason);
    let error = error.with_status(400).with_message("Bad Request");
    error.with_error_type("BadRequestException")
}

/// The method that answers at a stage.
pub(super) fn route<'g>(
    at: StageOf<'g>,
    request: &Request,
    context: &Context,
) -> Result<Matched<'g>, GatewayError> {
    let path = &*context.resource_request_path;
    let found = at.find_method(&context.http_method, path).ok_or("no such method");
    let matched = found.and_then(|of| read_again(of, &context.http_method, path));
    matched.map_err(|reason| match at.api.protocol {
        Protocol::Rest => no_such_method(request, reason),
        Protocol::Http => not_found(reason),
    })
}

/// A method, with those that endpoints may take the path for: they resolve what AWS routes as it was sent. The error says
/// why nobody may be led there by this path, although it is one of the method's own.
fn read_again<'g>(
    of: MethodOf<'g>,
    http_method: &str,
    path: &str,
) -> Result<Matched<'g>, &'static str> {
    let mut matched = Matched { of, read_as: [None; READ_AS_MAX] };
    let readings = target::readings(path);
    if readings.is_empty() || of.at.stage.is_test_invoke {
        return Ok(matched);
    }
    // `/open/{proxy+}` stands for what is below `open`, so `/open/../closed` does not.
    if target::climbs_out(path) || of.path_parameters(path).any(|(_, v)| target::climbs_out(v)) {
        return Err("the path leads out of what the method is for");
    }
    // To an endpoint `//admin`, `/./admin` and `/%61dmin` are `/admin`, which may be protected otherwise.
    for other in readings.iter().filter_map(|read| of.at.find_method(http_method, read)) {
        if leads_around(of, other) {
            return Err("the path leads around what protects another method");
        }
        let mut known = [Some(of)].into_iter().chain(matched.read_as).flatten();
        if known.any(|known| core::ptr::eq(known.method, other.method)) {
            continue;
        }
        let free = matched.read_as.iter_mut().find(|seat| seat.is_none());
        *free.ok_or("the path may be taken for too many others")? = Some(other);
    }
    Ok(matched)
}

/// Whether a method is protected otherwise than another one that the same path may stand for.
fn leads_around(of: MethodOf<'_>, other: MethodOf<'_>) -> bool {
    if core::ptr::eq(other.method, of.method) {
        return false;
    }
    let is_open =
        other.method.authorization == Authorization::None && !other.method.api_key_required;
    let is_alike = other.method.authorization == of.method.authorization
        && other.method.api_key_required == of.method.api_key_required;
    // A signature holds for both paths, and whoever made it may have meant the other.
    let may_be_signed_for_other = other.method.authorization == Authorization::Iam;
    (!is_open && !is_alike) || may_be_signed_for_other
}

/// An API that a request names.
struct Named<'p> {
    index: usize,
    /// The path as the API's own host name would have it.
    path: &'p str,
    /// By the API's own host name or path, not as the only API there is.
    by_own_name: bool,
}

fn find_api<'p>(
    gateway: &Gateway,
    domain_name: &str,
    by_field: Option<&str>,
    path: &'p str,
) -> Option<Named<'p>> {
    let (id, labels) = target::split_once(domain_name, b'.').unwrap_or_default();
    let own_name = match target::split_before(labels, b'.').0.eq_ignore_ascii_case("execute-api") {
        true => Some((id, path)),
        false => {
            let rest = path.strip_prefix("/_aws/execute-api/");
            rest.map(|rest| target::split_before(rest, b'/'))
        }
    };
    let Some((id, path)) = own_name else {
        return Some(Named { index: gateway.only_api()?, path, by_own_name: false });
    };
    // A private API's name may carry its endpoint's: `{api}-{vpce}`.
    let by_endpoint = || match id.strip_prefix("vpce-") {
        Some(_) => gateway.api(by_field?),
        None => gateway.api(id.split_once("-vpce-")?.0),
    };
    let index = gateway.api(id).or_else(by_endpoint)?;
    Some(Named { index, path, by_own_name: true })
}

/// The first segment of a path, after any number of slashes, and what follows it.
fn split_stage(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    target::split_before(path, b'/')
}

/// A path with one slash of those that it begins with.
fn one_slash(path: &str) -> &str {
    let slashes = path.len() - path.trim_start_matches('/').len();
    &path[slashes.saturating_sub(1)..]
}

fn slashed(path: &str) -> Cow<'_, str> {
    match path {
        "" => "/".into(),
        path if path.starts_with('/') => path.into(),
        path => alloc::format!("/{path}").into(),
    }
}

/// A REST API takes what names no method for something to be signed: of credentials that are no
/// signature it says what they lack, although none would do.
fn no_such_method(request: &Request, reason: &str) -> GatewayError {
    let error = GatewayError::new(ResponseType::MissingAuthenticationToken, reason);
    let is_given = request.fields.get("authorization").is_none_or(|value| !value.is_empty());
    match Claim::read(request) {
        Err(ClaimError::Incomplete(words)) if is_given => {
            error.with_message(words).with_error_type("IncompleteSignatureException")
        }
        _ => error,
    }
}

/// An HTTP API's answer to what it does not know. It has no other name for it than its status.
fn not_found(reason: &str) -> GatewayError {
    GatewayError::new(ResponseType::ResourceNotFound, reason)
}

/// What AWS's front answers before any API is known. Its words are those of an API key refused.
fn forbidden(reason: &str) -> GatewayError {
    GatewayError::new(ResponseType::InvalidApiKey, reason)
}
