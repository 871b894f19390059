//! Runs cases against a gateway.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::task::JoinSet;

use crate::backend::{Backend, Received, field_pairs};
use crate::case::{self, Exchange, Named};
use crate::client::{self, Request};
use crate::json::Json;
use crate::matcher;
use crate::setup::{API_ID, Setup, set_up};
use crate::sigv4::{self, Subject};
use crate::target::{Failure, Target};

/// How many cases run at the same time.
const SLOTS: usize = 4;
/// How long a backend that must not be called is watched after the response.
const SILENCE_MS: u64 = 60;
/// How long a call may come after the response: asynchronous invocations do.
const LATE_CALL_MS_MAX: u64 = 1_000;
const POLL_MS: u64 = 5;
/// What begins the difference of an exchange that nobody answered.
const NO_ANSWER: &str = "no answer: ";

/// A case and what differed from its expectations; nothing if it passed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The file of the case.
    pub theme: String,
    /// Its name.
    pub name: String,
    /// The differences.
    pub differences: Vec<String>,
}

/// Runs all cases, a few at a time; the outcomes come in the order of the cases.
pub async fn run_all(target: Target, cases: Vec<Named>, verbose: bool) -> Vec<Outcome> {
    let queue: Arc<Mutex<VecDeque<(usize, Named)>>> =
        Arc::new(Mutex::new(cases.into_iter().enumerate().collect()));
    let target = Arc::new(target);
    let mut slots = JoinSet::new();
    for slot in 0..SLOTS {
        let (queue, target) = (queue.clone(), target.clone());
        slots.spawn(async move {
            let mut outcomes = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some((index, named)) = next else { return outcomes };
                let differences = run(&named, &target, slot, verbose).await;
                outcomes.push((
                    index,
                    Outcome { theme: named.theme, name: named.case.name, differences },
                ));
            }
        });
    }
    let mut outcomes: Vec<_> = slots.join_all().await.into_iter().flatten().collect();
    if let Ok(target) = Arc::try_unwrap(target) {
        target.stop().await;
    }
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A definition that every engine serves.
const EMPTY_CASE: &str = r#"{"name": "starts", "source": "this harness", "kind": "http",
    "api": {"openapi": "3.0.1", "info": {"title": "empty", "version": "1"}, "paths": {}},
    "exchanges": [{"request": {}, "expect": {"status": 404}}]}"#;

/// Whether the engine starts at all: one reason, where otherwise each case would tell it.
pub async fn probe(target: &Target) -> Result<(), String> {
    let text = Json::parse(EMPTY_CASE).map_err(|error| error.to_string())?;
    let named = Named { theme: String::new(), case: case::parse(&text)?, text };
    let differences = run(&named, target, 0, true).await;
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
}

/// Runs one case and returns the differences; with `verbose` the gateway's log is among them.
pub async fn run(named: &Named, target: &Target, slot: usize, verbose: bool) -> Vec<String> {
    let setup = match set_up(&named.text).await {
        Ok(setup) => setup,
        Err(error) => return vec![error],
    };
    let started = target.start(&setup.config, setup.listen, slot).await;
    let mut gateway = match (started, &setup.case.rejects) {
        (Err(Failure::Refused(why)), Some(expression)) => return refusal(expression, &why),
        (Err(Failure::Refused(why) | Failure::Broken(why)), _) => {
            return vec![format!("the gateway did not start: {why}")];
        }
        (Ok(_), Some(_)) => return vec!["the definition should have been refused".to_owned()],
        (Ok(gateway), None) => gateway,
    };
    let mut out = Vec::new();
    for (index, exchange) in setup.case.exchanges.iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(exchange.sleep_ms)).await;
        setup.backends.iter().for_each(|backend| drop(backend.take()));
        let differences = run_exchange(exchange, &setup, gateway.address).await;
        out.extend(
            differences
                .into_iter()
                .map(|difference| format!("exchange {}: {difference}", index + 1)),
        );
    }
    out.extend(gateway.exited());
    // Who does not answer says why in its log alone.
    let is_silent = out.iter().any(|difference| difference.contains(NO_ANSWER));
    if (verbose || is_silent) && !out.is_empty() {
        out.push(format!("log: {}", gateway.log()));
    }
    gateway.stop().await;
    out
}

fn refusal(expression: &str, why: &str) -> Vec<String> {
    match matcher::found(expression, why) {
        Ok(true) => Vec::new(),
        Ok(false) => vec![format!("refused, but not with /{expression}/: {why}")],
        Err(error) => vec![error],
    }
}

