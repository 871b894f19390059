//! `uri` of an integration: a URL, or a Lambda function.

use alloc::{format, string::String, string::ToString, vec::Vec};

use super::super::document::At;
use super::super::{DefinitionError, IntegrationType};
use super::intrinsics::EXPORT;
use super::mapping::is_variable;
use super::paths::ResourcePath;
use super::reading::Reading;
use crate::gateway::aws_endpoint::AwsEndpoint;
use crate::gateway::function::{INVOCATION, STREAMING_INVOCATION};
use crate::gateway::service::{self, Action};
use crate::transcript::shown_url;

/// Reads and checks the `uri` of a proxy integration.
pub(super) fn read<'d>(
    reading: &Reading<'d>,
    integration: &At<'d>,
    integration_type: IntegrationType,
    is_private: bool,
    is_streamed: bool,
    path: &ResourcePath,
) -> Option<String> {
    let at = reading.required(integration, "uri")?;
    let (uri, shape) = text_and_shape(reading, &at)?;
    match integration_type {
        IntegrationType::AwsProxy => function(reading, &at, uri, &shape, is_streamed),
        IntegrationType::Aws => match is_lambda(&shape) {
            true => function(reading, &at, uri, &shape, false),
            false => service(reading, &at, integration, uri, &shape),
        },
        _ if is_private && !reading.is_rest() => private(reading, &at, uri, &shape),
        _ => {
            check_url(reading, &at, integration, &shape, path);
            Some(uri.into())
        }
    }
}

/// Reads and checks a URI that names a Lambda function: an `authorizerUri`.
pub(super) fn read_function<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<String> {
    let (uri, shape) = text_and_shape(reading, at)?;
    function(reading, at, uri, &shape, false)
}

/// A URI, and what it looks like whatever stage variables stand for.
fn text_and_shape<'d>(reading: &Reading<'d>, at: &At<'d>) -> Option<(&'d str, String)> {
    let uri = reading.string(at)?;
    match without_variables(uri) {
        Ok((shape, others)) => {
            for name in others {
                let message =
                    format!("`${{{name}}}` is sent as it stands: it is no stage variable");
                let warning = DefinitionError::warning(at.source(), message);
                reading.note(warning.help("write `${stageVariables.NAME}`"));
            }
            Some((uri, shape))
        }
        Err(reason) => {
            let help =
                if uri.contains("${AWS::") { EXPORT } else { "write `${stageVariables.NAME}`" };
            reading.error_with(at, format!("`{}`: {reason}", shown_url(uri)), help);
            None
        }
    }
}

/// Stands for the value of a stage variable, which may be anything.
const VARIABLE: char = '\u{1}';

/// Stands for `${…}` that is no stage variable: a path and a query have it, no host and no ARN do.
const OTHER: char = '!';

/// The URI with [`VARIABLE`] in the places of stage variables, and the names of what only looks like
/// one: the real service takes it, and leaves it as it is.
fn without_variables(uri: &str) -> Result<(String, Vec<&str>), String> {
    let mut shape = String::new();
    let mut others = Vec::new();
    let mut rest = uri;
    while let Some((before, reference)) = rest.split_once("${") {
        let Some((name, after)) = reference.split_once('}') else {
            return Err("`${` without `}`".into());
        };
        shape.push_str(before);
        match name.strip_prefix("stageVariables.") {
            Some(variable) if is_variable(variable) => shape.push(VARIABLE),
            None if is_variable(name) => {
                others.push(name);
                shape.push(OTHER);
            }
            _ => return Err(format!("`${{{name}}}` is not a stage variable")),
        }
        rest = after;
    }
    shape.push_str(rest);
    Ok((shape, others))
}

/// Reads the ARN that a private integration of an HTTP API is one with.
fn private<'d>(reading: &Reading<'d>, at: &At<'d>, uri: &str, shape: &str) -> Option<String> {
    if !is_private_arn(shape) {
        // What the real service says.
        let message = "For VpcLink VPC_LINK, integration uri should be a valid ELB listener ARN or \
                       a valid Cloud Map service ARN.";
        let help = "arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/… or \
                    arn:aws:servicediscovery:REGION:ACCOUNT:service/…";
        reading.error_with(at, message, help);
        return None;
    }
    Some(uri.into())
}

fn is_private_arn(shape: &str) -> bool {
    let parts: Vec<&str> = shape.splitn(6, ':').collect();
    let [arn, _, service, _, _, resource] = parts[..] else { return shape.starts_with(VARIABLE) };
    let names = |kind: &str| {
        resource.strip_prefix(kind).is_some_and(|name| !name.is_empty())
            || resource.contains(VARIABLE)
    };
    arn == "arn"
        && match service {
            "elasticloadbalancing" => names("listener/"),
            "servicediscovery" => names("service/"),
            _ => service.contains(VARIABLE),
        }
}

