//! Lambda authorizers: `x-amazon-apigateway-authorizer` of the types `token` and `request`.
//!
//! AWS: "x-amazon-apigateway-authorizer object", "Configure a Lambda authorizer", "Control access to
//! HTTP APIs with AWS Lambda authorizers".

use alloc::{format, string::String, vec::Vec};

use super::super::document::At;
use super::super::{DefinitionError, LambdaAuthorizer, LambdaAuthorizerType, PayloadFormat};
use super::authorizer::MEMBERS;
use super::cors::is_field_name;
use super::reading::Reading;
use super::{credentials, uri};
use crate::context::Variable;
use crate::limits::{AUTHORIZER_RESULT_S_DEFAULT, AUTHORIZER_RESULT_S_MAX};

/// Reads a Lambda authorizer; `scheme` is the security scheme that it belongs to.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    scheme: &At<'d>,
    at: &At<'d>,
    authorizer_type: LambdaAuthorizerType,
) -> Option<LambdaAuthorizer> {
    reading.members_known(at, &MEMBERS);
    let uri = reading.required(at, "authorizerUri");
    let uri = uri.and_then(|at| uri::read_function(reading, &at));
    let identity_source = match (at.get("identitySource"), authorizer_type) {
        (Some(at), _) => identity_sources(reading, &at),
        (None, LambdaAuthorizerType::Token) => token_field(reading, scheme).into_iter().collect(),
        (None, LambdaAuthorizerType::Request) => Vec::new(),
    };
    if authorizer_type == LambdaAuthorizerType::Token {
        check_token_source(reading, at, &identity_source);
    }
    let validation = at.get("identityValidationExpression");
    let validation = validation.and_then(|at| validation_expression(reading, &at, authorizer_type));
    let (payload_format, enable_simple_responses) = match reading.is_rest() {
        true => (PayloadFormat::V1, false),
        false => http_formats(reading, at),
    };
    let credentials = at.get("authorizerCredentials");
    let credentials = credentials.and_then(|at| credentials::role(reading, &at));
    let result_ttl_s = result_ttl_s(reading, at, &identity_source);
    Some(LambdaAuthorizer {
        authorizer_type,
        uri: uri?,
        result_ttl_s,
        identity_source,
        identity_validation_expression: validation,
        payload_format,
        enable_simple_responses,
        credentials,
    })
}

/// The field that a TOKEN authorizer's scheme names.
fn token_field<'d>(reading: &Reading<'d>, scheme: &At<'d>) -> Option<String> {
    let name = reading.required(scheme, "name")?;
    let name = reading.string(&name)?;
    Some(format!("method.request.header.{name}"))
}

/// A TOKEN authorizer hands over one field's value.
fn check_token_source<'d>(reading: &Reading<'d>, at: &At<'d>, sources: &[String]) {
    let is_field =
        |source: &String| source.strip_prefix("method.request.header.").is_some_and(is_field_name);
    if !matches!(sources, [source] if is_field(source)) {
        let help = "it has the form `method.request.header.NAME`";
        let message = "a TOKEN authorizer has one header for its identity source";
        reading.error_with(at, message, help);
    }
}

/// One string with commas, or an array.
fn identity_sources<'d>(reading: &Reading<'d>, at: &At<'d>) -> Vec<String> {
    let sources: Vec<String> = match at.as_str() {
        Some(text) => {
            text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(Into::into).collect()
        }
        None => reading.strings(at),
    };
    for source in &sources {
        if !is_identity_source(source, reading.is_rest()) {
            let help = match reading.is_rest() {
                true => {
                    "it has the form `method.request.header.NAME`, `method.request.querystring.NAME`, \
                     `stageVariables.NAME` or `context.NAME`"
                }
                false => {
                    "it has the form `$request.header.NAME`, `$request.querystring.NAME`, \
                     `$stageVariables.NAME` or `$context.NAME`"
                }
            };
            reading.error_with(at, format!("`{source}` is not an identity source"), help);
        }
    }
    sources
}

