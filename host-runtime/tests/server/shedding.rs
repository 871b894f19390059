//! What is beyond the bounds on requests under way is answered 503, at once.

use crate::kit::*;

fn answered(answer: &Answer) -> (u16, String) {
    (answer.status, answer.text())
}

fn metric(served: &Served, line: &str) -> bool {
    served.load_metrics().lines().any(|l| l == line)
}

#[test]
fn a_full_integration_queues_then_refuses_and_holds_no_other_up() {
    let (endpoint, asked, go_on) = held_endpoint("done");
    let limits = "limits: {integrationRequestsInFlight: 1, integrationRequestsQueued: 1}";
    let served = Served::start_with(endpoint, limits);
    let mut clients = [served.client(), served.client(), served.client()];
    let send = |client: &mut Client| client.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    let [first, queued, refused] = &mut clients;
    send(first);
    asked.recv_timeout(PATIENCE).unwrap();
    send(queued);
    wait_until(|| metric(&served, "edgeway_integration_requests_queued 1"));
    let answer = answered(&refused.get("/prod/to/a"));
    assert_eq!(answer, (503, r#"{"message": "Service Unavailable"}"#.into()));
    // What does not lead there is served, and no request is lost.
    assert_eq!(refused.get("/prod/mock").status, 200);
    go_on.send(()).unwrap();
    assert_eq!(answered(&first.answer()), (200, "done".into()));
    asked.recv_timeout(PATIENCE).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(answered(&queued.answer()), (200, "done".into()));
    wait_until(|| metric(&served, "edgeway_integration_requests_in_flight 0"));
    assert!(metric(&served, "edgeway_shed_requests_total{bound=\"integrationRequestsQueued\"} 1"));
    let log = served.drained_log();
    assert_eq!(log.lines().filter(|line| line.ends_with("/prod/to/a 503")).count(), 1, "{log}");
}

#[test]
fn the_wait_for_an_integration_is_a_part_of_its_timeout() {
    let (endpoint, asked, go_on) = held_endpoint("done");
    let limits = "limits: {integrationRequestsInFlight: 1, integrationRequestsQueued: 1}";
    let served = Served::start_with(endpoint, limits);
    let mut first = served.client();
    first.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    asked.recv_timeout(PATIENCE).unwrap();
    assert_eq!(served.client().get("/prod/hurried").status, 504);
    go_on.send(()).unwrap();
    assert_eq!(first.answer().status, 200);
}

#[test]
fn a_full_host_refuses_before_any_api_sees_the_request() {
    let (endpoint, asked, go_on) = held_endpoint("done");
    let served = Served::start_with(endpoint, "limits: {requestsInFlight: 1}");
    let mut first = served.client();
    first.send(b"GET /prod/to/a HTTP/1.1\r\nHost: h\r\n\r\n");
    asked.recv_timeout(PATIENCE).unwrap();
    let mut refused = served.client();
    let answer = refused.get("/prod/mock");
    assert_eq!(answered(&answer), (503, r#"{"message":"Service Unavailable"}"#.into()));
    assert!(answer.head.to_lowercase().contains("x-amzn-errortype: serviceunavailableexception"));
    assert!(metric(&served, "edgeway_shed_requests_total{bound=\"requestsInFlight\"} 1"));
    go_on.send(()).unwrap();
    assert_eq!(first.answer().status, 200);
    wait_until(|| metric(&served, "edgeway_requests_in_flight 0"));
    assert_eq!(refused.get("/prod/mock").status, 200);
    assert!(!served.drained_log().contains("503"));
}