fn check_url<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration: &At<'d>,
    shape: &str,
    path: &ResourcePath,
) {
    if let Err(reason) = url(shape) {
        let shown = shown_url(at.as_str().unwrap_or_default());
        return reading.error(at, format!("`{shown}` is not a URL: {reason}"));
    }
    for name in placeholders(shape) {
        let is_filled = match reading.is_rest() {
            // REST: only what is mapped.
            true => is_mapped(integration, name),
            false => path.variables.iter().any(|v| v == name.trim_end_matches('+')),
        };
        if !is_filled {
            let why = match reading.is_rest() {
                true => format!("no parameter is mapped to integration.request.path.{name}"),
                false => format!("`{}` has no such variable", path.text),
            };
            reading.warning(at, format!("`{{{name}}}` is sent as it stands: {why}"));
        }
    }
}

/// `http` or `https`, a host, and characters that a URL may have.
fn url(shape: &str) -> Result<(), String> {
    let is_url_character =
        |c: char| c == VARIABLE || c.is_ascii_graphic() && !"\"#<>\\^`|".contains(c);
    if let Some(c) = shape.chars().find(|c| !is_url_character(*c)) {
        return Err(format!("{c:?} must be percent-encoded"));
    }
    if shape.matches('{').count() != placeholders(shape).count()
        || shape.matches('}').count() != placeholders(shape).count()
    {
        return Err("a brace without its other half".into());
    }
    let Some((scheme, rest)) = shape.split_once("://") else {
        // The scheme may be part of a variable's value.
        return match shape.starts_with(VARIABLE) {
            true => Ok(()),
            false => Err("it does not begin with `https://` or `http://`".into()),
        };
    };
    if !scheme.contains(VARIABLE)
        && !scheme.eq_ignore_ascii_case("http")
        && !scheme.eq_ignore_ascii_case("https")
    {
        return Err(format!("`{scheme}` is neither http nor https"));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("it may not hold a user name".into());
    }
    if authority.contains(VARIABLE) {
        return Ok(());
    }
    let (host, port) = match authority.rsplit_once(':').filter(|(host, _)| !ends_in_ipv6(host)) {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b);
    if host.is_empty() || !host.bytes().all(is_host) {
        return Err(format!("`{authority}` is not a host"));
    }
    match port {
        Some(port) if port.parse::<u16>().is_err() || port.starts_with('+') => {
            Err(format!("`{port}` is not a port"))
        }
        _ => Ok(()),
    }
}

/// Whether a colon after this text belongs to an IPv6 address: `[::1`.
fn ends_in_ipv6(host: &str) -> bool {
    host.starts_with('[') && !host.ends_with(']')
}

/// The names in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| {
        let name = rest.split_once('}')?.0;
        (!name.is_empty()).then_some(name)
    })
}

/// Whether an `aws` integration's URI invokes a function, or names what only a stage knows.
fn is_lambda(shape: &str) -> bool {
    shape.starts_with(VARIABLE) || !service::is_service(shape)
}

/// Reads the URI of another service's path or action.
fn service<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    integration: &At<'d>,
    uri: &str,
    shape: &str,
) -> Option<String> {
    // A variable may stand for anything: `x` is right wherever it does.
    match service::parse(&shape.replace(VARIABLE, "x")) {
        Ok((endpoint, _, action)) => {
            warn_of_unmapped(reading, at, integration, shape);
            warn_of_protocol(reading, at, &endpoint, action.as_ref());
            warn_of_invocation(reading, at, shape);
            Some(uri.into())
        }
        // A variable for several parts of the ARN is known when a stage is deployed.
        Err(_) if shape.contains(VARIABLE) => Some(uri.into()),
        Err(reason) => {
            reading.error(at, format!("`{uri}` names no action of a service: {reason}"));
            None
        }
    }
}

/// An action of a service that has none: all but paths are asked for by the query protocol.
fn warn_of_protocol<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    endpoint: &AwsEndpoint,
    action: Option<&Action>,
) {
    if let Some(action) = action.filter(|action| !action.is_known()) {
        let (service, name) = (&endpoint.signing_name, &action.name);
        let message = format!(
            "`{service}` is asked by the query protocol (`Action={name}`), which it is not known to speak"
        );
        let warning = DefinitionError::warning(at.source(), message);
        reading.note(warning.help("name what the action's reference page has: `path/…`"));
    }
}

/// What nearly invokes a function.
fn warn_of_invocation<'d>(reading: &Reading<'d>, at: &At<'d>, shape: &str) {
    let path = shape.split_once(":lambda:path/").and_then(|(_, path)| path.split('?').next());
    let last = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    if last.starts_with("invocation") || last.starts_with("response-streaming-invocation") {
        let message = "it is a request to Lambda's own API, but no invocation of a function: its \
                       answer is selected by status";
        let warning = DefinitionError::warning(at.source(), message);
        reading.note(warning.help(invocation_form(reading, INVOCATION)));
    }
}

/// Placeholders of a REST API's URI to which nothing is mapped.
fn warn_of_unmapped<'d>(reading: &Reading<'d>, at: &At<'d>, integration: &At<'d>, shape: &str) {
    for name in placeholders(shape) {
        if !is_mapped(integration, name) {
            let why = format!("no parameter is mapped to integration.request.path.{name}");
            reading.warning(at, format!("`{{{name}}}` is sent as it stands: {why}"));
        }
    }
}

