//! The conformance cases against the bare core, in memory: an answer within a second, before any
//! host is built. The hosts replay the same cases over the network (`tests/conformance`).
//!
//! `CASES=lambda cargo test -p tests --test exchange conformance` selects by file or name.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use gateway_core::definition::{Api, Protocol, Snapshot, Stage, json, openapi};
use gateway_core::effect::{Effect, EffectError, FunctionAnswer, Outcome, Taken};
use gateway_core::exchange::{Exchange, Next};
use gateway_core::gateway::Gateway;
use gateway_core::message::{
    Arrival, Content, ContentId, EndpointResponse, Field, FieldEdit, Fields, OutgoingFields,
    Request, Scheme, Seed, Timestamp, Version,
};
use gateway_core::time::http_date;
use tests::backend::{self, Answer, Received};
use tests::case::{self, Case, Kind};
use tests::client::Response;
use tests::json::Json;
use tests::setup::API_ID;
use tests::world::Random;
use tests::{matcher, run, wire};

/// Where the cases' HTTP backend would be.
const HTTP_BACKEND: &str = "127.0.0.1:9";
/// Where nobody is.
const DEAD_BACKEND: &str = "127.0.0.1:1";

/// The files of which every case passes; left out are those that need tokens, and those whose
/// definition is refused as yet.
const WHOLE: [&str; 19] = [
    "http/http_cors",
    "http/http_event_v1",
    "http/http_event_v2",
    "http/http_import",
    "http/http_proxy",
    "http/http_response_v1",
    "http/http_response_v2",
    "http/http_routing",
    "http/http_stages",
    "rest/binary",
    "rest/gateway_responses",
    "rest/header_remapping",
    "rest/http",
    "rest/lambda_proxy_event",
    "rest/lambda_proxy_response",
    "rest/mock",
    "rest/routing",
    "rest/stage_variables",
    "rest/trace",
];

#[test]
fn the_bare_core_answers_as_aws_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/cases");
    let selection = std::env::var("CASES").unwrap_or_default();
    let (mut report, mut failed) = (BTreeMap::new(), Vec::new());
    for named in case::load(&folder).expect("the cases can be read") {
        let id = format!("{} {}", named.theme, named.case.name);
        if !id.contains(&selection)
            || (selection.is_empty() && !WHOLE.contains(&named.theme.as_str()))
        {
            continue;
        }
        let (passed, left_out) = report.entry(named.theme.clone()).or_insert((0, 0));
        match replay(&named.text) {
            None => *left_out += 1,
            Some(differences) if differences.is_empty() => *passed += 1,
            Some(differences) => failed.push(format!("{id}\n    {}", differences.join("\n    "))),
        }
    }
    for (theme, (passed, left_out)) in &report {
        println!("{theme}: {passed} pass, {left_out} left out");
    }
    assert!(failed.is_empty(), "{} cases fail:\n{}", failed.len(), failed.join("\n"));
}

/// What differs; `None` for a definition that is refused although the case does not want that.
fn replay(text: &Json) -> Option<Vec<String>> {
    let mut text = text.clone();
    let mut needs_tokens = false;
    text.map_strings(&mut |text| {
        needs_tokens |= text.contains("{{ISSUER}}") || text.contains("{{JWT");
        *text = text
            .replace("{{HTTP_BACKEND}}", &format!("http://{HTTP_BACKEND}"))
            .replace("{{HTTP_BACKEND_HOST}}", HTTP_BACKEND)
            .replace("{{DEAD_BACKEND}}", &format!("http://{DEAD_BACKEND}"));
    });
    let case = case::parse(&text).expect("it was read before");
    // The host makes AWS's services of their names, and signs.
    let needs_services = !case.backends.aws.members().is_empty();
    if needs_tokens || needs_services || case.kind == Kind::Websocket {
        return None;
    }
    let (gateway, stage_name) = match gateway(&case) {
        Ok(made) => made,
        Err(errors) => {
            let expression = case.rejects.as_ref()?;
            let found = matcher::found(expression, &errors).expect("a regular expression");
            return Some(if found { vec![] } else { vec![format!("refused with {errors}")] });
        }
    };
    if case.rejects.is_some() {
        return Some(vec!["the definition should have been refused".into()]);
    }
    let backends = Backends {
        http: Box::new(backend::http(case.backends.http.clone())),
        lambda: Box::new(backend::lambda(case.backends.lambda.clone(), &case.api)),
    };
    let mut random = Random::new(1);
    let mut differences = Vec::new();
    for (number, exchange) in case.exchanges.iter().enumerate() {
        let mut received = Vec::new();
        let request = run::request(&exchange.request, &stage_name);
        let response = serve(&gateway, request, &backends, &mut received, &mut random);
        let mut found = matcher::response(&exchange.expect, &response);
        if let Some(want) = &exchange.expect.backend {
            found.extend(matcher::backend(want, &received, false));
        }
        differences.extend(found.into_iter().map(|d| format!("exchange {}: {d}", number + 1)));
    }
    Some(differences)
}