async fn run_exchange(
    exchange: &Exchange,
    setup: &Setup,
    address: std::net::SocketAddr,
) -> Vec<String> {
    let request = request(&exchange.request, &setup.stage_name);
    let mut last = None;
    for _ in 0..exchange.request.repeat {
        match client::send(address, &request).await {
            Ok(response) => last = Some(response),
            Err(error) => return vec![format!("{NO_ANSWER}{error}")],
        }
    }
    let mut out =
        last.map(|response| matcher::response(&exchange.expect, &response)).unwrap_or_default();
    if let Some(want) = &exchange.expect.backend {
        // After a wrong answer nothing more is to be waited for.
        let received = received(
            want,
            &setup.backends,
            if out.is_empty() { LATE_CALL_MS_MAX } else { SILENCE_MS },
        )
        .await;
        // A service integration by action writes further parameters into the query.
        let by_action = setup.case.api.to_string().contains(":action/");
        out.extend(matcher::backend(want, &received, by_action));
    }
    out
}

/// What arrived at the backends, after a moment for what must not, or may still, arrive.
async fn received(want: &Json, backends: &[Backend], late_ms_max: u64) -> Vec<Received> {
    let calls =
        want.get("calls").and_then(Json::as_i64).and_then(|calls| usize::try_from(calls).ok());
    match calls.unwrap_or(usize::from(want.is_truthy())) {
        0 => tokio::time::sleep(Duration::from_millis(SILENCE_MS)).await,
        calls => {
            let deadline = Instant::now() + Duration::from_millis(late_ms_max);
            while backends.iter().map(Backend::received_len).sum::<usize>() < calls
                && Instant::now() < deadline
            {
                tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
            }
        }
    }
    backends.iter().flat_map(Backend::take).collect()
}

/// The request as it is to be on the wire: only what HTTP cannot do without is added.
pub fn request(asked: &case::Request, stage_name: &str) -> Request {
    let prefix = if stage_name == "$default" || asked.no_stage {
        String::new()
    } else {
        format!("/{stage_name}")
    };
    let mut path = &asked.path;
    let mut content = match &asked.body_base64 {
        Some(base64) => BASE64.decode(base64).unwrap_or_default(),
        None if asked.body == Json::Null => Vec::new(),
        None => asked.body.text().into_bytes(),
    };
    let mut fields = field_pairs(&asked.headers);
    let has = |fields: &[(String, String)], name: &str| {
        fields.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    if !has(&fields, "host") {
        fields.insert(
            0,
            ("Host".to_owned(), format!("{API_ID}.execute-api.us-east-1.amazonaws.com")),
        );
    }
    if let Some(signing) = &asked.sigv4 {
        let target = format!("{prefix}{path}");
        sigv4::sign(
            signing,
            Subject { method: &asked.method, target: &target, content: &content },
            &mut fields,
            SystemTime::now(),
        );
        for (name, value) in field_pairs(&asked.after_signing) {
            fields.retain(|(key, _)| *key != name);
            fields.push((name, value));
        }
        path = asked.send_path.as_ref().unwrap_or(path);
        content = asked.send_body.as_ref().map_or(content, |content| content.clone().into_bytes());
    }
    let framed = has(&fields, "content-length")
        || (!content.is_empty() && has(&fields, "transfer-encoding"));
    if !framed && (!content.is_empty() || matches!(asked.method.as_str(), "POST" | "PUT" | "PATCH"))
    {
        fields
            .insert(1.min(fields.len()), ("Content-Length".to_owned(), content.len().to_string()));
    }
    Request { method: asked.method.clone(), target: format!("{prefix}{path}"), fields, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(asked: &str, stage: &str) -> (String, Vec<String>, Vec<u8>) {
        let request = request(&serde_json::from_str(asked).unwrap(), stage);
        let fields =
            request.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        (format!("{} {}", request.method, request.target), fields, request.content)
    }

    #[test]
    fn only_host_and_length_are_added_to_a_request() {
        let host = "Host: conform123.execute-api.us-east-1.amazonaws.com".to_owned();
        assert_eq!(made("{}", "test"), ("GET /test/".to_owned(), vec![host.clone()], Vec::new()));
        let (line, fields, content) = made(
            r#"{"method": "POST", "path": "/a//b?c", "headers": [["x-A", "1"], ["X-a", ["2", "3"]]], "body": {"k": 1}}"#,
            "$default",
        );
        assert_eq!((line.as_str(), content.as_slice()), ("POST /a//b?c", &br#"{"k": 1}"#[..]));
        assert_eq!(fields, [host.as_str(), "Content-Length: 8", "x-A: 1", "X-a: 2", "X-a: 3"]);
        let (line, fields, _) = made(
            r#"{"method": "PUT", "path": "/", "noStage": true, "headers": {"hOST": "x"}}"#,
            "test",
        );
        assert_eq!(
            (line.as_str(), fields),
            ("PUT /", vec!["hOST: x".to_owned(), "Content-Length: 0".to_owned()])
        );
    }
}