/// Whether a path parameter of the integration request is mapped, or may be set by a template.
fn is_mapped(integration: &At<'_>, name: &str) -> bool {
    let target = format!("integration.request.path.{name}");
    let mappings = integration.get("requestParameters");
    let templates = integration.get("requestTemplates");
    let mut templates = templates.iter().flat_map(|templates| templates.members());
    mappings.is_some_and(|mappings| mappings.get(&target).is_some())
        || templates.any(|(_, text)| text.as_str().is_some_and(|text| overrides_path(text, name)))
}

/// `$context.requestOverride.path.name`, `$context.requestOverride.path["name"]`
fn overrides_path(template: &str, name: &str) -> bool {
    template.split("requestOverride.path").skip(1).any(|rest| {
        let rest = rest.trim_start_matches(['.', '[', '(', '"', '\'', ' ']);
        let after = rest
            .strip_prefix("put")
            .map_or(rest, |rest| rest.trim_start_matches(['(', '"', '\'', ' ']));
        let ends =
            |after: &str| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        [rest, after].into_iter().any(|rest| rest.strip_prefix(name).is_some_and(ends))
    })
}

/// Reads a Lambda function's invocation URI, or (HTTP APIs) its ARN. A streamed response has a URI of
/// its own, and each goes with its mode alone.
fn function<'d>(
    reading: &Reading<'d>,
    at: &At<'d>,
    uri: &str,
    shape: &str,
    is_streamed: bool,
) -> Option<String> {
    let [ours, other] = match is_streamed {
        true => [STREAMING_INVOCATION, INVOCATION],
        false => [INVOCATION, STREAMING_INVOCATION],
    };
    let form = invocation_form(reading, ours);
    let refuse = |message: String| {
        reading.error_with(at, message, form.clone());
        None
    };
    let parts: Vec<&str> = shape.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "lambda", region, ..] => {
            if let Err(reason) = function_arn(shape) {
                return refuse(format!("`{uri}` is not the ARN of a Lambda function: {reason}"));
            }
            if reading.is_rest() {
                return refuse("a REST API names a function by its invocation URI".into());
            }
            let region = if region.contains(VARIABLE) { reading.region } else { region };
            let partition = if partition.contains(VARIABLE) { "aws" } else { partition };
            let service = format!("arn:{partition}:apigateway:{region}:lambda:path");
            Some(format!("{service}/2015-03-31/functions/{uri}/invocations"))
        }
        ["arn", _, "apigateway", _, service, action] => {
            if service != "lambda" {
                return refuse(format!("`aws_proxy` calls Lambda functions, not `{service}`"));
            }
            let path = action.strip_prefix("path/").map(|path| path.trim_start_matches('/'));
            let of = |(start, end)| path?.strip_prefix(start)?.strip_suffix(end);
            let Some(function): Option<&str> = of(ours) else {
                return refuse(match (of(other), is_streamed) {
                    (None, _) => format!("`{}` does not invoke a Lambda function", shown_url(uri)),
                    (_, true) => "a streamed response needs a streaming invocation".into(),
                    (_, false) => {
                        "a streaming invocation needs `responseTransferMode: STREAM`".into()
                    }
                });
            };
            match function_arn(function) {
                Ok(()) => Some(uri.into()),
                Err(reason) => refuse(format!("`{uri}` names no Lambda function: {reason}")),
            }
        }
        _ if shape.starts_with(VARIABLE) => Some(uri.into()),
        _ => refuse(format!("`{}` names no Lambda function", shown_url(uri))),
    }
}

fn invocation_form(reading: &Reading<'_>, (start, end): (&str, &str)) -> String {
    let region = reading.region;
    format!(
        "it has the form arn:aws:apigateway:{region}:lambda:path/{start}arn:aws:lambda:{region}:ACCOUNT:function:NAME{end}"
    )
}

/// `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`; a stage variable may stand for
/// any part, or for several.
fn function_arn(arn: &str) -> Result<(), String> {
    let parts: Vec<&str> = arn.split(':').collect();
    if arn.starts_with(VARIABLE) {
        return Ok(());
    }
    let is = |index: usize, wanted: &str| {
        parts.get(index).is_some_and(|part| *part == wanted || part.contains(VARIABLE))
    };
    if !is(0, "arn") || !is(2, "lambda") {
        return Err("it does not begin with `arn:aws:lambda:`".into());
    }
    let Some(account) = parts.get(4) else { return Err("it ends too early".into()) };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if !is_account && !account.contains(VARIABLE) {
        return Err(format!("the account `{account}` has not twelve digits"));
    }
    if !is(5, "function") {
        return Err("`function:` is missing".into());
    }
    let is_plain = |part: &&str| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_$.".contains(c) || c == VARIABLE;
        !part.is_empty() && part.chars().all(is_name)
    };
    let names = parts.get(6..).unwrap_or_default();
    match names.len() {
        0 => Err("the function's name is missing".into()),
        1 | 2 if names.iter().all(is_plain) => Ok(()),
        1 | 2 => Err("the function's name has a character that none has".to_string()),
        _ => Err("it goes on after the function's qualifier".into()),
    }
}

#[cfg(test)]
mod tests;
