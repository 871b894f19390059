//! Start, deploy, drain: no request is lost.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::Sender;
use std::time::Instant;

use crate::kit::*;
use crate::program::{LOG, Program, free_address};

#[test]
fn a_request_in_flight_ends_on_what_it_began_with() {
    let (endpoint, arrived, go_on) = held_endpoint("old");
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    arrived.recv_timeout(PATIENCE).unwrap();

    served.folder.write("api.yaml", &definition(endpoint, 201));
    served.host.deploy(&deployment(&build(&served.config))).unwrap();
    assert_eq!(served.client().get("/prod/mock").status, 201);

    go_on.send(()).unwrap();
    assert_eq!(client.answer().text(), "old");
    assert_eq!(client.get("/prod/mock").status, 201);
}

#[test]
fn a_bad_snapshot_is_refused_and_the_one_before_is_served_on() {
    let served = Served::start(echo());
    let mut bad = deployment(&build(&served.config));
    bad.snapshot = b"nonsense".as_slice().into();
    assert!(served.host.deploy(&bad).is_err());
    assert_eq!(served.client().get("/prod/mock").status, 200);
}

#[test]
fn another_address_is_taken_over_without_closing_connections() {
    let mut served = Served::start(echo());
    let before = served.host.address();
    let mut client = served.client();
    assert_eq!(client.get("/prod/mock").status, 200);
    let place = served.host.addresses()[0].0.clone();
    let listeners = served.host.listen(place.clone()).unwrap();
    served.host.close(&place);
    served.host.accept_at(listeners);
    assert_ne!(served.host.address(), before);
    assert_eq!(served.client().get("/prod/mock").status, 200);
    assert_eq!(client.get("/prod/mock").status, 200);
}

#[test]
fn a_second_host_cannot_take_half_of_the_connections() {
    let served = Served::start(echo());
    let mut place = served.host.addresses()[0].0.clone();
    place.address = served.host.address();
    assert!(served.host.listen(place).is_err());
}

#[test]
fn draining_finishes_what_is_under_way() {
    let (endpoint, arrived, go_on) = held_endpoint("done");
    let served = Served::start(endpoint);
    let address = served.host.address();
    let mut busy = served.client();
    busy.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    arrived.recv_timeout(PATIENCE).unwrap();
    let draining = std::thread::spawn(|| served.drained_log());
    // Refused once the listeners are closed; asked until then.
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    go_on.send(()).unwrap();
    let answer = busy.answer();
    assert_eq!(answer.text(), "done");
    assert!(answer.head.to_lowercase().contains("connection: close"), "{}", answer.head);
    assert_eq!(draining.join().unwrap(), "/prod/to/a 200\n");
}

/// A second half that is sent once the host goes down, of a request whose first half it has.
fn is_answered_when_completed(
    begin: impl Fn(&Served) -> Client,
    half: &[u8],
    rest: &[u8],
) -> Vec<u8> {
    let folder = Folder::new();
    let config = configuration(&folder, echo());
    // One thread: who is answered later was read later.
    let served = Served::start_configured(folder, config, 1);
    let mut client = begin(&served);
    client.send(half);
    let mut idle = served.client();
    assert_eq!(idle.get("/prod/mock").status, 200);
    let draining = std::thread::spawn(|| served.drained_log());
    // Closed as soon as the host goes down.
    idle.wait_for_close();
    client.send(rest);
    let mut answered = Vec::new();
    client.reader.read_to_end(&mut answered).ok();
    draining.join().unwrap();
    answered
}

