//! What gateways that share a Redis do together, and what each does while it is away.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::kit::*;
use crate::program::{LOG, Program, free_address};
use crate::redis::Server;

/// An API that may be asked 300 times and never again, by an account's bucket.
fn served(redis: &str) -> (Folder, Program) {
    served_with(redis, "rateLimit: 0, burstLimit: 300")
}

fn served_with(redis: &str, limit: &str) -> (Folder, Program) {
    let folder = Folder::new();
    folder.write("api.yaml", &definition("127.0.0.1:9".parse().unwrap(), 200));
    folder.write(
        "edgeway.yaml",
        &format!(
            "
listen: 127.0.0.1:0
redis: {redis}
account: {{throttleSettings: {{{limit}}}}}
apis: [{{id: a, protocol: REST, definition: api.yaml, stages: [{{stageName: prod}}]}}]
"
        ),
    );
    let program = Program::start(&folder);
    (folder, program)
}

/// With all its threads.
fn is_connected(program: &Program) -> bool {
    let threads = std::thread::available_parallelism().unwrap().get() as u64;
    program.metric_of("edgeway_redis_connections") == threads
}

fn granted(program: &Program) -> usize {
    let mut client = Client::connect(program.listen);
    (0..400).filter(|_| client.get("/prod/mock").status == 200).count()
}

#[test]
fn two_machines_have_one_limit_and_each_its_own_while_the_server_is_away() {
    let server = Server::start();
    let redis = format!("{{url: 'redis://{}', timeoutInMillis: 5000}}", server.address);
    let (folder, one) = served(&redis);
    let (_other_folder, other) = served(&redis);
    let (mut a, mut b) = (Client::connect(one.listen), Client::connect(other.listen));
    let both = (0..300).map(|i| if i % 2 == 0 { &mut a } else { &mut b }.get("/prod/mock").status);
    assert_eq!(both.filter(|status| *status == 200).count(), 300);
    assert_eq!([a.get("/prod/mock").status, b.get("/prod/mock").status], [429, 429]);
    let address = server.address;
    drop(server);
    // Its own bucket is full: what was taken from the shared one is not known here.
    assert_eq!([granted(&one), granted(&other)], [300, 300]);
    let _server = Server::start_at(address, &[]);
    [&one, &other].iter().for_each(|program| program.wait_until(is_connected));
    assert_eq!([granted(&one), granted(&other)], [300, 0], "a new server has one full bucket");
    assert!(folder.read(LOG).contains("Redis is away"), "{}", folder.read(LOG));
}

#[test]
fn closed_means_that_nobody_is_let_through_while_the_server_is_away() {
    let address = free_address();
    let redis = format!("{{url: 'redis://{address}', whenAway: closed, timeoutInMillis: 5000}}");
    let (_folder, program) = served(&redis);
    let mut client = Client::connect(program.listen);
    let answer = client.get("/prod/mock");
    assert_eq!((answer.status, &*answer.text()), (429, "{\"message\":\"Too Many Requests\"}"));
    // Else all machines would leave their load balancer at once.
    assert_eq!(Client::connect(program.admin).get("/readyz").status, 200);
    let _server = Server::start_at(address, &[]);
    program.wait_until(|program| Client::connect(program.listen).get("/prod/mock").status == 200);
}