type Behaviour = Box<dyn Fn(&mut Received) -> Answer>;

struct Backends {
    http: Behaviour,
    lambda: Behaviour,
}

fn gateway(case: &Case) -> Result<(Rc<Gateway>, String), String> {
    let protocol = if case.kind == Kind::Http { Protocol::Http } else { Protocol::Rest };
    let default_name = if case.kind == Kind::Http { "$default" } else { "test" };
    let told = |errors: Vec<gateway_core::definition::DefinitionError>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let document = json::read(&case.api.to_string()).map_err(|error| error.to_string())?;
    let imported = openapi::import(&document, protocol, "us-east-1").map_err(told)?;
    let name = case.stage.get("name").map(Json::text).filter(|name| !name.is_empty());
    let stage_name = name.unwrap_or_else(|| default_name.into());
    let variables = case.stage.get("variables").map(Json::members).unwrap_or_default();
    let mut deployment = imported.deployment;
    deployment.id = "d1".into();
    let stage = Stage {
        stage_name: stage_name.clone(),
        variables: variables.iter().map(|(name, value)| (name.clone(), value.text())).collect(),
        ..Stage::default()
    };
    let api = Api {
        id: API_ID.into(),
        name: imported.name,
        protocol,
        disable_execute_api_endpoint: imported.disable_execute_api_endpoint,
        deployments: vec![deployment],
        stages: vec![stage],
    };
    let snapshot = Snapshot::new("us-east-1", "000000000000", vec![api]);
    Ok((Rc::new(Gateway::compile(snapshot).map_err(told)?), stage_name))
}

