//! `edgeway test-invoke`: AWS's TestInvokeMethod, JSON in and JSON out.
//!
//! "TestInvokeMethod", Amazon API Gateway API reference. As there the method is invoked without its
//! authorizer, API key, resource policy or limits, at a stage of its own; it is the one that `resourceId` and
//! `httpMethod` name, whatever path and fields are given.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use gateway_core::definition::{Api, Authorization, Method, Protocol, Snapshot, Stage};
use gateway_core::execution_log::{Detail, events};
use gateway_core::time::java_date;
use gateway_core::transcript::{Entry, Event, Transcript};
use serde::Deserialize;
use serde_json::json;

use super::explain::{Served, failed, read};
use super::serve::start_log;
use super::{count_warnings, print_refused};
use crate::alone::{self, Answered, Asked, Client, Connection};
use crate::settings::Settings;

/// AWS's name of the stage that tests run at.
const STAGE: &str = "test-invoke-stage";

#[derive(Debug, Args)]
#[command(override_usage = "\
edgeway test-invoke [OPTIONS] <OPENAPI> <INPUT>
       edgeway test-invoke [OPTIONS] --config <FILE> <INPUT>")]
pub(super) struct TestInvokeArguments {
    #[command(flatten)]
    served: Served,
    /// An OpenAPI definition, unless `--config` is given; and the request in JSON, as `aws apigateway
    /// test-invoke-method --cli-input-json` takes it, where `-` is standard input
    #[arg(value_names = ["OPENAPI", "INPUT"], num_args = 1..=2, required = true)]
    positional: Vec<String>,
}

/// TestInvokeMethod's request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Input {
    rest_api_id: String,
    resource_id: String,
    http_method: String,
    path_with_query_string: String,
    body: String,
    headers: BTreeMap<String, String>,
    multi_value_headers: BTreeMap<String, Vec<String>>,
    client_certificate_id: Option<String>,
    stage_variables: Option<BTreeMap<String, String>>,
}

/// Invokes the method and prints the answer.
pub(super) fn test_invoke(arguments: &TestInvokeArguments) -> ExitCode {
    start_log();
    match invoke(arguments) {
        Ok(answer) => {
            show!("{answer:#}");
            ExitCode::SUCCESS
        }
        Err(code) => code,
    }
}

fn invoke(arguments: &TestInvokeArguments) -> Result<serde_json::Value, ExitCode> {
    let (origin, left) = arguments
        .served
        .origin(&arguments.positional, "INPUT")
        .map_err(|reason| failed(&reason))?;
    let [name] = left else { return Err(failed("say one input: a file, or `-`")) };
    let bytes = match name.as_str() {
        "-" => read(std::io::stdin(), "standard input"),
        _ => std::fs::File::open(name)
            .map_err(|error| format!("{name}: {error}"))
            .and_then(|file| read(file, name)),
    };
    let input = bytes.and_then(|bytes| {
        serde_json::from_slice::<Input>(&bytes).map_err(|error| format!("{name}: {error}"))
    });
    let input = input.map_err(|reason| failed(&reason))?;
    let built = origin.build().map_err(|refused| print_refused(&refused))?;
    count_warnings(&built.warnings);
    let (snapshot, asked) = prepare(&built.snapshot, &input).map_err(|reason| failed(&reason))?;
    let settings = Settings::new(&built.config, None);
    let answered = alone::answer(&snapshot, settings, &asked);
    let answered = answered.map_err(|error| failed(&error.to_string()))?;
    Ok(answer(&answered))
}

