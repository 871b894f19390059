//! Caches of stages that machines share, in a real Redis: what one stores, flushes or replaces, and
//! what each does while it is away.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::kit::*;
use crate::program::{LOG, Program};
use crate::redis::Server;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An endpoint that says how many calls there were before, and what was asked for.
fn counting() -> (SocketAddr, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let content = format!("{} {target}", counted.fetch_add(1, SeqCst));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.len());
            connection.send(&[head, content].concat().into_bytes());
        }
    });
    (address, calls)
}

struct Machine {
    folder: Folder,
    program: Program,
}

/// A machine with the stages `prod`, that has a canary with half of the requests, and `test`.
fn machine(endpoint: SocketAddr, redis: SocketAddr, more: &str) -> Machine {
    machine_on("native", endpoint, redis, more)
}

fn machine_on(engine: &str, endpoint: SocketAddr, redis: SocketAddr, more: &str) -> Machine {
    let folder = Folder::new();
    folder.write(
        "api.yaml",
        &format!(
            r#"
openapi: 3.0.1
info: {{title: t, version: "1"}}
paths:
  /{{proxy+}}:
    get:
      parameters: [{{name: proxy, in: path, required: true, schema: {{type: string}}}}]
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: http://{endpoint}/{{proxy}}
        requestParameters: {{integration.request.path.proxy: method.request.path.proxy}}
        cacheKeyParameters: [method.request.path.proxy]
"#
        ),
    );
    let cached = "cacheClusterEnabled: true, methodSettings: {'*/*': {cachingEnabled: true, \
                  requireAuthorizationForCacheControl: false}}";
    folder.write(
        "edgeway.yaml",
        &format!(
            "
listen: 127.0.0.1:0
adminToken: 0123456789abcdef
redis: {{url: 'redis://{redis}', timeoutInMillis: 5000, stageCaches: true{more}}}
apis:
  - {{id: a, protocol: REST, definition: api.yaml, stages: [{{stageName: prod, {cached}}}, {{stageName: test, {cached}}}]}}
"
        ),
    );
    let program = Program::start_on(&folder, engine);
    Machine { folder, program }
}

impl Machine {
    fn get(&self, path: &str) -> String {
        self.send(path, "")
    }
    fn send(&self, path: &str, fields: &str) -> String {
        let mut client = Client::connect(self.program.listen);
        client.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n").as_bytes());
        let answer = client.answer();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }
    fn flush(&self, stage: &str) -> u16 {
        let line = format!("DELETE /restapis/a/stages/{stage}/cache/data");
        self.program.call(&line, "Authorization: Bearer 0123456789abcdef\r\n", "").status
    }
    fn wait_until_connected(&self) {
        let threads = std::thread::available_parallelism().unwrap().get() as u64;
        self.program.wait_until(|program| {
            program.metric_of("edgeway_stage_cache_redis_connections") == threads
        });
    }
}

