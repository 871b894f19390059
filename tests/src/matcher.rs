//! Compares what came back, and what arrived at the backends, with what a case expects.
//!
//! Every function returns the differences as sentences; none means that all is as expected.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::backend::Received;
use crate::case::Expect;
use crate::client::Response;
use crate::json::Json;
use crate::percent;

const SHOWN_CHARS_MAX: usize = 400;

/// Whether an object may have members that are not expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Members {
    /// Exactly those expected.
    Exact,
    /// Those expected, and others.
    Subset,
}

/// Compares a response with the expectations.
pub fn response(expect: &Expect, response: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&response.content);
    let mut out = Vec::new();
    let wrong = match (&expect.status_in, expect.status) {
        (Some(allowed), _) if !allowed.contains(&response.status) => {
            Some(format!("one of {allowed:?}"))
        }
        (_, Some(wanted)) if wanted != response.status => Some(wanted.to_string()),
        _ => None,
    };
    if let Some(wanted) = wrong {
        out.push(format!(
            "status: want {wanted}, got {} with body {}",
            response.status,
            shown(&text)
        ));
    }
    header_fields(expect, response, &mut out);
    content(expect, &response.content, &text, &mut out);
    out
}

/// Compares what the backends received with `expect.backend`, `null` in it being "nothing at all".
///
/// `any_query` lets the query have further parameters: AWS's query protocol adds `Action` and `Version`.
pub fn backend(want: &Json, received: &[Received], any_query: bool) -> Vec<String> {
    let calls = want.get("calls").and_then(Json::as_i64);
    if *want == Json::Null || *want == Json::Bool(false) || calls == Some(0) {
        let got: Vec<_> =
            received.iter().map(|request| format!("{} {}", request.method, request.path)).collect();
        return if got.is_empty() {
            Vec::new()
        } else {
            vec![format!("backend: should not have been called, got {got:?}")]
        };
    }
    if calls.is_some_and(|calls| calls != received.len() as i64) {
        return vec![format!(
            "backend: want {} calls, got {}",
            calls.unwrap_or_default(),
            received.len()
        )];
    }
    let named = |request: &&Received| {
        want.get("function").is_some_and(|name| name.as_str() == request.function.as_deref())
    };
    let last = received.iter().filter(named).max_by_key(|request| request.sequence);
    match last.or_else(|| received.iter().max_by_key(|request| request.sequence)) {
        Some(request) => backend_request(want, request, any_query),
        None => vec!["backend: was not called".to_owned()],
    }
}

/// Compares a value, which may be missing, with a matcher.
pub fn value(want: &Json, got: Option<&Json>, path: &str, members: Members) -> Vec<String> {
    if let [(operator, argument)] = want.members()
        && let Some(out) = operation(operator, argument, got, path, members)
    {
        return out;
    }
    match (want, got) {
        (Json::Object(wanted), Some(Json::Object(found))) => {
            let mut out: Vec<_> = wanted
                .iter()
                .flat_map(|(name, want)| {
                    value(
                        want,
                        got.and_then(|got| got.get(name)),
                        &format!("{path}.{name}"),
                        members,
                    )
                })
                .collect();
            if members == Members::Exact {
                let unexpected = found.iter().filter(|(name, _)| want.get(name).is_none());
                out.extend(unexpected.map(|(name, value)| {
                    format!("{path}.{name}: unexpected, is {}", shown_json(Some(value)))
                }));
            }
            out
        }
        (Json::Array(wanted), Some(Json::Array(found))) if wanted.len() == found.len() => {
            let pairs = wanted.iter().zip(found).enumerate();
            pairs
                .flat_map(|(index, (want, got))| {
                    value(want, Some(got), &format!("{path}[{index}]"), members)
                })
                .collect()
        }
        (Json::Number(wanted), Some(Json::Number(found))) if wanted.as_f64() == found.as_f64() => {
            Vec::new()
        }
        (want, Some(got)) if want == got => Vec::new(),
        (want, got) => {
            vec![format!("{path}: want {}, got {}", shown_json(Some(want)), shown_json(got))]
        }
    }
}

