//! Which API, stage and method a request is for.
//!
//! Lets through what names a stage and a method of it. Refuses with 403 `Forbidden` what names no
//! API or stage, with MISSING_AUTHENTICATION_TOKEN (REST) or 404 `Not Found` (HTTP) what names no
//! method. Asks the host for nothing.

use alloc::string::String;
use alloc::vec::Vec;

use crate::context::Context;
use crate::definition::Protocol;
use crate::gateway::{Gateway, MethodOf, StageOf};
use crate::gateway_error::{GatewayError, ResponseType};
use crate::target;

/// A stage that a request addresses.
#[derive(Debug)]
pub(super) struct Addressed<'g> {
    pub(super) at: StageOf<'g>,
    /// The path with the stage, as the API's own host name would have it.
    pub(super) path: String,
    /// The path without the stage.
    pub(super) resource_request_path: String,
}

/// A method that a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched<'g> {
    pub(super) of: MethodOf<'g>,
}

impl Matched<'_> {
    /// `$context`'s path parameters: HTTP APIs decode them, REST APIs do not.
    pub(super) fn path_parameters(&self, context: &Context) -> Vec<(String, String)> {
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

/// The stage that a request addresses: by `{api}.execute-api.…` in `Host`, by the path
/// `/_aws/execute-api/{api}/{stage}/…`, or as the only API there is.
pub(super) fn find_stage<'g>(
    gateway: &'g Gateway,
    context: &Context,
) -> Result<Addressed<'g>, GatewayError> {
    let (api, path) = find_api(gateway, &context.domain_name, &context.path)?;
    let (first, rest) = split_stage(path);
    let at = match gateway.snapshot.apis[api].protocol {
        Protocol::Rest => gateway.stage(api, first).map(|at| (at, rest)),
        Protocol::Http => {
            let named = gateway.stage(api, first).map(|at| (at, rest));
            named.or_else(|| Some((gateway.stage(api, "$default")?, path)))
        }
    };
    let (at, rest) = at.ok_or_else(|| match gateway.snapshot.apis[api].protocol {
        Protocol::Rest => forbidden("no such stage"),
        Protocol::Http => GatewayError::new(ResponseType::ResourceNotFound, "no such stage"),
    })?;
    let is_default = at.stage.stage_name == "$default";
    Ok(Addressed {
        at,
        path: if is_default { slashed(rest) } else { path.into() },
        resource_request_path: match at.api.protocol {
            // AWS collapses slashes before the resource path, and keeps those within it.
            Protocol::Rest => slashed(rest.trim_start_matches('/')),
            Protocol::Http => slashed(rest),
        },
    })
}

/// The method that answers at a stage.
pub(super) fn route<'g>(at: StageOf<'g>, context: &Context) -> Result<Matched<'g>, GatewayError> {
    let found = at.find_method(&context.http_method, &context.resource_request_path);
    let response_type = match at.api.protocol {
        Protocol::Rest => ResponseType::MissingAuthenticationToken,
        Protocol::Http => ResponseType::ResourceNotFound,
    };
    found.map(|of| Matched { of }).ok_or_else(|| GatewayError::new(response_type, "no such method"))
}

/// The API's index and the path as its own host name would have it.
fn find_api<'p>(
    gateway: &Gateway,
    domain_name: &str,
    path: &'p str,
) -> Result<(usize, &'p str), GatewayError> {
    let mut labels = domain_name.split('.');
    let own_name = match (labels.next(), labels.next()) {
        (Some(id), Some(label)) if label.eq_ignore_ascii_case("execute-api") => Some((id, path)),
        _ => path.strip_prefix("/_aws/execute-api/").map(|rest| {
            let id_end = rest.find('/').unwrap_or(rest.len());
            rest.split_at(id_end)
        }),
    };
    match own_name {
        Some((id, path)) => {
            // A private API's name may carry its endpoint's: `{api}-{vpce}`.
            let api = gateway.api(id).or_else(|| gateway.api(id.split_once("-vpce-")?.0));
            let api = api.filter(|&i| !gateway.snapshot.apis[i].disable_execute_api_endpoint);
            Ok((api.ok_or_else(|| forbidden("no such API"))?, path))
        }
        None => Ok((gateway.only_api().ok_or_else(|| forbidden("no such API"))?, path)),
    }
}

/// The first segment of a path, after any number of slashes, and what follows it.
fn split_stage(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_at(path.find('/').unwrap_or(path.len()))
}

fn slashed(path: &str) -> String {
    if path.starts_with('/') { path.into() } else { alloc::format!("/{path}") }
}

/// What AWS's front answers before any API is known. Its words are those of an API key refused.
fn forbidden(reason: &str) -> GatewayError {
    GatewayError::new(ResponseType::InvalidApiKey, reason)
}