/// The API with the method alone, at a stage of its own, and the request to it.
fn prepare(snapshot: &Snapshot, input: &Input) -> Result<(Snapshot, Asked), String> {
    if input.client_certificate_id.is_some() {
        return Err("`clientCertificateId` is not supported yet: client certificates".into());
    }
    let rest = |api: &&Api| api.protocol == Protocol::Rest;
    let api = find_api(snapshot.apis.iter().filter(rest), &input.rest_api_id)?;
    let deployed = api.stages.first().map_or(0, |stage| stage.deployment as usize);
    let mut deployment = api.deployments.get(deployed).cloned().ok_or("it has no deployment")?;
    let stages = api.stages.iter().map(|stage| stage.stage_name.as_str());
    let mut method = find_method(&deployment.methods, stages, input)?.clone();
    method.authorization = Authorization::None;
    method.api_key_required = false;
    let path = match input.path_with_query_string.as_str() {
        "" => method.resource_path.clone(),
        path => slashed(path).into_owned(),
    };
    deployment.methods = vec![method];
    deployment.policy = None;
    deployment.endpoint_type = Default::default();
    let first = api.stages.first().map(|stage| stage.variables.clone()).unwrap_or_default();
    let stage = Stage {
        stage_name: STAGE.into(),
        variables: input.stage_variables.clone().unwrap_or(first),
        is_test_invoke: true,
        ..Stage::default()
    };
    let api = Api {
        deployments: vec![deployment],
        stages: vec![stage],
        disable_execute_api_endpoint: false,
        ..api.clone()
    };
    let snapshot = Snapshot {
        apis: vec![api],
        domain_names: Vec::new(),
        private_endpoints: Vec::new(),
        ..snapshot.clone()
    };
    let multi = input.multi_value_headers.iter();
    let multi = multi.flat_map(|(name, values)| values.iter().map(|v| (name.clone(), v.clone())));
    let single = input.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    // Nor does a host named among them lead anywhere: the method is known.
    let is_host = |name: &str| name.eq_ignore_ascii_case("host");
    let fields = single.chain(multi).filter(|(name, _)| !is_host(name));
    let asked = Asked {
        method: input.http_method.to_ascii_uppercase(),
        target: format!("/{STAGE}{}", encoded(&path)),
        fields: fields.collect(),
        content: input.body.clone().into_bytes(),
        is_complete: true,
        connection: Connection::default(),
        client: Client::default(),
    };
    Ok((snapshot, asked))
}

/// The REST API of this id. AWS's own id of the only one there is, which a definition need not tell, is
/// as good.
fn find_api<'s>(apis: impl Iterator<Item = &'s Api>, id: &str) -> Result<&'s Api, String> {
    let apis: Vec<&Api> = apis.collect();
    let ids = || apis.iter().map(|api| api.id.as_str()).collect::<Vec<_>>().join(", ");
    match (&apis[..], apis.iter().find(|api| api.id == id)) {
        ([], _) => Err("HTTP APIs have no TestInvokeMethod: `edgeway explain` asks them".into()),
        (_, Some(api)) | ([api], None) => Ok(api),
        _ if id.is_empty() => {
            Err(format!("`restApiId` is missing: there are several REST APIs: {}", ids()))
        }
        _ => Err(format!("there is no REST API `{id}`, only {}", ids())),
    }
}

/// The method of a resource: by its id here, by its path, or by what path is asked for. Ids that AWS drew
/// are in no definition: there the path decides.
fn find_method<'m, 's>(
    methods: &'m [Method],
    mut stages: impl Iterator<Item = &'s str>,
    input: &Input,
) -> Result<&'m Method, String> {
    let of_one = || methods.iter().map(|method| &*method.resource_path).next().unwrap_or("/");
    if input.http_method.is_empty() {
        return Err("`httpMethod` is missing".into());
    }
    if input.resource_id.is_empty() && input.path_with_query_string.is_empty() {
        return Err(format!("`resourceId` is missing: a resource's path, such as {}", of_one()));
    }
    let path = input.path_with_query_string.split('?').next().unwrap_or_default();
    let path = if path.is_empty() { path.into() } else { slashed(path) };
    let (path, id) = (&*path, input.resource_id.as_str());
    let of = |is_meant: &dyn Fn(&Method) -> bool| {
        let meant = || methods.iter().filter(|method| is_meant(method));
        let is_verb = |verb: &str| verb.eq_ignore_ascii_case(&input.http_method);
        let named =
            meant().find(|method| method.http_method != "ANY" && is_verb(&method.http_method));
        // `ANY` is what a method is called, and not what is sent.
        named.or_else(|| meant().find(|method| method.verbs().iter().any(|verb| is_verb(verb))))
    };
    let is_known = |method: &Method| method.resource_id == id || method.resource_path == id;
    if methods.iter().any(is_known) {
        let found = of(&is_known);
        return found.ok_or_else(|| no_method(&input.http_method, id));
    }
    let resource = methods.iter().map(|method| method.resource_path.as_str());
    let matched = resource.filter_map(|of| Some((matched(of, path)?, of))).min();
    let found = matched.and_then(|(_, resource)| of(&|method| method.resource_path == resource));
    found.ok_or_else(|| match (id, path) {
        (id, "") if id.starts_with('/') => no_method(&input.http_method, id),
        (id, "" | "/") if !id.is_empty() => format!(
            "no resource has the id `{id}`: AWS's ids are in no definition. Write the resource's path as \
             `resourceId`, such as {}, or a `pathWithQueryString`",
            of_one()
        ),
        _ => {
            let told = no_method(&input.http_method, path);
            let first = path.split('/').nth(1).unwrap_or_default();
            match stages.any(|stage| stage == first) {
                true => format!("{told}: paths are told without the stage here"),
                false => told,
            }
        }
    })
}

