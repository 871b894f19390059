//! What a web ACL adds to a whole exchange, linked in and as a component: a clean request of 1 KB through
//! Common, SQLi and KnownBadInputs, the one that `cargo bench -p waf` has. What the groups cost is the
//! difference between `inspected` and `peeked`, whose web ACL has one rule that asks for the body as well;
//! `plain` has none. The component is compiled ahead of time, so that in a quiet difference it matters
//! little how the host was.
//!
//! `cargo xtask component && cargo bench -p host-runtime --bench inspected`
#![allow(missing_docs)] // criterion's macros make public items

#[allow(dead_code)]
#[path = "../src/engine/fixture.rs"]
mod fixture;
#[allow(dead_code)]
mod measured;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use gateway_core::definition::{Snapshot, WebAcl};
use gateway_core::effect::{Effect, Outcome};
use gateway_core::exchange::Next;
use gateway_core::message::{Arrival, Content, ContentId, Field, Timestamp};
use host_runtime::engine::{Engine, EngineKind};
use measured::CpuTime;
use serde_json::json;

const CLEAN: &[u8] = br#"{"customer":{"name":"Conan O'Brien","email":"conan@example.com","phone":"+1 555 0100"},"items":[{"sku":"A-1001","title":"Blue shirt (large)","quantity":2,"price":19.99},{"sku":"B-2002","title":"Running shoes, size 42","quantity":1,"price":89.5}],"note":"Please leave it at the door; it's the one with the red frame.","address":{"street":"12 Main Street","city":"Springfield","zip":"12345"}}"#;
const HOSTILE: &[u8] = br#"{"note":"1' or '1'='1"}"#;

/// What stands before the REST API.
#[derive(Clone, Copy, PartialEq)]
enum Acl {
    None,
    OneRule,
    Groups,
}

/// The fixture's APIs, the REST API behind that.
fn snapshot(acl: Acl) -> Arc<[u8]> {
    let mut snapshot = Snapshot::from_bytes(&fixture::snapshot()).expect("the fixture's");
    let groups = [
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesSQLiRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ];
    let one = json!({"Name": "one", "Priority": 0, "Action": {"Block": {}},
        "Statement": {"ByteMatchStatement": {"SearchString": "J29yJw==", "PositionalConstraint": "EXACTLY",
            "FieldToMatch": {"Body": {"OversizeHandling": "CONTINUE"}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}});
    let groups: Vec<_> = (0..)
        .zip(groups)
        .map(|(priority, name)| {
            json!({"Name": name, "Priority": priority, "OverrideAction": {"None": {}},
                "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}}})
        })
        .collect();
    let rules = if acl == Acl::Groups { groups } else { vec![one] };
    let document = json!({"Name": "acl", "DefaultAction": {"Allow": {}}, "Rules": rules});
    if acl != Acl::None {
        snapshot.web_acls = vec![WebAcl {
            name: "acl".into(),
            document: document.to_string(),
            ..WebAcl::default()
        }];
        snapshot.apis[0].stages[0].web_acl = Some(0);
    }
    snapshot.to_bytes().into()
}

fn arrival() -> Arrival {
    let mut arrival = fixture::http_proxy();
    let request = &mut arrival.request;
    request.method = "POST".into();
    request.target = "/_aws/execute-api/rest/prod/http/customers/42/orders?page=2&sort=price&fields=id,name,items&since=2024-01-01T00:00:00Z".into();
    request.content = Content::Held(ContentId(0));
    request.fields = [
        ("Host", "api.example.com"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ("Accept", "application/json, text/plain, */*"),
        ("Accept-Language", "en-US,en;q=0.5"),
        ("Content-Type", "application/json"),
        ("Cookie", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark"),
        ("Referer", "https://www.example.com/shop?page=2&sort=price"),
    ]
    .map(|(name, value)| Field::new(name, value))
    .into_iter()
    .collect();
    arrival
}

/// Runs an exchange to its response; its status and whether its content was looked at.
fn run(engine: &Engine, arrival: Arrival, content: &[u8]) -> (u16, bool) {
    let (mut exchange, mut turn) = engine.begin(arrival);
    let mut is_peeked = false;
    loop {
        match turn.next {
            Next::Respond(response) => return (response.status, is_peeked),
            Next::Perform(effect) => {
                let outcome = match &effect {
                    Effect::PeekContent(_) => {
                        is_peeked = true;
                        Outcome::PeekContent(Ok(content.to_vec().into()))
                    }
                    effect => fixture::outcome(effect),
                };
                turn = engine.resume(&mut exchange, Timestamp(fixture::NOW_MS), outcome);
            }
        }
    }
}

fn exchanges(criterion: &mut Criterion<CpuTime>) {
    let arrival = arrival();
    for (name, kind) in [("native", EngineKind::Native), ("component", EngineKind::Component)] {
        let mut group = criterion.benchmark_group(name);
        for (case, acl) in
            [("plain", Acl::None), ("peeked", Acl::OneRule), ("inspected", Acl::Groups)]
        {
            let engine = Engine::start(kind, snapshot(acl)).expect("it is served");
            let is_peeked = acl != Acl::None;
            let status = if acl == Acl::Groups { 403 } else { 200 };
            assert_eq!(run(&engine, arrival.clone(), HOSTILE), (status, is_peeked), "{name}");
            group.bench_function(case, |bencher| {
                bencher.iter(|| {
                    let answered = run(&engine, black_box(arrival.clone()), CLEAN);
                    assert_eq!(answered, (200, is_peeked), "{case} on {name}");
                });
            });
        }
        group.finish();
    }
}

criterion_group!(name = benches; config = CpuTime::criterion(); targets = exchanges);
criterion_main!(benches);
