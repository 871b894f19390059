//! Clients that take their time, and more of them than there is room for.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use crate::kit::*;
use crate::program::free_address;

const MIB: usize = 1 << 20;
const HURRIED: &str = "limits: {contentTimeoutInMillis: 200}";

/// It reads what comes and answers when it has everything.
fn patient() -> std::net::SocketAddr {
    endpoint(|mut connection| {
        connection.head();
        while connection.chunk().is_some() {}
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    })
}

#[test]
fn content_that_does_not_come_is_the_clients_fault() {
    let served = Served::start_with(patient(), HURRIED);
    for path in ["/prod/to/a", "/prod/function"] {
        for content in
            ["Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"]
        {
            let mut client = served.client();
            client.send(format!("POST {path} HTTP/1.1\r\nHost: h\r\n{content}").as_bytes());
            let answer = client.answer();
            assert_eq!(answer.status, 408, "{path}: {}", answer.text());
            assert_eq!(answer.text(), r#"{"message":"Request Timeout"}"#);
            // What comes late is not the next request.
            assert!(client.head().is_none());
        }
    }
    assert_eq!(
        served.drained_log(),
        "/prod/to/a 408\n".repeat(2) + &"/prod/function 408\n".repeat(2)
    );
}

#[test]
fn a_log_of_content_changes_no_answer_to_content_that_does_not_come() {
    let traced = |is_traced| {
        let folder = Folder::new();
        let config = configuration_with(&folder, patient(), HURRIED);
        let settings = format!(
            "methodSettings: {{'*/*': {{loggingLevel: INFO, dataTraceEnabled: {is_traced}}}}}"
        );
        let stage = "- stageName: prod";
        let text = folder.read("edgeway.yaml");
        folder.write("edgeway.yaml", &text.replace(stage, &format!("{stage}\n        {settings}")));
        Served::start_configured(folder, config, 2)
    };
    let (plain, traced) = (traced(false), traced(true));
    for path in ["/prod/to/a", "/prod/function"] {
        for leaves in [true, false] {
            let ask = |served: &Served| {
                let mut stream = TcpStream::connect(served.host.address()).unwrap();
                let head = "HTTP/1.1\r\nHost: h\r\nContent-Length: 500";
                stream.write_all(format!("POST {path} {head}\r\n\r\nabc").as_bytes()).unwrap();
                if leaves {
                    stream.shutdown(Shutdown::Write).unwrap();
                }
                let answer = Client::new(stream).answer();
                (answer.status, answer.text())
            };
            let answer = ask(&plain);
            assert_eq!(answer.0, if leaves { 400 } else { 408 }, "{path}");
            assert_eq!(ask(&traced), answer, "{path}");
        }
    }
}

#[test]
fn the_time_that_a_client_takes_is_not_the_endpoints() {
    // `/hurried` gives its endpoint 50 ms.
    let served = Served::start_with(patient(), "limits: {contentTimeoutInMillis: 5000}");
    let mut client = served.client();
    client.send(
        b"GET /prod/hurried HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    );
    std::thread::sleep(std::time::Duration::from_millis(200));
    client.send(b"0\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn content_beyond_the_memory_of_the_host_is_refused_and_the_next_is_served() {
    let (asked, arrived) = channel::<()>();
    let endpoint = endpoint(move |mut connection| {
        connection.head();
        asked.send(()).unwrap();
        connection.wait_for_close();
    });
    // The event holds the content as text: both count.
    let served = Served::start_with(endpoint, "limits: {contentInMemoryBytes: 11000000}");
    let post = |length: usize| {
        let mut client = served.client();
        let head =
            format!("POST /prod/function HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        client.send(head.as_bytes());
        client.send(&vec![b'x'; length]);
        client
    };
    let first = post(4 * MIB);
    arrived.recv_timeout(PATIENCE).unwrap();
    let answer = post(4 * MIB).answer();
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("Service Unavailable"), "{}", answer.text());
    // What needs no memory is served as ever.
    assert_eq!(served.client().get("/prod/mock").status, 200);
    // The first one leaves, and its share is free.
    drop(first);
    let started = std::time::Instant::now();
    while served.host.shared().memory.held() > 0 {
        assert!(started.elapsed() < PATIENCE, "its share is never free");
        std::thread::yield_now();
    }
    let _next = post(4 * MIB);
    arrived.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn connections_beyond_the_open_files_are_told_so_and_served_again_later() {
    let folder = Folder::new();
    configuration(&folder, echo());
    let (listen, admin) = (free_address(), free_address());
    let own = format!("{listen}\nadmin: {admin}");
    let config = folder.read("edgeway.yaml").replace("127.0.0.1:0", &own);
    let config = folder.write("edgeway.yaml", &config);
    let mut program = Command::new("sh")
        .args(["-c", r#"ulimit -n 80; exec "$0" "$@""#, env!("CARGO_BIN_EXE_edgeway")])
        .args(["serve", "--engine", "native", "--threads", "2", "--config"])
        .arg(config)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while TcpStream::connect(listen).is_err() {
        assert!(started.elapsed() < PATIENCE, "it does not start");
        std::thread::yield_now();
    }
    let mut clients: Vec<Client> = (0..100).map(|_| Client::connect(listen)).collect();
    let statuses: Vec<u16> =
        clients.iter_mut().map(|client| client.get("/prod/mock").status).collect();
    let served = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert!(served >= 20 && refused >= 20 && served + refused == 100, "{statuses:?}");
    // The operator has descriptors of their own, more of them than connections that say nothing can hold.
    let mut operators: Vec<Client> = (0..60).map(|_| Client::connect(admin)).collect();
    let asked = std::time::Instant::now();
    for operator in &mut operators[55..] {
        assert_eq!(operator.get("/healthz").status, 200);
    }
    assert!(asked.elapsed() < PATIENCE / 4, "it waited until those that say nothing were closed");
    assert_eq!(Client::connect(listen).get("/prod/mock").status, 503);
    drop((clients, operators));
    while Client::connect(listen).get("/prod/mock").status != 200 {
        assert!(started.elapsed() < PATIENCE, "nobody is served any more");
    }
    program.kill().unwrap();
    program.wait().unwrap();
}
