use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::definition::{
    Api, CanarySettings, Integration, IntegrationType, MethodSetting, Protocol,
    ResponseTransferMode,
};
use crate::effect::{
    CacheUse, Effect, EffectError, FunctionAnswer, Notice, Outcome, RecalledResponse,
    ResponseDigest, ResponseKey,
};
use crate::gateway::Gateway;
use crate::message::{Arrival, Content, ContentId, Fields, Seed, Timestamp};
use crate::pipeline::world::*;
use crate::stage_cache::{Lookup, StageCache, Ticket};

/// A host with a cache, and an endpoint that answers each request with its number.
pub(super) struct Host {
    cache: StageCache<(u16, Fields, Vec<u8>), ()>,
    contents: Vec<Vec<u8>>,
    ticket: Option<Ticket>,
    pub(super) status: u16,
    pub(super) fields: Vec<(&'static str, &'static str)>,
    pub(super) calls: usize,
    /// The keys that were asked for.
    keys: Vec<ResponseKey>,
}

impl Host {
    pub(super) fn new() -> Self {
        Self {
            cache: StageCache::bounded(10_000_000),
            contents: vec![vec![]],
            ticket: None,
            status: 200,
            fields: vec![("Content-Type", "text/plain"), ("X-Own", "1")],
            calls: 0,
            keys: vec![],
        }
    }

    /// Runs an exchange to its end; the answer's content is read.
    pub(super) fn ask(&mut self, gateway: &Rc<Gateway>, arrival: Arrival) -> (Told, String) {
        self.ticket = None;
        let now = arrival.now;
        let told = run_holding(gateway, arrival, |effect, base| self.perform(effect, base, now));
        let content = match &told.response.content {
            Content::Held(ContentId(id)) => self.contents[*id as usize].clone(),
            Content::Bytes(bytes) => bytes.clone(),
            Content::Empty => vec![],
        };
        (told, String::from_utf8(content).unwrap())
    }

    fn hold(&mut self, content: Vec<u8>) -> Content {
        self.contents.push(content);
        Content::Held(ContentId(self.contents.len() as u32 - 1))
    }

    fn perform(&mut self, effect: &Effect, base: &mut Fields, now: Timestamp) -> Option<Outcome> {
        Some(match effect {
            Effect::SendRequest(_) => {
                self.calls += 1;
                let content = self.hold(alloc::format!("answer {}", self.calls).into_bytes());
                endpoint(self.status, &self.fields, content)
            }
            Effect::InvokeFunction(_) => {
                self.calls += 1;
                let body =
                    alloc::format!("{{\"statusCode\":200,\"body\":\"answer {}\"}}", self.calls);
                Outcome::InvokeFunction(Ok(FunctionAnswer {
                    status: 200,
                    function_error: None,
                    payload: body.into_bytes().into(),
                    content: None,
                    request_id: None,
                    trace: None,
                }))
            }
            Effect::ReadContent(read) => {
                let content = self.contents[read.content.0 as usize].clone();
                Outcome::ReadContent(Ok(content.into()))
            }
            Effect::RecallResponse(recall) => {
                self.keys.push(recall.key.clone());
                let lookup = match recall.replaces {
                    true => Lookup::Ask(self.cache.ask_alone()),
                    false => self.cache.look_up(&recall.key.digest, now, || ()),
                };
                let Lookup::Found((status, fields, content)) = lookup else {
                    self.ticket = match lookup {
                        Lookup::Ask(ticket) => Some(ticket),
                        _ => Some(self.cache.ask_alone()),
                    };
                    return Some(Outcome::RecallResponse(Ok(None)));
                };
                *base = fields;
                let content_length = content.len() as u64;
                let content = self.hold(content);
                let stored = RecalledResponse { status, content, content_length };
                Outcome::RecallResponse(Ok(Some(stored)))
            }
            Effect::RememberResponse(remember) => {
                let content = match &remember.content {
                    Content::Held(ContentId(id)) => self.contents[*id as usize].clone(),
                    Content::Bytes(bytes) => bytes.clone(),
                    Content::Empty => vec![],
                };
                let (digest, length) = (remember.key.digest, content.len());
                let fields = remember.fields.clone().resolve(base);
                let stored = (remember.status, fields, content);
                let ticket = self.ticket.take().expect("it was recalled first");
                self.cache.store(&digest, ticket, stored, length, remember.until, now);
                Outcome::RememberResponse(Ok(remember.content.clone()))
            }
            _ => return None,
        })
    }
}

