//! What a Lambda authorizer's function is handed.
//!
//! "Input to an API Gateway Lambda authorizer" (REST), "Create an AWS Lambda authorizer: payload
//! format" (HTTP). The request's content is never part of it.

use alloc::vec::Vec;

use super::EventInput;
use super::event_v1::{http_context, path, rest_context};
use super::event_v2::write_request;
use super::fields::{Pair, visible_fields};
use super::json::JsonWriter;
use crate::definition::Protocol;
use crate::target;

/// A TOKEN authorizer's event.
pub(crate) fn token_event(method_arn: &str, token: &str) -> Vec<u8> {
    let mut w = JsonWriter::with_capacity(256 + token.len());
    w.object(|w| {
        w.name("type").string("TOKEN");
        w.name("methodArn").string(method_arn);
        w.name("authorizationToken").string(token);
    });
    w.into_bytes()
}

/// A REQUEST authorizer's event: a REST API's, or format 1.0 of an HTTP API.
pub(crate) fn request_event_v1(
    input: &EventInput<'_>,
    method_arn: &str,
    identity: &[&str],
) -> Vec<u8> {
    let (context, is_http) = (input.context, input.protocol == Protocol::Http);
    let fields = visible_fields(input);
    let mut query: Vec<Pair<'_>> = target::query_parameters(&context.raw_query).collect();
    query.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut w = JsonWriter::with_capacity(2_048);
    w.object(|w| {
        if is_http {
            w.name("version").string("1.0");
        }
        w.name("type").string("REQUEST");
        w.name("methodArn").string(method_arn);
        if is_http {
            for name in ["identitySource", "authorizationToken"] {
                match identity {
                    [] => w.name(name).null(),
                    values => w.name(name).joined(values.iter().copied(), ","),
                }
            }
        }
        w.name("resource").string(&context.resource_path);
        w.name("path").string(&path(context, input.protocol));
        w.name("httpMethod").string(&context.http_method);
        let same_name = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        write_last(w.name("headers"), &fields, same_name);
        if !is_http {
            write_all(w.name("multiValueHeaders"), &fields, same_name);
        }
        write_last(w.name("queryStringParameters"), &query, |a, b| a == b);
        if !is_http {
            write_all(w.name("multiValueQueryStringParameters"), &query, |a, b| a == b);
        }
        w.name("pathParameters").object(|w| {
            context.path_parameters.iter().for_each(|(name, value)| w.name(name).string(value));
        });
        w.name("stageVariables").object(|w| {
            input.stage_variables.iter().for_each(|(name, value)| w.name(name).string(value));
        });
        w.name("requestContext").object(|w| match is_http {
            true => http_context(w, context),
            false => rest_context(w, context),
        });
    });
    w.into_bytes()
}

/// Format 2.0 of an HTTP API.
pub(crate) fn request_event_v2(
    input: &EventInput<'_>,
    route_arn: &str,
    identity: &[&str],
) -> Vec<u8> {
    let mut w = JsonWriter::with_capacity(2_048);
    w.object(|w| {
        w.name("version").string("2.0");
        w.name("type").string("REQUEST");
        w.name("routeArn").string(route_arn);
        match identity {
            [] => w.name("identitySource").null(),
            values => w.name("identitySource").array(|w| values.iter().for_each(|v| w.string(v))),
        }
        write_request(w, input);
    });
    w.into_bytes()
}

/// The last value of each name. Unlike an integration's event, this one has empty objects.
fn write_last(w: &mut JsonWriter, sorted: &[Pair<'_>], is_same: impl Fn(&str, &str) -> bool) {
    w.object(|w| {
        for group in sorted.chunk_by(|(a, _), (b, _)| is_same(a, b)) {
            w.name(&group[0].0).string(&group[group.len() - 1].1);
        }
    });
}

/// All values of each name.
fn write_all(w: &mut JsonWriter, sorted: &[Pair<'_>], is_same: impl Fn(&str, &str) -> bool) {
    w.object(|w| {
        for group in sorted.chunk_by(|(a, _), (b, _)| is_same(a, b)) {
            w.name(&group[0].0).array(|w| group.iter().for_each(|(_, value)| w.string(value)));
        }
    });
}
