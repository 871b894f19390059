//! A program that speaks the Lambda Runtime API and does what its events say: this test binary,
//! started once more with `FAKE_RUNTIME` set.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Map, Value, json};

/// Nothing as a test; the program when it is started as one.
#[test]
fn runtime() {
    let Ok(start) = std::env::var("FAKE_RUNTIME") else { return };
    println!("starts: {start}");
    let init_error = json!({"errorType": "Fake.Init", "errorMessage": "no database"}).to_string();
    match start.as_str() {
        "init error and exit" => {
            post("init/error", &init_error);
            std::process::exit(1)
        }
        "init error and stay" => {
            post("init/error", &init_error);
            wait_for_ever()
        }
        "exit" => std::process::exit(3),
        "connect" => {
            let mut stream = TcpStream::connect(std::env::var("FAKE_AT").unwrap()).unwrap();
            let _ = stream.read(&mut [0]);
            wait_for_ever()
        }
        _ => serve(start.strip_prefix("tell when lost: ")),
    }
}

/// Connects there when its connection is lost.
fn serve(lost: Option<&str>) -> ! {
    loop {
        let next = call("GET", "invocation/next", "");
        if let (true, Some(at)) = (next.status.is_empty(), lost) {
            let _ = TcpStream::connect(at);
            std::process::exit(1)
        }
        let event: Value = serde_json::from_str(&next.content).unwrap();
        let id = next.fields["lambda-runtime-aws-request-id"].clone();
        handle(&event, &id, &next);
    }
}

fn handle(event: &Value, id: &str, next: &Answer) {
    let respond = |content: &str| post(&format!("invocation/{id}/response"), content);
    let fail = |content: &str| post(&format!("invocation/{id}/error"), content);
    let pid = json!({"pid": std::process::id()}).to_string();
    let at = || event["at"].as_str().unwrap().to_owned();
    match event["do"].as_str().unwrap() {
        "tell" => {
            let environment: Map<String, Value> =
                std::env::vars().map(|(name, value)| (name, value.into())).collect();
            let told = json!({
                "pid": std::process::id(),
                "event": event,
                "fields": next.fields,
                "environment": environment,
            });
            respond(&told.to_string())
        }
        "wait" => {
            let mut stream = TcpStream::connect(at()).unwrap();
            stream.read_exact(&mut [0]).unwrap();
            respond(&pid)
        }
        "exit" => std::process::exit(event["code"].as_i64().unwrap().try_into().unwrap()),
        "abort" => std::process::abort(),
        "answer and exit" => {
            respond(&pid);
            std::process::exit(0)
        }
        "fail" => fail(r#"{"errorType":"Fake.Error","errorMessage":"as told"}"#),
        "nonsense" => {
            let statuses = [
                post("invocation/another/response", "{}"),
                post("invocation/response", "{}"),
                call("GET", "../../etc", "").status,
                call("DELETE", "invocation/next", "").status,
            ];
            respond(&json!({ "statuses": statuses }).to_string())
        }
        "break off" => {
            let mut stream = connect();
            let head = "Content-Length: 100\r\n\r\n{\"half\":";
            write!(stream, "POST {BASE}invocation/{id}/response HTTP/1.1\r\nHost: a\r\n{head}")
                .unwrap();
            String::new()
        }
        "too large" => respond(&"x".repeat(7 * 1024 * 1024)),
        "parts" => parts(id, event),
        "stream" => stream(id, ""),
        "stream and fail" => {
            // {"errorType":"Fake.Midway","errorMessage":"lost the database"}
            const BODY: &str = "eyJlcnJvclR5cGUiOiJGYWtlLk1pZHdheSIsImVycm9yTWVzc2FnZSI6Imxvc3QgdGhlIGRhdGFiYXNlIn0=";
            let error_type = "Lambda-Runtime-Function-Error-Type: Fake.Midway\r\n";
            stream(id, &format!("{error_type}Lambda-Runtime-Function-Error-Body: {BODY}\r\n"))
        }
        "start another" => {
            #[expect(clippy::zombie_processes, reason = "what it leaves behind is what is tested")]
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "functions::tests::fake::runtime", "--nocapture"])
                .envs([("FAKE_RUNTIME", "connect"), ("FAKE_AT", &at())])
                .spawn()
                .unwrap();
            respond(&pid)
        }
        other => panic!("what is {other}?"),
    };
}

const BASE: &str = "/2018-06-01/runtime/";

struct Answer {
    status: String,
    fields: BTreeMap<String, String>,
    content: String,
}

fn connect() -> TcpStream {
    TcpStream::connect(std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap()).unwrap()
}

fn post(path: &str, content: &str) -> String {
    call("POST", path, content).status
}

fn call(method: &str, path: &str, content: &str) -> Answer {
    let mut stream = connect();
    let length = content.len();
    write!(stream, "{method} {BASE}{path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
        .unwrap();
    let _ = stream.write_all(content.as_bytes()); // refused before its end when it is too large
    read(stream)
}

fn stream(id: &str, trailers: &str) -> String {
    let mut stream = connect();
    write!(
        stream,
        "POST {BASE}invocation/{id}/response HTTP/1.1\r\nHost: a\r\n\
         Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\
         Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n\
         a\r\n{{\"streamed\r\n7\r\n\":true}}\r\n0\r\n{trailers}\r\n"
    )
    .unwrap();
    read(stream).status
}

/// Writes `first`, waits until it is told to go on, and ends as it is told.
fn parts(id: &str, event: &Value) -> String {
    let mut meeting = TcpStream::connect(event["at"].as_str().unwrap()).unwrap();
    let mut stream = connect();
    let mode = "Lambda-Runtime-Function-Response-Mode: streaming";
    let first = event["first"].as_str().unwrap();
    write!(
        stream,
        "POST {BASE}invocation/{id}/response HTTP/1.1\r\nHost: a\r\n{mode}\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n",
        first.len()
    )
    .unwrap();
    meeting.read_exact(&mut [0]).unwrap();
    let last = match event["end"].as_str().unwrap() {
        "well" => "4\r\nlast\r\n0\r\n\r\n",
        "trailers" => "0\r\nLambda-Runtime-Function-Error-Type: Fake.Midway\r\n\r\n",
        "crash" => std::process::exit(9),
        other => panic!("what is {other}?"),
    };
    stream.write_all(last.as_bytes()).unwrap();
    read(stream).status
}

fn read(stream: TcpStream) -> Answer {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    let Ok(status) = line() else {
        return Answer { status: String::new(), fields: BTreeMap::new(), content: String::new() };
    };
    let mut fields = BTreeMap::new();
    while let Some((name, value)) = line().unwrap_or_default().split_once(": ") {
        fields.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = fields.get("content-length").map_or(0, |length: &String| length.parse().unwrap());
    let mut content = vec![0; length];
    reader.read_exact(&mut content).unwrap();
    let status = status.split_once(' ').map(|(_, status)| status.to_owned());
    Answer {
        status: status.unwrap_or_default(),
        fields,
        content: String::from_utf8(content).unwrap(),
    }
}

fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}