/// What the metrics are told of the cache.
pub(super) fn used(told: &Told) -> Option<CacheUse> {
    told.notices.iter().find_map(|notice| match notice {
        Notice::RecordRequest(request) => request.cache,
        _ => None,
    })
}

pub(super) fn proxy() -> Integration {
    Integration {
        http_method: Some("ANY".into()),
        ..integration(IntegrationType::HttpProxy, "http://backend/")
    }
}

pub(super) fn enabled() -> MethodSetting {
    MethodSetting { caching_enabled: Some(true), ..MethodSetting::default() }
}

/// Caches all that is not said by name, with these settings.
pub(super) fn cached(mut api: Api, settings: &[(&str, MethodSetting)]) -> Api {
    for stage in &mut api.stages {
        stage.cache_cluster_bytes = Some(500_000_000);
        stage.method_settings =
            settings.iter().map(|(key, setting)| ((*key).into(), setting.clone())).collect();
    }
    api
}

fn at(seconds: u64, arrival: Arrival) -> Arrival {
    Arrival { now: Timestamp(NOW.0 + seconds * 1_000), ..arrival }
}

#[test]
fn what_is_cached_is_answered_without_the_endpoint_until_its_time_is_over() {
    let api = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let (gateway, mut host) = (gateway(vec![api]), Host::new());
    let (first, body) = host.ask(&gateway, arrival("GET /prod/a?x=1", &[]));
    assert_eq!((body.as_str(), used(&first)), ("answer 1", Some(CacheUse::Miss)));
    let other = Arrival { seed: Seed([9; 32]), ..arrival("GET /prod/a?x=2", &["X-User: other"]) };
    let (told, body) = host.ask(&gateway, at(299, other));
    assert_eq!((body.as_str(), used(&told), host.calls), ("answer 1", Some(CacheUse::Hit), 1));
    assert_eq!((told.response.status, told.field("X-Own")), (200, Some("1")));
    // What is the request's own is not another one's.
    let id = |told: &Told| told.field("x-amzn-RequestId").map(String::from);
    assert!(id(&told).is_some() && id(&told) != id(&first));
    let latency = told.notices.iter().find_map(|notice| match notice {
        Notice::RecordRequest(request) => Some(request.integration_latency_ms),
        _ => None,
    });
    assert_eq!(latency, Some(None));
    // The answer came 10 ms after the first request did, and is fresh for 300 s from then on.
    let (_, body) = host.ask(&gateway, at(301, arrival("GET /prod/a", &[])));
    assert_eq!((body.as_str(), host.calls), ("answer 2", 2));
}

#[test]
fn a_function_is_spared_and_the_trace_is_each_requests_own() {
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/\
               arn:aws:lambda:eu-west-1:123456789012:function:f/invocations";
    let function = Integration {
        http_method: Some("POST".into()),
        ..integration(IntegrationType::AwsProxy, uri)
    };
    let api = cached(rest(vec![method("GET /a", function)]), &[("*/*", enabled())]);
    let (gateway, mut host) = (gateway(vec![api]), Host::new());
    let (first, body) = host.ask(&gateway, arrival("GET /prod/a", &[]));
    let other = Arrival { seed: Seed([9; 32]), ..arrival("GET /prod/a", &[]) };
    let (told, again) = host.ask(&gateway, other);
    assert_eq!((body.as_str(), again.as_str(), host.calls), ("answer 1", "answer 1", 1));
    let trace = |told: &Told| told.field("X-Amzn-Trace-Id").map(String::from);
    assert!(trace(&told).is_some() && trace(&told) != trace(&first));
    assert_eq!(told.field("Content-Type"), first.field("Content-Type"));
}

