//! Functions as the pipeline sees them, against a runtime that misbehaves as told (`fake`).

mod fake;
mod invoke_api;
mod streamed;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use gateway_core::effect::{FunctionAnswer, InvocationType};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const LONG: Duration = Duration::from_secs(60);

/// One function, `f`, that starts as `start` says and then does what its events say.
fn fake(start: &str, processes_max: u32, timeout: Duration) -> Functions {
    let this = std::env::current_exe().unwrap().to_string_lossy().into_owned();
    let arguments = ["--exact", "functions::tests::fake::runtime", "--nocapture"];
    let process = ProcessSpec {
        name: "f".into(),
        version: "$LATEST".into(),
        command: std::iter::once(this).chain(arguments.map(Into::into)).collect(),
        written: BTreeMap::new(),
        directory: PathBuf::from("/"),
        environment: [("FAKE_RUNTIME".into(), start.into())].into(),
        region: "us-east-1".into(),
    };
    let pool = Pool::new(PoolSpec { process, timeout, processes_max });
    Functions {
        region: "us-east-1".into(),
        account_id: "000000000000".into(),
        pools: [("f".into(), pool)].into(),
        ..Functions::default()
    }
}

fn event(payload: &Value) -> InvokeFunction {
    InvokeFunction {
        function: FunctionName {
            region: String::new(),
            account_id: String::new(),
            name: "f".into(),
            qualifier: None,
        },
        payload: payload.to_string().into_bytes().into(),
        invocation: InvocationType::RequestResponse,
        timeout_ms: 60_000,
        credentials: None,
        trace: None,
        client_context: None,
        invoked_by: None,
    }
}

async fn invoke(functions: &Functions, payload: &Value) -> FunctionAnswer {
    functions.invoke(event(payload), &HttpClient::default()).await.unwrap().answer
}

/// What a function without an error answered.
async fn answer(functions: &Functions, payload: &Value) -> Value {
    let answer = invoke(functions, payload).await;
    assert_eq!((answer.status, answer.function_error.as_deref()), (200, None));
    serde_json::from_slice(&answer.payload.0).unwrap()
}

/// Type and message of a function's error.
async fn error(functions: &Functions, payload: &Value) -> (String, String) {
    let answer = invoke(functions, payload).await;
    assert_eq!((answer.status, answer.function_error.as_deref()), (200, Some("Unhandled")));
    let document: Value = serde_json::from_slice(&answer.payload.0).unwrap();
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let id = format!("RequestId: {} ", answer.request_id.unwrap());
    (text("errorType"), text("errorMessage").replace(&id, ""))
}

fn of(error_type: &str, message: &str) -> (String, String) {
    (error_type.into(), message.into())
}

/// Where processes wait in the middle of an event.
async fn meeting_point() -> (TcpListener, Value) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let event = json!({"do": "wait", "at": listener.local_addr().unwrap().to_string()});
    (listener, event)
}

async fn go_on(mut stream: TcpStream) {
    stream.write_all(b".").await.unwrap();
}