/// Whether the regular expression is found in the text. `.` matches line ends too.
pub fn found(expression: &str, text: &str) -> Result<bool, String> {
    let compiled = fancy_regex::Regex::new(&format!("(?s){expression}"));
    compiled
        .and_then(|compiled| compiled.is_match(text))
        .map_err(|error| format!("/{expression}/: {error}"))
}

/// `$any`, `$absent`, `$regex` and `$json`; `None` for anything else.
fn operation(
    operator: &str,
    argument: &Json,
    got: Option<&Json>,
    path: &str,
    members: Members,
) -> Option<Vec<String>> {
    let problem = match operator {
        "$any" => got.is_none().then(|| format!("{path}: missing")),
        "$absent" => got.map(|_| format!("{path}: should be absent, is {}", shown_json(got))),
        "$regex" => {
            let scalar =
                got.filter(|got| matches!(got, Json::String(_) | Json::Number(_) | Json::Bool(_)));
            let expression = argument.as_str().unwrap_or_default();
            match scalar.map(|got| found(expression, &got.text())) {
                Some(Ok(true)) => None,
                Some(Err(error)) => Some(format!("{path}: {error}")),
                _ => Some(format!("{path}: {} does not match /{expression}/", shown_json(got))),
            }
        }
        "$json" => match got.and_then(Json::as_str).map(Json::parse) {
            Some(Ok(inner)) => {
                return Some(value(argument, Some(&inner), &format!("{path}(json)"), members));
            }
            _ => Some(format!("{path}: is not JSON text: {}", shown_json(got))),
        },
        _ => return None,
    };
    Some(problem.into_iter().collect())
}

fn header_fields(expect: &Expect, response: &Response, out: &mut Vec<String>) {
    for (name, want) in expect.headers.members() {
        let path = format!("header {name}");
        let first = response.fields.all(name).next();
        match (want, first) {
            (Json::Array(_), first) => {
                let got = Json::Array(response.fields.all(name).map(Json::from).collect());
                out.extend(value(want, first.map(|_| &got), &path, Members::Exact));
            }
            // Spaces and case in a media type say nothing.
            (Json::String(want), Some(first)) if name.eq_ignore_ascii_case("content-type") => {
                let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
                if plain(want) != plain(first) {
                    out.push(format!("{path}: want {want:?}, got {first:?}"));
                }
            }
            (want, _) => {
                let got = response.fields.joined(name).map(Json::from);
                out.extend(value(want, got.as_ref(), &path, Members::Exact));
            }
        }
    }
    for name in &expect.absent_headers {
        if let Some(got) = response.fields.joined(name) {
            out.push(format!("header {name}: should be absent, is {got:?}"));
        }
    }
}

fn content(expect: &Expect, bytes: &[u8], text: &str, out: &mut Vec<String>) {
    let parsed = Json::parse(text).ok();
    for (want, members) in [(&expect.json, Members::Exact), (&expect.json_subset, Members::Subset)]
    {
        match (want, &parsed) {
            (Some(want), Some(got)) => out.extend(value(want, Some(got), "$", members)),
            (Some(_), None) => out.push(format!("body is not JSON: {}", shown(text))),
            (None, _) => {}
        }
    }
    for key in &expect.absent_json_keys {
        let path: Vec<String> = match key {
            Json::Array(parts) => parts.iter().map(Json::text).collect(),
            key => key.text().split('.').map(str::to_owned).collect(),
        };
        let at = parsed
            .as_ref()
            .and_then(|whole| path.iter().try_fold(whole, |at, part| step(at, part)));
        if let Some(at) = at {
            out.push(format!(
                "body: {} should be absent, is {}",
                path.join("."),
                shown_json(Some(at))
            ));
        }
    }
    if expect.body.as_ref().is_some_and(|want| want != text) {
        out.push(format!(
            "body: want {}, got {}",
            shown(expect.body.as_deref().unwrap_or_default()),
            shown(text)
        ));
    }
    let base64 = BASE64.encode(bytes);
    if expect.body_base64.as_ref().is_some_and(|want| *want != base64) {
        out.push(format!("body bytes: want {:?}, got {}", expect.body_base64, shown(&base64)));
    }
    if let Some(expression) = &expect.body_regex {
        match found(expression, text) {
            Ok(true) => {}
            Ok(false) => out.push(format!("body: /{expression}/ not found in {}", shown(text))),
            Err(error) => out.push(error),
        }
    }
}

