//! One pipeline, one answer: the same requests go through the component, the native engine, the Worker and `wasmtime
//! serve`, and the answers are compared byte for byte.
//!
//! The files beside this one are in the format of the conformance cases. What they expect is a status at most: that a case
//! shows what it is for.

mod bounds;
mod edge;
mod every_case;
mod keyvalue;
mod platform;
mod products;
mod tokens;

use std::fmt::Write as _;
use std::path::Path;

use tests::case::Exchange;
use tests::client::Response;
use tests::json::Json;
use tests::run;
use tests::setup::{Setup, set_up};
use tests::target::{Engine, Failure, Target};

/// Field values that differ from one request to the next.
const MASKED_FIELDS: [&str; 7] = [
    "date",
    "x-amzn-requestid",
    "x-amz-apigw-id",
    "x-amzn-trace-id",
    "apigw-requestid",
    "age",
    "x-amz-cf-id",
];
/// Framing, which is the host's and not the pipeline's: workerd chunks what hyper sends with a length. The length
/// that an echo announced is that of what is masked in it, too.
const FRAMING_FIELDS: [&str; 5] = [
    "connection",
    "keep-alive",
    "content-length",
    "transfer-encoding",
    "x-amzn-remapped-content-length",
];
/// Members of events, and fields in echoed requests, whose values differ from one request to the next. The
/// port is the one that the gateway listens on; a Worker sees the one in the URL.
const MASKED_MEMBERS: [&str; 8] = [
    "requestId",
    "extendedRequestId",
    "requestTime",
    "requestTimeEpoch",
    "time",
    "timeEpoch",
    "x-amzn-trace-id",
    "x-forwarded-port",
];

#[test]
fn a_rest_api_is_answered_alike_by_component_and_native_engine() {
    compare("rest.json", Engine::Native, Engine::Component);
}

#[test]
fn an_http_api_is_answered_alike_by_component_and_native_engine() {
    compare("http.json", Engine::Native, Engine::Component);
}

#[test]
fn a_rest_api_is_answered_alike_by_worker_and_native_engine() {
    compare("rest.json", Engine::Native, Engine::Worker);
}

#[test]
fn an_http_api_is_answered_alike_by_worker_and_native_engine() {
    compare("http.json", Engine::Native, Engine::Worker);
}

#[test]
fn coded_content_is_answered_alike_by_component_and_native_engine() {
    compare("coded.json", Engine::Native, Engine::Component);
}

#[test]
fn coded_content_is_answered_alike_by_worker_and_native_engine() {
    compare("coded.json", Engine::Native, Engine::Worker);
}

#[test]
fn coded_content_is_answered_alike_by_wasmtimes_serve_and_native_engine() {
    compare("coded.json", Engine::Native, Engine::Wasi);
}

#[test]
fn a_rest_api_is_answered_alike_by_wasmtimes_serve_and_native_engine() {
    compare("rest.json", Engine::Native, Engine::Wasi);
}

#[test]
fn an_http_api_is_answered_alike_by_wasmtimes_serve_and_native_engine() {
    compare("http.json", Engine::Native, Engine::Wasi);
}

/// Each instance has limits of its own, and a new one is made where the last has not quite ended its request: how many
/// are let through is a matter of time, that some are refused is not.
#[test]
fn an_instance_of_wasmtimes_serve_refuses_what_it_has_no_tokens_for() {
    let statuses = on_a_runtime(async {
        let mut setup = set_up_of("rest.json").await;
        setup.case.exchanges.retain(is_limited);
        let exchanges = &mut setup.case.exchanges;
        *exchanges = exchanges.iter().cycle().take(30).cloned().collect();
        let answers = answers_of(Engine::Wasi, &setup).await.unwrap_or_else(|e| panic!("{e}"));
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    });
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
}

/// Whether it asks for what is let through once.
fn is_limited(exchange: &Exchange) -> bool {
    exchange.request.path == "/scarce"
}

fn compare(file: &str, one: Engine, other: Engine) {
    let (asked, answers) = on_a_runtime(async {
        // One set of backends and tokens for both, so that addresses and signatures are the same.
        let mut setup = set_up_of(file).await;
        if other == Engine::Wasi {
            setup.case.exchanges.retain(|exchange| !is_limited(exchange));
        }
        let mut answers = Vec::new();
        for engine in [one, other] {
            let told = answers_of(engine, &setup).await;
            answers.push(told.unwrap_or_else(|error| panic!("{engine}: {error}")));
        }
        (setup.case.exchanges, answers)
    });
    // workerd joins the repeated fields of what it fetches, as RFC 9110 section 5.2 allows.
    let joins = other == Engine::Worker;
    let mut report = String::new();
    for (index, exchange) in asked.iter().enumerate() {
        let [left, right] = [0, 1].map(|at| shown(&answers[at][index], joins));
        let status = answers[0][index].status;
        if left != right || exchange.expect.status.is_some_and(|expected| expected != status) {
            let request = &exchange.request;
            let _ = writeln!(
                report,
                "{} {} {}, for which {:?} is expected\n--- {one}\n{left}\n--- {other}\n{right}\n",
                request.method, request.path, request.headers, exchange.expect.status
            );
        }
    }
    assert!(report.is_empty(), "answers differ:\n{report}");
}

fn on_a_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

async fn set_up_of(file: &str) -> Setup {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts").join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = Json::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    set_up(&text.elements()[0]).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn answers_of(engine: Engine, setup: &Setup) -> Result<Vec<Response>, String> {
    let target = Target::find(engine).await?;
    let gateway = target.start(&setup.config, setup.listen, 0).await;
    let gateway = gateway.map_err(|failure| match failure {
        Failure::Refused(why) | Failure::Broken(why) => why,
    })?;
    let mut answers = Vec::new();
    for exchange in &setup.case.exchanges {
        let request = run::request(&exchange.request, &setup.stage_name);
        let answer = tests::client::send(gateway.address, &request).await;
        answers.push(answer.map_err(|error| {
            format!("{} {}: {error}\n{}", request.method, request.target, gateway.log())
        })?);
    }
    gateway.stop().await;
    target.stop().await;
    Ok(answers)
}

/// A response as text to compare: fields sorted by name, those of one name in their order.
fn shown(response: &Response, joins: bool) -> String {
    let mut names = response.fields.names();
    names.retain(|name| !FRAMING_FIELDS.contains(&name.as_str()));
    names.sort();
    let mut out = format!("{}\n", response.status);
    for name in names {
        if MASKED_FIELDS.contains(&name.as_str()) {
            let _ = writeln!(out, "{name}: (masked)");
        } else if joins && name != "set-cookie" {
            let _ = writeln!(out, "{name}: {}", response.fields.joined(&name).unwrap_or_default());
        } else {
            for value in response.fields.all(&name) {
                let _ = writeln!(out, "{name}: {value}");
            }
        }
    }
    let content = match str::from_utf8(&response.content) {
        Ok(text) => masked(text),
        Err(_) => response.content.escape_ascii().to_string(),
    };
    let _ = write!(out, "\n{content}");
    out
}

/// The content without the values that differ.
fn masked(text: &str) -> String {
    let member = format!(r#"(?i)("(?:{})": )(\[?"[^"]*"\]?|\d+)"#, MASKED_MEMBERS.join("|"));
    let member = fancy_regex::Regex::new(&member).expect("names make a valid expression");
    member.replace_all(text, "$1(masked)").into_owned()
}
