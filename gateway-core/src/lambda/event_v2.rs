//! Payload format 2.0, of HTTP APIs.

use alloc::vec::Vec;

use super::EventInput;
use super::event_v1::{
    write_amr, write_claims, write_client_certificate, write_members, write_scopes,
};
use super::fields::{Pair, visible_fields};
use super::json::JsonWriter;
use crate::context::{AuthorizerContext, Context};
use crate::{target, time};

/// The event, as JSON. What is empty is absent, except `headers` and `rawQueryString`.
pub(crate) fn event_v2(input: &EventInput<'_>) -> Vec<u8> {
    let is_base64 = !input.body.is_empty() && !is_text(input.request.fields.get("content-type"));
    let mut w = JsonWriter::with_capacity(2_048 + input.body.len() + input.body.len() / 2);
    w.object(|w| {
        w.name("version").string("2.0");
        write_request(w, input);
        match (input.body.is_empty(), is_base64) {
            (true, _) => {}
            (_, true) => w.name("body").base64(input.body),
            (_, false) => w.name("body").text(input.body),
        }
        w.name("isBase64Encoded").boolean(is_base64);
    });
    w.into_bytes()
}

/// The members that are the request's, but for its content.
pub(super) fn write_request(w: &mut JsonWriter, input: &EventInput<'_>) {
    let context = input.context;
    let fields = visible_fields(input);
    let mut query: Vec<Pair<'_>> = target::query_parameters(&context.raw_query).collect();
    query.sort_by(|(a, _), (b, _)| a.cmp(b));
    let path = target::decode(&context.path);
    w.name("routeKey").string(&context.route_key);
    w.name("rawPath").string(&path);
    w.name("rawQueryString").string(&context.raw_query);
    write_cookies(w, &fields);
    w.name("headers").object(|w| {
        for group in fields.chunk_by(|(a, _), (b, _)| a.eq_ignore_ascii_case(b)) {
            if !is_cookie(&group[0]) {
                w.name(&group[0].0.to_ascii_lowercase());
                w.joined(group.iter().map(|(_, value)| &**value), ",");
            }
        }
    });
    if !query.is_empty() {
        w.name("queryStringParameters").object(|w| {
            for group in query.chunk_by(|(a, _), (b, _)| a == b) {
                w.name(&group[0].0).joined(group.iter().map(|(_, value)| &**value), ",");
            }
        });
    }
    w.name("requestContext").object(|w| write_context(w, context, &path));
    if !context.path_parameters.is_empty() {
        w.name("pathParameters").object(|w| {
            context.path_parameters.iter().for_each(|(name, value)| w.name(name).string(value));
        });
    }
    if !input.stage_variables.is_empty() {
        w.name("stageVariables").object(|w| {
            input.stage_variables.iter().for_each(|(name, value)| w.name(name).string(value));
        });
    }
}

/// Whether an HTTP API hands content of this type over as text: tried against the real service;
/// everything else, forms and content without a type too, arrives in base64.
pub(super) fn is_text(media_type: Option<&str>) -> bool {
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is_kind_text = essence.get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case("text/"));
    is_kind_text
        || ["application/json", "application/xml", "application/javascript"]
            .iter()
            .any(|text| text.eq_ignore_ascii_case(essence))
}

fn is_cookie(pair: &Pair<'_>) -> bool {
    pair.0.eq_ignore_ascii_case("cookie")
}

fn write_cookies(w: &mut JsonWriter, fields: &[Pair<'_>]) {
    let lines = fields.iter().filter(|pair| is_cookie(pair));
    let mut cookies = lines
        .flat_map(|(_, value)| value.split(';'))
        .map(str::trim)
        .filter(|c| !c.is_empty())
        .peekable();
    if cookies.peek().is_some() {
        w.name("cookies").array(|w| cookies.for_each(|cookie| w.string(cookie)));
    }
}

fn write_context(w: &mut JsonWriter, c: &Context, path: &str) {
    w.name("accountId").string(&c.account_id);
    w.name("apiId").string(&c.api_id);
    if c.client_certificate().is_some() {
        w.name("authentication").object(|w| write_client_certificate(w, c));
    }
    match &c.authorizer {
        AuthorizerContext::Jwt { claims, scopes } => {
            w.name("authorizer").object(|w| {
                w.name("jwt").object(|w| {
                    write_claims(w, claims);
                    write_scopes(w, scopes.as_deref());
                });
            });
        }
        AuthorizerContext::Lambda(lambda) => {
            w.name("authorizer").object(|w| match lambda.has_members {
                true => w.name("lambda").object(|w| write_members(w, lambda)),
                false => w.name("lambda").null(),
            });
        }
        AuthorizerContext::Iam(iam) => {
            w.name("authorizer").object(|w| {
                w.name("iam").object(|w| {
                    w.name("accessKey").string(&iam.access_key);
                    w.name("accountId").string(iam.identity.account_id());
                    w.name("callerId").string(&iam.identity.user_id);
                    let cognito = iam.identity.cognito.as_ref();
                    match cognito {
                        Some(cognito) => w.name("cognitoIdentity").object(|w| {
                            write_amr(w, "amr", Some(cognito));
                            w.name("identityId").string(&cognito.identity_id);
                            w.name("identityPoolId").string(&cognito.identity_pool_id);
                        }),
                        None => w.name("cognitoIdentity").null(),
                    }
                    let organization_id = iam.identity.organization_id.as_deref();
                    // Captured from live APIs: the key's name stands for a value that there is not.
                    let organization_id = organization_id.unwrap_or("aws:PrincipalOrgID");
                    w.name("principalOrgId").string(organization_id);
                    w.name("userArn").string(&iam.identity.arn);
                    w.name("userId").string(&iam.identity.user_id);
                });
            });
        }
        AuthorizerContext::None
        | AuthorizerContext::Cognito { .. }
        | AuthorizerContext::Failed(_) => {}
    }
    w.name("domainName").string(&c.domain_name);
    w.name("domainPrefix").string(&c.domain_prefix);
    w.name("http").object(|w| {
        w.name("method").string(&c.http_method);
        w.name("path").string(path);
        w.name("protocol").string(c.protocol.as_str());
        w.name("sourceIp").string(&c.source_ip);
        w.name("userAgent").string(c.user_agent.as_deref().unwrap_or_default());
    });
    w.name("requestId").string(&c.extended_request_id);
    w.name("routeKey").string(&c.route_key);
    w.name("stage").string(&c.stage);
    w.name("time").string(&time::clf(c.request_time));
    w.name("timeEpoch").number(c.request_time.0);
}

#[cfg(test)]
mod tests;