#[test]
fn a_server_that_goes_and_comes_under_load_fails_no_request_and_delays_none_for_long() {
    let mut server = Some(Server::start());
    let address = server.as_ref().unwrap().address;
    let redis = format!("{{url: 'redis://{address}', timeoutInMillis: 50}}");
    let (_folder, program) = served_with(&redis, "rateLimit: 1000000, burstLimit: 1000000");
    let (stop, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let unanswered = || program.metric_of("edgeway_redis_unanswered_total");
    let slowest = std::thread::scope(|scope| {
        let load = || {
            let (mut client, mut slowest) = (Client::connect(program.listen), Duration::ZERO);
            while !stop.load(Relaxed) {
                let asked = Instant::now();
                assert_eq!(client.get("/prod/mock").status, 200);
                slowest = slowest.max(asked.elapsed());
                answered.fetch_add(1, Relaxed);
            }
            slowest
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(load)).collect();
        let some_more = || {
            let (before, began) = (answered.load(Relaxed), Instant::now());
            while answered.load(Relaxed) < before + 200 {
                assert!(began.elapsed() < PATIENCE, "nobody is answered");
                std::thread::yield_now();
            }
        };
        let until = |what: &str, happened: &dyn Fn() -> bool| {
            let began = Instant::now();
            while !happened() {
                assert!(began.elapsed() < PATIENCE, "{what}");
                some_more();
            }
        };
        let is_connected = || is_connected(&program);
        for way in ["killed", "stopped"] {
            until("it does not connect", &is_connected);
            some_more();
            let before = unanswered();
            match (way, &server) {
                // It takes connections and bytes, and answers nothing.
                ("stopped", Some(server)) => server.signal("STOP"),
                _ => server = None,
            }
            until(way, &|| unanswered() > before);
            some_more();
            match &server {
                Some(server) => server.signal("CONT"),
                None => server = Some(Server::start_at(address, &[])),
            }
        }
        until("it does not connect again", &is_connected);
        stop.store(true, Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).max().unwrap()
    });
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[test]
fn a_report_tells_what_all_machines_counted() {
    let server = Server::start();
    let folder = Folder::new();
    let api = definition("127.0.0.1:9".parse().unwrap(), 200)
        .replace("  /mock:\n    get:\n", "  /mock:\n    get:\n      security: [{api_key: []}]\n");
    let scheme = "
components: {securitySchemes: {api_key: {type: apiKey, name: x-api-key, in: header}}}
";
    folder.write("api.yaml", &(api + scheme));
    let config = format!(
        "
listen: 127.0.0.1:0
adminToken: 0123456789abcdef
redis: {{url: 'redis://{}', timeoutInMillis: 5000}}
apis: [{{id: a, protocol: REST, definition: api.yaml, stages: [{{stageName: prod}}]}}]
apiKeys: [{{name: k, value: abcdefghij0123456789ABCD}}]
usagePlans:
  - {{name: p, apiStages: [{{apiId: a, stage: prod}}], keys: [k], quota: {{limit: 7, period: MONTH}}}}
",
        server.address
    );
    let programs = [(); 2].map(|()| {
        folder.write("edgeway.yaml", &config);
        Program::start(&folder)
    });
    let asked = "GET /prod/mock HTTP/1.1\r\nHost: h\r\nx-api-key: abcdefghij0123456789ABCD\r\n\r\n";
    let statuses: Vec<u16> = (0..8)
        .map(|i| {
            let mut client = Client::connect(programs[i % 2].listen);
            client.send(asked.as_bytes());
            client.answer().status
        })
        .collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 429]);
    let used = |days: &serde_json::Value| -> u64 {
        days.as_array().unwrap().iter().map(|day| day[0].as_u64().unwrap()).sum()
    };
    let output = Command::new(env!("CARGO_BIN_EXE_edgeway"))
        .args(["usage", "--config"])
        .arg(folder.path("edgeway.yaml"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(used(&report["items"]["k"]), 7, "{report}");
    let days =
        format!("startDate={}&endDate={}", text(&report, "startDate"), text(&report, "endDate"));
    let token = "Authorization: Bearer 0123456789abcdef\r\n";
    let answer = programs[0].call(&format!("GET /usageplans/p/usage?{days}"), token, "");
    let told: serde_json::Value = serde_json::from_slice(&answer.content).unwrap();
    assert_eq!((answer.status, used(&told["values"]["k"])), (200, 7));
    drop(server);
    let answer = programs[0].call(&format!("GET /usageplans/p/usage?{days}"), token, "");
    assert_eq!(answer.status, 503, "{}", answer.text());
}

fn text<'v>(report: &'v serde_json::Value, name: &str) -> &'v str {
    report[name].as_str().unwrap()
}
