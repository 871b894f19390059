//! Two isolates of a Worker, and what one learns from the other by way of their objects.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tests::client::{self, Request};
use tests::issuer::Issuer;
use tests::json::Json;
use tests::setup::{API_ID, Setup, set_up};
use tests::target::{Engine, Gateway, Target, worker::Settings};

use crate::keys;

/// Isolates tell their objects after they have answered: how long until they must have.
const TOLD_MAX: Duration = Duration::from_secs(20);
/// How long what must not be told is waited for.
const NOT_TOLD: Duration = Duration::from_millis(400);
/// From one look to the next.
const PAUSE: Duration = Duration::from_millis(100);

/// A Worker in two isolates.
struct Isolates {
    setup: Setup,
    target: Target,
    gateway: Gateway,
}

/// How the second one differs, and what both have.
#[derive(Default)]
struct Differing<'d> {
    variables: &'d [(&'d str, &'d str)],
    beside: &'d [(&'d str, &'d str)],
    objects_are_away: bool,
}

/// A case with a REST API with this security scheme, whose methods `/a` and `/b` answer 200.
pub(super) fn case_of(scheme: &str, more: &str) -> String {
    let security = if scheme.is_empty() { "[]" } else { r#"[{"s": []}]"# };
    let method = format!(
        r#"{{"get": {{"responses": {{"200": {{"description": "200"}}}}, "security": {security},
            "x-amazon-apigateway-integration": {{"type": "mock",
                "requestTemplates": {{"application/json": "{{\"statusCode\": 200}}"}},
                "responses": {{"default": {{"statusCode": "200"}}}}}}}}}}"#
    );
    let schemes = if scheme.is_empty() { String::new() } else { format!(r#""s": {scheme}"#) };
    format!(
        r#"{{"name": "isolates", "source": "this project", "kind": "rest",
        "api": {{"openapi": "3.0.1", "info": {{"title": "isolates", "version": "1"}},
            "paths": {{"/a": {method}, "/b": {method}}},
            "components": {{"securitySchemes": {{{schemes}}}}}}}{more},
        "exchanges": [{{"request": {{}}, "expect": {{"status": 200}}}}]}}"#
    )
}

impl Isolates {
    async fn start(scheme: &str, more: &str, differing: Differing<'_>) -> Self {
        Self::of(&case_of(scheme, more), differing).await
    }

    async fn of(case: &str, differing: Differing<'_>) -> Self {
        let case = Json::parse(case).unwrap_or_else(|error| panic!("{error}\n{case}"));
        let setup = set_up(&case).await.unwrap();
        std::fs::write(setup.folder.path().join("acl.json"), ACL).unwrap();
        let mut target = Target::find(Engine::Worker).await.unwrap();
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        target.settings = Settings {
            variables: owned(differing.variables),
            beside: Some(owned(differing.beside)),
            objects_are_away: differing.objects_are_away,
            objects: Some(setup.folder.path().join("objects")),
            ..Settings::default()
        };
        let gateway = start(&target, &setup).await;
        Self { setup, target, gateway }
    }

    /// Ends both isolates, and starts them anew over what their objects have stored.
    async fn restart(&mut self) {
        self.gateway = start(&self.target, &self.setup).await;
    }

    async fn one(&self, path: &str, token: &str) -> u16 {
        ask(self.gateway.address, path, token).await
    }

    async fn other(&self, path: &str, token: &str) -> u16 {
        ask(self.gateway.beside.expect("another isolate"), path, token).await
    }

    /// How often the function has been asked.
    fn invoked(&self) -> usize {
        self.setup.backends.iter().map(tests::backend::Backend::received_len).sum()
    }
}

async fn start(target: &Target, setup: &Setup) -> Gateway {
    let gateway = target.start(&setup.config, setup.listen, 0).await;
    gateway.unwrap_or_else(|failure| panic!("{failure:?}"))
}

async fn ask(address: SocketAddr, path: &str, token: &str) -> u16 {
    let host = format!("{API_ID}.execute-api.us-east-1.amazonaws.com");
    let fields = [("Host", host), ("Authorization", token.to_owned())];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
    let request =
        Request { method: "GET".into(), target: path.into(), fields, content: Vec::new() };
    client::send(address, &request).await.expect("an answer").status
}

