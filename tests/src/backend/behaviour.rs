//! What backends answer, as a case specifies it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Answer, Received};
use crate::json::{Json, object};
use crate::percent;

/// The behaviour of HTTP backends: answers by path prefix, the longest first, whole segments before parts.
pub fn http(answers: Json) -> impl Fn(&mut Received) -> Answer {
    move |request| {
        let path = request.path.as_str();
        let below = |prefix: &str| {
            path == prefix
                || path
                    .strip_prefix(prefix)
                    .is_some_and(|rest| prefix.ends_with('/') || rest.starts_with('/'))
        };
        match longest(&answers, below)
            .or_else(|| longest(&answers, |prefix| path.starts_with(prefix)))
        {
            Some(answer) => respond(answer, request),
            None => json_answer(200, &request.to_json(&[])),
        }
    }
}

/// The behaviour of an AWS service: one answer, or answers by path prefix.
pub fn service(answer: Json) -> impl Fn(&mut Received) -> Answer {
    move |request| respond(&answer, request)
}

/// The behaviour of Lambda's Invoke API; `api` tells which integrations invoke a function.
pub fn lambda(functions: Json, api: &Json) -> impl Fn(&mut Received) -> Answer + use<> {
    let mut invocations = Vec::new();
    collect_invocations(api, &mut invocations);
    move |request| {
        let (name, qualifier) = invoked(request);
        request.function = Some(name.clone());
        request.qualifier = Some(qualifier.clone());
        let qualified = Some(format!("{name}:{qualifier}")).filter(|_| !qualifier.is_empty());
        let Some(function) =
            qualified.and_then(|name| functions.get(&name)).or_else(|| functions.get(&name))
        else {
            let error = ("x-amzn-errortype".to_owned(), "ResourceNotFoundException".to_owned());
            let fields = vec![("Content-Type".to_owned(), "application/json".to_owned()), error];
            return respond_with(404, fields, br#"{"Message":"Function not found"}"#.to_vec());
        };
        let types: Vec<&str> = invocations
            .iter()
            .filter(|(invoked, _)| *invoked == name)
            .map(|(_, kind)| kind.as_str())
            .collect();
        delayed(function, run_function(function, &types, request))
    }
}

fn run_function(function: &Json, integration_types: &[&str], request: &Received) -> Answer {
    if function.get("status").is_some() && function.get("result").is_none() {
        return respond(function, request);
    }
    if let Some(error) = function.get("error") {
        let kind = error.get("functionError").map_or_else(|| "Unhandled".to_owned(), Json::text);
        let payload = error.get("payload").cloned().unwrap_or_else(|| object([]));
        let fields = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Amz-Function-Error".to_owned(), kind),
        ];
        return respond_with(200, fields, payload.to_string().into_bytes());
    }
    if request.fields.all("x-amz-invocation-type").any(|kind| kind == "Event") {
        return respond_with(202, Vec::new(), Vec::new());
    }
    if !function.get("echo").is_some_and(Json::is_truthy) {
        return json_answer(200, function.get("result").unwrap_or(&Json::Null));
    }
    let text =
        Some(request.text()).filter(|text| !text.is_empty()).unwrap_or_else(|| "{}".to_owned());
    let Ok(event) = Json::parse(&text) else {
        return json_answer(200, &request.text().into());
    };
    // A proxy integration wants its event back inside of a response, a custom one the event itself.
    let only =
        |kind| !integration_types.is_empty() && integration_types.iter().all(|one| *one == kind);
    if only("aws_proxy") || (!only("aws") && event.get("requestContext").is_some()) {
        let fields = object([("Content-Type", "application/json".into())]);
        return json_answer(
            200,
            &object([
                ("statusCode", 200.into()),
                ("headers", fields),
                ("body", event.to_string().into()),
            ]),
        );
    }
    json_answer(200, &event)
}

