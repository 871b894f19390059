use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::bucket::{Buckets, Limit, take_all};
use crate::definition::{
    Api, ApiKey, ApiKeySource, Authorization, Authorizer, AuthorizerKind, KeyDigest, LoggingLevel,
    Method, MethodSetting, Quota, QuotaPeriod, Snapshot, Source, UsagePlan, UsagePlanStage,
};
use crate::effect::{Effect, FunctionAnswer, Notice, Outcome};
use crate::gateway::Gateway;
use crate::message::{Arrival, Timestamp};
use crate::pipeline::world::*;

const K1: &str = "abcdefghij0123456789ABCD";
const K2: &str = "bcdefghijk0123456789ABCD";

fn key(id: &str, value: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: id.into(),
        digest: KeyDigest::of(value),
        enabled: true,
        customer_id: None,
    }
}

fn stage(stage_name: &str) -> UsagePlanStage {
    UsagePlanStage {
        api_id: "abc123".into(),
        stage_name: stage_name.into(),
        throttle: BTreeMap::new(),
        source: Source::default(),
    }
}

fn plan(id: &str, stages: &[&str], keys: &[&str]) -> UsagePlan {
    UsagePlan {
        id: id.into(),
        name: id.into(),
        api_stages: stages.iter().map(|name| stage(name)).collect(),
        throttle: None,
        quota: None,
        api_key_ids: keys.iter().map(ToString::to_string).collect(),
    }
}

fn keyed(route: &str) -> Method {
    let body = "$context.identity.apiKey $context.identity.apiKeyId";
    Method { api_key_required: true, ..method(route, mock(body)) }
}

/// `GET /a` and `POST /a` need a key, `GET /free` needs none, at the stages `prod` and `test`.
fn api_of() -> Api {
    let mut api = rest(vec![keyed("GET /a"), keyed("POST /a"), method("GET /free", mock("free"))]);
    api.stages
        .push(crate::definition::Stage { stage_name: "test".into(), ..api.stages[0].clone() });
    api
}

fn of(plans: Vec<UsagePlan>) -> Snapshot {
    let api_keys = vec![key("k1", K1), key("k2", K2)];
    Snapshot { api_keys, usage_plans: plans, ..snapshot(vec![api_of()]) }
}

/// A gateway with buckets and counts that outlive a request.
struct World {
    gateway: Rc<Gateway>,
    store: Buckets,
    now: Timestamp,
}

impl World {
    fn new(snapshot: Snapshot) -> Self {
        let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
        Self { gateway, store: Buckets::default(), now: NOW }
    }
    fn run(&mut self, request: &str, fields: &[&str]) -> Told {
        let arrival = Arrival { now: self.now, ..arrival(request, fields) };
        run(&self.gateway, arrival, |effect| match effect {
            Effect::TakeTokens(take) => {
                Some(Outcome::TakeTokens(Ok(take_all(take, self.now, &mut self.store))))
            }
            _ => None,
        })
    }
    /// The status of `GET` of a path with a key.
    fn get(&mut self, path: &str, key: &str) -> u16 {
        let field = ["x-api-key: ", key].concat();
        self.run(&["GET ", path].concat(), &[&field]).response.status
    }
}

#[test]
fn a_key_of_a_plan_of_the_stage_opens_it_and_is_known_from_then_on() {
    let mut world = World::new(of(vec![plan("p", &["prod"], &["k1"])]));
    let told = world.run("GET /prod/a", &[&["X-API-KEY: ", K1].concat()]);
    assert_eq!((told.response.status, told.body()), (200, &*[K1, " k1"].concat()));
}