/// An HTTP API whose one route asks for a token of this issuer.
async fn asking_for_tokens(issuer: &Issuer, differing: Differing<'_>) -> Isolates {
    let case = keys::case_of(&issuer.url());
    Isolates::of(&case, differing).await
}

fn token(issuer: &Issuer) -> String {
    issuer.mint(&Json::parse(r#"{"aud": "a"}"#).unwrap())
}

#[tokio::test]
async fn an_issuer_is_asked_once_for_all_isolates_and_the_next_ones() {
    let issuer = Issuer::start().await.unwrap();
    let mut isolates = asking_for_tokens(&issuer, Differing::default()).await;
    let token = token(&issuer);
    assert_eq!((isolates.one("/a", &token).await, isolates.other("/a", &token).await), (200, 200));
    assert_eq!(issuer.asked(), 2, "its configuration and its keys");
    // Neither isolates nor objects are there any more.
    isolates.restart().await;
    assert_eq!((isolates.one("/a", &token).await, isolates.other("/a", &token).await), (200, 200));
    assert_eq!(issuer.asked(), 2);
    isolates.target.stop().await;
}

#[tokio::test]
async fn concurrent_misses_of_two_isolates_are_one_fetch() {
    let issuer = Issuer::start_slow(Duration::from_millis(500)).await.unwrap();
    let isolates = asking_for_tokens(&issuer, Differing::default()).await;
    let token = token(&issuer);
    let both = tokio::join!(isolates.one("/a", &token), isolates.other("/a", &token));
    assert_eq!((both, issuer.asked()), ((200, 200), 2));
    isolates.target.stop().await;
}

#[tokio::test]
async fn a_forged_kid_has_an_issuer_asked_by_no_isolate_within_the_floor() {
    let issuer = Issuer::start().await.unwrap();
    let isolates = asking_for_tokens(&issuer, Differing::default()).await;
    assert_eq!(isolates.one("/a", &token(&issuer)).await, 200);
    let forged = issuer.mint(&Json::parse(r#"{"aud": "a", "$header": {"kid": "x"}}"#).unwrap());
    assert_eq!(
        (isolates.one("/a", &forged).await, isolates.other("/a", &forged).await),
        (401, 401)
    );
    assert_eq!(issuer.asked(), 2);
    isolates.target.stop().await;
}

#[tokio::test]
async fn where_objects_fail_or_are_not_asked_each_isolate_asks_the_issuer() {
    let local = [("EDGEWAY_BUCKETS", "local")];
    for differing in [
        Differing { objects_are_away: true, ..Differing::default() },
        Differing { variables: &local, ..Differing::default() },
    ] {
        let issuer = Issuer::start().await.unwrap();
        let isolates = asking_for_tokens(&issuer, differing).await;
        let token = token(&issuer);
        assert_eq!(
            (isolates.one("/a", &token).await, isolates.other("/a", &token).await),
            (200, 200)
        );
        assert_eq!(issuer.asked(), 4, "each of both");
        isolates.target.stop().await;
    }
}

/// The security scheme of a Lambda authorizer that grants `/a` and nothing else, and its function.
pub(super) fn authorizer(ttl_s: u32) -> (String, &'static str) {
    let scheme = format!(
        r#"{{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {{"type": "token", "authorizerResultTtlInSeconds": {ttl_s},
                "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"}}}}"#
    );
    let function = r#", "backends": {"lambda": {"auth": {"result": {"principalId": "user", "policyDocument":
        {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow",
            "Resource": "arn:aws:execute-api:us-east-1:000000000000:conform123/test/GET/a"}]}}}}}"#;
    (scheme, function)
}

async fn asking_a_function(ttl_s: u32, differing: Differing<'_>) -> Isolates {
    let (scheme, function) = authorizer(ttl_s);
    Isolates::start(&scheme, function, differing).await
}

/// Whose result one isolate got and the other knows, within this time: a new caller each time, since whoever was
/// asked about in vain is known to both.
async fn known_to_both(isolates: &Isolates, within: Duration) -> Option<String> {
    let begun = Instant::now();
    for round in 1.. {
        let (token, before) = (format!("t{round}"), isolates.invoked());
        assert_eq!(isolates.one("/test/a", &token).await, 200);
        tokio::time::sleep(PAUSE * round).await;
        assert_eq!(isolates.other("/test/a", &token).await, 200);
        match isolates.invoked() - before {
            1 => return Some(token),
            asked => assert_eq!(asked, 2, "once by each at most"),
        }
        if begun.elapsed() >= within {
            break;
        }
    }
    None
}