fn no_method(verb: &str, resource: &str) -> String {
    format!("there is no method {verb} of resource `{resource}`")
}

fn slashed(path: &str) -> Cow<'_, str> {
    if path.starts_with('/') { path.into() } else { format!("/{path}").into() }
}

/// How a path is one of a resource, segment by segment, the best first: as it is, as a variable, as a
/// greedy one.
fn matched(resource: &str, path: &str) -> Option<Vec<u8>> {
    let (mut wanted, mut given) = (resource.split('/'), path.split('/'));
    let mut how = Vec::new();
    loop {
        let kind = match (wanted.next(), given.next()) {
            (None, None) => return Some(how),
            (Some(greedy), Some(_)) if greedy.ends_with("+}") => {
                how.push(2);
                return Some(how);
            }
            (Some(same), Some(given)) if same == given => 0,
            (Some(variable), Some(given)) if variable.starts_with('{') && !given.is_empty() => 1,
            _ => return None,
        };
        how.push(kind);
    }
}

/// A path may hold what a request line cannot. The braces of `{petId}`, where none is given, it can; a query
/// cannot ("Important notes for REST APIs").
fn encoded(path: &str) -> String {
    let mut is_query = false;
    path.chars().fold(String::new(), |mut encoded, c| {
        is_query |= c == '?';
        let is_brace = is_query && matches!(c, '{' | '}');
        match c.is_ascii_graphic() && !is_brace && !"\"<>\\^`|#".contains(c) {
            true => encoded.push(c),
            false => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    encoded.push_str(&format!("%{byte:02X}"));
                }
            }
        }
        encoded
    })
}

/// TestInvokeMethod's response.
fn answer(answered: &Answered) -> serde_json::Value {
    let explained = &answered.explained;
    let mut single = BTreeMap::new();
    let mut multi: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    // What frames the answer and names the request is not the method's.
    let own = ["content-length", "date", "x-amzn-requestid", "x-amz-apigw-id", "connection"];
    // Recorded from the real service: of what failed only the kind of the error is told.
    let is_failure = |entry: &Entry| matches!(entry.event, Event::Failed { .. });
    let has_failed = explained.transcript.entries.iter().any(is_failure);
    let is_told = |name: &str| match has_failed {
        true => name == "x-amzn-errortype",
        false => !own.contains(&name),
    };
    for (name, value) in answered.fields.iter().filter(|(name, _)| is_told(name)) {
        let name = shown_name(&explained.transcript, name);
        single.insert(name, value.as_str());
        multi.entry(name).or_default().push(value);
    }
    json!({
        "status": explained.status,
        "body": String::from_utf8_lossy(&answered.content),
        "headers": single,
        "multiValueHeaders": multi,
        "log": log(&explained.transcript),
        "latency": explained.latency_ms,
    })
}

/// A field's name as the pipeline spells it: on the wire it is lower case.
fn shown_name<'n>(transcript: &'n Transcript, name: &'n str) -> &'n str {
    let responded = transcript.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Responded { headers, .. } => Some(headers),
        _ => None,
    });
    let spelled = responded.and_then(|h| h.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)));
    spelled.map_or(name, |(name, _)| name)
}

fn log(transcript: &Transcript) -> String {
    let id = transcript.entries.iter().find_map(|entry| match &entry.event {
        Event::Arrived { request_id, .. } => Some(request_id.as_str()),
        _ => None,
    });
    let mut log = format!("Execution log for request {}\n", id.unwrap_or_default());
    let detail = Detail { data_trace_enabled: true, is_of_stage: false };
    for event in events(transcript, detail) {
        log.push_str(&format!("{} : {}\n", java_date(event.now), event.text));
    }
    log
}

#[cfg(test)]
mod tests;