fn is_identity_source(source: &str, is_rest: bool) -> bool {
    let (own, request) = if is_rest { ("", "method.request.") } else { ("$", "$request.") };
    if let Some((place, name)) = source.strip_prefix(request).and_then(|s| s.split_once('.')) {
        return match place {
            "header" => is_field_name(name),
            "querystring" => !name.is_empty(),
            _ => false,
        };
    }
    match source.strip_prefix(own).and_then(|source| source.split_once('.')) {
        Some(("stageVariables", name)) => {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        }
        Some(("context", name)) => Variable::parse(name).is_some(),
        _ => false,
    }
}

fn validation_expression<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    authorizer_type: LambdaAuthorizerType,
) -> Option<String> {
    let expression = reading.string(at)?;
    if authorizer_type == LambdaAuthorizerType::Request {
        reading.warning(at, "only TOKEN and Cognito authorizers have a validation expression");
        return None;
    }
    if expression.is_empty() {
        return None;
    }
    if regex_lite::Regex::new(expression).is_err() {
        reading.error(at, format!("`{expression}` is not a regular expression"));
    }
    Some(expression.into())
}

/// Payload format and whether answers are simple, of an HTTP API.
fn http_formats<'d>(reading: &Reading<'d>, at: &At<'d>) -> (PayloadFormat, bool) {
    let format_at = reading.required(at, "authorizerPayloadFormatVersion");
    let version = format_at.as_ref().and_then(|at| reading.text(at));
    let payload_format = match version {
        Some("1.0" | "1") => PayloadFormat::V1,
        Some("2.0" | "2") | None => PayloadFormat::V2,
        Some(other) => {
            let message = format!("`{other}` is not known here");
            let at = format_at.as_ref().unwrap_or(at);
            reading.error_with(at, message, "it is 1.0 or 2.0");
            PayloadFormat::V2
        }
    };
    let simple = at.get("enableSimpleResponses");
    let is_simple = simple.as_ref().and_then(|at| reading.boolean(at)).unwrap_or(false);
    if let Some(at) = simple.filter(|_| is_simple && payload_format == PayloadFormat::V1) {
        let help = "set `authorizerPayloadFormatVersion` to 2.0";
        reading.error_with(&at, "format 1.0 has no simple responses", help);
    }
    (payload_format, is_simple)
}

/// REST APIs remember results for five minutes unless they say otherwise. For HTTP APIs no default
/// is documented: there nothing is remembered that nobody asked for.
fn result_ttl_s<'d>(reading: &Reading<'d>, at: &At<'d>, identity_source: &[String]) -> u32 {
    let set = at.get("authorizerResultTtlInSeconds");
    let ttl_s = set.as_ref().and_then(|at| {
        let ttl_s = reading.integer(at, 0..=i64::from(AUTHORIZER_RESULT_S_MAX))?;
        u32::try_from(ttl_s).ok()
    });
    if let Some(at) = set.filter(|_| identity_source.is_empty() && ttl_s.is_some_and(|s| s > 0)) {
        let help = "add `identitySource`, or set it to 0";
        reading.error_with(
            &at,
            "results are remembered by identity sources, and there are none",
            help,
        );
    }
    if ttl_s.is_none() && identity_source.is_empty() && reading.is_rest() {
        let message = "AWS refuses this: results are remembered for 300 seconds by identity sources, and there are none";
        let help = "add `identitySource`, or set `authorizerResultTtlInSeconds` to 0";
        reading.note(DefinitionError::refused(at.source(), message).help(help));
    }
    match (ttl_s, reading.is_rest()) {
        _ if identity_source.is_empty() => 0,
        (Some(ttl_s), _) => ttl_s,
        (None, true) => AUTHORIZER_RESULT_S_DEFAULT,
        (None, false) => 0,
    }
}