fn backend_request(want: &Json, got: &Received, any_query: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |name: &str, got: Option<Json>, path: &str| {
        if let Some(want) = want.get(name) {
            out.extend(value(want, got.as_ref(), path, Members::Exact));
        }
    };
    compare("method", Some(got.method.as_str().into()), "backend method");
    compare("path", Some(got.path.as_str().into()), "backend path");
    compare("function", got.function.as_deref().map(Json::from), "backend function");
    compare("qualifier", got.qualifier.as_deref().map(Json::from), "backend qualifier");
    compare("body", Some(got.text().into()), "backend body");
    compare("bodyBase64", Some(BASE64.encode(&got.content).into()), "backend body bytes");
    if let Some(expression) = want.get("pathRegex").and_then(Json::as_str)
        && found(expression, &got.path) != Ok(true)
    {
        out.push(format!("backend path: {:?} does not match /{expression}/", got.path));
    }
    match want.get("query") {
        Some(Json::String(want)) if *want != got.query => {
            out.push(format!("backend query: want {want:?}, got {:?}", got.query))
        }
        Some(want @ Json::Object(_)) => {
            let query = query_map(&got.query);
            let members = if any_query && query.get("Action").is_some() {
                Members::Subset
            } else {
                Members::Exact
            };
            out.extend(value(want, Some(&query), "backend query", members));
        }
        _ => {}
    }
    let fields = want
        .get("headersSubset")
        .filter(|fields| fields.is_truthy())
        .or_else(|| want.get("headers"));
    for (name, want) in fields.map(Json::members).unwrap_or_default() {
        let got = got.fields.joined(name).map(Json::from);
        out.extend(value(want, got.as_ref(), &format!("backend header {name}"), Members::Exact));
    }
    for name in want.get("headersAbsent").map(Json::elements).unwrap_or_default() {
        if let Some(got) = got.fields.joined(&name.text()) {
            out.push(format!("backend header {}: should be absent, is {got:?}", name.text()));
        }
    }
    for (name, members) in [("json", Members::Exact), ("jsonSubset", Members::Subset)] {
        match (want.get(name), Json::parse(&got.text())) {
            (Some(want), Ok(got)) => out.extend(value(want, Some(&got), "backend $", members)),
            (Some(_), Err(_)) => {
                out.push(format!("backend body is not JSON: {}", shown(&got.text())))
            }
            (None, _) => {}
        }
    }
    out
}

/// A query as an object: a string for one value, a list for several.
fn query_map(query: &str) -> Json {
    let mut map = Json::Object(Vec::new());
    for (name, value) in percent::query_pairs(query) {
        let (name, value) = (
            String::from_utf8_lossy(&name).into_owned(),
            Json::from(String::from_utf8_lossy(&value).into_owned()),
        );
        let joined = match map.get(&name) {
            None => value,
            Some(Json::Array(values)) => {
                Json::Array(values.iter().cloned().chain([value]).collect())
            }
            Some(first) => Json::Array(vec![first.clone(), value]),
        };
        map.set(&name, joined);
    }
    map
}

fn step<'a>(at: &'a Json, part: &str) -> Option<&'a Json> {
    at.get(part).or_else(|| at.elements().get(part.parse::<usize>().ok()?))
}

fn shown_json(value: Option<&Json>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| cut(value.to_string()))
}

fn shown(text: &str) -> String {
    cut(format!("{text:?}"))
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