async fn closed(mut stream: TcpStream) {
    assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_process_is_told_what_lambda_tells_it_and_used_again() {
    let functions = fake("", 10, LONG);
    let first = answer(&functions, &json!({"do": "tell"})).await;
    let fields = &first["fields"];
    assert_eq!(first["event"], json!({"do": "tell"}));
    assert_eq!(
        fields["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f"
    );
    assert_eq!(fields["lambda-runtime-aws-request-id"].as_str().unwrap().len(), 36);
    assert!(fields["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    let deadline: u64 = fields["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    assert!(deadline > runtime_api::epoch_ms());
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/f"),
        ("AWS_REGION", "us-east-1"),
        ("LAMBDA_TASK_ROOT", "/"),
        ("_HANDLER", "--nocapture"),
    ] {
        assert_eq!(first["environment"][name], value, "{name}");
    }
    assert!(first["environment"].get("CARGO_PKG_NAME").is_none(), "the host's own stay with it");
    assert_eq!(answer(&functions, &json!({"do": "tell"})).await["pid"], first["pid"]);
}

#[tokio::test]
async fn a_client_context_is_json_to_the_process_and_there_for_who_waits_alone() {
    let functions = fake("", 1, LONG);
    // A JSON object over two lines, in base64.
    let client_context = Some("eyJjdXN0b20iOgp7ImEiOiAxfX0=".into());
    let event = InvokeFunction { client_context, ..event(&json!({"do": "tell"})) };
    let told = functions.invoke(event, &HttpClient::default()).await.unwrap().answer;
    let told: Value = serde_json::from_slice(&told.payload.0).unwrap();
    assert_eq!(told["fields"]["lambda-runtime-client-context"], "{\"custom\": {\"a\": 1}}");
    let next = answer(&functions, &json!({"do": "tell"})).await;
    assert!(next["fields"].get("lambda-runtime-client-context").is_none());
}

#[tokio::test]
async fn there_are_as_many_processes_as_events_at_a_time_up_to_the_limit() {
    let functions = fake("", 2, LONG);
    let (listener, event) = meeting_point().await;
    let answers = futures_util::future::join_all((0..3).map(|_| answer(&functions, &event)));
    let meet = async {
        let (first, _) = listener.accept().await.unwrap();
        let (second, _) = listener.accept().await.unwrap(); // both work at the same time
        go_on(first).await;
        let (third, _) = listener.accept().await.unwrap(); // the third had to wait for a process
        go_on(second).await;
        go_on(third).await;
    };
    let (answers, ()) = tokio::join!(answers, meet);
    let pids: BTreeSet<_> = answers.iter().map(|answer| answer["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), 2);
}

#[tokio::test]
async fn events_that_wait_are_bounded_in_bytes() {
    let functions = fake("", 1, LONG);
    let half = pool::QUEUED_BYTES_MAX / 2;
    let pool = &functions.pools["f"];
    let (first, second) = (pool.place(half), pool.place(half));
    assert!(first.is_some() && second.is_some() && pool.place(1).is_none());
    drop(first);
    assert!(pool.place(half).is_some());
}

#[tokio::test]
async fn what_finds_no_place_in_the_queue_is_too_many_requests() {
    let functions = fake("", 1, LONG);
    let places: Vec<_> = std::iter::from_fn(|| functions.pools["f"].place(1)).collect();
    assert_eq!(places.len(), 1_001);
    let refused = invoke(&functions, &json!({})).await;
    assert_eq!((refused.status, refused.function_error), (429, None));
    drop(places);
    assert_eq!(invoke(&functions, &json!({"do": "tell"})).await.status, 200);
}

#[tokio::test]
async fn a_process_that_crashes_fails_its_event_alone() {
    let functions = fake("", 1, LONG);
    let before = answer(&functions, &json!({"do": "tell"})).await;
    for (event, reason) in [
        (json!({"do": "exit", "code": 1}), "Runtime exited with error: exit status 1"),
        (json!({"do": "exit", "code": 0}), "Runtime exited without providing a reason"),
        (json!({"do": "abort"}), "Runtime exited with error: signal: aborted"),
    ] {
        let expected = of("Runtime.ExitError", &format!("Error: {reason}"));
        assert_eq!(error(&functions, &event).await, expected);
    }
    let after = answer(&functions, &json!({"do": "tell"})).await;
    assert_ne!(after["pid"], before["pid"]);
}

#[tokio::test]
async fn a_process_that_ends_between_events_fails_none() {
    let functions = fake("", 1, LONG);
    let first = answer(&functions, &json!({"do": "answer and exit"})).await;
    let second = answer(&functions, &json!({"do": "tell"})).await;
    assert_ne!(first["pid"], second["pid"]);
}

#[tokio::test]
async fn an_event_that_takes_too_long_ends_its_process() {
    let functions = fake("", 1, Duration::from_secs(1));
    let (listener, event) = meeting_point().await;
    let (failed, accepted) = tokio::join!(error(&functions, &event), listener.accept());
    assert_eq!(failed, of("Sandbox.Timedout", "Error: Task timed out after 1.00 seconds"));
    closed(accepted.unwrap().0).await;
}

#[tokio::test]
async fn an_error_of_the_function_is_its_own_document() {
    let functions = fake("", 1, LONG);
    let failed = error(&functions, &json!({"do": "fail"})).await;
    assert_eq!(failed, of("Fake.Error", "as told"));
    answer(&functions, &json!({"do": "tell"})).await;
}

#[tokio::test]
async fn an_event_that_is_not_json_is_refused_before_any_process_sees_it() {
    // It would end with the first event it is asked for.
    let functions = fake("exit", 1, LONG);
    let event = InvokeFunction { payload: b"{bad".to_vec().into(), ..event(&json!({})) };
    let answer = functions.invoke(event, &HttpClient::default()).await.unwrap().answer;
    assert_eq!((answer.status, answer.function_error), (400, None));
    let document: Value = serde_json::from_slice(&answer.payload.0).unwrap();
    assert_eq!(document["Type"], "User");
    let message = document["message"].as_str().unwrap();
    let words = "Could not parse request body into json: Could not parse payload into json: ";
    assert!(message.starts_with(words), "{message}");
}

#[tokio::test]
async fn a_function_that_cannot_begin_says_why() {
    for start in ["init error and exit", "init error and stay"] {
        let failed = error(&fake(start, 1, LONG), &json!({})).await;
        assert_eq!(failed, of("Fake.Init", "no database"), "{start}");
    }
    let failed = error(&fake("exit", 1, LONG), &json!({})).await;
    assert_eq!(failed, of("Runtime.ExitError", "Error: Runtime exited with error: exit status 3"));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error_of_the_function() {
    let mut functions = fake("", 1, LONG);
    let mut spec = functions.pools["f"].spec().clone();
    spec.process.command = vec!["/nowhere/function".into()];
    functions.pools.insert("f".into(), Pool::new(spec));
    let (error_type, message) = error(&functions, &json!({})).await;
    assert_eq!(error_type, "Runtime.InvalidEntrypoint");
    assert!(message.contains("starting /nowhere/function: No such file"), "{message}");
}

#[tokio::test]
async fn nonsense_of_a_runtime_is_answered_and_changes_nothing() {
    let functions = fake("", 1, LONG);
    let told = answer(&functions, &json!({"do": "nonsense"})).await;
    let statuses = ["400 Bad Request", "404 Not Found", "404 Not Found", "405 Method Not Allowed"];
    assert_eq!(told["statuses"], json!(statuses));
}

#[tokio::test]
async fn a_response_that_breaks_off_is_an_error_of_the_function() {
    let functions = fake("", 1, LONG);
    let (error_type, _) = error(&functions, &json!({"do": "break off"})).await;
    assert_eq!(error_type, "Runtime.TruncatedResponse");
    answer(&functions, &json!({"do": "tell"})).await;
}

#[tokio::test]
async fn a_response_beyond_lambdas_limit_is_an_error_of_the_function() {
    let functions = fake("", 1, LONG);
    let (error_type, _) = error(&functions, &json!({"do": "too large"})).await;
    assert_eq!(error_type, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_streamed_response_is_taken_whole_and_its_trailers_heard() {
    let functions = fake("", 1, LONG);
    assert_eq!(answer(&functions, &json!({"do": "stream"})).await, json!({"streamed": true}));
    let failed = error(&functions, &json!({"do": "stream and fail"})).await;
    assert_eq!(failed, of("Fake.Midway", "lost the database"));
}

#[tokio::test]
async fn a_queued_event_is_accepted_at_once_and_runs_later() {
    let functions = fake("", 1, LONG);
    let (listener, event) = meeting_point().await;
    let queued = InvokeFunction { invocation: InvocationType::Event, ..self::event(&event) };
    let answer = functions.invoke(queued, &HttpClient::default()).await.unwrap().answer;
    assert_eq!((answer.status, answer.payload.0.len()), (202, 0));
    go_on(listener.accept().await.unwrap().0).await;
}

#[tokio::test]
async fn a_caller_that_leaves_ends_no_process() {
    let functions = fake("", 1, LONG);
    let (listener, event) = meeting_point().await;
    let short = InvokeFunction { timeout_ms: 1, ..self::event(&event) };
    let client = HttpClient::default();
    let (left, accepted) = tokio::join!(functions.invoke(short, &client), listener.accept());
    assert_eq!(left.unwrap_err(), EffectError::TimedOut);
    go_on(accepted.unwrap().0).await;
    answer(&functions, &json!({"do": "tell"})).await;
}

#[tokio::test]
async fn the_end_waits_for_invocations_whose_callers_have_left() {
    let functions = Arc::new(fake("", 1, LONG));
    let (listener, event) = meeting_point().await;
    let queued = InvokeFunction { invocation: InvocationType::Event, ..self::event(&event) };
    functions.invoke(queued, &HttpClient::default()).await.unwrap();
    let met = listener.accept().await.unwrap().0;
    let left = functions.thread.invocations.wait(Duration::ZERO);
    assert_eq!((left.len(), left["f"].len()), (1, 1));
    let ended = tokio::task::spawn_blocking({
        let functions = Arc::clone(&functions);
        move || functions.thread.invocations.wait(LONG)
    });
    go_on(met).await;
    assert!(ended.await.unwrap().is_empty());
}

#[tokio::test]
async fn processes_and_what_they_started_end_with_the_host() {
    let functions = fake("", 1, LONG);
    let (listener, event) = meeting_point().await;
    let child = json!({"do": "start another", "at": event["at"]});
    let (pid, accepted) = tokio::join!(answer(&functions, &child), listener.accept());
    assert!(pid["pid"].is_u64());
    drop(functions);
    closed(accepted.unwrap().0).await;
}

#[tokio::test]
async fn a_process_that_nobody_needs_any_more_ends_before_its_connection_does() {
    for _ in 0..10 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let functions = fake(&format!("tell when lost: {at}"), 1, LONG);
        let pid = answer(&functions, &json!({"do": "tell"})).await["pid"].as_i64().unwrap();
        drop(functions);
        let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(listener.accept().is_err(), "it was told that its connection is lost");
    }
}

#[tokio::test]
async fn a_reload_exchanges_processes_whose_program_or_handler_was_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::for_definition(
        &folder.path().join("openapi.yaml"),
        gateway_core::definition::Protocol::Http,
        "127.0.0.1:0".parse().unwrap(),
    );
    config.directory = folder.path().into();
    let written = |command: &[&str], config: &Config| {
        let command: Vec<String> = command.iter().map(|word| (*word).into()).collect();
        let spec = ProcessSpec::new(config, "f", &command, &BTreeMap::new());
        let names = spec.written.keys().map(|path| path.strip_prefix(folder.path()).unwrap());
        (names.map(|path| path.display().to_string()).collect::<Vec<_>>(), spec)
    };
    std::fs::create_dir(folder.path().join("src")).unwrap();
    for name in ["app.py", "src/orders.py", "index.mjs", "run.rb", "program"] {
        std::fs::write(folder.path().join(name), "1").unwrap();
    }
    let program = folder.path().join("program").display().to_string();
    for (command, files) in [
        (&["python3", "-m", "awslambdaric", "app.handler"][..], &["app.py"][..]),
        (&["python3", "-m", "awslambdaric", "src.orders.handler"], &["src/orders.py"]),
        (&["npx", "aws-lambda-ric", "index.handler"], &["index.mjs"]),
        (&["ruby", "run.rb"], &["run.rb"]),
        (&["python3", "-m", "awslambdaric", "away.handler"], &[]),
        (&[program.as_str()], &["program"]),
    ] {
        let (names, before) = written(command, &config);
        assert_eq!(names, files, "{command:?}");
        assert_eq!(written(command, &config).1, before);
        for name in files {
            let file = std::fs::File::options().write(true).open(folder.path().join(name)).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
            assert_ne!(written(command, &config).1, before, "{name}");
        }
    }
}

#[tokio::test]
async fn a_reload_keeps_the_processes_of_what_has_not_changed() {
    let program = std::env::current_exe().unwrap().to_string_lossy().into_owned();
    let config = |timeout_s| {
        let mut config = Config::for_definition(
            "openapi.yaml".as_ref(),
            gateway_core::definition::Protocol::Http,
            "127.0.0.1:0".parse().unwrap(),
        );
        let arguments = ["--exact", "functions::tests::fake::runtime", "--nocapture"];
        let function = FunctionConfig::Command {
            command: std::iter::once(program.clone()).chain(arguments.map(Into::into)).collect(),
            environment: [("FAKE_RUNTIME".into(), String::new())].into(),
            reserved_concurrent_executions: None,
            timeout_s,
        };
        config.functions.insert("f".into(), function);
        config
    };
    let tell = json!({"do": "tell"});
    let first = Functions::new(&config(None), Arc::default(), None);
    let pid = answer(&first, &tell).await["pid"].clone();
    let second = Functions::new(&config(None), Arc::default(), Some(&first));
    drop(first);
    assert_eq!(answer(&second, &tell).await["pid"], pid);
    let third = Functions::new(&config(Some(60)), Arc::default(), Some(&second));
    assert_ne!(answer(&third, &tell).await["pid"], pid);
}