#[test]
fn other_methods_than_get_are_cached_by_name_alone() {
    let methods = || vec![method("POST /a", proxy()), method("ANY /b", proxy())];
    let calls = |settings: &[(&str, MethodSetting)], request: &str| {
        let gateway = gateway(vec![cached(rest(methods()), settings)]);
        let mut host = Host::new();
        (0..2).for_each(|_| drop(host.ask(&gateway, arrival(request, &[]))));
        host.calls
    };
    let all = ("*/*", enabled());
    let throttled = MethodSetting { cache_ttl_s: Some(9), ..MethodSetting::default() };
    assert_eq!(calls(core::slice::from_ref(&all), "POST /prod/a"), 2);
    assert_eq!(calls(core::slice::from_ref(&all), "GET /prod/b"), 1);
    assert_eq!(calls(core::slice::from_ref(&all), "PUT /prod/b"), 2);
    assert_eq!(calls(&[all.clone(), ("~1a/POST", throttled.clone())], "POST /prod/a"), 2);
    assert_eq!(calls(&[("~1a/POST", enabled())], "POST /prod/a"), 1);
    assert_eq!(calls(&[("~1b/ANY", enabled())], "PUT /prod/b"), 1);
    assert_eq!(calls(&[("~1b/ANY", throttled)], "GET /prod/b"), 2);
    let off = MethodSetting { caching_enabled: Some(false), ..MethodSetting::default() };
    assert_eq!(calls(&[all.clone(), ("~1b/PUT", enabled())], "PUT /prod/b"), 1);
    assert_eq!(calls(&[all.clone(), ("~1b/PUT", enabled())], "POST /prod/b"), 2);
    assert_eq!(calls(&[all, ("~1b/GET", off)], "GET /prod/b"), 2);
}

#[test]
fn settings_of_a_method_come_before_those_of_all_one_by_one() {
    let of = |own: MethodSetting, all: MethodSetting| {
        let api = rest(vec![method("GET /a", proxy())]);
        gateway(vec![cached(api, &[("~1a/GET", own), ("*/*", all)])])
    };
    let calls = |gateway: &Rc<Gateway>, seconds: u64| {
        let mut host = Host::new();
        for seconds in [0, seconds] {
            host.ask(gateway, at(seconds, arrival("GET /prod/a", &[])));
        }
        host.calls
    };
    let ttl = |ttl_s| MethodSetting { cache_ttl_s: Some(ttl_s), ..MethodSetting::default() };
    let off = MethodSetting { caching_enabled: Some(false), ..MethodSetting::default() };
    let short = of(ttl(10), enabled());
    assert_eq!((calls(&short, 9), calls(&short, 11)), (1, 2));
    assert_eq!(calls(&of(ttl(0), enabled()), 0), 2);
    assert_eq!(calls(&of(off, enabled()), 0), 2);
    assert_eq!(calls(&of(enabled(), ttl(3_600)), 3_600), 1);
}

#[test]
fn a_stage_without_a_cluster_caches_nothing_and_neither_does_an_http_api() {
    let mut off = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    off.stages[0].cache_cluster_bytes = None;
    let http = api(Protocol::Http, "prod", vec![method("GET /a", proxy())]);
    let http = cached(http, &[("*/*", enabled())]);
    for api in [off, http] {
        let mut host = Host::new();
        let (told, _) = host.ask(&gateway(vec![api]), arrival("GET /prod/a", &[]));
        assert_eq!((used(&told), host.keys.len()), (None, 0));
    }
}

#[test]
fn whatever_an_endpoint_answers_is_cached_but_what_is_for_one_client_alone() {
    let api = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let gateway = gateway(vec![api]);
    for (status, calls) in
        [(200, 1), (404, 1), (429, 1), (503, 1), (206, 2), (304, 2), (412, 2), (416, 2)]
    {
        let mut host = Host { status, ..Host::new() };
        for _ in 0..2 {
            let (told, _) = host.ask(&gateway, arrival("GET /prod/a", &[]));
            assert_eq!(told.response.status, status);
        }
        assert_eq!(host.calls, calls, "{status}");
    }
}

#[test]
fn what_the_gateway_answers_itself_is_not_cached() {
    let api = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let gateway = gateway(vec![api]);
    let told = run(&gateway, arrival("GET /prod/a", &[]), |effect| match effect {
        Effect::RecallResponse(_) => Some(Outcome::RecallResponse(Ok(None))),
        Effect::SendRequest(_) => Some(effect.failed(EffectError::TimedOut)),
        _ => None,
    });
    assert_eq!((told.response.status, used(&told)), (504, Some(CacheUse::Miss)));
}