/// Function name and qualifier of an Invoke request: a name, a partial ARN or an ARN, in the path.
fn invoked(request: &Received) -> (String, String) {
    let path = request.path.trim_start_matches('/');
    let streamed = path.strip_prefix("2021-11-15/functions/");
    let name = path
        .strip_prefix("2015-03-31/functions/")
        .and_then(|path| path.split_once("/invocations"))
        .or_else(|| streamed?.split_once("/response-streaming-invocations"))
        .map(|(name, _)| percent::decode(name));
    let name = String::from_utf8_lossy(&name.unwrap_or_default()).into_owned();
    let name = name.rsplit("function:").next().unwrap_or_default();
    let (name, qualifier) = name.split_once(':').unwrap_or((name, ""));
    if !qualifier.is_empty() {
        return (name.to_owned(), qualifier.to_owned());
    }
    let asked =
        percent::query_pairs(&request.query).into_iter().find(|(key, _)| key == b"Qualifier");
    (
        name.to_owned(),
        asked.map(|(_, value)| String::from_utf8_lossy(&value).into_owned()).unwrap_or_default(),
    )
}

/// Pairs of function name and integration type, from every integration in the definition.
fn collect_invocations(value: &Json, found: &mut Vec<(String, String)>) {
    if let Some((_, name)) =
        value.get("uri").and_then(Json::as_str).and_then(|uri| uri.split_once("function:"))
    {
        let name = name.split(['/', ':']).next().unwrap_or_default();
        let kind = value.get("type").map(Json::text).unwrap_or_default().to_ascii_lowercase();
        found.push((name.to_owned(), kind));
    }
    value.members().iter().for_each(|(_, member)| collect_invocations(member, found));
    value.elements().iter().for_each(|element| collect_invocations(element, found));
}

fn longest(answers: &Json, matches: impl Fn(&str) -> bool) -> Option<&Json> {
    let matching = answers.members().iter().filter(|(prefix, _)| matches(prefix));
    matching.max_by_key(|(prefix, _)| prefix.len()).map(|(_, answer)| answer)
}

fn respond(answer: &Json, request: &Received) -> Answer {
    if let Some(routes) = answer.get("routes") {
        return match longest(routes, |prefix| request.path.starts_with(prefix)) {
            Some(answer) => respond(answer, request),
            None => respond_with(404, Vec::new(), Vec::new()),
        };
    }
    if answer.get("drop").is_some_and(Json::is_truthy) {
        return Answer::Drop;
    }
    if answer.get("echo").is_some_and(Json::is_truthy) {
        let without = answer.get("without").map(Json::elements).unwrap_or_default();
        return delayed(answer, json_answer(200, &request.to_json(without)));
    }
    let base64 = answer.get("bodyBase64").and_then(Json::as_str);
    let content = match base64 {
        Some(base64) => BASE64.decode(base64).unwrap_or_default(),
        None => answer.get("body").map(Json::text).unwrap_or_default().into_bytes(),
    };
    let status =
        answer.get("status").and_then(Json::as_i64).and_then(|status| u16::try_from(status).ok());
    let fields = answer.get("headers").map(field_pairs).unwrap_or_default();
    delayed(answer, respond_with(status.unwrap_or(200), fields, content))
}

/// Fields from an object, or from a list of pairs; a list of values is a field for each.
pub fn field_pairs(fields: &Json) -> Vec<(String, String)> {
    let from_list = fields.elements().iter().filter_map(|pair| match pair.elements() {
        [name, value] => Some((name.text(), value)),
        _ => None,
    });
    let pairs = fields.members().iter().map(|(name, value)| (name.clone(), value)).chain(from_list);
    pairs
        .flat_map(|(name, value)| match value {
            Json::Array(values) => {
                values.iter().map(|value| (name.clone(), value.text())).collect::<Vec<_>>()
            }
            value => vec![(name, value.text())],
        })
        .collect()
}

fn json_answer(status: u16, value: &Json) -> Answer {
    respond_with(
        status,
        vec![("Content-Type".to_owned(), "application/json".to_owned())],
        value.to_string().into_bytes(),
    )
}

fn respond_with(status: u16, fields: Vec<(String, String)>, content: Vec<u8>) -> Answer {
    Answer::Respond { status, fields, content, delay: Duration::ZERO }
}

fn delayed(specification: &Json, answer: Answer) -> Answer {
    let asked = specification
        .get("delayMs")
        .and_then(Json::as_i64)
        .and_then(|delay| u64::try_from(delay).ok());
    match (asked, answer) {
        (Some(delay), Answer::Respond { status, fields, content, .. }) => {
            Answer::Respond { status, fields, content, delay: Duration::from_millis(delay) }
        }
        (_, answer) => answer,
    }
}