#[tokio::test]
async fn what_an_authorizer_granted_one_isolate_decides_in_another_by_each_method() {
    let isolates = asking_a_function(300, Differing::default()).await;
    let token = known_to_both(&isolates, TOLD_MAX).await.expect("the other is told");
    let before = isolates.invoked();
    assert_eq!(isolates.other("/test/b", &token).await, 403, "the policy is asked anew");
    assert_eq!(isolates.invoked(), before);
    assert_eq!(isolates.other("/test/a", "somebody else").await, 200);
    assert_eq!(isolates.invoked(), before + 1);
    let stored = stored(&isolates.setup.folder.path().join("objects"));
    assert!(
        !stored.iter().any(|bytes| bytes.windows(4).any(|part| part == b"user")),
        "in memory alone"
    );
    isolates.target.stop().await;
}

/// All files in a folder.
fn stored(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => stored(&path),
        false => std::fs::read(path).into_iter().collect(),
    };
    entries.flat_map(|entry| of(entry.path())).collect()
}

#[tokio::test]
async fn results_are_shared_by_nobody_where_they_are_not_remembered_or_objects_fail_or_differ() {
    let local = [("EDGEWAY_BUCKETS", "local")];
    // It may name another function.
    let other = [("FUNCTION_URL_OTHER", "http://127.0.0.1:1")];
    for (ttl_s, differing) in [
        (0, Differing::default()),
        (300, Differing { objects_are_away: true, ..Differing::default() }),
        (300, Differing { variables: &local, ..Differing::default() }),
        (300, Differing { beside: &other, ..Differing::default() }),
    ] {
        let isolates = asking_a_function(ttl_s, differing).await;
        assert_eq!(known_to_both(&isolates, NOT_TOLD).await, None, "{ttl_s}");
        isolates.target.stop().await;
    }
}

/// Ten requests a minute, AWS's least.
const ACL: &str = r#"{"WebACL": {"Name": "edge", "Id": "1", "ARN": "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/edge/1",
    "DefaultAction": {"Allow": {}},
    "VisibilityConfig": {"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "edge"},
    "Rules": [{"Name": "rate", "Priority": 0, "Action": {"Block": {}},
        "VisibilityConfig": {"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "rate"},
        "Statement": {"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}}}]}}"#;

/// How many the other isolate lets through, after eight of the first: two where it knows at once, ten where it never
/// hears of them.
async fn let_through_after_eight(differing: Differing<'_>) -> usize {
    let web_acl = r#", "config": {"webAcls": [{"name": "edge", "definition": "acl.json"}]}, "stage": {"webAcl": "edge"}"#;
    let isolates = Isolates::start("", web_acl, differing).await;
    for _ in 0..8 {
        assert_eq!(isolates.one("/test/a", "").await, 200);
    }
    let mut through = 0;
    while through < 20 && isolates.other("/test/a", "").await == 200 {
        through += 1;
        // Ten at the most are waited for: seconds, for what takes a fraction of one.
        tokio::time::sleep(PAUSE * through as u32 * 2).await;
    }
    isolates.target.stop().await;
    through
}

#[tokio::test]
async fn isolates_count_the_requests_of_a_rate_based_rule_together() {
    let sharded = [("EDGEWAY_BUCKETS", "3")];
    let sharded = Differing { variables: &sharded, ..Differing::default() };
    for differing in [Differing::default(), sharded] {
        let through = let_through_after_eight(differing).await;
        assert!((2..10).contains(&through), "{through}: the eight count here too");
    }
}

#[tokio::test]
async fn where_objects_fail_or_are_not_asked_each_isolate_counts_by_itself() {
    let away = Differing { objects_are_away: true, ..Differing::default() };
    assert_eq!(let_through_after_eight(away).await, 10);
    let local = [("EDGEWAY_BUCKETS", "local")];
    let local = Differing { variables: &local, ..Differing::default() };
    assert_eq!(let_through_after_eight(local).await, 10);
}