/// What a host does: frames messages, holds content, carries effects out.
fn serve(
    gateway: &Rc<Gateway>,
    request: tests::client::Request,
    backends: &Backends,
    received: &mut Vec<Received>,
    random: &mut Random,
) -> Response {
    let is_head = request.method == "HEAD";
    let content =
        if request.content.is_empty() { Content::Empty } else { Content::Held(ContentId(0)) };
    let mut contents = vec![request.content];
    let fields: Fields =
        request.fields.iter().map(|(name, value)| Field::new(name, value)).collect();
    let now = Timestamp(1_760_000_000_000);
    let arrival = Arrival {
        now,
        seed: Seed(std::array::from_fn(|_| random.draw() as u8)),
        source_ip: "127.0.0.1".into(),
        scheme: Scheme::Http,
        port: 8080,
        vpc_endpoint_id: None,
        location: None,
        tls: None,
        is_explained: false,
        inspection: None,
        request: Request {
            method: request.method,
            target: request.target,
            version: Version::Http11,
            fields: fields.clone(),
            content,
        },
    };
    let mut base = Fields::new();
    let mut exchange = Exchange::begin(gateway.clone(), arrival);
    loop {
        let effect = match exchange.advance().expect("the contract is kept").next {
            Next::Perform(effect) => effect,
            Next::Respond(response) => {
                let content = held(response.content, &mut contents);
                let mut fields = response.fields.resolve(&base);
                if !fields.contains("date") {
                    fields.push("date", http_date(now));
                }
                if !matches!(response.status, 204 | 304) {
                    fields.push("content-length", content.len().to_string());
                }
                let fields = fields.iter().map(|f| (f.name.into(), f.value.into())).collect();
                let content = if is_head { Vec::new() } else { content };
                return Response { status: response.status, fields: wire::Fields(fields), content };
            }
        };
        let outcome = match effect {
            Effect::ReadContent(read) => {
                Outcome::ReadContent(Ok(contents[read.content.0 as usize].clone().into()))
            }
            Effect::TakeTokens(_) => Outcome::TakeTokens(Ok(Taken::All)),
            Effect::SendRequest(send) => {
                let sets_host = match &send.fields {
                    OutgoingFields::Complete(fields) => fields.contains("host"),
                    OutgoingFields::Edited(edits) => edits
                        .iter()
                        .any(|edit| matches!(edit, FieldEdit::Set(line) if line.name == "Host")),
                };
                let mut outgoing = send.fields.resolve(&fields);
                let rest = send.url.strip_prefix("http://").expect("a clear-text URL");
                let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if !sets_host {
                    outgoing.set("Host", authority);
                }
                let content = held(send.content, &mut contents);
                outgoing.set("Content-Length", content.len().to_string());
                if authority == DEAD_BACKEND {
                    Outcome::SendRequest(Err(EffectError::Unavailable("refused".into())))
                } else {
                    let answer = ask(
                        &backends.http,
                        &send.method,
                        target,
                        &outgoing,
                        content,
                        send.timeout_ms,
                        received,
                    );
                    Outcome::SendRequest(answer.map(|(status, fields, content)| {
                        base = fields.clone();
                        contents.push(content);
                        let id = contents.len() as u32 - 1;
                        EndpointResponse { status, fields, content: Content::Held(ContentId(id)) }
                    }))
                }
            }
            Effect::InvokeFunction(invoke) => {
                let qualifier = invoke.function.qualifier.map(|q| format!("?Qualifier={q}"));
                let target = format!(
                    "/2015-03-31/functions/{}/invocations{}",
                    invoke.function.name,
                    qualifier.unwrap_or_default()
                );
                let payload = invoke.payload.0;
                let answer = ask(
                    &backends.lambda,
                    "POST",
                    &target,
                    &Fields::new(),
                    payload,
                    invoke.timeout_ms,
                    received,
                );
                Outcome::InvokeFunction(answer.map(|(status, fields, content)| FunctionAnswer {
                    status,
                    function_error: fields.get("x-amz-function-error").map(Into::into),
                    payload: content.into(),
                    request_id: None,
                    trace: None,
                    content: None,
                }))
            }
            other => other.failed(EffectError::Unavailable("no tokens here".into())),
        };
        exchange.resume(now, outcome).expect("of its kind");
    }
}

fn held(content: Content, contents: &mut [Vec<u8>]) -> Vec<u8> {
    match content {
        Content::Empty => Vec::new(),
        Content::Held(id) => contents[id.0 as usize].clone(),
        Content::Bytes(bytes) => bytes,
    }
}

fn ask(
    backend: &Behaviour,
    method: &str,
    target: &str,
    fields: &Fields,
    content: Vec<u8>,
    timeout_ms: u32,
    received: &mut Vec<Received>,
) -> Result<(u16, Fields, Vec<u8>), EffectError> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let fields = fields.iter().map(|f| (f.name.into(), f.value.into())).collect();
    let mut request = Received {
        method: method.into(),
        path: if path.is_empty() { "/".into() } else { path.into() },
        query: query.into(),
        fields: wire::Fields(fields),
        content,
        function: None,
        qualifier: None,
        sequence: received.len() as u64,
    };
    let answer = backend(&mut request);
    received.push(request);
    match answer {
        Answer::Drop => Err(EffectError::Unavailable("reset".into())),
        Answer::Respond { delay, .. } if delay.as_millis() > timeout_ms.into() => {
            Err(EffectError::TimedOut)
        }
        Answer::Respond { status, fields, content, .. } => {
            let mut fields: Fields =
                fields.into_iter().map(|(name, value)| Field::new(name, value)).collect();
            if !fields.contains("content-length") {
                fields.push("Content-Length", content.len().to_string());
            }
            Ok((status, fields, content))
        }
    }
}