#[test]
fn no_spelling_of_a_path_leads_around_what_a_plan_limits_by_itself() {
    let mut limited = plan("p", &["prod"], &["k1"]);
    limited.api_stages[0].throttle = [("/orders/GET".into(), Limit::new(1.0, 1))].into();
    let api = rest(vec![keyed("GET /orders"), keyed("ANY /{all+}")]);
    let api_keys = vec![key("k1", K1)];
    let usage_plans = vec![limited];
    let mut world = World::new(Snapshot { api_keys, usage_plans, ..snapshot(vec![api]) });
    assert_eq!(world.get("/prod/orders", K1), 200);
    assert_eq!(world.get("/prod/orders", K1), 429);
    for path in ["/prod/%6frders", "/prod/./orders", "/prod/x/../orders", "/prod/orders%2f"] {
        assert_eq!(world.get(path, K1), 429, "{path}");
    }
    assert_eq!(world.get("/prod/others", K1), 200);
    world.now = Timestamp(NOW.0 + 1_000);
    assert_eq!(world.get("/prod/%6frders", K1), 200);
    assert_eq!(world.get("/prod/orders", K1), 429, "one limit, however it is spelt");
}

#[test]
fn every_other_key_is_forbidden_and_nothing_is_asked_for() {
    let mut snapshot = of(vec![plan("p", &["prod"], &["k1"]), plan("q", &["test"], &["k2"])]);
    snapshot.api_keys.push(ApiKey { enabled: false, ..key("off", "cdefghijkl0123456789ABCD") });
    snapshot.api_keys.push(key("planless", "defghijklm0123456789ABCD"));
    snapshot.usage_plans[0].api_key_ids.push("off".into());
    let mut world = World::new(snapshot);
    for (why, fields) in [
        ("none", vec![]),
        ("empty", vec!["x-api-key: "]),
        ("unknown", vec!["x-api-key: xxxxxxxxxxxxxxxxxxxxxxxx"]),
        ("another case", vec!["x-api-key: ABCDEFGHIJ0123456789ABCD"]),
        ("an id is no value", vec!["x-api-key: k1"]),
        ("disabled", vec!["x-api-key: cdefghijkl0123456789ABCD"]),
        ("in no plan", vec!["x-api-key: defghijklm0123456789ABCD"]),
        ("of another stage", vec!["x-api-key: bcdefghijk0123456789ABCD"]),
        ("two", vec!["x-api-key: abcdefghij0123456789ABCD", "x-api-key: xxxxxxxxxxxxxxxxxxxxxxxx"]),
    ] {
        let told = world.run("GET /prod/a", &fields);
        let answer = (told.response.status, told.body(), told.field("x-amzn-ErrorType"));
        assert_eq!(
            answer,
            (403, "{\"message\":\"Forbidden\"}", Some("ForbiddenException")),
            "{why}"
        );
        assert!(told.effects.is_empty(), "{why}: {:?}", told.effects);
    }
    assert_eq!(world.get("/test/a", K2), 200, "at its own stage it is right");
}

#[test]
fn a_method_without_the_requirement_needs_no_key_and_counts_for_none() {
    let mut plan = plan("p", &["prod"], &["k1"]);
    plan.quota = Some(Quota { limit: 1, offset: 0, period: QuotaPeriod::Day });
    let mut world = World::new(of(vec![plan]));
    for key in [K1, "whatever", K1] {
        assert_eq!(world.get("/prod/free", key), 200);
    }
    assert!(world.store.usage.is_empty());
    assert_eq!([world.get("/prod/a", K1), world.get("/prod/a", K1)], [200, 429]);
    assert_eq!(world.get("/prod/free", K1), 200);
}