/// Everything that is in a server, as `redis-cli` tells it.
fn all_that_is_at_rest(server: &Server) -> Vec<u8> {
    let port = server.address.port().to_string();
    let ask = |words: &[&str]| {
        let mut command = Command::new("redis-cli");
        let output = command.args(["-p", &port]).args(words).stderr(Stdio::null()).output();
        output.expect("redis-cli comes with redis-server").stdout
    };
    let keys = String::from_utf8(ask(&["KEYS", "*"])).unwrap();
    keys.lines().flat_map(|key| [key.as_bytes().to_vec(), ask(&["GET", key])].concat()).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn what_one_machine_stored_another_answers_with_on_both_engines() {
    let (endpoint, calls) = counting();
    let server = Server::start();
    let one = machine(endpoint, server.address, "");
    let other = machine_on("component", endpoint, server.address, "");
    assert_eq!([one.get("/prod/a"), other.get("/prod/a")], ["0 /a", "0 /a"]);
    // Other paths and stages are other responses.
    assert_eq!([other.get("/prod/b"), other.get("/test/a")], ["1 /b", "2 /a"]);
    assert_eq!([one.get("/prod/b"), one.get("/test/a")], ["1 /b", "2 /a"]);
    assert_eq!(calls.load(SeqCst), 3);
    assert!(contains(&all_that_is_at_rest(&server), "0 /a"));
}

#[test]
fn a_flush_and_a_replacement_are_for_all_machines() {
    let (endpoint, calls) = counting();
    let server = Server::start();
    let (one, other) =
        (machine(endpoint, server.address, ""), machine(endpoint, server.address, ""));
    assert_eq!([one.get("/prod/a"), one.get("/test/a")], ["0 /a", "1 /a"]);
    assert_eq!(other.flush("prod"), 202);
    assert_eq!([one.get("/prod/a"), other.get("/prod/a")], ["2 /a", "2 /a"]);
    assert_eq!(other.get("/test/a"), "1 /a", "another stage keeps what it has");
    assert_eq!(one.send("/prod/a", "Cache-Control: max-age=0\r\n"), "3 /a");
    assert_eq!(other.get("/prod/a"), "3 /a");
    assert_eq!(calls.load(SeqCst), 4);
}

#[test]
fn concurrent_misses_of_a_machine_are_one_call() {
    let (endpoint, calls) = counting();
    let server = Server::start();
    let machine = machine(endpoint, server.address, "");
    for round in 0..20 {
        let path = format!("/prod/{round}");
        std::thread::scope(|scope| {
            let asks: Vec<_> = (0..8).map(|_| scope.spawn(|| machine.get(&path))).collect();
            for ask in asks {
                assert_eq!(ask.join().unwrap(), format!("{round} /{round}"));
            }
        });
    }
    assert_eq!(calls.load(SeqCst), 20);
}

#[test]
fn a_response_is_cached_for_as_long_as_the_method_says() {
    let (endpoint, calls) = counting();
    let server = Server::start();
    let machine = machine(endpoint, server.address, "");
    machine.get("/prod/a");
    let port = server.address.port().to_string();
    let script = "for _, key in ipairs(redis.call('KEYS', '*prod*')) do \
                  if redis.call('TTL', key) > 0 then \
                  local ttl = redis.call('PTTL', key); redis.call('PEXPIRE', key, 1); return ttl end end";
    let output =
        Command::new("redis-cli").args(["-p", &port, "EVAL", script, "0"]).output().unwrap();
    let ttl_ms: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    assert!((200_000..=300_000).contains(&ttl_ms), "{ttl_ms}");
    machine.program.wait_until(|_| machine.get("/prod/a") == "1 /a");
    assert_eq!(calls.load(SeqCst), 2);
}

#[test]
fn with_a_secret_nothing_at_rest_is_read_or_believed_by_who_lacks_it() {
    let (endpoint, calls) = counting();
    let server = Server::start();
    let sealed = format!(", encryptionSecret: {SECRET}");
    let (one, other) =
        (machine(endpoint, server.address, &sealed), machine(endpoint, server.address, &sealed));
    assert_eq!([one.get("/prod/a"), other.get("/prod/a")], ["0 /a", "0 /a"]);
    let at_rest = all_that_is_at_rest(&server);
    assert!(!contains(&at_rest, "0 /a") && !contains(&at_rest, "content-length"));
    // Who does not know the secret neither reads what is there nor is believed.
    let plain = machine(endpoint, server.address, "");
    assert_eq!([plain.get("/prod/a"), one.get("/prod/a"), plain.get("/prod/a")].len(), 3);
    assert!(plain.program.metric_of("edgeway_stage_cache_unreadable_total") > 0);
    assert!(one.program.metric_of("edgeway_stage_cache_unreadable_total") > 0);
    assert_eq!(calls.load(SeqCst), 4);
}

#[test]
fn while_the_server_is_away_nothing_is_cached_and_nobody_is_refused() {
    let (endpoint, calls) = counting();
    let server = Server::start();
    let address = server.address;
    let machine = machine(endpoint, address, "");
    assert_eq!([machine.get("/prod/a"), machine.get("/prod/a")], ["0 /a", "0 /a"]);
    drop(server);
    assert_eq!([machine.get("/prod/a"), machine.get("/prod/a")], ["1 /a", "2 /a"]);
    assert_eq!(machine.flush("prod"), 503, "what cannot be flushed is not said to be");
    assert!(machine.program.metric_of("edgeway_stage_cache_redis_unanswered_total") >= 2);
    let log = machine.folder.read(LOG);
    assert!(log.contains("Redis is away"), "{log}");
    let server = Server::start_at(address, &[]);
    machine.wait_until_connected();
    assert_eq!([machine.get("/prod/a"), machine.get("/prod/a")], ["3 /a", "3 /a"]);
    // One that takes bytes and answers nothing: who waits for it waits for its time alone.
    server.signal("STOP");
    assert_eq!(machine.get("/prod/a"), "4 /a");
    server.signal("CONT");
    machine.wait_until_connected();
    assert_eq!(machine.get("/prod/a"), "3 /a", "it still has what it had");
    assert_eq!(calls.load(SeqCst), 5);
}
