//! Spans reach an OpenTelemetry collector, and none of what it does reaches a client.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use crate::kit::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// A collector that answers with these statuses, the last one again and again.
fn collector(statuses: &'static [u16]) -> (SocketAddr, Receiver<(String, Value)>) {
    let (sender, taken) = channel();
    let statuses = Mutex::new(statuses);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let mut content = vec![0; content_length(&head)];
            connection.reader.read_exact(&mut content).unwrap();
            let status = {
                let mut left = statuses.lock().unwrap();
                let status = left[0];
                if left.len() > 1 {
                    *left = &left[1..];
                }
                status
            };
            sender.send((head, serde_json::from_slice(&content).unwrap())).ok();
            let answer = format!("HTTP/1.1 {status} S\r\nContent-Length: 2\r\n\r\n{{}}");
            connection.send(answer.as_bytes());
        }
    });
    (address, taken)
}

fn traced(upstream: SocketAddr, collector: SocketAddr, more: &str) -> Served {
    let folder = Folder::new();
    folder.write("api.yaml", &definition(upstream, 200));
    let config = format!(
        "listen: 127.0.0.1:0
tracing:
  endpoint: http://{collector}
  headers: {{Api-Key: hush}}
  resourceAttributes: {{deployment.environment.name: test}}
  {more}
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages: [{{stageName: prod, tracingEnabled: true}}]
functions: {{f: {{url: 'http://{upstream}'}}}}
"
    );
    let config = folder.write("edgeway.yaml", &config);
    Served::start_configured(folder, config, 1)
}

fn spans(posted: &Value) -> &Vec<Value> {
    posted["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap()
}

fn named<'s>(spans: &'s [Value], name: &str) -> &'s Value {
    let found = spans.iter().find(|span| span["name"] == name);
    found.unwrap_or_else(|| panic!("no span `{name}` in {spans:#?}"))
}

fn nanos(span: &Value, name: &str) -> u128 {
    span[name].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_collector_is_sent_the_spans_of_every_stage_and_effect() {
    let (collector, taken) = collector(&[200]);
    let served = traced(echo(), collector, "");
    let mut client = served.client();
    let request = format!(
        "GET /prod/to/a?token=hush HTTP/1.1\r\nHost: h\r\nAuthorization: hush\r\n\
         traceparent: 00-{TRACE}-{CALLER}-01\r\ntracestate: a=b\r\n\r\n"
    );
    client.send(request.as_bytes());
    let echoed = client.answer().text().to_lowercase();
    let counts = served.host.shared().metrics.spans.clone();
    served.host.drain(PATIENCE);
    let (head, posted) = taken.recv_timeout(PATIENCE).unwrap();
    let (line, fields) = head.split_once("\r\n").unwrap();
    assert_eq!(line, "POST /v1/traces HTTP/1.1");
    let fields = fields.to_lowercase();
    assert!(fields.contains("content-type: application/json") && fields.contains("api-key: hush"));
    let resource = posted["resourceSpans"][0]["resource"]["attributes"].to_string();
    assert!(resource.contains("\"edgeway\"") && resource.contains("deployment.environment.name"));
    let spans = spans(&posted);
    let server = named(spans, "GET /to/{proxy+}");
    assert_eq!((&server["traceId"], &server["parentSpanId"]), (&TRACE.into(), &CALLER.into()));
    let call = spans.iter().find(|span| span["kind"] == 3).unwrap();
    // The endpoint was told of the call.
    let call_id = call["spanId"].as_str().unwrap();
    assert!(echoed.contains(&format!("traceparent: 00-{TRACE}-{call_id}-01\r\n")), "{echoed}");
    let xray = format!("root=1-{}-{};parent={call_id};sampled=1", &TRACE[..8], &TRACE[8..]);
    assert!(echoed.contains(&xray) && echoed.contains("tracestate: a=b"), "{echoed}");
    let integrate = named(spans, "integrate");
    assert_eq!(call["parentSpanId"], integrate["spanId"]);
    let order = [
        (server, "startTimeUnixNano"),
        (integrate, "startTimeUnixNano"),
        (call, "startTimeUnixNano"),
        (call, "endTimeUnixNano"),
        (integrate, "endTimeUnixNano"),
        (server, "endTimeUnixNano"),
    ];
    assert!(order.map(|(span, name)| nanos(span, name)).is_sorted(), "{spans:#?}");
    assert!(nanos(call, "startTimeUnixNano") < nanos(call, "endTimeUnixNano"));
    assert!(!posted.to_string().contains("hush"));
    assert_eq!(counts.exported.load(Relaxed), spans.len() as u64);
    assert_eq!(counts.dropped.load(Relaxed), 0);
}

#[test]
fn what_the_caller_does_not_sample_is_not_sent_and_passed_on_as_it_came() {
    let (collector, taken) = collector(&[200]);
    let served = traced(echo(), collector, "");
    let mut client = served.client();
    let given = format!("traceparent: 00-{TRACE}-{CALLER}-00\r\n");
    client.send(format!("GET /prod/to/a HTTP/1.1\r\nHost: h\r\n{given}\r\n").as_bytes());
    assert!(client.answer().text().to_lowercase().contains(&given));
    served.host.drain(PATIENCE);
    assert!(taken.try_recv().is_err());
}

#[test]
fn a_collector_that_cannot_take_a_batch_is_asked_again_and_what_it_refuses_is_counted() {
    for (statuses, posts, lost) in [(&[503, 200][..], 2, false), (&[400], 1, true)] {
        let (collector, taken) = collector(statuses);
        let served = traced(echo(), collector, "");
        assert_eq!(served.client().get("/prod/mock").status, 200);
        let counts = served.host.shared().metrics.spans.clone();
        served.host.drain(PATIENCE);
        let posted: Vec<_> = taken.try_iter().collect();
        assert_eq!(posted.len(), posts, "{statuses:?}");
        let count = spans(&posted[0].1).len() as u64;
        let (exported, dropped) = if lost { (0, count) } else { (count, 0) };
        assert_eq!(counts.exported.load(Relaxed), exported, "{statuses:?}");
        assert_eq!(counts.dropped.load(Relaxed), dropped, "{statuses:?}");
    }
}

#[test]
fn a_collector_that_never_answers_delays_nobody_and_what_waits_is_bounded() {
    let collector = endpoint(|mut connection| {
        connection.head();
        connection.wait_for_close();
    });
    let served = traced(echo(), collector, "timeoutInMillis: 20000");
    let mut client = served.client();
    for _ in 0..400 {
        assert_eq!(client.get("/prod/mock").status, 200);
    }
    let counts = served.host.shared().metrics.spans.clone();
    assert!(counts.dropped.load(Relaxed) > 0);
    served.host.drain(PATIENCE);
    assert_eq!(counts.exported.load(Relaxed), 0);
}