#[test]
fn the_authorizers_key_counts_where_it_is_the_source_and_nowhere_else() {
    let run = |source: ApiKeySource, answered: Option<&str>, header: Option<&str>| {
        let mut snapshot = of(vec![plan("p", &["prod"], &["k1"])]);
        let deployment = &mut snapshot.apis[0].deployments[0];
        deployment.api_key_source = source;
        deployment.authorizers.push(Authorizer {
            name: "l".into(),
            kind: AuthorizerKind::Lambda(super::lambda_authorizer::token()),
            source: Source::default(),
        });
        deployment.methods[0].authorization =
            Authorization::Authorizer { authorizer: 0, scopes: vec![] };
        let gateway = Rc::new(Gateway::compile(snapshot).unwrap());
        let mut answer = serde_json::json!({"principalId": "jo", "policyDocument": {"Statement":
            [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}});
        if let Some(key) = answered {
            answer["usageIdentifierKey"] = key.into();
        }
        let header = header.map(|key| ["x-api-key: ", key].concat());
        let fields: Vec<&str> = ["Authorization: t"].into_iter().chain(header.as_deref()).collect();
        let told = run(&gateway, arrival("GET /prod/a", &fields), |effect| match effect {
            Effect::InvokeFunction(_) => Some(Outcome::InvokeFunction(Ok(FunctionAnswer {
                status: 200,
                function_error: None,
                payload: answer.to_string().into_bytes().into(),
                request_id: None,
                trace: None,
                content: None,
            }))),
            Effect::RecallAuthorization(_) => Some(Outcome::RecallAuthorization(Ok(None))),
            _ => None,
        });
        (told.response.status, told.body().to_string())
    };
    let (open, closed) =
        ((200, [K1, " k1"].concat()), (403, "{\"message\":\"Forbidden\"}".to_string()));
    use ApiKeySource::{Authorizer as FromAuthorizer, Header};
    assert_eq!(run(FromAuthorizer, Some(K1), None), open);
    assert_eq!(run(FromAuthorizer, Some(K1), Some("nonsense")), open);
    assert_eq!(run(FromAuthorizer, None, Some(K1)), closed);
    assert_eq!(run(FromAuthorizer, Some(K2), Some(K1)), closed);
    assert_eq!(run(Header, Some(K1), None), closed);
    assert_eq!(run(Header, None, Some(K1)), open);
}

#[test]
fn each_key_has_buckets_of_its_own_over_all_stages_of_its_plan() {
    let mut plan = plan("p", &["prod", "test"], &["k1", "k2"]);
    plan.throttle = Some(Limit::new(0.0, 2));
    let mut world = World::new(of(vec![plan]));
    assert_eq!([world.get("/prod/a", K1), world.get("/test/a", K1)], [200, 200]);
    let told = world.run("GET /prod/a", &[&["x-api-key: ", K1].concat()]);
    let answer = (told.response.status, told.body(), told.field("x-amzn-ErrorType"));
    let expected = "{\"message\":\"Too Many Requests\"}";
    assert_eq!(answer, (429, expected, Some("TooManyRequestsException")));
    assert_eq!(world.get("/prod/a", K2), 200, "another key's tokens are its own");
}

#[test]
fn the_limit_of_a_method_is_beside_the_plans_and_lifts_nothing() {
    let mut plan = plan("p", &["prod", "test"], &["k1", "k2"]);
    plan.api_stages[0].throttle.insert("/a/GET".into(), Limit::new(0.0, 1));
    plan.throttle = Some(Limit::new(0.0, 3));
    let mut world = World::new(of(vec![plan]));
    assert_eq!([world.get("/prod/a", K1), world.get("/prod/a", K1)], [200, 429]);
    assert_eq!(world.get("/prod/a", K2), 200);
    let post = |world: &mut World| {
        world.run("POST /prod/a", &[&["x-api-key: ", K1].concat()]).response.status
    };
    assert_eq!([post(&mut world), world.get("/test/a", K1)], [200, 200], "other methods, stages");
    assert_eq!([post(&mut world), world.get("/test/a", K1)], [429, 429], "the plan's own limit");
}

#[test]
fn the_limit_of_a_verb_speaks_of_a_method_for_any() {
    let mut plan = plan("p", &["prod"], &["k1", "k2"]);
    plan.api_stages[0].throttle.insert("/a/GET".into(), Limit::new(0.0, 1));
    plan.api_stages[0].throttle.insert("/a/ANY".into(), Limit::new(0.0, 2));
    let mut snapshot = of(vec![plan]);
    snapshot.apis[0].deployments[0].methods = vec![keyed("ANY /a")];
    let mut world = World::new(snapshot);
    let mut ask = |verb: &str, key: &str| {
        let request = [verb, " /prod/a"].concat();
        world.run(&request, &[&["x-api-key: ", key].concat()]).response.status
    };
    assert_eq!([ask("GET", K1), ask("GET", K1), ask("GET", K2)], [200, 429, 200]);
    assert_eq!([ask("PUT", K1), ask("PATCH", K1), ask("PUT", K1)], [200, 200, 429]);
}

#[test]
fn beyond_its_quota_a_key_waits_for_the_next_period() {
    let mut plan = plan("p", &["prod", "test"], &["k1", "k2"]);
    plan.quota = Some(Quota { limit: 2, offset: 0, period: QuotaPeriod::Day });
    let mut world = World::new(of(vec![plan]));
    for wrong in ["", "xxxxxxxxxxxxxxxxxxxxxxxx"] {
        assert_eq!(world.get("/prod/a", wrong), 403, "what is forbidden does not count");
    }
    assert_eq!([world.get("/prod/a", K1), world.get("/test/a", K1)], [200, 200]);
    let told = world.run("GET /prod/a", &[&["x-api-key: ", K1].concat()]);
    let answer = (told.response.status, told.body(), told.field("x-amzn-ErrorType"));
    assert_eq!(answer, (429, "{\"message\":\"Limit Exceeded\"}", Some("LimitExceededException")));
    assert_eq!(world.get("/prod/a", K2), 200);
    world.now.0 += 86_400_000;
    assert_eq!(world.get("/prod/a", K1), 200);
}

#[test]
fn a_used_up_quota_tells_the_beginning_of_the_next_period_where_it_is_asked_to() {
    let mut plan = plan("p", &["prod"], &["k1"]);
    plan.quota = Some(Quota { limit: 1, offset: 0, period: QuotaPeriod::Day });
    let mut snapshot = of(vec![plan]);
    snapshot.throttling.retry_after = true;
    let mut world = World::new(snapshot);
    world.now = Timestamp(NOW.0 - NOW.0 % 86_400_000 + 86_395_001);
    world.get("/prod/a", K1);
    let told = world.run("GET /prod/a", &[&["x-api-key: ", K1].concat()]);
    assert_eq!((told.response.status, told.field("retry-after")), (429, Some("5")));
}

#[test]
fn of_account_stage_plan_and_method_the_smallest_limit_bites_whichever_it_is() {
    for smallest in 0..4 {
        let burst = |level| if level == smallest { 2 } else { 5 };
        let mut plan = plan("p", &["prod"], &["k1"]);
        plan.throttle = Some(Limit::new(0.0, burst(0)));
        plan.api_stages[0].throttle.insert("/a/GET".into(), Limit::new(0.0, burst(1)));
        let mut snapshot = of(vec![plan]);
        let throttling = Some(Limit::new(0.0, burst(2)));
        let setting = MethodSetting { throttling, ..MethodSetting::default() };
        snapshot.apis[0].stages[0].method_settings.insert("*/*".into(), setting);
        snapshot.account_throttle = Limit::new(0.0, burst(3));
        let mut world = World::new(snapshot);
        let statuses = [(); 4].map(|()| world.get("/prod/a", K1));
        assert_eq!(statuses, [200, 200, 429, 429], "level {smallest}");
    }
}

#[test]
fn what_the_plan_refuses_takes_no_token_of_anybody_else() {
    let mut plan = plan("p", &["prod"], &["k1"]);
    plan.quota = Some(Quota { limit: 1, offset: 0, period: QuotaPeriod::Month });
    let mut world = World::new(of(vec![plan]));
    world.get("/prod/a", K1);
    let before = world.store.by_key.clone();
    assert_eq!(world.get("/prod/a", K1), 429);
    assert_eq!(world.store.by_key, before);
}

#[test]
fn no_log_and_no_snapshot_shows_a_key() {
    let mut snapshot = of(vec![plan("p", &["prod"], &["k1"])]);
    let log = snapshot.apis[0].stages[0].access_log_settings.as_mut().unwrap();
    log.format = "$context.identity.apiKey $context.identity.apiKeyId".into();
    let bytes = snapshot.to_bytes();
    assert!(!bytes.windows(K1.len()).any(|window| window == K1.as_bytes()));
    let mut world = World::new(Snapshot::from_bytes(&bytes).unwrap());
    let told = world.run("GET /prod/a", &[&["x-api-key: ", K1].concat()]);
    let line = told.notices.iter().find_map(|notice| match notice {
        Notice::WriteAccessLog { line, .. } => Some(line.as_str()),
        _ => None,
    });
    assert_eq!(line, Some("******************89ABCD k1"));
    for effect in &told.effects {
        assert!(!alloc::format!("{effect:?}").contains(K1));
    }
}

#[test]
fn what_leaves_open_whose_key_or_which_plan_counts_is_a_mistake() {
    let mut doubled = plan("q", &["test", "prod"], &["k1", "nobody"]);
    doubled.api_stages[0].throttle.insert("/a/PUT".into(), Limit::new(1.0, 1));
    let mut snapshot = of(vec![plan("p", &["prod"], &["k1"]), doubled]);
    snapshot.api_keys.push(key("k3", K2));
    snapshot.api_keys.push(key("k1", "defghijklm0123456789ABCD"));
    snapshot.usage_plans.push(plan("r", &["later"], &["k2"]));
    let errors = Gateway::compile(snapshot).map(|_| ()).unwrap_err();
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let expected = [
        "two API keys have the id `k1`",
        "has another usage plan for a stage of the usage plan `q`",
        "usage plan `q`: there is no API key `nobody`",
        "have one value",
        "the definition has no `/a/PUT`",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told} / {expected}");
        assert!(!told.contains(K2), "{told}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

/// The lines as recorded on AWS, but for the reasons why a key does not serve, of which one is.
#[test]
fn the_execution_log_tells_of_keys_and_plans() {
    let limit = Limit::new(1.0, 1);
    let mut snapshot =
        of(vec![UsagePlan { throttle: Some(limit), ..plan("p", &["prod"], &["k1"]) }]);
    let setting =
        MethodSetting { logging_level: Some(LoggingLevel::Info), ..MethodSetting::default() };
    snapshot.apis[0].stages[0].method_settings.insert("*/*".into(), setting);
    snapshot.apis[0].deployments[0].methods[0].resource_id = "k0w8mc".into();
    let mut world = World::new(snapshot);
    let mut logged = |path: &str, key: &str| -> Vec<String> {
        let told = world.run(path, &[&["X-API-KEY: ", key].concat()]);
        let lines = told.notices.iter().find_map(|notice| match notice {
            Notice::WriteExecutionLog { lines, .. } => Some(lines),
            _ => None,
        });
        let lines = lines.unwrap().iter().map(|line| line.split_once(") ").unwrap().1);
        // After the extended id, without the request's id.
        let id = told.field("x-amzn-requestid").unwrap();
        lines.skip(1).map(|line| line.replace(id, "ID")).collect()
    };
    let shown = "******************89ABCD";
    let verifying = |key: &str| {
        alloc::format!(
            "Verifying Usage Plan for request: ID. API Key: {key} API Stage: abc123/prod"
        )
    };
    let good = logged("GET /prod/a", K1);
    let succeeded =
        alloc::format!("Usage Plan check succeeded for API Key {shown} and API Stage abc123/prod");
    let begun = ["Starting execution for request: ID", "HTTP Method: GET, Resource Path: /a"];
    assert_eq!(good[..4], [verifying(shown), succeeded, begun[0].into(), begun[1].into()]);
    let throttled = [
        verifying(shown),
        "Key throttle limit exceeded for RestApi abc123, Stage prod, Resource k0w8mc, HttpMethod \
         GET. Limit: 1.00 Burst: 1"
            .into(),
        "Gateway response type: THROTTLED".into(),
        "Method completed with status: 429".into(),
    ];
    assert_eq!(logged("GET /prod/a", K1), throttled);
    let shown = "******************89ABCD";
    let refused = [
        verifying(shown),
        alloc::format!(
            "API Key {shown} not authorized because method 'GET /a' requires API Key and API Key is \
             not associated with a Usage Plan for API Stage abc123/prod: No Usage Plan found for key \
             and API Stage"
        ),
        "Gateway response type: INVALID_API_KEY".into(),
        "Method completed with status: 403".into(),
    ];
    assert_eq!(logged("GET /prod/a", K2), refused);
    // A key that nobody asks for is not looked at.
    assert_eq!(logged("GET /prod/free", K1)[0], verifying(""));
}
