//! How many objects a request of the Worker asks: each is a round trip, which requests wait for.

use std::path::PathBuf;
use std::time::Duration;

use tests::client::{self, Request};
use tests::issuer::Issuer;
use tests::json::Json;
use tests::setup::{API_ID, Setup, set_up};
use tests::target::{Engine, Gateway, Target};

use crate::{KEYS, UNLIMITED, isolates, keys, started};

/// How long after the last answer, or the last call, another call may come.
const LATE: Duration = Duration::from_millis(500);
const CALL: &str = "object call for ";

/// A Worker that logs each call of an object.
struct Counted {
    target: Target,
    gateway: Gateway,
    log: PathBuf,
    _setup: Setup,
}

impl Counted {
    async fn start(case: &Json) -> Self {
        let setup = set_up(case).await.unwrap();
        let mut target = Target::find(Engine::Worker).await.unwrap();
        let log = setup.folder.path().join("worker.log");
        target.settings.calls_are_logged = true;
        target.settings.log = Some(log.clone());
        let gateway = started(&target, &setup).await;
        Self { target, gateway, log, _setup: setup }
    }

    async fn of(case: &str) -> Self {
        Self::start(&Json::parse(case).unwrap_or_else(|error| panic!("{error}\n{case}"))).await
    }

    /// The statuses of these requests one after the other, each with how many calls were made for it. The number of a
    /// request is in its query.
    async fn calls(self, requests: &[(&str, &str, &str)]) -> Vec<(u16, usize)> {
        let mut answered = Vec::new();
        for (number, (path, name, value)) in requests.iter().enumerate() {
            let host = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
            let fields = [("Host", host), (*name, (*value).to_owned())];
            let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
            let target = format!("{path}?number={number}.");
            let request = Request { method: "GET".into(), target, fields, content: Vec::new() };
            let answer = client::send(self.gateway.address, &request).await;
            answered.push(answer.expect("an answer").status);
        }
        let log = self.all_that_comes().await;
        let calls: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix(CALL)).collect();
        let of = |number: usize| {
            let end = format!("?number={number}.");
            calls.iter().filter(|url| url.ends_with(&end)).count()
        };
        let counted: Vec<(u16, usize)> =
            answered.into_iter().enumerate().map(|(number, status)| (status, of(number))).collect();
        let all: usize = counted.iter().map(|(_, calls)| calls).sum();
        assert_eq!(all, calls.len(), "each call is a request's: {log}");
        self.target.stop().await;
        counted
    }

    /// The log, when nothing has been added to it for a while.
    async fn all_that_comes(&self) -> String {
        let mut before = None;
        loop {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            if before.as_ref() == Some(&log) {
                return log;
            }
            before = Some(log);
            tokio::time::sleep(LATE).await;
        }
    }
}

#[tokio::test]
async fn a_request_with_limits_asks_one_object_and_one_that_is_refused_before_none() {
    let quota = r#", "quota": {"limit": 100, "offset": 0, "period": "MONTH"}"#;
    let worker = Counted::start(&crate::case(UNLIMITED, quota)).await;
    let calls = worker.calls(&[
        ("/test/open", "X-Any", "1"),
        ("/test/open", "X-Any", "1"),
        ("/test/keyed", "X-Api-Key", KEYS[0]),
        ("/test/keyed", "X-Api-Key", KEYS[0]),
        ("/test/keyed", "X-Api-Key", KEYS[1]),
        ("/test/keyed", "X-Any", "1"),
        ("/test/nowhere", "X-Any", "1"),
    ]);
    let expected = [(200, 1), (200, 1), (200, 1), (200, 1), (200, 1), (403, 0), (403, 0)];
    assert_eq!(calls.await, expected);
}

#[tokio::test]
async fn a_request_whose_issuers_keys_are_fresh_asks_one_object() {
    let issuer = Issuer::start().await.unwrap();
    let token = issuer.mint(&Json::parse(r#"{"aud": "a"}"#).unwrap());
    let worker = Counted::of(&keys::case_of(&issuer.url())).await;
    let calls = worker.calls(&[("/a", "Authorization", token.as_str()); 4]).await;
    // The first one has the keys fetched.
    assert_eq!(calls, [(200, 2), (200, 1), (200, 1), (200, 1)]);
}

#[tokio::test]
async fn a_request_whose_authorizers_result_is_fresh_asks_one_object() {
    let (scheme, function) = isolates::authorizer(300);
    let worker = Counted::of(&isolates::case_of(&scheme, function)).await;
    let calls = worker.calls(&[("/test/a", "Authorization", "t"); 4]).await;
    // For the first one an object is asked what it remembers, and another time told of what the function says.
    assert_eq!(calls, [(200, 3), (200, 1), (200, 1), (200, 1)]);
}