#[test]
fn a_cache_that_does_not_answer_is_an_empty_one_and_content_that_breaks_off_is_told() {
    let api = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let gateway = gateway(vec![api]);
    let status = |of_recall: EffectError, of_remember: Option<EffectError>| {
        let told = run(&gateway, arrival("GET /prod/a", &[]), |effect| match effect {
            Effect::RecallResponse(_) => Some(effect.failed(of_recall.clone())),
            Effect::SendRequest(_) => Some(endpoint(200, &[], Content::Empty)),
            Effect::RememberResponse(_) => Some(match of_remember.clone() {
                Some(error) => effect.failed(error),
                None => Outcome::RememberResponse(Ok(Content::Empty)),
            }),
            _ => None,
        });
        told.response.status
    };
    let down = || EffectError::Unavailable("down".into());
    assert_eq!(status(down(), None), 200);
    assert_eq!(status(down(), Some(down())), 504);
    assert_eq!(status(down(), Some(EffectError::Cancelled)), 499);
    assert_eq!(status(EffectError::Cancelled, None), 499);
}

#[test]
fn what_is_streamed_is_not_cached() {
    let response_transfer_mode = ResponseTransferMode::Stream;
    let streamed = Integration { response_transfer_mode, ..proxy() };
    let api = cached(rest(vec![method("GET /a", streamed)]), &[("*/*", enabled())]);
    let (told, _) = Host::new().ask(&gateway(vec![api]), arrival("GET /prod/a", &[]));
    assert_eq!(used(&told), None);
}

#[test]
fn a_canary_has_a_cache_of_its_own_unless_it_shares_the_stages() {
    let cache = |use_stage_cache: bool| {
        let mut api = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
        let mut canary = api.deployments[0].clone();
        canary.id = "d2".into();
        api.deployments.push(canary);
        api.stages[0].canary = Some(CanarySettings {
            percent_traffic_thousandths: 50_000,
            deployment: 1,
            use_stage_cache,
            ..CanarySettings::default()
        });
        let (gateway, mut host) = (gateway(vec![api]), Host::new());
        // Seeds that both deployments answer.
        for byte in 0..64 {
            let seed = Seed([byte * 4 + 1; 32]);
            host.ask(&gateway, Arrival { seed, ..arrival("GET /prod/a", &[]) });
        }
        let digests: BTreeSet<_> = host.keys.iter().map(|key| key.digest).collect();
        (host.calls, digests.len())
    };
    assert_eq!(cache(false), (2, 2));
    assert_eq!(cache(true), (1, 1));
}

/// The digests of the keys that these APIs' answers to `GET /prod/a` have, asked one after the other.
fn digests(apis: &[Api], fields: &[&[&str]]) -> BTreeSet<ResponseDigest> {
    let mut host = Host::new();
    for api in apis {
        let gateway = gateway(vec![api.clone()]);
        for fields in fields {
            host.ask(&gateway, arrival("GET /prod/a", fields));
        }
    }
    host.keys.iter().map(|key| key.digest).collect()
}

#[test]
fn another_deployment_has_other_answers() {
    let one = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let mut other = one.clone();
    other.deployments[0].id = "d2".into();
    assert_eq!(digests(&[one.clone(), one.clone()], &[&[]]).len(), 1);
    assert_eq!(digests(&[one, other], &[&[]]).len(), 2);
}

#[test]
fn a_canary_of_the_same_deployment_has_other_answers_too() {
    let mut api = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let mut of = |percent_traffic_thousandths, use_stage_cache| {
        api.stages[0].canary = Some(CanarySettings {
            percent_traffic_thousandths,
            deployment: 0,
            use_stage_cache,
            ..CanarySettings::default()
        });
        api.clone()
    };
    let (stage, canary, sharing) = (of(0, false), of(100_000, false), of(100_000, true));
    assert_eq!(digests(&[stage.clone(), canary], &[&[]]).len(), 2);
    assert_eq!(digests(&[stage, sharing], &[&[]]).len(), 1);
}

#[test]
fn an_answer_is_for_who_reads_the_coding_that_it_is_in() {
    let plain = cached(rest(vec![method("GET /a", proxy())]), &[("*/*", enabled())]);
    let mut coding = plain.clone();
    coding.deployments[0].minimum_compression_bytes = Some(1_000);
    let accepts = [
        &[][..],
        &["Accept-Encoding: gzip"],
        &["Accept-Encoding: gzip, br;q=0.9"],
        &["Accept-Encoding: deflate"],
        &["Accept-Encoding: br"],
    ];
    assert_eq!(digests(&[coding.clone()], &accepts[..2]).len(), 2);
    assert_eq!(digests(&[coding.clone()], &accepts[1..3]).len(), 1);
    assert_eq!(digests(&[coding], &accepts).len(), 3, "none, gzip, deflate");
    assert_eq!(digests(&[plain], &accepts).len(), 1, "nothing is ever coded");
}