#[test]
fn a_request_whose_head_is_completed_while_the_host_goes_down_is_answered() {
    let fresh = |served: &Served| served.client();
    let used = |served: &Served| {
        let mut client = served.client();
        assert_eq!(client.get("/prod/mock").status, 200);
        client
    };
    let posted = |served: &Served| {
        let mut client = served.client();
        client.send(b"POST /prod/mock HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
        client.answer();
        client
    };
    type Begin = fn(&Served) -> Client;
    let begins: [(&str, Begin); 3] =
        [("its first", fresh), ("a later one", used), ("after content", posted)];
    for (which, begin) in begins {
        let answered =
            is_answered_when_completed(begin, b"GET /prod/mock HTTP/1.1\r\nHo", b"st: h\r\n\r\n");
        let answered = String::from_utf8_lossy(&answered).to_lowercase();
        assert!(answered.starts_with("http/1.1 200 "), "{which}: {answered}");
        assert!(answered.contains("connection: close\r\n"), "{which}: {answered}");
    }
}

#[test]
fn a_stream_whose_head_is_completed_while_the_host_goes_down_is_answered() {
    let (half, rest) = HTTP_2_GET.split_at(12);
    let preface = |served: &Served| {
        let mut client = served.client();
        client.send(PREFACE);
        client
    };
    let answered = is_answered_when_completed(preface, half, rest);
    // HEADERS of stream 1, with `:status: 200` first (RFC 9113 §6.2, RFC 7541 §6.1).
    let is_answer = |bytes: &[u8]| bytes[3..9] == *b"\x01\x04\0\0\0\x01" && bytes[9] == 0x88;
    assert!(answered.windows(10).any(is_answer), "{answered:?}");
}

/// What RFC 9113 §3.4 has a client begin with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// `GET /prod/to/a` on stream 1 (RFC 9113 §6.2, RFC 7541 §6).
const HTTP_2_GET: &[u8] = b"\0\0\x11\x01\x05\0\0\0\x01\x82\x86\x04\x0a/prod/to/a\x01\x01h";

#[test]
fn connections_without_a_request_do_not_hold_up_the_end() {
    let served = Served::start(echo());
    let clients = [&b""[..], b"GET /prod/mock HTTP/1.1\r\nHo", b"PRI", PREFACE].map(|begun| {
        let mut client = served.client();
        client.send(begun);
        client
    });
    let start = Instant::now();
    served.drained_log();
    assert!(start.elapsed() < PATIENCE / 2, "{:?}", start.elapsed());
    clients.into_iter().for_each(|mut client| client.wait_for_close());
}

#[test]
fn draining_finishes_the_streams_of_clients_that_acknowledge_nothing() {
    let (endpoint, arrived, go_on) = held_endpoint("done");
    let served = Served::start(endpoint);
    let mut client = served.client();
    client.send(&[PREFACE, HTTP_2_GET].concat());
    arrived.recv_timeout(PATIENCE).unwrap();
    let mut idle = served.client();
    idle.send(PREFACE);
    let start = Instant::now();
    let draining = std::thread::spawn(|| served.drained_log());
    // Closed while the other one waits.
    idle.wait_for_close();
    go_on.send(()).unwrap();
    let mut answered = Vec::new();
    client.reader.read_to_end(&mut answered).ok();
    assert!(answered.windows(4).any(|bytes| bytes == b"done"), "{answered:?}");
    assert_eq!(draining.join().unwrap(), "/prod/to/a 200\n");
    assert!(start.elapsed() < PATIENCE / 2, "{:?}", start.elapsed());
}

#[test]
fn a_log_that_cannot_be_written_costs_its_lines_and_nothing_else() {
    let folder = Folder::new();
    configuration(&folder, free_address());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut program = Program::start_logging(&folder, "native", full);
    let mut client = Client::connect(program.listen);
    assert_eq!(client.get("/prod/to/a").status, 504, "nobody listens, which is logged");
    folder.write("api.yaml", "no definition");
    program.signal("HUP");
    assert_eq!(client.get("/prod/mock").status, 200);
    program.signal("TERM");
    assert!(program.child.wait().unwrap().success());
}

/// A program with a request in flight.
struct Busy {
    folder: Folder,
    program: Program,
    client: Client,
    go_on: Sender<()>,
}

impl Busy {
    fn start() -> Self {
        let (endpoint, arrived, go_on) = held_endpoint("done");
        let folder = Folder::new();
        configuration(&folder, endpoint);
        let program = Program::start(&folder);
        let mut client = Client::connect(program.listen);
        client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
        arrived.recv_timeout(PATIENCE).unwrap();
        Self { folder, program, client, go_on }
    }

    fn ends_after_its_request(&mut self) {
        let is_draining =
            |program: &Program| Client::connect(program.admin).get("/readyz").status == 503;
        self.program.wait_until(|program| is_draining(program));
        self.go_on.send(()).unwrap();
        assert_eq!(self.client.answer().text(), "done");
        assert!(self.program.child.wait().unwrap().success());
    }
}

#[test]
fn of_two_signals_at_once_neither_is_lost() {
    let mut busy = Busy::start();
    // As logs are rotated while a deployment ends the process.
    let log = busy.folder.write("access.log", "");
    std::fs::rename(&log, log.with_extension("old")).unwrap();
    busy.program.signal("HUP");
    busy.program.signal("TERM");
    busy.ends_after_its_request();
    assert_eq!(busy.folder.read("access.log"), "/prod/to/a 200\n");
}

#[test]
fn the_program_ends_on_term_after_its_requests() {
    let mut busy = Busy::start();
    busy.program.signal("TERM");
    busy.ends_after_its_request();
    assert_eq!(busy.folder.read("access.log"), "/prod/to/a 200\n");
}

/// A Lambda runtime, in this test binary started once more: it meets the test in the middle of an event.
#[test]
fn runtime() {
    let Ok(meeting_point) = std::env::var("MEETING_POINT") else { return };
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap().parse().unwrap();
    loop {
        let next = Client::connect(api).get("/2018-06-01/runtime/invocation/next").head;
        let mut lines = next.lines().filter_map(|line| line.split_once(": "));
        let id = lines.find(|(name, _)| name.eq_ignore_ascii_case("lambda-runtime-aws-request-id"));
        let mut met = TcpStream::connect(&meeting_point).unwrap();
        met.read_exact(&mut [0]).unwrap();
        met.write_all(b"end").unwrap();
        let response = format!("/2018-06-01/runtime/invocation/{}/response", id.unwrap().1);
        let head = format!("POST {response} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}");
        let mut client = Client::connect(api);
        client.send(head.as_bytes());
        client.answer();
    }
}

/// A program whose function runs while its clients have their answers: one that queued an event, and one whose
/// integration timed out.
fn left_by_their_clients(more: &str) -> (Folder, Program, [TcpStream; 2]) {
    const QUEUED: &str = "{responses: {'200': {description: d}}, x-amazon-apigateway-integration: {type: aws, httpMethod: POST, uri: URI, \
        requestParameters: {integration.request.header.X-Amz-Invocation-Type: \"'Event'\"}, responses: {default: {statusCode: '200'}}}}";
    const HURRIED: &str = "{x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: URI, timeoutInMillis: 50}}";
    const URI: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations";
    let folder = Folder::new();
    let methods = format!("  /queued: {{post: {QUEUED}}}\n  /hurried: {{post: {HURRIED}}}\n");
    let api = format!("openapi: 3.0.1\ninfo: {{title: t, version: '1'}}\npaths:\n{methods}");
    folder.write("api.yaml", &api.replace("URI", URI));
    let meeting_point = TcpListener::bind("127.0.0.1:0").unwrap();
    let this = std::env::current_exe().unwrap();
    folder.write(
        "edgeway.yaml",
        &format!(
            "listen: 127.0.0.1:0
{more}
apis:
  - {{id: a, protocol: REST, definition: api.yaml, stages: [{{stageName: prod}}]}}
functions:
  f:
    command: [{this:?}, --exact, 'lifecycle::runtime', --nocapture]
    environment: {{MEETING_POINT: '{}'}}
",
            meeting_point.local_addr().unwrap()
        ),
    );
    let program = Program::start(&folder);
    let met = [("queued", 200), ("hurried", 504)].map(|(path, status)| {
        let mut client = Client::connect(program.listen);
        let head =
            format!("POST /prod/{path} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{{}}");
        client.send(head.as_bytes());
        assert_eq!(client.answer().status, status, "{path}");
        meeting_point.accept().unwrap().0
    });
    (folder, program, met)
}

#[test]
fn invocations_whose_clients_have_left_are_finished_before_the_end() {
    let (folder, mut program, met) = left_by_their_clients("");
    program.signal("TERM");
    // Nobody is connected any more.
    program.wait_until(|_| folder.read(LOG).contains("functions still run"));
    for mut met in met {
        met.write_all(b".").unwrap();
        let mut told = String::new();
        met.read_to_string(&mut told).unwrap();
        assert_eq!(told, "end");
    }
    assert!(program.child.wait().unwrap().success());
    let log = folder.read(LOG);
    assert!(!log.contains("killed before it ended"), "{log}");
}

#[test]
fn invocations_for_which_there_is_no_time_are_told() {
    let (folder, mut program, met) = left_by_their_clients("limits: {drainTimeoutInMillis: 1}");
    program.signal("TERM");
    assert!(program.child.wait().unwrap().success());
    for mut met in met {
        assert!(matches!(met.read(&mut [0]), Ok(0) | Err(_)), "it is killed");
    }
    let log = folder.read(LOG);
    let told = log.lines().find(|line| line.contains("killed before it ended")).expect(&log);
    assert!(told.contains("function=\"f\" invocations=2 request_ids="), "{told}");
}

#[test]
fn a_command_whose_output_nobody_reads_ends_without_a_panic() {
    let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/quickstart/openapi.yaml");
    for format in ["text", "json"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_edgeway"))
            .args(["explain", "--format", format, definition, "/prod/"])
            .stdout(writer)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !told.contains("panicked"), "{format}: {told}");
    }
}
